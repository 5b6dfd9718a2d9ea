"""What other libraries mean by a name: held against them where they are installed, and walked for what is missing."""

import copy
import functools
import inspect
import os
import pickle
import warnings

import numpy as np
import pytest

import fastact
from fastact import _get, _rows

ROWS = {row.name: row for row in _rows.rows()}
THERE = {
    (there.library, name): (row, dict(there.defaults))
    for row in ROWS.values()
    for there in row.elsewhere
    for name in there.names
}
COMPOSED = {names: None for one in _get.COMPOSED for names in one.names}
X = np.random.default_rng(1).normal(0.0, 3.0, (2, 3, 4)).astype(np.float32)
ROUGH = {("transformers", "xielu"): 2e-2}  # its parameters are bfloat16
WRONG = {("keras", "sparsemax"): "its threshold adds up sums of the sorted elements: it gives rows of zeros"}  # 3.15
LEFT_OUT = {
    "torch": {"no activation but a layer with weights": "MultiheadAttention"},
    "jax": {
        "no activations": """dot_product_attention get_scaled_dot_general_config log1mexp one_hot scaled_dot_general
            scaled_matmul standardize""",
    },
    "keras": {"they are about names": "deserialize get serialize"},
    "transformers": {},
    "onnx": {
        "NumPy's": """Abs Acos Acosh Add Asin Asinh Atan Atanh BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Ceil
            Clip Concat Cos Cosh Div Einsum Floor Log Max Mean Min Mod Mul Neg Not Range Reciprocal Round Sign Sin Sinh
            Sqrt StringConcat StringNormalizer Sub Sum Tan Transpose""",
        "SciPy's and NumPy's linear algebra": "Det Erf Gemm MatMul",
        "no activations but layers": """AveragePool Conv ConvTranspose DeformConv GlobalAveragePool GlobalLpPool
            GlobalMaxPool GroupNormalization InstanceNormalization LRN LpNormalization LpPool MaxRoiPool
            MeanVarianceNormalization RMSNormalization""",
        "they move elements or run graphs": "DepthToSpace Flatten Scan SpaceToDepth",
    },
}
COMING = {"jax": "logmeanexp"}  # rows that are on their way


def in_turn(function, *ways):
    """Return what the function makes of the first arguments that it takes."""
    for arguments in ways[:-1]:
        try:
            return function(*arguments)
        except TypeError:
            pass
    return function(*ways[-1])


def torch_has(name, row, defaults):
    torch = pytest.importorskip("torch")
    there = next(
        getattr(one, name) for one in (torch.nn.functional, torch.nn, torch, torch.special) if hasattr(one, name)
    )
    options = {"dim": -1} if row.axis and not defaults else {}
    if inspect.isclass(there):
        there = in_turn(functools.partial(there, **options), (), [one.default for one in row.parameters]).eval()
        options = {}
    numbers = [one.default for one in row.parameters]
    with torch.no_grad():
        x = torch.from_numpy(X)
        ways = (x,), (x, *numbers), (x, *map(torch.tensor, numbers))
        return in_turn(functools.partial(there, **options), *ways).numpy()


def jax_has(name, row, defaults):
    jax = pytest.importorskip("jax")
    return getattr(jax.nn, name)(X)


def keras_has(name, row, defaults):
    os.environ.setdefault("KERAS_BACKEND", "numpy")
    keras = pytest.importorskip("keras")
    there = next(getattr(one, name) for one in (keras.activations, keras.layers, keras.ops) if hasattr(one, name))
    there = there() if inspect.isclass(there) else there
    return np.asarray(in_turn(there, (X,), (X, *(one.default for one in row.parameters)) if row else (X,)))


def onnx_has(name, row, defaults):
    onnx = pytest.importorskip("onnx")
    reference = pytest.importorskip("onnx.reference")
    schema = onnx.defs.get_schema(name)
    inputs = [X] * (len(row.arrays) if row else 1)
    inputs += (
        [np.array(one.default, X.dtype) for one in row.parameters][: schema.min_input - len(inputs)] if row else []
    )
    names = [f"x{k}" for k in range(len(inputs))]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(name, names, ["y"])],
        name,
        [onnx.helper.make_tensor_value_info(one, onnx.TensorProto.FLOAT, None) for one in names],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
    )
    opset = [onnx.helper.make_opsetid("", onnx.defs.onnx_opset_version())]
    model = onnx.helper.make_model(graph, opset_imports=opset)
    return reference.ReferenceEvaluator(model).run(None, dict(zip(names, inputs, strict=True)))[0]


def transformers_has(name, row, defaults):
    torch = pytest.importorskip("torch")
    activations = pytest.importorskip("transformers.activations")
    with torch.no_grad():
        return activations.ACT2FN[name].float()(torch.from_numpy(X)).numpy()


