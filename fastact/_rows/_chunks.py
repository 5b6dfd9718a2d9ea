"""Rows that lie in several chunks: what each chunk tells of a row, and what follows from that of all of them.

All is in float64, with the rows along the last axis. What a row's chunks tell is a few numbers, whatever their length;
only of sparsemax it is the elements that may be in the support, equal ones once: few, unless very many different ones
are nearly equal.
"""

import numpy as np

from ._row import OverChunks
from ._words import two_product


def row_sum(e):
    """Return the sums of rows, added up in a wider type where there is one: equal terms round off alike."""
    return e.sum(axis=-1, keepdims=True, dtype=np.longdouble).astype(np.float64)


def top_of(x):
    """Return the largest element of each row."""
    return x.max(axis=-1, keepdims=True, initial=-np.inf)


def below_top(x, top):
    """Return x less its row's top, and what that rounds off. An infinite top is 0 below itself."""
    below = np.where(x == top, 0.0, x - top)
    back = below - x
    low = (x - (below - back)) - (top + back)
    return below, np.where(np.isfinite(low), low, 0.0)


def share_and_exponent(temperature):
    """Return numbers from 1 to 2, and exponents: the temperatures are the numbers times 2 to these powers."""
    share, exponent = np.frexp(temperature)
    return 2.0 * share, exponent - 1


def exponentials(x, top, temperature=1.0):
    """Return e^((x - top)/T)."""
    if np.all(temperature == 1.0):
        z, low = below_top(x, top)
    else:
        share, exponent = share_and_exponent(temperature)
        high = np.maximum(exponent, 0)  # by high temperatures is divided first: below the top there is twice x's range
        below, low = below_top(np.ldexp(x, -high), np.ldexp(top, -high))
        below, low = np.ldexp(below, high - exponent), np.ldexp(low, high - exponent)
        z = below / share
        product, product_low = two_product(z, share)
        low = ((below - product) - product_low + low) / share
        low = np.where(np.isfinite(low), low, 0.0)
    e = np.exp(z)
    return e + e * low  # a 0 stays positive


def first_of(x):
    """Return where the first of the largest elements of each row is."""
    first = np.zeros(x.shape, bool)
    if x.shape[-1]:
        np.put_along_axis(first, np.argmax(x, axis=-1, keepdims=True), True, axis=-1)
    return first


# The top, and the sum of the exponentials below it but for that of one top, which is 1: its log1p does not cancel.


def sums(x, positions, temperature=1.0):
    """Return the top of each row of a chunk, the sum of the other exponentials, and the temperature."""
    top = top_of(x)
    others = np.where(first_of(x), 0.0, exponentials(x, top, temperature))
    return top, row_sum(others), np.broadcast_to(np.asarray(temperature, np.float64), top.shape)


def merged_sums(parts):
    """Return the top and the sums of all chunks: those of each, less what its top is below that of all."""
    tops, others, temperatures = (np.concatenate(one, axis=-1) for one in zip(*parts, strict=True))
    top, temperature = top_of(tops), temperatures[..., :1]
    weights = exponentials(tops, top, temperature)
    terms = np.where(first_of(tops), others, weights * (1.0 + others))
    return top, row_sum(terms), temperature


def checked(top, others):
    """Return the sums, NaN of rows that have no softmax: of two infinities, or nothing but -inf."""
    return np.where(np.isnan(top) | (top == -np.inf) | ((top == np.inf) & (others > 0)), np.nan, others)


def softmax(statistics, x, positions, temperature=1.0):
    top, others, _ = statistics
    return exponentials(x, top, temperature) / (1.0 + checked(top, others))


def log_softmax(statistics, x, positions):
    top, others, _ = statistics
    below, low = below_top(x, top)
    return (below - np.log1p(checked(top, others))) + low


def logsumexp(statistics):
    top, others, _ = statistics
    return np.where(np.isinf(top) & ~np.isnan(others), top, top + np.log1p(others))


def negated(function, at):
    """Return a function of -x, of a function whose argument at this place is x."""

    def of_negated(*arguments):
        return function(*arguments[:at], -arguments[at], *arguments[at + 1 :])

    return of_negated


def logsumexp_grad(statistics, x, positions, dy):
    return dy * softmax(statistics, x, positions)


