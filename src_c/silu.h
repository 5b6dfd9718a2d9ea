/* silu(x) = x sigmoid(x), and its derivative, sigmoid(x) (1 + x sigmoid(-x)).
 *
 * float32  the sigmoid's (1 +- h)/D with h in two parts, and x/D in two parts; times 2^n for x < 0. The value is at
 *          most x for x > 0. Coefficients: minimax/sigmoid.sollya.
 * float64  the sigmoid's product g (1 + v) with g = x/D, corrected by its remainder.
 *          Largest error 1.42 ULP in 8 million samples, at -0x1.4f60f55f6dfe8p+2; of the derivative 1.62 ULP in 24 million, at
 *          -0x1.ec117d182593ap+1, and less than 2^-57 beside its zero.
 * The derivative is T = E (D - a)/D^2 at -a = -|x|, E = e^-a, D = 1 + E, and 1 - T at a; in float32 computed in double
 * lanes and rounded once. Its zero is at -1.2784645.
 */
#ifndef FA_SILU_H
#define FA_SILU_H

#include "exp.h"
#include "sigmoid.h"

FA_INLINE vf32 fa_silu_f32(vf32 x)
{
    vf32 one = vf32_set1(1.0f), zero = vf32_set1(0.0f);
    vm32 negative = vf32_signbit(x);
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-120.0f), vf32_minus_abs(x)));
    vf32 r = e.r, r2 = vf32_mul(r, r), h = vf32_mul(vf32_set1(-0.5f), r);
    vf32 g = vf32_fma(vf32_fma(vf32_set1(0x1.af5968p-12f), r2, vf32_set1(-0x1.11041ep-8f)), r2, vf32_set1(0x1.55554cp-5f));
    vf32 h_low = vf32_mul(vf32_mul(r2, g), r);
    vf32 scale = vf32_scale(one, e.t), z = vf32_sub(one, scale);
    vf32 d = vf32_fma(z, vf32_add(h, h_low), vf32_add(one, scale));
    vf32 d_low = vf32_fma(z, h_low, vf32_fma(z, h, vf32_add(vf32_sub(one, d), scale)));
    vf32 y = vf32_div(one, d);
    vf32 rest = vf32_fnma(y, d_low, vf32_fnma(y, d, one));
    rest = vf32_add(rest, vf32_select(negative, e.c, zero));
    vf32 u = vf32_flip(h, x), u_low = vf32_flip(h_low, x);
    vf32 v = vf32_add(u, vf32_fma(rest, vf32_add(one, vf32_add(u, u_low)), u_low));

    vf32 w = vf32_max(vf32_set1(-120.0f), x), p = vf32_mul(w, y), p_lost = vf32_fnma(w, y, p);
    vf32 s = vf32_sub(p, vf32_fnma(p, v, p_lost)); /* so that -0 stays -0 */
    return vf32_select(negative, vf32_scale(s, e.t), vf32_min(s, x)); /* min: where p overflows */
}

FA_INLINE vf64 fa_silu_f64(vf64 x)
{
    fa_reduced_eighths e = fa_reduce_eighths(vf64_max(vf64_set1(-760.0), vf64_minus_abs(x)));
    return fa_times_logistic_f64(x, vf64_max(vf64_set1(-760.0), x), e);
}

FA_INLINE vf64 fa_silu_slope_lane(vf64 x)
{
    vf64 one = vf64_set1(1.0), z = vf64_max(vf64_set1(-120.0), vf64_minus_abs(x));
    vf64 e = fa_exp_lane(z), d = vf64_add(one, e);
    vf64 t = vf64_div(vf64_mul(e, vf64_add(d, z)), vf64_mul(d, d));
    return vf64_select(vf64_signbit(x), t, vf64_sub(one, t));
}

FA_INLINE vf64 fa_silu_slope_f64(vf64 x)
{
    vf64 one = vf64_set1(1.0), z = vf64_max(vf64_set1(-760.0), vf64_minus_abs(x));
    fa_reduced_eighths e = fa_reduce_eighths(z);
    vf64 scale = fa_scaled_base(e), u = vf64_fma(scale, e.p, scale), u_low = vf64_fma(scale, e.p, vf64_sub(scale, u));
    vf64 d = vf64_add(one, u), d_low = vf64_add(vf64_sub(u, vf64_sub(d, one)), u_low);
    vf64 lost, m = fa_two_sum_f64(d, z, &lost), m_low = vf64_add(lost, d_low);
    vf64 square = vf64_mul(d, d), square_low = vf64_fma(vf64_add(d, d), d_low, vf64_fms(d, d, square));
    vf64 g = vf64_div(m, square), excess = vf64_sub(vf64_fma(g, square_low, vf64_fms(g, square, m)), m_low);
    vf64 inverse = fa_inverse_1_2(d), v = vf64_fma(e.base, e.p, vf64_sub(e.base, one));
    excess = vf64_mul(vf64_mul(excess, inverse), inverse);
    vf64 t = vf64_scale_eighths(vf64_sub(g, vf64_fnma(vf64_sub(g, excess), v, excess)), e.t);
    return vf64_select(vf64_signbit(x), t, vf64_sub(one, t));
}

FA_INLINE vf32 fa_silu_grad_f32(vf32 x, vf32 dy) { return vf32_mul(vf32_through_f64(fa_silu_slope_lane, x), dy); }
FA_INLINE vf64 fa_silu_grad_f64(vf64 x, vf64 dy) { return vf64_mul(fa_silu_slope_f64(x), dy); }

#endif
