"""Rows in every layout: overlapping operands, odd strides, all counts of rows."""

import itertools

import numpy as np
import pytest

from fastact import _dispatch

from . import oracle
from .cases import ALONG_AXIS, COMPILED, UFUNCS, VECTORS, base, functions, rows_and_numbers
from .rows_oracle import LENGTHS, operands, same

BY_NUMPY = [ufunc for ufunc in UFUNCS if not ufunc.row.compiled]
WITH_DY = [ufunc for ufunc in ALONG_AXIS if "dy" in ufunc.arrays and ufunc.core[1]]
named = pytest.mark.parametrize("name", COMPILED)
every_form = pytest.mark.parametrize("ufunc", ALONG_AXIS, ids=lambda ufunc: ufunc.name)
every_dtype = pytest.mark.parametrize("dtype", oracle.DTYPES)


def ordinary(count):
    """Return what makes so many rows of ordinary numbers."""
    return lambda dtype, length: np.random.default_rng(count).normal(0, 2, (count, length)).astype(dtype)


def some(name, lengths):
    """Return the lengths that there is time for on this rung."""
    return lengths if name != "baseline" else [length for length in lengths if length <= 64]


@named
@pytest.mark.parametrize("ufunc", WITH_DY, ids=lambda ufunc: ufunc.name)
@every_dtype
def test_a_gradient_may_go_where_dy_is(name, ufunc, dtype):
    """NumPy copies nothing where an input and the output are the same array: no term may be stored in dy."""
    function = base(name, ufunc)
    for length in some(name, [2, 10, 16, 17, 40, 64, 600, 2047, 3000]):
        for count, axis in itertools.product((1, 3, 16, 17, 40), (-1, 0)):
            arrays = operands(ufunc, dtype, length, ordinary(count))
            expected = function(*arrays)
            own = [array.T.copy() if axis == 0 else array.copy() for array in arrays]
            assert function(*own, axis=axis, out=own[1]) is own[1]
            same(own[1].T if axis == 0 else own[1], expected)
            own = [array.T.copy() if axis == 0 else array.copy() for array in arrays]
            expected = function(own[0], own[0].copy(), *own[2:], axis=axis)
            same(function(own[0], own[0], *own[2:], axis=axis, out=own[0]), expected)


@pytest.mark.parametrize("name", VECTORS)
@every_form
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_more_rows_side_by_side_than_go_together(name, ufunc, dtype):
    """Some of them irregular, which go alone."""
    function, rng = base(name, ufunc), np.random.default_rng(6)
    for length in (17, 40):
        rows = [rng.normal(0, 3, (2085, length)).astype(dtype) for _ in range(ufunc.nin)]
        for value in (np.nan, np.inf, -np.inf):
            rows[0][rng.integers(0, 2085, 3), rng.integers(0, length, 3)] = value
        rows[0][rng.integers(0, 2085)] = -np.inf
        given = rows_and_numbers(ufunc, rows)
        turned = function(*(np.ascontiguousarray(one.T) for one in given), axis=0)
        same(np.ascontiguousarray(turned.T), function(*given))


@every_dtype
def test_a_gradient_may_go_where_dy_is_for_users_too(rung, dtype):
    api, rng = functions(rung), np.random.default_rng(0)
    x, dy = rng.normal(0, 2, (2, 5, 40)).astype(dtype)
    for space, name in itertools.product(("grad", "grad_from_output"), ("softmax", "softmin", "log_softmax")):
        for axis in (-1, 0, None, (0, 1)):
            own = dy.copy()
            api[space][name](x, own, axis=axis, out=own)
            same(own, api[space][name](x, dy, axis=axis))


