"""The last rung: functions that behave as the ufuncs do, on NumPy alone.

float16 and float32 are computed in float64 and rounded once. Results go through a temporary array, so that ``out=``
may overlap the inputs in any way.
"""

import numpy as np

from . import _reference

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


def target(name, out, shape, loop, casting):
    """Return the array that the result goes to, checked, or None."""
    (out,) = out if isinstance(out, tuple) and len(out) == 1 else (out,)
    if out is None:
        return None
    if not isinstance(out, np.ndarray):
        raise TypeError(f"{name}(): out must be an array, not {type(out).__name__}")
    try:
        fits = np.broadcast_shapes(shape, out.shape) == out.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name}(): out has shape {out.shape}, to which {shape} does not broadcast")
    if not np.can_cast(loop, out.dtype, casting):
        raise TypeError(
            f"Cannot cast ufunc '{name}' output from {loop!r} to {out.dtype!r} with casting rule '{casting}'"
        )
    return out


def function(ufunc, doc):
    """Return the NumPy function that stands for a ufunc of the table."""
    name, formula, inputs = ufunc.name, getattr(_reference, ufunc.kernel.removesuffix("_tempered")), ufunc.inputs
    silenced = dict.fromkeys({"divide", "under", "over", "invalid"} - {ufunc.form.raises[:4]}, "ignore")

    def compute(operands, out, *, casting, order, dtype, where=True, axis=None):
        if len(operands) == inputs + 1 and out is None:
            *operands, out = operands
        if len(operands) != inputs:
            raise TypeError(f"{name}() takes {inputs} positional arguments but {len(operands)} were given")
        loop = resolve(name, operands, dtype, casting)
        # A cast may warn, as a ufunc's own does; that of a Python number does not underflow there.
        typed = [loop.type(x) if type(x) in (int, float) else x for x in operands]
        arrays = [np.asarray(x).astype(loop, copy=False) for x in typed]
        if axis is not None:
            rows = zip(arrays, ufunc.core, strict=True)
            # Contiguous rows: NumPy adds up others in another order, and a row's result is to depend on the row alone.
            arrays = [
                np.ascontiguousarray(np.moveaxis(one, axis, -1)) if is_row else one[..., np.newaxis]
                for one, is_row in rows
            ]
        shape = np.broadcast_shapes(*(array.shape for array in arrays), np.shape(where))
        with np.errstate(**silenced):
            wide = [array.astype(np.float64, copy=False) for array in arrays]
            result = np.asarray(formula(*wide)).astype(loop, order=order)
        keeps = axis is not None and result.ndim == len(shape)
        result = np.moveaxis(result, -1, axis) if keeps else result
        shape = result.shape if axis is not None else shape
        out = target(name, out, shape, loop, casting)
        if keeps and out is not None and out.shape[axis] != shape[axis]:
            raise ValueError(f"{name}(): axis {axis} has length {shape[axis]}, in out {out.shape[axis]}")
        delivered = out
        if out is None:
            delivered = result if where is True else np.empty(shape, loop)
        if delivered is not result:
            np.copyto(delivered, result, casting=casting, where=where)
        return delivered if out is not None or delivered.ndim else delivered[()]

    def along_axis(*operands, out=None, axis=-1, casting="same_kind", order="K", dtype=None, subok=True):
        return compute(operands, out, casting=casting, order=order, dtype=dtype, axis=axis)

    def elementwise(*operands, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True):
        return compute(operands, out, casting=casting, order=order, dtype=dtype, where=where)

    made = along_axis if ufunc.row.axis else elementwise
    made.__name__ = name
    made.__doc__ = doc
    return made
