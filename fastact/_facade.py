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
    REFUSALS,
    UFUNC_KEYWORDS,
    array_for_result,
    axes_of,
    checked_mask,
    checked_out,
    named,
    random_generator,
    real_array,
)
from ._fallback import entry_of

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


class AtDefaults:
    """A ufunc of arrays and parameters, and in its place another one where the parameters are their defaults.

    Both take the parameters, so that NumPy finds the same dtype.
    """

    def __init__(self, ufunc, plain, defaults):
        self.ufunc, self.plain, self.defaults = ufunc, plain, defaults
        self.__name__, self.nout = ufunc.__name__, ufunc.nout

    def __call__(self, *operands, **kwargs):
        """Return what the one or the other makes of the operands."""
        given = zip(operands[-len(self.defaults) :], self.defaults, strict=True)
        usual = all(type(one) is float and one == default for one, default in given)
        return (self.plain if usual else self.ufunc)(*operands, **kwargs)


def rescued(ufunc, error, kwargs, /, **arguments):
    """Return what the function in front of a ufunc makes of containers that this does not take; or raise what is wrong.

    It is called where the ufunc has raised an error, which was just caught. pandas refuses objects of different
    numbers of axes in a ufunc, Dask ufuncs of several outputs.
    """
    entry, operands = entry_of(ufunc.__name__), tuple(arguments.values())
    name, keywords = entry.public_name, [*entry.others, *UFUNC_KEYWORDS]
    if _carriers.carries(*operands) and "axis" not in kwargs and not any(value is MISSING for value in operands):
        try:
            return _carriers.by_element(name, ufunc, ufunc.nout, tuple(arguments), operands, **kwargs)
        except REFUSALS as second:
            error = second
    raise named(name, error, keywords, dict(entry.row.options), **arguments) from None


def as_named_tuple(kind, results):
    """Return several results as a named tuple; what a foreign array has made of the call as it is."""
    return kind._make(results) if type(results) is tuple else results


def notes_of(function):
    """Return what a function has in other libraries and not here: a dict of what does the same."""
    return dict(entry_of(function.ufunc.__name__).row.options)


def alike(x, *others):
    """Return an array for the result, laid out as x is; None where NumPy is to choose, which puts the axis last."""
    if type(x) is not np.ndarray or x.dtype.char not in "efd" or not x.dtype.isnative:
        return None
    for other in others:  # Python numbers take the dtype of x
        if type(other) not in (int, float) and not (type(other) is np.ndarray and other.dtype == x.dtype):
            return None
    return np.empty_like(x)


