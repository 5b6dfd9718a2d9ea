"""The curves themselves: every activation with its derivative, softplus laid over ReLU."""

import math

import numpy as np

import fastact

from ... import forms
from . import FAILS, HOLDS, Claim, Picture, Verdict

REACH, POINTS = 5, 201
STEP = 2.0**-17  # of the central difference: its own error is then about 1e-10
TOLERANCE = 1e-8
FAR = 5  # where softplus is compared with ReLU once more


def values():
    """Return the activations of one array whose result is determined by it, by name."""
    return {name: ufunc for name, ufunc in forms.FORMS.items() if not (ufunc.space or ufunc.row.noise)}


def measure(level, progress):
    """Compute the curves, and compare every derivative with a central difference."""
    x = np.linspace(-REACH, REACH, POINTS)
    result = {"x": x.tolist(), "curves": {}}
    for name, ufunc in values().items():
        function, gradient = getattr(fastact, name), getattr(fastact.grad, name)
        away = x[np.all([np.abs(x - kink) > STEP for kink in forms.kinks(ufunc)], axis=0)]
        difference = (function(away + STEP) - function(away - STEP)) / (2 * STEP)
        result["curves"][name] = {
            "value": function(x).round(6).tolist(),
            "derivative": gradient(x, 1.0).round(6).tolist(),
            "off": float(np.abs(gradient(away, 1.0) - difference).max()),
        }
    result["gap"] = {str(at): float(fastact.softplus(float(at)) - fastact.relu(float(at))) for at in (0, FAR)}
    result["largest_gap"] = float((fastact.softplus(x) - fastact.relu(x)).max())
    result["sigmoid_off"] = float(np.abs(fastact.grad.softplus(x, 1.0) - fastact.sigmoid(x)).max())
    progress(1.0)
    return result


def figures(result):
    """Return ReLU and softplus overlaid, and all curves."""
    gap = result["gap"]
    return [
        Picture(
            lambda figure: draw_overlaid(result, figure),
            f"ReLU and softplus over x from {-REACH} to {REACH}: softplus lies above ReLU everywhere, by "
            f"{gap['0']:.3f} at 0 and by {gap[str(FAR)]:.4f} at {FAR}. Beside them their derivatives: ReLU's jumps "
            "from 0 to 1 at 0, softplus's rises smoothly through a half, along the sigmoid.",
            "ReLU and softplus, and their derivatives.",
            (8, 3.6),
        ),
        Picture(
            lambda figure: draw_all(result, figure),
            f"A panel for each of {', '.join(result['curves'])}: the function and its derivative over x from {-REACH} "
            f"to {REACH}.",
            "Every activation, drawn through, with its derivative, dashed; parameters at their defaults.",
            (8, 1.7 * -(-len(result["curves"]) // 4) + 0.5),
        ),
    ]


def draw_overlaid(result, figure):
    """Draw ReLU and softplus, their values and their derivatives."""
    for kind, ax in zip(("value", "derivative"), figure.subplots(1, 2), strict=True):
        for name, label in (("relu", "ReLU"), ("softplus", "softplus")):
            ax.plot(result["x"], result["curves"][name][kind], label=label)
        ax.set_title(kind)
        ax.set_xlabel("x")
    ax.legend()


def draw_all(result, figure):
    """Draw a panel for each activation."""
    axes = figure.subplots(-(-len(result["curves"]) // 4), 4, sharex=True)
    for ax in axes.flat[len(result["curves"]) :]:
        ax.set_axis_off()
    for (name, curve), ax in zip(result["curves"].items(), axes.flat, strict=False):
        ax.plot(result["x"], curve["value"])
        ax.plot(result["x"], curve["derivative"], "--")
        ax.set_title(name, fontsize="small")


def verdict(result):
    """Judge by the gap between softplus and ReLU, and by the derivatives."""
    gap = result["gap"]
    off = {name: curve["off"] for name, curve in result["curves"].items()}
    worst = max(off, key=off.get)
    sigmoid = f"within {result['sigmoid_off']:.0e}" if result["sigmoid_off"] else "to the last bit"
    kept = (
        math.isclose(result["largest_gap"], math.log(2), rel_tol=1e-12)
        and result["sigmoid_off"] <= TOLERANCE
        and off[worst] <= TOLERANCE
    )
    text = (
        f"Softplus lies above ReLU by {gap['0']:.4f} at 0, which is log 2 and the most, and by "
        f"{gap[str(FAR)]:.4f} at {FAR}. Its derivative is the sigmoid {sigmoid}. The derivatives of all {len(off)} "
        f"activations agree with central differences to within {off[worst]:.0e} ({worst} is the furthest off)."
    )
    return Verdict(HOLDS if kept else FAILS, text)


CLAIM = Claim(
    key="curves",
    title="The curves",
    claim="Softplus is a smooth ReLU: above it everywhere, by log 2 at most, and its derivative is the sigmoid.",
    method=f"""fastact's functions and gradients in float64 at {POINTS} points from {-REACH} to {REACH}.

Every derivative is also held against the central difference of its function with a step of 2^-17, except at the corner
of the ReLUs; the claim holds if none is off by more than {TOLERANCE:g} and the gap is largest, log 2, at 0.""",
    measure=measure,
    figures=figures,
    verdict=verdict,
    seconds={"quick": 0.2, "default": 0.2, "full": 0.2},
)
