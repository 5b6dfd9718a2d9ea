"""What arrays carry besides numbers: masks, missing values, labels, classes, chunks.

A function that works along axes is written for NumPy arrays. `carried` calls it with other containers: each kind of
them is taken off here, the function is called with what is inside, and its results are put in such a container again.
What is masked or missing goes to the function as its ``where=``, and is masked or missing in the results.

No library is imported here: of a library that is not imported yet there are no containers.
"""

import sys
import weakref

import numpy as np

from ._checks import (
    array_for_result,
    axes_of,
    checked_mask,
    checked_out,
    index_of_axis,
    is_real,
    random_generator,
)

NUMBERS = {int, float, bool, type(None)}
PLAIN = {np.ndarray, list, tuple} | NUMBERS


class Call:
    """A function as `carried` takes it.

    Parameters
    ----------
    name : str
        For errors.
    arguments : tuple of str
        The names of its operands.
    core : sequence of bool
        For each operand, whether it is rows: an array along the axis. Others are one number for each row.
    results : tuple of str
        What it returns, one or a tuple: "row" for what has the shape of the rows, "number" for one number for each row,
        "whole" for one number of all.
    compute : callable
        The function of NumPy arrays and numbers, ``compute(operands, *, axis, keepdims, where, out, **others)``: it is
        given here, or else a method of a subclass. Results may be masked arrays, where it knows that there is none.
    labels : bool
        Whether the last operand is labels, which do not broadcast, and of which 0 is always one.
    over_chunks : _rows.OverChunks
        How it is computed of rows that lie in several of Dask's chunks; without it these are put together.
    of_sparse : str
        What errors advise beside an array, for one of scipy.sparse.
    """

    parameters = ()  # the names of the last operands, if they are positive numbers for each row
    empties = True  # whether rows may be empty

    def __init__(self, name, arguments, core, results, compute=None, *, labels=False, over_chunks=None, of_sparse=""):
        self.name, self.arguments, self.core, self.results = name, arguments, core, results
        self.labels, self.over_chunks, self.of_sparse = labels, over_chunks, of_sparse
        if compute is not None:
            self.compute = compute

    def stages(self):
        """Return how rows in several chunks are computed: what is done, what counts for nothing, what that gives."""
        return [(self.over_chunks, -np.inf, 0.0)] if self.over_chunks else []

    def of_foreign(self, operands, options):
        """Return what it makes of arrays that have a say in what ufuncs make of them; NotImplemented if it cannot."""
        return NotImplemented


def called(call, operands, **options):
    """Return what a function makes of its operands, in containers or not."""
    if carries(*operands, options.get("where", True)):
        return carried(call, operands, options)
    return call.compute(operands, **options)


def by_element(name, function, outputs, arguments, operands, **options):
    """Return what a function makes of its operands element by element, in containers as theirs."""

    def compute(operands, *, axis, where=True, out=None, **kwargs):
        if out is None:  # what is masked may be computed
            return function(*operands, **kwargs)
        return function(*operands, where=where, out=out, **kwargs)

    of_sparse = "; where f(0) = 0, f(x.data) are the elements of the result"
    call = Call(name, arguments, (True,) * len(operands), ("row",) * outputs, compute, of_sparse=of_sparse)
    return carried(call, operands, {"axis": (), **options})


def ndim_of(value):
    """Return the number of axes of an array, in a container or not; 0 of what is no array."""
    try:
        return getattr(value, "ndim", None) or np.ndim(value)
    except (TypeError, ValueError):  # of a data set, and of lists of different lengths
        return 0


def carries(*values):
    """Return whether one of the values may be more than numbers."""
    return any(
        has_masked(value) if type(value) in (list, tuple) else not isinstance(value, np.generic)
        for value in values
        if type(value) is not np.ndarray and type(value) not in NUMBERS
    )


def carried(call, operands, options):
    """Return what a function makes of its operands, in containers as theirs."""
    operands = [from_list(value) if type(value) in (list, tuple) and has_masked(value) else value for value in operands]
    place = min(place_of(value) for value in (*operands, options.get("where", True)))
    return HANDLERS[place][1](call, operands, options)


