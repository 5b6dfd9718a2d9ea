"""NumPy in the registry: the expressions that one writes by hand, with ``out=`` throughout.

A composition takes its inputs (``x``, or ``x`` and ``dy``; a gate ``a`` and ``b``), as many scratch arrays as its entry
says, and by name the output, or a tuple of outputs, and the activation's parameters, which have their defaults. It is
the stable formula as it stands in textbooks, which neither overflows nor cancels on moderate values.
"""

import math
from functools import partial

import numpy as np

from ..arrays import shared
from . import operands
from .constants import (
    GELU_CUBIC,
    GELU_TANH,
    NEGATIVE_SLOPE,
    PARAMETERS,
    QUICK_GELU,
    SELU_ALPHA,
    SELU_FLOOR,
    SELU_SCALE,
)


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


def leaky_relu(x, out, slope=NEGATIVE_SLOPE):
    """Compute max(x, slope x)."""
    np.multiply(x, slope, out=out)
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


def squared_relu(x, out):
    """Compute max(x, 0)^2."""
    np.maximum(x, 0, out=out)
    np.square(out, out=out)


def threshold(x, out, threshold, value):
    """Compute (x > threshold) x, for a value of 0."""
    np.greater(x, threshold, out=out)
    np.multiply(out, x, out=out)


def clipped(x, out, *, low, high, slope=1, middle=0):
    """Compute slope x + middle, held between two bounds."""
    if (slope, middle) != (1, 0):
        x = np.multiply(x, slope, out=out)
        np.add(out, middle, out=out)
    np.clip(x, low, high, out=out)


def hard_shrink(x, out, lambd):
    """Compute (abs(x) > lambd) x."""
    hard_shrink_grad(x, x, out, lambd)


def soft_shrink(x, out, lambd):
    """Compute x - min(max(x, -lambd), lambd)."""
    np.clip(x, -lambd, lambd, out=out)
    np.subtract(x, out, out=out)


def hard_swish(x, out):
    """Compute x min(max(x + 3, 0), 6)/6."""
    np.add(x, 3, out=out)
    np.clip(out, 0, 6, out=out)
    np.multiply(out, x, out=out)
    np.multiply(out, 1 / 6, out=out)


def sparse_plus(x, line, out):
    """Compute (t + 1)^2/4 + max(x - 1, 0) with t = min(max(x, -1), 1)."""
    np.clip(x, -1, 1, out=out)
    np.add(out, 1, out=out)
    np.square(out, out=out)
    np.multiply(out, 0.25, out=out)
    np.subtract(x, 1, out=line)
    np.maximum(line, 0, out=line)
    np.add(out, line, out=out)


def softsign(x, out):
    """Compute x/(1 + abs(x))."""
    np.abs(x, out=out)
    np.add(out, 1, out=out)
    np.divide(x, out, out=out)


def swish(x, out, beta):
    """Compute x/(1 + exp(-beta x))."""
    np.multiply(x, -beta, out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=out)
    np.divide(x, out, out=out)


def tanh_shrink(x, out):
    """Compute x - tanh(x)."""
    np.tanh(x, out=out)
    np.subtract(x, out, out=out)


def softcap(x, out, cap):
    """Compute cap tanh(x/cap)."""
    np.multiply(x, 1 / cap, out=out)
    np.tanh(out, out=out)
    np.multiply(out, cap, out=out)


def squareplus_root(x, out, b):
    """Compute sqrt(x^2 + b)."""
    np.square(x, out=out)
    np.add(out, b, out=out)
    np.sqrt(out, out=out)


def squareplus(x, out, b):
    """Compute (x + sqrt(x^2 + b))/2."""
    squareplus_root(x, out, b)
    np.add(out, x, out=out)
    np.multiply(out, 0.5, out=out)


def sqrt_softplus(x, positive, out):
    """Compute sqrt(softplus(x))."""
    softplus(x, positive, out)
    np.sqrt(out, out=out)


def xielu(x, below, above, out, *, alpha_p, alpha_n, beta):
    """Compute alpha_n (expm1(m) - m) + alpha_p p^2 + beta x with m = min(x, 0) and p = max(x, 0)."""
    np.minimum(x, 0, out=below)
    np.expm1(below, out=out)
    np.subtract(out, below, out=out)
    np.multiply(out, alpha_n, out=out)
    np.maximum(x, 0, out=above)
    np.square(above, out=above)
    np.multiply(above, alpha_p, out=above)
    np.add(out, above, out=out)
    np.multiply(x, beta, out=above)
    np.add(out, above, out=out)


