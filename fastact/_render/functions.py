"""The public functions, as modules that read as if they were written by hand: true signatures and docstrings."""

import re
import textwrap

from .._isa import RENDERED
from . import docstrings

HEADS = {
    "": "The activation functions.",
    "grad": "Gradients from the input: ``grad.softplus(x, dy)`` is ``dy`` times the derivative at ``x``, in one pass.",
    "grad_from_output": "Gradients from the saved output, for the functions whose derivative the output determines.",
    "grad_parameter": "Gradients for the parameters that networks learn: ``dy`` times the derivatives, unsummed.",
    "value_and_grad": "The value and the derivative in one pass: ``y, dx = value_and_grad.gelu(x)``.",
}
HEAD = '''"""{head}

Rendered from fastact/_rows by setup.py.
"""

{imports}

__all__ = [
{names}
]


def __dir__():
    return __all__
'''
UFUNC = '''

@as_ufunc("{own}")
def {name}({signature}):
    """{doc}"""
'''
FACADE = '''

def {name}({signature}):
    """{doc}"""
{body}

_{name} = ufunc("{own}", "{behind}")
in_front_of({name}, _{name}, "{public}")
'''
PLAIN = """\
{name}.plain = ufunc("{public}.plain", "{plain}")
_{name} = AtDefaults(_{name}, {name}.plain, {defaults})
"""
WITH_PARAMETERS = """\
{checked}    try:
        return {result}
    except REFUSALS as error:
        return {rescued}
"""
NAMED = """\
{kind} = namedtuple("{kind}", {names})


"""
DEMAND = """\
    if {numbers} and not {condition}:
        raise ValueError(f"{public}() takes {condition}, not {given}")
"""
WITH_DRAWN = """\
    return _{name}_of(({operands}), {given}, **kwargs)
"""
DRAWN = {
    "noise": """\
_{name}_of = WithNoise({name}, lambda x: sigmoid(x))
""",
    "slopes": """\
_{name}_of = WithSlopes({name})
""",
}
ALONG = '''

def {name}({signature}):
    """{doc}"""
    if (
        not kwargs
        and {plain}
    ):
{like}        try:
            return _{name}({arrays}, out=out, axis=axis)
        except (TypeError, ValueError) as error:
            raise _{name}_along.named(error, {values}) from None
    return _{name}_along({values}, {given}, **kwargs)


_{name} = {maker}("{own}", "{behind}")
in_front_of({name}, _{name}, "{public}")
{name}.general = {maker}("{public}.general", "{general}")
_{name}_along = AlongAxis({name}, {names}, {numbers}, {parameters}, reduces={reduces}, gradient={gradient})
'''
LIKE = """\
        if out is None and axis != -1:
            out = alike({arrays})
"""


def literal(text):
    """Return a docstring's text, which may stand between three quotes as it is."""
    if "\\" in text or '"""' in text:
        raise ValueError(f"a row's text has a backslash or three quotes: {text}")
    return text


def quoted(names):
    """Return the text of a tuple of names."""
    listed = ", ".join(f'"{name}"' for name in names)
    return f"({listed}{',' * (len(names) == 1)})"


def indented(text):
    """Return a docstring for a function's body."""
    return textwrap.indent(literal(text), "    ", lambda line: line.strip()).lstrip() + "    "


def modules(ufuncs):
    """Return the text of each rendered module by its name."""
    texts = {}
    for space, place in RENDERED.items():
        own = [one for one in ufuncs if one.row.public and one.space == space and one.main]
        body = "".join(map(function, own))
        names = "\n".join(f'    "{name}",' for name in sorted(one.row.name for one in own))
        texts[place] = HEAD.format(head=HEADS[space], imports=imports(body), names=names) + body
    return texts


def imports(body):
    """Return the lines that import what a module's text needs."""
    lines = ["from collections import namedtuple"] if "namedtuple(" in body else []
    lines += ["from math import inf"] if re.search(r"=-?inf\b", body) else []
    lines += [""] * bool(lines)
    from_numpy = [name for name in ("number", "ndarray") if re.search(rf"\b{name}\b[) ]", body)]
    lines += [f"from numpy import {', '.join(from_numpy)}\n"] if from_numpy else []
    wanted = {
        "_dispatch": ("as_ufunc", "numpy_rows", "ufunc"),
        "_facade": (
            "MISSING",
            "REFUSALS",
            "AlongAxis",
            "AtDefaults",
            "WithNoise",
            "WithSlopes",
            "alike",
            "as_named_tuple",
            "in_front_of",
            "rescued",
        ),
    }
    for module, names in wanted.items():
        used = [name for name in names if re.search(rf"(?<!\w){name}\b", body)]
        lines += [f"from .{module} import {', '.join(used)}"] * bool(used)
    return "\n".join(lines)


