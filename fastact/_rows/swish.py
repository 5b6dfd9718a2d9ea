"""Sigmoid-weighted units with a factor in the exponent."""

import numpy as np

from ._row import Elsewhere, Form, Parameter, Row
from ._words import SILU_ZERO, gate_exponential, gated, silu_share, two_product

QUICK, QUICK_REST = 1.702, float.fromhex("0x1.89374bc6a7efap-55")  # the constant of quick_gelu, and what it lacks


def swish(x, beta):
    return gated(x, 1.0, beta)


def swish_grad(x, dy, beta):
    z, minus, low, small, rest, _ = gate_exponential(x, beta)
    share = silu_share(-minus, low)
    return np.where(z < 0, share * small * rest, 1.0 - share * small) * dy


def swish_grad_parameter(x, dy, beta):
    _, minus, _, small, rest, _ = gate_exponential(x, beta)
    x = np.where(minus > -1470.0, x, 0.0)
    return x / (1.0 + small) ** 2 * small * x * rest * dy


def quick_parts(x):
    """Return a = |x|, 1.702 a in two parts, and of e to the minus that the half h and the rest r, h h r."""
    a = np.minimum(np.abs(x), 460.0)
    z, low = two_product(QUICK, a)
    low = low + QUICK_REST * a
    return a, z, low, np.exp(-0.5 * z), 1.0 - low


def quick_gelu(x):
    a, _, _, half, rest = quick_parts(x)
    tail = a * rest / (1.0 + half * half * rest) * half * half
    return np.where(x < 0, -tail, x - tail)


def quick_gelu_grad(x, dy):
    _, z, low, half, rest = quick_parts(x)
    left = silu_share(z, -low) * rest * half * half
    return np.where(x < 0, left, 1.0 - left) * dy


ROWS = (
    Row(
        "quick_gelu",
        "Sigmoid approximation of the Gaussian error linear unit.",
        Form(
            "x*sigmoid(851*x/500)",
            quick_gelu,
            0.55,
            1.9,
            limits=(-0.0, -0.0, 0.0, np.inf),
            worst64=(-356.14387288170894,),
        ),
        Form(
            "sigmoid(z := 851*x/500)*(1 + z*sigmoid(-z))",
            quick_gelu_grad,
            0.56,
            0.95,
            limits=(-0.0, 0.5, 0.5, 1.0),
            raises="overflow",
            zeros=(-0.751154255441289,),
            worst64=(-0.6072598994563007,),
        ),
        elsewhere=(
            Elsewhere("transformers", ("quick_gelu",)),
            Elsewhere("ggml", ("gelu_quick",)),
        ),
        notes="It is swish with beta=1.702. D. Hendrycks and K. Gimpel, 2016, arXiv 1606.08415.",
        example="""
>>> fastact.quick_gelu([-1.0, 0.0, 1.0])
array([-0.15420423,  0.        ,  0.84579577])
""",
    ),
    Row(
        "swish",
        "Sigmoid-weighted linear unit with a factor in the exponent, which may be learnt; silu is swish with 1.",
        Form(
            "x*sigmoid(beta*x)",
            swish,
            0.55,
            0.9,
            limits=(-0.0, -0.0, 0.0, np.inf),
            worst64=(-714.9812800764562,),
        ),
        Form(
            "sigmoid(z := beta*x)*(1 + z*sigmoid(-z))",
            swish_grad,
            0.56,
            0.95,
            limits=(-0.0, 0.5, 0.5, 1.0),
            raises="overflow",
            zeros=(-SILU_ZERO,),
            worst64=(-1.0332112482419642,),
        ),
        grad_parameter=Form(
            "x*x*sigmoid(beta*x)*sigmoid(-beta*x)",
            swish_grad_parameter,
            0.54,
            0.8,
            limits=(0.0, 0.0, 0.0, 0.0),
            raises="overflow",
        ),
        parameters=(
            Parameter(
                "beta",
                1.0,
                "Factor in the exponent: 0 makes x/2 of it, and the larger it is the more it is relu.",
                sizes=((1e-30, 1e30), (1e-100, 1e100)),
                samples=(0.3, 1.702, -0.7),
                outside="an infinite `x` may give something else than the limit",
                learnt=True,
            ),
        ),
        elsewhere=(Elsewhere("onnx", ("Swish",)),),
        notes="P. Ramachandran, B. Zoph and Q. V. Le, Searching for activation functions, 2017, arXiv 1710.05941.",
        example="""
>>> fastact.swish([-1.0, 0.0, 1.0])
array([-0.26894142,  0.        ,  0.73105858])
>>> fastact.swish([-1.0, 1.0], beta=2.0)
array([-0.11920292,  0.88079708])
""",
    ),
)
