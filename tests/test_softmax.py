"""softmax along any axis, and its gradients."""

import mpmath
import numpy as np
import pytest

from .oracle import DTYPES


@pytest.fixture
def softmax(api):
    return api[""]["softmax"]


def exact(row):
    with mpmath.workdps(40):
        terms = [mpmath.exp(mpmath.mpf(float(x))) for x in row]
        total = mpmath.fsum(terms)
        return np.array([float(term / total) for term in terms])


@pytest.mark.parametrize("dtype", DTYPES)
def test_against_mpmath(softmax, dtype):
    rng = np.random.default_rng(0)
    for length in (1, 2, 3, 17, 100, 1030):
        x = rng.normal(0, 3, length).astype(dtype)
        # The difference to the largest element, up to 20 here, is rounded before its exponential.
        np.testing.assert_allclose(
            softmax(x), exact(x), rtol=12 * np.finfo(dtype).eps, atol=np.finfo(dtype).smallest_normal
        )


@pytest.mark.parametrize("dtype", DTYPES)
def test_shift_does_not_overflow(softmax, dtype):
    x = np.array([60000.0, 59999.0 if dtype is not np.float16 else 59968.0, -60000.0], dtype)
    with np.errstate(all="raise"):
        np.testing.assert_allclose(
            softmax(x), exact(x), rtol=4 * np.finfo(dtype).eps, atol=float(np.finfo(dtype).smallest_subnormal)
        )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("length", [3, 40, 600])