class AlongAxis(_carriers.Call):
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
        arguments, results = (*rows, *numbers, *parameters), ("number" if reduces and not gradient else "row",)
        core = (*(True for _ in rows), *(False for _ in (*numbers, *parameters)))
        super().__init__(function.__qualname__, arguments, core, results)
        self.function, self.plain, self.general = function, function.ufunc, function.general
        self.rows, self.arrays, self.parameters = len(rows), len(rows) + len(numbers), parameters
        self.empties = reduces
        self.reduced = reduces and not gradient

    def __call__(self, operands, /, *, axis, where, out, **options):
        """Return what the function makes of its operands."""
        try:
            if out is not None:
                array_for_result(self.name, out)
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
        except REFUSALS as error:
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
        entry = entry_of(self.plain.__name__)
        if entry.form.over_chunks:
            return [(entry.form.over_chunks, entry.stand_in, entry.masked)]
        row = entry.row
        return [(row.value.over_chunks, row.absent, row.masked), (row.from_output.over_chunks, row.masked, 0.0)]

    def of_foreign(self, operands, options):
        """Return what the ufunc makes of arrays that have a say in that; NotImplemented if there is more to be done."""
        others = {"keepdims", "where"} & {key for key, value in options.items() if value is not (key == "where")}
        if type(options["axis"]) is not int or others or any(one != 1.0 for one in operands[self.arrays :]):
            return NotImplemented
        options = {key: value for key, value in options.items() if key not in ("keepdims", "where")}
        return self.plain(*operands[: self.arrays], **options)

    def compute(self, operands, *, axis, keepdims=False, where=True, out=None, **kwargs):
        """Return what the function makes of arrays and numbers, without looking for containers."""
        if keepdims and not self.empties:
            raise TypeError("unexpected keyword argument 'keepdims'")
        rows = operands[: self.rows]
        if type(rows[0]) is not np.ndarray or len(rows) > 1:
            rows = self.of_one_shape(rows)
        shape = rows[0].shape
        axes = self.axes(axis, shape)
        others = zip(self.arguments[self.rows :], operands[self.rows :], strict=True)
        others = [
            (self.temperature if name in self.parameters else self.number)(name, one, shape, axes, keepdims)
            for name, one in others
        ]
        numbers, heats = others[: self.arrays - self.rows], others[self.arrays - self.rows :]
        plain = where is True and all(type(one) is float and one == 1.0 for one in heats)
        mask = None
        if not plain:
            mask = full_mask(shape) if where is True else checked_mask(self.name, where, shape, self.arguments[0])
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
        arrays = [real_array(self.name, *one) for one in zip(self.arguments, rows, strict=False)]
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

    def axes(self, axis, shape):
        """Return the axes as a tuple of numbers from 0 on, checked; in order, on which a row's bits depend."""
        axes = axes_of(self.name, axis, len(shape))
        if not self.empties and not all(shape[one] for one in axes):
            given = axis if isinstance(axis, tuple) else axes if axis is None else (axis,)
            one = next(one for one in given if not shape[one])
            raise ValueError(f"{self.name}(): axis {one} of {self.arguments[0]} is empty")
        return axes

    def temperature(self, argument, value, shape, axes, keepdims):
        """Return a parameter, which is positive and finite, in float64: one number, or one for each row."""
        array = real_array(self.name, argument, value).astype(np.float64, copy=False)
        wrong = array[~((array > 0) & (array < np.inf))]
        if wrong.size:
            raise ValueError(f"{self.name}(): {argument} must be positive and finite, not {wrong[0]:g}")
        return self.number(argument, array, shape, axes, keepdims) if array.ndim else float(array)

    def number(self, argument, value, shape, axes, keepdims):
        """Return what is one number for each row, checked."""
        array = real_array(self.name, argument, value)
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


class Drawing(_carriers.Call):
    """The call of a ufunc of an array and of what is drawn for each element.

    It is drawn block by block: as much of it is held at a time as fits the caches, unless it is to be returned too.
    """

    def __init__(self, function, arguments, results=("row",)):
        super().__init__(function.__qualname__, arguments, (True,) * len(arguments), results)
        self.function = function

    def __call__(self, operands, /, **options):
        """Return what the ufunc makes of an array and of what is drawn."""
        try:
            if "axis" in options:
                raise TypeError("unexpected keyword argument 'axis'")
            out = array_for_result(self.name, options.get("out"))
            if _carriers.carries(*operands, options.get("where", True), out):
                return _carriers.carried(self, operands, {"axis": (), **options})
            return self.compute(operands, **options)
        except REFUSALS as error:
            given = zip(self.arguments, operands, strict=True)
            arguments = {name: value for name, value in given if value is not None}
            raise named(self.name, error, keywords_of(self.function), **arguments) from None

    def of_foreign(self, operands, options):
        """Return what the ufunc makes of an array that has a say in that."""
        return self.compute(operands, **options)

    def compute(self, operands, *, rng, axis=None, out=None, where=True, dtype=None, **kwargs):
        """Return what the ufunc makes of arrays and numbers, without looking for containers."""
        x, ufunc = operands[0], self.function.ufunc
        given = zip(self.arguments, operands, strict=True)
        values, *others = (None if one is None else real_array(self.name, name, one) for name, one in given)
        self.check(*others, where)
        into = array_for_result(self.name, out)
        if axis == () and into is None:  # of a container: what is masked may be computed
            where = True
        shape = np.broadcast_shapes(*(np.shape(one) for one in (values, *others, where, into) if one is not None))
        computed = np.dtype(dtype or np.result_type(values, np.float16))
        generator, both = random_generator(self.name, rng), len(self.results) > 1
        if math.prod(shape) <= BLOCK or (into is None and where is not True) or _carriers.carries(x) or both:
            drawn = self.drawn(generator, (values, *others), shape, computed)
            given = {"out": out} if out is not None else {}  # without it NumPy warns of a mask
            result = ufunc(x, drawn, where=where, dtype=dtype, **given, **kwargs)
            return (result, drawn if shape else drawn[()]) if both else result
        if into is None:
            into = np.empty_like(values, computed, shape=shape, subok=False)
        checked_out(self.name, into, shape, computed, kwargs.get("casting", "same_kind"))
        # A block of the result may be where a later one of an operand is.
        values, where, *others = (
            None if one is None else apart(np.broadcast_to(one, shape), into) for one in (values, where, *others)
        )
        for block in blocks(shape):
            own, *beside = (None if one is None else one[block] for one in (values, *others))
            drawn = self.drawn(generator, (own, *beside), own.shape, computed)
            ufunc(own, drawn, where=where[block], out=into[block], dtype=dtype, **kwargs)
        return into


