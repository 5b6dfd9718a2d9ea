"""PyTorch as judge in float64, of values and gradients; where it has no such function, JAX or a formula.

Where the two are further apart than rounding explains, mpmath judges, and what the other does is known here.
"""

import numpy as np
import pytest

import fastact

from . import elsewhere, judges, oracle
from .cases import ELEMENTWISE, RUNGS, Case, settings
from .test_accuracy import check_exactly

AGREED = 4.0  # ULP of float64
ROUGH = 1e-12  # of a formula, which rounds at every step: of its result, and of the sizes of its arrays
# Where PyTorch and JAX are further off themselves: of a row's output, a condition, and the reason.
FAULTS = {
    ("celu", "dx"): ("x <= 0 and alpha != 1", "it multiplies by 1/alpha, with alpha in float32"),
    ("gelu", "y"): ("-8.5 < x < -1.2", "1 + erf cancels"),
    ("gelu", "dx"): ("-39 < x < -0.5", "1 + erf cancels, and near its zero the sum"),
    ("glu", "db"): ("b > 1", "1 - sigmoid(b) cancels"),
    ("hard_sigmoid", "dx"): ("-3 < x < 3", "its 1/6 is that of float32"),
    ("hard_swish", "y"): ("x > 2e307", "6*x overflows"),
    ("hard_swish", "dx"): ("-1.8 < x < -1.3", "the sum cancels near its zero"),
    ("mish", "y"): ("x < -709", "exp(x) loses digits when it is subnormal"),
    ("mish", "dx"): (
        "x < -709 or -2.2 < x < -0.7 or 9 < x < 20",
        "exp(x) is subnormal; near its zero the sum cancels, and so does 1 - tanh**2, until tanh is 1",
    ),
    ("sigmoid", "dx"): ("x > 1.7", "1 - y cancels"),
    ("silu", "dx"): ("-1.6 < x < -1 or x > 7", "near its zero the sum cancels, and then 1 - sigmoid(x)"),
    ("softplus", "y"): ("x > 20", "from its threshold it is x"),
    ("softplus", "dx"): ("x > 20", "from its threshold it is 1"),
    ("softsign", "dx"): ("abs(x) > 3", "it is the sum of the quotient's two terms, which cancel"),
    ("sparse_plus", "dx"): ("abs(x) > 8e307", "2*x overflows on the pieces that it leaves out"),
    ("sparse_sigmoid", "dx"): ("1 - abs(x) < 1e-15", "x + 1 is rounded to the kink"),
    ("squareplus", "y"): ("x < 0 or x > 3e154", "x + sqrt(x*x + b) cancels, and x*x overflows"),
    ("squareplus", "dx"): ("x < 0 or x > 3e154", "likewise"),
    ("tanh", "dx"): ("abs(x) > 1.5", "1 - y*y cancels"),
    ("tanh_shrink", "y"): ("abs(x) < 0.7", "x - tanh(x) cancels"),
    ("tanh_shrink", "dx"): ("abs(x) < 0.7", "1 - tanh(x)**2 does, of 1"),
}
# Named in other libraries, but not in PyTorch and JAX.
NO_JUDGE = {
    "hardmax": "it has no derivative; test_onnx.py has it",
    "sparsemax": "Keras, whose own is wrong, has it alone",
}


def pair(row, given):
    """Return the cases of a row's value and gradient, those of the defaults where no parameter is given."""
    found = []
    for space in ("", "grad"):
        forms = [one for one in ELEMENTWISE if one.row is row and one.space == space]
        forms.sort(key=lambda one: (one.attribute == "plain") == bool(given))
        found.append(Case(RUNGS[0], forms[0], **given))
    return found


def distance(result, other):
    """Return how far apart two arrays are in ULP of float64: 0 where both are NaN."""
    with np.errstate(all="ignore"):
        off = np.abs(result - other) / oracle.ulps(np.float64, other)
    same = (result == other) | (np.isnan(result) & np.isnan(other))
    return np.where(same, 0.0, np.where(np.isnan(off), np.inf, off))


