/* log(1 + u) for u >= 0; at NaN, NaN.
 *
 * v = 1 + u = 2^k (1 + g), 1 + g between sqrt(1/2) and sqrt(2); log1p(g) = g - (h - s (h + s^2 P(s^2))), s = g/(2 + g),
 * h = g^2/2. What v rounds off is added as its share of v. In double lanes, for a float32 result, P is shorter and that
 * share is the whole of it, since it counts only where v is about 1.
 * Coefficients: math/minimax/log.sollya.
 */
#ifndef FA_LOG_H
#define FA_LOG_H

#include "math/exp.h"

/* v = 2^k (1 + g). */
FA_INLINE vf64 fa_split_f64(vf64 v, vf64 *k)
{
    vf64 one = vf64_set1(1.0), n = vf64_logb(v), m = vf64_times_pow2(v, vf64_sub(vf64_set1(FA_SHIFT_F64), n));
    vm64 upper = vf64_lt(vf64_set1(0x1.6a09e667f3bcdp0), m);
    *k = vf64_add(n, vf64_select(upper, one, vf64_set1(0.0)));
    return vf64_sub(vf64_mul(m, vf64_select(upper, vf64_set1(0.5), one)), one);
}

FA_INLINE vf64 fa_log1p_f64(vf64 u)
{
    vf64 lost, v = fa_two_sum_f64(vf64_set1(1.0), u, &lost), k, g = fa_split_f64(v, &k);
    vf64 s = vf64_div(g, vf64_add(vf64_set1(2.0), g)), s2 = vf64_mul(s, s), s4 = vf64_mul(s2, s2);
    vf64 p01 = vf64_fma(vf64_set1(0x1.9999999995303p-2), s2, vf64_set1(0x1.5555555555558p-1));
    vf64 p23 = vf64_fma(vf64_set1(0x1.c71c62e0b7695p-3), s2, vf64_set1(0x1.2492492df3033p-2));
    vf64 p45 = vf64_fma(vf64_set1(0x1.39fe212d9dbbp-3), s2, vf64_set1(0x1.7462b6619298ep-3));
    vf64 p = vf64_fma(vf64_fma(vf64_fma(vf64_set1(0x1.2b5b851209412p-3), s4, p45), s4, p23), s4, p01);
    vf64 h = vf64_mul(vf64_mul(vf64_set1(0.5), g), g), c = vf64_fnma(s, vf64_fma(s2, p, h), h);
    vf64 base = vf64_mul(k, vf64_set1(FA_LN2_HI_F64)), sum = vf64_add(base, g); /* base is 0 or the larger */
    vf64 rest = vf64_fma(k, vf64_set1(FA_LN2_LO_F64), vf64_sub(g, vf64_sub(sum, base)));
    return vf64_add(sum, vf64_add(vf64_sub(rest, c), vf64_div(lost, v)));
}

FA_INLINE vf64 fa_log1p_lane(vf64 u)
{
    vf64 one = vf64_set1(1.0), v = vf64_add(one, u), lost = vf64_sub(u, vf64_sub(v, one)), k, g = fa_split_f64(v, &k);
    vf64 s = vf64_div(g, vf64_add(vf64_set1(2.0), g)), s2 = vf64_mul(s, s);
    vf64 p = vf64_fma(vf64_set1(0x1.ddd466570fdb9p-3), s2, vf64_set1(0x1.245c266389601p-2));
    p = vf64_fma(vf64_fma(p, s2, vf64_set1(0x1.9999eba9f58a6p-2)), s2, vf64_set1(0x1.5555554ba2f26p-1));
    vf64 h = vf64_mul(vf64_mul(vf64_set1(0.5), g), g), c = vf64_fnma(s, vf64_fma(s2, p, h), h);
    return vf64_fma(k, vf64_set1(FA_LN2_F64), vf64_add(vf64_sub(g, c), lost));
}
FA_INLINE vf32 fa_log1p_f32(vf32 u) { return vf32_through_f64(fa_log1p_lane, u); }

#endif
