"""Which module is taken and why; what is said when one is missing, broken or asked for in vain."""

import importlib
import importlib.util
import os
import platform
import shutil
import sys

import numpy as np
import pytest

import fastact
from fastact import _dispatch

from .cases import COMPILED, RUNGS, needs_compiled
from .processes import PACKAGE, run


@pytest.fixture
def copy(tmp_path):
    """A copy of the package that may be damaged."""
    shutil.copytree(PACKAGE, tmp_path / "fastact", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def modules(path, pattern="_loops_*"):
    return sorted(file for file in (path / "fastact").glob(pattern) if file.suffix in (".so", ".pyd"))


def test_each_rung_by_name():
    for name in RUNGS:
        done = run(isa=name)
        assert (done.stdout, done.stderr) == (f"{name} 0.5\n", "")


@pytest.mark.parametrize("isa", [None, "auto", "", " ", " auto "])
def test_auto_takes_the_best(isa):
    assert run(isa=isa).stdout == f"{RUNGS[0]} 0.5\n"


def test_blanks_around_a_name_do_not_count():
    """``set FASTACT_ISA=numpy && python`` leaves one behind it in the shell of Windows."""
    assert run(isa="numpy ").stdout == "numpy 0.5\n"


@pytest.mark.parametrize("isa", ["avx1024", "BASELINE", "numpy,baseline"])
def test_unknown_rung(isa):
    done = run(isa=isa)
    assert done.returncode
    works = ", ".join(["auto", *RUNGS])
    assert f"ImportError: FASTACT_ISA={isa}: there is no such instruction set. What would work here: {works}." in (
        done.stderr
    )


def test_rung_of_another_machine(monkeypatch):
    monkeypatch.setattr(_dispatch.platform, "machine", lambda: "riscv64")
    with pytest.raises(ImportError, match="FASTACT_ISA=x86_64_v4: it is for x86_64, and this machine is riscv64"):
        _dispatch.choose("x86_64_v4")


@pytest.fixture
def pretend(monkeypatch):
    """A function that gives the CPU other features; it returns the list of the modules that are then asked for.

    Nothing is imported: a module for such a CPU would crash on one that lacks them.
    """

    def pretended(features):
        asked = []
        monkeypatch.setattr(_dispatch, "cpu_features", lambda: features)
        monkeypatch.setattr(_dispatch.platform, "machine", lambda: "x86_64")
        monkeypatch.setattr(importlib, "import_module", asked.append)
        return asked

    return pretended


def test_rung_that_the_cpu_lacks(pretend):
    pretend(dict.fromkeys(_dispatch.RUNGS[0].features, True) | {"avx512bw": False})
    with pytest.raises(ImportError, match="FASTACT_ISA=x86_64_v4: this CPU lacks avx512bw"):
        _dispatch.choose("x86_64_v4")


@pytest.mark.skipif(len(COMPILED) < 2, reason="needs a rung whose CPU is asked for")
def test_every_feature_that_a_rung_needs_is_detected():
    for rung in _dispatch.RUNGS:
        assert set(rung.features) <= set(_dispatch.cpu_features())


ALL = 2**32 - 1  # every feature that cpuid can tell of


@needs_compiled
@pytest.mark.parametrize(
    ("words", "best", "lacking"),
    [
        ((ALL, ALL, ALL, 0xE7), "x86_64_v4", None),
        ((ALL, ALL, ALL, 0x07), "x86_64_v3", "avx512f"),  # no register of AVX-512 is saved
        ((ALL, ALL, ALL, 0xC7), "x86_64_v3", "avx512f"),  # the masks are not
        ((ALL, ALL, ALL, 0xA7), "x86_64_v3", "avx512f"),  # the upper halves are not
        ((ALL, ALL, ALL, 0x67), "x86_64_v3", "avx512f"),  # the upper sixteen are not
        ((ALL, ALL, ALL, 0xE3), "baseline", "avx"),  # without AVX's, those of AVX-512 are of no use
        ((ALL, ALL, ALL, 0xE5), "baseline", "avx"),
        ((ALL & ~(1 << 27), ALL, ALL, 0xE7), "baseline", "avx"),  # nothing to ask
        ((ALL, 0, ALL, 0xE7), "baseline", "avx2"),  # so old that there is no leaf 7
        ((ALL, ALL, 0, 0xE7), "baseline", "lzcnt"),
        ((0, 0, 0, 0), "baseline", "sse3"),
    ],
)
def test_registers_that_the_system_does_not_save(pretend, words, best, lacking):
    features = importlib.import_module("fastact._cpu").features_of(*words)
    asked = pretend(features)
    assert _dispatch.choose("auto") == best
    assert asked == [f"fastact._loops_{best}"]
    assert lacking is None or features[lacking] is False
    assert all(features.values()) == (best == "x86_64_v4")


@needs_compiled
@pytest.mark.parametrize(
    ("word", "bits"),  # by Intel's and AMD's manuals: ecx of leaf 1, ebx of leaf 7, ecx of leaf 0x80000001
    [
        (0, {"sse3": 0, "ssse3": 9, "fma": 12, "cx16": 13, "sse4_1": 19, "sse4_2": 20, "movbe": 22, "popcnt": 23}),
        (0, {"avx": 28, "f16c": 29}),
        (1, {"bmi1": 3, "avx2": 5, "bmi2": 8, "avx512f": 16, "avx512dq": 17, "avx512cd": 28, "avx512bw": 30}),
        (1, {"avx512vl": 31}),
        (2, {"lahf": 0, "lzcnt": 5}),
    ],
)
def test_each_feature_has_its_bit(word, bits):
    for name, bit in bits.items():
        words = [ALL, ALL, ALL, 0xE7]
        words[word] &= ~(1 << bit)
        features = importlib.import_module("fastact._cpu").features_of(*words)
        assert [lacking for lacking, has in features.items() if not has] == [name]


@needs_compiled
def test_features_are_those_that_numpy_finds():
    """NumPy has a detection of its own, and other names for some."""
    names = {"sse4_1": "SSE41", "sse4_2": "SSE42", "fma": "FMA3"}
    found = _dispatch.cpu_features()
    theirs = np._core._multiarray_umath.__cpu_features__
    common = {name: theirs[names.get(name, name.upper())] for name in found if names.get(name, name.upper()) in theirs}
    if sys.platform == "darwin":  # there NumPy asks the system, which saves AVX-512's registers from their first use on
        common = {name: has for name, has in common.items() if not name.startswith("avx512")}
    assert {name: found[name] for name in common} == common
    assert not found or len(common) >= 7


def not_readable(file):
    if sys.platform == "win32" or os.geteuid() == 0:
        pytest.skip("this user reads every file")
    file.chmod(0)


def of_another_machine(file):
    """Name IBM's System/370 in the ELF header."""
    file.write_bytes(file.read_bytes()[:18] + b"\x09\0" + file.read_bytes()[20:])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the messages are glibc's")
@pytest.mark.skipif(len(COMPILED) < 2, reason="needs a rung to fall back to")
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.write_bytes(b""), "file too short"),
        (lambda file: file.write_bytes(b"text " * 99), "invalid ELF header"),
        (lambda file: os.truncate(file, 200), "cannot read file data"),
        (of_another_machine, "cannot open shared object file"),
        (lambda file: shutil.copy(_dispatch.load("baseline").__file__, file), "does not define module export function"),
        (not_readable, "Permission denied"),
    ],
)
def test_broken_best_module_is_reported_and_the_next_taken(copy, damage, message):
    best = modules(copy, f"_loops_{COMPILED[0]}*")[0]
    damage(best)
    done = run(path=copy)
    assert done.stdout == f"{COMPILED[1]} 0.5\n"
    assert done.stderr.count("RuntimeWarning") == 1
    assert f"fastact falls back to {COMPILED[1]}" in done.stderr
    assert message in done.stderr
    named = run(path=copy, isa=COMPILED[0])
    assert named.returncode
    assert message in named.stderr
    assert f"What would work here: auto, {', '.join(RUNGS[1:])}." in named.stderr


