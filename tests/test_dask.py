"""Dask's arrays: nothing is computed at the call, and an axis may be in several chunks."""

import math

import numpy as np
import pytest

import fastact
from fastact import _dispatch, _rows, diagnose, losses

from . import oracle
from .cases import PUBLIC, functions, public, several

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")

ALONG = [ufunc for ufunc in PUBLIC if ufunc.row.axis]
every_function = pytest.mark.parametrize("ufunc", ALONG, ids=lambda ufunc: ufunc.public_name)
SHAPE = (7, 10)
WHOLE, SPLIT, FINE = ((3, 4), (10,)), ((3, 4), (4, 3, 3)), ((1,) * 7, (1,) * 10)
AXES = (-1, 0, None, (0, 1), (1,))


def is_row(ufunc, argument):
    return not (ufunc.row.reduces and argument == "dy")


def operands(ufunc, axis=-1, shape=SHAPE, dtype=np.float64, seed=0):
    """Return an array for each argument."""
    rng = np.random.default_rng(seed)
    axes = tuple(range(len(shape))) if axis is None else axis if isinstance(axis, tuple) else (axis % len(shape),)
    short = tuple(n for k, n in enumerate(shape) if k not in axes)
    arrays = [rng.normal(0, 3, shape if is_row(ufunc, name) else short).astype(dtype) for name in ufunc.arrays]
    if ufunc.arrays[0] == "y":
        arrays[0] = getattr(fastact, ufunc.row.name)(arrays[0], axis=axis)
    return arrays


def later(arrays, chunks, axis=-1):
    """Return arrays as Dask's, those of a number for each row in its chunks."""
    axes = (0, 1) if axis is None else tuple(k % 2 for k in (axis if isinstance(axis, tuple) else (axis,)))
    left = tuple(one for k, one in enumerate(chunks) if k not in axes)
    return [da.from_array(x, chunks=chunks if x.ndim == 2 else left) for x in arrays]


def close(result, expected, scale=1.0, bound=16):
    """Assert what is nearly the same; in gradients relative to the size of what is added up."""
    assert (result.dtype, result.shape) == (expected.dtype, expected.shape)
    eps = np.finfo(result.dtype).eps
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(result, expected, rtol=bound * eps, atol=bound * eps * scale)


@every_function
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("chunks", [WHOLE, SPLIT, FINE], ids=["whole", "split", "fine"])
def test_every_function_over_chunks(ufunc, axis, chunks):
    """With and without a mask."""
    function, arrays = public(ufunc), operands(ufunc, axis)
    given = later(arrays, chunks, axis)
    mask = np.random.default_rng(1).random(SHAPE) < 0.7
    mask[2] = False
    scale = np.abs(arrays[-1]).sum() if ufunc.space else 0.1
    for where in (True, mask):
        result = function(
            *given, axis=axis, **({} if where is True else {"where": da.from_array(where, chunks=(5, 5))})
        )
        assert isinstance(result, da.Array)
        expected = function(*arrays, axis=axis, where=where)
        assert (result.dtype, result.shape) == (expected.dtype, np.shape(expected))
        close(np.asarray(result.compute()), np.asarray(expected), scale)
        if np.shape(expected) == SHAPE and where is True:
            assert result.chunks == tuple(tuple(one) for one in chunks)
        elif np.shape(expected) == SHAPE:
            np.testing.assert_array_equal(result.compute()[~mask], expected[~mask])


@every_function
def test_in_one_chunk_the_bits_are_those_of_numpy(ufunc, rung):
    function, arrays = public(ufunc, rung), operands(ufunc)
    mask = arrays[0] > 0
    for options in ({}, {"where": mask}):
        np.testing.assert_array_equal(
            function(*later(arrays, WHOLE), **options).compute(), function(*arrays, **options)
        )


