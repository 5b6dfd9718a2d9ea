/* elu and selu.
 *
 *   elu(x, a) = x for x > 0, a (e^x - 1) elsewhere
 *               and its derivative by a, 0 or e^x - 1
 *   selu(x)   = S x for x > 0, S A' (e^x - 1) elsewhere, S and A' the float64 constants of Klambauer et al. 2017,
 *               arXiv 1706.02515. Below, A stands for S A'.
 *
 * For x <= 0 their derivatives are a e^x and A e^x.
 *
 * float32  With E = 2^n and r reduced, a (e^x - 1) = (a E - a) + a E (e^r - 1). The first term is a pair.
 *          Largest error found of elu: 0.919 ULP, at -0.34621799.
 *          S x is x + (S - 1) x, since S is no float.
 * float64  The same, but that a E - a is no pair. One ln2 suffices in the reduction, whose rest is exact (math/exp.h):
 *          beside E - 1, what ln2 lost counts for little.
 *          Largest error found: 1.160 ULP with a = 1, at -0x1.62e92c5f60459p-2, 1.447 ULP with other a; of selu
 *          1.266 ULP, at -0x1.62f62dabd52cdp-2.
 * In a e^x = (a 2^i (1 + p)) 2^j, i + j = n, so that nothing overflows on the way. In float32 a may be as large as
 * 10^30. A is kept as a pair: a number, and its tail.
 * Coefficients: math/minimax/exp.sollya.
 */
#ifndef FA_ELU_H
#define FA_ELU_H

#include "math/exp.h"

#define FA_SELU_F64 0x1.0cfabd6a91132p0
#define FA_SELU_F32 ((float)FA_SELU_F64)
#define FA_SELU_LESS_1_F32 ((float)(FA_SELU_F64 - 1.0))
#define FA_SELU_A_F32 0x1.c212ccp0f
#define FA_SELU_A_TAIL_F32 0x1.903c0cp-26f
#define FA_SELU_A_F64 0x1.c212cc640f03p0
#define FA_SELU_A_TAIL_F64 0x1.092dbf6372048p-54

/* a (e^x - 1) in float32 for x <= 0. What the reduction rounds off, n 2^-29, is too little to count. */
FA_INLINE vf32 fa_elu_left_f32(vf32 x, vf32 a)
{
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-20.0f), x));
    vf32 q = fa_horner_f32(e.r, 0x1.fffff8p-2f, 0x1.5554c4p-3f, 0x1.555bd6p-5f, 0x1.121636p-7f, 0x1.6820f4p-10f);
    vf32 s = vf32_mul(vf32_product(e.r, e.r), q), k = vf32_times_pow2(a, e.t);
    fa_pair_f32 base = fa_fast_two_difference_f32(k, a);
    return vf32_add(base.high, vf32_fma(k, e.r, vf32_fma(k, s, base.low)));
}

/* A (e^x - 1) in float32 for x <= 0. p = e^r - 1 is a pair too; share is A's tail as a share of A. */
FA_INLINE vf32 fa_selu_left_f32(vf32 x)
{
    vf32 a = vf32_set1(FA_SELU_A_F32), share = vf32_set1(FA_SELU_A_TAIL_F32 / FA_SELU_A_F32);
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-20.0f), x));
    fa_pair_f32 p = fa_two_fma_f32(vf32_product(e.r, e.r), fa_expm1_quotient_f32(e.r), e.r);
    p.low = vf32_fma(p.high, share, p.low);
    vf32 k = vf32_times_pow2(a, e.t);
    fa_pair_f32 base = fa_fast_two_difference_f32(k, a);
    base.low = vf32_fma(base.high, share, base.low);
    return vf32_add(base.high, vf32_fma(k, p.high, vf32_fma(k, p.low, base.low)));
}

/* a (e^x - 1) in float64 for x <= 0, where share is what a lacks as a share of a. */
FA_INLINE vf64 fa_elu_left_with_share_f64(vf64 x, vf64 a, double share)
{
    vf64 z = vf64_max(vf64_set1(-40.0), x);
    vf64 t = vf64_fma(z, vf64_set1(FA_LOG2E_F64), vf64_set1(FA_SHIFT_F64));
    vf64 r = vf64_fnma(vf64_sub(t, vf64_set1(FA_SHIFT_F64)), vf64_set1(FA_LN2_F64), z);
    vf64 w = vf64_mul(vf64_product(r, r), fa_expm1_quotient_f64(r));
    vf64 k = vf64_times_pow2(a, t), base = vf64_sub(k, a), rest = vf64_mul(k, w);
    if (share != 0.0) rest = vf64_fma(vf64_set1(share), vf64_fma(k, r, base), rest);
    return vf64_add(base, vf64_fma(k, r, rest));
}
FA_INLINE vf64 fa_elu_left_f64(vf64 x, vf64 a) { return fa_elu_left_with_share_f64(x, a, 0.0); }
FA_INLINE vf64 fa_selu_left_f64(vf64 x)
{
    return fa_elu_left_with_share_f64(x, vf64_set1(FA_SELU_A_F64), FA_SELU_A_TAIL_F64 / FA_SELU_A_F64);
}

