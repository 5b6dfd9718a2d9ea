"""Do ReLUs die? The share of units that never fire, over training, by learning rate and initialiser."""

import functools
import itertools

import numpy as np
from threadpoolctl import threadpool_limits

from fastact import diagnose, init

from ... import training
from . import FAILS, HOLDS, IN_PART, Claim, Picture, Verdict
from .drawing import NAMES, listed

ACTIVATIONS = ("relu", "leaky_relu", "noisy_relu")
RATES = (0.03, 0.1, 0.3)
LARGE = "He, twice as large"
INITIALISERS = {
    "Xavier": init.xavier_normal,
    "He": init.he_normal,
    LARGE: functools.partial(init.he_normal, gain=2 * init.gain("relu")),
}
SEEDS = {"quick": 1, "default": 4, "full": 12}
EPOCHS = {"quick": 8, "default": 20, "full": 40}
MANY = 0.1  # of all units: that many more dead ones than before training are worth the name
BACK = 0.05  # of the dead: if no more come back, they are dead for good
SPARED = 0.5  # a rival prevents it if that share of ReLU's dead units is not reached


def measure(level, progress):
    """Train with each activation, initialiser and rate, and watch the units."""
    return experiment(SEEDS[level], EPOCHS[level], progress)


def experiment(seeds, epochs, progress):
    """Return what became of the units, in rows."""
    rows = []
    cases = list(itertools.product(ACTIVATIONS, INITIALISERS, RATES))
    with threadpool_limits(1):
        for number, (name, label, rate) in enumerate(cases):
            found = summary([watched(name, label, rate, epochs, seed) for seed in range(seeds)])
            rows.append({"activation": name, "initialiser": label, "rate": rate} | found)
            progress((number + 1) / len(cases))
    return {"seeds": seeds, "epochs": epochs, "rows": rows}


def watched(name, label, rate, epochs, seed):
    """Train and return which hidden units are dead before training and after each epoch, and the test accuracy.

    The units are judged as they are in training, with their noise, on all training images. They are None if the
    weights have become infinite.
    """
    data = training.digits(seed)
    noise = np.random.default_rng(seed)
    dead = []

    def watch(weights, _):
        layers = training.forward(name, weights, data.train_images, noise)[1][1:]
        dead.append(np.concatenate([diagnose.dead_units(layer).dead for layer in layers]))

    trained = training.train(name, data, epochs, seed, rate=rate, initialise=INITIALISERS[label], watch=watch)
    finite = all(np.isfinite(array).all() for pair in trained.weights for array in pair)
    return np.array(dead) if finite else None, trained.accuracy


