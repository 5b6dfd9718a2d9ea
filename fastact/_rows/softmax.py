"""Softmax and its kin, along an axis."""

import math

import numpy as np

from . import _chunks
from ._chunks import below_top, exponentials, first_of, row_sum, top_of
from ._row import Elsewhere, Form, Parameter, Row

SOFTMAX_ULP = (4.0, 4.0)  # of the exact quotient, in rows of up to 10,000 elements
LOG_ULP = (3.5, 3.5)  # of log_softmax and logsumexp


def rejected(x, top):
    """Return which rows have no softmax: NaN, two infinities, or nothing but -inf."""
    return np.isnan(top) | (top == -np.inf) | (np.isinf(top) & ((x == top).sum(axis=-1, keepdims=True) > 1))


def log_parts(x):
    """Return x less its top, and the logarithm of the sum of the exponentials of that."""
    top = top_of(x)
    below, low = below_top(x, top)
    others = np.where(first_of(x), 0.0, np.exp(below) * (1.0 + low))
    return below, np.where(rejected(x, top), np.nan, np.log1p(row_sum(others)))


def softmax(x, temperature=1.0):
    top = top_of(x)
    e = exponentials(x, top, temperature)
    return e / np.where(rejected(x, top), np.nan, row_sum(e))


def softmax_grad(x, dy, temperature=1.0):
    return softmax_grad_from_output(softmax(x, temperature), dy, temperature)


def softmax_grad_from_output(y, dy, temperature=1.0):
    return _chunks.softmax_grad([(y * dy).sum(axis=-1, keepdims=True)], y, dy, None, temperature)


def softmin(x):
    return softmax(-x)


def softmin_grad(x, dy):
    return -softmax_grad_from_output(softmax(-x), dy)


def softmin_grad_from_output(y, dy):
    return -softmax_grad_from_output(y, dy)


def log_softmax(x):
    below, total = log_parts(x)
    return below - total


def log_softmax_grad(x, dy):
    return dy - softmax(x) * dy.sum(axis=-1, keepdims=True)


def log_softmax_grad_from_output(y, dy):
    return _chunks.log_softmax_grad([dy.sum(axis=-1, keepdims=True)], y, dy, None)


def sparsemax(x):
    below, total = log_parts(x)
    falling = -np.sort(-below, axis=-1)
    count = np.arange(1, x.shape[-1] + 1)
    excess = np.cumsum(np.maximum(falling, -2.0), axis=-1) - 1.0  # what is 1 below the top is not in the support
    size = np.count_nonzero(count * np.maximum(falling, -2.0) > excess, axis=-1, keepdims=True)
    tau = np.take_along_axis(excess, np.maximum(size - 1, 0), axis=-1) / size
    return np.maximum(below - tau, 0.0) + 0.0 * total


def sparsemax_grad(x, dy):
    return sparsemax_grad_from_output(sparsemax(x), dy)


def sparsemax_grad_from_output(y, dy):
    support = y != 0
    sums = [np.where(support, dy, 0.0).sum(axis=-1, keepdims=True), support.sum(axis=-1, keepdims=True)]
    return _chunks.sparsemax_grad(sums, y, dy, None)


def hardmax(x):
    top = x.max(axis=-1, keepdims=True)
    first = np.zeros(x.shape)
    np.put_along_axis(first, np.argmax(x, axis=-1, keepdims=True), 1.0, axis=-1)
    return np.where(np.isnan(top) | (top == -np.inf), np.nan, first)


def logsumexp(x):
    if x.shape[-1] == 0:
        return np.full(x.shape[:-1], -np.inf)
    top = x.max(axis=-1)
    return np.where(np.isinf(top), top, top + log_parts(x)[1][..., 0])


def logsumexp_grad(x, dy):
    return dy * softmax(x)


