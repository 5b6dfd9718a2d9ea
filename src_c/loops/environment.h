/* The floating-point environment of a loop.
 *
 * Between fa_environment_enter and fa_environment_leave results do not depend on the rounding mode, flush-to-zero or
 * unmasked traps that somebody else has set, and no flag that an intermediate step raises is left behind: the words
 * are put back as they were, with the flags in `genuine` (FA_OVERFLOW, FA_INVALID) added where they were raised.
 */
#ifndef FA_ENVIRONMENT_H
#define FA_ENVIRONMENT_H

#include <stdint.h>

#if defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
#define FA_INVALID 0x01
#define FA_OVERFLOW 0x08
typedef unsigned int fa_environment;
static inline fa_environment fa_environment_enter(void)
{
    fa_environment saved = _mm_getcsr();
    _mm_setcsr(0x1f80); /* nearest, every exception masked, denormals kept, flags clear */
    __asm__ volatile("" ::: "memory");
    return saved;
}
static inline void fa_environment_leave(fa_environment saved, unsigned int genuine)
{
    __asm__ volatile("" ::: "memory");
    _mm_setcsr(saved | (_mm_getcsr() & genuine));
}
#elif defined(__aarch64__)
#define FA_INVALID 0x01
#define FA_OVERFLOW 0x04
typedef struct { uint64_t control, status; } fa_environment;
/* The control word, which is slow to write, only where it differs. */
static inline void fa_control(uint64_t from, uint64_t to)
{
    if (from != to)
        __asm__ volatile("msr fpcr, %0" :: "r"(to) : "memory");
}
static inline fa_environment fa_environment_enter(void)
{
    fa_environment saved;
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(saved.control), "=r"(saved.status) :: "memory");
    fa_control(saved.control, 0);
    __asm__ volatile("msr fpsr, %0" :: "r"((uint64_t)0) : "memory");
    return saved;
}
static inline void fa_environment_leave(fa_environment saved, unsigned int genuine)
{
    uint64_t raised;
    __asm__ volatile("mrs %0, fpsr" : "=r"(raised) :: "memory");
    fa_control(0, saved.control);
    __asm__ volatile("msr fpsr, %0" :: "r"(saved.status | (raised & genuine)) : "memory");
}
#else
#include <fenv.h>
#define FA_INVALID FE_INVALID
#define FA_OVERFLOW FE_OVERFLOW
typedef fenv_t fa_environment;
static inline fa_environment fa_environment_enter(void)
{
    fa_environment saved;
    feholdexcept(&saved);
    fesetround(FE_TONEAREST);
    return saved;
}
static inline void fa_environment_leave(fa_environment saved, unsigned int genuine)
{
    int raised = fetestexcept((int)genuine);
    fesetenv(&saved);
    feraiseexcept(raised);
}
#endif
#endif
