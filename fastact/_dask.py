"""Dask's arrays: what a function along axes makes of chunks, later.

Where the axes are in one chunk, each chunk is a call of the function, and has NumPy's bits. Where they are in several,
each chunk tells a few numbers of each of its rows (`_rows._chunks`), these are merged as a tree, and each chunk's
result is computed from the chunk and from what all of them tell. That is done in float64 and rounded once: results in
float16 and float32 are within 0.51 ULP, in float64 within 8; logsumexp and losses within so much of the larger of the
top and what is added to it, gradients of the size of what is added up. They depend on the chunks in their last bits.
Beside its chunks a worker holds a few numbers for each row; of sparsemax it is the elements that may be in the support,
equal ones once: few, unless very many different ones are nearly equal.

Nothing of an array is computed at the call. What is wrong with values is found when they are.
"""

import copy
import functools
import math
from typing import Any, NamedTuple

import dask.array as da
import numpy as np

from . import _carriers, _checks
from ._blocks import BLOCK, blocks
from ._checks import random_generator

SOME = 16  # rows that are computed together at least: along another axis than the last they lie side by side


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

    @property
    def hides(self):
        """Whether the chunks are masked arrays."""
        return any(isinstance(one._meta, np.ma.MaskedArray) for one in self.arrays if is_array(one))

    def meta(self, dtype, ndim):
        """Return an array without elements, of the kind that chunks of results are."""
        empty = np.empty((0,) * ndim, dtype)
        return np.ma.array(empty) if self.hides else empty

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
        if call.labels and len({one.shape for one in rows.values()}) > 1:
            raise ValueError(f"{call.name}(): {' and '.join(rows)} differ in shape")
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
    axes = _checks.axes_of(call.name, axis, x.ndim)
    for one in axes:
        if x.shape[one] == 0 and not call.empties:
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
    shape, chunks = (tuple(whole[one] for one in asked.left) for whole in (x.shape, x.chunks))
    if np.isnan(shape).any() and value.numblocks == tuple(map(len, chunks)):
        return value
    try:
        if value.shape != shape and asked.call.labels:
            raise ValueError
        value = value if value.shape == shape else da.broadcast_to(value, shape)
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
    dtypes = asked._replace(options={**options, "rng": np.random.default_rng(0)}).dtypes()
    generators = np.empty(x.numblocks, object)
    generators.flat = children
    kind = {"dtype": dtypes[0], "meta": asked.meta(dtypes[0], x.ndim)} if len(dtypes) == 1 else asked.objects()
    made = da.blockwise(
        functools.partial(of_noisy_chunk, call, options),
        asked.every,
        *asked.arguments(),
        da.from_array(generators, chunks=1),
        asked.every,
        align_arrays=False,
        **kind,
    )
    return made if len(dtypes) == 1 else tuple(picked(asked, made, k, dtype) for k, dtype in enumerate(dtypes))


def of_noisy_chunk(call, options, *operands):
    """Return what a function makes of chunks and of a generator, which is the last and stays as it is."""
    *operands, generator = operands
    return of_chunk(call, (), {**options, "rng": copy.deepcopy(generator.item())}, *operands)


# Rows that lie in several chunks.


def over_chunks(asked):
    """Return a list of what a function makes of rows, stage by stage: of an output its gradient."""
    call, dtypes = asked.call, asked.dtypes()
    count = len(call.arguments) - len(call.parameters)
    arrays, parameters = list(asked.arrays[:count]), asked.arrays[count:]
    if asked.options.get("dtype") is not None:
        arrays = [one.astype(dtypes[0]) if is_array(one) else one for one in arrays]
    if not is_array(arrays[0]):  # a number beside dy
        full = functools.partial(np.full_like, fill_value=arrays[0], dtype=dtypes[0])
        arrays[0] = asked.x.map_blocks(full, dtype=dtypes[0])
    asked = of_x = asked._replace(arrays=[*arrays, *parameters])
    if not asked.hides:  # what is hidden of dy is so of x
        of_x = asked._replace(arrays=[arrays[0], *parameters], core=(True, *asked.core[count:]))
    stages, told = call.stages(), []
    for k in range(len(stages) - 1):  # the output is made again where it is needed: to wait, it would have to be held
        told.append(told_by(of_x, Chunk(of_x, stages[: k + 1]), told))
    chunk = Chunk(asked, stages)
    told.append(told_by(asked, chunk, told))
    return [result_of(asked, chunk, told, *one) for one in zip(call.results, dtypes, strict=True)]


def chunks_of(asked, told):
    """Return the arguments of `da.blockwise` for a `Chunk`: operands, a mask, where a chunk starts, what is told."""
    given = asked.arguments()
    for one in asked.axes:
        starts = np.cumsum([0, *asked.x.chunks[one][:-1]])
        given += [da.from_array(starts, chunks=1), (one,)]
    for one in told:
        given += [one, asked.every]
    return given


