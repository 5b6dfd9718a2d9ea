"""Calls of functions of single elements."""

import ast

import mpmath
import numpy as np

from fastact import _dispatch, _fallback

from .. import oracle
from ..cases import COMPILED, RUNGS, Case, several
from .drawing import UFUNCS, made, memories, outs
from .outcomes import (
    REFUSALS,
    Outcome,
    all_inputs,
    assert_same,
    blamed,
    delivered,
    function,
    kind_of,
    nearly,
    outputs,
    raised,
    refused,
)


def loop_of(call):
    """Return the dtype of the loop that a call takes, and None where there is none."""
    given = call.options
    inputs = all_inputs(call, memories(call))
    try:
        return _fallback.resolve(call.function, inputs, given.get("dtype"), given.get("casting", "same_kind"))
    except TypeError:
        return None


def ours(call, rung):
    """Return what a function of ours makes of a call of single elements."""
    own, ufunc = function(rung, call.function), UFUNCS[call.function]
    count = len(ufunc.arrays)

    def run(memory):
        inputs = [made(one, memory) for one in call.inputs if one is not None]
        kwargs = call.options | outputs(call, memory)
        if call.keyword and ufunc.row.parameters:
            kwargs |= dict(zip(ufunc.others, inputs[count:], strict=False))
            inputs = inputs[:count]
        return own(*inputs, **kwargs)

    return Outcome(call, run)


# NumPy's own ufuncs, by how many arrays go in and come out.
MODELS = {(1, 1): np.tanh, (2, 1): np.logaddexp, (3, 1): np._core.umath.clip, (1, 2): np.modf, (2, 2): np.divmod}


class Model:
    """What NumPy's own ufunc of as many inputs and outputs makes of a call: its error, or shapes, dtypes, memory.

    Where NumPy has none it is what its rules for ufuncs say; ``memory`` is then None.
    """

    def __init__(self, call, loop):
        ufunc = UFUNCS[call.function]
        own = MODELS.get((ufunc.nin, ufunc.nout))
        self.error = self.memory = None
        if own is None:
            try:
                self.by_rule(call, loop, ufunc.nout)
            except REFUSALS as error:
                self.error = error
            return
        options = call.options | (
            {"dtype": loop} if own in (np.divmod, np._core.umath.clip) else {}
        )  # also of integers

        def run(memory):
            return own(*all_inputs(call, memory), **options, **outputs(call, memory))

        outcome = Outcome(call._replace(raising=False), run)
        self.error, self.memory, self.results = outcome.error, outcome.memory, outcome.results

    def by_rule(self, call, loop, count):
        """Find the results' shape, kinds and dtype, or raise what a ufunc raises."""
        memory = memories(call)
        given = [one for one in outs(call) if one is not None]
        if not all(np.can_cast(loop, one.dtype, call.options.get("casting", "same_kind")) for one in given):
            raise TypeError("an output's dtype")
        shapes = [*map(np.shape, all_inputs(call, memory)), np.shape(made(call.where, memory))]
        shape = np.broadcast_shapes(*shapes, *(one.shape for one in given))
        if any(one.shape != shape for one in given):
            raise ValueError("an output's shape")
        result = np.zeros(shape, loop)
        self.results = (result if shape else result[()],) * count


def check_elementwise(call):
    """Hold a call against a plain one, and its dtype, shape and errors against those of NumPy's ufuncs."""
    loop, outcomes = loop_of(call), {rung: ours(call, rung) for rung in RUNGS}
    if demands_more(call):
        for rung, outcome in outcomes.items():
            with blamed(rung):
                refused(call, outcome, ValueError)
        return
    numpy = None if loop is None else Model(call, loop)
    if loop is None or numpy.error:
        kind = TypeError if loop is None else kind_of(numpy.error)
        for rung, outcome in outcomes.items():
            with blamed(rung):  # on the NumPy rung whichever of two things wrong with out is seen first
                refused(call, outcome, REFUSALS if rung == _dispatch.NUMPY and call.out is not None else kind)
        return
    shape, mask = np.shape(numpy.results[0]), made(call.where, memories(call))
    with np.errstate(all="ignore"):
        inputs = [plain(one, loop, shape) for one in all_inputs(call, memories(call))]
    results = plain_results(call.function, inputs)
    for rung, outcome in outcomes.items():
        with blamed(rung):
            if raised(call, rung, outcome, results[rung], loop, inputs=inputs, mask=mask):
                continue
            if outcome.error is None:
                assert len(outcome.results) == len(numpy.results)
                places = outs(call) or (None,) * len(outcome.results)
                for own, other, place in zip(outcome.results, numpy.results, places, strict=True):
                    if place is not None:
                        continue
                    assert type(own) is type(other), f"a {type(own)}"
                    assert own.dtype == other.dtype, f"{own.dtype}, in NumPy {other.dtype}"
            delivered(call, rung, outcome, results[rung], mask=mask, left=numpy.memory)


