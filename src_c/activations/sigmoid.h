/* sigmoid(x) = 1/(1 + e^-x), and its derivative E/(1 + E)^2, E = e^-|x|.
 *
 * float32  e^r = (1 - h)/(1 + h), h = -tanh(r/2): with D = 1 + E + h (1 - E), E = 2^n, the value is (1 +- h)/D, times E for
 *          x < 0. One division, corrected by what D and the quotient lost. Largest error 0.972 ULP, at -17.67.
 *          Coefficients: math/minimax/sigmoid.sollya.
 * float64  g (1 + v), g = 1/D, D = 1 + E; for x < 0 times e^-|x| = (1 + v) 2^k. What D lost is taken from v.
 *          Largest error 1.64 ULP in 8 million samples, at -0x1.4145b84c7af58p-3.
 * The float32 derivative is computed in double lanes and rounded once.
 */
#ifndef FA_SIGMOID_H
#define FA_SIGMOID_H

#include "math/exp.h"

FA_INLINE vf32 fa_sigmoid_f32(vf32 x)
{
    vf32 one = vf32_set1(1.0f), half = vf32_set1(-0.5f);
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-104.5f), vf32_minus_abs(x)));
    vf32 r = e.r, r2 = vf32_mul(r, r);
    vf32 g = vf32_mul(r2, vf32_fma(r2, vf32_set1(-0x1.0c316p-8f), vf32_set1(0x1.554ee2p-5f)));
    vf32 h = vf32_fma(r, half, vf32_fma(g, r, vf32_mul(e.n, vf32_set1(0.5f * FA_LN2_LO_F32))));
    vf32 scale = vf32_scale(one, e.t), z = vf32_sub(one, scale);
    vf32 d = vf32_fma(z, h, vf32_add(one, scale));
    vf32 d_low = vf32_fma(z, h, vf32_add(vf32_sub(one, d), scale));
    vf32 y = vf32_div(one, d);
    vf32 rest = vf32_fnma(y, d_low, vf32_fnma(y, d, one));
    vf32 u = vf32_flip(h, x);
    vf32 v = vf32_fma(rest, vf32_add(one, u), u);
    vf32 s = vf32_fma(y, v, y);
    return vf32_select(vf32_signbit(x), vf32_scale(s, e.t), s);
}

FA_INLINE vf64 fa_sigmoid_f64(vf64 x)
{
    vm64 negative = vf64_signbit(x);
    fa_reduced_eighths e = fa_reduce_eighths(vf64_max(vf64_set1(-750.0), vf64_minus_abs(x)));
    vf64 one = vf64_set1(1.0), scale = fa_scaled_base(e), u = vf64_fma(scale, e.p, scale), d = vf64_add(one, u);
    vf64 d_low = vf64_sub(u, vf64_sub(d, one)), g = vf64_div(one, d);
    vf64 v = vf64_select(negative, vf64_fma(e.base, e.p, vf64_sub(e.base, one)), vf64_set1(0.0));
    vf64 y = vf64_fma(g, vf64_fnma(d_low, g, v), g);
    return vf64_select(negative, vf64_scale_eighths(y, e.t), y);
}

/* n/(1 + E), times E where x < 0, E as reduced: the quotient g corrected by its remainder. n has the sign of x, and is x
 * but for a clamp where the result is below half of the least subnormal. At +inf, where the remainder is NaN, the last
 * min takes x. */
FA_INLINE vf64 fa_times_logistic_f64(vf64 x, vf64 n, fa_reduced_eighths e)
{
    vm64 negative = vf64_signbit(x);
    vf64 one = vf64_set1(1.0), scale = fa_scaled_base(e), u = vf64_fma(scale, e.p, scale), d = vf64_add(one, u);
    vf64 d_low = vf64_sub(u, vf64_sub(d, one)), g = vf64_div(n, d);
    vf64 excess = vf64_mul(vf64_fma(g, d_low, vf64_fms(g, d, n)), fa_inverse_1_2(d));
    vf64 v = vf64_select(negative, vf64_fma(e.base, e.p, vf64_sub(e.base, one)), vf64_set1(0.0));
    vf64 y = vf64_sub(g, vf64_fnma(vf64_sub(g, excess), v, excess)); /* subtracted, so that -0 stays -0 */
    return vf64_select(negative, vf64_scale_eighths(y, e.t), vf64_min(y, x));
}

/* k E/(1 + E)^2, E = e^z, z <= 0: the slope of the sigmoid with k = 1, z = -|x|; of tanh with k = 4, z = -2|x|. */
FA_INLINE vf64 fa_logistic_slope_lane(vf64 k, vf64 z)
{
    vf64 e = fa_exp_lane(vf64_max(vf64_set1(-110.0), z)), d = vf64_add(vf64_set1(1.0), e);
    return vf64_div(vf64_mul(k, e), vf64_mul(d, d));
}

FA_INLINE vf64 fa_logistic_slope_f64(vf64 k, vf64 z)
{
    vf64 one = vf64_set1(1.0);
    fa_exp_parts e = fa_exp_parts_f64(vf64_max(vf64_set1(-750.0), z));
    vf64 scaled = vf64_scale(e.high, e.t), d = vf64_add(one, scaled);
    vf64 d_low = vf64_add(vf64_add(vf64_sub(one, d), scaled), vf64_scale(e.low, e.t));
    vf64 square = vf64_mul(d, d);
    vf64 square_low = vf64_fma(vf64_add(d, d), d_low, vf64_fms(d, d, square));
    vf64 n = vf64_mul(k, e.high), n_low = vf64_mul(k, e.low), y = vf64_div(n, square);
    vf64 rest = vf64_fnma(y, square_low, vf64_add(vf64_fnma(y, square, n), n_low));
    vf64 inverse = fa_inverse_1_2(d);
    return vf64_scale(vf64_fma(vf64_mul(rest, inverse), inverse, y), e.t);
}

FA_INLINE vf64 fa_sigmoid_slope_lane(vf64 x) { return fa_logistic_slope_lane(vf64_set1(1.0), vf64_minus_abs(x)); }
FA_INLINE vf32 fa_sigmoid_grad_f32(vf32 x, vf32 dy) { return vf32_mul(vf32_through_f64(fa_sigmoid_slope_lane, x), dy); }
FA_INLINE vf64 fa_sigmoid_grad_f64(vf64 x, vf64 dy)
{
    return vf64_mul(fa_logistic_slope_f64(vf64_set1(1.0), vf64_minus_abs(x)), dy);
}

/* y - y^2, rounded once; the min gives the limit, -inf, at +inf. */
FA_INLINE vf32 fa_sigmoid_grad_from_output_f32(vf32 y, vf32 dy)
{
    return vf32_mul(vf32_fnma(y, y, vf32_min(vf32_set1(0x1p127f), y)), dy);
}
FA_INLINE vf64 fa_sigmoid_grad_from_output_f64(vf64 y, vf64 dy)
{
    return vf64_mul(vf64_fnma(y, y, vf64_min(vf64_set1(0x1p1023), y)), dy);
}

#endif
