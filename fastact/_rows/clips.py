"""Lines that are held between two bounds."""

import numpy as np

from ._row import Elsewhere, Form, Parameter, Row
from ._words import two_product

FAR = 1e290  # where a product cannot be split, and does not cancel with anything


def between(x, low, high, y):
    """Return y for low < x < high, +0 elsewhere, NaN for a NaN."""
    return np.where((x > low) & (x < high), y, np.where(np.isnan(x), x, 0.0))


def relu6(x):
    return np.minimum(np.maximum(x, 0.0), 6.0) + 0.0


def relu6_of_integers(x):
    return np.minimum(np.maximum(x, 0), 6)


def relu6_grad(x, dy):
    return between(x, 0.0, 6.0, dy)


def hard_tanh(x, min_val, max_val):
    above = np.where(x < min_val, min_val, x)
    return np.where(above > max_val, max_val, above)


def hard_tanh_grad(x, dy, min_val, max_val):
    return between(x, min_val, max_val, dy)


def hard_sigmoid(x, alpha, beta):
    x = np.where(alpha == 0, np.maximum(np.minimum(x, 1.0), -1.0), x)
    return np.minimum(np.maximum(line(x, alpha, beta), 0.0), 1.0) + 0.0


def hard_sigmoid_grad(x, dy, alpha, beta):
    steep = x * np.sign(alpha)  # has the sign of alpha x, which may underflow
    inside = np.where(beta == 0, steep, line(x, alpha, beta)) > 0
    inside &= np.where(beta == 1, steep, line(x, alpha, beta, 1.0)) < 0
    inside &= alpha != 0
    return np.where(inside, alpha * np.where(inside, dy, 0.0), np.where(np.isnan(x), x, 0.0))


def hard_sigmoid_grad_from_output(y, dy, alpha, beta):
    return between(y, 0.0, 1.0, np.where(alpha == 0, 0.0, alpha * dy))


def line(x, alpha, beta, less=0.0):
    """Return alpha x + beta - less, also where it cancels."""
    near = (np.abs(x) < FAR) & (np.abs(alpha) < FAR)
    product, low = two_product(*(np.where(near, one, 0.0) for one in (alpha, x)))
    for term in (beta, -less):
        total = product + term
        part = total - product
        product, low = total, low + ((product - (total - part)) + (term - part))
    return np.where(near & np.isfinite(product + low), product + low, alpha * x + beta - less)


def hard_sigmoid_plain(x, alpha, beta):
    x = np.minimum(np.maximum(x, -3.0), 3.0)
    return np.where(x < -1.0, (x + 3.0) / 6.0, x / 6.0 + 0.5)


def hard_sigmoid_grad_plain(x, dy, alpha, beta):
    return between(x, -3.0, 3.0, dy / 6.0)


def hard_sigmoid_grad_from_output_plain(y, dy, alpha, beta):
    return between(y, 0.0, 1.0, dy / 6.0)


