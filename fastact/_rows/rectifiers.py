"""Piecewise linear functions."""

import math

import numpy as np

from ._row import Elsewhere, Form, Parameter, Row


def relu(x):
    return np.maximum(x, 0.0) + 0.0


def relu_of_integers(x):
    return np.maximum(x, 0)


def relu_grad(x, dy):
    return leaky_relu_grad(x, dy, 0.0)


def leaky_relu(x, negative_slope):
    lowest = np.where(negative_slope == 0, -1.0, -np.inf)
    return np.where(x > 0, x, negative_slope * np.where(x > 0, 0.0, np.maximum(x, lowest)))


def leaky_relu_grad(x, dy, negative_slope):
    left = np.where(negative_slope == 0, 0.0, negative_slope * np.where(x > 0, 0.0, dy))
    return np.where(np.isnan(x), x, np.where(x > 0, dy, left))


def noisy_relu(x, noise):
    return relu(np.where((x < 0) & (noise < 0), 0.0, x) + noise)


ROWS = (
    Row(
        "relu",
        "Rectified linear unit.",
        Form("max(x, 0)", relu, limits=(0.0, 0.0, 0.0, np.inf)),
        Form("1 if x > 0 else 0", relu_grad, limits=(0.0, 0.0, 0.0, 1.0), flat="x <= 0"),
        Form("1 if y > 0 else 0", relu_grad, limits=(0.0, 0.0, 0.0, 1.0), flat="y <= 0", kernel="relu_grad"),
        kinks=(0.0,),
        integers=relu_of_integers,
        gain=math.sqrt(2),
        elsewhere=(
            Elsewhere("torch", ("relu", "ReLU")),
            Elsewhere("jax", ("relu",)),
            Elsewhere("keras", ("relu",)),
            Elsewhere("onnx", ("Relu",)),
            Elsewhere("transformers", ("relu",)),
            Elsewhere("ggml", ("relu",)),
        ),
        options=(("inplace", "relu(x, out=x)"), ("alpha", "leaky_relu(x, negative_slope=alpha)")),
        notes="A NaN stays NaN; ``relu(-0.0)`` is +0. The gradient is +0 for ``x <= 0``, whatever ``dy`` is.",
        example="""
>>> fastact.relu([-1.0, 0.0, 2.0])
array([0., 0., 2.])
""",
    ),
    Row(
        "leaky_relu",
        "Leaky rectified linear unit.",
        Form(
            "x if x > 0 else negative_slope*x",
            leaky_relu,
            limits=(-np.inf, -0.0, 0.0, np.inf),
            raises="overflow",
        ),
        Form(
            "1 if x > 0 else negative_slope",
            leaky_relu_grad,
            limits=(0.01, 0.01, 0.01, 1.0),
            flat="x <= 0 and negative_slope == 0",
            raises="overflow",
        ),
        Form(
            "1 if y > 0 else negative_slope",
            leaky_relu_grad,
            limits=(0.01, 0.01, 0.01, 1.0),
            flat="y <= 0 and negative_slope == 0",
            raises="overflow",
            kernel="leaky_relu_grad",
        ),
        parameters=(
            Parameter(
                "negative_slope",
                0.01,
                "Slope for negative input. It broadcasts: an array of slopes is PReLU.",
                signed_output=True,
            ),
        ),
        kinks=(0.0,),
        gain=lambda negative_slope: math.sqrt(2 / (1 + negative_slope * negative_slope)),
        elsewhere=(
            Elsewhere("torch", ("leaky_relu", "LeakyReLU")),
            Elsewhere("jax", ("leaky_relu",)),
            Elsewhere("keras", ("leaky_relu",), {"negative_slope": 0.2}),
            Elsewhere("onnx", ("LeakyRelu",)),
            Elsewhere("transformers", ("leaky_relu",)),
            Elsewhere("ggml", ("leaky_relu",)),
        ),
        options=(("weight", "negative_slope=weight, which may be an array of slopes"),),
        notes="The gradient at 0 is the slope.",
        example="""
>>> fastact.leaky_relu([-1.0, 2.0])
array([-0.01,  2.  ])
>>> fastact.leaky_relu([-1.0, 2.0], negative_slope=0.2)
array([-0.2,  2. ])
""",
    ),
    Row(
        "noisy_relu",
        "Noisy rectified linear unit, for training: noise is added before the rectifier.",
        Form("max(x + noise, 0)", noisy_relu, limits=(0.0, 0.25, 0.25, np.inf), raises="overflow"),
        from_output=Form(
            "1 if y > 0 else 0", relu_grad, limits=(0.0, 0.0, 0.0, 1.0), flat="y <= 0", kernel="relu_grad"
        ),
        kinks=("-noise",),
        noise=True,
        notes=(
            "The noise is normal with variance sigmoid(x), or with the standard deviation ``std`` (V. Nair and\n"
            "G. Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010). The gradient is\n"
            "known from the output alone, since ``x`` does not know the noise."
        ),
        example="""
>>> y = fastact.noisy_relu([-3.0, 0.0, 3.0], rng=1)
>>> y.shape, bool((y >= 0).all())
((3,), True)
""",
    ),
)