def compared(row):
    """Yield the cases of a row's value and gradient at each setting of parameters, and the judge with these."""
    judge, _ = judges.judge_of(row)
    if judge is None:
        pytest.skip("no library has it")
    for given in ({}, *(settings(row, np.float16) if row.parameters else ())):  # not at the ends of their sizes
        cases = pair(row, given)
        parameters = {one.name: cases[0].row_parameters[one.name] for one in row.parameters}
        if judge(cases[0].points(np.ones(1)), parameters):
            yield *cases, lambda points, parameters=parameters: judge(points, parameters)
        elif not given:  # it takes none
            yield *cases, lambda points: judge(points, {})


def results_of(value, gradient, points):
    """Return the value and all its derivatives, and of each the case and its label."""
    with np.errstate(all="ignore"):
        results = (*value.outputs(*points), *gradient.outputs(*points))
    names = ("y", *gradient.ufunc.results)
    return [(one, gradient if k else value, (value.ufunc.row.name, names[k])) for k, one in enumerate(results)]


def kinks_of(case):
    """Return the finite places where the derivative jumps."""
    found = [oracle.exact(str(kink), case.row_parameters) for kink in case.ufunc.row.kinks]
    return np.array([float(kink) for kink in found if abs(kink) < np.inf])


def hold(case, label, points, result, other):
    """Hold one output against the judge's; where they differ, mpmath has to agree, and the fault to be known."""
    apart = distance(result, other) > AGREED
    if not apart.any():
        return
    points = [one[apart] for one in points]
    check_exactly(case, points)
    where, _ = FAULTS.get(label, ("False", "none is known"))
    for place, operands in enumerate(zip(*points, strict=True)):
        assert oracle.holds(where, case.values(operands)), (
            f"{label} at {operands}, {case.defaults}: {result[apart][place]}, the judge {other[apart][place]}"
        )


def test_every_function_that_other_libraries_have_has_a_judge():
    without = {row for row in judges.ELEMENTWISE if judges.judge_of(row)[0] is None}
    without |= {row for row in judges.ALONG_AXIS if judges.along_axis(row) is None}
    assert {row.name for row in without if row.elsewhere} == NO_JUDGE.keys()


@pytest.mark.parametrize("row", judges.ELEMENTWISE, ids=lambda row: row.name)
def test_value_and_gradient(row):
    """At random and special numbers, and beside kinks, with all parameters that the judge takes."""
    _, formula = judges.judge_of(row)
    for value, gradient, judge in compared(row):
        x = np.concatenate([oracle.some_doubles(400), value.places(np.float64)])
        points = value.points(x[np.abs(x) < 700] if formula else x)
        at_kink = np.any([np.isin(one, kinks_of(value)) for one in points], axis=0)
        size = 1 + np.sum(np.abs(points), axis=0) if formula else None
        for (result, case, label), other in zip(results_of(value, gradient, points), judge(points), strict=True):
            here = ~(at_kink & case.gradient)
            if formula:
                off = np.abs(result - other)[here] / (size + np.abs(result))[here]
                assert off.max() < ROUGH, (label, case.defaults, [one[here][np.argmax(off)] for one in points])
            else:
                hold(case, label, [one[here] for one in points], result[here], other[here])


@pytest.mark.parametrize("row", judges.ELEMENTWISE, ids=lambda row: row.name)
def test_infinities_and_nan(row):
    """A judge has the limits, or NaN, where its formula has no way to them; and it hands on what is NaN."""
    for value, gradient, judge in compared(row):
        grids = np.meshgrid(*[np.array([-np.inf, np.inf, np.nan, -2.5, 0.75])] * len(row.arrays))
        points = [one.ravel() for one in grids]
        nan, infinite = (np.any([of(one) for one in points], axis=0) for of in (np.isnan, np.isinf))
        for (result, _, label), other in zip(results_of(value, gradient, points), judge(points), strict=True):
            known = infinite & ~nan & ~np.isnan(other)
            np.testing.assert_allclose(result[known], other[known], ROUGH, ROUGH, err_msg=str(label))
            if label[1] == "y":
                assert np.isnan(result[nan]).all()
                assert np.isnan(other[nan]).all()


