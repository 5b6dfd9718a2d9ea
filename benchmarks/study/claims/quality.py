"""Does softplus do as well as ReLU? Networks trained with six activations, from the same draws on the same batches."""

import functools

import numpy as np
from scipy import stats
from threadpoolctl import threadpool_limits

from ... import training
from ...runner import race
from . import FAILS, HOLDS, IN_PART, NOT_TOLD_APART, Claim, Picture, Verdict
from .drawing import NAMES, label_ends, listed

ACTIVATIONS = ("relu", "softplus", "tanh", "sigmoid", "silu", "gelu")
RIVALS = ACTIVATIONS[1:]  # of ReLU
RATES = (0.05, 0.1, 0.2, 0.4)
ONE_RATE = 0.1  # for all, where none is chosen
SEEDS = {"quick": 4, "default": 20, "full": 50}
CHOOSING = {"quick": 0, "default": 6, "full": 12}  # of the seeds, those that choose the rate
EPOCHS = {"quick": 40, "default": 60, "full": 80}
RACE = {"quick": 0.5, "default": 5, "full": 15}  # seconds
MARGIN = 0.01  # of accuracy: who lacks less does as well
LEVEL = 0.05  # of significance
TARGET = 0.95  # accuracy, for the time that it takes


def measure(level, progress):
    """Choose the rates, train, and time an epoch of each."""
    return experiment(SEEDS[level], CHOOSING[level], EPOCHS[level], RACE[level], progress)


def experiment(seeds, choosing, epochs, race_seconds, progress):
    """Return the rates, the curves of every training and the seconds of an epoch, by activation."""
    total = len(ACTIVATIONS) * (len(RATES) * choosing + seeds)
    steps = iter(range(1, total + 1))

    def done():
        progress(0.95 * next(steps) / total)

    with threadpool_limits(1):
        rates = {name: best_rate(name, choosing, epochs, done) if choosing else ONE_RATE for name in ACTIVATIONS}
        runs = {name: {"rate": rate, "accuracy": [], "loss": []} for name, rate in rates.items()}
        for seed in range(seeds):
            data = training.digits(seed)
            for name, run in runs.items():
                accuracy, loss = curves(name, data, epochs, seed, run["rate"])
                run["accuracy"].append(accuracy)
                run["loss"].append(loss)
                done()
        for name, seconds in epoch_seconds(training.digits(), race_seconds).items():
            runs[name]["epoch_seconds"] = seconds
    progress(1.0)
    return {"seeds": seeds, "choosing": choosing, "epochs": epochs, "runs": runs}


def best_rate(name, seeds, epochs, done):
    """Return the rate with the best mean accuracy on a fifth of the training images, which is kept from training."""
    found = {}
    for rate in RATES:
        scores = []
        for seed in range(seeds):
            data = training.digits(seed)
            inner = training.split(data.train_images, data.train_labels, seed)
            scores.append(training.train(name, inner, epochs, seed, rate=rate).accuracy)
            done()
        found[rate] = np.mean(scores)
    return max(found, key=found.get)


def curves(name, data, epochs, seed, rate):
    """Train, and return the accuracy on the test images after each epoch and before, and the mean loss in each."""
    found = []

    def watch(weights, loss):
        found.append((training.accuracy(name, weights, data.test_images, data.test_labels), loss))

    training.train(name, data, epochs, seed, rate=rate, watch=watch)
    accuracies, losses = zip(*found, strict=True)
    return list(accuracies), [float(f"{loss:.4g}") if np.isfinite(loss) else None for loss in losses[1:]]


def epoch_seconds(data, seconds):
    """Return the seconds that an epoch takes by activation, timed in turns."""
    calls = {}
    for name in ACTIVATIONS:
        rng = np.random.default_rng(0)
        weights = training.initial((data.train_images.shape[1], *training.HIDDEN, training.CLASSES), rng)
        calls[name] = functools.partial(training.Descent(name, weights, RATES[0], rng).epoch, data)
    return {name: nanoseconds * 1e-9 for name, nanoseconds in race(calls, 1, seconds).items()}


def interval(values, axis=0):
    """Return the mean and the half width of its 95% confidence interval, by Student's t."""
    values = np.asarray(values)
    count = values.shape[axis]
    return values.mean(axis), stats.t.ppf(0.975, count - 1) * values.std(axis, ddof=1) / np.sqrt(count)


def differences(runs):
    """Return, by rival, the accuracies after the last epoch less ReLU's, seed by seed."""
    last = {name: np.array(run["accuracy"])[:, -1] for name, run in runs.items()}
    return {name: last[name] - last["relu"] for name in RIVALS}


