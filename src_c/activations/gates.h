/* Gates: functions of two arrays.
 *
 * swiglu(a, b) = s(g) m, s(g) = g/(1 + e^-z), z = alpha g, g = min(a, limit), m = min(max(b, -limit), limit) + offset.
 * Its derivatives are s'(g) m, 0 for a > limit, and s(g), 0 for |b| > limit. With E = e^-|z| and D = 1 + E
 *
 *   s(g) = g/D       s'(g) = 1 - T    for z >= 0
 *   s(g) = E g/D     s'(g) = T        for z < 0,  T = E (D - |z|)/D^2
 *
 * The exponential outweighs the rest: where z is far below 0, an infinite g or m counts as a finite one, and the result
 * is 0.
 * float32  in double lanes, rounded once; z is exact there.
 * float64  z, m, D and the quotients are pairs. E = (high + low) 2^n comes in parts, since m may be as large as 2^1024:
 *          2^n down to 2^-900 before the product with m, the rest after it.
 *          Largest error found with a = b: 0.865 ULP, at -0x1.2b2eb78162204p+3; of the derivative in b 0.875 ULP, at
 *          -0x1.657d939ee14fdp+9; of that in a less, and less than 2^-53 max(1, |m|) beside its zero.
 */
#ifndef FA_GATES_H
#define FA_GATES_H

#include "math/exp.h"

/* -|z|, held where nothing is left of E, and whether it had to be. */
typedef struct { fa_pair_f64 z; vm64 negative, far; } fa_gate_argument;

FA_INLINE fa_gate_argument fa_gate_argument_of(fa_pair_f64 z, double lowest)
{
    fa_gate_argument y;
    vf64 high = vf64_minus_abs(z.high);
    vm64 held = vf64_lt(high, vf64_set1(lowest));
    y.z.high = vf64_max(vf64_set1(lowest), high);
    y.z.low = vf64_select(held, vf64_set1(0.0), vf64_neg(vf64_flip(z.low, z.high)));
    y.negative = vf64_signbit(z.high);
    y.far = vf64_lt(z.high, vf64_set1(lowest));
    return y;
}

/* x, where the argument is far below 0 no larger than most. */
FA_INLINE vf64 fa_gate_held(fa_gate_argument e, vf64 x, double most)
{
    return vf64_select(e.far, vf64_max(vf64_set1(-most), vf64_min(vf64_set1(most), x)), x);
}

FA_INLINE vf64 fa_gate_linear(vf64 b, vf64 limit) { return vf64_max(vf64_neg(limit), vf64_min(limit, b)); }

/* float32: s(g) and s'(g) in double lanes. */
FA_INLINE vf64 fa_swiglu_value_lane(fa_gate_argument e, vf64 g)
{
    vf64 one = vf64_set1(1.0), small = fa_exp_lane(e.z.high);
    vf64 share = vf64_div(vf64_select(e.negative, small, one), vf64_add(one, small));
    return vf64_mul(fa_gate_held(e, g, 1.0), share);
}
FA_INLINE vf64 fa_swiglu_slope_lane(fa_gate_argument e)
{
    vf64 one = vf64_set1(1.0), small = fa_exp_lane(e.z.high), d = vf64_add(one, small);
    vf64 t = vf64_div(vf64_mul(small, vf64_add(d, e.z.high)), vf64_mul(d, d));
    return vf64_select(e.negative, t, vf64_sub(one, t));
}
FA_INLINE fa_gate_argument fa_swiglu_argument_lane(vf64 g, vf64 alpha)
{
    return fa_gate_argument_of((fa_pair_f64){vf64_mul(alpha, g), vf64_set1(0.0)}, -300.0);
}
FA_INLINE vf64 fa_swiglu_lane(vf64 a, vf64 b, vf64 alpha, vf64 limit, vf64 offset)
{
    vf64 g = vf64_min(limit, a);
    fa_gate_argument e = fa_swiglu_argument_lane(g, alpha);
    vf64 m = fa_gate_held(e, vf64_add(fa_gate_linear(b, limit), offset), 0x1p129);
    return vf64_mul(fa_swiglu_value_lane(e, g), m);
}
FA_INLINE vf64 fa_swiglu_slope_a_lane(vf64 a, vf64 b, vf64 alpha, vf64 limit, vf64 offset)
{
    fa_gate_argument e = fa_swiglu_argument_lane(vf64_min(limit, a), alpha);
    vf64 m = fa_gate_held(e, vf64_add(fa_gate_linear(b, limit), offset), 0x1p129);
    return vf64_mul(fa_swiglu_slope_lane(e), m);
}
FA_INLINE vf64 fa_swiglu_slope_b_lane(vf64 a, vf64 alpha, vf64 limit)
{
    vf64 g = vf64_min(limit, a);
    return fa_swiglu_value_lane(fa_swiglu_argument_lane(g, alpha), g);
}