@pytest.mark.parametrize("row", [row for row in judges.ELEMENTWISE if row.kinks], ids=lambda row: row.name)
def test_at_kinks(row):
    """Both have one of the derivatives of the two sides there, or what lies between; docs/elsewhere.md has which."""
    rng = np.random.default_rng(7)
    for value, gradient, judge in compared(row):
        kinks = kinks_of(value)
        for k in range(len(row.arrays)):
            points = [rng.normal(0, 3, kinks.size) for _ in row.arrays]
            points[k] = kinks
            beside = [[*points[:k], np.nextafter(kinks, end), *points[k + 1 :]] for end in (-np.inf, np.inf)]
            sides = zip(*(gradient.outputs(*one) for one in beside), strict=True)
            both = zip(gradient.outputs(*points), judge(points)[1:], strict=True)
            for results, (below, above) in zip(both, sides, strict=True):
                slack = 1e-14 * (np.abs(below) + np.abs(above))
                low, high = np.minimum(below, above) - slack, np.maximum(below, above) + slack
                between = np.all([(low <= one) & (one <= high) for one in results], axis=0)
                assert (between | (results[0] == results[1])).all()  # with lambd=0 there is no jump


@pytest.mark.skipif(not elsewhere.PAGE.exists(), reason="outside the source tree")
def test_the_page_of_kinks_is_that_of_the_rows_and_the_libraries():
    """With JAX and PyTorch as they are installed: `python -m tests.elsewhere` writes it anew."""
    pytest.importorskip("torch")
    pytest.importorskip("jax")
    assert elsewhere.PAGE.read_text() == elsewhere.page()


@pytest.mark.parametrize("row", [row for row in judges.ELEMENTWISE if row.grad_parameter], ids=lambda row: row.name)
def test_derivatives_by_parameters(row):
    """By the first judge that can differentiate by them."""
    (ufunc,) = (one for one in ELEMENTWISE if one.row is row and one.space == "grad_parameter")
    learnt = [one.name for one in row.parameters if one.learnt]
    x = oracle.some_doubles(200)
    x = x[np.abs(x) < 700]
    for given in ({}, *settings(row, np.float16)):
        case = Case(RUNGS[0], ufunc, **given)
        full = {one.name: np.full(x.shape, case.row_parameters[one.name]) for one in row.parameters}
        found = filter(None, (judge([x], full, learnt) for judge, _ in judges.every(row)))
        others = next(found, None) or pytest.skip("no library has it")
        for result, other in zip(case.outputs(x), others[-len(learnt) :], strict=True):
            off = np.abs(result - other) / (1 + x * x + np.abs(result))
            assert off.max() < ROUGH, (row.name, given, x[np.argmax(off)])


ROWS = {
    "ordinary": lambda rng: rng.normal(0, 3, (40, 17)),
    "of a wide spread": lambda rng: rng.normal(0, 40, (40, 10)),
    "equal": lambda rng: np.full((2, 7), 0.3),
    "of one": lambda rng: rng.normal(0, 3, (5, 1)),
    "far away": lambda rng: 1e6 + rng.normal(0, 3, (5, 9)),
    "with -inf": lambda rng: np.where(rng.random((40, 9)) < 0.2, -np.inf, rng.normal(0, 3, (40, 9))),
}


@pytest.mark.parametrize("row", judges.ALONG_AXIS, ids=lambda row: row.name)
@pytest.mark.parametrize("kind", ROWS)
def test_along_an_axis(row, kind):
    """Of numbers whose size is that of x, the largest subtracted: sharper than that is test_rows_accuracy.py."""
    judge = judges.along_axis(row)
    if judge is None:
        pytest.skip(NO_JUDGE.get(row.name, "no library has it"))
    rng = np.random.default_rng(8)
    x = ROWS[kind](rng)
    x = -x if row.absent > 0 else x  # what counts for nothing
    y = getattr(fastact, row.name)(x)
    dy = rng.normal(0, 1, y.shape)
    size = 1 + np.abs(x[np.isfinite(x)]).max()
    for result, other in zip((y, getattr(fastact.grad, row.name)(x, dy)), judge(x, dy), strict=True):
        np.testing.assert_allclose(result, other, 1e-15 * size, 1e-15 * size)
