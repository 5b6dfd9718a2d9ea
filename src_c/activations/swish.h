/* swish(x) = x sigmoid(beta x), quick_gelu(x) = x sigmoid(1.702 x), and their derivatives; what gates need of them.
 *
 * With z = beta x, E = e^-|z| and D = 1 + E
 *
 *   s(x) = x/D       s'(x) = 1 - T    for z >= 0
 *   s(x) = E x/D     s'(x) = T        for z < 0,  T = E (D - |z|)/D^2
 *
 * and the derivative by beta is x^2 E/D^2. The exponential outweighs the rest: where z is below -1470, an infinite x
 * counts as a finite one, and the result is 0. Where beta is 0, z is 0 for an infinite x too.
 * float32  in double lanes, rounded once; z is exact there, but with 1.702.
 * float64  z, D and the quotients are pairs. E = (high + low) 2^n comes in parts, since what a gate multiplies with may
 *          be as large as 2^1024: 2^n down to 2^-900 before the product with that, the rest after it.
 *          Largest error found in swish: 0.878 ULP, at -0x1.657d9a95e64c4p+9, with another beta 1.057; in its
 *          derivative 0.898 ULP, at -0x1.088088490efebp+0, in that of quick_gelu 0.930 ULP, at -0x1.36eac500ac931p-1.
 *          By beta it is 0.617 ULP, in samples.
 *          quick_gelu is x times the logistic function (math/logistic.h), as silu is.
 *          Largest error found: 1.859 ULP, at -0x1.6424d4da69b8ap+8.
 * -inf gives -0; the derivatives' limits are -0 at -inf and 1 at +inf.
 */
#ifndef FA_SWISH_H
#define FA_SWISH_H

#include "math/logistic.h"

/* From where on nothing is left of E, whatever finite number it is multiplied with: a double; a float. Beside an
 * infinite one both count from the former on, so that float32 has infinities where float64 has them. */
#define FA_GATE_LOWEST -1470.0
#define FA_GATE_LOWEST_LANE -300.0

/* -|z|, held at the lowest, and whether z is below FA_GATE_LOWEST. */
typedef struct { fa_pair_f64 z; vm64 negative, far; } fa_gate_argument;

FA_INLINE fa_gate_argument fa_gate_argument_of(fa_pair_f64 z, double lowest)
{
    fa_gate_argument y;
    vf64 high = vf64_minus_abs(z.high);
    vm64 held = vf64_lt(high, vf64_set1(lowest));
    y.z.high = vf64_max(vf64_set1(lowest), high);
    y.z.low = vf64_select(held, vf64_set1(0.0), vf64_neg(vf64_flip(z.low, z.high)));
    y.negative = vf64_signbit(z.high);
    y.far = vf64_lt(z.high, vf64_set1(FA_GATE_LOWEST));
    return y;
}

/* x, where the argument is far below 0 no larger than most. */
FA_INLINE vf64 fa_gate_held(fa_gate_argument e, vf64 x, double most)
{
    return vf64_select(e.far, vf64_max(vf64_set1(-most), vf64_min(vf64_set1(most), x)), x);
}

/* In double lanes: x sigmoid(z), and the derivative of that, where k is -x dz/dx for x < 0, and so -|z| where z is
 * beta x. */
FA_INLINE vf64 fa_gate_value_lane(fa_gate_argument e, vf64 x)
{
    vf64 one = vf64_set1(1.0), small = fa_exp_lane(e.z.high);
    vf64 share = vf64_div(vf64_select(e.negative, small, one), vf64_add(one, small));
    return vf64_mul(fa_gate_held(e, x, 1.0), share);
}
FA_INLINE vf64 fa_gate_slope_lane(fa_gate_argument e, vf64 k)
{
    vf64 one = vf64_set1(1.0), small = fa_exp_lane(e.z.high), d = vf64_add(one, small);
    vf64 t = vf64_div(vf64_mul(small, vf64_add(d, k)), vf64_mul(d, d));
    return vf64_select(e.negative, t, vf64_sub(one, t));
}

/* E = m 2^n, D; and 2^n in three factors, none of which is subnormal. The last two come in the end, where z < 0. */
typedef struct { vm64 negative; vf64 scale2, scale3; } fa_gate_end;
typedef struct { fa_gate_argument at; fa_pair_f64 m, d; vf64 scale; fa_gate_end end; } fa_gate_exponential;

