"""The fuzz target: calls of every public function on every rung, held against a plain call and against the bounds.

``check(call)`` raises AssertionError. What is plain: fresh contiguous arrays of the loop's own dtype, all operands
broadcast. The plain call is held against the NumPy rung within the row's bound, and an element of it against mpmath.
"""

import functools
import itertools
import math
import warnings

import numpy as np

import fastact
from fastact import _dispatch, _fallback, _table

from . import oracle
from .conftest import COMPILED, RUNGS, functions
from .drawing import UFUNCS, Along, Bad, Elementwise, Method, Other, axes_from_0, made, memories
from .test_rows import bound as bound_of_rows
from .test_rows import exact

REFUSALS = (TypeError, ValueError, OverflowError)


def check(call):
    """Assert that a call does what it should on every rung."""
    checks = {Elementwise: check_elementwise, Along: check_along, Method: check_method, Other: check_other}
    checks[type(call)](call)


def function(rung, name):
    """Return a public function of one rung; of noisy_relu what takes the noise."""
    ufunc = UFUNCS[name]
    public = functions(rung)[ufunc.space][ufunc.row.name]
    return public.ufunc if ufunc.row.noise and not ufunc.space else public


class Outcome:
    """What a call gave: a result or an error, and the memory after it."""

    def __init__(self, call, run):
        self.memory = memories(call)
        self.result = self.error = None
        state = "raise" if getattr(call, "raising", False) else "ignore"
        try:
            with np.errstate(all=state), warnings.catch_warnings():
                warnings.simplefilter("error")
                warnings.filterwarnings("ignore", "'where' used without 'out'")
                self.result = run(self.memory)
        except (*REFUSALS, FloatingPointError) as error:
            self.error = error


def refused(call, outcome, kind):
    """Assert that a call was refused with an error of one kind, which names the function where it is not NumPy's."""
    if call.raising and isinstance(outcome.error, FloatingPointError):  # a cast's, before
        return
    assert outcome.error is not None, f"no error, where {kind} is due"
    assert isinstance(outcome.error, kind), f"{outcome.error!r}, where {kind} is due"
    ufunc = UFUNCS[call.function]
    if ufunc.row.axis or (ufunc.facade and isinstance(outcome.error, TypeError)):
        assert call.function in str(outcome.error), f"the error does not name the function: {outcome.error!r}"
    assert_same_memory(outcome.memory, memories(call))


def assert_same_memory(memory, expected):
    """Assert that no byte has changed that should not."""
    for one, other in zip(memory, expected, strict=True):
        changed = np.flatnonzero(one != other)
        assert not changed.size, f"{changed.size} bytes that are not the result's have changed, from {changed[0]} on"


def delivered(call, rung, outcome, result, *, mask=True, numpy=None):
    """Assert that the result is where it belongs, and that all other memory is as before.

    What ``where`` leaves out is as NumPy leaves it: rounded to the loop's dtype, where ``out`` overlaps an input.
    """
    assert outcome.error is None, f"refused: {outcome.error!r}"
    expected = memories(call)
    if call.out is None:
        assert_same(rung, np.where(mask, outcome.result, 0), np.where(mask, result, 0))
    else:
        got, wanted = call.out.make(outcome.memory), call.out.make(expected)
        assert outcome.result.__array_interface__ == got.__array_interface__, "the result is not out itself"
        with np.errstate(all="ignore"):
            if numpy is not None and rung != _dispatch.NUMPY:
                wanted[...] = call.out.make(numpy.memory)
            np.copyto(wanted, result, casting="unsafe", where=mask)
        assert_same(rung, got, wanted)
        wanted[...] = got
    assert_same_memory(outcome.memory, expected)


