"""Dask's arrays: what a function along axes makes of chunks, later.

Where the axes are in one chunk, each chunk is a call of the function, and has NumPy's bits. Where they are in several,
each chunk tells a few numbers of each of its rows (`_rows._chunks`), these are merged as a tree, and each chunk's
result is computed from the chunk and from what all of them tell. That is done in float64 and rounded once: results in
float16 and float32 are within 0.51 ULP, in float64 within 8; logsumexp and losses within so much of the larger of the
top and what is added to it, gradients of the size of what is added up.
They depend on the chunks in their last bits. Beside its chunks a worker holds a few numbers for each row; of sparsemax
it is the elements that may be in the support, few unless very many are nearly equal.

Nothing of an array is computed at the call. What is wrong with values is found when they are.
"""

import copy
import functools
import math
from typing import Any, NamedTuple

import dask.array as da
import numpy as np

from . import _carriers
from ._blocks import BLOCK, blocks
from ._checks import random_generator


class Asked(NamedTuple):
    """What is asked for: a function, and its operands, of which rows have one shape and chunks.

    Parameters
    ----------
    call
        The function, as `_carriers` has it.
    arrays : list
        Its operands: Dask's arrays, and what is the same for all chunks.
    core : sequence of bool
        For each, whether it is rows.
    mask : dask array of bool or None
    axes : tuple of int
        The axes that rows lie along, from 0 on, in order.
    options : dict
        What else the function is called with.
    """

    call: Any
    arrays: list
    core: tuple
    mask: Any
    axes: tuple
    options: dict

    @property
    def x(self):
        """The first array of rows."""
        return next(one for one, is_row in zip(self.arrays, self.core, strict=True) if is_row and is_array(one))

    @property
    def every(self):
        """The indices of all axes."""
        return tuple(range(self.x.ndim))

    @property
    def left(self):
        """The indices of the axes along which there is a row for each place."""
        return tuple(one for one in self.every if one not in self.axes)

    def arguments(self):
        """Return the arguments of `da.blockwise`: each operand and then the mask, with its indices."""
        given = []
        for value, is_row in zip(self.arrays, self.core, strict=True):
            given += [value, (self.every if is_row else self.left) if is_array(value) else None]
        return [*given, self.mask, None if self.mask is None else self.every]

    def hides(self):
        """Whether one of the operands is of masked arrays."""
        return any(isinstance(one._meta, np.ma.MaskedArray) for one in self.arrays if is_array(one))

    def meta(self, dtype, ndim):
        """Return an array without elements, of the kind that chunks of results are."""
        empty = np.empty((0,) * ndim, dtype)
        return np.ma.array(empty) if self.hides() else empty

    def objects(self):
        """Return the arguments of `da.blockwise` for chunks that are no arrays."""
        return {"dtype": object, "meta": np.empty((0,) * self.x.ndim, object)}

    def dtypes(self):
        """Return the dtypes of the results, from arrays of one element; what is no value at all is an error here."""
        small = []
        for value, is_row in zip(self.arrays, self.core, strict=True):
            if not is_array(value):
                small.append(value)
            elif is_row:
                small.append(np.zeros((1,) * value.ndim, value.dtype))
            else:
                small.append(np.full((1,) * value.ndim, value.dtype.kind == "f", value.dtype))
        results = self.call.compute(small, axis=as_axis(self.axes), **self.options)
        return [np.asarray(one).dtype for one in (results if isinstance(results, tuple) else (results,))]


def along(call, operands, options):
    """Return what a function makes of Dask's arrays, and of others beside them: arrays that are computed later."""
    options = dict(options)
    axis, where, keepdims = options.pop("axis"), options.pop("where", True), options.pop("keepdims", False)
    if options.pop("out", None) is not None:
        raise TypeError(f"{call.name}(): out is not taken with Dask's arrays, which are computed later")
    arrays, mask = of_one_shape(call, operands, where)
    asked = Asked(call, arrays, tuple(call.core), mask, (), options)
    asked = asked._replace(axes=axes_of(call, axis, asked.x))
    for k, (one, is_row) in enumerate(zip(arrays, call.core, strict=True)):
        if is_array(one) and not is_row:
            arrays[k] = of_each_row(asked, call.arguments[k], one, keepdims)
    if "rng" in options:
        return with_noise(asked)
    together = asked.every if "whole" in call.results else asked.axes
    if all(len(asked.x.chunks[one]) == 1 for one in together):
        results = in_chunks(asked)
    elif call.stages():
        results = over_chunks(asked)
    else:
        whole = [one.rechunk(-1) if is_array(one) else one for one in arrays]
        results = in_chunks(asked._replace(arrays=whole, mask=mask if mask is None else mask.rechunk(-1)))
    if keepdims:
        kept = tuple(np.newaxis if one in asked.axes else slice(None) for one in asked.every)
        results = [one[kept] if what == "number" else one for what, one in zip(call.results, results, strict=True)]
    return _carriers.one_or_all(results)


