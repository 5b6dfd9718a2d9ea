"""The experiments behind the claims: the network learns rightly, the statistics are right, and verdicts follow them."""

import copy
import json

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

import fastact

from .. import training
from .claims import FAILS, HOLDS, IN_PART, NOT_TOLD_APART, dead_units, depth, drawing, initialisers, quality, slopes
from .claims import two_class as two

ELEMENTWISE = ("relu", "leaky_relu", "noisy_relu", "softplus", "tanh", "sigmoid", "silu", "gelu")
EXPERIMENTS = (quality, two, slopes, depth, initialisers, dead_units)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_gradient(name, monkeypatch):
    """The slopes are those of the mean cross-entropy, by central differences; a noisy ReLU's noise is a given."""
    ufunc = fastact.noisy_relu.ufunc
    monkeypatch.setattr(fastact, "noisy_relu", lambda x, rng: ufunc(x, rng.standard_normal(x.shape)))
    rng = np.random.default_rng(0)
    weights = training.initial((5, 7, 6, 4), rng, training.initialiser(name), np.float64)
    images, labels = rng.standard_normal((9, 5)), rng.integers(0, 4, 9)

    def run():
        return training.slopes(name, weights, images, labels, np.random.default_rng(1))

    for arrays, gradients in zip(weights, run()[1], strict=True):
        for array, gradient in zip(arrays, gradients, strict=True):
            place = tuple(rng.integers(0, size) for size in array.shape)
            before, step = array[place], 1e-6
            losses = []
            for moved in (before + step, before - step):
                array[place] = moved
                losses.append(run()[0].mean())
            array[place] = before
            assert gradient[place] == pytest.approx((losses[0] - losses[1]) / (2 * step), rel=1e-5, abs=1e-8)


def test_training_is_paired_and_repeats():
    """Networks of a seed start from the same draws, a run repeats to the last bit, and learning works."""
    data = training.digits()
    start = {name: [] for name in ("relu", "tanh")}
    for name, found in start.items():
        training.train(name, data, 0, 3, watch=lambda weights, _, found=found: found.append(copy.deepcopy(weights)))
    relu, tanh = (found[0][0][0] for found in start.values())
    assert np.allclose(relu / relu.std(), tanh / tanh.std(), rtol=1e-4)
    once, again = (training.train("softplus", data, 8, 3) for _ in range(2))
    assert once.accuracy == again.accuracy > 0.85
    assert np.array_equal(once.weights[0][0], again.weights[0][0])


def test_test_images_are_kept_apart():
    """No image is both in training and in the test, the choice of a rate sees no test image, and seeds differ."""
    data = training.digits(1)
    assert not np.array_equal(data.test_labels, training.digits(2).test_labels)
    inner = training.split(data.train_images, data.train_labels, 1)
    every = [image.tobytes() for part in (data.test_images, inner.train_images, inner.test_images) for image in part]
    assert len(every) == 1797
    assert len(set(every)) == len(every)


def test_paired_test():
    """The p are SciPy's paired ones; Holm's method corrects them as by hand."""
    rng = np.random.default_rng(0)
    one, other = rng.normal(0, 1, 20), rng.normal(0.5, 1, 20)
    assert quality.student(one - other) == pytest.approx(stats.ttest_rel(one, other).pvalue)
    assert quality.student(np.zeros(5)) == 1
    assert quality.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert quality.holm([0.6, 0.7]) == [1, 1]
    mean, width = quality.interval(one)
    assert (mean - width, mean + width) == pytest.approx(
        stats.t.interval(0.95, 19, loc=one.mean(), scale=stats.sem(one))
    )


@pytest.mark.parametrize(
    ("shift", "noise", "holds"),
    [(0, 0.002, HOLDS), (-0.005, 0.002, IN_PART), (-0.05, 0.002, FAILS), (-0.005, 0.05, NOT_TOLD_APART)],
)
def test_quality_follows_the_accuracies(shift, noise, holds):
    """The verdict on softplus is what made-up accuracies say, whatever the times are."""
    wave = np.resize([1, -1], 10)
    runs = {
        name: {"rate": 0.1, "accuracy": [[0.9, 0.97]] * 10, "loss": [[1.0]] * 10, "epoch_seconds": 1.0}
        for name in quality.ACTIVATIONS
    }
    runs["softplus"]["accuracy"] = [[0.9, 0.97 + shift + noise * sign] for sign in wave]
    verdict = quality.verdict({"seeds": 10, "choosing": 1, "epochs": 1, "runs": runs})
    assert verdict.holds == holds
    assert f"{100 * shift:+.2f}" in verdict.text


def test_epochs_needed():
    """The first epoch at the target counts, and a run that never gets there is NaN."""
    needed = quality.epochs_needed({"accuracy": [[0.1, 0.96, 0.9], [0.1, 0.5, 0.5]]})
    assert needed[0] == 1
    assert np.isnan(needed[1])


