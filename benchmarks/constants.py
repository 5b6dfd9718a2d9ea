"""What every operation is, in float64 and on moderate values: contenders are held against it before they are timed.

The formulas are written for this purpose, apart from those of the package. A gradient is the derivative: ``dy`` is 1.
"""

import math

import numpy as np

NEGATIVE_SLOPE = 0.01
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
SELU_FLOOR = SELU_SCALE * SELU_ALPHA
GELU_TANH = math.sqrt(2 / math.pi)
GELU_CUBIC = 0.044715


def sigmoid(x):
    """Return 1/(1 + e^-x)."""
    return 1 / (1 + np.exp(-x))


def softplus(x):
    """Return log(1 + e^x)."""
    return np.logaddexp(0, x)


def normal(x):
    """Return the standard normal distribution function."""
    return np.array([math.erfc(-value / math.sqrt(2)) / 2 for value in x])


def normal_density(x):
    """Return the derivative of `normal`."""
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def elu(x):
    """Return elu with alpha 1; its derivative is 1 more where x < 0."""
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def tanh_gate(x):
    """Return the factor of x in gelu_tanh, a logistic function of an odd cubic."""
    return sigmoid(2 * GELU_TANH * (x + GELU_CUBIC * x**3))


def gelu_tanh_slope(x):
    """Return the derivative of gelu_tanh."""
    gate = tanh_gate(x)
    return gate + x * gate * (1 - gate) * 2 * GELU_TANH * (1 + 3 * GELU_CUBIC * x**2)


def mish_slope(x):
    """Return the derivative of mish."""
    gate = np.tanh(softplus(x))
    return gate + x * (1 - gate**2) * sigmoid(x)


REFERENCE = {
    "copy": lambda x: x,
    "exp": np.exp,
    "log1p_exp": lambda x: np.log1p(np.exp(-np.abs(x))),
    "logaddexp": softplus,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, NEGATIVE_SLOPE * x),
    "sigmoid": sigmoid,
    "log_sigmoid": lambda x: -softplus(-x),
    "tanh": np.tanh,
    "softplus": softplus,
    "silu": lambda x: x * sigmoid(x),
    "elu": elu,
    "selu": lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * elu(x)),
    "gelu": lambda x: x * normal(x),
    "gelu_tanh": lambda x: x * tanh_gate(x),
    "mish": lambda x: x * np.tanh(softplus(x)),
    "grad.relu": lambda x: np.where(x > 0, 1, 0),
    "grad.leaky_relu": lambda x: np.where(x > 0, 1, NEGATIVE_SLOPE),
    "grad.sigmoid": lambda x: sigmoid(x) * sigmoid(-x),
    "grad.log_sigmoid": lambda x: sigmoid(-x),
    "grad.tanh": lambda x: 4 * sigmoid(2 * x) * sigmoid(-2 * x),
    "grad.softplus": sigmoid,
    "grad.silu": lambda x: sigmoid(x) * (1 + x * sigmoid(-x)),
    "grad.elu": lambda x: np.exp(np.minimum(x, 0)),
    "grad.selu": lambda x: np.where(x > 0, SELU_SCALE, SELU_FLOOR * np.exp(np.minimum(x, 0))),
    "grad.gelu": lambda x: normal(x) + x * normal_density(x),
    "grad.gelu_tanh": gelu_tanh_slope,
    "grad.mish": mish_slope,
    "grad_from_output.relu": lambda y: np.where(y > 0, 1, 0),
    "grad_from_output.leaky_relu": lambda y: np.where(y > 0, 1, NEGATIVE_SLOPE),
    "grad_from_output.sigmoid": lambda y: y * (1 - y),
    "grad_from_output.tanh": lambda y: 1 - y * y,
    "grad_from_output.softplus": lambda y: -np.expm1(-y),
    "grad_from_output.elu": lambda y: np.where(y > 0, 1, y + 1),
    "grad_from_output.selu": lambda y: np.where(y > 0, SELU_SCALE, y + SELU_FLOOR),
}
