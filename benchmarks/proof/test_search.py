"""The search for the worst float64 inputs: its reference, its measure of errors, and faults that are planted."""

import re

import mpmath
import numpy as np
import pytest

from fastact import _dispatch
from tests import oracle

from .. import forms
from ..forms import FORMS
from . import search, wide, windows

pytestmark = pytest.mark.skipif(wide.BITS < wide.ENOUGH, reason="a long double is too narrow here")
RNG = np.random.default_rng(1)
SPOT = 1.2345, 1.2346


def tanh_with_a_spot(x):
    """Return tanh in long double, rounded, but 3 ULP off in a narrow region."""
    y = np.tanh(x.astype(np.longdouble)).astype(np.float64)
    return np.where((x > SPOT[0]) & (x < SPOT[1]), y + 3 * np.spacing(y), y)


def planted(**changes):
    """Return the task of finding it."""
    return search.Task("tanh", tanh_with_a_spot, "tanh(x)", ("x",), {}, bound=1.0)._replace(**changes)


def searched(task, seed=0, rounds=10):
    """Return what a short search finds."""
    return search.run([task], rounds, np.inf, seed)


def samples(zeros=()):
    """Return numbers of all sizes, where functions bend, at the ends of the range and beside zeros."""
    near = [zero + RNG.uniform(-0.2, 0.2, 20) for zero in zeros]
    return np.concatenate([oracle.some_doubles(20), RNG.uniform(-40, 40, 50), *near])


def exact(parts):
    """Return a number in two parts as one of mpmath."""
    total = mpmath.mpf(0)
    for part in parts:
        fraction, exponent = np.frexp(part)
        head = float(fraction)
        total += mpmath.ldexp(mpmath.mpf(head) + float(fraction - head), int(exponent))
    return total


@pytest.mark.parametrize("name", FORMS)
def test_wide_numbers(name):
    """Every formula is within a few thousandths of an ULP of mpmath's value, which is finite."""
    ufunc, parameters = FORMS[name], forms.defaults(FORMS[name])
    x = samples(ufunc.form.zeros)
    made = wide.evaluate(ufunc.form.formula, {ufunc.arrays[0]: x, **parameters})
    high = np.broadcast_to(made.high, x.shape)
    low = np.zeros_like(high) if made.low is None else np.broadcast_to(made.low, x.shape)
    for at, *parts in zip(x.tolist(), high, low, strict=True):
        with mpmath.workdps(60):
            right = oracle.exact(ufunc.form.formula, {ufunc.arrays[0]: at, **parameters})
            if abs(right) > mpmath.mpf(10) ** 4000:  # where the arguments of exponentials stop
                assert abs(parts[0]) > np.finfo(np.float64).max
                continue
            off = abs(exact(parts) - right)
            absolute = any(abs(at - zero) < 0.2 for zero in ufunc.form.zeros)
            assert min(off / oracle.ulp(right, np.float64), off * 2**53 if absolute else mpmath.inf) < 0.004, at


def test_wide_numbers_know_what_the_oracle_knows():
    """A name that a row may use in its formula has a function here."""
    assert set(oracle.NAMES) <= set(wide.NAMES)


@pytest.mark.parametrize("formula", ["1 - x*x", "(x + 1) - 1", "x/3*3 - x", "x**3 - x*x*x", "sqrt(2)*sqrt(2) - 2"])
def test_what_cancels(formula):
    """Arithmetic keeps what a long double rounds off."""
    for at in (1 - 2.0**-52, 0.1, 1e-10):
        made = wide.evaluate(formula, {"x": np.array([at])})
        right = oracle.exact(formula, {"x": at})
        assert abs(made.high - float(right)) <= 2.0**-52 * abs(float(right)) + 2.0**-120


