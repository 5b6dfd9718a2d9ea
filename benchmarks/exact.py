"""What every function and derivative is: for all float32 in float64, and for any number in mpmath.

The float64 formulas use NumPy and SciPy alone, nothing of fastact. They neither overflow nor cancel, and where a result
underflows it has the sign that the exact one has: inputs are clamped to where float32 underflows by hundreds of orders
of magnitude and float64 does not yet. The definitions in mpmath are the textbook's; `sampled_error` holds the formulas
against them.
"""

import functools
from typing import NamedTuple

import mpmath
import numpy as np
from scipy.special import ndtr

from fastact._table import ZERO_REACH
from tests import oracle

from .constants import GELU_CUBIC, NEGATIVE_SLOPE, SELU_ALPHA, SELU_SCALE

TOLERANCE = 1e-6  # ULP of float32, that a formula may be off
DIGITS = 100  # some derivatives cancel 77 of them at the far end
LOWEST = -700.0  # exp of it is still a normal float64
with mpmath.workdps(DIGITS):
    FLOOR = mpmath.mpf(SELU_SCALE) * mpmath.mpf(SELU_ALPHA)
    FLOOR_HIGH = float(FLOOR)
    FLOOR_LOW = float(FLOOR - FLOOR_HIGH)
    SLOPE = float(2 * mpmath.sqrt(2 / mpmath.pi))  # of the exponent of gelu_tanh


class Reference(NamedTuple):
    """One function: its formula for arrays of float64, its definition in mpmath, and about where it has a zero."""

    formula: callable
    definition: callable
    zero: float = None

    def __call__(self, x, **parameters):
        """Return the exact values for an array of float32, in float64."""
        x = x.astype(np.float64)
        with np.errstate(all="ignore"):
            wide = self.formula(x, **parameters)
            if self.zero is not None:
                self.series_beside_zero(x, wide)
        return wide

    def series_beside_zero(self, x, wide):
        """Replace the values close to the zero, where the formula cancels, by a Taylor series about it."""
        high, low, coefficients = taylor(self.definition, self.zero)
        near = np.flatnonzero(np.abs(x - high) < ZERO_REACH)
        if near.size:
            distance = (x[near] - high) - low
            wide[near] = distance * np.polynomial.polynomial.polyval(distance, coefficients)


@functools.cache
def root(definition, start):
    """Return the zero of a definition that is near ``start``, in mpmath."""
    with mpmath.workdps(DIGITS):
        return mpmath.findroot(definition, start)


@functools.cache
def taylor(definition, start):
    """Return a zero as the sum of two float64, and the coefficients of the Taylor series there but the constant 0."""
    with mpmath.workdps(DIGITS):
        zero = root(definition, start)
        high = float(zero)
        coefficients = mpmath.taylor(definition, zero, 18)[1:]
        return high, float(zero - high), [float(coefficient) for coefficient in coefficients]


def decay(x):
    return np.exp(-np.minimum(np.abs(x), -LOWEST))


def logistic(x):
    small = decay(x)
    return np.where(x < 0, small, 1.0) / (1.0 + small)


def logistic_slope(x):
    small = decay(x)
    return small / (1.0 + small) ** 2


def step(x, negative_slope=0.0):
    return np.where(np.isnan(x), x, np.where(x > 0, 1.0, negative_slope))


def leaky_step(x, negative_slope=NEGATIVE_SLOPE):
    return step(x, negative_slope)


def gate_slope(exponent, product):
    """Derive x s(v(x)), with the logistic function s, from v and x v'."""
    small = decay(exponent)
    total = 1.0 + small
    left = exponent < 0
    return np.where(left, small, 1.0) * (total + np.where(left, 1.0, small) * product) / (total * total)


def leaky_relu(x, negative_slope=NEGATIVE_SLOPE):
    return np.where(x > 0, x, negative_slope * x)


def softplus(x):
    return np.maximum(x, 0.0) + np.log1p(decay(x))


def silu(x):
    x = np.maximum(x, LOWEST)
    return x * logistic(x)


def silu_slope(x):
    x = np.clip(x, LOWEST, -LOWEST)
    return gate_slope(x, x)


