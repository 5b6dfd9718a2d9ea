"""What the race is run over: sections, each with the contenders that it times side by side."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

import fastact

from ..arrays import aligned, buffers, ones
from . import contenders, targets
from .operands import further
from .standings import EVERY, OWN, worst

ELEMENTS, FAR, FEW = 2**16, 2**24, 64
PIECE = 2**20
SEED = 1


class Field(NamedTuple):
    """Who takes part: the libraries, the activations that were asked for, and why some contenders stayed out."""

    libraries: list
    names: tuple
    failures: dict

    @property
    def own(self):
        """The library whose race it is."""
        return self.libraries[0]

    def operations(self, wanted):
        """Return those of the operations that were asked for and that fastact has."""
        return [name for name in wanted if self.asked_for(name) and name in self.own.operations]

    def absent(self):
        """Return the operations that were asked for and that fastact lacks."""
        wanted = filter(self.asked_for, (*targets.FUNCTIONS, *targets.GRADIENTS, *targets.GATE_FORMS))
        return [name for name in wanted if name not in self.own.operations]

    def asked_for(self, operation):
        """Whether it is a form of an activation that was asked for."""
        return operation.rpartition(".")[2] in self.names


class Section(NamedTuple):
    """A part of the race.

    ``calls`` makes the contenders, by library and operation, from the field and the section. ``seconds`` is how long
    they are timed, ``quick`` the same where haste is asked for; None leaves the section out then. ``derive`` makes
    of the times what the standings are taken from, ``choose`` takes the ones to print, ``note`` adds a sentence.
    """

    name: str
    title: str
    calls: Callable
    dtype: str
    elements: int
    seconds: float
    quick: float | None
    wanted: tuple = targets.FUNCTIONS
    per_call: bool = False
    derive: Callable = lambda times: times
    choose: Callable = list
    note: Callable | None = None

    def __str__(self):
        """Return what it is about."""
        return f"{self.dtype}, {self.elements:,} elements, {self.title}"

    @property
    def unit(self):
        """What its times are."""
        return "nanoseconds a call" if self.per_call else "nanoseconds an element"


def values(elements, dtype):
    """Return normal deviates of standard deviation 3, the same every time."""
    return (3 * np.random.default_rng(SEED).standard_normal(min(elements, ELEMENTS), np.float32)).astype(dtype)


def arrays(section):
    """Return the section's input and output."""
    return buffers(values(section.elements, section.dtype), section.elements, section.dtype)


def side_by_side(field, section):
    """Make every library's contenders on the same arrays."""
    operations = field.operations(section.wanted)
    return contenders.checked_calls(field.libraries, operations, *arrays(section), field.failures)


def against_copies(field, section):
    """Make fastact's contenders, the peers' for relu alone, and two copies: in plain loops, and NumPy's."""
    x, out = arrays(section)
    operations = field.operations(section.wanted)
    calls = contenders.checked_calls([field.own], operations, x, out, field.failures)
    if "relu" in operations:
        calls |= contenders.checked_calls(field.libraries[1:], ["relu"], x, out, field.failures)
    calls[targets.PLAIN_COPY, EVERY] = plain_copy(field, x, out)
    calls["np.copyto", EVERY] = partial(np.copyto, out, x)
    return calls


def against_add(field, section):
    """Make fastact's contenders, and NumPy's sum of two arrays."""
    x, out = arrays(section)
    calls = contenders.checked_calls([field.own], field.operations(section.wanted), x, out, field.failures)
    return calls | {(targets.ADD, EVERY): partial(np.add, x, ones(x), out=out)}


def in_one_pass(field, section):
    """Make every library's contenders, fastact's of value and gradient alone, and two copies of one array."""
    x, out = arrays(section)
    operations = field.operations(section.wanted)
    calls = contenders.checked_calls(field.libraries, operations, x, out, field.failures)
    for operation in operations:
        name = operation.rpartition(".")[2]
        calls["value", operation] = field.own.contender(name, x, out)
        calls["gradient", operation] = field.own.contender(f"grad.{name}", x, out)
    calls[targets.TWO_COPIES, EVERY] = plain_copy(field, x, out, further(out, 1))
    return calls