def test_conditions_are_elementwise():
    """Nested choices, and names that are given on the way."""
    x = np.array([-2.0, 0.0, 0.5, 3.0])
    made = wide.evaluate("(y := x + 1) if x > 0 else (0 if x < -1 else y*x + max(x, 7))", {"x": x, "y": 2.0})
    assert made.high.tolist() == [0, 7, 1.5, 4]


def test_errors_are_those_of_the_tests():
    """Also at powers of two, below the normal range, and at its end."""
    info = np.finfo(np.float64)
    right = np.array([1.0, 2.0, 0.3, -4.0, 5 * info.smallest_subnormal, info.tiny, 1e308])
    spacing = np.ldexp(1.0, np.maximum(np.frexp(right)[1], -1021) - 53)
    for factor in (-2, -1, 0, 1, 3):
        with np.errstate(over="ignore"):
            result = right + factor * spacing
        given = wide.Wide(right.astype(np.longdouble), right * np.longdouble(2.0**-150))
        with mpmath.workdps(60):
            expected = [
                oracle.error(a, b * (1 + mpmath.mpf(2) ** -150), np.float64) for a, b in zip(result, right, strict=True)
            ]
        assert search.errors(result, given, np.zeros(right.shape, bool)) == pytest.approx(expected, rel=1e-6)


def test_what_is_no_number():
    """A NaN is infinitely wrong, an overflow not where the exact result rounds to infinity."""
    result = np.array([np.nan, np.inf, np.inf, -np.inf])
    given = wide.wide(np.array([1.0, 2.0, np.inf, np.inf]))
    assert search.errors(result, given, np.zeros(4, bool)).tolist() == [np.inf, np.inf, 0, np.inf]


def test_what_is_lost():
    """A zero is infinitely wrong where the exact result does not round to zero, in wide numbers and by mpmath."""
    given = wide.wide(np.ldexp(np.longdouble([0.51, 0.5, 1, -1]), -1074))
    found = search.errors(np.zeros(4), given, np.array([False, False, False, False]))
    assert found.tolist() == [np.inf, 0.5, np.inf, np.inf]
    assert search.errors(np.zeros(4), given, np.ones(4, bool)).tolist() == [0] * 4
    flushing = planted(function=lambda x: np.where(x < -744.5, 0.0, np.exp(x)), formula="exp(x)")
    assert flushing.confirmed(-745.0) == np.inf
    assert flushing.confirmed(-746.0) < 0.5
    assert searched(flushing).exceeds


def test_beside_a_zero():
    """Errors that are small absolutely do not count there, others do, in ULP."""
    found = search.errors(np.array([1e-17, 1e-15]), wide.wide(np.array([2e-17, 2e-15])), np.ones(2, bool))
    assert found[0] == 0
    assert found[1] > 1e15


def test_ordinals():
    """They are in order, without a gap, and lead back."""
    x = np.array([-np.inf, -1.0, np.nextafter(-1, 0), -5e-324, 0.0, 5e-324, 1.0, np.inf])
    found = search.ordinals(x)
    assert (np.diff(found)[[1, 3, 4]] == 1).all()
    assert (np.diff(found) > 0).all()
    np.testing.assert_array_equal(search.floats(found), x)


def test_a_narrow_spot_is_found():
    """A region that is a ten-thousandth of its binade wide, among 4,000 binades; what is worst there is told."""
    found = searched(planted())
    assert SPOT[0] < found.x < SPOT[1]
    assert 3 < found.ulp < 3.51
    assert found.ulp == planted().confirmed(found.x)
    assert found.doubt < search.TOLERANCE


def test_the_end_of_the_range_is_searched():
    """A fault among the last subnormal results of an exponential."""

    def wrong(x):
        y = np.exp(x.astype(np.longdouble)).astype(np.float64)
        return np.where((x < -744) & (x > -745), y + 1e-323, y)

    wrongly = search.Task("exp", wrong, "exp(x)", ("x",), {})
    assert wrongly.measured(np.array([-744.5])) == pytest.approx(wrongly.confirmed(-744.5), rel=1e-6)
    found = searched(wrongly)
    assert -745 < found.x < -744
    assert 2 < found.ulp < 2.51


