/* silu(x) = x sigmoid(x), and its derivative, sigmoid(x) (1 + x sigmoid(-x)), which is 0 at -1.2784645.
 *
 * With a = |x|, E = e^-a and D = 1 + E, the derivative is T = E (D - a)/D^2 at -a, and 1 - T at a.
 *
 * float32  With p and D of math/logistic.h, the value is x (1 - p)/D for x > 0, and x (1 + p) 2^n/D for x < 0: both
 *          are (s - |s| p)/D, where s is x or x 2^n. The numerator is a pair, and the quotient is corrected by its
 *          remainder. All is computed 2^31 too large. Where that overflows the value is x.
 *          Largest error found: 0.944 ULP, at -5.94364.
 *          The derivative's T is 2^n N/D^2 for N = (1 - a + 2^n) + p (2^(n+1) + (a - 1 + 2^n) p). N and D^2 are pairs.
 *          Largest error found: 1.936 ULP, at -1.04717946, and less than 2^-26 beside the zero.
 * float64  The value is x times the logistic function (math/logistic.h).
 *          Largest error found: 1.700 ULP, at -0x1.686eed27cfae2p+4.
 *          In the derivative D, D - a and D^2 are pairs, and the quotient is corrected by its remainder.
 *          Largest error found: 1.913 ULP, at -0x1.08847f60a1325p+0, and less than 2^-56 beside
 *          the zero.
 * -inf gives -0; the derivative's limits are -0 at -inf and 1 at +inf.
 */
#ifndef FA_SILU_H
#define FA_SILU_H

#include "math/logistic.h"

/* The quotient q is too large by excess/D. The differences keep -0. */
FA_INLINE vf32 fa_silu_f32(vf32 x)
{
    vf32 one = vf32_set1(1.0f), unit = vf32_set1(FA_SCALED_ONE), unscale = vf32_set1(1 / FA_SCALED_ONE);
    vm32 negative = vf32_signbit(x);
    fa_half_angle_f32 e = fa_reduce_half_angle_f32(vf32_minus_abs(x), 1, 3);
    vf32 power = vf32_product(e.scaled, unscale), w = vf32_fma(vf32_sub(power, one), e.p, power), d = vf32_add(one, w);

    vf32 s = vf32_product(vf32_max(vf32_set1(-110.0f), x), vf32_select(negative, e.scaled, unit));
    fa_pair_f32 m = fa_two_fma_f32(vf32_minus_abs(s), e.p, s);
    vf32 q = vf32_div(m.high, d), excess = vf32_sub(vf32_fma(q, w, vf32_sub(q, m.high)), m.low);
    vf32 inverse = vf32_fnma(vf32_set1(0.73f), d, vf32_set1(1.75f)); /* about 1/D, for a small correction */
    vf32 y = vf32_product(vf32_fnma(excess, inverse, q), unscale);
    return vf32_select(negative, y, vf32_min(y, x));
}

FA_INLINE vf64 fa_silu_f64(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(760.0), vf64_abs(x));
    return fa_times_logistic_f64(x, a, fa_reduce_half_angle_f64(vf64_neg(a)));
}

/* t is T 2^-n. */
FA_INLINE vf32 fa_silu_grad_f32(vf32 x, vf32 dy)
{
    vf32 one = vf32_set1(1.0f), unscale = vf32_set1(1 / FA_SCALED_ONE);
    fa_half_angle_f32 e = fa_reduce_half_angle_f32(vf32_minus_abs(x), 1, 3);
    vf32 power = vf32_product(e.scaled, unscale), twice = vf32_add(power, power), k = vf32_add(one, e.m);
    fa_logistic_square_f32 d = fa_square_logistic_f32(e.p, power);
    fa_pair_f32 m = fa_two_fma_f32(e.p, vf32_fnma(e.p, vf32_sub(k, power), twice), vf32_add(k, power));

    vf32 square = vf32_fma(d.u, d.c, vf32_add(one, d.v));
    vf32 low = vf32_fma(d.u, d.c, vf32_add(vf32_sub(one, square), d.v));
    vf32 inverse = vf32_fnma(vf32_set1(0.4f), square, vf32_set1(1.42f)); /* about 1/D^2, for a small correction */
    vf32 q = vf32_div(m.high, square), t = vf32_fma(vf32_fnma(q, low, m.low), inverse, q);
    vf32 left = vf32_product(vf32_mul(t, e.scaled), unscale), right = vf32_fnma(t, power, one);
    return vf32_product(vf32_select(vf32_signbit(x), left, right), dy);
}

/* g = (D - a)/D^2 is too large by excess, and E = (1 + v) 2^n. */
FA_INLINE vf64 fa_silu_slope_f64(vf64 x)
{
    vf64 one = vf64_set1(1.0), minus_a = vf64_max(vf64_set1(FA_NO_POWER_F64), vf64_minus_abs(x));
    fa_reduced_f64 e = fa_reduce_f64(minus_a);
    vf64 v = vf64_add(e.r, e.w), scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    fa_pair_f64 d = {vf64_fma(scale, v, vf64_add(one, scale)), one};
    d.low = vf64_fma(scale, v, vf64_add(vf64_sub(one, d.high), scale));
    d.low = vf64_fma(scale, vf64_add(vf64_sub(e.r, v), e.w), d.low);
    fa_pair_f64 m = fa_sum_with_pair_f64(minus_a, d), square = fa_square_of_pair_f64(d);

    vf64 g = vf64_div(m.high, square.high), inverse = fa_inverse_1_2(d.high);
    vf64 excess = vf64_sub(vf64_fma(g, square.low, vf64_fms(g, square.high, m.high)), m.low);
    excess = vf64_mul(vf64_mul(excess, inverse), inverse);
    vf64 y = vf64_sub(g, vf64_fnma(vf64_sub(g, excess), v, excess));
    vf64 t = vf64_scale(y, e.t);
    return vf64_select(vf64_signbit(x), t, vf64_sub(one, t));
}
FA_INLINE vf64 fa_silu_grad_f64(vf64 x, vf64 dy) { return vf64_product(fa_silu_slope_f64(x), dy); }

#endif
