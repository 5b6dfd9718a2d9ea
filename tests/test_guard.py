"""No loop touches what lies beyond its arrays: a page there that may not be touched ends the process if one does."""

import ctypes
import itertools
import mmap
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from . import oracle
from .bits import bits
from .cases import ALONG_AXIS, COMPILED, UFUNCS, base, several
from .rows_oracle import operands

TREE = Path(__file__).parent.parent
EDGES = {"after a guard page": False, "before a guard page": True}
LOOPS = [ufunc for ufunc in UFUNCS if not ufunc.row.axis]
MOST = max(3, *(ufunc.nin for ufunc in LOOPS)), max(ufunc.nout for ufunc in LOOPS)  # arrays that go in and come out
VALUES = (0.75, 1.5, 0.5, -0.25, 1.25, -1.5, 2.0, 0.125)  # of the inputs
LENGTHS = range(68)
MANY = 4096  # elements, from which on chunks end at cache lines
NO_ACCESS = 0  # PROT_NONE
FAR = 1 << 25  # bytes, from which on outputs are written past the caches
COUNTS = (1, 3, 4, 5, 8, 9, 16, 17, 18, 20, 35)
ROWS = (1, 2, 3, 5, 7, 8, 9, 10, 12, 15, 16, 17, 24, 31, 33, 40, 47, 64, 65, 70)
# Around where rows are written from a vector's alignment on, and gathered in blocks.
LONG = (511, 512, 513, 600, 2047, 2049)
SHAPES = [*itertools.product(COUNTS, ROWS), *itertools.product((1, 17), (*LENGTHS[1:], *LONG))]


class Room:
    """Whole pages between two that may not be touched."""

    def __init__(self, size):
        page = mmap.PAGESIZE
        size = -(-size // page) * page
        room = mmap.mmap(-1, size + 2 * page)
        address = ctypes.addressof(ctypes.c_char.from_buffer(room))
        libc = ctypes.CDLL(None, use_errno=True)
        for start in (address, address + page + size):
            if libc.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(page), NO_ACCESS):
                raise OSError(ctypes.get_errno(), "mprotect")
        self.bytes = np.frombuffer(room, np.uint8, size, page)

    def array(self, dtype, length, at_end, aside=0):
        """Return an array at one end of the room, or some bytes from there."""
        size = length * np.dtype(dtype).itemsize
        start = len(self.bytes) - size - aside if at_end else aside
        return self.bytes[start : start + size].view(dtype)

    def copy(self, array, at_end, aside=0, step=1):
        """Return a copy of an array at one end of the room, or some bytes from there, in every step-th place."""
        span = self.array(array.dtype, (array.size - 1) * step + 1, at_end, aside)
        here = span[::step].reshape(array.shape)
        here[...] = array
        return here

    def layouts(self, dtype, length, at_end):
        """Return arrays that all touch one end of the room, by what they are like; the last is for inputs alone."""

        def every(step):
            span = self.array(dtype, max(0, (length - 1) * step + 1), at_end)
            return span[::step]

        return {
            "contiguous": every(1),
            "misaligned": self.array(dtype, length, at_end, aside=1),
            "every third": every(3),
            "reversed": every(1)[::-1],
            "every second, reversed": every(2)[::-1],
            "broadcast": np.lib.stride_tricks.as_strided(self.array(dtype, min(length, 1), at_end), (length,), (0,)),
        }


def edges():
    """Yield every dtype at either end, with words for them."""
    for dtype, (edge, at_end) in itertools.product(oracle.DTYPES, EDGES.items()):
        yield dtype, at_end, f"{dtype.__name__} arrays {edge}"


class Loop:
    """One ufunc's loop for a dtype, on equal elements."""

    def __init__(self, name, ufunc, dtype):
        self.function, self.inputs, self.values = base(name, ufunc), ufunc.nin, VALUES[: ufunc.nin]
        results = several(self.function(*(dtype(value) for value in self.values)))
        self.expected = [one.tobytes() for one in results]

    def check(self, inputs, *outs):
        """Fill the inputs, call, and look at every element of the outputs."""
        for out in outs:
            out.fill(-7)
        for x, value in zip(inputs, self.values, strict=True):
            x.fill(value)
        self.function(*inputs, out=outs)
        for out, expected in zip(outs, self.expected, strict=True):
            assert out.tobytes() == expected * out.size


