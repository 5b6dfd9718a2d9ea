"""The smooth rectifier, and the logarithm of the logistic function."""

import numpy as np

from ._row import Elsewhere, Form, Row
from ._words import logistic

LN2 = np.log(2.0)


def log1p_exp(x):
    return np.log1p(np.exp(-np.abs(x)))


def softplus(x):
    return np.maximum(x, 0.0) + log1p_exp(x)


def softplus_grad(x, dy):
    return logistic(x) * dy


def softplus_grad_from_output(y, dy):
    return -np.expm1(-y) * dy


def log_sigmoid(x):
    return -softplus(-x)


def log_sigmoid_grad(x, dy):
    return logistic(-x) * dy


ROWS = (
    Row(
        "softplus",
        "Smooth rectifier, log(1 + e^x).",
        Form(
            "log1p(exp(-abs(x))) + max(x, 0)",
            softplus,
            0.93,
            1.9,
            limits=(0.0, LN2, LN2, np.inf),
            worst32=(-0.49993282556533813,),
            worst64=(-0.45184963222142516,),
        ),
        Form(
            "1/(1 + exp(-x))",
            softplus_grad,
            0.92,
            1.85,
            limits=(0.0, 0.5, 0.5, 1.0),
            worst32=(-1.134284496307373,),
            worst64=(-37.08369247760468,),
        ),
        Form(
            "-expm1(-y)",
            softplus_grad_from_output,
            1.6,
            1.5,
            limits=(-np.inf, -0.0, 0.0, 1.0),
            worst32=(-0.3921339511871338,),
            worst64=(-0.34657406638660765,),
        ),
        bends=(0.5,),
        saves_output=True,
        elsewhere=(
            Elsewhere("torch", ("softplus", "Softplus")),
            Elsewhere("jax", ("softplus",)),
            Elsewhere("keras", ("softplus",)),
            Elsewhere("onnx", ("Softplus",)),
            Elsewhere("ggml", ("softplus",)),
        ),
        options=(("beta", "softplus(beta * x) / beta"), ("threshold", "nothing overflows, so that there is none")),
        notes="There is no threshold beyond which the input is handed through.",
        example="""
>>> fastact.softplus([-1.0, 0.0, 1.0])
array([0.31326169, 0.69314718, 1.31326169])
""",
    ),
    Row(
        "log_sigmoid",
        "Logarithm of the logistic function.",
        Form(
            "min(x, 0) - log1p(exp(-abs(x)))",
            log_sigmoid,
            0.93,
            1.9,
            limits=(-np.inf, -LN2, -LN2, -0.0),
            worst32=(0.49993282556533813,),
            worst64=(0.4507234060826806,),
        ),
        Form(
            "sigmoid(-x)",
            log_sigmoid_grad,
            0.92,
            1.85,
            limits=(1.0, 0.5, 0.5, 0.0),
            worst32=(1.134284496307373,),
            worst64=(37.08442690376337,),
        ),
        bends=(-0.5,),
        elsewhere=(
            Elsewhere("torch", ("logsigmoid", "LogSigmoid")),
            Elsewhere("jax", ("log_sigmoid",)),
            Elsewhere("keras", ("log_sigmoid",)),
            Elsewhere("scipy", ("log_expit",)),
        ),
        example="""
>>> fastact.log_sigmoid([-1.0, 0.0, 1.0])
array([-1.31326169, -0.69314718, -0.31326169])
""",
    ),
    Row(
        "log1p_exp",
        "The exponential and the logarithm of softplus.",
        Form("log1p(exp(-abs(x)))", log1p_exp, 0.93, 1.9, limits=(0.0, LN2, LN2, 0.0), worst64=(0.457347056207387,)),
        kinks=(0.0,),
        public=False,
    ),
)
