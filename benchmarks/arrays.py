"""Arrays for timing: touched beforehand, and starting on a cache line as PyTorch's and JAX's own do."""

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


def ones(x):
    """Return ones in the shape and dtype of x, in full: the gradient that arrives from above."""
    dy = aligned(x.size, x.dtype).reshape(x.shape)
    dy[...] = 1
    return dy
