"""Promises 2 and 3: limits, signed zeros, pieces that are identically zero, and silence."""

import itertools

import numpy as np
import pytest

from . import oracle
from .cases import Case, for_each_output, parameters_of, settings

# Signalling NaN: a quiet one, with the quiet bit cleared and another set.
SIGNALLING = {
    np.float16: np.array([0x7C01], np.uint16).view(np.float16),
    np.float32: np.array([0x7F800001], np.uint32).view(np.float32),
    np.float64: np.array([0x7FF0000000000001], np.uint64).view(np.float64),
}


def every_setting(case, dtype):
    """Yield the case with its parameters at the defaults, then at their samples, and each at 0 where it may be."""
    zeros = [{one.name: 0.0} for one in parameters_of(case.ufunc.row) if not one.positive]
    others = [*settings(case.ufunc.row, dtype), *zeros]
    for given in ({}, *others):
        yield Case(case.rung, case.ufunc, **given).rounded(dtype)


def overflowing(case, operands):
    """Return where a result is infinite though no input is."""
    with np.errstate(all="ignore"):
        results = np.broadcast_arrays(*case.outputs(*operands))
    finite = [np.isfinite(one) for one in operands]
    return np.any([np.isinf(one) for one in results], axis=0) & np.all(np.broadcast_arrays(*finite), axis=0)


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_limits_and_signed_zeros(case, dtype):
    results = case.rounded(dtype).outputs(np.array([-np.inf, -0.0, 0.0, np.inf], dtype))
    for result, limits in zip(results, for_each_output(case.form, "limits"), strict=True):
        words = {k: oracle.exact(one, case.defaults) for k, one in enumerate(limits) if isinstance(one, str)}
        for k, value in words.items():
            assert oracle.error(result[k], value, dtype) <= case.bound(dtype)
        expected = np.array([float(words.get(k, one)) for k, one in enumerate(limits)]).astype(dtype)
        np.testing.assert_array_equal(*(np.delete(one, [*words]) for one in (result, expected)))
        np.testing.assert_array_equal(np.signbit(result), np.signbit(expected))


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_nan_stays_nan(case, dtype):
    nan = np.array([np.nan, -np.nan, np.nan, *SIGNALLING[dtype]], dtype)
    for result in case.outputs(*[nan] * len(case.names)):
        assert np.isnan(result).all()
    for k in range(len(case.names) if not case.gradient else 0):  # a partial derivative need not depend on each
        arrays = [np.ones_like(nan)] * len(case.names)
        arrays[k] = nan
        for result in case.outputs(*arrays):
            assert np.isnan(result).all()


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_a_gradient_is_zero_on_flat_pieces_whatever_dy_is_and_nowhere_else(case, dtype):
    """There an infinite dy and a NaN give +0, elsewhere a NaN gives NaN."""
    if not case.gradient:
        return
    dy = np.array([np.inf, -np.inf, np.nan, -1.0, 1.0], dtype)
    declared, found = for_each_output(case.form, "flat"), set()
    for case_there in every_setting(case, dtype):
        values = [-np.inf, -2.5, -1.0, -0.25, -0.0, 0.0, 0.25, 1.0, 2.5, np.inf, *case_there.places(dtype)]
        for operands in itertools.product(np.array(values, dtype), repeat=len(case.names)):
            results = case_there.outputs(*(np.full_like(dy, one) for one in operands), dy)
            for k, (result, flat) in enumerate(zip(results, case_there.flat(operands), strict=True)):
                at = f"{case.name}, output {k}, at {operands}, {case_there.defaults}: {result}"
                if flat:
                    found.add(k)
                    assert (result == 0).all(), at
                    assert not np.signbit(result).any(), at
                else:
                    assert np.isnan(result[2]), at
    assert found == {k for k, condition in enumerate(declared) if condition}, "a piece that the values here do not meet"


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_leaky_relu_with_slope_zero(api, dtype):
    result = api[""]["leaky_relu"](np.array([-np.inf, -3.0, 2.0, np.nan], dtype), 0.0)
    np.testing.assert_array_equal(result, np.array([0.0, 0.0, 2.0, np.nan], dtype))


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_silence(case, dtype):
    """No warning but of an overflow, where the row says so and the result is infinite."""
    values = oracle.every_half() if dtype is np.float16 else oracle.special(dtype)
    values = np.concatenate([values, *[SIGNALLING[dtype]] * (dtype is not np.float16), case.places(dtype)])
    points = case.points(values)
    if len(points) > 1:  # every two, of some
        some = np.concatenate([oracle.special(dtype), SIGNALLING[dtype], case.places(dtype)])
        points = [
            np.concatenate(pair) for pair in zip(points, map(np.ravel, np.meshgrid(*[some] * len(points))), strict=True)
        ]
    quiet = ~overflowing(case, points)
    if case.ufunc.space != "grad_from_output":  # where the values here need not be outputs
        assert case.form.raises or quiet.all(), "an overflow that the row does not know of"
    points = [one[quiet] for one in points] if case.form.raises else points
    with np.errstate(all="raise"):
        case(*points)
        case(*(np.repeat(one, 100)[::3] for one in points))
    if not case.gradient:
        return
    special = oracle.special(dtype)
    grids = [one.ravel() for one in np.meshgrid(*[special] * (1 + len(case.names)))]
    if case.form.raises:
        quiet = ~overflowing(case, grids)
        grids = [one[quiet] for one in grids]
    with np.errstate(all="raise"):
        case(*grids)


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_an_overflow_is_reported_only_where_a_result_is_not_finite(case, dtype):
    """Not for what a kernel computes beside the result, at any combination of special values."""
    case.loud = True
    grids = [one.ravel() for one in np.meshgrid(*[oracle.special(dtype)] * len(case.ufunc.arrays))]
    with np.errstate(all="ignore"):
        finite = np.all([np.isfinite(one) for one in case.outputs(*grids)], axis=0)
    with np.errstate(all="raise"):
        case(*(one[finite] for one in grids))


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_genuine_overflow_is_reported(case, dtype):
    """By each function whose row says so, for some parameters."""
    if not case.form.raises:
        return
    largest = np.finfo(dtype).max
    huge = np.array([-largest, largest, 1, -1, 2.5, -2.5], dtype)
    grids = [one.ravel() for one in np.meshgrid(*[huge] * len(case.ufunc.arrays))]
    given = [*settings(case.ufunc.row, dtype), {one.name: largest / 2 for one in parameters_of(case.ufunc.row)}]
    found = False
    for parameters in ({}, *given):
        there = Case(case.rung, case.ufunc, **parameters)
        others = [dtype(value) for value in there.defaults.values()]
        for place in np.flatnonzero(overflowing(there, grids)):
            found = True
            with np.errstate(all="raise"), pytest.raises(FloatingPointError, match=case.form.raises):
                there.function(*(one[place : place + 1] for one in grids), *others)
    assert found, "nothing overflows here, and the row says that something does"


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_in_place_nothing_is_reported_of_elements_computed_twice(case, dtype):
    """The last vector of a short array has elements before it, too, which must not be the results that lie there.

    What is reported is the same as with an output elsewhere.
    """
    if not case.form.raises or case.ufunc.nout > 1:
        return
    large = dtype(np.finfo(dtype).max ** dtype(0.4))
    grids = [one.ravel() for one in np.meshgrid(*[np.array([-large, large, -1, 1])] * len(case.ufunc.arrays))]
    for parameters in ({}, {one.name: large for one in parameters_of(case.ufunc.row)}):
        there = Case(case.rung, case.ufunc, **parameters)
        others = [dtype(value) for value in there.defaults.values()]
        for k in range(len(grids)):
            with np.errstate(all="ignore"):
                once = there.function(*grids, *others)
                twice = there.function(*grids[:k], once, *grids[k + 1 :], *others)
            for place in np.flatnonzero(np.isfinite(once) & np.isinf(twice)):
                arrays = [np.full(67, one[place]) for one in grids]
                reported = []
                with np.errstate(all="call", call=lambda *what, reported=reported: reported.append(what)):
                    there.function(*arrays, *others)
                    apart = len(reported)
                    there.function(*arrays, *others, out=arrays[k])
                assert len(reported) == 2 * apart


