/* sigmoid(x) = 1/(1 + e^-x), and its derivative, E/(1 + E)^2 for E = e^-|x|.
 *
 * float32  With p and D of math/logistic.h for z = -|x|, the value is (1 - p)/D for x > 0, and (1 + p) 2^n/D for x < 0.
 *          One division gives y = 1/D, and its remainder corrects what D and y lost. D, and so 1/y, is 2^31 too large,
 *          as the last factor is: 2^n, or 1.
 *          Largest error found: 0.920 ULP, at -1.1342.
 *          Largest error found in the derivative (math/logistic.h): 1.589 ULP, at 0.36995.
 * float64  With T = E/(1 + E) = 2^n (1 + h)/D (math/logistic.h), the value is T for x < 0, and 1 - T for x > 0. What D
 *          lost is taken from h.
 *          Largest error found: 1.797 ULP, at -0x1.28ab6002342f6p+5; of the derivative 1.239 ULP, at
 *          -0x1.28ab506e125ecp+5.
 */
#ifndef FA_SIGMOID_H
#define FA_SIGMOID_H

#include "math/logistic.h"

FA_INLINE vf32 fa_sigmoid_f32(vf32 x)
{
    vf32 one = vf32_set1(1.0f), unit = vf32_set1(FA_SCALED_ONE);
    fa_half_angle_f32 e = fa_reduce_half_angle_f32(vf32_minus_abs(x), 1, 2);
    vf32 w = vf32_fma(vf32_sub(e.scaled, unit), e.p, e.scaled), y = vf32_div(one, vf32_add(unit, w));
    vf32 rest = vf32_fnma(y, w, vf32_fnma(y, unit, one));

    vf32 u = vf32_flip(e.p, x), v = vf32_fms(rest, vf32_sub(one, u), u);
    return vf32_product(vf32_fma(y, v, y), vf32_select(vf32_signbit(x), e.scaled, unit));
}

FA_INLINE vf64 fa_sigmoid_f64(vf64 x)
{
    vf64 one = vf64_set1(1.0);
    fa_half_angle_f64 e = fa_reduce_half_angle_f64(vf64_max(vf64_set1(FA_NO_POWER_F64), vf64_minus_abs(x)));
    fa_pair_f64 d = fa_logistic_divisor_f64(e);
    vf64 y = vf64_div(one, d.high), t = vf64_scale(vf64_fma(y, vf64_fnma(y, d.low, e.h), y), e.t);
    return vf64_select(vf64_signbit(x), t, vf64_sub(one, t));
}

FA_INLINE vf32 fa_sigmoid_grad_f32(vf32 x, vf32 dy) { return vf32_product(fa_logistic_slope_f32(x, 1), dy); }
FA_INLINE vf64 fa_sigmoid_grad_f64(vf64 x, vf64 dy)
{
    return vf64_product(fa_logistic_slope_f64(vf64_set1(1.0), vf64_minus_abs(x)), dy);
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
