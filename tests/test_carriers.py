"""What arrays carry is kept on every path: masks, missing values, labels, classes; what is hidden takes no part."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastact
from fastact import diagnose, losses

from .cases import PUBLIC, functions, public, several

ALONG = [ufunc for ufunc in PUBLIC if ufunc.row.axis]
every_function = pytest.mark.parametrize("ufunc", ALONG, ids=lambda ufunc: ufunc.public_name)
OPTIONS = ({}, {"axis": 0}, {"axis": -1}, {"axis": None}, {"axis": (0, 1)}, {"axis": (1,)})


def is_row(ufunc, argument):
    return not (ufunc.row.reduces and argument == "dy")


def operands(ufunc, seed=0, shape=(4, 5), axis=-1):
    """Return an array for each argument."""
    rng = np.random.default_rng(seed)
    axes = tuple(range(len(shape))) if axis is None else axis if isinstance(axis, tuple) else (axis % len(shape),)
    short = tuple(n for k, n in enumerate(shape) if k not in axes)
    return [rng.normal(0, 2, shape if is_row(ufunc, name) else short) for name in ufunc.arrays]


def hidden(shape=(4, 5)):
    """Return a mask: of a row all is hidden, of another nothing."""
    mask = np.random.default_rng(9).random(shape) < 0.4
    mask[1], mask[2] = True, False
    return mask


def wanted(function, ufunc, arrays, taking_part, **options):
    """Return what a function makes of the elements that take part, and what it gives elsewhere, row by row."""
    axis, shape = options.get("axis", -1), arrays[0].shape
    axes = tuple(range(2)) if axis is None else tuple(k % 2 for k in (axis if isinstance(axis, tuple) else (axis,)))
    left = [k for k in range(2) if k not in axes]
    reduced = ufunc.row.reduces and not ufunc.space
    result = np.full([shape[k] for k in left] if reduced else shape, ufunc.masked)
    for index in np.ndindex(*(shape[k] for k in left)):
        place = tuple(index[left.index(k)] if k in left else slice(None) for k in range(2))
        part = taking_part[place]
        if not part.any():
            continue
        own = [x[place][part] if x.shape == shape else x[index] for x in arrays]
        if reduced:
            result[index] = function(*own)
        else:
            result[place][part] = function(*own)
    return result


@every_function
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_mask_takes_elements_out(ufunc, rung, options):
    """With where=, in a masked array, and with both: what is not looked at may be anything."""
    function, arrays = public(ufunc, rung), operands(ufunc, **options)
    if ufunc.arrays[0] == "y":
        arrays[0] = fastact.softmax(arrays[0])
    mask = hidden()
    expected = wanted(function, ufunc, arrays, ~mask, **options)
    spoilt = [np.where(mask, np.nan, x) if x.shape == mask.shape else x for x in arrays]
    with np.errstate(all="raise", under="ignore"):
        result = function(*spoilt, where=~mask, **options)
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-15)
        masked = function(*(np.ma.array(x, mask=mask) if x.shape == mask.shape else x for x in spoilt), **options)
    assert isinstance(masked, np.ma.MaskedArray) or np.ndim(masked) == 0
    np.testing.assert_array_equal(np.ma.getdata(masked), result)
    if np.shape(masked) == mask.shape:
        np.testing.assert_array_equal(np.ma.getmaskarray(masked), mask)
        assert (np.ma.getdata(masked)[mask] == ufunc.masked).all()
        assert not np.signbit(np.ma.getdata(masked)[mask]).any() or ufunc.masked
    elif np.ndim(masked):
        np.testing.assert_array_equal(np.ma.getmaskarray(masked), mask.all(axis=options.get("axis", -1)))
    half = np.tile([True, True, True, False, False], (4, 1))
    both = function(np.ma.array(spoilt[0], mask=mask), *arrays[1:], where=half, **options)
    np.testing.assert_array_equal(
        np.ma.getdata(both), function(*spoilt[:1], *arrays[1:], where=half & ~mask, **options)
    )
    if np.shape(both) == mask.shape:
        np.testing.assert_array_equal(np.ma.getmaskarray(both), mask)


@every_function
def test_a_mask_of_any_argument(ufunc, rung):
    """Of dy alone; of one number for each row."""
    function, arrays, mask = public(ufunc, rung), operands(ufunc), hidden()
    if ufunc.arrays[0] == "y":
        arrays[0] = fastact.softmax(arrays[0])
    for k in range(len(arrays)):
        own = mask if arrays[k].shape == mask.shape else mask[:, 0]
        given = [*arrays[:k], np.ma.array(np.where(own, np.nan, arrays[k]), mask=own), *arrays[k + 1 :]]
        result = function(*given)
        whole = own if own.ndim == 2 else np.broadcast_to(own[:, np.newaxis], mask.shape)
        if result.shape == mask.shape:
            np.testing.assert_array_equal(np.ma.getmaskarray(result), whole)
        np.testing.assert_allclose(
            np.ma.getdata(result), wanted(function, ufunc, arrays, ~whole), rtol=1e-12, atol=1e-15
        )
    for parameter in ufunc.row.parameters:
        heat = np.ma.array([1.0, np.nan, -3.0, 2.0], mask=[0, 1, 1, 0])
        result = function(*arrays, **{parameter.name: heat})
        np.testing.assert_array_equal(np.ma.getmaskarray(result).all(axis=-1), heat.mask)
        np.testing.assert_array_equal(result[3], function(*(x[3] for x in arrays), **{parameter.name: 2.0}))


def test_the_masks_of_numpy(rung):
    """Nothing masked; hidden in integers; of one number; out; a class of its own, its fill value."""
    api = functions(rung)[""]
    softmax = api["softmax"]
    np.testing.assert_allclose(softmax(np.ma.array([0.0, 1, 2], mask=[1, 0, 0])).compressed(), [0.26894142, 0.73105858])
    whole = softmax(np.ma.array([1.0, 2.0]))
    assert isinstance(whole, np.ma.MaskedArray)
    assert np.ma.getmask(whole) is np.ma.nomask
    few = softmax(np.ma.array([[1, 2, 99], [1, 2, 3]], mask=[[0, 0, 1], [0, 0, 0]], dtype=np.int8))
    assert few.dtype == np.float16
    np.testing.assert_array_equal(few[0].compressed(), softmax(np.array([1, 2], np.int8)))
    assert api["logsumexp"](np.ma.array([1.0, 2.0], mask=True)) is np.ma.masked
    assert type(api["logsumexp"](np.ma.array([1.0, 2.0]))) is np.float64
    repr(api["logsumexp"](np.ma.array(np.ones((2, 2)), mask=[[1, 1], [0, 1]])))
    x = np.ma.array([[1.0, 2.0, 3.0]], mask=[[0, 1, 0]], fill_value=-7.0)
    assert softmax(x).fill_value == -7.0
    out = np.ma.zeros((1, 3))
    assert softmax(x, out=out) is out
    np.testing.assert_array_equal(out.mask, x.mask)
    with pytest.raises(TypeError, match=r"softmax\(\): out must be a masked array"):
        softmax(x, out=np.zeros((1, 3)))
    np.testing.assert_array_equal(
        softmax(np.array([1.0, 2.0, 3.0]), where=np.ma.array([1, 1, 1], mask=[0, 0, 1], dtype=bool))[2], 0
    )
    copy = x.copy()
    softmax(x)[0, 0] = np.ma.masked  # which is not the mask of x
    np.testing.assert_array_equal(x.data, copy.data)
    np.testing.assert_array_equal(x.mask, copy.mask)


def test_masked_arrays_in_lists(rung):
    """A list of them, and np.ma.masked among numbers, which np.asarray takes as they are."""
    softmax = functions(rung)[""]["softmax"]
    rows = [np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]), np.ma.array([1.0, 2.0, 3.0], mask=[1, 0, 0])]
    for given in (rows, tuple(rows), [[1.0, np.ma.masked, 3.0], [np.ma.masked, 2.0, 3.0]]):
        result = softmax(given)
        np.testing.assert_array_equal(result.mask, [[0, 1, 0], [1, 0, 0]])
        np.testing.assert_allclose(result[0].compressed(), softmax([1.0, 3.0]))
        np.testing.assert_allclose(result[1].compressed(), softmax([2.0, 3.0]))
    assert softmax(np.ma.array([[1.0, 2.0]], mask=[[0, 1]], hard_mask=True)).hardmask


def test_masks_elsewhere():
    """Noise is drawn for what is hidden too, which it does not shift."""
    x = np.random.default_rng(1).normal(0, 1, (3, 4))
    mask = np.array([[1, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]], bool)
    masked = np.ma.array(np.where(mask, np.nan, x), mask=mask)
    for hard in (False, True):
        result = fastact.gumbel_softmax(masked, hard=hard, rng=5)
        np.testing.assert_array_equal(result.mask, mask)
        np.testing.assert_array_equal(result[2], fastact.gumbel_softmax(x, hard=hard, rng=5)[2])
        np.testing.assert_array_equal(
            np.ma.getdata(result), fastact.gumbel_softmax(np.where(mask, np.inf, x), hard=hard, rng=5, where=~mask)
        )
        assert np.ma.allclose(result.sum(axis=-1), [1, 0, 1])
    noisy = fastact.noisy_relu(masked, rng=5)
    np.testing.assert_array_equal(noisy.mask, mask)
    np.testing.assert_array_equal(noisy[~mask], fastact.noisy_relu(x, rng=5)[~mask])

    labels = np.array([1, 0, 3])
    value, gradient = losses.softmax_cross_entropy(masked, labels)
    expected, slope = losses.softmax_cross_entropy(x[0, 1:], 0)
    np.testing.assert_array_equal(value.mask, [False, True, False])
    np.testing.assert_array_equal(gradient.mask, mask)
    np.testing.assert_allclose(value[0], expected, rtol=1e-14)
    np.testing.assert_allclose(gradient[0, 1:], slope, rtol=1e-14)
    value, gradient = losses.softmax_cross_entropy(masked, np.ma.array([0, 0, 99], mask=[0, 0, 1]))
    np.testing.assert_array_equal(value.mask, [True, True, True])  # the class is hidden; the row; the label
    assert (np.ma.getdata(gradient) == 0).all()
    p = np.full((3, 4), 0.25)
    value, gradient = losses.softmax_cross_entropy(x, np.ma.array(p, mask=mask))
    expected, slope = losses.softmax_cross_entropy(x[0, 1:], p[0, 1:])
    np.testing.assert_allclose(value[0], expected, rtol=1e-14)
    np.testing.assert_allclose(gradient[0, 1:], slope, rtol=1e-13)

    value, _ = losses.softmax_cross_entropy([[1.0], [2.0]], np.ma.array([0, 7], mask=[0, 1]))  # of the only class
    assert (value[0], value.mask.tolist()) == (0, [False, True])

    embeddings = np.random.default_rng(2).normal(0, 1, (5, 2))
    value, gradient = losses.lifted_structured(
        np.ma.array(embeddings, mask=np.arange(10).reshape(5, 2) == 3), [0, 1, 0, 1, 1]
    )
    expected, slope = losses.lifted_structured(np.delete(embeddings, 1, axis=0), [0, 0, 1, 1])
    assert value == expected
    np.testing.assert_array_equal(np.ma.getdata(gradient)[[0, 2, 3, 4]], slope)
    np.testing.assert_array_equal(
        losses.lifted_structured(embeddings, np.ma.array([0, 9, 0, 1, 1], mask=[0, 1, 0, 0, 0]))[0], expected
    )

    dead, share = diagnose.dead_units(np.ma.array([[-1.0, 5.0, 2.0], [0.0, -1.0, 3.0]], mask=[[0, 1, 1], [0, 0, 1]]))
    np.testing.assert_array_equal(np.ma.getdata(dead)[:2], [True, True])
    np.testing.assert_array_equal(np.ma.getmaskarray(dead), [False, False, True])
    assert share == 1.0


class Kept(np.ndarray):
    """A subclass that carries something."""

    def __array_finalize__(self, source):
        self.unit = getattr(source, "unit", None)


@every_function
@pytest.mark.parametrize("options", [*OPTIONS, {"where": np.array([True, False, True, True, True])}], ids=str)
def test_subclasses(ufunc, rung, options):
    arrays = operands(ufunc, axis=options.get("axis", -1))
    given = [x.view(Kept) for x in arrays]
    for one in given:
        one.unit = "m"
    result = public(ufunc, rung)(*given, **options)
    if np.ndim(result):
        assert type(result) is Kept
        assert result.unit == "m"
    np.testing.assert_array_equal(np.asarray(result), public(ufunc, rung)(*arrays, **options))


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_matrices(rung):
    """As np.sum has it: two axes always, and a number of all."""
    x = np.arange(6.0).reshape(3, 2)
    matrix = np.asmatrix(x)
    for name in ("softmax", "hardmax"):
        for axis in (-1, 0, None):
            result = functions(rung)[""][name](matrix, axis=axis)
            assert type(result) is np.matrix
            np.testing.assert_array_equal(np.asarray(result), functions(rung)[""][name](x, axis=axis))
    logsumexp = functions(rung)[""]["logsumexp"]
    for axis in (-1, 0, 1):
        assert logsumexp(matrix, axis=axis).shape == np.sum(matrix, axis=axis).shape
        np.testing.assert_array_equal(np.asarray(logsumexp(matrix, axis=axis)), logsumexp(x, axis=axis, keepdims=True))
    assert type(logsumexp(matrix, axis=None)) is np.float64


class Strict:
    """An array of another library, which takes ufuncs and nothing else."""

    def __init__(self, x):
        self.x = x

    ndim, shape = 2, (2, 3)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return Strict(getattr(ufunc, method)(*(one.x if isinstance(one, Strict) else one for one in inputs), **kwargs))


def test_arrays_of_other_libraries():
    """They get the ufunc; where there is more to be done than that, an error."""
    x = Strict(np.arange(6.0).reshape(2, 3))
    if isinstance(fastact.softmax.ufunc, np.ufunc):
        assert type(fastact.softmax(x, axis=0)) is Strict
    for options in ({"axis": None}, {"axis": (0,)}, {"where": np.ones((2, 3), bool)}, {"temperature": 2.0}):
        with pytest.raises(TypeError, match=r"softmax\(\): .*class Strict.*np.asarray"):
            fastact.softmax(x, **options)


def test_no_container_is_imported():
    """The library looks at what is imported already."""
    code = (
        "import sys, numpy as np, fastact\n"
        "fastact.softmax(np.ma.array([1.0, 2.0], mask=[0, 1])), fastact.softmax([1.0, 2.0], where=[True, False])\n"
        "found = {'pandas', 'xarray', 'dask', 'scipy', 'distributed'} & set(sys.modules)\n"
        "sys.exit(str(found) if found else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# pandas.

NULLABLE = ("Int8", "Int16", "Int64", "UInt8", "UInt32", "Float32", "Float64", "boolean")


@pytest.fixture
def pandas():
    return pytest.importorskip("pandas")


@pytest.mark.parametrize("dtype", NULLABLE)
@every_function
def test_missing_values_of_pandas(pandas, ufunc, rung, dtype):
    """They take no part, in a Series, an array, and a column of a frame beside one of NumPy's dtype."""
    function = public(ufunc, rung)
    series = pandas.Series([1, None, 0, 1], dtype=dtype, index=list("abcd"), name="s")
    others = [1.5 if not is_row(ufunc, name) else np.arange(4.0) for name in ufunc.arrays[1:]]
    values = np.ma.array(series.to_numpy(na_value=0, dtype=series.dtype.numpy_dtype), mask=[0, 1, 0, 0])
    expected = function(values, *others)
    result = function(series, *others)
    if ufunc.row.reduces and not ufunc.space:
        assert result == expected
        assert function(pandas.Series([None, None], dtype=dtype), *others) is pandas.NA
        return
    assert result.index.equals(series.index)
    assert (result.name, result.isna().tolist()) == ("s", [False, True, False, False])
    assert result.dtype.name == ("Float64" if expected.dtype == np.float64 else "Float32")
    np.testing.assert_array_equal(result.dropna().to_numpy(), expected.compressed())
    array = function(series.array, *others)
    assert isinstance(array, pandas.api.extensions.ExtensionArray)
    assert array.isna().tolist() == [False, True, False, False]
    frame = pandas.DataFrame({"p": series, "q": [0.5, 1.5, 2.5, 3.5]})
    others = [np.ones(4) if not is_row(ufunc, name) else np.ones((4, 2)) for name in ufunc.arrays[1:]]
    result = function(frame, *others)
    assert [str(one) for one in result.dtypes] == [f"Float{8 * result['q'].dtype.itemsize}", str(result["q"].dtype)]
    assert result.isna().to_numpy().tolist() == [[False, False], [True, False], [False, False], [False, False]]
    alone = function(np.array([1.5]), *(one[1] if one.ndim == 1 else one[1, :1] for one in others))[0]
    np.testing.assert_allclose(result.loc["b", "q"], alone, atol=1e-15)