def is_array(value):
    """Return whether a value has chunks; others are the same for all chunks."""
    return isinstance(value, da.Array)


def later(value, always=False):
    """Return an array as Dask's; what is one number, or none, as it is."""
    if is_array(value) or (not always and (value is None or np.ndim(value) == 0)):
        return value
    return da.from_array(value if isinstance(value, np.ma.MaskedArray) else np.asarray(value), asarray=False)


def of_one_shape(call, operands, where):
    """Return the operands, whose rows are Dask's arrays of one shape and the same chunks; and so the mask, or None."""
    arrays = [later(value) for value in operands]
    places = [k for k, is_row in enumerate(call.core) if is_row and is_array(arrays[k])]
    rows = {call.arguments[k]: arrays[k] for k in places}
    mask = None if where is True else later(where, always=True)
    if not rows:
        raise TypeError(f"{call.name}(): beside Dask's arrays {call.arguments[0]} has to be an array")
    if mask is not None and mask.dtype != bool:
        raise TypeError(f"{call.name}(): where must be an array of bool, not {mask.dtype}")
    given = [*rows.values(), *([] if mask is None else [mask])]
    if any(one.chunks != given[0].chunks for one in given[1:]):
        shape = broadcast(call, rows)
        if mask is not None and broadcast(call, rows | {"where": mask}) != shape:
            raise ValueError(f"{call.name}(): where of shape {mask.shape} does not broadcast to {shape}")
        given = broadcast_arrays(given)
    if mask is not None:
        *given, mask = given
    for k, one in zip(places, given, strict=True):
        arrays[k] = one
    return arrays, mask


def broadcast_arrays(arrays):
    """Return arrays of one shape and the same chunks; those of masked arrays are masked arrays again."""
    masked = [isinstance(one._meta, np.ma.MaskedArray) for one in arrays]
    data = [da.ma.getdata(one) if is_masked else one for one, is_masked in zip(arrays, masked, strict=True)]
    hidden = [da.ma.getmaskarray(one) for one, is_masked in zip(arrays, masked, strict=True) if is_masked]
    together = da.broadcast_arrays(*data, *hidden)
    data, masks = together[: len(data)], iter(together[len(data) :])
    return [
        da.ma.masked_array(one, mask=next(masks)) if is_masked else one
        for one, is_masked in zip(data, masked, strict=True)
    ]


def broadcast(call, arrays):
    """Return the shape of arrays that broadcast against each other."""
    try:
        return np.broadcast_shapes(*(one.shape for one in arrays.values()))
    except (TypeError, ValueError):  # a TypeError of sizes that are not known
        shapes = " and ".join(f"{name} of shape {one.shape}" for name, one in arrays.items())
        raise ValueError(f"{call.name}(): {shapes} do not broadcast") from None


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
                f"{call.name}(): chunks along axis {one} are of unknown sizes, which compute_chunk_sizes() finds"
            )
    return axes


def as_axis(axes):
    """Return axes as the function takes them: one alone as an int."""
    return axes[0] if len(axes) == 1 else axes


def of_each_row(asked, name, value, keepdims):
    """Return what is one number for each row, in the chunks of the rows."""
    x = asked.x
    if keepdims and value.ndim == x.ndim:
        value = value[tuple(0 if one in asked.axes else slice(None) for one in asked.every)]
    shape = tuple(x.shape[one] for one in asked.left)
    chunks = tuple(x.chunks[one] for one in asked.left)
    if repr(value.shape) == repr(shape):  # as text, in which unknown sizes are equal
        return value if repr(value.chunks) == repr(chunks) else value.rechunk(chunks)
    try:
        if not getattr(asked.call, "parameters", None) and isinstance(asked.call, _carriers.Call):
            raise ValueError
        value = da.broadcast_to(value, shape)
    except ValueError:
        raise ValueError(
            f"{asked.call.name}(): {name} of shape {value.shape} does not broadcast to {shape}, one for each row"
        ) from None
    return value.rechunk(chunks)


