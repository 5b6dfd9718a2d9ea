"""Dask's arrays: what a function along axes makes of chunks, later.

Where the axes are in one chunk, each chunk is a call of the function, and has NumPy's bits. Where they are in several,
each chunk tells a few numbers of each of its rows (`_rows._chunks`), these are merged as a tree, and each chunk's result is
computed from the chunk and from what all of them tell. That is done in float64 and rounded once: results in float16 and
float32 are within 0.51 ULP, in float64 within 8; gradients within so much of the size of what is added up. They depend on
the chunks in their last bits. Beside its chunks a worker holds a few numbers for each row; of sparsemax it is the
elements that may be in the support, few unless very many are nearly equal.

Nothing of an array is computed at the call. What is wrong with values is found when they are.
"""

import copy
import functools
import itertools
import math

import dask.array as da
import numpy as np

from . import _carriers
from ._blocks import BLOCK, blocks
from ._checks import random_generator


def along(call, operands, options):
    """Return what a function makes of Dask's arrays, and of others beside them: arrays that are computed later."""
    options = dict(options)
    axis, where, keepdims = options.pop("axis"), options.pop("where", True), options.pop("keepdims", False)
    if options.pop("out", None) is not None:
        raise TypeError(f"{call.name}(): out is not taken with Dask's arrays, which are computed later")
    arrays, mask = of_one_shape(call, operands, where)
    x = next(one for one, is_row in zip(arrays, call.core, strict=True) if is_row and is_array(one))
    axes = axes_of(call, axis, x)
    arrays = [
        one if is_row or not is_array(one) else of_each_row(call, name, one, x, axes, keepdims)
        for one, name, is_row in zip(arrays, call.arguments, call.core, strict=True)
    ]
    if "rng" in options:
        (result,) = with_noise(call, arrays, x, options)
        return result
    together = axes if "whole" not in call.results else tuple(range(x.ndim))
    if any(len(x.chunks[one]) > 1 for one in together):
        stages = call.stages()
        if not stages:
            arrays = [one.rechunk(-1) if is_array(one) else one for one in arrays]
            mask = mask if mask is None else mask.rechunk(-1)
            results = in_chunks(call, arrays, mask, axes, options)
        else:
            results = over_chunks(call, stages, arrays, mask, axes, options)
    else:
        results = in_chunks(call, arrays, mask, axes, options)
    if keepdims:
        kept = tuple(np.newaxis if one in axes else slice(None) for one in range(x.ndim))
        results = [one[kept] if what == "number" else one for what, one in zip(call.results, results, strict=True)]
    return _carriers.one_or_all(results)


def is_array(value):
    """Return whether a value has chunks; others are the same for all chunks."""
    return isinstance(value, da.Array)


def of_one_shape(call, operands, where):
    """Return the operands, of which arrays of rows are Dask's and have one shape and chunks; and so the mask, or None."""
    arrays = [later(value) for value in operands]
    places = [k for k, is_row in enumerate(call.core) if is_row and is_array(arrays[k])]
    rows = [arrays[k] for k in places]
    mask = None if where is True else later(where, always=True)
    if mask is not None and mask.dtype != bool:
        raise TypeError(f"{call.name}(): where must be an array of bool, not {mask.dtype}")
    given = rows if mask is None else [*rows, mask]
    if any(one.chunks != rows[0].chunks for one in given[1:]):
        shape = broadcast(call, {call.arguments[k]: arrays[k] for k in places})
        if mask is not None and broadcast(call, {call.arguments[places[0]]: rows[0], "where": mask}) != rows[0].shape:
            raise ValueError(f"{call.name}(): where of shape {mask.shape} does not broadcast to {shape}")
        given = da.broadcast_arrays(*given)
    if mask is not None:
        *given, mask = given
    for k, one in zip(places, given, strict=True):
        arrays[k] = one
    return arrays, mask


