/* e^z and e^z - 1: Cody-Waite reduction z = n ln2 + r, |r| <= ln2/2, and minimax polynomials in r.
 *
 * n is the low bits of t = z log2(e) + FA_SHIFT. ln2 is split so that n LN2_HI is exact and r rounds once or not at all;
 * what LN2_LO adds is kept apart where it counts. Coefficients: math/minimax/exp.sollya.
 */
#ifndef FA_EXP_H
#define FA_EXP_H

#include "vec/vec.h"

#define FA_LN2_HI_F32 0x1.62e43p-1f
#define FA_LN2_LO_F32 -0x1.05c61p-29f
#define FA_LN2_HI_F64 0x1.62e42feep-1
#define FA_LN2_LO_F64 0x1.a39ef35793c76p-33
#define FA_LN2_F64 0x1.62e42fefa39efp-1
#define FA_LN2_TAIL_F64 0x1.abc9e3b39803fp-56 /* ln2 less its double */
#define FA_LOG2E_F64 0x1.71547652b82fep0

/* float32: z = n ln2 + r + c, r exact, c tiny. */
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

/* e^x in float32. Largest error 0.89 ULP, at -5.8486. Overflows to inf, which is genuine. */
FA_INLINE vf32 fa_exp_f32(vf32 x)
{
    vf32 z = vf32_max(vf32_set1(-104.5f), vf32_min(vf32_set1(89.0f), x)), one = vf32_set1(1.0f);
    fa_reduced_f32 e = fa_reduce_f32(z);
    vf32 r = vf32_fnma(e.n, vf32_set1(FA_LN2_LO_F32), e.r);
    vf32 p = vf32_fma(vf32_set1(0x1.694cd4p-10f), r, vf32_set1(0x1.123988p-7f));
    p = vf32_fma(p, r, vf32_set1(0x1.555a26p-5f));
    p = vf32_fma(p, r, vf32_set1(0x1.555492p-3f));
    p = vf32_fma(p, r, vf32_set1(0x1.fffffap-2f));
    p = vf32_fma(vf32_fma(p, r, one), r, one);
    return vf32_scale_wide(p, e.t);
}

/* float32: (e^r - 1 - r)/r^2 on the reduced range. */
FA_INLINE vf32 fa_expm1_quotient_f32(vf32 r)
{
    vf32 q = vf32_fma(vf32_set1(0x1.6b7376p-10f), r, vf32_set1(0x1.12279ep-7f));
    q = vf32_fma(q, r, vf32_set1(0x1.555716p-5f));
    q = vf32_fma(q, r, vf32_set1(0x1.5554bp-3f));
    return vf32_fma(q, r, vf32_set1(0x1.fffffep-2f));
}

/* float32: e^z 2^-n - 1. */
FA_INLINE vf32 fa_expm1_reduced_f32(fa_reduced_f32 e)
{
    vf32 q = fa_expm1_quotient_f32(e.r);
    return vf32_add(e.r, vf32_fma(vf32_mul(e.r, e.r), q, vf32_fma(e.c, e.r, e.c)));
}

/* e^z - 1 in float32, for every z; -1 from -20 down. At half its size, since 2^n itself may overflow. */
FA_INLINE vf32 fa_expm1_f32(vf32 x)
{
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-20.0f), vf32_min(vf32_set1(89.0f), x)));
    vf32 scale = vf32_pow2(vf32_sub(e.t, vf32_set1(1.0f)));
    vf32 y = vf32_fma(scale, fa_expm1_reduced_f32(e), vf32_sub(scale, vf32_set1(0.5f)));
    return vf32_add(y, y);
}

