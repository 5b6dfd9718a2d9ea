"""What the public functions in front of ufuncs do: parameters with defaults, an axis, noise.

The functions themselves are rendered from the rows. Each passes on every keyword of its ufunc, which is reachable as
its ``.ufunc``, and has errors name the function and the argument that is at fault.
"""

import math
import operator

import numpy as np

from ._checks import checked_out, index_of_axis, is_real, raise_named, random_generator

__all__ = ["AlongAxis", "alike", "in_front_of", "raise_named", "with_noise"]


def in_front_of(function, ufunc, name):
    """Make a function known by its public name, and the ufunc that it stands in front of as its attribute."""
    function.__module__, function.__qualname__ = "fastact", name
    function.ufunc = ufunc


def alike(x, *others):
    """Return an array for the result, laid out as x is; None where NumPy is to choose, which puts the axis last."""
    if type(x) is not np.ndarray or x.dtype.char not in "efd" or not x.dtype.isnative:
        return None
    for other in others:  # Python numbers take the dtype of x
        if type(other) not in (int, float) and not (type(other) is np.ndarray and other.dtype == x.dtype):
            return None
    return np.empty_like(x)


class AlongAxis:
    """The call of a gufunc along any axes: what is checked, moved, masked, and moved back."""

    def __init__(self, name, rows, numbers, plain, tempered, *, reduces, gradient):
        self.name, self.arguments = name, (*rows, *numbers)
        self.core = [*(True for _ in rows), *(False for _ in numbers)]
        self.plain, self.tempered = plain, tempered
        self.reduces = reduces  # it makes one number of a row, or is the gradient of what does
        self.reduced = reduces and not gradient

    def __call__(self, operands, out, kwargs, **options):
        """Return what the function makes of its operands."""
        try:
            return self.compute(operands, out, kwargs, **options)
        except (TypeError, ValueError) as error:
            self.raise_named(error, operands)

    def raise_named(self, error, operands):
        """Raise what an error that was just caught stands for: it names the function, and the argument to blame."""
        if isinstance(error, TypeError):
            raise_named(self.name, error, **dict(zip(self.arguments, operands, strict=True)))
        if str(error).startswith(self.name):
            raise error
        raise ValueError(f"{self.name}(): {error}") from error

    def compute(self, operands, out, kwargs, axis, *, keepdims=False, where=True):
        given = list(zip(self.arguments, operands, self.core, strict=True))
        rows = self.of_one_shape({argument: value for argument, value, is_row in given if is_row})
        shape = np.shape(rows[0])
        axes = self.axes(axis, shape)
        numbers = [self.number(name, value, shape, axes, keepdims) for name, value, is_row in given if not is_row]
        function = self.tempered or self.plain
        if self.tempered and type(numbers[-1]) is float and numbers[-1] == 1.0:
            function = self.plain
            numbers.pop()
        mask = None if where is True else self.mask(where, shape)
        if mask is not None:
            x = np.asarray(rows[0])
            dtype = np.result_type(np.result_type(x, *numbers), np.float16)
            rows = [np.where(mask, x.astype(dtype, copy=False), -np.inf)]
        if axis is None or isinstance(axis, tuple):
            rows, one, moved = [flattened(array, axes) for array in rows], -1, True
        else:
            one, moved = operator.index(axis), False
        if moved or (self.reduced and keepdims):
            result = function(*rows, *numbers, axis=one, **kwargs)
            if self.reduced:
                result = np.expand_dims(result, axes) if keepdims else result
            else:
                result = unflattened(result, shape, axes)
            result = delivered(self.name, result, out, kwargs)
        else:
            if out is None and not self.reduced and not kwargs:
                out = alike(*rows, *numbers)
            result = function(*rows, *numbers, axis=one, out=out, **kwargs)
        if mask is not None:
            np.copyto(result, 0, where=~mask)
        return result if shape or out is not None else result[()]

    def of_one_shape(self, rows):
        """Return the rows' arrays broadcast against each other."""
        shapes = [np.shape(value) for value in rows.values()]
        try:
            shape = np.broadcast_shapes(*shapes)
        except ValueError:
            named = " and ".join(f"{argument} of shape {one}" for argument, one in zip(rows, shapes, strict=True))
            raise ValueError(f"{self.name}(): {named} do not broadcast") from None
        weak = [type(value) in (int, float) for value in rows.values()]
        dtype = None
        if any(weak):  # Python numbers take the dtype of the arrays, if it is a float
            given = (x if one else np.asarray(x).dtype for x, one in zip(rows.values(), weak, strict=True))
            dtype = np.result_type(np.result_type(*given), np.float16)
        return [
            value if own == shape and not one else np.broadcast_to(np.asarray(value, dtype if one else None), shape)
            for value, one, own in zip(rows.values(), weak, shapes, strict=True)
        ]

    def axes(self, axis, shape):
        """Return the axes as a tuple of numbers from 0 on, checked."""
        ndim = len(shape)
        axes = tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        indices = [index_of_axis(self.name, one, ndim, "an int, a tuple of ints or None") for one in axes]
        for one, index in zip(axes, indices, strict=True):
            if shape[index] == 0 and not self.reduces:
                raise ValueError(f"{self.name}(): axis {one} of {self.arguments[0]} is empty")
        axes = tuple(sorted(indices))  # a row's bits depend on its order
        if len(set(axes)) < len(axes):
            raise ValueError(f"{self.name}(): axis {axis} names an axis twice")
        return axes

    def number(self, argument, value, shape, axes, keepdims):
        """Return what is one number for each row, checked."""
        array = np.asarray(value)
        if not is_real(array.dtype):
            raise TypeError(argument)
        if self.tempered and not ((array > 0) & (array < np.inf)).all():
            raise ValueError(f"{self.name}(): {argument} must be positive and finite")
        kept = tuple(1 if one in axes else n for one, n in enumerate(shape))
        rows = tuple(n for one, n in enumerate(shape) if one not in axes)
        try:
            if array.ndim and keepdims:
                return np.broadcast_to(array, kept).reshape(rows)
            return np.broadcast_to(array, rows) if array.ndim else value
        except ValueError:
            wanted = kept if keepdims else rows
            raise ValueError(
                f"{self.name}(): {argument} of shape {array.shape} does not broadcast to {wanted}, one for each row"
            ) from None

    def mask(self, where, shape):
        """Return the mask, checked."""
        mask = np.asarray(where)
        if mask.dtype != bool:
            raise TypeError(f"{self.name}(): where must be an array of bool, not {mask.dtype}")
        try:
            return np.broadcast_to(mask, shape)
        except ValueError:
            raise ValueError(
                f"{self.name}(): where of shape {mask.shape} does not broadcast to {self.arguments[0]} of shape {shape}"
            ) from None