@pytest.mark.skipif(len(COMPILED) < 2, reason="needs a rung to fall back to")
def test_missing_best_module_is_what_another_compiler_looks_like(copy):
    modules(copy, f"_loops_{COMPILED[0]}*")[0].unlink()
    done = run(path=copy)
    assert (done.stdout, done.stderr) == (f"{COMPILED[1]} 0.5\n", "")
    named = run(path=copy, isa=COMPILED[0])
    assert f"FASTACT_ISA={COMPILED[0]}: No module named 'fastact._loops_{COMPILED[0]}'" in named.stderr


@pytest.mark.skipif(len(COMPILED) < 2, reason="needs a rung whose CPU is asked for")
def test_missing_cpu_module_is_reported(copy):
    for file in modules(copy, "_cpu*"):
        file.unlink()
    done = run(path=copy)
    assert done.stdout == "baseline 0.5\n"
    assert "RuntimeWarning" in done.stderr
    assert "No module named 'fastact._cpu'" in done.stderr


@needs_compiled
def test_every_module_broken(copy):
    for file in modules(copy, "*"):
        file.write_bytes(b"text " * 99)
    done = run(path=copy)
    assert done.stdout == "numpy 0.5\n"
    assert done.stderr.count("RuntimeWarning") == 1
    assert all(name in done.stderr for name in COMPILED)
    asked = run(path=copy, isa="numpy")
    assert (asked.stdout, asked.stderr) == ("numpy 0.5\n", "")
    named = run(path=copy, isa=COMPILED[-1])
    assert "What would work here: auto, numpy." in named.stderr


def test_no_compiled_module_at_all(copy):
    for file in modules(copy, "*"):
        file.unlink()
    done = run(path=copy)
    assert done.stdout == "numpy 0.5\n"
    assert done.stderr.count("RuntimeWarning") == 1
    assert "no compiled module can be used (" in done.stderr
    assert "baseline: No module named 'fastact._loops_baseline'" in done.stderr
    asked = run(path=copy, isa="numpy")
    assert (asked.stdout, asked.stderr) == ("numpy 0.5\n", "")


def test_runtime_info():
    info = fastact.runtime_info()
    assert info["isa"] == _dispatch.ISA
    assert info["available"] == RUNGS
    assert set(info["import_errors"]) - {"_cpu"} == set(_dispatch.NAMES) - set(RUNGS)
    assert all(isinstance(has, bool) for has in info["cpu_features"].values())


def test_python_m_fastact_prints_what_show_runtime_does(capsys):
    fastact.show_runtime()
    assert run(arguments=("-m", "fastact"), isa=_dispatch.ISA).stdout == capsys.readouterr().out


def test_every_module_that_a_release_promises_is_there():
    """FASTACT_EXPECT, which the wheel's own test sets, names them."""
    for name in filter(None, os.environ.get("FASTACT_EXPECT", "").split(",")):
        assert importlib.util.find_spec(f"fastact._loops_{name}"), f"the wheel has no module for {name}"
