"""An activation made by integrating a gradient that is linear on one side and exponential on the other."""

import numpy as np

from ._row import Elsewhere, Form, Parameter, Row
from ._words import two_product

LN2, LN2_REST = np.log(2.0), float.fromhex("0x1.abc9e3b39803fp-56")


def two_sum(a, b):
    """Return the sum and its rounding error (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def sum_of(*terms):
    """Return the sum of terms and what it rounds off."""
    total, low = terms[0], 0.0
    for term in terms[1:]:
        total, rest = two_sum(total, term)
        low = low + rest
    return total, low


def left(x, c, v):
    """Return e^x - c - v for x <= 0 and what that rounds off."""
    z = np.maximum(x, -700.0)
    n = np.rint(z / LN2)
    product, rest = two_product(n, LN2)
    r = (z - product) - rest
    power, square, bend = np.ldexp(1.0, n.astype(int)), two_product(0.5 * r, r), 0.0
    for k in range(14, 3, -1):
        bend = (bend + 1.0) * r / k
    lost = -n * LN2_REST
    cube = (bend + 1.0) * r * r * r / 6
    low = cube + square[1] + lost * (1.0 + r + square[0] + cube)
    total, rest = sum_of(-c, power, -v, power * r, power * square[0])
    return two_sum(total, rest + power * low)


def product_of(a, b, b_low):
    """Return a (b + b_low) and what it rounds off, but for a huge a."""
    held = np.where(np.abs(a) < 1e140, a, 0.0)
    return a * b, two_product(held, b)[1] + held * b_low


def value_of(high, low):
    return high + np.where(np.isfinite(high) & np.isfinite(low), low, 0.0)


def xielu(x, alpha_p, alpha_n, beta):
    below, above = np.minimum(x, 0.0), np.maximum(x, 0.0)
    high, low = left(below, 1.0, np.where(below > -1.0, below, 0.0))
    high, low = product_of(np.where(x > 0, 0.0, alpha_n), high, low)
    right, right_low = product_of(np.where(alpha_p == 0, 0.0, above), alpha_p, 0.0)
    slope, slope_low = two_sum(beta, np.where(x > 0, right, np.where(below > -1.0, 0.0, -alpha_n)))
    factor = np.where(slope == 0, np.clip(x, -1e300, 1e300), x)
    line, line_low = product_of(factor, slope, slope_low + right_low)
    total, rest = two_sum(line, high)
    total = np.where(np.isfinite(line), total, line)
    return np.where(x == 0, beta * np.where(x == 0, x, 0.0), value_of(total, rest + line_low + low))


def xielu_grad(x, dy, alpha_p, alpha_n, beta):
    below = np.minimum(x, 0.0)
    high, low = product_of(alpha_n, *left(below, np.where(below > -1.0, 1.0, 0.0), 0.0))
    far = np.exp(np.minimum(below + 700.0, 0.0))
    right = 2.0 * alpha_p * np.where(alpha_p == 0, 0.0, np.maximum(x, 0.0))
    slope, slope_low = two_sum(beta, np.where(x > 0, right, np.where(below > -1.0, 0.0, -alpha_n)))
    total, rest = two_sum(slope, np.where(x > 0, 0.0, high * far))
    total = np.where(np.isfinite(right), total, right)
    return value_of(total, rest + np.where(x > 0, 0.0, slope_low + low * far)) * dy


def xielu_grad_parameter(x, dy, alpha_p, alpha_n, beta):
    below = np.minimum(x, 0.0)
    high, _ = left(below, 1.0, below)
    high, above = np.where(np.isinf(x), np.abs(x), high), np.where(x <= 0, 0.0, x)
    return (
        above * above * np.where(x <= 0, 0.0, dy),
        np.where(x > 0, 0.0, high * np.where(x > 0, 0.0, dy)),
        x * dy,
    )


# Of the value and the derivative at the default parameters.
ZERO, SLOPE_ZERO = -2.432484276931448, -0.9808292530117262


ROWS = (
    Row(
        "xielu",
        "Integral of an activation that is linear for positive and exponential for negative numbers.",
        Form(
            "alpha_p*x**2 + beta*x if x > 0 else alpha_n*expm1(x) + (beta - alpha_n)*x",
            xielu,
            0.51,
            0.7,
            limits=(np.inf, -0.0, 0.0, np.inf),
            worst64=(-0.32169163770164017,),
            zeros=(ZERO,),
            raises="overflow",
        ),
        Form(
            "2*alpha_p*x + beta if x > 0 else alpha_n*exp(x) + (beta - alpha_n)",
            xielu_grad,
            0.51,
            0.6,
            limits=("beta - alpha_n", 0.5, 0.5, np.inf),
            worst64=(-1.1065415528105074,),
            zeros=(SLOPE_ZERO,),
            raises="overflow",
        ),
        grad_parameter=Form(
            ("x**2 if x > 0 else 0", "0 if x > 0 else expm1_minus(x)", "x"),
            xielu_grad_parameter,
            0.51,
            0.75,
            limits=((0.0, 0.0, 0.0, np.inf), (np.inf, 0.0, 0.0, 0.0), (-np.inf, -0.0, 0.0, np.inf)),
            flat=("x <= 0", "x > 0", ""),
            raises="overflow",
        ),
        parameters=(
            Parameter("alpha_p", 0.8, "Factor of x^2 for positive x.", learnt=True),
            Parameter("alpha_n", 0.8, "Factor of e^x - 1 - x for negative x.", learnt=True),
            Parameter("beta", 0.5, "The slope at 0.", learnt=True),
        ),
        bends=(0.0, -1.0),
        elsewhere=(Elsewhere("transformers", ("xielu",)),),
        notes=(
            "Apertus has it. At the default parameters it falls up to -0.98, and rises then. At -inf it is inf for\n"
            "``alpha_n > beta``, -inf for ``alpha_n < beta``, and ``-alpha_n`` where they are equal.\n"
            "Beside zeros the error is bounded absolutely, with other parameters too.\n"
            "Transformers takes ``expm1(min(x, -1e-6))``, with which the value at 0 is -8e-7.\n"
            "A. H. Huang and I. Schlag, Deriving activation functions using integration, 2024, arXiv 2411.13010."
        ),
        example="""
>>> fastact.xielu([-1.0, 0.0, 1.0])
array([-0.20569645,  0.        ,  1.3       ])
""",
    ),
)