def glu(a, b, out):
    """Compute a sigmoid(b)."""
    sigmoid(b, out)
    np.multiply(out, a, out=out)


def gated(a, b, *scratch, out, value):
    """Compute value(a) b."""
    value(a, *scratch, out=out)
    np.multiply(out, b, out=out)


def relu_grad(x, dy, out):
    """Compute (x > 0) dy."""
    np.greater(x, 0, out=out)
    np.multiply(out, dy, out=out)


def leaky_relu_grad(x, dy, out, slope=NEGATIVE_SLOPE):
    """Compute ((x > 0) (1 - slope) + slope) dy: a mask in ``where=`` would be several times slower."""
    np.greater(x, 0, out=out)
    np.multiply(out, 1 - slope, out=out)
    np.add(out, slope, out=out)
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


def squared_relu_grad(x, dy, out):
    """Compute 2 max(x, 0) dy."""
    np.maximum(x, 0, out=out)
    np.multiply(out, 2, out=out)
    np.multiply(out, dy, out=out)


def threshold_grad(x, dy, out, threshold, value):
    """Compute (x > threshold) dy, whatever the value."""
    np.greater(x, threshold, out=out)
    np.multiply(out, dy, out=out)


def inside(x, out, low, high):
    """Compute low < x < high, by the distance from the middle."""
    if low + high:
        x = np.subtract(x, (low + high) / 2, out=out)
    np.abs(x, out=out)
    np.less(out, (high - low) / 2, out=out)


def inside_grad(x, dy, out, *, low, high, slope=1):
    """Compute (low < x < high) slope dy."""
    inside(x, out, low, high)
    if slope != 1:
        np.multiply(out, slope, out=out)
    np.multiply(out, dy, out=out)


def hard_shrink_grad(x, dy, out, lambd):
    """Compute (abs(x) > lambd) dy."""
    np.abs(x, out=out)
    np.greater(out, lambd, out=out)
    np.multiply(out, dy, out=out)


def hard_swish_grad(x, dy, step, out):
    """Compute (min(max(x/6 + 1/2, 0), 1) + x/6 (-3 < x < 3)) dy."""
    inside(x, step, -3, 3)
    np.multiply(x, 1 / 6, out=out)
    np.multiply(step, out, out=step)
    np.add(out, 0.5, out=out)
    np.clip(out, 0, 1, out=out)
    np.add(out, step, out=out)
    np.multiply(out, dy, out=out)


def sparse_plus_grad(x, dy, out):
    """Compute min(max(x/2 + 1/2, 0), 1) dy."""
    clipped(x, out, low=0, high=1, slope=0.5, middle=0.5)
    np.multiply(out, dy, out=out)


def softsign_grad(x, dy, out):
    """Compute dy/(1 + abs(x))^2."""
    np.abs(x, out=out)
    np.add(out, 1, out=out)
    np.square(out, out=out)
    np.divide(dy, out, out=out)


def swish_grad(x, dy, z, complement, out, *, beta):
    """Compute s (1 + z (1 - s)) dy with z = beta x and s = sigmoid(z)."""
    np.multiply(x, beta, out=z)
    silu_grad(z, dy, complement, out)


def tanh_shrink_grad(x, dy, out):
    """Compute tanh(x)^2 dy."""
    np.tanh(x, out=out)
    np.square(out, out=out)
    np.multiply(out, dy, out=out)


def softcap_grad(x, dy, out, cap):
    """Compute (1 - tanh(x/cap)^2) dy."""
    np.multiply(x, 1 / cap, out=out)
    tanh_grad(out, dy, out)


def squareplus_grad(x, dy, out, b):
    """Compute (1 + x/sqrt(x^2 + b))/2 dy."""
    squareplus_root(x, out, b)
    np.divide(x, out, out=out)
    np.add(out, 1, out=out)
    np.multiply(out, 0.5, out=out)
    np.multiply(out, dy, out=out)


