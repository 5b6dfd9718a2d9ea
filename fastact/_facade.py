"""What the public functions in front of ufuncs do: parameters with defaults, an axis, noise.

The functions themselves are rendered from the rows. Each passes on every keyword of its ufunc, which is reachable as
its ``.ufunc``, and has errors name the function and the argument that is at fault. What is more than a NumPy array goes
by `_carriers`.
"""

import inspect
import math
import operator

import numpy as np

from . import _carriers
from ._blocks import BLOCK, blocks
from ._checks import (
    MISSING,
    UFUNC_KEYWORDS,
    checked_mask,
    checked_out,
    index_of_axis,
    is_real,
    named,
    not_real,
    random_generator,
    real_array,
)

__all__ = ["MISSING", "AlongAxis", "WithNoise", "alike", "in_front_of", "rescued"]

PLAIN_NUMBERS = {float, int, np.float64}
ONE = np.ones(1, bool)  # a mask without memory has strides of 0 over it


def in_front_of(function, ufunc, name):
    """Make a function known by its public name, and the ufunc that it stands in front of as its attribute.

    Its arrays have to be given. Python would say of one that is given by name that it is missing, and no more, so that
    they have a default which errors look for, and which signatures do not show.
    """
    function.__module__, function.__qualname__ = "fastact", name
    function.ufunc = ufunc
    signature = inspect.signature(function)
    shown = [one.replace(default=one.empty) if one.default is MISSING else one for one in signature.parameters.values()]
    function.__signature__ = signature.replace(parameters=shown)