@every_function
@pytest.mark.parametrize("options", [*OPTIONS, {"where": True}, {"axis": "columns"}, {"axis": "index"}], ids=str)
def test_labels_of_pandas(pandas, ufunc, rung, options):
    """They stay, whatever the path; other arguments come in the order of the first one's labels."""
    function = public(ufunc, rung)
    axis = {"columns": 1, "index": 0}.get(options.get("axis", -1), options.get("axis", -1))
    arrays = operands(ufunc, axis=axis)
    index, columns = list("abcd"), list("vwxyz")
    labels = {(4, 5): (index, columns), (4,): (index,), (5,): (columns,), (): ()}
    given, mask = [], {}
    for k, x in enumerate(arrays):
        if not x.ndim:
            given.append(x)
            continue
        made = pandas.DataFrame(x, *labels[x.shape]) if x.ndim == 2 else pandas.Series(x, labels[x.shape][0])
        given.append(made if k == 0 else made.iloc[::-1])
    options = dict(options)
    if options.pop("where", None):
        mask = {"where": given[0] > -1}
    result = function(*given, **options, **mask)
    plain = {"where": arrays[0] > -1} if mask else {}
    expected = function(*arrays, **{**options, "axis": axis}, **plain)
    if not np.ndim(expected):
        assert result == expected
        return
    assert type(result).__name__ == {1: "Series", 2: "DataFrame"}[expected.ndim]
    assert [one.tolist() for one in result.axes] == list(labels[expected.shape])
    np.testing.assert_array_equal(result.to_numpy(), expected)


