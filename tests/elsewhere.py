"""The page of kinks, docs/elsewhere.md: ``python -m tests.elsewhere`` writes it anew, with PyTorch and JAX installed.

The places and the one-sided derivatives come from the rows, and what is at the places from the functions themselves.
"""

from pathlib import Path

import numpy as np

import fastact

from . import judges, oracle

PAGE = Path(__file__).parent.parent / "docs" / "elsewhere.md"
NONE = 1e-9  # what the derivative jumps by where there is no kink with these parameters
LIBRARIES = {"torch": "PyTorch", "jax": "JAX"}
TEXT = """\
# Derivatives at kinks

Where a function has a kink its derivative jumps, and there is no right one: what lies between those of the two sides
will do. This is what is taken there, at the default parameters or, where these leave no kink, at others; in **bold**
where a library takes another than fastact.

<!-- written by python -m tests.elsewhere -->
"""


def jumps(row, given):
    """Return where a row's derivative jumps, with its values on the left and on the right there."""
    form = row.grad if given else row.grad.plain or row.grad
    parameters = parameters_of(row, given)
    found = []
    for x in sorted({float(oracle.exact(str(kink), parameters)) for kink in row.kinks}):
        sides = [oracle.exact(form.formula, parameters | {"x": np.nextafter(x, end)}) for end in (-np.inf, np.inf)]
        if abs(sides[0] - sides[1]) > NONE:
            found.append((x, *map(float, sides)))
    return found


def parameters_of(row, given):
    """Return all parameters of a row, some of them given."""
    return {one.name: one.default for one in row.parameters} | given


def at(row, given, library, x):
    """Return a library's derivative at x; None where it has no such function."""
    judge = judges.named(row, library)
    if judge is None:
        return None
    found = judge([np.array([x])], parameters_of(row, given)) or judge([np.array([x])], {})
    return float(found[1][0])


def shown(number):
    """Return a number's text, to as many digits as float32 has."""
    return "" if number is None else f"{number:.6g}"


def lines():
    """Yield the table's lines."""
    yield f"| | x | from the left | from the right | fastact | {' | '.join(LIBRARIES.values())} |"
    yield "| --- " * (5 + len(LIBRARIES)) + "|"
    for row in judges.ELEMENTWISE:
        if row.arrays != ("x",) or row.noise:
            continue
        settings = ({}, *({one.name: value} for one in row.parameters for value in one.samples))
        given = next(filter(lambda given, row=row: jumps(row, given), settings), {})
        name = f"{row.name}({', '.join(f'{key}={value}' for key, value in given.items())})" if given else row.name
        for x, *sides in jumps(row, given):
            own = shown(float(getattr(fastact.grad, row.name)(x, 1.0, **given)))
            others = [shown(at(row, given, library, x)) for library in LIBRARIES]
            others = [f"**{one}**" if one and one != own else one for one in others]
            yield f"| `{name}` | {' | '.join([shown(x), *map(shown, sides), own, *others])} |"


def page():
    """Return the page."""
    return TEXT + "".join(f"{line}\n" for line in lines())


if __name__ == "__main__":
    PAGE.write_text(page())
