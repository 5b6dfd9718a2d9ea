"""The lowest layer: what arguments have to be, and how errors say so. It imports nothing of the package."""

from __future__ import annotations

import functools
import operator
import re
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")

UNKNOWN_KEYWORD = re.compile(r"(?:unexpected keyword argument|cannot specify both 'axis' and) '(\w+)'")
UFUNC_KEYWORDS = ("out", "where", "casting", "order", "dtype")
REFUSALS = (TypeError, ValueError, NotImplementedError)  # of a call; the last is pandas' and Dask's

# What other libraries call an argument, and its names here: the first that a function has is meant.
ELSEWHERE = {
    "T": ("temperature", "tau"),
    "a": ("negative_slope", "alpha", "param"),
    "alpha": ("negative_slope",),
    "axes": ("axis",),
    "dim": ("axis",),
    "dims": ("axis",),
    "generator": ("rng",),
    "keepdim": ("keepdims",),
    "key": ("rng",),
    "mask": ("where",),
    "negative_slope": ("alpha",),
    "nonlinearity": ("name",),
    "random_state": ("rng",),
    "scale": ("gain", "std"),
    "seed": ("rng",),
    "size": ("shape",),
    "slope": ("negative_slope", "alpha"),
    "stddev": ("std", "gain"),
    "target": ("labels",),
    "targets": ("labels",),
    "tau": ("temperature",),
    "temperature": ("tau",),
    "y_pred": ("logits",),
    "y_true": ("labels",),
}
# What is done where there is no such argument.
NOTES = {
    "inplace": "out=x writes over x",
} | dict.fromkeys(("input", "logits", "x", "y", "dy", "grad_output"), "arrays are given by position")


class AxisError(np.exceptions.AxisError):
    """NumPy's error, in a form that can be pickled in any way: tblib, and so Dask, leaves out what NumPy's keeps."""

    def __init__(self, text, axis=None, ndim=None):
        super().__init__(text)
        self.axis, self.ndim = axis, ndim

    def __str__(self):
        return self.args[0]

    def __reduce__(self):
        return type(self), (str(self), self.axis, self.ndim)


class Missing:
    """What stands for an array that was not given."""

    def __repr__(self):
        return "<required>"


MISSING = Missing()


def is_real(dtype):
    """Whether the ufuncs take inputs of this dtype."""
    return dtype.kind in "biuf" and getattr(dtype, "itemsize", 8) <= 8


def not_real(function, argument, dtype):
    """Return the error for an argument of a dtype that the ufuncs do not take."""
    return TypeError(f"{function}(): {argument} must be real, of at most double precision, not {dtype}")


def named(function, error, /, keywords=(), notes=None, **arguments):
    """Return the error that an error which was just caught stands for.

    It names the function, and what is to blame of its arguments, or the keyword that it does not know. It is of a
    class that can be pickled.
    """
    text = str(error)
    left_out = [argument for argument, value in arguments.items() if value is MISSING]
    unknown = UNKNOWN_KEYWORD.search(text) if isinstance(error, TypeError) else None
    if left_out:
        found = missing(function, [one for one in arguments if one not in keywords], left_out)
    elif unknown:
        found = unknown_keyword(function, unknown[1], keywords, notes)
    elif isinstance(error, np.exceptions.AxisError):
        named_text = text if text.startswith(f"{function}()") else f"{function}(): {text}"
        found = AxisError(named_text, error.axis, error.ndim)
    elif text.startswith(f"{function}()"):
        found = error
    else:
        kind = ValueError if isinstance(error, ValueError) else TypeError
        found = argument_to_blame(function, arguments) or kind(f"{function}(): {text}")
    return found


def argument_to_blame(function, arguments):
    """Return the error for an argument that is no array of real numbers; None where all are."""
    for argument, value in arguments.items():
        try:
            given = dtype_of(value)
        except ValueError as ragged:  # lists of different lengths
            return ValueError(f"{function}(): {argument}: {ragged}")
        if given is not None and not is_real(given):
            return not_real(function, argument, given if value is not None else None)
    return None


def under_name(name, other, error):
    """Return an error of one function as that of another, which has called it."""
    text = str(error).replace(other, name, 1)
    if isinstance(error, np.exceptions.AxisError):
        return AxisError(text, error.axis, error.ndim)
    return (ValueError if isinstance(error, ValueError) else TypeError)(text)


def dtype_of(value):
    """Return the dtype of a value, or of pandas' object, of whose columns one that is to blame; None if it has none."""
    dtypes = dtypes_of(value)
    return next((dtype for dtype in dtypes if not is_real(dtype)), dtypes[0] if dtypes else None)


