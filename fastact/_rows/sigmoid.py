"""The logistic function."""

import numpy as np

from ._row import Elsewhere, Form, Row
from ._words import logistic


def sigmoid_grad(x, dy):
    small = np.exp(-np.abs(x))
    return small / (1.0 + small) ** 2 * dy


def sigmoid_grad_from_output(y, dy):
    return y * (1.0 - y) * dy


ROWS = (
    Row(
        "sigmoid",
        "Logistic function.",
        Form(
            "1/(1 + exp(-x))",
            logistic,
            0.92,
            1.85,
            limits=(0.0, 0.5, 0.5, 1.0),
            worst32=(-1.134284496307373,),
            worst64=(-37.083679215638696,),
        ),
        Form(
            "exp(-abs(x))/(1 + exp(-abs(x)))**2",
            sigmoid_grad,
            1.59,
            1.3,
            limits=(0.0, 0.25, 0.25, 0.0),
            worst32=(0.36994972825050354,),
            worst64=(-37.08364950173913,),
        ),
        Form("y*(1 - y)", sigmoid_grad_from_output, limits=(-np.inf, -0.0, 0.0, -np.inf)),
        gain=1.0,
        elsewhere=(
            Elsewhere("torch", ("sigmoid", "Sigmoid")),
            Elsewhere("jax", ("sigmoid",)),
            Elsewhere("keras", ("sigmoid",)),
            Elsewhere("onnx", ("Sigmoid",)),
            Elsewhere("transformers", ("sigmoid",)),
            Elsewhere("ggml", ("sigmoid",)),
            Elsewhere("scipy", ("expit",)),
        ),
        notes="The gradient from ``x`` does not cancel for large ``x``, as y (1 - y) does.",
        example="""
>>> fastact.sigmoid([-1.0, 0.0, 1.0])
array([0.26894142, 0.5       , 0.73105858])
""",
    ),
)
