/* mish(x) = x tanh(softplus(x)), and its derivative, which is 0 at -1.19243.
 *
 * With E = e^-|x|, tanh(softplus(x)) = E n/d for x < 0 and n/d for x > 0, where nothing overflows or cancels in
 *
 *     n = 2 + E,    d = 2 + 2 E + E^2      for x < 0
 *     n = 1 + 2 E,  d = 1 + 2 E + 2 E^2    for x > 0
 *
 * and the derivative is E (n d + 4 x (1 + E))/d^2 for x < 0, (n d + 4 x E^2 (1 + E))/d^2 for x > 0.
 *
 * float32  In double lanes, rounded once. Largest error found: 0.54 ULP.
 * float64  The value is x n/(n + 2) for n = e (e + 2), e = e^x, for either sign: from 20 on it is x. n, n + 2 and x n
 *          are pairs, and n is 2^100 times too large, so that it is not subnormal. The quotient is corrected by its
 *          remainder.
 *          Largest error found: 1.733 ULP, at -0x1.628833e40ce8fp+8.
 *          In the derivative all is in pairs, since it cancels beside the zero. For x < 0 the factor E = (1 + v) 2^j
 *          comes last, and 2^j rounds once more in the subnormal tail alone.
 *          Largest error found: 1.655 ULP, at -0x1.06b05827052bfp+0, and less than 2^-56 beside the
 *          zero.
 * -0 and +0 stay. -inf gives -0. The derivative's limits are -0 at -inf and 1 at +inf; at 0 it is 3/5.
 * No coefficients but those of e^z.
 */
#ifndef FA_MISH_H
#define FA_MISH_H

#include "math/exp.h"

/* In double lanes, for w = x clamped: E, its square, and N/D = tanh(softplus(x)), N with the factor E for x < 0. */
typedef struct { vf64 e, e2, n, d; } fa_mish_lanes;

FA_INLINE fa_mish_lanes fa_mish_parts_lane(vm64 negative, vf64 w)
{
    fa_mish_lanes y;
    vf64 one = vf64_set1(1.0);
    y.e = fa_exp_lane(vf64_minus_abs(w));
    y.e2 = vf64_mul(y.e, y.e);
    vf64 k = vf64_select(negative, one, y.e2);
    y.n = vf64_add(vf64_add(y.e, y.e), vf64_select(negative, y.e2, one));
    y.d = vf64_add(vf64_add(k, k), y.n);
    return y;
}

FA_INLINE vf64 fa_mish_lane(vf64 x)
{
    vf64 w = vf64_max(vf64_set1(-120.0), x);
    fa_mish_lanes m = fa_mish_parts_lane(vf64_signbit(x), vf64_min(vf64_set1(120.0), w));
    return vf64_div(vf64_mul(w, m.n), m.d);
}
FA_INLINE vf32 fa_mish_f32(vf32 x) { return vf32_through_f64(fa_mish_lane, x); }

/* (N D + 4 x s (1 + E))/D^2, where s is E for x < 0 and E^2 for x > 0. */
FA_INLINE vf64 fa_mish_slope_lane(vf64 x)
{
    vm64 negative = vf64_signbit(x);
    vf64 w = vf64_min(vf64_set1(120.0), vf64_max(vf64_set1(-120.0), x));
    fa_mish_lanes m = fa_mish_parts_lane(negative, w);
    vf64 s = vf64_select(negative, m.e, m.e2), w2 = vf64_add(w, w), w4 = vf64_add(w2, w2);
    return vf64_div(vf64_fma(w4, vf64_fma(s, m.e, s), vf64_mul(m.n, m.d)), vf64_mul(m.d, m.d));
}
FA_INLINE vf32 fa_mish_grad_f32(vf32 x, vf32 dy) { return vf32_mul(vf32_through_f64(fa_mish_slope_lane, x), dy); }

/* x n/(n + 2) with n = e (e + 2), e = e^x. From 2^866 on, where a product overflows and the remainder is NaN, the
 * max takes x - 1/4, which is below mish(x) for every x. */
