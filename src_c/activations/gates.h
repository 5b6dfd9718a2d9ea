/* Gates: functions of two arrays.
 *
 * swiglu(a, b) = s(g) m, s(g) = g/(1 + e^-z), z = alpha g, g = min(a, limit), m = min(max(b, -limit), limit) + offset.
 * Its derivatives are s'(g) m, 0 for a > limit, and s(g), 0 for |b| > limit (activations/swish.h).
 *
 *   glu(a, b)         = a sigmoid(b)      derivatives  sigmoid(b), a E/(1 + E)^2 for E = e^-|b|
 *   reglu(a, b)       = max(a, 0) b                    b and a for a > 0, 0 elsewhere
 *   geglu(a, b)       = gelu(a) b                      gelu'(a) b, gelu(a)
 *   geglu_tanh(a, b)  = gelu_tanh(a) b                 gelu_tanh'(a) b, gelu_tanh(a)
 *
 * The exponential outweighs the rest: where the gate is far below 0, an infinite a or b counts as a finite one, and the
 * result is 0. So does an infinite b in reglu for a <= 0. As b may make up for what is left of the exponential, that
 * goes further down than in gelu alone: in swiglu and glu it is from z = -1470 on, b = -1470, in geglu from a = -54.5
 * on, in geglu_tanh from a = -27.5 on, in float32 too.
 * float32  in double lanes, rounded once; reglu is a product.
 * float64  all is in pairs, times E = (high + low) 2^n in parts (activations/swish.h): 2^n down to 2^-900 before the
 *          product with m or b, the rest after it.
 *          Largest error found with a = b, in swiglu: 0.865 ULP, at -0x1.2b2eb78162204p+3; of the derivative in b
 *          0.875 ULP, at -0x1.657d939ee14fdp+9; of that in a less, and less than 2^-53 max(1, |m|) beside its zero.
 *          In glu 0.869 ULP, at -0x1.657d920664e59p+9, and as much in its derivative in b. In geglu 1.533 ULP, at
 *          -0x1.dfc640864387bp+4, in its derivatives 1.607 ULP, at -0x1.2c7f6920ef442p+5; in geglu_tanh 0.813 ULP, at
 *          -0x1.9ccde94ae15edp+2, in its derivatives 0.866 ULP, at -0x1.541583d80726ap+4.
 * Coefficients: math/minimax/gates.sollya.
 */
#ifndef FA_GATES_H
#define FA_GATES_H

#include "activations/gelu.h"
#include "activations/rectifiers.h"
#include "activations/swish.h"

FA_INLINE vf64 fa_gate_linear(vf64 b, vf64 limit) { return vf64_max(vf64_neg(limit), vf64_min(limit, b)); }

FA_INLINE fa_gate_argument fa_swiglu_argument_lane(vf64 g, vf64 alpha)
{
    return fa_gate_argument_of((fa_pair_f64){vf64_mul(alpha, g), vf64_set1(0.0)}, FA_GATE_LOWEST_LANE);
}
FA_INLINE vf64 fa_swiglu_lane(vf64 a, vf64 b, vf64 alpha, vf64 limit, vf64 offset)
{
    vf64 g = vf64_min(limit, a);
    fa_gate_argument e = fa_swiglu_argument_lane(g, alpha);
    vf64 m = fa_gate_held(e, vf64_add(fa_gate_linear(b, limit), offset), 0x1p129);
    return vf64_mul(fa_gate_value_lane(e, g), m);
}
FA_INLINE vf64 fa_swiglu_slope_a_lane(vf64 a, vf64 b, vf64 alpha, vf64 limit, vf64 offset)
{
    fa_gate_argument e = fa_swiglu_argument_lane(vf64_min(limit, a), alpha);
    vf64 m = fa_gate_held(e, vf64_add(fa_gate_linear(b, limit), offset), 0x1p129);
    return vf64_mul(fa_gate_slope_lane(e, e.z.high), m);
}
FA_INLINE vf64 fa_swiglu_slope_b_lane(vf64 a, vf64 alpha, vf64 limit)
{
    vf64 g = vf64_min(limit, a);
    return fa_gate_value_lane(fa_swiglu_argument_lane(g, alpha), g);
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
    vm32 flat_a = vf32_lt(limit, a), flat_b = vf32_lt(limit, vf32_abs(b));
    vf32 dy_a = vf32_drop(flat_a, dy), dy_b = vf32_drop(flat_b, dy);
    *da = vf32_select(flat_a, zero, vf32_product(slope_a, dy_a));
    *db = vf32_select(flat_b, zero, vf32_product(slope_b, dy_b));
#undef LANES_A
#undef LANES_B
}

