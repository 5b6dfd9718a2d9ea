"""The hyperbolic tangent."""

import numpy as np

from ._row import Elsewhere, Form, Row


def tanh_grad(x, dy):
    small = np.exp(-2.0 * np.abs(x))
    return 4.0 * small / (1.0 + small) ** 2 * dy


def tanh_grad_from_output(y, dy):
    return (1.0 - y) * (1.0 + y) * dy


ROWS = (
    Row(
        "tanh",
        "Hyperbolic tangent.",
        Form(
            "tanh(x)",
            np.tanh,
            0.98,
            1.8,
            limits=(-1.0, -0.0, 0.0, 1.0),
            worst32=(2.4025933742523193,),
            worst64=(0.19027508515029162,),
        ),
        Form(
            "sech(x)**2",
            tanh_grad,
            1.59,
            1.3,
            limits=(0.0, 1.0, 1.0, 0.0),
            worst32=(0.18497486412525177,),
            worst64=(18.542190660944005,),
        ),
        Form("1 - y*y", tanh_grad_from_output, limits=(-np.inf, 1.0, 1.0, -np.inf)),
        gain=5 / 3,
        elsewhere=(
            Elsewhere("torch", ("tanh", "Tanh")),
            Elsewhere("jax", ("tanh",)),
            Elsewhere("keras", ("tanh",)),
            Elsewhere("onnx", ("Tanh",)),
            Elsewhere("transformers", ("tanh",)),
            Elsewhere("ggml", ("tanh",)),
            Elsewhere("numpy", ("tanh",)),
        ),
        example="""
>>> fastact.tanh([-1.0, 0.0, 1.0])
array([-0.76159416,  0.        ,  0.76159416])
""",
    ),
)
