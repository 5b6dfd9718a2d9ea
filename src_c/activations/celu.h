/* celu(x, a) = x for x > 0, a (e^(x/a) - 1) elsewhere. The derivative is e^(x/a) for x <= 0, which from the output y is
 * (y + a)/a; by a it is e^z - 1 - z e^z, z = x/a, or 0 for x > 0.
 *
 * x/a is a pair in float64, or what its rounding loses would be lost in the exponential. It stops at -40, from where on
 * the value is -a, or at -746, where the derivative is 0. Where x/a is below 2^-60, the value is x; with an infinite a
 * that is everywhere. With a negative a, x/a is positive, and e^(x/a) may overflow.
 * float32  in double lanes, rounded once.
 * float64  the half of e^z - 1 and its product with 2 a are pairs. y + a is exact near -a.
 *          Largest error found with a = 1: 1.002 ULP, at -0x1.07dc0d2127b92p-4; of the derivative 0.904 ULP, at
 *          -0x1.bf14721d4e6e1p+7, and from the output 0.500 ULP, with another a 1.385.
 * The derivative by a is B (1 - z) - z^2, B = e^z - 1 - z: about -z^2/2 near 0. Largest error found: 0.500 ULP
 * in float32, and in float64 less than 0.6.
 */
#ifndef FA_CELU_H
#define FA_CELU_H

#include "activations/xielu.h"

/* a, which stops at the largest number. */
FA_INLINE vf64 fa_celu_finite(vf64 a)
{
    vf64 most = vf64_set1(0x1.fffffffffffffp1023);
    return vf64_max(vf64_neg(most), vf64_min(most, a));
}

/* x/a, held between `lowest` and `most`; there is no low part where that changes it, and of an infinite a it is 0. */
FA_INLINE fa_pair_f64 fa_celu_argument(vf64 x, vf64 a, double lowest, double most)
{
    vf64 q = vf64_div(x, a), z = vf64_max(vf64_set1(lowest), vf64_min(vf64_set1(most), q));
    vf64 low = vf64_div(vf64_fnma(q, fa_celu_finite(a), x), a);
    return (fa_pair_f64){z, vf64_select(vf64_eq(q, z), low, vf64_set1(0.0))};
}

/* The derivative of (e^z - 1)/2 is that and a half. Where z is not as large as 2^-60 the value is x, also where z is
 * NaN, of two infinities. An a that is NaN makes z large, so that y is NaN. */
FA_INLINE vf64 fa_celu_left(vf64 x, vf64 a)
{
    fa_pair_f64 z = fa_celu_argument(x, vf64_select(vf64_isnan(a), vf64_set1(0x1p-1074), a), -40.0, 710.0);
    fa_pair_f64 h = fa_half_expm1_f64(z.high);
    vf64 twice = vf64_add(a, a), low = vf64_fma(vf64_add(h.high, vf64_set1(0.5)), z.low, h.low);
    vf64 y = vf64_fma(twice, h.high, vf64_mul(fa_celu_finite(twice), low));
    return vf64_select(vf64_lt(vf64_set1(0x1.fffffffffffffp-61), vf64_abs(z.high)), y, x);
}
FA_INLINE vf64 fa_celu_f64(vf64 x, vf64 a)
{
    return vf64_select(vf64_lt(x, vf64_set1(0.0)), fa_celu_left(x, a), x);
}
FA_INLINE vf32 fa_celu_f32(vf32 x, vf32 a) { return vf32_both_through_f64(fa_celu_f64, x, a); }

FA_INLINE vf64 fa_celu_slope(vf64 x, vf64 a)
{
    vf64 zero = vf64_set1(0.0);
    fa_reduced_f64 e = fa_reduce_pair_f64(fa_celu_argument(vf64_min(zero, x), a, -746.0, 710.0));
    return vf64_select(vf64_lt(zero, x), vf64_set1(1.0), vf64_scale_wide(fa_significand_f64(e), e.t));
}
FA_INLINE vf64 fa_celu_grad_f64(vf64 x, vf64 dy, vf64 a) { return vf64_product(fa_celu_slope(x, a), dy); }
FA_INLINE vf32 fa_celu_grad_f32(vf32 x, vf32 dy, vf32 a)
{
    return vf32_product(vf32_both_through_f64(fa_celu_slope, x, a), dy);
}

/* By a, z up to 709, where it overflows: what z lacks adds to it with the slope -z e^z. Near 0, where z^2 might be
 * lost, there is nothing else. */
FA_INLINE vf64 fa_celu_slope_a_f64(vf64 x, vf64 a)
{
    vf64 one = vf64_set1(1.0);
    fa_pair_f64 z = fa_celu_argument(vf64_min(vf64_set1(0.0), x), a, -64.0, 709.0);
    fa_pair_f64 b = fa_xielu_held_f64(z.high, one, z.high).y;
    vf64 minus = vf64_neg(z.high), lack = vf64_mul(vf64_mul(minus, z.low), vf64_add(vf64_add(one, z.high), b.high));
    fa_pair_f64 square = fa_two_product_f64(minus, z.high);
    fa_pair_f64 sum = fa_sum_of_pairs_f64(fa_product_of_pairs_f64(fa_two_sum_f64(one, minus), b), square);
    vf64 near = vf64_fma(vf64_mul(minus, vf64_set1(0.5)), z.high, vf64_mul(minus, z.low));
    vf64 y = fa_xielu_sum(sum.high, vf64_add(sum.low, lack));
    return vf64_select(vf64_lt(vf64_abs(z.high), vf64_set1(0x1p-60)), vf64_add(near, vf64_set1(0.0)), y);
}
FA_INLINE vf64 fa_celu_slope_a_lane(vf64 x, vf64 a)
{
    vf64 one = vf64_set1(1.0), q = vf64_div(vf64_min(vf64_set1(0.0), x), a);
    vf64 z = vf64_max(vf64_set1(-64.0), vf64_min(vf64_set1(600.0), q));
    return vf64_fms(fa_xielu_held_lane(z, one, z), vf64_sub(one, z), vf64_mul(z, z));
}
FA_INLINE vf64 fa_celu_grad_parameter_f64(vf64 x, vf64 dy, vf64 a)
{
    vf64 zero = vf64_set1(0.0);
    return vf64_select(vf64_lt(zero, x), zero, vf64_mul(vf64_once(fa_celu_slope_a_f64(x, a)), dy));
}
FA_INLINE vf32 fa_celu_grad_parameter_f32(vf32 x, vf32 dy, vf32 a)
{
    vf32 zero = vf32_set1(0.0f), slope = vf32_both_through_f64(fa_celu_slope_a_lane, x, a);
    return vf32_select(vf32_lt(zero, x), zero, vf32_mul(slope, dy));
}

FA_INLINE vf64 fa_celu_slope_from_output(vf64 y, vf64 a)
{
    a = fa_celu_finite(a);
    return vf64_select(vf64_lt(vf64_set1(0.0), y), vf64_set1(1.0), vf64_div(vf64_add(y, a), a));
}
FA_INLINE vf64 fa_celu_grad_from_output_f64(vf64 y, vf64 dy, vf64 a)
{
    return vf64_mul(vf64_once(fa_celu_slope_from_output(y, a)), dy);
}
FA_INLINE vf32 fa_celu_grad_from_output_f32(vf32 y, vf32 dy, vf32 a)
{
    return vf32_mul(vf32_both_through_f64(fa_celu_slope_from_output, y, a), dy);
}

#endif
