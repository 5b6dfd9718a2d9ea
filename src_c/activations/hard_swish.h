/* hard_swish(x) = x min(max(x + 3, 0), 6)/6; its derivative, 0 up to -3, x/3 + 1/2 between, 1 from 3 on.
 *
 * x is held at -3, so that -inf gives -0, and is itself the result from 3 on. The sign is that of x.
 * float32  in double lanes, rounded once.
 * float64  x + 3 is a pair, or the result would be off by up to 2 ULP; the division by 6 comes last. In the derivative
 *          2 x + 3 is rounded once, and exact near its zero, -3/2.
 *          Largest error found: 1.000 ULP, at -0x1.60c60fda1cfc2p-105; of the derivative 1.000 ULP, at
 *          -0x1.ff298ec29b45ap-2.
 */
#ifndef FA_HARD_SWISH_H
#define FA_HARD_SWISH_H

#include "math/pair.h"

FA_INLINE vf64 fa_hard_swish_f64(vf64 x)
{
    vf64 three = vf64_set1(3.0), a = vf64_max(vf64_set1(-3.0), x);
    fa_pair_f64 sum = fa_two_sum_f64(a, three);
    vf64 high = vf64_mul(a, sum.high), low = vf64_add(vf64_mul(a, sum.low), vf64_fms(a, sum.high, high));
    vf64 between = vf64_div(vf64_add(high, low), vf64_set1(6.0)); /* after a product by fma four times slower, Zen 5 */
    return vf64_select(vf64_lt(x, three), vf64_copysign(between, x), x);
}
FA_INLINE vf32 fa_hard_swish_f32(vf32 x) { return vf32_through_f64(fa_hard_swish_f64, x); }

/* a stops on both sides, so that 2 a does not overflow. x <= -3 and x >= 3 are written as comparisons with the
 * neighbours of -3 and 3, which NaN fails. */
FA_INLINE vf64 fa_hard_swish_slope(vf64 x)
{
    vf64 three = vf64_set1(3.0), a = vf64_max(vf64_set1(-3.0), vf64_min(three, x));
    vf64 between = vf64_div(vf64_fma(vf64_set1(2.0), a, three), vf64_set1(6.0));
    return vf64_select(vf64_lt(vf64_set1(0x1.7ffffffffffffp1), x), vf64_set1(1.0), between);
}
FA_INLINE vf64 fa_hard_swish_grad_f64(vf64 x, vf64 dy)
{
    vm64 flat = vf64_lt(x, vf64_set1(-0x1.7ffffffffffffp1));
    return vf64_select(flat, vf64_set1(0.0), vf64_mul(vf64_once(fa_hard_swish_slope(x)), dy));
}
FA_INLINE vf32 fa_hard_swish_grad_f32(vf32 x, vf32 dy)
{
    vm32 flat = vf32_lt(x, vf32_set1(-0x1.7ffffep1f));
    return vf32_select(flat, vf32_set1(0.0f), vf32_mul(vf32_through_f64(fa_hard_swish_slope, x), dy));
}

#endif
