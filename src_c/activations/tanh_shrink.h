/* tanh_shrink(x) = x - tanh(x), softcap(x, c) = c tanh(x/c), and their derivatives, tanh(x)^2 and 1/cosh(x/c)^2.
 *
 * With u = x^2 the continued fraction of tanh(x) makes of it, without anything that cancels,
 *
 *   x - tanh(x) = x^3/D    tanh(x) = x (3 + K)/D    D = 3 + u + K    K = u/(5 + u/(7 + u/(9 + ...)))
 *
 * K has no pole but from u = -20 down: a rational function takes its place, as far as tanh(x) is less than 1.
 * float32  in double lanes, rounded once. x is held at 9.5, where 1 - tanh(x) is below 2^-26. The derivative of softcap
 *          is 4 E/(1 + E)^2 for E = e^(-2 |x|/c).
 * float64  tanh_shrink is as above up to 19.5, and x - 1 beyond; x^3 and D are pairs. The others take tanh(a) for
 *          -h/(1 + h), h = (e^(-2a) - 1)/2, where all is in pairs, x/c too.
 *          Largest error found in tanh_shrink: 0.956 ULP, at 0x1.77c11862aea8dp+1, in its derivative 1.685 ULP, at
 *          -0x1.63072a9f746adp-3; in softcap 1.252 ULP, at 0x1.f505926c49d19p+1, in its derivative 0.816 ULP, at
 *          -0x1.4cdf69d16a90cp+13, and from the output 0.500.
 * Of c the sign does not count. With an infinite c the value is x, and the derivative 1 where x is finite.
 * From the output y the derivative of softcap is 1 - (y/c)^2, where y/c and its square are pairs in float64.
 * Coefficients: math/minimax/tanh_shrink.sollya.
 */
#ifndef FA_TANH_SHRINK_H
#define FA_TANH_SHRINK_H

#include "math/exp.h"

/* K = n/m. */
typedef struct { vf64 u, n, m; } fa_tanh_fraction;

FA_INLINE fa_tanh_fraction fa_tanh_fraction_lane(vf64 x)
{
    vf64 u = vf64_mul(x, x);
    vf64 n = fa_horner_f64(u, 0x1.999999976613bp-3, 0x1.2cacd8c19626bp-7, 0x1.b9baf99a08d2fp-14,
        0x1.50733d944ec9p-22, 0x1.f5718a8293111p-34);
    vf64 m = fa_horner_f64(u, 0x1p0, 0x1.30f3579f72629p-4, 0x1.6ac894c2eaa26p-10, 0x1.fcfbdfe0fbaabp-18,
        0x1.347caaba813f3p-27);
    return (fa_tanh_fraction){u, vf64_mul(u, n), m};
}
FA_INLINE vf64 fa_tanh_held_lane(vf64 x) { return vf64_max(vf64_set1(-9.5), vf64_min(vf64_set1(9.5), x)); }

/* tanh(x), x held. */
FA_INLINE vf64 fa_tanh_lane(vf64 x)
{
    fa_tanh_fraction f = fa_tanh_fraction_lane(x);
    vf64 k = vf64_fma(vf64_set1(3.0), f.m, f.n);
    return vf64_div(vf64_mul(x, k), vf64_fma(f.u, f.m, k));
}

/* What x has beyond where it is held is added. That loses the sign of -0. */
FA_INLINE vf64 fa_tanh_shrink_lane(vf64 x)
{
    vf64 held = fa_tanh_held_lane(x);
    fa_tanh_fraction f = fa_tanh_fraction_lane(held);
    vf64 d = vf64_fma(vf64_set1(3.0), f.m, vf64_fma(f.u, f.m, f.n));
    vf64 y = vf64_div(vf64_mul(vf64_mul(held, f.u), f.m), d);
    return vf64_copysign(vf64_add(vf64_sub(x, held), y), x);
}
FA_INLINE vf64 fa_tanh_shrink_slope_lane(vf64 x)
{
    vf64 t = fa_tanh_lane(fa_tanh_held_lane(x));
    return vf64_mul(t, t);
}
FA_INLINE vf32 fa_tanh_shrink_f32(vf32 x) { return vf32_through_f64(fa_tanh_shrink_lane, x); }
FA_INLINE vf32 fa_tanh_shrink_grad_f32(vf32 x, vf32 dy)
{
    return vf32_mul(vf32_through_f64(fa_tanh_shrink_slope_lane, x), dy);
}