# Rows that are whole in their chunk.


def in_chunks(asked):
    """Return a list of what a function makes of each chunk."""
    dtypes = asked.dtypes()
    function = functools.partial(of_chunk, asked.call, as_axis(asked.axes), asked.options)
    if asked.call.results == ("row",):
        kind = {"dtype": dtypes[0], "meta": asked.meta(dtypes[0], asked.x.ndim)}
        return [da.blockwise(function, asked.every, *asked.arguments(), **kind)]
    together = da.blockwise(function, asked.every, *asked.arguments(), **asked.objects())
    return [picked(asked, together, k, dtype) for k, dtype in enumerate(dtypes)]


def of_chunk(call, axis, options, *operands):
    """Return what a function makes of the chunks of its operands, and of the mask, which is the last."""
    *operands, mask = map(alone, operands)
    where = {} if mask is None else {"where": mask}
    return _carriers.carried(call, operands, {**options, "axis": axis, **where})


def alone(block):
    """Return the block that Dask hands over in lists, where axes are contracted."""
    while isinstance(block, list):
        (block,) = block
    return block


def picked(asked, together, k, dtype):
    """Return one of the results that each chunk has together."""
    left = {"row": asked.every, "number": asked.left, "whole": ()}[asked.call.results[k]]
    return da.blockwise(
        functools.partial(pick, k if len(asked.call.results) > 1 else None),
        left,
        together,
        asked.every,
        dtype=dtype,
        meta=asked.meta(dtype, len(left)),
        concatenate=False,
        adjust_chunks={one: asked.x.chunks[one] for one in left},
    )


def pick(k, results):
    """Return one of several results; the only one where k is None."""
    results = alone(results)
    return np.asanyarray(results if k is None else results[k])


def with_noise(asked):
    """Return what a function makes of each chunk with noise of its own: a generator is spawned for each."""
    call, x = asked.call, asked.x
    options = {key: value for key, value in asked.options.items() if key != "rng"}
    generator = random_generator(call.name, asked.options["rng"])
    try:
        children = generator.spawn(math.prod(x.numblocks))
    except TypeError as error:  # of a generator that has no seed sequence
        raise TypeError(f"{call.name}(): rng: {error}") from None
    (dtype,) = asked._replace(options={**options, "rng": np.random.default_rng(0)}).dtypes()
    generators = np.empty(x.numblocks, object)
    generators.flat = children
    return da.blockwise(
        functools.partial(of_noisy_chunk, call, options),
        asked.every,
        *asked.arguments(),
        da.from_array(generators, chunks=1),
        asked.every,
        dtype=dtype,
        meta=asked.meta(dtype, x.ndim),
        align_arrays=False,
    )


def of_noisy_chunk(call, options, *operands):
    """Return what a function makes of chunks and of a generator, which is the last and stays as it is."""
    *operands, generator = operands
    return of_chunk(call, (), {**options, "rng": copy.deepcopy(generator.item())}, *operands)


# Rows that lie in several chunks.


def over_chunks(asked):
    """Return a list of what a function makes of rows, stage by stage: of an output its gradient."""
    call, dtypes = asked.call, asked.dtypes()
    arrays, parameters = list(asked.arrays[: call.arrays]), asked.arrays[call.arrays :]
    if asked.options.get("dtype") is not None:
        arrays = [one.astype(dtypes[0]) if is_array(one) else one for one in arrays]
    *first, last = call.stages()
    for stage in first:
        of_x = asked._replace(arrays=[arrays[0], *parameters], core=(True, *asked.core[call.arrays :]))
        (arrays[0],) = stage_of(of_x, *stage, ("row",), [np.dtype(np.float64)])
    return stage_of(asked._replace(arrays=[*arrays, *parameters]), *last, call.results, dtypes)


