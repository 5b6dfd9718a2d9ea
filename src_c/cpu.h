/* What this CPU and its operating system can run, by cpuid and xgetbv. Compiled with baseline flags. */
#ifndef FA_CPU_H
#define FA_CPU_H

typedef struct { const char *name; int present; } fa_cpu_feature;

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <cpuid.h>
#include <stdint.h>

#define FA_CPU_FEATURES 21

static inline uint64_t fa_xgetbv(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

/* An instruction whose registers the operating system does not save counts as absent. */
static inline int fa_cpu_features(fa_cpu_feature *out)
{
    unsigned a, b, c, d, b7 = 0, c1, c81 = 0;
    if (!__get_cpuid(1, &a, &b, &c1, &d))
        return 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
        b7 = b;
    if (__get_cpuid(0x80000001, &a, &b, &c, &d))
        c81 = c;
    uint64_t saved = (c1 >> 27 & 1) ? fa_xgetbv() : 0;
    int ymm = (saved & 0x06) == 0x06, zmm = (saved & 0xe6) == 0xe6;
    const fa_cpu_feature features[FA_CPU_FEATURES] = {
        {"sse3", c1 & 1},
        {"ssse3", c1 >> 9 & 1},
        {"sse4_1", c1 >> 19 & 1},
        {"sse4_2", c1 >> 20 & 1},
        {"popcnt", c1 >> 23 & 1},
        {"cx16", c1 >> 13 & 1},
        {"lahf", c81 & 1},
        {"osxsave", c1 >> 27 & 1},
        {"avx", ymm && (c1 >> 28 & 1)},
        {"avx2", ymm && (b7 >> 5 & 1)},
        {"fma", ymm && (c1 >> 12 & 1)},
        {"f16c", ymm && (c1 >> 29 & 1)},
        {"movbe", c1 >> 22 & 1},
        {"bmi1", b7 >> 3 & 1},
        {"bmi2", b7 >> 8 & 1},
        {"lzcnt", c81 >> 5 & 1},
        {"avx512f", zmm && (b7 >> 16 & 1)},
        {"avx512dq", zmm && (b7 >> 17 & 1)},
        {"avx512cd", zmm && (b7 >> 28 & 1)},
        {"avx512bw", zmm && (b7 >> 30 & 1)},
        {"avx512vl", zmm && (b7 >> 31 & 1)},
    };
    for (int n = 0; n < FA_CPU_FEATURES; n++)
        out[n] = features[n];
    return FA_CPU_FEATURES;
}
#else
#define FA_CPU_FEATURES 1
static inline int fa_cpu_features(fa_cpu_feature *out)
{
    (void)out;
    return 0;
}
#endif
#endif