def scipy_has(name, row, defaults):
    return getattr(pytest.importorskip("scipy.special"), name)(X)


def numpy_has(name, row, defaults):
    return getattr(np, name)(X)


LIBRARIES = {
    "torch": torch_has,
    "jax": jax_has,
    "keras": keras_has,
    "onnx": onnx_has,
    "transformers": transformers_has,
    "scipy": scipy_has,
    "numpy": numpy_has,
}
NAMES = [*THERE, *COMPOSED]
every_name = pytest.mark.parametrize(("library", "name"), NAMES, ids=" ".join)


def to_be_compared():
    """Return the names in libraries that can be called, of what gives the same each time, and is not wrong there."""
    found = []
    for library, name in NAMES:
        row, defaults = THERE.get((library, name), (None, {}))
        drawn = row is not None and row.noise and not row.noise.rest.items() <= dict(defaults).items()
        if library in LIBRARIES and not drawn:
            wrong = WRONG.get((library, name))
            marks = [pytest.mark.skip(reason=wrong)] if wrong else []
            found.append(pytest.param(library, name, id=f"{library} {name}", marks=marks))
    return found


@pytest.mark.parametrize(("library", "name"), to_be_compared())
@pytest.mark.filterwarnings("ignore")  # the libraries' own
def test_it_is_what_the_library_has(library, name):
    row, defaults = THERE.get((library, name), (None, {})) if (library, name) not in COMPOSED else (None, {})
    row_or_none = row or _rows.Row(name, "", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = np.asarray(LIBRARIES[library](name, row_or_none, defaults))
    arrays = [X] * (1 if row is None or wanted.shape != X.shape else len(row.arrays))
    result = fastact.get(name, library)(*arrays)
    rough = ROUGH.get((library, name), 2e-5)
    np.testing.assert_allclose(result, wanted, rough, rough * 0.2)
    assert result.dtype == np.float32


@every_name
def test_pickles_and_reprs(library, name):
    function = fastact.get(name, library=library)
    assert pickle.loads(pickle.dumps(function)) is function is copy.deepcopy(function) is fastact.get(name, library)
    if not isinstance(function, _get.Meant):
        row, defaults = THERE[library, name]
        assert function is getattr(fastact, row.name)
        assert not defaults
        return
    assert repr(function).startswith(f"<{name} of {library}: ")
    assert b"._" not in pickle.dumps(function)
    for key, value in getattr(function, "defaults", {}).items():
        assert f"{key}={value!r}" in repr(function)
        assert inspect.signature(function).parameters[key].default == value
    if (library, name) in COMPOSED:
        for one in inspect.signature(function).parameters.values():
            assert one.name == "x" or str(one) in repr(function)


def test_defaults_are_those_of_the_library_until_they_are_given():
    """By name and by position."""
    for (library, name), (row, defaults) in THERE.items():
        own = {one.name: one.default for one in row.parameters if one.name in defaults}
        if own and (library, name) not in COMPOSED and len(row.arrays) == 1:
            function, plain = fastact.get(name, library), getattr(fastact, row.name)
            np.testing.assert_array_equal(function(X), plain(X, **defaults))
            np.testing.assert_array_equal(function(X, **own), plain(X, **defaults | own))
            first = row.parameters[0].name
            if not row.axis and not row.noise:
                np.testing.assert_array_equal(function(X, 0.7), plain(X, **defaults | {first: 0.7}))


def test_no_name_stands_for_two_functions():
    named = [(there.library, name) for row in ROWS.values() for there in row.elsewhere for name in there.names]
    assert len(named) == len(set(named))


def walked(library):
    """Return every name of a library that may be an activation."""
    if library == "torch":
        return set(pytest.importorskip("torch").nn.modules.activation.__all__)
    if library == "jax":
        nn = pytest.importorskip("jax").nn
        return {name for name in dir(nn) if not name.startswith("_") and not inspect.ismodule(getattr(nn, name))}
    if library == "keras":
        keras_has("relu", _rows.Row("", "", None), {})
        activations = __import__("keras").activations
        return {name for name in dir(activations) if inspect.isfunction(getattr(activations, name))}
    if library == "transformers":
        pytest.importorskip("torch")
        return set(pytest.importorskip("transformers.activations").ACT2FN)
    schemas = [one for one in pytest.importorskip("onnx").defs.get_all_schemas() if not one.domain and one.inputs]
    return {  # which make an array of arrays that are as it is
        one.name
        for one in schemas
        if len(one.outputs) == 1 and {given.type_str for given in one.inputs} == {one.outputs[0].type_str}
    }


@pytest.mark.parametrize("library", LEFT_OUT)
@pytest.mark.filterwarnings("ignore")
def test_every_name_is_served_or_left_out(library):
    names = walked(library)
    left_out = {name for names in LEFT_OUT[library].values() for name in names.split()}
    served = {name for one, name in (*THERE, *COMPOSED) if one == library}
    assert names - served - left_out - set(COMING.get(library, "").split()) == set()
    assert not (left_out | set(COMING.get(library, "").split())) & served


def test_own_names_and_names_that_mean_the_same_everywhere():
    for name in _get.own():
        assert fastact.get(name) is getattr(fastact, name)
    for name in {name for _, name in (*THERE, *COMPOSED)} - _get.own().keys():
        meant = [fastact.get(name, library) for library, one in (*THERE, *COMPOSED) if one == name]
        if len({_get.what_it_is(one) for one in meant}) == 1:
            assert fastact.get(name) in meant
    assert fastact.get("ReLU") is fastact.relu


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("leaky_rlu", "keras"), "keras has nothing called 'leaky_rlu' that is here; the nearest names are leaky_relu"),
        (("relu", "onnx"), "the nearest names are Relu"),
        (("zzzz", "scipy"), "there are expit, log_expit"),
        (("sofplus",), "nothing is called 'sofplus'; the nearest names are softplus"),
        (("relu", "tensorflow"), "library must be one of torch, jax, keras"),
        (("LeakyReLU",), "leaky_relu with library='torch', leaky_relu(x, negative_slope=0.3) with library='keras'"),
    ],
)
def test_unknown_names(call, said):
    with pytest.raises(ValueError, match=r"^get\(\): ") as caught:
        fastact.get(*call)
    assert said in str(caught.value)


