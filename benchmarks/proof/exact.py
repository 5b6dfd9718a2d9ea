"""How far the judge itself may be off: the NumPy formulas that it goes by, held against mpmath at samples.

The formulas are the rows' own, in float64: on the NumPy rung it is here alone that they are judged by something else.
mpmath evaluates the rows' text. Samples are taken of all magnitudes, where
functions bend and in their tails, beside the zeros of derivatives, and at every kink and on both sides of it.
"""

import mpmath
import numpy as np

from fastact._rows import ZERO_REACH
from tests import oracle

from .. import forms

TOLERANCE = 1e-6  # ULP of float32, that a formula may be off
RESOLUTION = 2.0**-24  # the absolute error that counts as 1 beside a derivative's zero


def samples(ufunc):
    """Return some 300 finite float32 at which a form's NumPy formula is held against mpmath."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(0, 1 << 32, 100, dtype=np.uint64).astype(np.uint32).view(np.float32)
    parts = [patterns, rng.normal(0, 3, 100), rng.uniform(-120, 120, 100), oracle.special(np.float32)]
    for zero in ufunc.form.zeros:
        parts += [zero + rng.uniform(-ZERO_REACH, ZERO_REACH, 50), beside(zero, 3)]
    parts += [beside(kink, 2) for kink in forms.kinks(ufunc)]
    values = np.concatenate(parts).astype(np.float32)
    return values[np.isfinite(values)]


def beside(value, count):
    """Return the float32 that is nearest to a value, and so many neighbours on each side."""
    down = up = np.float32(value)
    found = [down]
    for _ in range(count):
        down, up = np.nextafter(down, np.float32(-np.inf)), np.nextafter(up, np.float32(np.inf))
        found += [down, up]
    return np.array(found)


def error(wide, exact, near_zero):
    """Return the error of one number of float64 in ULP of float32, close to a zero in 2^-24 if that is less.

    An underflow that has the wrong sign counts as infinitely wrong, an overflow of float64 not at all.
    """
    if exact != 0 and (exact < 0) != np.signbit(wide):
        return np.inf
    if np.isinf(wide) and abs(exact) > np.finfo(np.float64).max:
        return 0.0
    off = abs(mpmath.mpf(float(wide)) - exact)
    return float(min(off / oracle.ulp(exact, np.float32), off / RESOLUTION if near_zero else mpmath.inf))


def sampled_error(ufunc, reference=None):
    """Return the largest error of a form's NumPy formula, or of another reference, at samples held against mpmath."""
    x, parameters = samples(ufunc), forms.rounded_defaults(ufunc, np.float32)
    wide = (reference or forms.reference(ufunc))(x, **parameters)
    near = np.any([np.abs(x - zero) < ZERO_REACH for zero in (np.inf, *ufunc.form.zeros)], axis=0)
    variable = ufunc.arrays[0]
    with np.errstate(invalid="ignore"):
        return max(
            error(result, oracle.exact(ufunc.form.formula, {variable: float(value), **parameters}), beside_zero)
            for value, result, beside_zero in zip(x, wide, near, strict=True)
        )
