"""Dask's arrays: nothing is computed at the call, and rows may lie in several chunks."""

import itertools
import math
import pickle
import time
import tracemalloc

import numpy as np
import pytest

import fastact
from fastact import _dispatch, _rows, diagnose, losses

from . import oracle, rows_oracle
from .cases import PUBLIC, functions, public, several
from .rows_oracle import needs_wide

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
callbacks = pytest.importorskip("dask.callbacks")

ALONG = [ufunc for ufunc in PUBLIC if ufunc.row.axis]
every_function = pytest.mark.parametrize("ufunc", ALONG, ids=lambda ufunc: ufunc.public_name)
SHAPE, UNEVEN = (6, 7, 5), ((4, 2), (1, 4, 2), (3, 2))
AXES = (-1, 0, None, (2, 0), ())
DTYPES = (np.float32, np.float64, np.float16, np.int64, np.int8)
PAIRS = [*((-1, dtype) for dtype in DTYPES), *zip(AXES[1:], itertools.cycle(DTYPES))]
axes_and_dtypes = pytest.mark.parametrize(("axis", "dtype"), PAIRS, ids=str)
BYTES_OF_A_ROW = 64  # that a few numbers take: tops, sums, counts


@pytest.fixture(autouse=True)
def one_thread():
    """Dask's own threads would hide what is raised, and when."""
    with dask.config.set(scheduler="sync"):
        yield


def axes_of(axis, ndim):
    return (
        tuple(range(ndim))
        if axis is None
        else tuple(one % ndim for one in (axis if isinstance(axis, tuple) else (axis,)))
    )


def operands(ufunc, shape=SHAPE, axis=-1, dtype=np.float64, seed=0):
    """Return an array for each argument."""
    rng = np.random.default_rng(seed)
    axes = axes_of(axis, len(shape))
    left = [n for k, n in enumerate(shape) if k not in axes]
    made = []
    for name in ufunc.arrays:
        x = rng.normal(0, 2, left if ufunc.row.reduces and name == "dy" else shape)
        if name == "y":
            x = np.where(rng.random(shape) < 0.4, 0, 0.1 * x)
        made.append(x.astype(dtype))
    return made


def chunked(x, chunks, axis=-1, shape=SHAPE):
    """Return an array in these chunks of its shape; one number for each row in those of the other axes."""
    left = [one for k, one in enumerate(chunks) if k not in axes_of(axis, len(shape))]
    return da.from_array(x, chunks=tuple(chunks if x.ndim == len(chunks) else left))


def taking_part(shape):
    """Return a mask: at one end of the axes little takes part, at the other nearly all."""
    places = sum(np.ogrid[tuple(slice(n) for n in shape)])
    return np.random.default_rng(7).random(shape) * places.max() < 1.5 * places - 0.5


class Counted:
    """An array of which each chunk counts when it is computed."""

    def __init__(self, x, chunks):
        self.count = 0
        self.array = da.from_array(x, chunks=chunks).map_blocks(
            self.counted, dtype=x.dtype, meta=x[(slice(0, 0),) * x.ndim]
        )

    def counted(self, chunk):
        self.count += 1
        return chunk


def same(result, expected):
    """Assert that an array of Dask's has the shape, the dtype, the chunks and the values that it is to have."""
    computed = result.compute()
    assert isinstance(result, da.Array)
    assert result.shape == np.shape(computed) == np.shape(expected)
    assert result.dtype == np.asarray(computed).dtype == np.asarray(expected).dtype
    assert isinstance(result._meta, np.ma.MaskedArray) == isinstance(expected, np.ma.MaskedArray)
    if result.ndim:
        assert result.blocks[(-1,) * result.ndim].compute().shape == tuple(one[-1] for one in result.chunks)
    np.testing.assert_array_equal(computed, expected)


def close(result, expected, size=None):
    """Assert that a result is as near to another as both are to the exact one."""
    expected, dtype = np.ma.asanyarray(expected), np.asarray(expected).dtype
    assert result.dtype == dtype
    computed = result.compute()
    assert np.shape(computed) == result.shape == expected.shape
    np.testing.assert_array_equal(np.ma.getmaskarray(computed), np.ma.getmaskarray(expected))
    size = np.abs(np.ma.getdata(expected).astype(np.float64)) if size is None else size
    eps = max(np.finfo(dtype).eps, 2e-15 if dtype == np.float64 else 0)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(
            np.ma.getdata(computed).astype(np.float64),
            np.ma.getdata(expected).astype(np.float64),
            rtol=8 * eps,
            atol=8 * eps * np.max(size, initial=0, where=np.isfinite(size))
            + 3 * float(np.finfo(dtype).smallest_subnormal),
        )


# Nothing is computed at the call.


@every_function
@pytest.mark.parametrize("chunks", [UNEVEN, (2, -1, -1), -1], ids=str)
@pytest.mark.parametrize("axis", [-1, 0, None, (0, 2)])
def test_nothing_is_computed_at_the_call(ufunc, chunks, axis):
    arrays = [Counted(x, chunks if x.ndim == 3 else -1) for x in operands(ufunc, axis=axis)]
    mask = Counted(np.ones(SHAPE, bool), chunks)
    given = [one.array for one in arrays]
    results = [public(ufunc)(*given, axis=axis), public(ufunc)(*given, axis=axis, where=mask.array)]
    if ufunc.row.reduces and not ufunc.space:
        results.append(public(ufunc)(*given, axis=axis, keepdims=True))
    for parameter in ufunc.row.parameters:
        left = [n for k, n in enumerate(SHAPE) if k not in axes_of(axis, 3)]
        heat = Counted(np.ones(left), -1)
        results.append(public(ufunc)(*given, axis=axis, **{parameter.name: heat.array}))
        arrays.append(heat)
    if len(given) == 2 and not ufunc.row.reduces:
        results.append(public(ufunc)(given[0], 1.0, axis=axis))
    for one in results:
        assert isinstance(one, da.Array)
        repr(one), one.dtype, one.nbytes
    assert [one.count for one in (*arrays, mask)] == [0] * (len(arrays) + 1)
    dask.compute(*results)
    assert all(one.count for one in (*arrays, mask))
    assert arrays[0].count == math.prod(given[0].numblocks)  # each chunk once, whatever is made of it