def place_of(value):
    """Return which of the HANDLERS is for a value; what its class is decides that."""
    place = PLACES.get(type(value))
    if place is None:
        place = next(k for k, (is_kind, _) in enumerate(HANDLERS) if is_kind(value))
        PLACES[type(value)] = place
    return place


def imported(library, *names):
    """Return classes of a library; none where it is not imported, or has not got as far."""
    module = sys.modules.get(library)
    found = (getattr(module, name, None) for name in names)
    return tuple(one for one in found if isinstance(one, type))


def results_of(call, results):
    """Return pairs of what a result is, "row" or "number", and the result."""
    return zip(call.results, results if isinstance(results, tuple) else (results,), strict=True)


def one_or_all(results):
    """Return results as a function returns them: one alone is not in a tuple."""
    return results[0] if len(results) == 1 else tuple(results)


# Masked arrays.


def has_masked(values):
    """Return whether masked arrays, or np.ma.masked, are among what a list has."""
    kinds = {*map(type, values)} - NUMBERS
    if any(issubclass(kind, np.ma.MaskedArray) for kind in kinds):
        return True
    return bool(kinds & {list, tuple}) and any(has_masked(one) for one in values if type(one) in (list, tuple))


def from_list(values):
    """Return a masked array of what a list has; np.asarray would take what is masked for numbers."""
    return np.ma.stack([from_list(one) if type(one) in (list, tuple) else np.ma.asarray(one) for one in values])


def is_masked(value):
    return isinstance(value, np.ma.MaskedArray)


def through_masks(call, operands, options):
    """Call with the data of masked arrays, where nothing is masked; mask the results there."""
    given = [value for value in operands if is_masked(value)]
    where, out = options.get("where", True), array_for_result(call.name, options.get("out"))
    where = where.filled(False) if is_masked(where) else where
    if not given:  # the mask alone
        return carried(call, operands, options | {"where": where})
    both = list(zip(operands, call.core, strict=True))
    shapes = {np.shape(value) for value, is_row in both if is_row}
    shape = shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)
    axes = axes_of(call.name, options["axis"], len(shape))
    hidden = union(
        shape,
        *(np.ma.getmask(value) for value, is_row in both if is_row),
        *(one_for_each_row(value, shape, axes, options) for value, is_row in both if not is_row),
    )
    if where is not True:
        where = checked_mask(call.name, where, shape, call.arguments[0])
    if hidden is not None:
        where = ~hidden if where is True else where & ~hidden
    if out is not None and not is_masked(out) and hidden is not None:
        raise TypeError(f"{call.name}(): out must be a masked array, since some of the result is masked")
    data = [bare(call, *one) for one in both]
    results = carried(call, data, options | {"where": where} | ({} if out is None else {"out": None}))
    made = []
    for what, result in results_of(call, results):
        mask = hidden
        if what == "number" and hidden is not None:
            mask = hidden.all(axis=axes).reshape(np.shape(result))
        made.append(result if what == "whole" else as_masked(result, mask, given[0]))
    if out is None:
        return one_or_all(made)
    out = checked_out(call.name, out, np.shape(made[0]), made[0].dtype, options.get("casting", "same_kind"))
    out[...] = made[0]
    return out


def union(shape, *masks):
    """Return where any of the masks is set, of this shape; None where there is none."""
    masks = [mask for mask in masks if mask is not None and mask is not np.ma.nomask]
    if not masks:
        return None
    if len(masks) == 1 and masks[0].shape == shape:
        return masks[0]
    hidden = np.zeros(shape, bool)
    for mask in masks:
        hidden |= mask
    return hidden


def one_for_each_row(value, shape, axes, options):
    """Return the mask of what has one number for each row, with its axes kept."""
    mask = np.ma.getmask(value)
    if mask is np.ma.nomask or mask.ndim == 0 or options.get("keepdims"):
        return mask
    rows = tuple(n for k, n in enumerate(shape) if k not in axes)
    return np.expand_dims(np.broadcast_to(mask, rows), axes)


def bare(call, value, is_row):
    """Return the data of a masked array; of one number for each row, what passes every check where it is masked."""
    if not is_masked(value):
        return value
    data = np.ma.getdata(value, subok=False)
    return data if is_row else np.where(np.ma.getmaskarray(value), data.dtype.type(not call.labels), data)


