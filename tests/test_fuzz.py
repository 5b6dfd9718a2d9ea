"""A few hundred calls of the fuzz target, the same each time; tools/fuzz makes as many as there is time for."""

import pytest

pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, Phase, given, settings

from . import fuzz
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
