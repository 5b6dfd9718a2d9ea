"""What is small becomes 0."""

import numpy as np

from ._row import Elsewhere, Form, Parameter, Row


def hard_shrink(x, lambd):
    return hard_shrink_grad(x, x, lambd)


def hard_shrink_grad(x, dy, lambd):
    return np.where(np.abs(x) > lambd, dy, np.where(np.isnan(x), x, 0.0))


def soft_shrink(x, lambd):
    size = np.minimum(np.abs(x), np.where(lambd == np.inf, 1.0, np.inf))  # or inf - inf
    return np.copysign(np.maximum(size - lambd, 0.0), x) + 0.0


ROWS = (
    Row(
        "hard_shrink",
        "The input where it is large, and 0 where it is small.",
        Form("x if abs(x) > lambd else 0", hard_shrink, limits=(-np.inf, 0.0, 0.0, np.inf)),
        Form("1 if abs(x) > lambd else 0", hard_shrink_grad, limits=(1.0, 0.0, 0.0, 1.0), flat="abs(x) <= lambd"),
        parameters=(Parameter("lambd", 0.5, "Size up to which the input counts as 0."),),
        demands={"lambd >= 0": {"lambd": -0.5}},
        kinks=("-lambd", "lambd"),
        elsewhere=(
            Elsewhere("torch", ("hardshrink", "Hardshrink")),
            Elsewhere("keras", ("hard_shrink",)),
            Elsewhere("onnx", ("Shrink",)),
        ),
        options=(("threshold", "lambd=threshold"),),
        notes=(
            "The gradient at ``-lambd`` and ``lambd`` is +0. Where an array has a negative ``lambd`` the result is\n"
            "``x``. ONNX's Shrink is this with its bias 0."
        ),
        example="""
>>> fastact.hard_shrink([-2.0, 0.25, 0.5, 0.75])
array([-2.  ,  0.  ,  0.  ,  0.75])
""",
    ),
    Row(
        "soft_shrink",
        "The input made smaller by a number, and 0 where it is smaller than that.",
        Form(
            "x - lambd if x > lambd else x + lambd if x < -lambd else 0",
            soft_shrink,
            limits=(-np.inf, 0.0, 0.0, np.inf),
        ),
        Form(
            "1 if abs(x) > lambd else 0",
            hard_shrink_grad,
            limits=(1.0, 0.0, 0.0, 1.0),
            flat="abs(x) <= lambd",
            kernel="hard_shrink_grad",
        ),
        parameters=(
            Parameter("lambd", 0.5, "What the size of the input loses.", samples=(0.3, 1.7, 5.0, 0.0), positive=True),
        ),
        demands={"lambd >= 0": {"lambd": -0.5}},
        kinks=("-lambd", "lambd"),
        elsewhere=(
            Elsewhere("torch", ("softshrink", "Softshrink")),
            Elsewhere("keras", ("soft_shrink",)),
        ),
        options=(("threshold", "lambd=threshold"),),
        notes=(
            "The gradient at ``-lambd`` and ``lambd`` is +0. Where an array has a negative ``lambd``, the size of the\n"
            "input grows by it. ONNX's Shrink is this with its bias ``lambd``."
        ),
        example="""
>>> fastact.soft_shrink([-2.0, 0.25, 0.5, 0.75])
array([-1.5 ,  0.  ,  0.  ,  0.25])
""",
    ),
)
