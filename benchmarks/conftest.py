"""What all tests of the benchmarks share: one core, and the option for all cases of the suite."""

import pytest

from .runner import pinned


def pytest_addoption(parser):
    """Add the option for all cases."""
    parser.addoption("--every", action="store_true", help="all cases of fastact: hours")


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """Keep all of it on one core."""
    with pinned():
        yield
