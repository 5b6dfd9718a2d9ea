"""Gates: functions of two arrays."""

import numpy as np

from ._row import Elsewhere, Form, Parameter, Row
from ._words import SILU_ZERO, silu_share, two_product

LARGEST = np.finfo(np.float64).max


def linear(b, limit, offset):
    return np.minimum(np.maximum(b, -limit), limit) + offset


def exponential(g, alpha):
    """Return z = alpha g, -|z| and what that rounds off, e^-|z| in two factors, and where nothing is left of it."""
    reach = 2000.0 / np.abs(alpha)
    z, low = two_product(alpha, np.clip(g, -reach, reach))
    low = np.where(np.abs(z) < 1470.0, low * np.where(z < 0, 1.0, -1.0), 0.0)
    a = np.minimum(np.abs(z), 1470.0)
    first = np.minimum(a, 700.0)
    return z, -a, low, np.exp(-first) * (1.0 + low), np.exp(first - a), z < -1470.0


def times(share, small, rest, m):
    """Return share m small rest, which does not overflow before the end."""
    scale = np.where(np.abs(m) > 2.0**900, 2.0**-64, 1.0)
    return share * small * (m * scale) * rest / scale


def gated(g, m, alpha):
    """Return g m times the logistic function of alpha g. m may make up for a tiny g, which is raised."""
    z, _, _, small, rest, far = exponential(g, alpha)
    raised = np.where(np.abs(g) < 2.0**-900, 2.0**120, 1.0)
    g, m = np.where(far, np.clip(g, -1.0, 1.0), g), np.where(far, np.clip(m, -LARGEST, LARGEST), m)
    share, below, above = g * raised / (1.0 + small), np.where(z < 0, m, 0.0), np.where(z < 0, 0.0, m)
    return np.where(z < 0, times(share, small, rest, below), share * above) / raised


def swiglu(a, b, alpha, limit, offset):
    return gated(np.minimum(a, limit), linear(b, limit, offset), alpha)


def swiglu_grad(a, b, dy, alpha, limit, offset):
    g, m = np.minimum(a, limit), linear(b, limit, offset)
    z, minus, low, small, rest, far = exponential(g, alpha)
    m = np.where(far, np.clip(m, -LARGEST, LARGEST), m)
    share, below, above = silu_share(-minus, low), np.where(z < 0, m, 0.0), np.where(z < 0, 0.0, m)
    slope = np.where(z < 0, times(share, small, rest, below), (1.0 - share * small) * above)
    da = np.where(a > limit, 0.0, slope * np.where(a > limit, 0.0, dy))
    db = np.where(np.abs(b) > limit, 0.0, gated(g, 1.0, alpha) * np.where(np.abs(b) > limit, 0.0, dy))
    return da, db


ROWS = (
    Row(
        "swiglu",
        "Gated linear unit with silu as the gate: silu(a) b, and what language models make of it.",
        Form(
            "min(a, limit)*sigmoid(alpha*min(a, limit))*(max(-limit, min(b, limit)) + offset)",
            swiglu,
            0.55,
            0.9,
            limits=(0.0, -0.0, 0.0, np.inf),
            raises="overflow",
            worst64=(-9.349452736570136, -9.349452736570136),
        ),
        Form(
            (
                "0 if a > limit else sigmoid(z := alpha*a)*(1 + z*sigmoid(-z))*(max(-limit, min(b, limit)) + offset)",
                "0 if abs(b) > limit else min(a, limit)*sigmoid(alpha*min(a, limit))",
            ),
            swiglu_grad,
            1.0,
            1.0,
            limits=((0.0, 0.0, 0.0, np.inf), (-0.0, -0.0, 0.0, np.inf)),
            worst64=(-714.9810675239711, -714.9810675239711),
            zeros=((-SILU_ZERO,), ()),
            flat=("a > limit", "abs(b) > limit"),
            raises="overflow",
        ),
        arrays=("a", "b"),
        parameters=(
            Parameter(
                "alpha",
                1.0,
                "Factor in the exponent.",
                sizes=((1e-30, 1e30), (1e-100, 1e100)),
                positive=True,
                samples=(0.3, 1.702, 5.0),
                outside="an infinite `a` may give NaN",
            ),
            Parameter("limit", np.inf, "Where `a` is cut off above, and `b` on both sides.", samples=(7.0, 0.5)),
            Parameter("offset", 0.0, "Added to `b`.", samples=(1.0, -0.3)),
        ),
        kinks=("limit", "-limit"),
        elsewhere=(
            Elsewhere("onnx", ("SwiGLU",)),
            Elsewhere("ggml", ("swiglu",)),
        ),
        notes=(
            "It is g sigmoid(alpha g) (u + offset) with g = min(a, limit) and u = min(max(b, -limit), limit). At the\n"
            "limit gradients pass. gpt-oss: ``alpha=1.702, limit=7.0, offset=1.0``; DeepSeek V4: ``limit=10.0``.\n"
            "N. Shazeer, GLU variants improve transformer, 2020, arXiv 2002.05202."
        ),
        example="""
>>> fastact.swiglu([-1.0, 0.0, 1.0], 2.0)
array([-0.53788284,  0.        ,  1.46211716])
>>> da, db = fastact.grad.swiglu([-1.0, 0.0, 1.0], 2.0, 1.0)
>>> db
array([-0.26894142,  0.        ,  0.73105858])
""",
    ),
)