def assert_same(rung, got, wanted):
    """Assert that two arrays have the same bits, NaN being NaN; on the NumPy rung nearly the same."""
    assert got.dtype == wanted.dtype, f"{got.dtype}, where {wanted.dtype} is due"
    assert got.shape == wanted.shape, f"shape {got.shape}, where {wanted.shape} is due"
    good = np.isnan(got) & np.isnan(wanted)
    good |= (got == wanted) & (np.signbit(got) == np.signbit(wanted))
    if rung == _dispatch.NUMPY and not good.all():
        good |= np.isclose(got, wanted, *NEARLY[got.dtype.itemsize])
    bad = np.argwhere(~good)
    assert not bad.size, (
        f"{len(bad)} of {good.size} differ: {got[tuple(bad[0])]!r} at {bad[0]}, not {wanted[tuple(bad[0])]!r}"
    )


NEARLY = {2: (2**-10, 2.0**-24), 4: (2**-22, 2.0**-148), 8: (2**-47, 2.0**-1070)}  # relative and absolute


# Functions of single elements.


def all_inputs(call, memory):
    """Return the inputs, with defaults filled in."""
    parameters = UFUNCS[call.function].row.parameters
    return [parameters[0].default if one is None else made(one, memory) for one in call.inputs]


def outputs(call, memory):
    """Return out= and where= of a call."""
    given = {"out": call.out, "where": None if call.where is True else call.where}
    return {name: made(one, memory) for name, one in given.items() if one is not None}


def loop_of(call):
    """Return the dtype of the loop that a call takes, and None where there is none."""
    given = call.options
    inputs = all_inputs(call, memories(call))
    try:
        return _fallback.resolve(call.function, inputs, given.get("dtype"), given.get("casting", "same_kind"))
    except TypeError:
        return None


def ours(call, rung):
    """Return what a function of ours makes of a call of single elements."""
    own, row = function(rung, call.function), UFUNCS[call.function].row

    def run(memory):
        inputs = [made(one, memory) for one in call.inputs if one is not None]
        kwargs = call.options | outputs(call, memory)
        if call.keyword and row.parameters and call.inputs[-1] is not None:
            kwargs[row.parameters[0].name] = inputs.pop()
        return own(*inputs, **kwargs)

    return Outcome(call, run)


def model(call, loop):
    """Return what NumPy's own ufunc of as many inputs makes of the call."""
    own = {1: np.tanh, 2: np.logaddexp, 3: np._core.umath.clip}[len(call.inputs)]
    options = call.options | ({"dtype": loop} if len(call.inputs) == 3 else {})  # clip has loops of integers too

    def run(memory):
        return own(*all_inputs(call, memory), **options, **outputs(call, memory))

    return Outcome(call._replace(raising=False), run)


def check_elementwise(call):
    """Hold a call against a plain one, and its dtype, shape and errors against those of NumPy's ufuncs."""
    loop, outcomes = loop_of(call), {rung: ours(call, rung) for rung in RUNGS}
    numpy = None if loop is None else model(call, loop)
    if loop is None or numpy.error:
        for rung, outcome in outcomes.items():
            with blamed(rung):
                refused(call, outcome, TypeError if loop is None else kind_of(numpy.error))
        return
    shape, mask = np.shape(numpy.result), made(call.where, memories(call))
    with np.errstate(all="ignore"):
        inputs = [plain(one, loop, shape) for one in all_inputs(call, memories(call))]
    results = plain_results(call.function, inputs)
    for rung, outcome in outcomes.items():
        with blamed(rung):
            if raised(call, rung, outcome, results[rung], loop, inputs=inputs, mask=mask):
                continue
            if call.out is None and outcome.error is None:
                assert type(outcome.result) is type(numpy.result), f"a {type(outcome.result)}"
                assert outcome.result.dtype == numpy.result.dtype, (
                    f"{outcome.result.dtype}, in NumPy {numpy.result.dtype}"
                )
            delivered(call, rung, outcome, results[rung], mask=mask, numpy=numpy)


def kind_of(error):
    """Return the class that an error like it should have."""
    return next(kind for kind in REFUSALS if isinstance(error, kind))


class blamed:
    """Puts the rung in front of what is asserted."""

    def __init__(self, rung):
        self.rung = rung

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if kind is AssertionError:
            raise AssertionError(f"{self.rung}: {error}") from None


def plain(operand, dtype, shape):
    """Return a fresh contiguous array of an operand."""
    return np.broadcast_to(np.asarray(operand).astype(dtype), shape).copy()


