/* The logistic function 1/(1 + E) and its derivative E/(1 + E)^2, E = e^z for z <= 0: what sigmoid, silu, gelu_tanh
 * and the derivatives of sigmoid and tanh have in common.
 *
 * With z = n ln2 + r and h = tanh(r/2), E is 2^n (1 + h)/(1 - h), and 1 + E is D/(1 - h), D = (1 + 2^n) - h (1 - 2^n).
 * h is odd in r, so that it takes half of the coefficients that e^r would, and it is below 0.172, so that its rounding
 * counts for little. Coefficients: math/minimax/sigmoid.sollya.
 *
 * float32  h is p there. D is 1 + w, where w rounds finer than D: so the remainder of a quotient by D is taken with w,
 *          and D needs no low part.
 * float64  D is a pair.
 */
#ifndef FA_LOGISTIC_H
#define FA_LOGISTIC_H

#include "math/exp.h"

/* The argument as it is held, p, and 2^n, by 2^31 too large, so that it is normal. A result is computed 2^31 too large
 * as well, and is rounded once more only where it is subnormal. */
typedef struct { vf32 m, p, scaled; } fa_half_angle_f32;
#define FA_SCALED_ONE 0x1p31f

/* Of z = k m, where k is 1 or 2. z is held just above -158 ln2, where |x e^x| is below half of the least subnormal. The
 * scaled 2^n is 0 there: many CPUs take long over a product that is too small, but not over one by 0. By 2 or 3 terms
 * after the first, p has an absolute error of 2^-27.6 or 2^-35.6, before rounding. */
FA_INLINE fa_half_angle_f32 fa_reduce_half_angle_f32(vf32 m, float k, int terms)
{
    float k3 = k * k * k, k5 = k3 * k * k, k7 = k5 * k * k;
    vf32 shift = vf32_set1(FA_SHIFT_F32 + 127 + 31); /* 127 + 31 + n is the exponent field of the scaled 2^n. */
    m = vf32_max(vf32_set1(-109.517f / k), m);
    vf32 t = vf32_fma(m, vf32_set1((float)FA_LOG2E_F64 * k), shift), n = vf32_sub(t, shift);
    vf32 r = vf32_fnma(n, vf32_set1(FA_LN2_HI_F32 / k), m), r2 = vf32_product(r, r), r3 = vf32_product(r2, r);
    vf32 c1 = vf32_set1((terms == 2 ? 0x1.fffffap-2f : 0.5f) * k);
    vf32 g = terms == 2 ? fa_horner_f32(r2, -0x1.5549d8p-5f * k3, 0x1.0b423ap-8f * k5)
                        : fa_horner_f32(r2, -0x1.55554cp-5f * k3, 0x1.11041ep-8f * k5, -0x1.af5968p-12f * k7);
    vf32 lost = vf32_mul(n, vf32_set1(-0.5f * FA_LN2_LO_F32));
    return (fa_half_angle_f32){m, vf32_fma(r, c1, vf32_fma(g, r3, lost)), vf32_exponent(t)};
}

/* D^2 is 1 + v + u c: v is (1 + 2^n)^2 - 1, exact where it counts, and u c rounds finer than D. power is 2^n. */
typedef struct { vf32 u, c, v; } fa_logistic_square_f32;

FA_INLINE fa_logistic_square_f32 fa_square_logistic_f32(vf32 p, vf32 power)
{
    vf32 twice = vf32_add(power, power), u = vf32_product(vf32_sub(power, vf32_set1(1.0f)), p);
    return (fa_logistic_square_f32){
        u, vf32_add(u, vf32_add(vf32_set1(2.0f), twice)), vf32_fma(power, power, twice)};
}

/* k^2 E/(1 + E)^2 for E = e^(-k |x|): the derivative of sigmoid(x) with k = 1, of tanh(x) with k = 2. It is
 * 2^n (1 - p^2)/D^2. */
FA_INLINE vf32 fa_logistic_slope_f32(vf32 x, float k)
{
    vf32 one = vf32_set1(1.0f);
    fa_half_angle_f32 e = fa_reduce_half_angle_f32(vf32_minus_abs(x), k, 2);
    fa_logistic_square_f32 d = fa_square_logistic_f32(e.p, vf32_product(e.scaled, vf32_set1(1 / FA_SCALED_ONE)));
    vf32 w = vf32_fma(d.u, d.c, d.v), y = vf32_div(one, vf32_add(one, w));
    vf32 rest = vf32_fnma(y, w, vf32_sub(one, y));
    y = vf32_fma(y, vf32_fnma(e.p, e.p, rest), y);
    return vf32_product(vf32_mul(y, e.scaled), vf32_set1(k * k / FA_SCALED_ONE));
}

/* E = 2^n (1 + h)/(1 - h), where h = tanh(r/2) and E = 2^n e^r; t = n + FA_SHIFT. */
typedef struct { vf64 t, h; } fa_half_angle_f64;