def test_pandas_otherwise(pandas):
    """Labels that differ; masks with missing values; columns that are no numbers; sets of columns of other kinds."""
    frame = pandas.DataFrame({"a": [0.0, 1.0], "b": [2.0, 3.0]}, index=["r", "t"])
    frame.attrs["unit"] = "m"
    assert fastact.softmax(frame).attrs == fastact.hardmax(frame, axis=None).attrs == {"unit": "m"}
    assert fastact.logsumexp(frame, axis=1).attrs == {"unit": "m"}
    with pytest.raises(ValueError, match=r"grad\.softmax\(\): the labels of dy are not those"):
        fastact.grad.softmax(frame, frame.rename(columns={"a": "q"}))
    with pytest.raises(ValueError, match="where has missing values"):
        fastact.softmax(frame["a"], where=pandas.Series([True, None], dtype="boolean", index=["r", "t"]))
    for bad in (
        frame.astype(str),
        frame.assign(c="x"),
        pandas.Series([1, "x"]),
        pandas.Series([1.0, 2.0], dtype="category"),
    ):
        with pytest.raises(TypeError, match=r"softmax\(\): x must be real"):
            fastact.softmax(bad)
    with pytest.raises(TypeError, match="out must be an array of NumPy's"):
        fastact.softmax(frame, out=frame.copy())
    out = np.zeros((2, 2))
    assert fastact.softmax(frame, out=out) is out
    np.testing.assert_array_equal(out, fastact.softmax(frame.to_numpy()))
    heats = pandas.Series([2.0, 1.0], index=["t", "r"])
    np.testing.assert_array_equal(
        fastact.softmax(frame, temperature=heats), fastact.softmax(frame.to_numpy(), temperature=[1.0, 2.0])
    )
    twice = frame.set_axis(["a", "a"], axis=1)
    assert fastact.softmax(twice).columns.tolist() == ["a", "a"]
    assert fastact.logsumexp(frame, axis=1, keepdims=True).shape == (2, 1)
    assert fastact.softmax(frame.iloc[:0]).shape == (0, 2)
    mixed = pandas.DataFrame({"a": [True, False], "b": [2.0, 3.0], "c": np.array([1, 2], np.int8)})
    np.testing.assert_array_equal(fastact.softmax(mixed), fastact.softmax([[1, 2.0, 1], [0, 3.0, 2]]))
    index = fastact.softmax(pandas.Index([1.0, 2.0], name="i"))
    assert isinstance(index, pandas.Index)
    assert index.name == "i"


