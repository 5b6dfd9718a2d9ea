/* log(1 + u) in float64 for u >= 0; at NaN, NaN.
 *
 * v = 1 + u = 2^k (1 + g), 1 + g between sqrt(1/2) and sqrt(2); log1p(g) = g - (h - s (h + s^2 P(s^2))), s = g/(2 + g),
 * h = g^2/2. What v rounds off is added as its share of v. Largest error 0.9 ULP in 10 million samples.
 * Coefficients: minimax/softplus.sollya.
 */
#ifndef FA_LOG_H
#define FA_LOG_H

#include "exp.h"

FA_INLINE vf64 fa_log1p_f64(vf64 u)
{
    vf64 one = vf64_set1(1.0), zero = vf64_set1(0.0), half = vf64_set1(0.5);
    vf64 lost, v = fa_two_sum_f64(one, u, &lost);
    vf64 k = vf64_logb(v), m = vf64_times_pow2(v, vf64_sub(vf64_set1(FA_SHIFT_F64), k)); /* in [1, 2) */
    vm64 upper = vf64_lt(vf64_set1(0x1.6a09e667f3bcdp0), m);
    k = vf64_add(k, vf64_select(upper, one, zero));
    vf64 g = vf64_sub(vf64_mul(m, vf64_select(upper, half, one)), one);
    vf64 s = vf64_div(g, vf64_add(vf64_set1(2.0), g)), s2 = vf64_mul(s, s), s4 = vf64_mul(s2, s2);
    vf64 p01 = vf64_fma(vf64_set1(0x1.9999999999ff2p-2), s2, vf64_set1(0x1.5555555555555p-1));
    vf64 p23 = vf64_fma(vf64_set1(0x1.c71c72ed6a316p-3), s2, vf64_set1(0x1.24924923cf9dfp-2));
    vf64 p45 = vf64_fma(vf64_set1(0x1.3b2a41fc65615p-3), s2, vf64_set1(0x1.745ca8d84c218p-3));
    vf64 p67 = vf64_fma(vf64_set1(0x1.16cef187cb9ddp-3), s2, vf64_set1(0x1.0e84d332e3334p-3));
    vf64 p = vf64_fma(vf64_fma(vf64_fma(p67, s4, p45), s4, p23), s4, p01);
    vf64 h = vf64_mul(vf64_mul(half, g), g), c = vf64_fnma(s, vf64_fma(s2, p, h), h);
    vf64 base = vf64_mul(k, vf64_set1(FA_LN2_HI_F64)), sum = vf64_add(base, g); /* base is 0 or the larger */
    vf64 rest = vf64_fma(k, vf64_set1(FA_LN2_LO_F64), vf64_sub(g, vf64_sub(sum, base)));
    return vf64_add(sum, vf64_add(vf64_sub(rest, c), vf64_div(lost, v)));
}
FA_INLINE vf32 fa_log1p_f32(vf32 u) { return vf32_through_f64(fa_log1p_f64, u); }

#endif
