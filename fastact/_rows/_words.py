"""What the NumPy formulas of several families have in common."""

import numpy as np

# The zero of 1 + e^-a - a, to twice the digits: the derivative of silu is 0 at -a.
SILU_ZERO, SILU_ZERO_TAIL = 1.2784645427610737, 1.0946994183093437e-16
LARGEST = np.finfo(np.float64).max


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


def gate_exponential(g, alpha):
    """Return z = alpha g, -|z| and what that rounds off, e^-|z| in two factors, and where nothing is left of it."""
    reach = np.minimum(2000.0 / np.abs(alpha), 1e290)  # beyond, two_product would overflow
    z, low = two_product(alpha, np.clip(g, -reach, reach))
    low = np.where(np.abs(z) < 1470.0, low * np.where(z < 0, 1.0, -1.0), 0.0)
    a = np.minimum(np.abs(z), 1470.0)
    first = np.minimum(a, 700.0)
    return z, -a, low, np.exp(-first) * (1.0 + low), np.exp(first - a), z < -1470.0


def gate_times(share, small, rest, m):
    """Return share m small rest, which does not overflow before the end."""
    scale = np.where(np.abs(m) > 2.0**900, 2.0**-64, 1.0)
    return share * small * (m * scale) * rest / scale


def gated(g, m, alpha):
    """Return g m times the logistic function of alpha g. m may make up for a tiny g, which is raised."""
    z, _, _, small, rest, far = gate_exponential(g, alpha)
    raised = np.where(np.abs(g) < 2.0**-900, 2.0**120, 1.0)
    g, m = np.where(far, np.clip(g, -1.0, 1.0), g), np.where(far, np.clip(m, -LARGEST, LARGEST), m)
    share, below, above = g * raised / (1.0 + small), np.where(z < 0, m, 0.0), np.where(z < 0, 0.0, m)
    return np.where(z < 0, gate_times(share, small, rest, below), share * above) / raised


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