def test_nothing_is_computed_elsewhere(rung):
    x, api = Counted(np.zeros((7, 10)), (3, 4)), functions(rung)
    made = [
        fastact.gumbel_softmax(x.array, rng=1),
        fastact.gumbel_softmax(x.array, hard=True, axis=None, rng=1),
        api[""]["noisy_relu"](x.array, rng=1),
        api[""]["noisy_relu"](x.array, x.array, rng=1),
        *losses.softmax_cross_entropy(x.array, np.zeros(7, int)),
        *losses.softmax_cross_entropy(x.array, x.array),
        *losses.lifted_structured(x.array, np.zeros(7, int)),
        *diagnose.dead_units(x.array),
        *api["grad"]["swiglu"](x.array, x.array, 1.0),
        api[""]["leaky_relu"](x.array, negative_slope=0.3),
    ]
    assert all(isinstance(one, da.Array) for one in made)
    assert not x.count


# In one chunk: the bits of NumPy's arrays.


@every_function
@axes_and_dtypes
def test_in_one_chunk_the_bits_are_those_of_numpy(ufunc, axis, dtype):
    function, arrays = public(ufunc), operands(ufunc, axis=axis, dtype=dtype)
    chunks = [(n,) if k in axes_of(axis, 3) else one for k, (n, one) in enumerate(zip(SHAPE, UNEVEN, strict=True))]
    given = [chunked(x, chunks, axis) for x in arrays]
    mask = taking_part(SHAPE)
    same(function(*given, axis=axis), function(*arrays, axis=axis))
    for one in (mask, da.from_array(mask, chunks=chunks), mask[0], da.from_array(mask, chunks=2)[:, :1]):
        if isinstance(one, da.Array) and one.ndim == 3 and any(len(one.chunks[k]) > 1 for k in axes_of(axis, 3)):
            continue  # the mask's chunks split the rows
        same(function(*given, axis=axis, where=one), function(*arrays, axis=axis, where=np.asarray(one)))
    for parameter in ufunc.row.parameters:
        left = [n for k, n in enumerate(SHAPE) if k not in axes_of(axis, 3)]
        heats = np.random.default_rng(2).uniform(0.5, 3, left)
        for heat in (2.5, heats, da.from_array(heats, chunks=1)):
            expected = function(*arrays, axis=axis, **{parameter.name: np.asarray(heat)[()]})
            same(function(*given, axis=axis, **{parameter.name: heat}), expected)
    if not (ufunc.row.reduces and not ufunc.space):
        return
    same(function(*given, axis=axis, keepdims=True), function(*arrays, axis=axis, keepdims=True))


@every_function
def test_the_bits_of_every_rung(ufunc, rung):
    function, arrays, mask = public(ufunc, rung), operands(ufunc), taking_part(SHAPE)
    given = [chunked(x, (*UNEVEN[:2], SHAPE[2:])) for x in arrays]
    for options in ({}, {"where": mask}):
        same(function(*given, **options), function(*arrays, **options))


@every_function
def test_arrays_of_numpy_beside(ufunc):
    """Of rows, of numbers; in another shape; lists, numbers; another dtype."""
    function, arrays = public(ufunc), operands(ufunc, dtype=np.float32)
    x = da.from_array(arrays[0], chunks=(2, 3, -1))
    same(function(x, *arrays[1:]), function(*arrays))
    same(
        function(x, *(one.astype(np.float64) for one in arrays[1:])),
        function(arrays[0], *(one.astype(np.float64) for one in arrays[1:])),
    )
    if len(arrays) == 1:
        return
    same(function(x, 1.5), function(arrays[0], 1.5))
    same(function(arrays[0], da.from_array(arrays[1], chunks=3).rechunk({-1: -1})), function(*arrays))
    short = [1.0, 2, 3, 4, 5] if not ufunc.row.reduces else [1.0, 2, 3, 4, 5, 6, 7]
    same(function(x, short), function(arrays[0], short))
    same(function(x, np.float64(1.5)), function(arrays[0], np.float64(1.5)))
    if ufunc.row.reduces:
        same(
            function(x, arrays[1][..., np.newaxis], keepdims=True),
            function(arrays[0], arrays[1][..., np.newaxis], keepdims=True),
        )
    else:
        same(function(arrays[0][0], da.from_array(arrays[1], chunks=(2, 3, -1))), function(arrays[0][0], arrays[1]))


@every_function
@pytest.mark.parametrize("chunks", [(2, 3, -1), UNEVEN], ids=str)
def test_options(ufunc, chunks):
    function, arrays = public(ufunc), operands(ufunc, dtype=np.float64)
    given = [chunked(x, da.core.normalize_chunks(chunks, SHAPE)) for x in arrays]
    result = function(*given, dtype=np.float32)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.compute(), function(*arrays, dtype=np.float32), rtol=1e-5, atol=1e-6)


# Over several chunks.


@every_function
@axes_and_dtypes
def test_over_chunks(ufunc, axis, dtype):
    function, arrays = public(ufunc), operands(ufunc, axis=axis, dtype=dtype)
    exact = [x.astype(np.float64) for x in arrays]
    given = [chunked(x, UNEVEN, axis) for x in arrays]
    mask, dtype = taking_part(SHAPE), function(*arrays, axis=axis).dtype
    masks = ({}, {"where": da.from_array(mask, chunks=3)}, {"where": mask[0, 0]})
    for options in masks:
        plain = {key: np.asarray(value) for key, value in options.items()}
        close(function(*given, axis=axis, **options), function(*exact, axis=axis, **plain).astype(dtype))
    for parameter in ufunc.row.parameters:
        left = [n for k, n in enumerate(SHAPE) if k not in axes_of(axis, 3)]
        heats = np.random.default_rng(2).uniform(0.5, 3, left)
        for heat in (2.5, heats, da.from_array(heats, chunks=1)):
            options, plain = (
                {parameter.name: heat, "where": mask},
                {parameter.name: np.asarray(heat)[()], "where": mask},
            )
            close(function(*given, axis=axis, **options), function(*exact, axis=axis, **plain).astype(dtype))
    if ufunc.row.reduces and not ufunc.space:
        kept = function(*given, axis=axis, keepdims=True, where=mask)
        close(kept, function(*exact, axis=axis, keepdims=True, where=mask).astype(dtype))
    elif len(given) == 2:
        kind = function(arrays[0], 1.5, axis=axis).dtype
        close(function(given[0], 1.5, axis=axis), function(exact[0], 1.5, axis=axis).astype(kind), 1.0)
        if ufunc.row.reduces:
            return
        close(
            function(1.5, given[1], axis=axis),
            function(np.full(SHAPE, 1.5), exact[1], axis=axis).astype(function(1.5, arrays[1], axis=axis).dtype),
            1.0,
        )