def as_masked(result, mask, like):
    """Return a result as a masked array of the class of another; a number as NumPy returns such a number."""
    made = np.ma.array(result, mask=np.ma.nomask if mask is None else mask.copy())
    if not made.ndim:
        return made[()]
    if like is np.ma.masked:  # whose attributes cannot be read without being written
        return made
    made = made.view(type(like))
    if like.dtype.kind == made.dtype.kind == "f":
        made.fill_value = like.fill_value
    if like.hardmask:
        made.harden_mask()
    return made


# Other subclasses of ndarray.


def is_subclass(value):
    return isinstance(value, np.ndarray) and type(value) is not np.ndarray


def through_subclass(call, operands, options):
    """Call with plain arrays, and give the results the class of the first operand that has one."""
    given = [value for value in operands if is_subclass(value)]
    if not given:  # the mask alone
        return carried(call, operands, options | {"where": np.asarray(options["where"])})
    like = max(given, key=lambda value: getattr(value, "__array_priority__", 0.0))
    if type(like).__array_ufunc__ is not np.ndarray.__array_ufunc__:
        return foreign(call, operands, options)
    axes = axes_of(call.name, options["axis"], like.ndim)
    plain = [
        value if not is_subclass(value) else np.asarray(value) if is_row else of_rows(value, axes, options)
        for value, is_row in zip(operands, call.core, strict=True)
    ]
    results = call.compute(plain, **options)
    if options.get("out") is not None:
        return results
    return one_or_all([of_class(like, *one, axes, options) for one in results_of(call, results)])


def of_rows(value, axes, options):
    """Return one number for each row as an array; a matrix of them has two axes all the same."""
    if isinstance(value, np.matrix) and not options.get("keepdims") and len(axes) == 1 and value.shape[axes[0]] == 1:
        return np.asarray(value).squeeze(axes)
    return np.asarray(value)


def of_class(like, what, result, axes, options):
    """Return a result in the class of another array; a matrix has two axes always, and no numbers of its own."""
    if what == "whole" or (isinstance(like, np.matrix) and not np.ndim(result)):
        return result
    if isinstance(like, np.matrix) and what == "number" and not options.get("keepdims"):
        result = np.expand_dims(result, axes)
    return like.__array_wrap__(np.asarray(result), None, not np.ndim(result))


def foreign(call, operands, options):
    """Call with arrays that have a say in what ufuncs make of them, if there is nothing to it but a ufunc."""
    result = call.of_foreign(operands, options)
    if result is NotImplemented:
        given = (*operands, options.get("where", True))
        name = next(type(value).__name__ for value in given if is_foreign(value) or is_subclass(value))
        along = "not" if options["axis"] == () else "along one axis, an int, and without other options"
        raise TypeError(
            f"{call.name}(): an array of class {name} is taken {along}; np.asarray makes it an array of NumPy's"
        )
    return result


def is_foreign(value):
    return (
        type(value) not in PLAIN
        and not isinstance(value, np.ndarray | np.generic)
        and hasattr(value, "__array_ufunc__")
    )


# scipy.sparse.


def is_sparse(value):
    return isinstance(value, imported("scipy.sparse", "spmatrix", "sparray"))


def refuse_sparse(call, operands, options):
    """Raise the error for a sparse array, whose zeros are elements too."""
    value = next(value for value in (*operands, options.get("where")) if is_sparse(value))
    raise TypeError(
        f"{call.name}(): a {type(value).__name__} of scipy.sparse is not taken; x.toarray() is an array{call.of_sparse}"
    )


# pandas.


def is_pandas(value):
    own = imported("pandas", "Series", "DataFrame", "Index")
    return isinstance(value, own + imported("pandas.api.extensions", "ExtensionArray"))


