"""The race: contenders timed in turns on one core, so that a drift of the machine meets them all alike."""

import contextlib
import gc
import itertools
import math
import os
import time

SAMPLE = 300e-6  # seconds that a sample takes at least, far above the clock's resolution


@contextlib.contextmanager
def pinned():
    """Keep this thread, and those that it starts meanwhile, on one core; where the system has no such call, do nothing."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})  # the first core is the one that serves most interrupts
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def race(calls, elements, seconds, least=3, progress=None):
    """Time contenders in turns and return the best of each.

    Parameters
    ----------
    calls : dict
        Of callables without arguments, by label.
    elements : int
        How many elements one call computes.
    seconds : float
        How long to go on starting rounds. A round is one sample of every contender.
    least : int
        The number of rounds in any case.
    progress : callable, optional
        Called with the share of the race that is over, from 0 to 1, after every round.

    Returns
    -------
    dict
        Nanoseconds an element by label: the best sample of all rounds.
    """
    repeats = {label: calibrate(call) for label, call in calls.items()}
    best = dict.fromkeys(calls, math.inf)
    start = time.perf_counter()
    with no_collection():
        for round_number in itertools.count(1):
            for label, call in calls.items():
                best[label] = min(best[label], sample(call, repeats[label]) / repeats[label])
            spent = time.perf_counter() - start
            if progress:
                progress(min(1.0, spent / seconds, round_number / least))
            if spent >= seconds and round_number >= least:
                break
    return {label: 1e9 * time_taken / elements for label, time_taken in best.items()}


def calibrate(call):
    """Return how many calls make a sample; the call is warm afterwards."""
    call()
    repeats = 1
    while sample(call, repeats) < SAMPLE:
        repeats *= 2
    return repeats


def sample(call, repeats):
    """Return the seconds that so many calls take."""
    start = time.perf_counter()
    for _ in itertools.repeat(None, repeats):
        call()
    return time.perf_counter() - start


@contextlib.contextmanager
def no_collection():
    """Keep the garbage collector out of the samples."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
