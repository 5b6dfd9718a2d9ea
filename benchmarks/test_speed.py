"""The pytest-benchmark suite: every form of every activation, by dtype and size, and the peers where they have it.

It tells how a case changes from one commit to the next. Ratios between cases are for ``python -m benchmarks``, which
takes its contenders in turns; here each case is finished before the next begins, and the machine drifts meanwhile.
"""

import itertools

import pytest

from . import contenders, machine

LIBRARIES, FAILURES = contenders.libraries()
WITH_PEERS = "L2"  # the size at which the peers are timed too


def cases():
    """Yield library and operation, dtype and level: all of them in cache, fastact also at every other size."""
    for library, dtype, level in itertools.product(LIBRARIES, contenders.DTYPES, machine.LEVELS):
        if level == WITH_PEERS or library.name == "fastact":
            for operation in library.operations:
                name = f"{library.name}-{operation}-{dtype}-{level}".replace(" ", "_")
                yield pytest.param((library, operation), dtype, level, id=name)


def test_installed_libraries_load():
    """A library that is installed but broken is not passed over in silence."""
    assert FAILURES == {}


@pytest.mark.benchmark(max_time=0.03, min_rounds=3)
@pytest.mark.parametrize(("entry", "dtype", "level"), list(cases()))
def test_speed(benchmark, arrays, entry, dtype, level):
    """Time one contender, once its result has been found right."""
    library, operation = entry
    x, out = arrays(dtype, level)
    x = contenders.saved_output(operation, x)
    call = library.contender(operation, x, out)
    if call is None:
        pytest.skip(f"{library.name} has no kernel for it")
    if operation in contenders.REFERENCE:
        contenders.check(library.name, operation, call, x, out)
    benchmark.group = f"{dtype}, {level}, {len(x):,} elements"
    benchmark.extra_info["elements"] = len(x)
    benchmark(call)
