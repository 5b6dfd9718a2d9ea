"""Gradients from the saved output, for the functions whose derivative the output determines."""

from ._dispatch import FUNCTIONS

globals().update(FUNCTIONS["grad_from_output"])
__all__ = list(FUNCTIONS["grad_from_output"])
