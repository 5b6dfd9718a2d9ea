/* Copies between strided memory and blocks. */
#ifndef FA_ROWS_COPIES_H
#define FA_ROWS_COPIES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FA_BLOCK 2048 /* elements that are copied to a block at a time, at most: a multiple of FA_JOINING */

/* Defines name(to, x, step, n), which gathers n elements that are `step` bytes apart, and name_back, which scatters. */
#define FA_GATHER(name, type) \
    static void name(type *to, const char *x, ptrdiff_t step, ptrdiff_t n) \
    { \
        if (step == (ptrdiff_t)sizeof *to) memcpy(to, x, (size_t)n * sizeof *to); \
        else \
            for (ptrdiff_t i = 0; i < n; i++) memcpy(to + i, x + i * step, sizeof *to); \
    } \
    static void name##_back(char *x, ptrdiff_t step, const type *from, ptrdiff_t n) \
    { \
        if (step == (ptrdiff_t)sizeof *from) memcpy(x, from, (size_t)n * sizeof *from); \
        else \
            for (ptrdiff_t i = 0; i < n; i++) memcpy(x + i * step, from + i, sizeof *from); \
    }

/* The mask of n elements, whose bytes are `step` apart. */
static inline void fa_copy_mask(uint8_t *to, const char *mask, ptrdiff_t step, ptrdiff_t n)
{
    if (step == 1) memcpy(to, mask, (size_t)n);
    else if (step == 0) memset(to, *mask, (size_t)n);
    else
        for (ptrdiff_t i = 0; i < n; i++) to[i] = (uint8_t)mask[i * step];
}

#endif