def probabilities(found):
    """Return, by rival, the probability of such differences by chance: a paired t-test, corrected after Holm."""
    return dict(zip(found, holm([student(one) for one in found.values()]), strict=True))


def student(values):
    """Return the two-sided p of a t-test of the mean against 0; 1 where all are 0."""
    return float(stats.ttest_1samp(values, 0).pvalue) if np.ptp(values) else float(not values[0])


def holm(p):
    """Return probabilities of several tests corrected by Holm's method: none is less than one before it in size."""
    order = np.argsort(p)
    corrected = np.maximum.accumulate(np.minimum(1, np.array(p)[order] * np.arange(len(p), 0, -1)))
    return corrected[np.argsort(order)].tolist()


def epochs_needed(run):
    """Return the epochs until the target was reached, for each seed; NaN where it never was."""
    reached = np.array(run["accuracy"]) >= TARGET
    return np.where(reached.any(axis=1), reached.argmax(axis=1), np.nan)


def milliseconds(run):
    """Return the mean time to the target over the seeds, in milliseconds; NaN where a seed did not reach it."""
    return 1e3 * run["epoch_seconds"] * float(epochs_needed(run).mean())


def standing(found, p):
    """Return what the differences and their p say of the claim that the rival does as well."""
    mean, width = interval(found)
    as_well, worse = mean - width > -MARGIN, p < LEVEL and mean < 0
    if as_well:
        return IN_PART if worse else HOLDS
    return FAILS if worse else NOT_TOLD_APART


WORDS = {
    HOLDS: "does as well as ReLU",
    IN_PART: "does a little worse than ReLU, by less than a percentage point",
    FAILS: "does worse than ReLU",
    NOT_TOLD_APART: "is not told apart from ReLU, nor shown to do as well",
}


def verdict(result):
    """Judge softplus, and say how the others stand."""
    runs = result["runs"]
    found = differences(runs)
    p = probabilities(found)
    mean, width = interval(np.array(runs["relu"]["accuracy"])[:, -1])
    holds = standing(found["softplus"], p["softplus"])
    ratio = milliseconds(runs["softplus"]) / milliseconds(runs["relu"])
    rates = (f"{run['rate']:g} for {NAMES[name]}" for name, run in runs.items())
    text = [
        f"Softplus {WORDS[holds]}: after {result['epochs']} epochs ReLU reads {100 * mean:.2f} ± {100 * width:.2f} % "
        f"of the test images rightly, softplus {in_words(found['softplus'], p['softplus'])} "
        f"(95% intervals over {result['seeds']} seeds, paired t-test, Holm's correction for five comparisons).",
        f"The others, less ReLU: {listed(f'{NAMES[name]} {in_words(found[name], p[name])}' for name in RIVALS[1:])}.",
        f"To {TARGET:.0%} it takes {times(runs)}"
        + ("." if np.isnan(ratio) else f": softplus {ratio:.1f} times as long as ReLU."),
        f"The learning rates were {listed(rates)}" + ("." if result["choosing"] else ", the same for all, not chosen."),
    ]
    return Verdict(holds, " ".join(text))


def in_words(found, p):
    """Return a difference as a phrase."""
    mean, width = interval(found)
    return f"{100 * mean:+.2f} ± {100 * width:.2f} points (p {'< 0.001' if p < 0.001 else f'= {p:.2g}'})"


def times(runs):
    """Return the times to the target as a phrase."""
    said = []
    for name, run in runs.items():
        needed, time = epochs_needed(run), milliseconds(run)
        if np.isnan(time):
            said.append(f"{NAMES[name]} more than {len(run['accuracy'][0]) - 1} epochs in some runs")
        else:
            said.append(f"{NAMES[name]} {time:.0f} ms ({needed.mean():.1f} epochs)")
    return listed(said)


def figures(result):
    """Draw the way to the accuracy, and how far the others are from ReLU in the end."""
    runs = result["runs"]
    found = differences(runs)
    final = {name: np.array(run["accuracy"])[:, -1].mean() for name, run in runs.items()}
    losses = (f"{np.mean(np.array(run['loss'], float)[:, -1]):.2g} for {NAMES[name]}" for name, run in runs.items())
    p = probabilities(found)
    return [
        Picture(
            functools.partial(draw_curves, runs=runs),
            f"Two line charts over {result['epochs']} epochs, one line for each activation. Left, mean accuracy on the "
            f"test images, ending at {listed(f'{100 * final[name]:.1f} % for {NAMES[name]}' for name in runs)}. Right, "
            f"training loss on a logarithmic axis, ending at {listed(losses)}.",
            f"Mean over {result['seeds']} seeds; the bands are 95% confidence intervals of the mean.",
            (8, 3.8),
        ),
        Picture(
            functools.partial(draw_differences, runs=runs),
            "Left, a dot with a 95% interval for each activation: accuracy less that of ReLU in percentage points, "
            f"{listed(f'{NAMES[name]} {in_words(found[name], p[name])}' for name in RIVALS)}. Right, bars of the time "
            f"to {TARGET:.0%}: {times(runs)}.",
            f"Left, the difference from ReLU of the same seed; the band is ±{100 * MARGIN:g} point, within which it "
            f"counts as well. Right, epochs to {TARGET:.0%} on the test images times the time of an epoch.",
            (8, 3.6),
        ),
    ]


