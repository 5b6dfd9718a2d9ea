"""The pytest-benchmark suite: every ufunc of the table by dtype, size, layout and rung; peers; special values.

It tells how a case changes from one commit to the next. Ratios between cases are for ``python -m benchmarks``, which
takes its contenders in turns; here each case is finished before the next begins, and the machine drifts meanwhile.
A covering set of the cases is run, in which every pair of factors occurs; ``--every`` runs all. In place, later rounds
work on the results of earlier ones.
"""

import itertools

import numpy as np
import pytest

from fastact import _dispatch

from ..arrays import aligned
from . import contenders, peers
from .covering import covering

LIBRARIES, FAILURES = contenders.libraries(peers.SUITE_PEERS)
INSTALLED = {library.name: library for library in LIBRARIES}
NAMES = ("fastact", "NumPy", *peers.SUITE_PEERS)
LEVELS = ("64", "L1", "L2", "L3", "memory")
RUNGS = _dispatch.survey()[0]
LAYOUTS = ("contiguous", "strided", "in place", "fresh")
SPECIAL = {"usual": None, "subnormal": 0.5, "nan": np.nan, "inf": np.inf, "huge": 0.5}
OPERATIONS = ("exp", "relu", "sigmoid", "tanh", "softplus", "gelu", "grad.softplus")
FACTORS = (tuple(contenders.TABLE), contenders.DTYPES, LEVELS, LAYOUTS, RUNGS)


def allowed(operation, dtype, level, layout, rung):
    """Whether a case makes sense: what NumPy computes takes seconds from memory, and a number has no place in a row."""
    ufunc = contenders.TABLE[operation]
    slow = not ufunc.row.compiled or rung == _dispatch.NUMPY
    return not (slow and level == "memory") and not (ufunc.row.reduces and not ufunc.space and layout == "in place")


def pytest_generate_tests(metafunc):
    """Parametrize the cases of fastact: the covering set, or all."""
    if metafunc.function is test_fastact:
        every = metafunc.config.getoption("--every")
        cases = [one for one in itertools.product(*FACTORS) if allowed(*one)] if every else covering(FACTORS, allowed)
        cases.sort(key=lambda one: (one[1], LEVELS.index(one[2])))
        metafunc.parametrize(("operation", "dtype", "level", "layout", "rung"), cases)


def test_installed_libraries_load():
    """A library that is installed but broken is not passed over in silence."""
    assert FAILURES == {}


def test_every_ufunc_has_a_case():
    """The covering set has every form of every row, on every rung and in every dtype."""
    cases = covering(FACTORS, allowed)
    for operation, others in itertools.product(contenders.TABLE, (contenders.DTYPES, RUNGS)):
        assert {one for case in cases if case[0] == operation for one in case if one in others} == set(others)


def timed(benchmark, call, x, limits):
    """Time a call, and enter what it is of what the machine can do."""
    benchmark.extra_info["elements"] = len(x)
    with np.errstate(all="ignore"):
        benchmark(call)
    if benchmark.stats:
        benchmark.extra_info |= limits(x, benchmark.stats.stats.min)


@pytest.mark.benchmark(max_time=0.03, min_rounds=3)
def test_fastact(benchmark, *, arrays, limits, operation, dtype, level, layout, rung):
    """Time one of fastact's ufuncs."""
    x, out = arrays(dtype, level)
    x = contenders.saved_output(operation, x)
    if layout == "strided":
        x = aligned(2 * x.size, x.dtype)[::2]
        x[:] = np.resize(arrays(dtype, "L1")[0], x.size)
        out = aligned(2 * x.size, x.dtype)[::2]
    elif layout == "in place":
        x = out = x.copy()
    call = contenders.prepare_ufunc(contenders.TABLE[operation], x, None if layout == "fresh" else out, rung)
    if operation in contenders.REFERENCE and layout == "contiguous":
        contenders.check(rung, operation, call, x, out)
    benchmark.group = f"{dtype}, {level}, {layout}"
    timed(benchmark, call, x, limits)


def contender(name, operation, x, out):
    """Return one library's call; skip with a word where there is none."""
    if name not in INSTALLED:
        pytest.skip(f"{name} is not installed")
    call = INSTALLED[name].contender(operation, x, out)
    if call is None:
        pytest.skip(f"{name} has no kernel for it")
    return call


@pytest.mark.benchmark(max_time=0.03, min_rounds=3)
@pytest.mark.parametrize("library", NAMES)
@pytest.mark.parametrize("dtype", contenders.DTYPES)
@pytest.mark.parametrize("operation", list(contenders.REFERENCE))
def test_peers(benchmark, *, arrays, limits, operation, dtype, library):
    """Time one library's contender, once its result has been found right."""
    x, out = arrays(dtype, "L2")
    x = contenders.saved_output(operation, x)
    call = contender(library, operation, x, out)
    contenders.check(library, operation, call, x, out)
    benchmark.group = f"{dtype}, L2, {operation}"
    timed(benchmark, call, x, limits)


@pytest.mark.benchmark(max_time=0.03, min_rounds=3)
@pytest.mark.parametrize("library", NAMES)
@pytest.mark.parametrize("special", SPECIAL)
@pytest.mark.parametrize("dtype", contenders.DTYPES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_special_values(benchmark, *, arrays, limits, operation, dtype, special, library):
    """Time one library's contender on an array of nothing but one kind of value."""
    usual, out = arrays(dtype, "L1")
    x, info = aligned(usual.size, dtype), np.finfo(dtype)
    scale = {"subnormal": info.tiny, "huge": info.max}.get(special, 1)
    x[:] = usual if special == "usual" else np.dtype(dtype).type(scale) * np.dtype(dtype).type(SPECIAL[special])
    x[::2] *= -1
    with np.errstate(all="ignore"):
        call = contender(library, operation, x, out)
    benchmark.group = f"special values: {dtype}, {operation}"
    timed(benchmark, call, x, limits)
