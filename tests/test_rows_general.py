"""What is general of softmax and its family: masks, and temperatures in float64."""

import itertools

import mpmath
import numpy as np
import pytest

from fastact import _dispatch, _rows
from fastact._rows import softmax

from . import oracle
from .bits import BITS, bits
from .cases import COMPILED, UFUNCS, VECTORS, base, mask_of
from .rows_oracle import LENGTHS, WIDE, bound, error, exact, gradient_and_size, needs_wide, operands, same

GENERAL = [ufunc for ufunc in UFUNCS if ufunc.attribute == "general"]
PLAIN = {ufunc.public_name: ufunc for ufunc in UFUNCS if ufunc.row.axis and ufunc.main}
HEATED = [ufunc for ufunc in GENERAL if "temperature" in ufunc.others]
SOFTMAX, *_ = HEATED
every_form = pytest.mark.parametrize("ufunc", GENERAL, ids=lambda ufunc: ufunc.name)
every_dtype = pytest.mark.parametrize("dtype", oracle.DTYPES)
# Over the whole range of float64, and such that floats have no digits for.
TEMPERATURES = (0.1, 0.3, 0.7, 1 / 3, 3.0, 1.0 + 2.0**-30, 2.0 - 2.0**-52, 1e-3, 1e4, 2.0**-40, 1e30, 1e-37)
EXTREME = (5e-324, 1e-310, 1e-300, 1e-100, 1e-46, 1e-38, 2.0**127, 1.7e38, 3.5e38, 1e39, 1e100, 1e300, 1.7e308)


def compiled_of(rung):
    """Return the forms that a rung computes by itself, and on the NumPy rung all."""
    return [ufunc for ufunc in GENERAL if ufunc.row.compiled or rung == _dispatch.NUMPY]