def dtypes_of(value):
    """Return the dtypes of a value: of several columns several; none where it has none."""
    dtypes = [getattr(value, "dtype", None)]
    if hasattr(value, "dtypes") and not hasattr(value, "dtype"):
        dtypes = list(value.dtypes)
    elif dtypes == [None] and not hasattr(type(value), "__array_ufunc__"):
        dtypes = [np.asarray(value).dtype]
    return [dtype for dtype in dtypes if hasattr(dtype, "kind")]


def missing(function, arrays, left_out):
    """Return the error for arrays that were left out, or given by name."""
    verb = "is" if len(left_out) == 1 else "are"
    return TypeError(
        f"{function}(): {' and '.join(left_out)} {verb} missing; arrays are given by position: "
        f"{function}({', '.join(arrays)})"
    )


def unknown_keyword(function, given, known, notes=None):
    """Return the error for a keyword that a function does not take: it says which there are, and what may be meant."""
    known = list(dict.fromkeys(known))
    notes = NOTES | (notes or {})
    meant = next((name for name in ELSEWHERE.get(given, ()) if name in known), None)
    if meant is None and given not in notes:
        import difflib  # not at import: it is for mistakes alone

        meant = next(iter(difflib.get_close_matches(given, known, 1)), None)
    hint = f"; {meant} is its name here" if meant else f"; {notes[given]}" if given in notes else ""
    return TypeError(f"{function}() takes no keyword argument {given!r}{hint}. It takes {', '.join(known)}")


def explained(name: str, **notes: str) -> Callable[[Function], Function]:
    """Return a decorator for a public function: what it is called with wrongly is explained under this name.

    The notes say what takes the place of arguments that it does not have.
    """

    def decorate(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except TypeError as error:
                if error.__traceback__.tb_next is not None:  # the call has got as far as the function
                    raise
                unknown = UNKNOWN_KEYWORD.search(str(error))
                if unknown:
                    raise unknown_keyword(name, unknown[1], taken_by_name(function), notes) from None
                raise TypeError(f"{name}(){str(error).partition('()')[2]}") from None

        return call

    return decorate


def taken_by_name(function):
    """Return the names of the arguments that a function takes by name."""
    code = function.__code__
    return code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]


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
        raise not_real(function, argument, array.dtype if value is not None else None)
    return array


def real_number(function, argument, value):
    """Return the value as a float, which may be NaN or infinite."""
    array = as_array(function, argument, value)
    carries = hasattr(value, "__array_ufunc__") and type(value) is not np.ndarray and not isinstance(value, np.generic)
    if carries or array.ndim or not is_real(array.dtype):  # a unit, a mask
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
        raise AxisError(f"{function}(): axis {axis} is out of bounds for {ndim} dimensions", index, ndim)
    return index % ndim


def axes_of(function, axis, ndim, strict=False):
    """Return an axis, a tuple of axes or None, for all, as a tuple of ints from 0 on, in order.

    A number has the axes -1 and 0, as it has for NumPy's sums. Strict is: neither that nor None.
    """
    if not strict and not ndim and type(axis) is int and axis in (-1, 0):
        return ()
    allowed = "an int or a tuple of ints" if strict else "an int, a tuple of ints or None"
    axes = axis if isinstance(axis, tuple) else range(ndim) if axis is None and not strict else (axis,)
    indices = sorted(index_of_axis(function, one, ndim, allowed) for one in axes)
    if len(set(indices)) < len(indices):
        raise ValueError(f"{function}(): axis {axis} names an axis twice")
    return tuple(indices)


def checked_mask(function, where, shape, argument):
    """Return a mask of this shape, which is that of the argument."""
    mask = np.asarray(where)
    if mask.dtype != bool:
        raise TypeError(f"{function}(): where must be an array of bool, not {mask.dtype}")
    if mask.shape == shape:
        return mask
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(
            f"{function}(): where of shape {mask.shape} does not broadcast to {argument} of shape {shape}"
        ) from None


def array_for_result(function, out):
    """Return the array that an out= stands for, or None."""
    (out,) = out if isinstance(out, tuple) and len(out) == 1 else (out,)
    if out is not None and not isinstance(out, np.ndarray):
        raise TypeError(f"{function}(): out must be an array of NumPy's, not {type(out).__name__}")
    return out


def checked_out(function, out, shape, loop, casting):
    """Return the array that a result of this shape and dtype goes to, or None where there is none."""
    out = array_for_result(function, out)
    if out is None:
        return None
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
