"""Rectifiers: what is kept where x is large enough, and what is made of the rest."""

import math

import numpy as np

from ._row import Drawn, Elsewhere, Form, Parameter, Row


def identity(x):
    return x


def identity_grad(x, dy):
    return np.where(np.isnan(x), x, dy)


def relu(x):
    return np.maximum(x, 0.0) + 0.0


def relu_of_integers(x):
    return np.maximum(x, 0)


def squared_relu_of_integers(x):
    return np.square(np.maximum(x, 0))


def relu_grad(x, dy):
    return leaky_relu_grad(x, dy, 0.0)


def leaky_relu(x, negative_slope):
    lowest = np.where(negative_slope == 0, -1.0, -np.inf)
    return np.where(x > 0, x, negative_slope * np.where(x > 0, 0.0, np.maximum(x, lowest)))


def leaky_relu_grad(x, dy, negative_slope):
    left = np.where(negative_slope == 0, 0.0, negative_slope * np.where(x > 0, 0.0, dy))
    return np.where(np.isnan(x), x, np.where(x > 0, dy, left))


def prelu_grad_parameter(x, dy, weight):
    below = np.minimum(x, 0.0)
    return np.where(below < 0, below * np.where(below < 0, dy, 0.0), below + 0.0)


def squared_relu(x):
    return relu(x) * relu(x)


def squared_relu_grad(x, dy):
    return twice_times(relu(x), dy)


def squared_relu_grad_from_output(y, dy):
    return twice_times(np.sqrt(relu(y)), dy)


def twice_times(kept, dy):
    return np.where(kept > 0, (kept + kept) * np.where(kept > 0, dy, 0.0), kept)


def threshold(x, threshold, value):
    return np.where(x > threshold, x, np.where(np.isnan(x), x, value))


def threshold_grad(x, dy, threshold, value):
    return np.where(x > threshold, dy, np.where(np.isnan(x), x, 0.0))


def noisy_relu(x, noise):
    return relu(np.where((x < 0) & (noise < 0), 0.0, x) + noise)


