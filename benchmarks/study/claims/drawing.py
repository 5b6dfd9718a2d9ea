"""What the figures of several claims share: names, colours, and lines labelled where they end."""

import itertools

NAMES = {
    "relu": "ReLU",
    "softplus": "softplus",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "silu": "SiLU",
    "gelu": "GELU",
    "leaky_relu": "leaky ReLU",
    "noisy_relu": "noisy ReLU",
}
SPACING = 0.07  # between labels, as a share of the axes' height


def listed(phrases):
    """Return phrases as a list in a sentence."""
    *first, last = [*phrases] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def label_ends(ax):
    """Write the label of every line at its right end, in its colour, and keep the labels apart."""
    ax.get_ylim()  # settles the limits, which were to wait for the drawing
    to_axes = ax.transData + ax.transAxes.inverted()
    lines = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    ends = [to_axes.transform((line.get_xdata()[-1], line.get_ydata()[-1]))[1] for line in lines]
    places = spread([min(max(end, 0), 1) for end in ends])
    for line, place in zip(lines, places, strict=True):
        ax.text(1.02, place, line.get_label(), color=line.get_color(), transform=ax.transAxes, va="center")


def spread(places):
    """Return places from 0 to 1 moved up or down as far as labels there need it not to overlap."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = dict(enumerate(places))
    for _ in range(100):
        for low, high in itertools.pairwise(order):
            overlap = SPACING - (moved[high] - moved[low])
            if overlap > 0:
                low_room, high_room = moved[low] - overlap / 2, moved[high] + overlap / 2
                moved[low], moved[high] = max(low_room, 0), min(high_room, 1)
    return [moved[number] for number in range(len(places))]
