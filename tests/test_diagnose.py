"""Dead units."""

import numpy as np
import pytest

import fastact
from fastact.diagnose import DeadUnits, dead_units

from .oracle import DTYPES


@pytest.mark.parametrize("dtype", [*DTYPES, np.int8, np.uint64, np.bool_, ">f4"])
def test_dead_units(dtype):
    activations = np.array([[0, 1, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0]]).astype(dtype)
    activations.flags.writeable = False
    found = dead_units(activations)
    assert isinstance(found, DeadUnits)
    dead, share = found
    assert dead.dtype == bool
    np.testing.assert_array_equal(dead, [True, False, True, False])
    assert type(share) is float
    assert share == 0.5


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 1), (2, 0), (-1, -2, 0), (1,), (0, 1, 2), ()])
def test_axes(axis):
    x = np.random.default_rng(0).normal(-1, 1, (3, 4, 5))
    dead, share = dead_units(x, axis)
    axes = {one % 3 for one in (axis if isinstance(axis, tuple) else (axis,))}
    kept = [one for one in range(3) if one not in axes]
    expected = np.ones([x.shape[one] for one in kept], bool)
    for index, value in np.ndenumerate(x):
        if value > 0:
            expected[tuple(index[one] for one in kept)] = False
    assert isinstance(dead, np.ndarray)
    assert dead.shape == expected.shape
    np.testing.assert_array_equal(dead, expected)
    assert share == expected.mean()


def test_what_fires():
    """What is greater than 0, however small; a NaN does not tell."""
    nan, inf, tiny = np.nan, np.inf, 5e-324
    units = np.array(
        [[0.0, -0.0], [-1.0, -inf], [-1.0, tiny], [0.0, inf], [nan, 0.0], [nan, nan], [nan, 1.0], [-tiny, -2.0]]
    ).T
    with np.errstate(all="raise"):
        dead, share = dead_units(units)
    np.testing.assert_array_equal(dead, [True, True, False, False, False, False, False, True])
    assert share == 3 / 8


def test_a_layer_of_dead_relus():
    rng = np.random.default_rng(1)
    weights, bias = fastact.init.he_normal((20, 50), rng=rng), np.zeros(50)
    bias[::5] = -100
    dead, share = dead_units(fastact.relu(rng.normal(0, 1, (1000, 20)) @ weights + bias))
    np.testing.assert_array_equal(np.flatnonzero(dead), np.arange(0, 50, 5))
    assert share == 0.2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[1j]],), TypeError, "activations must be real, of at most double precision, not complex128"),
        (([["a"]],), TypeError, "activations must be real"),
        (([[1.0], [1.0, 2.0]],), ValueError, "activations: setting an array element with a sequence."),
        ((np.empty((0, 3)),), ValueError, "the batch is empty, activations have shape (0, 3)"),
        (([],), ValueError, "the batch is empty, activations have shape (0,)"),
        ((np.empty((2, 0, 3)), (0, 1)), ValueError, "the batch is empty, activations have shape (2, 0, 3)"),
        ((np.empty((3, 0)),), ValueError, "there are no units, activations have shape (3, 0)"),
        ((1.0,), ValueError, "axis 0 is out of bounds for 0 dimensions"),
        (([1.0], 1), ValueError, "axis 1 is out of bounds for 1 dimensions"),
        (([1.0], (0, -2)), ValueError, "axis -2 is out of bounds for 1 dimensions"),
        (([[1.0]], (0, -2)), ValueError, "axis (0, -2) names an axis twice"),
        (([1.0], None), TypeError, "axis must be an int or a tuple of ints, not None"),
        (([1.0], (0.0,)), TypeError, "axis must be an int or a tuple of ints, not 0.0"),
        (([[1.0]], [0, 1]), TypeError, "axis must be an int or a tuple of ints, not [0, 1]"),
        (([[1.0]], True), TypeError, "axis must be an int or a tuple of ints, not True"),
        (([[1.0]], np.array([0])), TypeError, "axis must be an int or a tuple of ints, not array([0])"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error) as caught:
        dead_units(*arguments)
    assert str(caught.value).startswith(f"diagnose.dead_units(): {message}")
