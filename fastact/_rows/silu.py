"""The sigmoid-weighted linear unit."""

import numpy as np

from ._row import Form, Row


def silu(x):
    x = np.maximum(x, -800.0)  # where x e^x is 0 already
    small = np.exp(-np.abs(x))
    half = np.exp(0.5 * np.minimum(x, 0.0))  # in two steps, or x e^x would have the few digits of a subnormal e^x
    return x / (1.0 + small) * half * half


def silu_grad(x, dy):
    a = np.minimum(np.abs(x), 800.0)
    small, half = np.exp(-a), np.exp(-0.5 * a)
    left = (1.0 + small - a) / (1.0 + small) ** 2 * half * half
    return np.where(x < 0, left, 1.0 - left) * dy


ROWS = (
    Row(
        "silu",
        "Sigmoid-weighted linear unit, also called swish.",
        Form(
            "x*sigmoid(x)",
            silu,
            0.96,
            1.56,
            limits=(-0.0, -0.0, 0.0, np.inf),
            worst32=(-19.027137756347656,),
            worst64=(-11.480145880644567,),
        ),
        Form(
            "sigmoid(x)*(1 + x*sigmoid(-x))",
            silu_grad,
            1.92,
            1.93,
            limits=(-0.0, 0.5, 0.5, 1.0),
            raises="overflow",
            zeros=(-1.2784645427610737,),
            worst32=(-1.649312973022461,),
            worst64=(-12.161878743952771,),
        ),
        elsewhere=("torch.nn.functional.silu", "jax.nn.silu, jax.nn.swish", "keras.activations.silu", "ONNX Swish"),
        notes="S. Elfwing, E. Uchibe and K. Doya, 2018, arXiv 1702.03118.",
        example="""
>>> fastact.silu([-1.0, 0.0, 1.0])
array([-0.26894142,  0.        ,  0.73105858])
""",
    ),
)
