"""A few hundred calls of the fuzz target, the same each time; tools/fuzz makes as many as there is time for."""

import functools

import numpy as np
import pytest

pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, Phase, given, settings

import fastact

from . import fuzz
from .cases import COMPILED, RUNGS, functions, needs_compiled
from .fuzz import drawing


def quick(strategy):
    """Run a property on calls that do not change from run to run."""
    own = settings(
        max_examples=80,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    return lambda test: own(given(strategy)(test))


@quick(drawing.elementwise())
def test_functions_of_single_elements(call):
    fuzz.check(call)


@quick(drawing.along())
def test_functions_of_rows(call):
    fuzz.check(call)


@quick(drawing.methods())
def test_methods_of_ufuncs(call):
    fuzz.check(call)


@quick(drawing.others())
def test_functions_that_are_no_ufuncs(call):
    fuzz.check(call)


def ignores_where(own, x, out, where):
    return own(x, out=out)


def does_not_copy_what_overlaps(own, x, out, where):
    for place in np.flatnonzero(where):
        out[place] = own(x[place])
    return out


def writes_beyond(own, x, out, where):
    own(x, out=out, where=where)
    np.lib.stride_tricks.as_strided(out, (out.size + 1,), out.strides)[-1] = 0
    return out


def returns_another_array(own, x, out, where):
    return own(x, out=out, where=where).copy()


def rounds_to_a_narrower_dtype(own, x, out, where):
    return own(x.astype(np.float16), out=out, where=where)


FAULTS = [
    ignores_where, does_not_copy_what_overlaps, writes_beyond, returns_another_array, rounds_to_a_narrower_dtype,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_planted_faults_are_found(monkeypatch, fault):
    """In a call whose output begins at the input's second element."""
    x = drawing.View("f4", (6,), (4,), 64, ("plain", 1))
    out, where = drawing.View("f4", (6,), (4,), 68, None), drawing.View("?", (6,), (1,), 64, ("plain", 4))
    call = drawing.Elementwise("softplus", (x,), {}, (160, 160), out, where)
    fuzz.check(call)
    own = functions(RUNGS[0])[""]["softplus"]

    def faulty(x, out=None, where=True):
        return own(x) if out is None else fault(own, x, out, where)

    monkeypatch.setitem(functions(RUNGS[0])[""], "softplus", faulty)
    with pytest.raises(AssertionError, match=RUNGS[0]):
        fuzz.check(call)


def spoilt(own, spoil):
    """Return a function whose result is spoilt, and that of the ufunc behind it; or of one method alone."""

    def changed(call):
        def faulty(*args, **kwargs):
            return spoil(call(*args, **kwargs), *args, **kwargs)

        return faulty

    method = getattr(spoil, "method", None)
    faulty = changed(own) if method is None else functools.partial(own)
    for name in ("ufunc", "general", "reduceat"):
        if hasattr(own, name):
            setattr(faulty, name, changed(getattr(own, name)) if method in (None, name) else getattr(own, name))
    return faulty


def negative(result, *args, **kwargs):
    return -result


def without_zeros_signs(result, *args, **kwargs):
    return result + result.dtype.type(0)


def off_by_3_ulp(result, *args, **kwargs):
    return result + 3 * np.spacing(result)


def beside_the_zero(result, *args, **kwargs):
    return result + result.dtype.type(0.9) * np.finfo(result.dtype).eps


def for_huge_alpha(result, x, alpha, **kwargs):
    return np.where(np.abs(alpha) > 1e30, result.dtype.type(777), result)


def where_out_is_wider(result, *args, out=None, **kwargs):
    if out is not None:
        result[...] = -999
    return result


def no_overflow(result, *args, **kwargs):
    return np.minimum(result, np.finfo(result.dtype).max)


def last_piece(result, *args, **kwargs):
    result[-1] += 1
    return result


last_piece.method = "reduceat"


def by_layout(result, x, *args, **kwargs):
    return (result[0] + 1, result[1]) if x.strides[-1] < 0 else result


def array(dtype, *shape, kind="plain", offset=64, backwards=False):
    """Return a contiguous view with values of a kind; its last axis may run backwards."""
    size = np.dtype(dtype).itemsize
    strides = [size * int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
    if backwards:
        offset, strides[-1] = offset + (shape[-1] - 1) * size, -size
    return drawing.View(dtype, shape, tuple(strides), offset, (kind, 3))


def elementwise(name, *inputs, **rest):
    return drawing.Elementwise(name, inputs, {}, ROOM, **rest)


def along(name, *inputs, **rest):
    return drawing.Along(name, inputs, {}, ROOM, **rest)


ROOM = (80_000, 64)
SPOILT = [
    (negative, along("grad.softmax", array("f2", 3, 33), array("f2", 3, 33, offset=1024), None)),
    (negative, along("grad.softmax", array("f4", 2, 4097), array("f4", 2, 4097, offset=40_000), None)),
    (negative, along("grad_from_output.log_softmax", array("f8", 40, 2), array("f8", 40, 2, offset=1024))),
    (off_by_3_ulp, along("softmin", array("f4", 4, 9))),
    (where_out_is_wider, along("logsumexp", array("f4", 4, 9), out=array("f4", 3, 4, kind=None, offset=1024))),
    (off_by_3_ulp, elementwise("sigmoid", array("f8", 9))),
    (without_zeros_signs, elementwise("silu", array("f4", 40, kind="special"))),
    (beside_the_zero, elementwise("grad.gelu", np.float32(-0.75), np.float32(1))),
    (for_huge_alpha, elementwise("elu", array("f4", 40), np.float32(2e30))),
    (no_overflow, elementwise("grad.gelu", np.float32(1.5), np.float32(3.3e38), raising=True)),
    (last_piece, drawing.Method("grad.relu", "reduceat", (array("f4", 9),), ROOM, indices=(0, 4))),
    (
        by_layout,
        drawing.Other(
            "losses.softmax_cross_entropy", (array("f4", 3, 4, backwards=True), np.array([0, 1, 2])), {}, ROOM
        ),
    ),
]


@needs_compiled
@pytest.mark.parametrize(("spoil", "call"), SPOILT, ids=lambda one: getattr(one, "__name__", None) or one.function)
def test_spoilt_results_are_found(monkeypatch, spoil, call):
    """On all compiled rungs at once, which so agree with each other."""
    fuzz.check(call)
    space, _, name = call.function.rpartition(".")
    if isinstance(call, drawing.Other):
        module = getattr(fastact, space)
        monkeypatch.setattr(module, name, spoilt(getattr(module, name), spoil))
    else:
        for place in [functions(rung)[space] for rung in COMPILED]:
            monkeypatch.setitem(place, name, spoilt(place[name], spoil))
    with pytest.raises(AssertionError):
        fuzz.check(call)
