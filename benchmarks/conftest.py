"""What the pytest-benchmark suite shares: one core, one set of real values, one pair of arrays for each size."""

import functools

import numpy as np
import pytest

from . import machine, training
from .arrays import buffers
from .runner import pinned


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """Keep the whole suite on one core."""
    with pinned():
        yield


@pytest.fixture(scope="session")
def arrays():
    """Return a function from dtype and level to an input of real pre-activations and an output."""
    values = training.preactivations()

    @functools.cache
    def made(dtype, level):
        return buffers(values, machine.sizes(np.dtype(dtype).itemsize)[level], dtype)

    return made
