"""softmax and its family: accuracy, layouts, special rows, arguments, and the identities that textbooks state."""

import mpmath
import numpy as np
import pytest

import fastact
from fastact import _dispatch, _rows
from fastact._rows import softmax

from . import oracle
from .cases import ALONG_AXIS, COMPILED, UFUNCS, base, functions
from .rows_oracle import (
    LENGTHS,
    WIDE,
    bound,
    error,
    exact,
    gradient_and_size,
    hard_rows,
    needs_wide,
    operands,
    same,
    special,
)


@needs_wide
def test_the_wide_reference():
    for name, x in hard_rows(np.float64, 17):
        row = [mpmath.mpf(float(one)) for one in x[0]]
        with mpmath.workdps(40):
            total = mpmath.fsum(mpmath.exp(one - max(row)) for one in row)
            for one, value, log in zip(row, exact(x)[0][0], exact(x)[1][0], strict=True):
                wanted = mpmath.exp(one - max(row)) / total
                off = abs(mpmath.mpf(float(value)) + mpmath.mpf(float(value - WIDE(float(value)))) - wanted)
                assert off <= wanted * mpmath.mpf(2) ** -60 + mpmath.mpf(2) ** -1074, (
                    name
                )  # as float64 has it at the end
                assert abs(float(log) - (one - max(row) - mpmath.log(total))) <= abs(float(log)) * 2.0**-50, name


