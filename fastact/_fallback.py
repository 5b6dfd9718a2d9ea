"""The last rung: functions that behave as the ufuncs do, on NumPy alone.

float16 and float32 are computed in float64 and rounded once. Results go through a temporary array, so that ``out=``
may overlap the inputs in any way.
"""

import numpy as np

from ._checks import checked_out

LOOPS = tuple(np.dtype(letter) for letter in "efd")


def resolve(name, operands, dtype, casting):
    """Return the dtype of the loop that the compiled ufunc takes: the first of e, f, d that NumPy's rules allow."""
    weak = [type(x) in (int, float) for x in operands]  # Python numbers take the arrays' dtype
    strong = [np.asarray(x).dtype for x, is_weak in zip(operands, weak, strict=True) if not is_weak]
    if dtype is not None:
        loops = [loop for loop in LOOPS if loop == np.dtype(dtype)]
    elif all(given.kind in ("biu" if float in map(type, operands) else "b" * any(weak)) for given in strong):
        loops = LOOPS[-1:]  # a Python number of a kind above the arrays'
    else:
        loops = [loop for loop in LOOPS if all(np.can_cast(given, loop, "safe") for given in strong)][:1]
    for loop in loops:
        if all(np.can_cast(given, loop, casting) for given in strong):
            return loop
    given = ", ".join(str(np.asarray(x).dtype) for x in operands)
    wanted = "" if dtype is None else f" with dtype={np.dtype(dtype)}"
    raise TypeError(f"ufunc '{name}' not supported for the input types {given}{wanted} and casting rule '{casting}'")


def entry_of(name):
    """Return what the rows say of a ufunc. They are read when they are first asked for: compiled rungs need none."""
    from ._rows import by_name

    return by_name()[name]


def function(name, doc):
    """Return the NumPy function that stands for a ufunc of the rows."""
    entry = entry_of(name)
    return along_axis(name, doc) if entry.row.axis else elementwise(entry, doc)


def elementwise(entry, doc):
    """Return the NumPy function that stands for an elementwise ufunc of the rows."""

    def made(*operands, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True):
        return compute(entry, operands, out, casting=casting, order=order, dtype=dtype, where=where)

    return known_as(made, entry.name, doc)


def along_axis(name, doc):
    """Return the NumPy function that stands for a gufunc of the rows."""

    def made(*operands, out=None, axis=-1, casting="same_kind", order="K", dtype=None, subok=True):
        return compute(entry_of(name), operands, out, casting=casting, order=order, dtype=dtype, axis=axis)

    return known_as(made, name, doc)


def known_as(made, name, doc):
    """Give a function the name and the docstring of the ufunc that it stands for."""
    made.__name__, made.__doc__ = name, doc
    return made


def compute(entry, operands, out, *, casting, order, dtype, where=True, axis=None):
    """Return what a ufunc of the rows makes of its operands, by its NumPy formula."""
    name, inputs, outputs = entry.name, entry.nin, entry.nout
    if len(operands) == inputs + outputs and out is None:
        operands, out = operands[:inputs], operands[inputs:]
    if len(operands) != inputs:
        raise TypeError(f"{name}() takes {inputs} positional arguments but {len(operands)} were given")
    outs = out if isinstance(out, tuple) else (out,) * (1 if outputs == 1 or out is not None else outputs)
    if len(outs) != outputs:
        raise TypeError(f"{name}(): out must be a tuple of {outputs} arrays")
    loop = resolve(name, operands, dtype, casting)
    # A cast may warn, as a ufunc's own does; that of a Python number does not underflow there.
    typed = [loop.type(x) if type(x) in (int, float) else x for x in operands]
    arrays = [np.asarray(x).astype(loop, copy=False) for x in typed]
    if axis is not None:
        rows = zip(arrays, entry.core, strict=True)
        # Contiguous rows: NumPy adds up others in another order, and a row's result is to depend on the row alone.
        arrays = [
            np.ascontiguousarray(np.moveaxis(one, axis, -1)) if is_row else one[..., np.newaxis] for one, is_row in rows
        ]
    shape = np.broadcast_shapes(*(array.shape for array in arrays), np.shape(where))
    with np.errstate(**dict.fromkeys({"divide", "under", "over", "invalid"} - {entry.form.raises[:4]}, "ignore")):
        results = entry.form.numpy(*(array.astype(np.float64, copy=False) for array in arrays))
        results = results if outputs > 1 else (results,)
        results = [np.asarray(result).astype(loop, order=order) for result in results]
    given = [
        deliver(name, result, out, shape, loop=loop, casting=casting, where=where, axis=axis)
        for result, out in zip(results, outs, strict=True)
    ]
    return tuple(given) if outputs > 1 else given[0]


def deliver(name, result, out, shape, *, loop, casting, where, axis):
    """Return one result in the array that was asked for."""
    keeps = axis is not None and result.ndim == len(shape)
    result = np.moveaxis(result, -1, axis) if keeps else result
    shape = result.shape if axis is not None else shape
    out = checked_out(name, out, shape, loop, casting)
    if keeps and out is not None and out.shape[axis] != shape[axis]:
        raise ValueError(f"{name}(): axis {axis} has length {shape[axis]}, in out {out.shape[axis]}")
    delivered = out
    if out is None:  # an output need not depend on every input
        delivered = result if where is True and result.shape == shape else np.empty(shape, loop)
    if delivered is not result:
        np.copyto(delivered, result, casting=casting, where=where)
    return delivered if out is not None or delivered.ndim else delivered[()]
