"""The rendered functions as users and their editors see them: signatures, source, errors, stubs, hovering."""

import ast
import contextlib
import inspect
import linecache
import pickle
import traceback
from pathlib import Path

import numpy as np
import pytest

import fastact
from fastact import _dispatch

from . import kept
from .cases import PUBLIC, public
from .errors import chain, refusal

FACADES = [ufunc for ufunc in PUBLIC if ufunc.facade]
STUBS = {space: Path(fastact.__file__).with_name(f"{space or '__init__'}.pyi") for space in _dispatch.RENDERED}
# One of each kind: an editor's engine takes a second for each.
HOVERED = list({(one.space, one.attribute, one.row.axis, len(one.others)): one for one in PUBLIC}.values())
every_function = pytest.mark.parametrize("ufunc", PUBLIC, ids=lambda ufunc: ufunc.public_name)
every_facade = pytest.mark.parametrize("ufunc", FACADES, ids=lambda ufunc: ufunc.public_name)


@every_facade
def test_signatures_are_true(ufunc):
    """Arrays by position alone, then parameters with their defaults, then what is by name alone."""
    row, parameters = ufunc.row, inspect.signature(public(ufunc)).parameters
    kinds = {kind: [name for name, one in parameters.items() if one.kind is kind] for kind in inspect._ParameterKind}
    assert kinds[inspect.Parameter.POSITIONAL_ONLY] == list(ufunc.arrays)
    assert all(parameters[name].default is inspect.Parameter.empty for name in ufunc.arrays)
    assert kinds[inspect.Parameter.VAR_KEYWORD] == ["kwargs"]
    given = {name: parameters[name].default for name in kinds[inspect.Parameter.POSITIONAL_OR_KEYWORD]}
    wanted = {"axis": -1} if row.axis else {}
    wanted |= {"keepdims": False} if row.reduces else {}
    wanted |= {one.name: one.default for one in (() if ufunc.draws else ufunc.parameters)}
    wanted |= {name: default for name, default, _ in (row.noise.options if ufunc.draws else ())}
    assert list(given.items()) == list(wanted.items())
    assert all(type(given[one.name]) is float for one in row.parameters)


@every_function
def test_source_and_tracebacks(ufunc):
    """The source is that of the function, in a file; a traceback shows its lines."""
    function = public(ufunc)
    if not ufunc.facade and _dispatch.ISA != _dispatch.NUMPY:
        assert isinstance(function, np.ufunc)
        return
    source = inspect.getsource(function)
    assert not ufunc.facade or source.startswith(f"def {ufunc.row.name}(")
    with pytest.raises(TypeError) as caught:
        function(*[[1j]] * len(ufunc.arrays))
    frames = traceback.extract_tb(caught.value.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent == Path(fastact.__file__).parent]
    assert own
    assert all(linecache.getline(frame.filename, frame.lineno).strip() for frame in own)


def wrong_calls(ufunc):
    """Yield what a function is called with wrongly: positional arguments and keywords."""
    row, count = ufunc.row, len(ufunc.arrays)
    x = [np.ones((2, 3)) if name != "dy" or not row.reduces else np.ones(2) for name in ufunc.arrays]
    yield (), {}
    yield [*x, *[1.0] * 9], {}
    for bad in (1j, None, "1", b"1", object(), np.longdouble(1), [[1.0], [1.0, 2.0]], {}, np.array(1, "M8[s]")):
        for k in range(count):
            yield [*x[:k], bad, *x[k + 1 :]], {}
        for parameter in row.parameters:
            yield x, {parameter.name: bad}
        yield x, {"out": bad} if bad is not None else {"dtype": bad, "casting": "no", "out": 1}
    for k in range(1, count):
        yield [*x[:k], np.ones((7, 5)), *x[k + 1 :]], {}
    for name in ("nonsense", "wher", "sig"):
        yield x, {name: 1}
    yield x, {"dtype": "nonsense"}
    yield x, {"dtype": "g"}
    yield x, {"casting": "nonsense"}
    yield x, {"casting": "no", "dtype": "f2"}
    yield x, {"order": 5}
    yield x, {"out": np.ones((5, 7))}
    yield x, {"out": tuple(np.ones((2, 3)) for _ in range(ufunc.nout + 1))}
    yield x, {"out": tuple(np.ones(x[-1].shape, "i4") for _ in range(ufunc.nout))}
    if row.axis:
        for axis in (2, -3, "0", 1.0, True, (0, 0), (0, 5), [0]):
            yield x, {"axis": axis}
        yield [np.ones((2, 0)), *x[1:]], {}
        yield x, {"where": np.ones((2, 3))}
        yield x, {"where": np.ones((5, 5), bool)}
        yield from ((x, {one.name: value}) for one in row.parameters for value in (0.0, -1.0, np.nan, np.ones(5)))
    else:
        yield from ((x, {one.name: np.ones((5, 7))}) for one in row.parameters)
    if ufunc.draws:
        name = row.noise.options[0][0]
        yield from ((x, {name: bad}) for bad in (1j, -1.0, "1", np.ones((5, 7))))
        yield from ((x, {"rng": bad}) for bad in ("seed", -1, 1.5))