/* e^z, z <= 0, in double lanes for a float32 result: relative error 2^-28.9. */
FA_INLINE vf64 fa_exp_lane(vf64 z)
{
    vf64 t = vf64_fma(z, vf64_set1(FA_LOG2E_F64), vf64_set1(FA_SHIFT_F64));
    vf64 n = vf64_sub(t, vf64_set1(FA_SHIFT_F64));
    vf64 r = vf64_fnma(n, vf64_set1(FA_LN2_F64), z), r2 = vf64_mul(r, r);
    vf64 p01 = vf64_fma(vf64_set1(0x1.fffffc1d0296bp-2), r, vf64_set1(0x1.0000008a29b28p0));
    vf64 p23 = vf64_fma(vf64_set1(0x1.5558224f13a07p-5), r, vf64_set1(0x1.5554195b390f9p-3));
    vf64 p45 = vf64_fma(vf64_set1(0x1.6ae72c614d46dp-10), r, vf64_set1(0x1.126784ce3f3ap-7));
    vf64 p = vf64_fma(vf64_fma(p45, r2, p23), r2, p01);
    return vf64_times_pow2(vf64_fma(p, r, vf64_set1(1.0)), t);
}

/* float64: e^z = (1 + r + w) 2^n, w the small rest of e^r with the low part of r. */
typedef struct { vf64 t, r, w; } fa_reduced_f64;

/* e^(r + low) - 1 - r, low below the last bit of r. */
FA_INLINE vf64 fa_exp_rest_f64(vf64 r, vf64 low)
{
    vf64 r2 = vf64_mul(r, r), r4 = vf64_mul(r2, r2);
    vf64 q01 = vf64_fma(vf64_set1(0x1.5555555555561p-3), r, vf64_set1(0x1.000000000000bp-1));
    vf64 q23 = vf64_fma(vf64_set1(0x1.111111110d645p-7), r, vf64_set1(0x1.555555555022dp-5));
    vf64 q45 = vf64_fma(vf64_set1(0x1.a01a01baddba7p-13), r, vf64_set1(0x1.6c16c1854e9fbp-10));
    vf64 q67 = vf64_fma(vf64_set1(0x1.71dddfd6fc87ap-19), r, vf64_set1(0x1.a019975e5070bp-16));
    vf64 q89 = vf64_fma(vf64_set1(0x1.af857500c494p-26), r, vf64_set1(0x1.28afa5e2bb99bp-22));
    vf64 q = vf64_fma(vf64_fma(q89, r4, vf64_fma(q67, r2, q45)), r4, vf64_fma(q23, r2, q01));
    return vf64_fma(r2, q, low);
}

FA_INLINE fa_reduced_f64 fa_reduce_f64(vf64 z)
{
    fa_reduced_f64 y;
    y.t = vf64_fma(z, vf64_set1(FA_LOG2E_F64), vf64_set1(FA_SHIFT_F64));
    vf64 n = vf64_sub(y.t, vf64_set1(FA_SHIFT_F64));
    vf64 exact = vf64_fnma(n, vf64_set1(FA_LN2_HI_F64), z);
    y.r = vf64_fnma(n, vf64_set1(FA_LN2_LO_F64), exact);
    y.w = fa_exp_rest_f64(y.r, vf64_fnma(n, vf64_set1(FA_LN2_LO_F64), vf64_sub(exact, y.r)));
    return y;
}

/* The same for z + z_low, z_low below the last bit of z. */
FA_INLINE fa_reduced_f64 fa_reduce_sum_f64(vf64 z, vf64 z_low)
{
    fa_reduced_f64 y;
    y.t = vf64_fma(z, vf64_set1(FA_LOG2E_F64), vf64_set1(FA_SHIFT_F64));
    vf64 n = vf64_sub(y.t, vf64_set1(FA_SHIFT_F64));
    vf64 exact = vf64_fnma(n, vf64_set1(FA_LN2_HI_F64), z), rest = vf64_fnma(n, vf64_set1(FA_LN2_LO_F64), z_low);
    y.r = vf64_add(exact, rest);
    y.w = fa_exp_rest_f64(y.r, vf64_add(vf64_sub(exact, y.r), rest));
    return y;
}

