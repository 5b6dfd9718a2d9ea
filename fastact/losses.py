"""Losses built on the smooth maximum: each returns its value and its gradient, ``(value, gradient)``.

float16 is computed in float32, softmax_cross_entropy's float32 in float32 and its float64 in float64;
lifted_structured is computed in float64. Results have the dtype of the first argument, float64 for integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._carriers import Call, called, ndim_of
from ._checks import as_array, explained, index_of_axis, real_array, real_number
from ._functions import log_softmax, softmax
from ._rows import _chunks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["lifted_structured", "softmax_cross_entropy"]


def __dir__():
    return __all__


CROSS_ENTROPY, LIFTED_STRUCTURED = "losses.softmax_cross_entropy", "losses.lifted_structured"
BLOCK = 1 << 17  # differences between embeddings that are held at a time: 1 MiB


@explained(
    CROSS_ENTROPY,
    reduction="it returns the loss of each row, of which .mean() or .sum() may be taken",
    weight="the loss of each row and its gradient may be multiplied by weights",
)
def softmax_cross_entropy(logits: ArrayLike, labels: ArrayLike, axis: int = -1) -> tuple[Any, np.ndarray]:
    """Cross-entropy of softmax for each row, and its gradient.

    Parameters
    ----------
    logits : array_like of float
        The scores of the classes, along ``axis``. -inf masks a class.
    labels : array_like
        Either the class of each row: integers from 0 on, of the shape of ``logits`` without ``axis``. Or a
        distribution over the classes for each row: numbers of the shape of ``logits``, not negative, that need not
        add up to 1.
    axis : int, optional
        The axis of the classes, by default the last.

    Returns
    -------
    value : ndarray or scalar
        The loss of each row: of the shape of ``logits`` without ``axis``, of its dtype; float64 for integers.
    gradient : ndarray
        The gradient of each row's loss with respect to its logits, of their shape and dtype. It is not scaled: for the
        mean over a batch of n rows divide it by n.

    Raises
    ------
    TypeError
        If ``logits`` or a distribution are not real, if classes are not integers, or ``axis`` is no int.
    ValueError
        If the shapes do not fit, the axis is out of bounds or empty, or a class or probability is out of range.

    Notes
    -----
    With the class l the value is ``logsumexp(x) - x[l]`` and the gradient ``softmax(x)``, less 1 at l; with a
    distribution p it is ``sum(p*(logsumexp(x) - x))`` and ``sum(p)*softmax(x) - p`` (C. Bishop, Pattern Recognition and
    Machine Learning, 2006, section 4.3.4). Neither cancels where the right class dominates: the value is then log1p of
    the others' sum, and the gradient at the class minus their share. A class with probability 0 adds 0, also with the
    logit -inf; another gives inf there. Rows with a NaN, with two +inf or with -inf alone give NaN.

    Examples
    --------
    >>> import fastact
    >>> value, gradient = fastact.losses.softmax_cross_entropy([[0.0, -50.0], [1.0, 1.0]], [0, 1])
    >>> value
    array([1.92874985e-22, 6.93147181e-01])
    >>> gradient
    array([[-1.92874985e-22,  1.92874985e-22],
           [ 5.00000000e-01, -5.00000000e-01]])
    >>> fastact.losses.softmax_cross_entropy([2.0, 1.0, 0.0], [0.9, 0.1, 0.0])[0].round(6)
    np.float64(0.507606)
    """
    by_class = ndim_of(labels) != ndim_of(logits)
    over_chunks = _chunks.CROSS_ENTROPY_OF_CLASSES if by_class else _chunks.CROSS_ENTROPY_OF_SHARES
    core, results = (True, not by_class), ("number", "row")
    arguments = ("logits", "labels")
    call = Call(CROSS_ENTROPY, arguments, core, results, cross_entropy, labels=True, over_chunks=over_chunks)
    return called(call, (logits, labels), axis=axis)


def cross_entropy(operands, *, axis, where=True):
    """Return the losses and the gradient of arrays; where a mask says so, classes take no part."""
    name, (logits, labels) = CROSS_ENTROPY, operands
    logits = real_array(name, "logits", logits)
    axis = index_of_axis(name, axis, logits.ndim)
    if logits.shape[axis] == 0:
        raise ValueError(f"{name}(): axis {axis} of logits, of shape {logits.shape}, is empty")
    labels = as_array(name, "labels", labels)
    rows = logits.shape[:axis] + logits.shape[axis + 1 :]
    dtype = result_dtype(logits)
    if labels.shape == rows:
        loss, labels = of_classes, checked_classes(name, labels, logits.shape[axis])
    elif labels.shape == logits.shape:
        loss, labels = of_distributions, np.moveaxis(checked_distributions(name, labels, where), axis, -1)
    else:
        raise ValueError(
            f"{name}(): labels have shape {labels.shape}, neither {rows}, for classes, "
            f"nor that of logits, {logits.shape}, for distributions"
        )
    with np.errstate(all="ignore"):
        x = logits.astype(np.promote_types(dtype, np.float32), copy=False)
        gradient = softmax(x, axis=axis, where=where)
        mask = where if where is True else np.moveaxis(np.broadcast_to(where, x.shape), axis, -1)
        value = loss(np.moveaxis(x, axis, -1), labels, np.moveaxis(gradient, axis, -1), mask)
        value, gradient = value.astype(dtype, copy=False), gradient.astype(dtype, copy=False)
    if where is not True and loss is of_classes:  # of a class that is masked there is no loss
        lost = ~np.take_along_axis(mask, labels[..., np.newaxis], -1)[..., 0]
        np.copyto(gradient, 0, where=np.expand_dims(lost, axis))
        value = np.ma.array(value, mask=lost)
    return value[()], gradient


def of_classes(x, labels, y, where):
    """Return the losses of rows with a class each; y, their softmax, is turned into the gradient."""
    labels = labels[..., np.newaxis]
    right = np.take_along_axis(y, labels, -1)
    np.put_along_axis(y, labels, 0, -1)
    wrong = sums(y) + 0 * right  # NaN also where the class is the only one
    sure = wrong < 0.5
    np.put_along_axis(y, labels, np.where(sure, 0 - wrong, right - 1), -1)
    value = np.where(sure, -np.log1p(-wrong), -np.log(right))
    low = right[..., 0] < np.finfo(x.dtype).smallest_normal  # too few digits are left for its logarithm
    if low.any():
        taking_part = where if where is True else where[low]
        value[low] = 0 - np.take_along_axis(log_softmax(x[low], where=taking_part), labels[low], -1)
    return value[..., 0]


def of_distributions(x, p, y, where):
    """Return the losses of rows with a distribution each; y, their softmax, is turned into the gradient."""
    p = p.astype(x.dtype, copy=False) if where is True else np.where(where, p, 0).astype(x.dtype, copy=False)
    logs = log_softmax(x, where=where)
    terms = p * logs
    masked = np.isneginf(logs)
    if masked.any():
        terms[masked & (p == 0)] = 0
    total = sums(p)
    # total y - p is y (total - p) - p (1 - y), which does not cancel at the largest y of a distribution like y.
    top = logs.argmax(axis=-1, keepdims=True)
    most, target = np.take_along_axis(y, top, -1), np.take_along_axis(p, top, -1)
    most = most * (total - target) + target * np.expm1(np.take_along_axis(logs, top, -1))
    y *= total
    y -= p
    np.put_along_axis(y, top, most, -1)
    return 0 - sums(terms)[..., 0]


def sums(rows):
    """Return the sums of rows, in pairs in any layout: NumPy adds up another axis than the contiguous one by one."""
    return np.ascontiguousarray(rows).sum(axis=-1, keepdims=True)


def checked_classes(name, labels, classes):
    """Return labels that are one class for each row as integers that index."""
    if labels.dtype.kind not in "iu" and labels.size:
        raise TypeError(
            f"{name}(): labels of shape {labels.shape} are classes and must be integers, not {labels.dtype}"
        )
    wrong = labels[(labels < 0) | (labels >= classes)] if labels.size else labels
    if wrong.size:
        raise ValueError(
            f"{name}(): labels must be from 0 to {classes - 1} for logits of {classes} classes, and {wrong[0]} is given"
        )
    return labels.astype(np.intp)


def checked_distributions(name, labels, where):
    """Return labels that are a distribution for each row."""
    labels = real_array(name, "labels", labels)
    with np.errstate(invalid="ignore"):
        negative = (labels < 0) & where
    if negative.any():
        raise ValueError(
            f"{name}(): labels that are distributions must not be negative, and {labels[negative][0]} is given"
        )
    return labels


@explained(LIFTED_STRUCTURED)
def lifted_structured(embeddings: ArrayLike, labels: ArrayLike, margin: float = 1.0) -> tuple[np.floating, np.ndarray]:
    """Lifted structured loss: pulls embeddings of a class together, pushes all that are near of other classes away.

    Parameters
    ----------
    embeddings : array_like of float
        Of shape (samples, dimensions).
    labels : array_like of int
        The class of each sample, of shape (samples,): any integers.
    margin : float, optional
        The distance that others are to keep. By default 1.

    Returns
    -------
    value : scalar
        The loss of the batch, of the dtype of ``embeddings``; float64 for integers.
    gradient : ndarray
        Its gradient with respect to the embeddings, of their shape and dtype.

    Raises
    ------
    TypeError
        If ``embeddings`` are not real, ``labels`` are not integers, or ``margin`` is no real number.
    ValueError
        If ``embeddings`` do not have two dimensions, or the shape of ``labels`` does not fit.

    Notes
    -----
    With the Euclidean distances D and the pairs P of samples of one class, each counted once,
    ``loss = sum(max(0, J[i, j])**2 for i, j in P) / (2*len(P))``, where ``J[i, j] = D[i, j] + log(sum(exp(margin -
    D[i, k]) for k of other classes) + sum(exp(margin - D[j, k]) for k of other classes))`` (H. Oh Song, Y. Xiang, S.
    Jegelka and S. Savarese, Deep metric learning via lifted structured feature embedding, CVPR 2016, arXiv 1511.06452).
    Without a pair of one class, or where there is no other class, it is 0. The gradient of a distance of 0 is 0. The
    distances are taken from differences, so that they are right for embeddings that nearly coincide; time grows with
    samples^2 dimensions. If an embedding is NaN or infinite, or the margin NaN, value and gradient are NaN.

    Examples
    --------
    >>> import fastact
    >>> value, gradient = fastact.losses.lifted_structured([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]], [7, 7, 3])
    >>> value.round(6)
    np.float64(1.13603)
    >>> gradient.round(6)
    array([[ 0.907563, -1.507335],
           [ 0.424103,  1.083232],
           [-1.331666,  0.424103]])
    """
    margin = real_number(LIFTED_STRUCTURED, "margin", margin)
    return called(LIFTED, (embeddings, labels), axis=1, margin=margin)


def lifted_structured_of(operands, *, axis, margin, where=True):
    """Return the loss and the gradient of arrays; a sample of which something is masked takes no part."""
    name, (embeddings, labels) = LIFTED_STRUCTURED, operands
    embeddings = real_array(name, "embeddings", embeddings)
    if embeddings.ndim != 2:
        raise ValueError(f"{name}(): embeddings must have shape (samples, dimensions), not {embeddings.shape}")
    labels = as_array(name, "labels", labels)
    if labels.shape != embeddings.shape[:1]:
        raise ValueError(f"{name}(): labels have shape {labels.shape}, and {embeddings.shape[:1]} fits the embeddings")
    if labels.dtype.kind not in "iu" and labels.size:
        raise TypeError(f"{name}(): labels are classes and must be integers, not {labels.dtype}")
    dtype = result_dtype(embeddings)
    gradient = np.zeros(embeddings.shape, dtype)
    whole = slice(None) if where is True else where.all(axis=1)
    with np.errstate(all="ignore"):
        value, gradient[whole] = lifted(embeddings[whole].astype(np.float64, "C", copy=False), labels[whole], margin)
        return np.float64(value).astype(dtype), gradient


LIFTED = Call(
    LIFTED_STRUCTURED, ("embeddings", "labels"), (True, False), ("whole", "row"), lifted_structured_of, labels=True
)


def lifted(x, labels, margin):
    """Return the lifted structured loss of finite or other embeddings, and its gradient, in float64."""
    if np.isnan(margin) or not np.isfinite(x).all():
        return np.nan, np.full_like(x, np.nan)
    same = labels[:, np.newaxis] == labels
    others = ~same
    positive = same & ~np.eye(len(x), dtype=bool)
    pairs = np.count_nonzero(positive) // 2
    if not pairs or not others.any():
        return 0.0, np.zeros_like(x)
    largest = np.finfo(np.float64).max
    scale = 2.0**-40 if np.abs(x).max(initial=0) > 1e290 else 1.0
    x = x * scale
    near = distances(x)
    distance = np.minimum(near / scale, largest)

    # Over the others k of each i: weights e^-D[i, k] / sum, and the logarithm of that sum.
    closeness = np.where(others, -distance, -np.inf)
    logs = log_softmax(closeness)
    sums = (closeness.max(axis=1) - logs.max(axis=1))[:, np.newaxis]
    both = np.logaddexp(sums, sums.T)
    hinge = np.where(positive, np.maximum(both + distance + margin, 0), 0)
    value = (hinge / (4 * pairs) * hinge).sum()  # each pair stands there twice

    # The slopes of the loss in each distance, of a pair and of others; then those of the distances.
    slope = np.minimum(hinge, largest) / pairs
    push = (slope * np.exp(sums - both)).sum(axis=1, keepdims=True) * np.exp(logs)
    slope -= push + push.T
    near[near == 0] = 1
    gradient = np.empty_like(x)
    for rows in blocks(x):
        unit = differences(x, rows)
        unit /= near[rows, :, np.newaxis]
        np.einsum("ij,ijk->ik", slope[rows], unit, out=gradient[rows])
    return value, gradient


def distances(x):
    """Return the Euclidean distance of each row to each, where squares over- or underflow by hypot."""
    result = np.empty((len(x), len(x)))
    for rows in blocks(x):
        apart = differences(x, rows)
        squares = np.einsum("ijk,ijk->ij", apart, apart)
        result[rows] = np.sqrt(squares)
        risky = (squares < 1e-280) | (squares > 1e300)
        result[rows][risky] = np.hypot.reduce(apart[risky], axis=-1)
    return result


def differences(x, rows):
    """Return the differences of some rows to each."""
    return x[rows, np.newaxis] - x


def blocks(x):
    """Yield slices of the rows, of so many that their differences to all rows stay in the cache."""
    count = max(1, BLOCK // max(x.size, 1))
    for start in range(0, len(x), count):
        yield slice(start, start + count)


def result_dtype(array):
    """Return the dtype of the results."""
    return array.dtype.newbyteorder("=") if array.dtype.kind == "f" else np.dtype(np.float64)