def broadcast(call, arrays):
    """Return the shape of arrays that broadcast against each other."""
    try:
        return np.broadcast_shapes(*(one.shape for one in arrays.values()))
    except (TypeError, ValueError):  # a TypeError of sizes that are not known
        shapes = " and ".join(f"{name} of shape {one.shape}" for name, one in arrays.items())
        raise ValueError(f"{call.name}(): {shapes} do not broadcast") from None


def later(value, always=False):
    """Return an array as Dask's; what is one number, or none, as it is."""
    if is_array(value) or (not always and (value is None or np.ndim(value) == 0)):
        return value
    return da.from_array(value if isinstance(value, np.ma.MaskedArray) else np.asarray(value), asarray=False)


def axes_of(call, axis, x):
    """Return the axes as a tuple of ints from 0 on, in order, checked."""
    axes = tuple(sorted(_carriers.axes_of(call, axis, x.ndim)))
    if len(set(axes)) < len(axes):
        raise ValueError(f"{call.name}(): axis {axis} names an axis twice")
    for one in axes:
        if x.shape[one] == 0 and not getattr(call, "reduces", True):
            raise ValueError(f"{call.name}(): axis {one} of {call.arguments[0]} is empty")
        if len(x.chunks[one]) > 1 and math.isnan(x.shape[one]):
            raise ValueError(
                f"{call.name}(): the sizes of the chunks along axis {one} are not known; compute_chunk_sizes() finds them"
            )
    return axes


def of_each_row(call, name, value, x, axes, keepdims):
    """Return what is one number for each row, in the chunks of x along the other axes."""
    left = [one for one in range(x.ndim) if one not in axes]
    if keepdims and value.ndim == x.ndim:
        value = value[tuple(0 if one in axes else slice(None) for one in range(x.ndim))]
    try:
        value = da.broadcast_to(value, tuple(x.shape[one] for one in left))
    except ValueError:
        raise ValueError(f"{call.name}(): {name} of shape {value.shape} does not fit the rows of {x.shape}") from None
    return value.rechunk(tuple(x.chunks[one] for one in left))


def as_axis(axes):
    """Return axes as the function takes them: one alone as an int."""
    return axes[0] if len(axes) == 1 else axes


def tried(call, arrays, axes, options):
    """Return the results for arrays of one element, which have the dtypes, and the errors of what is no value."""
    x = next(one for one, is_row in zip(arrays, call.core, strict=True) if is_row and is_array(one))
    small = []
    for value, is_row in zip(arrays, call.core, strict=True):
        if not is_array(value):
            small.append(value)
        elif is_row:
            small.append(np.zeros((1,) * x.ndim, value.dtype))
        else:
            small.append(np.full((1,) * value.ndim, value.dtype.kind == "f", value.dtype))
    results = call.compute(small, axis=as_axis(axes), **options)
    return [np.asarray(one) for one in (results if isinstance(results, tuple) else (results,))]


def pairs(arrays, ndim, axes, core):
    """Yield the arguments of `da.blockwise` for operands: each with its indices."""
    left = tuple(one for one in range(ndim) if one not in axes)
    for value, is_row in zip(arrays, core, strict=True):
        yield from (value, (tuple(range(ndim)) if is_row else left) if is_array(value) else None)


def meta(dtype, ndim, x):
    """Return an array of no elements for what chunks are."""
    empty = np.empty((0,) * ndim, dtype)
    return np.ma.array(empty) if isinstance(x._meta, np.ma.MaskedArray) else empty


# In one chunk.


def in_chunks(call, arrays, mask, axes, options):
    """Return what a function makes of each chunk, whose rows are whole."""
    x = next(one for one, is_row in zip(arrays, call.core, strict=True) if is_row and is_array(one))
    dtypes = [one.dtype for one in tried(call, arrays, axes, options)]
    every = tuple(range(x.ndim))
    given = [*pairs(arrays, x.ndim, axes, call.core), mask, None if mask is None else every]
    function = functools.partial(of_chunk, call, as_axis(axes), options)
    if call.results == ("row",):
        return [da.blockwise(function, every, *given, dtype=dtypes[0], meta=meta(dtypes[0], x.ndim, x))]
    all_results = da.blockwise(function, every, *given, dtype=object, meta=np.empty((0,) * x.ndim, object))
    return [
        picked(all_results, k if len(dtypes) > 1 else None, what, x, axes, dtype)
        for k, (what, dtype) in enumerate(zip(call.results, dtypes, strict=True))
    ]