class WithNoise(Drawing):
    """Normal noise with the standard deviation that is given, or with the variance sigmoid(x)."""

    def __init__(self, function, sigmoid):
        super().__init__(function, ("x", "std"))
        self.sigmoid = sigmoid

    def check(self, std, where):
        """Raise what is wrong with the standard deviation."""
        if std is not None and ((std < 0) & where).any():
            raise ValueError(f"{self.name}(): std must not be negative")

    def drawn(self, generator, operands, shape, dtype):
        """Return noise of a shape."""
        values, std = operands
        spread = np.sqrt(self.sigmoid(values)) if std is None else std
        noise = generator.standard_normal(shape, np.float64 if dtype == np.float64 else np.float32)
        with np.errstate(under="ignore"):
            noise *= spread
            return noise.astype(dtype, copy=False)


class WithSlopes(Drawing):
    """Slopes between two bounds; or their mean, where nothing is to be drawn."""

    def __init__(self, function, *, training=True, results=("row",)):
        super().__init__(function, ("x", "lower", "upper"), results)
        self.training = training

    def __call__(self, operands, /, *, return_slopes, **options):
        """Return the result, and perhaps the slopes."""
        *operands, training = operands
        if not isinstance(training, bool | np.bool):
            raise TypeError(f"{self.name}(): training must be a bool, not {training!r}")
        results = ("row",) * (2 if return_slopes else 1)
        call = WithSlopes(self.function, training=training, results=results)
        return Drawing.__call__(call, tuple(operands), **options)

    def check(self, lower, upper, where):
        """Raise what is wrong with the bounds."""
        if (~(lower <= upper) & where).any():
            raise ValueError(f"{self.name}(): lower must not be above upper")

    def drawn(self, generator, operands, shape, dtype):
        """Return slopes of a shape."""
        _, lower, upper = operands
        wide = np.float64 if dtype == np.float64 else np.float32
        with np.errstate(under="ignore"):
            if not self.training:
                return np.broadcast_to((0.5 * lower + 0.5 * upper).astype(dtype), shape).copy()
            slopes = generator.random(shape, wide)
            slopes *= upper - lower
            slopes += lower
            return slopes.astype(dtype, copy=False)


def apart(x, out):
    """Return an array that may be read block by block while `out` is written so: itself, or a copy."""
    same = (x.ctypes.data, x.strides, x.shape, x.dtype) == (out.ctypes.data, out.strides, out.shape, out.dtype)
    return x if same or not np.may_share_memory(x, out) else x.copy()