FA_INLINE fa_pair_f64 fa_swiglu_linear(fa_gate_exponential e, vf64 b, vf64 limit, vf64 offset)
{
    fa_pair_f64 m = fa_two_sum_f64(fa_gate_linear(b, limit), offset);
    m.low = vf64_select(e.at.far, vf64_set1(0.0), m.low);
    m.high = fa_gate_held(e.at, m.high, FA_MOST_F64);
    return m;
}

/* a m 2^n, rounded once but in the subnormal tail. The plain product has the sign of a zero. */
FA_INLINE vf64 fa_gate_product(fa_gate_end e, fa_pair_f64 a, fa_pair_f64 m)
{
    vf64 zero = vf64_set1(0.0), low = vf64_fma(a.high, m.low, vf64_mul(a.low, m.high));
    low = vf64_select(vf64_lt(vf64_abs(low), vf64_set1(INFINITY)), low, zero);
    vf64 y = vf64_fma(a.high, m.high, low);
    y = vf64_select(vf64_eq(y, zero), vf64_mul(a.high, m.high), y);
    return fa_gate_scaled(e, y);
}

/* A tiny number is raised: b may make up for it, but not for what a subnormal quotient loses. */
typedef struct { vf64 x, lowered; } fa_gate_raised;

FA_INLINE fa_gate_raised fa_gate_raise(vf64 x)
{
    vf64 one = vf64_set1(1.0);
    vm64 tiny = vf64_lt(vf64_abs(x), vf64_set1(0x1p-900));
    vf64 raised = vf64_product(x, vf64_select(tiny, vf64_set1(0x1p120), one));
    return (fa_gate_raised){raised, vf64_select(tiny, vf64_set1(0x1p-120), one)};
}

FA_INLINE vf64 fa_swiglu_f64(vf64 a, vf64 b, vf64 alpha, vf64 limit, vf64 offset)
{
    vf64 g = vf64_min(limit, a);
    fa_gate_raised raised = fa_gate_raise(g);
    fa_gate_exponential e = fa_swish_exponential(g, alpha);
    vf64 y = fa_gate_product(e.end, fa_gate_value(e, raised.x), fa_swiglu_linear(e, b, limit, offset));
    return vf64_product(y, raised.lowered);
}
FA_INLINE void fa_swiglu_grad_f64(vf64 a, vf64 b, vf64 dy, vf64 alpha, vf64 limit, vf64 offset, vf64 *da, vf64 *db)
{
    vf64 zero = vf64_set1(0.0), g = vf64_min(limit, a);
    fa_gate_exponential e = fa_swish_exponential(g, alpha);
    vf64 slope_a = fa_gate_product(e.end, fa_gate_slope(e, e.at.z), fa_swiglu_linear(e, b, limit, offset));
    vf64 slope_b = fa_gate_rounded(e.end, fa_gate_value(e, g));
    vm64 flat_a = vf64_lt(limit, a), flat_b = vf64_lt(limit, vf64_abs(b));
    vf64 dy_a = vf64_drop(flat_a, dy), dy_b = vf64_drop(flat_b, dy);
    *da = vf64_select(flat_a, zero, vf64_product(slope_a, dy_a));
    *db = vf64_select(flat_b, zero, vf64_product(slope_b, dy_b));
}

