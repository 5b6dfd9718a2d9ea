"""The race itself: its targets make sense, its arithmetic is right, and every library is held to what is asked."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from fastact import _dispatch

from . import contenders, held, peers, rows, sections, sheets, targets
from .__main__ import measure, misses, record
from .standings import EVERY, HIT, MISS, OWN, UNKNOWN, standings, worst
from .targets import Target

SECTIONS = list(sections.sections())


def field(names=targets.FUNCTIONS):
    """Return fastact and NumPy in the race, with some of the activations."""
    found, _ = contenders.libraries()
    return sections.Field(found[:2], names, {})


def test_targets_name_what_is_raced():
    """A target that nothing is held against would be passed over in silence."""
    wanted = {section.name: section.wanted for section in SECTIONS}
    columns = {
        *targets.PEERS,
        targets.PLAIN_COPY,
        targets.TWO_COPIES,
        targets.SUM,
        targets.ADD,
        targets.HALF_AGAINST,
        targets.ALLOWED,
        targets.ORDINARY,
        "np.tanh",
        "np.maximum",
    }
    for target in targets.TARGETS:
        assert target.operation.partition(" ")[0] in wanted[target.section]
        assert columns.issuperset(target.against)
        assert target.asked > 0


def test_one_target_for_each_operation():
    """No two targets say different things about the same."""
    keys = [(target.isa, target.section, target.operation) for target in targets.TARGETS]
    assert len(set(keys)) == len(keys)


def test_names():
    """Peers and operations have the names that the registry knows."""
    assert set(targets.PEERS) == {"NumPy", *peers.PEERS}
    assert {*targets.FUNCTIONS, *targets.GRADIENTS, *targets.GATE_FORMS, *targets.BOTH} <= set(contenders.REFERENCE)
    assert set(contenders.TABLE) >= set(targets.PIECEWISE)


TIMES = {(OWN, "f"): 2.0, ("NumPy", "f"): 5.0, ("JAX", "f"): 3.0, ("copy", EVERY): 1.6, ("JAX", "g"): 1.0}


@pytest.mark.parametrize(
    ("target", "rival", "ratio", "verdict"),
    [
        (None, "JAX", 1.5, None),
        (Target("", "", "f", 1.5), "JAX", 1.5, HIT),
        (Target("", "", "f", 1.51), "JAX", 1.5, MISS),
        (Target("", "", "f", 2.5, ("NumPy", "SciPy")), "NumPy", 2.5, HIT),
        (Target("", "", "f", 1.25, ("copy",), at_most=True), "copy", 1.25, HIT),
        (Target("", "", "f", 1.24, ("copy",), at_most=True), "copy", 1.25, MISS),
        (Target("", "", "f", 1.0, ("SciPy",)), None, None, UNKNOWN),
    ],
)
def test_standing(target, rival, ratio, verdict):
    """The rival is the fastest of those named, and the ratio is turned round where the target is a limit."""
    (found,) = standings(TIMES, {"f": target} if target else {})
    assert (found.rival, found.ratio, found.verdict) == (rival, ratio, verdict)
    assert "g" not in found.times


def strided_standings():
    """Return made-up standings of two strides: 12 of 10 and 7 of 11 nanoseconds allowed."""
    times = {("contiguous", "relu"): 4.0}
    for stride, own, copy in ((2, 12.0, 5.0), (3, 7.7, 7 / 1.2)):
        times[OWN, targets.strided("relu", stride)] = own
        times["copy", targets.strided("", stride)] = copy
    name = "strides float32 input"
    return standings(sections.allowances(times), targets.of_section(name, _dispatch.ISA))


def test_strides():
    """What is allowed is the contiguous time and 1.2 copies; the worst stride is printed."""
    found = strided_standings()
    assert [one.ratio for one in found] == pytest.approx([1.2, 0.7])
    assert [one.verdict for one in found] == [MISS, HIT]
    assert worst(found) == found[:1]


def test_one_pass():
    """It is held against copies where it is piecewise, and else against the sum of value and gradient."""
    times = {("value", "value_and_grad.relu"): 1.0, ("gradient", "value_and_grad.relu"): 2.0}
    times |= {("value", "value_and_grad.gelu"): 4.0, ("gradient", "value_and_grad.gelu"): 6.0}
    times |= {(OWN, "value_and_grad.relu"): 2.5, (OWN, "value_and_grad.gelu"): 9.5, (targets.TWO_COPIES, EVERY): 2.0}
    asked = targets.of_section("value_and_grad float32", targets.AVX512)
    relu, gelu = standings(sections.beside_two_passes(times), asked)
    assert (relu.rival, relu.ratio, relu.verdict) == (targets.TWO_COPIES, 1.25, HIT)
    assert (gelu.rival, gelu.ratio, gelu.verdict) == (targets.SUM, 0.95, MISS)
    assert gelu.times[targets.DEARER] == 6


def test_every_output_is_checked():
    """A gate's contender whose second output is wrong is found out, in a tuple or in one array."""
    x, out = sections.arrays(SECTIONS[0]._replace(elements=64))
    right = contenders.libraries({})[0][1].contender("grad.glu", x, out)
    da, db = (one.copy() for one in right())
    contenders.check("NumPy", "grad.glu", lambda: (da, db), x, out)
    contenders.check("NumPy", "grad.glu", lambda: np.concatenate((da, db)), x, out)
    for wrong in ((da, 2 * db), np.concatenate((da, da)), None):
        with pytest.raises(ValueError, match="wrongly"):
            contenders.check("NumPy", "grad.glu", lambda wrong=wrong: wrong, x, out)