def function(ufunc):
    """Return the text of one public function."""
    row, name, doc = ufunc.row, ufunc.row.name, docstrings.docstring(ufunc)
    common = {"name": name, "own": ufunc.name, "public": ufunc.public_name, "behind": docstrings.behind(ufunc)}
    if not ufunc.facade:
        signature = ", ".join([*ufunc.arrays, "/", "**kwargs"])
        return UFUNC.format(doc=indented(doc), signature=signature, **common)
    if row.axis:
        return along(ufunc, common | {"doc": indented(doc)})
    head = ""
    if ufunc.draws:
        taken, named = row.noise.options, (("rng", None), *row.noise.named)
        options = [f"{one}={default!r}" for one, default, *_ in taken]
        options += ["*", *(f"{one}={default!r}" for one, default, *_ in named)]
        operands = [*ufunc.arrays, *(one for one, *_ in taken)]
        given = ", ".join(f"{one}={one}" for one, *_ in named)
        body = WITH_DRAWN.format(operands=", ".join(operands), given=given, **common)
    else:
        options = [f"{one.name}={one.default!r}" for one in ufunc.parameters]
        checked = "".join(demand(ufunc, condition) for condition in ufunc.demands)
        given = ", ".join(ufunc.operands)
        called = [f"_{name}({given}, **kwargs)"]
        called += [f"rescued(_{name}, error, kwargs, {', '.join(f'{one}={one}' for one in ufunc.operands)})"]
        if ufunc.space == "grad_parameter" and ufunc.nout > 1:  # they are known by the parameters' names
            kind = "".join(map(str.capitalize, name.split("_")))
            head = NAMED.format(kind=kind, names=quoted([one.name for one in row.parameters if one.learnt]))
            called = [f"as_named_tuple({kind}, {one})" for one in called]
        body = WITH_PARAMETERS.format(checked=checked, result=called[0], rescued=called[1])
    signature = ", ".join([*required(ufunc.arrays), "/", *options, "**kwargs"])
    text = head + FACADE.format(signature=signature, doc=indented(doc), body=body, **common)
    if ufunc.form.plain:
        defaults = repr(tuple(one.default for one in row.parameters))
        text += PLAIN.format(plain=docstrings.plain(ufunc), defaults=defaults, **common)
    return text + (DRAWN[row.noise.kind].format(**common) if ufunc.draws else "")


def demand(ufunc, condition):
    """Return the text of a check of parameters: of numbers, since elements of arrays are not looked at."""
    names = [one.name for one in ufunc.row.parameters if re.search(rf"\b{one.name}\b", condition)]
    return DEMAND.format(
        numbers=" and ".join(f"isinstance({name}, (int, float, number))" for name in names),
        condition=f"({condition})" if " and " in condition else condition,
        public=ufunc.public_name,
        given=", ".join(f"{name}={{{name}}}" for name in names),
    )


def required(arrays):
    """Return the arrays of a signature. That they have to be given is for `rescued` and `AlongAxis` to say."""
    return [f"{name}=MISSING" for name in arrays]


def along(ufunc, common):
    """Return the text of a function along an axis.

    A plain array and the defaults need no checking or moving; everything else goes by `AlongAxis`.
    """
    row, (x, *others) = ufunc.row, ufunc.arrays
    parameters = [parameter.name for parameter in row.parameters]
    options = {"axis": "-1"} | ({"keepdims": "False"} if row.reduces else {})
    options |= {parameter.name: repr(parameter.default) for parameter in row.parameters}
    plain = [f"type({x}) is ndarray and {x}.size and type(axis) is int and -{x}.ndim <= axis < {x}.ndim"]
    plain += [f"type({parameter}) is float" for parameter in parameters]
    plain += [f"{option} == {default}" for option, default in options.items() if option != "axis" or row.reduces]
    plain += ["where is True", "(out is None or type(out) is ndarray)"]
    plain += [f"type({dy}) is ndarray and {dy}.shape == {x}.shape{'[:-1]' * row.reduces}" for dy in others]
    arrays = ", ".join([x, *others])
    given = ["axis", *(["keepdims"] if row.reduces else []), "where", "out"]
    signature = [*required(ufunc.arrays), "/", *(f"{option}={default}" for option, default in options.items())]
    signature += ["*", "where=True", "out=None", "**kwargs"]
    rows = [one for one, is_row in zip(ufunc.arrays, ufunc.core, strict=False) if is_row]
    return ALONG.format(
        signature=", ".join(signature),
        plain="\n        and ".join(plain),
        like="" if row.reduces and not ufunc.space else LIKE.format(arrays=arrays),
        arrays=arrays,
        values=f"({', '.join([x, *others, *parameters])}{',' * (len(others) + len(parameters) == 0)})",
        given=", ".join(f"{one}={one}" for one in given),
        maker="ufunc" if row.compiled else "numpy_rows",
        general=docstrings.behind(ufunc, ("where", *parameters)),
        names=quoted(rows),
        numbers=quoted([one for one in ufunc.arrays if one not in rows]),
        parameters=quoted(parameters),
        reduces=row.reduces,
        gradient=bool(ufunc.space),
        **common,
    )
