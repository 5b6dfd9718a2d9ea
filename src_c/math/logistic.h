/* The logistic function 1/(1 + E) and its derivative E/(1 + E)^2, E = e^z for z <= 0: what sigmoid, tanh, silu and
 * gelu_tanh have in common.
 *
 * float32  With z = n ln2 + r and p = tanh(r/2), E is 2^n (1 + p)/(1 - p), and 1 + E is D/(1 - p) for
 *          D = (1 + 2^n) - p (1 - 2^n). D is 1 + w, where w rounds finer than D: so the remainder of a quotient by D is
 *          taken with w, and D needs no low part. Coefficients: math/minimax/sigmoid.sollya.
 * float64  The quotients are taken by 1 + E, which is in [1, 2], and corrected by their remainders.
 */
#ifndef FA_LOGISTIC_H
#define FA_LOGISTIC_H

#include "math/exp_eighths.h"

/* The argument as it is held, p, and 2^n, by 2^31 too large, so that it is normal. A result is computed 2^31 too large
 * as well, and is rounded once more only where it is subnormal. */
typedef struct { vf32 m, p, scaled; } fa_half_angle_f32;
#define FA_SCALED_ONE 0x1p31f

/* Of z = k m, where k is 1 or 2. z is held just above -158 ln2, where |x e^x| is below half of the least subnormal. The
 * scaled 2^n is 0 there: many CPUs take long over a product that is too small, but not over one by 0. By 2 or 3 terms p
 * has an absolute error of 2^-27.6 or 2^-35.6, before rounding. */
FA_INLINE fa_half_angle_f32 fa_reduce_half_angle_f32(vf32 m, float k, int terms)
{
    float k3 = k * k * k, k5 = k3 * k * k, k7 = k5 * k * k;
    vf32 shift = vf32_set1(FA_SHIFT_F32 + 127 + 31); /* 127 + 31 + n is the exponent field of the scaled 2^n. */
    m = vf32_max(vf32_set1(-109.517f / k), m);
    vf32 t = vf32_fma(m, vf32_set1((float)FA_LOG2E_F64 * k), shift), n = vf32_sub(t, shift);
    vf32 r = vf32_fnma(n, vf32_set1(FA_LN2_HI_F32 / k), m), r2 = vf32_mul(r, r), r3 = vf32_mul(r2, r);
    vf32 c1 = vf32_set1((terms == 2 ? 0x1.fffffap-2f : 0.5f) * k);
    vf32 g = terms == 2 ? fa_horner_f32(r2, -0x1.5549d8p-5f * k3, 0x1.0b423ap-8f * k5)
                        : fa_horner_f32(r2, -0x1.55554cp-5f * k3, 0x1.11041ep-8f * k5, -0x1.af5968p-12f * k7);
    vf32 lost = vf32_mul(n, vf32_set1(-0.5f * FA_LN2_LO_F32));
    return (fa_half_angle_f32){m, vf32_fma(r, c1, vf32_fma(g, r3, lost)), vf32_exponent(t)};
}

/* n/D where x >= 0, n E/D where x < 0: x times the logistic function of x, for E = e^-|x|. n is x, but for a clamp
 * where the result is below half of the smallest subnormal.
 *
 * With the quotient g = n/D, too large by excess, and E = (1 + v) 2^k for x < 0, the result is
 * g - (excess - (g - excess) v), and 2^k comes last. The outer difference keeps -0. At +inf, where the remainder is
 * NaN, the last min takes x. */
FA_INLINE vf64 fa_times_logistic_f64(vf64 x, vf64 n, fa_reduced_eighths e)
{
    vm64 negative = vf64_signbit(x);
    fa_pair_f64 d = fa_fast_two_sum_f64(vf64_set1(1.0), fa_value_eighths(e).high);
    vf64 g = vf64_div(n, d.high);
    vf64 excess = vf64_mul(vf64_fma(g, d.low, vf64_fms(g, d.high, n)), fa_inverse_1_2(d.high));
    vf64 v = vf64_select(negative, fa_excess_eighths(e), vf64_set1(0.0));
    vf64 y = vf64_sub(g, vf64_fnma(vf64_sub(g, excess), v, excess));
    return vf64_select(negative, vf64_scale_eighths(y, e.t), vf64_min(y, x));
}

/* D^2 is 1 + v + u c: v is (1 + 2^n)^2 - 1, exact where it counts, and u c rounds finer than D. power is 2^n. */
typedef struct { vf32 u, c, v; } fa_logistic_square_f32;

FA_INLINE fa_logistic_square_f32 fa_square_logistic_f32(vf32 p, vf32 power)
{
    vf32 twice = vf32_add(power, power), u = vf32_mul(vf32_sub(power, vf32_set1(1.0f)), p);
    return (fa_logistic_square_f32){
        u, vf32_add(u, vf32_add(vf32_set1(2.0f), twice)), vf32_fma(power, power, twice)};
}

/* k^2 E/(1 + E)^2 for E = e^(-k |x|): the derivative of sigmoid(x) with k = 1, of tanh(x) with k = 2. It is
 * 2^n (1 - p^2)/D^2. */
FA_INLINE vf32 fa_logistic_slope_f32(vf32 x, float k)
{
    vf32 one = vf32_set1(1.0f);
    fa_half_angle_f32 e = fa_reduce_half_angle_f32(vf32_minus_abs(x), k, 2);
    fa_logistic_square_f32 d = fa_square_logistic_f32(e.p, vf32_mul(e.scaled, vf32_set1(1 / FA_SCALED_ONE)));
    vf32 w = vf32_fma(d.u, d.c, d.v), y = vf32_div(one, vf32_add(one, w));
    vf32 rest = vf32_fnma(y, w, vf32_sub(one, y));
    y = vf32_fma(y, vf32_fnma(e.p, e.p, rest), y);
    return vf32_mul(vf32_mul(y, e.scaled), vf32_set1(k * k / FA_SCALED_ONE));
}

/* k E/(1 + E)^2 for E = e^z: the derivative of sigmoid(x) with k = 1 and z = -|x|, of tanh(x) with k = 4 and
 * z = -2 |x|. k is a power of 2. 2^n comes last: only a subnormal result is rounded once more. */
FA_INLINE vf64 fa_logistic_slope_f64(vf64 k, vf64 z)
{
    fa_reduced_f64 e = fa_reduce_f64(vf64_max(vf64_set1(-750.0), z));
    fa_pair_f64 m = fa_significand_pair_f64(e);
    fa_pair_f64 scaled = {vf64_scale(m.high, e.t), vf64_scale(m.low, e.t)};
    fa_pair_f64 d = fa_fast_sum_with_pair_f64(vf64_set1(1.0), scaled), square = fa_square_of_pair_f64(d);
    fa_pair_f64 n = {vf64_mul(k, m.high), vf64_mul(k, m.low)};
    vf64 y = vf64_div(n.high, square.high), rest = fa_remainder_of_pair_f64(n, y, square);
    vf64 inverse = fa_inverse_1_2(d.high);
    return vf64_scale(vf64_fma(vf64_mul(rest, inverse), inverse, y), e.t);
}

#endif
