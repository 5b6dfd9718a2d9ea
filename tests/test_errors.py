"""What is said of a wrong call: it names what the user typed, and what is meant by what other libraries call it."""

import inspect
import pickle
import re

import numpy as np
import pytest

import fastact
from fastact import diagnose, grad, grad_from_output, init, losses

from .cases import PUBLIC, public
from .errors import chain, refusal

X = np.ones((2, 3))
FACADES = [ufunc for ufunc in PUBLIC if ufunc.facade]
every_facade = pytest.mark.parametrize("ufunc", FACADES, ids=lambda ufunc: ufunc.public_name)
OTHERS = {  # public functions without ufuncs, and a call of each that is right
    **{f"init.{name}": (getattr(init, name), ((3, 4),)) for name in init.__all__ if name != "gain"},
    "init.gain": (init.gain, ("relu",)),
    "losses.softmax_cross_entropy": (losses.softmax_cross_entropy, (X, [0, 1])),
    "losses.lifted_structured": (losses.lifted_structured, (X, [0, 1])),
    "diagnose.dead_units": (diagnose.dead_units, (X,)),
    "get": (fastact.get, ("relu",)),
    "gumbel_softmax": (fastact.gumbel_softmax, (X,)),
}
SAID = [  # of what was typed
    (lambda: fastact.softmax(X, axis=9), "softmax(): axis 9 is out of bounds for 2 dimensions"),
    (lambda: fastact.softmax(None), "softmax(): x must be real, of at most double precision, not None"),
    (lambda: fastact.softmax([[1], [1, 2]]), "softmax(): x: setting an array element with a sequence"),
    (lambda: fastact.leaky_relu([[1], [1, 2]]), "leaky_relu(): x: setting an array element with a sequence"),
    (lambda: fastact.noisy_relu([[1], [1, 2]]), "noisy_relu(): x: setting an array element with a sequence"),
    (lambda: fastact.noisy_relu(X, rng=-1), "noisy_relu(): rng: expected non-negative integer"),
    (lambda: fastact.noisy_relu(X, np.ones(5)), "noisy_relu(): "),
    (lambda: fastact.leaky_relu(X, np.ones(5)), "leaky_relu(): "),
    (lambda: grad.softmax(X, dy=X), "grad.softmax(): dy is missing; arrays are given by position: grad.softmax(x, dy)"),
    (lambda: fastact.softmax(x=X), "softmax(): x is missing; arrays are given by position: softmax(x)"),
    (lambda: fastact.swiglu(X), "swiglu(): b is missing; arrays are given by position: swiglu(a, b)"),
    (
        lambda: grad.swiglu(X),
        "grad.swiglu(): b and dy are missing; arrays are given by position: grad.swiglu(a, b, dy)",
    ),
    (lambda: grad.leaky_relu(X), "grad.leaky_relu(): dy is missing; arrays are given by position"),
    (lambda: grad.leaky_relu(x=X, dy=X), "grad.leaky_relu(): x and dy are missing"),
    (lambda: grad.softmax(X, X, keepdims=True), "grad.softmax() takes no keyword argument 'keepdims'"),
    (lambda: fastact.softmax(X, temperature=0), "softmax(): temperature must be positive and finite, not 0"),
    (
        lambda: fastact.softmax(X, temperature=[1.0, np.nan]),
        "softmax(): temperature must be positive and finite, not nan",
    ),
    (lambda: fastact.softmax(X, temperature="hot"), "softmax(): temperature must be real"),
    (lambda: fastact.softmax(X, where=[1, 0, 1]), "softmax(): where must be an array of bool, not int64"),
    (lambda: grad_from_output.leaky_relu(2.0, 1.0, -2.0), "grad_from_output.leaky_relu() takes negative_slope >= 0"),
    (
        lambda: grad_from_output.elu(2.0, 1.0, alpha=np.float64(-2.0)),
        "grad_from_output.elu() takes alpha >= 0, not alpha=",
    ),
    (lambda: losses.softmax_cross_entropy(X), "losses.softmax_cross_entropy() missing 1 required positional argument"),
    (init.gain, "init.gain() missing 1 required positional argument: 'name'"),
]
HINTS = [  # what was given, what it is here
    (fastact.leaky_relu, {"alpha": 0.2}, "negative_slope"),
    (fastact.leaky_relu, {"slope": 0.2}, "negative_slope"),
    (fastact.leaky_relu, {"negative_slop": 0.2}, "negative_slope"),
    (fastact.leaky_relu, {"inplace": True}, "out=x writes over x"),
    (fastact.elu, {"slope": 2.0}, "alpha"),
    (fastact.softmax, {"dim": 1}, "axis"),
    (fastact.softmax, {"T": 2.0}, "temperature"),
    (fastact.softmax, {"tau": 2.0}, "temperature"),
    (fastact.softmax, {"mask": X > 0}, "where"),
    (fastact.softmax, {"input": X}, "arrays are given by position"),
    (fastact.logsumexp, {"keepdim": True}, "keepdims"),
    (fastact.log_softmax, {"axes": 1}, "axis"),
    (fastact.noisy_relu, {"seed": 1}, "rng"),
    (fastact.noisy_relu, {"scale": 1}, "std"),
    (fastact.gumbel_softmax, {"temperature": 2.0}, "tau"),
    (fastact.gumbel_softmax, {"key": 2}, "rng"),
    (losses.softmax_cross_entropy, {"dim": 1}, "axis"),
    (losses.softmax_cross_entropy, {"reduction": "mean"}, ".mean() or .sum()"),
    (diagnose.dead_units, {"dim": 1}, "axis"),
    (init.he_normal, {"generator": 1}, "rng"),
    (init.gain, {"nonlinearity": "relu"}, "name"),
]


