"""Gates: functions of two arrays."""

import numpy as np

from ._row import Elsewhere, Form, Parameter, Row
from ._words import LARGEST, SILU_ZERO, gate_exponential, gate_times, gated, logistic, silu_share
from .gelu import GELU_1, GELU_3, GELU_TANH_ZERO, GELU_ZERO, gelu_tanh_exponent, mills


def linear(b, limit, offset):
    return np.maximum(np.minimum(b, limit), -limit) + offset


def swiglu(a, b, alpha, limit, offset):
    return gated(np.minimum(a, limit), linear(b, limit, offset), alpha)


def swiglu_grad(a, b, dy, alpha, limit, offset):
    g, m = np.minimum(a, limit), linear(b, limit, offset)
    z, minus, low, small, rest, far = gate_exponential(g, alpha)
    m = np.where(far, np.clip(m, -LARGEST, LARGEST), m)
    share, below, above = silu_share(-minus, low), np.where(z < 0, m, 0.0), np.where(z < 0, 0.0, m)
    slope = np.where(z < 0, gate_times(share, small, rest, below), (1.0 - share * small) * above)
    da = np.where(a > limit, 0.0, slope * np.where(a > limit, 0.0, dy))
    db = np.where(np.abs(b) > limit, 0.0, gated(g, 1.0, alpha) * np.where(np.abs(b) > limit, 0.0, dy))
    return da, db


def glu(a, b):
    held = np.where(b < -1470.0, np.clip(a, -LARGEST, LARGEST), a)
    half = np.exp(0.5 * np.clip(b, -1470.0, 0.0))  # in two steps, as a may make up for what is left of the exponential
    return held / (1.0 + np.exp(-np.abs(b))) * half * half


def glu_grad(a, b, dy):
    size = np.minimum(np.abs(b), 1470.0)
    held = np.where(size < 1470.0, a, np.clip(a, -LARGEST, LARGEST))
    half = np.exp(-0.5 * size)
    return logistic(np.maximum(b, -745.5)) * dy, held / (1.0 + half * half) ** 2 * half * half * dy


def reglu(a, b):
    return np.maximum(a, 0.0) * np.where(a <= 0, np.clip(b, -LARGEST, LARGEST), b)


def reglu_grad(a, b, dy):
    passed, off = np.where(a > 0, dy, 0.0), np.where(np.isnan(a), a, 0.0)
    return np.where(a > 0, b * passed, off), np.where(a > 0, a * passed, off)


def reflected(x, above, share, quarter, rest, b):
    """Return share e b for x < 0, and (above - share e) b elsewhere, e = quarter^4 rest; b where e is 0 is finite."""
    below, right = np.where(np.signbit(x), b, 0.0), np.where(np.signbit(x), 0.0, b)
    left = share * quarter * quarter * below * quarter * quarter * rest
    return np.where(np.signbit(x), left, (above - share * quarter**4 * rest) * right)


def raised(x):
    """Return a number, raised where it is tiny, since b may make up for it, and by how much."""
    factor = np.where(np.abs(x) < 2.0**-900, 2.0**120, 1.0)
    return x * factor, factor


def geglu_parts(x):
    """Return a = |x|, and e^(-a^2/2) as the fourth power of one number times another: a^2 to twice the digits."""
    a = np.minimum(np.abs(x), 54.5)
    high = a.astype(np.float32).astype(np.float64)  # its square is exact
    return a, np.exp(-0.125 * high * high), np.exp(-0.5 * (a - high) * (a + high))


def held(x, b, lowest):
    return np.where(x < lowest, np.clip(b, -LARGEST, LARGEST), b)


def geglu_of(x, b):
    _, quarter, rest = geglu_parts(x)
    y, factor = raised(x)
    a = np.minimum(np.abs(y), 54.5)
    share = np.where(np.signbit(x), -1.0, 1.0) * a * mills(a)
    return reflected(x, y, share, quarter, rest, held(x, b, -54.5)) / factor


def geglu_grad(a, b, dy):
    size, quarter, rest = geglu_parts(a)
    share = mills_slope(size)
    return reflected(a, 1.0, share, quarter, rest, held(a, b, -54.5)) * dy, geglu_of(a, 1.0) * dy


def mills_slope(a):
    """Return e^(a^2/2) times the derivative's left half: R(a) - a/sqrt(2 pi)."""
    return mills(a) - a / np.sqrt(2.0 * np.pi)


def geglu_tanh_parts(x):
    """Return a = |x|, and e^-z likewise, z = GELU_1 a + GELU_3 a^3."""
    a, z, low = gelu_tanh_exponent(x, 27.5)
    return a, np.exp(-0.25 * z), 1.0 - low


def geglu_tanh_of(x, b):
    _, quarter, rest = geglu_tanh_parts(x)
    y, factor = raised(x)
    share = np.where(x < -27.5, -27.5, np.minimum(y, 27.5)) / (1.0 + quarter**4 * rest)
    return reflected(x, y, share, quarter, rest, held(x, b, -27.5)) / factor


