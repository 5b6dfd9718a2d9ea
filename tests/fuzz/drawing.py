"""What the fuzz target draws: calls as plain tuples, from which fresh operands in one common buffer are made.

A call's repr is Python: what a report shows can be run again, ``tests.fuzz.check(Elementwise(...))``.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from .. import oracle
from ..cases import PUBLIC

UFUNCS = {ufunc.public_name: ufunc for ufunc in PUBLIC}
ROWS = [name for name, ufunc in UFUNCS.items() if ufunc.row.axis]
ELEMENTWISE = [name for name in UFUNCS if name not in ROWS]
MARGIN = 64  # bytes around each operand that nothing may touch
FLOATS = ("f4", "f8", "f2", ">f4", ">f8", ">f2")
NOISY = [name for name, ufunc in UFUNCS.items() if ufunc.draws]
OTHERS = [*NOISY, "losses.softmax_cross_entropy", "losses.lifted_structured", "gumbel_softmax"]
OTHERS += ["diagnose.dead_units", "init.xavier_uniform", "init.he_normal"]
DTYPES = (*FLOATS, *FLOATS, "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i2", "?")
BAD = ("g", "F", "O", "M8[s]", "m8[s]", "U1", "S1")
LENGTHS = (7, 8, 9, 15, 16, 17, 31, 33, 64, 67, 129, 255, 256, 257, 511, 512, 513, 600, 1025, 4095, 4097, 4200)
MOST = 5000  # elements
KINDS = ("plain", "small", "special", "bits")
NOISE = np.frombuffer(np.random.default_rng(0).bytes(1 << 16), np.uint8)


class View(NamedTuple):
    """An array: a view of the common buffer, or of the one for bools."""

    dtype: str
    shape: tuple
    strides: tuple
    offset: int
    values: tuple | None  # kind and seed; None leaves what other operands have written there
    writeable: bool = True

    def make(self, memory):
        """Return the array."""
        room = memory[self.dtype == "?"]
        return np.ndarray(self.shape, self.dtype, room, self.offset, self.strides)


class Bad(NamedTuple):
    """An array of a dtype that no function takes."""

    dtype: str
    shape: tuple


class Elementwise(NamedTuple):
    """A call of a function of single elements."""

    function: str
    inputs: tuple  # views, numbers and Bad; None stands for a parameter's default
    options: dict
    room: tuple  # bytes of the two buffers
    out: Any = None  # a view, or where there are several outputs a tuple of views and None
    where: Any = True
    keyword: bool = False  # parameters are given by name
    raising: bool = False  # under errstate(all="raise")


class Along(NamedTuple):
    """A call of a function of rows."""

    function: str
    inputs: tuple
    options: dict
    room: tuple
    axis: Any = -1
    keepdims: bool = False
    out: View | None = None
    where: Any = True
    raising: bool = False


class Method(NamedTuple):
    """A call of a ufunc's method."""

    function: str
    method: str
    inputs: tuple
    room: tuple
    axis: int = 0
    indices: tuple = ()


class Other(NamedTuple):
    """A call of a function that is no ufunc nor in front of one."""

    function: str
    inputs: tuple
    options: dict
    room: tuple


def memories(call):
    """Return fresh buffers, filled: what no operand covers is noise."""
    memory = []
    for size in call.room:
        room = np.empty(size + 64, np.uint8)
        start = -room.ctypes.data % 64
        memory.append(room[start : start + size])
    memory[0][:] = np.resize(NOISE, memory[0].size)
    memory[1][:] = 1
    for view in views(call):
        if view.values is not None:
            array = view.make(memory)
            array[...] = values(view, array.size).reshape(view.shape)
    return memory


def views(call):
    """Return all views of a call."""
    operands = (*call.inputs, *outs(call), getattr(call, "where", True))
    return [operand for operand in operands if isinstance(operand, View)]


def outs(call):
    """Return what a call gives for each of its outputs, a tuple; empty where it gives nothing."""
    out = getattr(call, "out", None)
    return () if out is None else out if type(out) is tuple else (out,)


def made(operand, memory):
    """Return an operand of a call."""
    if isinstance(operand, View):
        array = operand.make(memory)
        array.flags.writeable = operand.writeable
        return array
    if isinstance(operand, Bad):
        return np.full(operand.shape, 1).astype(operand.dtype)
    return operand