@needs_wide
@pytest.mark.parametrize("length", [2, 3, 10, 16, 17, 33, 100, 1000, 2049, 10_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_accuracy(rung, dtype, length):
    if rung == "baseline" and length > 2000:
        return
    api = functions(rung)[""]
    for name, x in hard_rows(dtype, length):
        value, log, raised = exact(x)
        assert error(api["softmax"](x), value) <= bound(rung, dtype, softmax.SOFTMAX_ULP), name
        assert error(api["softmin"](-x), value) <= bound(rung, dtype, softmax.SOFTMAX_ULP), name
        assert error(api["log_softmax"](x), log) <= bound(rung, dtype, softmax.LOG_ULP), name
        larger = np.maximum(np.abs(raised), np.abs(x.max(axis=-1).astype(WIDE)))
        off = np.abs(api["logsumexp"](x) - raised) / oracle.ulps(x.dtype, larger)
        assert off.max() <= bound(rung, dtype, softmax.LOG_ULP), name
        for temperature in (dtype(0.7), dtype(3)):
            cooled = api["softmax"](x, temperature=temperature)
            assert error(cooled, exact(x, temperature)[0]) <= bound(rung, dtype, softmax.SOFTMAX_ULP), name
        if "N(0" in name:
            assert np.abs(api["softmax"](x).astype(WIDE).sum(axis=-1) - 1).max() <= 2 * np.finfo(dtype).eps


@needs_wide
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_accuracy_of_long_rows(rung, dtype):
    for scale in (1, 30):
        x = np.random.default_rng(1).normal(0, scale, (2, 100_000)).astype(dtype)
        assert error(functions(rung)[""]["softmax"](x), exact(x)[0]) <= 8


@needs_wide
def test_accuracy_in_half_precision(rung):
    for length in (2, 10, 64, 1000):
        x = np.random.default_rng(2).normal(0, 3, (50, length)).astype(np.float16)
        value, log, _ = exact(x)
        assert error(functions(rung)[""]["softmax"](x), value) <= _rows.FLOAT16_ULP
        assert error(functions(rung)[""]["log_softmax"](x), log) <= _rows.FLOAT16_ULP


@needs_wide
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("length", [2, 10, 40, 3000])
def test_gradients(rung, dtype, length):
    """Against the formulas in the wide type, relative to the size of what is added up."""
    api, rng = functions(rung), np.random.default_rng(3)
    x, dy = rng.normal(0, 2, (2, 30, length)).astype(dtype)
    temperature = dtype(0.8)
    wide = dy.astype(WIDE)

    def check(result, value, scale):
        assert (np.abs(result - value) / scale).max() <= 8 * np.finfo(dtype).eps

    for name, sign, heat in (("softmax", 1, temperature), ("softmin", -1, dtype(1))):
        y = exact(sign * x, heat)[0]
        slope, scale = gradient_and_size(y, wide, sign / heat)
        kwargs = {"temperature": heat} if name == "softmax" else {}
        check(api["grad"][name](x, dy, **kwargs), slope, scale)
        rounded = y.astype(dtype)
        own = rounded.astype(WIDE)
        slope, _ = gradient_and_size(own, wide, sign / heat)
        check(api["grad_from_output"][name](rounded, dy, **kwargs), slope, scale)
    y, log, _ = exact(x)
    total, size = wide.sum(axis=-1, keepdims=True), np.abs(wide).sum(axis=-1, keepdims=True)
    check(api["grad"]["log_softmax"](x, dy), wide - y * total, np.abs(wide) + y * size)
    logs = log.astype(dtype)
    check(
        api["grad_from_output"]["log_softmax"](logs, dy),
        wide - np.exp(logs.astype(WIDE)) * total,
        np.abs(wide) + y * size * (1 + np.abs(log)),
    )
    check(api["grad"]["logsumexp"](x, dy[:, 0]), y * wide[:, :1], y * np.abs(wide[:, :1]))


@needs_wide
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["softmax", "softmin"])
@pytest.mark.parametrize("length", [1, 2, 16, 17, 600, 5000])
def test_gradients_of_huge_dy(rung, name, dtype, length):
    """Whose mean is a number though products with the kernels' terms are not; other rows keep their bits."""
    gradient, sign = functions(rung)["grad"][name], -1 if name == "softmin" else 1
    x, dy = np.random.default_rng(4).normal(0, 2, (2, 35, length)).astype(dtype)
    huge = dy.copy()
    huge[::3] *= np.finfo(dtype).max / 32
    slope, scale = gradient_and_size(exact(sign * x)[0], huge.astype(WIDE), sign)
    result = gradient(x, huge)
    assert (np.abs(result - slope) / scale).max() <= 8 * np.finfo(dtype).eps
    if rung == _dispatch.NUMPY:
        return
    np.testing.assert_array_equal(np.delete(result, np.s_[::3], axis=0), np.delete(gradient(x, dy), np.s_[::3], axis=0))
    np.testing.assert_array_equal(gradient(x[3], huge[3]), result[3])
    np.testing.assert_array_equal(gradient(x.T.copy(), huge.T.copy(), axis=0).T, result)
    np.testing.assert_array_equal(gradient(np.repeat(x, 2, axis=1)[:, ::2], huge), result)
    for i in (0, 1):
        operands = [x.copy(), huge.copy()]
        np.testing.assert_array_equal(gradient(*operands, out=operands[i]), result)


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("length", [2, 21, 3000])
def test_gradients_of_an_infinite_dy(name, length):
    """Whose term is no float when it is divided by their sum."""
    x, dy = np.zeros((2, length), np.float32)
    x[-1], dy[-1] = -200, np.inf
    np.testing.assert_array_equal(functions(name)["grad"]["softmax"](x, dy), [-np.inf] * (length - 1) + [np.nan])


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("ufunc", ALONG_AXIS, ids=lambda ufunc: ufunc.name)
@pytest.mark.parametrize("length", [1, 3, 16, 40, 3000])
def test_half_precision_is_float32_rounded_once(name, ufunc, length):
    """Gradients too."""
    function = base(name, ufunc)
    arrays = operands(
        ufunc, np.float16, length, lambda kind, n: np.random.default_rng(n).normal(0, 2, (20, n)).astype(kind)
    )
    wider = [array.astype(np.float32) if array.dtype == np.float16 else array for array in arrays]
    same(function(*arrays), function(*wider).astype(np.float16))


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("ufunc", ALONG_AXIS, ids=lambda ufunc: ufunc.name)
@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_a_row_depends_on_its_values_alone(name, ufunc, dtype):
    """Alone, among others, along another axis, strided, reversed, in the middle of three axes, and in place."""
    if name == "baseline" and dtype is np.float16:
        return
    function = base(name, ufunc)
    reduced = ufunc.row.reduces and not ufunc.space
    with np.errstate(all="ignore"):
        for length in LENGTHS if name != "baseline" else LENGTHS[:9]:
            arrays = operands(ufunc, dtype, length)
            expected = function(*arrays)
            same(base(COMPILED[0], ufunc)(*arrays), expected)
            for row in range(13):
                same(function(*(array[row] for array in arrays)), expected[row])
            for count in (3, 17, 33):
                same(function(*(array[:count] for array in arrays)), expected[:count])
            across = function(*(np.ascontiguousarray(array.T) for array in arrays), axis=0)
            same(across.T, expected)
            apart = [np.repeat(array, 2, axis=-1)[..., ::2] if array.ndim == 2 else array for array in arrays]
            same(function(*apart), expected)
            backwards = [array[..., ::-1].copy()[..., ::-1] if array.ndim == 2 else array for array in arrays]
            same(function(*backwards), expected)
            middle = [np.moveaxis(np.stack([one, one]), -1, 1).copy() if one.ndim == 2 else one for one in arrays]
            result = function(*middle, axis=1)
            same(result if reduced else np.moveaxis(result, 1, -1), np.stack([expected, expected]))
            if not reduced:
                own = [array.copy() for array in arrays]
                assert function(*own, out=own[0]) is own[0]
                same(own[0], expected)
                own = [array.T.copy() for array in arrays]
                function(*own, axis=0, out=own[0])
                same(own[0].T, expected)
                room = np.zeros((len(arrays[0]) + 1, length), dtype)
                room[1:] = arrays[0]
                function(room[1:], *arrays[1:], out=room[:-1])
                same(room[:-1], expected)


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_special_rows_are_those_of_the_reference(rung, dtype):
    numpy, api = functions(_dispatch.NUMPY), functions(rung)
    info = np.finfo(dtype)
    for length in (2, 10, 40, 600):
        for ufunc in ALONG_AXIS:
            if not ufunc.main or ufunc.space == "grad_from_output":
                continue
            arrays = operands(ufunc, dtype, length)
            with np.errstate(all="raise", over="ignore", under="ignore"):
                result, expected = (one[ufunc.space][ufunc.row.name](*arrays) for one in (api, numpy))
            with np.errstate(all="ignore"):
                same(np.isinf(result), np.isinf(expected))
                scale = np.abs(arrays[1]).sum() if ufunc.space else 1
                np.testing.assert_allclose(result, expected, rtol=8 * info.eps, atol=8 * info.eps * scale)


def test_no_warnings(rung):
    for dtype in (np.float32, np.float64):
        for length in (3, 20, 3000):
            x = special(dtype, length)
            with np.errstate(all="raise"):
                for name in ("softmax", "softmin", "log_softmax", "logsumexp"):
                    if rung != _dispatch.NUMPY:
                        functions(rung)[""][name](x)


def test_a_softmax_of_one(rung):
    for dtype in oracle.DTYPES:
        x = np.array([[3.0], [-7.5], [0.1]], dtype)
        api = functions(rung)
        assert (api[""]["softmax"](x) == 1).all()
        assert (api[""]["log_softmax"](x) == 0).all()
        np.testing.assert_array_equal(api[""]["logsumexp"](x), x[:, 0])
        assert (api["grad"]["softmax"](x, x) == 0).all()


def test_masks(rung):
    softmax = functions(rung)[""]["softmax"]
    x = np.random.default_rng(5).normal(0, 2, (4, 6)).astype(np.float32)
    mask = x > -1
    mask[2] = False
    result = softmax(x, where=mask)
    for row, kept, got in zip(x, mask, result, strict=True):
        assert (got[~kept] == 0).all()
        if kept.any():
            np.testing.assert_allclose(got[kept], softmax(row[kept]), rtol=1e-6)
    x[~mask] = np.nan
    np.testing.assert_array_equal(softmax(x, where=mask), result)
    out = np.empty_like(x)
    assert softmax(x, where=mask, out=out) is out
    np.testing.assert_array_equal(out, result)
    integers = np.array([1, 2, 3], np.int8)
    for heat in ({}, {"temperature": 1}, {"temperature": 2}, {"temperature": 0.5}, {"temperature": np.float32(1)}):
        assert softmax(integers, where=[True, False, True], **heat).dtype == softmax(integers, **heat).dtype
    np.testing.assert_allclose(softmax(x.T, axis=0, where=mask.T).T, result, rtol=1e-6)
    flat = softmax(x, axis=None, where=mask)
    assert abs(flat.sum() - 1) < 1e-6
    assert (flat[~mask] == 0).all()


@pytest.mark.parametrize("axis", [None, ()])
def test_a_number_is_a_row_of_one(rung, axis):
    api = functions(rung)
    for name, expected in (("softmax", 1), ("softmin", 1), ("log_softmax", 0), ("hardmax", 1), ("sparsemax", 1)):
        for x in (3.5, np.array(3.5)):
            result = api[""][name](x, axis=axis)
            assert type(result) is np.float64
            assert result == expected
    out = np.array(7.0)
    assert api[""]["softmax"](3.5, axis=axis, out=out) is out
    assert out == 1
    assert api[""]["softmax"](3.5, axis=axis, temperature=2.0, where=False) == 0
    assert api["grad"]["softmax"](3.5, 2.0, axis=axis) == 0
    assert api["grad"]["logsumexp"](3.5, 2.0, axis=axis) == 2


def test_the_dtype_does_not_depend_on_whether_shapes_broadcast(rung):
    x = np.ones((2, 3), np.int8)
    for name in ("softmax", "softmin", "log_softmax"):
        for dy in (x.astype(np.uint8), x[0].astype(np.uint8), x[:1].astype(np.float16)):
            assert functions(rung)["grad"][name](x, dy).dtype == np.float16


@pytest.mark.parametrize("axis", [None, ()])
def test_a_python_number_beside_a_number_does_not_widen(rung, axis):
    api = functions(rung)
    for name in ("softmax", "softmin", "log_softmax", "logsumexp"):
        for x in (np.float32(3.5), np.array(3.5, np.float16)):
            assert api["grad"][name](x, 2.0, axis=axis).dtype == x.dtype
        x = np.array([1, 2], np.int8)  # whose loop is that of float16, and there 300 has its place
        np.testing.assert_array_equal(
            api["grad"][name](x, 300, axis=axis), api["grad"][name](x, np.float16(300), axis=axis)
        )


def test_keepdims_and_several_axes(rung):
    logsumexp = functions(rung)[""]["logsumexp"]
    x = np.random.default_rng(6).normal(0, 2, (2, 3, 4))
    for axis in (0, 1, -1, (0, 2), None, ()):
        expected = np.log(np.exp(x).sum(axis=axis, keepdims=True))
        kept = logsumexp(x, axis, keepdims=True)
        assert kept.shape == expected.shape
        np.testing.assert_allclose(kept, expected, rtol=1e-14)
        np.testing.assert_allclose(logsumexp(x, axis), expected.reshape(logsumexp(x, axis).shape), rtol=1e-14)
        out = np.empty(expected.shape)
        assert logsumexp(x, axis, keepdims=True, out=out) is out
        slope = functions(rung)["grad"]["logsumexp"]
        np.testing.assert_allclose(slope(x, 2.0, axis), 2 * np.exp(x - expected), rtol=1e-14)
        np.testing.assert_allclose(slope(x, expected, axis, keepdims=True), expected * np.exp(x - expected), rtol=1e-13)
    assert logsumexp(np.empty((3, 0))).tolist() == [-np.inf] * 3
    assert logsumexp(np.empty((3, 0)), axis=0).shape == (0,)
    assert logsumexp(3.5, axis=None) == 3.5


def test_temperatures(rung):
    softmax = functions(rung)[""]["softmax"]
    x = np.random.default_rng(7).normal(0, 2, (3, 5))
    heats = np.array([0.5, 1.0, 4.0])
    expected = np.stack([softmax(row, temperature=heat) for row, heat in zip(x, heats, strict=True)])
    np.testing.assert_array_equal(softmax(x, temperature=heats), expected)
    np.testing.assert_array_equal(softmax(x.T, axis=0, temperature=heats).T, expected)
    np.testing.assert_allclose(softmax(x, temperature=1e-3), functions(rung)[""]["hardmax"](x), atol=1e-12)
    np.testing.assert_allclose(softmax(x, temperature=1e9), np.full((3, 5), 0.2), rtol=1e-7)
    assert softmax(x.astype(np.float32), temperature=2).dtype == np.float32


@pytest.mark.parametrize(("dtype", "low", "high"), [(np.float16, 1e-9, 1e5), (np.float32, 1e-46, 1e39)])
def test_temperatures_beyond_the_dtype(rung, dtype, low, high):
    """They are not rounded to it."""
    softmax, x = functions(rung)[""]["softmax"], np.array([[0, 1, 2], [0, -np.inf, 1], [0, np.inf, 1]], dtype)
    np.testing.assert_array_equal(softmax(x, temperature=low), [[0, 0, 1], [0, 0, 1], [0, 1, 0]])
    third = dtype(1) / dtype(3)
    np.testing.assert_array_equal(softmax(x, temperature=high), [[third] * 3, [0.5, 0, 0.5], [0, 1, 0]])
    slope = functions(rung)["grad"]["softmax"](x, np.array([1, 0, 0], dtype), temperature=high)
    exact = np.array([[2 / 9, -1 / 9, -1 / 9], [1 / 4, 0, -1 / 4], [0, 0, 0]]) / high
    assert (np.abs(slope - exact) <= 4 * np.finfo(dtype).smallest_subnormal + 1e-3 * np.abs(exact)).all()


@pytest.mark.parametrize(("dtype", "temperature"), [(np.float16, 1e-9), (np.float16, 3e-6), (np.float32, 1e-41)])
def test_low_temperatures_are_silent(rung, dtype, temperature):
    """Subnormal in the dtype, or less: no warning, and gradients of nothing where one element has all."""
    api, x, dy = functions(rung), np.array([0, 1, 2], dtype), np.array([1, 0, 0], dtype)
    with np.errstate(all="raise"):
        y = api[""]["softmax"](x, temperature=temperature)
        np.testing.assert_array_equal(y, [0, 0, 1])
        for slope in (
            api["grad"]["softmax"](x, dy, temperature=temperature),
            api["grad_from_output"]["softmax"](y, dy, temperature=temperature),
        ):
            np.testing.assert_allclose(slope, 0, atol=1e-12)


def test_low_temperature_leaves_zeros_positive(rung):
    y = functions(rung)[""]["softmax"]([1.0, 2.0, 3.0], temperature=1e-300)
    np.testing.assert_array_equal(y, [0, 0, 1])
    assert not np.signbit(y).any()


@pytest.mark.parametrize("axis", [-1, 0, None])
def test_the_dtype_is_that_of_all_inputs(rung, axis):
    """As for any ufunc: a dy of a wider dtype widens the result, a Python number does not, nor does a temperature."""
    api, x = functions(rung), np.ones((3, 3), np.float32)
    one = np.array(2.0) if axis is None else np.full(3, 2.0)
    for number, wanted in ((one, np.float64), (np.float64(2), np.float64), (one.astype(np.float32), np.float32)):
        assert api["grad"]["logsumexp"](x, number, axis).dtype == wanted
        for result in (
            api[""]["softmax"](x, axis, temperature=number),
            api["grad"]["softmax"](x, x, axis, temperature=number),
            api["grad_from_output"]["softmax"](x, x, axis, temperature=number),
        ):
            assert result.dtype == np.float32
    assert api["grad"]["logsumexp"](x, 2.0, axis).dtype == np.float32


def test_bad_arguments(rung):
    """Each error names the function and the argument."""
    api, x = functions(rung), np.zeros((2, 3))
    softmax, logsumexp = api[""]["softmax"], api[""]["logsumexp"]
    for call, kind, words in [
        (lambda: softmax(x, where=np.ones((2, 4), bool)), ValueError, r"softmax\(\): where of shape \(2, 4\) does not"),
        (
            lambda: softmax(x, where=np.ones((2, 3))),
            TypeError,
            r"softmax\(\): where must be an array of bool, not float64",
        ),
        (lambda: softmax(x, temperature=0), ValueError, r"softmax\(\): temperature must be positive and finite"),
        (lambda: softmax(x, temperature=-1.0), ValueError, r"softmax\(\): temperature must be positive"),
        (lambda: softmax(x, temperature=np.nan), ValueError, r"softmax\(\): temperature must be positive"),
        (lambda: softmax(x, temperature=np.inf), ValueError, r"softmax\(\): temperature must be positive"),
        (lambda: softmax(x, temperature=1j), TypeError, r"softmax\(\): temperature must be real"),
        (lambda: softmax(x, temperature=np.ones(5)), ValueError, r"softmax\(\): temperature of shape \(5,\) does not"),
        (lambda: softmax(np.empty((2, 0))), ValueError, r"softmax\(\): axis -1 of x is empty"),
        (lambda: logsumexp(x, axis=2), np.exceptions.AxisError, r"logsumexp\(\): axis 2 is out of bounds"),
        (lambda: logsumexp(x, axis=(0, 0)), ValueError, r"logsumexp\(\): axis \(0, 0\) names an axis twice"),
        (
            lambda: api["grad"]["logsumexp"](x, np.ones(3)),
            ValueError,
            r"grad\.logsumexp\(\): dy of shape \(3,\) does not",
        ),
        (lambda: api["grad"]["log_softmax"](x, np.ones(4)), ValueError, r"grad\.log_softmax\(\): x of shape .* do not"),
        (lambda: softmax(x, out=[0.0]), TypeError, r"softmax.*array"),
        (lambda: softmax(x, dtype="nonsense"), TypeError, r"softmax\(\): data type 'nonsense' not understood"),
        (lambda: logsumexp(x, axes=[(0,), ()]), TypeError, r"logsumexp.*axes"),
        (lambda: api[""]["leaky_relu"](x, dtype="nonsense"), TypeError, r"leaky_relu\(\): data type"),
        (lambda: api[""]["noisy_relu"](x, rng="seed"), TypeError, r"noisy_relu\(\): "),
        (lambda: api[""]["sparsemax"](np.empty((2, 0))), ValueError, r"sparsemax\(\): axis -1 of x is empty"),
        (lambda: api[""]["hardmax"](x, axis=5), np.exceptions.AxisError, r"hardmax\(\): axis 5 is out of bounds"),
    ]:
        with pytest.raises(kind, match=words):
            call()


def bounds(rung, name, dtype):
    form = next(ufunc.form for ufunc in UFUNCS if ufunc.name in (name, f"{name}.ufunc"))
    return bound(rung, dtype, (form.ulp32, form.ulp64))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_identities(rung, dtype):
    """What textbooks state, to the bounds of both sides."""
    api, rng = functions(rung), np.random.default_rng(8)
    x = np.concatenate([rng.normal(0, 3, 2000), rng.uniform(-90, 90, 500), [0.0, 1e-30, -1e-30, 700, -700]]).astype(
        dtype
    )
    pairs = np.stack([x, np.zeros_like(x)], axis=-1)

    def close(one, other, name, other_name, beside=0.0):
        ulps = bounds(rung, name, dtype) + bounds(rung, other_name, dtype)
        with np.errstate(under="ignore"):
            np.testing.assert_array_less(np.abs(one - other), ulps * np.spacing(np.abs(one)) + beside + 1e-300)

    close(api[""]["sigmoid"](x), api[""]["softmax"](pairs)[:, 0], "sigmoid", "softmax")
    # where the smooth maximum is about 0, the bound of logsumexp is that of the larger element, or of log1p
    close(
        api[""]["softplus"](x), api[""]["logsumexp"](pairs), "softplus", "logsumexp",
        bounds(rung, "logsumexp", dtype) * np.spacing(np.abs(np.maximum(x, 0))),
    )  # fmt: skip
    close(api["grad"]["logsumexp"](pairs, np.ones_like(x)), api[""]["softmax"](pairs), "softmax", "softmax")
    close(api["grad"]["softplus"](x, dtype(1)), api[""]["sigmoid"](x), "grad.softplus", "sigmoid")
    tanh, twice = api[""]["tanh"](x), 2 * api[""]["sigmoid"](2 * x) - 1
    eps = np.finfo(dtype).eps
    allowed = bounds(rung, "tanh", dtype) * np.spacing(np.abs(tanh)) + (bounds(rung, "sigmoid", dtype) + 1) * eps
    assert (np.abs(tanh - twice) <= allowed).all()


def test_sparsemax(rung):
    """Against the definition: the projection onto the simplex, which is unique."""
    sparsemax, grad = functions(rung)[""]["sparsemax"], functions(rung)["grad"]["sparsemax"]
    rng = np.random.default_rng(9)
    for scale in (0.1, 1, 10):
        x = rng.normal(0, scale, (20, 7))
        y = sparsemax(x)
        np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-14)
        tau = np.where(y > 0, x - y, -np.inf).max(axis=-1, keepdims=True)
        np.testing.assert_allclose(y, np.maximum(x - tau, 0), atol=1e-14)
    dy, h = rng.normal(0, 1, (20, 7)), 1e-7
    x = rng.normal(0, 1, (20, 7))
    steps = [((sparsemax(x + h * unit) - sparsemax(x - h * unit)) / (2 * h) * dy).sum(axis=-1) for unit in np.eye(7)]
    np.testing.assert_allclose(grad(x, dy), np.stack(steps, axis=-1), atol=1e-6)
    np.testing.assert_allclose(functions(rung)["grad_from_output"]["sparsemax"](sparsemax(x), dy), grad(x, dy))
    rows = special(np.float32, 6)[:13]
    one_hot = sparsemax(rows[1])
    np.testing.assert_array_equal(one_hot, [1, 0, 0, 0, 0, 0])
    for row in (2, 3, 5, 9, 12):
        assert np.isnan(sparsemax(rows[row])).all()
    assert sparsemax(np.float16([[1, 1]]), axis=0).dtype == np.float16


