"""The lowest layer: what arguments have to be, and how errors say so. It imports nothing of the package."""

import operator

import numpy as np


def is_real(dtype):
    """Whether the ufuncs take inputs of this dtype."""
    return dtype.kind in "biuf" and dtype.itemsize <= 8


def not_real(function, argument, dtype):
    """Return the error for an argument of a dtype that the ufuncs do not take."""
    return TypeError(f"{function}(): {argument} must be real, of at most double precision, not {dtype}")


def raise_named(function, error, /, **arguments):
    """Raise what a TypeError that was just caught stands for.

    It names the function, and the argument whose dtype is to blame, if one is. Where the error names the function
    itself, it is raised as it is.
    """
    for argument, value in arguments.items():
        given = np.asarray(value).dtype
        if not is_real(given):
            raise not_real(function, argument, given) from error
    if function in str(error):
        raise error
    raise TypeError(f"{function}(): {error}") from error


def as_array(function, argument, value):
    """Return the value as an array."""
    try:
        return np.asarray(value)
    except ValueError as error:  # lists of different lengths
        raise ValueError(f"{function}(): {argument}: {error}") from error


def real_array(function, argument, value):
    """Return the value as an array of a dtype that the functions take."""
    array = as_array(function, argument, value)
    if not is_real(array.dtype):
        raise not_real(function, argument, array.dtype)
    return array


def real_number(function, argument, value):
    """Return the value as a float, which may be NaN or infinite."""
    array = as_array(function, argument, value)
    if array.ndim or not is_real(array.dtype):
        raise TypeError(f"{function}(): {argument} must be a real number, not {value!r}")
    return float(array)


def random_generator(function, rng):
    """Return the generator that an rng= stands for."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{function}(): rng: {error}") from error


def index_of_axis(function, axis, ndim, allowed="an int"):
    """Return an axis as an int from 0 on."""
    try:
        index = None if isinstance(axis, bool) else operator.index(axis)
    except TypeError:
        index = None
    if index is None:
        raise TypeError(f"{function}(): axis must be {allowed}, not {axis!r}")
    if not -ndim <= index < ndim:
        raise np.exceptions.AxisError(f"{function}(): axis {axis} is out of bounds for {ndim} dimensions")
    return index % ndim


def indices_of_axes(function, axis, ndim):
    """Return an axis or a tuple of axes as a tuple of ints from 0 on."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    indices = tuple(index_of_axis(function, one, ndim, "an int or a tuple of ints") for one in axes)
    if len(set(indices)) < len(indices):
        raise ValueError(f"{function}(): axis {axis} names an axis twice")
    return indices


def checked_out(function, out, shape, loop, casting):
    """Return the array that a result of this shape and dtype goes to, or None where there is none."""
    (out,) = out if isinstance(out, tuple) and len(out) == 1 else (out,)
    if out is None:
        return None
    if not isinstance(out, np.ndarray):
        raise TypeError(f"{function}(): out must be an array, not {type(out).__name__}")
    try:
        fits = np.broadcast_shapes(shape, out.shape) == out.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{function}(): out has shape {out.shape}, to which {shape} does not broadcast")
    if not np.can_cast(loop, out.dtype, casting):
        raise TypeError(
            f"Cannot cast ufunc '{function}' output from {loop!r} to {out.dtype!r} with casting rule '{casting}'"
        )
    return out
