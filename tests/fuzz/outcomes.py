"""What a call gives, and what it is held against: its refusal, its floating-point errors, its result, all memory."""

import warnings

import numpy as np

from fastact import _dispatch, _rows

from ..cases import functions, several
from .drawing import UFUNCS, made, memories, outs

REFUSALS = (TypeError, ValueError, OverflowError)


def function(rung, name):
    """Return a public function of one rung; of a stochastic one what takes the noise."""
    ufunc = UFUNCS[name]
    public = functions(rung)[ufunc.space][ufunc.row.name]
    return public.ufunc if ufunc.draws else public


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

    @property
    def results(self):
        """Every output, a tuple."""
        return several(self.result)


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


def delivered(call, rung, outcome, results, *, mask=True, left=None):
    """Assert that the results are where they belong, and that all other memory is as before.

    What ``where`` leaves out is as NumPy leaves it, in the memory given: rounded to the loop's dtype, where ``out``
    overlaps an input. Where no memory is given it is either.
    """
    assert outcome.error is None, f"refused: {outcome.error!r}"
    expected, results = memories(call), several(results)
    places = outs(call) or (None,) * len(results)
    for place, own, result in zip(places, outcome.results, results, strict=True):
        if place is None:
            assert_same(rung, np.where(mask, own, 0), np.where(mask, result, 0))
            continue
        got, wanted = place.make(outcome.memory), place.make(expected)
        assert own.__array_interface__ == got.__array_interface__, "the result is not out itself"
        with np.errstate(all="ignore"):
            if left is not None and rung != _dispatch.NUMPY:
                wanted[...] = place.make(left)
            elif rung != _dispatch.NUMPY:
                rounded = wanted.astype(result.dtype).astype(wanted.dtype)
                alike = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
                np.copyto(wanted, rounded, where=alike & ~np.asarray(mask))
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
        good |= nearly(got, wanted)
    bad = np.argwhere(~good)
    assert not bad.size, (
        f"{len(bad)} of {good.size} differ: {got[tuple(bad[0])]!r} at {bad[0]}, not {wanted[tuple(bad[0])]!r}"
    )


def nearly(got, wanted):
    """Return where two arrays differ by no more than a compiled rung and the NumPy rung may; zeros have a sign."""
    own = _rows.FLOAT16_ULP if got.dtype == np.float16 else 2.0
    allowed = 2 * (own + _rows.NUMPY_ULP[got.dtype == np.float64])  # floats: beside a power of two a ULP has two
    places = [np.abs(one).view(f"i{one.dtype.itemsize}").astype(np.int64) for one in (got, wanted)]  # counted from 0
    few = sum(np.minimum(one, 1000) for one in places)
    alike = np.signbit(got) == np.signbit(wanted)
    good = np.where(alike, np.abs(places[0] - places[1]) <= allowed, (few > 0) & (few <= allowed))
    return np.where(np.isnan(got) | np.isnan(wanted), np.isnan(got) & np.isnan(wanted), good)


def all_inputs(call, memory):
    """Return the inputs, with defaults filled in."""
    defaults = [None] * len(call.inputs)
    for k, parameter in enumerate(reversed(UFUNCS[call.function].row.parameters), 1):
        defaults[-k] = parameter.default
    return [default if one is None else made(one, memory) for one, default in zip(call.inputs, defaults, strict=True)]


def outputs(call, memory):
    """Return out= and where= of a call."""
    given = {} if call.where is True else {"where": made(call.where, memory)}
    if type(call.out) is tuple:
        given["out"] = tuple(one if one is None else made(one, memory) for one in call.out)
    elif call.out is not None:
        given["out"] = made(call.out, memory)
    return given


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


def raised(call, rung, outcome, results, loop, *, inputs=(), mask=True):
    """Assert that a floating-point error was raised where one is due and nowhere else; return whether one was."""
    error = outcome.error if isinstance(outcome.error, FloatingPointError) else None
    results = several(results)
    if not call.raising or casts_raise(call, results, loop):
        return error is not None
    ufunc = UFUNCS[call.function]
    raises = ufunc.form.raises
    due = possible = np.zeros(np.shape(results[0]), bool)
    if raises:
        parameters = zip(inputs[len(ufunc.arrays) :], ufunc.row.parameters, strict=False)
        # An infinite parameter is a number where it is so by default; otherwise it may be what makes a result infinite.
        known = [np.isfinite(one) | (one == parameter.default) for one, parameter in parameters]
        infinite = np.any([np.isinf(one) for one in results], axis=0)
        finite = np.all([np.isfinite(one) for one in inputs[: len(ufunc.arrays)]], axis=0)
        due = infinite & finite & np.all(known, axis=0) & ~np.any([np.isnan(one) for one in inputs], axis=0)
        possible = infinite & (finite | (ufunc.nout > 1))  # one of several outputs need not depend on every input
        if ufunc.draws:
            due, possible = (one & np.isfinite(inputs[-1]) for one in (due, possible))
    if rung != _dispatch.NUMPY:
        due, possible = due & mask, possible & mask
    if error is not None:
        assert possible.any(), f"{error!r}, where nothing overflows"
        assert raises in str(error), f"{error!r}, where it is {raises} that is due"
    elif rung != _dispatch.NUMPY:
        assert not due.any(), "an overflow was not reported"
    return error is not None


def casts_raise(call, results, loop):
    """Whether NumPy's casts of inputs and the results raise by themselves."""
    try:
        with np.errstate(all="raise"):
            for one in all_inputs(call, memories(call)):
                np.asarray(one).astype(loop)
            for out, result in zip(outs(call), results, strict=False):
                if out is not None:
                    np.asarray(result).astype(out.dtype)
                    out.make(memories(call)).astype(loop)
    except FloatingPointError:
        return True
    return False
