/* sigmoid(x) = 1/(1 + e^-x), and its derivative, E/(1 + E)^2 for E = e^-|x|.
 *
 * float32  With -|x| = n ln2 + r, E' = 2^n and h = -tanh(r/2), e^r = (1 - h)/(1 + h). So with D = 1 + E' + h (1 - E'),
 *          the value is (1 + h)/D for x > 0, and (1 - h) E'/D for x < 0. One division gives y = 1/D, and its remainder
 *          corrects what D and y lost.
 *          Largest error found: 0.972 ULP, at -17.67. Coefficients: math/minimax/sigmoid.sollya.
 *          The derivative is computed in double lanes and rounded once (math/logistic.h).
 * float64  With g = 1/(1 + E), the value is g for x > 0, and g (1 + v) 2^k for x < 0, where E = (1 + v) 2^k. What 1 + E
 *          lost is taken from v.
 *          Largest error found: 1.675 ULP, at -0x1.8221f4028ca82p-2; of the derivative 1.033 ULP, at
 *          -0x1.2b25522b801a2p+3.
 */
#ifndef FA_SIGMOID_H
#define FA_SIGMOID_H

#include "math/logistic.h"

FA_INLINE vf32 fa_sigmoid_f32(vf32 x)
{
    vf32 one = vf32_set1(1.0f), half = vf32_set1(-0.5f);
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-104.5f), vf32_minus_abs(x)));
    vf32 r = e.r, r2 = vf32_mul(r, r);
    vf32 g = vf32_mul(r2, fa_horner_f32(r2, 0x1.554ee2p-5f, -0x1.0c316p-8f));
    vf32 h = vf32_fma(r, half, vf32_fma(g, r, vf32_mul(e.n, vf32_set1(0.5f * FA_LN2_LO_F32))));

    vf32 scale = vf32_scale(one, e.t), z = vf32_sub(one, scale);
    fa_pair_f32 d;
    d.high = vf32_fma(z, h, vf32_add(one, scale));
    d.low = vf32_fma(z, h, vf32_add(vf32_sub(one, d.high), scale));
    vf32 y = vf32_div(one, d.high), rest = fa_remainder_f32(one, y, d);

    vf32 u = vf32_flip(h, x);
    vf32 v = vf32_fma(rest, vf32_add(one, u), u);
    vf32 s = vf32_fma(y, v, y);
    return vf32_select(vf32_signbit(x), vf32_scale(s, e.t), s);
}

FA_INLINE vf64 fa_sigmoid_f64(vf64 x)
{
    vm64 negative = vf64_signbit(x);
    fa_reduced_eighths e = fa_reduce_eighths(vf64_max(vf64_set1(-750.0), vf64_minus_abs(x)));
    fa_pair_f64 d = fa_fast_two_sum_f64(vf64_set1(1.0), fa_value_eighths(e).high);
    vf64 g = vf64_div(vf64_set1(1.0), d.high);
    vf64 v = vf64_select(negative, fa_excess_eighths(e), vf64_set1(0.0));
    vf64 y = vf64_fma(g, vf64_fnma(d.low, g, v), g);
    return vf64_select(negative, vf64_scale_eighths(y, e.t), y);
}

FA_INLINE vf64 fa_sigmoid_slope_lane(vf64 x) { return fa_logistic_slope_lane(vf64_set1(1.0), vf64_minus_abs(x)); }
FA_INLINE vf32 fa_sigmoid_grad_f32(vf32 x, vf32 dy) { return vf32_mul(vf32_through_f64(fa_sigmoid_slope_lane, x), dy); }
FA_INLINE vf64 fa_sigmoid_grad_f64(vf64 x, vf64 dy)
{
    return vf64_mul(fa_logistic_slope_f64(vf64_set1(1.0), vf64_minus_abs(x)), dy);
}

/* A large number, for y - y^2 to be -inf and not NaN at y = inf. */
#define FA_SIGMOID_LARGE_F32 0x1p127f
#define FA_SIGMOID_LARGE_F64 0x1p1023

#define FA_BODY "activations/sigmoid.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

/* y - y^2, rounded once, times dy. */
FA_INLINE V FA(sigmoid_grad_from_output)(V y, V dy)
{
    return OP(mul)(OP(fnma)(y, y, OP(min)(OP(set1)(K(SIGMOID_LARGE)), y)), dy);
}

#endif
