"""The judge itself: its references against mpmath and the limits, planted faults, and a run that is stopped."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from fastact import _dispatch
from tests import oracle
from tests.cases import COMPILED, needs_compiled

from .. import forms
from ..forms import FORMS, REFERENCES
from . import accuracy, exact, exhaustive, judge, ledger

F32 = np.float32
SMALLEST = np.finfo(F32).smallest_subnormal
LIMITS = {name: ufunc.form.limits for name, ufunc in FORMS.items()}


@pytest.mark.parametrize("name", FORMS)
def test_reference(name):
    """The formula is right at samples, at its limits and at NaN, where float32 sees the sign of what underflows."""
    assert exact.sampled_error(FORMS[name]) <= exact.TOLERANCE
    x = np.array([-np.inf, -0.0, 0.0, np.inf, np.nan], F32)
    given = forms.rounded_defaults(FORMS[name], F32)
    at = REFERENCES[name](x, **given).astype(F32)
    limits = [float(oracle.exact(one, given)) if isinstance(one, str) else one for one in LIMITS[name]]
    expected = np.array([*limits, np.nan], F32)
    np.testing.assert_array_equal(at, expected)
    np.testing.assert_array_equal(np.signbit(at[:4]), np.signbit(expected[:4]))


@needs_compiled
@pytest.mark.parametrize("name", FORMS)
def test_a_plan(name):
    """The first rung is measured, and all are hashed."""
    measured, *hashed = ledger.plan(name, COMPILED[0], COMPILED[1:], 256, {})
    assert (measured.label, measured.stride) == (COMPILED[0], 0)
    assert {job.label for job in hashed} >= set(COMPILED[1:])
    assert all(job.stride for job in hashed)


@pytest.mark.parametrize("at", ["left", "kink", "right"])
def test_a_wrong_reference_at_a_kink_is_found(at):
    """One that is right but for a single float32, at the kink or beside it, is told."""
    ufunc = FORMS["grad.elu"]
    place = {"left": np.nextafter(F32(0), F32(-1)), "kink": F32(0), "right": np.nextafter(F32(0), F32(1))}[at]

    def wrong(x, alpha):
        return np.where(x == place, 1.25, forms.reference(ufunc)(x, alpha=alpha))

    assert exact.sampled_error(ufunc, wrong) > 1e6


def test_the_listed_zeros_are_zeros():
    """A zero that a row lists is one of its formula, since errors beside it are measured otherwise."""
    for name, ufunc in FORMS.items():
        for zero in ufunc.form.zeros:
            given = [{**forms.defaults(ufunc), ufunc.arrays[0]: zero + off} for off in (-1e-9, 1e-9)]
            before, after = (oracle.exact(ufunc.form.formula, one) for one in given)
            assert before * after < 0, name


def judged(result, wide, x=None, zeros=()):
    """Return the tally of a few results."""
    result, wide = np.atleast_1d(result).astype(F32), np.atleast_1d(wide).astype(float)
    with np.errstate(all="ignore"):
        return judge.compare(result, wide, wide.astype(F32), wide.astype(F32) if x is None else x, zeros)


def test_one_wrong_input_is_found():
    """Among many right results the one that is not is the worst, and is the input that is told."""
    x = np.linspace(-5, 5, 1001, dtype=F32)
    wide = REFERENCES["softplus"](x)
    result = wide.astype(F32)
    assert judged(result, wide, x) == judge.Tally()
    result[345] = np.nextafter(result[345], F32(np.inf))
    found = judged(result, wide, x)
    assert found.inexact == 1
    assert 0.5 < found.ulp < 1.5
    assert np.uint32(found.worst).view(F32) == x[345]


@pytest.mark.parametrize(
    ("result", "wide", "count"),
    [
        (0.0, -0.0, "sign"),
        (-0.0, 0.0, "sign"),
        (0.0, -1e-60, "sign"),  # the sign of an underflow
        (-1e-45, 1e-60, "sign"),
        (np.nan, 1.0, "nan"),
        (1.0, np.nan, "nan"),
        (np.inf, np.nan, "nan"),
        (np.nan, -np.inf, "nan"),
        (np.inf, 1.0, "inf"),
        (3e38, np.inf, "inf"),
        (-np.inf, np.inf, "inf"),
        (np.inf, 3e38, "inf"),
        (0.0, 0.51 * 2.0**-149, "lost"),
        (-0.0, -(2.0**-149), "lost"),
        (0.0, 2.0**-127, "lost"),
        (0.0, -(2.0**-149), "sign"),
    ],
)
def test_mismatches_are_found(result, wide, count):
    """Each is counted once, for what it is."""
    found = judged(result, wide)
    assert (getattr(found, count), found.mismatches, found.inexact) == (1, 1, 1)


def test_what_is_no_mismatch():
    """Two NaN are the same whatever their bits; at the end of the range the largest number is infinity's neighbour."""
    assert judged(np.uint32(0x7FC12345).view(F32), np.nan) == judge.Tally()
    edge = judged(np.finfo(F32).max, 3.5e38)
    assert (edge.ulp, edge.mismatches, edge.inexact) == (0, 0, 1)
    assert judged([0.0, -0.0, 0.0], [2.0**-150, -(2.0**-150), 1e-300]) == judge.Tally()