def test_pandas_element_by_element(pandas, rung):
    """A Series of slopes goes along the columns, as in pandas' own operations; gates; noise."""
    api = functions(rung)
    frame = pandas.DataFrame({"a": [-1.0, 1.0], "b": [-2.0, 3.0]}, index=["r", "t"])
    slopes = pandas.Series([0.1, 0.2], index=["b", "a"])
    result = api[""]["leaky_relu"](frame, negative_slope=slopes)
    pandas.testing.assert_frame_equal(result, api[""]["leaky_relu"](frame, negative_slope=frame * 0 + [0.2, 0.1]))
    for one in several(api["grad"]["swiglu"](frame, frame, 1.0)):
        assert one.columns.equals(frame.columns)
        assert one.index.equals(frame.index)
    missing = pandas.Series([1, None], dtype="Int64", index=["r", "t"])
    for made in (api[""]["noisy_relu"](missing, rng=1), api[""]["relu"](missing), api[""]["leaky_relu"](missing)):
        assert made.index.equals(missing.index)
        assert made.isna().tolist() == [False, True]
    pandas.testing.assert_frame_equal(
        api[""]["noisy_relu"](frame, rng=1),
        pandas.DataFrame(api[""]["noisy_relu"](frame.to_numpy(), rng=1), frame.index, frame.columns),
    )