def values(view, count):
    """Return a view's values: ordinary numbers, small whole ones, those beside functions' limits, or any bits."""
    kind, seed = view.values
    rng, dtype = np.random.default_rng(seed), np.dtype(view.dtype).newbyteorder("=")
    if dtype.kind == "b":
        return rng.random(count) < rng.choice([0.1, 0.5, 0.95, 1.0])
    if kind == "positive":
        return np.exp(rng.normal(0, 2, count)).astype(dtype)
    if kind == "bits":
        return np.frombuffer(rng.bytes(count * dtype.itemsize), dtype)
    if kind in ("small", "classes") or dtype.kind != "f":
        low, high = (0, 3) if kind == "classes" else (-4, 5)
        return rng.integers(max(low, 0) if dtype.kind == "u" else low, high, count).astype(dtype)
    if kind == "special":
        beside = rng.choice(oracle.special(dtype), count).view(f"i{dtype.itemsize}")
        return (beside + rng.integers(-2, 3, count, beside.dtype)).view(dtype)
    return rng.normal(0, rng.choice([0.01, 1, 3, 30]), count).astype(dtype)


sizes = st.one_of(st.integers(0, 5), st.integers(1, 40), st.sampled_from(LENGTHS))
seeds = st.integers(0, 2**32 - 1)
contents = st.tuples(st.sampled_from(KINDS), seeds)
positives = st.tuples(st.just("positive"), seeds)
one_in_30 = st.integers(0, 29).map(lambda number: number == 29)
one_in_4 = st.integers(0, 3).map(lambda number: number == 3)
numbers = st.one_of(
    st.sampled_from([1.0, 0.0, 0.5, 1, -1.0, 2.5, 3, True, -0.0, 1e-40, 1e-310, 1e30, 1e300, np.inf, -np.inf, np.nan]),
    st.floats(-10, 10),
    st.builds(
        lambda dtype, value: np.dtype(dtype).type(value), st.sampled_from(["f2", "f4", "f8"]), st.integers(-9, 9)
    ),
)


