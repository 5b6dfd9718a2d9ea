"""A small network that reads handwritten digits: the source of real pre-activations, and what the activation changes.

It computes with fastact's activations and gradients, starts from fastact's initialisers and goes down the gradient of
fastact's cross-entropy by plain momentum. Networks of one seed start from the same draws, which the initialisers scale,
and see the same batches.
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
CLASSES = 10
BATCH, RATE, MOMENTUM = 64, 0.05, 0.9
INITIALISERS = {"tanh": init.xavier_normal, "sigmoid": init.xavier_normal}  # of the others it is He's


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


def digits(seed=0):
    """Return scikit-learn's digits, a fifth of them for the test; pixels from 0 to 1."""
    images, labels = load_digits(return_X_y=True)
    return split((images / 16).astype(np.float32), labels, seed)


def split(images, labels, seed=0):
    """Return images as `Digits`, a fifth of each class for the test."""
    return Digits(*train_test_split(images, labels, test_size=0.2, stratify=labels, random_state=seed))


def initialiser(activation):
    """Return the initialiser that belongs to an activation: Xavier's or He's."""
    return INITIALISERS.get(activation, init.he_normal)


def initial(widths, rng, initialise=init.he_normal, dtype=np.float32):
    """Return the weights of layers of these widths, inputs first: pairs of a drawn matrix and a bias of zeros."""
    return [
        (initialise(shape, rng=rng, dtype=dtype), np.zeros(shape[1], dtype)) for shape in itertools.pairwise(widths)
    ]


def train(activation, data, epochs, seed, *, rate=RATE, initialise=None, watch=None):
    """Train a network with the activation in its hidden layers.

    Parameters
    ----------
    activation : str
        Any of fastact's elementwise functions.
    data : Digits
    epochs, seed : int
    rate : float, optional
        The learning rate. Where it is too high, weights become infinite or NaN, in silence.
    initialise : callable, optional
        One of `fastact.init`; by default the one that belongs to the activation.
    watch : callable, optional
        Called with the weights and the mean loss on the way there: after each epoch, and before the first, with None.

    Returns
    -------
    Trained
    """
    rng = np.random.default_rng(seed)
    widths = (data.train_images.shape[1], *HIDDEN, CLASSES)
    weights = initial(widths, rng, initialise or initialiser(activation))
    descent = Descent(activation, weights, rate, rng)
    with np.errstate(over="ignore", invalid="ignore"):
        if watch:
            watch(weights, None)
        for _ in range(epochs):
            loss = descent.epoch(data)
            if watch:
                watch(weights, loss)
        return Trained(weights, accuracy(activation, weights, data.test_images, data.test_labels))


class Descent:
    """A network on its way down the gradient of the cross-entropy: ``weights`` change in place.

    The order of the images and a noisy ReLU's noise come from ``rng``.
    """

    def __init__(self, activation, weights, rate, rng):
        self.activation, self.weights, self.rate, self.rng = activation, weights, rate, rng
        self.noise = rng.spawn(1)[0]
        self.velocity = [tuple(map(np.zeros_like, pair)) for pair in weights]

    def epoch(self, data):
        """Go once over the training images, in random order, and return the mean loss on the way."""
        order = self.rng.permutation(len(data.train_labels))
        batches = np.array_split(order, len(order) // BATCH)
        return sum(self.step(data.train_images[batch], data.train_labels[batch]) for batch in batches) / len(order)

    def step(self, images, labels):
        """Go one step and return the sum of the losses before it."""
        losses, gradients = slopes(self.activation, self.weights, images, labels, self.noise)
        for parameters, speeds, down in zip(self.weights, self.velocity, gradients, strict=True):
            for parameter, speed, slope in zip(parameters, speeds, down, strict=True):
                np.subtract(MOMENTUM * speed, self.rate * slope, out=speed)
                np.add(parameter, speed, out=parameter)
        return float(losses.sum())


def slopes(activation, weights, images, labels, noise=None):
    """Return the cross-entropy of every image, and the gradients of their mean: those of matrix and bias by layer."""
    before, inputs = forward(activation, weights, images, noise)
    losses, dy = fastact.losses.softmax_cross_entropy(before[-1], labels)
    signals = backward(activation, weights, before, inputs, dy / len(images))
    return losses, [(x.T @ dy, dy.sum(axis=0)) for x, dy in zip(inputs, signals, strict=True)]


def forward(activation, weights, images, noise=None):
    """Return the pre-activations of every layer, the logits last, and the input of every layer.

    ``noise`` is where a noisy ReLU's noise comes from; without it, that is a ReLU.
    """
    function = getattr(fastact, activation)
    if activation == "noisy_relu":
        function = functools.partial(function, rng=noise) if noise else fastact.relu
    before, inputs = [], []
    for matrix, bias in weights:
        inputs.append(function(before[-1]) if before else images)
        before.append(inputs[-1] @ matrix + bias)
    return before, inputs


def backward(activation, weights, before, inputs, dy):
    """Return the gradients with respect to the pre-activations of every layer, from that of the logits, ``dy``.

    ``before`` and ``inputs`` are what `forward` has returned.
    """
    from_input = getattr(fastact.grad, activation, None)
    signals = [dy]
    for layer in reversed(range(1, len(weights))):
        dy = signals[-1] @ weights[layer][0].T
        if from_input:
            dy = from_input(before[layer - 1], dy)
        else:  # the noise is known from the output alone
            dy = getattr(fastact.grad_from_output, activation)(inputs[layer], dy)
        signals.append(dy)
    return signals[::-1]


def accuracy(activation, weights, images, labels):
    """Return the share of the images that a network reads rightly."""
    logits = forward(activation, weights, images)[0][-1]
    return float(np.mean(logits.argmax(axis=1) == labels))


@functools.cache
def preactivations():
    """Return what reaches the hidden units of trained networks, in random order: real values to time functions on.

    All activations have an equal share, so that the values favour none.
    """
    data = digits()
    images = np.concatenate([data.train_images, data.test_images])
    with threadpool_limits(1):
        nets = {name: train(name, data, epochs=20, seed=0).weights for name in ACTIVATIONS}
        values = [layer.ravel() for name, net in nets.items() for layer in forward(name, net, images)[0][:-1]]
    return np.random.default_rng(0).permutation(np.concatenate(values))
