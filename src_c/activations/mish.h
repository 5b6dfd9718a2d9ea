/* mish(x) = x tanh(softplus(x)) = x N/D, and its derivative, whose zero is at -1.19243.
 *
 * float32  by E = e^-|x|: N = E^2 + 2 E, D = N + 2 for x < 0; N = 1 + 2 E, D = N + 2 E^2 for x > 0. The derivative is
 *          (N D + 4 x s (1 + E))/D^2, s = E for x < 0 and E^2 for x > 0. In double lanes, rounded once; largest error
 *          of the value 0.54 ULP.
 * float64  tanh(softplus(x)) = E n/d for x < 0, n/d for x > 0, with E = e^-|x|:
 *              n = 2 + E,   d = 2 + 2 E + E^2     for x < 0
 *              n = 1 + 2 E, d = 1 + 2 E + 2 E^2   for x > 0
 *          so that nothing overflows or cancels. E = (1 + v) 2^k; n and d in two parts, the quotient corrected by
 *          its remainder. For x < 0 the quotient's product with x, g + g_low, takes the factor E last, as
 *          g + ((g + g_low) v + g_low), rounded once, and then 2^k, which rounds again in the subnormal tail
 *          alone.
 * No coefficients but those of exp.
 */
#ifndef FA_MISH_H
#define FA_MISH_H

#include "math/exp.h"

/* In double lanes: E and E^2 at w, N and D. */
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

FA_INLINE vf64 fa_mish_slope_lane(vf64 x)
{
    vm64 negative = vf64_signbit(x);
    vf64 w = vf64_min(vf64_set1(120.0), vf64_max(vf64_set1(-120.0), x));
    fa_mish_lanes m = fa_mish_parts_lane(negative, w);
    vf64 s = vf64_select(negative, m.e, m.e2), w2 = vf64_add(w, w), w4 = vf64_add(w2, w2);
    return vf64_div(vf64_fma(w4, vf64_fma(s, m.e, s), vf64_mul(m.n, m.d)), vf64_mul(m.d, m.d));
}
FA_INLINE vf32 fa_mish_grad_f32(vf32 x, vf32 dy) { return vf32_mul(vf32_through_f64(fa_mish_slope_lane, x), dy); }

/* e^-a = (1 + v) 2^k, u its value, n and d. 2^k stops at 2^-1000 in u, where nothing is left of it. */
typedef struct { vf64 t, v, u, u_low, n, n_low, d, d_low; } fa_mish_parts;

FA_INLINE fa_mish_parts fa_mish_parts_f64(vm64 negative, vf64 a)
{
    fa_mish_parts y;
    vf64 one = vf64_set1(1.0);
    fa_reduced_eighths e = fa_reduce_eighths(vf64_sub(vf64_set1(0.0), a));
    vf64 scale = fa_scaled_base(e);
    y.t = e.t;
    y.v = vf64_fma(e.base, e.p, vf64_sub(e.base, one));
    y.u = vf64_fma(scale, e.p, scale);
    y.u_low = vf64_fma(scale, e.p, vf64_sub(scale, y.u));
    vf64 twice = vf64_add(y.u, y.u), twice_low = vf64_add(y.u_low, y.u_low);
    vf64 k = vf64_select(negative, vf64_set1(2.0), one), v = vf64_select(negative, y.u, twice);
    y.n = vf64_add(k, v);
    y.n_low = vf64_add(vf64_sub(v, vf64_sub(y.n, k)), vf64_select(negative, y.u_low, twice_low));
    vf64 c = vf64_fma(y.u, v, twice), c_low = vf64_fma(y.u, v, vf64_sub(twice, c));
    y.d = vf64_add(k, c);
    y.d_low = vf64_add(vf64_sub(c, vf64_sub(y.d, k)), vf64_fma(twice_low, vf64_add(one, v), c_low));
    return y;
}

