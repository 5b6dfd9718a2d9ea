"""From the environment and the CPU to one module of loops, and from that to the public functions."""

import importlib
import os
import platform
import warnings

from . import _docs, _facade, _fallback, _table
from ._isa import RUNGS

NUMPY = "numpy"  # the last rung, which needs no module
NAMES = (*(rung.name for rung in RUNGS), NUMPY)


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


def build(name):
    """Return the functions of one rung: for "", "grad", "grad_from_output" and "internal" a dict by name."""
    table = list(_table.ufuncs())
    module = load(name)
    docs = {ufunc.name: _docs.docstring(ufunc, compiled=module and not ufunc.row.numpy) for ufunc in table}
    own = {ufunc.name: _docs.behind(ufunc) if ufunc.facade else docs[ufunc.name] for ufunc in table}
    made = module.ufuncs(own) if module else {}
    made |= {one.name: _fallback.function(one, own[one.name]) for one in table if one.row.numpy or not module}
    spaces = {"": {}, "grad": {}, "grad_from_output": {}, "internal": {}}
    for ufunc in table:
        function = made[ufunc.name]
        function.__module__, function.__qualname__ = "fastact", ufunc.name
        if ufunc.attribute == "tempered":
            continue
        if ufunc.facade:
            function = _facade.facade(ufunc, made, docs[ufunc.name])
        spaces[ufunc.space if ufunc.row.public else "internal"][ufunc.row.name] = function
    return spaces


ISA = choose(os.environ.get("FASTACT_ISA", "").strip() or "auto")
FUNCTIONS = build(ISA)