@st.composite
def shapes(draw, most=MOST):
    """Draw a shape of not too many elements, an empty one too."""
    shape = []
    for _ in range(draw(st.integers(0, 4))):
        size, before = draw(sizes), math.prod(max(one, 1) for one in shape)
        shape.append(size if size * before <= most else min(2, most // before))
    return tuple(shape)


@st.composite
def parts(draw, shape, wrong=False):
    """Draw a shape that broadcasts to another, or with ``wrong`` perhaps one that does not."""
    if wrong:
        return draw(shapes(100))
    if not draw(one_in_4):
        return shape
    shape = tuple(1 if draw(one_in_4) else size for size in shape)
    return shape[draw(st.integers(0, len(shape))) :]


class Room:
    """The buffers while operands are placed in them."""

    def __init__(self, draw):
        self.draw, self.ends, self.starts = draw, [MARGIN, MARGIN], []

    def view(self, shape, dtype, *, output=False, filled=True, kinds=contents):
        """Draw a view of a shape and dtype: strides, and a place of its own or one over another operand."""
        itemsize = np.dtype(dtype).itemsize
        strides, low, length = self.layout(shape, itemsize, output)
        bools = dtype == "?"
        start = self.ends[bools] + self.draw(st.sampled_from([0, 0, 0, 1, 2, 4, itemsize]))
        filled = filled or bools or not self.starts
        if not filled and (not output or not self.draw(one_in_4)):
            shift = st.sampled_from([0, 0, itemsize, -itemsize, 1, -1, 2 * itemsize, 64 * itemsize, -17 * itemsize])
            start = max(MARGIN, self.draw(st.sampled_from(self.starts)) + self.draw(shift))
        if not bools:
            self.starts.append(start)
        self.ends[bools] = max(self.ends[bools], start + length + MARGIN)
        content = self.draw(kinds) if filled else None
        return View(dtype, shape, strides, start + low, content, output or not self.draw(one_in_4))

    def layout(self, shape, itemsize, output):
        """Draw strides; return them, how far the first element is from the lowest byte, and their bytes."""
        draw, extent, low, top = self.draw, itemsize, 0, itemsize
        axes = range(len(shape) - 1, -1, -1)
        plain = draw(st.booleans())
        if not plain and len(shape) > 1:
            axes = draw(st.permutations(axes))
        steps = (1, 1, -1, 2, 3, -2) if output else (1, 1, -1, 2, 3, -2, 0, "window")
        strides = [0] * len(shape)
        for axis in axes:
            step, pad = (1, 0) if plain else draw(st.tuples(st.sampled_from(steps), st.sampled_from((0, 0, 0, 1, 4))))
            stride = itemsize if step == "window" else extent * step + pad * ((step > 0) - (step < 0))
            if abs(stride) * shape[axis] > 200_000:
                stride = extent
            strides[axis] = stride
            span = max(shape[axis] - 1, 0) * abs(stride)
            low += span * (stride < 0)
            top += span
            extent = max(extent, abs(stride) * max(shape[axis], 1))
        return tuple(strides), low, top

    def operand(self, shape, *, wrong=False, scalars=True, dtypes=DTYPES):
        """Draw an input: an array, seldom a number, very seldom of a dtype that is refused."""
        draw = self.draw
        if wrong and draw(st.booleans()):
            return Bad(draw(st.sampled_from(BAD)), shape)
        if scalars and draw(one_in_4):
            return draw(numbers)
        return self.view(draw(parts(shape, wrong)), draw(st.sampled_from(dtypes)), filled=not draw(one_in_4))

    def output(self, shape, wrong):
        """Draw an array for the result, which may lie over inputs in any way."""
        if wrong:
            shape, dtype = self.draw(shapes(100)), self.draw(st.sampled_from(("i4", "f4")))
        else:
            dtype = self.draw(st.sampled_from(FLOATS))
        return self.view(shape, dtype, output=True, filled=not self.starts)

    @property
    def size(self):
        """The bytes of the two buffers."""
        return tuple(end + MARGIN for end in self.ends)


@st.composite
def options(draw, castings=("no", "safe", "same_kind", "unsafe")):
    """Draw keywords of a ufunc that choose its loop; not "equiv", under which NumPy refuses Python numbers."""
    given = {}
    if draw(one_in_4):
        given["dtype"] = draw(st.sampled_from(("f2", "f4", "f8")))
    if draw(one_in_4):
        given["casting"] = draw(st.sampled_from(castings))
    if draw(one_in_4):
        given["order"] = draw(st.sampled_from("KCFA"))
    return given


def shape_of(operand):
    """Return the shape of an operand."""
    return operand.shape if isinstance(operand, View | Bad) else ()


def whole(shape, *operands):
    """Return the shape that operands broadcast to, ``shape`` if they do not."""
    try:
        return np.broadcast_shapes(*map(shape_of, operands))
    except ValueError:
        return shape


def draw_outputs(draw, room, count, shape, wrong):
    """Draw an array for the result; for several a tuple, of which one may lie over inputs, and some may be None."""
    first = room.output(shape, wrong)
    if count == 1:
        return first
    if wrong:
        shape = first.shape
    others = [room.view(shape, draw(st.sampled_from(FLOATS)), output=True) for _ in range(count - 1)]
    views = draw(st.permutations([first, *others]))
    return tuple(None if not wrong and draw(one_in_4) else one for one in views)


@st.composite
def elementwise(draw, names=ELEMENTWISE):
    """Draw a call of a function of single elements, of one of these."""
    name, shape, wrong = draw(st.sampled_from(names)), draw(shapes()), draw(one_in_30)
    ufunc, room = UFUNCS[name], Room(draw)
    dtypes = FLOATS if ufunc.integers else DTYPES  # tests/test_integers.py has what keeps integers
    inputs = [room.operand(shape, wrong=wrong, scalars=k > 0, dtypes=dtypes) for k in range(ufunc.nin)]
    most = len(ufunc.row.parameters) - bool(ufunc.form.plain)  # what is plain has no parameters
    for k in range(1, 1 + draw(st.integers(0, most))):
        inputs[-k] = None
    where = room.view(draw(parts(shape)), "?") if draw(one_in_4) else draw(st.sampled_from([True, True, True, False]))
    out = draw_outputs(draw, room, ufunc.nout, whole(shape, *inputs, where), wrong) if draw(st.booleans()) else None
    given = {} if any(isinstance(one, Bad) for one in inputs) else draw(options())
    return Elementwise(name, tuple(inputs), given, room.size, out, where, draw(st.booleans()), draw(one_in_4))


@st.composite
def axes_of(draw, ndim, wrong):
    """Draw an axis: an int, a tuple of ints or None; with ``wrong`` perhaps one that there is not."""
    if wrong:
        return draw(st.sampled_from([ndim, -ndim - 1, (0, 0), (ndim,), 1.0, "0", True]))
    if not ndim or draw(one_in_4):
        several = st.lists(st.integers(-ndim, ndim - 1), unique_by=lambda one: one % ndim) if ndim else st.just([])
        return draw(st.one_of(st.none(), several.map(tuple)))
    return draw(st.integers(-ndim, ndim - 1))


def axes_from_0(axis, ndim):
    """Return an axis that there is as a sorted tuple."""
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(sorted(one % ndim for one in axes))


@st.composite
def along(draw):
    """Draw a call of a function of rows."""
    name, shape, wrong = draw(st.sampled_from(ROWS)), draw(shapes()), draw(one_in_30)
    ufunc, room = UFUNCS[name], Room(draw)
    bad_axis = wrong and draw(st.booleans())
    axis = draw(axes_of(len(shape), bad_axis))
    axes = () if bad_axis else axes_from_0(axis, len(shape))
    keepdims = ufunc.row.reduces and draw(st.booleans())
    kept = tuple(1 if one in axes else size for one, size in enumerate(shape))
    rows = kept if keepdims else tuple(size for one, size in enumerate(shape) if one not in axes)
    inputs = [room.view(shape, draw(st.sampled_from(DTYPES)))]
    if wrong and draw(st.booleans()):
        inputs = [Bad(draw(st.sampled_from(BAD)), shape)]
    if ufunc.space:
        inputs.append(room.operand(rows if ufunc.row.reduces else shape, wrong=wrong))
    for _ in ufunc.row.parameters:
        heats = room.view(
            draw(parts(rows)), draw(st.sampled_from(FLOATS)), kinds=st.one_of(positives, positives, contents)
        )
        inputs.append(draw(st.sampled_from([None, heats])) if draw(st.booleans()) else draw(numbers))
    where = room.view(draw(parts(shape)), "?") if draw(one_in_4) else True
    out = room.output(rows if ufunc.row.reduces and not ufunc.space else shape, wrong) if draw(st.booleans()) else None
    given = {} if wrong else draw(options(("safe", "same_kind", "unsafe")))
    return Along(name, tuple(inputs), given, room.size, axis, keepdims, out, where, draw(one_in_4))


# NumPy has methods for ufuncs of one output, and all but ``at`` for those of two inputs alone.
PAIRS = [name for name in ELEMENTWISE if (UFUNCS[name].nin, UFUNCS[name].nout) == (2, 1)]
SINGLES = [name for name in ELEMENTWISE if (UFUNCS[name].nin, UFUNCS[name].nout) == (1, 1)]


@st.composite
def methods(draw):
    """Draw a call of a ufunc's method."""
    method, room = draw(st.sampled_from(["reduce", "accumulate", "reduceat", "outer", "at"])), Room(draw)
    name = draw(st.sampled_from(PAIRS + SINGLES if method == "at" else PAIRS))
    dtype, other = draw(st.sampled_from(FLOATS)), draw(st.sampled_from(FLOATS))
    shape = draw(shapes(1200).filter(lambda shape: len(shape) > 0 and math.prod(shape) > 0))
    if method == "outer":
        shape = tuple(min(size, 40) for size in shape[:2])
    x, axis = room.view(shape, dtype, output=method == "at"), draw(st.integers(-len(shape), len(shape) - 1))
    size = shape[0 if method == "at" else axis]
    indices = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=8)) if method in ("at", "reduceat") else []
    inputs = [x]
    if method == "outer":
        inputs.append(room.view(shape[::-1], other))
    elif method == "at" and name in PAIRS:
        inputs.append(room.view((len(indices), *shape[1:]), dtype))
    return Method(name, method, tuple(inputs), room.size, axis, tuple(indices))


