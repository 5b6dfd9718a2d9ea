"""Look for the worst float64 inputs of functions and gradients: ``python -m benchmarks.proof.search [names]``.

The line of float64 is cut into bins by bit pattern, fine ones wherever a function is not plainly a constant or a
multiple of x. Each round draws some inputs from every bin, climbs from the worst inputs by steps of all sizes, from one
bit to half a binade, and draws a few million from `windows` around the worst inputs and where windows were bad before.
Errors are measured against the row's formula in `wide` numbers; at the end mpmath measures the candidates again, and
what it says counts. Gradients are for dy = 1, parameters at their defaults or, with ``--away``, at some other values.

The same seed and number of rounds give the same answer. A bound that is exceeded makes the exit status 1.
"""

import argparse
import json
import math
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console

from fastact import _dispatch
from fastact._rows import ZERO_REACH
from tests import oracle
from tests.cases import ELEMENTWISE, for_each_output, several

from .. import forms
from ..files import replace
from ..progress import progress_bar
from . import accuracy, wide, windows

ROUNDS = 600
BLOCK = 1 << 12  # inputs for one call: what is computed of them stays in the cache
BINADE = 1 << 52  # bit patterns
END = 2047 * BINADE  # the pattern of infinity
PROBES = 32  # inputs that tell whether a function is plain in a binade
LARGEST = np.finfo(np.float64).max
PLAIN = 4 * np.finfo(np.float64).eps
BINS = 1 << 14  # of all binades in which it is not
LEAST, PIECES = 16, 1024  # of one binade
KEPT = 4  # inputs of each bin
DRAWN = {True: 2, False: 1}  # inputs in a round from each bin, by whether it is a fine one
PARENTS, CHILDREN = 64, 64  # of the worst inputs and as many of the worst bins': so many near each
WINDOWS, CROWD = 512, 8  # that are remembered, and of one bin at most
SWEPT = 64  # windows in a round of each kind
CONFIRMED = 32  # candidates that mpmath measures at least,
MOST = 1000  # and at most, where it finds other errors than `wide` did:
TOLERANCE = 0.01  # ULP
SETTINGS = 8  # other values of parameters
with np.errstate(over="ignore"):  # where a long double is no more than a double
    SCALE = np.ldexp(np.longdouble(1), 1075 - np.arange(2048))  # 1/ULP by the exponent's bits


class Task(NamedTuple):
    """A function to be searched: what computes it, and what it should be."""

    name: str
    function: Callable  # of an array of float64
    formula: str
    variables: tuple  # what the array is in the formula; a gate has it for all its arrays
    parameters: dict
    zeros: tuple = ()
    bound: float = math.inf
    known: tuple = ()  # inputs to be looked at too
    away: bool = False  # the parameters are other ones than a user would have without naming any

    def results(self, x):
        """Return the function's results at an array of inputs."""
        with np.errstate(all="ignore"):
            return self.function(x)

    def exact(self, x):
        """Return the exact results at an array of inputs, as far as wide numbers have them."""
        return wide.evaluate(self.formula, {**dict.fromkeys(self.variables, x), **self.parameters})

    def near_zero(self, x):
        """Return whether inputs are close to a listed zero."""
        return np.any([np.abs(x - zero) < ZERO_REACH for zero in (np.inf, *self.zeros)], axis=0)

    def measured(self, x):
        """Return the errors at an array of inputs in ULP, against the formula in wide numbers."""
        return errors(self.results(x), self.exact(x), self.near_zero(x))

    def confirmed(self, x):
        """Return the error at one input in ULP, by mpmath."""
        result = float(self.results(np.array([x]))[0])
        exact = oracle.exact(self.formula, {**dict.fromkeys(self.variables, x), **self.parameters})
        if math.isnan(result):
            return math.inf
        small = self.near_zero(x) and abs(result - exact) <= 2.0**-53
        if oracle.lost(result, exact, np.float64) and not small:
            return math.inf
        return 0.0 if small else oracle.error(result, exact, np.float64)


