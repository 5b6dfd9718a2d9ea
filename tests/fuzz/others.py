"""Calls of ufuncs' methods, and of functions that are no ufuncs."""

import functools
import itertools

import numpy as np

import fastact
from fastact import _dispatch

from ..cases import COMPILED
from .drawing import UFUNCS, made, memories
from .outcomes import Outcome, assert_same, assert_same_memory, blamed, function

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