def through_pandas(call, operands, options):
    """Call with the values of pandas' objects; give the results their labels, and missing values where there were."""
    frames = [value for value, is_row in zip(operands, call.core, strict=True) if is_row and is_pandas(value)]
    if not frames:
        operands = [values_of(value) if is_pandas(value) else value for value in operands]
        where = options.get("where", True)
        where = values_of(where) if is_pandas(where) else where
        return carried(call, operands, options | ({} if where is True else {"where": where}))
    like = max(frames, key=np.ndim)
    others = (value for value, is_row in zip(operands, call.core, strict=True) if is_row and not is_pandas(value))
    if max(map(ndim_of, others), default=0) > like.ndim:
        raise ValueError(f"{call.name}(): beside pandas' objects arrays may not have more axes than these")
    axis = options["axis"]
    if hasattr(like, "_get_axis_number"):
        number = like._get_axis_number
        axis = number(axis) if isinstance(axis, str) else axis
        axis = tuple(number(one) if isinstance(one, str) else one for one in axis) if isinstance(axis, tuple) else axis
    axes = axes_of(call.name, axis, like.ndim)
    labels = [like.axes[k] for k in range(like.ndim)] if hasattr(like, "axes") else [None] * like.ndim
    left = [labels[k] for k in range(like.ndim) if k not in axes]
    inner = [
        labelled(call.name, argument, value, labels if is_row else left) if is_pandas(value) else value
        for argument, value, is_row in zip(call.arguments, operands, call.core, strict=True)
    ]
    where = options.get("where", True)
    if is_pandas(where):
        where = labelled(call.name, "where", where, labels)
        if is_masked(where):
            raise ValueError(f"{call.name}(): where has missing values")
        options = options | {"where": where}
    results = carried(call, inner, options | {"axis": axis})
    if options.get("out") is not None:
        return results
    return one_or_all(
        [
            one
            if what == "whole"
            else as_pandas(one, like, labels)
            if what == "row"
            else without(one, like, left, options)
            for what, one in results_of(call, results)
        ]
    )


def values_of(value):
    """Return the values of pandas' object as an array of NumPy's, masked where they are missing."""
    dtypes = list(value.dtypes) if value.ndim == 2 else [value.dtype]
    numpy = [getattr(dtype, "numpy_dtype", getattr(dtype, "subtype", dtype)) for dtype in dtypes]
    if not all(isinstance(dtype, np.dtype) and is_real(dtype) for dtype in numpy):
        return np.asarray(value, object)  # which is refused
    common = np.result_type(*numpy) if numpy else np.dtype(float)
    if not any(map(nullable, dtypes)):
        return np.asarray(value, common)
    missing = np.array(value.isna())  # which pandas may not let be written to
    if value.ndim == 2:
        columns = [value.iloc[:, k] for k in range(value.shape[1])]
        for k, dtype in enumerate(dtypes):
            missing[:, k] &= nullable(dtype)  # elsewhere a NaN is a number as any other
        data = np.stack([filled(one, common) for one in columns], axis=1)
    else:
        data = filled(value, common)
    return np.ma.array(data, mask=missing)


def nullable(dtype):
    """Return whether a dtype of pandas has missing values beside its numbers."""
    return hasattr(dtype, "numpy_dtype") and dtype.na_value is sys.modules["pandas"].NA


def filled(column, dtype):
    """Return the values of a column of pandas', with 0 where they are missing."""
    return column.to_numpy(dtype=dtype, na_value=0) if nullable(column.dtype) else np.asarray(column, dtype)


def labelled(name, argument, value, labels):
    """Return the values of pandas' object in the order of these labels; one of fewer axes goes along the last ones."""
    if hasattr(value, "axes") and value.ndim <= len(labels):
        for k, wanted in enumerate(labels[len(labels) - value.ndim :]):
            own = value.axes[k]
            if wanted is None or own.equals(wanted):
                continue
            if len(own) != len(wanted) or not (own.is_unique and wanted.is_unique) or not own.isin(wanted).all():
                raise ValueError(
                    f"{name}(): the labels of {argument} are not those of the other arguments; "
                    f"{argument}.to_numpy() is taken by position"
                )
            value = value.reindex(wanted, axis=k)
    return values_of(value)


