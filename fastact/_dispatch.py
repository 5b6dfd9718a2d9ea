"""From the environment and the CPU to one module of loops, and from that to ufuncs by name."""

import contextvars
import importlib.util
import inspect
import os
import platform
import warnings

from . import _fallback
from ._isa import RENDERED, RUNGS

NUMPY = "numpy"  # the last rung, which needs no module
NAMES = (*(rung.name for rung in RUNGS), NUMPY)
MAKING = contextvars.ContextVar("the module whose functions are being made")  # where it is not the one in use


class CannotRunError(ImportError):
    """The rung is not for this machine."""


def cpu_features():
    """Return a dict of the features that rungs ask for, and whether this CPU and its system have them."""
    return importlib.import_module("fastact._cpu").features()


def load(name):
    """Import the loops of one rung; None for NumPy. An ImportError says why this machine cannot run it."""
    if name == NUMPY:
        return None
    rung = RUNGS[NAMES.index(name)]
    if rung.machines and platform.machine() not in rung.machines:
        raise CannotRunError(f"it is for {rung.machines[0]}, and this machine is {platform.machine()}")
    if rung.features:
        features = cpu_features()
        missing = [feature for feature in rung.features if not features.get(feature)]
        if missing:
            raise CannotRunError(f"this CPU lacks {', '.join(missing)}")
    return importlib.import_module(f"fastact._loops_{name}")


def survey():
    """Return the names of the rungs that this machine can run, and a dict of why not for the others."""
    available, errors = [], {}
    for name in NAMES:
        try:
            load(name)
        except ImportError as error:
            errors[name] = str(error)
        else:
            available.append(name)
    return available, errors


def choose(requested):
    """Return the name of the rung to use: the one asked for, or with "auto" the best that loads.

    Raises
    ------
    ImportError
        If the rung asked for does not exist or cannot run here; the message says which would work.

    Warns
    -----
    RuntimeWarning
        Once, if a compiled module is there but broken, or if none can be used.
    """
    if requested != "auto":
        try:
            if requested not in NAMES:
                raise CannotRunError("there is no such instruction set")
            load(requested)
        except ImportError as error:
            working = ", ".join(["auto", *survey()[0]])
            raise ImportError(f"FASTACT_ISA={requested}: {error}. What would work here: {working}.") from error
        return requested
    reasons, broken = [], []
    for name in NAMES:  # the last always loads
        try:
            load(name)
            break
        except ImportError as error:
            reasons.append(f"{name}: {error}")
            left_out = isinstance(error, ModuleNotFoundError) and error.name == f"fastact._loops_{name}"
            if not left_out and not isinstance(error, CannotRunError):
                broken.append(f"{name}: {error}")
    if name == NUMPY:
        warnings.warn(
            f"fastact runs on NumPy alone, many times slower: no compiled module can be used ({'; '.join(reasons)}). "
            "FASTACT_ISA=numpy asks for this and silences the warning.",
            RuntimeWarning,
            stacklevel=3,
        )
    elif broken:
        warnings.warn(
            f"fastact falls back to {name}: a better module is there but cannot be imported ({'; '.join(broken)}).",
            RuntimeWarning,
            stacklevel=3,
        )
    return name


def ufunc(name, doc="", rung=None):
    """Return a new ufunc by its own name; on the NumPy rung a function in its place.

    It is that of the rung given, or else of the one whose functions are being made: at import the one in use.
    """
    module = MAKING.get(MODULE) if rung is None else load(rung)
    if module is not None and name in module.NAMES:
        return known_as(name, module.ufunc(name, doc))
    return known_as(name, _fallback.function(name, doc))


def as_ufunc(name):
    """Return a decorator that makes of a signature with a docstring the ufunc that it describes."""
    # python -OO leaves docstrings out; Pythons before 3.13 keep the code's indentation in them
    return lambda function: ufunc(name, inspect.cleandoc(function.__doc__ or ""))


def numpy_rows(name, doc):
    """Return a function of rows that NumPy computes on every rung."""
    return known_as(name, _fallback.along_axis(name, doc))


def known_as(name, made):
    """Make a ufunc known by its name in the package."""
    made.__module__, made.__qualname__ = "fastact", name
    return made


def build(name):
    """Return the public functions of one rung, made anew: for each of the places in RENDERED a dict by name."""
    before = MAKING.set(load(name))
    try:
        return {space: afresh(place) for space, place in RENDERED.items()}
    finally:
        MAKING.reset(before)


def afresh(place):
    """Return the public names of a rendered module, which is executed once more."""
    spec = importlib.util.find_spec(f"fastact.{place}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: getattr(module, name) for name in module.__all__}


ISA = choose(os.environ.get("FASTACT_ISA", "").strip() or "auto")
MODULE = load(ISA)
