"""The layers: what they return and keep, gradients, modes, names, pickles; and the network in docs that learns."""

import ast
import copy
import doctest
import inspect
import os
import pickle
import re
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import fastact
from fastact import _layer, _rows, grad, grad_from_output, nn

LAYERS = {getattr(nn, name)._of: getattr(nn, name) for name in nn.__all__}  # by the function
ROWS = [row for row in _rows.rows() if row.public]
X = np.random.default_rng(1).normal(0.0, 2.0, (3, 4)).astype(np.float32)
DIGITS = Path(__file__).parent.parent / "docs" / "digits.py"
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def layer_of(row, **given):
    """Return the layer of a row, with a seed where it takes one."""
    return LAYERS[row.name](**({"rng": 1} if row.noise else {}), **given)


def halves_of(row):
    """Return the arrays for the function of a row whose layer takes X."""
    return np.split(X, 2, axis=-1) if len(row.arrays) > 1 else (X,)


def away(row):
    """Return parameters away from their defaults, numbers of Python's."""
    return {one.name: one.samples[-1] for one in row.parameters if isinstance(one.default, float)}


def gradient(row, arrays, y, dy, **given):
    """Return the gradient by the function that a layer takes."""
    if row.back == "grad_from_output":
        return getattr(grad_from_output, row.name)(y, dy, **given)
    return getattr(grad, row.name)(*arrays, dy, **given)


@every_row
def test_calls_and_gradients(row):
    for given in ({}, away(row)):
        layer, arrays = layer_of(row, **given), halves_of(row)
        noise = {"rng": 1} if row.noise else {}
        y = layer(X)
        np.testing.assert_array_equal(y, getattr(fastact, row.name)(*arrays, **given, **noise))
        assert y.dtype == np.float32
        if row.grad is None and row.from_output is None:
            with pytest.raises(RuntimeError, match=f"{row.name} has no gradient"):
                layer.backward(y)
            continue
        dy = np.cos(np.arange(y.size, dtype=np.float32)).reshape(y.shape)
        dx = layer.backward(dy)
        drawn = {}
        if row.noise and row.grad:  # it is drawn again to be returned
            keyword, name = row.noise.named[0][0], row.noise.parameter.name
            drawn[name] = getattr(fastact, row.name)(X, rng=1, **{keyword: True})[1]
        wanted = gradient(row, arrays, y, dy, **given, **drawn)
        np.testing.assert_array_equal(dx, np.concatenate(wanted, -1) if len(arrays) > 1 else wanted)
        assert (dx.shape, dx.dtype) == (X.shape, X.dtype)
        np.testing.assert_array_equal(layer.backward(dy), dx)


@every_row
def test_a_reference_is_kept_and_after_eval_nothing(row):
    layer = layer_of(row)
    x = X.copy()
    with pytest.raises(RuntimeError, match=rf"nn.{type(layer).__name__}.backward\(\): .*(train|no gradient)"):
        layer.backward(1.0)
    y = layer(x)
    held = [one for one in flat(layer.__dict__) if isinstance(one, np.ndarray)]
    if row.back == "grad_from_output":
        assert [one is y for one in held] == [True]
    elif row.grad is not None:
        held = [one for one in held if one.base is x or one is x] if row.noise else held  # what was drawn, too
        assert len(held) == len(row.arrays)
        assert all(one is x or one.base is x for one in held)
    else:
        assert not held
    assert layer.eval() is layer
    assert not layer.training
    layer(x)
    assert not [one for one in flat(layer.__dict__) if isinstance(one, np.ndarray)]
    with pytest.raises(RuntimeError, match=r"\.train\(\)|no gradient"):
        layer.backward(y)
    assert layer.train() is layer
    assert layer.training
    layer(x)
    if row.from_output is not None or row.grad is not None:
        layer.backward(y)


