"""What a trained network's activations tell: ``diagnose.dead_units(activations)`` finds units that never fire."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._carriers import Call, called
from ._checks import axes_of, explained, real_array
from ._rows import _chunks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["DeadUnits", "dead_units"]


def __dir__():
    return __all__


NAME = "diagnose.dead_units"


class DeadUnits(NamedTuple):
    """Which units never fired, and their share of all."""

    dead: np.ndarray
    share: float


@explained(NAME)
def dead_units(activations: ArrayLike, axis: int | tuple[int, ...] = 0) -> DeadUnits:
    """Find the units that never fired over a batch: a ReLU that is at 0 for every sample learns nothing any more.

    Parameters
    ----------
    activations : array_like of float
        The outputs of a layer. A unit fires where its output is greater than 0.
    axis : int or tuple of int, optional
        The axes that are not units: that of the samples, by default the first, and for a convolution the places, so
        that a unit is a channel: ``axis=(0, 1, 2)`` for (samples, height, width, channels).

    Returns
    -------
    dead : ndarray of bool
        For each unit whether all its outputs are 0 or less; of the shape of ``activations`` without ``axis``.
        A unit with a NaN among its outputs is not dead: whether it fired is not known.
    share : float
        The share of units that are dead, from 0 to 1.

    Raises
    ------
    TypeError
        If ``activations`` are not real, or ``axis`` is no int or tuple of ints.
    ValueError
        If an axis is out of bounds or named twice, if the batch is empty, or if there are no units.

    Notes
    -----
    The two are the fields of a named tuple. A function that is never exactly 0, as GELU, has dead units in this sense
    where all its outputs are negative.

    Examples
    --------
    >>> import fastact
    >>> fastact.diagnose.dead_units(fastact.relu([[-1.0, 2.0, -3.0, 0.5], [-2.0, -1.0, -0.5, 3.0]]))
    DeadUnits(dead=array([ True, False,  True, False]), share=0.5)
    """
    dead = called(CALL, (activations,), axis=axis)
    return DeadUnits(dead, share_of(dead))


def dead_of(operands, *, axis, where=True):
    """Return which units of an array are dead; what is masked does not count."""
    activations = real_array(NAME, "activations", operands[0])
    axes = axes_of(NAME, axis, activations.ndim, strict=True)
    if any(activations.shape[one] == 0 for one in axes):
        raise ValueError(f"{NAME}(): the batch is empty, activations have shape {activations.shape}")
    if not activations.size:
        raise ValueError(f"{NAME}(): there are no units, activations have shape {activations.shape}")
    with np.errstate(invalid="ignore"):
        silent = activations <= 0
    return np.asarray((silent if where is True else silent | ~where).all(axis=axes))


CALL = Call(NAME, ("activations",), (True,), ("number",), dead_of, over_chunks=_chunks.DEAD)


def share_of(dead):
    """Return the share of what is true: a float, NaN where nothing is known; lazy of lazy arrays, a Dataset of one."""
    if dead is np.ma.masked or type(dead).__name__ == "NAType" or (np.ma.isMaskedArray(dead) and not dead.count()):
        return np.nan
    share, graph = dead.mean(), getattr(dead, "__dask_graph__", None)
    if (graph is not None and graph() is not None) or hasattr(share, "data_vars"):
        return share
    return np.nan if type(share).__name__ == "NAType" else float(share)
