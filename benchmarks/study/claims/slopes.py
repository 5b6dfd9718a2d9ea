"""Is tanh's gradient larger than sigmoid's? Four times at 0; where the two cross; and at a trained network's units."""

import functools
import math

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from threadpoolctl import threadpool_limits

import fastact

from ... import training
from . import FAILS, HOLDS, IN_PART, Claim, Picture, Verdict

NAMES = ("tanh", "sigmoid")
SLOPES = {name: getattr(fastact.grad, name) for name in NAMES}
SEEDS = {"quick": 2, "default": 10, "full": 20}
EPOCHS = 20
CROSSING = math.acosh(1 + math.sqrt(3))
END = 8.0


def measure(level, progress):
    """Find the maxima and the crossing, and the slopes where the units of trained networks are."""
    result = {
        "maximum": {name: highest(slope) for name, slope in SLOPES.items()},
        "crossing": brentq(lambda x: SLOPES["tanh"](x, 1.0) - SLOPES["sigmoid"](x, 1.0), 0.5, END, xtol=1e-15),
        "ratio_at_end": float(SLOPES["tanh"](END, 1.0) / SLOPES["sigmoid"](END, 1.0)),
        "seeds": SEEDS[level],
    }
    with threadpool_limits(1):
        result["units"] = {}
        for number, name in enumerate(NAMES):
            result["units"][name] = units(name, SEEDS[level])
            progress((number + 1) / len(NAMES))
    return result


def highest(slope):
    """Return the largest value of a slope, and where it is."""
    found = minimize_scalar(lambda x: -slope(x, 1.0), bounds=(-END, END), method="bounded", options={"xatol": 1e-9})
    return {"x": float(found.x), "value": float(-found.fun)}


def units(name, seeds):
    """Return what the hidden units of trained networks get: mean slopes, by layer that of their own function."""
    within, own, layers = [], [], []
    for seed in range(seeds):
        data = training.digits(seed)
        weights = training.train(name, data, EPOCHS, seed).weights
        before = training.forward(name, weights, data.test_images)[0][:-1]
        values = np.concatenate([layer.ravel() for layer in before])
        within.append(np.mean(np.abs(values) < CROSSING))
        own.append(SLOPES[name](values, 1.0).mean())
        layers.append([SLOPES[name](layer, 1.0).mean() for layer in before])
    return {"within": float(np.mean(within)), "slope": float(np.mean(own)), "layers": np.mean(layers, axis=0).tolist()}


def verdict(result):
    """Say how much larger, and where not."""
    peak = {name: found["value"] for name, found in result["maximum"].items()}
    units = result["units"]
    larger = peak["tanh"] > peak["sigmoid"]
    everywhere = result["ratio_at_end"] >= 1
    holds = HOLDS if larger and everywhere else IN_PART if larger else FAILS
    text = (
        f"The largest slope of tanh is {peak['tanh']:.4g}, that of sigmoid {peak['sigmoid']:.4g}, both at 0: "
        f"{peak['tanh'] / peak['sigmoid']:.3g} times. Yet tanh's is the larger one only for |x| < "
        f"{result['crossing']:.4f}, which is arcosh(1 + √3): beyond it tanh, which is sigmoid stretched "
        f"(tanh x = 2 sigmoid(2x) - 1), saturates sooner, and at x = {END:g} its slope is "
        f"{result['ratio_at_end']:.2g} times sigmoid's. In trained networks {units['tanh']['within']:.0%} of tanh's "
        f"pre-activations are within the crossing, and the mean slope is {units['tanh']['slope']:.2f} with tanh, "
        f"{units['sigmoid']['slope']:.2f} with sigmoid: {units['tanh']['slope'] / units['sigmoid']['slope']:.1f} times."
    )
    return Verdict(holds, text)


def figures(result):
    """Draw the two slopes and their ratio."""
    crossing = result["crossing"]
    peak = {name: found["value"] for name, found in result["maximum"].items()}
    return [
        Picture(
            functools.partial(draw, crossing=crossing),
            f"Left, two bell curves over x from -5 to 5: the derivative of tanh, {peak['tanh']:.3g} at 0 and narrow, "
            f"that of sigmoid, {peak['sigmoid']:.3g} at 0 and wide; they cross at x = ±{crossing:.3f}. Right, their "
            f"ratio on a logarithmic axis from x = 0 to {END:g}: from {peak['tanh'] / peak['sigmoid']:.3g} down "
            f"through 1 at the crossing to {result['ratio_at_end']:.2g}.",
            "The derivatives, by fastact.grad, and their ratio; the dots are the crossing.",
            (8, 3.6),
        )
    ]


def draw(figure, crossing):
    """Draw the slopes and the ratio."""
    left, right = figure.subplots(1, 2)
    x = np.linspace(-5, 5, 501)
    for number, name in enumerate(NAMES):
        left.plot(x, SLOPES[name](x, 1.0), color=f"C{number}", label=name)
    height = SLOPES["tanh"](crossing, 1.0)
    left.plot([-crossing, crossing], [height, height], "o", color="C2")
    left.annotate(f"{crossing:.3f}", (crossing, height), (6, 4), textcoords="offset points")
    left.set(title="Derivative", xlabel="x", ylim=(0, 1.05))
    left.legend()
    x = np.linspace(0, END, 401)
    right.plot(x, SLOPES["tanh"](x, 1.0) / SLOPES["sigmoid"](x, 1.0), color="C0")
    right.axhline(1, color="C1", lw=1)
    right.plot([crossing], [1], "o", color="C2")
    right.annotate("sigmoid's is larger", (crossing, 1), (30, 8), textcoords="offset points")
    right.set(title="tanh's derivative by sigmoid's", xlabel="x", yscale="log")


CLAIM = Claim(
    key="slopes",
    title="Is tanh's gradient larger than sigmoid's?",
    claim="The gradient of tanh is larger than that of sigmoid, so tanh learns faster.",
    method=f"""The derivatives are fastact.grad's in float64. Their maxima are found by SciPy's bounded search, the
point where they are equal by Brent's method. By hand: 1/cosh²x = 1/(2 + 2 cosh x) gives cosh x = 1 + √3.

What a network gets depends on where its units are. So networks on the digits data (hidden layers of 128 and 64,
{EPOCHS} epochs, Xavier's initialiser, the same seeds) are trained with either function, and the slopes are averaged
over all hidden units and test images.

The claim holds in part if the maximum is larger, but there are x where the slope is not.""",
    measure=measure,
    figures=figures,
    verdict=verdict,
    seconds={"quick": 0.5, "default": 2.2, "full": 4.3},
)
