"""NumPy in the registry: the expressions that one writes by hand, with ``out=`` throughout.

A composition takes its inputs (``x``, or ``x`` and ``dy``), as many scratch arrays as its entry says, and the output.
It is the stable formula as it stands in textbooks, which neither overflows nor cancels on moderate values.
"""

from functools import partial

import numpy as np

from ..arrays import aligned, ones
from .constants import GELU_CUBIC, GELU_TANH, NEGATIVE_SLOPE, SELU_ALPHA, SELU_FLOOR, SELU_SCALE


def log1p_exp(x, out):
    """Compute log1p(exp(-abs(x)))."""
    np.abs(x, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.log1p(out, out=out)


def softplus(x, positive, out):
    """Compute log1p(exp(-abs(x))) + max(x, 0)."""
    log1p_exp(x, out)
    np.maximum(x, 0, out=positive)
    np.add(out, positive, out=out)


def log_sigmoid(x, negative, out):
    """Compute min(x, 0) - log1p(exp(-abs(x)))."""
    log1p_exp(x, out)
    np.minimum(x, 0, out=negative)
    np.subtract(negative, out, out=out)


def leaky_relu(x, out):
    """Compute max(x, slope x)."""
    np.multiply(x, NEGATIVE_SLOPE, out=out)
    np.maximum(x, out, out=out)


def sigmoid(x, out):
    """Compute 1/(1 + exp(-x))."""
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=out)
    np.reciprocal(out, out=out)


def silu(x, out):
    """Compute x sigmoid(x)."""
    sigmoid(x, out)
    np.multiply(out, x, out=out)


def elu(x, positive, out):
    """Compute expm1(min(x, 0)) + max(x, 0)."""
    np.minimum(x, 0, out=out)
    np.expm1(out, out=out)
    np.maximum(x, 0, out=positive)
    np.add(out, positive, out=out)


def selu(x, positive, out):
    """Compute scale (alpha expm1(min(x, 0)) + max(x, 0))."""
    np.minimum(x, 0, out=out)
    np.expm1(out, out=out)
    np.multiply(out, SELU_ALPHA, out=out)
    np.maximum(x, 0, out=positive)
    np.add(out, positive, out=out)
    np.multiply(out, SELU_SCALE, out=out)


def gelu_tanh_argument(x, out):
    """Compute the argument of the hyperbolic tangent: k x (1 + c x^2)."""
    np.multiply(x, x, out=out)
    np.multiply(out, GELU_TANH * GELU_CUBIC, out=out)
    np.add(out, GELU_TANH, out=out)
    np.multiply(out, x, out=out)


def gelu_tanh(x, out):
    """Compute x/2 (1 + tanh(...))."""
    gelu_tanh_argument(x, out)
    np.tanh(out, out=out)
    np.add(out, 1, out=out)
    np.multiply(out, x, out=out)
    np.multiply(out, 0.5, out=out)


def mish(x, positive, out):
    """Compute x tanh(softplus(x))."""
    softplus(x, positive, out)
    np.tanh(out, out=out)
    np.multiply(out, x, out=out)


def relu_grad(x, dy, out):
    """Compute (x > 0) dy."""
    np.greater(x, 0, out=out)
    np.multiply(out, dy, out=out)


def leaky_relu_grad(x, dy, out):
    """Compute ((x > 0) (1 - slope) + slope) dy: a mask in ``where=`` would be several times slower."""
    np.greater(x, 0, out=out)
    np.multiply(out, 1 - NEGATIVE_SLOPE, out=out)
    np.add(out, NEGATIVE_SLOPE, out=out)
    np.multiply(out, dy, out=out)


def sigmoid_grad(x, dy, total, out):
    """Compute e/(1 + e)^2 dy with e = exp(-abs(x)), which does not cancel."""
    np.abs(x, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=total)
    np.multiply(total, total, out=total)
    np.divide(out, total, out=out)
    np.multiply(out, dy, out=out)


def log_sigmoid_grad(x, dy, out):
    """Compute dy/(1 + exp(x))."""
    np.exp(x, out=out)
    np.add(out, 1, out=out)
    np.divide(dy, out, out=out)


def tanh_grad(x, dy, out):
    """Compute (1 - tanh(x)^2) dy."""
    np.tanh(x, out=out)
    tanh_grad_from_output(out, dy, out)


def softplus_grad(x, dy, out):
    """Compute sigmoid(x) dy."""
    sigmoid(x, out)
    np.multiply(out, dy, out=out)


def silu_grad(x, dy, complement, out):
    """Compute s (1 + x (1 - s)) dy with s = sigmoid(x)."""
    sigmoid(x, out)
    np.subtract(1, out, out=complement)
    np.multiply(complement, x, out=complement)
    np.add(complement, 1, out=complement)
    np.multiply(out, complement, out=out)
    np.multiply(out, dy, out=out)


def elu_grad(x, dy, out):
    """Compute exp(min(x, 0)) dy."""
    np.minimum(x, 0, out=out)
    np.exp(out, out=out)
    np.multiply(out, dy, out=out)


def selu_grad(x, dy, step, out):
    """Compute (scale alpha exp(min(x, 0)) + (x > 0) (scale - scale alpha)) dy."""
    np.minimum(x, 0, out=out)
    np.exp(out, out=out)
    np.multiply(out, SELU_FLOOR, out=out)
    np.greater(x, 0, out=step)
    np.multiply(step, SELU_SCALE - SELU_FLOOR, out=step)
    np.add(out, step, out=out)
    np.multiply(out, dy, out=out)


