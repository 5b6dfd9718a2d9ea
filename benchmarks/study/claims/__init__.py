"""The textbook's claims about activations, a module for each; ``CLAIMS`` has them in the order of the page."""

from importlib import import_module

from ..claim import FAILS, HOLDS, IN_PART, NOT_TOLD_APART, Claim, Picture, Table, Verdict

__all__ = ["CLAIMS", "FAILS", "HOLDS", "IN_PART", "NOT_TOLD_APART", "Claim", "Picture", "Table", "Verdict"]

MODULES = (
    "softplus_relu",
    "sigmoid_tanh",
    "quality",
    "two_class",
    "slopes",
    "depth",
    "initialisers",
    "dead_units",
    "curves",
    "pareto",
)
CLAIMS = tuple(import_module(f"{__name__}.{module}").CLAIM for module in MODULES)