def gelu(x):
    x = np.maximum(x, -30.0)
    return x * ndtr(np.minimum(x, 30.0))


def gelu_slope(x):
    x = np.clip(x, -30.0, 30.0)
    return ndtr(x) + x * np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)


def gelu_tanh(x):
    x = np.maximum(x, -20.0)
    return x * logistic(SLOPE * x * (1.0 + GELU_CUBIC * x * x))


def gelu_tanh_slope(x):
    x = np.clip(x, -20.0, 20.0)
    square = GELU_CUBIC * x * x
    return gate_slope(SLOPE * x * (1.0 + square), SLOPE * x * (1.0 + 3.0 * square))


def mish(x):
    x = np.maximum(x, LOWEST)
    e = np.exp(np.minimum(x, 40.0))
    n = e * (e + 2.0)
    return x * (n / (n + 2.0))


def mish_slope(x):
    x = np.clip(x, LOWEST, 40.0)
    e = np.exp(x)
    d = e * (e + 2.0) + 2.0
    return e * ((e + 2.0) * d + 4.0 * x * (1.0 + e)) / (d * d)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(x))


def elu_slope(x, alpha=1.0):
    return np.where(x > 0, 1.0, alpha * np.exp(np.clip(x, LOWEST, 0.0)))


def selu(x):
    return np.where(x > 0, SELU_SCALE * x, FLOOR_HIGH * np.expm1(x))


def selu_slope(x):
    return np.where(x > 0, SELU_SCALE, FLOOR_HIGH * np.exp(np.clip(x, LOWEST, 0.0)))


def selu_slope_from_output(y):
    return np.where(y > 0, SELU_SCALE, (y + FLOOR_HIGH) + FLOOR_LOW)


def exact_logistic(x):
    return 1 / (1 + mpmath.exp(-x))


def exact_logistic_slope(x):
    return exact_logistic(x) * exact_logistic(-x)


def exact_softplus(x):
    return mpmath.log1p(mpmath.exp(-abs(x))) + max(x, 0)


def exact_silu_slope(x):
    return exact_logistic(x) + x * exact_logistic_slope(x)


def exact_gelu_slope(x):
    return mpmath.ncdf(x) + x * mpmath.npdf(x)


def exact_gelu_tanh_exponent(x):
    return 2 * mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(GELU_CUBIC) * x**3)


def exact_gelu_tanh_slope(x):
    exponent = exact_gelu_tanh_exponent(x)
    exponent_slope = 2 * mpmath.sqrt(2 / mpmath.pi) * (1 + 3 * mpmath.mpf(GELU_CUBIC) * x**2)
    return exact_logistic(exponent) + x * exponent_slope * exact_logistic_slope(exponent)


def exact_mish_slope(x):
    gate = exact_softplus(x)
    return mpmath.tanh(gate) + x * mpmath.sech(gate) ** 2 * exact_logistic(x)


