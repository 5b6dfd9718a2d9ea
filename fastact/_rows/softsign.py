"""A sigmoid with algebraic tails."""

import numpy as np

from ._row import Elsewhere, Form, Row


def softsign(x):
    a = np.minimum(np.abs(x), 1e300)
    return np.copysign(a / (1.0 + a), x)


def softsign_grad(x, dy):
    return (1.0 / (1.0 + np.abs(x))) ** 2 * dy


def softsign_grad_from_output(y, dy):
    return (1.0 - np.abs(y)) ** 2 * dy


ROWS = (
    Row(
        "softsign",
        "A sigmoid with the algebraic tails of x/(1 + |x|).",
        Form("x/(1 + abs(x))", softsign, 0.51, 1.55, limits=(-1.0, -0.0, 0.0, 1.0), worst64=(7.450579819767712e-09,)),
        Form(
            "1/(1 + abs(x))**2",
            softsign_grad,
            0.51,
            1.05,
            limits=(0.0, 1.0, 1.0, 0.0),
            worst64=(6.703878391607174e153,),
        ),
        Form(
            "(1 - abs(y))**2",
            softsign_grad_from_output,
            0.51,
            0.55,
            limits=(np.inf, 1.0, 1.0, np.inf),
            raises="overflow",
        ),
        bends=(0.0,),
        elsewhere=(
            Elsewhere("torch", ("softsign", "Softsign")),
            Elsewhere("jax", ("soft_sign",)),
            Elsewhere("keras", ("softsign",)),
            Elsewhere("onnx", ("Softsign",)),
        ),
        notes="J. Bergstra et al., Quadratic polynomials learn better image features, 2009.",
        example="""
>>> fastact.softsign([-1.0, 0.0, 3.0])
array([-0.5 ,  0.  ,  0.75])
""",
    ),
)
