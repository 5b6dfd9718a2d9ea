"""The last rung: functions that behave as the ufuncs do, on NumPy alone.

float16 and float32 are computed in float64 and rounded once. Results go through a temporary array, so that ``out=``
may overlap the inputs in any way.
"""

import functools

import numpy as np

from ._carriers import by_element, carries
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

    def of_arrays(*operands, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True):
        return compute(entry, operands, out, casting=casting, order=order, dtype=dtype, where=where)

    def made(*operands, **options):
        if len(operands) == entry.nin and carries(*operands):
            return by_element(entry.public_name, of_arrays, entry.nout, entry.operands, operands, **options)
        return of_arrays(*operands, **options)

    made.nout = entry.nout
    return known_as(made, entry.name, doc)


def along_axis(name, doc):
    """Return the NumPy function that stands for a gufunc of the rows."""

    def made(*operands, out=None, axis=-1, casting="same_kind", order="K", dtype=None, subok=True):
        if name.endswith("general"):
            e = entry_of(name)
            k = len(e.arrays)
            arr, mask, rest = [np.asarray(o) for o in operands[:k]], np.asarray(operands[k]), operands[k+1:]
            loop = resolve(name, operands[:k], dtype, casting)
            import functools
            m = np.moveaxis(np.broadcast_to(mask, arr[0].shape), axis, -1)
            rows = [np.moveaxis(a, axis, -1).astype(float) if c else a.astype(float)[...,None] for a, c in zip(arr, e.core)]
            rows = [np.where(m, r, 0 if i else e.stand_in) if c else r for i,(r,c) in enumerate(zip(rows, e.core))]
            rows[0] = np.where(m.any(-1, keepdims=True), rows[0], 0)
            with np.errstate(all="ignore"):
                res = e.form.numpy(*rows, *[np.asarray(t)[...,None] for t in rest])
            if res.ndim == m.ndim: res = np.moveaxis(np.where(m, res, e.masked), -1, axis)
            else: res = np.where(m.any(-1), res, e.masked)
            res = res.astype(loop)
            if out is not None: out[...] = res; return out
            return res if res.ndim else res[()]
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
    # A mask and a temperature of rows do not count for the dtype of the loop.
    counted = len(entry.arrays) if axis is not None else inputs
    loop = resolve(name, operands[:counted], dtype, casting)
    # A cast may warn, as a ufunc's own does; that of a Python number does not underflow there.
    typed = [loop.type(x) if type(x) in (int, float) else x for x in operands[:counted]]
    arrays = [np.asarray(x).astype(loop, copy=False) for x in typed]
    for x, kind in zip(operands[counted:], (np.bool, np.float64), strict=False):
        arrays.append(np.asarray(x).astype(kind, casting="safe", copy=False))
    if axis is not None:
        rows = zip(arrays, entry.core, strict=True)
        # Contiguous rows: NumPy adds up others in another order, and a row's result is to depend on the row alone.
        arrays = [
            np.ascontiguousarray(np.moveaxis(one, axis, -1)) if is_row else one[..., np.newaxis] for one, is_row in rows
        ]
    shape = np.broadcast_shapes(*(array.shape for array in arrays), np.shape(where))
    with np.errstate(**dict.fromkeys({"divide", "under", "over", "invalid"} - {entry.form.raises[:4]}, "ignore")):
        wide = [array.astype(np.float64, copy=False) if array.dtype != np.bool else array for array in arrays]
        results = (entry.form.numpy if counted == inputs else functools.partial(general, entry))(*wide)
        results = results if outputs > 1 else (results,)
        results = [np.asarray(result).astype(loop, order=order) for result in results]
    if axis is not None:
        results = [np.moveaxis(one, -1, axis) if one.ndim == len(shape) else one for one in results]
    shapes = [one.shape for one in results] if axis is not None else [shape] * outputs
    # All are checked before one is written to.
    outs = [checked_out(name, *one, loop, casting) for one in zip(outs, shapes, strict=True)]
    for result, out in zip(results, outs, strict=True):
        if axis is not None and out is not None and result.ndim == len(shape) and out.shape[axis] != result.shape[axis]:
            raise ValueError(f"{name}(): axis {axis} has length {result.shape[axis]}, in out {out.shape[axis]}")
    given = [
        deliver(result, out, one, loop=loop, casting=casting, where=where)
        for result, out, one in zip(results, outs, shapes, strict=True)
    ]
    return tuple(given) if outputs > 1 else given[0]


def general(entry, *operands):
    """Return what a gufunc of rows makes of arrays, a mask of what takes part, and what parameters it has.

    A stand-in that counts for nothing takes the place of what is masked, in rows that are all masked a 0.
    """
    count = len(entry.arrays)
    arrays, mask, parameters = operands[:count], operands[count], operands[count + 1 :]
    any_of_row = mask.any(axis=-1, keepdims=True)
    arrays = [
        np.where(mask, array, np.where(any_of_row, stand_in, 0.0)) if is_row else array
        for array, stand_in, is_row in zip(arrays, (entry.stand_in, 0.0), entry.core, strict=False)
    ]
    result = entry.form.numpy(*arrays, *parameters)
    return np.where(mask if entry.signature.endswith("(n)") else any_of_row[..., 0], result, entry.masked)


def deliver(result, out, shape, *, loop, casting, where):
    """Return one result, of this shape, in the array that was asked for."""
    delivered = out
    if out is None:  # an output need not depend on every input
        delivered = result if where is True and result.shape == shape else np.empty(shape, loop)
    if delivered is not result:
        np.copyto(delivered, result, casting=casting, where=where)
    return delivered if out is not None or delivered.ndim else delivered[()]
