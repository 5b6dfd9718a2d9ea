"""What both the build and the import go by: the rungs of the ladder, and the modules of public functions.

It imports nothing.
"""

from typing import NamedTuple


class Rung(NamedTuple):
    """One compiled module, ``fastact._loops_<name>``."""

    name: str
    machines: tuple  # platform.machine() of the CPUs it is built for; empty: all
    flags: tuple  # compiler flags beyond those that every module gets
    features: tuple  # names in fastact._cpu.features() that the flags imply


_V2 = ("sse3", "ssse3", "sse4_1", "sse4_2", "popcnt", "cx16", "lahf")
_V3 = (*_V2, "osxsave", "avx", "avx2", "fma", "f16c", "movbe", "bmi1", "bmi2", "lzcnt")
_V4 = (*_V3, "avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl")
_X86_64 = ("x86_64", "AMD64")

# Best first.
RUNGS = (
    Rung("x86_64_v4", _X86_64, ("-march=x86-64-v4",), _V4),
    Rung("x86_64_v3", _X86_64, ("-march=x86-64-v3",), _V3),
    Rung("baseline", (), (), ()),  # plain C; on aarch64 NEON, which every such CPU has
)

# The modules that are rendered, by where the public names in them live.
RENDERED = {"": "_functions"} | {
    space: space for space in ("grad", "grad_from_output", "grad_parameter", "value_and_grad")
}
