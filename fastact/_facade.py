"""The thin functions in front of ufuncs: parameters with defaults, an axis, noise.

Each passes on every keyword of its ufunc, which is reachable as its ``.ufunc``, and has errors name the function and
the argument that is at fault.
"""

import math
import operator

import numpy as np

from ._fallback import target


def facade(ufunc, made, doc):
    """Return the public function in front of a ufunc; ``made`` has the functions of its rung by name."""
    function = made[ufunc.name]
    if ufunc.row.axis:
        public = along_axis(ufunc, function)
    elif ufunc.row.noise:
        public = with_noise(function, made["sigmoid"])
    else:
        public = with_parameters(ufunc, function)
    public.__name__ = ufunc.row.name
    public.__qualname__ = ufunc.name.removesuffix(".ufunc")
    public.__module__ = "fastact"
    public.__doc__ = doc
    public.ufunc = function
    return public


def is_real(dtype):
    """Whether the ufuncs take inputs of this dtype."""
    return dtype.kind in "biuf" and dtype.itemsize <= 8


def checked(name, error, arguments):
    """Return the error to raise for ``error``: one that names the argument, where its dtype is to blame."""
    for argument, value in arguments.items():
        given = np.asarray(value).dtype
        if not is_real(given):
            return TypeError(f"{name}(): {argument} must be real, of at most double precision, not {given}")
    return error


def with_parameters(ufunc, function):
    """Return a function with the row's parameters, by name, after the arrays: Python source, as namedtuple's."""
    arrays = ufunc.arrays
    names = [*arrays, *(parameter.name for parameter in ufunc.row.parameters)]
    defaults = ", ".join(f"{parameter.name}={parameter.default!r}" for parameter in ufunc.row.parameters)
    name, values = ufunc.name.removesuffix(".ufunc"), ", ".join(names)
    source = f"""
def facade({", ".join(arrays)}, /, {defaults}, **kwargs):
    try:
        return function({values}, **kwargs)
    except TypeError as error:
        raise checked({name!r}, error, dict(zip({names!r}, ({values})))) from error
"""
    space = {"function": function, "checked": checked}
    exec(source, space)
    return space["facade"]


def along_axis(ufunc, function):
    """Return a function with an axis in front of a gufunc on the last."""
    name, arrays = ufunc.name.removesuffix(".ufunc"), ufunc.arrays

    def moved(operands, axis, kwargs):
        operands, back = to_one_axis(name, arrays, operands, axis)
        if back is None:
            return function(*operands, axis=operator.index(axis), **kwargs)
        out = kwargs.pop("out", None)
        result = back(function(*operands, axis=-1, **kwargs))
        out = target(name, out, result.shape, result.dtype, kwargs.get("casting", "same_kind"))
        if out is None:
            return result
        np.copyto(out, result, casting="unsafe")
        return out

    def named(error, operands):
        if isinstance(error, TypeError):
            return checked(name, error, dict(zip(arrays, operands, strict=True)))
        return error if str(error).startswith(name) else ValueError(f"{name}(): {error}")

    def apply(operands, axis, kwargs):
        try:
            return moved(operands, axis, kwargs)
        except (TypeError, ValueError) as error:
            raise named(error, operands) from error

    if len(arrays) == 1:
        ndarray = np.ndarray

        def made(x, /, axis=-1, *, out=None, **kwargs):
            if kwargs or axis != -1 or type(x) is not ndarray or not x.ndim or not x.size:
                return apply((x,), axis, {"out": out, **kwargs})
            try:  # what needs no checking or moving
                return function(x, out=out, axis=-1)
            except (TypeError, ValueError) as error:
                raise named(error, (x,)) from error
    elif ufunc.space == "grad":

        def made(x, dy, /, axis=-1, **kwargs):
            return apply((x, dy), axis, kwargs)
    else:

        def made(y, dy, /, axis=-1, **kwargs):
            return apply((y, dy), axis, kwargs)

    return made


def to_one_axis(name, arrays, operands, axis):
    """Check the axis; where it is a tuple or None, move what it names into one last axis.

    Returns
    -------
    operands : tuple
        Of one shape.
    back : callable or None
        Undoes the move; None where nothing was moved.
    """
    shapes = [np.shape(operand) for operand in operands]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        named = " and ".join(f"{argument} of shape {one}" for argument, one in zip(arrays, shapes, strict=True))
        raise ValueError(f"{name}(): {named} do not broadcast") from None
    if any(one != shape for one in shapes):
        dtype = np.result_type(*(x if type(x) in (int, float) else np.asarray(x).dtype for x in operands))
        operands = tuple(
            operand if one == shape else np.broadcast_to(np.asarray(operand, dtype=dtype), shape)
            for operand, one in zip(operands, shapes, strict=True)
        )
    ndim = len(shape)
    axes = tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for one in axes:
        if not hasattr(one, "__index__"):
            raise TypeError(f"{name}(): axis must be an int, a tuple of ints or None, not {axis!r}")
        if not -ndim <= operator.index(one) < ndim:
            raise np.exceptions.AxisError(f"{name}(): axis {one} is out of bounds for {ndim} dimensions")
        if shape[one] == 0:
            raise ValueError(f"{name}(): axis {one} of {arrays[0]} is empty")
    if len({one % ndim for one in axes}) < len(axes):
        raise ValueError(f"{name}(): axis {axis} names an axis twice")
    if not isinstance(axis, tuple) and axis is not None:
        return operands, None
    last = tuple(range(-len(axes), 0))
    moved = [np.moveaxis(operand, axes, last) for operand in map(np.asarray, operands)]
    kept = moved[0].shape
    flat = (*kept[: ndim - len(axes)], math.prod(kept[ndim - len(axes) :]))
    return tuple(array.reshape(flat) for array in moved), lambda result: np.moveaxis(result.reshape(kept), last, axes)


def with_noise(function, sigmoid):
    """Return noisy_relu in front of the ufunc that adds given noise."""

    def noisy_relu(x, /, std=None, *, rng=None, **kwargs):
        values = np.asarray(x)
        try:
            spread = np.sqrt(sigmoid(values)) if std is None else np.asarray(std)
            dtype = np.dtype(kwargs.get("dtype") or np.result_type(values, np.float16))
            out = kwargs.get("out")
            (out,) = out if isinstance(out, tuple) else (out,)
            where = np.shape(kwargs.get("where", True))
            shape = np.broadcast_shapes(values.shape, spread.shape, where, () if out is None else np.shape(out))
            if not is_real(spread.dtype):
                raise TypeError
            if (spread < 0).any():
                raise ValueError("noisy_relu(): std must not be negative")
            noise = np.random.default_rng(rng).standard_normal(shape, np.float64 if dtype == np.float64 else np.float32)
            with np.errstate(under="ignore"):
                noise *= spread
                noise = noise.astype(dtype, copy=False)
            return function(x, noise, **kwargs)
        except TypeError as error:
            raise checked("noisy_relu", error, {"x": values, "std": 0.0 if std is None else std}) from error

    return noisy_relu