def beside_two_passes(times):
    """Enter beside every time of one pass the dearer of value and gradient, how many times that, and the sum."""
    found = dict(times)
    for library, operation in times:
        if library == OWN:
            two = times["value", operation], times["gradient", operation]
            found[targets.DEARER, operation], found[targets.SUM, operation] = max(two), sum(two)
            found["times the dearer", operation] = times[OWN, operation] / max(two)
    return found


def plain_copy(field, x, *outs):
    """Return a copy by plain vector loads and stores: fastact's, piece by piece, since a large one is streamed.

    Where there are several outputs, a piece goes to all of them before the next one.
    """
    pieces = [slice(start, start + PIECE) for start in range(0, x.size, PIECE)]
    copies = [field.own.contender("copy", x[piece], out[piece]) for piece in pieces for out in outs]

    def copy():
        for piece in copies:
            piece()

    return copy


def into_fresh_arrays(field, section):
    """Make fastact's contenders without ``out=``, and NumPy's copy."""
    x, _ = arrays(section)
    calls = {(OWN, name): partial(getattr(fastact, name), x) for name in field.operations(section.wanted)}
    return calls | {("x.copy()", EVERY): x.copy, ("abs(x)", EVERY): partial(np.abs, x)}


def in_half(field, section):
    """Make every library's contenders in float16, and fastact's in float32."""
    calls = side_by_side(field, section)
    single = contenders.checked_calls(
        [field.own], field.operations(section.wanted), *arrays(section._replace(dtype="float32")), field.failures
    )
    return calls | {(targets.HALF_AGAINST, operation): call for (_, operation), call in single.items()}


def strided(field, section, layout):
    """Make fastact's contenders on contiguous and on strided arrays, and NumPy's copies of the latter.

    With the layout "input" the output is contiguous; with "both" it has the input's stride.
    """
    operations = field.operations(section.wanted)
    x, out = arrays(section)
    single = contenders.checked_calls([field.own], operations, x, out, field.failures)
    calls = {("contiguous", operation): call for (_, operation), call in single.items()}
    for stride in targets.STRIDES:
        source = apart(x, stride)
        goal = apart(out, stride) if layout == "both" else out
        calls["copy", targets.strided("", stride)] = partial(np.copyto, goal, source)
        single = contenders.checked_calls([field.own], operations, source, goal, field.failures)
        calls |= {(OWN, targets.strided(operation, stride)): call for (_, operation), call in single.items()}
    return calls


def apart(x, stride):
    """Return an equal array, with its elements so many apart in memory."""
    view = aligned(x.size * abs(stride), x.dtype)[::stride]
    view[:] = x
    return view


def allowances(times):
    """Enter beside every strided time of fastact the contiguous one, the copy's and what these two allow."""
    found = {}
    for library, name in times:
        if library == OWN:
            operation, stride = name.split()
            contiguous, copy = times["contiguous", operation], times["copy", f" {stride}"]
            found[OWN, name] = times[OWN, name]
            found["contiguous", name], found["copy", name] = contiguous, copy
            found[targets.ALLOWED, name] = contiguous + targets.STRIDED_COPIES * copy
    return found


def on_special_inputs(field, section):
    """Make fastact's contenders on ordinary inputs, and on inputs of one special kind alone."""
    operations = field.operations(section.wanted)
    x, out = arrays(section)
    single = contenders.checked_calls([field.own], operations, x, out, field.failures)
    calls = {(targets.ORDINARY, operation): call for (_, operation), call in single.items()}
    for kind in targets.SPECIAL:
        x = special(kind, section)
        for operation in operations:
            given = contenders.saved_output(operation, x)
            calls[OWN, targets.special(operation, kind)] = field.own.contender(operation, given, out)
    return calls


def special(kind, section):
    """Return an array of one kind of inputs, of both signs in turns."""
    info, spread = np.finfo(section.dtype), np.linspace(0.2, 0.99, section.elements)
    x = aligned(section.elements, section.dtype)
    x[:] = {"subnormal": info.tiny * spread, "huge": info.max * spread, "infinite": np.inf, "NaN": np.nan}[kind]
    x[::2] *= -1
    return x


