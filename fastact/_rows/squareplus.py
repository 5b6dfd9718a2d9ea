"""An algebraic smooth rectifier."""

import numpy as np

from ._row import Elsewhere, Form, Parameter, Row
from ._words import LARGEST


def squareplus(x, b):
    half = 0.5 * np.hypot(x, np.sqrt(b))
    with np.errstate(all="ignore"):
        left = np.where(b == 0, 0.0, 0.25 * b / (half - 0.5 * x))
        left = np.where(b == np.inf, half, left)
    return np.where(x < 0, left, 0.5 * x + half)


def squareplus_grad(x, dy, b):
    a, b = np.minimum(np.abs(x), np.where(b == np.inf, 1.0, 1e300)), np.minimum(b, LARGEST)
    s = np.hypot(a, np.sqrt(b))
    left = 0.5 * (b / s) / (s + a)
    flat = np.maximum(x, 0.0) + b == 0
    return np.where(flat, 0.0, np.where(x < 0, left, 1.0 - left) * np.where(flat, 0.0, dy))


ROWS = (
    Row(
        "squareplus",
        "Algebraic smooth rectifier, (x + sqrt(x^2 + b))/2.",
        Form(
            "(x + sqrt(x**2 + b))/2 if x >= 0 else b/2/(sqrt(x**2 + b) - x)",
            squareplus,
            0.76,
            0.76,
            limits=(0.0, 1.0, 1.0, np.inf),
            worst32=(-1.4225177500532959e38,),
            worst64=(-7.195080016809156e307,),
        ),
        Form(
            "(x + sqrt(x**2 + b))/sqrt(x**2 + b)/2 if x >= 0 else b/2/(sqrt(x**2 + b) - x)/sqrt(x**2 + b)",
            squareplus_grad,
            0.76,
            0.76,
            limits=(0.0, 0.5, 0.5, 1.0),
            worst32=(0.00011795759201049805,),
            worst64=(1.4437728790284154e-10,),
            flat="x <= 0 and b == 0",
        ),
        parameters=(Parameter("b", 4.0, "How round the bend is: the value at 0 is sqrt(b)/2. With 0 it is relu."),),
        bends=(0.0,),
        demands={"b >= 0": {"b": -0.5}},
        elsewhere=(
            Elsewhere("jax", ("squareplus",)),
            Elsewhere("keras", ("squareplus",)),
        ),
        notes=(
            "Where an array has a negative ``b``, the result for a finite ``x`` is NaN.\n"
            "J. T. Barron, Squareplus: a softplus-like algebraic rectifier, 2021, arXiv 2112.11687."
        ),
        example="""
>>> fastact.squareplus([-3.0, 0.0, 3.0])
array([0.30277564, 1.        , 3.30277564])
""",
    ),
)
