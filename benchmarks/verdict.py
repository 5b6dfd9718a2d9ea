"""The verdict in words: what softplus costs against ReLU, where the time goes, and what it does to training.

``figures`` is everywhere what the races gave: by dtype and level, nanoseconds an element by library and operation.
"""

from typing import NamedTuple

import numpy as np

CACHE, MEMORY = "L2", "memory"
MEASURABLE = 0.005  # nanoseconds: less prints as 0.00
SPELLINGS = ("softplus", "logaddexp")  # two ways to write softplus in NumPy


class Cost(NamedTuple):
    """Nanoseconds an element of softplus and of what it is compared with."""

    copy: float
    relu: float
    exp: float
    softplus: float

    @property
    def ratio(self):
        """How many times ReLU softplus costs."""
        return self.softplus / self.relu

    @property
    def exponential(self):
        """The part of the exponential: exp less copy."""
        return self.exp - self.copy

    @property
    def logarithm(self):
        """The part of the logarithm: softplus less exp."""
        return self.softplus - self.exp


def costs(times):
    """Return the `Cost` of softplus by library, from one race; NumPy's logaddexp under a name of its own.

    A library that lacks one of the operations in this dtype is left out.
    """
    found = {}
    for library in dict.fromkeys(library for library, _ in times):
        for spelling in SPELLINGS:
            parts = [times.get((library, operation)) for operation in ("copy", "relu", "exp", spelling)]
            if None not in parts:
                found[library if spelling == "softplus" else f"{library} {spelling}"] = Cost(*parts)
    return found


def both_costs(figures, dtype):
    """Return the costs in cache and from memory by library, of those that have both."""
    cache, memory = (costs(figures[dtype, level]) for level in (CACHE, MEMORY))
    return {library: (cache[library], memory[library]) for library in cache if library in memory}


def paragraph(figures, sizes, cpu, training):
    """Return the verdict, one paragraph, all of its figures from the run."""
    counts = sizes["float32"]
    found = both_costs(figures, "float32")
    own = found["fastact"]
    slower = seconds(training, "softplus") / seconds(training, "relu")
    sentences = [
        f"In fastact softplus costs {own[0].ratio:.1f} times as much as ReLU in cache and "
        f"{own[1].ratio:.1f} times from memory, and training a network with it takes {slower:.2f} times as "
        f"long. The figures, on this machine ({cpu}), are nanoseconds an element of float32, in cache "
        f"({counts[CACHE]:,} elements, which sit in {CACHE}) and from memory ({counts[MEMORY]:,}); "
        "the exponential is exp less copy, the logarithm softplus less exp."
    ]
    for library, (cache, memory) in found.items():
        sentences.append(f"{library}: in cache {in_words(cache)}; from memory {in_words(memory)}.")
    found = both_costs(figures, "float64")
    ratios = [f"{library} {cache.ratio:.1f} and {memory.ratio:.1f}" for library, (cache, memory) in found.items()]
    sentences.append(f"In float64 softplus costs, in cache and from memory, so many times ReLU: {', '.join(ratios)}.")
    return " ".join([*sentences, training_in_words(training)])


def in_words(cost):
    """Return the cost of softplus as a phrase; differences that are noise are said to be."""
    said = f"softplus {cost.softplus:.2f}, {cost.ratio:.1f} times ReLU ({cost.relu:.2f})"
    if cost.logarithm < -MEASURABLE:
        return f"{said}, its parts not to be told apart, since exp alone takes {cost.exp:.2f}"
    exponential, logarithm = (
        f"{part:.2f}" if part >= MEASURABLE else "nothing measurable" for part in (cost.exponential, cost.logarithm)
    )
    return f"{said}, of which the exponential is {exponential} and the logarithm {logarithm}"


def seconds(training, activation):
    """Return how long the fastest run took."""
    return min(training["results"][activation]["seconds"])


def training_in_words(training):
    """Return what the activation changed in training, as a sentence."""
    runs = training["results"]
    relu, softplus = (100 * np.array(runs[name]["accuracy"]) for name in ("relu", "softplus"))
    gain = softplus - relu  # by pairs: a seed gives both the same start and batches
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    judgement = "no more than" if abs(gain.mean()) <= 2 * error else "more than"
    return (
        f"A network trained on the digits with fastact for {training['epochs']} epochs takes "
        f"{seconds(training, 'softplus'):.3f} s with softplus in its hidden layers, {seconds(training, 'relu'):.3f} s "
        f"with ReLU (best of {len(gain)} runs); it then reads {softplus.mean():.2f} % of the test digits rightly, "
        f"{relu.mean():.2f} % with ReLU: a difference of {gain.mean():+.2f} points, with a standard error of "
        f"{error:.2f}, {judgement} chance would give."
    )
