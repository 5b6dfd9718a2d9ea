"""What every test is run over: the rungs, the ufuncs of the rows, and one on a rung with its parameters filled in."""

import functools
import itertools
import os
import shlex
import shutil

import numpy as np
import pytest

import fastact
from fastact import _dispatch, _rows

from . import oracle

RUNGS = _dispatch.survey()[0]
COMPILED = [name for name in RUNGS if name != _dispatch.NUMPY]
VECTORS = [
    name for name in COMPILED if name != "baseline"
] or COMPILED  # of these the quick tests of all rungs take one
COMPILER = shlex.split(os.environ.get("CC") or "cc")
UFUNCS = _rows.ufuncs()
PUBLIC = [ufunc for ufunc in UFUNCS if ufunc.row.public and ufunc.main]
# All but what has rows, what is made of two that are there, and the vector layer's own operation, which is tested by
# itself.
ELEMENTWISE = [ufunc for ufunc in UFUNCS if not (ufunc.row.axis or ufunc.parts or ufunc.row.name == "multiply_add")]
COMPOSED = [ufunc for ufunc in UFUNCS if ufunc.parts]
ALONG_AXIS = [ufunc for ufunc in UFUNCS if ufunc.row.axis and ufunc.row.compiled]
needs_compiled = pytest.mark.skipif(not COMPILED, reason="the pure-Python build")
needs_compiler = pytest.mark.skipif(not shutil.which(COMPILER[0]), reason="needs a C compiler")
functions = functools.cache(_dispatch.build)

TURN = 10_007  # by so many places, times its position, an array is turned to make another argument of it


@functools.cache
def base(rung, ufunc):
    """Return the ufunc of one rung, without the function in front of it; on the NumPy rung what stands for it."""
    if ufunc.row.compiled and rung != _dispatch.NUMPY and ufunc.name not in _dispatch.load(rung).NAMES:
        pytest.fail(f"{rung} was built before there was {ufunc.name}: python setup.py build_ext --inplace")
    return _dispatch.ufunc(ufunc.name, rung=rung)


def public(ufunc, rung=None):
    """Return the public function of a ufunc: that which users call, or that of a rung."""
    if rung is None:
        return functools.reduce(getattr, ufunc.public_name.split("."), fastact)
    return functions(rung)[ufunc.space][ufunc.row.name]


def several(results):
    """Return the results of a ufunc as a tuple, also where it is only one."""
    return results if isinstance(results, tuple) else (results,)


def for_each_output(form, field):
    """Return what a field of a form says of each output: with several outputs it is a tuple of such, or for all."""
    value = getattr(form, field)
    count = len(form.formulas)
    if (
        count > 1
        and isinstance(value, tuple)
        and len(value) == count
        and all(type(one) in (str, tuple) for one in value)
    ):
        return value
    return (value,) * count


def parameters_of(row):
    """Return the parameters of a row, and what it draws as if that were one."""
    return (*row.parameters, *([row.noise.parameter] if row.noise else []))


def settings(row, dtype):
    """Return parameters away from their defaults: each sample alone, all at once, and the ends of their sizes."""
    parameters = parameters_of(row)
    found = []
    for one in parameters:
        ends = one.sizes[dtype is np.float64] if one.sizes and dtype is not np.float16 else ()
        found += [{one.name: value} for value in (*one.samples, *ends)]
    if len(parameters) > 1:
        samples = itertools.zip_longest(*(one.samples for one in parameters))
        found += [
            {one.name: one.default if value is None else value for one, value in zip(parameters, values, strict=True)}
            for values in samples
        ]
    return found


