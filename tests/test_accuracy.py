"""Promise 1: every value within the bound of its row, against mpmath and against NumPy's float64."""

import numpy as np
import pytest

from fastact import _dispatch

from . import oracle
from .cases import ELEMENTWISE, Case, settings

STRIDE = 2_003  # a prime; `python -m benchmarks.proof.exhaustive` checks all of them


def reference(case, arrays):
    """Return the outputs in float64 by NumPy alone, for inputs as they are; test_formulas.py covers it."""
    dtype = arrays[0].dtype.type
    wide = Case(_dispatch.NUMPY, case.ufunc, **case.row_parameters).rounded(dtype)
    with np.errstate(invalid="ignore"):  # a cast of signalling NaN
        return wide.outputs(*(one.astype(np.float64) for one in arrays))


def check(case, x):
    """Hold the outputs at many numbers, several arrays of them turned against each other, against the reference."""
    arrays, dtype = case.points(x), x.dtype.type
    for k, (result, wide) in enumerate(zip(case.outputs(*arrays), reference(case, arrays), strict=True)):
        with np.errstate(all="ignore"):
            absolute = np.abs(result.astype(np.float64) - wide)
            off = case.off(k, oracle.errors(result, wide), absolute, arrays, dtype)
        off[oracle.lost(result, wide, dtype) & (off > 0)] = np.inf
        worst = int(np.argmax(off))
        assert off[worst] <= case.bound(dtype), f"output {k}: {off[worst]:.5g} ULP at {[one[worst] for one in arrays]}"


def check_exactly(case, arrays):
    """Hold the outputs at finite numbers against mpmath."""
    dtype = arrays[0].dtype.type
    exact = list(zip(*(case.exact(operands) for operands in zip(*arrays, strict=True)), strict=True))
    for k, (result, values) in enumerate(zip(case.outputs(*arrays), exact, strict=True)):
        off = np.array([oracle.error(*pair, dtype) for pair in zip(result, values, strict=True)])
        with np.errstate(all="ignore"):
            absolute = [float(abs(one - value)) for one, value in zip(result.astype(float), values, strict=True)]
            allowed = 8.0 if case.rung == _dispatch.NUMPY else 1.0  # its own bound, in float64
            off = case.off(k, off, np.array(absolute) / allowed, arrays, dtype)
            if allowed == 1:
                lost = np.array([oracle.lost(*pair, dtype) for pair in zip(result, values, strict=True)])
                off[lost & (off > 0)] = np.inf
        worst = int(np.argmax(off))
        assert off[worst] <= case.bound(dtype), (
            f"output {k}: {off[worst]:.5g} ULP at {[one[worst] for one in arrays]}, {case.defaults}"
        )


def test_every_float16(case):
    check(case, oracle.every_half())


def test_float32_by_bit_pattern(case):
    stride = STRIDE * (10 if case.rung == "baseline" else 1)
    check(case, oracle.some_singles(stride))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_against_mpmath(case, dtype):
    x = oracle.some_doubles(400)
    x = x[np.abs(x) <= np.finfo(dtype).max].astype(dtype)
    check_exactly(case.rounded(dtype), case.points(np.concatenate([x, case.places(dtype)])))


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_the_least_numbers(case, dtype):
    """Of which no bit is to be lost, also where other arrays make up for them; samples rarely have them."""
    x = np.arange(-5, 6).astype(dtype) * np.finfo(dtype).smallest_subnormal
    check_exactly(case.rounded(dtype), [x] * len(case.names))
    large = np.resize(np.sqrt(np.finfo(dtype).max).astype(dtype) * np.array([-1, 1], dtype), x.size)
    for k in range(len(case.names) * (len(case.names) > 1)):
        check_exactly(case.rounded(dtype), [*[large] * k, x, *[large] * (len(case.names) - 1 - k)])


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_where_something_happens(case, dtype):
    """At kinks, bends and zeros, on both sides; each array in turn is there, and the others are of all sizes."""
    for given in ({}, *settings(case.ufunc.row, dtype)):
        there = Case(case.rung, case.ufunc, **given).rounded(dtype)
        places = there.places(dtype)
        if not places.size:
            continue
        others = np.random.default_rng(4).normal(0, 3, (len(there.names), places.size)).astype(dtype)
        for k in range(len(there.names)):
            check_exactly(there, [*others[:k], places, *others[k + 1 :]])
        check_exactly(there, [places] * len(there.names))


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_gradient_is_one_rounded_product(case, dtype):
    if not case.gradient or case.rung == _dispatch.NUMPY:
        return
    rng = np.random.default_rng(1)
    *arrays, dy = (rng.normal(0, scale, 1000).astype(dtype) for scale in (*[4] * len(case.names), 2))
    wide = np.float32 if dtype is np.float16 else dtype  # float16 is computed in float32, and rounded last
    case.rounded(dtype)
    slopes, flat = case.outputs(*(one.astype(wide) for one in arrays)), [*map(case.flat, zip(*arrays, strict=True))]
    for k, (result, slope) in enumerate(zip(case.outputs(*arrays, dy), slopes, strict=True)):
        with np.errstate(over="ignore"):
            expected = np.where([one[k] for one in flat], 0, slope * dy.astype(wide)).astype(dtype)
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("ufunc", [u for u in ELEMENTWISE if u.others], ids=lambda ufunc: ufunc.name)
@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_parameters_away_from_their_defaults(rung, ufunc, dtype):
    """Also at the ends of the sizes for which the bounds hold."""
    rng = np.random.default_rng(2)
    for given in settings(ufunc.row, dtype):
        case = Case(rung, ufunc, **given).rounded(dtype)
        x = np.concatenate([rng.normal(0, 3, 50).astype(dtype), case.places(dtype)])
        check_exactly(case, case.points(x))


def worst_inputs(form, dtype):
    """Return the inputs where a row says that the errors are the largest: arrays, then parameters if any are given."""
    worst = form.worst64 if dtype is np.float64 else form.worst32
    return worst if worst and isinstance(worst[0], tuple) else (worst,) * bool(worst)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_worst_inputs_are_within_the_bounds(case, dtype):
    """And an array and a parameter there are numbers of the dtype, as the ULP that was found is of those."""
    for point in worst_inputs(case.form, dtype):
        arrays, parameters = point[: len(case.names)], point[len(case.names) :]
        assert len(parameters) in (0, len(case.ufunc.others))
        assert all(float(dtype(one)) == one for one in point)
        there = Case(case.rung, case.ufunc, **dict(zip(case.ufunc.others, parameters, strict=len(parameters) > 0)))
        check_exactly(there.rounded(dtype), [np.array([one], dtype) for one in arrays])
