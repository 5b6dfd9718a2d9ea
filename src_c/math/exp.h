/* e^z and e^z - 1.
 *
 * z = n ln2 + r with the integer n next to z/ln2, so that |r| <= ln2/2 and e^z = 2^n e^r (Cody and Waite). t = z/ln2 +
 * FA_SHIFT, rounded, has n in its low bits, from where vf64_scale and its like take it. ln2 is split in two, so that
 * z less n times the high part, a fused operation, is exact; in float64 that part is LN2 itself. What n times the low
 * part adds is kept apart where it counts. Of e^r a minimax polynomial gives what comes after 1, or after 1 + r.
 *
 * Coefficients: math/minimax/exp.sollya.
 */
#ifndef FA_EXP_H
#define FA_EXP_H

#include "math/pair.h"
#include "math/polynomial.h"

#define FA_LN2_HI_F32 0x1.62e43p-1f
#define FA_LN2_LO_F32 -0x1.05c61p-29f
#define FA_LN2_F64 0x1.62e42fefa39efp-1
#define FA_LN2_REST_F64 0x1.abc9e3b39803fp-56 /* ln2 - FA_LN2_F64 */
#define FA_LOG2E_F64 0x1.71547652b82fep0

/* Where e^z is held, if it is far too small: n is -191 or -1123 there, and the power of two that vf32_scale and
 * vf64_scale multiply with is 0. Many CPUs take long over a product that is too small, but not over one by 0. */
#define FA_NO_POWER_F32 -132.4f
#define FA_NO_POWER_F64 -778.4

/* float32: z = n ln2 + r + c. r is exact, and c, the part of LN2_LO, is tiny. */
typedef struct { vf32 t, n, r, c; } fa_reduced_f32;

FA_INLINE fa_reduced_f32 fa_reduce_f32(vf32 z)
{
    fa_reduced_f32 y;
    y.t = vf32_fma(z, vf32_set1((float)FA_LOG2E_F64), vf32_set1(FA_SHIFT_F32));
    y.n = vf32_sub(y.t, vf32_set1(FA_SHIFT_F32));
    y.r = vf32_fnma(y.n, vf32_set1(FA_LN2_HI_F32), z);
    y.c = vf32_mul(y.n, vf32_set1(-FA_LN2_LO_F32));
    return y;
}

/* r + c, rounded once. */
FA_INLINE vf32 fa_reduced_sum_f32(fa_reduced_f32 e) { return vf32_fnma(e.n, vf32_set1(FA_LN2_LO_F32), e.r); }

/* e^x in float32. Largest error found: 0.89 ULP, at -5.8486. It overflows to inf where e^x does. */
FA_INLINE vf32 fa_exp_f32(vf32 x)
{
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-104.5f), vf32_min(vf32_set1(89.0f), x)));
    vf32 y = fa_horner_f32(fa_reduced_sum_f32(e), 1.0f, 1.0f,
        0x1.fffffap-2f, 0x1.555492p-3f, 0x1.555a26p-5f, 0x1.123988p-7f, 0x1.694cd4p-10f);
    return vf32_scale_wide(y, e.t);
}

/* (e^r - 1 - r)/r^2 in float32, r reduced. */
FA_INLINE vf32 fa_expm1_quotient_f32(vf32 r)
{
    return fa_horner_f32(r, 0x1.fffffep-2f, 0x1.5554bp-3f, 0x1.555716p-5f, 0x1.12279ep-7f, 0x1.6b7376p-10f);
}

/* e^(r + c) - 1 in float32. */
FA_INLINE vf32 fa_expm1_reduced_f32(fa_reduced_f32 e)
{
    vf32 q = fa_expm1_quotient_f32(e.r);
    return vf32_add(e.r, vf32_fma(vf32_product(e.r, e.r), q, vf32_fma(e.c, e.r, e.c)));
}

/* e^x - 1 in float32 for every x: 2^n (e^r - 1) + (2^n - 1), at half its size, since 2^n itself may overflow. The
 * result is -1 from -20 down. */
FA_INLINE vf32 fa_expm1_f32(vf32 x)
{
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-20.0f), vf32_min(vf32_set1(89.0f), x)));
    vf32 scale = vf32_pow2(vf32_sub(e.t, vf32_set1(1.0f)));
    vf32 y = vf32_fma(scale, fa_expm1_reduced_f32(e), vf32_sub(scale, vf32_set1(0.5f)));
    return vf32_add(y, y);
}

/* e^z for z <= 0 in double lanes, for a float32 result: relative error 2^-28.9. */
FA_INLINE vf64 fa_exp_lane(vf64 z)
{
    vf64 t = vf64_fma(z, vf64_set1(FA_LOG2E_F64), vf64_set1(FA_SHIFT_F64));
    vf64 n = vf64_sub(t, vf64_set1(FA_SHIFT_F64));
    vf64 r = vf64_fnma(n, vf64_set1(FA_LN2_F64), z);
    vf64 p = fa_estrin2_f64(r, 0x1.0000008a29b28p0, 0x1.fffffc1d0296bp-2, 0x1.5554195b390f9p-3, 0x1.5558224f13a07p-5,
        0x1.126784ce3f3ap-7, 0x1.6ae72c614d46dp-10);
    return vf64_times_pow2(vf64_fma(p, r, vf64_set1(1.0)), t);
}