@every_function
@pytest.mark.parametrize("dtype", [*oracle.DTYPES, np.int8, np.int64])
def test_dtypes(ufunc, dtype):
    """As NumPy's; float32 and float16 are rounded once, from float64."""
    arrays = operands(ufunc)
    arrays = [x.astype(dtype) if x.dtype != dtype else x for x in arrays]
    function = public(ufunc)
    expected = function(*arrays)
    result = function(*later(arrays, SPLIT))
    assert result.dtype == expected.dtype
    scale = np.abs(arrays[-1].astype(float)).sum() if ufunc.space else 0.1
    close(result.compute(), expected, scale)
    if not ufunc.space and dtype in (np.float16, np.float32):
        wide = functions(_dispatch.NUMPY)[""][ufunc.row.name](arrays[0].astype(np.float64))
        off = np.abs(result.compute() - wide) / oracle.ulps(dtype, wide)
        assert off.max() <= _rows.FLOAT16_ULP


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
@pytest.mark.parametrize("spread", [1, 30, 300])
def test_accuracy(name, spread):
    """Within 8 ULP in float64: against NumPy's functions in long double."""
    wide = np.longdouble
    if np.finfo(wide).eps >= np.finfo(float).eps:
        pytest.skip("needs a wider type")
    x = np.random.default_rng(3).normal(0, spread, (50, 333))
    top = x.max(axis=-1, keepdims=True)
    e = np.exp(x.astype(wide) - top)
    total = e.sum(axis=-1, keepdims=True)
    others = np.log1p(np.where(np.arange(333) == x.argmax(axis=-1)[:, np.newaxis], 0, e).sum(axis=-1, keepdims=True))
    exact = {"softmax": e / total, "log_softmax": (x.astype(wide) - top) - others, "logsumexp": (top + others)[:, 0]}[
        name
    ]
    result = getattr(fastact, name)(da.from_array(x, chunks=(20, 50))).compute()
    exact = np.where(np.abs(exact) < np.finfo(float).smallest_normal, 0, exact)
    result = np.where(exact == 0, 0, result)
    assert (np.abs(result - exact) / oracle.ulps(np.float64, exact)).max() <= 8


