"""A network of three layers learns to read handwritten digits: NumPy's ``@``, and fastact around it.

python docs/digits.py trains it in some seconds and prints the share of new digits that it reads right.
"""

import numpy as np
from sklearn.datasets import load_digits

from fastact import init, nn

RATE, EPOCHS, BATCH = 0.3, 30, 32
rng = np.random.default_rng(2)

images, labels = load_digits(return_X_y=True)
order = rng.permutation(len(labels))
images, labels = (images[order] / 16).astype(np.float32), labels[order]
held_out = len(labels) // 3  # the first third, which training does not see
seen = np.arange(held_out, len(labels))

weights = [init.he_normal(shape, rng=rng, dtype=np.float32) for shape in [(64, 256), (256, 128), (128, 10)]]
biases = [np.zeros(w.shape[1], np.float32) for w in weights]
activations = [nn.SiLU(), nn.LeakyReLU(0.1), nn.LogSoftmax()]


def forward(x):
    """Return the inputs of the three layers, and the logarithms of the ten digits' probabilities."""
    inputs = [x]
    for w, b, activation in zip(weights, biases, activations, strict=True):
        inputs.append(activation(inputs[-1] @ w + b))
    return inputs[:-1], inputs[-1]


for _ in range(EPOCHS):
    for batch in np.array_split(rng.permutation(seen), len(seen) // BATCH):
        inputs, y = forward(images[batch])
        dy = np.zeros_like(y)
        dy[np.arange(len(batch)), labels[batch]] = -1 / len(batch)
        for k in (2, 1, 0):
            dz = activations[k].backward(dy)
            dy = dz @ weights[k].T
            weights[k] -= RATE * (inputs[k].T @ dz)
            biases[k] -= RATE * dz.sum(axis=0)

for activation in activations:
    activation.eval()
accuracy = np.mean(forward(images[:held_out])[1].argmax(axis=1) == labels[:held_out])
print(f"{accuracy:.1%} of {held_out} new digits are read right")
