"""Promise 1: every value within the bound of its row, against mpmath and against NumPy's float64."""

import numpy as np
import pytest

from fastact import _dispatch

from . import oracle
from .cases import ELEMENTWISE, Case

STRIDE = 2_003  # a prime; `python -m benchmarks.proof.exhaustive` checks all of them


def reference(case, x):
    """Return the function of float64 in float64, by NumPy alone; test_against_mpmath covers this reference too."""
    wide = Case(_dispatch.NUMPY, case.ufunc)
    parameters = {name: float(x.dtype.type(value)) for name, value in wide.defaults.items()}
    wide.defaults = parameters
    with np.errstate(invalid="ignore"):  # a cast of signalling NaN
        return wide(x.astype(np.float64))


def check(case, x):
    result, wide = case(x), reference(case, x)
    with np.errstate(all="ignore"):
        absolute = np.abs(result.astype(np.float64) - wide)
        off = oracle.beside_zeros(oracle.errors(result, wide), absolute, x, case.form.zeros, x.dtype)
    worst = int(np.argmax(off))
    assert off[worst] <= case.bound(x.dtype.type), f"{off[worst]:.4f} ULP at {x[worst]!r}"


def test_every_float16(case):
    check(case, oracle.every_half())


def test_float32_by_bit_pattern(case):
    stride = STRIDE * (10 if case.rung == "baseline" else 1)
    check(case, oracle.some_singles(stride))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_against_mpmath(case, dtype):
    x = oracle.some_doubles(400)
    x = x[np.abs(x) <= np.finfo(dtype).max].astype(dtype)
    results = case(x)
    variable = "y" if case.ufunc.space == "grad_from_output" else "x"
    parameters = {name: float(dtype(value)) for name, value in case.defaults.items()}
    exact = [oracle.exact(case.form.formula, {variable: float(one), **parameters}) for one in x]
    off = [oracle.error(result, value, dtype) for result, value in zip(results, exact, strict=True)]
    absolute = [float(abs(result - value)) for result, value in zip(results.astype(float), exact, strict=True)]
    allowed = 8.0 if case.rung == _dispatch.NUMPY else 1.0  # its own bound, in float64
    off = oracle.beside_zeros(np.array(off), np.array(absolute) / allowed, x, case.form.zeros, dtype)
    worst = int(np.argmax(off))
    assert off[worst] <= case.bound(dtype), f"{off[worst]:.4f} ULP at {x[worst]!r}"


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_gradient_is_one_rounded_product(case, dtype):
    if not case.gradient or case.rung == _dispatch.NUMPY:
        return
    rng = np.random.default_rng(1)
    x, dy = rng.normal(0, 4, 1000).astype(dtype), rng.normal(0, 2, 1000).astype(dtype)
    wide = np.float32 if dtype is np.float16 else dtype  # float16 is computed in float32, and rounded last
    case.defaults = {name: float(dtype(value)) for name, value in case.defaults.items()}
    with np.errstate(over="ignore"):
        expected = (case(x.astype(wide)) * dy.astype(wide)).astype(dtype)
    np.testing.assert_array_equal(case(x, dy), expected)


@pytest.mark.parametrize("ufunc", [u for u in ELEMENTWISE if u.row.parameters], ids=lambda ufunc: ufunc.name)
@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_parameters_away_from_their_defaults(rung, ufunc, dtype):
    case = Case(rung, ufunc)
    x = np.random.default_rng(2).normal(0, 3, 50).astype(dtype)
    variable = "y" if ufunc.space == "grad_from_output" else "x"
    for value in (0.3, 1.7, 5.0):
        case.defaults = {name: float(dtype(value)) for name in case.defaults}
        for one, result in zip(x, case(x), strict=True):
            value_exact = oracle.exact(case.form.formula, {variable: float(one), **case.defaults})
            assert oracle.error(result, value_exact, dtype) <= 1.5
