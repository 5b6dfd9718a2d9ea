"""What the NumPy formulas of several families have in common."""

import numpy as np

# The zero of 1 + e^-a - a, to twice the digits: the derivative of silu is 0 at -a.
SILU_ZERO, SILU_ZERO_TAIL = 1.2784645427610737, 1.0946994183093437e-16


def silu_share(a, low=0.0):
    """Return (1 + e^-a - a)/(1 + e^-a)^2 for a - low: near its zero by the distance from it, or its terms cancel."""
    small, below = np.exp(-a), (SILU_ZERO - a) + (SILU_ZERO_TAIL + low)
    near = (SILU_ZERO - 1.0) * np.expm1(below) + below
    return np.where(np.abs(below) < 0.5, near, 1.0 + small - a) / (1.0 + small) ** 2


def two_product(a, b):
    """Return the product and its rounding error (Dekker 1971)."""
    product = a * b
    parts = []
    for x in (a, b):
        high = 134217729.0 * x
        high = high - (high - x)
        parts.append((high, x - high))
    (ah, al), (bh, bl) = parts
    return product, ((ah * bh - product) + ah * bl + al * bh) + al * bl


def logistic(x):
    """Return 1/(1 + e^-x)."""
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1.0) / (1.0 + small)


def exponential_tail(x, right, scale):
    """Return right for x > 0, scale e^x elsewhere."""
    below = np.minimum(x, 0.0)
    half = np.exp(0.5 * below)
    left = np.where(below > -700.0, scale * np.exp(below), scale * half * half)  # half: e^x may be subnormal
    return np.where(x > 0, right, left)
