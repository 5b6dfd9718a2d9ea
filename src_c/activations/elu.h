/* elu(x, a) = x > 0 ? x : a (e^x - 1); selu(x) = s (x > 0 ? x : A (e^x - 1)), s and A the float64 constants of
 * Klambauer et al. 2017, arXiv 1706.02515. For x <= 0 their derivatives are a e^x and s A e^x.
 *
 * float32  a (e^x - 1) = (a E - a) + a E (r + s), E = 2^n, s = e^r - 1 - r. The first sum is kept in two parts.
 *          Largest error of elu 0.919 ULP, at -0.34621799.
 * float64  (a E - a) + a E (r + w), E from a table of 2^(j/8), the product a E in two parts; r, from -ln2/8 to 0, has
 *          the sign of the first term. What one ln2 loses, E outweighs.
 *          Largest error 1.14 ULP in 12 million samples with a = 1, at -1.12; 1.18 in as many with each of 11 other a.
 * a e^x = (a 2^i (1 + p)) 2^j, i + j = n: so it does not overflow on the way. In float32 a may be as large as 10^30.
 * s A is kept in two parts; s x is x + (s - 1) x in float32, where s is no float.
 * Coefficients: math/minimax/exp.sollya.
 */
#ifndef FA_ELU_H
#define FA_ELU_H

#include "math/exp.h"

#define FA_SELU_LESS_1_F32 ((float)(FA_SELU_F64 - 1.0))
#define FA_SELU_A_F32 0x1.c212ccp0f
#define FA_SELU_A_TAIL_F32 0x1.903c0cp-26f /* what is lost in A, and that as a share of A */
#define FA_SELU_A_SHARE_F32 (FA_SELU_A_TAIL_F32 / FA_SELU_A_F32)
#define FA_SELU_F64 0x1.0cfabd6a91132p0
#define FA_SELU_A_F64 0x1.c212cc640f03p0
#define FA_SELU_A_TAIL_F64 0x1.092dbf6372048p-54

/* float32: a (e^x - 1), x <= 0. What the reduction rounds off, n 2^-29, is too little to count. */
FA_INLINE vf32 fa_elu_left_f32(vf32 x, vf32 a)
{
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-20.0f), x));
    vf32 q = vf32_fma(vf32_set1(0x1.6820f4p-10f), e.r, vf32_set1(0x1.121636p-7f));
    q = vf32_fma(q, e.r, vf32_set1(0x1.555bd6p-5f));
    q = vf32_fma(q, e.r, vf32_set1(0x1.5554c4p-3f));
    q = vf32_fma(q, e.r, vf32_set1(0x1.fffff8p-2f));
    vf32 s = vf32_mul(vf32_mul(e.r, e.r), q);
    vf32 k = vf32_times_pow2(a, e.t), base = vf32_sub(k, a), low = vf32_sub(k, vf32_add(base, a));
    return vf32_add(base, vf32_fma(k, e.r, vf32_fma(k, s, low)));
}

/* float32: A (e^x - 1), x <= 0, p and the base in two parts and A with its tail. */
FA_INLINE vf32 fa_selu_left_f32(vf32 x)
{
    vf32 a = vf32_set1(FA_SELU_A_F32), share = vf32_set1(FA_SELU_A_SHARE_F32);
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-20.0f), x));
    vf32 r2 = vf32_mul(e.r, e.r), q = fa_expm1_quotient_f32(e.r);
    vf32 p = vf32_fma(r2, q, e.r), p_low = vf32_fma(p, share, vf32_fma(r2, q, vf32_sub(e.r, p)));
    vf32 k = vf32_times_pow2(a, e.t), base = vf32_sub(k, a);
    vf32 low = vf32_fma(base, share, vf32_sub(k, vf32_add(base, a)));
    return vf32_add(base, vf32_fma(k, p, vf32_fma(k, p_low, low)));
}

/* float64: (a + tail) (e^x - 1), x <= 0. */
FA_INLINE vf64 fa_elu_left_f64(vf64 x, vf64 a, double tail)
{
    vf64 z = vf64_max(vf64_set1(-40.0), x);
    vf64 t = vf64_fma(vf64_add(z, vf64_set1(FA_LN2_F64 / 16)), vf64_set1(FA_LOG2E_F64), vf64_set1(FA_SHIFT_TABLE));
    vf64 r = vf64_fnma(vf64_sub(t, vf64_set1(FA_SHIFT_TABLE)), vf64_set1(FA_LN2_F64), z);
    vf64 scale = vf64_raise(vf64_lookup8(FA_EXP2_EIGHTHS, t), t);
    vf64 k = vf64_mul(a, scale), base = vf64_sub(k, a), low = vf64_fms(a, scale, k);
    vf64 w = fa_exp_rest_eighths(r, vf64_lookup8(FA_EXP2_EIGHTHS_LOST, t));
    if (tail != 0.0) low = vf64_fma(vf64_set1(tail / FA_SELU_A_F64), base, low);
    return vf64_add(base, vf64_fma(k, r, vf64_fma(k, w, low)));
}

FA_INLINE vf32 fa_elu_f32(vf32 x, vf32 a)
{
    return vf32_select(vf32_lt(x, vf32_set1(0.0f)), fa_elu_left_f32(x, a), x);
}

FA_INLINE vf64 fa_elu_f64(vf64 x, vf64 a)
{
    return vf64_select(vf64_lt(x, vf64_set1(0.0)), fa_elu_left_f64(x, a, 0.0), x);
}

