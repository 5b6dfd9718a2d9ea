"""The layers, as a module that reads as if it were written by hand."""

import re

from . import docstrings
from .functions import indented, quoted

HEAD = '''"""The layer form of the activations, by the names that PyTorch has for them.

A layer has its function's parameters, and keeps of each call what its gradient needs: no copy, but a reference to the
result, where the gradient can be had from that, or else to the input. Do not write to it before ``backward``. After
``eval()`` calls keep nothing.

Examples
--------
>>> import numpy as np
>>> from fastact import nn
>>> layer = nn.LeakyReLU(0.2)
>>> layer
LeakyReLU(negative_slope=0.2)
>>> layer([-1.0, 2.0])
array([-0.2,  2. ])
>>> layer.backward([1.0, 1.0])
array([0.2, 1. ])

Rendered from fastact/_rows by setup.py.
"""

from __future__ import annotations

{imports}
__all__ = [
{names}
]


def __dir__() -> list[str]:
    return __all__
'''
LAYER = '''

class {name}({base}):
    """{doc}"""

    _of = "{function}"
{facts}
    def __init__({signature}) -> None:
        super().__init__({handed})
'''
# Endings that names have letters of their own for.
ENDINGS = {
    "relu": "ReLU",
    "gelu": "GELU",
    "glu": "GLU",
    "elu": "ELU",
    "sumexp": "SumExp",
    "meanexp": "MeanExp",
}

DOC = """\
{summary}

The layer of `fastact.{function}`, where formulas and bounds are.
{parameters}
Notes
-----
{kept}

Examples
--------
>>> import numpy as np
>>> from fastact import nn
>>> layer = nn.{name}({given})
>>> y = layer(np.ones((2, 4)))
>>> y.shape
{shape}
"""
BACK = """\
>>> layer.backward(np.ones(y.shape)).shape
(2, 4)
"""
PARAMETERS = """
Parameters
----------
{parameters}
"""
AXIS_OF_GATE = """\
axis : int, optional
    The axis along which a call with one array splits it in two. By default the last."""
AXIS_OF_LEARNT = """\
axis : int, optional
    The axis of the input that an array of one dimension lies along, of {names}. By default it broadcasts, and so
    lies along the last."""
LEARNT = """\
`grad_parameter` has the gradient for {names}{where}."""


def class_name(row):
    """Return the name of a row's layer: PyTorch's; or its own, in the letters of another library that has it."""
    names = [name for one in row.elsewhere if one.library == "torch" and not one.defaults for name in one.names]
    found = next((name for name in names if name[0].isupper()), None)
    if found:
        return found
    own = row.name.replace("_", "")
    names = [name for one in row.elsewhere for name in one.names if name.casefold() == own and name[0].isupper()]
    return names[0] if names else "".join(map(capitalized, row.name.split("_")))


def capitalized(word):
    """Return a word of a name as it stands in a class's name."""
    for ending, letters in ENDINGS.items():
        if word.endswith(ending):
            return word.removesuffix(ending).capitalize() + letters
    return word.capitalize()


def module(rows):
    """Return the text of the module."""
    rows = sorted((row for row in rows if row.public), key=class_name)
    body = "".join(map(layer, rows))
    names = "\n".join(f'    "{class_name(row)}",' for row in rows)
    bases = [one for one in ("AlongAxis", "Drawing", "Gate", "Layer") if f"({one}):" in body]
    imports = "from math import inf\n" if re.search(r"= -?inf\b", body) else ""
    imports += "from typing import TYPE_CHECKING, Any\n\n"
    imports += f"from ._layer import {', '.join(bases)}\n\n"
    imports += "if TYPE_CHECKING:\n    from numpy.typing import ArrayLike\n"
    return HEAD.format(imports=imports, names=names) + body


