"""Blocks of arrays, and what is held of large ones: the output, and blocks."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest

import fastact
from fastact._blocks import BLOCK, blocks


@pytest.mark.parametrize("shape", [(), (0,), (1,), (7,), (3, 5), (0, 4), (4, 0), (2, 3, 4), (5, 1, 2, 3)])
def test_blocks_are_all_elements_in_their_order(shape):
    places = np.arange(math.prod(shape)).reshape(shape)
    for most in (1, 2, 5, 6, 24, 1000):
        found = [places[block].ravel() for block in blocks(shape, most)]
        assert all(len(one) <= most for one in found)
        assert list(itertools.chain(*found)) == list(range(places.size))


@pytest.mark.parametrize("shape", [(5000, 2000), (100, 100_000)], ids=str)
def test_what_is_held_of_a_large_array(shape):
    x = np.random.default_rng(0).standard_normal(shape, np.float32)
    mask, out = x > -1, np.empty_like(x)
    held = 12 * np.dtype(float).itemsize * max(BLOCK, shape[-1])  # a block is a row at least
    for call, result in (
        (lambda: fastact.softmax(x, where=mask), x.nbytes),
        (lambda: fastact.softmax(x, where=mask, out=out), 0),
        (lambda: fastact.softmax(x, axis=0, where=mask), x.nbytes),
        (lambda: fastact.softmax(x, temperature=0.3), x.nbytes),
        (lambda: fastact.hardmax(x), x.nbytes),
        (lambda: fastact.hardmax(x, axis=0, out=out), 0),
        (lambda: fastact.noisy_relu(x, out=out, rng=1), 0),
        (lambda: fastact.noisy_relu(x, 0.5, rng=1), x.nbytes),
    ):
        tracemalloc.start()
        try:
            call()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak <= result + held