def raised(call, rung, outcome, result, loop, *, inputs=(), mask=True):
    """Assert that a floating-point error was raised where one is due and nowhere else; return whether one was."""
    error = outcome.error if isinstance(outcome.error, FloatingPointError) else None
    if not call.raising or casts_raise(call, result, loop):
        return error is not None
    genuine = np.zeros(np.shape(result), bool)
    if UFUNCS[call.function].form.raises:
        genuine = np.isinf(result) & np.all([np.isfinite(one) for one in inputs], axis=0)
    if error is not None:
        assert genuine.any(), f"{error!r}, where nothing overflows"
    elif rung != _dispatch.NUMPY:
        assert not (genuine & mask).any(), "an overflow was not reported"
    return error is not None


def casts_raise(call, result, loop):
    """Whether NumPy's casts of inputs and the result raise by themselves."""
    try:
        with np.errstate(all="raise"):
            for one in all_inputs(call, memories(call)):
                np.asarray(one).astype(loop)
            if call.out is not None:
                np.asarray(result).astype(call.out.dtype)
                call.out.make(memories(call)).astype(loop)
    except FloatingPointError:
        return True
    return False


def plain_results(name, inputs):
    """Return the results of plain calls on each rung, checked."""
    with np.errstate(all="ignore"):
        results = {rung: np.asarray(function(rung, name)(*inputs)) for rung in RUNGS}
        for rung in COMPILED:
            with blamed(f"plain, {rung}"):
                assert_same(rung, results[rung], results[COMPILED[0]])
        if inputs[0].size and not UFUNCS[name].row.axis:
            for rung in RUNGS[:1] + RUNGS[-1:]:
                with blamed(f"plain, {rung}"):
                    check_values(name, rung, inputs)
    return results


def check_values(name, rung, inputs):
    """Hold a few results against mpmath; a gradient is the derivative times dy, rounded."""
    ufunc, dtype = UFUNCS[name], inputs[0].dtype.type
    own = function(rung, name)
    few = np.unique(np.linspace(0, inputs[0].size - 1, 3).astype(int))
    inputs = [one.reshape(-1)[few] for one in inputs]
    if ufunc.space:
        dy = inputs.pop(1)
        check_product(own, ufunc, rung, inputs, dy)
        slopes = own(inputs[0], np.ones_like(dy), *inputs[1:])
    else:
        slopes = own(*inputs)
    names = ["y" if ufunc.space == "grad_from_output" else "x", *(one.name for one in ufunc.row.parameters)]
    if ufunc.row.noise and not ufunc.space:
        names.append("noise")
    for result, *operands in zip(slopes, *inputs, strict=True):
        if np.isfinite(operands).all():
            value = oracle.exact(ufunc.form.formula, dict(zip(names, map(float, operands), strict=True)))
            off = oracle.error(result, value, dtype)
            near = any(abs(operands[0] - zero) < _table.ZERO_REACH for zero in ufunc.form.zeros)
            absolute = near and abs(float(result) - value) <= 8 * float(np.finfo(dtype).eps)
            limit = bound(ufunc, rung, dtype, operands[1:])
            assert absolute or off <= limit, f"{name}{(*operands,)!r} is {off:.4f} ULP off, {limit} allowed: {result!r}"
        elif np.isnan(operands[0]):
            assert np.isnan(result), f"{name}{(*operands,)!r} is {result!r}"


def bound(ufunc, rung, dtype, parameters):
    """Return how many ULP are allowed."""
    if rung == _dispatch.NUMPY:
        allowed = _table.NUMPY_ULP[dtype is np.float64]
    elif dtype is np.float16:
        allowed = _table.FLOAT16_ULP
    else:
        allowed = (ufunc.form.ulp32, ufunc.form.ulp64)[dtype is np.float64]
    defaults = [dtype(one.default) for one in ufunc.row.parameters]
    away = bool(defaults) and defaults != list(parameters)
    return max(allowed, 1.5) if away else allowed


