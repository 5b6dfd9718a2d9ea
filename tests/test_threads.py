"""Many threads at once: the bits of one thread, the GIL released, and to each its own floating-point environment."""

import functools
import itertools
import platform
import subprocess
import sys
import sysconfig
import threading

import numpy as np
import pytest

import fastact
from fastact import _dispatch

from . import oracle
from .bits import bits
from .cases import COMPILED, UFUNCS, VECTORS, base, functions, needs_compiled, rows_and_numbers, several
from .environment import ENVIRONMENTS, others_environment

THREADS = 4  # more than the cores of a small machine: some are interrupted within a call


def together(*tasks):
    """Run each task in a thread of its own, all from the same moment on; raise what the first of them raised."""
    start, errors = threading.Barrier(len(tasks)), []

    def run(task):
        try:
            start.wait()
            task()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def operands(ufunc, dtype, seed):
    """Yield operands of a ufunc and the keywords of the call, in layouts that take every path of the loops."""
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return [rng.normal(0, 3, shape).astype(dtype) for _ in range(ufunc.nin)]

    if not ufunc.row.axis:
        yield normal(6000), {}
        yield [x[::2] for x in normal(6000)], {}
        return
    # Short rows, swept ones, gathered ones, one longer than a block.
    for rows, length, step in ((2000, 10, 1), (32, 300, 1), (12, 600, 2), (2, 10_000, 2)):
        yield rows_and_numbers(ufunc, [x[:, ::step] for x in normal(rows, length)]), {}
    # Rows side by side, and such as are copied.
    for length, rows in ((40, 100), (40, 2048)):
        columns = rows_and_numbers(ufunc, normal(rows, length))
        yield [np.ascontiguousarray(x.T) if x.ndim > 1 else x for x in columns], {"axis": 0}


def work(rung, seed):
    """Return calls by label, of every ufunc, dtype and layout."""
    return {
        f"{ufunc.name} {np.dtype(dtype).name} {at}": functools.partial(base(rung, ufunc), *given, **keywords)
        for ufunc in UFUNCS
        for dtype in oracle.DTYPES
        for at, (given, keywords) in enumerate(operands(ufunc, dtype, seed))
    }


def checked(calls, expected, rounds):
    """Make each call so many times; it gives what it gave in one thread."""
    for label, call in calls.items():
        for result in [call() for _ in range(rounds)]:
            for one, wanted in zip(several(result), expected[label], strict=True):
                np.testing.assert_array_equal(bits(one), wanted, err_msg=label)


