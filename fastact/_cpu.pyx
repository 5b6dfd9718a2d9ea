# cython: language_level=3, freethreading_compatible=True
"""The CPU's features, read by cpuid; compiled with baseline flags, so that it runs anywhere."""

from libc.stdint cimport uint32_t, uint64_t

cdef extern from "vec/cpu.h" nogil:
    ctypedef struct fa_cpu_feature:
        const char *name
        int present
    ctypedef struct fa_cpu_words:
        uint32_t c1, b7, c81
        uint64_t xcr0
    enum: FA_CPU_FEATURES
    bint fa_cpu_read(fa_cpu_words *cpu)
    void fa_cpu_features(fa_cpu_words cpu, fa_cpu_feature *out)


def words():
    """Return what cpuid and xgetbv say, as arguments of `features_of`; None where there is no such instruction."""
    cdef fa_cpu_words cpu = [0, 0, 0, 0]
    return (cpu.c1, cpu.b7, cpu.c81, cpu.xcr0) if fa_cpu_read(&cpu) else None


def features_of(uint32_t c1, uint32_t b7, uint32_t c81, uint64_t xcr0):
    """Return the features of a CPU of which cpuid and xgetbv say this."""
    cdef fa_cpu_feature found[FA_CPU_FEATURES]
    cdef int i
    fa_cpu_features([c1, b7, c81, xcr0], found)
    return {found[i].name.decode("ascii"): bool(found[i].present) for i in range(FA_CPU_FEATURES)}


def features():
    """Return a dict: name of each feature that a rung may need, and whether this CPU and its system have it."""
    read = words()
    return features_of(*read) if read else {}
