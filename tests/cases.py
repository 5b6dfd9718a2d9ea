"""What every test is run over: the rungs, the ufuncs of the rows, and one on a rung with its parameters filled in."""

import functools
import os
import shlex
import shutil

import numpy as np
import pytest

from fastact import _dispatch, _rows

RUNGS = _dispatch.survey()[0]
COMPILED = [name for name in RUNGS if name != _dispatch.NUMPY]
VECTORS = [name for name in COMPILED if name != "baseline"] or COMPILED  # for tests that plain C takes too long for
COMPILER = shlex.split(os.environ.get("CC") or "cc")
NOISE = 0.25  # what stochastic functions are given
UFUNCS = _rows.ufuncs()
PUBLIC = [ufunc for ufunc in UFUNCS if ufunc.row.public and ufunc.attribute != "tempered"]
# All but what has rows, and the vector layer's own operation, which is tested by itself.
ELEMENTWISE = [ufunc for ufunc in UFUNCS if not ufunc.row.axis and ufunc.row.name != "multiply_add"]
needs_compiled = pytest.mark.skipif(not COMPILED, reason="the pure-Python build")
needs_compiler = pytest.mark.skipif(not shutil.which(COMPILER[0]), reason="needs a C compiler")
functions = functools.cache(_dispatch.build)


@functools.cache
def base(rung, ufunc):
    """Return the ufunc of one rung, without the function in front of it; on the NumPy rung what stands for it."""
    return _dispatch.ufunc(ufunc.name, rung=rung)


def several(results):
    """Return the results of a ufunc as a tuple, also where it is only one."""
    return results if isinstance(results, tuple) else (results,)


class Case:
    """One ufunc on one rung, with its parameters filled in."""

    def __init__(self, rung, ufunc):
        self.rung, self.ufunc, self.form, self.name = rung, ufunc, ufunc.form, ufunc.name
        self.function = base(rung, ufunc)
        self.gradient = bool(ufunc.space)
        self.defaults = {parameter.name: parameter.default for parameter in ufunc.row.parameters}
        if "noise" in ufunc.others:
            self.defaults["noise"] = NOISE

    def __call__(self, x, dy=1.0, **kwargs):
        """Return the value, or the gradient times dy, at the default parameters, in the dtype of x.

        A gate has x for every array.
        """
        dtype = np.asarray(x).dtype.type
        operands = [np.asarray(dy, dtype) if name == "dy" else x for name in self.ufunc.arrays]
        with np.errstate(**({"over": "ignore"} if self.form.raises else {})):
            return self.function(*operands, *(dtype(value) for value in self.defaults.values()), **kwargs)

    def bound(self, dtype):
        """Return the error that is promised, in ULP."""
        if dtype is np.float16:
            return _rows.FLOAT16_ULP
        bounds = _rows.NUMPY_ULP if self.rung == _dispatch.NUMPY else (self.form.ulp32, self.form.ulp64)
        return bounds[dtype is np.float64]
