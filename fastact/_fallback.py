"""The last rung: functions that behave as the ufuncs do, on NumPy alone.

float16 and float32 are computed in float64 and rounded once. Results go through a temporary array, so that ``out=``
may overlap the inputs in any way.
"""

import numpy as np

from . import _reference

LOOPS = tuple(np.dtype(letter) for letter in "efd")


def resolve(name, operands, dtype, casting):
    """Return the dtype of the loop that the compiled ufunc would take: NumPy's own rules, asked of logaddexp."""
    try:
        common = np.result_type(*(x if type(x) in (int, float) else np.asarray(x).dtype for x in operands))
        loop = np.logaddexp.resolve_dtypes((common, common, None))[2]
    except TypeError:
        loop = np.dtype(object)
    if dtype is not None and loop in LOOPS and all(np.can_cast(np.asarray(x).dtype, dtype, casting) for x in operands):
        loop = np.dtype(dtype)
    elif dtype is not None:
        loop = np.dtype(object)
    if loop not in LOOPS:
        given = ", ".join(str(np.asarray(x).dtype) for x in operands)
        wanted = "" if dtype is None else f" with dtype={np.dtype(dtype)} and casting {casting!r}"
        raise TypeError(f"ufunc '{name}' not supported for the input types{wanted}: {given}")
    return loop


def target(name, out, shape, loop, casting):
    """Return the array that the result goes to, checked."""
    (out,) = out if isinstance(out, tuple) and len(out) == 1 else (out,)
    if out is None:
        return None
    if not isinstance(out, np.ndarray):
        raise TypeError(f"{name}(): out must be an array, not {type(out).__name__}")
    if np.broadcast_shapes(shape, out.shape) != out.shape:
        raise ValueError(f"{name}(): out has shape {out.shape}, which inputs of shape {shape} do not broadcast to")
    if not np.can_cast(loop, out.dtype, casting):
        raise TypeError(
            f"Cannot cast ufunc '{name}' output from {loop!r} to {out.dtype!r} with casting rule '{casting}'"
        )
    return out


def function(ufunc, doc):
    """Return the NumPy function that stands for a ufunc of the table."""
    name, formula, inputs = ufunc.name, getattr(_reference, ufunc.kernel), ufunc.inputs

    def compute(*operands, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True, axis=-1):
        if len(operands) == inputs + 1 and out is None:
            *operands, out = operands
        if len(operands) != inputs:
            raise TypeError(f"{name}() takes {inputs} positional arguments but {len(operands)} were given")
        loop = resolve(name, operands, dtype, casting)
        arrays = [np.asarray(x) for x in operands]
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
        out = target(name, out, shape, loop, casting)
        arrays = [array.astype(loop, copy=False) for array in arrays]  # may warn, as a ufunc's own cast does
        with np.errstate(all="ignore"):
            wide = [array.astype(np.float64, copy=False) for array in arrays]
            if ufunc.row.axis:
                wide = [np.moveaxis(array, axis, -1) for array in wide]
                result = np.moveaxis(formula(*wide), -1, axis)
            else:
                result = formula(*wide)
            result = np.asarray(result).astype(loop, order=order)
        if out is None and where is True:
            return result if result.ndim else result[()]
        if out is None:
            out = np.empty(np.broadcast_shapes(shape, np.shape(where)), loop)
        np.copyto(out, result, casting=casting, where=where)
        return out

    compute.__name__ = name
    compute.__doc__ = doc
    return compute