def test_rows_of_infinities_and_nan(softmax, dtype, length):
    fill = np.zeros(length, dtype)
    one, two, none, nan, low = (fill.copy() for _ in range(5))
    one[2] = two[0] = two[-1] = np.inf
    none[:] = -np.inf
    nan[1] = np.nan
    low[0] = -np.inf
    both = one.copy()
    both[0] = np.nan
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(softmax(one), np.arange(length) == 2)
        assert softmax(low)[0] == 0
        for row in (two, none, nan, both):
            assert np.isnan(softmax(row)).all()


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3, (0, 2), (-1, 0), (1,), None, ()])
def test_axes(api, axis):
    x = np.random.default_rng(1).normal(0, 2, (3, 4, 5))
    e = np.exp(x)
    expected = e / e.sum(axis=axis, keepdims=True)
    dy = np.random.default_rng(2).normal(0, 2, (3, 4, 5))
    slope = expected * (dy - (expected * dy).sum(axis=axis, keepdims=True))
    np.testing.assert_allclose(api[""]["softmax"](x, axis=axis), expected, rtol=1e-14)
    np.testing.assert_allclose(api["grad"]["softmax"](x, dy, axis=axis), slope, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(
        api["grad_from_output"]["softmax"](expected, dy, axis=axis), slope, rtol=1e-12, atol=1e-16
    )
    out = np.empty_like(x)
    assert api[""]["softmax"](x, axis=axis, out=out) is out
    np.testing.assert_allclose(out, expected, rtol=1e-14)
    own = x.copy()
    api[""]["softmax"](own, axis=axis, out=own)
    np.testing.assert_array_equal(own, out)


def test_gradient_by_finite_differences(api):
    x, dy = np.random.default_rng(3).normal(0, 1, (2, 6))
    softmax, h = api[""]["softmax"], 1e-6
    steps = [((softmax(x + h * unit) - softmax(x - h * unit)) / (2 * h) * dy).sum() for unit in np.eye(6)]
    np.testing.assert_allclose(api["grad"]["softmax"](x, dy), steps, rtol=1e-7, atol=1e-9)


def test_broadcast_dy(api):
    x = np.random.default_rng(4).normal(0, 1, (3, 5)).astype(np.float32)
    result = api["grad"]["softmax"](x, np.arange(5, dtype=np.float32))
    np.testing.assert_array_equal(result, api["grad"]["softmax"](x, np.tile(np.arange(5, dtype=np.float32), (3, 1))))
    assert api["grad"]["softmax"](x, 1.0).dtype == np.float32
    np.testing.assert_allclose(api["grad"]["softmax"]([1.0, 2.0], [1.0]), [0.0, 0.0], atol=1e-15)
    with pytest.raises(
        ValueError, match=r"grad\.softmax\(\): x of shape \(3, 5\) and dy of shape \(4,\) do not broadcast"
    ):
        api["grad"]["softmax"](x, np.ones(4))


@pytest.mark.parametrize("axis", [0, -1, None, (0, 1)])
def test_bad_out(softmax, axis):
    x = np.zeros((2, 3))
    with pytest.raises(TypeError):
        softmax(x, axis=axis, out=[0.0])
    with pytest.raises(TypeError, match=r"Cannot cast.*softmax"):
        softmax(x, axis=axis, out=np.zeros((2, 3), np.int64))
    with pytest.raises(ValueError, match="softmax"):
        softmax(x, axis=axis, out=np.zeros((3, 3)))


def test_rows_are_not_broadcast_to_out(api):
    """As in any gufunc the rows of out are as long; and where axes are merged, it has just the result's shape."""
    one = np.zeros((3, 1))
    for name in ("softmax", "hardmax"):
        for axis in (-1, (1,), None, (0, 1)):
            with pytest.raises(ValueError, match=name):
                api[""][name](one, axis=axis, out=np.zeros((3, 5)))
        with pytest.raises(ValueError, match=name):
            api[""][name](one.T, axis=0, out=np.zeros((5, 3)))
    for axis, keepdims in ((None, False), ((1,), False), (1, True)):
        with pytest.raises(ValueError, match="logsumexp"):
            api[""]["logsumexp"](one, axis=axis, keepdims=keepdims, out=np.zeros((2, 3, 3)))
    assert (api[""]["softmax"](one, out=np.zeros((2, 3, 1))) == 1).all()


def test_bad_axes(softmax):
    x = np.zeros((2, 3))
    for axis in (2, -3, (0, 2)):
        with pytest.raises(np.exceptions.AxisError, match=r"softmax\(\): axis .* out of bounds for 2 dimensions"):
            softmax(x, axis=axis)
    for axis in (1.0, [0, 1], "0", (0, None), True, (0, True), np.array([0])):
        with pytest.raises(TypeError, match=r"softmax\(\): axis must be an int, a tuple of ints or None"):
            softmax(x, axis=axis)
    with pytest.raises(ValueError, match=r"softmax\(\): axis \(0, -2\) names an axis twice"):
        softmax(x, axis=(0, -2))
    assert softmax(1.0) == softmax(1.0, axis=0) == 1
    for axis in (1, -2, (0,)):
        with pytest.raises(np.exceptions.AxisError):
            softmax(1.0, axis=axis)
    for shape, axis in (((3, 0), -1), ((0,), 0), ((2, 0), None), ((2, 0), (0, 1))):
        with pytest.raises(ValueError, match=r"softmax\(\): axis .* is empty"):
            softmax(np.empty(shape), axis=axis)
    assert softmax(np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("dtype", [*DTYPES, np.int8, np.int64, bool])
@pytest.mark.parametrize("space", ["", "grad", "grad_from_output"])
def test_temperatures_of_every_dtype(api, space, dtype):
    """They count as they are, in float64, and the result has the dtype that it has without one."""
    function, rng = api[space]["softmax"], np.random.default_rng(5)
    x = rng.normal(0, 2, (3, 5)).astype(dtype)
    arrays = [x] if not space else [x, rng.normal(0, 2, (3, 5)).astype(dtype)]
    wanted = function(*arrays).dtype
    for number in (0.3, 2.0, 3.0, 1.0):
        expected = function(*arrays, temperature=number)
        assert expected.dtype == wanted
        for kind in (np.float16, np.float32, np.float64, np.int8, np.int64, np.uint16):
            heat = kind(number)
            if heat == 0:
                continue
            same = expected if float(heat) == number else function(*arrays, temperature=float(heat))
            for given in (heat, np.array(heat), np.full(3, heat), np.full(1, heat), [heat] * 3):
                result = function(*arrays, temperature=given)
                assert result.dtype == wanted
                np.testing.assert_array_equal(result, same)
    heats = np.array([0.3, 1.0, 7.0])
    result = function(*arrays, temperature=heats)
    for row, heat in enumerate(heats):
        np.testing.assert_array_equal(result[row], function(*(one[row] for one in arrays), temperature=heat))
    np.testing.assert_array_equal(
        function(*(one.T.copy() for one in arrays), axis=0, temperature=heats.astype(np.float64)).T, result
    )