@pytest.mark.parametrize("dtype", contenders.DTYPES)
def test_special_inputs(dtype):
    """They are what they are called, and every operation is held against its own time on ordinary inputs."""
    section = next(one for one in SECTIONS if one.name == f"special {dtype}")._replace(elements=64)
    made = {kind: np.abs(sections.special(kind, section)) for kind in targets.SPECIAL}
    info = np.finfo(dtype)
    assert ((made["subnormal"] > 0) & (made["subnormal"] < info.tiny)).all()
    assert ((made["huge"] > info.max / 8) & np.isfinite(made["huge"])).all()
    assert np.isinf(made["infinite"]).all()
    assert np.isnan(made["NaN"]).all()
    asked = targets.of_section(section.name, _dispatch.ISA)
    assert len(asked) == len(targets.SPECIAL) * len(section.wanted)
    times = {(targets.ORDINARY, "relu"): 2.0, (targets.ORDINARY, "tanh"): 5.0}
    times |= {(OWN, "relu NaN"): 3.0, (OWN, "relu huge"): 4.0, (OWN, "tanh huge"): 5.5}
    found = standings(section.derive(times), asked)
    assert [(one.ratio, one.verdict) for one in found] == [(1.5, HIT), (2.0, MISS), (1.1, HIT)]
    assert [one.operation for one in section.choose(found)] == ["relu huge", "tanh huge"]


def test_report():
    """A miss is listed, printed and recorded."""
    section = next(section for section in SECTIONS if section.name == "strides float32 input")
    results = [(section, strided_standings(), "")]
    assert misses(results) == [f"{section}: relu [::2] 1.20 against allowed, asked ≤ 1"]
    assert "| relu [::2] | 12.0 | 4.000 | 5.000 | 10.0 | allowed | 1.20 | ≤ 1 | miss |" in sheets.markdown(
        sheets.sheet("", results[0][1])
    )
    (recorded,) = json.loads(json.dumps(record(results)))
    assert [one["verdict"] for one in recorded["standings"]] == [MISS, HIT]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_sections(section):
    """Every section runs, on small arrays here."""
    small = section._replace(elements=min(section.elements, 4096))
    found, _ = measure(field(("relu", "tanh")), small, seconds=0, least=1)
    assert found
    assert all(np.isfinite(one.own) and one.times for one in found)


def test_field():
    """Only what was asked for is raced, in all of its forms."""
    asked = field(("tanh",)).operations((*targets.FUNCTIONS, *targets.GRADIENTS))
    assert asked == ["tanh", "grad.tanh", "grad_from_output.tanh"]


@pytest.mark.skipif(targets.AVX2 not in _dispatch.survey()[0], reason="this machine has no AVX2")
def test_held_to_avx2():
    """A process with the environment uses AVX2 and no more, by what the libraries themselves tell."""
    program = """
from benchmarks.race import contenders, held
told = held.in_use([library.name for library in contenders.libraries()[0]])
print(told["fastact"], told["NumPy"], told.get("PyTorch", "AVX2"), held.not_held(told), sep="|")
"""
    run = subprocess.run(
        [sys.executable, "-c", program], env=held.environment(os.environ), capture_output=True, text=True, check=True
    )
    isa, features, capability, beyond = run.stdout.strip().split("|")
    assert (isa, capability, beyond) == (targets.AVX2, "AVX2", "[]")
    assert not any(map(held.beyond_avx2, features.split()))


@pytest.mark.parametrize("name", rows.NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_library_computes_rows_rightly(name, dtype):
    """The contenders of the race of rows are held against a reference before they are timed."""
    for shape, axis in (((6, 20), -1), ((20, 6), 0)):
        labels = {library for library, _ in rows.contenders(name, dtype, shape, axis)}
        assert {"fastact", "NumPy"} <= labels
    assert rows.asked(name, dtype, (8192, 64), -1).asked >= 1
