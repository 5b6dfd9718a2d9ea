"""One array that holds the two of a gate, each a half of it along an axis."""

import numpy as np

from . import _carriers
from ._checks import as_array, index_of_axis

__all__ = ["halves", "joined"]


def halves(name, x, axis=-1):
    """Return the halves of an array along an axis: views."""
    if _carriers.is_pandas(x) or _carriers.is_xarray(x) or _carriers.is_sparse(x):
        raise TypeError(
            f"{name}(): a {type(x).__name__} is not split: its halves have not the same labels; give it the two arrays"
        )
    x = as_array(name, "x", x) if not hasattr(x, "ndim") or isinstance(x, np.generic) else x
    axis = index_of_axis(name, axis, x.ndim)
    length = x.shape[axis]
    if length % 2:
        raise ValueError(f"{name}(): axis {axis} of x is of length {length}, which does not make two halves")
    before = (slice(None),) * axis
    return x[(*before, slice(length // 2))], x[(*before, slice(length // 2, None))]


def joined(a, b, axis=-1):
    """Return an array of which two are the halves along an axis."""
    concatenate = np.ma.concatenate if np.ma.isMaskedArray(a) or np.ma.isMaskedArray(b) else np.concatenate
    return concatenate((a, b), axis=axis)
