"""Promise 4: a result depends on the element's value alone, and is the same on every compiled rung."""

import gc
import json
import platform
import sys

import numpy as np
import pytest

from fastact import _dispatch

from . import oracle
from .bits import BITS, bits, hashes
from .cases import (
    ALONG_AXIS,
    COMPILED,
    COMPOSED,
    ELEMENTWISE,
    TURN,
    UFUNCS,
    Case,
    base,
    needs_compiled,
    rows_and_numbers,
    settings,
    several,
)
from .environment import ENVIRONMENTS, others_environment
from .kept import GOLDEN

SEVERAL = [ufunc for ufunc in ELEMENTWISE if ufunc.nout > 1]  # outputs


def samples(dtype):
    """Return numbers of all sizes, many of them near zero, and the special ones."""
    rng = np.random.default_rng(3)
    patterns = rng.integers(0, np.iinfo(BITS[dtype]).max, 20_000, BITS[dtype], endpoint=True).view(dtype)
    return np.concatenate([patterns, rng.normal(0, 4, 20_000).astype(dtype), oracle.special(dtype)])


def same(case, results, expected):
    """Assert the same bits of all outputs; on the NumPy rung, which promises none, the same values within its bound."""
    for result, wanted in zip(several(results), several(expected), strict=True):
        if case.rung != _dispatch.NUMPY:
            np.testing.assert_array_equal(bits(result), bits(wanted))
        else:
            info = np.finfo(result.dtype)
            np.testing.assert_allclose(result, wanted, rtol=8 * info.eps, atol=8 * float(info.smallest_subnormal))


def parts(results, index):
    """Return the same part of each output."""
    return tuple(one[index] for one in several(results))


def into(case, places, *arrays):
    """Call with an array for each output, to which it goes; the first of them is the one given, the others are new."""
    outs = (places, *(np.zeros_like(places) for _ in range(case.ufunc.nout - 1)))
    results = several(case(*arrays, out=outs))
    assert all(one is out for one, out in zip(results, outs, strict=True))
    return results


@needs_compiled
@pytest.mark.parametrize("dtype", oracle.DTYPES)
@pytest.mark.parametrize("ufunc", ELEMENTWISE, ids=lambda ufunc: ufunc.name)
def test_every_compiled_rung_gives_the_same_bits(ufunc, dtype):
    x = samples(dtype)
    first, *others = [[bits(one) for one in case.outputs(*case.inputs(x))] for case in every_rung(ufunc)]
    for other in others:
        np.testing.assert_array_equal(other, first)


def every_rung(ufunc):
    """Yield a ufunc on the compiled rungs."""
    return (Case(name, ufunc) for name in COMPILED)


@pytest.mark.parametrize("dtype", oracle.DTYPES)
@pytest.mark.parametrize("ufunc", COMPOSED, ids=lambda ufunc: ufunc.name)
def test_value_and_gradient_in_one_pass_are_those_of_two(rung, ufunc, dtype):
    """With parameters at their defaults and away from them."""
    x, count = samples(dtype), len(ufunc.row.arrays)
    plain = ufunc.attribute == "plain"
    own = [other for other in UFUNCS if other.row is ufunc.row and (other.attribute == "plain") == plain]
    value, grad = (other for other in own if other.space in ("", "grad"))
    for given in ({}, *settings(ufunc.row, dtype)):
        case = Case(rung, ufunc, **given)
        arrays = [np.roll(x, k * TURN) for k in range(count)]
        expected = [
            *Case(rung, value, **given).outputs(*arrays),
            *Case(rung, grad, **given).outputs(*arrays, dtype(1)),
        ]
        for result, wanted in zip(case.outputs(*arrays), expected, strict=True):
            np.testing.assert_array_equal(bits(result), bits(wanted))
        for k in range(len(expected)):  # over an input, of which the other results are made too
            own = [one.copy() for one in arrays]
            out = [np.empty_like(x) for _ in expected]
            out[k] = own[0]
            case(*own, out=tuple(out))
            for result, wanted in zip(out, expected, strict=True):
                np.testing.assert_array_equal(bits(result), bits(wanted))
        finite = np.isfinite(expected).all(axis=0) & np.isfinite(arrays).all(axis=0)
        case.loud = True
        with np.errstate(all="raise"):  # nothing overflows where no result has
            case(*(one[finite] for one in arrays))