def beside_ordinary(times):
    """Enter beside every time of special inputs that of ordinary ones."""
    ordinary = {
        (targets.ORDINARY, name): times[targets.ORDINARY, name.split()[0]] for library, name in times if library == OWN
    }
    return {key: time for key, time in times.items() if key[0] == OWN} | ordinary


def in_one_call(field, section):
    """Make every library's contenders on a short array, and what a call of NumPy's costs."""
    x, out = arrays(section)
    calls = contenders.checked_calls(field.libraries, field.operations(section.wanted), x, out, field.failures)
    calls["np.tanh", EVERY] = partial(np.tanh, x, out=out)
    calls["np.maximum", EVERY] = partial(np.maximum, x, 0.0, out=out)
    return calls


def tanh_errors(field, section):
    """Return in words the largest error of everyone's tanh on the section's input: the fastest is not the best."""
    x, out = arrays(section)
    exact = np.tanh(x.astype(np.longdouble))
    if "tanh" not in field.operations(["tanh"]) or np.finfo(exact.dtype).nmant <= np.finfo(x.dtype).nmant:
        return ""
    spacing = np.spacing(np.abs(exact.astype(x.dtype)))
    found = []
    for library in field.libraries:
        call = library.contender("tanh", x, out)
        if call is not None:
            result = call()
            off = np.abs((out if result is None else np.asarray(result)) - exact) / spacing
            found.append(f"{library.name} {float(off.max()):.2f}")
    return f"The largest error of tanh on these inputs, in ULP: {', '.join(found)}."


def sections():
    """Yield the sections of the race, in their order."""
    wide = ("float32", "float64")
    values, slopes = (*targets.FUNCTIONS, *targets.GATES), (*targets.GRADIENTS, *targets.GATE_GRADIENTS)
    yield Section("float32", "in cache", side_by_side, "float32", ELEMENTS, 20, 6, values)
    yield Section("float64", "in cache", side_by_side, "float64", ELEMENTS, 20, 6, values, note=tanh_errors)
    for dtype in wide:
        yield Section(f"gradients {dtype}", "gradients in cache", side_by_side, dtype, ELEMENTS, 20, 6, slopes)
    sizes = (("float32", "float32", ELEMENTS), ("float64", "float64", ELEMENTS), ("memory", "float32", FAR))
    for last, dtype, elements in sizes:
        name, where = f"value_and_grad {last}", "from memory" if elements == FAR else "in cache"
        title, derive = f"value and gradient in one pass, {where}", beside_two_passes
        yield Section(name, title, in_one_pass, dtype, elements, 15, 5, targets.BOTH, derive=derive)
    yield Section("memory", "from memory, against copies", against_copies, "float32", FAR, 30, 8)
    name, title = "memory, gradients", "gradients from memory, against a sum"
    yield Section(
        name,
        title,
        against_add,
        "float32",
        FAR,
        15,
        5,
        tuple(filter(targets.PIECEWISE.__contains__, targets.GRADIENTS)),
    )
    for dtype in wide:
        name, title = f"memory, peers {dtype}", "from memory, against the peers"
        yield Section(name, title, side_by_side, dtype, FAR, 60, None, (*values, *slopes))
    yield Section("fresh", "from memory into fresh arrays", into_fresh_arrays, "float32", FAR, 12, None)
    yield Section("float16", "in cache", in_half, "float16", ELEMENTS, 20, 5)
    for dtype in wide:
        for layout, arrays_with_it in (("input", "input"), ("both", "input and output")):
            calls = partial(strided, layout=layout)
            name, title = f"strides {dtype} {layout}", f"strided {arrays_with_it}, worst stride"
            yield Section(name, title, calls, dtype, ELEMENTS, 8, 2, derive=allowances, choose=worst)
    for dtype in wide:
        name, title = f"special {dtype}", "subnormal and special inputs, worst kind"
        calls, derive = on_special_inputs, beside_ordinary
        whole = (*targets.FUNCTIONS, *targets.GRADIENTS, *targets.GATE_FORMS)
        yield Section(name, title, calls, dtype, ELEMENTS, 12, 3, whole, derive=derive, choose=worst)
    for dtype in wide:
        yield Section(f"{FEW} {dtype}", "one call", in_one_call, dtype, FEW, 8, 2, per_call=True)
