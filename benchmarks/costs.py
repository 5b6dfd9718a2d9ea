"""What functions cost by array size and dtype in every library, and what a share of a training step they take.

Both are measured for several claims. The results are of JSON's types, so that the page can be made from them alone.
"""

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from . import arrays, contenders, machine, training
from .runner import pinned, race

CACHE, MEMORY = "L2", "memory"
NETWORKS = (((128, 64), 64), ((1024, 1024), 256))  # the widths of the hidden layers, and the batch


class Effort(NamedTuple):
    """Seconds for each race in cache, from memory and of training steps, and how many rounds at least."""

    cache: float
    memory: float
    step: float
    least: int


EFFORTS = {"quick": Effort(0.1, 0, 0.4, 0), "default": Effort(1.2, 4, 5, 2), "full": Effort(5, 18, 20, 4)}


@functools.cache
def libraries():
    """Return the libraries that are installed, and why not for those that cannot be imported."""
    with pinned():  # before they start their threads
        return contenders.libraries()


def sizes(dtype, level):
    """Return the numbers of elements to measure, by the name of the cache that they sit in, or a name of their own."""
    placed = machine.sizes(np.dtype(dtype).itemsize)
    if level == "quick":
        rest = {"small": 64, "L1": placed["L1"], MEMORY: placed[MEMORY] // 2} if dtype == "float32" else {}
        return dict(sorted((rest | {CACHE: placed[CACHE]}).items(), key=lambda item: item[1]))
    between = {
        f"{low} to {high}": int(math.sqrt(placed[low] * placed[high])) // 64 * 64
        for low, high in itertools.pairwise(placed)
    }
    every = {"small": 64, "less than L1": placed["L1"] // 4 // 64 * 64} | placed | between
    return dict(sorted(every.items(), key=lambda item: item[1]))


def sweep(operations, level, progress):
    """Race the operations in every library, dtype and size.

    Returns
    -------
    dict
        ``sizes``, by dtype, elements by name of the size; ``times``, by dtype, library and operation, nanoseconds an
        element in the order of the sizes, None where there is none; ``failures``, why a contender was left out.
    """
    effort = EFFORTS[level]
    every = {dtype: sizes(dtype, level) for dtype in contenders.DTYPES}
    found, failures = libraries()
    failures = dict(failures)
    weights = [(dtype, name, 4 if name == MEMORY else 1) for dtype in every for name in every[dtype]]
    times, done, total = {}, 0, sum(weight for *_, weight in weights)
    for dtype, name, weight in weights:
        elements = every[dtype][name]
        with pinned():
            x, out = arrays.buffers(training.preactivations(), elements, dtype)
            calls = contenders.checked_calls(found, operations, x, out, failures)
            seconds = effort.memory if name == MEMORY else effort.cache
            fastest = race(calls, elements, seconds, effort.least)
        for (library, operation), time in fastest.items():
            row = times.setdefault(dtype, {}).setdefault(library, {}).setdefault(operation, {})
            row[name] = time
        done += weight
        progress(done / total)
    columns = {
        dtype: {
            library: {operation: [row.get(name) for name in every[dtype]] for operation, row in rows.items()}
            for library, rows in found.items()
        }
        for dtype, found in times.items()
    }
    return {"sizes": every, "times": columns, "failures": failures}


def at(result, dtype, name, library, operation):
    """Return the nanoseconds an element that a sweep gives for a size by name, None where it has none."""
    row = result["times"].get(dtype, {}).get(library, {}).get(operation)
    names = list(result["sizes"][dtype])
    return row[names.index(name)] if row and name in names else None


def ratios(result, dtype, name, operation, base="relu"):
    """Return how many times the base an operation costs, by library."""
    found = {}
    for library in result["times"][dtype]:
        both = [at(result, dtype, name, library, each) for each in (operation, base)]
        if None not in both:
            found[library] = both[0] / both[1]
    return found


def bandwidth(result):
    """Return the gigabytes a second that the fastest copy reads and writes from memory in float32."""
    copies = [at(result, "float32", MEMORY, library, "copy") for library in result["times"]["float32"]]
    return 2 * np.dtype(np.float32).itemsize / min(time for time in copies if time)


def step_share(activations, level, progress):
    """Time the forward and backward pass of two networks with fastact, and the activations' part in each library.

    Returns
    -------
    list of dict
        For each network: ``hidden``, ``batch``, ``step``, microseconds by activation with fastact, and ``part``, by
        library and activation, those of the activations and their gradients alone, on the same pre-activations.
    """
    data = training.digits()
    found, failures = libraries()
    networks = []
    for done, (hidden, batch) in enumerate(NETWORKS, 1):
        weights = training.initial((data.train_images.shape[1], *hidden, 10), np.random.default_rng(0))
        images = data.train_images[:batch]
        targets = np.eye(10, dtype=np.float32)[data.train_labels[:batch]]
        with pinned(), threadpool_limits(1):
            calls = {}
            for name in activations:
                calls["step", name] = functools.partial(training.slopes, name, weights, images, targets)
                before = training.forward(name, weights, images)[0][:-1]
                calls |= {(library, name): call for library, call in parts(name, before, found, failures).items()}
            fastest = race(calls, 1000, EFFORTS[level].step, EFFORTS[level].least)
        part = {library: {} for library, _ in fastest if library != "step"}
        for (library, name), time in fastest.items():
            if library != "step":
                part[library][name] = time
        step = {name: fastest["step", name] for name in activations}
        networks.append({"hidden": hidden, "batch": batch, "step": step, "part": part})
        progress(done / len(NETWORKS))
    return networks


def parts(name, before, found, failures):
    """Return for each library a call that computes an activation and its gradient on the pre-activations of all layers.

    A library without the gradient is left out.
    """
    layers = {}
    for layer in before:
        x, out = arrays.buffers(layer.ravel(), layer.size, np.float32)
        operations = (name, f"grad.{name}")
        calls = contenders.checked_calls(found, operations, x, out, dict(failures))
        for library in found:
            layers.setdefault(library.name, []).extend(
                calls.get((library.name, each)) for each in (name, f"grad.{name}")
            )
    return {library: functools.partial(in_turn, calls) for library, calls in layers.items() if None not in calls}


def in_turn(calls):
    """Make calls one after another."""
    for call in calls:
        call()


def shares(network):
    """Return the activations' share of the whole, by library and activation.

    The rest of the step, matrix products above all, is what it takes with ReLU by fastact less the part of ReLU.
    """
    rest = remainder(network)
    return {
        library: {name: part / (rest + part) for name, part in parts.items()}
        for library, parts in network["part"].items()
    }


def remainder(network):
    """Return the microseconds of a step that are not the activation's."""
    return network["step"]["relu"] - network["part"]["fastact"]["relu"]