def demands_more(call):
    """Whether a parameter is a number that the function refuses."""
    ufunc = UFUNCS[call.function]
    given = zip(ufunc.others, call.inputs[len(ufunc.arrays) :], strict=True)
    defaults = {one.name: one.default for one in ufunc.row.parameters}
    numbers = {name: defaults.get(name) if one is None else one for name, one in given}
    return any(
        all(isinstance(numbers[name], int | float | np.generic) for name in names_of(condition))
        and not eval(condition, {}, numbers)
        for condition in ufunc.demands
    )


def names_of(condition):
    """Return the names in a condition."""
    return [node.id for node in ast.walk(ast.parse(condition)) if isinstance(node, ast.Name)]


def plain(operand, dtype, shape):
    """Return a fresh contiguous array of an operand."""
    return np.broadcast_to(np.asarray(operand).astype(dtype), shape).copy()


def plain_results(name, inputs):
    """Return the results of plain calls on each rung, tuples, checked."""
    with np.errstate(all="ignore"):
        results = {rung: tuple(map(np.asarray, several(function(rung, name)(*inputs)))) for rung in RUNGS}
        for rung in COMPILED:
            with blamed(f"plain, {rung}"):
                for one, first in zip(results[rung], results[COMPILED[0]], strict=True):
                    assert_same(rung, one, first)
        if inputs[0].size:
            for rung in RUNGS[:1] + RUNGS[-1:]:
                with blamed(f"plain, {rung}"):
                    check_values(name, rung, inputs)
            check_against_numpy(name, inputs)
    return results


def derivatives_at(ufunc, inputs):
    """Return the inputs with 1 for dy."""
    return [np.ones_like(one) if name == "dy" else one for name, one in zip(ufunc.operands, inputs, strict=True)]


def check_against_numpy(name, inputs):
    """Hold all results, of a gradient the derivatives, against the NumPy rung, special values too."""
    ufunc, case = UFUNCS[name], Case(_dispatch.NUMPY, UFUNCS[name])
    inputs = derivatives_at(ufunc, inputs)
    arrays = inputs[: len(case.names)]
    both = [several(function(rung, name)(*inputs)) for rung in (RUNGS[0], RUNGS[-1])]
    excused = beyond(ufunc, inputs)
    parameters = zip(inputs[len(ufunc.arrays) :], ufunc.row.parameters, strict=False)
    # Away from the defaults the sign of a zero that is a product, which may underflow, is not promised.
    unsigned = np.any([one != one.dtype.type(parameter.default) for one, parameter in parameters], axis=0)
    for k, (got, wanted) in enumerate(zip(*(map(np.asarray, results) for results in both), strict=True)):
        good = nearly(got, wanted) | excused | ((got == wanted) & unsigned)
        off = np.where(good, 0.0, 1.0)
        good |= case.off(k, off, 0.5 * np.abs(got - wanted), arrays, got.dtype) == 0
        bad = np.argwhere(~good)
        assert not bad.size, (
            f"{name}{(*(one[tuple(bad[0])] for one in inputs),)!r}, output {k}, is {got[tuple(bad[0])]!r} "
            f"on {RUNGS[0]} and {wanted[tuple(bad[0])]!r} by NumPy"
        )


