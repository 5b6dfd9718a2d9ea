"""What is measured and what it is held against: every public elementwise form of the rows, and its NumPy formula.

Here alone the benchmarks look into the tests for what those are run over.
"""

import inspect
from typing import NamedTuple

import numpy as np

from fastact import _dispatch
from tests import oracle
from tests.cases import ELEMENTWISE, Case, base, functions

# Those of one array, all of whose float32 values can be tried. Gates are held by the tests and the float64 search.
FORMS = {
    ufunc.public_name: ufunc for ufunc in ELEMENTWISE if ufunc.row.public and len(ufunc.row.arrays) == 1 == ufunc.nout
}


class Reference(NamedTuple):
    """A form's NumPy formula: in float64, without overflow and cancellation, of a value or of a gradient for dy = 1.

    Where there are several outputs it gives a tuple.
    """

    formula: callable
    gradient: bool
    defaults: dict

    def __call__(self, *arrays, **parameters):
        """Return the values for the arrays, in float64; parameters that are not given have their defaults."""
        given = self.defaults | parameters
        with np.errstate(all="ignore"):
            wide = (np.asarray(one, np.float64) for one in arrays)
            return self.formula(*wide, *[1.0] * self.gradient, *given.values())

    @property
    def source(self):
        """The file that the formula stands in, or the name of a function of NumPy's own."""
        return inspect.getsourcefile(self.formula) if inspect.isfunction(self.formula) else self.formula.__name__


def reference(ufunc):
    """Return the reference of a form."""
    return Reference(ufunc.form.numpy, ufunc.has_dy, defaults(ufunc))


def case(ufunc, rung=_dispatch.ISA):
    """Return a form on one rung."""
    return Case(rung, ufunc)


def called(ufunc, rung=_dispatch.ISA):
    """Return what users call of a form, on one rung; of a stochastic function what takes the noise.

    To draw the noise would take longer than the rest.
    """
    if ufunc.draws:
        return base(rung, ufunc)
    if not ufunc.row.public:  # there is no function with defaults in front of it
        return lambda *arrays, **kwargs: base(rung, ufunc)(*arrays, *defaults(ufunc).values(), **kwargs)
    return functions(rung)[ufunc.space][ufunc.row.name]


def defaults(ufunc):
    """Return the parameters' defaults by name, and a value for the noise of a stochastic function."""
    return case(ufunc).defaults


def rounded_defaults(ufunc, dtype):
    """Return the parameters' defaults as a loop's dtype has them."""
    return {name: float(dtype(value)) for name, value in defaults(ufunc).items()}


def kinks(ufunc):
    """Return where a form may bend or jump: what its row lists, in the saved output where that is given, and 0."""
    row, given = ufunc.row, case(ufunc).row_parameters
    places = [oracle.exact(str(place), given) for place in (*row.kinks, *row.bends)]
    if ufunc.space == "grad_from_output":
        places = [oracle.exact(row.value.formula, {"x": place, **given}) for place in places]
    return tuple(dict.fromkeys((0.0, *map(float, places))))


REFERENCES = {name: reference(ufunc) for name, ufunc in FORMS.items()}
