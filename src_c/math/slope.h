/* The float32 derivatives of silu and gelu: with a = |x|, f'(-a) = e^z h(a), and f'(a) = 1 - f'(-a).
 *
 * h by 16 pieces, told apart by four bits of a + offset: a polynomial in the distance to a centre, in two parts.
 * e^z = (1 + w) 2^n, and h (1 + w) is h + h w. Coefficients: math/minimax/slope.sollya.
 */
#ifndef FA_SLOPE_H
#define FA_SLOPE_H

#include "math/exp.h"

typedef struct {
    int degree;
    float offset, centre[16], c[7][16];
} fa_slope_table;

/* (h(a) - beyond) e^r 2^n, t = n + FA_SHIFT; 1 less that for x > 0. */
FA_INLINE vf32 fa_slope_f32(const fa_slope_table *table, vf32 x, vf32 a, vf32 beyond, vf32 r, vf32 t)
{
    vi32 piece = vi32_shift_right(vf32_bits(vf32_add(a, vf32_set1(table->offset))), 21);
    vf32 d = vf32_sub(a, vf32_lookup16(table->centre, piece));
    vf32 c0 = vf32_sub(vf32_lookup16(table->c[0], piece), beyond);
    vf32 q = vf32_lookup16(table->c[table->degree], piece);
    for (int k = table->degree - 1; k > 0; k--) q = vf32_fma(q, d, vf32_lookup16(table->c[k], piece));
    vf32 h = vf32_fma(q, d, c0), low = vf32_fma(q, d, vf32_sub(c0, h));
    vf32 w = vf32_fma(vf32_mul(r, r), fa_expm1_quotient_f32(r), r);
    vf32 y = vf32_scale(vf32_add(h, vf32_fma(h, w, low)), t);
    return vf32_select(vf32_signbit(x), y, vf32_sub(vf32_set1(1.0f), y));
}

#endif