def test_pandas_in_losses(pandas):
    frame = pandas.DataFrame({"a": [0.0, 1.0], "b": [2.0, 3.0]}, index=["r", "t"])
    value, gradient = losses.softmax_cross_entropy(frame, pandas.Series([1, 0], index=["t", "r"]))
    expected = losses.softmax_cross_entropy(frame.to_numpy(), [0, 1])
    pandas.testing.assert_series_equal(value, pandas.Series(expected[0], frame.index))
    pandas.testing.assert_frame_equal(gradient, pandas.DataFrame(expected[1], frame.index, frame.columns))
    dead, share = diagnose.dead_units(frame - 2)
    assert (dead.index.tolist(), dead.tolist(), share) == (["a", "b"], [True, False], 0.5)
    value, gradient = losses.lifted_structured(frame, pandas.Series([1, 1], index=["t", "r"]))
    assert gradient.index.equals(frame.index)
    sample = fastact.gumbel_softmax(frame, hard=True, rng=1)
    assert sample.columns.equals(frame.columns)
    assert (sample.sum(axis=1) == 1).all()


# xarray.


@pytest.fixture
def xarray():
    return pytest.importorskip("xarray")


def data_array(xarray, x=None):
    x = np.random.default_rng(3).normal(0, 2, (3, 4)) if x is None else x
    return xarray.DataArray(
        x, dims=("r", "c"), coords={"r": [10, 20, 30], "c": list("wxyz")}, name="n", attrs={"u": "m"}
    )