@every_function
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_values_are_rounded_once(ufunc, dtype):
    if ufunc.space:
        return
    (x,) = operands(ufunc, dtype=dtype)
    wide = public(ufunc, _dispatch.NUMPY)(x.astype(np.float64))
    result = public(ufunc)(da.from_array(x, chunks=UNEVEN)).compute()
    assert (np.abs(result - wide) / oracle.ulps(dtype, wide)).max() <= _rows.FLOAT16_ULP


@pytest.mark.parametrize("space", ["", "grad", "grad_from_output"])
def test_temperatures_of_all_sizes(rung, space):
    function, (x, dy) = functions(rung)[space]["softmax"], np.random.default_rng(4).normal(0, 3, (2, 7, 10))
    arrays = {"": [x], "grad": [x, dy], "grad_from_output": [fastact.softmax(x), dy]}[space]
    for heat in (0.3, np.float32(3), np.linspace(0.1, 4, 7), 1e-300, 1e300):
        with np.errstate(all="ignore"):
            result = function(*(da.from_array(one, chunks=(3, 4)) for one in arrays), temperature=heat).compute()
            expected = function(*arrays, temperature=heat)
        scale = np.abs(dy).sum() / np.min(heat) if space else 0.1
        np.testing.assert_allclose(result, expected, rtol=1e-14, atol=1e-15 * scale)


