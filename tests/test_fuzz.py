"""A few hundred calls of the fuzz target, the same each time; tools/fuzz makes as many as there is time for."""

import numpy as np
import pytest

pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, Phase, given, settings

from . import fuzz
from .conftest import RUNGS, functions
from .fuzz import drawing


def quick(strategy):
    """Run a property on calls that do not change from run to run."""
    own = settings(
        max_examples=80,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    return lambda test: own(given(strategy)(test))


@quick(drawing.elementwise())
def test_functions_of_single_elements(call):
    fuzz.check(call)


@quick(drawing.along())
def test_functions_of_rows(call):
    fuzz.check(call)


@quick(drawing.methods())
def test_methods_of_ufuncs(call):
    fuzz.check(call)


@quick(drawing.others())
def test_functions_that_are_no_ufuncs(call):
    fuzz.check(call)


def ignores_where(own, x, out, where):
    return own(x, out=out)


def does_not_copy_what_overlaps(own, x, out, where):
    for place in np.flatnonzero(where):
        out[place] = own(x[place])
    return out


def writes_beyond(own, x, out, where):
    own(x, out=out, where=where)
    np.lib.stride_tricks.as_strided(out, (out.size + 1,), out.strides)[-1] = 0
    return out


def returns_another_array(own, x, out, where):
    return own(x, out=out, where=where).copy()


def rounds_to_a_narrower_dtype(own, x, out, where):
    return own(x.astype(np.float16), out=out, where=where)


FAULTS = [
    ignores_where, does_not_copy_what_overlaps, writes_beyond, returns_another_array, rounds_to_a_narrower_dtype,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_planted_faults_are_found(monkeypatch, fault):
    """In a call whose output begins at the input's second element."""
    x = drawing.View("f4", (6,), (4,), 64, ("plain", 1))
    out, where = drawing.View("f4", (6,), (4,), 68, None), drawing.View("?", (6,), (1,), 64, ("plain", 4))
    call = drawing.Elementwise("softplus", (x,), {}, (160, 160), out, where)
    fuzz.check(call)
    own = functions(RUNGS[0])[""]["softplus"]

    def faulty(x, out=None, where=True):
        return own(x) if out is None else fault(own, x, out, where)

    monkeypatch.setitem(functions(RUNGS[0])[""], "softplus", faulty)
    with pytest.raises(AssertionError, match=RUNGS[0]):
        fuzz.check(call)