@every_function
@pytest.mark.parametrize(
    ("axis", "number"),
    [("c", 1), ("r", 0), (-1, -1), (0, 0), (None, None), (("r", "c"), (0, 1)), (("c",), (1,)), (("r", 1), (0, 1))],
    ids=str,
)
def test_dimensions_of_xarray(xarray, ufunc, rung, axis, number):
    function = public(ufunc, rung)
    given = data_array(xarray)
    axes = (0, 1) if number is None else tuple(k % 2 for k in (number if isinstance(number, tuple) else (number,)))
    left = [one for k, one in enumerate(given.dims) if k not in axes]
    others = [
        given.T if is_row(ufunc, name) else given.max([one for one in given.dims if one not in left])
        for name in ufunc.arrays[1:]
    ]
    result = function(given, *others, axis=axis)
    expected = function(given.data, *(given.data if one.ndim == 2 else one.data for one in others), axis=number)
    assert isinstance(result, xarray.DataArray)
    assert list(result.dims) == (list(given.dims) if np.ndim(expected) == 2 else left)
    assert (result.name, result.attrs) == ("n", {"u": "m"})
    for one in result.dims:
        assert (result[one] == given[one]).all()
    np.testing.assert_array_equal(result.data, expected)
    masked = function(given, *others, axis=axis, where=(given > -1).T)
    np.testing.assert_array_equal(
        masked.data,
        function(
            given.data,
            *(given.data if one.ndim == 2 else one.data for one in others),
            axis=number,
            where=given.data > -1,
        ),
    )


def test_xarray_otherwise(xarray, rung):
    api, x = functions(rung), data_array(xarray)
    softmax = api[""]["softmax"]
    with pytest.raises(ValueError, match=r"softmax\(\): axis 'q' is none of the dimensions \('r', 'c'\)"):
        softmax(x, axis="q")
    with pytest.raises(np.exceptions.AxisError, match=r"softmax\(\): axis 7"):
        softmax(x, axis=7)
    with pytest.raises(ValueError, match=r"grad\.softmax\(\): "):
        api["grad"]["softmax"](x, x.assign_coords(c=list("wxyq")), axis="c")
    for other in (
        {"where": (x > 0).assign_coords(c=list("wxyq"))},
        {"temperature": 0 * x[:, 0].assign_coords(r=[1, 2, 3]) + 1},
    ):
        with pytest.raises(ValueError, match=r"softmax\(\): (where|temperature): "):
            softmax(x, axis="c", **other)
    with pytest.raises(ValueError, match=r"softmax\(\): temperature has the dimension 'c'"):
        softmax(x, temperature=x, axis="c")
    heats = xarray.DataArray([3.0, 2.0, 1.0], dims="r", coords={"r": [10, 20, 30]})
    np.testing.assert_array_equal(softmax(x, axis="c", temperature=heats).data, softmax(x.data, temperature=heats.data))
    wide = api["grad"]["softmax"](x, x.isel(r=0, drop=True), axis="c")
    np.testing.assert_array_equal(wide.data, api["grad"]["softmax"](x.data, x.data[0]))
    kept = api[""]["logsumexp"](x, axis="c", keepdims=True)
    assert kept.shape == (3, 1)
    dataset = xarray.Dataset({"p": x, "q": 2 * x})
    result = softmax(dataset, axis="c")
    np.testing.assert_array_equal(result["q"].data, softmax(2 * x.data))
    assert isinstance(softmax(x.variable, axis="c"), xarray.Variable)
    masked = softmax(x.copy(data=np.ma.array(x.data, mask=x.data > 0)), axis="c")
    assert isinstance(masked.data, np.ma.MaskedArray | np.ndarray)


