"""Calls of functions of single elements."""

import numpy as np

from fastact import _dispatch, _fallback, _rows

from .. import oracle
from ..cases import COMPILED, RUNGS
from .drawing import UFUNCS, made, memories
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
    own, row = function(rung, call.function), UFUNCS[call.function].row

    def run(memory):
        inputs = [made(one, memory) for one in call.inputs if one is not None]
        kwargs = call.options | outputs(call, memory)
        if call.keyword and row.parameters and call.inputs[-1] is not None:
            kwargs[row.parameters[0].name] = inputs.pop()
        return own(*inputs, **kwargs)

    return Outcome(call, run)


def model(call, loop):
    """Return what NumPy's own ufunc of as many inputs makes of the call."""
    own = {1: np.tanh, 2: np.logaddexp, 3: np._core.umath.clip}[len(call.inputs)]
    options = call.options | ({"dtype": loop} if len(call.inputs) == 3 else {})  # clip has loops of integers too

    def run(memory):
        return own(*all_inputs(call, memory), **options, **outputs(call, memory))

    return Outcome(call._replace(raising=False), run)


def check_elementwise(call):
    """Hold a call against a plain one, and its dtype, shape and errors against those of NumPy's ufuncs."""
    loop, outcomes = loop_of(call), {rung: ours(call, rung) for rung in RUNGS}
    numpy = None if loop is None else model(call, loop)
    if loop is None or numpy.error:
        kind = TypeError if loop is None else kind_of(numpy.error)
        for rung, outcome in outcomes.items():
            with blamed(rung):  # on the NumPy rung whichever of two things wrong with out is seen first
                refused(call, outcome, REFUSALS if rung == _dispatch.NUMPY and call.out is not None else kind)
        return
    shape, mask = np.shape(numpy.result), made(call.where, memories(call))
    with np.errstate(all="ignore"):
        inputs = [plain(one, loop, shape) for one in all_inputs(call, memories(call))]
    results = plain_results(call.function, inputs)
    for rung, outcome in outcomes.items():
        with blamed(rung):
            if raised(call, rung, outcome, results[rung], loop, inputs=inputs, mask=mask):
                continue
            if call.out is None and outcome.error is None:
                assert type(outcome.result) is type(numpy.result), f"a {type(outcome.result)}"
                assert outcome.result.dtype == numpy.result.dtype, (
                    f"{outcome.result.dtype}, in NumPy {numpy.result.dtype}"
                )
            delivered(call, rung, outcome, results[rung], mask=mask, numpy=numpy)


def plain(operand, dtype, shape):
    """Return a fresh contiguous array of an operand."""
    return np.broadcast_to(np.asarray(operand).astype(dtype), shape).copy()


def plain_results(name, inputs):
    """Return the results of plain calls on each rung, checked."""
    with np.errstate(all="ignore"):
        results = {rung: np.asarray(function(rung, name)(*inputs)) for rung in RUNGS}
        for rung in COMPILED:
            with blamed(f"plain, {rung}"):
                assert_same(rung, results[rung], results[COMPILED[0]])
        if inputs[0].size:
            for rung in RUNGS[:1] + RUNGS[-1:]:
                with blamed(f"plain, {rung}"):
                    check_values(name, rung, inputs)
            check_against_numpy(name, inputs)
    return results


def check_against_numpy(name, inputs):
    """Hold all results, of a gradient the derivatives, against the NumPy rung, special values too."""
    ufunc = UFUNCS[name]
    if ufunc.space:
        inputs = [inputs[0], np.ones_like(inputs[1]), *inputs[2:]]
    got, wanted = (np.asarray(function(rung, name)(*inputs)) for rung in (RUNGS[0], RUNGS[-1]))
    good = nearly(got, wanted)
    for zero in ufunc.form.zeros:
        good |= (np.abs(inputs[0] - zero) < _rows.ZERO_REACH) & (np.abs(got - wanted) <= np.finfo(got.dtype).eps)
    good |= beyond(ufunc, inputs)
    good |= (got == wanted) & (ufunc.row.name == "elu")  # whose kernels give +0 for a product that is -0
    bad = np.argwhere(~good)
    assert not bad.size, (
        f"{name}{(*(one[tuple(bad[0])] for one in inputs),)!r} is {got[tuple(bad[0])]!r} "
        f"on {RUNGS[0]} and {wanted[tuple(bad[0])]!r} by NumPy"
    )