@pytest.fixture(scope="module")
def results():
    """Return the result of every experiment at a tiny setting, as it comes back from JSON."""
    patch = pytest.MonkeyPatch()
    progress = []
    with patch.context() as tiny:
        tiny.setattr(quality, "RATES", (0.1,))
        tiny.setattr(two, "STRIDE", {"tiny": 1 << 15})
        tiny.setattr(depth, "DEPTHS", (2, 30))
        for experiment in EXPERIMENTS:
            for name, value in (("SEEDS", 2), ("RACE", 0.01)):
                if hasattr(experiment, name):
                    tiny.setattr(experiment, name, {"tiny": value})
        tiny.setattr(quality, "CHOOSING", {"tiny": 1})
        tiny.setattr(quality, "EPOCHS", {"tiny": 2})
        tiny.setattr(dead_units, "EPOCHS", {"tiny": 2})
        tiny.setattr(slopes, "EPOCHS", 2)
        found = {}
        for experiment in EXPERIMENTS:
            progress.clear()
            measured = experiment.CLAIM.measure("tiny", progress.append)
            assert progress == sorted(progress)
            assert progress[-1] == 1
            found[experiment.CLAIM.key] = json.loads(json.dumps(measured, allow_nan=False))
            assert found[experiment.CLAIM.key] == measured
        yield found


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.CLAIM.key)
def test_experiment(results, experiment):
    """From the JSON alone there is a verdict, and every figure draws and has a text of its own."""
    claim, result = experiment.CLAIM, results[experiment.CLAIM.key]
    assert claim.verdict(result).holds in {HOLDS, FAILS, IN_PART, NOT_TOLD_APART}
    for picture in claim.figures(result):
        figure = Figure(figsize=picture.size)
        picture.draw(figure)
        assert all(ax.has_data() for ax in figure.axes)
        figure.draw_without_rendering()
        assert len(picture.alt) > len(picture.caption)


def changed(result, change):
    """Return a copy of a result, changed."""
    result = copy.deepcopy(result)
    change(result)
    return result


def test_two_class_follows_the_distances(results):
    """One pair that is further apart than allowed is enough."""
    result = results["two_class"]
    assert two.verdict(result).holds == HOLDS
    assert two.verdict(changed(result, lambda one: one["pairs"][2].update(apart=5.5))).holds == FAILS
    one, exact = np.float32([1, np.inf, np.nan, np.inf]), np.float64([1, np.inf, 1, 2])
    assert two.ulps(one, exact, exact).tolist() == [0, 0, np.inf, np.inf]
    assert two.ulps(np.float32([1.5]), np.float64([1.5 + 2.0**-23]), np.float64([1.5])) == [1]


def test_slopes_follow_the_ratio(results):
    """The claim would hold if tanh's slope were the larger one to the end, and fail if its peak were lower."""
    result = results["slopes"]
    assert result["crossing"] == pytest.approx(slopes.CROSSING, abs=1e-14)
    assert fastact.grad.tanh(1.7, 1.0) < fastact.grad.sigmoid(1.7, 1.0)
    assert slopes.verdict(result).holds == IN_PART
    assert slopes.verdict(changed(result, lambda one: one.update(ratio_at_end=1.1))).holds == HOLDS
    assert slopes.verdict(changed(result, lambda one: one["maximum"]["tanh"].update(value=0.2))).holds == FAILS


def test_depth_follows_the_norms(results):
    """All vanish, some do, or none."""
    result = results["depth"]
    assert depth.verdict(result).holds == IN_PART
    for first, holds in ((1e-9, HOLDS), (1.0, FAILS)):
        norms = {name: {"2": [1.0, 1.0], "30": [first] + [1.0] * 29} for name in depth.ACTIVATIONS}
        assert depth.verdict({"seeds": 1, "norms": norms}).holds == holds


def test_initialisers_follow_the_variances(results):
    """An initialiser is judged by the worse of activations and gradients."""
    result = results["initialisers"]
    assert initialisers.best(result["variances"]["relu"]) == initialisers.HE
    assert initialisers.verdict(result).holds == IN_PART
    flat = {"activations": [1.0] * initialisers.LAYERS, "gradients": [1.0] * initialisers.LAYERS}
    kept = changed(result, lambda one: one["variances"]["tanh"].update({initialisers.XAVIER: flat}))
    assert initialisers.verdict(kept).holds == HOLDS
    assert initialisers.worst({"activations": [1, 2], "gradients": [1, 0.1]}) == pytest.approx(10)


def test_dead_units_follow_the_shares(results):
    """ReLUs die if their share grows; the claim holds if they stay dead and the others are spared."""
    result = copy.deepcopy(results["dead_units"])
    for row in result["rows"]:
        row |= {"share": [0.0, 0.4 if row["activation"] == "relu" else 0.1], "dead_at_half": 10, "came_back": 0}
    assert dead_units.verdict(result).holds == HOLDS
    relu = dead_units.row(result, "relu")
    relu["came_back"] = 9
    assert dead_units.verdict(result).holds == IN_PART
    relu |= {"share": [0.0, 0.05], "came_back": 0}
    assert dead_units.verdict(result).holds == FAILS


def test_summary_of_dead_units():
    """Units that fire again are counted, and a training that diverged counts for the accuracy alone."""
    dead = np.array([[0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 0, 1]], dtype=bool)
    found = dead_units.summary([(dead, 0.9), (None, 0.1)])
    assert found == {
        "accuracy": 0.5, "diverged": 1, "share": [0.25, 0.75, 0.5], "dead_at_half": 3, "came_back": 1
    }  # fmt: skip
    assert "share" not in dead_units.summary([(None, 0.1)])


def test_labels_keep_apart():
    """Labels of lines that end together do not overlap, stay in the axes and keep their order."""
    places = drawing.spread([0.99, 1.0, 0.98, 0.2])
    gaps = np.diff(sorted(places))
    assert gaps.min() > 0.95 * drawing.SPACING
    assert max(places) <= 1
    assert np.argsort(places).tolist() == [3, 2, 0, 1]
