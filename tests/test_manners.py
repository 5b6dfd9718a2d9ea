"""Promise 6, and what a NumPy user expects of a ufunc: keywords, dtypes, errors, pickles, help."""

import doctest
import inspect
import itertools
import pickle

import numpy as np
import pytest

import fastact
from fastact import _dispatch, _rows

from . import oracle
from .cases import COMPILED, PUBLIC, UFUNCS, base, functions, needs_compiled, public, several


def operands(ufunc, dtype=np.float64, shape=(4, 5)):
    rng = np.random.default_rng(6)
    return [rng.normal(0, 2, one).astype(dtype) for one in shapes(ufunc, shape)]


def shapes(ufunc, shape):
    """Return the shapes of the arrays."""
    return [shape[:-1] if ufunc.row.reduces and name == "dy" else shape for name in ufunc.arrays]


def result_shape(ufunc, shape=(4, 5)):
    return shape[:-1] if ufunc.row.reduces and not ufunc.space else shape


def outs(ufunc, dtype=np.float64, shape=None, fill=0.0):
    """Return a tuple of arrays for the outputs."""
    return tuple(np.full(shape or result_shape(ufunc), fill, dtype) for _ in range(ufunc.nout))


@pytest.fixture(params=PUBLIC, ids=lambda ufunc: ufunc.name)
def ufunc(request):
    return request.param


def call(ufunc, rung, *arrays, **kwargs):
    """Return all outputs, a tuple."""
    if ufunc.draws:
        kwargs["rng"] = 7
    return several(public(ufunc, rung)(*arrays, **kwargs))


def equal(results, expected):
    """Assert that all outputs are the same."""
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, wanted)


def test_compiled_functions_are_genuine_ufuncs():
    for name in COMPILED:
        for ufunc in UFUNCS:
            function = base(name, ufunc)
            if not ufunc.row.compiled:
                continue
            assert isinstance(function, np.ufunc)
            assert function.__name__ == ufunc.name
            letters = [loop.partition("->")[0][0] for loop in function.types]
            integers = list("bBhHiIlLqQ") if ufunc.integers else []
            assert letters == [*integers, "e", "f", "d"], "the order of NumPy's own loops"
            assert (function.nin, function.nout) == (ufunc.nin, ufunc.nout)


def test_inputs_are_not_written_to(ufunc, rung):
    arrays = operands(ufunc)
    copies = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    call(ufunc, rung, *arrays)
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_result_dtype_and_out(ufunc, rung, dtype):
    arrays = operands(ufunc, dtype)
    results = call(ufunc, rung, *arrays)
    assert len(results) == ufunc.nout
    for result in results:
        assert result.dtype == dtype
        assert result.shape == result_shape(ufunc)
    own = outs(ufunc, dtype)
    given = call(ufunc, rung, *arrays, out=own if ufunc.nout > 1 else own[0])
    assert all(one is out for one, out in zip(given, own, strict=True))
    equal(own, results)
    wider = outs(ufunc, np.float64)
    call(ufunc, rung, *arrays, out=wider)
    equal([one.astype(dtype) for one in wider], results)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("?", "e"),
        ("b", "e"),
        ("B", "e"),
        ("h", "f"),
        ("H", "f"),
        ("i", "d"),
        ("I", "d"),
        ("q", "d"),
        ("Q", "d"),
        (">f4", "f"),
        ("<f8", "d"),
    ],
)
def test_integers_and_byte_orders(ufunc, rung, given, expected):
    arrays = [np.ones(one, int).astype(given) for one in shapes(ufunc, (1, 5))]
    arrays[0][0, ::3] = 0
    results = call(ufunc, rung, *arrays)
    if ufunc.parameters and not ufunc.draws and not ufunc.row.axis and arrays[0].dtype.kind != "f":
        expected = "d"  # NumPy's rule for integers beside a Python float, the default parameter
    if ufunc.integers:
        expected = "b" if given == "?" else given
    assert all(result.dtype == np.dtype(expected).newbyteorder("=") for result in results)
    if not ufunc.draws:
        equal(results, call(ufunc, rung, *(x.astype(expected) for x in arrays)))