@named
@every_form
@every_dtype
def test_overlapping_and_odd_arrays(name, ufunc, dtype):
    """Overlapping by some elements or rows, misaligned, byte-swapped, broadcast, in Fortran order, every other row."""
    function = base(name, ufunc)
    reduced = ufunc.row.reduces and not ufunc.space
    for length in some(name, [2, 3, 10, 16, 17, 64, 600, 2048, 2049]):
        arrays = operands(ufunc, dtype, length, ordinary(18))
        expected = function(*arrays)
        rows = [one.ndim == 2 for one in arrays]
        same(function(*map(np.asfortranarray, arrays)), expected)
        same(function(*(one.astype(one.dtype.newbyteorder()) for one in arrays)), expected)
        same(function(*(np.repeat(one, 2, axis=0)[::2] for one in arrays)), expected)
        same(function(*(one[::-1].copy()[::-1] for one in arrays)), expected)
        for k, x in enumerate(arrays):
            room = np.empty(x.nbytes + 1, np.uint8)
            moved = room[1:].view(x.dtype).reshape(x.shape)
            moved[...] = x
            same(function(*arrays[:k], moved, *arrays[k + 1 :]), expected)
            one_row = np.broadcast_to(x[:1], x.shape)
            same(
                function(*arrays[:k], one_row, *arrays[k + 1 :]),
                function(*arrays[:k], one_row.copy(), *arrays[k + 1 :]),
            )
            if rows[k]:
                one_column = np.broadcast_to(x[:, :1], x.shape)
                same(
                    function(*arrays[:k], one_column, *arrays[k + 1 :]),
                    function(*arrays[:k], one_column.copy(), *arrays[k + 1 :]),
                )
        if reduced:
            continue
        floats = [k for k, is_row in enumerate(rows) if is_row and arrays[k].dtype == dtype]
        for k, shift in itertools.product(floats, (1, 5, length, -1, -5)):
            room = np.zeros(arrays[k].size + abs(shift), dtype)
            first, last = room[: arrays[k].size].reshape(-1, length), room[abs(shift) :].reshape(-1, length)
            given, out = (first, last) if shift > 0 else (last, first)
            given[...] = arrays[k]
            function(*arrays[:k], given, *arrays[k + 1 :], out=out)
            same(out, expected)
        for out in (np.zeros((18, 3 * length), dtype)[:, ::3], np.zeros((18, length), dtype)[::-1, ::-1]):
            same(function(*arrays, out=out), expected)


@named
@every_form
@every_dtype
def test_every_count_of_rows(name, ufunc, dtype):
    """Blocks that are not full."""
    function = base(name, ufunc)
    for length in some(name, [length for length in LENGTHS if length <= 600]):
        arrays = operands(ufunc, dtype, length, ordinary(40))
        expected = function(*arrays)
        for count in range(1, 41):
            part = [array[:count] for array in arrays]
            same(function(*part), expected[:count])
            same(function(*(array.T.copy() for array in part), axis=0).T, expected[:count])


@pytest.mark.parametrize("ufunc", BY_NUMPY, ids=lambda ufunc: ufunc.name)
def test_rows_that_numpy_computes_depend_on_their_values_alone(rung, ufunc):
    """Bit for bit: NumPy adds up rows that lie across others in another order."""
    function, rng = base(rung, ufunc), np.random.default_rng(9)
    for dtype, length in itertools.product((np.float32, np.float64), (3, 9, 20, 300)):
        arrays = [rng.normal(0, scale, (40, length)).astype(dtype) for scale in (1, 1e6, 1)[: ufunc.nin]]
        arrays = rows_and_numbers(ufunc, arrays)
        expected = function(*arrays)
        same(function(*(array.T.copy() for array in arrays), axis=0).T, expected)
        same(function(*(np.repeat(array, 2, axis=1)[:, ::2] for array in arrays)), expected)
        same(function(*(array[7] for array in arrays)), expected[7])


@pytest.mark.parametrize("ufunc", BY_NUMPY, ids=lambda ufunc: ufunc.name)
@pytest.mark.parametrize("shift", [1, -1])
def test_rows_that_numpy_computes_overlap_their_output(rung, ufunc, shift):
    """More of them than are computed at a time."""
    function, length = functions(rung)[ufunc.space][ufunc.row.name], 40_000
    for axis in (-1, 0):
        room = np.random.default_rng(3).normal(0, 1, (8, length) if axis == -1 else (length, 8))
        first, last = (room[:-1], room[1:]) if axis == -1 else (room[:, :-1], room[:, 1:])
        x, out = (first, last) if shift == 1 else (last, first)
        others = [x[::-1].copy()] * (len(ufunc.arrays) - 1)
        expected = function(x.copy(), *others, axis=axis)
        assert function(x, *others, axis=axis, out=out) is out
        same(out, expected)


def test_the_order_of_axes_does_not_matter(rung):
    x = np.random.default_rng(2).normal(0, 3, (7, 30, 11)).astype(np.float32)
    for name in ("softmax", "log_softmax", "logsumexp"):
        function = functions(rung)[""][name]
        same(function(x, axis=(2, 0)), function(x, axis=(0, 2)))
        if rung != _dispatch.NUMPY and name != "logsumexp":
            wanted = function(np.moveaxis(x, 1, 0).reshape(30, 77)).reshape(30, 7, 11)
            same(function(x, axis=(-1, 0)), np.moveaxis(wanted, 0, 1))