def check_product(own, ufunc, rung, inputs, dy):
    """Assert that a gradient is one rounded product, float16 in float32; 0 on flat pieces whatever dy is."""
    if rung == _dispatch.NUMPY:
        return
    wide = np.float32 if dy.dtype == np.float16 else dy.dtype
    x, *parameters = (one.astype(wide) for one in inputs)
    slopes = own(x, np.ones_like(x), *parameters)
    product = (slopes * dy.astype(wide)).astype(dy.dtype)
    if "relu" in ufunc.name or ufunc.public_name == "grad.elu":
        product[slopes == 0] = 0
    assert_same(rung, own(inputs[0], dy, *inputs[1:]) + 0, product + 0)


# Functions of rows.


def check_along(call):
    """Hold a call against one on contiguous rows, each of which is held against a call of its own."""
    case = Rows(call)
    outcomes = {rung: case.run(rung) for rung in RUNGS}
    if case.refusals:
        for rung, outcome in outcomes.items():
            with blamed(rung):
                refused(call, outcome, tuple(case.refusals))
        return
    results = case.plain_results()
    for rung, outcome in outcomes.items():
        with blamed(rung):
            result = case.in_place(results[rung])
            if raised(call, rung, outcome, result, case.loop):
                continue
            if call.out is None and outcome.error is None:
                assert isinstance(outcome.result, np.ndarray) == bool(result.shape), f"a {type(outcome.result)}"
            delivered(call, rung, outcome, result)