@pytest.mark.parametrize(
    "bad", [1j, np.complex64(1), np.longdouble(1), object, "1", b"1", np.array(1, "M8[s]"), np.array(1, "m8[s]"), None]
)
def test_what_is_no_real_number_is_a_type_error_that_names_the_function(ufunc, rung, bad):
    with pytest.raises(TypeError, match=ufunc.public_name.replace(".", r"\.")):
        call(ufunc, rung, *[np.full(one, bad) for one in shapes(ufunc, (1,))])


def test_facades_name_the_argument(rung):
    api = functions(rung)
    for function, arguments, name in [
        (api[""]["leaky_relu"], ([1.0], 1j), "negative_slope"),
        (api[""]["leaky_relu"], ([1j],), "x"),
        (api["grad"]["leaky_relu"], ([1.0], [1j]), "dy"),
        (api[""]["softmax"], ([1j],), "x"),
        (api["grad_from_output"]["softmax"], ([1.0], [1j]), "dy"),
        (api[""]["noisy_relu"], ([1j],), "x"),
        (api[""]["noisy_relu"], ([1.0], 1j), "std"),
        (api[""]["noisy_relu"], ([1.0], np.longdouble(1)), "std"),
    ]:
        with pytest.raises(TypeError, match=rf"\(\): {name} must be real"):
            function(*arguments)


def test_bad_out(ufunc, rung):
    arrays = operands(ufunc)
    with pytest.raises(ValueError, match=r"shape|broadcast|mismatch"):
        call(ufunc, rung, *arrays, out=outs(ufunc, shape=(3, *result_shape(ufunc)[1:])))
    with pytest.raises(TypeError, match=r"(?s)Cannot cast.*float64.*int64|int64"):
        call(ufunc, rung, *arrays, out=outs(ufunc, np.int64))
    with pytest.raises(TypeError):
        call(ufunc, rung, *arrays, out=[0.0])
    with pytest.raises((TypeError, ValueError), match="out"):
        call(ufunc, rung, *arrays, out=outs(ufunc) + outs(ufunc))
    with pytest.raises(TypeError, match="nonsense"):
        call(ufunc, rung, *arrays, nonsense=1)


def test_where_dtype_and_casting(ufunc, rung):
    if ufunc.row.axis:
        return
    arrays = operands(ufunc)
    results = call(ufunc, rung, *arrays)
    own = outs(ufunc, fill=9.0)
    mask = arrays[0] > 0
    call(ufunc, rung, *arrays, where=mask, out=own)
    equal(own, [np.where(mask, result, 9.0) for result in results])
    for single in call(ufunc, rung, *arrays, dtype=np.float32, casting="same_kind"):
        assert single.dtype == np.float32
    with pytest.raises(TypeError):
        call(ufunc, rung, *arrays, dtype=np.float32, casting="safe")
    with pytest.raises(TypeError):
        call(ufunc, rung, *arrays, dtype=np.complex128)


def test_empty_and_zero_dimensional(ufunc, rung):
    arity = len(ufunc.arrays)
    if not ufunc.row.axis:
        for result in call(ufunc, rung, *[1.5] * arity):
            assert isinstance(result, np.float64)
        for result in call(ufunc, rung, *[np.float32(1.5)] * arity):
            assert result.dtype == np.float32
        for result in call(ufunc, rung, *[np.empty(0)] * arity):
            assert result.shape == (0,)
    empty = [np.empty(one, np.float32) for one in shapes(ufunc, (0, 3))]
    for result in call(ufunc, rung, *empty):
        assert result.shape == result_shape(ufunc, (0, 3))