@pytest.mark.parametrize("dtype", oracle.DTYPES)
@pytest.mark.parametrize(
    "ufunc", [one for one in (*ELEMENTWISE, *COMPOSED) if one.others], ids=lambda ufunc: ufunc.name
)
def test_arrays_of_parameters_give_what_numbers_give(rung, ufunc, dtype):
    """All of them arrays, and one beside numbers; three of seven elements have the default."""
    x = samples(dtype)[-2000:]
    usual_there = np.arange(x.size) % 7 < 3  # which no vector is a multiple of
    usual = Case(rung, ufunc)
    arrays, numbers = usual.inputs(x), [dtype(one) for one in usual.defaults.values()]
    for given in settings(ufunc.row, dtype):
        others = [dtype(one) for one in Case(rung, ufunc, **given).defaults.values()]
        for changed in [range(len(numbers)), *((k,) for k in range(len(numbers)))]:
            mixed = [others[k] if k in changed else one for k, one in enumerate(numbers)]
            both = zip(numbers, mixed, strict=True)
            spread = [np.where(usual_there, one, other) if one != other else one for one, other in both]
            with np.errstate(all="ignore"):
                made, *wanted = (several(usual.function(*arrays, *one)) for one in (spread, numbers, mixed))
            for result, one, other in zip(made, *wanted, strict=True):
                np.testing.assert_array_equal(bits(result), bits(np.where(usual_there, one, other)))


@needs_compiled
@pytest.mark.parametrize("dtype", oracle.DTYPES)
@pytest.mark.parametrize("ufunc", ALONG_AXIS, ids=lambda ufunc: ufunc.name)
def test_every_compiled_rung_gives_the_same_rows(ufunc, dtype):
    rng = np.random.default_rng(4)
    for length in (1, 2, 7, 15, 16, 17, 31, 32, 33, 64, 100, 511, 512, 513, 1100):
        count = 70 if length < 18 else 3  # short rows go several at a time
        operands = rows_and_numbers(ufunc, [rng.normal(0, 3, (count, length)).astype(dtype) for _ in range(ufunc.nin)])
        alone = [base(COMPILED[0], ufunc)(*(one[k : k + 1] for one in operands)) for k in range(count)]
        reference = bits(np.concatenate(alone))
        for name in COMPILED:
            function = base(name, ufunc)
            np.testing.assert_array_equal(bits(function(*operands)), reference)
            columns = [np.asfortranarray(operand) for operand in operands]
            np.testing.assert_array_equal(bits(function(*columns)), reference)
            turned = function(*(np.ascontiguousarray(operand.T) for operand in operands), axis=0)
            np.testing.assert_array_equal(bits(np.ascontiguousarray(turned.T)), reference)


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_lengths_positions_and_alignments(case, dtype):
    """Each value in turn at each place of each length gives what it gives in the long array."""
    x = samples(dtype)[-2000:]
    arrays = case.inputs(x)
    whole = case(*arrays)
    buffer = np.empty(x.nbytes + 64, np.uint8)
    for length in range(68):
        for start in (0, 1, 2, 3, 5, 1000, 2000 - length):
            part = slice(start, start + length)
            same(case, case(*(one[part] for one in arrays)), parts(whole, part))
    for offset in (1, 2, 4, 8, 12, 17, 32):
        moved = buffer[offset : offset + x.nbytes].view(dtype)
        moved[:] = x
        same(case, case(moved, *arrays[1:]), whole)


@pytest.mark.parametrize("dtype", oracle.DTYPES)
@pytest.mark.parametrize("step", [2, 3, 7, -1, -2])
def test_strides(case, dtype, step):
    first, *others = arrays = case.inputs(samples(dtype)[-3000:])
    whole = case(*arrays)
    same(case, case(*(one[::step] for one in arrays)), parts(whole, np.s_[::step]))
    out = np.zeros(3000, dtype)
    into(case, out[::step], first[::step], *(np.ascontiguousarray(one[::step]) for one in others))
    same(case, out[::step], several(whole)[0][::step])
    if step > 1:
        assert not out[1::step].any()
    turned = case(*(one.reshape(50, 60).T for one in arrays))
    same(case, turned, tuple(one.reshape(50, 60).T for one in several(whole)))


@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_in_place_and_overlapping(case, dtype):
    """The first output is the first input, or overlaps it."""
    x = samples(dtype)[-1500:]
    others = [*case.points(x)[1:], *[dtype(1.5)] * case.gradient]
    whole = case(x, *others)
    own = x.copy()
    same(case, into(case, own, own, *others), whole)
    for k in range(1, len(case.names)):
        own = others.copy()
        own[k - 1] = others[k - 1].copy()
        same(case, into(case, own[k - 1], x, *own), whole)
    for offset in (1, 3, 16, 33, 600):
        for ahead in (True, False):
            room = np.zeros(1500 + offset, dtype)
            source, target = (room[offset:], room[:1500]) if ahead else (room[:1500], room[offset:])
            source[:] = x
            same(case, into(case, target, source, *others), whole)
    room = np.zeros(3000, dtype)
    room[::2] = x
    same(case, into(case, room[:1500], room[::2], *others), whole)
    room[::2] = x
    backwards = [one[::-1] if one.ndim else one for one in others]
    same(case, into(case, room[:1500], room[::2][::-1], *backwards), parts(whole, np.s_[::-1]))


