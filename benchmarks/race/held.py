"""Holding every library to AVX2, and telling what each of them uses."""

import os
import sys

from numpy._core import _multiarray_umath as numpy_core

from fastact import _dispatch

from .targets import AVX2


def environment(base):
    """Return environment variables that hold the libraries to AVX2, on top of others.

    They work for what is imported after they are set. ONNX Runtime has no such switch.
    """
    return {
        **base,
        "FASTACT_ISA": AVX2,
        "NPY_DISABLE_CPU_FEATURES": " ".join(filter(beyond_avx2, numpy_features())),
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",  # this and the next: libraries inside PyTorch
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "XLA_FLAGS": f"{base.get('XLA_FLAGS', '')} --xla_cpu_max_isa=AVX2".lstrip(),
    }


def numpy_features():
    """Return the features that NumPy has separate code for, and uses here."""
    return [name for name in numpy_core.__cpu_dispatch__ if numpy_core.__cpu_features__[name]]


def beyond_avx2(feature):
    """Whether a feature of NumPy's, or PyTorch's name of an instruction set, is AVX-512 or later."""
    return feature.startswith("AVX512") or feature == "X86_V4"


def in_use(libraries):
    """Return what each library uses, in words, by its name.

    SciPy is built without code for particular CPUs.
    """
    told = {"fastact": _dispatch.ISA, "NumPy": " ".join(numpy_features()) or "its baseline"}
    if "PyTorch" in libraries:
        told["PyTorch"] = sys.modules["torch"].backends.cpu.get_cpu_capability()
    if "JAX" in libraries:
        told["JAX"] = os.environ["XLA_FLAGS"]
    if "ONNX Runtime" in libraries:
        told["ONNX Runtime"] = "whatever the CPU has: there is no switch"
    return told


def not_held(told):
    """Return the libraries that use more than AVX2 while fastact does not, as far as they tell."""
    if told["fastact"] != AVX2:
        return []
    beyond = {
        "NumPy": any(map(beyond_avx2, told["NumPy"].split())),
        "PyTorch": beyond_avx2(told.get("PyTorch", "")),
        "JAX": "JAX" in told and "--xla_cpu_max_isa=AVX2" not in told["JAX"],
    }
    return [library for library, more in beyond.items() if more]