/* A number as a pair, held where nothing is left of the exponential. */
FA_INLINE fa_pair_f64 fa_gate_factor(fa_gate_argument e, vf64 b)
{
    return (fa_pair_f64){fa_gate_held(e, b, FA_MOST_F64), vf64_set1(0.0)};
}

FA_INLINE fa_gate_argument fa_glu_argument(vf64 b, double lowest)
{
    return fa_gate_argument_of((fa_pair_f64){b, vf64_set1(0.0)}, lowest);
}
FA_INLINE vf64 fa_glu_lane(vf64 a, vf64 b)
{
    fa_gate_argument e = fa_glu_argument(b, FA_GATE_LOWEST_LANE);
    return vf64_mul(fa_gate_held(e, a, 0x1p129), fa_gate_value_lane(e, vf64_set1(1.0)));
}
FA_INLINE vf64 fa_glu_slope_a_lane(vf64 b)
{
    return fa_gate_value_lane(fa_glu_argument(b, FA_GATE_LOWEST_LANE), vf64_set1(1.0));
}
FA_INLINE vf64 fa_glu_slope_b_lane(vf64 a, vf64 b)
{
    fa_gate_argument e = fa_glu_argument(vf64_minus_abs(b), FA_GATE_LOWEST_LANE);
    vf64 small = fa_exp_lane(e.z.high), d = vf64_add(vf64_set1(1.0), small);
    return vf64_mul(fa_gate_held(e, a, 0x1p129), vf64_div(small, vf64_mul(d, d)));
}
FA_INLINE vf32 fa_glu_f32(vf32 a, vf32 b) { return vf32_both_through_f64(fa_glu_lane, a, b); }
FA_INLINE void fa_glu_grad_f32(vf32 a, vf32 b, vf32 dy, vf32 *da, vf32 *db)
{
    *da = vf32_mul(vf32_through_f64(fa_glu_slope_a_lane, b), dy);
    *db = vf32_mul(vf32_both_through_f64(fa_glu_slope_b_lane, a, b), dy);
}

FA_INLINE vf64 fa_glu_f64(vf64 a, vf64 b)
{
    fa_gate_exponential e = fa_gate_exponential_of(fa_glu_argument(b, FA_GATE_LOWEST));
    return fa_gate_product(e.end, fa_gate_value(e, vf64_set1(1.0)), fa_gate_factor(e.at, a));
}
/* E is that of -|b| for both; its share of 1 + E is what counts where b < 0. */
FA_INLINE void fa_glu_grad_f64(vf64 a, vf64 b, vf64 dy, vf64 *da, vf64 *db)
{
    fa_gate_exponential e = fa_gate_exponential_of(fa_glu_argument(vf64_minus_abs(b), FA_GATE_LOWEST)), of_b = e;
    of_b.at.negative = of_b.end.negative = vf64_signbit(b);
    fa_pair_f64 t = fa_quotient_of_pairs_f64(e.m, fa_square_of_pair_f64(e.d));
    fa_pair_f64 slope = {vf64_mul(t.high, e.scale), vf64_mul(t.low, e.scale)};
    *da = vf64_mul(fa_gate_rounded(of_b.end, fa_gate_value(of_b, vf64_set1(1.0))), dy);
    *db = vf64_mul(fa_gate_product(e.end, slope, fa_gate_factor(e.at, a)), dy);
}

/* Where x is held, as nothing is left of the exponential whatever finite number b is: a double; a float. */
#define FA_GEGLU_LOWEST -54.5
#define FA_GEGLU_TANH_LOWEST -27.5
#define FA_GEGLU_LOWEST_LANE -20.0
#define FA_GEGLU_TANH_LOWEST_LANE -14.0

FA_INLINE vf64 fa_geglu_lane_held(vf64 x, vf64 b, double lowest)
{
    fa_gate_argument e;
    e.far = vf64_lt(x, vf64_set1(lowest));
    return fa_gate_held(e, b, 0x1p129);
}

/* a = |x|, E = e^(-a^2/2) and R(a) (math/mills.h). */
typedef struct { vf64 a, e, r; } fa_gelu_parts;