def geglu_tanh_grad(a, b, dy):
    size, quarter, rest = geglu_tanh_parts(a)
    small = quarter**4 * rest
    share = (1.0 + small - size * (GELU_1 + 3.0 * GELU_3 * size * size)) / (1.0 + small) ** 2
    return reflected(a, 1.0, share, quarter, rest, held(a, b, -27.5)) * dy, geglu_tanh_of(a, 1.0) * dy


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
        demands={"limit > 0": {"limit": 0.0}},
        elsewhere=(
            Elsewhere("onnx", ("SwiGLU",)),
            Elsewhere("ggml", ("swiglu",)),
        ),
        notes=(
            "It is g sigmoid(alpha g) (u + offset) with g = min(a, limit) and u = min(max(b, -limit), limit). At the\n"
            "limit gradients pass. gpt-oss: ``alpha=1.702, limit=7.0, offset=1.0``; DeepSeek V4: ``limit=10.0``.\n"
            "Where alpha g is below -1470, an infinite array counts as a finite one: the result is 0.\n"
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
    Row(
        "glu",
        "Gated linear unit: a sigmoid(b), the gate second as in PyTorch.",
        Form(
            "a*sigmoid(b)",
            glu,
            0.54,
            0.9,
            limits=(-0.0, -0.0, 0.0, np.inf),
            worst64=(-714.9810188286457, -714.9810188286457),
        ),
        Form(
            (
                "sigmoid(b)",
                "a*sigmoid(b)*sigmoid(-b)",
            ),
            glu_grad,
            0.54,
            0.9,
            limits=((0.0, 0.5, 0.5, 1.0), (-0.0, -0.0, 0.0, 0.0)),
            worst64=(-714.9809861594001, -714.9809861594001),
            raises="overflow",
        ),
        arrays=("a", "b"),
        elsewhere=(Elsewhere("torch", ("glu", "GLU")), Elsewhere("jax", ("glu",)), Elsewhere("keras", ("glu",))),
        notes=(
            "There the two are halves of one array: split it first.\n"
            "Where b is below -1470, an infinite a counts as a finite one: the result is 0.\n"
            "Y. N. Dauphin et al., 2016, arXiv 1612.08083."
        ),
        example="""
>>> fastact.glu([-1.0, 0.0, 1.0], 2.0)
array([-0.88079708,  0.        ,  0.88079708])
""",
    ),
    Row(
        "reglu",
        "Gated linear unit with relu as the gate: relu(a) b.",
        Form(
            "max(a, 0)*b",
            reglu,
            0.5,
            0.5,
            limits=(-0.0, -0.0, 0.0, np.inf),
            raises="overflow",
        ),
        Form(
            (
                "b if a > 0 else 0",
                "max(a, 0)",
            ),
            reglu_grad,
            0.5,
            0.5,
            limits=((0.0, 0.0, 0.0, np.inf), (0.0, 0.0, 0.0, np.inf)),
            flat=("a <= 0", "a <= 0"),
            raises="overflow",
        ),
        arrays=("a", "b"),
        kinks=(0.0,),
        elsewhere=(Elsewhere("ggml", ("reglu",)),),
        notes=(
            "The gradient for a at 0 is 0. For a <= 0 an infinite b counts as a finite one: the result is 0.\n"
            "N. Shazeer, GLU variants improve transformer, 2020, arXiv 2002.05202."
        ),
        example="""
>>> fastact.reglu([-1.0, 0.0, 1.0], 2.0)
array([0., 0., 2.])
""",
    ),
    Row(
        "geglu",
        "Gated linear unit with gelu as the gate: gelu(a) b.",
        Form(
            "a*ncdf(a)*b",
            geglu_of,
            0.54,
            1.65,
            limits=(0.0, 0.0, 0.0, np.inf),
            worst64=(-29.98590137907784, -29.98590137907784),
            raises="overflow",
        ),
        Form(
            (
                "(ncdf(a) + a*npdf(a))*b",
                "a*ncdf(a)",
            ),
            geglu_grad,
            0.55,
            1.7,
            limits=((0.0, -0.0, 0.0, np.inf), (-0.0, -0.0, 0.0, np.inf)),
            worst64=(-37.562212235738585, -37.562212235738585),
            zeros=((GELU_ZERO,), ()),
            raises="overflow",
        ),
        arrays=("a", "b"),
        elsewhere=(Elsewhere("ggml", ("geglu_erf",)),),
        notes=(
            "Where a is below -54.5, an infinite b counts as a finite one: the result is 0.\n"
            "N. Shazeer, GLU variants improve transformer, 2020, arXiv 2002.05202."
        ),
        example="""
>>> fastact.geglu([-1.0, 0.0, 1.0], 2.0)
array([-0.31731051,  0.        ,  1.68268949])
""",
    ),
    Row(
        "geglu_tanh",
        "Gated linear unit with gelu_tanh as the gate: gelu_tanh(a) b.",
        Form(
            "a*sigmoid(2*sqrt(2/pi)*(a + 44715*a**3/10**6))*b",
            geglu_tanh_of,
            0.54,
            0.9,
            limits=(0.0, 0.0, 0.0, np.inf),
            worst64=(-6.450067828297944, -6.450067828297944),
            raises="overflow",
        ),
        Form(
            (
                "sigmoid(z := 2*sqrt(2/pi)*(a + 44715*a**3/10**6))"
                "*(1 + sigmoid(-z)*2*sqrt(2/pi)*(a + 3*44715*a**3/10**6))*b",
                "a*sigmoid(2*sqrt(2/pi)*(a + 44715*a**3/10**6))",
            ),
            geglu_tanh_grad,
            0.55,
            0.9,
            limits=((0.0, -0.0, 0.0, np.inf), (-0.0, -0.0, 0.0, np.inf)),
            worst64=(-21.255252689227213, -21.255252689227213),
            zeros=((GELU_TANH_ZERO,), ()),
            raises="overflow",
        ),
        arrays=("a", "b"),
        elsewhere=(Elsewhere("ggml", ("geglu",)),),
        notes=(
            "Where a is below -27.5, an infinite b counts as a finite one: the result is 0.\n"
            "N. Shazeer, GLU variants improve transformer, 2020, arXiv 2002.05202."
        ),
        example="""
>>> fastact.geglu_tanh([-1.0, 0.0, 1.0], 2.0)
array([-0.31761602,  0.        ,  1.68238398])
""",
    ),
)