def elementwise(name):
    """Every loop at every length, from and to arrays of every layout and of different ones, and in place."""
    inputs, outputs = MOST
    rooms = [Room(mmap.PAGESIZE) for _ in range(inputs + outputs)]
    for dtype, at_end, edge in edges():
        places = [[room.layouts(dtype, length, at_end) for room in rooms] for length in LENGTHS]
        opposite = [[room.array(dtype, length, not at_end) for room in rooms] for length in LENGTHS]
        kinds = list(places[0][0])
        for ufunc in LOOPS:
            loop, ins, outs = Loop(name, ufunc, dtype), slice(ufunc.nin), slice(inputs, inputs + ufunc.nout)
            for first, shift, kind in itertools.product(range(len(kinds)), range(min(2, ufunc.nin)), kinds[:-1]):
                like = [kinds[(first + k * shift) % len(kinds)] for k in range(ufunc.nin)]
                to = [kinds[(kinds.index(kind) + k * shift) % (len(kinds) - 1)] for k in range(ufunc.nout)]
                print(f"{ufunc.name}, {edge}: {', '.join(like)} to {', '.join(to)}", flush=True)
                for there in places:
                    xs = [x[one] for x, one in zip(there[ins], like, strict=True)]
                    loop.check(xs, *(out[one] for out, one in zip(there[outs], to, strict=True)))
            print(f"{ufunc.name}, {edge}: to one at the other edge, whose alignment is another", flush=True)
            for there, ends in zip(places, opposite, strict=True):
                loop.check([x["contiguous"] for x in there[ins]], *ends[outs])
            for k, kind in itertools.product(range(ufunc.nin), kinds[:-1]):
                print(f"{ufunc.name}, {edge}: {kind}, in place of input {k}", flush=True)
                for there in places:
                    own = there[k][kind]
                    loop.check([x[kind] for x in there[ins]], own, *(out[kind] for out in there[outs][1:]))


def large(name):
    """The ways through large arrays, in the cheapest of the loops."""
    rooms = [Room(FAR + mmap.PAGESIZE) for _ in range(3)]
    (ufunc,) = (ufunc for ufunc in LOOPS if ufunc.name == "grad.relu")
    for dtype, at_end, edge in edges():
        loop = Loop(name, ufunc, dtype)
        for length in (*(MANY + length for length in LENGTHS), FAR // np.dtype(dtype).itemsize + 77):
            print(f"{ufunc.name}, {edge}: {length} elements", flush=True)
            x, dy, out = (room.array(dtype, length, at_end) for room in rooms)
            loop.check([x, dy], out)
            loop.check([x, dy], x)


def one_by_one(name):
    """Sums of a kind, where each element needs the one before."""
    room, out = Room(mmap.PAGESIZE), Room(mmap.PAGESIZE)
    for dtype, at_end, edge in edges():
        for ufunc in [ufunc for ufunc in LOOPS if (ufunc.nin, ufunc.nout) == (2, 1)]:
            function = base(name, ufunc)
            print(f"{ufunc.name}, {edge}: accumulate, reduce", flush=True)
            for length in LENGTHS[1:]:
                x = np.linspace(-1, 1, length, dtype=dtype)
                expected, near = function.accumulate(x), room.copy(x, at_end)
                assert function.accumulate(near, out=out.array(dtype, length, at_end)).tobytes() == expected.tobytes()
                assert bits(function.reduce(near)) == bits(expected[-1])
                assert function.accumulate(near, out=near).tobytes() == expected.tobytes()


def rows(name):
    """Loop over rows: softmax's family along either axis, also backwards, misaligned and from every second element."""
    shapes = [*SHAPES[::7], (3, 513), (2, 2049)] if name == "baseline" else SHAPES
    *rooms, room_of_out = [Room(17 * LONG[-1] * 2 * 8) for _ in range(5)]
    for dtype, at_end, edge in edges():
        for ufunc, (count, length) in itertools.product(ALONG_AXIS, shapes):
            print(f"{ufunc.name}, {edge}: {count} rows of {length}", flush=True)
            function = base(name, ufunc)
            arrays = operands(ufunc, dtype, length, lambda kind, n, count=count: np.ones((count, n), kind))
            expected = function(*arrays)
            for aside, step in ((1, 1), (0, 2), (0, 1)):
                near = [room.copy(array, at_end, aside, step) for room, array in zip(rooms, arrays, strict=False)]
                out = room_of_out.copy(np.zeros_like(expected), at_end, aside, step)
                function(*near, out=out)
                np.testing.assert_array_equal(out, expected)
            function(*(array[::-1] for array in near), out=out[::-1])
            np.testing.assert_array_equal(out, expected)
            near = [room.copy(array.T, at_end) for room, array in zip(rooms, arrays, strict=False)]
            out = room_of_out.copy(np.zeros_like(expected.T), at_end)
            function(*near, axis=0, out=out)
            np.testing.assert_array_equal(out.T, expected)


PARTS = {part.__name__: part for part in (elementwise, large, one_by_one, rows)}


@pytest.mark.skipif(sys.platform != "linux", reason="guards pages by mprotect")
@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("part", PARTS)
def test_nothing_beyond_the_arrays_is_touched(name, part):
    """In a process of its own, which says what it does next."""
    command = [sys.executable, "-m", __name__, name, part]
    run = subprocess.run(command, cwd=TREE, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode:
        how = signal.Signals(-run.returncode).name if run.returncode < 0 else f"exit status {run.returncode}"
        pytest.fail(f"{how} in {name}, {(run.stdout.splitlines() or ['before the first call'])[-1]}")


if __name__ == "__main__":
    LOOPS[:] = [ufunc for ufunc in LOOPS if not sys.argv[3:] or ufunc.row.name in sys.argv[3:]]
    PARTS[sys.argv[2]](sys.argv[1])
