"""A parabola between two lines, and its derivative."""

import numpy as np

from ._row import Elsewhere, Form, Row
from .clips import between


def sparse_plus(x):
    t = np.minimum(np.maximum(x, -1.0), 1.0) + 1.0
    return np.where(x > 1, x, 0.25 * t * t)


def sparse_plus_grad(x, dy):
    slope = sparse_sigmoid(x)
    return np.where(slope > 0, slope * np.where(slope > 0, dy, 0.0), slope)


def sparse_sigmoid(x):
    return 0.5 * np.minimum(np.maximum(x, -1.0), 1.0) + 0.5


def sparse_sigmoid_grad(x, dy):
    return between(x, -1.0, 1.0, 0.5 * dy)


def sparse_sigmoid_grad_from_output(y, dy):
    return between(y, 0.0, 1.0, 0.5 * dy)


ROWS = (
    Row(
        "sparse_plus",
        "Relative of softplus that is exactly 0 up to -1, and the input from 1 on.",
        Form(
            "0 if x <= -1 else x if x >= 1 else (x + 1)**2/4",
            sparse_plus,
            0.501,
            0.501,
            limits=(0.0, 0.25, 0.25, np.inf),
            worst64=(2.8310687127941452e-15,),
        ),
        Form("min(max((x + 1)/2, 0), 1)", sparse_plus_grad, limits=(0.0, 0.5, 0.5, 1.0), flat="x <= -1"),
        bends=(-1.0, 1.0),
        elsewhere=(
            Elsewhere("jax", ("sparse_plus",)),
            Elsewhere("keras", ("sparse_plus",)),
        ),
        notes="The gradient is `sparse_sigmoid`: 0 at -1, and 1 at 1.",
        example="""
>>> fastact.sparse_plus([-2.0, 0.0, 3.0])
array([0.  , 0.25, 3.  ])
""",
    ),
    Row(
        "sparse_sigmoid",
        "Piecewise linear relative of sigmoid, between -1 and 1.",
        Form("min(max((x + 1)/2, 0), 1)", sparse_sigmoid, limits=(0.0, 0.5, 0.5, 1.0)),
        Form("1/2 if -1 < x < 1 else 0", sparse_sigmoid_grad, limits=(0.0, 0.5, 0.5, 0.0), flat="x <= -1 or x >= 1"),
        Form(
            "1/2 if 0 < y < 1 else 0",
            sparse_sigmoid_grad_from_output,
            limits=(0.0, 0.0, 0.0, 0.0),
            flat="y <= 0 or y >= 1",
        ),
        kinks=(-1.0, 1.0),
        elsewhere=(
            Elsewhere("jax", ("sparse_sigmoid",)),
            Elsewhere("keras", ("sparse_sigmoid",)),
        ),
        notes="The gradient at -1 and at 1 is +0.",
        example="""
>>> fastact.sparse_sigmoid([-2.0, 0.0, 0.5, 3.0])
array([0.  , 0.5 , 0.75, 1.  ])
""",
    ),
)