class Finding(NamedTuple):
    """The worst input of a task, its error by mpmath, and by how much the wide numbers' was another one at most."""

    task: Task
    x: float
    ulp: float
    doubt: float
    rounds: int

    @property
    def exceeds(self):
        """Whether the bound is no bound."""
        return self.ulp > self.task.bound

    @property
    def row_bound(self):
        """The bound that the row should state: seeds differ, so a hundredth of an ULP more, in twentieths."""
        return math.ceil(round(20 * (self.ulp + 0.01), 6)) / 20 if self.ulp > 0.5 else 0.5

    def __str__(self):
        """Say what was found, and what may stand in the row."""
        given = "".join(f", {name} = {value!r}" for name, value in self.task.parameters.items())
        verdict = f"{'EXCEEDS' if self.exceeds else 'within'} the bound of {self.task.bound:g}"
        doubt = f"; the reference is {self.doubt:.2g} ULP off" if self.doubt > TOLERANCE else ""
        line = f"{self.task.name}: {self.ulp:.4f} ULP at {self.x.hex()} = {self.x!r}{given}: {verdict}"
        values = (*[self.x] * len(self.task.variables), *(self.task.parameters.values() if self.task.away else ()))
        row = f"    ulp64={self.row_bound}, worst64={values}"
        return f"{line} ({self.rounds} rounds{doubt})\n{row}"


def errors(result, exact, near):
    """Return errors of float64 in ULP against wide numbers; 0 where ``near`` a zero they are small absolutely."""
    high = np.broadcast_to(exact.high, result.shape)
    low = np.longdouble(0) if exact.low is None else exact.low
    with np.errstate(all="ignore"):
        rounded = np.abs(high.astype(np.float64))
        patterns = rounded.view(np.int64)
        exponent = patterns >> 52
        below = np.where(high < 0, high + rounded + low >= 0, high - rounded + low <= 0)
        exponent = exponent - ((patterns & (BINADE - 1) == 0) & below)  # at a power of two it is the smaller spacing
        off = np.abs((result - high) - low)
        found = (off * SCALE[np.clip(exponent, 1, 2046)]).astype(np.float64)
        overflow = np.isinf(result)
        found[overflow] = np.where((np.abs(high) > LARGEST) & (np.sign(high) == np.sign(result)), 0.0, np.inf)[overflow]
        found[near & (off <= 2.0**-53)] = 0.0
        found[oracle.lost(result, high, np.float64) & ~near] = np.inf
        found[np.isnan(found)] = np.inf  # a wrong result, or a reference that mpmath is to stand in for
    return found


def floats(ordinals):
    """Return the float64 of these ordinals, which count them from 0 on, negative ones below."""
    return np.where(ordinals < 0, np.iinfo(np.int64).min - ordinals, ordinals).view(np.float64)


def ordinals(x):
    """Return the ordinals of float64."""
    patterns = np.asarray(x, np.float64).view(np.int64)
    return np.where(patterns < 0, np.iinfo(np.int64).min - patterns, patterns)


def stepped(inputs, rng, least, most):
    """Return ordinals at steps of 2^least to 2^most from some, of all sizes and of both signs."""
    steps = np.exp2(rng.uniform(least, most, inputs.size)).astype(np.int64)
    return np.clip(inputs + np.where(rng.random(inputs.size) < 0.5, -steps, steps), 1 - END, END - 1)


def largest(values, count):
    """Return where the largest of some values are, the first of equal ones first."""
    if values.size > count:
        least = np.partition(values, values.size - count)[values.size - count]
        places = np.flatnonzero(values >= least)
    else:
        places = np.arange(values.size)
    return places[np.argsort(-values[places], kind="stable")[:count]]


def best_of_groups(groups, scores, inputs, count):
    """Return where the best of each group are, best first, group by group; an input counts once."""
    order = np.lexsort([-scores, inputs])
    order = order[np.append(True, np.diff(inputs[order]) != 0)[: order.size]]
    order = order[np.lexsort([inputs[order], -scores[order], groups[order]])]
    ordered = groups[order]
    return order[np.arange(order.size) - np.searchsorted(ordered, ordered) < count]