@every_function
def test_special_rows(ufunc):
    """Of infinities and NaN, which may be in different chunks."""
    x = np.zeros((9, 6))
    x[1, 4], x[2, [0, 5]], x[3], x[4, 2] = np.inf, np.inf, -np.inf, np.nan
    x[5, :3], x[6, [0, 3]], x[7], x[8] = -np.inf, [np.nan, np.inf], 1e308, [1.7e308, -1.7e308, 0, 1, 2, 3]
    if ufunc.space == "grad_from_output":
        x = np.nan_to_num(fastact.softmax(x), nan=0.5)
    dy = np.ones(9) if ufunc.row.reduces else np.arange(54.0).reshape(9, 6) % 7
    arrays = [x, dy][: len(ufunc.arrays)]
    function = public(ufunc, _dispatch.NUMPY)
    given = later(arrays, ((4, 5), (2, 2, 2)))
    with np.errstate(all="ignore"):
        expected = function(*arrays)
        np.testing.assert_allclose(function(*given).compute(), expected, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("space", ["", "grad", "grad_from_output"])
def test_temperatures(rung, space):
    """One, or one for each row, in its own chunks; what is none is found when it is computed."""
    function = functions(rung)[space]["softmax"]
    x = np.random.default_rng(4).normal(0, 3, SHAPE)
    arrays = [x] if not space else [fastact.softmax(x) if space == "grad_from_output" else x, x[::-1].copy()]
    for heat in (0.3, np.float32(3), np.linspace(0.1, 4, 7), 1e-300, 1e300):
        for given in (heat, da.from_array(heat, chunks=2)) if np.ndim(heat) else (heat,):
            with np.errstate(all="ignore"):
                result = function(*later(arrays, SPLIT), temperature=given).compute()
                expected = function(*arrays, temperature=heat)
            scale = np.abs(arrays[-1]).sum() / np.min(heat) if space else 0.1
            np.testing.assert_allclose(result, expected, rtol=1e-14, atol=1e-15 * scale)
    wrong = function(*later(arrays, SPLIT), temperature=da.zeros(7, chunks=2))
    with pytest.raises(ValueError, match="temperature must be positive and finite"):
        wrong.compute()


def untouchable(shape, chunks, dtype=float):
    """Return an array that must not be computed."""

    def touched(block):
        raise AssertionError("computed")

    return da.zeros(shape, chunks=chunks, dtype=dtype).map_blocks(
        touched, dtype=dtype, meta=np.empty((0,) * len(shape), dtype)
    )


@every_function
@pytest.mark.parametrize("chunks", [WHOLE, SPLIT], ids=["whole", "split"])
def test_nothing_is_computed_at_the_call(ufunc, chunks):
    x = untouchable(SHAPE, chunks)
    for options in ({}, {"axis": None}, {"axis": (0, 1)}, {"axis": 0}, {"where": untouchable(SHAPE, chunks, bool)}):
        short = 1.0
        function = public(ufunc)
        made = function(*[x if is_row(ufunc, name) else short for name in ufunc.arrays], **options)
        assert isinstance(made, da.Array)
        if len(ufunc.arrays) > 1 and is_row(ufunc, "dy"):
            assert isinstance(function(x, 1.0, **options), da.Array)
        with pytest.raises(AssertionError, match="computed"):
            made.compute()


def test_nothing_is_computed_elsewhere(rung):
    x = untouchable(SHAPE, SPLIT)
    made = [
        fastact.gumbel_softmax(x, rng=1),
        fastact.gumbel_softmax(x, hard=True, axis=None, rng=1),
        functions(rung)[""]["noisy_relu"](x, rng=1),
        functions(rung)[""]["noisy_relu"](x, x, rng=1),
        *losses.softmax_cross_entropy(x, np.zeros(7, int)),
        *losses.softmax_cross_entropy(x, x),
        *losses.lifted_structured(x, np.zeros(7, int)),
        *diagnose.dead_units(x),
        *functions(rung)["grad"]["swiglu"](x, x, 1.0),
        functions(rung)[""]["leaky_relu"](x, negative_slope=0.3),
    ]
    assert all(isinstance(one, da.Array) for one in made)


@pytest.mark.parametrize("chunks", [WHOLE, SPLIT], ids=["whole", "split"])
def test_losses(chunks):
    x, rng = np.random.default_rng(5).normal(0, 9, SHAPE), np.random.default_rng(6)
    p = rng.dirichlet(np.ones(10), 7)
    p[0, :5], p[1] = 0, 0
    for labels in (x.argmax(axis=-1), rng.integers(0, 10, 7), p):
        for given in (labels, da.from_array(labels, chunks=3)):
            for dtype in (np.float64, np.float32):
                wanted = losses.softmax_cross_entropy(x.astype(dtype), labels)
                made = losses.softmax_cross_entropy(da.from_array(x.astype(dtype), chunks=chunks), given)
                for result, expected in zip(made, wanted, strict=True):
                    close(result.compute(), expected, bound=200)
    value, gradient = losses.softmax_cross_entropy(da.from_array([[0.0, -50.0]], chunks=1), [0])
    np.testing.assert_allclose(value.compute(), 1.9287498479639178e-22, rtol=1e-14)
    np.testing.assert_allclose(gradient.compute(), [[-1.9287498479639178e-22, 1.9287498479639178e-22]], rtol=1e-14)
    for labels in (np.full(7, 10), np.full(7, -1), -p):
        wrong = losses.softmax_cross_entropy(da.from_array(x, chunks=chunks), labels)
        for one in wrong:
            with pytest.raises(ValueError, match=r"losses\.softmax_cross_entropy\(\): labels "):
                one.compute()
    with pytest.raises(TypeError, match="must be integers"):
        losses.softmax_cross_entropy(da.from_array(x, chunks=chunks), np.ones(7))
    labels = rng.integers(0, 3, 7)
    for result, expected in zip(
        losses.lifted_structured(da.from_array(x, chunks=chunks), labels),
        losses.lifted_structured(x, labels),
        strict=True,
    ):
        np.testing.assert_array_equal(result.compute(), expected)
    for axis in (0, (0, 1)):
        for result, expected in zip(
            diagnose.dead_units(da.from_array(x - 9, chunks=chunks), axis),
            diagnose.dead_units(x - 9, axis),
            strict=True,
        ):
            np.testing.assert_array_equal(result.compute(), expected)


def test_noise(rung):
    """A seed gives the same for the same chunks, however often it is computed; each chunk has noise of its own."""
    x = da.zeros((6, 2000), chunks=(2, 1000))
    noisy_relu = functions(rung)[""]["noisy_relu"]
    for function in (noisy_relu, fastact.gumbel_softmax, lambda x, rng: fastact.gumbel_softmax(x, hard=True, rng=rng)):
        made = function(x, rng=3)
        result = made.compute()
        np.testing.assert_array_equal(made.compute(), result)
        np.testing.assert_array_equal(function(x, rng=3).compute(), result)
        assert not np.array_equal(function(x, rng=4).compute(), result)
        assert not np.array_equal(result[:2, :1000], result[2:4, :1000])
        assert not np.array_equal(result[:2, :1000], result[:2, 1000:])
    np.testing.assert_array_equal(fastact.gumbel_softmax(x, hard=True, rng=1).sum(axis=-1).compute(), 1)
    assert abs(noisy_relu(x, 2.0, rng=1).compute().mean() - 2 / math.sqrt(2 * math.pi)) < 0.05
    generator = np.random.default_rng(7)
    first, second = noisy_relu(x, rng=generator), noisy_relu(x, rng=generator)
    assert not np.array_equal(first.compute(), second.compute())
    half = fastact.gumbel_softmax(x.astype(np.float16), rng=1)
    assert half.dtype == half.compute().dtype == np.float16
    with pytest.raises(TypeError, match=r"noisy_relu\(\): rng: "):
        noisy_relu(x, rng=np.random.default_rng(np.random.RandomState(1)))


def test_several_outputs(rung):
    x = np.random.default_rng(8).normal(0, 2, SHAPE)
    given = da.from_array(x, chunks=SPLIT)
    for dy in (1.0, x, given):
        made = functions(rung)["grad"]["swiglu"](given, given, dy)
        wanted = functions(rung)["grad"]["swiglu"](x, x, x if dy is given else dy)
        for result, expected in zip(several(made), wanted, strict=True):
            np.testing.assert_array_equal(result.compute(), expected)


@every_function
@pytest.mark.parametrize("chunks", [WHOLE, SPLIT], ids=["whole", "split"])
def test_masked_arrays_in_chunks(ufunc, chunks):
    arrays = operands(ufunc)
    mask = np.random.default_rng(2).random(SHAPE) < 0.4
    mask[1] = True
    masked = np.ma.array(np.where(mask, np.nan, arrays[0]), mask=mask)
    given = [da.from_array(masked, chunks=chunks, asarray=False), *later(arrays[1:], chunks)]
    result, expected = public(ufunc)(*given).compute(), public(ufunc)(masked, *arrays[1:])
    assert isinstance(result, np.ma.MaskedArray)
    np.testing.assert_array_equal(np.ma.getmaskarray(result), np.ma.getmaskarray(expected))
    np.testing.assert_allclose(result.filled(9), expected.filled(9), rtol=1e-13, atol=1e-14)


def test_wrong_calls():
    x = da.zeros(SHAPE, chunks=SPLIT)
    for call, kind, words in [
        (lambda: fastact.softmax(x, axis=7), np.exceptions.AxisError, r"softmax\(\): axis 7"),
        (lambda: fastact.softmax(x, axis=(0, 0)), ValueError, r"softmax\(\): axis .* twice"),
        (lambda: fastact.softmax(x, temperature=0), ValueError, r"softmax\(\): temperature"),
        (lambda: fastact.softmax(x, temperature=np.ones(5)), ValueError, r"softmax\(\): temperature of shape"),
        (lambda: fastact.softmax(x, where=np.ones(4, bool)), ValueError, r"softmax\(\): .* do not broadcast"),
        (lambda: fastact.softmax(x, where=x), TypeError, r"softmax\(\): where must be an array of bool"),
        (lambda: fastact.softmax(x, out=np.zeros(SHAPE)), TypeError, r"softmax\(\): out is not taken"),
        (lambda: fastact.softmax(x.astype(complex)), TypeError, r"softmax\(\): x must be real"),
        (lambda: fastact.softmax(x, dim=1), TypeError, r"softmax\(\) takes no keyword argument 'dim'"),
        (
            lambda: fastact.softmax(x[x > 0]),
            ValueError,
            r"softmax\(\): chunks along axis 0 are of unknown sizes.* compute_chunk_sizes",
        ),
        (lambda: fastact.softmax(da.zeros((3, 0))), ValueError, r"softmax\(\): axis 1 of x is empty"),
        (lambda: fastact.grad.softmax(x, da.ones(3)), ValueError, r"grad\.softmax\(\): x of shape .* do not broadcast"),
    ]:
        with pytest.raises(kind, match=words):
            call()
    sizes_unknown = x[x[:, 0] == 0]
    assert fastact.softmax(sizes_unknown.rechunk({1: -1})).compute().shape == SHAPE
    np.testing.assert_array_equal(fastact.softmax(x[x > -1].compute_chunk_sizes()).compute(), np.full(70, 1 / 70))


class Sizes(dask.callbacks.Callback):
    """Notes the bytes of what each task returns."""

    def __init__(self):
        super().__init__()
        self.found = []

    def _posttask(self, key, result, graph, state, worker):
        self.found.append(bytes_of(result))


def bytes_of(value):
    if isinstance(value, list | tuple):
        return sum(map(bytes_of, value))
    return value.nbytes if isinstance(value, np.ndarray | np.generic) else 0


@every_function
def test_what_is_passed_on_is_a_few_numbers_for_each_row(ufunc):
    """No task returns more than a chunk, or a few numbers for each of its rows, whatever the number of chunks."""
    shape, chunk = (64, 8000), (16, 400)
    arrays = operands(ufunc, shape=shape)
    given = later(arrays, (((16,) * 4), (400,) * 20))
    with Sizes() as sizes:
        made = public(ufunc)(*given)
        dask.compute(made.sum(), scheduler="sync", optimize_graph=False)
    whole, few = 8 * math.prod(chunk), 16 * 8 * 64  # up to 64 numbers for each row: of sparsemax the support
    assert max(sizes.found) <= max(whole, few) or ufunc.row.name == "sparsemax"
    assert all(one == whole or one <= few for one in sizes.found if one < 8 * math.prod(shape))
    assert sum(one == 8 * math.prod(shape) for one in sizes.found) <= len(given), "only what is given is whole"


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    settings = {"distributed.worker.daemon": False, "distributed.admin.log-format": "%(message)s"}
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, memory_limit="300MiB", dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.filterwarnings("ignore")
def test_an_array_that_is_larger_than_the_cluster(cluster):
    """768 MB in a cluster of 629, whose workers have half of that each; rows are in several chunks."""
    x = da.random.default_rng(1).uniform(-3, 3, (12_000, 8000), chunks=(500, 2000))
    assert x.nbytes > 1.2 * 2 * 300 * 2**20
    y = fastact.softmax(x, axis=-1)
    sums = y.sum(axis=-1)
    assert abs(sums - 1).max().compute(scheduler=cluster) < 1e-13
    top = fastact.logsumexp(x[:, :2000], axis=0)
    assert top.compute(scheduler=cluster).shape == (2000,)


@pytest.mark.filterwarnings("ignore")
def test_an_error_comes_back_from_the_cluster(cluster):
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