SOFTMAX = OverChunks(1, sums, merged_sums, softmax)
SOFTMIN = OverChunks(1, negated(sums, 0), merged_sums, negated(softmax, 1))
LOG_SOFTMAX = OverChunks(1, sums, merged_sums, log_softmax)
LOGSUMEXP = OverChunks(1, sums, merged_sums, number=logsumexp)
LOGSUMEXP_GRAD = OverChunks(1, lambda x, positions, dy: sums(x, positions), merged_sums, logsumexp_grad)


# Gradients from the output: a sum.


def total(parts):
    """Return the sums of what the chunks tell."""
    return tuple(sum(one) for one in zip(*parts, strict=True))


def sum_of_products(y, dy, positions, temperature=1.0):
    return (row_sum(y * dy),)


def softmax_grad(statistics, y, dy, positions, temperature=1.0):
    share, exponent = share_and_exponent(temperature)
    return np.ldexp(y * (dy - statistics[0]) / share, -exponent)


def log_softmax_grad(statistics, y, dy, positions):
    return dy - np.exp(y) * statistics[0]


SOFTMAX_GRAD = OverChunks(2, sum_of_products, total, softmax_grad)
SOFTMIN_GRAD = OverChunks(2, sum_of_products, total, lambda *arguments: 0.0 - softmax_grad(*arguments))
LOG_SOFTMAX_GRAD = OverChunks(2, lambda y, dy, positions: (row_sum(dy),), total, log_softmax_grad)


# sparsemax: the elements of a chunk that are in the support of the chunk alone have that of all among them.


def candidates(x, positions, counts=1.0):
    """Return the support of each row of a chunk, largest first, filled up with -inf, and how often each is there."""
    order = np.argsort(-x, axis=-1)
    falling = np.take_along_axis(x, order, axis=-1)
    counts = np.take_along_axis(np.broadcast_to(counts, x.shape), order, axis=-1)
    falling, counts = without_equals(falling, np.where(falling == -np.inf, 0.0, counts))
    bad = np.isnan(x).any(axis=-1, keepdims=True)
    size = np.where(bad, 1, support_of(falling, counts)[1])
    longest = int(size.max(initial=1))
    there = np.arange(longest) < size
    kept = np.where(bad, np.nan, np.where(there, falling[..., :longest], -np.inf))
    return kept, np.where(there, counts[..., :longest], 0.0)


def without_equals(falling, counts):
    """Return falling rows with each element once, filled up with -inf, and how often each is there."""
    if not falling.shape[-1]:
        return np.full((*falling.shape[:-1], 1), -np.inf), np.zeros((*falling.shape[:-1], 1))
    first = np.ones(falling.shape, bool)
    first[..., 1:] = falling[..., 1:] != falling[..., :-1]
    if first.all():
        return falling, counts
    place = np.cumsum(first, axis=-1) - 1
    shape = (*falling.shape[:-1], int(place.max()) + 1)
    values, number = np.full(shape, -np.inf), np.zeros(shape)
    (*rows, _), each = np.nonzero(first), place[first]
    values[(*rows, each)] = falling[first]
    starts = np.flatnonzero(first)  # a row's first element always is one
    number[(*rows, each)] = np.add.reduceat(counts.reshape(-1), starts)
    return values, number


def support_of(falling, counts):
    """Return by how much tau is below the top of falling rows, and how many elements are above it."""
    below = np.maximum(below_top(falling, falling[..., :1])[0], -2.0)  # what is 1 below the top is not in the support
    number = np.cumsum(counts, axis=-1)
    size = np.count_nonzero(number * below > np.cumsum(counts * below, axis=-1) - 1.0, axis=-1, keepdims=True)
    support = np.arange(below.shape[-1]) < size
    added = row_sum(np.where(support, counts * below, 0.0))
    return (added - 1.0) / np.maximum(row_sum(np.where(support, counts, 0.0)), 1.0), size


def merged_candidates(parts):
    kept, counts = (np.concatenate(one, axis=-1) for one in zip(*parts, strict=True))
    return candidates(kept, None, counts)


def sparsemax(statistics, x, positions):
    kept, counts = statistics
    top = kept[..., :1]
    bad = np.isnan(top) | (top == -np.inf) | ((top == np.inf) & (counts[..., :1] > 1))
    result = np.maximum(below_top(x, top)[0] - support_of(kept, np.where(kept == -np.inf, 0.0, counts))[0], 0.0)
    return np.where(bad, np.nan, result)


