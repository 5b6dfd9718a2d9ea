/* Copies between strided memory and blocks. */
#ifndef FA_ROWS_COPIES_H
#define FA_ROWS_COPIES_H

#include <stddef.h>
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

#endif
