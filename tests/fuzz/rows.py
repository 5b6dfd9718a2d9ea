"""Calls of functions of rows: softmax and its kin."""

import math

import numpy as np

from fastact import _dispatch, _fallback, _rows

from .. import oracle
from ..cases import COMPILED, RUNGS
from ..rows_oracle import WIDE, bound, exact, gradient_and_size
from .drawing import UFUNCS, Bad, axes_from_0, made, memories
from .outcomes import (
    REFUSALS,
    Outcome,
    all_inputs,
    assert_same,
    blamed,
    delivered,
    function,
    kind_of,
    outputs,
    raised,
    refused,
)


def check_along(call):
    """Hold a call against one on contiguous rows, each of which is held against a call of its own."""
    case = Rows(call)
    outcomes = {rung: case.run(rung) for rung in RUNGS}
    if case.refusals:
        for rung, outcome in outcomes.items():
            with blamed(rung):
                if outcome.error is not None or not case.wider or case.refusals != [ValueError]:
                    refused(call, outcome, tuple(case.refusals))
                else:
                    delivered(call, rung, outcome, case.in_place(case.plain_results()[rung]))
        return
    results = case.plain_results()
    for rung, outcome in outcomes.items():
        with blamed(rung):
            result = case.in_place(results[rung])
            if raised(call, rung, outcome, result, case.loop):
                continue
            if call.out is None and outcome.error is None:
                assert isinstance(outcome.result, np.ndarray) == bool(result.shape), f"a {type(outcome.result)}"
            delivered(call, rung, outcome, result)


