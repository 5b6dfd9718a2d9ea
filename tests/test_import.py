"""Import under hostile conditions: switches of Python, odd surroundings, archives; and that it writes nothing."""

import functools
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from .cases import COMPILED, RUNGS
from .processes import ALONE, PACKAGE, USE, run

PATHS = [str(PACKAGE.parent), str(Path(np.__file__).parent.parent)]
FOUND = f"import sys; sys.path[:0] = {PATHS!r}; "  # where the environment and the site's folders do not count
LATER = ("_get", "diagnose", "grad", "grad_from_output", "grad_parameter", "init", "losses", "nn", "value_and_grad")
BEST = RUNGS[0]  # by its name, as the NumPy rung is silent only so
GOOD = (f"{BEST} 0.5\n", "")


@pytest.mark.parametrize("switch", ["-Werror", "-O", "-I", "-S", "-bb", "-Xdev"])
def test_switches_of_python(switch):
    done = run(isa=BEST, arguments=(switch, "-c", FOUND + USE))
    assert (done.stdout, done.stderr) == GOOD


def test_without_docstrings():
    """Where Python strips them, no function lacks anything else."""
    code = "import fastact; print(all(hasattr(fastact, name) for name in fastact.__all__), fastact.softplus(0.0))"
    done = run(isa=BEST, arguments=("-OO", "-c", FOUND + code))
    assert (done.stdout, done.stderr) == ("True 0.6931471805599453\n", "")


@functools.cache
def shown(**environment):
    """Return the process that prints what runs here, and the public names."""
    code = "import fastact; fastact.show_runtime(); print(fastact.__all__, dir(fastact.grad))"
    return run(FOUND + code, isa=BEST, **environment)


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONHASHSEED": "1"},
        {"PYTHONMALLOC": "debug"},
        {"HOME": "/nonexistent", "PATH": ""},
    ],
    ids=lambda environment: " ".join(f"{name}={value}" for name, value in environment.items()),
)
def test_surroundings(environment):
    """What is printed, names in their order included, does not depend on them."""
    odd = shown(**environment)
    assert (odd.stdout, odd.stderr) == (shown(PYTHONHASHSEED="0").stdout, "")
    assert f"in use:      {BEST}" in odd.stdout


def test_warnings_as_errors_where_nothing_compiled_is_there(tmp_path):
    """The fallback's warning is then an error at import, which says what to do; asked for, the rung is silent."""
    shutil.copytree(PACKAGE, tmp_path / "fastact", ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.pyd"))
    code = ALONE + USE
    done = run(path=tmp_path, arguments=("-Werror", "-c", code))
    assert done.returncode
    assert "RuntimeWarning: fastact runs on NumPy alone" in done.stderr.splitlines()[-1]
    assert "FASTACT_ISA=numpy asks for this" in done.stderr
    asked = run(path=tmp_path, isa="numpy", arguments=("-Werror", "-c", code))
    assert (asked.stdout, asked.stderr) == ("numpy 0.5\n", "")


def test_from_an_archive(tmp_path):
    """No compiled module can be loaded from one: the NumPy rung, after one warning."""
    archive = tmp_path / "fastact.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in PACKAGE.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                file.write(path, path.relative_to(PACKAGE.parent))
    code = f"{ALONE}sys.path.insert(0, {str(archive)!r}); {USE}; print(fastact.__file__)"
    done = run(arguments=("-c", code))
    assert done.stdout.splitlines() == ["numpy 0.5", str(archive / "fastact" / "__init__.py")]
    assert done.stderr.count("RuntimeWarning: fastact runs on NumPy alone") == done.stderr.count("Warning") == 1


def test_import_writes_nothing_beside_bytecode(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "fastact", ignore=shutil.ignore_patterns("__pycache__"))
    before = sorted(tmp_path.rglob("*"))
    done = run(isa=BEST, path=tmp_path, PYTHONDONTWRITEBYTECODE="1")
    assert (done.stdout, done.stderr) == GOOD
    assert sorted(tmp_path.rglob("*")) == before


def test_import_brings_nothing_that_numpy_does_not():
    """Its time is that of its own modules, and of inspect, where Cython finds some numbers."""
    code = "import numpy, inspect; before = set(sys.modules); import fastact; print(*set(sys.modules) - before)"
    names = run(FOUND + code, isa=BEST).stdout.split()
    assert "fastact._functions" in names
    others = {name for name in names if name.split(".")[0] != "fastact" and "cython" not in name}
    finds_rows = {"pkgutil"} if BEST == "numpy" else set()  # what computes from the rows lists their families
    assert others <= {"__future__", "importlib._abc", "importlib.util"} | finds_rows


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_rungs_do_not_read_the_rows(name):
    """Not at import nor for a call, but for what NumPy computes on every rung; other modules wait to be asked for."""
    code = """
import fastact
print(*(name for name in sys.modules if name.startswith("fastact")))
for function in (fastact.softplus, fastact.leaky_relu, fastact.softmax, fastact.noisy_relu):
    function([1.0, 2.0])
fastact.grad.softplus(1.0, 1.0)
fastact.grad_from_output.elu(1.0, 1.0)
print("fastact._rows" in sys.modules)
fastact.sparsemax([1.0, 2.0])
print("fastact._rows" in sys.modules)
"""
    done = run(FOUND + code, isa=name)
    imported, after, then = done.stdout.splitlines()
    assert not {f"fastact.{later}" for later in ("_rows", "_render", *LATER)} & set(imported.split())
    assert (after, then, done.stderr) == ("False", "True", "")
