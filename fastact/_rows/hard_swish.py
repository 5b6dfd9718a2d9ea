"""The piecewise quadratic relative of silu."""

import numpy as np

from ._row import Elsewhere, Form, Row


def hard_swish(x):
    a = np.maximum(x, -3.0)
    return np.where(a < 3, a * ((a + 3.0) / 6.0), a)


def hard_swish_grad(x, dy):
    slope = np.where(x >= 3, 1.0, (2.0 * np.clip(x, -3.0, 3.0) + 3.0) / 6.0)
    return np.where(x <= -3, 0.0, slope * np.where(x <= -3, 0.0, dy))


ROWS = (
    Row(
        "hard_swish",
        "Piecewise quadratic relative of silu, also called hard_silu.",
        Form(
            "x*min(max(x + 3, 0), 6)/6",
            hard_swish,
            0.51,
            1.05,
            limits=(-0.0, -0.0, 0.0, np.inf),
            worst64=(-3.397086963571103e-32,),
        ),
        Form(
            "0 if x <= -3 else 1 if x >= 3 else (2*x + 3)/6",
            hard_swish_grad,
            0.51,
            1.05,
            limits=(0.0, 0.5, 0.5, 1.0),
            worst64=(-0.4991819673803711,),
            flat="x <= -3",
            raises="overflow",
        ),
        kinks=(-3.0, 3.0),
        elsewhere=(
            Elsewhere("torch", ("hardswish", "Hardswish")),
            Elsewhere("jax", ("hard_swish", "hard_silu")),
            Elsewhere("keras", ("hard_swish", "hard_silu")),
            Elsewhere("onnx", ("HardSwish",)),
            Elsewhere("transformers", ("hardswish",)),
            Elsewhere("ggml", ("hardswish",)),
        ),
        notes=(
            "The derivative is 0 at -3 and 1 at 3; it reaches 3/2 below 3.\n"
            "A. Howard et al., Searching for MobileNetV3, 2019, arXiv 1905.02244."
        ),
        example="""
>>> fastact.hard_swish([-1.5, 0.0, 1.5, 4.0])
array([-0.375,  0.   ,  1.125,  4.   ])
""",
    ),
)