def test_results_are_those_of_one_thread(rung):
    """All make the same calls at the same time, which would meet in any memory that they shared.

    Two threads each have the same arrays, the next two others.
    """
    tasks = []
    with np.errstate(all="ignore"):
        for seed in range(THREADS // 2):
            calls = work(rung, seed)
            expected = {label: [*map(bits, several(call()))] for label, call in calls.items()}
            tasks += 2 * [functools.partial(silent, checked, calls, expected, 2)]
    together(*tasks)


def silent(function, *arguments):
    """Call a function with no warnings of overflow: errstate is a thread's own."""
    with np.errstate(all="ignore"):
        function(*arguments)


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_neighbouring_slices_of_one_output(rung, dtype):
    """No thread writes beyond its slice, not even what it has read there."""
    x = np.random.default_rng(1).normal(0, 3, 50_001).astype(dtype)
    bounds = np.linspace(0, x.size, 8 * THREADS + 1).astype(int)
    for name in ("softplus", "sigmoid", "relu"):
        function = functions(rung)[""][name]
        expected, out = function(x), np.empty_like(x)

        def write(thread, function=function, out=out):
            for _ in range(5):
                for begin, end in list(itertools.pairwise(bounds))[thread::THREADS]:
                    function(x[begin:end], out=out[begin:end])

        together(*(functools.partial(write, thread) for thread in range(THREADS)))
        np.testing.assert_array_equal(bits(out), bits(expected))
    rows = x[:50_000].reshape(-1, 50)
    softmax = functions(rung)[""]["softmax"]
    expected, out = softmax(rows), np.empty_like(rows)
    parts = [functools.partial(softmax, rows[k::THREADS], out=out[k::THREADS]) for k in range(THREADS)]
    together(*parts)
    np.testing.assert_array_equal(bits(out), bits(expected))


def test_functions_in_front_of_ufuncs(api):
    """Parameters, axes, temperatures and masks are each call's own."""
    x = np.random.default_rng(2).normal(0, 3, (60, 70)).astype(np.float32)

    def calls(k):
        mask = np.arange(70) % (k + 2) > 0
        return {
            "leaky_relu": lambda: api[""]["leaky_relu"](x, negative_slope=0.1 * k),
            "elu": lambda: api["grad"]["elu"](x, 1.0, alpha=1.0 + k),
            "softmax": lambda: api[""]["softmax"](x, axis=k % 2, temperature=1.0 + k),
            "masked": lambda: api[""]["softmax"](x, axis=(0, 1) if k % 2 else None, where=mask),
            "logsumexp": lambda: api[""]["logsumexp"](x, axis=k % 2, keepdims=True),
            "noisy_relu": lambda: api[""]["noisy_relu"](x, rng=k),
            "sparsemax": lambda: api[""]["sparsemax"](x, axis=k % 2),
        }

    tasks = []
    for k in range(THREADS):
        expected = {label: [*map(bits, several(call()))] for label, call in calls(k).items()}
        tasks.append(functools.partial(checked, calls(k), expected, 20))
    together(*tasks)


def test_first_calls_of_new_functions(rung):
    """Nothing is left to do at the first call that another thread could meet half done."""
    x = np.arange(-8, 8)
    dtypes = ("int8", "int16", "int32", "float16", "float32", "float64")
    known = {dtype: functions(rung)[""]["softplus"](x.astype(dtype)) for dtype in dtypes}
    rows = functions(rung)[""]["softmax"](x.astype("f4"))
    for _ in range(10):
        new = _dispatch.build(rung)[""]

        def task(first, new=new):
            for dtype in [*dtypes[first:], *dtypes[:first]]:
                np.testing.assert_array_equal(new["softplus"](x.astype(dtype)), known[dtype])
            np.testing.assert_array_equal(new["softmax"](x.astype("f4")), rows)

        together(*(functools.partial(task, first) for first in range(THREADS)))


def test_import_in_many_threads():
    code = """
import threading
start, seen = threading.Barrier(8), []
def use():
    start.wait()
    import fastact
    results = float(fastact.leaky_relu(-1.0)), float(fastact.softmax([1.0, 1.0])[0])
    seen.append((id(fastact.softplus), *results, fastact.runtime_info()["isa"]))
threads = [threading.Thread(target=use) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert len(seen) == 8 and len(set(seen)) == 1, seen
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="other interpreters switch threads in other ways")
def test_the_gil_is_released(rung):
    """No switch of threads is forced meanwhile: another one runs only where the call lets it."""
    x = np.ones(1 << 22, np.float32)
    space = functions(rung)

    def lets_others_run(call):
        """Whether another thread that waits for the GIL alone gets it while the call runs: once in many is enough."""
        for _ in range(2000):
            may_run, ran = threading.Lock(), []
            may_run.acquire()
            thread = threading.Thread(target=lambda may_run=may_run, ran=ran: (may_run.acquire(), ran.append(True)))
            thread.start()
            may_run.release()
            call()
            found = bool(ran)
            thread.join()
            if found:
                return True
        return False

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        for name in ("softplus", "softmax", "leaky_relu"):
            assert lets_others_run(functools.partial(space[""][name], x)), name
        assert lets_others_run(functools.partial(space["grad"]["softplus"], x, x))
        if not hasattr(sys, "_is_gil_enabled") or sys._is_gil_enabled():
            assert not lets_others_run(functools.partial(sum, range(1000)))  # the test can tell
    finally:
        sys.setswitchinterval(interval)


@needs_compiled
def test_errstate_is_each_threads_own():
    x, dy = np.full((2, 5000), [[1.5], [3.3e38]], np.float32)  # the derivative is 1.13 there

    def raising():
        with np.errstate(over="raise"):
            for _ in range(100):
                with pytest.raises(FloatingPointError, match=r"overflow encountered in grad\.gelu"):
                    fastact.grad.gelu(x, dy)

    def ignoring():
        with np.errstate(over="ignore"):
            for _ in range(100):
                fastact.grad.gelu(x, dy)

    def computing():  # nothing overflows here, whatever goes on elsewhere
        with np.errstate(all="raise"):
            for _ in range(100):
                fastact.softplus(x)
                fastact.grad.gelu(x, x)

    together(raising, ignoring, computing, raising, ignoring, computing)


@pytest.mark.skipif(
    platform.machine() not in ENVIRONMENTS or sys.platform != "linux", reason="sets the control word through glibc"
)
@pytest.mark.parametrize("name", COMPILED)
def test_control_words_are_each_threads_own(name):
    """A call puts back the word of its own thread, whatever others that run at the same time have set."""
    place = ENVIRONMENTS[platform.machine()]
    ordinary = others_environment(place, place.hostile, 0)
    others_environment(place, *ordinary)
    x = np.random.default_rng(3).normal(0, 3, 1 << (22 if name in VECTORS else 18)).astype(np.float32)
    for function in (functions(name)[""]["softplus"], functions(name)[""]["softmax"]):
        expected, done = bits(function(x)), threading.Event()

        def long_calls(function=function, expected=expected, done=done):
            others_environment(place, place.hostile, 0)
            try:
                for _ in range(10):
                    result = function(x)
            finally:
                left, _ = others_environment(place, *ordinary)
                done.set()
            assert left & place.settings == place.hostile & place.settings
            np.testing.assert_array_equal(bits(result), expected)

        def short_calls(function=function, done=done):
            while not done.is_set():
                function(x[:5000])
            left, _ = others_environment(place, *ordinary)
            assert left & place.settings == ordinary[0] & place.settings

        together(long_calls, short_calls)


@needs_compiled
def test_a_small_stack():
    """Threads of 256 KiB, as some programs start them by the thousand, have room for every loop."""
    before = threading.stack_size(256 * 1024)
    try:
        calls = [call for rung in COMPILED for call in work(rung, 0).values()]
        together(lambda: silent(lambda: [call() for call in calls]))
    finally:
        threading.stack_size(before)


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="not a free-threaded build")
def test_import_leaves_the_gil_off():
    """A module that does not declare itself safe turns the GIL on, with a warning."""
    code = "import sys, numpy; before = sys._is_gil_enabled(); import fastact; assert sys._is_gil_enabled() == before"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
