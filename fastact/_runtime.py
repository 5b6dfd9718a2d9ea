"""What runs here: the rung in use, the ones that would run, and what the CPU has."""

import platform
import sys

import numpy as np

from . import _dispatch


def runtime_info():
    """Tell which compiled module is in use and why.

    Returns
    -------
    info : dict
        ``isa``: the rung in use. ``available``: the rungs that this machine can run, best first. ``cpu_features``: what
        the rungs ask of a CPU, each with whether this one has it. ``import_errors``: for every other rung, why it
        cannot be used. ``fastact``, ``numpy``, ``python``, ``machine``: versions and the machine's name.

    Examples
    --------
    >>> import fastact
    >>> info = fastact.runtime_info()
    >>> info["isa"] in info["available"]
    True
    """
    from . import __version__

    available, errors = _dispatch.survey()
    try:
        features = _dispatch.cpu_features()
    except ImportError as error:
        features, errors = {}, {**errors, "_cpu": str(error)}
    return {
        "isa": _dispatch.ISA,
        "available": available,
        "cpu_features": features,
        "import_errors": errors,
        "fastact": __version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()} {sys.platform}",
    }


def show_runtime():
    """Print what `runtime_info` returns, for people."""
    info = runtime_info()
    features = info["cpu_features"]
    print(f"fastact {info['fastact']} on NumPy {info['numpy']}, Python {info['python']}, {info['machine']}")
    print(f"in use:      {info['isa']}")
    print(f"would run:   {', '.join(info['available'])}  (choose one with FASTACT_ISA)")
    for name, why in info["import_errors"].items():
        print(f"cannot run:  {name}: {why}")
    print(f"CPU has:     {' '.join(name for name, has in features.items() if has) or 'nothing that was asked for'}")
    print(f"CPU lacks:   {' '.join(name for name, has in features.items() if not has) or 'nothing that was asked for'}")
