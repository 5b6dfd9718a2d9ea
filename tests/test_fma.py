"""The emulated fused multiply-add of the baseline against the exact sum, and against the CPU's own on other rungs."""

import ctypes
import sys
from fractions import Fraction

import numpy as np
import pytest

from fastact import _dispatch

from .cases import COMPILED, needs_compiled

FORMATS = {np.float32: (np.uint32, 24, -149), np.float64: (np.uint64, 53, -1074)}


def operands(dtype, count):
    """Return factors and addends of every size: random bits, near cancellation, midpoints, subnormal results."""
    rng = np.random.default_rng(9)
    unsigned, digits, _ = FORMATS[dtype]
    bits = rng.integers(0, np.iinfo(unsigned).max, (3, count), unsigned, endpoint=True)
    a, b, c = bits.view(dtype)
    with np.errstate(all="ignore"):
        near = -(a * b)
        mild = rng.normal(0, 1, (3, count)).astype(dtype)
        tie = (np.round(mild * 64) / 64).astype(dtype)
        tiny = np.ldexp(mild[0], np.finfo(dtype).minexp // 2), np.ldexp(mild[1], np.finfo(dtype).minexp // 2 - 10)
        low = np.ldexp(mild[2], np.finfo(dtype).minexp - digits + 5)
        cases = [
            (a, b, c),
            (a, b, near),
            (a, b, np.nextafter(near, dtype(0))),
            (mild[0], mild[1], -(mild[0] * mild[1])),
            (mild[0], mild[1], mild[2]),
            (tie[0], tie[1], np.ldexp(tie[2], digits)),
            (tie[0], tie[1], np.ldexp(tie[2], -digits)),
            (*tiny, low),
            (*tiny, -(tiny[0] * tiny[1])),
        ]
    return [np.concatenate(parts) for parts in zip(*cases, strict=True)]


def rounded(value, dtype):
    """Round a fraction to nearest, ties to even, with integers alone."""
    _, digits, lowest = FORMATS[dtype]
    if value == 0:
        return dtype(0)
    exponent = abs(value.numerator).bit_length() - value.denominator.bit_length()
    exponent -= abs(value) < Fraction(2) ** exponent
    unit = Fraction(2) ** max(exponent - digits + 1, lowest)
    nearest = round(value / unit) * unit
    return (
        dtype(np.inf if nearest > 0 else -np.inf)
        if abs(nearest) > Fraction(float(np.finfo(dtype).max))
        else dtype(float(nearest))
    )


def function(name):
    return _dispatch.ufunc("multiply_add.ufunc", rung=name)


def multiply_add(name, *arrays):
    with np.errstate(all="ignore"):
        return function(name)(*arrays)


@needs_compiled
@pytest.mark.parametrize("dtype", FORMATS)
def test_the_same_on_every_rung(dtype):
    arrays = operands(dtype, 20_000)
    first, *others = [multiply_add(name, *arrays) for name in COMPILED]
    for other in others:
        np.testing.assert_array_equal(other, first)
        np.testing.assert_array_equal(np.signbit(other[first == 0]), np.signbit(first[first == 0]))


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", COMPILED)
def test_overflow_is_raised_where_the_sum_overflows_and_not_where_the_product_alone_does(name, dtype):
    top = np.finfo(dtype).maxexp
    factors = np.ldexp(dtype(1), top // 2), np.ldexp(dtype(1), top - top // 2)
    multiply_add = function(name)
    with np.errstate(over="raise"):
        assert multiply_add(*factors, -np.ldexp(dtype(1), top - 1)) == np.ldexp(dtype(1), top - 1)
        with pytest.raises(FloatingPointError, match="overflow"):
            multiply_add(*factors, dtype(0))


@needs_compiled
def test_baseline_against_libm():
    libm = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    libm.fma.argtypes, libm.fma.restype = [ctypes.c_double] * 3, ctypes.c_double
    arrays = operands(np.float64, 3000)
    expected = [libm.fma(*values) for values in zip(*(array.tolist() for array in arrays), strict=True)]
    np.testing.assert_array_equal(multiply_add("baseline", *arrays), expected)


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", COMPILED)
def test_against_exact_fractions(name, dtype):
    arrays = operands(dtype, 150)
    finite = np.all([np.isfinite(array) for array in arrays], axis=0)
    arrays = [array[finite] for array in arrays]
    for a, b, c, result in zip(*arrays, multiply_add(name, *arrays), strict=True):
        assert result == rounded(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)), dtype), (a, b, c)
