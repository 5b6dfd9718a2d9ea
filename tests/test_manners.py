"""Promise 6, and what a NumPy user expects of a ufunc: keywords, dtypes, errors, pickles, help."""

import doctest
import pickle

import numpy as np
import pytest

import fastact
from fastact import _dispatch, _rows

from . import oracle
from .cases import COMPILED, PUBLIC, UFUNCS, base, functions, needs_compiled


def public(ufunc, rung=None):
    """Return a public function of the table's, in use or on a rung."""
    return functions(rung or _dispatch.ISA)[ufunc.space][ufunc.row.name]


def operands(ufunc, dtype=np.float64, shape=(4, 5)):
    rng = np.random.default_rng(6)
    return [rng.normal(0, 2, one).astype(dtype) for one in shapes(ufunc, shape)]


def shapes(ufunc, shape):
    """Return the shapes of the inputs."""
    reduced = shape[:-1] if ufunc.row.reduces else shape
    return [shape, reduced][: 2 if ufunc.space else 1]


def result_shape(ufunc, shape=(4, 5)):
    return shape[:-1] if ufunc.row.reduces and not ufunc.space else shape


@pytest.fixture(params=PUBLIC, ids=lambda ufunc: ufunc.name)
def ufunc(request):
    return request.param


def call(ufunc, rung, *arrays, **kwargs):
    if ufunc.row.noise and not ufunc.space:
        kwargs["rng"] = 7
    return public(ufunc, rung)(*arrays, **kwargs)


def test_compiled_functions_are_genuine_ufuncs():
    for name in COMPILED:
        for ufunc in UFUNCS:
            function = base(name, ufunc)
            if not ufunc.row.compiled:
                continue
            assert isinstance(function, np.ufunc)
            assert function.__name__ == ufunc.name
            letters = [loop.partition("->")[0][0] for loop in function.types]
            assert letters == ["e", "f", "d"], "the order of NumPy's own loops"
            assert function.nin == ufunc.nin


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
    result = call(ufunc, rung, *arrays)
    assert result.dtype == dtype
    assert result.shape == result_shape(ufunc)
    out = np.empty(result_shape(ufunc), dtype)
    assert call(ufunc, rung, *arrays, out=out) is out
    np.testing.assert_array_equal(out, result)
    wider = np.empty(result_shape(ufunc), np.float64)
    call(ufunc, rung, *arrays, out=(wider,))
    np.testing.assert_array_equal(wider.astype(dtype), result)


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
    result = call(ufunc, rung, *arrays)
    if ufunc.row.parameters and not ufunc.row.axis and arrays[0].dtype.kind != "f":
        expected = "d"  # NumPy's rule for integers beside a Python float, the default parameter
    assert result.dtype == np.dtype(expected)
    if not (ufunc.row.noise and not ufunc.space):
        plain = call(ufunc, rung, *(x.astype(expected) for x in arrays))
        np.testing.assert_array_equal(result, plain)


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
        call(ufunc, rung, *arrays, out=np.empty((3, *result_shape(ufunc)[1:])))
    with pytest.raises(TypeError, match=r"(?s)Cannot cast.*float64.*int64|int64"):
        call(ufunc, rung, *arrays, out=np.empty(result_shape(ufunc), np.int64))
    with pytest.raises(TypeError):
        call(ufunc, rung, *arrays, out=[0.0])
    with pytest.raises(TypeError, match="nonsense"):
        call(ufunc, rung, *arrays, nonsense=1)


def test_where_dtype_and_casting(ufunc, rung):
    if ufunc.row.axis:
        return
    arrays = operands(ufunc)
    result = call(ufunc, rung, *arrays)
    out = np.full((4, 5), 9.0)
    mask = arrays[0] > 0
    call(ufunc, rung, *arrays, where=mask, out=out)
    np.testing.assert_array_equal(out, np.where(mask, result, 9.0))
    single = call(ufunc, rung, *arrays, dtype=np.float32, casting="same_kind")
    assert single.dtype == np.float32
    with pytest.raises(TypeError):
        call(ufunc, rung, *arrays, dtype=np.float32, casting="safe")
    with pytest.raises(TypeError):
        call(ufunc, rung, *arrays, dtype=np.complex128)