FA_INLINE vf64 fa_gate_power(vf64 *t, double lowest)
{
    vf64 shift = vf64_set1(FA_SHIFT_F64), held = vf64_max(vf64_set1(FA_SHIFT_F64 + lowest), *t);
    *t = vf64_add(vf64_sub(*t, held), shift);
    return vf64_pow2(held);
}
FA_INLINE fa_gate_exponential fa_gate_exponential_of(fa_gate_argument at)
{
    fa_gate_exponential y;
    fa_reduced_f64 e = fa_reduce_pair_f64(at.z);
    vf64 t = e.t, bounded = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 900.0), t));
    y.at = at;
    y.m = fa_significand_pair_f64(e);
    fa_pair_f64 small = {vf64_mul(y.m.high, bounded), vf64_product(y.m.low, bounded)};
    y.d = fa_fast_sum_with_pair_f64(vf64_set1(1.0), small);
    y.scale = fa_gate_power(&t, -900.0);
    y.end.negative = at.negative;
    y.end.scale2 = fa_gate_power(&t, -600.0);
    y.end.scale3 = vf64_pow2(t);
    return y;
}

/* s(x), short of the scales 2 and 3 where z < 0. Where x is infinite, so is high, and low is no number. 2^n goes to m:
 * the quotient times m alone may overflow. */
FA_INLINE fa_pair_f64 fa_gate_value(fa_gate_exponential e, vf64 given)
{
    vf64 zero = vf64_set1(0.0), x = fa_gate_held(e.at, given, 1.0), q = vf64_div(x, e.d.high);
    fa_pair_f64 right = {q, vf64_mul(fa_remainder_f64(x, q, e.d), fa_inverse_1_2(e.d.high))};
    /* Where z >= 0 the product is not used, and must not overflow. */
    fa_pair_f64 small = {vf64_select(e.at.negative, right.high, zero), vf64_select(e.at.negative, right.low, zero)};
    fa_pair_f64 power = {vf64_mul(e.m.high, e.scale), vf64_mul(e.m.low, e.scale)};
    fa_pair_f64 left = fa_product_of_pairs_f64(small, power);
    return (fa_pair_f64){vf64_select(e.at.negative, left.high, right.high),
                         vf64_select(e.at.negative, left.low, right.low)};
}

/* s'(x), likewise, with k as above. */
FA_INLINE fa_pair_f64 fa_gate_slope(fa_gate_exponential e, fa_pair_f64 k)
{
    fa_pair_f64 n = fa_sum_of_pairs_f64(e.d, k);
    fa_pair_f64 t = fa_product_of_pairs_f64(fa_quotient_of_pairs_f64(n, fa_square_of_pair_f64(e.d)), e.m);
    fa_pair_f64 left = {vf64_mul(t.high, e.scale), vf64_mul(t.low, e.scale)};
    fa_pair_f64 minus = {vf64_neg(left.high), vf64_neg(left.low)};
    fa_pair_f64 right = fa_fast_sum_with_pair_f64(vf64_set1(1.0), minus);
    return (fa_pair_f64){vf64_select(e.at.negative, left.high, right.high),
                         vf64_select(e.at.negative, left.low, right.low)};
}

FA_INLINE vf64 fa_gate_scaled(fa_gate_end e, vf64 y)
{
    return vf64_select(e.negative, vf64_product(vf64_product(y, e.scale2), e.scale3), y);
}

/* A pair to a number, rounded once but in the subnormal tail. high has the sign of a zero, and is the number where low
 * is none. */
FA_INLINE vf64 fa_gate_rounded(fa_gate_end e, fa_pair_f64 a)
{
    vf64 y = vf64_add(a.high, a.low);
    return fa_gate_scaled(e, vf64_select(vf64_lt(vf64_set1(0.0), vf64_abs(y)), y, a.high));
}

/* z, of which an infinite x makes 0 where beta is. In float64 x is held where it would overflow, which is far above
 * what is needed: by the size of beta, at no cost where that is one number. */
FA_INLINE fa_gate_argument fa_swish_argument_lane(vf64 x, vf64 beta)
{
    vf64 held = vf64_max(vf64_set1(-0x1p200), vf64_min(vf64_set1(0x1p200), x));
    return fa_gate_argument_of((fa_pair_f64){vf64_mul(beta, held), vf64_set1(0.0)}, FA_GATE_LOWEST_LANE);
}
FA_INLINE fa_gate_exponential fa_swish_exponential(vf64 x, vf64 beta)
{
    vf64 size = vf64_abs(beta);
    vf64 most = vf64_select(vf64_lt(size, vf64_set1(0x1p500)), vf64_set1(0x1p520), vf64_set1(0x1p-480));
    most = vf64_select(vf64_lt(size, vf64_set1(1.0)), vf64_set1(FA_MOST_F64), most);
    vf64 held = vf64_max(vf64_neg(most), vf64_min(most, x));
    return fa_gate_exponential_of(fa_gate_argument_of(fa_two_product_f64(beta, held), FA_GATE_LOWEST));
}

