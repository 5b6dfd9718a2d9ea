"""The square root of the smooth rectifier."""

import numpy as np

from ._row import Elsewhere, Form, Row
from ._words import logistic
from .softplus import softplus


def sqrt_softplus(x):
    return np.where(x < -40.0, np.exp(0.5 * np.minimum(x, 0.0)), np.sqrt(softplus(np.maximum(x, -40.0))))


def sqrt_softplus_grad(x, dy):
    right = np.maximum(x, -40.0)
    return np.where(x < -40.0, np.exp(0.5 * np.minimum(x, 0.0)), logistic(right) / np.sqrt(softplus(right))) * 0.5 * dy


ROWS = (
    Row(
        "sqrt_softplus",
        "Square root of softplus.",
        Form(
            "sqrt(log1p(exp(-abs(x))) + max(x, 0)) if x > -200 else exp(x/2)",
            sqrt_softplus,
            0.88,
            1.35,
            limits=(0.0, *["sqrt(log(2))"] * 2, np.inf),
            worst32=(-174.9076385498047,),
            worst64=(-7.959520798947983e-08,),
        ),
        Form(
            "1/(1 + exp(-x))/sqrt(log1p(exp(-abs(x))) + max(x, 0))/2 if x > -200 else exp(x/2)/2",
            sqrt_softplus_grad,
            0.88,
            0.9,
            limits=(0.0, *["1/(4*sqrt(log(2)))"] * 2, 0.0),
            worst32=(-173.4752960205078,),
            worst64=(1.0094430666532911e-07,),
        ),
        elsewhere=(Elsewhere("transformers", ("sqrtsoftplus",)),),
        notes=(
            "Towards -inf it is e^(x/2). DeepSeek V4 takes it for its router, whose weights for experts are the\n"
            "values over their sum."
        ),
        example="""
>>> fastact.sqrt_softplus([-1.0, 0.0, 1.0])
array([0.55969785, 0.83255461, 1.1459763 ])
""",
    ),
)