def test_xarray_elsewhere(xarray):
    x = data_array(xarray)
    for made in (fastact.noisy_relu(x, rng=1), fastact.gumbel_softmax(x, axis="c", rng=1), fastact.leaky_relu(x)):
        assert isinstance(made, xarray.DataArray)
        assert made.dims == x.dims
    value, gradient = losses.softmax_cross_entropy(x, xarray.DataArray([0, 1, 2], dims="r"), axis="c")
    expected = losses.softmax_cross_entropy(x.data, [0, 1, 2])
    np.testing.assert_array_equal(value.data, expected[0])
    np.testing.assert_array_equal(gradient.data, expected[1])
    assert (value.dims, gradient.dims) == (("r",), ("r", "c"))
    dead, share = diagnose.dead_units(x - 9, axis="r")
    assert (dead.dims, share) == (("c",), 1.0)


def test_xarray_with_chunks(xarray):
    """Both are kept: dimensions by name, and nothing computed at the call."""
    da = pytest.importorskip("dask.array")
    x, plain = data_array(xarray), data_array(xarray)
    x = x.copy(data=da.from_array(x.data, chunks=(2, 3)))
    for call in (
        lambda x: fastact.softmax(x, axis="c"),
        lambda x: fastact.logsumexp(x, axis=("r", "c")),
        lambda x: fastact.grad.softmax(x, x, axis="r", where=x > 0),
        lambda x: losses.softmax_cross_entropy(x, [0, 1, 2], axis="c")[1],
        lambda x: diagnose.dead_units(x - 1, axis="r").dead,
        lambda x: diagnose.dead_units(x - 1, axis="r").share,
    ):
        made = call(x)
        assert isinstance(getattr(made, "data", made), da.Array)
        np.testing.assert_allclose(np.asarray(made), np.asarray(call(plain)), rtol=1e-14, atol=1e-15)


# scipy.sparse.


def test_sparse_arrays_are_refused():
    sparse = pytest.importorskip("scipy.sparse")
    arrays = [sparse.csr_matrix(np.eye(2)), sparse.coo_array(np.eye(2)), sparse.dia_matrix(np.eye(2))]
    for x, ufunc in itertools.product(arrays, [one for one in PUBLIC if one.facade]):
        others = [1.0] * (len(ufunc.arrays) - 1)
        with pytest.raises(
            TypeError, match=rf"{ufunc.public_name}\(\): .*{type(x).__name__} of scipy.sparse.*x\.toarray\(\)"
        ):
            public(ufunc)(x, *others)
    for call in (lambda x: losses.softmax_cross_entropy(x, [0, 1]), fastact.gumbel_softmax, diagnose.dead_units):
        with pytest.raises(TypeError, match=r"toarray"):
            call(arrays[0])


def test_the_documentation_lists_what_is_0_at_0():
    """The functions of which the elements that a sparse array stores are all that there is."""
    page = Path(fastact.__file__).parent.parent / "docs" / "arrays.md"
    if not page.exists():
        pytest.skip("outside of the tree there are no docs")
    listed = re.search(r"That holds for ([\w, \n]+);", page.read_text())[1]
    rows = [ufunc.row for ufunc in PUBLIC if not ufunc.space and not ufunc.row.axis and len(ufunc.row.arrays) == 1]
    wanted = {row.name for row in rows if not row.noise and row.value.limits[1] == row.value.limits[2] == 0}
    assert set(re.split(r",\s+| and ", listed)) == wanted


@pytest.mark.parametrize("options", [{"where": np.array([True, False, True])}, {"temperature": 0.5}])
def test_a_dtype_beside_a_mask_or_a_temperature(rung, options):
    """It is that of the arrays, not of the mask."""
    softmax, x = functions(rung)[""]["softmax"], np.array([1.0, 2.0, 4.0])
    for dtype in (np.float16, np.float32, np.float64):
        result = softmax(x, dtype=dtype, **options)
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, softmax(x.astype(dtype), **options))
    masked = softmax(np.ma.array(x, mask=[0, 1, 0]), dtype="f4")
    assert (masked.dtype, masked.mask.tolist()) == (np.float32, [False, True, False])


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_matrices_of_numbers_for_each_row():
    matrix = np.asmatrix(np.arange(6.0).reshape(3, 2))
    x = np.asarray(matrix)
    slope = fastact.grad.logsumexp(matrix, fastact.logsumexp(matrix))
    np.testing.assert_array_equal(np.asarray(slope), fastact.grad.logsumexp(x, fastact.logsumexp(x)))
    value, gradient = losses.softmax_cross_entropy(matrix, [0, 1, 0])
    assert (value.shape, type(value), type(gradient)) == ((3, 1), np.matrix, np.matrix)
    np.testing.assert_array_equal(np.asarray(value)[:, 0], losses.softmax_cross_entropy(x, [0, 1, 0])[0])
    assert diagnose.dead_units(matrix - 9).dead.shape == (1, 2)