FA_INLINE fa_gelu_parts fa_gelu_parts_lane(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(-FA_GEGLU_LOWEST_LANE), vf64_abs(x));
    vf64 n = fa_horner_f64(a, 0x1.00000000844fdp1, 0x1.d5097ce3bfcb4p1, 0x1.7af142d10b0c1p1, 0x1.5c9ed98155e8bp0,
        0x1.85f2a306b8b86p-2, 0x1.003758466dfe3p-4, 0x1.41131ec2c1cc3p-8);
    vf64 m = fa_horner_f64(a, 0x1p0, 0x1.08c75378911acp0, 0x1.0968eecfe9a81p-1, 0x1.331ffc40a7963p-3,
        0x1.98dcf8ec8d85ep-6, 0x1.002e2f2743d78p-9);
    return (fa_gelu_parts){a, fa_exp_lane(vf64_mul(vf64_mul(a, vf64_set1(-0.5)), a)), vf64_div(m, n)};
}
FA_INLINE vf64 fa_gelu_lane(vf64 x)
{
    fa_gelu_parts g = fa_gelu_parts_lane(x);
    return vf64_fnma(vf64_mul(g.a, g.e), g.r, vf64_max(vf64_set1(0.0), x)); /* max keeps -0 and NaN */
}
FA_INLINE vf64 fa_gelu_slope_lane(vf64 x)
{
    fa_gelu_parts g = fa_gelu_parts_lane(x);
    vf64 t = vf64_mul(g.e, vf64_fnma(g.a, vf64_set1(FA_INVERSE_SQRT_2PI), g.r));
    return vf64_select(vf64_signbit(x), t, vf64_sub(vf64_set1(1.0), t));
}
FA_INLINE vf64 fa_geglu_lane(vf64 a, vf64 b)
{
    return vf64_mul(fa_gelu_lane(a), fa_geglu_lane_held(a, b, FA_GEGLU_LOWEST));
}
FA_INLINE vf64 fa_geglu_slope_lane(vf64 a, vf64 b)
{
    return vf64_mul(fa_gelu_slope_lane(a), fa_geglu_lane_held(a, b, FA_GEGLU_LOWEST));
}
FA_INLINE vf32 fa_geglu_f32(vf32 a, vf32 b) { return vf32_both_through_f64(fa_geglu_lane, a, b); }
FA_INLINE void fa_geglu_grad_f32(vf32 a, vf32 b, vf32 dy, vf32 *da, vf32 *db)
{
    *da = vf32_mul(vf32_both_through_f64(fa_geglu_slope_lane, a, b), dy);
    *db = vf32_mul(vf32_through_f64(fa_gelu_lane, a), dy);
}

/* 2 u(a) as fa_gelu_tanh_slope_lane has it, and with how it goes on. */
FA_INLINE fa_gate_argument fa_gelu_tanh_argument_lane(vf64 x, vf64 *k)
{
    vf64 a = vf64_min(vf64_set1(-FA_GEGLU_TANH_LOWEST_LANE), vf64_abs(x)), a2 = vf64_mul(a, a);
    fa_gate_argument e;
    e.z.high = vf64_mul(a, vf64_fnma(a2, vf64_set1(FA_GELU_3), vf64_set1(-FA_GELU_1)));
    e.negative = vf64_signbit(x);
    e.far = vf64_lt(x, vf64_set1(FA_GEGLU_TANH_LOWEST));
    *k = vf64_mul(a, vf64_fnma(a2, vf64_set1(3.0 * FA_GELU_3), vf64_set1(-FA_GELU_1)));
    return e;
}
FA_INLINE vf64 fa_gelu_tanh_lane(vf64 x)
{
    vf64 k;
    return fa_gate_value_lane(fa_gelu_tanh_argument_lane(x, &k), x);
}
FA_INLINE vf64 fa_geglu_tanh_lane(vf64 a, vf64 b)
{
    return vf64_mul(fa_gelu_tanh_lane(a), fa_geglu_lane_held(a, b, FA_GEGLU_TANH_LOWEST));
}
FA_INLINE vf64 fa_geglu_tanh_slope_lane(vf64 a, vf64 b)
{
    vf64 k;
    fa_gate_argument e = fa_gelu_tanh_argument_lane(a, &k);
    return vf64_mul(fa_gate_slope_lane(e, k), fa_gate_held(e, b, 0x1p129));
}
FA_INLINE vf32 fa_geglu_tanh_f32(vf32 a, vf32 b) { return vf32_both_through_f64(fa_geglu_tanh_lane, a, b); }
FA_INLINE void fa_geglu_tanh_grad_f32(vf32 a, vf32 b, vf32 dy, vf32 *da, vf32 *db)
{
    *da = vf32_mul(vf32_both_through_f64(fa_geglu_tanh_slope_lane, a, b), dy);
    *db = vf32_mul(vf32_through_f64(fa_gelu_tanh_lane, a), dy);
}

