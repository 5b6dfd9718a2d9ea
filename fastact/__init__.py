"""Activation functions and their gradients as NumPy ufuncs.

Every public function of one array is a genuine ``np.ufunc``; functions with parameters are thin and have theirs as
``.ufunc``. Gradients are in ``fastact.grad`` and ``fastact.grad_from_output``. ``show_runtime()`` tells which compiled
module is in use.

Functions may be called from many threads at once, and let go of the GIL. Like NumPy, the package works in one
interpreter of a process.
"""

from . import _dispatch
from ._runtime import runtime_info, show_runtime

globals().update(_dispatch.FUNCTIONS[""])

from . import diagnose, grad, grad_from_output, init, losses
from ._sampling import gumbel_softmax

__all__ = [
    *_dispatch.FUNCTIONS[""],
    "diagnose",
    "grad",
    "grad_from_output",
    "gumbel_softmax",
    "init",
    "losses",
    "runtime_info",
    "show_runtime",
]


def __getattr__(name):
    if name != "__version__":
        raise AttributeError(f"module 'fastact' has no attribute {name!r}")
    from importlib import metadata  # not at import: it costs more than all the rest

    try:
        return metadata.version("fastact")
    except metadata.PackageNotFoundError:  # a source tree that was never installed
        return "unknown"