def check_values(name, rung, inputs):
    """Hold a few results against mpmath; a gradient is the derivative times dy, rounded."""
    ufunc, dtype = UFUNCS[name], inputs[0].dtype.type
    own = function(rung, name)
    few = np.unique(np.linspace(0, inputs[0].size - 1, 3).astype(int))
    inputs = [one.reshape(-1)[few] for one in inputs]
    if ufunc.space:
        dy = inputs.pop(1)
        check_product(own, ufunc, rung, inputs, dy)
        slopes = own(inputs[0], np.ones_like(dy), *inputs[1:])
    else:
        slopes = own(*inputs)
    names = ["y" if ufunc.space == "grad_from_output" else "x", *(one.name for one in ufunc.row.parameters)]
    if ufunc.row.noise and not ufunc.space:
        names.append("noise")
    for result, *operands in zip(slopes, *inputs, strict=True):
        if beyond(ufunc, operands):
            continue
        if np.isfinite(operands).all():
            value = oracle.exact(ufunc.form.formula, dict(zip(names, map(float, operands), strict=True)))
            off = oracle.error(result, value, dtype)
            near = any(abs(operands[0] - zero) < _rows.ZERO_REACH for zero in ufunc.form.zeros)
            reach = 8 if rung == _dispatch.NUMPY else 0.5
            absolute = near and abs(float(result) - value) <= reach * float(np.finfo(dtype).eps)
            limit = bound(ufunc, rung, dtype, operands[1:])
            assert absolute or off <= limit, f"{name}{(*operands,)!r} is {off:.4f} ULP off, {limit} allowed: {result!r}"
        elif np.isnan(operands[0]):
            assert np.isnan(result), f"{name}{(*operands,)!r} is {result!r}"


def beyond(ufunc, operands):
    """Return where an alpha is too large or too small for the bounds of elu: its kernels scale e^x only so far."""
    x, alpha = operands[0], operands[-1]
    if ufunc.row.name != "elu" or ufunc.space == "grad_from_output":
        return np.zeros(np.shape(x), bool)
    least, most = (0, np.finfo(np.float16).max) if alpha.itemsize == 2 else _table.ELU_ALPHAS[alpha.itemsize == 8]
    return (x <= 0) & (alpha != 0) & ((np.abs(alpha) < least) | ~(np.abs(alpha) <= most))


def bound(ufunc, rung, dtype, parameters):
    """Return how many ULP are allowed."""
    if rung == _dispatch.NUMPY:
        allowed = _rows.NUMPY_ULP[dtype is np.float64]
    elif dtype is np.float16:
        allowed = _rows.FLOAT16_ULP
    else:
        allowed = (ufunc.form.ulp32, ufunc.form.ulp64)[dtype is np.float64]
    defaults = [dtype(one.default) for one in ufunc.row.parameters]
    away = bool(defaults) and defaults != list(parameters)
    return max(allowed, 1.5) if away else allowed


def check_product(own, ufunc, rung, inputs, dy):
    """Assert that a gradient is one rounded product, float16 in float32; +0 on flat pieces whatever dy is."""
    if rung == _dispatch.NUMPY:
        return
    wide = np.float32 if dy.dtype == np.float16 else dy.dtype
    x, *parameters = (one.astype(wide) for one in inputs)
    slopes = own(x, np.ones_like(x), *parameters)
    product = (slopes * dy.astype(wide)).astype(dy.dtype)
    flat = parameters[0] == 0 if ufunc.name == "grad.elu.ufunc" else "relu" in ufunc.row.name
    product[(slopes == 0) & flat] = 0
    assert_same(rung, own(inputs[0], dy, *inputs[1:]), product)
