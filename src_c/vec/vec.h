/* The vector type: the only layer that knows an instruction set.
 *
 *   vf32, vf64   FA_F32_LANES floats, and FA_F64_LANES doubles, which are half as many. A vector is FA_REGISTERS
 *                registers of the CPU, and an operation is carried out on each of them in turn: so the CPU has
 *                independent work while it waits for a result.
 *   vm32, vm64   a truth value for each lane
 *   vi32         the bits of a vf32, as indices into a table
 *
 * Kernels are written once, on these names. There is a header for each instruction set behind this one, and all of them
 * give the same bits, since an operation either is a single IEEE 754 operation or moves bits. With vf32_ or vf64_ in
 * front of their names, the operations are:
 *
 * Memory
 *   load store set1             lanes from memory, lanes to memory, one number in every lane
 *   load_half store_half        the same of vf32 with float16 in memory
 *   load_first(p, n, x)         the first n lanes from memory, the others from x
 *   store_first(p, x, n)        the first n lanes to memory
 *   fa_stream(y, x, bytes)      copies past the caches, where the CPU can. y is at the start of a cache line, and whole
 *                               lines are copied. fa_streamed() must follow before others read y.
 * Arithmetic, rounded to nearest with ties to even
 *   add sub mul div sqrt
 *   product(a, b)               a b too, for results that may be subnormal, or round to 0: many CPUs take long to form
 *                               these by mul
 *   fma(a, b, c)                a b + c, rounded once
 *   fnma(a, b, c)               c - a b, rounded once
 *   fms(a, b, c)                a b - c, rounded once
 *   min(a, b)                   a < b ? a : b, so that the result is b where either is NaN
 *   max(a, b)                   a > b ? a : b, likewise
 * Bits
 *   abs minus_abs neg           the sign bit cleared, set, flipped
 *   and or xor
 *   flip(x, s)                  x, with its sign flipped where the sign bit of s is set
 *   copysign(x, s)              the magnitude of x with the sign of s
 *   once(x), later(x)           x, see below
 * Truth values
 *   lt eq                       a < b, a = b
 *   unordered(a, b) isnan(x)    whether either is NaN
 *   signbit(x)                  whether the sign bit is set
 *   select(m, a, b)             m ? a : b
 *   keep(m, x) drop(m, x)       m ? x : 0, m ? 0 : x, where m is a comparison's
 * Powers of two. n is an integer, and t = n + FA_SHIFT has it in its low bits.
 *   scale(x, t)                 x 2^n, rounded once, for x near 1; n from -191 to 63 (vf64: -1123 to 923)
 *   scale_wide(x, t)            the same; n from -252 to 254 (vf64: -2044 to 2046)
 *   pow2(t)                     2^n, where that is normal
 *   times_pow2(x, t)            x 2^n, rounded once, for any x, where 2^n is normal
 *   exponent(t)                 2^(n - 127) for n from 1 to 254 (vf64: 2^(n - 1023), to 2046), 0 for n = 0; one shift
 *   pow2_quarters(t)            c 2^(n/4), where that is normal, for a constant c near 1; vf32 only
 *   pow2_halves(t)              c 2^(n/2), likewise; vf64 only
 *   logb(x)                     the exponent of a positive normal number; vf64
 * Tables
 *   lookup4(table, i)           table[i], by the low 2 bits of the vi32 i; vf32 only, and fast on every CPU
 *   bits(x)                     a vf32 as a vi32; vi32_shift_right(i, k) shifts it
 * Lanes
 *   widen_low widen_high        the two halves of a vf32 as vf64; vf32_narrow(low, high) rounds them back
 *   keep_first(x, n)            the first n lanes, 0 in the others
 *   pair(a, b, w, &low, &high)  Blocks of 2 w lanes become two, the first w of each in low, the others in high: first
 *                               those of a, then those of b; where w is less than 4 (vf64: 2), within each 128 bits.
 *   transpose(m, n, k)          as many vectors as each has lanes, with rows and columns exchanged, of which n rows and
 *                               k columns count
 * load_first, store_first, keep_first, pair and transpose are for the rows: only where FA_F32_LANES is 16 are they on
 * every CPU.
 */