@every_facade
def test_what_parameters_have_to_be(ufunc):
    """A number that does not meet a row's demand is refused; an array's elements are not looked at."""
    function, arrays = public(ufunc), [X] * len(ufunc.arrays)
    for condition, example in dict(ufunc.row.demands).items():
        said = re.escape(f"{ufunc.public_name}() takes {condition}, not {next(iter(example))}=")
        for number in (float, np.float32):
            with pytest.raises(ValueError, match=said):
                function(*arrays, **{name: number(value) for name, value in example.items()})
        function(*arrays, **{name: np.array([value]) for name, value in example.items()})


@pytest.mark.parametrize(("call", "text"), SAID, ids=[text for _, text in SAID])
def test_messages(call, text):
    error = refusal(call, (), {})
    assert str(error).startswith(text)
    chain(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(("function", "given", "hint"), HINTS, ids=lambda one: getattr(one, "__name__", str(one))[:40])
def test_hints(function, given, hint):
    """Of the names of other libraries, and of misspelt ones."""
    arrays = ("relu",) if function is init.gain else ((3, 4),) if function is init.he_normal else (X,)
    arrays += ([0, 1],) if function is losses.softmax_cross_entropy else ()
    error = refusal(function, arrays, given)
    (name,) = given
    assert isinstance(error, TypeError)
    assert re.search(rf"\(\) takes no keyword argument '{name}'; .*{re.escape(hint)}", str(error)), error


@every_facade
def test_what_a_function_takes(ufunc):
    """It is listed where a keyword is not known, and all of it is taken; arrays that are left out are named."""
    function, name = public(ufunc), ufunc.public_name
    arrays = [1.5 if one == "dy" else X for one in ufunc.arrays]
    error = refusal(function, arrays, {"nonsense": 1})
    assert str(error).startswith(f"{name}() takes no keyword argument 'nonsense'")
    known = str(error).rpartition("It takes ")[2].split(", ")
    given = inspect.signature(function).parameters
    assert set(known) >= {one for one in given if one not in (*ufunc.arrays, "kwargs")} | {"out", "dtype", "casting"}
    for keyword in set(known) - {"out"}:
        value = {"axis": 1, "casting": "same_kind", "order": "C", "where": True, "dtype": float, "keepdims": False}
        error = refusal(
            function, arrays, {keyword: value.get(keyword, given[keyword].default if keyword in given else None)}
        )
        assert error is None, f"{keyword}: {error}"
    for k in range(len(arrays)):
        left_out = " and ".join(ufunc.arrays[k:])
        error = refusal(function, arrays[:k], {})
        assert str(error).startswith(f"{name}(): {left_out} {'is' if k == len(arrays) - 1 else 'are'} missing")
        assert str(refusal(function, arrays[:k], dict.fromkeys(ufunc.arrays[k:], X))) == str(error)


@pytest.mark.parametrize("name", OTHERS)
def test_other_functions(name):
    function, arrays = OTHERS[name]
    assert refusal(function, arrays, {}) is None
    for given in ((), (*arrays, *[1] * 9)):
        assert str(refusal(function, given, {})).startswith(f"{name}()")
    calls = [(arrays, {"nonsense": 1}), ((), {}), ((*arrays, *[1] * 9), {})]
    calls += [((bad, *arrays[1:]), {}) for bad in (None, 1j, "x", [[1], [1, 2]], object(), {}, -1)]
    calls += [
        (arrays, {one: bad}) for one in inspect.signature(function).parameters for bad in ("x", 1j, -1.5, [[1], [1, 2]])
    ]
    errors = [error for call in calls if (error := refusal(function, *call)) is not None]
    assert len(errors) > 5
    for error in errors:
        assert isinstance(error, TypeError | ValueError), repr(error)
        assert str(error).startswith(name), error
        chain(error)
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))


def test_public_modules_show_what_is_public():
    for module in (fastact, fastact.grad, fastact.grad_from_output, losses, init, diagnose):
        names = set(dir(module))
        assert names - {"__version__"} == set(module.__all__)
        assert all(
            callable(getattr(module, one)) or inspect.ismodule(getattr(module, one)) for one in names - {"__version__"}
        )


def test_help_says_what_other_libraries_take():
    assert "``beta``, here softplus(beta * x) / beta" in fastact.softplus.__doc__
    assert "gelu_tanh is the approximation" in fastact.gelu.__doc__
    for ufunc in PUBLIC:
        text = inspect.getdoc(public(ufunc))
        assert all(f"``{option}``" in text for option, _ in ufunc.row.options if not ufunc.space)
        if not ufunc.facade:
            assert "By position it comes after the inputs" in text


def test_an_axis_that_is_out_of_bounds():
    """The error has what NumPy's has, and survives what pickles errors piece by piece."""
    error = refusal(fastact.softmax, (X,), {"axis": 9})
    assert isinstance(error, np.exceptions.AxisError)
    support = pytest.importorskip("tblib.pickling_support")
    make, given, *_ = support.pickle_exception(error)
    for again in (error, pickle.loads(pickle.dumps(error)), make(*given)):
        assert (str(again), again.axis, again.ndim) == (str(error), 9, 2)
