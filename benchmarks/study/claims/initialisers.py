"""Xavier for tanh, He for ReLU? Variances of activations and of gradients by layer under each."""

import functools

import numpy as np
from threadpoolctl import threadpool_limits

from fastact import init

from ... import training
from . import FAILS, HOLDS, IN_PART, Claim, Picture, Verdict
from .drawing import NAMES, label_ends, listed

LAYERS, WIDTH, SAMPLES = 30, 256, 256
SEEDS = {"quick": 2, "default": 10, "full": 40}
XAVIER, HE, GAIN = "Xavier", "He", "Xavier, gain 5/3"
INITIALISERS = {
    XAVIER: init.xavier_normal,
    HE: init.he_normal,
    GAIN: functools.partial(init.xavier_normal, gain=init.gain("tanh")),
}
BELONGS = {"relu": HE, "tanh": XAVIER}


def measure(level, progress):
    """Return the variances by activation and initialiser: geometric means over the seeds."""
    result = {"seeds": SEEDS[level], "variances": {name: {} for name in BELONGS}}
    total = len(BELONGS) * len(INITIALISERS)
    with threadpool_limits(1):
        for number, (name, label) in enumerate((name, label) for name in BELONGS for label in INITIALISERS):
            result["variances"][name][label] = variances(name, INITIALISERS[label], SEEDS[level])
            progress((number + 1) / total)
    return result


def variances(name, initialise, seeds):
    """Return the variances of every layer's activations, and of the gradients on the way back."""
    forward, backward = [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        weights = training.initial([WIDTH] * (LAYERS + 2), rng, initialise)  # the last one takes the gradient in
        x, dy = rng.standard_normal((2, SAMPLES, WIDTH), dtype=np.float32)
        before, inputs = training.forward(name, weights, x)
        signals = training.backward(name, weights, before, inputs, dy)
        forward.append([np.log(values.var()) for values in inputs[1:]])
        backward.append([np.log(values.var()) for values in signals[:-1]])
    return {"activations": means(forward), "gradients": means(backward)}


def means(logarithms):
    """Return the geometric means over the seeds."""
    return np.exp(np.mean(logarithms, axis=0)).tolist()


def change(found):
    """Return by how many times a variance changes between the first layer and the last, either way."""
    ratio = found[-1] / found[0]
    return max(ratio, 1 / ratio)


def worst(found):
    """Return the larger change, of the activations' variance or the gradients'."""
    return max(change(values) for values in found.values())


def best(found):
    """Return the initialiser with the smallest `worst`."""
    return min(found, key=lambda label: worst(found[label]))


def verdict(result):
    """Say which initialiser keeps the variances with either activation."""
    variances = result["variances"]
    right = [name for name, label in BELONGS.items() if best(variances[name]) == label]
    holds = HOLDS if len(right) == len(BELONGS) else IN_PART if right else FAILS
    text = [sentence(name, found) for name, found in variances.items()]
    decay = variances["tanh"][XAVIER]["activations"]
    if "tanh" not in right:
        text.append(
            "With tanh the variance under Xavier falls slowly and ever more slowly: tanh takes something off wherever "
            f"it is not straight. After 5 layers {decay[4] / decay[0]:.0%} of the first layer's is left, after "
            f"{LAYERS} {decay[-1] / decay[0]:.0%}. A larger gain holds it up, but then gradients grow on the way back, "
            f"{change(variances['tanh'][HE]['gradients']):.3g} times with He and "
            f"{change(variances['tanh'][GAIN]['gradients']):.3g} times with the usual gain of 5/3."
        )
    return Verdict(holds, " ".join(text))


def sentence(name, found):
    """Return what the initialisers do with one activation."""
    said = (
        f"{label} changes the variance of activations {change(values['activations']):.3g} times, that of gradients "
        f"{change(values['gradients']):.3g} times"
        for label, values in found.items()
    )
    return f"{NAMES[name]}, over {LAYERS} layers: {listed(said)}. By its worse side {best(found)} is best."


def figures(result):
    """Draw a row of two charts for each activation."""
    variances = result["variances"]
    said = (
        f"{NAMES[name]} with {label}, activations {direction(values['activations'])} and gradients "
        f"{direction(values['gradients'], back=True)}"
        for name, found in variances.items()
        for label, values in found.items()
    )
    return [
        Picture(
            functools.partial(draw, variances=variances),
            "Four charts of variance by layer on logarithmic axes, a line for each initialiser, a row for ReLU and "
            f"one for tanh; activations left, gradients right. From end to end: {listed(said)}.",
            f"{LAYERS} layers of {WIDTH} units before training; geometric mean of {result['seeds']} seeds. Activations "
            "are read from left to right, gradients from right to left.",
            (8, 6.4),
        )
    ]


def direction(found, back=False):
    """Return how a variance changes along its way, in words."""
    ratio = found[0] / found[-1] if back else found[-1] / found[0]
    return f"grow {ratio:.2g} times" if ratio >= 1 else f"shrink {1 / ratio:.2g} times"


def draw(figure, variances):
    """Draw the four charts."""
    axes = figure.subplots(len(variances), 2, sharex=True, sharey="row")
    for row, (name, found) in zip(axes, variances.items(), strict=True):
        for ax, kind in zip(row, ("activations", "gradients"), strict=True):
            for number, (label, values) in enumerate(found.items()):
                ax.plot(range(1, LAYERS + 1), values[kind], color=f"C{number}", label=label)
            ax.set(title=f"{NAMES[name]}: variance of {kind}", yscale="log")
        label_ends(row[1])
    for ax in axes[-1]:
        ax.set_xlabel("layer")


CLAIM = Claim(
    key="initialisers",
    title="Xavier for tanh, He for ReLU?",
    claim="Xavier's initialiser keeps variances from layer to layer with tanh, He's with ReLU.",
    method=f"""{LAYERS} layers of {WIDTH} units are given {SAMPLES} rows of normal numbers, and normal gradients at
the other end, before training, in float32. The variances of every layer's activations, and of the gradients with
respect to its pre-activations, are taken under Xavier's normal initialiser, the same with the gain of 5/3 that
libraries give to tanh, and He's.

An initialiser is judged by its worse side: by how many times the variance of activations or that of gradients changes
from one end to the other, whichever is more. The claim holds for an activation if of the three the one that it names
is best, and in part if that is so for one of the two.""",
    measure=measure,
    figures=figures,
    verdict=verdict,
    seconds={"quick": 0.8, "default": 3.2, "full": 12},
)
