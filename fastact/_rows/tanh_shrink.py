"""What is made of the hyperbolic tangent: tanh shrinkage and soft capping."""

import numpy as np

from ._row import Elsewhere, Form, Parameter, Row
from ._words import two_product


def tanh_shrink(x):
    """Return x - tanh(x), near 0 by the continued fraction of tanh."""
    u, fraction = np.minimum(x * x, 4.0), 0.0
    for odd in range(25, 4, -2):
        fraction = u / (odd + fraction)
    return np.where(np.abs(x) < 2.0, x * u / (3.0 + u + fraction), x - np.tanh(x))


def tanh_shrink_grad(x, dy):
    return np.tanh(x) ** 2 * dy


def softcap(x, cap):
    cap = np.abs(cap)
    return np.where((np.abs(x) < 1e-20 * cap) | np.isinf(cap), x, cap * np.tanh(x / cap))


def softcap_grad(x, dy, cap):
    cap = np.abs(cap)
    a = np.minimum(np.abs(x), 400.0 * cap)
    z = a / cap
    product, low = two_product(z, cap)
    rest = 1.0 - 2.0 * np.where(np.isinf(cap), 0.0, ((a - product) - low) / cap)
    half = np.exp(-z)  # e^-2z itself may be subnormal
    return half * (2.0 / (1.0 + half * half * rest)) ** 2 * rest * half * dy


def softcap_grad_from_output(y, dy, cap):
    half, part = 0.5 * cap, 0.5 * y  # a sum of whole ones may overflow
    slope = (half - part) / half * ((half + part) / half)
    return np.where(np.isinf(cap), 1.0 - y / cap, slope) * dy


ROWS = (
    Row(
        "tanh_shrink",
        "What is left of x without its hyperbolic tangent.",
        Form(
            "x_minus_tanh(x)",
            tanh_shrink,
            0.51,
            1.0,
            limits=(-np.inf, -0.0, 0.0, np.inf),
            worst64=(2.935580299553584,),
        ),
        Form(
            "tanh(x)**2",
            tanh_shrink_grad,
            0.52,
            1.75,
            limits=(1.0, 0.0, 0.0, 1.0),
            worst64=(-0.1733535127555589,),
        ),
        elsewhere=(
            Elsewhere("torch", ("tanhshrink", "Tanhshrink")),
            Elsewhere("keras", ("tanh_shrink",)),
        ),
        notes="Near 0, where ``x - tanh(x)`` cancels, it is about x^3/3.",
        example="""
>>> fastact.tanh_shrink([-1.0, 0.0, 1.0])
array([-0.23840584,  0.        ,  0.23840584])
""",
    ),
    Row(
        "softcap",
        "Soft cap: nearly x where that is small, and never beyond the cap.",
        Form(
            "cap*tanh(x/cap)",
            softcap,
            0.51,
            1.3,
            limits=(-30.0, -0.0, 0.0, 30.0),
            worst64=(3.9142325428725937,),
        ),
        Form(
            "sech(x/cap)**2",
            softcap_grad,
            0.54,
            0.85,
            limits=(0.0, 1.0, 1.0, 0.0),
            worst64=(-10651.926668961089,),
        ),
        Form(
            "(cap - y)/cap*((cap + y)/cap)",
            softcap_grad_from_output,
            0.51,
            0.55,
            limits=(-np.inf, 1.0, 1.0, -np.inf),
        ),
        parameters=(
            Parameter(
                "cap",
                30.0,
                "The cap, positive: the value tends to it, and to -cap.",
                sizes=((1e-38, 1e38), (1e-290, 1e300)),
                samples=(0.3, 5.0, 50.0),
                positive=True,
                outside="the result has fewer digits",
            ),
        ),
        demands={"cap > 0": {"cap": 0.0}},
        notes=(
            "Where an array has a negative ``cap``, its sign does not count.\n"
            "Gemma 2 caps the logits of attention at 50 and the final ones at 30.\n"
            "Gemma 2: improving open language models at a practical size, 2024, arXiv 2408.00118."
        ),
        example="""
>>> fastact.softcap([-100.0, 0.0, 1.0])
array([-29.92373902,   0.        ,   0.99962979])
>>> fastact.softcap([-100.0, 1.0], cap=50.0)
array([-48.201379  ,   0.99986669])
""",
    ),
)
