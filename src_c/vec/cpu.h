/* What this CPU and its operating system can run, by cpuid and xgetbv. Compiled with baseline flags. */
#ifndef FA_CPU_H
#define FA_CPU_H

#include <stdint.h>

typedef struct { const char *name; int present; } fa_cpu_feature;
/* ecx of cpuid's leaf 1, ebx of its leaf 7, ecx of its leaf 0x80000001, and XCR0: the registers that the system
 * saves. */
typedef struct { uint32_t c1, b7, c81; uint64_t xcr0; } fa_cpu_words;

#define FA_CPU_FEATURES 21

/* An instruction whose registers the operating system does not save counts as absent. So does AVX-512 on macOS, which
 * saves its registers from a thread's first use of them on. */
static inline void fa_cpu_features(fa_cpu_words cpu, fa_cpu_feature *out)
{
    uint32_t c1 = cpu.c1, b7 = cpu.b7, c81 = cpu.c81;
    int osxsave = c1 >> 27 & 1; /* without it there is no XCR0 */
    int ymm = osxsave && (cpu.xcr0 & 0x06) == 0x06, zmm = osxsave && (cpu.xcr0 & 0xe6) == 0xe6;
    const fa_cpu_feature features[FA_CPU_FEATURES] = {
        {"sse3", c1 & 1},
        {"ssse3", c1 >> 9 & 1},
        {"sse4_1", c1 >> 19 & 1},
        {"sse4_2", c1 >> 20 & 1},
        {"popcnt", c1 >> 23 & 1},
        {"cx16", c1 >> 13 & 1},
        {"lahf", c81 & 1},
        {"osxsave", osxsave},
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
}

/* Returns whether there is cpuid. In assembly, since the compilers' headers for it differ. */
#if defined(__x86_64__)
static inline void fa_cpuid(uint32_t leaf, uint32_t *a, uint32_t *b, uint32_t *c)
{
    uint32_t d;
    __asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(d) : "a"(leaf), "c"(0));
}
static inline int fa_cpu_read(fa_cpu_words *cpu)
{
    uint32_t last, last8, a, b, c, low, high;
    fa_cpuid(0, &last, &b, &c);
    fa_cpuid(0x80000000, &last8, &b, &c);
    fa_cpuid(1, &a, &b, &cpu->c1);
    if (last >= 7) fa_cpuid(7, &a, &cpu->b7, &c);
    if (last8 >= 0x80000001) fa_cpuid(0x80000001, &a, &b, &cpu->c81);
    if (cpu->c1 >> 27 & 1) {
        __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
        cpu->xcr0 = (uint64_t)high << 32 | low;
    }
    return 1;
}
#else
static inline int fa_cpu_read(fa_cpu_words *cpu)
{
    (void)cpu;
    return 0;
}
#endif
#endif