def gelu_tanh_grad(x, dy, slope, complement, out):
    """Compute (1 + t)/2 (1 + x (1 - t) u') dy with t = tanh(u), u' = k (1 + 3 c x^2)."""
    gelu_tanh_argument(x, out)
    np.tanh(out, out=out)
    np.multiply(x, x, out=slope)
    np.multiply(slope, 3 * GELU_TANH * GELU_CUBIC, out=slope)
    np.add(slope, GELU_TANH, out=slope)
    np.multiply(slope, x, out=slope)
    np.subtract(1, out, out=complement)
    np.multiply(slope, complement, out=slope)
    np.add(slope, 1, out=slope)
    np.add(out, 1, out=out)
    np.multiply(out, 0.5, out=out)
    np.multiply(out, slope, out=out)
    np.multiply(out, dy, out=out)


def mish_grad(x, dy, gate, positive, out):
    """Compute (t + x (1 - t^2) sigmoid(x)) dy with t = tanh(softplus(x))."""
    softplus(x, positive, gate)
    np.tanh(gate, out=gate)
    sigmoid(x, out)
    np.multiply(out, x, out=out)
    np.multiply(gate, gate, out=positive)
    np.subtract(1, positive, out=positive)
    np.multiply(out, positive, out=out)
    np.add(out, gate, out=out)
    np.multiply(out, dy, out=out)


def sigmoid_grad_from_output(y, dy, out):
    """Compute y (1 - y) dy."""
    np.subtract(1, y, out=out)
    np.multiply(out, y, out=out)
    np.multiply(out, dy, out=out)


def tanh_grad_from_output(y, dy, out):
    """Compute (1 - y^2) dy."""
    np.multiply(y, y, out=out)
    np.subtract(1, out, out=out)
    np.multiply(out, dy, out=out)


def softplus_grad_from_output(y, dy, out):
    """Compute -expm1(-y) dy."""
    np.negative(y, out=out)
    np.expm1(out, out=out)
    np.negative(out, out=out)
    np.multiply(out, dy, out=out)


def elu_grad_from_output(y, dy, out):
    """Compute (min(y, 0) + 1) dy."""
    np.minimum(y, 0, out=out)
    np.add(out, 1, out=out)
    np.multiply(out, dy, out=out)


def selu_grad_from_output(y, dy, step, out):
    """Compute (min(y, 0) + scale alpha + (y > 0) (scale - scale alpha)) dy."""
    np.minimum(y, 0, out=out)
    np.add(out, SELU_FLOOR, out=out)
    np.greater(y, 0, out=step)
    np.multiply(step, SELU_SCALE - SELU_FLOOR, out=step)
    np.add(out, step, out=out)
    np.multiply(out, dy, out=out)


NUMPY = {  # each with how many scratch arrays it wants
    "copy": (lambda x, out: np.copyto(out, x), 0),
    "exp": (np.exp, 0),
    "log1p_exp": (log1p_exp, 0),
    "logaddexp": (lambda x, out: np.logaddexp(0, x, out=out), 0),
    "relu": (lambda x, out: np.maximum(x, 0, out=out), 0),
    "leaky_relu": (leaky_relu, 0),
    "sigmoid": (sigmoid, 0),
    "log_sigmoid": (log_sigmoid, 1),
    "tanh": (np.tanh, 0),
    "softplus": (softplus, 1),
    "silu": (silu, 0),
    "elu": (elu, 1),
    "selu": (selu, 1),
    "gelu_tanh": (gelu_tanh, 0),
    "mish": (mish, 1),
    "grad.relu": (relu_grad, 0),
    "grad.leaky_relu": (leaky_relu_grad, 0),
    "grad.sigmoid": (sigmoid_grad, 1),
    "grad.log_sigmoid": (log_sigmoid_grad, 0),
    "grad.tanh": (tanh_grad, 0),
    "grad.softplus": (softplus_grad, 0),
    "grad.silu": (silu_grad, 1),
    "grad.elu": (elu_grad, 0),
    "grad.selu": (selu_grad, 1),
    "grad.gelu_tanh": (gelu_tanh_grad, 2),
    "grad.mish": (mish_grad, 2),
    "grad_from_output.relu": (relu_grad, 0),
    "grad_from_output.leaky_relu": (leaky_relu_grad, 0),
    "grad_from_output.sigmoid": (sigmoid_grad_from_output, 0),
    "grad_from_output.tanh": (tanh_grad_from_output, 0),
    "grad_from_output.softplus": (softplus_grad_from_output, 0),
    "grad_from_output.elu": (elu_grad_from_output, 0),
    "grad_from_output.selu": (selu_grad_from_output, 1),
}


def numpy():
    """Return NumPy's version and operations, as `contenders.Library` has them."""
    return np.__version__, prepared(NUMPY)


def prepared(compositions):
    """Return for each composition the function of input and output that makes its call."""
    return {name: partial(prepare, name, *entry) for name, entry in compositions.items()}


def prepare(name, composition, scratch, x, out):
    """Return the call of a composition, with ``dy`` if it is a gradient, and its scratch arrays."""
    dy = [ones(x)] if name.startswith("grad") else []
    return partial(composition, x, *dy, *(aligned(x.size, x.dtype) for _ in range(scratch)), out=out)