def stage_of(asked, form, absent, masked, *results):
    """Return a list of what one stage makes of its operands: rows or numbers, and their dtypes."""
    x, axes = asked.x, asked.axes
    places = [(da.arange(x.shape[one], chunks=(x.chunks[one],)), (one,)) for one in axes]
    given = [*asked.arguments(), *(one for place in places for one in place)]
    chunk = Chunk(asked, form, absent, masked)
    sizes = dict.fromkeys(asked.every, lambda _: 1)
    told = da.blockwise(chunk.statistics, asked.every, *given, **asked.objects(), adjust_chunks=sizes)
    told = da.reduction(
        told,
        chunk=as_it_is,
        combine=chunk.merged,
        aggregate=chunk.merged,
        axis=axes,
        keepdims=True,
        concatenate=False,
        **asked.objects(),
    )
    made = []
    for what, dtype in zip(*results, strict=True):
        left = asked.every if what == "row" else asked.left
        function = functools.partial(chunk.row if what == "row" else chunk.number, dtype)
        options = {"dtype": dtype, "meta": asked.meta(dtype, len(left)), "align_arrays": False}
        if what == "number":
            options |= {"concatenate": False, "adjust_chunks": {one: x.chunks[one] for one in left}}
        made.append(da.blockwise(function, left, *(given if what == "row" else ()), told, asked.every, **options))
    return made


def as_it_is(block, axis, keepdims):
    """Return what a chunk tells, for which the reduction has nothing more to do."""
    return block


class Chunk:
    """What is computed of one chunk, piece by piece, so that little is held in float64 at a time.

    Parameters
    ----------
    asked : Asked
    form : _rows.OverChunks
    absent, masked : float
        What counts for nothing, or None where nothing does; what is given for what is masked.
    """

    def __init__(self, asked, form, absent, masked):
        self.name, self.form, self.absent, self.masked = asked.call.name, form, absent, masked
        self.core, self.axes, self.ndim = asked.core, asked.axes, asked.x.ndim
        self.parameters = getattr(asked.call, "parameters", ())
        self.hides = asked.hides()
        lengths = [asked.x.shape[one] for one in asked.axes]
        self.strides = [math.prod(lengths[k + 1 :]) for k in range(len(lengths))]

    def statistics(self, *blocks):
        """Return what a chunk tells of its rows, and whether anything of them takes part."""
        rows = Rows(self, blocks)
        for one in rows.operands[len(self.core) - len(self.parameters) :]:
            if not ((one > 0) & (one < np.inf)).all():
                raise ValueError(f"{self.name}(): {self.parameters[0]} must be positive and finite")
        told = []
        with np.errstate(all="ignore"):
            for some, pieces in rows.pieces():
                together = None
                for _, given in pieces:
                    own = self.form.statistics(*given)
                    together = own if together is None else self.form.merged([together, own])
                told.append((some, together))
        return *joined(told, rows.taking_part.shape[:-1]), rows.taking_part.any(axis=-1, keepdims=True)

    def merged(self, told, axis, keepdims):
        """Return what some chunks tell together."""
        parts = list(flat(told))
        with np.errstate(all="ignore"):
            together = self.form.merged([part[:-1] for part in parts])
        return *together, np.logical_or.reduce([part[-1] for part in parts])

    def row(self, dtype, *blocks):
        """Return the results of a chunk's elements."""
        *blocks, told = blocks
        *told, _ = alone(told)
        rows = Rows(self, blocks)
        result = np.empty(rows.taking_part.shape, dtype)
        with np.errstate(all="ignore"):
            for some, pieces in rows.pieces():
                own = tuple(one[some] for one in told)
                for columns, given in pieces:
                    index = (*some, ..., columns)
                    result[index] = np.where(rows.taking_part[index], self.form.row(own, *given), self.masked)
        result = rows.in_place(result)
        return result if rows.hidden is None else np.ma.array(result, mask=rows.hidden)

    def number(self, dtype, told):
        """Return one number for each row."""
        *told, seen = alone(told)
        with np.errstate(all="ignore"):
            result = self.form.number(tuple(told))[..., 0].astype(dtype)
        return np.ma.array(result, mask=~seen[..., 0]) if self.hides else result