/* (high + low) 2^n = e^z; high is within a unit of 1, low its rounding error and less. */
typedef struct { vf64 t, high, low; } fa_exp_parts;

FA_INLINE fa_exp_parts fa_exp_parts_f64(vf64 z)
{
    fa_reduced_f64 e = fa_reduce_f64(z);
    fa_exp_parts y;
    vf64 one = vf64_set1(1.0);
    y.t = e.t;
    y.high = vf64_add(one, vf64_add(e.r, e.w));
    y.low = vf64_add(vf64_sub(e.r, vf64_sub(y.high, one)), e.w);
    return y;
}

/* e^x in float64. Largest error 0.91 ULP in 20 million samples. Overflows to inf, which is genuine. */
FA_INLINE vf64 fa_exp_f64(vf64 x)
{
    fa_reduced_f64 e = fa_reduce_f64(vf64_max(vf64_set1(-746.0), vf64_min(vf64_set1(710.0), x)));
    return vf64_scale_wide(vf64_add(vf64_set1(1.0), vf64_add(e.r, e.w)), e.t);
}

/* (e^z - 1)/2 = high + low in float64, z from -700 to 710; half, since 2^n itself may overflow. */
FA_INLINE vf64 fa_half_expm1_f64(vf64 z, vf64 *low)
{
    fa_reduced_f64 e = fa_reduce_f64(z);
    vf64 scale = vf64_pow2(vf64_sub(e.t, vf64_set1(1.0)));
    vf64 big = vf64_sub(scale, vf64_set1(0.5)), small = vf64_mul(scale, e.r);
    vf64 sum = vf64_add(big, small); /* big is 0 or the larger: a fast two-sum */
    vf64 rest = vf64_fma(scale, e.w, vf64_sub(small, vf64_sub(sum, big)));
    vf64 high = vf64_add(sum, rest);
    *low = vf64_add(vf64_sub(sum, high), rest);
    return high;
}

/* float64 by a table: z = n ln2 + r, n in eighths, |r| <= ln2/16; e^z = base (1 + r + w) 2^k, k the integer nearest to n,
 * base the double of 2^(n - k), from 2^(-1/2) to 2^(3/8). t = n + FA_SHIFT_TABLE ends in 4 + 8 n, so that its low three
 * bits are the place in the table, and what is left of them is k. */
#define FA_SHIFT_TABLE (FA_SHIFT_EIGHTHS + 0.5)

_Alignas(64) static const double FA_EXP2_EIGHTHS[8] = {
    0x1.6a09e667f3bcdp-1, 0x1.8ace5422aa0dbp-1, 0x1.ae89f995ad3adp-1, 0x1.d5818dcfba487p-1,
    0x1p0, 0x1.172b83c7d517bp0, 0x1.306fe0a31b715p0, 0x1.4bfdad5362a27p0};
_Alignas(64) static const double FA_EXP2_EIGHTHS_LOST[8] = { /* what a double of the table is too small by, as a share of it */
    -0x1.3b3efbf5e2228p-54, 0x1.db72fc1f0eab4p-55, 0x1.c1a7792cb3387p-55, 0x1.4a385a63d07a7p-56,
    0x0p0, -0x1.01b15eaa59348p-55, 0x1.34d754db0abb6p-55, 0x1.690cebb7aafbp-56};

/* e^(r + low) - 1 - r, r from -ln2/8 to 0, low below its last bit: relative to e^r - 1, an error of 2^-61. */
FA_INLINE vf64 fa_exp_rest_eighths(vf64 r, vf64 low)
{
    vf64 r2 = vf64_mul(r, r);
    vf64 q01 = vf64_fma(vf64_set1(0x1.5555555554a11p-3), r, vf64_set1(0x1.ffffffffffffbp-2));
    vf64 q23 = vf64_fma(vf64_set1(0x1.11111045e6b77p-7), r, vf64_set1(0x1.5555555440063p-5));
    vf64 q45 = vf64_fma(vf64_set1(0x1.9fd4d61b89b31p-13), r, vf64_set1(0x1.6c1621bc66325p-10));
    vf64 q = vf64_fma(vf64_fma(vf64_set1(0x1.908166d5e6c7ep-16), r2, q45), r2, q23);
    return vf64_fma(r2, vf64_fma(q, r2, q01), low);
}

