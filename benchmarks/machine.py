"""The machine: its name, its caches, and the array sizes that sit in each of them."""

import os
import platform
from pathlib import Path

KIB, MIB = 2**10, 2**20
USUAL_CACHES = {"L1": 32 * KIB, "L2": MIB, "L3": 32 * MIB}  # where the system does not tell
UNITS = {"K": KIB, "M": MIB}
LEVELS = ("L1", "L2", "L3", "memory")


def caches():
    """Return the bytes of each data cache that one core sees, by level: {"L1": 32768, ...}; empty where not known."""
    found = {}
    for cache in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind, size = ((cache / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        if kind != "Instruction":
            found[f"L{level}"] = int(size[:-1]) * UNITS[size[-1]]
    return found


def sizes(itemsize):
    """Return the number of elements for each level, such that input and output together sit in it.

    They fill half of L1 and L2, a quarter of L3, which is shared, and for main memory four times L3, within 128 to
    512 MiB.
    """
    cache = USUAL_CACHES | caches()
    room = {
        "L1": cache["L1"] // 2,
        "L2": cache["L2"] // 2,
        "L3": cache["L3"] // 4,
        "memory": min(max(4 * cache["L3"], 128 * MIB), 512 * MIB),
    }
    return {level: room[level] // (2 * itemsize) // 64 * 64 for level in LEVELS}


def cpu():
    """Return the model name of the CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def describe():
    """Return a dict about the machine, for the record."""
    return {
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "caches": caches(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