def summary(found):
    """Return the means over the seeds; those that diverged count for the accuracy alone."""
    kept = [dead for dead, _ in found if dead is not None]
    result = {"accuracy": float(np.mean([accuracy for _, accuracy in found])), "diverged": len(found) - len(kept)}
    if kept:
        dead = np.stack(kept)
        half, last = dead[:, dead.shape[1] // 2], dead[:, -1]
        result["share"] = dead.mean(axis=(0, 2)).tolist()
        result["dead_at_half"] = int(half.sum())
        result["came_back"] = int((half & ~last).sum())
    return result


def row(result, name, label="He", rate=RATES[-1]):
    """Return the row of one activation, initialiser and rate."""
    return next(
        row for row in result["rows"] if (row["activation"], row["initialiser"], row["rate"]) == (name, label, rate)
    )


def returned(result, name):
    """Return the share of the units dead half-way that fired in the end, over all initialisers and rates."""
    rows = [row for row in result["rows"] if row["activation"] == name and "share" in row]
    return sum(row["came_back"] for row in rows) / max(sum(row["dead_at_half"] for row in rows), 1)


def last(row):
    """Return the share of dead units in the end, 1 where all trainings diverged."""
    return row["share"][-1] if "share" in row else 1.0


def verdict(result):
    """Say whether ReLUs die, whether for good, and what the others do about it."""
    relu = row(result, "relu")
    fatal = last(relu) - relu["share"][0] > MANY if "share" in relu else True
    spared = [name for name in ACTIVATIONS[1:] if last(row(result, name)) < SPARED * last(relu)]
    back = {name: returned(result, name) for name in ACTIVATIONS}
    holds = FAILS if not fatal else HOLDS if len(spared) == len(ACTIVATIONS) - 1 and back["relu"] <= BACK else IN_PART
    ends = {name: [last(row(result, name, rate=rate)) for rate in RATES] for name in ACTIVATIONS}
    said = (f"{' / '.join(f'{end:.0%}' for end in found)} with {NAMES[name]}" for name, found in ends.items())
    large = last(row(result, "relu", LARGE, RATES[0]))
    accuracies = (f"{row(result, name)['accuracy']:.1%} with {NAMES[name]}" for name in ACTIVATIONS)
    text = (
        f"{'ReLUs die' if fatal else 'ReLUs do not die'} when the learning rate is high: from He's initialiser and at "
        f"rates of {' / '.join(map(str, RATES))}, {listed(said)} fire for no training image after {result['epochs']} "
        f"epochs. Weights twice as large to begin with kill too: {large:.0%} of ReLUs at {RATES[0]}. Of the ReLUs dead "
        f"half-way {back['relu']:.1%} fire again in the end, of leaky ReLUs {back['leaky_relu']:.1%}, of noisy ones "
        f"{back['noisy_relu']:.1%}. At {RATES[-1]} {listed(NAMES[name] for name in spared) or 'neither'} ends with "
        "less than half of ReLU's dead units, though a leaky unit that never fires still passes a hundredth of the "
        "gradient. "
        f"The accuracy there is {listed(accuracies)}."
    )
    return Verdict(holds, text)


def figures(result):
    """Draw the shares over the epochs, and those in the end for every initialiser and rate."""
    curves = (
        f"{NAMES[name]} from {row(result, name)['share'][0]:.0%} to {last(row(result, name)):.0%}"
        for name in ACTIVATIONS
        if "share" in row(result, name)
    )
    cells = (f"{NAMES[one['activation']]}, {one['initialiser']}, {one['rate']}: {cell(one)}" for one in result["rows"])
    return [
        Picture(
            functools.partial(draw_curves, result=result),
            f"Three panels, one for each activation, of the share of dead units over {result['epochs']} epochs, a line "
            f"for each learning rate. At the highest, {RATES[-1]}: {listed(curves)}.",
            f"Hidden units that fire for no training image, from He's initialiser; mean of {result['seeds']} seeds.",
            (8, 3.4),
        ),
        Picture(
            functools.partial(draw_table, result=result),
            "Three grids of initialiser against learning rate with the share of dead units in the end. "
            f"{'; '.join(cells)}.",
            "Share of dead units in the end; larger dots are more. Diverged: weights became infinite with every seed.",
            (8, 2.9),
        ),
    ]


def cell(row):
    """Return the share of dead units in the end as text."""
    return f"{last(row):.0%}" if "share" in row else "diverged"


def draw_curves(figure, result):
    """Draw the share of dead units over the epochs."""
    axes = figure.subplots(1, len(ACTIVATIONS), sharey=True)
    for ax, name in zip(axes, ACTIVATIONS, strict=True):
        for number, rate in enumerate(RATES):
            share = row(result, name, rate=rate).get("share", [])
            ax.plot(range(len(share)), 100 * np.array(share), color=f"C{number}", label=f"rate {rate}")
        ax.set(title=NAMES[name], xlabel="epoch", ylim=(0, None))
    axes[0].set_ylabel("dead units, %")
    axes[-1].legend()


def draw_table(figure, result):
    """Draw the shares in the end as dots, by initialiser and rate."""
    axes = figure.subplots(1, len(ACTIVATIONS), sharey=True)
    for ax, name in zip(axes, ACTIVATIONS, strict=True):
        for place in itertools.product(range(len(INITIALISERS)), range(len(RATES))):
            found = row(result, name, list(INITIALISERS)[place[0]], RATES[place[1]])
            ax.scatter(place[1], place[0], s=700 * last(found), color="C0", alpha=0.35, lw=0)
            ax.annotate(cell(found), place[::-1], ha="center", va="center")
        ax.set_xticks(range(len(RATES)), RATES)
        ax.set_yticks(range(len(INITIALISERS)), INITIALISERS)
        ax.set(
            title=NAMES[name],
            xlabel="learning rate",
            xlim=(-0.6, len(RATES) - 0.4),
            ylim=(len(INITIALISERS) - 0.5, -0.5),
        )
        ax.grid(visible=False)


CLAIM = Claim(
    key="dead_units",
    title="Do ReLUs die?",
    claim="At a high learning rate ReLUs die and do not come back; leaky and noisy ReLUs do not die.",
    method=f"""The network of the first experiment (hidden layers of 128 and 64 units, the digits, momentum) is
trained at rates of {", ".join(map(str, RATES))} from Xavier's initialiser, from He's, and from He's draws twice as
large. After every epoch fastact.diagnose.dead_units finds the hidden units that fire for none of the training images;
noisy ReLUs have their noise meanwhile, as in training, and leaky ones fire where they are positive.

ReLUs die if at {RATES[-1]} from He's initialiser the share grows by more than {100 * MANY:g} percentage points. They
do so for good if at most {100 * BACK:g}% of those dead half-way through training fire in the end, over all rates and
initialisers. The claim holds if moreover the other two end with less than half of ReLU's dead units, and in part if
they do not or some come back.""",
    measure=measure,
    figures=figures,
    verdict=verdict,
    seconds={"quick": 2.2, "default": 20, "full": 110},
)
