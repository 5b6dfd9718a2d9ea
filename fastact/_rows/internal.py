"""What only the benchmarks and the tests use."""

import numpy as np

from ._row import Form, Parameter, Row


def copy(x):
    return x


def multiply_add(x, b, c):
    return x * b + c  # two roundings; no activation calls it


ROWS = (
    Row(
        "copy",
        "The input, by the loops that all functions share.",
        Form("x", copy, limits=(-np.inf, -0.0, 0.0, np.inf)),
        public=False,
    ),
    Row(
        "exp",
        "Exponential.",
        Form(
            "exp(x)",
            np.exp,
            0.9,
            0.95,
            limits=(0.0, 1.0, 1.0, np.inf),
            raises="overflow",
            worst64=(463.3690175516405,),
        ),
        public=False,
    ),
    Row(
        "multiply_add",
        "The vector layer's fused multiply-add, emulated where the CPU has none.",
        Form("x*b + c", multiply_add, limits=(-np.inf, 0.0, 0.0, np.inf), raises="overflow"),
        parameters=(Parameter("b", 1.0, "Factor."), Parameter("c", 0.0, "Addend.")),
        public=False,
    ),
)
