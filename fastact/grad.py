"""Gradients from the input: ``grad.softplus(x, dy)`` is ``dy`` times the derivative at ``x``, in one pass."""

from ._dispatch import FUNCTIONS

globals().update(FUNCTIONS["grad"])
__all__ = list(FUNCTIONS["grad"])