def told_by(asked, chunk, told):
    """Return what the chunks of each row tell together, after what they have told before."""
    sizes = dict.fromkeys(asked.every, lambda _: 1)
    options = {**asked.objects(), "token": f"{asked.call.name}-told", "align_arrays": False}
    each = da.blockwise(chunk.statistics, asked.every, *chunks_of(asked, told), adjust_chunks=sizes, **options)
    return da.reduction(
        each,
        chunk=as_it_is,
        combine=chunk.merged,
        aggregate=chunk.merged,
        axis=asked.axes,
        keepdims=True,
        concatenate=False,
        **asked.objects(),
    )


def result_of(asked, chunk, told, what, dtype):
    """Return one of the results, in chunks as the rows are, or of one number for each row."""
    left = asked.every if what == "row" else asked.left
    options = {"dtype": dtype, "meta": asked.meta(dtype, len(left)), "token": asked.call.name, "align_arrays": False}
    if what == "row":
        return da.blockwise(functools.partial(chunk.row, dtype), left, *chunks_of(asked, told), **options)
    sizes = {one: asked.x.chunks[one] for one in left}
    function = functools.partial(chunk.number, dtype)
    return da.blockwise(function, left, told[-1], asked.every, concatenate=False, adjust_chunks=sizes, **options)


def as_it_is(block, axis, keepdims):
    """Return what a chunk tells, for which the reduction has nothing more to do."""
    return block