def of_chunk(call, axis, options, *operands):
    """Return what a function makes of the chunks of its operands and of the mask, which is the last."""
    *operands, mask = map(alone, operands)
    where = {} if mask is None else {"where": mask}
    return _carriers.carried(call, operands, {**options, "axis": axis, **where})


def alone(block):
    """Return the block that Dask hands over in lists, where axes are contracted."""
    while isinstance(block, list):
        (block,) = block
    return block


def picked(all_results, k, what, x, axes, dtype):
    """Return one of several results of each chunk, or the one that has fewer axes than its rows."""
    every = tuple(range(x.ndim))
    left = {"row": every, "number": tuple(one for one in every if one not in axes), "whole": ()}[what]
    return da.blockwise(
        functools.partial(pick, k),
        left,
        all_results,
        every,
        dtype=dtype,
        meta=meta(dtype, len(left), x),
        concatenate=False,
        adjust_chunks={one: x.chunks[one] for one in left},
    )


def pick(k, results):
    results = alone(results)
    return np.asanyarray(results if k is None else results[k])


def with_noise(call, arrays, x, options):
    """Return what a function makes of each chunk with noise of its own: a generator is spawned for each."""
    rng = options.pop("rng")
    (made,) = tried(call, arrays, (), {**options, "rng": np.random.default_rng(0)})
    generator = random_generator(call.name, rng)
    try:
        children = generator.spawn(math.prod(x.numblocks))
    except TypeError as error:  # of a generator that has no seed sequence
        raise TypeError(f"{call.name}(): rng: {error}") from None
    seeds = np.empty(x.numblocks, object)
    seeds.flat = children
    every = tuple(range(x.ndim))
    function = functools.partial(of_noisy_chunk, call, options)
    arguments = [*pairs(arrays, x.ndim, (), call.core), da.from_array(seeds, chunks=1), every]
    return [
        da.blockwise(
            function, every, *arguments, dtype=made.dtype, meta=meta(made.dtype, x.ndim, x), align_arrays=False
        )
    ]


def of_noisy_chunk(call, options, *operands):
    """Return what a function makes of chunks and of a generator, which is the last, and stays as it is."""
    *operands, seed = operands
    return _carriers.carried(call, operands, {**options, "axis": (), "rng": copy.deepcopy(seed.item())})


# Over several chunks.


def over_chunks(call, stages, arrays, mask, axes, options):
    """Return what a function makes of rows that lie in several chunks, stage by stage: of an output its gradient."""
    dtypes = [one.dtype for one in tried(call, arrays, axes, options)]
    (x, *others), core = arrays[: call.arrays], call.core[: call.arrays]
    parameters = arrays[call.arrays :]
    if options.get("dtype") is not None:
        x, *others = (one.astype(dtypes[0]) if is_array(one) else one for one in (x, *others))
    for one, absent, masked in stages[:-1]:
        x = results_of(
            call,
            one,
            absent,
            masked,
            [x, *parameters],
            [True, *[False] * len(parameters)],
            mask,
            axes,
            ["row"],
            [np.dtype(float)],
        )[0]
    one, absent, masked = stages[-1]
    given, is_row = [x, *others, *parameters], [*core, *[False] * len(parameters)]
    return results_of(call, one, absent, masked, given, is_row, mask, axes, call.results, dtypes)