def flat(value):
    """Yield what is in a structure."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            yield from flat(one)
    else:
        yield value


@every_row
def test_reprs_signatures_and_pickles(row):
    layer = layer_of(row, **away(row))
    kind = type(layer)
    assert kind.__name__ in nn.__all__
    parameters = inspect.signature(kind).parameters
    assert set(away(row)) <= set(parameters)
    given = ", ".join(f"{name}={getattr(layer, name)!r}" for name in parameters if name != "rng")
    assert repr(layer) == f"{kind.__name__}({given})"
    if not row.noise:
        assert repr(eval(repr(layer), vars(nn) | {"inf": np.inf})) == repr(layer)
    layer(X)
    copies = pickle.loads(pickle.dumps(layer)), copy.deepcopy(layer)
    y = layer(X)
    for again in copies:
        assert repr(again) == repr(layer)
        np.testing.assert_array_equal(again(X), y)
    assert not [one for one in flat(pickle.loads(pickle.dumps(layer)).__dict__) if isinstance(one, np.ndarray)]
    assert not pickle.loads(pickle.dumps(layer.eval())).training


def test_names_are_torchs():
    assert sorted(nn.__all__) == nn.__all__
    assert len(set(nn.__all__)) == len(ROWS)
    assert all(name == "".join(re.findall(r"[A-Z][A-Za-z0-9]*", name)) for name in nn.__all__)
    there = pytest.importorskip("torch").nn
    for row in ROWS:
        names = [name for one in row.elsewhere if one.library == "torch" and not one.defaults for name in one.names]
        classes = [name for name in names if inspect.isclass(getattr(there, name, None))]
        assert not classes or LAYERS[row.name].__name__ == classes[0]


@every_row
def test_documentation(row):
    kind = type(layer_of(row))
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(kind, globs={}):
        runner.run(test)
    assert runner.tries >= 5
    assert runner.failures == 0
    documented = inspect.getdoc(kind)
    assert documented.startswith(row.summary)
    for name in inspect.signature(kind).parameters:
        assert f"\n{name} : " in documented


def test_module():
    runner = doctest.DocTestRunner()
    runner.run(doctest.DocTestFinder().find(nn)[0])
    assert runner.tries > 4
    assert runner.failures == 0
    assert "from fastact import nn as nn" in Path(fastact.__file__).with_suffix(".pyi").read_text()
    tree = ast.parse(Path(nn.__file__).read_text())
    annotated = [one for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for one in node.args.args[1:]]
    assert all(one.annotation is not None for one in annotated)


def test_gradient_from_the_output_where_it_tells_the_input():
    """Of a negative parameter it does not; then the input is kept."""
    for row in ROWS:
        for one in row.parameters:
            if one.signed_output and row.from_output is not None:
                for value in (-0.5, np.array([-0.5, 0.5, 0.5, 0.5], np.float32)):
                    layer = layer_of(row, **{one.name: value})
                    layer(X)
                    wanted = getattr(grad, row.name)(X, X, **{one.name: value})
                    np.testing.assert_array_equal(layer.backward(X), wanted)


def test_numbers_of_numpy_leave_the_dtype_to_the_arrays():
    for row in ROWS:
        for name, value in away(row).items():
            if not row.axis:
                for number in (np.float64(value), np.array(value)):
                    layer = layer_of(row, **{name: number})
                    assert layer(X).dtype == np.float32
                    np.testing.assert_array_equal(layer(X), layer_of(row, **{name: value})(X))


@pytest.mark.parametrize("row", [row for row in ROWS if len(row.arrays) > 1], ids=lambda row: row.name)
def test_gates(row):
    a, b = X[:, :2], X[:, 2:]
    layer = layer_of(row)
    y = layer(a, b)
    np.testing.assert_array_equal(y, layer_of(row)(X))
    da, db = layer.backward(y)
    wanted = getattr(grad, row.name)(a, b, y)
    np.testing.assert_array_equal(da, wanted[0])
    np.testing.assert_array_equal(db, wanted[1])
    first = layer_of(row, axis=0)
    x = X.T
    np.testing.assert_array_equal(first(x), y.T)
    np.testing.assert_array_equal(first.backward(y.T), np.concatenate(wanted, axis=-1).T)
    for dy in (1.0, y.astype(np.float64), np.ma.array(y, mask=y > 0), y.tolist()):
        layer(X)
        dx = layer.backward(dy)
        wanted = getattr(grad, row.name)(a, b, dy)
        np.testing.assert_array_equal(dx, np.ma.concatenate(wanted, axis=-1))
        assert dx.dtype == wanted[0].dtype
        assert np.ma.isMaskedArray(dx) == np.ma.isMaskedArray(dy)
    with pytest.raises(ValueError, match=rf"nn.{type(layer).__name__}\(\): axis 0 of x is of length 3"):
        first(X)


@pytest.mark.parametrize("row", [row for row in ROWS if row.axis], ids=lambda row: row.name)
def test_along_axes_and_masks(row):
    mask = X < 2
    for axis in (0, -1, (0, 1), None):
        layer = layer_of(row, axis=axis)
        for options in ({}, {"where": mask}):
            y = layer(X, **options)
            np.testing.assert_array_equal(y, getattr(fastact, row.name)(X, axis=axis, **options))
            if row.grad is not None:
                wanted = gradient(row, (X,), y, y, axis=axis, **options)
                np.testing.assert_array_equal(layer.backward(y), wanted)


@pytest.mark.parametrize("row", [row for row in ROWS if row.noise], ids=lambda row: row.name)
def test_noise_is_drawn_anew_and_not_after_eval(row):
    layer, again = layer_of(row), layer_of(row)
    x = np.full(1000, -0.5)
    first = layer(x)
    np.testing.assert_array_equal(first, again(x))
    assert (layer(x) != first).any()
    layer.eval()
    np.testing.assert_array_equal(layer(x), layer(x))
    assert (layer(X) == pickle.loads(pickle.dumps(layer))(X)).all()
    with pytest.raises(TypeError, match=rf"nn.{type(layer).__name__}\(\): rng"):
        type(layer)(rng="seed")


class Slope(_layer.Layer):
    """A layer as it is rendered for a row whose parameter is learnt."""

    _of, _gradient, _not_negative, learnt = "leaky_relu", "grad_from_output", ("negative_slope",), ("negative_slope",)

    def __init__(self, negative_slope=0.25, axis=None):
        super().__init__(negative_slope=negative_slope, axis=axis)


@pytest.fixture
def slopes(monkeypatch):
    """Stand for grad_parameter with the gradient for this parameter."""

    def leaky_relu(x, dy, negative_slope):
        return np.minimum(x, 0) * dy + 0 * np.asarray(negative_slope, x.dtype)

    monkeypatch.setattr(_layer, "grad_parameter", types.SimpleNamespace(leaky_relu=leaky_relu))


@pytest.mark.usefixtures("slopes")
def test_gradients_of_learnt_parameters_are_summed_over_what_shares_them():
    x = np.random.default_rng(2).normal(size=(2, 3, 4, 5))
    dy = np.cos(x)
    each = np.where(x < 0, x, 0.0) * dy
    for slope, axis, wanted in [
        (np.array(0.25), None, each.sum()),
        (np.array([0.25]), None, each.sum().reshape(1)),
        (np.array([0.25]), 1, each.sum().reshape(1)),
        (np.full(3, 0.25), 1, each.sum((0, 2, 3))),
        (np.full(3, 0.25), -3, each.sum((0, 2, 3))),
        (np.full(5, 0.25), None, each.sum((0, 1, 2))),
        (np.full((3, 1, 1), 0.25), None, each.sum((0, 2, 3)).reshape(3, 1, 1)),
        (np.full((2, 3, 4, 5), 0.25), None, each),
    ]:
        layer = Slope(slope, axis)
        np.testing.assert_array_equal(layer(x), fastact.leaky_relu(x, 0.25))
        np.testing.assert_array_equal(layer.backward(dy), grad.leaky_relu(x, dy, 0.25))
        found = layer.grad_parameter(dy)
        assert np.shape(found) == slope.shape
        np.testing.assert_allclose(found, wanted, 1e-12)
    single = Slope(np.full(3, 0.25, np.float32), axis=1)
    single(x.astype(np.float32))
    assert single.grad_parameter(dy.astype(np.float32)).dtype == np.float32
    assert repr(single) == "Slope(negative_slope=<float32 array of shape (3,)>, axis=1)"
    masked = np.ma.array(x, mask=x < -1)
    layer = Slope(np.full(3, 0.25), axis=1)
    layer(masked)
    wanted = np.where(masked.mask, 0.0, each).sum((0, 2, 3))
    np.testing.assert_allclose(layer.grad_parameter(dy), wanted, 1e-12)


@pytest.mark.usefixtures("slopes")
def test_a_number_is_not_learnt():
    """Then the output is enough; and the error says what is to be done."""
    layer = Slope(0.25)
    layer(X)
    with pytest.raises(RuntimeError, match=r"no array was given for negative_slope; np.array\(1.0\) is one"):
        layer.grad_parameter(X)
    with pytest.raises(RuntimeError, match=r"nn.Slope.grad_parameter\(\): .*\.train\(\)"):
        Slope(np.array(0.25)).grad_parameter(X)
    with pytest.raises(RuntimeError, match="no parameter of it is learnt"):
        nn.LeakyReLU(0.25).grad_parameter(X)
    with pytest.raises(ValueError, match="out of bounds"):
        Slope(np.ones(3), axis=2)(X)
    with pytest.raises(ValueError, match="leaky_relu"):
        Slope(np.ones(7), axis=1)(X)


@pytest.mark.parametrize("row", [row for row in ROWS if row.grad_parameter and not row.axis], ids=lambda row: row.name)
def test_learnt_parameters_of_the_rows(row):
    """The gradient for each is the difference quotient of the layer's sum."""
    learnt = [one.name for one in row.parameters if one.learnt]
    assert list(type(layer_of(row)).learnt) == learnt
    x, step = X.astype(np.float64), 1e-6
    own = {name: np.array([0.3, 0.5, 0.7, 0.9]) for name in learnt}
    layer = layer_of(row, **own, axis=1)
    layer(x)
    found = layer.grad_parameter(np.ones(x.shape))
    for name, one in zip(learnt, found if isinstance(found, tuple) else (found,), strict=True):
        above, below = (layer_of(row, **own | {name: own[name] + h})(x).sum(axis=0) for h in (step, -step))
        np.testing.assert_allclose(one, (above - below) / (2 * step), 1e-6, 1e-8)


@pytest.mark.skipif(not DIGITS.exists(), reason="outside the source tree")
def test_a_network_of_three_layers_reads_digits():
    """97 % of a third that training has not seen."""
    pytest.importorskip("sklearn")
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    paths = [str(Path(fastact.__file__).parent.parent), *filter(None, sys.path)]
    environment = os.environ | threads | {"PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-W", "error", DIGITS], capture_output=True, text=True, env=environment, check=False
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert float(done.stdout.partition("%")[0]) >= 97.0
    lines = [line for line in DIGITS.read_text().partition('"""\n\n')[2].splitlines() if line.strip()]
    assert len([line for line in lines if "import " not in line]) <= 30