class Search:
    """A search that goes on round by round.

    Attributes
    ----------
    edges, fine : ndarray
        Of the bins, in ordinals; whether each is one of those where the function is not plain.
    kept, errors : ndarray
        The worst inputs of every bin in ordinals, worst first, and their errors.
    """

    def __init__(self, task, seed=0):
        self.task, self.rounds = task, 0
        self.rng = np.random.default_rng([seed, zlib.crc32(task.name.encode())])
        self.edges, self.fine = self.cut()
        bins = self.edges.size - 1
        self.kept = np.repeat(self.edges[:-1, None], KEPT, axis=1)
        self.errors = np.full((bins, KEPT), -1.0)
        self.counts = np.where(self.fine, DRAWN[True], DRAWN[False])
        self.windows, self.scores = np.empty(0), np.empty(0)
        if task.known:
            self.look(ordinals(task.known))

    def cut(self):
        """Return the bins' edges and which are fine."""
        binades = np.arange(-2047, 2047) * BINADE
        drawn = binades[:, None] + (self.rng.random((binades.size, PROBES)) * BINADE).astype(np.int64)
        x = floats(drawn)
        y = np.nan_to_num(self.task.results(x.ravel()).reshape(x.shape))
        with np.errstate(all="ignore"):
            plain = [np.ptp(each, axis=1) <= PLAIN * np.abs(each[:, 0]) for each in (y, y / x)]
        fine = ~np.any(plain, axis=0)
        many = np.where(
            fine, 1 + np.ptp(np.frexp(y)[1].astype(np.int64), axis=1), 0
        )  # by how many binades the results are in
        parts = np.clip(BINS * many // max(many.sum(), 1), 1, PIECES)
        parts = np.where(fine, np.maximum(parts, LEAST), parts)
        steps = [start + BINADE // count * np.arange(count) for start, count in zip(binades, parts, strict=True)]
        edges = np.append(np.concatenate(steps), END)
        edges[0] += 1  # not infinity
        return edges, np.repeat(fine, parts)

    def advance(self):
        """Do one round."""
        self.look(self.drawn(np.repeat(np.arange(self.counts.size), self.counts)))
        self.look(stepped(np.repeat(self.worst(PARENTS), CHILDREN), self.rng, 0, 51))
        self.sweep()
        self.rounds += 1

    def sweep(self):
        """Draw many inputs from the windows around the worst inputs, and from those that were the worst windows."""
        again = ordinals(self.windows[largest(self.scores, 2 * SWEPT)])
        elsewhere = self.drawn(self.rng.choice(np.flatnonzero(self.fine), SWEPT)) if self.fine.any() else again
        near = np.unique(np.concatenate([self.worst(SWEPT), again, stepped(again, self.rng, 30, 51), elsewhere]))
        found, scores = windows.sweep(self.task, floats(near), self.rng)
        self.look(ordinals(found))
        every, scores = np.concatenate([ordinals(self.windows), near]), np.concatenate([self.scores, scores])
        order = best_of_groups(self.bins(every), scores, every, CROWD)
        order = order[largest(scores[order], WINDOWS)]
        self.windows, self.scores = floats(every[order]), scores[order]

    def drawn(self, bins):
        """Return one random input from each of some bins."""
        low, high = self.edges[bins], self.edges[bins + 1]
        return low + (self.rng.random(bins.size) * (high - low)).astype(np.int64)

    def worst(self, count):
        """Return so many of the worst inputs, and of the worst bins one each."""
        bins = largest(self.errors[:, 0], count)
        return np.concatenate([self.kept.ravel()[largest(self.errors.ravel(), count)], self.kept[bins, 0]])

    def bins(self, inputs):
        """Return the bins that inputs are in."""
        return np.clip(np.searchsorted(self.edges, inputs, side="right") - 1, 0, self.counts.size - 1)

    def look(self, inputs):
        """Measure the errors at some inputs, and keep the worst of every bin."""
        found = np.concatenate(
            [self.task.measured(floats(inputs[start : start + BLOCK])) for start in range(0, inputs.size, BLOCK)]
        )
        bins = self.bins(inputs)
        better = np.flatnonzero(found > self.errors[bins, -1])
        touched = np.unique(bins[better])
        every = np.concatenate([inputs[better], self.kept[touched].ravel()])
        found = np.concatenate([found[better], self.errors[touched].ravel()])
        bins = np.concatenate([bins[better], np.repeat(touched, KEPT)])
        self.errors[touched] = -1.0
        order = best_of_groups(bins, found, every, KEPT)
        bins = bins[order]
        rank = np.arange(bins.size) - np.searchsorted(bins, bins)
        self.kept[bins, rank], self.errors[bins, rank] = every[order], found[order]

    def finding(self):
        """Return the worst input by mpmath.

        Candidates are taken in the order of the errors in wide numbers, until none can be as bad as one that was found.
        """
        order = largest(self.errors.ravel(), MOST)
        found, doubt = {}, 0.0
        for x, error in zip(floats(self.kept.ravel()[order]).tolist(), self.errors.ravel()[order], strict=True):
            if len(found) >= CONFIRMED and error + TOLERANCE < max(found.values()):
                break
            found[x] = self.task.confirmed(x)
            if error != found[x]:
                doubt = max(doubt, abs(error - found[x]))
        x = max(found, key=found.get)
        return Finding(self.task, x, found[x], doubt, self.rounds)


def tasks(ufunc, rung, parameters=None):
    """Return a task for each output of a form on one rung, at its defaults or at other parameters."""
    case, form = forms.case(ufunc, rung), ufunc.form
    bound, known = case.bound(np.float64), getattr(form, "worst64", ())
    if parameters:
        case.defaults = parameters
        bound = max(bound, form.away[1])
    variables = tuple(name for name in ufunc.arrays if name != "dy")
    away, known = bool(parameters), known[:1] if len(set(known)) == 1 and not parameters else ()
    return [
        Task(
            ufunc.public_name if ufunc.nout == 1 else f"{ufunc.public_name}, output {k}",
            lambda x, k=k: several(case(x))[k],
            formula,
            variables,
            case.defaults,
            zeros,
            bound,
            known,
            away,
        )
        for k, (formula, zeros) in enumerate(zip(form.formulas, for_each_output(form, "zeros"), strict=True))
    ]


def settings(ufunc, seed):
    """Return other values for a form's parameters: around 1 and, for every other one, of all sizes."""
    rng = np.random.default_rng([seed, zlib.crc32(ufunc.public_name.encode())])
    found = []
    for number in range(SETTINGS):
        reach = 2 if number % 2 else 900
        found.append({name: float(np.exp2(rng.uniform(-reach, reach))) for name in forms.defaults(ufunc)})
    return found


def run(tasks, rounds, seconds, seed):
    """Search the tasks of one function, and return the worst finding; the time is shared."""
    found = []
    with progress_bar() as bar:
        for one in tasks:
            shown = bar.add_task(one.name, total=rounds)
            end = time.monotonic() + seconds / len(tasks)
            search = Search(one, seed)
            while search.rounds < rounds and time.monotonic() < end:
                search.advance()
                bar.advance(shown)
            bar.remove_task(shown)
            found.append(search.finding())
    return max(found, key=lambda one: (one.ulp / one.task.bound, one.ulp))


def parse(arguments):
    """Return the command line's arguments."""
    known = {ufunc.public_name: ufunc for ufunc in ELEMENTWISE}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proof.search", description=__doc__.partition(":")[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(known)}; all by default")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how long, by rounds (default {ROUNDS})")
    parser.add_argument("--seconds", type=float, default=math.inf, help="for a function at most, in whole rounds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rung", default=_dispatch.ISA, choices=_dispatch.survey()[0])
    parser.add_argument("--away", action="store_true", help="parameters at other values than their defaults")
    parser.add_argument("--write", action="store_true", help="only write the rows' worst inputs to docs/accuracy.md")
    parser.add_argument("--json", type=Path, metavar="FILE", help="enter what is found in this file too")
    parsed = parser.parse_args(arguments)
    if unknown := set(parsed.names) - set(known):
        parser.error(f"no such function: {', '.join(sorted(unknown))}")
    parsed.ufuncs = [known[name] for name in parsed.names or known]
    if parsed.away:
        parsed.ufuncs = [ufunc for ufunc in parsed.ufuncs if forms.defaults(ufunc)]
    return parsed


def main(arguments):
    """Search, print what is found, and return 1 if it exceeds a bound."""
    parsed = parse(arguments)
    if wide.BITS < wide.ENOUGH:
        raise SystemExit(f"This platform's long double has {wide.BITS} bits, and the search needs {wide.ENOUGH}.")
    if parsed.write:
        accuracy.write_doubles()
        return 0
    console, exceeded = Console(), False
    record = json.loads(parsed.json.read_text()) if parsed.json and parsed.json.exists() else {}
    for ufunc in parsed.ufuncs:
        given = settings(ufunc, parsed.seed) if parsed.away else [None]
        each = [one for parameters in given for one in tasks(ufunc, parsed.rung, parameters)]
        finding = run(each, max(parsed.rounds // len(given), 1), parsed.seconds, parsed.seed)
        console.print(str(finding), markup=False, highlight=False, soft_wrap=True)
        exceeded |= finding.exceeds
        if parsed.json:
            record[ufunc.public_name] = {"ulp": finding.ulp, "x": finding.x.hex()}
            replace(parsed.json, json.dumps(record, indent=1) + "\n")
    return int(exceeded)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
