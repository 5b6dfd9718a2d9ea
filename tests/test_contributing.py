"""The walk-through of CONTRIBUTING.md, done to the letter: what it says makes an activation that passes the tests."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import COMPILED, needs_compiled

TREE = Path(__file__).parent.parent
PAGE = TREE / "CONTRIBUTING.md"
COMPILER = shlex.split(os.environ.get("CC", "cc"))
COPIED = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "fastact", "src_c", "tests")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What stands before a block: "... new file, `name`:", "... `name`, at the end:", "... `name`, after the line `text`:".
PLACE = re.compile(
    r"(?:new\sfile,\s`(?P<new>[^`]+)`|`(?P<end>[^`]+)`,\sat\sthe\send|"
    r"`(?P<name>[^`]+)`,\s(?P<side>before|after)\sthe\sline\s`(?P<line>[^`]+)`):\n\n\Z"
)
# The copy has one rung, the best that this machine runs, since each takes half a minute to compile.
ONE_RUNG = f"\nRUNGS = tuple(rung for rung in RUNGS if rung.name == {COMPILED[0]!r})\n" if COMPILED else ""
USE = """
import fastact, numpy as np
from fastact import _dispatch
assert _dispatch.ISA != _dispatch.NUMPY
assert isinstance(fastact.softsign, np.ufunc) and isinstance(fastact.grad.softsign, np.ufunc)
x = np.array([-3.0, -0.0, 1.0, np.inf], np.float32)
np.testing.assert_array_equal(fastact.softsign(x), np.array([-0.75, -0.0, 0.5, 1.0], np.float32), strict=True)
np.testing.assert_array_equal(fastact.grad.softsign(x, 2.0), np.array([0.125, 2.0, 0.5, 0.0], np.float32), strict=True)
assert "The function is ``x/(1 + abs(x))``" in fastact.softsign.__doc__
assert "The derivative is ``1/(1 + abs(x))**2``" in fastact.grad.softsign.__doc__
"""


def walk_through():
    """Return the section's text."""
    return PAGE.read_text().partition("\n## Adding an activation\n")[2].partition("\n## ")[0]


def put(tree, place, text):
    """Put one block where the page says."""
    path = tree / (place["new"] or place["end"] or place["name"])
    assert path.exists() != bool(place["new"]), path
    old = "" if place["new"] else path.read_text()
    if place["line"]:
        line = f"{place['line']}\n"
        assert old.splitlines(keepends=True).count(line) == 1, line
        new = old.replace(line, line + text if place["side"] == "after" else text + line)
    else:
        new = old + text
    path.write_text(new)


def run(tree, *command):
    """Run a command in a tree, without this process' own settings; return what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FASTACT_", "PYTEST_"))}
    done = subprocess.run(
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


@needs_compiled
@pytest.mark.skipif(not PAGE.exists(), reason="outside the source tree")
@pytest.mark.skipif(not shutil.which(COMPILER[0]), reason="needs a C compiler")
def test_an_activation_is_added_as_the_page_says(tmp_path):
    for name in ("Cython", "setuptools"):
        pytest.importorskip(name)
    for name in COPIED:
        if (TREE / name).is_dir():
            shutil.copytree(TREE / name, tmp_path / name, ignore=shutil.ignore_patterns("*.so", "*.pyi", "__pycache__"))
        else:
            shutil.copy2(TREE / name, tmp_path)
    text, commands = walk_through(), []
    for block in BLOCK.finditer(text):
        language, content = block.groups()
        if language == "sh":
            commands += content.splitlines()
        else:
            place = PLACE.search(text[: block.start()])
            assert place, f"it is not said where this goes:\n{content}"
            put(tmp_path, place, content)
    with (tmp_path / "fastact" / "_isa.py").open("a") as isa:
        isa.write(ONE_RUNG)
    golden = tmp_path / "tests" / "hashes.json"
    before = json.loads(golden.read_text())
    *_, printed = [run(tmp_path, sys.executable, *shlex.split(command)[1:]) for command in commands]
    run(tmp_path, sys.executable, "-W", "error", "-c", USE)
    for space in ("__init__", "grad"):
        assert "\nsoftsign: np.ufunc\n" in (tmp_path / "fastact" / f"{space}.pyi").read_text()
    after = json.loads(golden.read_text())
    assert {key for key in after if before.get(key) != after[key]} == {
        f"{name} {dtype}" for name in ("softsign", "grad.softsign") for dtype in ("float16", "float32", "float64")
    }
    assert int(re.search(r"(\d+) passed, \d+ deselected", printed)[1]) > 200
