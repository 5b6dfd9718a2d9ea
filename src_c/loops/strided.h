/* Elements that lie `step` bytes apart.
 *
 * fa_scatter8 writes eight elements of `size` bytes (2, 4 or 8) from a block. It takes them apart from words of eight
 * bytes in general registers, which on Zen 4 costs a fifth less than a load and a store of each in vector registers.
 * memcpy, since what lies there is of another type.
 *
 * A ufunc has FA_INPUTS inputs and FA_OUTPUTS outputs at most. fa_room has a block of FA_BLOCK elements for each of
 * them, fa_vectors a vector. They begin at a cache line, so that no vector in them straddles two. The
 * blocks of three inputs and an output fit in the first-level cache.
 */
#ifndef FA_STRIDED_H
#define FA_STRIDED_H

#include <stddef.h>

#include "vec/vec.h"

enum { FA_INPUTS = 8, FA_OUTPUTS = 4, FA_BLOCK = 512 };

typedef struct { _Alignas(64) char bytes[(FA_INPUTS + FA_OUTPUTS) * FA_BLOCK * sizeof(double)]; } fa_room;
typedef struct { _Alignas(64) char bytes[(FA_INPUTS + FA_OUTPUTS) * sizeof(vf64)]; } fa_vectors;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FA_SHIFT_OF(k, size) (64 - 8 * (size) * ((k) + 1))
#else
#define FA_SHIFT_OF(k, size) (8 * (size) * (k))
#endif

FA_INLINE void fa_store_low(char *y, uint64_t word, int size)
{
    uint32_t low4 = (uint32_t)word;
    uint16_t low2 = (uint16_t)word;
    if (size == 8)
        memcpy(y, &word, 8);
    else if (size == 4)
        memcpy(y, &low4, 4);
    else
        memcpy(y, &low2, 2);
}

FA_INLINE void fa_scatter8(char *y, ptrdiff_t step, const void *block, int size)
{
    for (int i = 0; i < size; i++) { /* a word at a time, or a compiler makes a vector of them */
        uint64_t word;
        memcpy(&word, (const char *)block + 8 * i, 8);
        for (int k = 0; k < 8 / size; k++, y += step)
            fa_store_low(y, word >> FA_SHIFT_OF(k, size), size);
    }
}

/* A vector's elements, in vector registers: for a memcpy of so many bytes gcc calls upon rep movs, which is slow. */
FA_INLINE void fa_copy_vector(void *y, const void *x, int size)
{
    if (size == 8)
        vf64_store(y, vf64_load(x));
    else if (size == 4)
        vf32_store(y, vf32_load(x));
    else
        memcpy(y, x, 2 * FA_F32_LANES);
}
#endif
