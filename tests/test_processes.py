"""Forked and spawned processes, pools of them, and subinterpreters: the same bits, or a clear refusal."""

import concurrent.futures
import importlib.util
import itertools
import multiprocessing
import os
import signal
import sys
import threading

import numpy as np
import pytest

import fastact
from fastact import _dispatch

from .bits import bits
from .cases import COMPILED, PUBLIC, needs_compiled, public, several
from .processes import run

X = np.random.default_rng(1).normal(0, 3, (30, 400)).astype(np.float32)
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
# Python warns of forking beside other threads, and NumPy's BLAS has some.
forks = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def calls():
    """Yield every public function of the rows with what it is to be called with."""
    for ufunc in PUBLIC:
        arrays = [X[:, 0] if ufunc.row.reduces and name == "dy" else X for name in ufunc.arrays]
        yield public(ufunc), arrays, {"rng": 1} if ufunc.draws else {}


def results():
    """Return the bits of every function's result."""
    with np.errstate(all="ignore"):
        return [list(map(bits, several(function(*arrays, **keywords)))) for function, arrays, keywords in calls()]


def same(one, other):
    """Whether two lists of arrays have the same bits."""
    return all(map(np.array_equal, itertools.chain(*one), itertools.chain(*other))) and len(one) == len(other)


def exit_status_of_a_child(expected):
    """Fork: 0 where the child comes to the same results, 1 to others, 2 to an error, a signal's after a minute."""
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # a lock that nobody in the child can let go of
        try:
            os._exit(0 if same(results(), expected) else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@needs_fork
@forks
def test_fork():
    expected = results()
    assert exit_status_of_a_child(expected) == 0
    assert same(results(), expected)


@needs_fork
@forks
@pytest.mark.parametrize("name", ["softplus", "softmax"])
def test_fork_while_a_thread_is_inside_a_function(name):
    expected, large = results(), np.tile(X, (200, 1))
    inside, done = threading.Event(), threading.Event()

    def compute():
        out = np.empty_like(large)
        while not done.is_set():
            inside.set()
            getattr(fastact, name)(large, out=out)

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        for _ in range(5):
            inside.clear()
            assert inside.wait(60)
            assert exit_status_of_a_child(expected) == 0
    finally:
        done.set()
        thread.join()
    assert same(results(), expected)


def processes(method):
    """Return a pool of processes that are started by this method."""
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} on this system")
    return concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method))


@forks
@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn", "threads"])
def test_pools(method):
    """Functions and arrays are handed on by pickle, and the results come back so."""
    expected = results()
    with concurrent.futures.ThreadPoolExecutor(2) if method == "threads" else processes(method) as pool:
        tasks = [pool.submit(function, *arrays, **keywords) for function, arrays, keywords in calls()]
        assert same([list(map(bits, several(task.result(timeout=120)))) for task in tasks], expected)
        assert pool.submit(fastact.runtime_info).result(timeout=120) == fastact.runtime_info()


INTERPRETERS = next(filter(importlib.util.find_spec, ("_interpreters", "_xxsubinterpreters")), None)
USE = "import fastact; print(float(fastact.sigmoid(0.0)), fastact.runtime_info()['isa'], flush=True)"
needs_interpreters = pytest.mark.skipif(not INTERPRETERS, reason="needs subinterpreters")


def in_subinterpreter(code, before="", after=""):
    """Run code in a subinterpreter of a new process, and return the lines printed: an ImportError is one of them."""
    attempt = f"try:\n    {code}\nexcept ImportError as error:\n    print('refused:', *str(error).split(), flush=True)"
    lines = [
        before,
        f"import {INTERPRETERS} as interpreters",
        "own = interpreters.create()",
        f"interpreters.run_string(own, {attempt!r})",
        "interpreters.destroy(own)",
        after,
    ]
    done = run("\n".join(lines), isa=_dispatch.ISA)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@needs_interpreters
def test_a_second_interpreter():
    """NumPy refuses it, or warns, as it did once, and then the NumPy rung is left; the first one goes on working."""
    first, second, then = in_subinterpreter(USE, before=USE, after=USE)
    assert first == then == f"0.5 {_dispatch.ISA}"
    assert second.startswith("refused: ") or second == "0.5 numpy"


@needs_interpreters
def test_the_first_interpreter_may_be_a_subinterpreter():
    """From Python 3.12 on they have a GIL of their own by default, and NumPy refuses those too."""
    (line,) = in_subinterpreter(USE)
    assert line == f"0.5 {_dispatch.ISA}" or (sys.version_info >= (3, 12) and line.startswith("refused: "))


@needs_compiled
@needs_interpreters
@pytest.mark.parametrize("name", ["_cpu", *(f"_loops_{name}" for name in COMPILED)])
def test_a_module_refuses_a_second_interpreter_itself(name):
    """Where NumPy lets it in, the dispatcher meets ImportErrors, as from broken modules."""
    path = importlib.util.find_spec(f"fastact.{name}").origin
    load = f"import importlib.util as u; u.module_from_spec(u.spec_from_file_location({name!r}, {path!r}))"
    first, refused = in_subinterpreter(load, before=f"{load}; print('loaded', flush=True)")
    assert first == "loaded"
    assert refused.startswith("refused: ")