@pytest.mark.filterwarnings("ignore:'where' used without 'out'")
def test_where_of_a_number_gives_a_number(rung):
    api = functions(rung)
    for x in (np.float32(1.5), np.array(1.5, np.float32)):
        for where in (False, np.array(True)):
            assert type(api[""]["tanh"](x, where=where)) is np.float32
            assert type(api["grad"]["elu"](x, x, where=where)) is np.float32


def test_unaligned_and_swapped(ufunc, rung):
    arrays = operands(ufunc)
    expected, odd = call(ufunc, rung, *arrays), []
    for array, letter in zip(arrays, itertools.cycle("<>")):
        record = np.zeros(array.shape, dtype=[("pad", "i1"), ("x", f"{letter}f8")])
        record["x"] = array
        odd.append(record["x"])
    equal(call(ufunc, rung, *odd), expected)


def test_python_scalars_do_not_widen(rung):
    x = np.ones(3, np.float32)
    assert functions(rung)[""]["leaky_relu"](x, 0.2).dtype == np.float32
    assert functions(rung)["grad"]["softplus"](x, 1.0).dtype == np.float32
    assert functions(rung)["grad"]["leaky_relu"](x.astype(np.float16), 1, 0.2).dtype == np.float16


LETTERS = "?bBhHiIqQefd"


@needs_compiled
def test_the_numpy_rung_resolves_dtypes_as_the_ufuncs_do():
    """All pairs of dtypes, beside arrays and Python numbers, and casting rules."""
    compiled, numpy = functions(COMPILED[0]), functions(_dispatch.NUMPY)

    def outcome(api, space, name, *arguments, **kwargs):
        try:
            return api[space][name](*arguments, **kwargs).dtype
        except (TypeError, ValueError) as error:
            return type(error).__mro__[-3]

    for one in LETTERS:
        x = np.ones(3, one)
        for other in LETTERS:
            pair = ("grad", "relu", x, np.ones(3, other))
            assert outcome(numpy, *pair) == outcome(compiled, *pair), (one, other)
        for number in (1, 2.5):
            pair = ("grad", "relu", x, number)
            assert outcome(numpy, *pair) == outcome(compiled, *pair), (one, number)
        for kwargs in (
            {"casting": "no"},
            {"casting": "safe"},
            {"dtype": "f4"},
            {"dtype": "f4", "casting": "safe"},
            {"dtype": "f8", "casting": "no"},
            {"casting": "bad"},
            {"axis": 0},
        ):
            for call in (("", "relu", x), ("", "leaky_relu", x)):
                assert outcome(numpy, *call, **kwargs) == outcome(compiled, *call, **kwargs), (one, call[1], kwargs)
    assert numpy[""]["relu"](np.ones(3, "g"), dtype="d").dtype == np.float64


def test_prelu_broadcasts(rung):
    x = np.full((2, 3), -1.0)
    np.testing.assert_array_equal(
        functions(rung)[""]["leaky_relu"](x, np.array([0.1, 0.2, 0.3])), [[-0.1, -0.2, -0.3]] * 2
    )


@pytest.mark.parametrize("dtype", oracle.DTYPES)
@pytest.mark.parametrize("name", COMPILED)
def test_a_strided_output_may_trail_a_strided_input(name, dtype):
    relu = _dispatch.build(name)[""]["relu"]
    for ahead in (0, 1, 2, 3, 600):
        room = np.random.default_rng(8).normal(0, 3, 4000).astype(dtype)
        source, out = room[ahead::2][:1500], room[: 2 * 1500 : 2]
        expected = np.maximum(source, 0)
        relu(source, out=out)
        np.testing.assert_array_equal(out, expected)
        others = np.random.default_rng(8).normal(0, 3, 4000).astype(dtype)
        np.testing.assert_array_equal(room[1:3000:2], others[1:3000:2])


