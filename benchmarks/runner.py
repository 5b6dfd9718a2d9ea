"""The race: contenders timed in turns on one core, so that a drift of the machine meets them all alike."""

import contextlib
import gc
import itertools
import os
import time

SAMPLE = 300e-6  # seconds that a sample takes at least, far above the clock's resolution


@contextlib.contextmanager
def pinned():
    """Keep this thread, and those that it starts meanwhile, on one core, where the system has a call for that."""
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
        Called after every round with the seconds that it took, as far as they are within those above.

    Returns
    -------
    dict
        Nanoseconds an element by label: the best sample of all rounds.
    """
    repeats, best = {}, {}
    for label, call in calls.items():
        repeats[label], best[label] = calibrate(call)
    rounds = 0
    spent = 0.0
    start = time.perf_counter()
    with no_collection():
        while spent < seconds or rounds < least:
            for label, call in calls.items():
                best[label] = min(best[label], sample(call, repeats[label]))
            rounds += 1
            before, spent = spent, time.perf_counter() - start
            if progress:
                progress(min(spent, seconds) - min(before, seconds))
    return {label: 1e9 * best[label] / repeats[label] / elements for label in calls}


def calibrate(call):
    """Return how many calls make a sample, and how long such a sample took."""
    call()  # whatever happens only the first time is over then
    repeats = 1
    while (taken := sample(call, repeats)) < SAMPLE:
        repeats *= 2
    return repeats, taken


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