class Rows:
    """A chunk with its rows along the last axis: the operands, what takes part, what is hidden, and positions."""

    def __init__(self, chunk, given):
        self.chunk, count = chunk, len(chunk.core)
        operands, mask, places = given[:count], given[count], given[count + 1 :]
        self.shape = operands[0].shape
        both = list(zip(operands, chunk.core, strict=True))
        hidden = [
            np.broadcast_to(mask_of if is_row or not mask_of.ndim else np.expand_dims(mask_of, chunk.axes), self.shape)
            for mask_of, is_row in (
                (np.ma.getmaskarray(one), is_row) for one, is_row in both if _carriers.is_masked(one)
            )
        ]
        self.hidden = np.logical_or.reduce(hidden) if hidden else None
        mask = mask.filled(False) if _carriers.is_masked(mask) else mask
        taking_part = np.broadcast_to(True if mask is None else mask, self.shape)
        if hidden:
            taking_part = taking_part & ~self.hidden
        if chunk.absent is None and not taking_part.all():
            raise TypeError(f"{chunk.name}(): masked arrays have to be in one chunk along the axis: x.rechunk")
        self.taking_part = self.last(taking_part)
        self.places = [place * stride for place, stride in zip(places, chunk.strides, strict=True)]
        data = [np.asarray(_carriers.bare(*one)) for one in both]
        self.operands = [
            self.last(one) if is_row else one[..., np.newaxis] if one.ndim else one
            for one, is_row in zip(data, chunk.core, strict=True)
        ]

    def last(self, array):
        """Return an array with its rows along the last axis."""
        axes = self.chunk.axes
        moved = np.moveaxis(array, axes, range(-len(axes), 0))
        kept = moved.shape[: moved.ndim - len(axes)]
        return moved.reshape(*kept, math.prod(moved.shape[len(kept) :]))

    def in_place(self, result):
        """Return a result with its axes where those of the chunk are."""
        axes = self.chunk.axes
        kept = [n for one, n in enumerate(self.shape) if one not in axes]
        result = result.reshape(*kept, *(self.shape[one] for one in axes))
        return np.moveaxis(result, range(-len(axes), 0), axes)

    def pieces(self):
        """Yield some rows at a time: their index, and a list of pieces of them, each with its columns."""
        *kept, n = self.taking_part.shape
        columns = [slice(start, min(start + BLOCK, n)) for start in range(0, max(n, 1), BLOCK)]
        for some in blocks(tuple(kept), max(1, BLOCK // max(n, 1))) if math.prod(kept) else [()]:
            yield some, ((part, self.piece(some, part)) for part in columns)

    def positions(self, columns):
        """Return the positions in their row of a piece's elements."""
        if len(self.places) == 1:
            return self.places[0][columns]
        sizes = [len(place) for place in self.places]
        indices = np.unravel_index(np.arange(columns.start, columns.stop), sizes)
        return sum(place[index] for place, index in zip(self.places, indices, strict=True))

    def piece(self, some, columns):
        """Return the operands and the positions of a piece, in float64, with a stand-in for what takes no part."""
        index = (*some, ..., columns)
        part, stand_in = self.taking_part[index], self.chunk.absent
        given = []
        for one, is_row in zip(self.operands, self.chunk.core, strict=True):
            own = one[index] if is_row else one[some] if one.ndim else one
            if is_row or own.dtype.kind == "f":
                own = own.astype(np.float64)
            if is_row and stand_in is not None:
                own = np.where(part, own, stand_in)
                stand_in = 0.0  # of dy
            given.append(own)
        arrays = self.chunk.form.arrays
        return [*given[:arrays], self.positions(columns), *given[arrays:]]


def joined(told, shape):
    """Return what is told of some rows at a time as arrays of all rows, filled up with -inf."""
    longest = [max(one.shape[-1] for one in each) for each in zip(*(each for _, each in told), strict=True)]
    whole = [
        np.full((*shape, n), -np.inf if n > 1 else 0, one.dtype) for n, one in zip(longest, told[0][1], strict=True)
    ]
    for some, each in told:
        for array, own in zip(whole, each, strict=True):
            array[(*some, ..., slice(own.shape[-1]))] = own
    return whole


def flat(nested):
    """Yield what is in nested lists."""
    if not isinstance(nested, list):
        yield nested
        return
    for one in nested:
        yield from flat(one)