def test_the_same_seed_finds_the_same():
    """Rounds count, not seconds; and another seed finds something else."""
    one, again = searched(planted(), rounds=2), searched(planted(), rounds=2)
    assert (one.x, one.ulp, one.rounds) == (again.x, again.ulp, again.rounds)
    assert searched(planted(), seed=1, rounds=2).x != one.x


def test_mpmath_decides():
    """Where the wide numbers are wrong, the error is still the one by mpmath, and the reference's is told."""

    class Deceived(search.Task):
        def exact(self, x):
            made = super().exact(x)
            return wide.Wide(np.where((x > 2) & (x < 2.5), made.high * (1 + 2.0**-50), made.high))

    found = searched(Deceived(*planted()))
    assert found.ulp < 4
    assert found.doubt > 1
    assert "the reference is" in str(found)


def test_windows():
    """The polynomial gives the errors that the formula gives; across a kink or a binade there is none."""
    task = planted(function=np.tanh, formula="tanh(x) if x < 2 else x")
    near = np.array([0.7, -0.3, 1.23, 2.0, 1e-310])
    worst, scores = windows.sweep(task, near, np.random.default_rng(0))
    assert (scores[:3] > 0.3).all()
    assert scores[3] > 1e10
    assert (np.abs(worst - near) <= 2.0**33 * np.spacing(np.abs(near))).all()
    across = planted(formula="tanh(x) if x < 1.23 else x")
    assert windows.sweep(across, near[2:3], np.random.default_rng(0))[1] == -1


def test_known_inputs_are_looked_at():
    """What a row knows is not lost by a search that does not come by it."""
    known = 1.23456789

    def wrong(x):
        y = np.tanh(x.astype(np.longdouble)).astype(np.float64)
        return np.where(x == known, y + 5 * np.spacing(y), y)

    assert searched(planted(function=wrong, known=(known,)), rounds=1).x == known


def test_the_command(capsys, monkeypatch, tmp_path):
    """It prints what can be put into the row, and its status tells whether a bound is exceeded."""
    record = tmp_path / "found.json"
    wanted = ["tanh", "grad_from_output.relu", "--rounds", "1", "--json", str(record)]
    assert search.main(wanted) == 0
    printed = capsys.readouterr().out
    assert re.search(
        r"^tanh: 1\.\d+ ULP at -?0x1\.\w+p[+-]\d+ = \S+: within the bound of [\d.]+ \(1 rounds\)$", printed, re.M
    )
    assert re.search(r"^    ulp64=1\.\d+, worst64=\(-?\d+\.\d+,\)$", printed, re.M)
    assert "grad_from_output.relu: 0.0000 ULP" in printed
    assert record.read_text().count("ulp") == 2
    monkeypatch.setattr(search, "tasks", lambda *given: [planted()])
    assert search.main(["tanh", "--rounds", "10"]) == 1
    assert "EXCEEDS the bound of 1" in capsys.readouterr().out


def test_other_parameters(capsys):
    """They are told, and stand in the row's line behind the input."""
    assert search.main(["leaky_relu", "tanh", "--away", "--rounds", "8"]) == 0
    printed = capsys.readouterr().out
    assert "tanh" not in printed
    slope = re.search(r"negative_slope = ([^:]+): within", printed)[1]
    assert f", {slope})" in printed
    assert float(slope) != 0.01


def test_unknown_names():
    """A name that is none is told."""
    with pytest.raises(SystemExit):
        search.main(["no_such_function"])


def test_every_rung_can_be_searched():
    """The NumPy one too, by its own bounds."""
    (task,) = search.tasks(FORMS["softplus"], _dispatch.NUMPY)
    assert 0.5 < searched(task, rounds=1).ulp < task.bound
