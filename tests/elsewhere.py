"""The page of kinks, docs/elsewhere.md: ``python -m tests.elsewhere`` writes it anew, with PyTorch and JAX installed.

The places and the one-sided derivatives come from the rows, and what is at the places from the functions themselves.
"""

from pathlib import Path

import numpy as np

import fastact

from . import judges, oracle

PAGE = Path(__file__).parent.parent / "docs" / "elsewhere.md"
LIBRARIES = {"torch": "PyTorch", "jax": "JAX"}
TEXT = """\
# Derivatives at kinks

Where a function has a kink its derivative jumps, and there is no right one: what lies between those of the two sides
will do. This is what is taken there, at the default parameters; in **bold** where a library takes another than fastact.

<!-- written by python -m tests.elsewhere -->
"""


def kinks(row):
    """Return a row's finite kinks at the default parameters, in order."""
    defaults = {one.name: one.default for one in row.parameters}
    return sorted({float(oracle.exact(str(kink), defaults)) for kink in row.kinks})


def beside(row, x, end):
    """Return the derivative that a row's formula has beside x, on one side."""
    form = row.grad.plain or row.grad
    values = {one.name: one.default for one in row.parameters} | {row.arrays[0]: np.nextafter(x, end)}
    return float(oracle.exact(form.formula, values))


def at(row, library, x):
    """Return a library's derivative at x; None where it has no such function."""
    judge = judges.named(row, library)
    if judge is None:
        return None
    defaults = {one.name: one.default for one in row.parameters}
    found = judge([np.array([x])], defaults) or judge([np.array([x])], {})
    return float(found[1][0])


def shown(number):
    """Return a number's text, to as many digits as float32 has."""
    return "" if number is None else f"{number:.6g}"


def lines():
    """Yield the table's lines."""
    yield f"| | x | from the left | from the right | fastact | {' | '.join(LIBRARIES.values())} |"
    yield "| --- " * (5 + len(LIBRARIES)) + "|"
    for row in judges.ELEMENTWISE:
        if len(row.arrays) > 1 or row.noise or row.grad is None:
            continue
        for x in kinks(row):
            sides = [shown(beside(row, x, end)) for end in (-np.inf, np.inf)]
            if sides[0] == sides[1]:  # it jumps with other parameters alone
                continue
            own = shown(float(getattr(fastact.grad, row.name)(x, 1.0)))
            others = [shown(at(row, library, x)) for library in LIBRARIES]
            others = [f"**{one}**" if one and one != own else one for one in others]
            yield f"| `{row.name}` | {' | '.join([shown(x), *sides, own, *others])} |"


def page():
    """Return the page."""
    return TEXT + "".join(f"{line}\n" for line in lines())


if __name__ == "__main__":
    PAGE.write_text(page())
