"""Mish."""

import numpy as np

from ._row import Elsewhere, Form, Row


def mish(x):
    x = np.maximum(x, -800.0)
    small, half = np.exp(-np.abs(x)), np.exp(-0.5 * np.abs(x))
    left = x * (small + 2.0) / (small * small + 2.0 * small + 2.0) * half * half
    return np.where(x < 0, left, x * (1.0 + 2.0 * small) / (1.0 + 2.0 * small + 2.0 * small * small))


def mish_grad(x, dy):
    x = np.clip(x, -800.0, 800.0)
    small, half = np.exp(-np.abs(x)), np.exp(-0.5 * np.abs(x))
    below = small * small + 2.0 * small + 2.0
    # (small + 2) below + 4 x (1 + small), by powers of small, or its terms would cancel
    above = (4.0 + 4.0 * x) + small * ((6.0 + 4.0 * x) + small * (4.0 + small))
    left = above / below**2 * half * half
    below = 1.0 + 2.0 * small + 2.0 * small * small
    right = ((1.0 + 2.0 * small) * below + 4.0 * x * small * small * (1.0 + small)) / below**2
    return np.where(x < 0, left, right) * dy


ROWS = (
    Row(
        "mish",
        "Smooth, self-gated rectifier.",
        Form(
            "x*tanh(log1p(exp(x)))",
            mish,
            0.54,
            1.75,
            limits=(-0.0, -0.0, 0.0, np.inf),
            worst32=(-34.74044418334961,),
            worst64=(-354.532041791107,),
        ),
        Form(
            "tanh(s := log1p(exp(x))) + x*sigmoid(x)*sech(s)**2",
            mish_grad,
            0.56,
            1.7,
            limits=(-0.0, 0.6, 0.6, 1.0),
            raises="overflow",
            zeros=(-1.1924312145154952,),
            worst32=(-1.0062886476516724,),
            worst64=(-1.026128301168839,),
        ),
        elsewhere=(
            Elsewhere("torch", ("mish", "Mish")),
            Elsewhere("jax", ("mish",)),
            Elsewhere("keras", ("mish",)),
            Elsewhere("onnx", ("Mish",)),
            Elsewhere("transformers", ("mish",)),
        ),
        notes="D. Misra, 2020, arXiv 1908.08681.",
        example="""
>>> fastact.mish([-1.0, 0.0, 1.0])
array([-0.30340146,  0.        ,  0.86509839])
""",
    ),
)