def as_pandas(result, like, labels):
    """Return a result with the labels of pandas' object, in columns of its kinds."""
    if like.ndim == 1:
        column = as_column(result, like.dtype)
        if labels[0] is None or not hasattr(like, "index"):  # an Index, or an array
            return column if not hasattr(like, "name") else type(like)(column, name=like.name)
        return like._constructor(column, index=like.index, name=like.name).__finalize__(like)
    masks = np.ma.getmaskarray(result).any(axis=0) if is_masked(result) else np.zeros(result.shape[1], bool)
    if not any(map(nullable, like.dtypes)) and not masks.any():
        frame = like._constructor(np.asarray(result), index=like.index, columns=like.columns)
        return frame.__finalize__(like)
    columns = {k: as_column(result[:, k], dtype, masks[k]) for k, dtype in enumerate(like.dtypes)}
    frame = like._constructor(columns, index=like.index)
    frame.columns = like.columns
    return frame.__finalize__(like)


def as_column(result, dtype, masked=False):
    """Return an array for a column: of a dtype with missing values where the source is of such a one."""
    pandas = sys.modules["pandas"]
    if not (nullable(dtype) or masked or (is_masked(result) and np.ma.getmask(result).any())):
        return np.asarray(result)
    data, mask = np.ma.getdata(result), np.ma.getmaskarray(result).copy()
    if data.dtype == bool:
        return pandas.arrays.BooleanArray(data.copy(), mask)
    data = data.astype(np.promote_types(data.dtype, np.float32), copy=True)  # pandas has no such dtype of float16
    column = pandas.arrays.FloatingArray(data, mask)
    if hasattr(dtype, "pyarrow_dtype"):
        kinds = {"float32": "float", "float64": "double"}
        return pandas.array(column, dtype=f"{kinds[data.dtype.name]}[pyarrow]")
    return column


def without(result, like, left, options):
    """Return one number for each row, with the labels of the axis that is left."""
    pandas = sys.modules["pandas"]
    if options.get("keepdims"):
        return result  # of which no axis but one has labels
    if result is np.ma.masked:
        return pandas.NA
    if not left:
        return result
    dtype = next((dtype for dtype in like.dtypes if nullable(dtype)), np.dtype(float))
    return like._constructor_sliced(as_column(result, dtype), index=left[0]).__finalize__(like)


# xarray.


def is_xarray(value):
    return isinstance(value, imported("xarray", "DataArray", "Dataset", "Variable"))


def through_xarray(call, operands, options):
    """Call with the arrays in xarray's objects, along dimensions by name or number; give the results their labels."""
    xarray = sys.modules["xarray"]
    where = options.get("where", True)
    rows = [value for value, is_row in zip(operands, call.core, strict=True) if is_row and is_xarray(value)]
    if any(isinstance(value, xarray.Dataset) for value in operands):
        return each_variable(call, operands, options)
    if isinstance(where, xarray.Dataset):
        raise TypeError(f"{call.name}(): where must be an array, not a Dataset")
    if not rows:
        bare_operands = [value.data if is_xarray(value) else value for value in operands]
        return carried(call, bare_operands, options | ({"where": where.data} if is_xarray(where) else {}))
    labelled = [xarray.DataArray(value) if isinstance(value, xarray.Variable) else value for value in operands]
    where = {"where": xarray.DataArray(where)} if isinstance(where, xarray.Variable) else {}
    results = along_dimensions(call, labelled, options | where)
    if all(isinstance(value, xarray.Variable) for value in rows):
        return one_or_all([getattr(one, "variable", one) for _, one in results_of(call, results)])
    return results