ROWS = (
    Row(
        "softmax",
        "Normalised exponentials along an axis: e^(x/T) / sum(e^(x/T)), T the temperature.",
        Form("exp(x/T)/sum(exp(x/T))", softmax, *SOFTMAX_ULP, over_chunks=_chunks.SOFTMAX),
        Form("y*(dy - sum(y*dy))/T, y = softmax(x)", softmax_grad),
        Form("y*(dy - sum(y*dy))/T", softmax_grad_from_output, over_chunks=_chunks.SOFTMAX_GRAD),
        parameters=(
            Parameter(
                "temperature",
                1.0,
                "Positive and finite; one for all rows, or of the shape of x without the axis. It counts in float64,\n"
                "    whatever the dtype of x, and that of the result is that of x.",
            ),
        ),
        elsewhere=(
            Elsewhere("torch", ("softmax", "Softmax")),
            Elsewhere("torch", ("Softmax2d",), {"axis": -3}),
            Elsewhere("jax", ("softmax",)),
            Elsewhere("keras", ("softmax", "Softmax")),
            Elsewhere("onnx", ("Softmax",)),
            Elsewhere("ggml", ("soft_max",)),
            Elsewhere("scipy", ("softmax",), {"axis": None}),
        ),
        options=(("beta", "temperature=1/beta"),),
        axis=True,
        notes=(
            "Nothing overflows, and the differences to the largest element are not rounded. A NaN, two infinities or\n"
            "nothing but -inf give NaN; one infinity gives 1 there and 0 elsewhere."
        ),
        example="""
>>> fastact.softmax([[0.0, 0.0], [0.0, np.inf]])
array([[0.5, 0.5],
       [0. , 1. ]])
>>> fastact.softmax([1.0, 2.0, 3.0], where=[True, True, False])
array([0.26894142, 0.73105858, 0.        ])
>>> fastact.softmax([1.0, 3.0], temperature=2.0)
array([0.26894142, 0.73105858])
""",
    ),
    Row(
        "softmin",
        "Normalised exponentials of the negated elements along an axis: softmax(-x).",
        Form("exp(-x)/sum(exp(-x))", softmin, *SOFTMAX_ULP, over_chunks=_chunks.SOFTMIN),
        Form("-y*(dy - sum(y*dy)), y = softmin(x)", softmin_grad),
        Form("-y*(dy - sum(y*dy))", softmin_grad_from_output, over_chunks=_chunks.SOFTMIN_GRAD),
        axis=True,
        absent=math.inf,
        elsewhere=(Elsewhere("torch", ("softmin", "Softmin")),),
        notes="Special values as softmax(-x) has them.",
        example="""
>>> fastact.softmin([0.0, 1.0])
array([0.73105858, 0.26894142])
""",
    ),
    Row(
        "log_softmax",
        "Logarithm of the softmax along an axis.",
        Form("x - log(sum(exp(x)))", log_softmax, *LOG_ULP, over_chunks=_chunks.LOG_SOFTMAX),
        Form("dy - softmax(x)*sum(dy)", log_softmax_grad),
        Form("dy - exp(y)*sum(dy)", log_softmax_grad_from_output, over_chunks=_chunks.LOG_SOFTMAX_GRAD),
        axis=True,
        masked=-math.inf,
        elsewhere=(
            Elsewhere("torch", ("log_softmax", "LogSoftmax")),
            Elsewhere("jax", ("log_softmax",)),
            Elsewhere("keras", ("log_softmax",)),
            Elsewhere("onnx", ("LogSoftmax",)),
            Elsewhere("scipy", ("log_softmax",), {"axis": None}),
        ),
        notes=(
            "At the largest element it is -log1p of the sum of the others, which does not round to 0. Special rows\n"
            "are the logarithms of the softmax's: one infinity gives 0 there and -inf elsewhere."
        ),
        example="""
>>> fastact.log_softmax([0.0, -50.0])
array([-1.92874985e-22, -5.00000000e+01])
""",
    ),
    Row(
        "logsumexp",
        "Logarithm of the sum of exponentials along an axis: the smooth maximum.",
        Form("log(sum(exp(x)))", logsumexp, *LOG_ULP, over_chunks=_chunks.LOGSUMEXP),
        Form("dy*softmax(x)", logsumexp_grad, over_chunks=_chunks.LOGSUMEXP_GRAD),
        axis=True,
        reduces=True,
        masked=-math.inf,
        elsewhere=(
            Elsewhere("torch", ("logsumexp",)),
            Elsewhere("jax", ("logsumexp",), {"axis": None}),
            Elsewhere("keras", ("logsumexp",), {"axis": None}),
            Elsewhere("onnx", ("ReduceLogSumExp",), {"axis": None, "keepdims": True}),
            Elsewhere("scipy", ("logsumexp",), {"axis": None}),
        ),
        notes=(
            "It is the largest element plus log1p of the sum of the others, and accurate to the bound of the larger\n"
            "of the two. Any +inf gives +inf, a row of nothing but -inf, or of nothing, -inf."
        ),
        example="""
>>> fastact.logsumexp([[0.0, 0.0], [1000.0, 0.0]])
array([6.93147181e-01, 1.00000000e+03])
>>> fastact.logsumexp([[1.0, 2.0]], axis=0, keepdims=True)
array([[1., 2.]])
""",
    ),
    Row(
        "sparsemax",
        "Projection onto the simplex along an axis: as softmax, but sparse.",
        Form("max(x - tau, 0), tau such that the elements add up to 1", sparsemax, over_chunks=_chunks.SPARSEMAX),
        Form("dy - mean(dy over the support), 0 outside it, y = sparsemax(x)", sparsemax_grad),
        Form(
            "dy - mean(dy over the support), 0 outside it",
            sparsemax_grad_from_output,
            over_chunks=_chunks.SPARSEMAX_GRAD,
        ),
        axis=True,
        compiled=False,
        elsewhere=(Elsewhere("keras", ("sparsemax",)),),
        notes=(
            "The support is where the result is not 0. Special rows as softmax has them. A. Martins and R. Astudillo,\n"
            "2016, arXiv 1602.02068. Computed by NumPy, in float64, on every rung."
        ),
        example="""
>>> fastact.sparsemax([0.5, 0.3, -1.0])
array([0.6, 0.4, 0. ])
""",
    ),
    Row(
        "hardmax",
        "1 at the first of the largest elements along an axis, 0 elsewhere.",
        Form("1 at the first maximum, 0 elsewhere", hardmax, over_chunks=_chunks.HARDMAX),
        axis=True,
        compiled=False,
        elsewhere=(Elsewhere("onnx", ("Hardmax",)),),
        notes="A row with a NaN, or of nothing but -inf, gives NaN. Computed by NumPy on every rung.",
        example="""
>>> fastact.hardmax([1.0, 3.0, 3.0])
array([0., 1., 0.])
""",
    ),
)