def test_gumbel_softmax():
    x = np.log(np.array([0.1, 0.2, 0.7], np.float32))
    many = np.broadcast_to(x, (200_000, 3))
    hard, soft = fastact.gumbel_softmax(many, 0.5, hard=True, rng=1, return_soft=True)
    assert hard.dtype == soft.dtype == np.float32
    np.testing.assert_allclose(soft.sum(axis=-1), 1, rtol=1e-6)
    np.testing.assert_array_equal(hard, fastact.hardmax(soft))
    np.testing.assert_allclose(hard.mean(axis=0), [0.1, 0.2, 0.7], atol=5 * np.sqrt(0.25 / 200_000))
    np.testing.assert_array_equal(soft, fastact.gumbel_softmax(many, 0.5, rng=np.random.default_rng(1)))
    assert fastact.gumbel_softmax(x.astype(np.float16), axis=None, rng=1).dtype == np.float16
    for bad in (0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match=r"gumbel_softmax\(\): tau must be positive and finite"):
            fastact.gumbel_softmax(x, bad)
    with pytest.raises(np.exceptions.AxisError, match=r"gumbel_softmax\(\): axis 3"):
        fastact.gumbel_softmax(x, axis=3)
    with pytest.raises(TypeError, match=r"gumbel_softmax\(\): x must be real"):
        fastact.gumbel_softmax([1j])
    for bad, kind in ((-1, ValueError), ("seed", TypeError)):
        with pytest.raises(kind, match=r"gumbel_softmax\(\): rng: "):
            fastact.gumbel_softmax(x, rng=bad)


