"""Activation functions and their gradients as NumPy ufuncs.

Every public function of one array is a genuine ``np.ufunc``; functions with parameters are thin and have theirs as
``.ufunc``. Gradients are in ``fastact.grad`` and ``fastact.grad_from_output``. ``show_runtime()`` tells which compiled
module is in use.

Functions may be called from many threads at once, and let go of the GIL. Like NumPy, the package works in one
interpreter of a process.
"""

import importlib

from . import _functions
from ._functions import *
from ._runtime import runtime_info, show_runtime

# Imported when they are first asked for: what each call of the package pays for is the functions above.
_LATER = {
    "diagnose": "diagnose",
    "get": "_get",
    "grad": "grad",
    "grad_from_output": "grad_from_output",
    "grad_parameter": "grad_parameter",
    "gumbel_softmax": "_sampling",
    "init": "init",
    "losses": "losses",
    "nn": "nn",
    "value_and_grad": "value_and_grad",
}
__all__ = [*_functions.__all__, *_LATER, "runtime_info", "show_runtime"]


def __getattr__(name):
    if name in _LATER:
        module = importlib.import_module(f"{__name__}.{_LATER[name]}")
        globals()[name] = getattr(module, name, module)
        return globals()[name]
    if name != "__version__":
        raise AttributeError(f"module 'fastact' has no attribute {name!r}")
    from importlib import metadata  # not at import: it costs more than all the rest

    try:
        return metadata.version("fastact")
    except metadata.PackageNotFoundError:  # a source tree that was never installed
        return "unknown"


def __dir__():
    return [*__all__, "__version__"]
