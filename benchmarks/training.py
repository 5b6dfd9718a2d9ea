"""A small network that reads handwritten digits: the source of real pre-activations.

It is trained by plain momentum in float32, on fastact's functions and gradients.
"""

import functools
import itertools
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

import fastact
from fastact import init

HIDDEN = (128, 64)
ACTIVATIONS = ("relu", "softplus")
BATCH, RATE, MOMENTUM = 64, 0.05, 0.9


class Digits(NamedTuple):
    """Images of 8 by 8 pixels in rows, and the digits that they show."""

    train_images: np.ndarray
    test_images: np.ndarray
    train_labels: np.ndarray
    test_labels: np.ndarray


def digits():
    """Return scikit-learn's digits, a fifth of them for the test; pixels from 0 to 1."""
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32)
    return Digits(*train_test_split(images, labels, test_size=0.2, stratify=labels, random_state=0))


def train(activation, data, epochs, seed):
    """Train a network with the activation in its hidden layers, and return its weights: pairs of matrix and bias."""
    rng = np.random.default_rng(seed)
    weights = initial((data.train_images.shape[1], *HIDDEN, 10), rng)
    velocity = [(np.zeros_like(matrix), np.zeros_like(bias)) for matrix, bias in weights]
    targets = np.eye(10, dtype=np.float32)[data.train_labels]
    for _ in range(epochs):
        order = rng.permutation(len(targets))
        for batch in np.array_split(order, len(order) // BATCH):
            step(activation, weights, velocity, data.train_images[batch], targets[batch])
    return weights


def initial(widths, rng):
    """Return the weights to start from, drawn as He et al. do."""
    return [
        (init.he_normal(shape, rng=rng, dtype=np.float32), np.zeros(shape[1], np.float32))
        for shape in itertools.pairwise(widths)
    ]


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
    for parameters, speeds, down in zip(weights, velocity, slopes(activation, weights, images, targets), strict=True):
        for parameter, speed, slope in zip(parameters, speeds, down, strict=True):
            np.subtract(MOMENTUM * speed, RATE * slope, out=speed)
            np.add(parameter, speed, out=parameter)


def slopes(activation, weights, images, targets):
    """Return the gradient of the cross-entropy: for every layer those of matrix and bias."""
    gradient = getattr(fastact.grad, activation)
    before, inputs = forward(activation, weights, images)
    dy = (fastact.softmax(before[-1]) - targets) / np.float32(len(images))
    found = []
    for layer in reversed(range(len(weights))):
        found.append((inputs[layer].T @ dy, dy.sum(axis=0)))
        if layer:
            dy = gradient(before[layer - 1], dy @ weights[layer][0].T)
    return found[::-1]


@functools.cache
def preactivations():
    """Return what reaches the hidden units of trained networks, in random order: real values to time functions on.

    All activations have an equal share, so that the values favour none.
    """
    data = digits()
    images = np.concatenate([data.train_images, data.test_images])
    with threadpool_limits(1):
        nets = {name: train(name, data, epochs=20, seed=0) for name in ACTIVATIONS}
        values = [layer.ravel() for name, net in nets.items() for layer in forward(name, net, images)[0][:-1]]
    return np.random.default_rng(0).permutation(np.concatenate(values))