def sqrt_softplus_grad(x, dy, positive, root, out):
    """Compute sigmoid(x)/(2 sqrt(softplus(x))) dy."""
    sqrt_softplus(x, positive, root)
    np.multiply(root, 2, out=root)
    sigmoid(x, out)
    np.divide(out, root, out=out)
    np.multiply(out, dy, out=out)


def laplace_grad(x, dy, out, mu, sigma):
    """Compute exp(-z^2/2)/(sigma sqrt(2 pi)) dy with z = (x - mu)/sigma."""
    np.subtract(x, mu, out=out)
    np.square(out, out=out)
    np.multiply(out, -0.5 / (sigma * sigma), out=out)
    np.exp(out, out=out)
    np.multiply(out, 1 / (sigma * math.sqrt(2 * math.pi)), out=out)
    np.multiply(out, dy, out=out)


def xielu_grad(x, dy, line, out, *, alpha_p, alpha_n, beta):
    """Compute (alpha_n expm1(min(x, 0)) + 2 alpha_p max(x, 0) + beta) dy."""
    np.minimum(x, 0, out=out)
    np.expm1(out, out=out)
    np.multiply(out, alpha_n, out=out)
    np.maximum(x, 0, out=line)
    np.multiply(line, 2 * alpha_p, out=line)
    np.add(out, line, out=out)
    np.add(out, beta, out=out)
    np.multiply(out, dy, out=out)


def glu_grad(a, b, dy, out):
    """Compute s dy and a s (1 - s) dy with s = sigmoid(b)."""
    da, db = out
    sigmoid(b, da)
    np.subtract(1, da, out=db)
    np.multiply(db, da, out=db)
    np.multiply(db, a, out=db)
    np.multiply(db, dy, out=db)
    np.multiply(da, dy, out=da)
    return out


def gated_grad(a, b, dy, product, *scratch, out, value, grad):
    """Compute b dy times the derivative of the value at a, and value(a) dy. The value needs no scratch arrays."""
    da, db = out
    np.multiply(b, dy, out=product)
    grad(a, product, *scratch, out=da)
    value(a, out=db)
    np.multiply(db, dy, out=db)
    return out


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


def squared_relu_grad_from_output(y, dy, out):
    """Compute 2 sqrt(y) dy."""
    np.sqrt(y, out=out)
    np.multiply(out, 2, out=out)
    np.multiply(out, dy, out=out)


def softsign_grad_from_output(y, dy, out):
    """Compute (1 - abs(y))^2 dy."""
    np.abs(y, out=out)
    np.subtract(1, out, out=out)
    np.square(out, out=out)
    np.multiply(out, dy, out=out)


def softcap_grad_from_output(y, dy, out, cap):
    """Compute (1 - (y/cap)^2) dy."""
    np.multiply(y, 1 / cap, out=out)
    tanh_grad_from_output(out, dy, out)