@every_function
@pytest.mark.parametrize("n", [1, 2, 40, 700])
def test_rows_in_one_dimension(ufunc, n):
    arrays = operands(ufunc, (n,))
    for chunks in {1 if n < 50 else 99, max(1, n - 1), (n + 1) // 2}:
        given = [da.from_array(x, chunks=chunks) if x.ndim else x[()] for x in arrays]
        for axis in (-1, None, (0,)):
            close(public(ufunc)(*given, axis=axis), public(ufunc)(*arrays, axis=axis))


@every_function
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("length", [17])
def test_special_rows(ufunc, dtype, length):
    """NaN, infinities, the largest numbers, -inf alone, all masked: as NumPy has them, without a warning."""
    function = public(ufunc, _dispatch.NUMPY)
    arrays = rows_oracle.operands(ufunc, dtype, length)[: len(ufunc.arrays)]
    heats = [np.random.default_rng(1).uniform(0.5, 2, len(arrays[0]))] * len(ufunc.row.parameters)
    mask = taking_part(arrays[0].shape)
    mask[: len(mask) // 3] = False
    for chunks in ((5, 1), (7, max(1, length - 1))):
        given = [da.from_array(x, chunks=chunks[: x.ndim]) for x in arrays]
        for options in (
            {},
            {"where": mask},
            *({p.name: heat} for p, heat in zip(ufunc.row.parameters, heats, strict=True)),
        ):
            with np.errstate(all="ignore"):
                expected = function(*arrays, **options)
            with np.errstate(all="raise"):
                result = function(*given, **options).compute()
            np.testing.assert_array_equal(np.isnan(result), np.isnan(expected))
            finite = np.isfinite(expected)
            np.testing.assert_array_equal(result[~finite], expected[~finite])
            np.testing.assert_allclose(result[finite], expected[finite], rtol=1e-5, atol=1e-6)
            if "where" in options and expected.ndim == 2:
                np.testing.assert_array_equal(np.signbit(result)[~mask], np.isneginf(expected)[~mask])


@needs_wide
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("length", [2, 10, 17, 600, 5000])
def test_errors_over_chunks(dtype, length):
    """The bound that the module states: of half a ULP and a hundredth in float32, of 8 in float64."""
    bound = (0.51, 8.0)[dtype is np.float64]
    for name, x in rows_oracle.hard_rows(dtype, length):
        d = da.from_array(x, chunks=(len(x) // 2 + 1, max(1, length // 5)))
        value, log, raised = rows_oracle.exact(x)
        assert rows_oracle.error(fastact.softmax(d).compute(), value) <= bound, name
        assert rows_oracle.error(fastact.softmin(-d).compute(), value) <= bound, name
        assert rows_oracle.error(fastact.log_softmax(d).compute(), log) <= bound, name
        top = x.max(axis=-1).astype(rows_oracle.WIDE)
        larger = np.maximum(np.maximum(np.abs(top), raised - top), np.abs(raised))
        off = np.abs(fastact.logsumexp(d).compute() - raised) / oracle.ulps(np.dtype(dtype), larger)
        assert off.max() <= bound, name
        for heat in (0.7, 3e-3, 1e20):
            hot = rows_oracle.exact(x, heat)[0]
            assert rows_oracle.error(fastact.softmax(d, temperature=heat).compute(), hot) <= bound, (name, heat)
        dy = np.random.default_rng(1).normal(0, 1, x.shape).astype(dtype)
        slope, size = rows_oracle.gradient_and_size(value, dy.astype(rows_oracle.WIDE), 1)
        off = np.abs(fastact.grad.softmax(d, dy).compute() - slope)
        assert (off <= 4 * np.finfo(dtype).eps * size + np.finfo(dtype).smallest_normal).all(), name
        y = fastact.softmax(x)
        slope, size = rows_oracle.gradient_and_size(y.astype(rows_oracle.WIDE), dy.astype(rows_oracle.WIDE), 1)
        off = np.abs(fastact.grad_from_output.softmax(da.from_array(y, chunks=d.chunks), dy).compute() - slope)
        assert (off <= 4 * np.finfo(dtype).eps * size + np.finfo(dtype).smallest_normal).all(), name


@pytest.mark.parametrize("axis", [1, None, (0, 1), (1, 0)])
def test_the_first_of_equal_ones(axis):
    """In the order of the axes, wherever the chunks are: not in the order of the chunks."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = rng.integers(0, 3, (4, 6)).astype(np.float32)
        d = da.from_array(x, chunks=((3, 1), (2, 3, 1)))
        same(fastact.hardmax(d, axis=axis), fastact.hardmax(x, axis=axis))


def test_sparsemax_of_many_that_are_nearly_equal():
    """All are in the support: equal ones, and different ones."""
    for x in (np.full(1000, 0.3), 1e-6 * np.random.default_rng(0).normal(0, 1, 1000), np.repeat([0.1, 0.2, -3.0], 300)):
        for chunks in (1, 10, 333):
            result = fastact.sparsemax(da.from_array(x, chunks=chunks)).compute()
            np.testing.assert_allclose(result, fastact.sparsemax(x), rtol=1e-10)
            np.testing.assert_allclose(result.sum(), 1, rtol=1e-13)


# Masks, labels, sizes that are not known.


@every_function
@pytest.mark.parametrize("chunks", [(2, -1), (3, 2), ((1, 3), (4, 1))], ids=str)
@pytest.mark.parametrize("axis", [-1, 0, None])
def test_masked_arrays_of_every_argument(ufunc, chunks, axis):
    """Of rows and of numbers for them, one at a time and all; with a mask beside them, which hides nothing itself."""
    rng = np.random.default_rng(3)
    arrays = operands(ufunc, (4, 5), axis)
    given = {name: x for name, x in zip(ufunc.arrays, arrays, strict=True) if x.ndim}
    left = [n for k, n in enumerate((4, 5)) if k not in axes_of(axis, 2)]
    if left:
        given |= {one.name: rng.uniform(0.5, 2, left) for one in ufunc.row.parameters}
    for hidden in ([name] for name in given), [list(given)]:
        for names in hidden:
            masked = dict(given)
            for name in names:
                mask = rng.random(given[name].shape) < 0.4
                mask[1] = True
                masked[name] = np.ma.array(np.where(mask, np.nan, given[name]), mask=mask)
            later = {
                name: da.from_array(x, chunks=chunks if x.ndim == 2 else 2, asarray=False) for name, x in masked.items()
            }
            for options in ({}, {"where": np.array([True, False, True, True, True])}):
                found, expected = (
                    public(ufunc)(
                        *(some.get(name, x) for name, x in zip(ufunc.arrays, arrays, strict=True)),
                        **{one.name: some[one.name] for one in ufunc.row.parameters if one.name in some},
                        axis=axis,
                        **options,
                    )
                    for some in (later, masked)
                )
                computed = found.compute()
                assert isinstance(found._meta, np.ma.MaskedArray) or not found.ndim
                assert isinstance(computed, np.ma.MaskedArray) or not np.ndim(computed)
                np.testing.assert_array_equal(np.ma.getmaskarray(computed), np.ma.getmaskarray(expected))
                np.testing.assert_allclose(
                    np.ma.getdata(computed), np.ma.getdata(expected), rtol=1e-13, atol=1e-14, err_msg=str(names)
                )


def test_masks_that_broadcast():
    y, dy = np.full((3, 4), 0.25), np.ma.array([1.0, 2.0, 3.0, 4.0], mask=[1, 0, 0, 0])
    expected = fastact.grad_from_output.softmax(y, dy)
    for chunks in ((2, 4), (2, 2)):
        result = fastact.grad_from_output.softmax(da.from_array(y, chunks=chunks), dy).compute()
        np.testing.assert_array_equal(result.mask, expected.mask)
        np.testing.assert_allclose(result, expected, rtol=1e-14)


def test_masks_in_losses():
    """In one chunk as NumPy's arrays have them; of what lies in several they are refused."""
    x, labels = np.arange(6.0).reshape(2, 3), np.array([0, 1])
    for masked in (
        (np.ma.array(x, mask=x == 4), labels),
        (x, np.ma.array(labels, mask=[0, 1])),
        (x, np.ma.array(np.full((2, 3), 0.2), mask=x == 1)),
    ):
        whole, split = (
            [da.from_array(one, chunks=chunks[: one.ndim], asarray=False) for one in masked]
            for chunks in ((1, 3), (1, 2))
        )
        for result, expected in zip(
            losses.softmax_cross_entropy(*whole), losses.softmax_cross_entropy(*masked), strict=True
        ):
            np.testing.assert_array_equal(np.ma.getmaskarray(result.compute()), np.ma.getmaskarray(expected))
            np.testing.assert_allclose(result.compute(), expected, rtol=1e-14)
        for one in losses.softmax_cross_entropy(*split):
            with pytest.raises(
                TypeError, match=r"losses\.softmax_cross_entropy\(\): masked arrays have to be in one chunk"
            ):
                dask.compute(one)


def test_masks_that_are_masked():
    x, mask = np.arange(12.0).reshape(3, 4), np.ma.array(np.ones((3, 4), bool), mask=np.eye(3, 4, dtype=bool))
    for chunks in ((2, 4), (2, 3)):
        d, where = da.from_array(x, chunks=chunks), da.from_array(mask, chunks=chunks, asarray=False)
        result = fastact.softmax(d, where=where).compute()
        np.testing.assert_allclose(result, fastact.softmax(x, where=mask), rtol=1e-14)


def test_chunks_of_no_elements():
    x = da.from_array(np.ones((3, 4)), chunks=((0, 2, 1), (0, 3, 0, 1)))
    for ufunc in ALONG:
        arrays = [x if not (ufunc.row.reduces and name == "dy") else 1.0 for name in ufunc.arrays]
        whole = [np.ones((3, 4)) if one is x else one for one in arrays]
        np.testing.assert_allclose(public(ufunc)(*arrays).compute(), public(ufunc)(*whole), rtol=1e-14)
    none = da.zeros((0, 4), chunks=((0, 0), (2, 2)))
    assert fastact.softmax(none).compute().shape == (0, 4)
    assert fastact.softmax(none, where=none > 0).compute().shape == (0, 4)
    assert (fastact.logsumexp(none, axis=0).compute() == -np.inf).all()


def test_numbers():
    assert fastact.softmax(da.from_array(np.array(3.0))).compute() == 1
    assert fastact.logsumexp(da.from_array(np.array(3.0, np.float32)), axis=None).compute() == 3
    result = fastact.softmax(da.from_array(np.array(3.0)), temperature=da.from_array(np.array(2.0)))
    assert result.compute() == 1
    d = da.from_array(np.arange(6.0), chunks=4)
    for heat in (da.from_array(np.array(2.0)), np.float32(2), np.array(2)):
        np.testing.assert_allclose(
            fastact.softmax(d, temperature=heat).compute(), fastact.softmax(np.arange(6.0), temperature=2.0), rtol=1e-14
        )


def test_dimensions_of_xarray():
    xarray = pytest.importorskip("xarray")
    x = np.random.default_rng(0).normal(0, 1, (4, 6))
    d = xarray.DataArray(da.from_array(x, chunks=(2, 3)), dims=("r", "c"), coords={"r": list("abcd")}, name="n")
    for axis, number in (("c", 1), ("r", 0), (None, None), (("r", "c"), (0, 1))):
        for name in ("softmax", "logsumexp", "hardmax"):
            result = getattr(fastact, name)(d, axis=axis)
            assert isinstance(result.data, da.Array)
            np.testing.assert_allclose(result.to_numpy(), getattr(fastact, name)(x, axis=number), rtol=1e-14)
    for result in (
        fastact.gumbel_softmax(d, axis="c", rng=1),
        fastact.noisy_relu(d, rng=1),
        fastact.softmax(d, axis="c", where=d > 0),
    ):
        assert result.dims == ("r", "c")
        assert isinstance(result.data, da.Array)
    value, gradient = losses.softmax_cross_entropy(d, xarray.DataArray([0, 1, 2, 5], dims="r"), axis="c")
    assert isinstance(value.data, da.Array)
    np.testing.assert_allclose(gradient.to_numpy(), losses.softmax_cross_entropy(x, [0, 1, 2, 5])[1], rtol=1e-13)


@every_function
def test_sizes_that_are_not_known(ufunc):
    arrays = operands(ufunc, (6, 5))
    keep = np.array([1, 0, 1, 1, 0, 1], bool)
    known = da.from_array(arrays[0], chunks=(2, 5))
    given = [
        x[da.from_array(keep, chunks=2)]
        for x in (known, *(da.from_array(x, chunks=(2, 5)[: x.ndim]) for x in arrays[1:]))
    ]
    result = public(ufunc)(*given)
    assert math.isnan(result.shape[0])
    np.testing.assert_array_equal(result.compute(), public(ufunc)(*(x[keep] for x in arrays)))
    split = public(ufunc)(given[0].rechunk({1: 2}), *(x.rechunk({1: 2}) if x.ndim == 2 else x for x in given[1:]))
    np.testing.assert_allclose(split.compute(), public(ufunc)(*(x[keep] for x in arrays)), rtol=1e-13, atol=1e-15)
    if len(given) == 1:
        with pytest.raises(ValueError, match=rf"{ufunc.public_name}\(\): .*compute_chunk_sizes"):
            public(ufunc)(*given, axis=0)


def test_sizes_that_are_found():
    x = da.zeros((7, 10), chunks=(3, 4))
    np.testing.assert_array_equal(fastact.softmax(x[x > -1].compute_chunk_sizes()).compute(), np.full(70, 1 / 70))


# What is wrong.


@pytest.mark.parametrize("chunks", [(4, 6), (2, 3)], ids=str)
def test_what_is_wrong_is_said_at_the_call(chunks):
    x = np.zeros((4, 6))
    d, out = da.from_array(x, chunks=chunks), da.zeros((4, 6))
    wrong = [
        (lambda: fastact.softmax(d, out=x), TypeError, r"softmax\(\): out is not taken with Dask's arrays"),
        (lambda: fastact.softmax(d, out=out), TypeError, r"softmax\(\): out "),
        (lambda: fastact.noisy_relu(d, rng=1, out=x), TypeError, r"noisy_relu\(\): out "),
        (lambda: fastact.softmax(d, axis=9), np.exceptions.AxisError, r"softmax\(\): axis 9 is out of bounds"),
        (lambda: fastact.softmax(d, axis=(0, -2)), ValueError, r"softmax\(\): axis \(0, -2\) names an axis twice"),
        (lambda: fastact.softmax(d, axis=1.0), TypeError, r"softmax\(\): axis must be an int"),
        (lambda: fastact.softmax(d[:, :0]), ValueError, r"softmax\(\): axis -?1 of x is empty"),
        (lambda: fastact.softmax(d.astype(complex)), TypeError, r"softmax\(\): x must be real"),
        (
            lambda: fastact.softmax(d, temperature=0.0),
            ValueError,
            r"softmax\(\): temperature must be positive and finite",
        ),
        (lambda: fastact.softmax(d, temperature=da.ones(5)), ValueError, r"softmax\(\): temperature of shape \(5,\)"),
        (lambda: fastact.softmax(d, where=d), TypeError, r"softmax\(\): where must be an array of bool"),
        (lambda: fastact.softmax(d, where=np.ones(4, bool)), ValueError, r"softmax\(\): .*where"),
        (lambda: fastact.softmax(d, where=np.ones((2, 4, 6), bool)), ValueError, r"softmax\(\): where of shape"),
        (lambda: fastact.softmax(d, dtype=int), TypeError, r"softmax"),
        (lambda: fastact.softmax(d, casing="no"), TypeError, r"softmax\(\) takes no keyword argument 'casing'"),
        (
            lambda: fastact.grad.softmax(d, da.ones(5)),
            ValueError,
            r"grad\.softmax\(\): x of shape \(4, 6\) and dy of shape \(5,\)",
        ),
        (lambda: fastact.grad.softmax(d, d > 0, dtype=complex), TypeError, r"grad\.softmax"),
        (lambda: fastact.grad.logsumexp(d, da.ones(3)), ValueError, r"grad\.logsumexp\(\): dy of shape \(3,\)"),
        (lambda: fastact.noisy_relu(d, rng="x"), TypeError, r"noisy_relu\(\): rng"),
        (lambda: fastact.gumbel_softmax(d, axis=9), np.exceptions.AxisError, r"gumbel_softmax\(\): axis 9"),
        (lambda: fastact.gumbel_softmax(d, -1.0), ValueError, r"gumbel_softmax\(\): tau"),
        (
            lambda: losses.softmax_cross_entropy(d, da.zeros(5, dtype=int)),
            ValueError,
            r"losses\.softmax_cross_entropy\(\): ",
        ),
        (lambda: losses.softmax_cross_entropy(d, [0]), ValueError, r"losses\.softmax_cross_entropy\(\): labels"),
        (lambda: losses.softmax_cross_entropy(d, x[:1]), ValueError, r"losses\.softmax_cross_entropy\(\): .*shape"),
        (lambda: losses.lifted_structured(d, [1]), ValueError, r"losses\.lifted_structured\(\): labels"),
        (
            lambda: losses.softmax_cross_entropy(d, da.zeros(4)),
            TypeError,
            r"losses\.softmax_cross_entropy\(\): .*integers",
        ),
    ]
    for call, kind, message in wrong:
        with pytest.raises(kind, match=message) as caught:
            call()
        assert caught.value.__cause__ is None
        pickle.loads(pickle.dumps(caught.value))


@pytest.mark.parametrize("chunks", [(4, 6), (2, 3)], ids=str)
def test_wrong_values_are_an_error_when_they_are_computed(chunks):
    x = np.random.default_rng(0).normal(0, 1, (4, 6))
    d = da.from_array(x, chunks=chunks)
    for heat in (0.0, -1.0, np.nan, np.inf):
        heats = da.from_array(np.array([1.0, 1.0, heat, 1.0]), chunks=2)
        for result in (
            fastact.softmax(d, temperature=heats),
            fastact.grad.softmax(d, d, temperature=heats),
            fastact.grad_from_output.softmax(d, d, temperature=heats),
        ):
            with pytest.raises(ValueError, match=r"softmax\(\): temperature must be positive and finite"):
                result.compute()
    for labels in ([0, 1, 6, 0], [0, -1, 2, 3]):
        for one in losses.softmax_cross_entropy(d, da.from_array(np.array(labels), chunks=2)):
            with pytest.raises(
                ValueError, match=r"losses\.softmax_cross_entropy\(\): labels must be .*(6|-1) is given"
            ):
                one.compute()
    shares = np.full((4, 6), 0.1)
    shares[3, 3] = -0.1
    for one in losses.softmax_cross_entropy(d, da.from_array(shares, chunks=chunks)):
        with pytest.raises(ValueError, match=r"losses\.softmax_cross_entropy\(\): .*negative"):
            one.compute()
    with pytest.raises(ValueError, match=r"noisy_relu\(\): std must not be negative"):
        fastact.noisy_relu(d, da.from_array(shares, chunks=chunks), rng=1).compute()


# Noise.


@pytest.mark.parametrize("make", [
    lambda x, rng: fastact.noisy_relu(x, rng=rng),
    lambda x, rng: fastact.noisy_relu(x, da.ones(x.shape[-1], chunks=25), rng=rng),
    lambda x, rng: fastact.rrelu(-x, rng=rng),
    lambda x, rng: fastact.rrelu(-x, 0.0, da.ones(x.shape[-1], chunks=25), rng=rng, return_slopes=True)[1],
    lambda x, rng: fastact.gumbel_softmax(x, rng=rng),
    lambda x, rng: fastact.gumbel_softmax(x, axis=0, hard=True, rng=rng),
    lambda x, rng: fastact.gumbel_softmax(x, axis=0, return_soft=True, rng=rng)[1],
])  # fmt: skip
def test_seeds(make):
    """A seed repeats for the same chunks, as often as it is computed; each chunk has noise of its own."""
    x = da.zeros((40, 60), chunks=(20, 30)) + 0.5
    for seed in (1, np.random.SeedSequence(5)):
        result = make(x, copy_of(seed))
        first = result.compute()
        np.testing.assert_array_equal(result.compute(), first)
        np.testing.assert_array_equal(make(x, copy_of(seed)).compute(), first)
        np.testing.assert_array_equal(make(x, np.random.default_rng(copy_of(seed))).compute(), first)
        np.testing.assert_array_equal(dask.compute(result, make(x, copy_of(seed)) + 1)[0], first)
        np.testing.assert_array_equal(result.compute(scheduler="threads"), first)
    blocks = [first[i : i + 20, j : j + 30] for i in (0, 20) for j in (0, 30)]
    assert len({one.tobytes() for one in blocks}) == 4
    rng = np.random.default_rng(1)
    assert (make(x, rng).compute() != make(x, rng).compute()).any()
    assert (make(x, None).compute() != make(x, 1).compute()).any()
    both = dask.compute(make(x, 1), make(x, 2))
    assert (both[0] != both[1]).any()


def copy_of(seed):
    return pickle.loads(pickle.dumps(seed))


def test_noise_is_that_of_numpy():
    x = da.zeros((300, 400), chunks=(100, 100)) - 0.5
    assert fastact.noisy_relu(x.astype("f4"), rng=1).dtype == np.float32
    noisy = fastact.noisy_relu(x + 10.5, 1.0, rng=1).compute() - 10
    assert abs(noisy.mean()) < 0.02
    assert abs(noisy.std() - 1) < 0.02
    x = np.log([0.2, 0.3, 0.5]) + np.zeros((20_000, 1))
    hard = fastact.gumbel_softmax(da.from_array(x, chunks=(1000, 2)), hard=True, rng=1)
    np.testing.assert_allclose(hard.mean(axis=0).compute(), [0.2, 0.3, 0.5], atol=0.015)


def test_noise_otherwise():
    x = da.zeros((6, 20), chunks=(2, 10))
    half = fastact.gumbel_softmax(x.astype(np.float16), rng=1)
    assert half.dtype == half.compute().dtype == np.float16
    np.testing.assert_array_equal(fastact.gumbel_softmax(x, hard=True, rng=1).sum(axis=-1).compute(), 1)
    with pytest.raises(TypeError, match=r"noisy_relu\(\): rng: "):
        fastact.noisy_relu(x, rng=np.random.default_rng(np.random.RandomState(1)))


# Losses, units, several outputs.


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("chunks", [(5, 9), (2, 9), (2, 4), ((4, 1), (1, 2, 6))], ids=str)
@pytest.mark.parametrize("axis", [0, 1])
def test_losses(dtype, chunks, axis):
    rng = np.random.default_rng(0)
    x = rng.normal(0, 3, (5, 9)).astype(dtype)
    x[0, 3] += 30  # a class that dominates
    classes = rng.integers(0, (5, 9)[axis], (9, 5)[axis])
    if axis:
        classes[0] = 3
    shares = rng.uniform(0, 1, (5, 9))
    shares[1] = np.eye(9)[2]
    shares = shares.astype(dtype)
    d = da.from_array(x, chunks=chunks)
    for labels in (classes, shares):
        expected = losses.softmax_cross_entropy(x.astype(np.float64), labels, axis=axis)
        for given in (labels, da.from_array(labels, chunks=2)):
            for one, exact in zip(losses.softmax_cross_entropy(d, given, axis=axis), expected, strict=True):
                assert one.dtype == dtype
                assert one.shape == exact.shape
                eps = max(np.finfo(dtype).eps, 1e-15)
                np.testing.assert_allclose(
                    one.compute(), exact, rtol=8 * eps, atol=eps * 1e-3 if labels is classes else 8 * eps
                )
    whole = losses.softmax_cross_entropy(da.from_array(x, chunks=(2, -1)), classes if axis else shares)
    for one, exact in zip(whole, losses.softmax_cross_entropy(x, classes if axis else shares), strict=True):
        same(one, exact)


def test_a_loss_does_not_cancel():
    x = np.zeros((2, 40))
    x[:, 7] = 60
    value, gradient = losses.softmax_cross_entropy(da.from_array(x, chunks=(1, 9)), [7, 7])
    others = 39 * np.exp(-60.0)
    np.testing.assert_allclose(value.compute(), others, rtol=1e-14)
    np.testing.assert_allclose(gradient[:, 7].compute(), -others, rtol=1e-14)
    near = np.full((1, 3), -40.0)
    near[0, 1] = 1.0
    near[0, 2] = 1.0 + 1e-9
    _, gradient = losses.softmax_cross_entropy(da.from_array(near, chunks=1), [1])
    np.testing.assert_allclose(gradient.compute(), losses.softmax_cross_entropy(near, [1])[1], rtol=1e-14)
    low = np.array([[0.0, -3000.0, 5.0]])
    value, _ = losses.softmax_cross_entropy(da.from_array(low, chunks=2), [1])
    np.testing.assert_allclose(value.compute(), losses.softmax_cross_entropy(low, [1])[0], rtol=1e-15)


def test_special_rows_of_losses():
    inf, nan = np.inf, np.nan
    x = np.array([[0, 1, 2.0], [inf, 1, 0], [inf, inf, 0], [nan, 0, 0], [-inf, 0, 1], [-inf, -inf, -inf], [1, -inf, 0]])
    for labels in (*np.eye(3)[[0, 1, 2]], np.array([0.3, 0.0, 0.7])):
        shares = np.tile(labels, (7, 1))
        for given, expected in ((shares, shares), (np.full(7, labels.argmax()),) * 2):
            wanted = losses.softmax_cross_entropy(x, expected)
            for chunks in ((2, 3), (3, 1), (7, 2)):
                with np.errstate(all="raise"):
                    found = dask.compute(*losses.softmax_cross_entropy(da.from_array(x, chunks=chunks), given))
                for one, exact in zip(found, wanted, strict=True):
                    np.testing.assert_allclose(one, exact, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("chunks", [(3, 10), (3, 4)], ids=str)
def test_lifted_structured_and_dead_units(chunks):
    x, labels = np.random.default_rng(5).normal(0, 9, (7, 10)), np.random.default_rng(6).integers(0, 3, 7)
    d = da.from_array(x, chunks=chunks)
    found = [*losses.lifted_structured(d, labels)]
    wanted = [*losses.lifted_structured(x, labels)]
    for axis in (0, (0, 1)):
        found += diagnose.dead_units(d - 9, axis)
        wanted += diagnose.dead_units(x - 9, axis)
    for one, expected in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one.compute(), expected)


def test_several_outputs(rung):
    x = np.random.default_rng(8).normal(0, 2, (7, 10))
    given, swiglu = da.from_array(x, chunks=(3, 4)), functions(rung)["grad"]["swiglu"]
    for dy, plain in ((1.0, 1.0), (x, x), (given, x)):
        for result, expected in zip(several(swiglu(given, given, dy)), several(swiglu(x, x, plain)), strict=True):
            np.testing.assert_array_equal(result.compute(), expected)


def test_elementwise_functions():
    x = np.random.default_rng(0).normal(0, 1, (4, 6))
    d = da.from_array(x, chunks=(3, 2))
    for ufunc in PUBLIC:
        if ufunc.row.axis or ufunc.draws or not isinstance(getattr(public(ufunc), "ufunc", public(ufunc)), np.ufunc):
            continue
        for result, expected in zip(
            several(public(ufunc)(*[d] * len(ufunc.arrays))),
            several(public(ufunc)(*[x] * len(ufunc.arrays))),
            strict=True,
        ):
            same(result, expected)


# What is held.


def size_of(result):
    """Return the bytes of what a task returns."""
    if isinstance(result, tuple | list):
        return sum(map(size_of, result))
    return getattr(result, "nbytes", 0) if not isinstance(result, np.ma.MaskedArray) else result.nbytes + result.size


class Sizes(callbacks.Callback):
    """The bytes of what each task returns, by key."""

    def __init__(self):
        super().__init__(posttask=self.add)
        self.found = {}

    def add(self, key, result, dsk, state, worker):
        self.found[key] = size_of(result)


def travelling(x, results):
    """Return the bytes of what tasks return that is neither a chunk of x nor one of a result."""
    with Sizes() as sizes:
        dask.compute(*results, optimize_graph=False)
    chunks = {x.name, *(one.name for one in results)}
    return [size for key, size in sizes.found.items() if isinstance(key, tuple) and key[0] not in chunks]


@every_function
@pytest.mark.parametrize("axis", [0, 1, None])
def test_few_numbers_of_each_row_travel(ufunc, axis):
    """Whatever the length of the rows is: what is not a chunk is a few numbers for each row of a chunk."""
    shape, chunks = (
        ((4, 60_000), (2, 5000)) if axis == 1 else ((60_000, 4), (5000, 2)) if axis == 0 else ((300, 200), (30, 100))
    )
    x = da.random.default_rng(1).normal(0, 2, shape, chunks=chunks)
    if ufunc.arrays[0] == "y":
        x = x.map_blocks(lambda chunk: chunk * (chunk > 1), dtype=float)
    others = [1.0] * (len(ufunc.arrays) - 1)
    result = public(ufunc)(x, *others, axis=axis)
    most = BYTES_OF_A_ROW * (1 if axis is None else 2)
    if ufunc.row.name == "sparsemax":
        most *= 4
    sizes = travelling(x, [result])
    chunk = 8 * math.prod(one[0] for one in x.chunks)
    again = {key for key in sizes if key >= chunk}  # a saved output, and what makes x
    assert all(size <= 16 * most for size in sizes if size not in again), max(sizes)


def test_few_numbers_of_a_loss_travel():
    x = da.random.default_rng(1).normal(0, 2, (4, 60_000), chunks=(2, 5000))
    for labels in (np.zeros(4, int), da.zeros(4, dtype=int, chunks=2)):
        sizes = travelling(x, losses.softmax_cross_entropy(x, labels))
        assert all(size <= 1024 for size in sizes), sizes
    dead, _ = diagnose.dead_units(da.random.default_rng(1).normal(0, 2, (60_000, 4), chunks=(5000, 2)))
    assert dead.compute().shape == (4,)


@every_function
@pytest.mark.parametrize(
    ("shape", "axis"),
    [((4_000_000,), -1), ((4_000_000,), None), ((200_000, 20), 0), ((200_000, 20), -1), ((200_000, 20), None)],
    ids=str,
)
def test_what_is_held_beside_the_chunks(ufunc, shape, axis):
    """While a chunk is computed: little more than the chunk, whose rows are taken piece by piece."""
    rows = 1 if axis is None else math.prod(shape) // shape[axis]
    chunks = tuple(max(1, n // 4) if k in axes_of(axis, len(shape)) else n for k, n in enumerate(shape))
    x = da.full(shape, 0.0, chunks=chunks, dtype=np.float32).map_blocks(scattered, dtype=np.float32)
    others = [1.0] * (len(ufunc.arrays) - 1)
    result = public(ufunc)(x, *others, axis=axis)
    result = result.max() if result.ndim else result
    size = 4 * math.prod(one[0] for one in x.chunks)
    waiting = size * math.prod(x.numblocks)
    tracemalloc.start()
    try:
        result.compute()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The chunks wait, and one result is made; of each row there is what is told of it, and what comes of that.
    assert peak <= waiting + 2 * size + 600 * rows + 12e6, (peak / 1e6, waiting / 1e6, size / 1e6, rows)


def scattered(x):
    """Return numbers that differ, of which few are large."""
    n = np.arange(x.size, dtype=np.float32).reshape(x.shape)
    np.remainder(n, 1009, out=n)
    np.multiply(n, 0.01, out=n)
    return n


def test_results_are_named_by_what_they_are_of():
    """The same call has the same name, another one another: what is computed once is not computed again."""
    x = da.from_array(np.arange(12.0).reshape(3, 4), chunks=(2, 2))
    whole = x.rechunk({1: -1})
    for one in (x, whole):
        calls = [
            lambda one=one: fastact.softmax(one),
            lambda one=one: fastact.softmax(one, axis=0),
            lambda one=one: fastact.softmin(one),
            lambda one=one: fastact.softmax(one, temperature=2.0),
            lambda one=one: fastact.softmax(one, where=one > 3),
            lambda one=one: fastact.grad.softmax(one, one),
            lambda one=one: fastact.grad_from_output.softmax(one, one),
            lambda one=one: fastact.grad.softmin(one, one),
            lambda one=one: fastact.logsumexp(one),
            lambda one=one: fastact.log_softmax(one, dtype="f4"),
            lambda one=one: fastact.noisy_relu(one, rng=1),
            lambda one=one: fastact.noisy_relu(one, rng=2),
        ]
        names = [call().name for call in calls]
        assert len(set(names)) == len(names)
        assert [call().name for call in calls] == names


# Processes.


@pytest.fixture(scope="module")
def cluster():
    """A cluster of two processes, whose noise, masks and errors are as they are here."""
    distributed = pytest.importorskip("distributed")
    with (
        dask.config.set({"distributed.worker.daemon": True, "distributed.comm.timeouts.connect": "60s"}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, memory_limit="300MiB", dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.filterwarnings("default")
def test_every_function_on_a_cluster(cluster):
    for ufunc in ALONG:
        for chunks in ((2, -1), (2, 3)):
            arrays = operands(ufunc, (4, 6))
            given = [da.from_array(x, chunks=chunks if x.ndim == 2 else 2) for x in arrays]
            result = cluster.compute(public(ufunc)(*given)).result(timeout=60)
            np.testing.assert_allclose(result, public(ufunc)(*arrays), rtol=1e-13, atol=1e-15)
    x = np.random.default_rng(0).normal(0, 1, (4, 6))
    d = da.from_array(x, chunks=(2, 3))
    results = [
        fastact.noisy_relu(d, rng=1),
        fastact.gumbel_softmax(d, hard=True, rng=1),
        *losses.softmax_cross_entropy(d, np.array([0, 1, 2, 3])),
        *losses.lifted_structured(d, np.array([0, 1, 0, 1])),
        *fastact.grad.swiglu(d, d, d),
    ]
    for one in results:
        np.testing.assert_array_equal(cluster.compute(one).result(timeout=60), one.compute(scheduler="sync"))


@pytest.mark.filterwarnings("ignore")
def test_an_array_that_is_larger_than_the_cluster(cluster):
    """768 MB in a cluster of 629, whose workers have half of that each; rows are in several chunks."""
    x = da.random.default_rng(1).uniform(-3, 3, (12_000, 8000), chunks=(500, 2000))
    assert x.nbytes > 1.2 * 2 * 300 * 2**20
    sums = fastact.softmax(x, axis=-1).sum(axis=-1)
    assert abs(sums - 1).max().compute(scheduler=cluster) < 1e-13
    top = fastact.logsumexp(x[:, :2000], axis=0)
    assert top.compute(scheduler=cluster).shape == (2000,)


@pytest.mark.filterwarnings("default")
def test_errors_come_back_from_a_cluster(cluster):
    start = time.monotonic()
    for call, arguments, options, kind in (
        (fastact.softmax, (np.ones(3),), {"axis": 9}, np.exceptions.AxisError),
        (fastact.softmax, (np.ones(3),), {"dim": 0}, TypeError),
        (losses.softmax_cross_entropy, (np.ones((1, 3)), [9]), {}, ValueError),
    ):
        with pytest.raises(kind) as caught:
            cluster.submit(call, *arguments, **options).result(timeout=20)
        with pytest.raises(kind) as here:
            call(*arguments, **options)
        assert str(caught.value) == str(here.value)
    with pytest.raises(np.exceptions.AxisError, match=r"softmax\(\): axis 9 is out of bounds"):
        cluster.submit(fastact.softmax, np.zeros(3), axis=9).result(timeout=60)
    d = da.zeros((4, 6), chunks=(2, 3))
    with pytest.raises(ValueError, match=r"softmax\(\): temperature must be positive and finite"):
        cluster.compute(fastact.softmax(d, temperature=da.zeros(4, chunks=2))).result(timeout=60)
    with pytest.raises(ValueError, match=r"losses\.softmax_cross_entropy\(\): labels must"):
        cluster.compute(losses.softmax_cross_entropy(d, da.full(4, 9, chunks=2))[0]).result(timeout=60)
    assert time.monotonic() - start < 20
