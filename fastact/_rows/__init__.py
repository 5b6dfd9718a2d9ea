"""The rows: a file for each family of activations, with the NumPy formulas of their forms beside them.

A file here and the header of its name in src_c/activations are all that an activation is: setup.py renders the loops,
the public functions and the stubs from the rows; the tests check them; the benchmarks time them. At import time the
compiled rungs need none of it; the NumPy rung computes by the formulas. `_row` explains every field.

To add an activation to a family, add its kernels to the header and its row to the file; a new family is two new files.
"""

import functools
import importlib
import pkgutil

from ._row import Drawn, Elsewhere, Form, Parameter, Row, Ufunc, ufuncs_of

__all__ = [
    "FLOAT16_ULP",
    "NUMPY_ULP",
    "ZERO_REACH",
    "Drawn",
    "Elsewhere",
    "Form",
    "Parameter",
    "Row",
    "Ufunc",
    "by_name",
    "rows",
    "ufuncs",
]

ZERO_REACH = 0.125  # so near to a listed zero, an error of half the spacing at 1 is within the bound whatever its ULP
FLOAT16_ULP = 0.51  # the bound of every form in float16: computed in float32, rounded once more
NUMPY_ULP = (0.51, 8.0)  # the bounds of every form on the NumPy rung, in float32 and float64


@functools.cache
def families():
    """Return the modules of rows by name, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names if not name.startswith("_")}


@functools.cache
def rows():
    """Return all rows."""
    return tuple(row for module in families().values() for row in module.ROWS)


@functools.cache
def ufuncs():
    """Return every ufunc of all rows, in their order."""
    return tuple(
        ufunc for family, module in families().items() for row in module.ROWS for ufunc in ufuncs_of(row, family)
    )


@functools.cache
def by_name():
    """Return every ufunc of all rows by its own name."""
    return {ufunc.name: ufunc for ufunc in ufuncs()}
