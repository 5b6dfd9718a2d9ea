"""What the pytest-benchmark suite shares: one set of real values, one pair of arrays for each size."""

import functools
from functools import partial

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from .. import machine, training
from ..arrays import buffers
from ..runner import race


@pytest.fixture(scope="session")
def arrays():
    """Return a function from dtype and level to an input of real pre-activations and an output."""
    values = training.preactivations()

    @functools.cache
    def made(dtype, level):
        return buffers(values, ({"64": 64} | machine.sizes(np.dtype(dtype).itemsize))[level], dtype)

    return made


def fma_peak(dtype, side=512):
    """Return the most fused multiply-adds a second that a product of matrices reaches on one thread."""
    matrix = np.ones((side, side), dtype)
    out = np.empty_like(matrix)
    with threadpool_limits(1):
        seconds = race({"product": partial(np.matmul, matrix, matrix, out=out)}, 1, 0.1)["product"] * 1e-9
    return side**3 / seconds


@pytest.fixture(scope="session")
def limits():
    """Return a function from input and seconds to what these are of a copy and of the FMA peak, measured here too."""
    peak = functools.cache(fma_peak)

    @functools.cache
    def copy(dtype, elements):
        x, out = buffers(np.ones(1), elements, dtype)
        return race({"copy": partial(np.copyto, out, x)}, 1, 0.02)["copy"] * 1e-9

    def shares(x, seconds):
        return {
            "share_of_copy": copy(x.dtype.name, x.size) / seconds,
            "fma_an_element": peak(x.dtype.name) * seconds / x.size,
        }

    return shares
