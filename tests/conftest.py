"""Fixtures: every test that asks for ``rung`` or ``case`` runs on every rung that this machine can run."""

import functools
import os
import shlex
import shutil

import numpy as np
import pytest

from fastact import _dispatch, _table

RUNGS = _dispatch.survey()[0]
COMPILED = [name for name in RUNGS if name != _dispatch.NUMPY]
VECTORS = [name for name in COMPILED if name != "baseline"] or COMPILED  # not plain C, beside which there are others
needs_compiled = pytest.mark.skipif(not COMPILED, reason="the pure-Python build")
COMPILER = shlex.split(os.environ.get("CC") or "cc")
needs_compiler = pytest.mark.skipif(not shutil.which(COMPILER[0]), reason="needs a C compiler")
UFUNCS = list(_table.ufuncs())
ELEMENTWISE = [ufunc for ufunc in UFUNCS if not ufunc.row.axis and ufunc.row.name != "multiply_add"]
functions = functools.cache(_dispatch.build)


def base(rung, ufunc):
    """Return the ufunc of one rung, without the facade in front of it; on the NumPy rung the function in its place."""
    function = functions(rung)[ufunc.space if ufunc.row.public else "internal"][ufunc.row.name]
    return getattr(function, ufunc.attribute) if ufunc.facade else function


class Case:
    """One ufunc on one rung, with its parameters filled in."""

    def __init__(self, rung, ufunc):
        self.rung, self.ufunc, self.form, self.name = rung, ufunc, ufunc.form, ufunc.name
        self.function = base(rung, ufunc)
        self.gradient = bool(ufunc.space)
        self.defaults = {parameter.name: parameter.default for parameter in ufunc.row.parameters}
        if ufunc.row.noise and not ufunc.space:
            self.defaults["noise"] = 0.25
        self.arrays = ufunc.inputs - len(self.defaults)

    def __call__(self, x, dy=1.0, **kwargs):
        """Return the value, or the gradient times dy, at the default parameters, in the dtype of x."""
        dtype = np.asarray(x).dtype.type
        operands = [x] if self.arrays == 1 else [x, np.asarray(dy, dtype)]
        with np.errstate(**({"over": "ignore"} if self.form.raises else {})):
            return self.function(*operands, *(dtype(value) for value in self.defaults.values()), **kwargs)

    def bound(self, dtype):
        """Return the error that is promised, in ULP."""
        if dtype is np.float16:
            return _table.FLOAT16_ULP
        bounds = _table.NUMPY_ULP if self.rung == _dispatch.NUMPY else (self.form.ulp32, self.form.ulp64)
        return bounds[dtype is np.float64]


def pytest_generate_tests(metafunc):
    """Parametrize ``rung`` over the rungs, ``case`` over the rungs and the elementwise ufuncs."""
    if "rung" in metafunc.fixturenames:
        metafunc.parametrize("rung", RUNGS)
    if "case" in metafunc.fixturenames:
        cases = [(rung, ufunc) for rung in RUNGS for ufunc in ELEMENTWISE]
        metafunc.parametrize("case", cases, indirect=True, ids=[f"{rung}-{ufunc.name}" for rung, ufunc in cases])


@pytest.fixture
def case(request):
    """One elementwise ufunc on one rung."""
    return Case(*request.param)


@pytest.fixture
def api(rung):
    """The public functions of one rung, by space and name."""
    return functions(rung)