def along_dimensions(call, operands, options):
    """Call with data arrays."""
    xarray = sys.modules["xarray"]
    where = options.get("where", True)
    rows = [value for value, is_row in zip(operands, call.core, strict=True) if is_row and is_xarray(value)]
    if max(map(ndim_of, operands)) > max(value.ndim for value in rows):
        raise ValueError(f"{call.name}(): beside xarray's objects arrays may not have more axes than these")
    try:
        like, *_ = xarray.broadcast(*xarray.align(*rows, join="exact", copy=False)) if len(rows) > 1 else rows
    except ValueError as error:
        raise ValueError(f"{call.name}(): {error}") from None
    axis = options["axis"]
    names = list(like.dims) if axis is None else list(axis) if isinstance(axis, tuple) else [axis]
    dims = [dimension(call, one, like) for one in names if like.ndim or one not in (-1, 0)]
    axes = tuple(like.get_axis_num(one) for one in dims)
    inner = []
    for argument, value, is_row in zip(call.arguments, operands, call.core, strict=True):
        if not is_xarray(value):
            inner.append(value)
        elif is_row:
            inner.append(values_like(call, argument, value, like))
        else:
            number = alone(value, dims) if options.get("keepdims") else value
            inner.append(values_like(call, argument, number, like.sum(dims)))
    if is_xarray(where):
        options = options | {"where": values_like(call, "where", where, like)}
    if axis is not None:
        axis = axes[0] if len(axes) == 1 and not isinstance(axis, tuple) else axes
    results = carried(call, inner, options | {"axis": axis} | ({"keepdims": False} if "keepdims" in options else {}))
    if options.get("out") is not None:
        return results
    return one_or_all([as_xarray(*one, like, dims, options) for one in results_of(call, results)])


def as_xarray(what, result, like, dims, options):
    """Return a result with the labels of a data array; what is masked is NaN, as xarray has what is missing."""
    if is_masked(result) and result.dtype.kind == "f":
        result = result.filled(np.nan)
    if what == "whole":
        return result
    if what == "row":
        return like.copy(data=result)
    return like.reduce(lambda *_, **__: result, dims, keepdims=options.get("keepdims", False), keep_attrs=True)


def each_variable(call, operands, options):
    """Call with each variable of a data set, and of the other sets that are operands."""
    dataset = next(value for value in operands if hasattr(value, "data_vars"))
    if "rng" in options:  # one for all, so that each has noise of its own
        options = options | {"rng": random_generator(call.name, options["rng"])}

    def of(name):
        chosen = [value[name] if hasattr(value, "data_vars") else value for value in operands]
        where = options.get("where", True)
        return through_xarray(call, chosen, options | ({"where": where[name]} if hasattr(where, "data_vars") else {}))

    made = {name: of(name) for name in dataset.data_vars}
    if len(call.results) == 1:
        return type(dataset)(made, attrs=dataset.attrs)
    return tuple(type(dataset)({name: one[k] for name, one in made.items()}) for k in range(len(call.results)))


def dimension(call, axis, like):
    """Return the dimension that an axis stands for: its name, or its number."""
    if axis in like.dims:
        return axis
    if isinstance(axis, str):
        raise ValueError(f"{call.name}(): axis {axis!r} is none of the dimensions {tuple(like.dims)}")
    return like.dims[index_of_axis(call.name, axis, like.ndim, "an int, the name of a dimension, or a tuple of them")]


def alone(value, dims):
    """Return what has one number for each row without the dimensions that rows lie along."""
    return value.squeeze([one for one in dims if one in value.dims], drop=True)


def values_like(call, argument, value, like):
    """Return the array of xarray's object, with the dimensions of another in their order."""
    xarray = sys.modules["xarray"]
    others = [one for one in value.dims if one not in like.dims]
    if others:
        raise ValueError(f"{call.name}(): {argument} has the dimension {others[0]!r}, and may have {tuple(like.dims)}")
    try:
        value, _ = xarray.align(value, like, join="exact", copy=False)
        return value.broadcast_like(like).transpose(*like.dims).data
    except ValueError as error:
        raise ValueError(f"{call.name}(): {argument}: {error}") from None


# Dask.


def is_dask(value):
    return isinstance(value, imported("dask.array", "Array"))


def through_dask(call, operands, options):
    """Call with the chunks of Dask's arrays, later."""
    from . import _dask  # it imports dask

    return _dask.along(call, operands, options)


def plainly(call, operands, options):
    """Call with what is in no container."""
    return call.compute(operands, **options)


HANDLERS = (
    (is_sparse, refuse_sparse),
    (is_xarray, through_xarray),
    (is_pandas, through_pandas),
    (is_dask, through_dask),
    (is_masked, through_masks),
    (is_subclass, through_subclass),
    (is_foreign, foreign),
    (lambda value: True, plainly),
)
PLACES = weakref.WeakKeyDictionary()