def keywords_of(function):
    """Return what a function in front of a ufunc takes by name."""
    given = inspect.signature(function).parameters.values()
    own = [one.name for one in given if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    return list(dict.fromkeys([*own, *UFUNC_KEYWORDS]))


def rescued(function, error, kwargs, /, **arguments):
    """Return what a function makes of containers that a ufunc does not take; or raise what is wrong.

    It is called where the ufunc has raised an error, which was just caught. pandas refuses objects of different
    numbers of axes in a ufunc, Dask ufuncs of several outputs.
    """
    name, operands = function.__qualname__, tuple(arguments.values())
    if _carriers.carries(*operands) and "axis" not in kwargs and not any(value is MISSING for value in operands):
        try:
            return _carriers.by_element(name, function.ufunc, function.ufunc.nout, tuple(arguments), operands, **kwargs)
        except (TypeError, ValueError, NotImplementedError) as second:
            error = second
    raise named(name, error, keywords_of(function), notes_of(function), **arguments) from None


def notes_of(function):
    """Return what a function has in other libraries and not here: a dict of what does the same."""
    from ._rows import rows  # noqa: PLC0415  # for mistakes alone

    return next((dict(row.options) for row in rows() if row.name == function.__name__), {})


def alike(x, *others):
    """Return an array for the result, laid out as x is; None where NumPy is to choose, which puts the axis last."""
    if type(x) is not np.ndarray or x.dtype.char not in "efd" or not x.dtype.isnative:
        return None
    for other in others:  # Python numbers take the dtype of x
        if type(other) not in (int, float) and not (type(other) is np.ndarray and other.dtype == x.dtype):
            return None
    return np.empty_like(x)


class AlongAxis:
    """The call of a gufunc along any axes: what is checked, moved, masked, and moved back.

    Parameters
    ----------
    function : callable
        The public function.
    rows, numbers, parameters : tuple of str
        Its arguments: arrays of rows, arrays of a number for each row, and parameters, which are that too.
    reduces, gradient : bool
        Whether it makes one number of a row, or is the gradient of what does; whether it is a gradient.
    """

    def __init__(self, function, rows, numbers, parameters, *, reduces, gradient):
        self.function, self.name = function, function.__qualname__
        self.plain, self.general = function.ufunc, function.general
        self.arguments = (*rows, *numbers, *parameters)
        self.rows, self.arrays, self.parameters = len(rows), len(rows) + len(numbers), parameters
        self.reduces = reduces
        self.reduced = reduces and not gradient
        self.results = ("number" if self.reduced else "row",)

    @property
    def core(self):
        """For each argument, whether it is rows; the others are one number for each row."""
        return [k < self.rows for k in range(len(self.arguments))]

    def __call__(self, operands, /, *, axis, where, out, **options):
        """Return what the function makes of its operands."""
        try:
            if out is not None:
                checked_kind(self.name, out)
            if (
                (not options or options == {"keepdims": False})
                and self.is_simple(operands, axis, where)
                and (out is None or type(out) is np.ndarray)
            ):
                mask = where if where is not True else full_mask(operands[0].shape)
                if out is None and axis != -1 and not self.reduced:
                    out = alike(*operands[: self.arrays])
                return self.general(*operands[: self.arrays], mask, *operands[self.arrays :], axis=axis, out=out)
            options |= {"axis": axis, "where": where, "out": out}
            if _carriers.carries(*operands, where, out):
                return _carriers.carried(self, operands, options)
            return self.compute(operands, **options)
        except (TypeError, ValueError, NotImplementedError) as error:
            raise self.named(error, operands) from None

    def is_simple(self, operands, axis, where):
        """Return whether there is nothing to be checked: arrays of one shape, one axis, numbers for the parameters."""
        x = operands[0]
        if type(x) is not np.ndarray or type(axis) is not int or not x.size or not -x.ndim <= axis < x.ndim:
            return False
        shape = x.shape
        if where is not True and (type(where) is not np.ndarray or where.dtype != bool or where.shape != shape):
            return False
        for k in range(1, self.arrays):
            if k >= self.rows or type(operands[k]) is not np.ndarray or operands[k].shape != shape:
                return False
        return all(type(value) in PLAIN_NUMBERS and 0.0 < value < math.inf for value in operands[self.arrays :])

    def named(self, error, operands):
        """Return what an error that was just caught stands for: it names the function, and the argument to blame."""
        given = dict(zip(self.arguments, operands, strict=True))
        return named(self.name, error, keywords_of(self.function), notes_of(self.function), **given)

    def stages(self):
        """Return how rows in several chunks are computed: what is done, what counts for nothing, what that gives."""
        from ._rows import by_name  # noqa: PLC0415  # the compiled rungs need no rows otherwise

        entry = by_name()[f"{self.name}.ufunc"]
        if entry.form.over_chunks:
            return [(entry.form.over_chunks, entry.stand_in, entry.masked)]
        row = entry.row
        return [(row.value.over_chunks, row.absent, row.masked), (row.from_output.over_chunks, row.masked, 0.0)]

    def compute(self, operands, *, axis, keepdims=False, where=True, out=None, **kwargs):
        """Return what the function makes of arrays and numbers, without looking for containers."""
        if keepdims and not self.reduces:
            raise TypeError("unexpected keyword argument 'keepdims'")
        rows, numbers, parameters = (
            operands[: self.rows],
            operands[self.rows : self.arrays],
            list(operands[self.arrays :]),
        )
        x = rows[0]
        if type(x) is not np.ndarray or len(rows) > 1:
            rows = self.of_one_shape(rows)
            x = rows[0]
        shape = x.shape
        axes = self.axes(axis, shape)
        numbers = [
            self.number(self.arguments[self.rows + k], one, shape, axes, keepdims) for k, one in enumerate(numbers)
        ]
        heats = [self.temperature(k, one, shape, axes, keepdims) for k, one in enumerate(parameters)]
        plain = where is True and all(type(one) is float and one == 1.0 for one in heats)
        mask = None if plain else self.mask(where, shape)
        merged = axis is None or type(axis) is tuple or not shape
        if merged:
            rows = [flattened(array, axes) for array in rows]
            mask = mask if mask is None else flattened(mask, axes)
        one = -1 if merged else operator.index(axis)
        if not plain and kwargs.get("dtype") is not None:  # which NumPy would have all operands be of
            kwargs["signature"] = self.signature(kwargs.pop("dtype"))
        function, options = (self.plain, ()) if plain else (self.general, (mask, *heats))
        if merged or (self.reduced and keepdims):
            result = function(*rows, *numbers, *options, axis=one, **kwargs)
            if self.reduced:
                result = np.expand_dims(result, axes) if keepdims else result
            else:
                result = unflattened(result, shape, axes)
            result = delivered(self.name, result, out, kwargs)
        else:
            if out is None and one != -1 and not self.reduced and not kwargs:
                out = alike(*rows, *numbers)
            result = function(*rows, *numbers, *options, axis=one, out=out, **kwargs)
        return result if shape or out is not None else result[()]

    def signature(self, dtype):
        """Return the dtypes of the general gufunc's operands, where its arrays are to be of this one."""
        dtype = np.dtype(dtype)
        return (*[dtype] * self.arrays, np.dtype(bool), *[np.dtype(float)] * len(self.parameters), dtype)

    def of_one_shape(self, rows):
        """Return the rows' arrays broadcast against each other."""
        arrays = [self.array(name, value) for name, value in zip(self.arguments, rows, strict=False)]
        shapes = [one.shape for one in arrays]
        if any(one != shapes[0] for one in shapes[1:]):
            try:
                shape = np.broadcast_shapes(*shapes)
            except ValueError:
                named = " and ".join(
                    f"{name} of shape {one}" for name, one in zip(self.arguments, shapes, strict=False)
                )
                raise ValueError(f"{self.name}(): {named} do not broadcast") from None
        else:
            shape = shapes[0]
        weak = [type(value) in (int, float) for value in rows]
        if any(weak):  # Python numbers take the dtype of the arrays, if it is a float
            given = (value if one else array.dtype for value, array, one in zip(rows, arrays, weak, strict=True))
            dtype = np.result_type(np.result_type(*given), np.float16)
            arrays = [
                np.asarray(value, dtype) if one else array for value, array, one in zip(rows, arrays, weak, strict=True)
            ]
        return [array if array.shape == shape else np.broadcast_to(array, shape) for array in arrays]

    def array(self, argument, value):
        """Return a value as an array of a dtype that the functions take."""
        if value is MISSING:
            raise TypeError(argument)
        return real_array(self.name, argument, value)

    def axes(self, axis, shape):
        """Return the axes as a tuple of numbers from 0 on, checked."""
        ndim = len(shape)
        if not shape and type(axis) is int and axis in (-1, 0):
            return ()  # a number is a row of one, as it is for NumPy's sums
        axes = tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        indices = [index_of_axis(self.name, one, ndim, "an int, a tuple of ints or None") for one in axes]
        for one, index in zip(axes, indices, strict=True):
            if shape[index] == 0 and not self.reduces:
                raise ValueError(f"{self.name}(): axis {one} of {self.arguments[0]} is empty")
        axes = tuple(sorted(indices))  # a row's bits depend on its order
        if len(set(axes)) < len(axes):
            raise ValueError(f"{self.name}(): axis {axis} names an axis twice")
        return axes

    def temperature(self, k, value, shape, axes, keepdims):
        """Return a parameter, which is positive and finite, in float64: one number, or one for each row."""
        if type(value) in (int, float):
            if not 0 < value < math.inf:
                raise ValueError(f"{self.name}(): {self.parameters[k]} must be positive and finite, not {value}")
            return float(value)
        array = self.array(self.parameters[k], value).astype(np.float64, copy=False)
        wrong = array[~((array > 0) & (array < np.inf))]
        if wrong.size:
            raise ValueError(f"{self.name}(): {self.parameters[k]} must be positive and finite, not {wrong[0]}")
        return self.number(self.parameters[k], array, shape, axes, keepdims)

    def number(self, argument, value, shape, axes, keepdims):
        """Return what is one number for each row, checked."""
        array = self.array(argument, value)
        if not array.ndim:
            return value
        kept = tuple(1 if one in axes else n for one, n in enumerate(shape))
        rows = tuple(n for one, n in enumerate(shape) if one not in axes)
        try:
            if keepdims:
                return np.broadcast_to(array, kept).reshape(rows)
            return np.broadcast_to(array, rows)
        except ValueError:
            wanted = kept if keepdims else rows
            raise ValueError(
                f"{self.name}(): {argument} of shape {array.shape} does not broadcast to {wanted}, one for each row"
            ) from None

    def mask(self, where, shape):
        """Return the mask, checked."""
        if where is True:
            return full_mask(shape)
        return checked_mask(self.name, where, shape, self.arguments[0])


def full_mask(shape):
    """Return a mask of which all takes part, without memory."""
    return np.ndarray(shape, bool, ONE, 0, (0,) * len(shape))


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


class WithNoise:
    """The call of a ufunc of an array and of normal noise, which it draws.

    The noise has the standard deviation that is given, or the variance sigmoid(x). It is drawn block by block: as much
    of it is held at a time as fits the caches.
    """

    core, results = (True, True), ("row",)

    def __init__(self, function, sigmoid):
        self.function, self.name = function, function.__qualname__
        self.sigmoid = sigmoid
        self.arguments = ("x", "std")

    def __call__(self, x, std, /, **options):
        """Return what the ufunc makes of x and of noise."""
        try:
            if "axis" in options:
                raise TypeError("unexpected keyword argument 'axis'")
            checked_kind(self.name, options.get("out"))
            if _carriers.carries(x, std, options.get("where", True), options.get("out")):
                return _carriers.carried(self, (x, std), {"axis": (), **options})
            return self.compute((x, std), **options)
        except (TypeError, ValueError, NotImplementedError) as error:
            arguments = {"x": x} if std is None else {"x": x, "std": std}
            raise named(self.name, error, keywords_of(self.function), **arguments) from None

    def compute(self, operands, *, rng, axis=None, out=None, where=True, dtype=None, **kwargs):
        """Return what the ufunc makes of arrays and numbers, without looking for containers."""
        taking_part = where
        if axis == () and out is None:  # of a container: what is masked may be computed
            where = True
        x, std = operands
        values = np.asarray(x)
        (into,) = out if isinstance(out, tuple) and len(out) == 1 else (out,)
        spread = None if std is None else np.asarray(std)
        for name, given in (("x", values), ("std", spread)):
            if given is not None and not is_real(given.dtype):
                raise not_real(self.name, name, given.dtype if given is spread or x is not None else None)
        if spread is not None and ((spread < 0) & taking_part).any():
            raise ValueError(f"{self.name}(): std must not be negative")
        others = () if spread is None else (spread.shape,)
        shape = np.broadcast_shapes(values.shape, *others, np.shape(where), np.shape(into))
        computed = np.dtype(dtype or np.result_type(values, np.float16))
        generator = random_generator(self.name, rng)
        if math.prod(shape) <= BLOCK or (into is None and where is not True) or _carriers.carries(x):
            noise = self.noise(generator, values, spread, shape, computed)
            given = {"out": out} if out is not None else {}  # without it NumPy warns of a mask
            return self.function.ufunc(x, noise, where=where, dtype=dtype, **given, **kwargs)
        if into is None:
            into = np.empty_like(values, computed, shape=shape, subok=False)
            checked = into
        else:
            checked = checked_out(self.name, into, shape, computed, kwargs.get("casting", "same_kind"))
        values, given = np.broadcast_to(values, shape), np.broadcast_to(where, shape)
        spread = spread if spread is None or not spread.ndim else np.broadcast_to(spread, shape)
        # A block of the result may be where a later one of an operand is.
        values, given = apart(values, checked), apart(given, checked)
        spread = spread if spread is None else apart(spread, checked)
        for block in blocks(shape):
            own = values[block]
            some = spread if spread is None or not spread.ndim else spread[block]
            noise = self.noise(generator, own, some, own.shape, computed)
            masks = {} if where is True else {"where": given[block]}
            self.function.ufunc(own, noise, out=checked[block], dtype=dtype, **masks, **kwargs)
        return into

    def noise(self, generator, values, spread, shape, dtype):
        """Return noise of a shape."""
        if spread is None:
            spread = np.sqrt(self.sigmoid(values))
        noise = generator.standard_normal(shape, np.float64 if dtype == np.float64 else np.float32)
        with np.errstate(under="ignore"):
            noise *= spread
            return noise.astype(dtype, copy=False)


def apart(x, out):
    """Return an array that may be read block by block while `out` is written so: itself, or a copy."""
    same = (x.ctypes.data, x.strides, x.shape, x.dtype) == (out.ctypes.data, out.strides, out.shape, out.dtype)
    return x if same or not np.may_share_memory(x, out) else x.copy()


def checked_kind(name, out):
    """Raise the error for an out= that is no array of NumPy's."""
    (one,) = out if isinstance(out, tuple) and len(out) == 1 else (out,)
    if one is not None and not isinstance(one, np.ndarray):
        raise TypeError(f"{name}(): out must be an array of NumPy's, not {type(one).__name__}")
