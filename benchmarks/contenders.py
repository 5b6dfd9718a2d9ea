"""The registry of what is timed: for each library, the operations that it has, made ready for given arrays.

A contender is a callable without arguments. It computes into the given output wherever its library allows that, on one
thread. It returns its result, or None if that is in the output.
"""

import importlib.util
from functools import partial
from typing import NamedTuple

import numpy as np

import fastact
from fastact import _dispatch, _table

from . import peers

RACE = ("copy", "relu", "exp", "log1p_exp", "softplus", "logaddexp", "sigmoid", "tanh")
DTYPES = ("float32", "float64")

REFERENCE = {  # in float64, on moderate values
    "copy": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "exp": np.exp,
    "log1p_exp": lambda x: np.log1p(np.exp(-np.abs(x))),
    "softplus": lambda x: np.logaddexp(0, x),
    "logaddexp": lambda x: np.logaddexp(0, x),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
}

TABLE = {ufunc.name.removesuffix(".ufunc"): ufunc for ufunc in _table.ufuncs()}


class Library(NamedTuple):
    """A library in the race. ``operations`` maps names to functions of input and output that return a contender."""

    name: str
    version: str
    operations: dict

    def contender(self, operation, x, out):
        """Return a contender, or None where the library lacks the operation or its kernel for a dtype."""
        prepare = self.operations.get(operation)
        return prepare(x, out) if prepare else None


def libraries():
    """Return the libraries that are installed, and a dict of why not for those that are but cannot be imported."""
    found = [of_fastact(), of_numpy()]
    failures = {}
    for name, (modules, load) in peers.PEERS.items():
        if any(importlib.util.find_spec(module) is None for module in modules):
            continue
        try:
            found.append(Library(name, *load()))
        except Exception as error:
            failures[name] = f"{type(error).__name__}: {error}"
    return found, failures


def of_fastact():
    """Return fastact: every form of every activation in its table, and NumPy's copy, which its users would use."""
    operations = {name: partial(prepare_ufunc, ufunc) for name, ufunc in TABLE.items()}
    operations["copy"] = lambda x, out: partial(np.copyto, out, x)
    return Library("fastact", f"{fastact.__version__} ({_dispatch.ISA})", operations)


def prepare_ufunc(ufunc, x, out):
    """Return a call of one of fastact's functions as its users would write it, with the parameters' defaults."""
    row = ufunc.row
    if row.axis:
        x, out = x.reshape(-1, 64), out.reshape(-1, 64)
    function = _dispatch.FUNCTIONS[ufunc.space if row.public else "internal"][row.name]
    if row.noise and not ufunc.space:
        function = function.ufunc  # the noise is given: drawing it would take longer than the rest
    if ufunc.space == "grad_from_output":
        x = _dispatch.FUNCTIONS[""][row.name](x)
    dy_or_noise = [np.ones_like(x) for _ in range(ufunc.inputs - len(row.parameters) - 1)]
    return partial(function, x, *dy_or_noise, out=out)


def of_numpy():
    """Return NumPy: the expressions that one writes by hand, with ``out=`` throughout."""
    operations = {
        "copy": lambda x, out: partial(np.copyto, out, x),
        "relu": lambda x, out: partial(np.maximum, x, x.dtype.type(0), out=out),
        "exp": lambda x, out: partial(np.exp, x, out=out),
        "log1p_exp": lambda x, out: partial(numpy_log1p_exp, x, out),
        "softplus": lambda x, out: partial(numpy_softplus, x, out, np.zeros_like(x)),
        "logaddexp": lambda x, out: partial(np.logaddexp, x.dtype.type(0), x, out=out),
        "sigmoid": lambda x, out: partial(numpy_sigmoid, x, out),
        "tanh": lambda x, out: partial(np.tanh, x, out=out),
    }
    return Library("NumPy", np.__version__, operations)


def numpy_log1p_exp(x, out):
    """Compute log1p(exp(-abs(x)))."""
    np.abs(x, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    return np.log1p(out, out=out)


def numpy_softplus(x, out, positive):
    """Compute softplus by the composition that neither overflows nor cancels: log1p(exp(-abs(x))) + max(x, 0)."""
    numpy_log1p_exp(x, out)
    np.maximum(x, x.dtype.type(0), out=positive)
    return np.add(out, positive, out=out)


def numpy_sigmoid(x, out):
    """Compute 1/(1 + exp(-x))."""
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, out.dtype.type(1), out=out)
    return np.reciprocal(out, out=out)


def buffers(values, elements, dtype):
    """Return an input that repeats the values, and an output, both touched and starting on a cache line."""
    x, out = aligned(elements, dtype), aligned(elements, dtype)
    x[:] = np.resize(values.astype(dtype), elements)
    out[:] = 0
    return x, out


def aligned(elements, dtype):
    """Return an array that starts on a cache line, as PyTorch's and JAX's own do."""
    dtype = np.dtype(dtype)
    memory = np.empty(elements * dtype.itemsize + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + elements * dtype.itemsize].view(dtype)


def check(label, operation, call, x, out):
    """Raise ValueError unless the contender computes what it should: a wrong one must not win.

    Both ends of the result are compared with NumPy in float64. The tolerance is loose, since the peers differ in
    accuracy; how accurate they are is not the question here.
    """
    out[:] = np.nan
    result = call()
    result = np.asarray(out if result is None else result).ravel()
    for part in (slice(4096), slice(-4096, None)):
        expected = REFERENCE[operation](x[part].astype(np.float64))
        if result.shape != x.shape or not np.allclose(result[part], expected, rtol=1e-3, atol=1e-6):
            raise ValueError(f"{label} computes {operation} wrongly in {x.dtype}")
