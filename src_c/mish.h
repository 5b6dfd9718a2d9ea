/* mish(x) = x tanh(softplus(x)) = x n/(n + 2), n = e^x (e^x + 2), and its derivative.
 *
 * By E = e^-|x|, multiplied out so that nothing overflows: n/(n + 2) = N/D with N = E^2 + 2 E, D = N + 2 for x < 0, and
 * N = 1 + 2 E, D = N + 2 E^2 for x > 0. The derivative is (N D + 4 x s (1 + E))/D^2, s = E for x < 0 and E^2 for x > 0;
 * its zero is at -1.19243.
 *
 * float32  in double lanes, rounded once. Largest error 0.54 ULP.
 * float64  E, N and D in two parts, N/D corrected by its remainder.
 */
#ifndef FA_MISH_H
#define FA_MISH_H

#include "exp.h"

FA_INLINE vf64 fa_mish_lane(vf64 x)
{
    vf64 one = vf64_set1(1.0), two = vf64_set1(2.0);
    vm64 negative = vf64_signbit(x);
    vf64 e = fa_exp_lane(vf64_max(vf64_set1(-120.0), vf64_neg(vf64_abs(x)))), e2 = vf64_mul(e, e);
    vf64 n = vf64_fma(two, e, vf64_select(negative, e2, one)), d = vf64_fma(two, vf64_select(negative, one, e2), n);
    return vf64_div(vf64_mul(vf64_max(vf64_set1(-120.0), x), n), d);
}
FA_INLINE vf32 fa_mish_f32(vf32 x) { return vf32_through_f64(fa_mish_lane, x); }

FA_INLINE vf64 fa_mish_slope_lane(vf64 x)
{
    vf64 one = vf64_set1(1.0), two = vf64_set1(2.0);
    vm64 negative = vf64_signbit(x);
    vf64 w = vf64_min(vf64_set1(120.0), vf64_max(vf64_set1(-120.0), x));
    vf64 e = fa_exp_lane(vf64_neg(vf64_abs(w))), e2 = vf64_mul(e, e);
    vf64 n = vf64_fma(two, e, vf64_select(negative, e2, one)), d = vf64_fma(two, vf64_select(negative, one, e2), n);
    vf64 s = vf64_select(negative, e, e2), s4 = vf64_mul(vf64_set1(4.0), vf64_fma(s, e, s));
    return vf64_div(vf64_fma(w, s4, vf64_mul(n, d)), vf64_mul(d, d));
}
FA_INLINE vf32 fa_mish_grad_f32(vf32 x, vf32 dy) { return vf32_mul(vf32_through_f64(fa_mish_slope_lane, x), dy); }

FA_INLINE vf64 fa_mish_f64(vf64 x)
{
    vf64 one = vf64_set1(1.0), two = vf64_set1(2.0);
    vm64 negative = vf64_signbit(x);
    vf64 a = vf64_min(vf64_set1(760.0), vf64_abs(x));
    fa_reduced_f64 e = fa_reduce_f64(vf64_neg(a));
    vf64 high = vf64_add(one, vf64_add(e.r, e.w)), low = vf64_add(vf64_sub(e.r, vf64_sub(high, one)), e.w);
    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    vf64 u = vf64_mul(high, scale), u_low = vf64_mul(low, scale), twice = vf64_add(u, u);
    vf64 twice_low = vf64_add(u_low, u_low);

    vf64 k = vf64_select(negative, two, one), v = vf64_select(negative, u, twice);
    vf64 v_low = vf64_select(negative, u_low, twice_low);
    vf64 n = vf64_add(k, v), n_low = vf64_add(vf64_sub(v, vf64_sub(n, k)), v_low);
    vf64 c = vf64_fma(u, v, twice), c_low = vf64_fma(u, v, vf64_sub(twice, c));
    vf64 d = vf64_add(k, c), d_low = vf64_add(vf64_sub(c, vf64_sub(d, k)), vf64_fma(twice_low, vf64_add(one, v), c_low));

    vf64 inverse = vf64_div(one, d), y = vf64_mul(n, inverse);
    vf64 rest = vf64_add(vf64_fnma(y, d, n), vf64_fnma(y, d_low, n_low));
    vf64 y_low = vf64_mul(rest, inverse);
    vf64 g = vf64_mul(a, y), g_low = vf64_fma(a, y_low, vf64_fma(a, y, vf64_neg(g)));
    vf64 h = vf64_fma(g, e.r, vf64_fma(g, e.w, vf64_mul(g_low, high)));
    y = vf64_select(negative, vf64_scale(vf64_add(g, h), e.t), vf64_add(g, g_low));
    return vf64_select(vf64_lt(vf64_set1(20.0), x), x, vf64_copysign(y, x));
}

FA_INLINE vf64 fa_mish_grad_f64(vf64 x, vf64 dy)
{
    vf64 one = vf64_set1(1.0), two = vf64_set1(2.0);
    vm64 negative = vf64_signbit(x);
    vf64 a = vf64_min(vf64_set1(760.0), vf64_abs(x));
    fa_reduced_f64 e = fa_reduce_f64(vf64_neg(a));
    vf64 high = vf64_add(one, vf64_add(e.r, e.w)), low = vf64_add(vf64_sub(e.r, vf64_sub(high, one)), e.w);
    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    vf64 u = vf64_mul(high, scale), u_low = vf64_mul(low, scale), twice = vf64_add(u, u);
    vf64 twice_low = vf64_add(u_low, u_low);

    vf64 k = vf64_select(negative, two, one), v = vf64_select(negative, u, twice);
    vf64 v_low = vf64_select(negative, u_low, twice_low);
    vf64 n = vf64_add(k, v), n_low = vf64_add(vf64_sub(v, vf64_sub(n, k)), v_low);
    vf64 c = vf64_fma(u, v, twice), c_low = vf64_fma(u, v, vf64_sub(twice, c));
    vf64 d = vf64_add(k, c), d_low = vf64_add(vf64_sub(c, vf64_sub(d, k)), vf64_fma(twice_low, vf64_add(one, v), c_low));

    vf64 w = vf64_add(one, u), w_low = vf64_add(vf64_sub(u, vf64_sub(w, one)), u_low);
    vf64 nd = vf64_mul(n, d), nd_low = vf64_fma(n_low, d, vf64_fma(n, d_low, vf64_fma(n, d, vf64_neg(nd))));
    vf64 f = vf64_copysign(vf64_mul(vf64_mul(vf64_set1(4.0), a), vf64_select(negative, one, vf64_mul(u, u))), x);
    vf64 fw = vf64_mul(f, w), fw_low = vf64_fma(f, w_low, vf64_fma(f, w, vf64_neg(fw)));
    vf64 lost, m = fa_two_sum_f64(nd, fw, &lost), m_low = vf64_add(lost, vf64_add(nd_low, fw_low));

    vf64 d2 = vf64_mul(d, d), d2_low = vf64_fma(vf64_add(d, d), d_low, vf64_fma(d, d, vf64_neg(d2)));
    vf64 inverse = vf64_div(one, d2), g = vf64_mul(m, inverse);
    vf64 g_low = vf64_mul(inverse, vf64_fnma(g, d2_low, vf64_add(vf64_fnma(g, d2, m), m_low)));
    vf64 h = vf64_fma(g, e.r, vf64_fma(g, e.w, vf64_mul(g_low, high)));
    return vf64_mul(vf64_select(negative, vf64_scale(vf64_add(g, h), e.t), vf64_add(g, g_low)), dy);
}

#endif