def draw_curves(figure, runs):
    """Draw accuracy and loss over the epochs."""
    left, right = figure.subplots(1, 2)
    for number, (name, run) in enumerate(runs.items()):
        accuracy, loss = 100 * np.array(run["accuracy"])[:, 1:], np.array(run["loss"], dtype=float)
        for ax, values in ((left, accuracy), (right, loss)):
            mean, width = interval(values)
            epochs = np.arange(1, len(mean) + 1)
            ax.plot(epochs, mean, color=f"C{number}", label=NAMES[name])
            ax.fill_between(
                epochs, np.maximum(mean - width, mean / 10), mean + width, color=f"C{number}", alpha=0.2, lw=0
            )
    left.set(title="Accuracy on the test images, %", xlabel="epoch", ylim=(88, 99))
    right.set(title="Loss in training", xlabel="epoch", yscale="log")
    label_ends(left)
    label_ends(right)


def draw_differences(figure, runs):
    """Draw the differences from ReLU, and the times to the target."""
    left, right = figure.subplots(1, 2)
    rows = range(len(RIVALS))
    left.axvspan(-100 * MARGIN, 100 * MARGIN, alpha=0.15, lw=0)
    left.axvline(0, color="C0", lw=1)
    for row, found in enumerate(differences(runs).values()):
        mean, width = interval(100 * found)
        left.errorbar(mean, row, xerr=width, fmt="o", color=f"C{row + 1}", capsize=4)
    left.set_yticks(rows, [NAMES[name] for name in RIVALS])
    left.set(title="Accuracy less ReLU's, percentage points", ylim=(len(RIVALS) - 0.5, -0.5))
    for row, run in enumerate(runs.values()):
        time = milliseconds(run)
        right.barh(row, 0 if np.isnan(time) else time, color=f"C{row}", height=0.6)
        right.annotate(
            "not in all runs" if np.isnan(time) else f"{time:.0f} ms",
            (0 if np.isnan(time) else time, row), (4, 0), textcoords="offset points", va="center",
        )  # fmt: skip
    right.set_yticks(range(len(runs)), [NAMES[name] for name in runs])
    right.set(title=f"Time to {TARGET:.0%}", ylim=(len(runs) - 0.5, -0.5), xlabel="milliseconds", xmargin=0.2)


CLAIM = Claim(
    key="quality",
    title="Does softplus do as well?",
    claim="In the hidden layers of a network softplus, smooth everywhere, does as well as ReLU.",
    method=f"""A network with hidden layers of 128 and 64 units reads scikit-learn's 1797 handwritten digits (8 by 8
pixels). It trains in float32 by momentum (0.9, batches of 64) with fastact's activations, gradients, initialisers and
cross-entropy: Xavier's normal initialiser for tanh and sigmoid, He's for the others. For every seed all activations
share the division into training and test images (a fifth), the draws that the weights are scaled from, and the
batches. Of the learning rates {", ".join(map(str, RATES))} each activation has the one with the best mean accuracy on
validation images, which are a fifth of a seed's training images, kept from training while the rate is chosen. The
quick run chooses none: there it is {ONE_RATE} for all.

The accuracies after the last epoch are compared with ReLU's seed by seed, by a paired t-test; the p of the five
comparisons are corrected by Holm's method. An activation does as well if the 95% interval of its difference is above
-{100 * MARGIN:g} percentage point and it is not significantly worse (p < {LEVEL}); it does so in part if it is worse,
yet by less than that. The seeds divide the same 1797 images, so intervals and p are about these images, not about
others.

The time to {TARGET:.0%} is the number of epochs until the test accuracy first reaches it, times the time of an epoch,
best of many, timed with all activations in turns on one thread.""",
    measure=measure,
    figures=figures,
    verdict=verdict,
    seconds={"quick": 5, "default": 75, "full": 200},
)