def test_a_kernel_that_flushes_is_caught():
    """Where the results are below the least subnormal number, zero is less than 1 ULP off, and yet a number is lost."""
    x = np.linspace(-104.5, -103, 100_000, dtype=F32)
    wide = REFERENCES["sigmoid"](x)
    result = wide.astype(F32)
    flushed = (wide < SMALLEST) & (result > 0)
    result[flushed] = 0
    found = judged(result, wide, x)
    assert found.ulp < 1
    assert found.lost == found.mismatches == flushed.sum() > 1000


def test_errors_below_the_normal_range_are_in_the_smallest_number():
    """3 ULP among the subnormal numbers are 3 of the smallest; a flush to zero is its whole size."""
    assert judged(F32(1e-40) + 3 * SMALLEST, float(F32(1e-40))).ulp == 3
    flushed = judged(0.0, 2.0**-127)
    assert (flushed.ulp, flushed.lost) == (2**22, 1)


def test_errors_are_those_of_the_tests():
    """On arbitrary numbers the largest error is that of the tests' own unit."""
    rng = np.random.default_rng(1)
    wide = rng.normal(size=1000) * 10.0 ** rng.integers(-44, 38, 1000)
    result = (wide * (1 + 1e-6 * rng.normal(size=1000))).astype(F32)
    right_signs = np.signbit(result) == np.signbit(wide)
    assert right_signs.all()
    assert judged(result, wide).ulp == oracle.errors(result, wide).max()


def test_beside_a_zero_the_absolute_error_counts():
    """Only close to it, and a result that is far off is told there too."""
    near, far = np.array([-1.25], F32), np.array([-1.75], F32)
    beside = judged(1e-9, -1e-9, near, (-1.278,))
    assert (beside.ulp, beside.mismatches) == (pytest.approx(2e-9 * 2**24), 0)
    assert judged(1e-9, -1e-9, near).sign == 1
    assert judged(1e-9, 2e-9, far, (-1.278,)).ulp > 1000
    assert judged(1e-6, -1e-6, near, (-1.278,)).sign == 1
    assert judged(0.0, 1e-9, near, (-1.278,)).mismatches == 0
    assert judged(0.0, 1e-6, near, (-1.278,)).lost == 1
    assert judged(1e-6, 2e-6, near, (-1.278,)).ulp == pytest.approx(1e-6 * 2**24)


def test_tallies_add_up():
    """Counts are sums; the first of the largest errors is kept."""
    first, second = judge.Tally(0.75, 3, 1, 0, 1, 0, 2), judge.Tally(0.75, 9, 2, 1, 0, 0, 1)
    assert first + second == judge.Tally(0.75, 3, 3, 1, 1, 0, 3)
    assert judge.Tally() + second == second


def test_a_wrong_library_is_refused(monkeypatch):
    """A contender that computes something else, or does not look at its input again, is not judged."""

    class Wrong:
        version = "1"

        def contender(self, name, x, out):
            return {"tanh": lambda: -np.tanh(x), "softplus": np.logaddexp(0, x).copy, "relu": None}[name]

    monkeypatch.setattr(judge, "peers", lambda: ({"Wrong": Wrong()}, {}))
    for name in ("tanh", "softplus"):
        versions, failures = judge.offers(name)
        assert versions == {}
        assert "something else" in failures["Wrong"]
    assert judge.offers("relu") == ({}, {})


