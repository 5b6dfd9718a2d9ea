"""Gradients of softmax and its family where factors are huge or tiny, and softmax of a DataFrame."""

import numpy as np
import pytest

from .cases import functions

SOFT, LOG, FROM_LOG, SUM = "grad.softmax", "grad.log_softmax", "grad_from_output.log_softmax", "grad.logsumexp"


def called(rung, name, x, dy):
    space, _, function = name.rpartition(".")
    return functions(rung)[space][function](x, dy)


@pytest.mark.parametrize("length", [2, 17, 600])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_scale_with_dy(rung, dtype, length):
    """By powers of 2 exactly: the factors that the kernels carry neither vanish nor overflow."""
    rng = np.random.default_rng(length)
    x, dy = rng.normal(0, 2, (2, 3, length)).astype(dtype)
    x -= x.max(axis=-1, keepdims=True) + dtype(0.5)
    reach = {np.float32: 85, np.float64: 900}[dtype]
    for name in (SOFT, "grad.softmin", "grad_from_output.softmax", LOG, FROM_LOG, SUM):
        weights = dy[:, 0] if name == SUM else dy
        expected = called(rung, name, x, weights)
        for exponent in (-reach, -reach // 2, reach // 2, reach):
            scale = dtype(2) ** dtype(exponent)
            with np.errstate(all="raise"):
                np.testing.assert_array_equal(called(rung, name, x, weights * scale), expected * scale, name)


@pytest.mark.parametrize("length", [2, 17, 600])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_takes_no_part_has_no_gradient(rung, dtype, length):
    """The softmax of -inf is 0, also when it is multiplied by a huge number."""
    x = np.zeros((2, length), dtype)
    x[:, 1] = -np.inf
    huge = np.full(2, np.finfo(dtype).max / 4, dtype)
    dy = np.zeros((2, length), dtype)
    dy[:, 0] = huge
    assert (called(rung, SUM, x, huge)[:, 1] == 0).all()
    assert (called(rung, LOG, x, dy)[:, 1] == 0).all()
    assert (called(rung, FROM_LOG, x, dy)[:, 1] == 0).all()
    assert (called(rung, "grad.softmin", -x, np.ones_like(x))[:, 1] == 0).all()
    assert (called(rung, SOFT, x, np.ones_like(x))[:, 1] == 0).all()


def test_a_data_frame(rung):
    """Along its columns as along an array's, with its labels."""
    pandas = pytest.importorskip("pandas")
    x = np.random.default_rng(0).normal(0, 2, (4, 3)).astype(np.float32)
    frame = pandas.DataFrame(x, index=list("abcd"), columns=list("xyz"))
    for name in ("softmax", "softmin", "log_softmax", "logsumexp"):
        function = functions(rung)[""][name]
        for axis in ({}, {"axis": 0}, {"axis": 1}, {"axis": -1}):
            result = function(frame, **axis)
            np.testing.assert_array_equal(np.asarray(result), function(x, **axis))
            if name != "logsumexp" and rung != "numpy":
                assert list(result.columns) == list("xyz")
                assert list(result.index) == list("abcd")
        result = function(frame["x"])
        np.testing.assert_array_equal(np.asarray(result), function(x[:, 0]))