FA_INLINE vf64 fa_tanh_fraction_f64(vf64 u)
{
    vf64 n = fa_estrin2_f64(u, 0x1.999999999999ap-3, 0x1.783c546f64fb2p-7, 0x1.c81384e4ee2dap-13,
        0x1.ebef9e58bbe4dp-20, 0x1.03d8296edcafdp-27, 0x1.0e8d49f3b8f06p-36, 0x1.02091f0b5c95fp-46,
        0x1.6f17790e0173ap-58, 0x1.89bd416cd58a4p-72, -0x1.61f07b57113b7p-87);
    vf64 m = fa_estrin2_f64(u, 0x1p0, 0x1.602d053aa66d4p-4, 0x1.2a1292b052b97p-9, 0x1.b3c7bb47454c5p-16,
        0x1.36cee83446cc8p-23, 0x1.be428e96072bdp-32, 0x1.36715b6cb3d9dp-41, 0x1.6f96bd7c2a07fp-52,
        0x1.05645389861ebp-64);
    return vf64_div(vf64_mul(u, n), m);
}
FA_INLINE vf64 fa_tanh_shrink_f64(vf64 x)
{
    fa_pair_f64 u = fa_two_product_f64(x, x), k = {fa_tanh_fraction_f64(u.high), u.low};
    fa_pair_f64 sum = fa_two_sum_f64(u.high, vf64_set1(3.0)), d = fa_fast_sum_with_pair_f64(sum.high, k);
    d.low = vf64_add(d.low, sum.low);
    fa_pair_f64 y = fa_quotient_of_pairs_f64(fa_product_with_pair_f64(x, u), d);
    vf64 near = vf64_add(y.high, y.low), beyond = vf64_sub(x, vf64_copysign(vf64_set1(1.0), x));
    return vf64_copysign(vf64_select(vf64_lt(vf64_abs(x), vf64_set1(19.5)), near, beyond), x);
}

/* tanh(a), for z = -2 a from -45 to 0. */
FA_INLINE fa_pair_f64 fa_tanh_of_pair_f64(fa_pair_f64 z)
{
    fa_reduced_f64 e = fa_reduce_pair_f64(z);
    vf64 half = vf64_set1(0.5), scale = vf64_pow2(vf64_sub(e.t, vf64_set1(1.0)));
    fa_pair_f64 first = fa_fast_two_difference_f64(scale, half);
    fa_pair_f64 h = fa_fast_two_sum_f64(first.high, vf64_mul(scale, e.r));
    h = fa_fast_two_sum_f64(h.high, vf64_fma(scale, e.w, vf64_add(h.low, first.low)));
    fa_pair_f64 minus = {vf64_neg(h.high), vf64_neg(h.low)};
    return fa_quotient_of_pairs_f64(minus, fa_fast_sum_with_pair_f64(vf64_set1(1.0), h));
}
FA_INLINE vf64 fa_tanh_shrink_grad_f64(vf64 x, vf64 dy)
{
    vf64 a = vf64_min(vf64_set1(22.5), vf64_abs(x));
    fa_pair_f64 t = fa_tanh_of_pair_f64((fa_pair_f64){vf64_mul(vf64_set1(-2.0), a), vf64_set1(0.0)});
    vf64 slope = vf64_fma(t.high, t.high, vf64_mul(vf64_add(t.high, t.high), t.low));
    return vf64_mul(slope, dy);
}

