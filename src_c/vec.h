/* The vector type: the only layer that knows an instruction set.
 *
 *   vf32, vf64   FA_F32_LANES floats, FA_F64_LANES doubles (twice as many floats), in FA_REGISTERS registers: every
 *                operation is carried out on each register in turn, which interleaves independent chains
 *   vm32, vm64   a truth value for each lane
 *   vi32         the bits of a vf32, as table indices
 *
 * Kernels are written once on these names. Every operation below is one IEEE 754 operation (or moves bits), so that
 * a kernel gives the same bits on every header behind this one:
 *
 *   load store load_half store_half set1     half: float16 in memory, float32 in the vector
 *   add sub mul div                          rounded to nearest, ties to even
 *   fma(a, b, c)   a b + c                    one rounding
 *   fnma(a, b, c)  c - a b                    one rounding
 *   fms(a, b, c)   a b - c                    one rounding
 *   min(a, b)      a < b ? a : b              so that a NaN in b, or in either, gives b
 *   max(a, b)      a > b ? a : b
 *   abs minus_abs neg   the sign bit cleared, set, flipped
 *   and or xor     of the bits
 *   flip(x, s)     x with its sign flipped where the sign bit of s is set
 *   copysign(x, s) the magnitude of x, the sign of s
 *   lt eq unordered   comparisons; unordered: either is NaN. signbit(x): its sign bit is set
 *   select(m, a, b)   m ? a : b
 *   scale(x, t)    x 2^n, rounded once, for x near 1 and t = n + FA_SHIFT; n from -190 to 63 (vf64: -1122 to 923)
 *   scale_wide(x, t)  the same, n from -252 to 254 (vf64: -2044 to 2046)
 *   pow2(t)        2^n, where it is normal
 *   times_pow2(x, t)  x 2^n, rounded once, for any x, where 2^n is normal
 *   exponent(t)    2^(n - 127) for n from 1 to 254: the low bits of t as an exponent field, in one shift
 *   bits(x), shift_right(i, k)   the bits as an index, shifted
 *   lookup8 lookup16  table[index], the low 3 or 4 bits of an index
 *   lookup8(table, t) lookup16(table, t) of vf64  table[index], the low 3 or 4 bits of t
 *   raise(x, t)    x 2^floor(n) for t = n + FA_SHIFT_EIGHTHS, n in eighths, where x and the result are normal
 *   scale_eighths(x, t)  the same, rounded once, for x near 1; n from -1122 to 923
 *   widen_low widen_high narrow   between a vf32 and its two halves as vf64
 *
 * fa_stream(y, x, bytes) copies past the caches, where the CPU can: y at a cache line, whole lines; fa_streamed() ends it.
 */
#ifndef FA_VEC_H
#define FA_VEC_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define FA_INLINE static inline __attribute__((always_inline, unused))
#else
#define FA_INLINE static inline
#endif

/* Adding FA_SHIFT to a small float leaves the nearest integer in the low bits of the sum. */
#define FA_SHIFT_F32 0x1.8p23f
#define FA_SHIFT_F64 0x1.8p52
#define FA_SHIFT_EIGHTHS 0x1.8p49 /* a double: the nearest eighth */

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && defined(__AVX512BW__)
#include "vec_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#include "vec_avx2.h"
#else /* a header for NEON takes its place before this line */
#include "vec_scalar.h"
#endif

/* What every instruction set has in common. */

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

/* A float32 function computed in float64 lanes and rounded once. */
FA_INLINE vf32 vf32_through_f64(vf64 (*f)(vf64), vf32 x)
{
    return vf32_narrow(f(vf32_widen_low(x)), f(vf32_widen_high(x)));
}

#endif
