"""The floating-point environment, set as another library might have left it."""

import ctypes
from typing import NamedTuple


class Environment(NamedTuple):
    """Where glibc's fenv_t has the control and the status word, and bits of theirs."""

    control: int
    status: int
    hostile: int  # flush-to-zero, denormals-are-zero and rounding upward, as another library might set them
    settings: int
    flags: int
    overflow: int


ENVIRONMENTS = {
    "x86_64": Environment(7, 7, 0x1F80 | 0x8000 | 0x4000 | 0x0040, 0xFFC0, 0x3F, 0x08),  # MXCSR has both
    # FPCR and FPSR; also set there: a float16 that has no infinities
    "aarch64": Environment(0, 1, 1 << 24 | 1 << 22 | 1 << 26, 0x07FF9F00, 0x9F, 0x04),
}


def others_environment(place, control, status):
    """Set the control and the status word; return them as they were."""
    environment = (ctypes.c_uint32 * 8)()
    libm = ctypes.CDLL(None)
    assert libm.fegetenv(environment) == 0
    before = environment[place.control], environment[place.status]
    environment[place.status] = status
    environment[place.control] = control
    assert libm.fesetenv(environment) == 0
    return before
