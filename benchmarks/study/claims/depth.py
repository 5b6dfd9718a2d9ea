"""Do gradients vanish with depth? Gradient norms by layer of untrained networks of 2 to 30 layers, by activation."""

import functools

import numpy as np
from threadpoolctl import threadpool_limits

from ... import training
from . import FAILS, HOLDS, IN_PART, Claim, Picture, Verdict
from .drawing import NAMES, label_ends, listed

ACTIVATIONS = ("relu", "softplus", "tanh", "sigmoid", "silu", "gelu")
DEPTHS = (2, 3, 5, 7, 10, 15, 20, 25, 30)
DEEPEST = max(DEPTHS)
WIDTH = 64  # that of the images, so that all hidden layers are alike
IMAGES = 256
SEEDS = {"quick": 3, "default": 20, "full": 100}
VANISHED = 1e-3  # of the first layer's gradient in the shallowest network


def measure(level, progress):
    """Return the norms by activation and depth: geometric means over the seeds, first layer first."""
    result = {"seeds": SEEDS[level], "norms": {}}
    data = training.digits()
    images, labels = data.train_images[:IMAGES], data.train_labels[:IMAGES]
    with threadpool_limits(1):
        for number, name in enumerate(ACTIVATIONS):
            result["norms"][name] = {str(depth): norms(name, depth, images, labels, SEEDS[level]) for depth in DEPTHS}
            progress((number + 1) / len(ACTIVATIONS))
    return result


def norms(name, depth, images, labels, seeds):
    """Return the norm of the gradient with respect to the weights of every hidden layer."""
    logarithms = []
    for seed in range(seeds):
        widths = (images.shape[1], *[WIDTH] * depth, training.CLASSES)
        weights = training.initial(widths, np.random.default_rng(seed), training.initialiser(name))
        _, gradients = training.slopes(name, weights, images, labels)
        logarithms.append([np.log(np.linalg.norm(matrix)) for matrix, _ in gradients[:-1]])
    return np.exp(np.mean(logarithms, axis=0)).tolist()


def shares(result):
    """Return, by activation, the first layer's norm in the deepest network as a share of that in the shallowest."""
    return {name: found[str(DEEPEST)][0] / found[str(min(DEPTHS))][0] for name, found in result["norms"].items()}


def verdict(result):
    """Say where the gradients vanish, and where not."""
    left = shares(result)
    gone = [name for name in left if left[name] < VANISHED]
    holds = HOLDS if len(gone) == len(left) else IN_PART if gone else FAILS
    text = [
        f"From {min(DEPTHS)} to {DEEPEST} hidden layers the gradient that reaches the first of them shrinks to "
        f"{listed(f'{left[name]:.1g} of its size with {NAMES[name]}' for name in left)}."
    ]
    if gone:
        text.append(f"It vanishes with {listed(NAMES[name] for name in gone)} (below {VANISHED:g}).")
    if len(gone) < len(left):
        kept = listed(NAMES[name] for name in left if name not in gone)
        text.append(f"With {kept} it does not: depth alone does not make gradients vanish.")
    last = result["norms"]["sigmoid"][str(DEEPEST)]
    text.append(
        f"With sigmoid, whose slope is 1/4 at most, a layer takes {(last[-1] / last[0]) ** (1 / (DEEPEST - 1)):.1f} "
        "times off the gradient."
    )
    return Verdict(holds, " ".join(text))


def figures(result):
    """Draw the norms by layer in the deepest network, and those of the first layer over the depth."""
    left = shares(result)
    return [
        Picture(
            functools.partial(draw, norms=result["norms"]),
            f"Two charts with a logarithmic axis, a line for each activation. Left, the gradient's norm by layer in "
            f"networks of {DEEPEST} hidden layers: with sigmoid it falls steadily from the last layer to the first, by "
            f"{spread(result, 'sigmoid'):.0e} times; with ReLU the last is {spread(result, 'relu'):.2g} times the "
            f"first. Right, the first layer's norm over the depth; from {min(DEPTHS)} to {DEEPEST} layers it shrinks "
            f"to {listed(f'{left[name]:.1g} with {NAMES[name]}' for name in left)}.",
            "Norm of the gradient with respect to the weights, before training; geometric mean of "
            f"{result['seeds']} seeds.",
            (8, 3.8),
        )
    ]


def spread(result, name):
    """Return how many times the last layer's norm is the first's in the deepest network."""
    found = result["norms"][name][str(DEEPEST)]
    return found[-1] / found[0]


def draw(figure, norms):
    """Draw both charts."""
    left, right = figure.subplots(1, 2, sharey=True)
    for number, (name, found) in enumerate(norms.items()):
        deepest = found[str(DEEPEST)]
        left.plot(range(1, DEEPEST + 1), deepest, color=f"C{number}")
        right.plot(
            DEPTHS, [found[str(depth)][0] for depth in DEPTHS], "o-", ms=3, color=f"C{number}", label=NAMES[name]
        )
    left.set(title=f"By layer, in {DEEPEST} layers", xlabel="layer, from the input", yscale="log")
    right.set(title="First layer, by depth", xlabel="hidden layers")
    label_ends(right)


CLAIM = Claim(
    key="depth",
    title="Do gradients vanish with depth?",
    claim="In deep networks the gradients of the first layers vanish.",
    method=f"""Networks of {min(DEPTHS)} to {DEEPEST} hidden layers of {WIDTH} units start from the initialisers that
belong to their activations, Xavier's for tanh and sigmoid and He's for the others, with biases of zero. The gradient
of the mean cross-entropy of {IMAGES} of the digits is taken before any training, in float32, and its Frobenius norm
with respect to the weights of each layer.

The gradient has vanished if the first layer's norm with {DEEPEST} layers is below {VANISHED:g} of that with
{min(DEPTHS)}. The claim holds if that is so with all activations, and in part if with some.""",
    measure=measure,
    figures=figures,
    verdict=verdict,
    seconds={"quick": 0.5, "default": 2.7, "full": 14},
)
