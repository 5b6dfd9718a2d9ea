"""Gaussian error linear units."""

import numpy as np

from ._row import Elsewhere, Form, Row
from ._words import two_product

GELU_ZERO, GELU_TANH_ZERO = -0.7517915246935645, -0.7524614220710163  # of the derivatives

# (a + 1.125) mills(a) in powers of (a - 3)/(a + 6): src_c/math/minimax/gates.sollya.
MILLS = (
    0.501245036966694,
    -0.18349062660239232,
    0.08942992410117091,
    0.08937455855805507,
    -0.2893852170426953,
    0.4230349099701727,
    -0.4351885330075775,
    0.33815977935368075,
    -0.19646383003780923,
    0.07772725427988715,
    -0.013063524493362367,
    -0.006113870895211017,
    0.004553666662196147,
    -0.0004567173029086517,
    -0.0006928666533886357,
    0.00024259836076408797,
    9.039026025262943e-05,
    -6.16642627691841e-05,
    -1.213590729268398e-05,
    1.4716605211463211e-05,
    9.660029296254947e-07,
    -3.356412005157872e-06,
    8.219037109696391e-07,
)


def mills(a):
    """Return e^(a^2/2) times the upper tail of the normal distribution, 0 <= a <= 54.5."""
    t, total = (a - 3.0) / (a + 6.0), 0.0
    for coefficient in reversed(MILLS):
        total = total * t + coefficient
    return total / (a + 1.125)


def gaussian(a):
    """Return h and l with e^(-a^2/2) = h h l: a^2 to twice the digits, and no factor subnormal."""
    high = a.astype(np.float32).astype(np.float64)  # its square is exact
    return np.exp(-0.25 * high * high), np.exp(-0.5 * (a - high) * (a + high))


def gelu(x):
    a = np.minimum(np.abs(x), 38.75)
    half, low = gaussian(a)
    tail = a * mills(a) * low * half * half
    return np.where(x < 0, -tail, x - tail)


def gelu_grad(x, dy):
    a = np.minimum(np.abs(x), 38.75)
    half, low = gaussian(a)
    left = (mills(a) - a / np.sqrt(2 * np.pi)) * low * half * half
    return np.where(x < 0, left, 1.0 - left) * dy


# 2 sqrt(2/pi), and that times 0.044715, to twice the digits.
GELU_1, GELU_1_TAIL = (float.fromhex(digits) for digits in ("0x1.9884533d43651p+0", "-0x1.cbc0d30ebfd15p-54"))
GELU_3, GELU_3_TAIL = (float.fromhex(digits) for digits in ("0x1.2444f2a4d8b4bp-4", "-0x1.6c843a29d1c70p-61"))


def gelu_tanh_exponent(x, most):
    """Return a = |x|, no larger than most, and GELU_1 a + GELU_3 a^3 in two parts."""
    a = np.minimum(np.abs(x), most)
    square, square_low = two_product(a, a)
    cubic, low = two_product(GELU_3, square)
    total = GELU_1 + cubic
    back = total - cubic
    low = low + GELU_3 * square_low + GELU_3_TAIL * square + GELU_1_TAIL + (GELU_1 - back) + (cubic - (total - back))
    z, z_low = two_product(a, total)
    return a, z, z_low + a * low


def gelu_tanh_parts(x):
    """Return a = |x|, e^-z, the half of it with e^-z = h h l, and l; z = GELU_1 a + GELU_3 a^3."""
    a, z, low = gelu_tanh_exponent(x, 23.0)
    half, rest = np.exp(-0.5 * z), 1.0 - low
    return a, half * half * rest, half, rest


def gelu_tanh(x):
    a, small, half, rest = gelu_tanh_parts(x)
    tail = a * rest / (1.0 + small) * half * half
    return np.where(x < 0, -tail, x - tail)


def gelu_tanh_grad(x, dy):
    a, small, half, rest = gelu_tanh_parts(x)
    slope = a * (GELU_1 + 3.0 * GELU_3 * a * a)
    left = rest * (1.0 + small - slope) / (1.0 + small) ** 2 * half * half
    return np.where(x < 0, left, 1.0 - left) * dy


ROWS = (
    Row(
        "gelu",
        "Gaussian error linear unit, the form with the normal distribution function (erf).",
        Form(
            "x*ncdf(x)",
            gelu,
            0.91,
            1.8,
            limits=(-0.0, -0.0, 0.0, np.inf),
            worst32=(-0.9238185286521912,),
            worst64=(-36.77744334113461,),
        ),
        Form(
            "ncdf(x) + x*npdf(x)",
            gelu_grad,
            1.8,
            1.85,
            limits=(-0.0, 0.5, 0.5, 1.0),
            raises="overflow",
            zeros=(GELU_ZERO,),
            worst32=(-1.8498021364212036,),
            worst64=(-28.319071279481868,),
        ),
        apart=True,
        elsewhere=(
            Elsewhere("torch", ("gelu", "GELU")),
            Elsewhere("keras", ("gelu",)),
            Elsewhere("onnx", ("Gelu",)),
            Elsewhere("transformers", ("gelu", "gelu_python")),
            Elsewhere("ggml", ("gelu_erf",)),
        ),
        options=(("approximate", "gelu_tanh is the approximation"),),
        notes="D. Hendrycks and K. Gimpel, 2016, arXiv 1606.08415.",
        example="""
>>> fastact.gelu([-1.0, 0.0, 1.0])
array([-0.15865525,  0.        ,  0.84134475])
""",
    ),
    Row(
        "gelu_tanh",
        "Gaussian error linear unit, the approximation by tanh.",
        Form(
            "x*sigmoid(2*sqrt(2/pi)*(x + 44715*x**3/10**6))",
            gelu_tanh,
            0.99,
            1.9,
            limits=(-0.0, -0.0, 0.0, np.inf),
            worst32=(-2.766512393951416,),
            worst64=(-5.295938555533938,),
        ),
        Form(
            "sigmoid(z := 2*sqrt(2/pi)*(x + 44715*x**3/10**6))*(1 + sigmoid(-z)*2*sqrt(2/pi)*(x + 3*44715*x**3/10**6))",
            gelu_tanh_grad,
            0.56,
            1.25,
            limits=(-0.0, 0.5, 0.5, 1.0),
            raises="overflow",
            zeros=(GELU_TANH_ZERO,),
            worst32=(-0.6227555274963379,),
            worst64=(-0.6268813696336144,),
        ),
        elsewhere=(
            Elsewhere("jax", ("gelu",)),
            Elsewhere(
                "transformers", ("gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate")
            ),
            Elsewhere("ggml", ("gelu",)),
        ),
        options=(("approximate", "gelu is the exact function"),),
        notes="It is x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). D. Hendrycks and K. Gimpel, arXiv 1606.08415.",
        example="""
>>> fastact.gelu_tanh([-1.0, 0.0, 1.0])
array([-0.15880801,  0.        ,  0.84119199])
""",
    ),
)