/* dy for x > 0, dy left elsewhere; where a is 0, so is the derivative, whatever dy is. */
FA_INLINE vf32 fa_elu_slopes_f32(vf32 x, vf32 dy, vf32 a, vf32 left)
{
    vf32 zero = vf32_set1(0.0f);
    vm32 right = vf32_lt(zero, x);
    vf32 product = vf32_select(vf32_eq(a, zero), zero, vf32_mul(left, vf32_select(right, zero, dy)));
    return vf32_select(right, dy, vf32_select(vf32_isnan(x), x, product));
}
FA_INLINE vf64 fa_elu_slopes_f64(vf64 x, vf64 dy, vf64 a, vf64 left)
{
    vf64 zero = vf64_set1(0.0);
    vm64 right = vf64_lt(zero, x);
    vf64 product = vf64_select(vf64_eq(a, zero), zero, vf64_mul(left, vf64_select(right, zero, dy)));
    return vf64_select(right, dy, vf64_select(vf64_isnan(x), x, product));
}

FA_INLINE vf32 fa_elu_grad_f32(vf32 x, vf32 dy, vf32 a)
{
    vf32 zero = vf32_set1(0.0f), shift = vf32_set1(FA_SHIFT_F32);
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-174.0f), vf32_min(zero, x)));
    vf32 j = vf32_fma(e.n, vf32_set1(0.5f), shift), k = vf32_times_pow2(a, vf32_sub(e.t, vf32_sub(j, shift)));
    vf32 left = vf32_times_pow2(vf32_fma(k, fa_expm1_reduced_f32(e), k), j);
    return fa_elu_slopes_f32(x, dy, a, left);
}

FA_INLINE vf64 fa_elu_grad_f64(vf64 x, vf64 dy, vf64 a)
{
    vf64 zero = vf64_set1(0.0), shift = vf64_set1(FA_SHIFT_F64);
    fa_exp_parts e = fa_exp_parts_f64(vf64_max(vf64_set1(-1416.0), vf64_min(zero, x)));
    vf64 j = vf64_fma(vf64_sub(e.t, shift), vf64_set1(0.5), shift);
    vf64 k = vf64_times_pow2(a, vf64_sub(e.t, vf64_sub(j, shift)));
    vf64 left = vf64_times_pow2(vf64_fma(k, e.high, vf64_mul(k, e.low)), j);
    return fa_elu_slopes_f64(x, dy, a, left);
}

FA_INLINE vf32 fa_elu_grad_from_output_f32(vf32 y, vf32 dy, vf32 a)
{
    return vf32_mul(vf32_select(vf32_lt(vf32_set1(0.0f), y), vf32_set1(1.0f), vf32_add(y, a)), dy);
}
FA_INLINE vf64 fa_elu_grad_from_output_f64(vf64 y, vf64 dy, vf64 a)
{
    return vf64_mul(vf64_select(vf64_lt(vf64_set1(0.0), y), vf64_set1(1.0), vf64_add(y, a)), dy);
}

/* The clamps keep what is not selected from overflowing. */
FA_INLINE vf32 fa_selu_f32(vf32 x)
{
    vf32 zero = vf32_set1(0.0f), right = vf32_max(zero, x);
    vf32 left = fa_selu_left_f32(vf32_min(zero, x));
    return vf32_select(vf32_lt(x, zero), left, vf32_fma(vf32_set1(FA_SELU_LESS_1_F32), right, right));
}

FA_INLINE vf64 fa_selu_f64(vf64 x)
{
    vf64 zero = vf64_set1(0.0), a = vf64_set1(FA_SELU_A_F64);
    vf64 left = fa_elu_left_f64(vf64_min(zero, x), a, FA_SELU_A_TAIL_F64);
    return vf64_select(vf64_lt(x, zero), left, vf64_mul(vf64_set1(FA_SELU_F64), vf64_max(zero, x)));
}

FA_INLINE vf32 fa_selu_grad_f32(vf32 x, vf32 dy)
{
    vf32 zero = vf32_set1(0.0f), a = vf32_set1(FA_SELU_A_F32);
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-105.5f), vf32_min(zero, x)));
    vf32 left = vf32_add(a, vf32_fma(a, fa_expm1_reduced_f32(e), vf32_set1(FA_SELU_A_TAIL_F32)));
    return vf32_mul(vf32_select(vf32_lt(zero, x), vf32_set1((float)FA_SELU_F64), vf32_scale(left, e.t)), dy);
}

FA_INLINE vf64 fa_selu_grad_f64(vf64 x, vf64 dy)
{
    vf64 zero = vf64_set1(0.0), a = vf64_set1(FA_SELU_A_F64);
    fa_exp_parts e = fa_exp_parts_f64(vf64_max(vf64_set1(-750.0), vf64_min(zero, x)));
    vf64 low = vf64_fma(vf64_set1(FA_SELU_A_TAIL_F64), e.high, vf64_mul(a, e.low));
    vf64 left = vf64_scale(vf64_fma(a, e.high, low), e.t);
    return vf64_mul(vf64_select(vf64_lt(zero, x), vf64_set1(FA_SELU_F64), left), dy);
}

FA_INLINE vf32 fa_selu_grad_from_output_f32(vf32 y, vf32 dy)
{
    vf32 left = vf32_add(vf32_add(y, vf32_set1(FA_SELU_A_F32)), vf32_set1(FA_SELU_A_TAIL_F32));
    return vf32_mul(vf32_select(vf32_lt(vf32_set1(0.0f), y), vf32_set1((float)FA_SELU_F64), left), dy);
}
FA_INLINE vf64 fa_selu_grad_from_output_f64(vf64 y, vf64 dy)
{
    vf64 left = vf64_add(vf64_add(y, vf64_set1(FA_SELU_A_F64)), vf64_set1(FA_SELU_A_TAIL_F64));
    return vf64_mul(vf64_select(vf64_lt(vf64_set1(0.0), y), vf64_set1(FA_SELU_F64), left), dy);
}

#endif
