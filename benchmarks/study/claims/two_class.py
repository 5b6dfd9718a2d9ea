"""Is sigmoid the two-class softmax? In ULP on many inputs, with its complement and its loss, and what either costs."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import fastact
from tests import oracle

from ... import arrays, machine
from ...forms import REFERENCES
from ...runner import race
from . import FAILS, HOLDS, Claim, Picture, Verdict
from .drawing import listed

STRIDE = {"quick": 2048, "default": 256, "full": 32}  # of all bit patterns of float32, one in so many
RACE = {"quick": 0.3, "default": 2, "full": 8}  # seconds for each dtype
DTYPES = ("float32", "float64")
BLOCK = 1 << 16
ALLOWED = 5  # ULP: what softmax and sigmoid may be off together
END, BINS = 110.0, 110  # of the figure's x; float32's smallest number is exp(-103.3)


class Pair(NamedTuple):
    """Two ways to one number: of one x, and of the row [x, 0]."""

    label: str
    of_one: Callable
    of_two: Callable
    exact: Callable


def rows(x):
    """Return rows [x, 0]."""
    return np.stack([x, np.zeros_like(x)], axis=-1)


def cross_entropy(x):
    """Return the loss of rows [x, 0] whose class is the first."""
    return fastact.losses.softmax_cross_entropy(rows(x), np.zeros(x.shape, np.int64))[0]


PAIRS = (
    Pair(
        "sigmoid(x) and the first of softmax([x, 0])",
        fastact.sigmoid,
        lambda x: fastact.softmax(rows(x))[..., 0],
        REFERENCES["sigmoid"],
    ),
    Pair(
        "sigmoid(-x) and the second",
        lambda x: fastact.sigmoid(-x),
        lambda x: fastact.softmax(rows(x))[..., 1],
        lambda x: REFERENCES["sigmoid"](-x),
    ),
    Pair(
        "softplus(-x) and the cross-entropy of [x, 0]",
        lambda x: fastact.softplus(-x),
        cross_entropy,
        lambda x: REFERENCES["softplus"](-x),
    ),
)


def measure(level, progress):
    """Compare the two ways on bit patterns of all magnitudes and along a line, then time them."""
    result = {"pairs": [], "stride": STRIDE[level]}
    for number, pair in enumerate(PAIRS):
        result["pairs"].append(differences(pair, STRIDE[level]))
        progress(0.2 * (number + 1))
    x = np.linspace(-END, END, 1 << 17, dtype=np.float32)
    result["line"] = [along(PAIRS[0], x, way) for way in ("of_one", "of_two")]
    result["cost"] = {}
    for number, dtype in enumerate(DTYPES):
        result["cost"][dtype] = cost(dtype, RACE[level])
        progress(0.6 + 0.2 * (number + 1))
    return result


def differences(pair, stride):
    """Return how far the two ways are apart over one bit pattern of float32 in ``stride``, NaN left out."""
    found = {"label": pair.label, "inputs": 0, "same": 0, "apart": 0.0, "of_one": 0.0, "of_two": 0.0}
    step = BLOCK * stride
    for start in range(0, 1 << 32, step):
        x = np.arange(start, start + step, stride, dtype=np.uint32).view(np.float32)
        x = x[~np.isnan(x)]
        one, two = pair.of_one(x), pair.of_two(x)
        exact = pair.exact(x)
        found["inputs"] += x.size
        found["same"] += int(np.count_nonzero(one == two))
        for key, values, others in (("apart", one, two), ("of_one", one, exact), ("of_two", two, exact)):
            if x.size:
                found[key] = max(found[key], float(ulps(values, others, exact).max()))
    return found


def ulps(values, others, exact):
    """Return the distances between values in ULP of the exact ones; inf where only one is infinite or a NaN."""
    with np.errstate(all="ignore"):
        off = np.abs(values.astype(np.float64) - others) / oracle.ulps(np.float32, exact)
    return np.where(
        values == others.astype(np.float32),
        np.where(np.isfinite(off), off, 0),
        np.nan_to_num(off, nan=np.inf, posinf=np.inf),
    )


def along(pair, x, way):
    """Return the largest error in each of the bins of a line."""
    errors = ulps(getattr(pair, way)(x), pair.exact(x), pair.exact(x))
    return [float(part.max()) for part in np.array_split(errors, BINS)]


def cost(dtype, seconds):
    """Return the nanoseconds for each x, in L2: of sigmoid, and of softmax on rows that are there already."""
    elements = machine.sizes(np.dtype(dtype).itemsize)["L2"] // 2
    x, out = arrays.buffers(np.random.default_rng(0).normal(0, 3, 1 << 12), elements, dtype)
    pairs = rows(x)
    both = np.empty_like(pairs)
    calls = {
        "sigmoid": functools.partial(fastact.sigmoid, x, out=out),
        "softmax": functools.partial(fastact.softmax, pairs, out=both),
    }
    return race(calls, elements, seconds)


def verdict(result):
    """Say how far apart the two are at most, and what the longer way costs."""
    pairs, cost = result["pairs"], result["cost"]
    holds = all(pair["apart"] <= ALLOWED for pair in pairs)
    ratios = [cost[dtype]["softmax"] / cost[dtype]["sigmoid"] for dtype in DTYPES]
    found = (
        f"{pair['label']} have the same bits for {pair['same'] / pair['inputs']:.1%} and are at most "
        f"{pair['apart']:.2g} ULP apart"
        for pair in pairs
    )
    text = (
        f"{'Sigmoid is the two-class softmax' if holds else 'The two are apart'}: over {pairs[0]['inputs']:,} float32 "
        f"inputs of all magnitudes {listed(found)}. sigmoid is off the exact value by {pairs[0]['of_one']:.2f} ULP at "
        f"most, softmax by {pairs[0]['of_two']:.2f}. As softmax it costs {ratios[0]:.1f} times as much in float32 and "
        f"{ratios[1]:.1f} times in float64 ({cost['float32']['sigmoid']:.2f} against {cost['float32']['softmax']:.2f} "
        "ns for each x in float32), for two outputs instead of one."
    )
    return Verdict(HOLDS if holds else FAILS, text)


def figures(result):
    """Draw the errors of both along x, and the cost."""
    cost = result["cost"]
    worst = [max(line) for line in result["line"]]
    said = (
        f"{dtype} {cost[dtype]['sigmoid']:.2f} for sigmoid and {cost[dtype]['softmax']:.2f} for softmax"
        for dtype in DTYPES
    )
    return [
        Picture(
            functools.partial(draw, result=result),
            f"Left, the largest error in ULP over x from {-END:g} to {END:g}: sigmoid stays below {worst[0]:.2f}, the "
            f"two-class softmax below {worst[1]:.2f}. Right, bars of nanoseconds for each x: {listed(said)}.",
            "Errors against float64 in bins of width 2; times of arrays that sit in L2.",
            (8, 3.6),
        )
    ]


def draw(figure, result):
    """Draw the errors and the cost."""
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    edges = np.linspace(-END, END, BINS + 1)
    for number, (line, label) in enumerate(zip(result["line"], ("sigmoid(x)", "softmax([x, 0])"), strict=True)):
        left.stairs(line, edges, color=f"C{number}", label=label, lw=1.5)
    left.set(title="Largest error, ULP", xlabel="x", ylim=(0, 1.35 * max(map(max, result["line"]))))
    left.legend(loc="upper right", ncols=2)
    for row, dtype in enumerate(DTYPES):
        for number, name in enumerate(("sigmoid", "softmax")):
            place, time = row + 0.36 * number - 0.18, result["cost"][dtype][name]
            right.barh(place, time, height=0.32, color=f"C{number}")
            right.annotate(f"{time:.2f}", (time, place), (4, 0), textcoords="offset points", va="center")
    right.set_yticks(range(len(DTYPES)), DTYPES)
    right.set(title="Nanoseconds for each x", ylim=(1.5, -0.5))
    right.margins(x=0.2)


CLAIM = Claim(
    key="two_class",
    title="Is sigmoid the two-class softmax?",
    claim="sigmoid(x) is the softmax of two classes whose scores are x and 0.",
    method=f"""On paper e^x / (e^x + e^0) = 1 / (1 + e^-x), the second class has sigmoid(-x), and the cross-entropy of
the first is softplus(-x). Here the two ways are computed by fastact in float32 for bit patterns at even distances,
which take in subnormal numbers, infinities and every magnitude, and held against each other and against the exact
value in float64. One ULP is the spacing of float32 at the exact value.

The claim holds if the two ways are within {ALLOWED} ULP everywhere: what fastact promises for both together, 1 for
sigmoid and 4 for softmax.""",
    measure=measure,
    figures=figures,
    verdict=verdict,
    seconds={"quick": 1, "default": 7, "full": 37},
)
