# cython: language_level=3, freethreading_compatible=True
"""The CPU's features, read by cpuid; compiled with baseline flags, so that it runs anywhere."""

cdef extern from "cpu.h" nogil:
    ctypedef struct fa_cpu_feature:
        const char *name
        int present
    enum: FA_CPU_FEATURES
    int fa_cpu_features(fa_cpu_feature *out)


def features():
    """Return a dict: name of each feature that a rung may need, and whether this CPU and its system have it."""
    cdef fa_cpu_feature found[FA_CPU_FEATURES]
    cdef int i, n = fa_cpu_features(found)
    return {found[i].name.decode("ascii"): bool(found[i].present) for i in range(n)}
