"""The type stubs, with the signatures and docstrings that editors show; other public modules have types themselves."""

from .._isa import RENDERED
from . import docstrings
from .functions import indented, literal

HEAD = """# Rendered from fastact/_rows by setup.py.
from math import inf
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
"""

MAIN = """
from fastact import diagnose as diagnose
from fastact import grad as grad
from fastact import grad_from_output as grad_from_output
from fastact import grad_parameter as grad_parameter
from fastact import init as init
from fastact import losses as losses
from fastact import nn as nn
from fastact import value_and_grad as value_and_grad
from fastact._get import get as get
from fastact._sampling import gumbel_softmax as gumbel_softmax

__version__: str

def runtime_info() -> dict[str, Any]: ...
def show_runtime() -> None: ...
"""

UFUNC = '''
{name}: np.ufunc
"""{doc}"""
'''
FACADE = '''
class _{name}:
    ufunc: np.ufunc
    def __call__(
        self,
{arguments}
    ) -> Any:
        """{inner}"""

{name}: _{name}
"""{doc}"""
'''
OUT = "np.ndarray | tuple[np.ndarray] | None"
KEYWORDS = (
    'casting: Literal["no", "equiv", "safe", "same_kind", "unsafe"] = "same_kind"',
    'order: Literal["K", "A", "C", "F"] = "K"',
    "dtype: DTypeLike | None = None",
)


def option(given):
    """Return the argument of a stochastic function."""
    name, default, _ = given
    kind = "bool" if type(default) is bool else "ArrayLike | None" if default is None else "ArrayLike"
    return f"{name}: {kind} = {default!r}"


def arguments(ufunc):
    """Yield the arguments of a function in front of a ufunc."""
    row = ufunc.row
    yield from (f"{name}: ArrayLike" for name in ufunc.arrays)
    yield "/"
    if row.axis:
        yield "axis: int | str | tuple[int | str, ...] | None = -1"
    if row.reduces:
        yield "keepdims: bool = False"
    if not ufunc.draws:
        yield from (f"{p.name}: ArrayLike = {p.default!r}" for p in ufunc.parameters)
        yield "*"
    else:
        yield from map(option, row.noise.options)
        yield "*"
        yield "rng: Any = None"
        yield from map(option, row.noise.named)
    yield f"out: {OUT if ufunc.nout == 1 else 'tuple[np.ndarray | None, ...] | None'} = None"
    yield "where: ArrayLike = True"
    yield from KEYWORDS
    if not row.axis:
        yield "subok: bool = True"


def render(ufuncs):
    """Return the text of each stub file by its name."""
    texts = dict.fromkeys(RENDERED, HEAD) | {"": HEAD + MAIN}
    for ufunc in ufuncs:
        if not ufunc.row.public or not ufunc.main:
            continue
        name, doc = ufunc.row.name, docstrings.docstring(ufunc)
        if not ufunc.facade:
            texts[ufunc.space] += UFUNC.format(name=name, doc=literal(doc))
            continue
        listed = "\n".join(f"        {argument}," for argument in arguments(ufunc))
        texts[ufunc.space] += FACADE.format(
            name=name, doc=literal(doc), inner=indented(indented(doc)), arguments=listed
        )
    return {f"{space or '__init__'}.pyi": text for space, text in texts.items()}