def ordinary(dtype, length):
    """Return rows of ordinary numbers, of huge ones, and such with infinities and NaN."""
    x = np.random.default_rng(length).normal(0, 3, (37, length)).astype(dtype)
    x[5] = np.finfo(dtype).max
    x[6] *= 2000
    x[8, 0], x[10, -1], x[11, length // 2] = np.inf, np.nan, -np.inf
    x[13] = -np.inf
    return x


def tame(dtype, length):
    """Return rows of ordinary numbers."""
    return np.random.default_rng(length).normal(0, 2, (37, length)).astype(dtype)


def given(ufunc, dtype, length, rows=ordinary):
    """Return the arrays, the mask, and what follows it."""
    made, count = operands(ufunc, dtype, length, rows), len(ufunc.arrays)
    if ufunc.space == "grad_from_output":
        made[0] = np.where(np.isfinite(rows(dtype, length)), made[0], rows(dtype, length))
    return made[:count], made[count], made[count + 1 :]


def hidden(ufunc, arrays, mask, *fill):
    """Return arrays with others' values where they are masked; without any, those that count for nothing."""
    fill = fill or (ufunc.stand_in, 0)
    return [
        np.where(mask, x, x.dtype.type(value)) if is_row else x
        for x, value, is_row in zip(arrays, fill, ufunc.core, strict=False)
    ]


def expected_of(ufunc, function, arrays, mask, others):
    """Return what a function of whole rows makes of what counts for nothing where a mask masks."""
    with np.errstate(all="ignore"):
        result = function(*hidden(ufunc, arrays, mask), *others)
    counts = mask if result.ndim == mask.ndim else mask.any(axis=-1)
    return np.where(counts, result, result.dtype.type(ufunc.masked))


def everything(x):
    """Return the mask that masks nothing."""
    return np.broadcast_to(True, x.shape)


@every_form
@every_dtype
def test_bits_are_those_of_what_counts_for_nothing(rung, ufunc, dtype):
    """At temperature 1, those of the plain call."""
    function, plain = base(rung, ufunc), base(rung, PLAIN[ufunc.public_name])
    for length in LENGTHS if rung in VECTORS else LENGTHS[:9]:
        arrays, mask, heat = given(ufunc, dtype, length)
        ones = [np.ones_like(one) for one in heat]
        for rows in (mask, np.random.default_rng(length).random(mask.shape) < 0.5, everything(mask), mask & False):
            result = function(*arrays, rows, *ones)
            np.testing.assert_array_equal(bits(result), bits(expected_of(ufunc, plain, arrays, rows, [])))
            whole = everything(rows)
            expected = expected_of(ufunc, function, arrays, rows, [whole, *heat])
            np.testing.assert_array_equal(bits(function(*arrays, rows, *heat)), bits(expected))


@every_form
@every_dtype
def test_what_is_masked_is_never_looked_at(rung, ufunc, dtype):
    """It raises no flag either, in no layout."""
    function = base(rung, ufunc)
    signalling = (BITS[dtype](1) << BITS[dtype](np.finfo(dtype).nmant - 1)) // 2 + bits(np.array(np.inf, dtype))
    for length in (1, 2, 7, 16, 40, 600, 2500) if rung in VECTORS else (7, 40):
        arrays, mask, heat = given(ufunc, dtype, length, tame)
        expected = function(*arrays, mask, *heat)
        for poison in ((np.nan, np.nan), (np.inf, -np.inf), (-np.inf, np.inf), (np.finfo(dtype).max,) * 2, None):
            if poison is None:
                kept = [x.view(BITS[dtype]) for x in arrays]
                kept = [np.where(mask, x, signalling) if x.ndim == 2 else x for x in kept]
                own = [x.view(dtype) for x in kept]
            else:
                own = hidden(ufunc, arrays, mask, *poison)
            with np.errstate(all="raise", under="ignore" if rung == _dispatch.NUMPY else "raise"):
                np.testing.assert_array_equal(bits(function(*own, mask, *heat)), bits(expected))
                across = [x.T.copy() for x in own]
                np.testing.assert_array_equal(bits(function(*across, mask.T.copy(), *heat, axis=0).T), bits(expected))
                if expected.ndim == 2:
                    assert function(*own, mask, *heat, out=own[0]) is own[0]
                    np.testing.assert_array_equal(bits(own[0]), bits(expected))


@every_form
@every_dtype
def test_masks_of_every_layout(rung, ufunc, dtype):
    """Broadcast along the rows or across them, backwards, every third, of other true bytes than 1."""
    function = base(rung, ufunc)
    for length, axis in itertools.product((3, 16, 40, 600, 2500) if rung in VECTORS else (3, 40), (-1, 0)):
        arrays, mask, heat = given(ufunc, dtype, length)
        turned = [x.T.copy() for x in arrays] if axis == 0 else arrays
        masks = [np.broadcast_to(mask[1], mask.shape), np.broadcast_to(mask[:, :1], mask.shape)]
        masks += [mask[::-1].copy()[::-1], mask[:, ::-1].copy()[:, ::-1], np.repeat(mask, 3, axis=1)[:, ::3]]
        masks += [np.asfortranarray(mask), (mask * np.uint8(2)).view(bool), mask[:1].repeat(len(mask), axis=0)]
        for rows in masks:
            wanted = function(*arrays, np.array(rows.view(np.uint8) != 0), *heat)
            result = function(*turned, rows.T if axis == 0 else rows, *heat, axis=axis)
            np.testing.assert_array_equal(bits(result.T if axis == 0 else result), bits(wanted))


@every_dtype
def test_a_mask_may_share_memory_with_the_output(rung, dtype):
    for length in (2, 16, 40, 600, 2500):
        x = np.random.default_rng(length).normal(0, 2, (20, length)).astype(dtype)
        mask = mask_of(x.shape)
        expected = base(rung, SOFTMAX)(x, mask, 0.7)
        for step in (1, x.itemsize):
            out = np.zeros_like(x)
            own = out.view(bool).reshape(20, -1)[:, ::step][:, :length]
            own[...] = mask
            same(base(rung, SOFTMAX)(x, own, 0.7, out=out), expected)


@every_dtype
def test_rows_of_nothing_and_of_one(rung, dtype):
    largest = np.finfo(dtype).max
    for length in (1, 2, 16, 17, 600, 2500):
        x = np.full((7, length), np.nan, dtype)
        values = np.array([0, 3.3, -7, largest, -largest, 1e-7, -np.inf], dtype)
        x[:, -1], one = values, np.broadcast_to(np.arange(length) == length - 1, x.shape)
        for name, alone in (("softmax", 1), ("softmin", 1), ("log_softmax", 0), ("sparsemax", 1), ("hardmax", 1)):
            ufunc = next(ufunc for ufunc in GENERAL if ufunc.name == f"{name}.general")
            heats = ([1.0], [1e-300], [1e300]) if ufunc in HEATED else ([],)
            for heat in heats:
                with np.errstate(all="raise"):
                    result = base(rung, ufunc)(-x if name == "softmin" else x, one, *heat)
                assert (result[:6, -1] == alone).all(), name
                assert np.isnan(result[6, -1])
                assert (result[:, :-1] == ufunc.masked).all()
                assert not np.signbit(result[:6, -1]).any()
        total = next(ufunc for ufunc in GENERAL if ufunc.name == "logsumexp.general")
        same(base(rung, total)(x, one), values)
        same(base(rung, total)(x, one & False), np.full(7, -np.inf, dtype))
        for ufunc in GENERAL:
            arrays = [x if is_row else x[:, 0] for is_row in ufunc.core[: len(ufunc.arrays)]]
            with np.errstate(all="raise"):
                result = base(rung, ufunc)(*arrays, one & False, *[1.5] * (ufunc in HEATED))
            np.testing.assert_array_equal(bits(result), bits(np.full_like(result, ufunc.masked)))


def test_examples_of_temperatures(rung):
    function = base(rung, SOFTMAX)

    def at(x, temperature, dtype=np.float32):
        x = np.array(x, dtype)
        with np.errstate(all="raise", over="ignore"):
            long = [(np.tile(x, times), np.arange(len(x) * times) < len(x)) for times in (1, 9, 300, 3000)]
            results = [function(*row, temperature) for row in long]
            results += [function(np.tile(x, (33, 1)).T, np.broadcast_to(True, (len(x), 33)), temperature, axis=0)[:, 5]]
        for result in results:
            np.testing.assert_array_equal(result[: len(x)], results[0])
        return results[0].tolist()

    assert at([3e38, -3e38], 1e-300) == [1, 0]
    assert at([3e38, 3e38], 1e-300) == [0.5, 0.5]
    np.testing.assert_allclose(at([3e38, -3e38], 1e38), [0.997527377, 0.002472623], rtol=1e-5)
    np.testing.assert_allclose(at([3e38, -3e38], 2e38), [0.95257413, 0.04742587], rtol=1e-5)
    wide = at([1.7e308, -1.7e308], 1e308, np.float64)
    np.testing.assert_allclose(wide, [0.96770453530155, 0.03229546469845], rtol=1e-12)
    assert at([3e38, -3e38, 1], 1e300) == [np.float32(1 / 3)] * 3
    assert at([1e-310, 0], 1e-310, np.float64) == pytest.approx([0.731058578630005, 0.268941421369995], rel=1e-14)
    assert at([60000, 0], 1e300, np.float16) == [0.5, 0.5]
    assert at([np.inf, 0], 1e-300) == [1, 0]
    assert np.isnan(at([np.inf, np.inf], 1e300)).all()
    assert np.isnan(at([-np.inf, -np.inf], 1e-300)).all()


def heated_rows(dtype, length, temperature):
    """Yield rows whose softmax at a temperature is no matter of course, as far as the dtype has them."""
    rng = np.random.default_rng(length)
    top = float(np.finfo(dtype).max) / 8
    for scale in (1, 3, 30):
        x = rng.normal(0, scale, (max(2, 30_000 // length), length)).astype(WIDE)
        far = x + rng.normal(0, 1e4, (len(x), 1))
        with np.errstate(under="ignore"):
            for rows in (x, x * WIDE(temperature), far * WIDE(temperature)):
                yield np.clip(rows, -top, top).astype(dtype)


@needs_wide
@pytest.mark.parametrize("temperature", [*TEMPERATURES, *EXTREME])
@pytest.mark.parametrize("length", [2, 10, 17, 300, 2500])
@every_dtype
def test_temperatures_are_not_rounded(rung, dtype, length, temperature):
    """To 4 ULP of the exact quotient, with T as float64 has it."""
    if rung == "baseline" and length > 20:
        return
    function = base(rung, SOFTMAX)
    limit = _rows.FLOAT16_ULP if dtype is np.float16 else bound(rung, dtype, softmax.SOFTMAX_ULP)
    for x in heated_rows(dtype, length, temperature):
        assert error(function(x, everything(x), temperature), exact(x, temperature)[0]) <= limit


@needs_wide
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_row_has_a_temperature_of_its_own(rung, dtype):
    function, heats = base(rung, SOFTMAX), np.array([*TEMPERATURES, *EXTREME, 1.0, 2.0])
    for length in (3, 16, 40, 600, 2500):
        x = np.random.default_rng(length).normal(0, 3, (len(heats), length)).astype(dtype)
        expected = np.stack([function(row, everything(row), heat) for row, heat in zip(x, heats, strict=True)])
        same(function(x, everything(x), heats), expected)
        same(function(x.T.copy(), everything(x.T), heats, axis=0).T, expected)
        same(function(np.repeat(x, 2, axis=1)[:, ::2], everything(x), heats), expected)
        same(function(x, mask_of(x.shape) | True, np.repeat(heats, 2)[::2]), expected)
        wide = exact(x, heats[:, np.newaxis])[0]
        assert error(expected, wide) <= bound(rung, dtype, softmax.SOFTMAX_ULP)


def test_temperatures_that_are_powers_of_two_are_exact():
    for name, dtype, length in itertools.product(VECTORS, (np.float32, np.float64), (3, 40, 600, 2500)):
        x = np.random.default_rng(length).normal(0, 3, (20, length)).astype(dtype)
        for exponent in (-20, -1, 1, 3):
            heat = 2.0**exponent
            plain = base(name, PLAIN["softmax"])(x * dtype(2.0**-exponent))
            same(base(name, SOFTMAX)(x, everything(x), heat), plain)


def test_temperatures_against_mpmath():
    """Which the wide type is held against."""
    x = np.random.default_rng(3).normal(0, 3, (1, 9)).astype(np.float32)
    for temperature in (0.1, 1 / 3, 1e-3, 7.7):
        with mpmath.workdps(40):
            terms = [mpmath.exp(mpmath.mpf(float(one)) / mpmath.mpf(temperature)) for one in x[0]]
            wanted = np.array([float(term / mpmath.fsum(terms)) for term in terms])
        np.testing.assert_allclose(exact(x, temperature)[0][0].astype(np.float64), wanted, rtol=1e-15)
        for name in COMPILED:
            assert error(base(name, SOFTMAX)(x, everything(x), temperature)[0], wanted.astype(WIDE)) <= 4


@needs_wide
@pytest.mark.parametrize("temperature", [0.1, 1 / 3, 3.0, 1e4, 1e-30, 1e30, 1e-44, 1e42, 1e-200, 1e200])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients(rung, dtype, temperature):
    """Against the wide formula, relative to the size of what is added up; what overflows is infinite, and 0 stays 0."""
    _, grad, from_output = (base(rung, ufunc) for ufunc in HEATED)
    factor, tiny = WIDE(1) / WIDE(temperature), float(np.finfo(dtype).smallest_subnormal)
    for length in (2, 10, 17, 600, 2500) if rung in VECTORS else (2, 17):
        x, dy = np.random.default_rng(length).normal(0, 2, (2, 20, length)).astype(dtype)
        with np.errstate(all="ignore"):
            x = np.clip(x * WIDE(temperature), -1e37, 1e37).astype(dtype)
            mask = mask_of(x.shape)
            y = np.where(mask, exact(np.where(mask, x, dtype(-np.inf)), temperature)[0], 0)
            rounded = y.astype(dtype)
        weights = np.where(mask, dy, 0).astype(WIDE)
        for result, own in (
            (grad(x, dy, mask, temperature), y),
            (from_output(rounded, dy, mask, temperature), rounded.astype(WIDE)),
        ):
            slope, size = gradient_and_size(own, weights, factor)
            with np.errstate(all="ignore"):
                room = 8 * np.finfo(dtype).eps * size + tiny * (1 + 4 * np.abs(dy).max() * factor)
                limit = np.finfo(dtype).max
                fits = np.abs(slope) + room < limit
                assert (np.abs(result - slope) <= room)[fits].all()
                assert (np.abs(result) >= limit / 2)[np.abs(slope) - room > limit].all()
            assert (result[~mask] == 0).all()
            assert not np.isnan(result).any()


@every_form
def test_dtypes(rung, ufunc):
    """The arrays alone decide; a mask of others than bools is refused."""
    function, count = base(rung, ufunc), len(ufunc.arrays)
    mask = np.ones((2, 3), bool)
    for kind, wanted in (
        (bool, np.float16), (np.int8, np.float16), (np.int16, np.float32), (np.int64, np.float64),
        (np.float16, np.float16), (np.float32, np.float32), (np.float64, np.float64),
    ):  # fmt: skip
        arrays = [np.ones((2, 3) if is_row else 2, kind) for is_row in ufunc.core[:count]]
        for heat in (1, 0.5, np.float64(3), np.float32(3), np.full(2, 0.7)) if ufunc in HEATED else (None,):
            result = function(*arrays, mask, *([] if heat is None else [heat]))
            assert result.dtype == wanted
    for bad in (np.ones((2, 3)), np.ones((2, 3), int)):
        with pytest.raises(TypeError):
            function(*arrays, bad, *[1.0] * (ufunc in HEATED))


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("ufunc", HEATED, ids=lambda ufunc: ufunc.name)
def test_impossible_temperatures_do_no_harm(name, ufunc):
    """The caller refuses them; a loop ends all the same."""
    for dtype, length in itertools.product(oracle.DTYPES, (1, 3, 40, 600, 2500)):
        x = np.random.default_rng(1).normal(0, 1, (20, length)).astype(dtype)
        for heat in (0.0, -0.0, -1.0, np.nan, np.inf, -np.inf):
            for mask in (everything(x), mask_of(x.shape)):
                assert base(name, ufunc)(*[x] * len(ufunc.arrays), mask, heat).shape == x.shape
