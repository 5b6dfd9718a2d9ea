"""The registry of what is timed: for each library, the operations that it has, made ready for given arrays.

A contender is a callable without arguments. It computes into the given output wherever its library allows that, on one
thread. It returns its result, or None if that is in the output.

Operations are named as fastact's functions are. A gradient is taken for a ``dy`` of ones, all of them in memory.
``grad`` is the derivative from the input, whatever a library must compute on the way; ``grad_from_output`` takes the
array that it is given for the saved output (`saved_output` makes one). What has several outputs returns a tuple, or one
array that has them one after another.
"""

import importlib.util
from functools import partial
from typing import NamedTuple

import numpy as np

import fastact
from fastact import _dispatch, _rows

from ..arrays import aligned, ones, second
from ..forms import REFERENCES, called, reference
from . import compositions, operands, peers

DTYPES = ("float32", "float64")

TABLE = {ufunc.public_name: ufunc for ufunc in _rows.ufuncs() if ufunc.main}

# What every operation is, in float64: contenders are held against it before they are timed.
REFERENCE = {
    "copy": lambda x: x,
    "exp": np.exp,
    "log1p_exp": lambda x: np.log1p(np.exp(-np.abs(x))),
    "logaddexp": REFERENCES["softplus"],
    **{  # what is plain, at the parameters' defaults, follows what is not
        ufunc.public_name: reference(ufunc)
        for ufunc in _rows.ufuncs()
        if ufunc.row.public and not ufunc.row.axis and not ufunc.draws
    },
}


class Library(NamedTuple):
    """A library in the race. ``operations`` maps names to functions of input and output that return a contender."""

    name: str
    version: str
    operations: dict

    def contender(self, operation, x, out):
        """Return a contender, or None where the library lacks the operation or its kernel for a dtype."""
        prepare = self.operations.get(operation)
        return prepare(x, out) if prepare else None


def libraries(known=peers.PEERS):
    """Return the known libraries that are installed, and a dict of why not for those that cannot be imported."""
    found = [of_fastact(), Library("NumPy", *compositions.numpy())]
    failures = {}
    for name, (modules, load) in known.items():
        if any(importlib.util.find_spec(module) is None for module in modules):
            continue
        try:
            found.append(Library(name, *load()))
        except Exception as error:
            failures[name] = f"{type(error).__name__}: {error}"
    return found, failures


def of_fastact():
    """Return fastact: every form of every activation in its rows, and NumPy's copy where it has none of its own."""
    operations = {name: partial(prepare_ufunc, ufunc) for name, ufunc in TABLE.items()}
    operations.setdefault("copy", lambda x, out: partial(np.copyto, out, x))
    return Library("fastact", f"{fastact.__version__} ({_dispatch.ISA})", operations)


def prepare_ufunc(ufunc, x, out, rung=_dispatch.ISA):
    """Return a call of one of fastact's functions as its users would write it, with the parameters' defaults.

    Without ``out`` each call makes its result afresh; where there are several, ``out`` is the first one's.
    """
    row = ufunc.row
    if row.axis:
        x, out = x.reshape(-1, 64), None if out is None else out.reshape(-1, 64)
    one_for_each = x[:, 0] if row.reduces else x
    if row.reduces and not ufunc.space and out is not None:
        out = out[:, 0]
    gate = len(row.arrays)
    others = [*map(second, [x] * (gate - 1)), *([ones(one_for_each)] * (len(ufunc.arrays) - gate + ufunc.draws))]
    if ufunc.nout > 1 and out is not None:
        out = (out, *(operands.further(out, number) for number in range(1, ufunc.nout)))
    return partial(called(ufunc, rung), x, *others, **({} if out is None else {"out": out}))


def saved_output(operation, x):
    """Return what an operation is to be given: for a gradient from the output y = f(x), for any other x itself.

    Where no `REFERENCE` tells f, x stands in for y.
    """
    space, _, name = operation.rpartition(".")
    if space != "grad_from_output" or name not in REFERENCE:
        return x
    y = aligned(x.size, x.dtype)
    y[:] = REFERENCE[name](x.astype(np.float64))
    return y


def check(label, operation, call, x, out):
    """Raise ValueError unless the contender computes what it should: a wrong one must not win.

    Both ends of the result are compared with NumPy in float64. The tolerance is loose, since the peers differ in
    accuracy; how accurate they are is not the question here.
    """
    count = TABLE[operation].nout if operation in TABLE else 1
    for one in (out, *(operands.further(out, number) for number in range(1, count))):
        one[:] = np.nan
    results = several(call(), out, count)
    relative, absolute = (1e-2, 2e-3) if x.dtype == np.float16 else (1e-3, 1e-5)
    for part in (slice(4096), slice(-4096, None)):
        given = [one[part].astype(np.float64) for one in operands.arrays(operation, x)]
        expected = several(REFERENCE[operation](*given), None, count)
        within = absolute * np.maximum(1, np.abs(given[-1]) if len(given) > 1 else 1)  # a gate multiplies the error
        for result, right in zip(results, expected, strict=True):
            if result.shape != x.shape or not np.isclose(result[part], right, rtol=relative, atol=within).all():
                raise ValueError(f"{label} computes {operation} wrongly in {x.dtype}")


def several(result, out, count):
    """Return the flat arrays of a result of so many, which may be a tuple, one array or None for the output."""
    if isinstance(result, (tuple, list)):
        return [np.asarray(one).ravel() for one in result]
    result = np.asarray(out if result is None else result)
    return [result.ravel()] if count == 1 else np.split(result.ravel(), count)


def checked_calls(libraries, operations, x, out, failures):
    """Return the contenders by library and operation.

    A peer's that fails or computes wrongly is entered in ``failures``; one of fastact's ends the run.
    """
    calls = {}
    for operation in operations:
        given = saved_output(operation, x)
        for library in libraries:
            try:
                call = library.contender(operation, given, out)
                if call is not None:
                    check(library.name, operation, call, given, out)
                    calls[library.name, operation] = call
            except Exception as error:
                if library.name == "fastact":
                    raise
                failures[f"{library.name} {operation} {x.dtype}"] = f"{type(error).__name__}: {error}"
    return calls
