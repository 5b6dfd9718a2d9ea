"""The sigmoid-weighted linear unit."""

import numpy as np

from ._row import Elsewhere, Form, Row
from ._words import SILU_ZERO, silu_share


def silu(x):
    x = np.maximum(x, -800.0)  # where x e^x is 0 already
    small = np.exp(-np.abs(x))
    half = np.exp(0.5 * np.minimum(x, 0.0))  # in two steps, or x e^x would have the few digits of a subnormal e^x
    return x / (1.0 + small) * half * half


def silu_grad(x, dy):
    a = np.minimum(np.abs(x), 800.0)
    half = np.exp(-0.5 * a)
    left = silu_share(a) * half * half
    return np.where(x < 0, left, 1.0 - left) * dy


ROWS = (
    Row(
        "silu",
        "Sigmoid-weighted linear unit.",
        Form(
            "x*sigmoid(x)",
            silu,
            0.95,
            1.75,
            limits=(-0.0, -0.0, 0.0, np.inf),
            worst32=(-5.94364595413208,),
            worst64=(-22.527081637871454,),
        ),
        Form(
            "sigmoid(x)*(1 + x*sigmoid(-x))",
            silu_grad,
            1.94,
            1.95,
            limits=(-0.0, 0.5, 0.5, 1.0),
            raises="overflow",
            zeros=(-SILU_ZERO,),
            worst32=(-1.0471794605255127,),
            worst64=(-1.0332717524444857,),
        ),
        elsewhere=(
            Elsewhere("torch", ("silu", "SiLU")),
            Elsewhere("jax", ("silu", "swish")),
            Elsewhere("keras", ("silu", "swish")),
            Elsewhere("transformers", ("silu", "swish")),
            Elsewhere("ggml", ("silu",)),
        ),
        options=(("beta", "swish(x, beta)"),),
        notes="S. Elfwing, E. Uchibe and K. Doya, 2018, arXiv 1702.03118.",
        example="""
>>> fastact.silu([-1.0, 0.0, 1.0])
array([-0.26894142,  0.        ,  0.73105858])
""",
    ),
)