FA_INLINE vf64 fa_mish_f64(vf64 x)
{
    vf64 two = vf64_set1(2.0), lowered = vf64_set1(FA_LOWERED), a = vf64_max(vf64_set1(FA_NO_POWER_F64), x);
    fa_reduced_f64 e = fa_reduce_by_f64(vf64_min(vf64_set1(20.0), a), FA_SHIFT_RAISED);
    vf64 raised = vf64_exponent(e.t), u = vf64_fma(raised, vf64_add(e.r, e.w), raised);
    fa_pair_f64 n = fa_two_fma_f64(u, vf64_product(u, lowered), vf64_add(u, u));
    fa_pair_f64 d = {vf64_fma(n.high, lowered, two), two};
    d.low = vf64_fma(n.low, lowered, vf64_fma(n.high, lowered, vf64_sub(two, d.high)));
    fa_pair_f64 p = fa_two_product_f64(a, n.high);
    vf64 inverse = vf64_div(vf64_set1(1.0), d.high), y = vf64_mul(p.high, inverse);
    vf64 excess = vf64_fnma(a, n.low, vf64_sub(vf64_fms(y, d.high, p.high), p.low));
    y = vf64_product(vf64_fnma(vf64_fma(y, d.low, excess), inverse, y), lowered);
    return vf64_max(y, vf64_sub(x, vf64_set1(0.25)));
}

/* E = e^-a = (1 + v) 2^j, t = j + FA_SHIFT. u is its value as a pair, which stops falling at 2^-1000, where nothing is
 * left of it beside 1; n and d are those of the formula. */
typedef struct { vf64 t, v; fa_pair_f64 u, n, d; } fa_mish_parts;

/* n = k + s and d = k + (u s + 2 u), where k is 2 and s is u for x < 0, and k is 1 and s is 2 u for x > 0. */
FA_INLINE fa_mish_parts fa_mish_parts_f64(vm64 negative, vf64 a)
{
    fa_mish_parts y;
    vf64 one = vf64_set1(1.0), k = vf64_select(negative, vf64_set1(2.0), one);
    fa_reduced_f64 e = fa_reduce_f64(vf64_sub(vf64_set1(0.0), a));
    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    y.t = e.t;
    y.v = vf64_add(e.r, e.w);
    y.u = fa_two_fma_f64(scale, y.v, scale);
    y.u.low = vf64_fma(scale, vf64_add(vf64_sub(e.r, y.v), e.w), y.u.low);
    fa_pair_f64 u = y.u, twice = {vf64_add(u.high, u.high), vf64_add(u.low, u.low)};
    fa_pair_f64 s = {vf64_select(negative, u.high, twice.high), vf64_select(negative, u.low, twice.low)};
    fa_pair_f64 rest = fa_two_fma_f64(u.high, s.high, twice.high);
    rest.low = vf64_fma(twice.low, vf64_add(one, s.high), rest.low);
    y.n = fa_fast_sum_with_pair_f64(k, s);
    y.d = fa_fast_sum_with_pair_f64(k, rest);
    return y;
}

FA_INLINE vf64 fa_mish_grad_f64(vf64 x, vf64 dy)
{
    vf64 one = vf64_set1(1.0), s = vf64_max(vf64_set1(FA_NO_POWER_F64), vf64_min(vf64_set1(-FA_NO_POWER_F64), x));
    vm64 negative = vf64_signbit(x);
    fa_mish_parts e = fa_mish_parts_f64(negative, vf64_abs(s));

    /* m = n d + f (1 + u). */
    vf64 twice = vf64_add(e.u.high, e.u.high);
    vf64 f = vf64_product(s, vf64_select(negative, vf64_set1(4.0), vf64_product(twice, twice)));
    fa_pair_f64 product = fa_product_with_pair_f64(f, fa_fast_sum_with_pair_f64(one, e.u));
    fa_pair_f64 m = fa_sum_of_pairs_f64(fa_product_of_pairs_f64(e.n, e.d), product);

    fa_pair_f64 square = fa_square_of_pair_f64(e.d);
    vf64 inverse = vf64_div(one, square.high), g = vf64_mul(m.high, inverse);
    vf64 low = vf64_mul(inverse, fa_remainder_of_pair_f64(m, g, square)), sum = vf64_add(g, low);
    vf64 h = vf64_fma(sum, e.v, low);
    return vf64_product(vf64_select(negative, vf64_scale(vf64_add(g, h), e.t), sum), dy);
}

#endif
