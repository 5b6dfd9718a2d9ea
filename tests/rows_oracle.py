"""What rows along an axis are made of and held against: softmax and its kin in a type wider than float64."""

import numpy as np
import pytest

from fastact import _dispatch, _rows

from . import oracle
from .cases import mask_of

WIDE = np.longdouble
# Lengths around the parts, the vectors, and the blocks that rows are gathered in.
LENGTHS = (1, 2, 3, 10, 15, 16, 17, 31, 33, 64, 511, 512, 600, 2047, 2049, 5000)
needs_wide = pytest.mark.skipif(np.finfo(WIDE).nmant < 63, reason="no type wider than float64")


def exact(x, temperature=1):
    """Return softmax, log_softmax and logsumexp of rows in `WIDE`."""
    z = (x.astype(WIDE) - x.max(axis=-1, keepdims=True).astype(WIDE)) / WIDE(temperature)
    e = np.exp(z)
    first = np.zeros(x.shape, bool)
    np.put_along_axis(first, x.argmax(axis=-1)[..., np.newaxis], True, axis=-1)
    total = np.log1p(np.where(first, 0, e).sum(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True), z - total, (x.max(axis=-1, keepdims=True) + total)[..., 0]


def gradient_and_size(y, dy, factor):
    """Return softmax's gradient from the output in `WIDE`, times a factor, and the size of what is added up for it."""
    size = np.abs(y) * (np.abs(dy) + np.abs(y * dy).sum(axis=-1, keepdims=True))
    return factor * y * (dy - (y * dy).sum(axis=-1, keepdims=True)), np.abs(factor) * size


def error(result, value):
    """Return the largest error in ULP of the result's dtype."""
    return float((np.abs(result - value) / oracle.ulps(result.dtype, value)).max())


def bound(rung, dtype, ulps):
    return _rows.NUMPY_ULP[dtype is np.float64] if rung == _dispatch.NUMPY else ulps[dtype is np.float64]


def hard_rows(dtype, length):
    """Yield rows that are hard to get right, by name."""
    rng = np.random.default_rng(length)
    few = max(2, min(400, 100_000 // length))
    for scale in (0.1, 1, 3, 30):
        yield f"{scale} N(0, 1)", rng.normal(0, scale, (few, length)).astype(dtype)
    yield "all equal", np.full((1, length), 0.3, dtype)
    x = np.full((3, length), -3.3, dtype)
    x[:, 0] = 5, -3.3 + 1e-3, 60
    yield "one dominant", x
    yield "subnormal results", np.linspace(0, -103 if dtype is np.float32 else -744, length).astype(dtype)[np.newaxis]
    if dtype is not np.float16:
        yield "spread of 1e30", rng.uniform(-1e30, 1e30, (3, length)).astype(dtype)
        yield "about 1e6", (1e6 + rng.normal(0, 3, (3, length))).astype(dtype)
        yield "about -1e30", np.full((1, length), -1e30, dtype)


def special(dtype, length):
    """Return rows of ordinary numbers, NaN, infinities, the largest numbers and -inf, each thrice."""
    ordinary = np.linspace(-3, 3, length).astype(dtype)
    big = np.finfo(dtype).max
    last = length - 1
    places = (
        {}, {0: np.inf}, {0: np.inf, last: np.inf}, {0: np.nan}, {0: -np.inf}, {0: np.nan, last: np.inf}, {0: big},
        {0: big, last: big}, {0: -big},
    )  # fmt: skip
    rows = [ordinary.copy() for _ in places] + [
        np.full(length, value, dtype) for value in (-np.inf, -big, -np.inf, -np.inf)
    ]
    for row, values in zip(rows, places, strict=False):
        for place, value in values.items():
            row[place] = value
    rows[-2][0], rows[-1][0] = 5, np.nan
    return np.array(rows * 3)


def operands(ufunc, dtype, length, rows=special):
    """Return a gufunc's operands: rows, a mask of them, and for each a number, in float64 for a temperature."""
    x = rows(dtype, length)
    rng = np.random.default_rng(length)
    weights = rng.normal(0, 1, x.shape).astype(dtype)
    if ufunc.space == "grad_from_output":
        x = weights - 1
    numbers = rng.uniform(0.5, 2, len(x))
    dy = weights if all(ufunc.core[: len(ufunc.arrays)]) else numbers.astype(dtype)
    made = {"x": x, "y": x, "dy": dy, "where": mask_of(x.shape), "temperature": numbers}
    return [made[name] for name in ufunc.operands]


def same(result, expected):
    np.testing.assert_array_equal(np.isnan(result), np.isnan(expected))
    np.testing.assert_array_equal(result, expected)