def results_of(call, form, absent, masked, arrays, core, mask, axes, results, dtypes):
    """Return what one stage makes of arrays in chunks: its results, which are rows or numbers."""
    x = next(one for one in arrays if is_array(one) and one.ndim)
    ndim, every = x.ndim, tuple(range(x.ndim))
    arrays = [np.broadcast_to(np.asarray(one), ()) if not is_array(one) else one for one in arrays]
    places = [da.arange(x.shape[one], chunks=(x.chunks[one],)) for one in axes]
    strides = [math.prod(x.shape[one] for one in axes[k + 1 :]) for k in range(len(axes))]
    hides = isinstance(x._meta, np.ma.MaskedArray)
    chunk = Chunk(call, form, absent, masked, core, axes, tuple(strides), ndim, hides)
    given = [*pairs(arrays, ndim, axes, core), mask, None if mask is None else every]
    given += itertools.chain.from_iterable((place, (one,)) for place, one in zip(places, axes, strict=True))
    of_chunks = da.blockwise(
        chunk.statistics,
        every,
        *given,
        dtype=object,
        meta=np.empty((0,) * ndim, object),
        adjust_chunks=dict.fromkeys(every, lambda _: 1),
    )
    merged = da.reduction(
        of_chunks,
        chunk=kept,
        combine=chunk.merged,
        aggregate=chunk.merged,
        axis=axes,
        keepdims=True,
        dtype=object,
        concatenate=False,
        meta=np.empty((0,) * ndim, object),
    )
    made = []
    for what, dtype in zip(results, dtypes, strict=True):
        if what == "number":
            left = tuple(one for one in every if one not in axes)
            number = functools.partial(chunk.number, dtype)
            sizes = {one: x.chunks[one] for one in left}
            one = da.blockwise(
                number,
                left,
                merged,
                every,
                dtype=dtype,
                meta=meta(dtype, len(left), x),
                concatenate=False,
                adjust_chunks=sizes,
            )
        else:
            row = functools.partial(chunk.row, dtype)
            one = da.blockwise(
                row, every, *given, merged, every, dtype=dtype, meta=meta(dtype, ndim, x), align_arrays=False
            )
        made.append(one)
    return made


def kept(block, axis, keepdims):
    return block


