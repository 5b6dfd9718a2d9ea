"""The normal distribution function as an activation."""

import numpy as np

from ._row import Elsewhere, Form, Parameter, Row
from ._words import LARGEST, two_product
from .gelu import gaussian, mills


def argument(x, mu, sigma, most):
    """Return |z|, z = (x - mu)/sigma held at most, what its rounding loses, and the sign of z."""
    d = x - mu
    part = d - x
    low = ((x - (d - part)) - (mu + part)) * np.sign(d)
    whole = np.abs(sigma)
    far = most * whole
    held = np.minimum(np.abs(d), far)
    a = held / whole
    product, rest = two_product(a, np.minimum(whole, LARGEST))
    lost = np.where(np.isinf(whole), 0.0, (((held - product) - rest) + low) / whole)
    return a, np.where(np.abs(d) < far, lost, 0.0), d * np.sign(sigma)


def laplace(x, mu, sigma):
    a, low, d = argument(x, mu, sigma, 38.75)
    half, rest = gaussian(a)
    tail = (mills(a) - low / np.sqrt(2 * np.pi)) * rest * half * half
    return np.where(d < 0, tail, 1.0 - tail)


def laplace_grad(x, dy, mu, sigma):
    a, low, _ = argument(x, mu, sigma, 53.1875)
    half, rest = gaussian(a)
    return rest * (1.0 - a * low) / np.sqrt(2 * np.pi) * half / sigma * half * dy


ROWS = (
    Row(
        "laplace",
        "The normal distribution function, with the mean and deviation of a squared rectifier's inflection.",
        Form(
            "ncdf((x - mu)/sigma)",
            laplace,
            0.56,
            1.8,
            limits=(0.0, *["ncdf(-mu/sigma)"] * 2, 1.0),
            worst32=(0.08982478082180023,),
            worst64=(-9.746002500455447,),
        ),
        Form(
            "npdf((x - mu)/sigma)/sigma",
            laplace_grad,
            0.54,
            0.9,
            limits=(0.0, *["npdf(mu/sigma)/sigma"] * 2, 0.0),
            worst32=(0.0025201570242643356,),
            worst64=(-9.913720940389746,),
            raises="overflow",
        ),
        parameters=(
            Parameter("mu", 0.707107, "Where the value is 1/2.", samples=(1.0, -0.3, 5.0)),
            Parameter(
                "sigma",
                0.282095,
                "Over what distance it rises, positive.",
                sizes=((1e-30, 1e30), (1e-290, 1e290)),
                positive=True,
                outside="the result has fewer digits",
            ),
        ),
        demands={"sigma > 0": {"sigma": 0.0}},
        elsewhere=(Elsewhere("transformers", ("laplace",)),),
        notes=(
            "It is (1 + erf((x - mu)/(sigma sqrt(2))))/2. With the default parameters it is close to ``squared_relu``\n"
            "where that is 1/2. X. Ma et al., Mega: moving average equipped gated attention, 2022, arXiv 2209.10655."
        ),
        example="""
>>> fastact.laplace([-1.0, 0.0, 1.0])
array([7.17372613e-10, 6.09445962e-03, 8.50429649e-01])
""",
    ),
)