/* a e^x for x <= 0, with j = n/2 rounded to an integer and i the rest of n. */
FA_INLINE vf32 fa_elu_slope_left_f32(vf32 x, vf32 a)
{
    vf32 shift = vf32_set1(FA_SHIFT_F32);
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-174.0f), vf32_min(vf32_set1(0.0f), x)));
    vf32 j = vf32_fma(e.n, vf32_set1(0.5f), shift), k = vf32_times_pow2(a, vf32_sub(e.t, vf32_sub(j, shift)));
    return vf32_times_pow2(vf32_fma(k, fa_expm1_reduced_f32(e), k), j);
}
FA_INLINE vf64 fa_elu_slope_left_f64(vf64 x, vf64 a)
{
    vf64 shift = vf64_set1(FA_SHIFT_F64);
    fa_reduced_f64 e = fa_reduce_f64(vf64_max(vf64_set1(-1416.0), vf64_min(vf64_set1(0.0), x)));
    fa_pair_f64 m = fa_significand_pair_f64(e);
    vf64 j = vf64_fma(vf64_sub(e.t, shift), vf64_set1(0.5), shift);
    vf64 k = vf64_times_pow2(a, vf64_sub(e.t, vf64_sub(j, shift)));
    return vf64_times_pow2(vf64_fma(k, m.high, vf64_product(k, m.low)), j);
}

/* selu. The clamps keep what is not selected from overflowing. */
FA_INLINE vf32 fa_selu_f32(vf32 x)
{
    vf32 zero = vf32_set1(0.0f), right = vf32_max(zero, x);
    vf32 left = fa_selu_left_f32(vf32_min(zero, x));
    return vf32_select(vf32_lt(x, zero), left, vf32_fma(vf32_set1(FA_SELU_LESS_1_F32), right, right));
}
FA_INLINE vf64 fa_selu_f64(vf64 x)
{
    vf64 zero = vf64_set1(0.0), right = vf64_once(vf64_max(zero, x));
    vf64 left = fa_selu_left_f64(vf64_min(zero, x));
    return vf64_select(vf64_lt(x, zero), left, vf64_product(vf64_set1(FA_SELU_F64), right));
}

/* A e^x for x <= 0. */
FA_INLINE vf32 fa_selu_slope_left_f32(vf32 x)
{
    vf32 a = vf32_set1(FA_SELU_A_F32);
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(FA_NO_POWER_F32), vf32_min(vf32_set1(0.0f), x)));
    vf32 y = vf32_add(a, vf32_fma(a, fa_expm1_reduced_f32(e), vf32_set1(FA_SELU_A_TAIL_F32)));
    return vf32_scale(y, e.t);
}
FA_INLINE vf64 fa_selu_slope_left_f64(vf64 x)
{
    vf64 a = vf64_set1(FA_SELU_A_F64);
    fa_reduced_f64 e = fa_reduce_f64(vf64_max(vf64_set1(FA_NO_POWER_F64), vf64_min(vf64_set1(0.0), x)));
    fa_pair_f64 m = fa_significand_pair_f64(e);
    vf64 low = vf64_fma(vf64_set1(FA_SELU_A_TAIL_F64), m.high, vf64_product(a, m.low));
    return vf64_scale(vf64_fma(a, m.high, low), e.t);
}

#define FA_BODY "activations/elu.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

FA_INLINE V FA(elu)(V x, V a) { return OP(select)(OP(lt)(x, OP(set1)(0)), FA(elu_left)(x, a), x); }

/* dy for x > 0, dy a e^x elsewhere. Where a is 0, so is the derivative, whatever dy is. */
FA_INLINE V FA(elu_grad)(V x, V dy, V a)
{
    V zero = OP(set1)(0);
    M right = OP(lt)(zero, x);
    V product = OP(product)(FA(elu_slope_left)(x, a), OP(select)(right, zero, dy));
    product = OP(select)(OP(eq)(a, zero), zero, product);
    return OP(select)(right, dy, OP(select)(OP(isnan)(x), x, product));
}

/* dy (e^x - 1), the derivative by a; 0 for x > 0. */
FA_INLINE V FA(elu_grad_parameter)(V x, V dy, V a)
{
    V zero = OP(set1)(0);
    (void)a;
    return OP(select)(OP(lt)(zero, x), zero, OP(mul)(FA(elu)(x, OP(set1)(1)), dy));
}

/* a e^x = y + a. */
FA_INLINE V FA(elu_grad_from_output)(V y, V dy, V a)
{
    y = OP(once)(y);
    return OP(mul)(OP(once)(OP(select)(OP(lt)(OP(set1)(0), y), OP(set1)(1), OP(add)(y, a))), dy);
}

FA_INLINE V FA(selu_grad)(V x, V dy)
{
    V left = FA(selu_slope_left)(x);
    return OP(product)(OP(select)(OP(lt)(OP(set1)(0), x), OP(set1)(K(SELU)), left), dy);
}

FA_INLINE V FA(selu_grad_from_output)(V y, V dy)
{
    y = OP(once)(y);
    V left = OP(add)(OP(add)(y, OP(set1)(K(SELU_A))), OP(set1)(K(SELU_A_TAIL)));
    return OP(mul)(OP(select)(OP(lt)(OP(set1)(0), y), OP(set1)(K(SELU)), left), dy);
}

#endif
