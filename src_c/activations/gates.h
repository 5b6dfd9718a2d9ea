/* Gates: functions of two arrays.
 *
 * swiglu(a, b) = s(g) m, s(g) = g/(1 + e^-z), z = alpha g, g = min(a, limit), m = min(max(b, -limit), limit) + offset.
 * Its derivatives are s'(g) m, 0 for a > limit, and s(g), 0 for |b| > limit (activations/swish.h).
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

#include "activations/swish.h"

FA_INLINE vf64 fa_gate_linear(vf64 b, vf64 limit) { return vf64_max(vf64_neg(limit), vf64_min(limit, b)); }

FA_INLINE fa_gate_argument fa_swiglu_argument_lane(vf64 g, vf64 alpha)
{
    return fa_gate_argument_of((fa_pair_f64){vf64_mul(alpha, g), vf64_set1(0.0)}, -300.0);
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
    *da = vf32_select(vf32_lt(limit, a), zero, vf32_product(slope_a, dy));
    *db = vf32_select(vf32_lt(limit, vf32_abs(b)), zero, vf32_product(slope_b, dy));
#undef LANES_A
#undef LANES_B
}

FA_INLINE fa_gate_exponential fa_swiglu_exponential(vf64 g, vf64 alpha)
{
    return fa_gate_exponential_of(fa_gate_argument_of(fa_two_product_f64(alpha, g), -1470.0));
}

FA_INLINE fa_pair_f64 fa_swiglu_linear(fa_gate_exponential e, vf64 b, vf64 limit, vf64 offset)
{
    fa_pair_f64 m = fa_two_sum_f64(fa_gate_linear(b, limit), offset);
    m.low = vf64_select(e.at.far, vf64_set1(0.0), m.low);
    m.high = fa_gate_held(e.at, m.high, 0x1.fffffffffffffp1023);
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
    fa_gate_exponential e = fa_swiglu_exponential(g, alpha);
    vf64 y = fa_gate_product(e.end, fa_gate_value(e, raised.x), fa_swiglu_linear(e, b, limit, offset));
    return vf64_product(y, raised.lowered);
}
FA_INLINE void fa_swiglu_grad_f64(vf64 a, vf64 b, vf64 dy, vf64 alpha, vf64 limit, vf64 offset, vf64 *da, vf64 *db)
{
    vf64 zero = vf64_set1(0.0), g = vf64_min(limit, a);
    fa_gate_exponential e = fa_swiglu_exponential(g, alpha);
    vf64 slope_a = fa_gate_product(e.end, fa_gate_slope(e, e.at.z), fa_swiglu_linear(e, b, limit, offset));
    vf64 slope_b = fa_gate_rounded(e.end, fa_gate_value(e, g));
    *da = vf64_select(vf64_lt(limit, a), zero, vf64_product(slope_a, dy));
    *db = vf64_select(vf64_lt(limit, vf64_abs(b)), zero, vf64_product(slope_b, dy));
}

#endif