/* x n/d, times E for x < 0. Largest error 1.41 ULP in 24 million samples, at -0x1.73fcbf8a4f685p+4.
 * -0 and +0 stay; -inf gives -0, since |x| is clamped where the result is below half of the least subnormal; at +inf,
 * where the remainder is NaN, the last max takes x - 1/4, which is below mish(x) for every x > 0. */
FA_INLINE vf64 fa_mish_f64(vf64 x)
{
    vm64 negative = vf64_signbit(x);
    fa_mish_parts e = fa_mish_parts_f64(negative, vf64_min(vf64_set1(760.0), vf64_abs(x)));
    vf64 inverse = vf64_div(vf64_set1(1.0), e.d), q = vf64_mul(e.n, inverse);
    vf64 q_low = vf64_mul(vf64_add(vf64_fnma(q, e.d, e.n), vf64_fnma(q, e.d_low, e.n_low)), inverse);
    vf64 s = vf64_abs(vf64_max(vf64_set1(-760.0), x));
    vf64 g = vf64_mul(s, q), g_low = vf64_sub(vf64_mul(s, q_low), vf64_fnma(s, q, g));
    vf64 h = vf64_fma(vf64_add(g, g_low), e.v, g_low);
    vf64 below = vf64_scale_eighths(vf64_sub(vf64_sub(vf64_set1(-0.0), g), h), e.t);
    vf64 above = vf64_max(vf64_add(g, g_low), vf64_sub(x, vf64_set1(0.25)));
    return vf64_select(negative, below, above);
}

/* mish'(x) = E (n d + 4 x (1 + E))/d^2 for x < 0, (n d + 4 x E^2 (1 + E))/d^2 for x > 0, the sum in two parts, since it
 * cancels beside the zero.
 * Largest error 1.42 ULP in 8 million samples, at -0x1.eb977a5f92174p+1, less than 2^-56 beside the zero.
 * -inf gives -0, +inf gives 1, 0 gives 3/5. */
FA_INLINE vf64 fa_mish_grad_f64(vf64 x, vf64 dy)
{
    vf64 one = vf64_set1(1.0), s = vf64_max(vf64_set1(-760.0), vf64_min(vf64_set1(760.0), x));
    vm64 negative = vf64_signbit(x);
    fa_mish_parts e = fa_mish_parts_f64(negative, vf64_abs(s));
    vf64 w = vf64_add(one, e.u), w_low = vf64_add(vf64_sub(e.u, vf64_sub(w, one)), e.u_low), twice = vf64_add(e.u, e.u);
    vf64 nd = vf64_mul(e.n, e.d), nd_lost = vf64_fnma(e.n, e.d, nd);
    vf64 nd_low = vf64_sub(vf64_fma(e.n_low, e.d, vf64_mul(e.n, e.d_low)), nd_lost);
    vf64 f = vf64_mul(s, vf64_select(negative, vf64_set1(4.0), vf64_mul(twice, twice)));
    vf64 fw = vf64_mul(f, w), fw_low = vf64_sub(vf64_mul(f, w_low), vf64_fnma(f, w, fw));
    vf64 lost, m = fa_two_sum_f64(nd, fw, &lost), m_low = vf64_add(lost, vf64_add(nd_low, fw_low));

    vf64 d2 = vf64_mul(e.d, e.d), d2_lost = vf64_fnma(vf64_add(e.d, e.d), e.d_low, vf64_fnma(e.d, e.d, d2));
    vf64 inverse = vf64_div(one, d2), g = vf64_mul(m, inverse);
    vf64 g_low = vf64_mul(inverse, vf64_fma(g, d2_lost, vf64_add(vf64_fnma(g, d2, m), m_low)));
    vf64 h = vf64_fma(vf64_add(g, g_low), e.v, g_low);
    return vf64_mul(vf64_select(negative, vf64_scale_eighths(vf64_add(g, h), e.t), vf64_add(g, g_low)), dy);
}

#endif