class Chunk:
    """What is computed of one chunk, piece by piece, so that little is held in float64 at a time."""

    def __init__(self, call, form, absent, masked, core, axes, strides, ndim, hides):
        self.name, self.form, self.absent, self.masked = call.name, form, absent, masked
        self.parameters = getattr(call, "parameters", ())
        self.arrays = len(core) - len(self.parameters)
        self.hides = hides  # whether it is of a masked array
        self.core, self.axes, self.strides, self.ndim = core, axes, strides, ndim

    def rows(self, blocks):
        """Return operands with their rows along the last axis, what takes part of them, what is hidden, and positions."""
        count = len(self.core)
        operands, mask, places = blocks[:count], blocks[count], blocks[count + 1 :]
        x = operands[0]
        hidden = [
            np.ma.getmaskarray(one)
            for one, is_row in zip(operands, self.core, strict=True)
            if is_row and isinstance(one, np.ma.MaskedArray)
        ]
        hidden = functools.reduce(np.logical_or, hidden) if hidden else None
        taking_part = np.broadcast_to(True, x.shape) if mask is None else np.broadcast_to(mask, x.shape)
        taking_part = taking_part if hidden is None else taking_part & ~hidden
        if self.absent is None and not taking_part.all():
            raise TypeError(
                f"{self.name}(): masked arrays are taken in one chunk along the axis: x.rechunk({{axis: -1}})"
            )
        positions = sum(
            place.reshape([-1 if one == axis else 1 for one in range(self.ndim)]) * stride
            for place, axis, stride in zip(places, self.axes, self.strides, strict=True)
        )
        positions = self.last(np.broadcast_to(positions, x.shape))
        given = []
        for one, is_row in zip(operands, self.core, strict=True):
            data = np.ma.getdata(one)
            given.append(
                self.last(np.broadcast_to(data, x.shape)) if is_row else data[..., np.newaxis] if data.ndim else data
            )
        return given, self.last(taking_part), hidden, positions

    def last(self, array):
        """Return an array with its rows along the last axis."""
        moved = np.moveaxis(array, self.axes, range(-len(self.axes), 0))
        return moved.reshape(*moved.shape[: self.ndim - len(self.axes)], -1)

    def pieces(self, given, taking_part, positions):
        """Yield pieces of rows: their index, and the operands in float64, with a stand-in for what takes no part."""
        *left, n = taking_part.shape
        for rows in blocks(tuple(left), max(1, BLOCK // max(n, 1))):
            columns = [slice(start, start + BLOCK) for start in range(0, n, BLOCK)]
            yield rows, [(part, self.piece(given, taking_part, positions, rows, part)) for part in columns]

    def piece(self, given, taking_part, positions, rows, columns):
        """Return the operands and the positions of one piece."""
        index = (*rows, ..., columns)
        part = taking_part[index]
        wide, absent = [], 0.0 if self.absent is None else self.absent
        for one, is_row in zip(given, self.core, strict=True):
            if is_row:
                wide.append(np.where(part, one[index].astype(np.float64), absent))
                absent = 0.0  # of dy
            else:
                own = one[rows] if one.ndim else one
                wide.append(own if own.dtype.kind in "iu" else own.astype(np.float64))
        arrays, parameters = wide[: self.form.arrays], wide[self.form.arrays :]
        return [*arrays, positions[index], *parameters]

    def statistics(self, *operands):
        """Return what a chunk tells of its rows, and whether anything of them takes part."""
        given, taking_part, _, positions = self.rows(operands)
        *left, _ = taking_part.shape
        for one in given[self.arrays :]:
            if not ((one > 0) & (one < np.inf)).all():
                raise ValueError(f"{self.name}(): {self.parameters[0]} must be positive and finite")
        told = []
        with np.errstate(all="ignore"):
            for rows, parts in self.pieces(given, taking_part, positions):
                told.append((rows, self.form.merged([self.form.statistics(*part) for _, part in parts])))
        widths = [max((one[k].shape[-1] for _, one in told), default=1) for k in range(len(told[0][1]) if told else 0)]
        whole = [
            np.full((*left, width), -np.inf, told[0][1][k].dtype)
            if width > 1
            else np.empty((*left, 1), told[0][1][k].dtype)
            for k, width in enumerate(widths)
        ]
        for rows, one in told:
            for array, own in zip(whole, one, strict=True):
                array[(*rows, ..., slice(own.shape[-1]))] = own
        return (*whole, taking_part.any(axis=-1, keepdims=True))

    def merged(self, told, axis, keepdims):
        """Return what some chunks tell together."""
        parts = list(flat(told))
        with np.errstate(all="ignore"):
            return (
                *self.form.merged([part[:-1] for part in parts]),
                functools.reduce(np.logical_or, (part[-1] for part in parts)),
            )

    def row(self, dtype, *operands):
        """Return the results of a chunk's elements."""
        *operands, told = operands
        *told, _ = alone(told)
        given, taking_part, hidden, positions = self.rows(operands)
        result = np.empty(taking_part.shape, dtype)
        with np.errstate(all="ignore"):
            for rows, parts in self.pieces(given, taking_part, positions):
                own = tuple(one[rows] for one in told)
                for columns, part in parts:
                    index = (*rows, ..., columns)
                    result[index] = np.where(taking_part[index], self.form.row(own, *part), self.masked)
        shape = [operands[0].shape[one] for one in range(self.ndim) if one not in self.axes]
        result = result.reshape(*shape, *(operands[0].shape[one] for one in self.axes))
        result = np.moveaxis(result, range(-len(self.axes), 0), self.axes)
        return result if hidden is None else np.ma.array(result, mask=hidden)

    def number(self, dtype, told):
        """Return one number for each row."""
        *told, seen = alone(told)
        with np.errstate(all="ignore"):
            result = self.form.number(tuple(told))[..., 0].astype(dtype)
        return np.ma.array(result, mask=~seen[..., 0]) if self.hides else result


def flat(nested):
    """Yield what is in nested lists."""
    if not isinstance(nested, list):
        yield nested
        return
    for one in nested:
        yield from flat(one)