class Rows:
    """A call of a function of rows: why it is to be refused, or its rows, contiguous and of the loop's dtype."""

    def __init__(self, call):
        self.call, self.ufunc = call, UFUNCS[call.function]
        self.row, self.reduces = self.ufunc.row, self.ufunc.row.reduces and not self.ufunc.space
        self.refusals = []
        self.inputs = all_inputs(call, memories(call))
        self.mask = made(call.where, memories(call))
        self.tempered = bool(self.row.parameters) and not (type(self.inputs[-1]) is float and self.inputs[-1] == 1.0)
        if self.row.parameters and not self.tempered:
            self.inputs.pop()
        try:
            self.prepare()
        except REFUSALS as error:
            self.refusals.append(kind_of(error))

    def prepare(self):
        """Find the loop, the axes and the shapes."""
        call, core = self.call, [*self.ufunc.core, False][: len(self.inputs)]
        if any(isinstance(one, Bad) for one in call.inputs):
            self.refusals.append(TypeError)
        rows = [one for one, is_row in zip(self.inputs, core, strict=True) if is_row]
        numbers = [one for one, is_row in zip(self.inputs, core, strict=True) if not is_row]
        if self.tempered and not ((np.asarray(numbers[-1]) > 0) & (np.asarray(numbers[-1]) < np.inf)).all():
            self.refusals.append(ValueError)
        self.shape = np.broadcast_shapes(*map(np.shape, rows))
        for one in call.axis if isinstance(call.axis, tuple) else (call.axis,):
            if one is not None and type(one) is not int:
                raise TypeError
            if one is not None and not -len(self.shape) <= one < len(self.shape):
                raise ValueError
        self.axes = axes_from_0(call.axis, len(self.shape))
        if len(set(self.axes)) < len(self.axes):
            raise ValueError
        self.kept = [one for one in range(len(self.shape)) if one not in self.axes]
        self.count = tuple(self.shape[one] for one in self.kept)
        self.length = math.prod(self.shape[one] for one in self.axes)
        if not self.length and not self.row.reduces:
            raise ValueError
        given = call.options
        dtype = np.result_type(*(one if type(one) in (int, float) else np.asarray(one).dtype for one in rows))
        with np.errstate(all="ignore"):
            rows = [np.asarray(one, dtype) if type(one) in (int, float) else one for one in rows]
        self.loop = _fallback.resolve(
            call.function, [*rows, *numbers], given.get("dtype"), given.get("casting", "same_kind")
        )
        with np.errstate(all="ignore"):
            self.rows = [self.contiguous(one) for one in rows]
            self.numbers = [self.one_for_each_row(one) for one in numbers]
        if call.out is not None:
            if call.out.shape != self.result_shape():
                self.refusals.append(ValueError)
            if not np.can_cast(self.loop, call.out.dtype, given.get("casting", "same_kind")):
                self.refusals.append(TypeError)

    def contiguous(self, operand):
        """Return rows along the last of two axes."""
        array = np.broadcast_to(np.asarray(operand).astype(self.loop), self.shape)
        if self.mask is not True:
            array = np.where(self.mask, array, self.loop.type(-np.inf))
        return array.transpose(self.kept + list(self.axes)).reshape(math.prod(self.count), self.length).copy()

    def one_for_each_row(self, operand):
        """Return one number for each row."""
        array = np.asarray(operand).astype(self.loop)
        if array.ndim and self.call.keepdims:
            array = np.broadcast_to(array, self.result_shape(kept=True)).reshape(self.count)
        return np.broadcast_to(array, self.count).reshape(-1).copy()

    def result_shape(self, kept=False):
        """Return the shape of the result; ``kept`` of what is one for each row, with keepdims."""
        if not self.reduces and not kept:
            return self.shape
        if not self.call.keepdims:
            return self.count
        return tuple(1 if one in self.axes else size for one, size in enumerate(self.shape))

    def in_place(self, result):
        """Return the result of contiguous rows as the call should give it."""
        if self.reduces:
            return result.reshape(self.result_shape())
        order = self.kept + list(self.axes)
        result = result.reshape([self.shape[one] for one in order]).transpose(np.argsort(order).astype(int))
        return result if self.mask is True else np.where(self.mask, result, self.loop.type(0))

    def run(self, rung):
        """Return what the function makes of the call."""
        call, public = self.call, function(rung, self.call.function)

        def run(memory):
            inputs = [made(one, memory) for one in call.inputs if one is not None]
            kwargs = call.options | outputs(call, memory)
            if self.row.parameters and call.inputs[-1] is not None:
                kwargs[self.row.parameters[0].name] = inputs.pop()
            if call.keepdims:
                kwargs["keepdims"] = True
            return public(*inputs, axis=call.axis, **kwargs)

        return Outcome(call, run)

    def plain_results(self):
        """Return the results for contiguous rows on each rung, checked."""
        results, operands = {}, [*self.rows, *self.numbers]
        some = range(0, len(self.rows[0]), max(1, len(self.rows[0]) // 2))
        for rung in RUNGS:
            own = function(rung, self.call.function)
            own = own.tempered if self.tempered else own.ufunc
            with blamed(f"plain, {rung}"), np.errstate(all="ignore"):
                results[rung] = own(*operands)
                if rung in COMPILED:
                    assert_same(rung, results[rung], results[COMPILED[0]])
                for row in some:
                    alone = own(*(one[row] for one in operands))
                    assert_same(rung, np.asarray(alone), np.asarray(results[rung][row]))
                self.check_values(rung, results[rung])
        return results

    def check_values(self, rung, results):
        """Hold ordinary rows of the functions' values against the wide type's."""
        ulps = {"softmax": _table.SOFTMAX_ULP, "softmin": _table.SOFTMAX_ULP, "log_softmax": _table.LOG_ULP}.get(
            self.call.function
        )
        x, dtype = self.rows[0], self.loop.type
        if ulps is None or not x.size or np.finfo(np.longdouble).nmant < 63:
            return
        heat = self.numbers[0] if self.numbers else np.ones(len(x), dtype)
        good = np.isfinite(x).all(axis=1) & (heat > 2.0**-20) & (heat < 2.0**20)
        x, heat = (-x[good] if self.call.function == "softmin" else x[good]), heat[good].astype(np.longdouble)
        if len(x):
            value, log, _ = exact(x, heat[:, np.newaxis])
            wide = log if self.call.function == "log_softmax" else value
            off = oracle.errors(results[good], wide).max()
            limit = _table.FLOAT16_ULP if dtype is np.float16 else bound_of_rows(rung, dtype, ulps)
            assert off <= limit, f"{off:.4f} ULP off, {limit} allowed"


# Methods of ufuncs.


def check_method(call):
    """Hold a method against calls on one slice after the other."""
    for rung in COMPILED:
        own = function(rung, call.function)
        own = getattr(own, "ufunc", own)
        with blamed(rung), np.errstate(all="ignore"):
            outcome = Outcome(call, lambda memory, own=own: method_called(own, call, memory))
            assert outcome.error is None, f"refused: {outcome.error!r}"
            expected = memories(call)
            arrays = [made(one, expected) for one in call.inputs]
            loop = np.result_type(*arrays).newbyteorder("=")
            wanted = method_by_slices(own, call, [one.astype(loop) for one in arrays])
            if call.method == "at":
                got = made(call.inputs[0], outcome.memory)
                arrays[0][...] = wanted
                assert_same(rung, got, arrays[0])
                arrays[0][...] = got
            else:
                assert_same(rung, np.asarray(outcome.result), wanted)
            assert_same_memory(outcome.memory, expected)


def method_called(own, call, memory):
    """Return what a ufunc's method gives."""
    arrays, method = [made(one, memory) for one in call.inputs], getattr(own, call.method)
    if call.method == "at":
        return method(arrays[0], list(call.indices), *arrays[1:])
    if call.method == "outer":
        return method(*arrays)
    return method(*arrays, *([list(call.indices)] if call.indices else []), axis=call.axis)


def method_by_slices(own, call, arrays):
    """Return the same by plain calls."""
    if call.method == "outer":
        x, y = arrays
        return own(x.reshape(x.shape + (1,) * y.ndim), y)
    if call.method == "at":
        x, *others = arrays
        for place, index in enumerate(call.indices):
            x[index] = own(x[index].copy(), *(one[place] for one in others))
        return x
    x = np.moveaxis(arrays[0], call.axis, 0)
    if call.method == "reduce":
        return folded(own, x)[-1].copy()
    if call.method == "accumulate":
        return np.moveaxis(np.array(folded(own, x)), 0, call.axis)
    ends = [*call.indices[1:], len(x)]
    pieces = [x[start : max(end, start + 1)] for start, end in zip(call.indices, ends, strict=True)]
    return np.moveaxis(np.array([folded(own, piece)[-1] for piece in pieces]), 0, call.axis)


def folded(own, x):
    """Return the results of each step of a reduction along the first axis."""
    return [np.asarray(one) for one in itertools.accumulate(x, lambda so_far, one: own(so_far, one.copy()))]


# Functions that are no ufuncs, on the rung that is in use.


def check_other(call):
    """Hold a call against one on plain arrays; it is silent, and if it is refused the error names the function."""
    own = functools.reduce(getattr, call.function.split("."), fastact)
    call_quietly = functools.partial(with_arrays, own, call)
    outcome, plain_one = Outcome(call, call_quietly), Outcome(call, functools.partial(call_quietly, copied=True))
    assert type(outcome.error) is type(plain_one.error), f"{outcome.error!r}, of plain arrays {plain_one.error!r}"
    assert_same_memory(outcome.memory, memories(call))
    if outcome.error is not None:
        genuine = call.function in UFUNCS and UFUNCS[call.function].form.raises in str(outcome.error)
        named = call.function in str(outcome.error)
        assert genuine if isinstance(outcome.error, FloatingPointError) else named, f"{outcome.error!r}"
        return
    results, wanted = (one.result if isinstance(one.result, tuple) else (one.result,) for one in (outcome, plain_one))
    for result, expected in zip(results, wanted, strict=True):
        assert type(result) is type(expected), f"a {type(result)}, of plain arrays a {type(expected)}"
        assert_same(_dispatch.ISA, np.asarray(result), np.asarray(expected))


def with_arrays(own, call, memory, copied=False):
    """Return what a function gives for arrays as they are, or for contiguous ones of the machine's byte order."""
    arrays = [made(one, memory) for one in call.inputs]
    if copied:
        arrays = [
            one.astype(one.dtype.newbyteorder("="), order="C") if isinstance(one, np.ndarray) else one for one in arrays
        ]
    with np.errstate(all="raise"):
        return own(*arrays, **call.options)
