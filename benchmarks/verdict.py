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


def paragraph(figures, sizes, cpu, training):
    """Return the verdict, one paragraph, all of its figures from the run."""
    counts = sizes["float32"]
    cache, memory = (costs(figures["float32", level]) for level in (CACHE, MEMORY))
    sentences = [
        f"What softplus costs on this machine ({cpu}), in nanoseconds an element of float32, in cache "
        f"({counts[CACHE]:,} elements, which sit in {CACHE}) and from memory ({counts[MEMORY]:,}); the exponential is exp "
        "less copy, the logarithm softplus less exp."
    ]
    for library in cache:
        sentences.append(f"{library}: in cache {in_words(cache[library])}; from memory {in_words(memory[library])}.")
    pairs = zip(*(costs(figures["float64", level]).items() for level in (CACHE, MEMORY)), strict=True)
    ratios = [f"{library} {inside.ratio:.1f} and {outside.ratio:.1f}" for (library, inside), (_, outside) in pairs]
    sentences.append(f"In float64 softplus costs, in cache and from memory, so many times ReLU: {', '.join(ratios)}.")
    return " ".join([*sentences, training_in_words(training)])


def in_words(cost):
    """Return the cost of softplus as a phrase; differences that are noise are said to be."""
    said = f"softplus {cost.softplus:.2f}, {cost.ratio:.1f} times ReLU ({cost.relu:.2f})"
    if cost.logarithm < -MEASURABLE:
        return f"{said}, its parts not to be told apart, since exp alone takes {cost.exp:.2f}"
    parts = (("exponential", cost.exponential), ("logarithm", cost.logarithm))
    exponential, logarithm = (
        f"{part} {time:.2f}" if time >= MEASURABLE else f"no measurable {part}" for part, time in parts
    )
    return f"{said}, of which {exponential} and {logarithm}"


def training_in_words(training):
    """Return what the activation changed in training, as a sentence."""
    results = training["results"]
    accuracy = {name: 100 * np.array(runs["accuracy"]) for name, runs in results.items()}
    seconds = {name: min(runs["seconds"]) for name, runs in results.items()}
    more = accuracy["softplus"] - accuracy["relu"]  # by pairs: a seed gives both the same start and batches
    error = more.std(ddof=1) / np.sqrt(len(more))
    if abs(more.mean()) <= 2 * error:
        judgement = "no difference that this test can tell from chance"
    else:
        judgement = f"{'more' if more.mean() > 0 else 'fewer'} than chance explains"
    return (
        f"And what it costs a network: trained on the digits with fastact for {training['epochs']} epochs, softplus in the "
        f"hidden layers takes {seconds['softplus'] / seconds['relu']:.2f} times as long as ReLU ({seconds['softplus']:.3f} s "
        f"against {seconds['relu']:.3f} s, best of {len(more)} runs) and reads {accuracy['softplus'].mean():.1f} % of the test "
        f"digits rightly against {accuracy['relu'].mean():.1f} %: {more.mean():+.1f} ± {error:.1f} points, {judgement}."
    )
