"""The fuzz target: calls of every ufunc, and of what stands in front of one, on every rung; methods; losses and others.

``check(call)`` raises AssertionError. What is plain: fresh contiguous arrays of the loop's own dtype, all operands
broadcast. Plain calls are held against each other; elementwise ones against the NumPy rung and, for a few elements,
against mpmath; softmax and its kin against longdouble where that is wider than float64. What NumPy computes on every
rung alike, as sparsemax, and what is no ufunc, is held against plain calls alone. ``python -m tests.fuzz`` goes on for
as long as it is told to: tools/fuzz.
"""

from .drawing import Along, Elementwise, Method, Other
from .elementwise import check_elementwise
from .others import check_method, check_other
from .rows import check_along


def check(call):
    """Assert that a call does what it should on every rung."""
    checks = {Elementwise: check_elementwise, Along: check_along, Method: check_method, Other: check_other}
    checks[type(call)](call)
