"""A small network that reads handwritten digits: the source of real pre-activations, and what the activation changes.

It is trained with ReLU and with softplus in the hidden layers, from the same initial weights on the same batches, by
plain momentum in float32.
"""

import itertools
import time
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import fastact

HIDDEN = (128, 64)
ACTIVATIONS = ("relu", "softplus")
BATCH, RATE, MOMENTUM = 64, 0.05, 0.9


class Digits(NamedTuple):
    """Images of 8 by 8 pixels in rows, and the digits that they show."""

    train_images: np.ndarray
    test_images: np.ndarray
    train_labels: np.ndarray
    test_labels: np.ndarray


class Trained(NamedTuple):
    """A network after training."""

    weights: list  # of pairs: matrix and bias
    accuracy: float  # on the test images
    seconds: float


def digits():
    """Return scikit-learn's digits, a fifth of them for the test; pixels from 0 to 1."""
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32)
    return Digits(*train_test_split(images, labels, test_size=0.2, stratify=labels, random_state=0))


def train(activation, data, epochs, seed):
    """Train a network with the activation in its hidden layers and return a `Trained`."""
    rng = np.random.default_rng(seed)
    widths = (data.train_images.shape[1], *HIDDEN, 10)
    weights = []
    for fan_in, fan_out in itertools.pairwise(widths):
        matrix = rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out)).astype(np.float32)
        weights.append((matrix, np.zeros(fan_out, np.float32)))
    velocity = [(np.zeros_like(matrix), np.zeros_like(bias)) for matrix, bias in weights]
    targets = np.eye(10, dtype=np.float32)[data.train_labels]
    start = time.perf_counter()
    for _ in range(epochs):
        order = rng.permutation(len(targets))
        for batch in np.array_split(order, len(order) // BATCH):
            step(activation, weights, velocity, data.train_images[batch], targets[batch])
    seconds = time.perf_counter() - start
    *_, logits = forward(activation, weights, data.test_images)[0]
    return Trained(weights, float(np.mean(logits.argmax(axis=1) == data.test_labels)), seconds)


def forward(activation, weights, images):
    """Return the pre-activations of every layer, the logits last, and the input of every layer."""
    function = getattr(fastact, activation)
    before, inputs = [], []
    for matrix, bias in weights:
        inputs.append(function(before[-1]) if before else images)
        before.append(inputs[-1] @ matrix + bias)
    return before, inputs


def step(activation, weights, velocity, images, targets):
    """Go one step down the gradient of the cross-entropy, in place."""
    gradient = getattr(fastact.grad, activation)
    before, inputs = forward(activation, weights, images)
    dy = (fastact.softmax(before[-1]) - targets) / np.float32(len(images))
    for layer in reversed(range(len(weights))):
        matrix, bias = weights[layer]
        slopes = inputs[layer].T @ dy, dy.sum(axis=0)
        if layer:
            dy = gradient(before[layer - 1], dy @ matrix.T)
        for parameter, speed, slope in zip((matrix, bias), velocity[layer], slopes, strict=True):
            np.subtract(MOMENTUM * speed, RATE * slope, out=speed)
            np.add(parameter, speed, out=parameter)


def preactivations(trained, images):
    """Return what reached the hidden units of the networks, in random order.

    Parameters
    ----------
    trained : dict
        Of one `Trained` by activation: all have an equal share, so that the values favour none.
    images : ndarray
        In rows.
    """
    values = [layer.ravel() for name, net in trained.items() for layer in forward(name, net.weights, images)[0][:-1]]
    return np.random.default_rng(0).permutation(np.concatenate(values))


def compare(data, epochs, seeds):
    """Train with each activation from several seeds, in turns.

    Returns
    -------
    results : dict
        Lists by activation, one item for each seed: test ``accuracy`` and ``seconds``.
    first : dict
        The `Trained` of the first seed by activation.
    """
    runs = [{name: train(name, data, epochs, seed) for name in ACTIVATIONS} for seed in range(seeds)]
    results = {
        name: {"accuracy": [run[name].accuracy for run in runs], "seconds": [run[name].seconds for run in runs]}
        for name in ACTIVATIONS
    }
    return results, runs[0]