@pytest.fixture
def pool():
    """One process of those that the judge works with."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), judge.start_worker) as made:
        yield made


def report(folder):
    """Return a report on one function, whose file is in a folder."""
    others = exhaustive.others(_dispatch.ISA, _dispatch.survey()[0])
    jobs = ledger.plan("softplus", _dispatch.ISA, others, 256, {"NumPy": np.__version__})
    return accuracy.Report("softplus", jobs, ledger.Ledger("softplus", folder))


def test_a_stopped_run_goes_on(pool, tmp_path):
    """It finds what a run in one go finds, does nothing twice, and leaves a whole file when it is stopped."""
    blocks = (0, 64, 255)
    whole = report(tmp_path / "whole")
    exhaustive.run(pool, whole, blocks, lambda: None)

    def stop():
        raise KeyboardInterrupt

    stopped = report(tmp_path / "stopped")
    with pytest.raises(KeyboardInterrupt):
        exhaustive.run(pool, stopped, blocks, stop)
    resumed = report(tmp_path / "stopped")
    there = sum(len(resumed.ledger.found(job)) for job in resumed.jobs)
    assert there > 0
    done = []
    exhaustive.run(pool, resumed, blocks, lambda: done.append(1))
    assert there + len(done) == len(blocks) * len(resumed.jobs)
    for job in whole.jobs:
        assert resumed.ledger.found(job) == whole.ledger.found(job)
        assert report(tmp_path / "stopped").ledger.found(job) == whole.ledger.found(job)
    assert [path.name for path in (tmp_path / "stopped").iterdir()] == ["softplus.json"]
    own = whole.ledger.found(whole.jobs[0])
    assert sum(tally.mismatches for tally in own) == 0
    assert max(tally.ulp for tally in own) <= whole.bound


def test_another_build_is_judged_anew(tmp_path):
    """What another binary has made does not count."""
    book = ledger.Ledger("tanh", tmp_path)
    job = ledger.Job("x86_64_v3", "", "one")
    book.add(job, 0, judge.Tally(0.6))
    book.save()
    assert ledger.Ledger("tanh", tmp_path).found(job) == [judge.Tally(0.6)]
    assert ledger.Ledger("tanh", tmp_path).found(job._replace(made_by="another")) == []


@pytest.fixture
def found(tmp_path):
    """Return a function that makes a report on tanh, of one finding for all blocks of each job."""
    rung, *_ = COMPILED
    jobs = [ledger.Job(rung, "", "a"), ledger.Job("JAX", "1.2", "c")]
    jobs += [ledger.Job(rung, "", "a", 1), ledger.Job("other", "", "b", 1)]

    def made(tally, bits, blocks=judge.BLOCKS):
        report = accuracy.Report("tanh", jobs, ledger.Ledger("tanh", tmp_path))
        for block in range(blocks):
            for job, finding in zip(jobs, (tally, judge.Tally(8.4e6, 0x00800001, 5, nan=2), "bits", bits), strict=True):
                report.ledger.add(job, block, finding)
        return report

    return made


@needs_compiled
def test_the_verdict(found):
    """A promise is broken by an error above the bound, a mismatch, other bits on a rung, and by not being checked."""

    def kept(*findings, **more):
        return found(*findings, **more).kept

    assert kept(judge.Tally(0.7), "bits")
    assert not kept(judge.Tally(0.7), "bits", blocks=255)
    assert not kept(judge.Tally(FORMS["tanh"].form.ulp32 + 0.04), "bits")
    assert not kept(judge.Tally(0.7, sign=1), "bits")
    assert not kept(judge.Tally(0.7, lost=1), "bits")
    assert not kept(judge.Tally(0.7), "others")


@needs_compiled
def test_the_page(found):
    """It has a line for each library, and no function that is not checked in full."""
    page = accuracy.page([found(judge.Tally(0.7, 0x3F800000, 1), "others")])
    assert "| [`tanh`](#tanh) | 0.7000 | 8.4e6 ! |" in page
    assert "| JAX 1.2 | 8.4e6 | 1.1754945e-38 = 0x1.000002p-126 | 99.999 % | 512 | 0 | 0 | 0 |" in page
    assert "other: OTHER BITS on all inputs." in page
    page = accuracy.page([found(judge.Tally(0.7, 0x3F800000, 1), "others", blocks=3)])
    assert "Not checked in full: `tanh`." in page
    assert "0.7000" not in page


@needs_compiled
def test_the_page_keeps_what_still_holds(found):
    """A function that was not measured anew keeps its entry, unless its results or another rung's have changed."""
    complete = found(judge.Tally(0.7, 0x3F800000, 1), "bits")
    page = accuracy.page([complete])
    assert accuracy.page([complete], page) == page

    def measured_by_hash(own="bits", other="bits", blocks=judge.BLOCKS):
        report = accuracy.Report("tanh", complete.jobs, ledger.Ledger("tanh", Path("nowhere")))
        for block in range(blocks):
            report.ledger.add(report.jobs[2], block, own)
            report.ledger.add(report.jobs[3], block, other)
        return report

    assert accuracy.page([measured_by_hash()], page) == page
    for changed in (
        measured_by_hash("new", "new"),
        measured_by_hash(other="new"),
        measured_by_hash(blocks=255),
    ):
        assert "Not checked in full: `tanh`." in accuracy.page([changed], page)