def test_frames_of_one_column(pandas):
    """And of several of one nullable dtype."""
    for columns in (["a"], ["a", "b"]):
        frame = pandas.DataFrame({one: pandas.array([1.0, None, 3.0], dtype="Float64") for one in columns})
        result = fastact.softmax(frame, axis=0)
        assert result.isna().to_numpy()[1].all()
        np.testing.assert_allclose(result["a"].dropna().astype(float), fastact.softmax([1.0, 3.0]))
    mixed = pandas.DataFrame({"a": pandas.array([1.0, None], dtype="Float64"), "b": [np.nan, 2.0]})
    result = fastact.softmax(mixed)  # a NaN in a column of NumPy's dtype is a number
    assert np.isnan(result["b"][0])
    assert result["b"][1] == 1
    frame = pandas.DataFrame({"flag": [True, False], "v": [1.5, 2.5]})
    assert set(map(str, fastact.gumbel_softmax(frame, rng=1).dtypes)) == {"float64"}


def test_dead_units_of_which_nothing_is_known(pandas):
    for given in (
        np.ma.array([[1.0, 2.0]], mask=True),
        np.ma.array([1.0, 2.0], mask=True),
        pandas.Series([None, None], dtype="Int64"),
        pandas.DataFrame({"x": [None]}, dtype="Int64"),
    ):
        assert np.isnan(diagnose.dead_units(given).share)


def test_xarray_beside_arrays(xarray):
    """A mask or numbers alone have no dimensions that the array could have."""
    x = np.random.default_rng(1).normal(0, 1, (2, 3))
    mask = xarray.DataArray([True, True, False], dims="c")
    np.testing.assert_array_equal(fastact.logsumexp(x, where=mask), fastact.logsumexp(x, where=mask.data))
    heats = xarray.DataArray([1.0, 2.0], dims="r")
    np.testing.assert_array_equal(fastact.softmax(x, temperature=heats), fastact.softmax(x, temperature=heats.data))
    with pytest.raises(ValueError, match=r"grad\.softmax\(\): beside xarray's objects"):
        fastact.grad.softmax(x, xarray.DataArray(x[0], dims="c"))
    da = data_array(xarray)
    kept = fastact.logsumexp(da, axis="c", keepdims=True)
    slope = fastact.grad.logsumexp(da, kept, axis="c", keepdims=True)
    np.testing.assert_array_equal(slope.data, fastact.grad.logsumexp(da.data, kept.data, keepdims=True))
    with pytest.raises(ValueError, match=r"softmax\(\): axis .* of x is empty"):
        fastact.softmax(da[:, :0])
    assert (fastact.logsumexp(da[:, :0]) == -np.inf).all()
    assert fastact.softmax(xarray.DataArray(3.0)) == 1
    twins = xarray.Dataset({"p": da, "q": da})
    noisy = fastact.noisy_relu(twins, rng=1)
    assert not np.array_equal(noisy["p"], noisy["q"])


def test_an_out_of_another_library(xarray):
    """It is refused at once: NumPy would hand the call over to it."""
    outs = [xarray.DataArray(np.zeros(2))]
    try:
        import dask.array  # noqa: PLC0415

        outs.append(dask.array.zeros(2))
    except ImportError:
        pass
    for out in outs:
        for call in (fastact.softmax, fastact.sparsemax, fastact.noisy_relu):
            with pytest.raises(TypeError, match=rf"{call.__name__}\(\): out must be an array of NumPy's, not"):
                call([1.0, 2.0], out=out)
            with pytest.raises(TypeError, match="out must be an array of NumPy's"):
                call(np.array([1.0, 2.0]), out=out)


def test_noise_where_operands_overlap_the_output():
    """A block of the result may be where a later one of the standard deviations, or of the mask, is."""
    n = 200_000
    x, room = np.ones(n), np.random.default_rng(1).uniform(0, 1, n)
    expected = fastact.noisy_relu(x, room[::-1].copy(), rng=1)
    np.testing.assert_array_equal(fastact.noisy_relu(x, room[::-1], rng=1, out=room), expected)


def test_what_stands_for_something_masked(pandas, rung):
    """np.ma.masked for a temperature; what is missing of integers; a standard deviation that is hidden."""
    softmax = functions(rung)[""]["softmax"]
    assert softmax([1.0, 2.0], temperature=np.ma.masked).mask.all()
    heats = pandas.Series([1, None], dtype="Int64")
    result = softmax(pandas.DataFrame([[1.0, 2.0], [1.0, 2.0]]), temperature=heats)
    assert result.isna().to_numpy().tolist() == [[False, False], [True, True]]
    noisy = functions(rung)[""]["noisy_relu"]([1.0, 1.0], std=np.ma.array([0.0, -5.0], mask=[0, 1]), rng=1)
    assert (noisy[0], noisy.mask.tolist()) == (1.0, [False, True])
