"""The vector layer, operation by operation: each header gives the bits of the one in plain C."""

import subprocess
from pathlib import Path

import pytest

from fastact import _dispatch

from .cases import COMPILED, COMPILER, needs_compiler

HERE = Path(__file__).parent
HEADERS = HERE.parent / "src_c"


@pytest.mark.skipif(not HEADERS.exists(), reason="outside the source tree")
@needs_compiler
@pytest.mark.parametrize("name", COMPILED)
def test_every_operation(name, tmp_path):
    """The program's lines are those of vec_hashes.txt, which it wrote with the header in plain C."""
    flags = _dispatch.RUNGS[_dispatch.NAMES.index(name)].flags
    program = tmp_path / "vec"
    command = [*COMPILER, "-O2", "-ffp-contract=off", "-fno-math-errno", *flags, f"-I{HEADERS}", HERE / "vec.c"]
    subprocess.run([*command, "-o", program, "-lm"], check=True)
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == (HERE / "vec_hashes.txt").read_text().splitlines()
