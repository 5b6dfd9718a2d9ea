"""Checks of arguments, with errors that name the function and the argument."""

import numpy as np

from ._facade import checked, index_of_axis, is_real


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
        raise checked(function, None, {argument: array})
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


def indices_of_axes(function, axis, ndim):
    """Return an axis or a tuple of axes as a tuple of ints from 0 on."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    indices = tuple(index_of_axis(function, one, ndim, "an int or a tuple of ints") for one in axes)
    if len(set(indices)) < len(indices):
        raise ValueError(f"{function}(): axis {axis} names an axis twice")
    return indices
