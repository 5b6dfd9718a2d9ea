"""CONTRIBUTING.md and CHANGELOG.md: the walk-through, done to the letter, makes an activation that passes the tests."""

import functools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from fastact import _rows

from .cases import COMPILED, needs_compiled, needs_compiler

TREE = Path(__file__).parent.parent
PAGE = TREE / "CONTRIBUTING.md"
COPIED = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "fastact", "src_c", "tests", "benchmarks")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"`([^`]+)`:\n\n\Z")  # what stands before a block: the new file that it is
USE = """
import fastact, numpy as np
from fastact import _dispatch
assert _dispatch.ISA != _dispatch.NUMPY
assert isinstance(fastact.smoothstep, np.ufunc) and isinstance(fastact.grad.smoothstep, np.ufunc)
x = np.array([-3.0, 0.25, 0.5, np.inf], np.float32)
np.testing.assert_array_equal(fastact.smoothstep(x), np.array([0.0, 0.15625, 0.5, 1.0], np.float32), strict=True)
np.testing.assert_array_equal(fastact.grad.smoothstep(x, 2.0), np.array([0.0, 2.25, 3.0, 0.0], np.float32), strict=True)
assert "The function is ``min(max(x, 0), 1)**2*(3 - 2*min(max(x, 0), 1))``" in fastact.smoothstep.__doc__
"""


def walk_through():
    """Return the section's text."""
    return PAGE.read_text().partition("\n## Adding an activation\n")[2].partition("\n## ")[0]


def copy_tree(target):
    """Copy what is kept of the tree, and what was compiled of it, which need not be compiled again."""
    made = shutil.ignore_patterns("*.so", "*.pyi", "__pycache__", "results")
    for name in COPIED:
        copy = shutil.copy2 if (TREE / name).is_file() else functools.partial(shutil.copytree, ignore=made)
        copy(TREE / name, target / name)
    if (TREE / "build" / "objects").exists():
        shutil.copytree(TREE / "build" / "objects", target / "build" / "objects")


def follow(text, tree):
    """Put every block of the text into its new file in the tree; return the commands."""
    commands = []
    for block in BLOCK.finditer(text):
        language, content = block.groups()
        if language == "sh":
            commands += content.splitlines()
            continue
        place = PLACE.search(text[: block.start()])
        assert place, f"it is not said where this goes:\n{content}"
        path = tree / place[1]
        assert not path.exists(), path
        path.write_text(content)
    return commands


def run(tree, *command, **settings):
    """Run a command in a tree, with these settings but not this process' own; return what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FASTACT_", "PYTEST_"))}
    environment |= settings
    done = subprocess.run(
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """Return a copy of the tree to which smoothstep was added as the page says, and what the last command printed."""
    tree = tmp_path_factory.mktemp("walked")
    copy_tree(tree)
    commands = follow(walk_through(), tree)
    *_, printed = [run(tree, sys.executable, *shlex.split(command)[1:]) for command in commands]
    return tree, printed


def needs_a_build(test):
    """Skip what follows the walk-through where it cannot be done."""
    for mark in (
        needs_compiled,
        needs_compiler,
        pytest.mark.skipif(not PAGE.exists(), reason="outside the source tree"),
        pytest.mark.skipif(not (find_spec("Cython") and find_spec("setuptools")), reason="needs what the build needs"),
    ):
        test = mark(test)
    return test


@needs_a_build
def test_an_activation_is_added_as_the_page_says(walked):
    tree, printed = walked
    assert int(re.search(r"(\d+) passed\b", printed)[1]) > 100
    before, after = (json.loads((folder / "tests" / "hashes.json").read_text()) for folder in (TREE, tree))
    assert {key for key in before | after if before.get(key) != after.get(key)} == {
        f"{name} {dtype}" for name in ("smoothstep", "grad.smoothstep") for dtype in ("float16", "float32", "float64")
    }
    run(tree, sys.executable, "-W", "error", "-c", USE)
    for space in ("__init__", "grad"):
        assert "\nsmoothstep: np.ufunc\n" in (tree / "fastact" / f"{space}.pyi").read_text()
    assert "`smoothstep`" in (tree / "README.md").read_text()


@needs_a_build
def test_a_build_that_changes_nothing_compiles_nothing(walked, tmp_path):
    """Nor does pip's, which translates anew, with a NumPy of its own somewhere else."""
    tree, _ = walked
    (tmp_path / "numpy").symlink_to(Path(np.__file__).parent)
    before = {path: path.stat().st_mtime_ns for path in (tree / "build" / "objects").rglob("*")}
    shutil.rmtree(tree / "build" / "cython")
    run(tree, sys.executable, "setup.py", "-q", "build_ext", "--inplace", PYTHONPATH=str(tmp_path))
    assert before == {path: path.stat().st_mtime_ns for path in (tree / "build" / "objects").rglob("*")}