def support_sums(y, dy, positions):
    support = y != 0
    return row_sum(np.where(support, dy, 0.0)), row_sum(support * 1.0)


def sparsemax_grad(statistics, y, dy, positions):
    added, size = statistics
    return np.where(np.isnan(y), y, np.where(y != 0, dy - added / size, 0.0))


SPARSEMAX = OverChunks(1, candidates, merged_candidates, sparsemax)
SPARSEMAX_GRAD = OverChunks(2, support_sums, total, sparsemax_grad)


# hardmax: the top, and where it is first.


def first_top(x, positions):
    top = top_of(x)
    last = np.iinfo(np.int64).max
    return top, np.where(x == top, positions, last).min(axis=-1, keepdims=True, initial=last)


def merged_first_tops(parts):
    tops, places = (np.concatenate(one, axis=-1) for one in zip(*parts, strict=True))
    top = top_of(tops)
    return top, np.where(tops == top, places, np.iinfo(np.int64).max).min(axis=-1, keepdims=True)


def hardmax(statistics, x, positions):
    top, at = statistics
    return np.where(np.isnan(top) | (top == -np.inf), np.nan, positions == at)


HARDMAX = OverChunks(1, first_top, merged_first_tops, hardmax)


# Of a loss, the cross-entropy: what softmax needs, and the logit of the class, or sums over the distribution.


def class_sums(x, positions, labels):
    at = positions == labels
    return *sums(x, positions), row_sum(np.where(at, x, 0.0)), at.any(axis=-1, keepdims=True), labels


def merged_class_sums(parts):
    first = [part[:3] for part in parts]
    logits, found, labels = zip(*(part[3:] for part in parts), strict=True)
    return *merged_sums(first), sum(logits), np.logical_or.reduce(found), labels[0]


def found_labels(found, labels):
    """Return labels that are classes."""
    if not found.all():
        raise ValueError(f"labels must be classes, from 0 on, and {labels[~found][0]} is given")
    return labels


def class_loss(statistics):
    top, others, _, logit, found, labels = statistics
    found_labels(found, labels)
    below, low = below_top(logit, top)
    return (np.log1p(checked(top, others)) - below) - low


def class_gradient(statistics, x, positions, labels):
    top, others, temperature, logit, found, labels = statistics
    y = softmax((top, others, temperature), x, positions)
    right = np.where(logit == top, 0.0 - others / (1.0 + others), y - 1.0)  # 1 - y, which does not cancel
    return np.where(positions == found_labels(found, labels), right + 0.0 * y, y)


def share_sums(x, p, positions):
    top, *others = sums(x, positions)
    below, low = below_top(x, top)
    terms = np.where(p == 0, 0.0, p * below + p * low)
    return top, *others, row_sum(terms), row_sum(p), (p < 0).any(axis=-1, keepdims=True)


def merged_share_sums(parts):
    top, others, temperature = merged_sums([part[:3] for part in parts])
    terms = [added + np.where(share == 0, 0.0, share * below_top(own, top)[0]) for own, _, _, added, share, _ in parts]
    negative = np.logical_or.reduce([part[5] for part in parts])
    return top, others, temperature, sum(terms), sum(part[4] for part in parts), negative


def shares(share, negative):
    """Return the sums of distributions, none of which has a negative element."""
    if negative.any():
        raise ValueError("labels that are distributions must not be negative")
    return share


def share_loss(statistics):
    top, others, _, terms, share, negative = statistics
    return shares(share, negative) * np.log1p(checked(top, others)) - terms


def share_gradient(statistics, x, p, positions):
    top, others, temperature, _, share, negative = statistics
    y = softmax((top, others, temperature), x, positions)
    most = y * (shares(share, negative) - p) - p * (others / (1.0 + others))  # of the top, where 1 - y does not cancel
    return np.where(x == top, most, share * y - p)


CROSS_ENTROPY_OF_CLASSES = OverChunks(1, class_sums, merged_class_sums, class_gradient, class_loss)
CROSS_ENTROPY_OF_SHARES = OverChunks(2, share_sums, merged_share_sums, share_gradient, share_loss)


# Whether nothing is greater than 0.

DEAD = OverChunks(
    1,
    lambda x, positions: ((x <= 0).all(axis=-1, keepdims=True),),
    lambda parts: (np.logical_and.reduce([dead for (dead,) in parts]),),
    number=lambda statistics: statistics[0],
)