def test_empty_and_zero_dimensional(ufunc, rung):
    arity = 2 if ufunc.space else 1
    if not ufunc.row.axis:
        result = call(ufunc, rung, *[1.5] * arity)
        assert isinstance(result, np.float64)
        assert call(ufunc, rung, *[np.float32(1.5)] * arity).dtype == np.float32
        assert call(ufunc, rung, *[np.empty(0)] * arity).shape == (0,)
    empty = [np.empty(one, np.float32) for one in shapes(ufunc, (0, 3))]
    assert call(ufunc, rung, *empty).shape == result_shape(ufunc, (0, 3))


@pytest.mark.filterwarnings("ignore:'where' used without 'out'")
def test_where_of_a_number_gives_a_number(rung):
    api = functions(rung)
    for x in (np.float32(1.5), np.array(1.5, np.float32)):
        for where in (False, np.array(True)):
            assert type(api[""]["tanh"](x, where=where)) is np.float32
            assert type(api["grad"]["elu"](x, x, where=where)) is np.float32


def test_unaligned_and_swapped(ufunc, rung):
    arrays = operands(ufunc)
    expected = call(ufunc, rung, *arrays)
    record = np.zeros((4, 5), dtype=[("pad", "i1"), ("x", "<f8"), ("y", ">f8")])
    record["x"] = arrays[0]
    record["y"] = arrays[-1].reshape(-1, arrays[-1].shape[-1] if arrays[-1].ndim == 2 else 1)
    odd = [record["x"], record["y"] if arrays[-1].ndim == 2 else record["y"][:, 0]]
    np.testing.assert_array_equal(call(ufunc, rung, *odd[: len(arrays)]), expected)


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
    with pytest.raises(TypeError, match="where"):
        numpy[""]["log_softmax"](np.ones(3), where=np.ones(3, bool))


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
    if not ufunc.row.reduces or not ufunc.space:
        assert public(ufunc)(*[Taker()] * (2 if ufunc.space else 1)) == ufunc.name
    if ufunc.space:
        assert public(ufunc)(Taker(), 1.0) == ufunc.name


def test_docstrings(ufunc):
    function = public(ufunc)
    text = function.__doc__
    for section in ("Parameters\n----------", "Returns\n-------", "Raises\n------", "Notes\n-----"):
        assert section in text
    for parameter in ufunc.row.parameters:
        assert f"{parameter.name} : " in text
    if not ufunc.row.axis:
        bound = _rows.NUMPY_ULP[0] if _dispatch.ISA == _dispatch.NUMPY else ufunc.form.ulp32
        assert f"{bound} in float32" in text
    assert ("\nValueError\n" in text) == ufunc.row.axis
    words = " ".join(text.split())
    assert ("1.0 gives the derivative" in words) == (bool(ufunc.space) and ufunc.row.reduces >= ufunc.row.axis)
    assert ("shape without the axis" in words) == (ufunc.row.reduces and not ufunc.space)
    parsed = doctest.DocTestParser().get_doctest(text, {"fastact": fastact, "np": np}, ufunc.name, None, None)
    runner = doctest.DocTestRunner()
    runner.run(parsed)
    assert runner.failures == 0


def test_exports_follow_the_table():
    for space, module in (("", fastact), ("grad", fastact.grad), ("grad_from_output", fastact.grad_from_output)):
        names = {ufunc.row.name for ufunc in PUBLIC if ufunc.space == space}
        assert names <= set(module.__all__)
        assert all(getattr(module, name) is public(u) for u in PUBLIC if u.space == space for name in [u.row.name])
    assert not hasattr(fastact, "exp")


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