FA_INLINE fa_half_angle_f64 fa_reduce_half_angle_f64(vf64 z)
{
    vf64 shift = vf64_set1(FA_SHIFT_F64), t = vf64_fma(z, vf64_set1(FA_LOG2E_F64), shift), n = vf64_sub(t, shift);
    vf64 r = vf64_fnma(n, vf64_set1(FA_LN2_REST_F64), vf64_fnma(n, vf64_set1(FA_LN2_F64), z));
    vf64 q = fa_estrin2_f64(vf64_product(r, r), 0x1p-1, -0x1.5555555555425p-5, 0x1.11111110c4944p-8,
        -0x1.ba1ba0dc850e5p-12, 0x1.664eae513ac1bp-15, -0x1.2236666029a3p-18, 0x1.c2820e7ae62a8p-22);
    return (fa_half_angle_f64){t, vf64_product(r, q)};
}

/* The same for E = 2^(a p), with h = tanh(r ln2/2). */
FA_INLINE fa_half_angle_f64 fa_reduce_half_angle_base_2_f64(vf64 a, fa_pair_f64 p)
{
    vf64 shift = vf64_set1(FA_SHIFT_F64), t = vf64_fma(a, p.high, shift), n = vf64_sub(t, shift);
    vf64 r = vf64_fma(a, p.low, vf64_fms(a, p.high, n));
    vf64 q = fa_estrin2_f64(vf64_product(r, r), 0x1.62e42fefa39efp-2, -0x1.c6b08d7049d28p-7, 0x1.5d87fe7810d31p-11,
        -0x1.0fe45d60662bdp-15, 0x1.a77b4041b4998p-20, -0x1.499220aea18a5p-24, 0x1.eadd875e7d356p-29);
    return (fa_half_angle_f64){t, vf64_product(r, q)};
}

/* D = (1 - h)(1 + E) = 1 + 2^n - h (1 - 2^n), as a pair. So 1/(1 + E) = (1 - h)/D and E/(1 + E) = 2^n (1 + h)/D. 2^n
 * stops falling at 2^-1000, where nothing is left of it beside 1. */
FA_INLINE fa_pair_f64 fa_logistic_divisor_f64(fa_half_angle_f64 e)
{
    vf64 one = vf64_set1(1.0), scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    vf64 less = vf64_sub(one, scale), d = vf64_fnma(less, e.h, vf64_add(one, scale));
    return (fa_pair_f64){d, vf64_fnma(less, e.h, vf64_add(vf64_sub(one, d), scale))};
}

/* x times the logistic function of x: max(x, 0) - a E/(1 + E) for E = e^-|x|. a is |x|, but for a clamp where the
 * product is below half of the smallest subnormal.
 *
 * The product p of a and y = 1/D lacks what rounding lost, and v is what y lacks: h and the remainder of y. The last
 * operation rounds a subnormal result once. The max keeps -0 and NaN. */
FA_INLINE vf64 fa_times_logistic_f64(vf64 x, vf64 a, fa_half_angle_f64 e)
{
    fa_pair_f64 d = fa_logistic_divisor_f64(e);
    vf64 one = vf64_set1(1.0), y = vf64_div(one, d.high);
    vf64 v = vf64_fma(fa_remainder_f64(one, y, d), vf64_add(one, e.h), e.h);
    vf64 p = vf64_product(a, y), lost = vf64_fms(a, y, p), s = vf64_add(p, vf64_fma(p, v, lost));
    vf64 raised = vf64_times_pow2(s, vf64_add(e.t, vf64_set1(100.0)));
    return vf64_fnma(raised, vf64_set1(FA_LOWERED), vf64_max(vf64_set1(0.0), x));
}

/* k E/(1 + E)^2 = k (1 - h^2) 2^n/D^2 for E = e^z: the derivative of sigmoid(x) with k = 1 and z = -|x|, of tanh(x)
 * with k = 4 and z = -2 |x|. k is a power of 2. The square of y = 1/D is a pair; v is what it lacks. 2^n comes last:
 * only a subnormal result is rounded once more. */
FA_INLINE vf64 fa_logistic_slope_f64(vf64 k, vf64 z)
{
    fa_half_angle_f64 e = fa_reduce_half_angle_f64(vf64_max(vf64_set1(FA_NO_POWER_F64), z));
    fa_pair_f64 d = fa_logistic_divisor_f64(e);
    vf64 one = vf64_set1(1.0), y = vf64_div(one, d.high), rest = fa_remainder_f64(one, y, d);
    fa_pair_f64 square = fa_two_product_f64(y, y);
    vf64 v = vf64_fnma(e.h, e.h, vf64_add(rest, rest));
    return vf64_scale(vf64_mul(k, vf64_add(square.high, vf64_fma(square.high, v, square.low))), e.t);
}

#endif