# The function, its operands in float64, its parameters, and what comes out.
LARGEST = float(np.finfo(np.float64).max)
FAR = [
    ("swish", (-np.inf,), {"beta": 0.0}, -np.inf),
    ("swish", (LARGEST,), {"beta": 1.702}, LARGEST),
    ("grad.swish", (-1e305, 1.0), {"beta": 1e4}, -0.0),
    ("grad_parameter.swish", (1e200, 1.0), {"beta": 1e90}, 0.0),
    ("swiglu", (LARGEST, 1.0), {"alpha": 1.702}, LARGEST),
    ("grad.swiglu", (100.0, 100.0, LARGEST), {"limit": 7.0}, (0.0, 0.0)),
    ("xielu", (-LARGEST, 1.0, 2.0, 1.9375), {}, LARGEST / 16),
]


@pytest.mark.parametrize(("name", "operands", "given", "expected"), FAR)
def test_nothing_overflows_on_the_way_to_a_finite_result(api, name, operands, given, expected):
    space, _, name = name.rpartition(".")
    function = api[space][name]
    with np.errstate(all="raise", under="ignore"):
        result = function(*(np.full(19, one) for one in operands), **given)
    for one, wanted in zip(np.reshape(result, (-1, 19)), np.atleast_1d(expected), strict=True):
        np.testing.assert_allclose(one, wanted, 1e-14)
        assert np.all(np.signbit(one) == np.signbit(wanted))


# Up to where the gate's exponential counts as 0 whatever finite number it is multiplied with.
VANISHING = {"swiglu": (-400.0, -1500.0), "geglu": (-25.0, -60.0), "geglu_tanh": (-15.0, -30.0)}


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_an_infinite_array_beside_a_vanishing_gate(api, dtype):
    inf = np.full(19, np.inf, dtype)
    for name, (near, far) in VANISHING.items():
        function = api[""][name]
        assert np.all(function(np.full(19, near, dtype), inf) == -np.inf), name
        assert np.all(function(np.full(19, far, dtype), inf) == 0.0), name
    assert np.all(api[""]["glu"](inf, np.full(19, -400.0, dtype)) == np.inf)
    assert np.all(api[""]["glu"](inf, np.full(19, -1500.0, dtype)) == 0.0)


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
