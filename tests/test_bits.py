"""Promise 4: a result depends on the element's value alone, and is the same on every compiled rung."""

import ctypes
import gc
import hashlib
import json
import platform
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from fastact import _dispatch

from . import oracle
from .cases import COMPILED, ELEMENTWISE, UFUNCS, Case, base, needs_compiled

BITS = {np.float16: np.uint16, np.float32: np.uint32, np.float64: np.uint64}


def samples(dtype):
    """Return numbers of all sizes, many of them near zero, and the special ones."""
    rng = np.random.default_rng(3)
    patterns = rng.integers(0, np.iinfo(BITS[dtype]).max, 20_000, BITS[dtype], endpoint=True).view(dtype)
    return np.concatenate([patterns, rng.normal(0, 4, 20_000).astype(dtype), oracle.special(dtype)])


def bits(array):
    """Return the bits of an array, every NaN the same."""
    return np.where(np.isnan(array), np.nan, array).astype(array.dtype).view(BITS[array.dtype.type])


def rows_and_numbers(ufunc, arrays):
    """Return a gufunc's operands: arrays of rows, or positive numbers made of their first elements."""
    return [x if is_row else np.abs(x[:, 0]) + x.dtype.type(0.5) for x, is_row in zip(arrays, ufunc.core, strict=True)]


def same(case, result, expected):
    """Assert the same bits; on the NumPy rung, where NumPy promises none, the same values within its bound."""
    if case.rung != _dispatch.NUMPY:
        np.testing.assert_array_equal(bits(result), bits(expected))
    else:
        info = np.finfo(result.dtype)
        np.testing.assert_allclose(result, expected, rtol=8 * info.eps, atol=8 * float(info.smallest_subnormal))


@needs_compiled
@pytest.mark.parametrize("dtype", oracle.DTYPES)
@pytest.mark.parametrize("ufunc", ELEMENTWISE, ids=lambda ufunc: ufunc.name)
def test_every_compiled_rung_gives_the_same_bits(ufunc, dtype):
    x = samples(dtype)
    dy = x[::-1]
    first, *others = [bits(Case(name, ufunc)(x, dy)) for name in COMPILED]
    for other in others:
        np.testing.assert_array_equal(other, first)


@needs_compiled
@pytest.mark.parametrize("dtype", oracle.DTYPES)
@pytest.mark.parametrize("ufunc", [u for u in UFUNCS if u.row.axis and u.row.compiled], ids=lambda ufunc: ufunc.name)
def test_every_compiled_rung_gives_the_same_rows(ufunc, dtype):
    rng = np.random.default_rng(4)
    for length in (1, 2, 7, 15, 16, 17, 31, 32, 33, 64, 100, 511, 512, 513, 1100):
        operands = rows_and_numbers(ufunc, [rng.normal(0, 3, (3, length)).astype(dtype) for _ in range(ufunc.nin)])
        reference = bits(base(COMPILED[0], ufunc)(*operands))
        for name in COMPILED:
            function = base(name, ufunc)
            np.testing.assert_array_equal(bits(function(*operands)), reference)
            columns = [np.asfortranarray(operand) for operand in operands]
            np.testing.assert_array_equal(bits(function(*columns)), reference)
            turned = function(*(np.ascontiguousarray(operand.T) for operand in operands), axis=0)
            np.testing.assert_array_equal(bits(np.ascontiguousarray(turned.T)), reference)


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_lengths_positions_and_alignments(case, dtype):
    """Each value in turn at each place of each length gives what it gives in the long array."""
    x = samples(dtype)[-2000:]
    dy = np.roll(x, 7)
    whole = case(x, dy)
    buffer = np.empty(x.nbytes + 64, np.uint8)
    for length in range(68):
        for start in (0, 1, 2, 3, 5, 1000, 2000 - length):
            part = slice(start, start + length)
            same(case, case(x[part], dy[part]), whole[part])
    for offset in (1, 2, 4, 8, 12, 17, 32):
        moved = buffer[offset : offset + x.nbytes].view(dtype)
        moved[:] = x
        same(case, case(moved, dy), whole)


@pytest.mark.parametrize("dtype", oracle.DTYPES)
@pytest.mark.parametrize("step", [2, 3, 7, -1, -2])
def test_strides(case, dtype, step):
    x = samples(dtype)[-3000:]
    dy = np.roll(x, 7)
    whole = case(x, dy)
    same(case, case(x[::step], dy[::step]), whole[::step])
    out = np.zeros(3000, dtype)
    case(x[::step], np.ascontiguousarray(dy[::step]), out=out[::step])
    same(case, out[::step], whole[::step])
    if step > 1:
        assert not out[1::step].any()
    grid = x.reshape(50, 60)
    same(case, case(grid.T, dy.reshape(50, 60).T), whole.reshape(50, 60).T)


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_in_place_and_overlapping(case, dtype):
    x = samples(dtype)[-1500:]
    whole = case(x, dtype(1.5))
    own = x.copy()
    assert case(own, dtype(1.5), out=own) is own
    same(case, own, whole)
    for offset in (1, 3, 16, 33, 600):
        for ahead in (True, False):
            room = np.zeros(1500 + offset, dtype)
            source, target = (room[offset:], room[:1500]) if ahead else (room[:1500], room[offset:])
            source[:] = x
            case(source, dtype(1.5), out=target)
            same(case, target, whole)
    room = np.zeros(3000, dtype)
    room[::2] = x
    case(room[::2], dtype(1.5), out=room[:1500])
    same(case, room[:1500], whole)
    room[::2] = x
    case(room[::2][::-1], dtype(1.5), out=room[:1500])
    same(case, room[:1500], whole[::-1])


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_outputs_too_large_for_the_caches(name, dtype):
    """What is streamed is what a small piece gives, for every alignment of the output, up to its last element."""
    grad = _dispatch.build(name)["grad"]["relu"]
    length = (1 << 25) // np.dtype(dtype).itemsize + 77
    x = np.resize(np.random.default_rng(6).normal(0, 3, 9973).astype(dtype), length)
    expected = np.concatenate([grad(piece, dtype(1.5)) for piece in np.array_split(x, 50)])
    room = np.empty(length + 40, dtype)
    for offset in (0, 1, 5, 32):
        room[:] = -1
        grad(x, dtype(1.5), out=room[offset : offset + length])
        np.testing.assert_array_equal(room[offset : offset + length], expected)
        assert (room[:offset] == -1).all()
        assert (room[offset + length :] == -1).all()
    np.testing.assert_array_equal(grad(x, dtype(1.5), out=x), expected)