REFERENCES = {
    "relu": Reference(lambda x: np.where(x <= 0, 0.0, x), lambda x: max(x, 0)),
    "leaky_relu": Reference(leaky_relu, lambda x, negative_slope: x if x > 0 else negative_slope * x),
    "noisy_relu": Reference(
        lambda x, noise: np.where(x + noise <= 0, 0.0, x + noise), lambda x, noise: max(x + noise, 0)
    ),
    "sigmoid": Reference(logistic, exact_logistic),
    "log_sigmoid": Reference(lambda x: -softplus(-x), lambda x: -exact_softplus(-x)),
    "tanh": Reference(np.tanh, mpmath.tanh),
    "softplus": Reference(softplus, exact_softplus),
    "silu": Reference(silu, lambda x: x * exact_logistic(x)),
    "elu": Reference(elu, lambda x, alpha=1: x if x > 0 else alpha * mpmath.expm1(x)),
    "selu": Reference(selu, lambda x: SELU_SCALE * x if x > 0 else FLOOR * mpmath.expm1(x)),
    "gelu": Reference(gelu, lambda x: x * mpmath.ncdf(x)),
    "gelu_tanh": Reference(gelu_tanh, lambda x: x * exact_logistic(exact_gelu_tanh_exponent(x))),
    "mish": Reference(mish, lambda x: x * mpmath.tanh(exact_softplus(x))),
    "grad.relu": Reference(step, lambda x: int(x > 0)),
    "grad.leaky_relu": Reference(leaky_step, lambda x, negative_slope: 1 if x > 0 else negative_slope),
    "grad.sigmoid": Reference(logistic_slope, exact_logistic_slope),
    "grad.log_sigmoid": Reference(lambda x: logistic(-x), lambda x: exact_logistic(-x)),
    "grad.tanh": Reference(lambda x: 4.0 * logistic_slope(2.0 * x), lambda x: mpmath.sech(x) ** 2),
    "grad.softplus": Reference(logistic, exact_logistic),
    "grad.silu": Reference(silu_slope, exact_silu_slope, zero=-1.28),
    "grad.elu": Reference(elu_slope, lambda x, alpha=1: 1 if x > 0 else alpha * mpmath.exp(x)),
    "grad.selu": Reference(selu_slope, lambda x: SELU_SCALE if x > 0 else FLOOR * mpmath.exp(x)),
    "grad.gelu": Reference(gelu_slope, exact_gelu_slope, zero=-0.75),
    "grad.gelu_tanh": Reference(gelu_tanh_slope, exact_gelu_tanh_slope, zero=-0.75),
    "grad.mish": Reference(mish_slope, exact_mish_slope, zero=-1.19),
    "grad_from_output.relu": Reference(step, lambda y: int(y > 0)),
    "grad_from_output.leaky_relu": Reference(leaky_step, lambda y, negative_slope: 1 if y > 0 else negative_slope),
    "grad_from_output.noisy_relu": Reference(step, lambda y: int(y > 0)),
    "grad_from_output.sigmoid": Reference(lambda y: y * (1.0 - y), lambda y: y * (1 - y)),
    "grad_from_output.tanh": Reference(lambda y: (1.0 - y) * (1.0 + y), lambda y: 1 - y * y),
    "grad_from_output.softplus": Reference(lambda y: -np.expm1(-y), lambda y: -mpmath.expm1(-y)),
    "grad_from_output.elu": Reference(
        lambda y, alpha=1.0: np.where(y > 0, 1.0, y + alpha), lambda y, alpha=1: 1 if y > 0 else y + alpha
    ),
    "grad_from_output.selu": Reference(selu_slope_from_output, lambda y: SELU_SCALE if y > 0 else y + FLOOR),
}


def samples(zero=None):
    """Return some 300 finite float32 but 0: of all magnitudes, where functions bend, in their tails, beside a zero."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(0, 1 << 32, 100, dtype=np.uint64).astype(np.uint32).view(np.float32)
    parts = [patterns, rng.normal(0, 3, 100), rng.uniform(-120, 120, 100), oracle.special(np.float32)]
    if zero is not None:
        parts += [
            zero + rng.uniform(-ZERO_REACH, ZERO_REACH, 50),
            zero + np.linspace(-3, 3, 7) * np.spacing(np.float32(zero)),
        ]
    values = np.concatenate(parts).astype(np.float32)
    return values[np.isfinite(values) & (values != 0)]


def sampled_error(name, **parameters):
    """Return the largest error of a function's formula, in ULP of float32, at samples held against mpmath.

    An underflow that has the wrong sign counts as infinitely wrong.
    """
    reference = REFERENCES[name]
    with mpmath.workdps(DIGITS):
        zero = None if reference.zero is None else float(root(reference.definition, reference.zero))
        x = samples(zero)
        worst = 0.0
        for value, wide in zip(x, reference(x, **parameters), strict=True):
            exact = reference.definition(mpmath.mpf(float(value)), **parameters)
            if exact != 0 and (exact < 0) != np.signbit(wide):
                return np.inf
            if not (np.isinf(wide) and abs(exact) > np.finfo(np.float64).max):
                worst = max(worst, float(abs(mpmath.mpf(float(wide)) - exact) / oracle.ulp(exact, np.float32)))
    return worst
