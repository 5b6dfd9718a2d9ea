"""Functions that keep integers: a loop for each type, the results of the row's formula, what overflows wraps."""

import numpy as np
import pytest

from fastact import _dispatch

from .cases import UFUNCS, functions

LETTERS = "bBhHiIlLqQ"
KEEPING = [ufunc for ufunc in UFUNCS if ufunc.integers]
every_ufunc = pytest.mark.parametrize("ufunc", KEEPING, ids=lambda ufunc: ufunc.name)
every_letter = pytest.mark.parametrize("letter", LETTERS)


def numbers(letter):
    """Return integers of a type: the ends of its range, all around 0, and of all sizes."""
    info, rng = np.iinfo(letter), np.random.default_rng(8)
    ends = [info.min, info.min + 1, info.max - 1, info.max]
    small = range(max(info.min, -9), 10)
    bits = rng.integers(0, 256, 800 * np.dtype(letter).itemsize, np.uint8).view(letter)
    return np.concatenate([np.array([*ends, *small], letter), bits])


def expected(ufunc, x):
    """Return what Python's own integers give, modulo the type's range."""
    with np.errstate(all="ignore"):
        wide = [int(ufunc.integers(np.array([int(one)], object))[0]) for one in x]
    info = np.iinfo(x.dtype)
    count = int(info.max) - int(info.min) + 1
    return np.array([(one - int(info.min)) % count + int(info.min) for one in wide], x.dtype)


@every_ufunc
@every_letter
def test_values_of_every_layout(rung, ufunc, letter):
    function, x = functions(rung)[""][ufunc.row.name], numbers(letter)
    wanted, before = expected(ufunc, x), x.copy()
    with np.errstate(all="raise"):
        result = function(x)
    assert result.dtype == np.dtype(letter)
    np.testing.assert_array_equal(result, wanted)
    np.testing.assert_array_equal(x, before)
    for part in (np.s_[::3], np.s_[::-1], np.s_[5:], np.s_[:0]):
        np.testing.assert_array_equal(function(x[part]), wanted[part])
    np.testing.assert_array_equal(function(x.astype(x.dtype.newbyteorder())), wanted)
    own = x.copy()
    assert function(own, out=own) is own
    np.testing.assert_array_equal(own, wanted)
    trailing = x.copy()
    function(trailing[:-1], out=trailing[1:])
    np.testing.assert_array_equal(trailing[1:], wanted[:-1])
    masked = np.zeros_like(x)
    function(x, out=masked, where=x > 3)
    np.testing.assert_array_equal(masked, np.where(x > 3, wanted, 0))


@every_ufunc
def test_what_is_asked_for(rung, ufunc):
    """Floats where they are; a bool is the least integer; a Python number is NumPy's default integer."""
    function = functions(rung)[""][ufunc.row.name]
    x = np.array([-3, 0, 2], np.int32)
    for dtype in (np.float16, np.float32, np.float64):
        casting = "unsafe" if dtype is np.float16 else "same_kind"
        result = function(x, dtype=dtype, casting=casting)
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, function(x.astype(dtype)))
    out = np.empty(3)
    function(x, out=out)
    np.testing.assert_array_equal(out, function(x))
    assert function(np.array([True, False])).dtype == np.int8
    assert function(3).dtype == np.dtype(int) == function([3, -4]).dtype
    assert function(3.0).dtype == np.float64
    assert function(np.int8(-3)).dtype == np.int8
    with pytest.raises(TypeError, match=ufunc.row.name):
        function(x, out=np.empty(3, np.int8), casting="safe")


def test_gradients_are_floats(rung):
    spaces = [space for space in _dispatch.RENDERED if space]
    for ufunc in KEEPING:
        for space in spaces:
            function = functions(rung)[space].get(ufunc.row.name)
            if function is not None:
                arrays = [np.array([-1, 0, 2])] * (len(ufunc.arrays) + (space != "value_and_grad"))
                results = function(*arrays)
                assert all(one.dtype == np.float64 for one in np.atleast_2d(results))