def layer(row):
    """Return the text of one layer."""
    options = {}
    learnt = [one.name for one in row.parameters if one.learnt]
    gate = len(row.arrays) > 1
    if row.axis:
        options["axis"] = "int | str | tuple[int | str, ...] | None = -1"
    elif gate:
        options["axis"] = "int = -1"
    if row.reduces:
        options["keepdims"] = "bool = False"
    options |= {one.name: typed(one.default) for one in row.parameters}
    drawing = [(name, default) for name, default, _ in row.noise.of_layer] if row.noise else []
    options |= {name: typed(default) for name, default in drawing}
    if learnt and not row.axis and not gate:
        options["axis"] = "int | None = None"
    attributes = [f"{name}: Any" for name in options if name != "axis"]
    signature = [f"{name}: {text}" for name, text in options.items()]
    if row.noise:
        signature += ["*", "rng: Any = None"]
    base = "Gate" if gate else "AlongAxis" if row.axis else "Drawing" if row.noise else "Layer"
    form = row.back
    facts = [f'_gradient = "{form}"'] if form != "grad" else []
    signed = [one.name for one in row.parameters if one.signed_output]
    facts += [f"_not_negative = {quoted(signed)}"] if signed and form == "grad_from_output" else []
    facts += [f"learnt = {quoted(learnt)}"] if learnt else []
    if row.noise:
        facts += [f"_drawing = {quoted([name for name, _ in drawing])}", f"_at_rest = {row.noise.rest!r}"]
        facts += [f"_drawn = {quoted([row.noise.named[0][0], row.noise.parameter.name])}"] if row.grad else []
    common = {
        "name": class_name(row),
        "base": base,
        "function": row.name,
        "doc": indented(docstring(row, form, learnt)),
        "facts": "".join(f"    {one}\n" for one in [*facts, *attributes]),
    }
    handed = [*options, *["rng"] * bool(row.noise)]
    return LAYER.format(
        signature=", ".join(["self", *signature]), handed=", ".join(f"{name}={name}" for name in handed), **common
    )


def typed(default):
    """Return the type and the default of a parameter."""
    return f"ArrayLike = {default!r}" if default is not None else "ArrayLike | None = None"


def docstring(row, form, learnt):
    """Return the docstring of a layer; `form` is that of its gradient."""
    gate = len(row.arrays) > 1
    entries = [docstrings.AXIS] if row.axis else [AXIS_OF_GATE] if gate else []
    if row.reduces:
        entries.append(docstrings.KEEPDIMS.format(of=""))
    for one in row.parameters:
        what = "array_like of float" + " or None" * (one.default is None)
        entries.append(f"{one.name} : {what}, optional\n    {one.meaning} By default {one.default}.")
    if learnt and not row.axis and not gate:
        entries.append(AXIS_OF_LEARNT.format(names=" or ".join(learnt)))
    if row.noise:
        entries += [entry for *_, entry in row.noise.of_layer]
        entries.append(docstrings.rng(row.noise))
    signed = [one.name for one in row.parameters if one.signed_output]
    if form == "grad_from_output":
        kept = "A call in training keeps a reference to its result"
        kept += f", or where {' or '.join(signed)} is negative to its input." if signed else "."
    else:
        drawn = f" and to the {row.noise.kind} it has drawn" if row.noise else ""
        kept = f"A call in training keeps a reference to its input{drawn}." if form else "It has no gradient."
    if learnt:
        where = ", where that is an array: then the layer keeps its input too" if form == "grad_from_output" else ""
        kept += "\n" + LEARNT.format(names=" and ".join(learnt), where=where)
    if row.noise:
        kept += "\nAfter ``eval()`` nothing is drawn."
    return DOC.format(
        summary=row.summary,
        function=row.name,
        parameters=PARAMETERS.format(parameters="\n".join(entries)) if entries else "",
        kept=kept,
        name=class_name(row),
        given="rng=1" if row.noise else "",
        shape="(2,)" if row.reduces else "(2, 2)" if gate else "(2, 4)",
    ) + BACK * bool(form)