FA_INLINE vf32 fa_swiglu_f32(vf32 a, vf32 b, vf32 alpha, vf32 limit, vf32 offset)
{
#define LANES(part) \
    fa_swiglu_lane(vf32_widen_##part(a), vf32_widen_##part(b), vf32_widen_##part(alpha), vf32_widen_##part(limit), \
                   vf32_widen_##part(offset))
    return vf32_narrow(LANES(low), LANES(high));
#undef LANES
}
FA_INLINE void fa_swiglu_grad_f32(vf32 a, vf32 b, vf32 dy, vf32 alpha, vf32 limit, vf32 offset, vf32 *da, vf32 *db)
{
#define LANES_A(part) \
    fa_swiglu_slope_a_lane(vf32_widen_##part(a), vf32_widen_##part(b), vf32_widen_##part(alpha), \
                           vf32_widen_##part(limit), vf32_widen_##part(offset))
#define LANES_B(part) fa_swiglu_slope_b_lane(vf32_widen_##part(a), vf32_widen_##part(alpha), vf32_widen_##part(limit))
    vf32 zero = vf32_set1(0.0f), slope_a = vf32_narrow(LANES_A(low), LANES_A(high));
    vf32 slope_b = vf32_narrow(LANES_B(low), LANES_B(high));
    *da = vf32_select(vf32_lt(limit, a), zero, vf32_product(slope_a, dy));
    *db = vf32_select(vf32_lt(limit, vf32_abs(b)), zero, vf32_product(slope_b, dy));
#undef LANES_A
#undef LANES_B
}

/* float64: E = m 2^n, D; and 2^n in three factors, none of which is subnormal. */
typedef struct { fa_gate_argument at; fa_pair_f64 m, d; vf64 scale, scale2, scale3; } fa_gate_exponential;

FA_INLINE vf64 fa_swiglu_power(vf64 *t, double lowest)
{
    vf64 shift = vf64_set1(FA_SHIFT_F64), held = vf64_max(vf64_set1(FA_SHIFT_F64 + lowest), *t);
    *t = vf64_add(vf64_sub(*t, held), shift);
    return vf64_pow2(held);
}
FA_INLINE fa_gate_exponential fa_swiglu_exponential(vf64 g, vf64 alpha)
{
    fa_gate_exponential y;
    y.at = fa_gate_argument_of(fa_two_product_f64(alpha, g), -1470.0);
    fa_reduced_f64 e = fa_reduce_pair_f64(y.at.z);
    vf64 t = e.t, bounded = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 900.0), t));
    y.m = fa_significand_pair_f64(e);
    fa_pair_f64 small = {vf64_mul(y.m.high, bounded), vf64_product(y.m.low, bounded)};
    y.d = fa_fast_sum_with_pair_f64(vf64_set1(1.0), small);
    y.scale = fa_swiglu_power(&t, -900.0);
    y.scale2 = fa_swiglu_power(&t, -600.0);
    y.scale3 = vf64_pow2(t);
    return y;
}

/* s(g), short of the scales 2 and 3 where z < 0. Where g is infinite, the quotient is what it is. */
FA_INLINE fa_pair_f64 fa_swiglu_value(fa_gate_exponential e, vf64 given)
{
    vf64 zero = vf64_set1(0.0), g = fa_gate_held(e.at, given, 1.0), q = vf64_div(g, e.d.high);
    vf64 rest = vf64_mul(fa_remainder_f64(g, q, e.d), fa_inverse_1_2(e.d.high));
    fa_pair_f64 right = {q, vf64_select(vf64_lt(vf64_abs(q), vf64_set1(INFINITY)), rest, zero)};
    /* Where z >= 0 the product is not used, and must not overflow. */
    fa_pair_f64 small = {vf64_select(e.at.negative, right.high, zero), vf64_select(e.at.negative, right.low, zero)};
    fa_pair_f64 left = fa_product_of_pairs_f64(small, e.m);
    return (fa_pair_f64){vf64_select(e.at.negative, vf64_mul(left.high, e.scale), right.high),
                         vf64_select(e.at.negative, vf64_mul(left.low, e.scale), right.low)};
}

