"""Promises 2 and 3: limits, signed zeros, pieces that are identically zero, and silence."""

import numpy as np
import pytest

from . import oracle

SELU, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

LIMITS = {  # name: at -inf, -0, +0, +inf
    "relu": (0.0, 0.0, 0.0, np.inf),
    "grad.relu": (0.0, 0.0, 0.0, 1.0),
    "grad_from_output.relu": (0.0, 0.0, 0.0, 1.0),
    "leaky_relu.ufunc": (-np.inf, -0.0, 0.0, np.inf),
    "grad.leaky_relu.ufunc": (0.01, 0.01, 0.01, 1.0),
    "grad_from_output.leaky_relu.ufunc": (0.01, 0.01, 0.01, 1.0),
    "noisy_relu.ufunc": (0.0, 0.25, 0.25, np.inf),
    "grad_from_output.noisy_relu": (0.0, 0.0, 0.0, 1.0),
    "sigmoid": (0.0, 0.5, 0.5, 1.0),
    "grad.sigmoid": (0.0, 0.25, 0.25, 0.0),
    "grad_from_output.sigmoid": (-np.inf, -0.0, 0.0, -np.inf),
    "tanh": (-1.0, -0.0, 0.0, 1.0),
    "grad.tanh": (0.0, 1.0, 1.0, 0.0),
    "grad_from_output.tanh": (-np.inf, 1.0, 1.0, -np.inf),
    "softplus": (0.0, np.log(2), np.log(2), np.inf),
    "grad.softplus": (0.0, 0.5, 0.5, 1.0),
    "grad_from_output.softplus": (-np.inf, -0.0, 0.0, 1.0),
    "log_sigmoid": (-np.inf, -np.log(2), -np.log(2), -0.0),
    "grad.log_sigmoid": (1.0, 0.5, 0.5, 0.0),
    "silu": (-0.0, -0.0, 0.0, np.inf),
    "grad.silu": (-0.0, 0.5, 0.5, 1.0),
    "elu.ufunc": (-1.0, -0.0, 0.0, np.inf),
    "grad.elu.ufunc": (0.0, 1.0, 1.0, 1.0),
    "grad_from_output.elu.ufunc": (-np.inf, 1.0, 1.0, 1.0),
    "selu": (-SELU * SELU_ALPHA, -0.0, 0.0, np.inf),
    "grad.selu": (0.0, SELU * SELU_ALPHA, SELU * SELU_ALPHA, SELU),
    "grad_from_output.selu": (-np.inf, SELU * SELU_ALPHA, SELU * SELU_ALPHA, SELU),
    "gelu": (-0.0, -0.0, 0.0, np.inf),
    "grad.gelu": (-0.0, 0.5, 0.5, 1.0),
    "gelu_tanh": (-0.0, -0.0, 0.0, np.inf),
    "grad.gelu_tanh": (-0.0, 0.5, 0.5, 1.0),
    "mish": (-0.0, -0.0, 0.0, np.inf),
    "grad.mish": (-0.0, 0.6, 0.6, 1.0),
    "copy": (-np.inf, -0.0, 0.0, np.inf),
    "exp": (0.0, 1.0, 1.0, np.inf),
    "log1p_exp": (0.0, np.log(2), np.log(2), 0.0),
}


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_limits_and_signed_zeros(case, dtype):
    result = case(np.array([-np.inf, -0.0, 0.0, np.inf], dtype))
    expected = np.array(LIMITS[case.name]).astype(dtype)
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(np.signbit(result), np.signbit(expected))


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_nan_stays_nan(case, dtype):
    nan = np.array([np.nan, -np.nan, np.nan], dtype)
    assert np.isnan(case(nan)).all()
    if case.gradient and "relu" not in case.name:
        assert np.isnan(case(np.ones(3, dtype), nan)).all()


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_flat_pieces_give_zero_whatever_dy_is(case, dtype):
    if not case.gradient or ("relu" not in case.name and case.name != "grad.elu.ufunc"):
        return
    case.defaults = dict.fromkeys(case.defaults, 0.0)
    dy = np.array([np.inf, -np.inf, np.nan, -1.0, 1.0], dtype)
    for x in (-1.0, -0.0, 0.0, -np.inf):
        result = case(np.full(5, x, dtype), dy)
        assert (result == 0).all()
        assert not np.signbit(result).any()


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_leaky_relu_with_slope_zero(api, dtype):
    result = api[""]["leaky_relu"](np.array([-np.inf, -3.0, 2.0, np.nan], dtype), 0.0)
    np.testing.assert_array_equal(result, np.array([0.0, 0.0, 2.0, np.nan], dtype))


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_silence(case, dtype):
    values = oracle.every_half() if dtype is np.float16 else oracle.special(dtype)
    # Signalling NaN too: quiet ones, with the quiet bit cleared and another set.
    bits = {
        np.float16: (np.uint16, 0x7C01),
        np.float32: (np.uint32, 0x7F800001),
        np.float64: (np.uint64, 0x7FF0000000000001),
    }
    unsigned, pattern = bits[dtype]
    values = np.append(values, np.array([pattern], unsigned).view(dtype))
    if case.name == "exp":  # the only one here that can overflow
        values = values[~(values > 80)]
    if case.name == "noisy_relu.ufunc" and dtype is np.float16:
        values = values[~(values > 65000)]
    with np.errstate(all="raise"):
        case(values)
        case(np.repeat(values, 100)[::3])
    if case.gradient and "leaky" not in case.name:  # a huge dy under a slope of at most 1 cannot overflow
        special = oracle.special(dtype)
        y = special[np.abs(special) <= 1] if case.ufunc.space == "grad_from_output" else special
        with np.errstate(all="raise"):
            case(y[:, None], special)


def test_silence_of_the_facades(api):
    tiny = np.zeros(100_000, np.float16)
    with np.errstate(all="raise"):
        for x in (tiny, tiny - 14):
            api[""]["noisy_relu"](x, rng=1)
        api[""]["noisy_relu"](np.zeros(1000, np.float32), 1e-40, rng=1)
        assert not api[""]["noisy_relu"](np.full(3, -3.4e38, np.float32), 1e30, rng=1).any()
        assert api[""]["noisy_relu"].ufunc(np.float32(-3e38), np.float32(-3e38)) == 0
        for form in ("grad", "grad_from_output"):
            api[form]["softmax"](np.array([[0.0, 1000.0], [np.inf, 0.0], [np.nan, 1.0]]), np.array([np.inf, -np.inf]))


@pytest.mark.parametrize("dtype", oracle.DTYPES)
@pytest.mark.parametrize("form", ["", "grad", "grad_from_output"])
def test_genuine_overflow_is_reported_and_no_other(api, form, dtype):
    function = api[form]["leaky_relu"]
    huge = dtype(np.finfo(dtype).max / 2)
    left, right = ((-huge,), (huge,)) if form == "" else ((dtype(-1), huge), (dtype(1), huge))
    with np.errstate(all="raise"):
        assert function(*right, dtype(8)) == huge
        with pytest.raises(FloatingPointError, match="overflow"):
            function(*left, dtype(8))


def test_a_cast_still_reports_its_own_overflow(api):
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        api[""]["relu"](np.array([1e300, 1.0]), dtype=np.float32, casting="same_kind")
