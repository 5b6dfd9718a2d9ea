"""Arrays for timing: touched beforehand, and starting on a cache line as PyTorch's and JAX's own do."""

import functools

import numpy as np


def aligned(elements, dtype):
    """Return an array of zeros that starts on a cache line, its memory in place."""
    dtype = np.dtype(dtype)
    memory = np.empty(elements * dtype.itemsize + 64, np.uint8)
    start = -memory.ctypes.data % 64
    array = memory[start : start + elements * dtype.itemsize].view(dtype)
    array[:] = 0
    return array


def buffers(values, elements, dtype):
    """Return an input that repeats the values, and an output."""
    x = aligned(elements, dtype)
    x[:] = np.resize(values.astype(dtype), elements)
    return x, aligned(elements, dtype)


@functools.lru_cache(maxsize=32)
def shared(use, elements, dtype):
    """Return the array for one use that all contenders have in common: from memory, one for each would not fit."""
    return aligned(elements, dtype)


def ones(x):
    """Return ones in the shape and dtype of x, in full: the gradient that arrives from above."""
    dy = shared("ones", x.size, x.dtype).reshape(x.shape)
    dy[...] = 1
    return dy


def second(x):
    """Return the second array of a gate: normal deviates of standard deviation 3, others than those of x."""
    b = shared("second", x.size, x.dtype)
    b[:] = np.resize(3 * np.random.default_rng(2).standard_normal(min(x.size, 2**16)), x.size)
    return b.reshape(x.shape)