FA_INLINE vf64 fa_swish_lane(vf64 x, vf64 beta) { return fa_gate_value_lane(fa_swish_argument_lane(x, beta), x); }
FA_INLINE vf64 fa_swish_slope_lane(vf64 x, vf64 beta)
{
    fa_gate_argument e = fa_swish_argument_lane(x, beta);
    return fa_gate_slope_lane(e, e.z.high);
}
/* x is held so that nothing is left of x^2 where z had to be held. */
FA_INLINE vf64 fa_swish_parameter_lane(vf64 x, vf64 beta)
{
    fa_gate_argument e = fa_swish_argument_lane(x, beta);
    vf64 held = vf64_min(vf64_set1(0x1p130), vf64_abs(x)), small = fa_exp_lane(e.z.high);
    vf64 d = vf64_div(held, vf64_add(vf64_set1(1.0), small));
    return vf64_mul(vf64_mul(d, d), small);
}
FA_INLINE vf32 fa_swish_f32(vf32 x, vf32 beta) { return vf32_both_through_f64(fa_swish_lane, x, beta); }
FA_INLINE vf32 fa_swish_grad_f32(vf32 x, vf32 dy, vf32 beta)
{
    return vf32_product(vf32_both_through_f64(fa_swish_slope_lane, x, beta), dy);
}
FA_INLINE vf32 fa_swish_grad_parameter_f32(vf32 x, vf32 dy, vf32 beta)
{
    return vf32_product(vf32_both_through_f64(fa_swish_parameter_lane, x, beta), dy);
}

FA_INLINE vf64 fa_swish_f64(vf64 x, vf64 beta)
{
    fa_gate_exponential e = fa_swish_exponential(x, beta);
    return fa_gate_rounded(e.end, fa_gate_value(e, x));
}
FA_INLINE vf64 fa_swish_grad_f64(vf64 x, vf64 dy, vf64 beta)
{
    fa_gate_exponential e = fa_swish_exponential(x, beta);
    return vf64_product(fa_gate_rounded(e.end, fa_gate_slope(e, e.at.z)), dy);
}

/* x E/D^2 is a pair, short of 2^n, so that x^2 is rounded once. E is the same for both signs of z; where z had to be
 * held, nothing is left of E. */
FA_INLINE vf64 fa_swish_grad_parameter_f64(vf64 x, vf64 dy, vf64 beta)
{
    fa_gate_exponential e = fa_swish_exponential(x, beta);
    vf64 one = vf64_set1(1.0), a = vf64_select(vf64_eq(e.at.z.high, vf64_set1(FA_GATE_LOWEST)), one, x);
    fa_pair_f64 p = fa_product_with_pair_f64(a, fa_quotient_of_pairs_f64(e.m, fa_square_of_pair_f64(e.d)));
    vf64 low = vf64_select(vf64_lt(vf64_abs(a), vf64_set1(INFINITY)), vf64_mul(p.low, a), vf64_set1(0.0));
    vf64 y = vf64_fma(p.high, a, low);
    return vf64_product(vf64_product(vf64_product(vf64_mul(y, e.scale), e.end.scale2), e.end.scale3), dy);
}

/* The constant of quick_gelu, and what it lacks in float64. */
#define FA_QUICK_GELU 1.702
#define FA_QUICK_GELU_REST 0x1.89374bc6a7efap-55

FA_INLINE vf64 fa_quick_gelu_lane(vf64 x) { return fa_swish_lane(x, vf64_set1(FA_QUICK_GELU)); }
FA_INLINE vf64 fa_quick_gelu_slope_lane(vf64 x) { return fa_swish_slope_lane(x, vf64_set1(FA_QUICK_GELU)); }
FA_INLINE vf32 fa_quick_gelu_f32(vf32 x) { return vf32_through_f64(fa_quick_gelu_lane, x); }
FA_INLINE vf32 fa_quick_gelu_grad_f32(vf32 x, vf32 dy)
{
    return vf32_product(vf32_through_f64(fa_quick_gelu_slope_lane, x), dy);
}

/* E = 2^(a p), p = -1.702/ln2. */
FA_INLINE vf64 fa_quick_gelu_f64(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(446.5), vf64_abs(x));
    fa_pair_f64 p = {vf64_set1(-0x1.3a4cbdc7ee26bp+1), vf64_set1(-0x1.68797025e71e1p-54)};
    return fa_times_logistic_f64(x, a, fa_reduce_half_angle_base_2_f64(a, p));
}
FA_INLINE vf64 fa_quick_gelu_grad_f64(vf64 x, vf64 dy)
{
    vf64 c = vf64_set1(FA_QUICK_GELU), held = vf64_max(vf64_set1(-1000.0), vf64_min(vf64_set1(1000.0), x));
    fa_pair_f64 z = fa_two_product_f64(c, held);
    z.low = vf64_fma(vf64_set1(FA_QUICK_GELU_REST), held, z.low);
    fa_gate_exponential e = fa_gate_exponential_of(fa_gate_argument_of(z, FA_GATE_LOWEST));
    return vf64_product(fa_gate_rounded(e.end, fa_gate_slope(e, e.at.z)), dy);
}

#endif