def flattened(array, axes):
    """Return the array with the axes merged into a last one."""
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(np.asarray(array), axes, last)
    kept = moved.shape[: moved.ndim - len(axes)]
    return moved.reshape(*kept, math.prod(moved.shape[len(kept) :]))


def unflattened(result, shape, axes):
    """Return the array of that shape whose axes were merged into the last one."""
    kept = [n for one, n in enumerate(shape) if one not in axes]
    merged = result.reshape([*kept, *(shape[one] for one in axes)])
    return np.moveaxis(merged, tuple(range(-len(axes), 0)), axes)


def delivered(name, result, out, kwargs):
    """Return a result in the array that was asked for."""
    out = checked_out(name, out, np.shape(result), result.dtype, kwargs.get("casting", "same_kind"))
    if out is None:
        return result
    if out.shape != np.shape(result):
        raise ValueError(f"{name}(): out has shape {out.shape}, not {np.shape(result)}")
    np.copyto(out, result, casting="unsafe")
    return out


def with_noise(name, function, sigmoid, x, *, std, rng, kwargs):
    """Return what a ufunc makes of x and of normal noise, of the standard deviation given or of variance sigmoid(x)."""
    values = np.asarray(x)
    try:
        spread = np.sqrt(sigmoid(values)) if std is None else np.asarray(std)
        dtype = np.dtype(kwargs.get("dtype") or np.result_type(values, np.float16))
        out = kwargs.get("out")
        outs = out if isinstance(out, tuple) else (out,)
        where = np.shape(kwargs.get("where", True))
        shape = np.broadcast_shapes(values.shape, spread.shape, where, *map(np.shape, outs))
        if not is_real(spread.dtype):
            raise TypeError
        if (spread < 0).any():
            raise ValueError(f"{name}(): std must not be negative")
        noise = random_generator(name, rng).standard_normal(shape, np.float64 if dtype == np.float64 else np.float32)
        with np.errstate(under="ignore"):
            noise *= spread
            noise = noise.astype(dtype, copy=False)
        return function(x, noise, **kwargs)
    except TypeError as error:
        raise_named(name, error, x=values, std=0.0 if std is None else std)