@needs_a_build
def test_what_was_added_is_fuzzed(walked, tmp_path):
    """Its calls are among those that the fuzz target draws, and none is a finding."""
    names = "smoothstep", "grad.smoothstep"
    report = run(walked[0], sys.executable, "-m", "tests.fuzz", "8", "1", str(tmp_path), *names)
    assert all(re.search(rf"^{re.escape(name)} +.*[1-9]", report, re.M) for name in names)


@needs_a_build
@pytest.mark.skipif(sys.platform != "linux", reason="guards pages by mprotect")
def test_what_was_added_touches_nothing_beyond_its_arrays(walked):
    printed = run(walked[0], sys.executable, "-m", "tests.test_guard", COMPILED[0], "elementwise", "smoothstep")
    assert "grad.smoothstep, " in printed


@needs_a_build
@pytest.mark.skipif(not (find_spec("scipy") and find_spec("rich")), reason="needs what the proofs need")
def test_the_proofs_know_what_was_added(walked):
    run(
        walked[0],
        sys.executable,
        "-m",
        "pytest",
        "benchmarks/proof/test_exhaustive.py",
        "-k",
        "smoothstep or every_form",
    )
    run(walked[0], sys.executable, "-m", "benchmarks.proof.search", "smoothstep", "grad.smoothstep", "--rounds", "20")


def test_a_place_that_is_not_there_is_an_error(tmp_path):
    (tmp_path / "a").write_text("one\n")
    for said in ("the new file, `a`", "somewhere, a new file"):
        with pytest.raises(AssertionError):
            follow(f"In {said}:\n\n```c\nx\n```\n", tmp_path)
    assert follow("A new file, `b`:\n\n```c\nx\n```\n", tmp_path) == []
    assert (tmp_path / "b").read_text() == "x\n"


@pytest.mark.skipif(not PAGE.exists(), reason="outside the source tree")
def test_every_field_of_a_row_is_explained():
    page = PAGE.read_text().partition("\n## What a row says\n")[2].partition("\n## ")[0]
    for kind in (_rows.Row, _rows.Form, _rows.Parameter):
        for field in kind._fields:
            assert f"`{field}`" in page, f"{kind.__name__}.{field}"
            assert re.search(rf"^    (\w+, )*{field}(, \w+)* : ", kind.__doc__, re.M), f"{kind.__name__}.{field}"


@pytest.mark.skipif(not PAGE.exists(), reason="outside the source tree")
def test_the_version_has_its_entry_in_the_changelog():
    version = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"\n## \[(.+)\] - (unreleased|\d{4}-\d\d-\d\d)\n", (TREE / "CHANGELOG.md").read_text())
    assert newest[1] == version


@pytest.mark.skipif(not PAGE.exists(), reason="outside the source tree")
def test_every_tool_has_its_line():
    page = PAGE.read_text()
    for tool in (TREE / "tools").iterdir():
        assert f"\n| `tools/{tool.name}` | " in page
