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
        public = along_axis(ufunc, function, made.get(f"{ufunc.public_name}.tempered"))
    elif ufunc.row.noise:
        public = with_noise(function, made["sigmoid"])
    else:
        public = with_parameters(ufunc, function)
    public.__name__ = ufunc.row.name
    public.__qualname__ = ufunc.public_name
    public.__module__ = "fastact"
    public.__doc__ = doc
    public.ufunc = function
    return public


def is_real(dtype):
    """Whether the ufuncs take inputs of this dtype."""
    return dtype.kind in "biuf" and dtype.itemsize <= 8


def checked(name, error, arguments):
    """Return the error to raise for ``error``: it names the function, and the argument whose dtype is to blame."""
    for argument, value in arguments.items():
        given = np.asarray(value).dtype
        if not is_real(given):
            return TypeError(f"{name}(): {argument} must be real, of at most double precision, not {given}")
    return error if name in str(error) else TypeError(f"{name}(): {error}")


def index_of_axis(name, axis, ndim, allowed="an int"):
    """Return an axis as an int from 0 on."""
    try:
        index = None if isinstance(axis, bool) else operator.index(axis)
    except TypeError:
        index = None
    if index is None:
        raise TypeError(f"{name}(): axis must be {allowed}, not {axis!r}")
    if not -ndim <= index < ndim:
        raise np.exceptions.AxisError(f"{name}(): axis {axis} is out of bounds for {ndim} dimensions")
    return index % ndim


def with_parameters(ufunc, function):
    """Return a function with the row's parameters, by name, after the arrays: Python source, as namedtuple's."""
    arrays = ufunc.arrays
    names = [*arrays, *(parameter.name for parameter in ufunc.row.parameters)]
    defaults = ", ".join(f"{parameter.name}={parameter.default!r}" for parameter in ufunc.row.parameters)
    name, values = ufunc.public_name, ", ".join(names)
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


def along_axis(ufunc, function, tempered):
    """Return a function with an axis in front of a gufunc on the last: Python source, as namedtuple's.

    A plain array and the defaults need no checking or moving; everything else goes by `AlongAxis`.
    """
    row, (x, *others) = ufunc.row, ufunc.arrays
    options = {"axis": "-1"} | ({"keepdims": "False"} if row.reduces else {})
    options |= {parameter.name: repr(parameter.default) for parameter in row.parameters}
    plain = [f"type({x}) is ndarray and {x}.size and type(axis) is int and -{x}.ndim <= axis < {x}.ndim"]
    plain += [f"type({parameter.name}) is float" for parameter in row.parameters]
    plain += [f"{option} == {default}" for option, default in options.items() if option != "axis" or row.reduces]
    keywords = {"where": "True"} if row.mask and not ufunc.space else {}
    plain += [f"{keyword} is {default}" for keyword, default in keywords.items()]
    plain += [f"type({dy}) is ndarray and {dy}.shape == {x}.shape{'[:-1]' * row.reduces}" for dy in others]
    values = ", ".join([x, *others, *(parameter.name for parameter in row.parameters)])
    given = ", ".join(f"{name}={name}" for name in options | keywords if name in ("axis", "keepdims", "where"))
    written = ", ".join(f"{name}={default}" for name, default in options.items())
    only = "".join(f"{name}={default}, " for name, default in keywords.items())
    like = (
        ""
        if row.reduces and not ufunc.space
        else f"""
        if out is None and axis != -1:
            out = alike({", ".join([x, *others])})"""
    )
    source = f"""
def facade({", ".join([x, *others])}, /, {written}, *, {only}out=None, **kwargs):
    if not kwargs and {" and ".join(plain)}:{like}
        try:
            return function({", ".join([x, *others])}, out=out, axis=axis)
        except (TypeError, ValueError) as error:
            raise along.named(error, ({values},)) from error
    return along(({values},), out, kwargs, {given})
"""
    space = {"function": function, "along": AlongAxis(ufunc, function, tempered), "ndarray": np.ndarray, "alike": alike}
    exec(source, space)
    if tempered is not None:
        space["facade"].tempered = tempered
    return space["facade"]


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

    def __init__(self, ufunc, function, tempered):
        self.ufunc, self.row, self.name = ufunc, ufunc.row, ufunc.public_name
        self.plain, self.tempered = function, tempered
        self.core = [*ufunc.core, *(False for _ in ufunc.row.parameters)]
        self.arguments = [*ufunc.arrays, *(parameter.name for parameter in ufunc.row.parameters)]

    def __call__(self, operands, out, kwargs, **options):
        try:
            return self.compute(operands, out, kwargs, **options)
        except (TypeError, ValueError) as error:
            raise self.named(error, operands) from error

    def named(self, error, operands):
        """Return the error to raise for one: it names the function, and the argument whose dtype is to blame."""
        if isinstance(error, TypeError):
            return checked(self.name, error, dict(zip(self.arguments, operands, strict=True)))
        return error if str(error).startswith(self.name) else ValueError(f"{self.name}(): {error}")

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
        reduced = self.row.reduces and not self.ufunc.space
        if moved or (reduced and keepdims):
            result = function(*rows, *numbers, axis=one, **kwargs)
            if reduced:
                result = np.expand_dims(result, axes) if keepdims else result
            else:
                result = unflattened(result, shape, axes)
            result = delivered(self.name, result, out, kwargs)
        else:
            if out is None and not reduced and not kwargs:
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
            if shape[index] == 0 and not self.row.reduces:
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
        if self.row.parameters and not ((array > 0) & (array < np.inf)).all():
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
    out = target(name, out, np.shape(result), result.dtype, kwargs.get("casting", "same_kind"))
    if out is None:
        return result
    if out.shape != np.shape(result):
        raise ValueError(f"{name}(): out has shape {out.shape}, not {np.shape(result)}")
    np.copyto(out, result, casting="unsafe")
    return out


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