/* geglu in float64: what is needed of E = e^(-a^2/2), a = |x|. */
typedef struct { fa_pair_f64 m; vf64 scale; fa_gate_end end; } fa_geglu_exponential;

FA_INLINE vf64 fa_geglu_size(vf64 x) { return vf64_min(vf64_set1(-FA_GEGLU_LOWEST), vf64_abs(x)); }
FA_INLINE fa_geglu_exponential fa_geglu_exponential_of(vf64 x)
{
    fa_geglu_exponential y;
    vf64 a = fa_geglu_size(x);
    fa_reduced_f64 e = fa_reduce_pair_f64(fa_two_product_f64(vf64_mul(a, vf64_set1(-0.5)), a));
    vf64 t = e.t;
    y.m = fa_significand_pair_f64(e);
    y.scale = fa_gate_power(&t, -900.0);
    y.end.scale2 = fa_gate_power(&t, -600.0);
    y.end.scale3 = vf64_pow2(t);
    y.end.negative = vf64_signbit(x);
    return y;
}
FA_INLINE fa_pair_f64 fa_geglu_factor(vf64 x, vf64 b, double lowest)
{
    vf64 most = vf64_set1(FA_MOST_F64), held = vf64_max(vf64_neg(most), vf64_min(most, b));
    return (fa_pair_f64){vf64_select(vf64_lt(x, vf64_set1(lowest)), held, b), vf64_set1(0.0)};
}

/* t E, short of the scales 2 and 3, for x < 0, and above - t E for x > 0, where t E is no larger than above. */
FA_INLINE fa_pair_f64 fa_geglu_reflected(fa_geglu_exponential e, vf64 x, fa_pair_f64 t, vf64 above)
{
    fa_pair_f64 left = fa_product_of_pairs_f64(t, e.m);
    left.high = vf64_mul(left.high, e.scale);
    left.low = vf64_mul(left.low, e.scale);
    fa_pair_f64 minus = {vf64_neg(left.high), vf64_neg(left.low)}, right = fa_fast_sum_with_pair_f64(above, minus);
    vm64 negative = vf64_signbit(x);
    return (fa_pair_f64){vf64_select(negative, left.high, right.high), vf64_select(negative, left.low, right.low)};
}
/* gelu(x), -t E for x < 0, where t = a R(a). Where x is infinite there is no low part. */
FA_INLINE fa_pair_f64 fa_geglu_value(fa_geglu_exponential e, vf64 x)
{
    vf64 a = fa_geglu_size(x), zero = vf64_set1(0.0);
    fa_pair_f64 y = fa_geglu_reflected(e, x, fa_product_with_pair_f64(a, fa_mills_wide_f64(a)), x);
    vf64 low = vf64_select(vf64_lt(vf64_abs(x), vf64_set1(INFINITY)), vf64_flip(y.low, x), zero);
    return (fa_pair_f64){vf64_flip(y.high, x), low};
}
FA_INLINE vf64 fa_geglu_f64(vf64 a, vf64 b)
{
    fa_gate_raised raised = fa_gate_raise(a);
    fa_geglu_exponential e = fa_geglu_exponential_of(a);
    fa_pair_f64 y = fa_geglu_value(e, raised.x);
    return vf64_mul(fa_gate_product(e.end, y, fa_geglu_factor(a, b, FA_GEGLU_LOWEST)), raised.lowered);
}
FA_INLINE void fa_geglu_grad_f64(vf64 a, vf64 b, vf64 dy, vf64 *da, vf64 *db)
{
    vf64 size = fa_geglu_size(a);
    fa_geglu_exponential e = fa_geglu_exponential_of(a);
    fa_pair_f64 t = fa_product_of_pairs_f64(fa_from_mills_zero_f64(size), fa_mills_slope_wide_f64(size));
    fa_pair_f64 slope = fa_geglu_reflected(e, a, t, vf64_set1(1.0));
    *da = vf64_mul(fa_gate_product(e.end, slope, fa_geglu_factor(a, b, FA_GEGLU_LOWEST)), dy);
    *db = vf64_mul(fa_gate_rounded(e.end, fa_geglu_value(e, a)), dy);
}