def test_wrong_calls():
    with pytest.raises(TypeError, match=r"get\(\): name must be a string, not None"):
        fastact.get(None)
    with pytest.raises(TypeError, match=r"get\(\) takes no keyword argument 'lib'; library is its name here"):
        fastact.get("relu", lib="torch")
    composed = fastact.get("relu", "keras")
    for arguments, options in [((), {}), ((X, 1, 2, 3, 4), {}), ((X,), {"slope": 1}), ((1j,), {}), ((X, "1"), {})]:
        with pytest.raises(TypeError, match=r"^relu\(\): "):
            composed(*arguments, **options)


def test_compositions_take_what_arrays_carry():
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([-2.0, np.nan, 1.0], index=list("abc"))
    masked = np.ma.array([-2.0, 5.0, 1.0], mask=[False, True, False])
    for library, name in COMPOSED:
        function = fastact.get(name, library)
        result = function(series)
        assert result.index.equals(series.index)
        np.testing.assert_array_equal(result.to_numpy(), function(series.to_numpy()))
        np.testing.assert_array_equal(function(masked).mask, masked.mask)
        for dtype, wanted in (("f2", "f2"), ("f4", "f4"), ("i1", "f2"), ("i8", "f8")):
            assert function(np.ones(3, dtype)).dtype in (wanted, dtype)
        assert np.isnan(function(np.nan))
        assert np.ndim(function(1.0)) == 0


def test_relu_of_keras_with_every_parameter():
    """By its definition, and at the kinks."""
    function = fastact.get("relu", "keras")
    x = np.array([-np.inf, -3.0, -0.0, 0.0, 1.0, 2.0, 5.0, 6.0, 7.0, np.inf, np.nan])
    np.testing.assert_array_equal(function(x), fastact.relu(x))
    np.testing.assert_array_equal(function(x, 0.2), fastact.leaky_relu(x, 0.2))
    np.testing.assert_array_equal(function(x, max_value=6.0), np.clip(fastact.relu(x), None, 6.0))
    wanted = [-np.inf, -2.5, -1.0, -1.0, -0.5, 0.0, 5.0, 6.0, 6.0, 6.0, np.nan]
    np.testing.assert_array_equal(function(x, 0.5, 6.0, 2.0), wanted)


def test_gates_take_two_arrays_or_one():
    pandas = pytest.importorskip("pandas")
    for (library, name), (row, defaults) in THERE.items():
        if len(row.arrays) == 1:
            continue
        gate, plain = fastact.get(name, library), functools.partial(getattr(fastact, row.name), **defaults)
        a, b = np.split(X, 2, axis=-1)
        np.testing.assert_array_equal(gate(X), plain(a, b))
        np.testing.assert_array_equal(gate(a, b), plain(a, b))
        np.testing.assert_array_equal(gate(X, axis=0), plain(X[:1], X[1:]))
        masked = np.ma.array(X, mask=X > 2)
        np.testing.assert_array_equal(gate(masked).mask, masked.mask[..., :2] | masked.mask[..., 2:])
        with pytest.raises(ValueError, match="axis 1 of x is of length 3, which does not make two halves"):
            gate(X, axis=1)
        with pytest.raises(ValueError, match="axis 3 is out of bounds"):
            gate(X, axis=3)
        with pytest.raises(TypeError, match="a DataFrame is not split"):
            gate(pandas.DataFrame(a[0]))