/* 2^200, which stands for an infinite cap, rounds nothing of a float x. */
FA_INLINE vf64 fa_softcap_lane(vf64 x, vf64 cap)
{
    cap = vf64_min(vf64_set1(0x1p200), vf64_abs(cap));
    return vf64_mul(cap, fa_tanh_lane(fa_tanh_held_lane(vf64_div(x, cap))));
}
FA_INLINE vf64 fa_softcap_slope_lane(vf64 x, vf64 cap)
{
    vf64 a = vf64_abs(vf64_div(x, cap)), two = vf64_set1(2.0);
    vf64 e = fa_exp_lane(vf64_mul(vf64_set1(-2.0), vf64_min(vf64_set1(150.0), a)));
    vf64 d = vf64_div(two, vf64_add(vf64_set1(1.0), e));
    return vf64_mul(vf64_mul(d, d), e);
}
FA_INLINE vf64 fa_softcap_slope_from_output_lane(vf64 y, vf64 cap)
{
    vf64 q = vf64_div(y, cap);
    return vf64_fnma(q, q, vf64_set1(1.0));
}
FA_INLINE vf32 fa_softcap_f32(vf32 x, vf32 cap) { return vf32_both_through_f64(fa_softcap_lane, x, cap); }
FA_INLINE vf32 fa_softcap_grad_f32(vf32 x, vf32 dy, vf32 cap)
{
    return vf32_mul(vf32_both_through_f64(fa_softcap_slope_lane, x, cap), dy);
}
FA_INLINE vf32 fa_softcap_grad_from_output_f32(vf32 y, vf32 dy, vf32 cap)
{
    return vf32_mul(vf32_both_through_f64(fa_softcap_slope_from_output_lane, y, cap), dy);
}

/* -2 |x|/c, held, without a low part where it is. That is NaN of an infinite c, but for the c that may be held too. */
FA_INLINE fa_pair_f64 fa_softcap_argument(vf64 x, vf64 cap, vf64 held_cap, double lowest)
{
    vf64 q = vf64_div(vf64_abs(x), cap), rest = vf64_div(vf64_fnma(q, held_cap, vf64_abs(x)), cap);
    vf64 minus_two = vf64_set1(-2.0), least = vf64_set1(lowest), z = vf64_mul(minus_two, q);
    vf64 low = vf64_select(vf64_lt(least, z), vf64_mul(minus_two, rest), vf64_set1(0.0));
    return (fa_pair_f64){vf64_max(least, z), low};
}

/* Where x/c is below 2^-60, and may be subnormal, the value is x. */
FA_INLINE vf64 fa_softcap_f64(vf64 x, vf64 cap)
{
    vf64 infinite = vf64_set1(INFINITY);
    cap = vf64_abs(cap);
    vf64 a = vf64_min(vf64_select(vf64_eq(cap, infinite), vf64_set1(0x1.fffffffffffffp1023), infinite), vf64_abs(x));
    fa_pair_f64 z = fa_softcap_argument(a, cap, cap, -45.0), t = fa_tanh_of_pair_f64(z);
    vf64 y = vf64_fma(cap, t.high, vf64_mul(cap, t.low));
    return vf64_select(vf64_lt(vf64_set1(-0x1p-60), z.high), x, vf64_copysign(y, x));
}
FA_INLINE vf64 fa_softcap_grad_f64(vf64 x, vf64 dy, vf64 cap)
{
    vf64 one = vf64_set1(1.0), size = vf64_abs(cap), held = vf64_min(vf64_set1(0x1.fffffffffffffp1023), size);
    fa_reduced_f64 e = fa_reduce_pair_f64(fa_softcap_argument(x, size, held, FA_NO_POWER_F64));
    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    fa_pair_f64 m = fa_significand_pair_f64(e), small = {vf64_mul(m.high, scale), vf64_mul(m.low, scale)};
    fa_pair_f64 d = fa_fast_sum_with_pair_f64(one, small), t = fa_quotient_of_pairs_f64(m, fa_square_of_pair_f64(d));
    vf64 slope = vf64_scale(vf64_mul(vf64_set1(4.0), vf64_add(t.high, t.low)), e.t);
    return vf64_mul(slope, dy);
}
FA_INLINE vf64 fa_softcap_grad_from_output_f64(vf64 y, vf64 dy, vf64 cap)
{
    vf64 one = vf64_set1(1.0), q = vf64_div(y, cap), rest = vf64_div(vf64_fnma(q, cap, y), cap);
    fa_pair_f64 square = fa_two_product_f64(q, q), sum = fa_two_sum_f64(one, vf64_neg(square.high));
    vf64 low = vf64_fnma(vf64_add(q, q), rest, vf64_sub(sum.low, square.low));
    low = vf64_select(vf64_lt(vf64_abs(low), vf64_set1(INFINITY)), low, vf64_set1(0.0));
    return vf64_mul(vf64_add(sum.high, low), dy);
}

#endif