def check_values(name, rung, inputs):
    """Hold a few results against mpmath; a gradient is the derivative times dy, rounded."""
    ufunc, dtype = UFUNCS[name], inputs[0].dtype.type
    own = function(rung, name)
    few = np.unique(np.linspace(0, inputs[0].size - 1, 3).astype(int))
    inputs = [one.reshape(-1)[few] for one in inputs]
    if ufunc.has_dy:
        check_product(own, ufunc, rung, inputs)
        inputs = derivatives_at(ufunc, inputs)
    results, excused = several(own(*inputs)), beyond(ufunc, inputs)
    count = len(ufunc.arrays) - ufunc.has_dy
    for at, operands in enumerate(zip(*inputs, strict=True)):
        if excused[at]:
            continue
        arrays, parameters = operands[:count], operands[len(ufunc.arrays) :]
        case = Case(rung, ufunc, **dict(zip(ufunc.others, map(float, parameters), strict=True)))
        case.away = any(
            dtype(one.default) != value for one, value in zip(ufunc.row.parameters, parameters, strict=False)
        )
        if np.isfinite(arrays).all() and not np.isnan(parameters).any() and evaluable(case, arrays):
            for k, (result, value) in enumerate(zip(results, case.exact(arrays), strict=True)):
                off = np.array([oracle.error(result[at], value, dtype)])
                reach = 8 if rung == _dispatch.NUMPY else 1
                absolute = np.array([float(abs(float(result[at]) - value))]) / reach
                off = case.off(k, off, absolute, [np.array([one]) for one in arrays], dtype)[0]
                limit = case.bound(dtype)
                assert off <= limit, (
                    f"{name}{(*operands,)!r}, output {k}, is {off:.4f} ULP off, {limit} allowed: {result[at]!r}"
                )
        elif np.isnan(arrays).all():
            assert all(np.isnan(result[at]) for result in results), f"{name}{(*operands,)!r} is {results!r}"


def evaluable(case, arrays):
    """Whether the formulas have values there: infinite parameters may make NaN of them."""
    if np.isfinite([*case.defaults.values()]).all():
        return True
    try:
        return not any(mpmath.isnan(value) for value in case.exact(arrays))
    except ZeroDivisionError:
        return False


def beyond(ufunc, operands):
    """Return where a parameter is larger or smaller than its row has bounds for, and the result depends on it."""
    found, count = np.zeros(np.shape(operands[0]), bool), len(ufunc.arrays)
    for k, parameter in enumerate(ufunc.row.parameters, count):
        if not (parameter.sizes or parameter.positive):
            continue
        size, itemsize = np.abs(operands[k]), operands[k].dtype.itemsize
        least, most = (
            parameter.sizes[itemsize == 8] if parameter.sizes and itemsize > 2 else (0, np.finfo(size.dtype).max)
        )
        outside = (size != 0) & ((size < least) | ~(size <= most))
        outside |= parameter.positive & ~(operands[k] > 0)
        for place in map(tuple, np.argwhere(outside)):
            found[place] |= depends(ufunc, [one[place] for one in operands], {parameter.name: parameter.default})
    return found


def depends(ufunc, operands, default):
    """Whether the exact results would be others with a parameter at its default, also where both round to 0."""
    count = len(ufunc.arrays) - ufunc.has_dy
    arrays, given = operands[:count], dict(zip(ufunc.others, map(float, operands[len(ufunc.arrays) :]), strict=True))
    if not np.isfinite(arrays).all():
        return True
    try:
        own, other = (Case(_dispatch.NUMPY, ufunc, **one).exact(arrays) for one in (given, given | default))
    except ZeroDivisionError:
        return True
    return own != other


def check_product(own, ufunc, rung, inputs):
    """Assert that a gradient is one rounded product, float16 in float32; +0 on flat pieces whatever dy is."""
    if rung == _dispatch.NUMPY:
        return
    dy = inputs[len(ufunc.arrays) - 1]
    wide = np.float32 if dy.dtype == np.float16 else dy.dtype
    operands = [one.astype(wide) for one in inputs]
    slopes = several(own(*derivatives_at(ufunc, operands)))
    count, flat = len(ufunc.arrays) - 1, []
    for values in zip(*operands, strict=True):
        others = dict(zip(ufunc.others, map(float, values[count + 1 :]), strict=True))
        flat.append(Case(rung, ufunc, **others).flat(values[:count]))
    for k, (result, slope) in enumerate(zip(several(own(*inputs)), slopes, strict=True)):
        product = (slope * dy.astype(wide)).astype(dy.dtype)
        product[[one[k] for one in flat]] = 0
        infinite = ~np.all([np.isfinite(one) for one in operands[count + 1 :]], axis=0)
        np.copyto(product, result, where=infinite & (slope == 0))  # of such parameters flat pieces are not told
        assert_same(rung, result, product)