ROWS = (
    Row(
        "identity",
        "The input itself, as a copy.",
        Form("x", identity, limits=(-np.inf, -0.0, 0.0, np.inf)),
        Form("1", identity_grad, limits=(1.0, 1.0, 1.0, 1.0)),
        Form("1", identity_grad, limits=(1.0, 1.0, 1.0, 1.0), kernel="identity_grad"),
        integers=np.positive,
        gain=1.0,
        saves_output=True,
        elsewhere=(
            Elsewhere("torch", ("Identity",)),
            Elsewhere("jax", ("identity",)),
            Elsewhere("keras", ("linear",)),
            Elsewhere("onnx", ("Identity",)),
            Elsewhere("transformers", ("linear",)),
        ),
        example="""
>>> fastact.identity([-1.0, 0.5])
array([-1. ,  0.5])
""",
    ),
    Row(
        "relu",
        "Rectified linear unit.",
        Form("max(x, 0)", relu, limits=(0.0, 0.0, 0.0, np.inf)),
        Form("1 if x > 0 else 0", relu_grad, limits=(0.0, 0.0, 0.0, 1.0), flat="x <= 0"),
        Form("1 if y > 0 else 0", relu_grad, limits=(0.0, 0.0, 0.0, 1.0), flat="y <= 0", kernel="relu_grad"),
        kinks=(0.0,),
        integers=relu_of_integers,
        gain=math.sqrt(2),
        saves_output=True,
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
        saves_output=True,
        elsewhere=(
            Elsewhere("torch", ("leaky_relu", "LeakyReLU")),
            Elsewhere("jax", ("leaky_relu",)),
            Elsewhere("keras", ("leaky_relu",), {"negative_slope": 0.2}),
            Elsewhere("keras", ("LeakyReLU",), {"negative_slope": 0.3}),
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
        "prelu",
        "Parametric rectified linear unit: leaky_relu with a slope that is learnt.",
        Form(
            "x if x > 0 else weight*x",
            leaky_relu,
            limits=(-np.inf, -0.0, 0.0, np.inf),
            raises="overflow",
            kernel="leaky_relu",
        ),
        Form(
            "1 if x > 0 else weight",
            leaky_relu_grad,
            limits=(0.25, 0.25, 0.25, 1.0),
            flat="x <= 0 and weight == 0",
            raises="overflow",
            kernel="leaky_relu_grad",
        ),
        grad_parameter=Form(
            "min(x, 0)", prelu_grad_parameter, limits=(-np.inf, 0.0, 0.0, 0.0), flat="x >= 0", raises="overflow"
        ),
        parameters=(
            Parameter(
                "weight", 0.25, "Slope for negative input, one for all or an array that broadcasts.", learnt=True
            ),
        ),
        kinks=(0.0,),
        gain=lambda weight: math.sqrt(2 / (1 + weight * weight)),
        elsewhere=(
            Elsewhere("torch", ("prelu", "PReLU")),
            Elsewhere("keras", ("PReLU",), {"weight": 0.0}),
            Elsewhere("onnx", ("PRelu",)),
            Elsewhere("transformers", ("prelu",)),
        ),
        options=(("num_parameters", "weight=np.full(n, 0.25)"), ("slope", "weight=slope")),
        notes=(
            "The gradient at 0 is the slope; for the slope it is ``dy*min(x, 0)``, to be summed over what shares one.\n"
            "K. He, X. Zhang, S. Ren and J. Sun, Delving deep into rectifiers, 2015, arXiv 1502.01852."
        ),
        example="""
>>> fastact.prelu([[-1.0, 2.0], [-4.0, -8.0]], weight=[0.25, 0.5])
array([[-0.25,  2.  ],
       [-1.  , -4.  ]])
""",
    ),
    Row(
        "squared_relu",
        "Square of the rectified linear unit.",
        Form("max(x, 0)**2", squared_relu, limits=(0.0, 0.0, 0.0, np.inf), raises="overflow"),
        Form("2*max(x, 0)", squared_relu_grad, limits=(0.0, 0.0, 0.0, np.inf), flat="x <= 0", raises="overflow"),
        Form(
            "2*sqrt(max(y, 0))",
            squared_relu_grad_from_output,
            limits=(0.0, 0.0, 0.0, np.inf),
            flat="y <= 0",
            raises="overflow",
        ),
        bends=(0.0,),
        integers=squared_relu_of_integers,
        elsewhere=(Elsewhere("transformers", ("relu2",)),),
        notes=(
            "The gradient is +0 for ``x <= 0``. D. So et al., Primer: searching for efficient transformers for\n"
            "language modeling, 2021, arXiv 2109.08668."
        ),
        example="""
>>> fastact.squared_relu([-1.0, 0.5, 3.0])
array([0.  , 0.25, 9.  ])
""",
    ),
    Row(
        "threshold",
        "The input above a threshold, and a value in place of all else.",
        Form("x if x > threshold else value", threshold, limits=(0.0, 0.0, 0.0, np.inf)),
        Form("1 if x > threshold else 0", threshold_grad, limits=(0.0, 0.0, 0.0, 1.0), flat="x <= threshold"),
        parameters=(
            Parameter("threshold", 1.0, "What the input has to be above.", samples=(-1.25, 0.3, 5.0)),
            Parameter("value", 0.0, "The result elsewhere.", samples=(-1.5, 0.3, 20.0)),
        ),
        kinks=("threshold",),
        elsewhere=(
            Elsewhere("torch", ("threshold", "Threshold")),
            Elsewhere("keras", ("threshold",)),
            Elsewhere("onnx", ("ThresholdedRelu",)),
        ),
        options=(("alpha", "threshold=alpha"),),
        notes="The defaults are ONNX's; elsewhere there are none. The gradient at the threshold is +0.",
        example="""
>>> fastact.threshold([0.5, 1.0, 1.5], threshold=1.0, value=-1.0)
array([-1. , -1. ,  1.5])
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
        noise=Drawn(
            Parameter("noise", 0.25, "Noise.", samples=(-1.5, 3.0)),
            "noise",
            (
                (
                    "std",
                    None,
                    "std : array_like of float, optional\n"
                    "    Standard deviation of the noise. By default the square root of sigmoid(x).",
                ),
            ),
            rest={"std": 0.0},
        ),
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
    Row(
        "rrelu",
        "Randomized leaky rectified linear unit: each element has a slope of its own, which is drawn.",
        Form(
            "x if x > 0 else slopes*x",
            leaky_relu,
            limits=(-np.inf, -0.0, 0.0, np.inf),
            raises="overflow",
            kernel="leaky_relu",
        ),
        Form(
            "1 if x > 0 else slopes",
            leaky_relu_grad,
            limits=(11 / 48, 11 / 48, 11 / 48, 1.0),
            flat="x <= 0 and slopes == 0",
            raises="overflow",
            kernel="leaky_relu_grad",
        ),
        kinks=(0.0,),
        noise=Drawn(
            Parameter("slopes", 11 / 48, "The slopes that were drawn."),
            "slopes",
            (
                ("lower", 1 / 8, "lower : array_like of float, optional\n    Least slope. By default 0.125."),
                ("upper", 1 / 3, "upper : array_like of float, optional\n    Largest slope. By default 1/3."),
                (
                    "training",
                    True,
                    "training : bool, optional\n"
                    "    Whether slopes are drawn. If not, each is the mean of the two. By default they are.",
                ),
            ),
            (
                (
                    "return_slopes",
                    False,
                    "return_slopes : bool, optional\n"
                    "    Whether to return the slopes too, as a second array: the gradient needs them.",
                ),
            ),
            rest={"training": False},
        ),
        elsewhere=(Elsewhere("torch", ("RReLU",)), Elsewhere("torch", ("rrelu",), {"training": False})),
        notes=(
            "The slopes are uniform between ``lower`` and ``upper``, one for each element whatever its sign, of the\n"
            "result's shape and dtype. The gradient is ``grad.rrelu(x, dy, slopes)``; at 0 it is the slope. PyTorch's\n"
            "function has ``training`` off by default. B. Xu, N. Wang, T. Chen and M. Li, Empirical evaluation of\n"
            "rectified activations in convolutional network, 2015, arXiv 1505.00853."
        ),
        example="""
>>> y, slopes = fastact.rrelu([-3.0, 0.0, 3.0], rng=1, return_slopes=True)
>>> bool((y == [-3 * slopes[0], 0.0, 3.0]).all()), bool((slopes >= 1 / 8).all())
(True, True)
>>> fastact.rrelu([-48.0, 3.0], training=False)
array([-11.,   3.])
""",
    ),
)