/* geglu_tanh in float64: E = e^z, z = -2 u(a), as if z had the sign of x. */
FA_INLINE fa_gelu_tanh_exponent fa_geglu_tanh_exponent(vf64 x)
{
    return fa_gelu_tanh_exponent_f64(vf64_min(vf64_set1(-FA_GEGLU_TANH_LOWEST), vf64_abs(x)));
}
FA_INLINE fa_gate_exponential fa_geglu_tanh_exponential_of(fa_pair_f64 z, vf64 x)
{
    fa_pair_f64 of_x = {vf64_flip(vf64_neg(z.high), x), vf64_flip(vf64_neg(z.low), x)};
    return fa_gate_exponential_of(fa_gate_argument_of(of_x, FA_GATE_LOWEST));
}
FA_INLINE vf64 fa_geglu_tanh_f64(vf64 a, vf64 b)
{
    fa_gate_raised raised = fa_gate_raise(a);
    fa_gate_exponential e = fa_geglu_tanh_exponential_of(fa_geglu_tanh_exponent(a).z, a);
    fa_pair_f64 factor = fa_geglu_factor(a, b, FA_GEGLU_TANH_LOWEST);
    return vf64_mul(fa_gate_product(e.end, fa_gate_value(e, raised.x), factor), raised.lowered);
}
FA_INLINE void fa_geglu_tanh_grad_f64(vf64 a, vf64 b, vf64 dy, vf64 *da, vf64 *db)
{
    fa_gelu_tanh_exponent exponent = fa_geglu_tanh_exponent(a);
    fa_gate_exponential e = fa_geglu_tanh_exponential_of(exponent.z, a);
    fa_pair_f64 factor = fa_geglu_factor(a, b, FA_GEGLU_TANH_LOWEST);
    *da = vf64_mul(fa_gate_product(e.end, fa_gate_slope(e, exponent.slope), factor), dy);
    *db = vf64_mul(fa_gate_rounded(e.end, fa_gate_value(e, a)), dy);
}

#define FA_BODY "activations/gates.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

FA_INLINE V FA(reglu)(V a, V b)
{
    a = OP(once)(a), b = OP(once)(b);
    V most = OP(set1)(K(MOST)), held = OP(max)(OP(neg)(most), OP(min)(most, b));
    return OP(mul)(FA(relu)(a), OP(select)(OP(lt)(OP(set1)(0), a), b, held));
}
FA_INLINE void FA(reglu_grad)(V a, V b, V dy, V *da, V *db)
{
    V zero = OP(set1)(0), off = OP(select)(OP(isnan)(a), a, zero);
    M on = OP(lt)(zero, a);
    V passed = OP(once)(OP(select)(on, dy, zero));
    *da = OP(select)(on, OP(mul)(b, passed), off);
    *db = OP(select)(on, OP(mul)(a, passed), off);
}

#endif
