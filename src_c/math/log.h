/* log(1 + u) for u >= 0. NaN gives NaN.
 *
 * v = 1 + u = 2^k (1 + g), with 1 + g between sqrt(1/2) and sqrt(2), and log(v) = k ln2 + log1p(g). With s = g/(2 + g)
 * and h = g^2/2, log1p(g) = g - (h - s (h + s^2 P(s^2))). What rounding v loses is added as its share of v.
 * fa_log1p_lane is for a float32 result: P is shorter, and what v lost is added as it is, since it counts only where v
 * is about 1.
 *
 * Coefficients: math/minimax/log.sollya.
 */
#ifndef FA_LOG_H
#define FA_LOG_H

#include "math/exp.h"

/* ln2, in two parts, of which the product of the first with an exponent is exact. */
#define FA_LN2_HI_F64 0x1.62e42feep-1
#define FA_LN2_LO_F64 0x1.a39ef35793c76p-33

/* v = 2^k (1 + g). */
typedef struct { vf64 k, g; } fa_split;

FA_INLINE fa_split fa_split_f64(vf64 v)
{
    vf64 one = vf64_set1(1.0), n = vf64_logb(v), m = vf64_times_pow2(v, vf64_sub(vf64_set1(FA_SHIFT_F64), n));
    vm64 upper = vf64_lt(vf64_set1(0x1.6a09e667f3bcdp0), m);
    fa_split y;
    y.k = vf64_add(n, vf64_select(upper, one, vf64_set1(0.0)));
    y.g = vf64_sub(vf64_mul(m, vf64_select(upper, vf64_set1(0.5), one)), one);
    return y;
}

/* g - log1p(g) = h - s (h + s^2 p), for p = P(s^2). */
FA_INLINE vf64 fa_log1p_bend(vf64 g, vf64 s, vf64 p)
{
    vf64 h = vf64_mul(vf64_mul(vf64_set1(0.5), g), g);
    return vf64_fnma(s, vf64_fma(vf64_mul(s, s), p, h), h);
}

FA_INLINE vf64 fa_log1p_f64(vf64 u)
{
    fa_pair_f64 v = fa_two_sum_f64(vf64_set1(1.0), u);
    fa_split y = fa_split_f64(v.high);
    vf64 s = vf64_div(y.g, vf64_add(vf64_set1(2.0), y.g));
    vf64 p = fa_estrin2_f64(vf64_mul(s, s), 0x1.5555555555558p-1, 0x1.9999999995303p-2, 0x1.2492492df3033p-2,
        0x1.c71c62e0b7695p-3, 0x1.7462b6619298ep-3, 0x1.39fe212d9dbbp-3, 0x1.2b5b851209412p-3);
    vf64 bend = fa_log1p_bend(y.g, s, p);
    /* The first term is 0, or the larger. */
    fa_pair_f64 sum = fa_fast_two_sum_f64(vf64_mul(y.k, vf64_set1(FA_LN2_HI_F64)), y.g);
    vf64 rest = vf64_fma(y.k, vf64_set1(FA_LN2_LO_F64), sum.low);
    return vf64_add(sum.high, vf64_add(vf64_sub(rest, bend), vf64_div(v.low, v.high)));
}

FA_INLINE vf64 fa_log1p_lane(vf64 u)
{
    fa_pair_f64 v = fa_fast_two_sum_f64(vf64_set1(1.0), u);
    fa_split y = fa_split_f64(v.high);
    vf64 s = vf64_div(y.g, vf64_add(vf64_set1(2.0), y.g));
    vf64 p = fa_horner_f64(vf64_mul(s, s), 0x1.5555554ba2f26p-1, 0x1.9999eba9f58a6p-2, 0x1.245c266389601p-2,
        0x1.ddd466570fdb9p-3);
    vf64 bend = fa_log1p_bend(y.g, s, p);
    return vf64_fma(y.k, vf64_set1(FA_LN2_F64), vf64_add(vf64_sub(y.g, bend), v.low));
}
FA_INLINE vf32 fa_log1p_f32(vf32 u) { return vf32_through_f64(fa_log1p_lane, u); }

#endif