#ifndef FA_VEC_H
#define FA_VEC_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) || defined(__clang__)
#define FA_INLINE static inline __attribute__((always_inline, unused))
#else
#define FA_INLINE static inline
#endif

/* Adding FA_SHIFT to a small float leaves the nearest integer in the low bits of the sum. */
#define FA_SHIFT_F32 0x1.8p23f
#define FA_SHIFT_F64 0x1.8p52

/* The largest number. */
#define FA_MOST_F32 0x1.fffffep127f
#define FA_MOST_F64 0x1.fffffffffffffp1023

/* The bits of c 2^(j/4), less j << 21 (float64: c 2^(j/2), less j << 51). pow2_quarters adds n = 4 i + j, shifted by as
 * much: that puts i in the exponent's place, and of j nothing is left. With this c, next to nothing is lost where these
 * numbers are rounded. From math/minimax/exp_rows.sollya. */
static const uint32_t FA_POW2_QUARTERS[4] = {0x3f80007d, 0x3f783885, 0x3f7505a4, 0x3f7745cf};
static const uint64_t FA_POW2_HALVES[2] = {0x3ff000000000003b, 0x3feea09e667f3c20};

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && defined(__AVX512BW__)
#include "vec/avx512.h"
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#include "vec/avx2.h"
#elif defined(__ARM_NEON) && defined(__AARCH64EL__)
#include "vec/neon.h"
#else
#include "vec/scalar.h"
#endif

/* For long functions: inlined where a vector operation is an instruction, but not where it is a loop over lanes. */
#ifdef FA_SCALAR
#define FA_OUTLINED static
#else
#define FA_OUTLINED FA_INLINE
#endif

/* What every instruction set has in common. */

/* x itself, as a value of which the compiler knows nothing more. It does not read it from memory once more where it is
 * used again, as gcc prefers to, though a loop that is bound by its loads then takes up to a quarter longer. And it
 * does not multiply both sides of a select, as clang does: the side that is not taken may overflow, which would be
 * reported. later() is that too, and what is computed from it begins when all that stands before it is stored. */
#ifdef FA_IN_REGISTER
#ifndef FA_SCALAR
#define FA_EACH32 FA_EACH(i)
#define FA_EACH64 FA_EACH(i)
#endif
FA_INLINE vf32 vf32_once(vf32 x) { FA_EACH32 __asm__("" : FA_IN_REGISTER(x.v[i])); return x; }
FA_INLINE vf64 vf64_once(vf64 x) { FA_EACH64 __asm__("" : FA_IN_REGISTER(x.v[i])); return x; }
FA_INLINE vf32 vf32_later(vf32 x) { FA_EACH32 __asm__ volatile("" : FA_IN_REGISTER(x.v[i])::"memory"); return x; }
FA_INLINE vf64 vf64_later(vf64 x) { FA_EACH64 __asm__ volatile("" : FA_IN_REGISTER(x.v[i])::"memory"); return x; }
#else
FA_INLINE vf32 vf32_once(vf32 x) { return x; }
FA_INLINE vf64 vf64_once(vf64 x) { return x; }
FA_INLINE vf32 vf32_later(vf32 x) { return x; }
FA_INLINE vf64 vf64_later(vf64 x) { return x; }
#endif

