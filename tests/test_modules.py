"""The modules that are written out: exports, documentation, types."""

import ast
import doctest
import inspect
import pickle
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import fastact

MODULES = (fastact.diagnose, fastact.init, fastact.losses)
FUNCTIONS = {
    f"{module.__name__.removeprefix('fastact.')}.{name}": getattr(module, name)
    for module in MODULES
    for name in module.__all__
    if inspect.isfunction(getattr(module, name))
} | {"get": fastact.get, "gumbel_softmax": fastact.gumbel_softmax}


def test_exports():
    stub = Path(fastact.__file__).with_suffix(".pyi").read_text()
    for module in MODULES:
        assert isinstance(module, types.ModuleType)
        name = module.__name__.removeprefix("fastact.")
        assert name in fastact.__all__
        assert f"from fastact import {name} as {name}" in stub
        assert not Path(module.__file__).with_suffix(".pyi").exists(), "it would hide the types in the module"
        assert sorted(module.__all__) == module.__all__


@pytest.mark.parametrize("name", FUNCTIONS)
def test_pickles_point_at_the_public_name(name):
    pickled = pickle.dumps(FUNCTIONS[name])
    assert pickle.loads(pickled) is FUNCTIONS[name]
    assert b"._" not in pickled


@pytest.mark.parametrize("documented", [*MODULES, fastact.get, fastact.gumbel_softmax], ids=lambda one: one.__name__)
def test_examples(documented):
    """Those of a module's functions and of the module itself, or of the function that stands in no public one."""
    finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner()
    with np.printoptions(legacy=False):
        for test in finder.find(documented):
            runner.run(test)
    names = getattr(documented, "__all__", ())
    assert runner.tries >= max(1, len({id(getattr(documented, name)) for name in names}))
    assert runner.failures == 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstrings(name):
    function = FUNCTIONS[name]
    for section in ("Parameters", "Returns", "Raises", "Notes", "Examples"):
        assert f"\n{section}\n{'-' * len(section)}\n" in inspect.getdoc(function)
    assert ">>> " in function.__doc__
    for parameter in inspect.signature(function).parameters.values():
        assert f"\n{parameter.name} : " in inspect.getdoc(function)
        assert parameter.annotation is not parameter.empty


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_nothing_but_numpy_and_the_standard_library_is_imported(module):
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
        assert all(name.split(".")[0] in {*sys.stdlib_module_names, "numpy"} for name in names), names
