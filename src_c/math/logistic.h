/* The logistic function 1/(1 + E) and its derivative E/(1 + E)^2 in float64, E = e^z for z <= 0: what sigmoid, tanh,
 * silu and gelu_tanh have in common.
 *
 * The quotients are taken by D = 1 + E, which is in [1, 2], and corrected by their remainders.
 */
#ifndef FA_LOGISTIC_H
#define FA_LOGISTIC_H

#include "math/exp_eighths.h"

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

/* k E/D^2: the derivative of sigmoid(x) with k = 1 and z = -|x|, of tanh(x) with k = 4 and z = -2 |x|. In double lanes,
 * for a float32 result. */
FA_INLINE vf64 fa_logistic_slope_lane(vf64 k, vf64 z)
{
    vf64 e = fa_exp_lane(vf64_max(vf64_set1(-110.0), z)), d = vf64_add(vf64_set1(1.0), e);
    return vf64_div(vf64_mul(k, e), vf64_mul(d, d));
}

/* The same for a float64 result. k is a power of 2. 2^n comes last: only a subnormal result is rounded once more. */
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