/* s'(g), likewise. */
FA_INLINE fa_pair_f64 fa_swiglu_slope(fa_gate_exponential e)
{
    fa_pair_f64 n = fa_sum_of_pairs_f64(e.d, e.at.z);
    fa_pair_f64 t = fa_product_of_pairs_f64(fa_quotient_of_pairs_f64(n, fa_square_of_pair_f64(e.d)), e.m);
    fa_pair_f64 left = {vf64_mul(t.high, e.scale), vf64_mul(t.low, e.scale)};
    fa_pair_f64 minus = {vf64_neg(left.high), vf64_neg(left.low)};
    fa_pair_f64 right = fa_fast_sum_with_pair_f64(vf64_set1(1.0), minus);
    return (fa_pair_f64){vf64_select(e.at.negative, left.high, right.high),
                         vf64_select(e.at.negative, left.low, right.low)};
}

FA_INLINE fa_pair_f64 fa_swiglu_linear(fa_gate_exponential e, vf64 b, vf64 limit, vf64 offset)
{
    fa_pair_f64 m = fa_two_sum_f64(fa_gate_linear(b, limit), offset);
    m.low = vf64_select(e.at.far, vf64_set1(0.0), m.low);
    m.high = fa_gate_held(e.at, m.high, 0x1.fffffffffffffp1023);
    return m;
}

/* a m 2^n, rounded once but in the subnormal tail. The plain product has the sign of a zero. */
FA_INLINE vf64 fa_swiglu_product(fa_gate_exponential e, fa_pair_f64 a, fa_pair_f64 m)
{
    vf64 zero = vf64_set1(0.0), low = vf64_fma(a.high, m.low, vf64_mul(a.low, m.high));
    low = vf64_select(vf64_lt(vf64_abs(low), vf64_set1(INFINITY)), low, zero);
    vf64 y = vf64_fma(a.high, m.high, low);
    y = vf64_select(vf64_eq(y, zero), vf64_mul(a.high, m.high), y);
    return vf64_select(e.at.negative, vf64_product(vf64_product(y, e.scale2), e.scale3), y);
}

/* A tiny g is raised: m may make up for it, but not for what a subnormal quotient loses. */
FA_INLINE vf64 fa_swiglu_f64(vf64 a, vf64 b, vf64 alpha, vf64 limit, vf64 offset)
{
    vf64 g = vf64_min(limit, a), one = vf64_set1(1.0);
    vm64 tiny = vf64_lt(vf64_abs(g), vf64_set1(0x1p-900));
    fa_gate_exponential e = fa_swiglu_exponential(g, alpha);
    fa_pair_f64 s = fa_swiglu_value(e, vf64_product(g, vf64_select(tiny, vf64_set1(0x1p120), one)));
    vf64 y = fa_swiglu_product(e, s, fa_swiglu_linear(e, b, limit, offset));
    return vf64_product(y, vf64_select(tiny, vf64_set1(0x1p-120), one));
}
FA_INLINE void fa_swiglu_grad_f64(vf64 a, vf64 b, vf64 dy, vf64 alpha, vf64 limit, vf64 offset, vf64 *da, vf64 *db)
{
    vf64 zero = vf64_set1(0.0), g = vf64_min(limit, a);
    fa_gate_exponential e = fa_swiglu_exponential(g, alpha);
    vf64 slope_a = fa_swiglu_product(e, fa_swiglu_slope(e), fa_swiglu_linear(e, b, limit, offset));
    vf64 slope_b = fa_swiglu_product(e, fa_swiglu_value(e, g), (fa_pair_f64){vf64_set1(1.0), zero});
    *da = vf64_select(vf64_lt(limit, a), zero, vf64_product(slope_a, dy));
    *db = vf64_select(vf64_lt(limit, vf64_abs(b)), zero, vf64_product(slope_b, dy));
}

#endif
