"""What a row says twice is the same: its derivative and its value, its NumPy formulas and its text."""

import itertools

import mpmath
import numpy as np
import pytest

from fastact import _dispatch, _rows

from . import oracle
from .cases import ELEMENTWISE, Case, settings, several

VALUES = [ufunc for ufunc in ELEMENTWISE if not ufunc.space]
GRADIENTS = [ufunc for ufunc in ELEMENTWISE if ufunc.space]
BESIDE = 1e-6  # of a kink: there is no derivative to take


def every_setting(ufunc):
    """Yield cases in float64, on the NumPy rung: at the defaults, and at all samples of the parameters."""
    for given in ({}, *settings(ufunc.row, np.float64)):
        yield Case(_dispatch.NUMPY, ufunc, **given)


def points_of(ufunc):
    """Return finite points of the value's arrays: of all sizes, and with each of them small or 0."""
    rng, count = np.random.default_rng(5), len(ufunc.row.arrays)
    spread = [rng.normal(0, scale, (12, count)) for scale in (0.1, 1, 5)]
    some = np.array(list(itertools.product((-20.5, -0.25, 0.5, 20.5), repeat=count)))
    return np.concatenate([*spread, some])


def smooth(value, point):
    """Whether the derivative does not jump at a point."""
    kinks = [float(oracle.exact(str(kink), value.row_parameters)) for kink in value.ufunc.row.kinks]
    return all(abs(one - kink) > BESIDE for one in point for kink in kinks)


def value_of(ufunc):
    """Return the ufunc of the value that a gradient is of."""
    (value,) = (
        one for one in VALUES if one.row is ufunc.row and (one.form.plain is None) == (ufunc.form.plain is None)
    )
    return value


@pytest.mark.parametrize("ufunc", GRADIENTS, ids=lambda ufunc: ufunc.name)
def test_the_derivative_is_that_of_the_value(ufunc):
    """From the inputs by each of them, and from the output, y being the value there, by mpmath's differentiation."""
    value_ufunc, tried = value_of(ufunc), 0
    for case in every_setting(ufunc):
        value = Case(_dispatch.NUMPY, value_ufunc, **case.row_parameters)
        for point in filter(lambda point, value=value: smooth(value, point), points_of(ufunc)):
            tried += 1
            values = value.values(point)
            (y,) = value.exact(point)
            given = {"y": y} | case.defaults if ufunc.space == "grad_from_output" else values
            for name, formula in zip(ufunc.by, ufunc.form.formulas, strict=True):
                slope = oracle.derivative(value_ufunc.form.formula, values, name)
                stated = oracle.exact(formula, given)
                with mpmath.workdps(oracle.DIGITS):
                    allowed = mpmath.mpf(10) ** -30 * abs(slope) + mpmath.mpf(10) ** -45 * max(1, abs(y))
                    off = abs(slope - stated)
                assert off <= allowed, (
                    f"{ufunc.name} by {name} is {mpmath.nstr(stated)} by its formula at {values}, "
                    f"and the value's derivative {mpmath.nstr(slope)}"
                )
    assert tried > 10


@pytest.mark.parametrize("ufunc", ELEMENTWISE, ids=lambda ufunc: ufunc.name)
def test_numpy_formulas_are_those_of_the_text(ufunc):
    """In float64, at numbers of all sizes, kinks and bends, and a gradient for several dy."""
    for at, case in enumerate(every_setting(ufunc)):
        x = oracle.some_doubles(20 if at else 150)
        arrays = case.points(np.concatenate([x, case.places(np.float64)]))
        exact = list(zip(*(case.exact(operands) for operands in zip(*arrays, strict=True)), strict=True))
        for dy in (1.0, -1.375) if case.gradient else (1.0,):
            given = [*arrays, *[np.full_like(x[:1], dy)] * case.gradient]
            with np.errstate(all="ignore"):
                results = ufunc.form.numpy(*given, *(np.float64(value) for value in case.defaults.values()))
            results = np.broadcast_arrays(*arrays, *several(results))[len(arrays) :]
            flat = [case.flat(operands) for operands in zip(*arrays, strict=True)]
            for k, (result, values) in enumerate(zip(results, exact, strict=True)):
                wanted = [0 if there[k] else value * dy for value, there in zip(values, flat, strict=True)]
                off = np.array([oracle.error(*pair, np.float64) for pair in zip(result, wanted, strict=True)])
                absolute = np.array([float(abs(one - value)) for one, value in zip(result, wanted, strict=True)])
                off = case.off(k, off, absolute / _rows.NUMPY_ULP[1], arrays, np.float64)
                worst = int(np.argmax(off))
                allowed = _rows.NUMPY_ULP[1] + (dy != 1.0)  # the product with dy is rounded
                assert off[worst] <= allowed, (
                    f"output {k} times {dy}: {off[worst]:.3f} ULP at {[one[worst] for one in arrays]}, {case.defaults}"
                )