class Chunk:
    """What is computed of one chunk, piece by piece, so that little is held beside it.

    Parameters
    ----------
    asked : Asked
    stages : sequence
        What is computed one after the other, the last of them here. Of each there is its `_rows.OverChunks`; what
        counts for nothing; and what is given for what is masked.
    """

    def __init__(self, asked, stages):
        self.call, self.stages, self.form = asked.call, stages, stages[-1][0]
        self.core, self.axes, self.hides = asked.core, asked.axes, asked.hides
        lengths = [asked.x.shape[one] for one in asked.axes]
        self.strides = [math.prod(lengths[k + 1 :]) for k in range(len(lengths))]

    def statistics(self, *blocks):
        """Return what a chunk tells of its rows, and whether anything of them is there, hidden or not."""
        rows = Rows(self, blocks)
        for name, one in zip(reversed(self.call.parameters), reversed(rows.operands), strict=False):
            if not ((one > 0) & (one < np.inf)).all():
                raise ValueError(f"{self.call.name}(): {name} must be positive and finite")
        told = []
        with np.errstate(all="ignore"):
            for some, pieces in rows.pieces():
                told.append((some, self.form.merged([self.form.statistics(*given) for _, _, given in pieces])))
        return *joined(told, rows.kept), rows.seen

    def merged(self, told, axis, keepdims):
        """Return what some chunks tell together."""
        parts = list(flat(told))
        kept, together = parts[0][-1].shape[:-1], []
        numbers = sum(part[0].shape[-1] for part in parts)
        with np.errstate(all="ignore"):
            for some in of_few(kept, BLOCK // max(1, numbers)):
                together.append((some, self.form.merged([[one[some] for one in part[:-1]] for part in parts])))
        return *joined(together, kept), np.logical_or.reduce([part[-1] for part in parts])

    def row(self, dtype, *blocks):
        """Return the results of a chunk's elements."""
        rows = Rows(self, blocks)
        result = np.empty(rows.shape, dtype)
        into, masked = rows.last(result), self.stages[-1][2]
        with np.errstate(all="ignore"):
            for some, pieces in rows.pieces():
                own = tuple(one[some] for one in rows.told[-1])
                for index, part, given in pieces:
                    values = self.result(self.form.row, own, *given)
                    values = values if part is True else np.where(part, values, masked)
                    into[index] = values.reshape(into[index].shape)
        if not self.hides and rows.hidden is None:
            return result
        return np.ma.array(result, mask=np.ma.nomask if rows.hidden is None else rows.hidden)

    def number(self, dtype, told):
        """Return one number for each row."""
        *told, seen = alone(told)
        with np.errstate(all="ignore"):
            result = self.result(self.form.number, tuple(told))[..., 0].astype(dtype)
        return np.ma.array(result, mask=~seen[..., 0]) if self.hides else result

    def result(self, function, *given):
        """Return what a function makes of what was told; what it finds wrong is named."""
        try:
            return function(*given)
        except ValueError as error:
            raise ValueError(f"{self.call.name}(): {error}") from None


class Rows:
    """A chunk with its rows along the last axes: the operands, what takes part, what is hidden, what was told.

    None of it is a copy of the chunk.
    """

    def __init__(self, chunk, given):
        self.chunk, count, axes = chunk, len(chunk.core), chunk.axes
        operands, mask, given = given[:count], given[count], given[count + 1 :]
        self.starts = [int(one[0]) for one in given[: len(axes)]]
        self.told = [alone(one)[:-1] for one in given[len(axes) :]]
        self.shape = operands[0].shape
        self.kept = tuple(n for one, n in enumerate(self.shape) if one not in axes)
        self.length = tuple(self.shape[one] for one in axes)
        self.hidden = _carriers.union(self.shape, *map(self.hidden_by, operands, chunk.core))
        taking_part = None if mask is None else np.broadcast_to(np.ma.filled(mask, False), self.shape)
        if self.hidden is not None:
            taking_part = ~self.hidden if taking_part is None else taking_part & ~self.hidden
        if chunk.call.labels and taking_part is not None:
            if not taking_part.all():
                raise TypeError(f"{chunk.call.name}(): masked arrays have to be in one chunk along the axis: x.rechunk")
            taking_part = None
        self.taking_part = taking_part if taking_part is None else self.last(taking_part)
        self.seen = np.broadcast_to(True, (*self.kept, 1))
        if self.hidden is not None:
            self.seen = ~self.hidden.all(axis=axes)[..., np.newaxis]
        self.operands = [
            self.last(np.ma.getdata(one)) if is_row else self.of_rows(_carriers.bare(chunk.call, one, False))
            for one, is_row in zip(operands, chunk.core, strict=True)
        ]

    def hidden_by(self, operand, is_row):
        """Return the mask of an operand, as it is of rows."""
        mask = np.ma.getmask(operand)
        return mask if is_row or not np.ndim(mask) else np.expand_dims(mask, self.chunk.axes)

    def of_rows(self, numbers):
        """Return what is one number for each row, or for all, to stand beside rows."""
        return numbers[..., np.newaxis] if np.ndim(numbers) else np.asarray(numbers)

    def last(self, array):
        """Return an array with the axes of the rows as the last ones."""
        array = array if array.shape == self.shape else np.broadcast_to(array, self.shape)
        return np.moveaxis(array, self.chunk.axes, range(-len(self.chunk.axes), 0))

    def pieces(self):
        """Yield some rows at a time: their index, and an iterator over pieces of them.

        Of each piece there is its index, what takes part of it, and what the form takes of it.
        """
        n = math.prod(self.length)
        for some in of_few(self.kept, max(SOME, BLOCK // max(n, 1))):
            shape = np.broadcast_to(True, self.kept)[some].shape
            width = max(1, BLOCK // max(1, math.prod(shape)))
            yield some, (self.piece(some, shape, columns) for columns in (blocks(self.length, width) if n else [()]))

    def piece(self, some, shape, columns):
        """Return a piece of some rows, of which there are as many as this shape has elements."""
        index = (*some, *[slice(None)] * (len(self.kept) - len(some)), *columns)
        positions = self.positions(columns)

        def of(array):
            return array[index].reshape(*shape, positions.size)

        part = True if self.taking_part is None else of(self.taking_part)
        given = []
        for one, is_row in zip(self.operands, self.chunk.core, strict=True):
            own = of(one) if is_row else one[some] if one.ndim else one
            if is_row or own.dtype.kind == "f":
                own = own.astype(np.float64)
            given.append(own if part is True or not is_row else np.where(part, own, 0.0))
        rows = [one for one, is_row in zip(given, self.chunk.core, strict=True) if is_row]
        numbers = [one for one, is_row in zip(given, self.chunk.core, strict=True) if not is_row]
        for k, (form, absent, _) in enumerate(self.chunk.stages):
            if part is not True:
                rows[0] = np.where(part, rows[0], absent)
            if k < len(self.chunk.stages) - 1:
                told = tuple(one[some] for one in self.told[k])
                rows[0] = form.row(told, rows[0], positions, *numbers)
        return index, part, [*rows[: self.chunk.form.arrays], positions, *numbers]

    def positions(self, columns):
        """Return the positions of a piece's elements in their whole row."""
        positions = np.zeros((), np.int64)
        ranges = [*columns, *[slice(None)] * (len(self.length) - len(columns))]
        for one, n, start, stride in zip(ranges, self.length, self.starts, self.chunk.strides, strict=True):
            own = np.arange(*one.indices(n)) if isinstance(one, slice) else one
            positions = np.add.outer(positions, (own + start) * stride)
        return positions.reshape(-1)


def of_few(shape, most):
    """Yield indices of blocks of rows, at least one."""
    return blocks(shape, max(1, most)) if math.prod(shape) else [()]


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
