"""The pytest-benchmark suite: every form of every activation, by dtype and size, and the peers where they have it.

It tells how a case changes from one commit to the next. Ratios between cases are for ``python -m benchmarks``, which
takes its contenders in turns; here each case is finished before the next begins, and the machine drifts meanwhile.
"""

import pytest

from . import contenders, machine

LIBRARIES, FAILURES = contenders.libraries()
ENTRIES = [
    pytest.param((library, operation), id=f"{library.name}-{operation}".replace(" ", "_"))
    for library in LIBRARIES
    for operation in library.operations
]


def test_installed_libraries_load():
    """A library that is installed but broken is not passed over in silence."""
    assert FAILURES == {}


@pytest.mark.benchmark(max_time=0.03, min_rounds=3)
@pytest.mark.parametrize("level", machine.LEVELS)
@pytest.mark.parametrize("dtype", contenders.DTYPES)
@pytest.mark.parametrize("entry", ENTRIES)
def test_speed(benchmark, arrays, entry, dtype, level):
    """Time one contender, once its result has been found right."""
    library, operation = entry
    x, out = arrays(dtype, level)
    call = library.contender(operation, x, out)
    if call is None:
        pytest.skip(f"{library.name} has no kernel for it")
    if operation in contenders.REFERENCE:
        contenders.check(library.name, operation, call, x, out)
    benchmark.group = f"{dtype}, {level}, {len(x):,} elements"
    benchmark.extra_info["elements"] = len(x)
    benchmark(call)