def with_defaults(name, composition):
    """Return a composition with the defaults of the activation's parameters."""
    return partial(composition, **PARAMETERS[name])


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
    "identity": (lambda x, out: np.copyto(out, x), 0),
    "prelu": (partial(leaky_relu, slope=PARAMETERS["prelu"]["weight"]), 0),
    "relu6": (partial(clipped, low=0, high=6), 0),
    "squared_relu": (squared_relu, 0),
    "threshold": (with_defaults("threshold", threshold), 0),
    "hard_tanh": (partial(clipped, low=-1, high=1), 0),
    "hard_sigmoid": (partial(clipped, low=0, high=1, slope=1 / 6, middle=0.5), 0),
    "hard_shrink": (with_defaults("hard_shrink", hard_shrink), 0),
    "soft_shrink": (with_defaults("soft_shrink", soft_shrink), 0),
    "hard_swish": (hard_swish, 0),
    "sparse_plus": (sparse_plus, 1),
    "sparse_sigmoid": (partial(clipped, low=0, high=1, slope=0.5, middle=0.5), 0),
    "softsign": (softsign, 0),
    "swish": (with_defaults("swish", swish), 0),
    "quick_gelu": (partial(swish, beta=QUICK_GELU), 0),
    "tanh_shrink": (tanh_shrink, 0),
    "softcap": (with_defaults("softcap", softcap), 0),
    "squareplus": (with_defaults("squareplus", squareplus), 0),
    "sqrt_softplus": (sqrt_softplus, 1),
    "celu": (elu, 1),
    "xielu": (with_defaults("xielu", xielu), 2),
    "glu": (glu, 0),
    "reglu": (partial(gated, value=lambda a, out: np.maximum(a, 0, out=out)), 0),
    "geglu_tanh": (partial(gated, value=gelu_tanh), 0),
    "swiglu": (partial(gated, value=silu), 0),
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
    "grad.prelu": (partial(leaky_relu_grad, slope=PARAMETERS["prelu"]["weight"]), 0),
    "grad.relu6": (partial(inside_grad, low=0, high=6), 0),
    "grad.squared_relu": (squared_relu_grad, 0),
    "grad.threshold": (with_defaults("threshold", threshold_grad), 0),
    "grad.hard_tanh": (partial(inside_grad, low=-1, high=1), 0),
    "grad.hard_sigmoid": (partial(inside_grad, low=-3, high=3, slope=1 / 6), 0),
    "grad.hard_shrink": (with_defaults("hard_shrink", hard_shrink_grad), 0),
    "grad.soft_shrink": (with_defaults("soft_shrink", hard_shrink_grad), 0),
    "grad.hard_swish": (hard_swish_grad, 1),
    "grad.sparse_plus": (sparse_plus_grad, 0),
    "grad.sparse_sigmoid": (partial(inside_grad, low=-1, high=1, slope=0.5), 0),
    "grad.softsign": (softsign_grad, 0),
    "grad.swish": (silu_grad, 1),
    "grad.quick_gelu": (partial(swish_grad, beta=QUICK_GELU), 2),
    "grad.tanh_shrink": (tanh_shrink_grad, 0),
    "grad.softcap": (with_defaults("softcap", softcap_grad), 0),
    "grad.squareplus": (with_defaults("squareplus", squareplus_grad), 0),
    "grad.sqrt_softplus": (sqrt_softplus_grad, 2),
    "grad.laplace": (with_defaults("laplace", laplace_grad), 0),
    "grad.celu": (elu_grad, 0),
    "grad.xielu": (with_defaults("xielu", xielu_grad), 1),
    "grad.glu": (glu_grad, 0),
    "grad.reglu": (partial(gated_grad, value=lambda a, out: np.maximum(a, 0, out=out), grad=relu_grad), 1),
    "grad.geglu_tanh": (partial(gated_grad, value=gelu_tanh, grad=gelu_tanh_grad), 3),
    "grad.swiglu": (partial(gated_grad, value=silu, grad=silu_grad), 2),
    "grad_from_output.relu": (relu_grad, 0),
    "grad_from_output.leaky_relu": (leaky_relu_grad, 0),
    "grad_from_output.sigmoid": (sigmoid_grad_from_output, 0),
    "grad_from_output.tanh": (tanh_grad_from_output, 0),
    "grad_from_output.softplus": (softplus_grad_from_output, 0),
    "grad_from_output.elu": (elu_grad_from_output, 0),
    "grad_from_output.selu": (selu_grad_from_output, 1),
    "grad_from_output.relu6": (partial(inside_grad, low=0, high=6), 0),
    "grad_from_output.squared_relu": (squared_relu_grad_from_output, 0),
    "grad_from_output.hard_tanh": (partial(inside_grad, low=-1, high=1), 0),
    "grad_from_output.hard_sigmoid": (partial(inside_grad, low=0, high=1, slope=1 / 6), 0),
    "grad_from_output.sparse_sigmoid": (partial(inside_grad, low=0, high=1, slope=0.5), 0),
    "grad_from_output.softsign": (softsign_grad_from_output, 0),
    "grad_from_output.softcap": (with_defaults("softcap", softcap_grad_from_output), 0),
    "grad_from_output.celu": (elu_grad_from_output, 0),
}


def numpy():
    """Return NumPy's version and operations, as `contenders.Library` has them."""
    return np.__version__, prepared(NUMPY)


def prepared(compositions):
    """Return for each composition the function of input and output that makes its call."""
    return {name: partial(prepare, name, *entry) for name, entry in compositions.items()}


def prepare(name, composition, scratch, x, out):
    """Return the call of a composition, with ``dy`` if it is a gradient, and its scratch arrays."""
    spare = (shared(f"scratch {number}", x.size, x.dtype) for number in range(scratch))
    return partial(composition, *operands.inputs(name, x), *spare, out=operands.outputs(name, out))
