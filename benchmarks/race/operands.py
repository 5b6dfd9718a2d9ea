"""What contenders are given and what they fill, beside the input and the output: gates have two arrays.

Who draws nothing and works along no axis has that of its name alone.
"""

from fastact import _rows

from ..arrays import ones, second, shared

GATES = {row.name for row in _rows.rows() if len(row.arrays) > 1 and not row.axis}


def arrays(operation, x):
    """Return the arrays of an operation, without ``dy``."""
    return [x, second(x)] if operation.rpartition(".")[2] in GATES else [x]


def inputs(operation, x):
    """Return the arrays of an operation, and ``dy`` if it is a gradient."""
    return [*arrays(operation, x), *([ones(x)] if operation.startswith("grad") else [])]


def outputs(operation, out):
    """Return the output, or a tuple of outputs where there is one for the derivative by each of several arrays."""
    space, _, name = operation.rpartition(".")
    return (out, further(out, 1)) if space and name in GATES else out


def further(out, number):
    """Return one more output like the first."""
    return shared(f"output {number}", out.size, out.dtype).reshape(out.shape)
