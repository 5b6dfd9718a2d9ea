"""Exponential linear units."""

import numpy as np

from ._row import Elsewhere, Form, Parameter, Row
from ._words import exponential_tail

SELU, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def elu(x, alpha):
    return np.where(x < 0, alpha * np.expm1(np.minimum(x, 0.0)), x)


def elu_grad(x, dy, alpha):
    left = np.where(alpha == 0, 0.0, exponential_tail(x, 0.0, alpha) * np.where(x > 0, 0.0, dy))
    return np.where(np.isnan(x), x, np.where(x > 0, dy, left))


def elu_grad_parameter(x, dy, alpha):
    return np.where(x > 0, 0.0, np.expm1(np.where(x > 0, 0.0, x)) * np.where(x > 0, 0.0, dy))


def elu_grad_from_output(y, dy, alpha):
    return np.where(y > 0, 1.0, y + alpha) * dy


def selu(x):
    return SELU * elu(x, SELU_ALPHA)


def selu_grad(x, dy):
    return exponential_tail(x, SELU, SELU * SELU_ALPHA) * dy


def selu_grad_from_output(y, dy):
    tail = float.fromhex("0x1.092dbf6372048p-54")  # what the product of the constants rounds off
    return np.where(y > 0, SELU, y + SELU * SELU_ALPHA + tail) * dy


ROWS = (
    Row(
        "elu",
        "Exponential linear unit.",
        Form(
            "x if x > 0 else alpha*expm1(x)",
            elu,
            0.92,
            1.2,
            limits=(-1.0, -0.0, 0.0, np.inf),
            worst32=(-0.3462179899215698,),
            worst64=(-0.3465926106656006,),
        ),
        Form(
            "1 if x > 0 else alpha*exp(x)",
            elu_grad,
            1.1,
            0.85,
            limits=(0.0, 1.0, 1.0, 1.0),
            flat="x <= 0 and alpha == 0",
            raises="overflow",
            worst32=(-84.91036224365234,),
            worst64=(-708.7431627401947,),
        ),
        Form(
            "1 if y > 0 else y + alpha",
            elu_grad_from_output,
            limits=(-np.inf, 1.0, 1.0, 1.0),
            raises="overflow",
        ),
        grad_parameter=Form(
            "0 if x > 0 else expm1(x)",
            elu_grad_parameter,
            0.92,
            1.2,
            limits=(-1.0, -0.0, 0.0, 0.0),
            worst32=(-0.3462179899215698,),
            worst64=(-0.3465926106656006,),
            flat="x > 0",
        ),
        parameters=(
            Parameter(
                "alpha",
                1.0,
                "Scale of the negative part: the value tends to -alpha.",
                learnt=True,
                sizes=((1e-36, 1e30), (1e-290, 1e290)),
                outside="the result has fewer digits, and it has to be finite",
                signed_output=True,
            ),
        ),
        kinks=(0.0,),
        elsewhere=(
            Elsewhere("torch", ("elu", "ELU")),
            Elsewhere("jax", ("elu",)),
            Elsewhere("keras", ("elu", "ELU")),
            Elsewhere("onnx", ("Elu",)),
            Elsewhere("ggml", ("elu",)),
        ),
        notes=(
            "The gradient at 0 is ``alpha``.\nD. Clevert, T. Unterthiner and S. Hochreiter, 2016, arXiv 1511.07289."
        ),
        example="""
>>> fastact.elu([-1.0, 0.0, 1.0])
array([-0.63212056,  0.        ,  1.        ])
>>> fastact.elu([-1.0, 2.0], alpha=0.5)
array([-0.31606028,  2.        ])
""",
    ),
    Row(
        "selu",
        "Scaled exponential linear unit, which keeps the mean and variance of a layer's outputs near 0 and 1.",
        Form(
            f"{SELU}*(x if x > 0 else {SELU_ALPHA}*expm1(x))",
            selu,
            0.96,
            1.3,
            limits=(-SELU * SELU_ALPHA, -0.0, 0.0, np.inf),
            raises="overflow",
            worst32=(-0.38662832975387573,),
            worst64=(-0.3466422210815779,),
        ),
        Form(
            f"{SELU}*(1 if x > 0 else {SELU_ALPHA}*exp(x))",
            selu_grad,
            1.3,
            0.9,
            limits=(0.0, SELU * SELU_ALPHA, SELU * SELU_ALPHA, SELU),
            raises="overflow",
            worst32=(-78.67018127441406,),
            worst64=(-709.4269738536977,),
        ),
        Form(
            f"{SELU}*(1 if y > 0 else y/{SELU} + {SELU_ALPHA})",
            selu_grad_from_output,
            0.8,
            0.8,
            limits=(-np.inf, SELU * SELU_ALPHA, SELU * SELU_ALPHA, SELU),
            raises="overflow",
            worst32=(-1.7881393432617188e-07,),
            worst64=(-0.7574829554055692,),
        ),
        kinks=(0.0,),
        gain=3 / 4,
        elsewhere=(
            Elsewhere("torch", ("selu", "SELU")),
            Elsewhere("jax", ("selu",)),
            Elsewhere("keras", ("selu",)),
            Elsewhere("onnx", ("Selu",)),
        ),
        notes="The gradient at 0 is that from the left. G. Klambauer et al., 2017, arXiv 1706.02515.",
        example="""
>>> fastact.selu([-1.0, 0.0, 1.0])
array([-1.11133074,  0.        ,  1.05070099])
""",
    ),
)
