/* The float32 derivative of silu, by a table.
 *
 * With a = |x|, f'(-a) = e^z h(a), where z is -a, and f'(a) = 1 - f'(-a). h is a polynomial for each of 16 pieces,
 * which four bits of a + offset tell apart, in the distance d from a centre of the piece. h is kept as a pair, and
 * multiplied by e^z = (1 + w) 2^n as h + h w, and by 2^n last.
 *
 * Coefficients: math/minimax/slope.sollya.
 */
#ifndef FA_SLOPE_H
#define FA_SLOPE_H

#include "math/exp.h"

typedef struct {
    int degree;
    float offset, centre[16], c[7][16];
} fa_slope_table;

/* f'(x) for z = n ln2 + r and t = n + FA_SHIFT. a is |x|; past the last piece a is the end of that, and h is less by
 * beyond. */
FA_INLINE vf32 fa_slope_f32(const fa_slope_table *table, vf32 x, vf32 a, vf32 beyond, vf32 r, vf32 t)
{
    vi32 piece = vi32_shift_right(vf32_bits(vf32_add(a, vf32_set1(table->offset))), 21);
    vf32 d = vf32_sub(a, vf32_lookup16(table->centre, piece));
    vf32 c0 = vf32_sub(vf32_lookup16(table->c[0], piece), beyond);
    vf32 q = vf32_lookup16(table->c[table->degree], piece);
    for (int k = table->degree - 1; k > 0; k--) q = vf32_fma(q, d, vf32_lookup16(table->c[k], piece));
    fa_pair_f32 h = fa_two_fma_f32(q, d, c0);
    vf32 w = vf32_fma(vf32_mul(r, r), fa_expm1_quotient_f32(r), r);
    vf32 y = vf32_scale(vf32_add(h.high, vf32_fma(h.high, w, h.low)), t);
    return vf32_select(vf32_signbit(x), y, vf32_sub(vf32_set1(1.0f), y));
}

#endif
