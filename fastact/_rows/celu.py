"""The continuously differentiable exponential linear unit."""

import math

import numpy as np

from ._row import Elsewhere, Form, Parameter, Row
from ._words import LARGEST, two_product


def celu(x, alpha):
    below = np.where(x < 0, x, 0.0)
    near = (np.abs(below) < 1e-20 * np.abs(alpha)) | np.isinf(alpha)
    left = np.where(near, below, alpha * np.expm1(below / alpha))
    return np.where(x < 0, left, x)


def celu_grad(x, dy, alpha):
    below = np.maximum(np.minimum(x, 0.0), -800.0 * np.abs(alpha))
    z = below / alpha
    product, low = two_product(z, alpha)
    rest = np.where(np.isinf(alpha), 0.0, ((below - product) - low) / alpha)
    half = np.exp(0.5 * z) * (1.0 + 0.5 * rest)  # e^z itself may be subnormal
    return np.where(x > 0, 1.0, half * half) * dy


def celu_grad_parameter(x, dy, alpha):
    z, series = np.maximum(np.minimum(x, 0.0) / alpha, -800.0), 0.0
    for k in range(24, 1, -1):
        series = series * z + (k - 1) / math.factorial(k)
    slope = np.where(np.abs(z) > 1.0, np.exp(z) * (1.0 - z) - 1.0, 0.0 - z * z * series)
    return np.where(x > 0, 0.0, slope * np.where(x > 0, 0.0, dy))


def celu_grad_from_output(y, dy, alpha):
    alpha = np.clip(alpha, -LARGEST, LARGEST)
    return np.where(y > 0, 1.0, (y + alpha) / alpha) * dy


ROWS = (
    Row(
        "celu",
        "Continuously differentiable exponential linear unit.",
        Form(
            "x if x > 0 else alpha*expm1(x/alpha)",
            celu,
            0.51,
            1.1,
            limits=(-1.0, -0.0, 0.0, np.inf),
            worst64=(-0.06441884163585446,),
        ),
        Form(
            "1 if x > 0 else exp(x/alpha)",
            celu_grad,
            0.51,
            0.95,
            limits=(0.0, 1.0, 1.0, 1.0),
            worst64=(-223.53993312437436,),
        ),
        Form(
            "1 if y > 0 else (y + alpha)/alpha",
            celu_grad_from_output,
            0.51,
            0.55,
            limits=(-np.inf, 1.0, 1.0, 1.0),
            raises="overflow",
        ),
        grad_parameter=Form(
            "0 if x > 0 else expm1(x/alpha) - x/alpha*exp(x/alpha) if x/alpha < -1 else "
            "-exp(x/alpha)*expm1_minus(-x/alpha)",
            celu_grad_parameter,
            0.51,
            0.6,
            limits=(-1.0, 0.0, 0.0, 0.0),
            flat="x > 0",
        ),
        parameters=(
            Parameter(
                "alpha",
                1.0,
                "Scale of the negative part, positive: the value tends to -alpha.",
                sizes=((1e-30, 1e30), (1e-270, 1e300)),
                positive=True,
                outside="the result has fewer digits, and may overflow",
                learnt=True,
            ),
        ),
        bends=(0.0,),
        demands={"alpha != 0": {"alpha": 0.0}},
        elsewhere=(
            Elsewhere("torch", ("celu", "CELU")),
            Elsewhere("jax", ("celu",)),
            Elsewhere("keras", ("celu",)),
            Elsewhere("onnx", ("Celu",)),
        ),
        notes="The gradient at 0 is 1. J. T. Barron, 2017, arXiv 1704.07483.",
        example="""
>>> fastact.celu([-1.0, 0.0, 1.0])
array([-0.63212056,  0.        ,  1.        ])
>>> fastact.celu([-1.0, 2.0], alpha=0.5)
array([-0.43233236,  2.        ])
""",
    ),
)