@pytest.mark.parametrize("dtype", oracle.DTYPES)
@pytest.mark.parametrize("ufunc", SEVERAL, ids=lambda ufunc: ufunc.name)
def test_each_output_has_a_layout_of_its_own(rung, ufunc, dtype):
    """One output is strided, goes backwards or is misaligned, the others are contiguous."""
    case = Case(rung, ufunc)
    for length in (40, 700, 5000):
        arrays = case.inputs(samples(dtype)[-length:])
        whole = case(*arrays)
        for k in range(ufunc.nout):
            for step in (3, 2, -1):
                room = np.zeros(length * abs(step), dtype)
                outs = [np.empty(length, dtype) for _ in range(ufunc.nout)]
                outs[k] = room[::step]
                same(case, case(*arrays, out=tuple(outs)), whole)
                if step > 1:
                    assert not room.reshape(length, step)[:, 1:].any()
            outs[k] = np.empty(length * room.itemsize + 1, np.uint8)[1:].view(dtype)
            same(case, case(*arrays, out=tuple(outs)), whole)


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("ufunc", SEVERAL, ids=lambda ufunc: ufunc.name)
def test_several_outputs_too_large_for_the_caches(name, ufunc):
    """What is streamed is what small pieces give, whether or not the outputs lie alike in their cache lines."""
    case, length = Case(name, ufunc), (1 << 25) // 8 + 77
    arrays = case.inputs(np.resize(np.random.default_rng(6).normal(0, 3, 9973), length))
    pieces = [case(*piece) for piece in zip(*(np.array_split(one, 50) for one in arrays), strict=True)]
    whole = [np.concatenate(one) for one in zip(*pieces, strict=True)]
    rooms = [np.empty(length + 8) for _ in range(ufunc.nout)]
    for last in (0, 1):
        outs = (*(room[:length] for room in rooms[:-1]), rooms[-1][last : last + length])
        same(case, case(*arrays, out=outs), tuple(whole))


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_outputs_too_large_for_the_caches(name, dtype):
    """What is streamed is what a small piece gives, for every alignment of the output, up to its last element."""
    grad = _dispatch.build(name)["grad"]["relu"]
    length = (1 << 25) // np.dtype(dtype).itemsize + 77
    x = np.resize(np.random.default_rng(6).normal(0, 3, 9973).astype(dtype), length)
    expected = np.concatenate([grad(piece, dtype(1.5)) for piece in np.array_split(x, 50)])
    room = np.empty(length + 40, dtype)
    for offset in (0, 1, 5, 32):
        room[:] = -1
        grad(x, dtype(1.5), out=room[offset : offset + length])
        np.testing.assert_array_equal(room[offset : offset + length], expected)
        assert (room[:offset] == -1).all()
        assert (room[offset + length :] == -1).all()
    np.testing.assert_array_equal(grad(x, dtype(1.5), out=x), expected)


def test_broadcast_operands(case):
    """Scalars on any side, in any of the paths, give what full arrays give."""
    count = len(case.ufunc.arrays)
    if count == 1:
        return
    x = np.random.default_rng(5).normal(0, 3, (count, 777)).astype(np.float32)
    for k in range(count):
        for one in (x[k, :1], x[k, 0]):
            full = np.full_like(x[k], x[k, 0])
            same(case, case(*x[:k], one, *x[k + 1 :]), case(*x[:k], full, *x[k + 1 :]))
    odd, rest = x[0, ::2], x[1:, :389]
    same(case, case(odd, *rest), case(np.ascontiguousarray(odd), *rest))
    row, columns = x[0, :9, None], x[1:, :50]
    same(case, case(row, *columns), case(np.repeat(row, 50, 1), *(np.tile(one, (9, 1)) for one in columns)))


@pytest.mark.skipif(
    platform.machine() not in ENVIRONMENTS or sys.platform != "linux", reason="sets the control word through glibc"
)
@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_what_others_set_in_the_floating_point_environment_does_not_matter(case, dtype):
    if case.rung == _dispatch.NUMPY:
        return
    x = samples(dtype)
    arrays = case.rounded(dtype).points(x)
    whole = case(*arrays)
    place = ENVIRONMENTS[platform.machine()]
    gc.disable()  # its callbacks compute with floats: hypothesis has one that takes the time
    before = others_environment(place, place.hostile, place.hostile if place.status == place.control else 0)
    try:
        moved = case(*arrays)
    finally:
        control, status = others_environment(place, *before)
        gc.enable()
    assert control & place.settings == place.hostile & place.settings
    genuine = place.overflow if case.form.raises else 0  # which the samples call for there
    assert status & place.flags & ~genuine == 0
    same(case, moved, whole)


@pytest.mark.parametrize("name", COMPILED)
def test_golden_hashes(name):
    """The same bits on every rung, compiler and CPU: `python -m tests.kept` writes the file anew."""
    assert hashes(name) == json.loads(GOLDEN.read_text())