/* e^z = base (1 + p) 2^k, reduced as above, with a relative error of 2^-58 and what rounding p adds. */
typedef struct { vf64 t, base, p; } fa_reduced_eighths;

/* e^(n ln2 + r) for t = n + FA_SHIFT_TABLE. */
FA_INLINE fa_reduced_eighths fa_exp_eighths(vf64 t, vf64 r)
{
    fa_reduced_eighths y;
    vf64 r2 = vf64_mul(r, r);
    vf64 q01 = vf64_fma(vf64_set1(0x1.5555555555661p-3), r, vf64_set1(0x1.000000000010fp-1));
    vf64 q23 = vf64_fma(vf64_set1(0x1.11111107cbf1ap-7), r, vf64_set1(0x1.55555547f5c08p-5));
    vf64 q45 = vf64_fma(vf64_set1(0x1.a020796f01522p-13), r, vf64_set1(0x1.6c1cc1d90cb38p-10));
    vf64 q = vf64_fma(vf64_fma(q45, r2, q23), r2, q01);
    y.t = t;
    y.base = vf64_lookup8(FA_EXP2_EIGHTHS, t);
    y.p = vf64_fma(r2, q, vf64_add(r, vf64_lookup8(FA_EXP2_EIGHTHS_LOST, t)));
    return y;
}

FA_INLINE fa_reduced_eighths fa_reduce_eighths(vf64 z)
{
    vf64 t = vf64_fma(z, vf64_set1(FA_LOG2E_F64), vf64_set1(FA_SHIFT_TABLE)), n = vf64_sub(t, vf64_set1(FA_SHIFT_TABLE));
    vf64 exact = vf64_fnma(n, vf64_set1(FA_LN2_HI_F64), z);
    return fa_exp_eighths(t, vf64_fnma(n, vf64_set1(FA_LN2_LO_F64), exact));
}

/* The same for z + z_low, z_low below the last bit of z. */
FA_INLINE fa_reduced_eighths fa_reduce_sum_eighths(vf64 z, vf64 z_low)
{
    vf64 t = vf64_fma(z, vf64_set1(FA_LOG2E_F64), vf64_set1(FA_SHIFT_TABLE)), n = vf64_sub(t, vf64_set1(FA_SHIFT_TABLE));
    vf64 exact = vf64_fnma(n, vf64_set1(FA_LN2_HI_F64), z);
    return fa_exp_eighths(t, vf64_add(exact, vf64_fnma(n, vf64_set1(FA_LN2_LO_F64), z_low)));
}

/* base 2^k, which stops at 2^-1000, where nothing is left of it beside 1. */
FA_INLINE vf64 fa_scaled_base(fa_reduced_eighths e)
{
    return vf64_raise(e.base, vf64_max(vf64_set1(FA_SHIFT_EIGHTHS - 1000.0), e.t));
}

/* An approximation of 1/d for d in [1, 2], within 6%: enough where it multiplies a last correction. */
FA_INLINE vf64 fa_inverse_1_2(vf64 d) { return vf64_fnma(vf64_set1(8.0 / 17.0), d, vf64_set1(24.0 / 17.0)); }

/* a + b = the sum and low exactly, whichever is the larger. */
FA_INLINE vf64 fa_two_sum_f64(vf64 a, vf64 b, vf64 *low)
{
    vf64 sum = vf64_add(a, b), b_part = vf64_sub(sum, a);
    *low = vf64_add(vf64_sub(a, vf64_sub(sum, b_part)), vf64_sub(b, b_part));
    return sum;
}

#endif