@st.composite
def others(draw):
    """Draw a call of a loss, a sampler, an initialiser or a diagnosis."""
    name, shape, room = draw(st.sampled_from(OTHERS)), draw(shapes(600)), Room(draw)
    wrong, rng = draw(one_in_30), draw(seeds)
    axis = draw(axes_of(len(shape), wrong))
    classes = st.tuples(st.just("classes"), seeds)
    dtype, whole_numbers = draw(st.sampled_from(DTYPES)), draw(st.sampled_from(("i1", "i8", "u2", ">i4", "f4")))
    if name.startswith("init."):
        return Other(name, (), {"shape": shape, "rng": rng, "dtype": draw(st.sampled_from(FLOATS[:3]))}, room.size)
    if name == "losses.lifted_structured":
        shape = (draw(st.integers(0, 12)), *shape[:1])
    x = room.view(shape, dtype)
    if name == "losses.lifted_structured":
        labels = room.view(shape[:1], whole_numbers, kinds=classes)
        return Other(name, (x, labels), {"margin": draw(numbers)}, room.size)
    if name == "losses.softmax_cross_entropy":
        axes = () if wrong else axes_from_0(axis, len(shape))
        kept = tuple(size for one, size in enumerate(shape) if one not in axes)
        labels = room.view(
            *draw(st.sampled_from([(kept, whole_numbers), (shape, dtype)])), kinds=st.one_of(classes, positives)
        )
        return Other(name, (x, labels), {"axis": axis}, room.size)
    if name in NOISY:
        return Other(name, (x, draw(st.none() | numbers)), {"rng": rng}, room.size)
    if name == "gumbel_softmax":
        return Other(name, (x, draw(numbers), draw(st.booleans()), axis), {"rng": rng, "return_soft": True}, room.size)
    return Other(name, (x, axis), {}, room.size)