@pytest.mark.parametrize("name", COMPILED)
def test_reduce_and_accumulate_go_element_by_element(name):
    function = functions(name)["grad"]["sigmoid"]
    x = np.random.default_rng(8).normal(0, 1, 100)
    step, steps = x[0], [x[0]]
    for one in x[1:]:
        step = function(step, one)
        steps.append(step)
    assert function.reduce(x) == step
    np.testing.assert_array_equal(function.accumulate(x), steps)


def test_pickles_point_at_the_public_name(ufunc):
    function = public(ufunc)
    for protocol in (4, 5):
        assert pickle.loads(pickle.dumps(function, protocol)) is function
        if ufunc.facade:
            assert pickle.loads(pickle.dumps(function.ufunc, protocol)) is function.ufunc


def test_subclasses_and_overrides(ufunc):
    """An object with __array_ufunc__ gets the call, as with NumPy's own ufuncs."""

    class Taker:
        shape, ndim = (3,), 1

        def __array_ufunc__(self, called, method, *inputs, **kwargs):
            return called.__name__

        def __array__(self, dtype=None, copy=None):
            return np.zeros(3, dtype)

    if _dispatch.ISA == _dispatch.NUMPY or not ufunc.row.compiled:
        return
    name = f"{ufunc.public_name}.plain" if ufunc.form.plain else ufunc.name
    if not ufunc.row.reduces or not ufunc.space:
        assert public(ufunc)(*[Taker()] * len(ufunc.arrays)) == name
    if ufunc.has_dy:
        assert public(ufunc)(*[Taker()] * (len(ufunc.arrays) - 1), 1.0) == name


def test_docstrings(ufunc):
    function = public(ufunc)
    text = inspect.getdoc(function)
    for section in ("Parameters\n----------", "Returns\n-------", "Raises\n------", "Notes\n-----"):
        assert section in text
    for parameter in ufunc.row.parameters:
        assert f"{parameter.name} : " in text
    if not ufunc.row.axis:
        bounds = (ufunc.form.ulp32, f"{_rows.NUMPY_ULP[0]} in float16 and")
        assert all(f"{bound}" in text for bound in bounds)
    assert ("\nValueError\n" in text) == (ufunc.row.axis or bool(ufunc.row.demands))
    words = " ".join(text.split())
    assert ("1.0 gives the derivative" in words) == (ufunc.has_dy and ufunc.row.reduces >= ufunc.row.axis)
    assert ("shape without the axis" in words) == (ufunc.row.reduces and not ufunc.space)
    parsed = doctest.DocTestParser().get_doctest(text, {"fastact": fastact, "np": np}, ufunc.name, None, None)
    runner = doctest.DocTestRunner()
    runner.run(parsed)
    assert runner.failures == 0


def test_exports_follow_the_rows():
    for space in _dispatch.RENDERED:
        module = getattr(fastact, space) if space else fastact
        own = {ufunc.row.name: ufunc for ufunc in PUBLIC if ufunc.space == space}
        assert set(functions(_dispatch.ISA)[space]) == set(own)
        assert set(own) <= set(module.__all__) <= set(dir(module))
        assert not space or set(own) == set(module.__all__)
        for name, ufunc in own.items():
            function = getattr(module, name)
            assert function.__name__ == (name if ufunc.facade else ufunc.name)
            assert function.__qualname__ == ufunc.public_name
            assert function.__module__ == "fastact"
        assert not any(hasattr(module, row.name) for row in _rows.rows() if not row.public)