@every_function
@pytest.mark.filterwarnings("ignore:'where' used without 'out'")
def test_errors_have_a_beginning_and_survive_pickling(ufunc):
    """Also when they are raised once more while they are handled, as a caller's wrapper may do."""
    errors = [(call, error) for call in wrong_calls(ufunc) if (error := refusal(public(ufunc), *call)) is not None]
    assert len(errors) > 20
    for call, error in errors:
        assert isinstance(error, TypeError | ValueError), f"{error!r} of {call}"
        assert str(error), f"{error!r} of {call}"
        chain(error)
        with contextlib.suppress(type(error)):
            raise error
        chain(error)
        if ufunc.facade:
            again = pickle.loads(pickle.dumps(error))
            assert (type(again), str(again)) == (type(error), str(error)), f"{call}"


@pytest.mark.parametrize("space", _dispatch.RENDERED)
def test_stubs_have_every_function_with_its_docstring(space):
    """And parse; what has a function in front of it has its signature too."""
    tree = ast.parse(STUBS[space].read_text())
    documented, classes = {}, {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(after, ast.Expr):
            documented[node.target.id] = inspect.cleandoc(after.value.value)
    own = {ufunc.row.name: ufunc for ufunc in PUBLIC if ufunc.space == space}
    assert set(own) <= set(documented)
    for name, ufunc in own.items():
        text = inspect.getdoc(public(ufunc)).removeprefix(f"{ufunc.public_name}(")
        if not ufunc.facade and isinstance(public(ufunc), np.ufunc):  # NumPy puts a signature in front
            text = text.partition("\n\n")[2]
        assert documented[name] == text.strip()
        if not ufunc.facade:
            continue
        (call,) = (one for one in classes[f"_{name}"].body if getattr(one, "name", "") == "__call__")
        assert inspect.cleandoc(ast.get_docstring(call)) == documented[name]
        given = inspect.signature(public(ufunc)).parameters.values()
        assert [one.arg for one in call.args.posonlyargs] == ["self", *ufunc.arrays]
        assert [one.arg for one in call.args.args] == [
            one.name for one in given if one.kind is one.POSITIONAL_OR_KEYWORD
        ]
        assert {one.name for one in given if one.kind is one.KEYWORD_ONLY} <= {one.arg for one in call.args.kwonlyargs}
        assert "out" in {one.arg for one in call.args.kwonlyargs}


@pytest.fixture(scope="session")
def jedi(tmp_path_factory):
    """The engine of editors, with a cache of its own: another process that writes to it would be in the way."""
    jedi = pytest.importorskip("jedi")
    jedi.settings.cache_directory = str(tmp_path_factory.mktemp("jedi"))
    return jedi


def asked(jedi, ask, text):
    """Return what an editor knows at the end of a line: `ask` is one of its questions."""
    code = f"import fastact, fastact.grad, fastact.grad_from_output\n{text}"
    script = jedi.Script(code, project=jedi.Project(Path(fastact.__file__).parent.parent))
    return getattr(script, ask)(2, len(text))


@pytest.mark.parametrize("ufunc", HOVERED, ids=lambda ufunc: ufunc.public_name)
def test_hovering(jedi, ufunc):
    """An editor shows the docstring, and of a function with parameters the signature."""
    name = f"fastact.{ufunc.public_name}"
    found = [*asked(jedi, "infer", name), *asked(jedi, "help", name)]
    function = public(ufunc)
    lines = filter(None, inspect.getdoc(function).splitlines())
    summary = next(line for line in lines if not line.startswith(f"{function.__name__}("))  # a ufunc's begins so
    assert any(summary in one.docstring() for one in found)
    if ufunc.facade:
        signatures = asked(jedi, "get_signatures", f"{name}(")
        wanted = [*ufunc.arrays, *(one.name for one in ufunc.row.parameters)]
        assert any(set(wanted) <= {one.name for one in signature.params} for signature in signatures), signatures


@pytest.mark.skipif(not kept.README.exists(), reason="outside the source tree")
def test_readme_has_the_table_of_the_rows():
    """`python -m tests.kept` writes it anew."""
    assert kept.readme() == kept.README.read_text()