ROWS = (
    Row(
        "relu6",
        "Rectified linear unit that goes up to 6.",
        Form("min(max(x, 0), 6)", relu6, limits=(0.0, 0.0, 0.0, 6.0)),
        Form("1 if 0 < x < 6 else 0", relu6_grad, limits=(0.0, 0.0, 0.0, 0.0), flat="x <= 0 or x >= 6"),
        Form(
            "1 if 0 < y < 6 else 0",
            relu6_grad,
            limits=(0.0, 0.0, 0.0, 0.0),
            flat="y <= 0 or y >= 6",
            kernel="relu6_grad",
        ),
        kinks=(0.0, 6.0),
        integers=relu6_of_integers,
        saves_output=True,
        elsewhere=(
            Elsewhere("torch", ("relu6", "ReLU6")),
            Elsewhere("jax", ("relu6",)),
            Elsewhere("keras", ("relu6",)),
            Elsewhere("transformers", ("relu6",)),
        ),
        options=(("max_value", "hard_tanh(x, 0.0, max_value)"),),
        notes="A NaN stays NaN. The gradient at 0 and at 6 is +0.",
        example="""
>>> fastact.relu6([-1.0, 2.5, 8.0])
array([0. , 2.5, 6. ])
""",
    ),
    Row(
        "hard_tanh",
        "The input held between two bounds.",
        Form("min(max(x, min_val), max_val)", hard_tanh, limits=(-1.0, -0.0, 0.0, 1.0)),
        Form(
            "1 if min_val < x < max_val else 0",
            hard_tanh_grad,
            limits=(0.0, 1.0, 1.0, 0.0),
            flat="x <= min_val or x >= max_val",
        ),
        Form(
            "1 if min_val < y < max_val else 0",
            hard_tanh_grad,
            limits=(0.0, 1.0, 1.0, 0.0),
            flat="y <= min_val or y >= max_val",
            kernel="hard_tanh_grad",
        ),
        parameters=(
            Parameter("min_val", -1.0, "Least result.", samples=(-2.5, 0.3, -0.7)),
            Parameter("max_val", 1.0, "Largest result.", samples=(2.5, 0.4, 20.0)),
        ),
        demands={"min_val <= max_val": {"min_val": 2.0}},
        kinks=("min_val", "max_val"),
        saves_output=True,
        elsewhere=(
            Elsewhere("torch", ("hardtanh", "Hardtanh")),
            Elsewhere("jax", ("hard_tanh",)),
            Elsewhere("keras", ("hard_tanh",)),
        ),
        notes=(
            "The gradient at the bounds is +0. Where arrays have a ``min_val`` above its ``max_val``, the result is\n"
            "``max_val`` and the gradient +0."
        ),
        example="""
>>> fastact.hard_tanh([-3.0, 0.5, 3.0])
array([-1. ,  0.5,  1. ])
>>> fastact.hard_tanh([-3.0, 0.5, 3.0], min_val=0.0, max_val=2.0)
array([0. , 0.5, 2. ])
""",
    ),
    Row(
        "hard_sigmoid",
        "Piecewise linear relative of sigmoid.",
        Form(
            "min(max(alpha*x + beta, 0), 1)",
            hard_sigmoid,
            limits=(0.0, 0.5, 0.5, 1.0),
            plain=Form(
                "min(max(x + 3, 0), 6)/6",
                hard_sigmoid_plain,
                0.501,
                0.501,
                limits=(0.0, 0.5, 0.5, 1.0),
                worst64=(-0.4998645648295951,),
            ),
        ),
        Form(
            "alpha if 0 < alpha*x + beta < 1 else 0",
            hard_sigmoid_grad,
            limits=(0.0, 1 / 6, 1 / 6, 0.0),
            flat="alpha == 0 or alpha*x + beta <= 0 or alpha*x + beta >= 1",
            plain=Form(
                "1/6 if -3 < x < 3 else 0",
                hard_sigmoid_grad_plain,
                limits=(0.0, 1 / 6, 1 / 6, 0.0),
                flat="x <= -3 or x >= 3",
            ),
        ),
        Form(
            "alpha if 0 < y < 1 else 0",
            hard_sigmoid_grad_from_output,
            limits=(0.0, 0.0, 0.0, 0.0),
            flat="alpha == 0 or y <= 0 or y >= 1",
            plain=Form(
                "1/6 if 0 < y < 1 else 0",
                hard_sigmoid_grad_from_output_plain,
                limits=(0.0, 0.0, 0.0, 0.0),
                flat="y <= 0 or y >= 1",
            ),
        ),
        parameters=(
            Parameter("alpha", 1 / 6, "Slope.", samples=(0.2, 0.5, -1.7)),
            Parameter("beta", 0.5, "Result at 0.", samples=(0.2, 0.625, 1.5)),
        ),
        kinks=("-beta/alpha if alpha else 0", "(1 - beta)/alpha if alpha else 0"),
        elsewhere=(
            Elsewhere("torch", ("hardsigmoid", "Hardsigmoid")),
            Elsewhere("jax", ("hard_sigmoid",)),
            Elsewhere("keras", ("hard_sigmoid",)),
            Elsewhere("onnx", ("HardSigmoid",), {"alpha": 0.2}),
            Elsewhere("ggml", ("hardsigmoid",)),
        ),
        notes=(
            "The gradient is +0 where ``alpha*x + beta`` is exactly 0 or 1, at the defaults at -3 and 3 in every\n"
            "dtype. An overflow of ``alpha*dy`` is not reported."
        ),
        example="""
>>> fastact.hard_sigmoid([-4.0, 0.0, 1.5, 4.0])
array([0.  , 0.5 , 0.75, 1.  ])
>>> fastact.hard_sigmoid([-4.0, 0.0, 1.5, 4.0], alpha=0.2)
array([0. , 0.5, 0.8, 1. ])
""",
    ),
)