def test_broadcast_operands_of_a_gradient(case):
    """Scalars on either side, in any of the paths, give what full arrays give."""
    if not case.gradient:
        return
    x, dy = np.random.default_rng(5).normal(0, 3, (2, 777)).astype(np.float32)
    same(case, case(x, 2.0), case(x, np.full_like(x, 2.0)))
    same(case, case(x[:1], dy), case(np.full_like(x, x[0]), dy))
    same(case, case(x[::2], dy[:389]), case(np.ascontiguousarray(x[::2]), dy[:389]))
    same(case, case(x[:, None][:9], dy[:50]), case(np.repeat(x[:9, None], 50, 1), np.tile(dy[:50], (9, 1))))


class Environment(NamedTuple):
    """Where glibc's fenv_t has the control and the status word, and bits of theirs."""

    control: int
    status: int
    hostile: int  # flush-to-zero, denormals-are-zero and rounding upward, as another library might set them
    settings: int
    flags: int
    overflow: int


ENVIRONMENTS = {
    "x86_64": Environment(7, 7, 0x1F80 | 0x8000 | 0x4000 | 0x0040, 0xFFC0, 0x3F, 0x08),  # MXCSR has both
    # FPCR and FPSR; also set there: a float16 that has no infinities
    "aarch64": Environment(0, 1, 1 << 24 | 1 << 22 | 1 << 26, 0x07FF9F00, 0x9F, 0x04),
}


def others_environment(place, control, status):
    """Set the control and the status word; return them as they were."""
    environment = (ctypes.c_uint32 * 8)()
    libm = ctypes.CDLL(None)
    assert libm.fegetenv(environment) == 0
    before = environment[place.control], environment[place.status]
    environment[place.status] = status
    environment[place.control] = control
    assert libm.fesetenv(environment) == 0
    return before


@pytest.mark.skipif(
    platform.machine() not in ENVIRONMENTS or sys.platform != "linux", reason="sets the control word through glibc"
)
@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_what_others_set_in_the_floating_point_environment_does_not_matter(case, dtype):
    if case.rung == _dispatch.NUMPY:
        return
    x = samples(dtype)
    case.defaults = {name: float(dtype(value)) for name, value in case.defaults.items()}
    whole = case(x)
    place = ENVIRONMENTS[platform.machine()]
    gc.disable()  # its callbacks compute with floats: hypothesis has one that takes the time
    before = others_environment(place, place.hostile, place.hostile if place.status == place.control else 0)
    try:
        moved = case(x)
    finally:
        control, status = others_environment(place, *before)
        gc.enable()
    assert control & place.settings == place.hostile & place.settings
    genuine = place.overflow if case.form.raises else 0  # which the samples call for there
    assert status & place.flags & ~genuine == 0
    same(case, moved, whole)


GOLDEN = Path(__file__).with_name("hashes.json")


def hashes(rung):
    """Return a hash of the results of every function and dtype, on inputs made of integers alone."""
    found = {}
    for ufunc in UFUNCS:
        if not ufunc.row.compiled:
            continue
        for dtype in oracle.DTYPES:
            unsigned = BITS[dtype]
            patterns = np.arange(1, 30_001, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
            shift = 64 - 8 * np.dtype(dtype).itemsize
            x = (patterns >> np.uint64(shift)).astype(unsigned).view(dtype)
            ones = np.arange(-15_000, 15_000).astype(dtype) * dtype(2.0**-10)
            x = np.concatenate([x, ones])
            function = base(rung, ufunc)
            operands = [np.roll(x, 7 * k) for k in range(ufunc.nin)]
            with np.errstate(all="ignore"):
                if ufunc.row.axis:
                    operands = rows_and_numbers(ufunc, [operand[30_000:].reshape(-1, 75) for operand in operands])
                result = bits(function(*operands))
            found[f"{ufunc.name} {np.dtype(dtype).name}"] = hashlib.sha256(
                result.astype(f"<u{result.itemsize}")
            ).hexdigest()
    return found


@pytest.mark.parametrize("name", COMPILED)
def test_golden_hashes(name):
    """The same bits on every rung, compiler and CPU: `python -m tests.test_bits` writes the file anew."""
    assert hashes(name) == json.loads(GOLDEN.read_text())


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(hashes(COMPILED[0]), indent=1) + "\n")
