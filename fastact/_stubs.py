"""The type stubs, rendered from the table by setup.py; the other public modules have their types in themselves."""

HEAD = """# Rendered from fastact/_table.py by setup.py.
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
"""

MAIN = """
from fastact import diagnose as diagnose
from fastact import grad as grad
from fastact import grad_from_output as grad_from_output
from fastact import init as init
from fastact import losses as losses
from fastact._sampling import gumbel_softmax as gumbel_softmax

__version__: str

def runtime_info() -> dict[str, Any]: ...
def show_runtime() -> None: ...
"""


def _function(ufunc):
    row = ufunc.row
    arguments = ["self", *(f"{name}: ArrayLike" for name in ufunc.arrays), "/"]
    if row.axis:
        arguments.append("axis: int | tuple[int, ...] | None = -1")
    if row.reduces:
        arguments.append("keepdims: bool = False")
    arguments += [f"{p.name}: ArrayLike = {p.default!r}" for p in row.parameters]
    if row.mask and not ufunc.space:
        arguments += ["*", "where: ArrayLike = True"]
    if row.noise and not ufunc.space:
        arguments += ["std: ArrayLike | None = None", "*", "rng: Any = None"]
    return (
        f"\nclass _{row.name}:\n    ufunc: np.ufunc\n"
        f"    def __call__({', '.join(arguments)}, **kwargs: Any) -> Any: ...\n\n{row.name}: _{row.name}\n"
    )


def render(table):
    """Return the text of each stub file by its name."""
    texts = {"__init__.pyi": HEAD + MAIN, "grad.pyi": HEAD, "grad_from_output.pyi": HEAD}
    for ufunc in table.ufuncs():
        if ufunc.row.public and ufunc.attribute != "tempered":
            line = _function(ufunc) if ufunc.facade else f"{ufunc.row.name}: np.ufunc\n"
            texts[f"{ufunc.space or '__init__'}.pyi"] += line
    return texts
