"""Fixtures: every test that asks for ``rung`` or ``case`` runs on every rung that this machine can run."""

import pytest

from .cases import ELEMENTWISE, RUNGS, Case, functions


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