class Case:
    """One ufunc on one rung, with its parameters filled in: the defaults, or others that are given."""

    def __init__(self, rung, ufunc, **given):
        self.rung, self.ufunc, self.form, self.name = rung, ufunc, ufunc.form, ufunc.name
        self.function = base(rung, ufunc)
        self.gradient = ufunc.has_dy
        self.row_parameters = {one.name: one.default for one in parameters_of(ufunc.row)} | given
        self.defaults = {name: self.row_parameters[name] for name in ufunc.others}
        self.loud = False  # whether an overflow that the row allows is raised as the caller has it
        self.away = any(given.get(one.name, one.default) != one.default for one in ufunc.row.parameters)

    def __call__(self, *arrays, **kwargs):
        """Return what the ufunc makes of its arrays, in the dtype of the first; dy is 1 where it is not given.

        Given fewer arrays than it has, a gate has the last one for the others too.
        """
        dtype = np.asarray(arrays[0]).dtype.type
        names = [name for name in self.ufunc.arrays if name != "dy"]
        dy = arrays[len(names) :] or (1.0,)
        arrays = [*arrays[: len(names)], *arrays[-1:] * (len(names) - len(arrays))]
        if self.gradient:
            arrays.append(np.asarray(dy[0], dtype))
        with np.errstate(**({"over": "ignore"} if self.form.raises and not self.loud else {})):
            return self.function(*arrays, *(dtype(value) for value in self.defaults.values()), **kwargs)

    def outputs(self, *arrays, **kwargs):
        """Return every output, a tuple."""
        return several(self(*arrays, **kwargs))

    @property
    def names(self):
        """The names of the arrays, without dy."""
        return [name for name in self.ufunc.arrays if name != "dy"]

    def inputs(self, x):
        """Return an array for each argument, dy included: x, and x turned by some places."""
        return [np.roll(x, k * TURN) for k in range(len(self.ufunc.arrays))]

    def points(self, x):
        """Return an array for each argument but dy."""
        return self.inputs(x)[: len(self.names)]

    def rounded(self, dtype):
        """Have the parameters rounded to a dtype, as the loop of that dtype has them."""
        self.defaults = {name: float(dtype(value)) for name, value in self.defaults.items()}
        self.row_parameters |= self.defaults
        return self

    def values(self, operands):
        """Return what a formula is evaluated with: arrays and parameters by name."""
        return dict(zip(self.names, map(float, operands), strict=True)) | self.defaults

    def exact(self, operands):
        """Return the exact outputs at one point."""
        return [oracle.exact(formula, self.values(operands)) for formula in self.form.formulas]

    def flat(self, operands):
        """Return for each output whether a gradient is flat at one point."""
        return [bool(flat) and oracle.holds(flat, self.values(operands)) for flat in for_each_output(self.form, "flat")]

    def places(self, dtype):
        """Return where something happens, with the neighbours in the dtype: kinks, bends and zeros.

        Those of the row are places of x; in a gradient from the output, of the output there.
        """
        row, found = self.ufunc.row, []
        for place in (*row.kinks, *row.bends):
            x = oracle.exact(str(place), self.row_parameters)
            if self.ufunc.space == "grad_from_output":
                x = oracle.exact(row.value.formulas[0], {row.arrays[0]: x, **self.row_parameters})
            found.append(float(x))
        found += [zero for zeros in self.zeros for zero in zeros]
        with np.errstate(all="ignore"):
            centre = np.array(found, dtype)
            below, above = (np.nextafter(centre, dtype(end)) for end in (-np.inf, np.inf))
            near = np.concatenate([centre, below, above, np.nextafter(below, dtype(-np.inf)), -centre[centre == 0]])
        return np.unique(near[np.isfinite(near)])

    @property
    def zeros(self):
        """The listed zeros of each output: of the first array, of several outputs of their own arrays."""
        return for_each_output(self.form, "zeros")

    def off(self, k, errors, absolute, arrays, dtype):
        """Return errors of an output in ULP, 0 where they are small absolutely beside a zero that the row lists."""
        x = arrays[(k - len(self.form.formulas)) % len(self.names)]  # a value comes before its derivatives
        others = [np.maximum(np.abs(np.asarray(one, np.float64)), 1) for one in arrays if one is not x]
        with np.errstate(all="ignore"):
            absolute = absolute / functools.reduce(np.multiply, others, 1.0)
        return oracle.beside_zeros(errors, absolute, x, self.zeros[k], dtype)

    def bound(self, dtype):
        """Return the error that is promised, in ULP."""
        if dtype is np.float16:
            return _rows.FLOAT16_ULP
        bounds = _rows.NUMPY_ULP if self.rung == _dispatch.NUMPY else (self.form.ulp32, self.form.ulp64)
        if self.away and self.rung != _dispatch.NUMPY:
            bounds = tuple(map(max, bounds, self.form.away))
        return bounds[dtype is np.float64]


def mask_of(shape):
    """Return a mask of rows: of five in turn one is masked throughout, one nowhere, and of the others a part."""
    rows, places = np.ogrid[: shape[0], : shape[1]]
    return ((3 * rows * rows + 5 * places + places * places // 7) % 8 < 5) & (rows % 5 != 2) | (rows % 5 == 4)


def rows_and_numbers(ufunc, arrays):
    """Return a gufunc's operands: arrays of rows, a mask, or positive numbers made of the arrays' first elements."""
    operands = []
    for name, x, is_row in zip(ufunc.operands, arrays, ufunc.core, strict=True):
        wide = name in ufunc.others  # a temperature is in float64
        number = np.abs(x[:, 0].astype(np.float64)) / 3 + 0.4 if wide else np.abs(x[:, 0]) + x.dtype.type(0.5)
        operands.append(mask_of(x.shape) if name == "where" else x if is_row else number)
    return operands