def test_rrelu(rung):
    rrelu = functions(rung)[""]["rrelu"]
    x = np.where(np.arange(200_000) % 2, -1.0, 3.0).astype(np.float32)
    y = rrelu(x, rng=1)
    np.testing.assert_array_equal(y, rrelu(x, rng=np.random.default_rng(1)))
    again, slopes = rrelu(x, rng=1, return_slopes=True)
    np.testing.assert_array_equal(y, again)
    np.testing.assert_array_equal(y, functions(rung)[""]["leaky_relu"](x, slopes))
    assert y.dtype == slopes.dtype == np.float32
    # uniform from 1/8 to 1/3: mean 11/48, variance (5/24)^2/12
    assert 1 / 8 <= slopes.min() < 0.1251
    assert 0.3332 < slopes.max() <= np.float32(1 / 3)
    assert abs(slopes.mean() - 11 / 48) < 0.001
    assert abs(slopes.var() - (5 / 24) ** 2 / 12) < 5e-5
    assert abs(np.corrcoef(slopes[1:], slopes[:-1])[0, 1]) < 0.01
    np.testing.assert_array_equal(y[::2], 3)
    np.testing.assert_array_equal(rrelu(x, 0.25, 0.25, rng=1), np.where(x > 0, x, -0.25))
    assert rrelu(-np.ones(3), np.zeros((4, 1)), [0.0, 0.5, 1.0], rng=1).shape == (4, 3)
    for dtype in oracle.DTYPES:
        y, slopes = rrelu(dtype(-48), training=False, return_slopes=True)
        assert (y, slopes, y.dtype, slopes.dtype) == (-11, dtype(11 / 48), dtype, dtype)
    out = np.empty((2, 200_000), np.float32)
    assert rrelu(x, rng=1, out=out) is out
    assert np.unique(out[:, 1::2]).size > 190_000
    np.testing.assert_array_equal(
        functions(rung)["grad"]["rrelu"]([-1.0, 0.0, 2.0], 2.0, [0.3, 0.2, 0.1]), [0.6, 0.4, 2]
    )
    with pytest.raises(ValueError, match="lower must not be above upper"):
        rrelu(x, 0.5)


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_hard_sigmoid_at_its_defaults(rung, dtype):
    """It is that of 1/6 itself there, also where defaults are given, and bends at -3 and 3."""
    api = functions(rung)
    x = np.array([-3, 3, np.nextafter(dtype(-3), dtype(0)), np.nextafter(dtype(3), dtype(0)), 1], dtype)
    exact = [float(oracle.exact("(x + 3)/6", {"x": float(one)})) for one in x]
    for given in ((), (1 / 6,), (1 / 6, 0.5)):
        result, wanted = api[""]["hard_sigmoid"](x, *given), np.array(exact).astype(dtype)
        np.testing.assert_array_equal(result[:2], wanted[:2])
        np.testing.assert_array_max_ulp(result, wanted, 1)
        slopes = api["grad"]["hard_sigmoid"](x, dtype(1), *given)
        np.testing.assert_array_equal(slopes, np.array([0, 0, 1 / 6, 1 / 6, 1 / 6]).astype(dtype))
    assert (api["grad"]["hard_sigmoid"](x, dtype(1), np.full(5, 1 / 6, dtype)) == dtype(1 / 6)).sum() >= 3
    assert api[""]["hard_sigmoid"](np.int8(1)).dtype == api[""]["hard_sigmoid"](np.int8(1), 0.2).dtype == np.float64


def test_noisy_relu(rung):
    noisy = functions(rung)[""]["noisy_relu"]
    x = np.zeros(200_000, np.float32)
    y = noisy(x, rng=1)
    np.testing.assert_array_equal(y, noisy(x, rng=np.random.default_rng(1)))
    assert y.dtype == np.float32
    # max(0, N(0, 1/2)): mean sqrt(1/2) / sqrt(2 pi), half of it zero
    assert abs(y.mean() - np.sqrt(0.5 / (2 * np.pi))) < 0.005
    assert abs((y == 0).mean() - 0.5) < 0.005
    np.testing.assert_array_equal(noisy(x + 2, 0.0), x + 2)
    assert noisy(np.zeros(3), np.ones((4, 1)), rng=1).shape == (4, 3)
    assert noisy(np.zeros(3, np.float16), 1.0, rng=1).dtype == np.float16
    assert np.unique(noisy(np.ones(3), 1e-3, rng=1, out=np.empty((2, 3)))).size == 6
    with pytest.raises(ValueError, match="std must not be negative"):
        noisy(x, -1.0)