FA_INLINE vf32 vf32_minus_abs(vf32 x) { return vf32_or(x, vf32_set1(-0.0f)); }
FA_INLINE vf64 vf64_minus_abs(vf64 x) { return vf64_or(x, vf64_set1(-0.0)); }
FA_INLINE vf32 vf32_neg(vf32 x) { return vf32_xor(x, vf32_set1(-0.0f)); }
FA_INLINE vf64 vf64_neg(vf64 x) { return vf64_xor(x, vf64_set1(-0.0)); }
FA_INLINE vf32 vf32_flip(vf32 x, vf32 s) { return vf32_xor(x, vf32_and(s, vf32_set1(-0.0f))); }
FA_INLINE vf64 vf64_flip(vf64 x, vf64 s) { return vf64_xor(x, vf64_and(s, vf64_set1(-0.0))); }
FA_INLINE vf32 vf32_copysign(vf32 x, vf32 s) { return vf32_or(vf32_abs(x), vf32_and(s, vf32_set1(-0.0f))); }
FA_INLINE vf64 vf64_copysign(vf64 x, vf64 s) { return vf64_or(vf64_abs(x), vf64_and(s, vf64_set1(-0.0))); }
FA_INLINE vm32 vf32_isnan(vf32 x) { return vf32_unordered(x, x); }
FA_INLINE vm64 vf64_isnan(vf64 x) { return vf64_unordered(x, x); }

#if FA_F32_LANES == 16 && !defined(FA_MASKS)
#define FA_FIRST_LANES(V, real, lanes) \
    FA_INLINE V V##_load_first(const real *p, int n, V x) \
    { \
        real lane[lanes]; \
        V##_store(lane, x); \
        memcpy(lane, p, (size_t)n * sizeof(real)); \
        return V##_load(lane); \
    } \
    FA_INLINE void V##_store_first(real *p, V x, int n) \
    { \
        real lane[lanes]; \
        V##_store(lane, x); \
        memcpy(p, lane, (size_t)n * sizeof(real)); \
    } \
    FA_INLINE V V##_keep_first(V x, int n) \
    { \
        real lane[lanes]; \
        V##_store(lane, x); \
        return V##_load_first(lane, n, V##_set1(0)); \
    }
FA_FIRST_LANES(vf32, float, FA_F32_LANES)
FA_FIRST_LANES(vf64, double, FA_F64_LANES)
#endif

#if FA_F32_LANES == 16 && !defined(FA_TRANSPOSES)
/* `lane` lanes are 128 bits. */
#define FA_ACROSS(V, real, lanes, lane) \
    FA_INLINE void V##_pair(V a, V b, int w, V *low, V *high) \
    { \
        int span = w < lane ? lane : lanes, at = 0; \
        real both[2][lanes], to[2][lanes]; \
        V##_store(both[0], a); \
        V##_store(both[1], b); \
        for (int start = 0; start < lanes; start += span) \
            for (int v = 0; v < 2; v++) \
                for (int block = start; block < start + span; block += 2 * w) \
                    for (int i = 0; i < w; i++, at++) { \
                        to[0][at] = both[v][block + i]; \
                        to[1][at] = both[v][block + w + i]; \
                    } \
        *low = V##_load(to[0]); \
        *high = V##_load(to[1]); \
    } \
    FA_INLINE void V##_transpose(V *m, int n, int k) \
    { \
        real from[lanes][lanes], to[lanes][lanes] = {{0}}; \
        for (int i = 0; i < n; i++) V##_store(from[i], m[i]); \
        for (int i = 0; i < k; i++) for (int j = 0; j < n; j++) to[i][j] = from[j][i]; \
        for (int i = 0; i < k; i++) m[i] = V##_load(to[i]); \
    }
FA_ACROSS(vf32, float, FA_F32_LANES, 4)
FA_ACROSS(vf64, double, FA_F64_LANES, 2)
#endif

/* A float32 function of one or two arguments, computed in float64 lanes and rounded once. */
FA_INLINE vf32 vf32_through_f64(vf64 (*f)(vf64), vf32 x)
{
    return vf32_narrow(f(vf32_widen_low(x)), f(vf32_widen_high(x)));
}
FA_INLINE vf32 vf32_both_through_f64(vf64 (*f)(vf64, vf64), vf32 a, vf32 b)
{
    return vf32_narrow(f(vf32_widen_low(a), vf32_widen_low(b)), f(vf32_widen_high(a), vf32_widen_high(b)));
}

#endif