def test_hard_samples_do_not_depend_on_tau():
    """Also where tau is so large that all softened elements are equal; there the first was always taken."""
    many = np.broadcast_to(np.log(np.array([0.1, 0.2, 0.7], np.float32)), (10_000, 3))
    expected = fastact.gumbel_softmax(many, 1.0, hard=True, rng=1)
    for tau in (0.01, 1e6, 1e30):
        np.testing.assert_array_equal(fastact.gumbel_softmax(many, tau, hard=True, rng=1), expected)
    special = [[np.nan, 1.0], [np.inf, np.inf], [-np.inf, -np.inf], [np.inf, 1.0], [-np.inf, 1.0]]
    hard = fastact.gumbel_softmax(special, hard=True, rng=1)
    np.testing.assert_array_equal(hard, [[np.nan] * 2] * 3 + [[1, 0], [0, 1]])


def test_gumbel_softmax_is_silent():
    with np.errstate(all="raise"):
        y = fastact.gumbel_softmax(np.array([10, -10, -12], np.float16), 0.3, rng=0)
        fastact.gumbel_softmax(np.array([10, -10, -np.inf, np.inf], np.float32), 1e-30, hard=True, rng=0)
        fastact.gumbel_softmax(np.array([10, -10, -12], np.float32), 1e300, rng=0)
        fastact.gumbel_softmax(np.array([0x7F800001, 0], np.uint32).view(np.float32), rng=0)
    np.testing.assert_array_equal(y, [1, 0, 0])
