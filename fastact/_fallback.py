"""The last rung: functions that behave as the ufuncs do, on NumPy alone.

float16 and float32 are computed in float64 and rounded once. Results go through a temporary array, so that ``out=``
may overlap the inputs in any way.
"""

import functools

import numpy as np

from ._blocks import BLOCK, blocks
from ._carriers import by_element, carries
from ._checks import checked_out

LOOPS = tuple(np.dtype(letter) for letter in "efd")
INTEGERS = tuple(np.dtype(letter) for letter in "bBhHiIlLqQ")


def resolve(name, operands, dtype, casting, known=LOOPS):
    """Return the dtype of the loop that the compiled ufunc takes: the first of those known that NumPy's rules allow."""
    # Python numbers beside arrays take their dtype.
    weak = [type(x) in (int, float) and len(operands) > 1 for x in operands]
    strong = [np.asarray(x).dtype for x, is_weak in zip(operands, weak, strict=True) if not is_weak]
    if dtype is not None:
        loops = [loop for loop in known if loop == np.dtype(dtype)]
    elif all(given.kind in ("biu" if float in map(type, operands) else "b" * any(weak)) for given in strong):
        loops = known[-1:]  # a Python number of a kind above the arrays'
    else:
        loops = [loop for loop in known if all(np.can_cast(given, loop, "safe") for given in strong)][:1]
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

    def made(*operands, out=None, axis=-1, casting="same_kind", order="K", dtype=None, signature=None, subok=True):
        dtype = dtype if signature is None else signature[0]
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
    loop = resolve(name, operands[:counted], dtype, casting, INTEGERS * bool(entry.integers) + LOOPS)
    # A cast may warn, as a ufunc's own does; that of a Python number does not underflow there.
    typed = [loop.type(x) if type(x) in (int, float) else x for x in operands[:counted]]
    arrays = [np.asarray(x).astype(loop, copy=False) for x in typed]
    for x, kind in zip(operands[counted:], (np.bool, np.float64), strict=False):
        arrays.append(np.asarray(x).astype(kind, casting="safe", copy=False))
    if axis is not None:
        return by_rows(entry, arrays, outs[0], loop=loop, axis=axis, casting=casting)
    shape = np.broadcast_shapes(*(array.shape for array in arrays), np.shape(where))
    if loop.kind == "f":
        results = evaluated(entry, entry.form.numpy, arrays, loop, order)
    else:
        results = [np.asarray(entry.integers(*arrays)).astype(loop, order=order)]
    # All are checked before one is written to.
    outs = [checked_out(name, out, shape, loop, casting) for out in outs]
    given = [
        deliver(result, out, shape, loop=loop, casting=casting, where=where)
        for result, out in zip(results, outs, strict=True)
    ]
    return tuple(given) if outputs > 1 else given[0]


def evaluated(entry, formula, arrays, loop, order="K"):
    """Return a list of what a formula makes of arrays in float64, rounded to the loop's dtype, without its warnings."""
    with np.errstate(**dict.fromkeys({"divide", "under", "over", "invalid"} - {entry.form.raises[:4]}, "ignore")):
        wide = [array if array.dtype == np.bool else array.astype(np.float64, copy=False) for array in arrays]
        results = formula(*wide)
        results = results if entry.nout > 1 else (results,)
        return [np.asarray(result).astype(loop, order=order) for result in results]


def by_rows(entry, arrays, out, *, loop, axis, casting):
    """Return what a gufunc of the rows makes of arrays, some rows at a time."""
    name, plain = entry.public_name, len(arrays) == len(entry.arrays)
    formula = entry.form.numpy if plain else functools.partial(general, entry)
    arrays = [
        np.moveaxis(one, axis, -1) if is_row else one[..., np.newaxis]
        for one, is_row in zip(arrays, entry.core, strict=True)
    ]
    n, several = arrays[0].shape[-1], np.broadcast_shapes(*(one.shape[:-1] for one in arrays))
    reduced = not entry.signature.endswith("(n)")
    shape = several if reduced else with_axis(several, axis, n)
    out = checked_out(name, out, shape, loop, casting)
    if not reduced and out is not None and out.shape[axis] != n:
        raise ValueError(f"{name}(): axis {axis} has length {n}, in out {out.shape[axis]}")
    own = out is None or out.shape != shape or out.dtype != loop or any(np.may_share_memory(out, one) for one in arrays)
    delivered = np.empty(shape, loop) if own else out
    result = delivered if reduced else np.moveaxis(delivered, axis, -1)
    arrays = [np.broadcast_to(one, (*several, one.shape[-1])) for one in arrays]
    for block in blocks(several, max(1, BLOCK // max(n, 1))):
        # Contiguous rows: NumPy adds up others in another order, and a row's result is to depend on the row alone.
        some = [np.ascontiguousarray(one[block]) for one in arrays]
        (result[block],) = evaluated(entry, formula, some, loop)
    if out is None:
        return delivered if delivered.ndim else delivered[()]
    if own:
        np.copyto(out, delivered, casting=casting)
    return out


def with_axis(shape, axis, n):
    """Return a shape with an axis of length n put in."""
    at = axis % (len(shape) + 1)
    return (*shape[:at], n, *shape[at:])


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