/* float64: e^z = (1 + r + w) 2^n. r is z - n LN2, exactly: n is 0, or n LN2 and z are multiples of 2^-54, and r is
 * below 1/2. w is small: what comes after r, and what LN2 lost. t is n + the shift, FA_SHIFT but where another is
 * asked for. */
typedef struct { vf64 t, r, w; } fa_reduced_f64;

/* (e^r - 1 - r)/r^2, r reduced. */
FA_INLINE vf64 fa_expm1_quotient_f64(vf64 r)
{
    return fa_estrin2_small_f64(r, 0x1.000000000000bp-1, 0x1.5555555555561p-3, 0x1.555555555022dp-5,
        0x1.111111110d645p-7, 0x1.6c16c1854e9fbp-10, 0x1.a01a01baddba7p-13, 0x1.a019975e5070bp-16,
        0x1.71dddfd6fc87ap-19, 0x1.28afa5e2bb99bp-22, 0x1.af857500c494p-26);
}

/* e^(r + lost) - 1 - r. */
FA_INLINE vf64 fa_exp_rest_f64(vf64 r, vf64 lost)
{
    vf64 s = vf64_add(r, lost);
    return vf64_fma(vf64_product(s, s), fa_expm1_quotient_f64(s), lost);
}

FA_INLINE fa_reduced_f64 fa_reduce_by_f64(vf64 z, double shift)
{
    fa_reduced_f64 y;
    y.t = vf64_fma(z, vf64_set1(FA_LOG2E_F64), vf64_set1(shift));
    vf64 n = vf64_sub(y.t, vf64_set1(shift));
    y.r = vf64_fnma(n, vf64_set1(FA_LN2_F64), z);
    y.w = fa_exp_rest_f64(y.r, vf64_mul(n, vf64_set1(-FA_LN2_REST_F64)));
    return y;
}
FA_INLINE fa_reduced_f64 fa_reduce_pair_by_f64(fa_pair_f64 z, double shift)
{
    fa_reduced_f64 y;
    y.t = vf64_fma(z.high, vf64_set1(FA_LOG2E_F64), vf64_set1(shift));
    vf64 n = vf64_sub(y.t, vf64_set1(shift));
    y.r = vf64_fnma(n, vf64_set1(FA_LN2_F64), z.high);
    y.w = fa_exp_rest_f64(y.r, vf64_fnma(n, vf64_set1(FA_LN2_REST_F64), z.low));
    return y;
}
FA_INLINE fa_reduced_f64 fa_reduce_f64(vf64 z) { return fa_reduce_by_f64(z, FA_SHIFT_F64); }
FA_INLINE fa_reduced_f64 fa_reduce_pair_f64(fa_pair_f64 z) { return fa_reduce_pair_by_f64(z, FA_SHIFT_F64); }

/* With this shift vf64_exponent(t) is 2^(n + 100), which is normal for n from -1122 to 923, and 0 for n = -1123. What
 * has it as a factor is too large by 2^100, and rounded once more, where it is subnormal, by the product with
 * FA_LOWERED. */
#define FA_SHIFT_RAISED (FA_SHIFT_F64 + 1023 + 100)
#define FA_LOWERED 0x1p-100

/* e^z 2^-n = 1 + r + w, rounded; and as a pair. */
FA_INLINE vf64 fa_significand_f64(fa_reduced_f64 e) { return vf64_add(vf64_set1(1.0), vf64_add(e.r, e.w)); }
FA_INLINE fa_pair_f64 fa_significand_pair_f64(fa_reduced_f64 e)
{
    vf64 high = fa_significand_f64(e);
    return (fa_pair_f64){high, vf64_add(vf64_sub(e.r, vf64_sub(high, vf64_set1(1.0))), e.w)};
}

/* e^x in float64. Largest error found: 0.903 ULP, at 0x1.cf5e77ef2bf23p+8. It overflows to inf where e^x does. */
FA_INLINE vf64 fa_exp_f64(vf64 x)
{
    fa_reduced_f64 e = fa_reduce_f64(vf64_max(vf64_set1(-746.0), vf64_min(vf64_set1(710.0), x)));
    return vf64_scale_wide(fa_significand_f64(e), e.t);
}

/* (e^z - 1)/2 in float64, z from -700 to 710: half of it, since 2^n itself may overflow. With E = 2^n/2 it is
 * (E - 1/2) + E r + E w, where the first term is 0 or larger than the second. The low part is what the sum rounds off;
 * that of w is lost, up to half an ULP of the result. */
FA_INLINE fa_pair_f64 fa_half_expm1_f64(vf64 z)
{
    fa_reduced_f64 e = fa_reduce_f64(z);
    vf64 scale = vf64_pow2(vf64_sub(e.t, vf64_set1(1.0)));
    fa_pair_f64 sum = fa_fast_two_sum_f64(vf64_sub(scale, vf64_set1(0.5)), vf64_product(scale, e.r));
    return fa_fast_two_sum_f64(sum.high, vf64_fma(scale, e.w, sum.low));
}

#endif