class Rows:
    """A call of a function of rows: why it is to be refused, or its rows, contiguous and of the loop's dtype."""

    def __init__(self, call):
        self.call, self.ufunc = call, UFUNCS[call.function]
        self.row, self.reduces = self.ufunc.row, self.ufunc.row.reduces and not self.ufunc.space
        self.refusals, self.wider = [], False
        self.inputs = all_inputs(call, memories(call))
        self.mask = made(call.where, memories(call))
        self.heat = self.inputs.pop() if self.row.parameters else 1.0
        self.heated = not (type(self.heat) is float and self.heat == 1.0)
        try:
            self.prepare()
        except REFUSALS as error:
            self.refusals.append(kind_of(error))

    def prepare(self):
        """Find the loop, the rows, and what there is to refuse."""
        call, core = self.call, [*self.ufunc.core, False][: len(self.inputs)]
        if any(isinstance(one, Bad) for one in call.inputs):
            self.refusals.append(TypeError)
        rows = [one for one, is_row in zip(self.inputs, core, strict=True) if is_row]
        numbers = [one for one, is_row in zip(self.inputs, core, strict=True) if not is_row]
        if self.heated and not ((np.asarray(self.heat) > 0) & (np.asarray(self.heat) < np.inf)).all():
            self.refusals.append(ValueError)
        self.find_axes(np.broadcast_shapes(*map(np.shape, rows)))
        for_each_row = [self.one_for_each_row(one) for one in numbers]
        self.heats = self.one_for_each_row(self.heat).astype(np.float64)
        with np.errstate(all="ignore"):
            weak = [type(one) in (int, float) for one in rows]  # which take the dtype of the arrays
            dtype = np.result_type(*(x if one else np.asarray(x).dtype for x, one in zip(rows, weak, strict=True)))
            rows = [np.asarray(x, dtype if one else None) for x, one in zip(rows, weak, strict=True)]
            casting = call.options.get("casting", "same_kind")
            self.loop = _fallback.resolve(call.function, [*rows, *numbers], call.options.get("dtype"), casting)
            self.rows = [self.contiguous(*one) for one in zip(rows, (self.ufunc.stand_in, 0.0), strict=False)]
            self.numbers = [one.astype(self.loop) for one in for_each_row]
        if call.out is not None and call.out.shape != self.result_shape():
            self.refusals.append(ValueError)
            self.wider = broadcasts(self.result_shape(), call.out.shape)  # which NumPy's gufuncs allow
        if call.out is not None and not np.can_cast(self.loop, call.out.dtype, casting):
            self.refusals.append(TypeError)

    def find_axes(self, shape):
        """Find the axes that rows lie along, and the others."""
        self.shape, axis = shape, self.call.axis
        for one in axis if isinstance(axis, tuple) else () if axis is None else (axis,):
            if type(one) is not int:
                raise TypeError
            if not -len(shape) <= one < len(shape):
                raise ValueError
        self.axes = axes_from_0(axis, len(shape))
        self.kept = [one for one in range(len(shape)) if one not in self.axes]
        self.count = tuple(shape[one] for one in self.kept)
        self.length = math.prod(shape[one] for one in self.axes)
        if len(set(self.axes)) < len(self.axes) or (not self.length and not self.row.reduces):
            raise ValueError

    def contiguous(self, operand, stand_in):
        """Return rows along the last of two axes, with what counts for nothing where they are masked."""
        array = np.broadcast_to(np.asarray(operand).astype(self.loop), self.shape)
        if self.mask is not True:
            array = np.where(self.mask, array, self.loop.type(stand_in))
        return array.transpose(self.kept + list(self.axes)).reshape(math.prod(self.count), self.length).copy()

    def one_for_each_row(self, operand):
        """Return one number for each row."""
        array = np.asarray(operand)
        if array.ndim and self.call.keepdims:
            array = np.broadcast_to(array, self.result_shape(kept=True)).reshape(self.count)
        return np.broadcast_to(array, self.count).reshape(-1).copy()

    def result_shape(self, kept=False):
        """Return the shape of the result; ``kept`` of what is one for each row, with keepdims."""
        if not self.reduces and not kept:
            return self.shape
        if not self.call.keepdims:
            return self.count
        return tuple(1 if one in self.axes else size for one, size in enumerate(self.shape))

    def in_place(self, result):
        """Return the result of contiguous rows as the call should give it."""
        if self.reduces:
            return result.reshape(self.result_shape())
        order = self.kept + list(self.axes)
        result = result.reshape([self.shape[one] for one in order]).transpose(np.argsort(order).astype(int))
        return result if self.mask is True else np.where(self.mask, result, self.loop.type(self.ufunc.masked))

    def run(self, rung):
        """Return what the function makes of the call."""
        call, public = self.call, function(rung, self.call.function)

        def run(memory):
            inputs = [made(one, memory) for one in call.inputs if one is not None]
            kwargs = call.options | outputs(call, memory)
            if self.row.parameters and call.inputs[-1] is not None:
                kwargs[self.row.parameters[0].name] = inputs.pop()
            if call.keepdims:
                kwargs["keepdims"] = True
            return public(*inputs, axis=call.axis, **kwargs)

        return Outcome(call, run)

    def plain_results(self):
        """Return the results for contiguous rows on each rung, checked."""
        results, operands = {}, [*self.rows, *self.numbers]
        if self.heated:
            operands += [np.ones(self.rows[0].shape, bool), self.heats]
        some = range(0, len(self.rows[0]), max(1, len(self.rows[0]) // 2))
        for rung in RUNGS:
            own = function(rung, self.call.function)
            own = own.general if self.heated else own.ufunc
            with blamed(f"plain, {rung}"), np.errstate(all="ignore"):
                results[rung] = own(*operands)
                if rung in COMPILED:
                    assert_same(rung, results[rung], results[COMPILED[0]])
                for row in some:
                    alone = own(*(one[row] for one in operands))
                    assert_same(rung, np.asarray(alone), np.asarray(results[rung][row]))
                self.check_values(rung, results[rung])
                self.check_sums(rung, results[rung])
        return results

    def check_sums(self, rung, result):
        """Hold gradients and logsumexp against the wide type's: to a share of the size of what is added up.

        Left out: rows with an infinity or a NaN, but for -inf in x, whose results are held against each other alone;
        temperatures beyond 2^20; what is no output of a forward pass, or would overflow in a sum.
        """
        x, saved = self.rows[0].astype(WIDE), self.ufunc.space == "grad_from_output"
        if not self.row.compiled or not (self.ufunc.space or self.reduces) or not x.size or np.finfo(WIDE).nmant < 63:
            return
        if self.row.name == "softmin" and not saved:
            x = -x
        heat = self.heats.astype(WIDE)[:, np.newaxis]
        value, size, weight = self.sums(x, heat)
        good = np.isfinite(value).all(axis=1) & ~(np.isnan(x) | (x == np.inf)).any(axis=1)
        good &= (np.maximum(size, weight * np.maximum(heat, 1)) < np.finfo(self.loop).max).all(axis=1)
        good &= ((heat > 2.0**-20) & (heat < 2.0**20))[:, 0]
        share = 16 + self.length / 32  # equal numbers that are added up in 16 parts lose as much
        if saved:
            good &= (x <= 1).all(axis=1) & ((x >= -1).all(axis=1) | (self.row.name == "log_softmax"))
        elif rung == _dispatch.NUMPY:  # it rounds x less the top
            share += 16 + np.minimum(np.abs(x - x.max(axis=1, keepdims=True)) / heat, 1000)
        outside, inside = np.finfo(self.loop), np.finfo(max(self.loop, np.float32))
        tiny = outside.smallest_subnormal + (16 + self.length) * inside.smallest_subnormal * (1 + weight)
        off = np.abs(result.reshape(value.shape).astype(WIDE) - value)[good]
        limit = (share * outside.eps * size + tiny)[good]
        assert (off <= limit).all(), f"{np.max(off - limit)} beyond what rounding in sums explains"

    def sums(self, x, heat):
        """Return each row's exact gradient or logsumexp, the size of its terms, and what multiplies an underflow."""
        if self.reduces:
            total, largest = exact(x)[2], np.abs(x).max(axis=1)
            return total[:, np.newaxis], np.maximum(np.abs(total), largest)[:, np.newaxis], 0
        dy = (self.rows[1] if len(self.rows) > 1 else self.numbers[0][:, np.newaxis]).astype(WIDE)
        if self.ufunc.space == "grad_from_output":
            y = np.exp(x) if self.row.name == "log_softmax" else x
        else:
            y = exact(x, heat)[0]
        if self.row.name == "logsumexp":
            return y * dy, y * np.abs(dy), np.abs(dy)
        own, total = np.abs(dy), np.abs(dy).sum(axis=1, keepdims=True)
        if self.row.name == "log_softmax":
            return dy - y * dy.sum(axis=1, keepdims=True), own + y * total, own + total
        factor = (-1 if self.row.name == "softmin" else 1) / heat
        return *gradient_and_size(y, dy, factor), (own + total) / heat

    def check_values(self, rung, results):
        """Hold ordinary rows of values against the wide type's; others' narrower dtypes against their NumPy formula."""
        x, dtype, form = self.rows[0], self.loop.type, self.ufunc.form
        if self.ufunc.space or self.reduces or not self.row.compiled or not x.size:
            return
        known = self.row.name in ("softmax", "softmin", "log_softmax")
        if np.finfo(WIDE).nmant < 63 if known else dtype is np.float64:
            return
        heat = self.heats
        good = np.isfinite(x).all(axis=1) & (heat > 2.0**-20) & (heat < 2.0**20)
        x, heat = x[good], heat[good].astype(WIDE)
        if not len(x):
            return
        if known:
            value, log, _ = exact(-x if self.row.name == "softmin" else x, heat[:, np.newaxis])
            wide = log if self.row.name == "log_softmax" else value
        else:
            wide = form.numpy(x.astype(np.float64))
        off = oracle.errors(results[good], wide).max()
        limit = _rows.FLOAT16_ULP if dtype is np.float16 else bound(rung, dtype, (form.ulp32, form.ulp64))
        assert off <= limit, f"{off:.4f} ULP off, {limit} allowed"


def broadcasts(shape, to):
    """Whether one shape broadcasts to another."""
    try:
        return np.broadcast_shapes(shape, to) == to
    except ValueError:
        return False
