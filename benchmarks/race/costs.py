"""What functions cost by array size and dtype in every library, and what a share of a training step they take.

Both are measured for several claims. The results are of JSON's types, so that the page can be made from them alone.
"""

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from .. import arrays, machine, training
from ..runner import pinned, race
from . import contenders

CACHE, MEMORY = "L2", "memory"
NETWORKS = (((128, 64), 64), ((1024, 1024), 256))  # the widths of the hidden layers, and the batch


class Effort(NamedTuple):
    """How much to measure: seconds for each race in cache, from memory and of training steps, and so on.

    From memory, what takes longer than ``slow`` nanoseconds an element in cache is left out.
    """

    cache: float
    memory: float
    step: float
    least: int  # rounds in any case
    networks: int
    slow: float = math.inf


EFFORTS = {
    "quick": Effort(0.1, 0, 0.3, 0, 1, slow=5),
    "default": Effort(0.8, 3, 4, 2, 2),
    "full": Effort(5, 18, 20, 4, 2),
}


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


def measure(operations, activations, level, progress):
    """Return the sweep of the operations, with ``networks``, the activations' share of a step."""
    result = sweep(operations, level, lambda done: progress(0.8 * done))
    result["networks"] = step_share(activations, level, lambda done: progress(0.8 + 0.2 * done))
    return result


def sweep(operations, level, progress):
    """Race the operations in every library, dtype and size.

    Returns
    -------
    dict
        ``sizes``, by dtype, elements by name of the size; ``times``, by dtype, library and operation, nanoseconds an
        element in the order of the sizes, None where there is none; ``failures``, why a contender was left out.
    """
    every = {dtype: sizes(dtype, level) for dtype in contenders.DTYPES}
    weights = {(dtype, name): 4 if name == MEMORY else 1 for dtype in every for name in every[dtype]}
    times, failures, done = {}, dict(libraries()[1]), 0
    for (dtype, name), weight in weights.items():
        cached = times.get((dtype, CACHE), {})
        with pinned():
            x, out = arrays.buffers(training.preactivations(), every[dtype][name], dtype)
            calls = contenders.checked_calls(libraries()[0], operations, x, out, failures)
            times[dtype, name] = of_size(calls, name, x.size, cached, EFFORTS[level])
        done += weight
        progress(done / sum(weights.values()))
    return {
        "sizes": every,
        "times": {dtype: in_rows([times[dtype, name] for name in every[dtype]]) for dtype in every},
        "failures": failures,
    }


def of_size(calls, name, elements, cached, effort):
    """Race at one size, by name; ``cached`` has the times in cache."""
    if name != MEMORY:
        return race(calls, elements, effort.cache, effort.least)
    calls = {label: call for label, call in calls.items() if cached[label] <= effort.slow}
    return race(calls, elements, effort.memory, effort.least)


def in_rows(columns):
    """Return times by library and operation, a list each, from the races of all sizes."""
    labels = dict.fromkeys(label for column in columns for label in column)
    rows = {library: {} for library, _ in labels}
    for library, operation in labels:
        rows[library][operation] = [column.get((library, operation)) for column in columns]
    return rows


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
    effort = EFFORTS[level]
    networks = []
    for hidden, batch in NETWORKS[: effort.networks]:
        networks.append({"hidden": hidden, "batch": batch, **of_network(activations, hidden, batch, effort)})
        progress(len(networks) / effort.networks)
    return networks


def of_network(activations, hidden, batch, effort):
    """Return the microseconds of a network's step, and of the activations' part."""
    data = training.digits()
    weights = training.initial((data.train_images.shape[1], *hidden, training.CLASSES), np.random.default_rng(0))
    images, labels = data.train_images[:batch], data.train_labels[:batch]
    calls = {}
    with pinned(), threadpool_limits(1):
        for name in activations:
            calls["step", name] = functools.partial(training.slopes, name, weights, images, labels)
            before = training.forward(name, weights, images)[0][:-1]
            calls |= {(library, name): call for library, call in parts(name, before).items()}
        fastest = race(calls, 1000, effort.step, effort.least)  # a thousandth of it: microseconds
    part = {library: {} for library, _ in fastest}
    for (library, name), time in fastest.items():
        part[library][name] = time
    return {"step": part.pop("step"), "part": part}


def parts(name, before):
    """Return for each library a call that computes an activation and its gradient on the pre-activations of all layers.

    A library without the gradient is left out.
    """
    found, layers = libraries()[0], {}
    for layer in before:
        x, out = arrays.buffers(layer.ravel(), layer.size, np.float32)
        operations = (name, f"grad.{name}")
        calls = contenders.checked_calls(found, operations, x, out, failures={})
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
