"""How throughput grows with threads: ``python -m benchmarks.race.scaling``.

fastact's and NumPy's functions are called from Python threads, each on its part of an array, which sits in their
second-level caches or in memory. PyTorch, where it is installed, divides the array among as many threads of its own.
"""

import importlib.util
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from rich.console import Console

import fastact
from fastact import _dispatch

from .. import machine
from ..arrays import aligned
from ..runner import calibrate, race, sample
from . import sheets

THREADS = [threads for threads in (1, 2, 4) if threads <= (os.cpu_count() or 1)]
COLUMNS = 64  # of softmax's rows
TURNS = 10  # how many times longer a sample is than the runner's: handing tasks to threads takes time too
FUNCTIONS = {
    "sigmoid": lambda x, out: partial(fastact.sigmoid, x, out=out),
    "softplus": lambda x, out: partial(fastact.softplus, x, out=out),
    "softmax": lambda x, out: partial(fastact.softmax, x.reshape(-1, COLUMNS), out=out.reshape(-1, COLUMNS)),
    "NumPy's tanh": lambda x, out: partial(np.tanh, x, out=out),
}


def pytorch(x, out, threads):
    """Return PyTorch's calls by label, each with its threads set first: others may have set them meanwhile."""
    import torch

    x, out = torch.from_numpy(x), torch.from_numpy(out)
    calls = {
        "sigmoid": partial(torch.sigmoid, x, out=out),
        "softplus": partial(torch.nn.functional.softplus, x, out=out),
        "softmax": partial(torch._softmax, x.view(-1, COLUMNS), 1, False, out=out.view(-1, COLUMNS)),
    }

    def run(call, repeats):
        torch.set_num_threads(threads)
        return sample(call, repeats)

    return {f"PyTorch's {name}": partial(run, call) for name, call in calls.items()}


def samples(pool, threads, elements):
    """Return functions by label that make a call on all the elements as often as they are told, in so many threads."""
    x, out = aligned(elements, np.float32), aligned(elements, np.float32)
    x[:] = np.resize(np.random.default_rng(1).normal(0, 3, 9973), elements)
    parts = list(zip(np.split(x, threads), np.split(out, threads), strict=True))

    def run(calls, repeats):
        for task in [pool.submit(sample, call, repeats) for call in calls]:
            task.result()

    own = {name: partial(run, [prepare(*part) for part in parts]) for name, prepare in FUNCTIONS.items()}
    return own | (pytorch(x, out, threads) if importlib.util.find_spec("torch") else {})


def throughputs(level, seconds):
    """Return elements a nanosecond by label and threads, all of them raced in turns."""
    calls, work = {}, {}
    with ThreadPoolExecutor(max(THREADS)) as pool:
        for threads in THREADS:
            room = machine.sizes(4)[level] * (1 if level == "memory" else threads)
            elements = room // (COLUMNS * threads) * COLUMNS * threads
            for label, run in samples(pool, threads, elements).items():
                repeats = 1 if level == "memory" else TURNS * calibrate(partial(run, 1))[0]
                calls[label, threads], work[label, threads] = partial(run, repeats), repeats * elements
        times = race(calls, 1, seconds)
    return {key: work[key] / time for key, time in times.items()}


def sheet(title, found):
    """Return the sheet of throughputs, and how many times that of one thread each is."""
    more = THREADS[1:]
    headings = ["", "one thread", *(text for threads in more for text in (f"{threads} threads", "speed-up")), ""]
    rows = []
    for label in dict.fromkeys(label for label, _ in found):
        one = found[label, 1]
        speeds = [found[label, threads] for threads in more]
        cells = [f"{figure:.2f}" for speed in speeds for figure in (speed, speed / one)]
        rows.append([label, f"{one:.2f}", *cells, ""])
    return sheets.Sheet(title, headings, rows)


def main(seconds=10.0):
    """Measure and print."""
    console = Console(width=140)
    console.print(f"{machine.cpu()}; fastact {fastact.__version__} ({_dispatch.ISA}); float32, elements a nanosecond")
    for level, title in (("L2", "in second-level caches"), ("memory", "from memory")):
        made = sheet(title, throughputs(level, seconds))
        console.print(f"\n[bold]{made.title}[/]", sheets.table(made), sep="\n", highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
