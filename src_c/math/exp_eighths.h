/* e^z in float64 by a table of powers of 2, which takes a shorter polynomial than math/exp.h's.
 *
 * z = n ln2 + r with the n in eighths next to z/ln2, so that |r| <= ln2/16. With k the integer nearest to n, e^z = base
 * (1 + p) 2^k, where base is the double of 2^(n - k), between 2^(-1/2) and 2^(3/8), from the table, and p is e^r - 1
 * and what that double lost. t = n + FA_SHIFT_TABLE ends in the bits of 4 + 8 n: their low three are the place in the
 * table, and what is left of them is k, from where vf64_raise and vf64_scale_eighths take it.
 *
 * Relative error 2^-58, and what rounding p adds. Coefficients and table: math/minimax/exp.sollya.
 */
#ifndef FA_EXP_EIGHTHS_H
#define FA_EXP_EIGHTHS_H

#include "math/exp.h"

#define FA_SHIFT_TABLE (FA_SHIFT_EIGHTHS + 0.5)

_Alignas(64) static const double FA_EXP2_EIGHTHS[8] = {
    0x1.6a09e667f3bcdp-1, 0x1.8ace5422aa0dbp-1, 0x1.ae89f995ad3adp-1, 0x1.d5818dcfba487p-1,
    0x1p0, 0x1.172b83c7d517bp0, 0x1.306fe0a31b715p0, 0x1.4bfdad5362a27p0};
/* What a double of the table is too small by, as a share of it. */
_Alignas(64) static const double FA_EXP2_EIGHTHS_LOST[8] = {
    -0x1.3b3efbf5e2228p-54, 0x1.db72fc1f0eab4p-55, 0x1.c1a7792cb3387p-55, 0x1.4a385a63d07a7p-56,
    0x0p0, -0x1.01b15eaa59348p-55, 0x1.34d754db0abb6p-55, 0x1.690cebb7aafbp-56};

/* e^z = base (1 + p) 2^k. */
typedef struct { vf64 t, base, p; } fa_reduced_eighths;

/* e^(n ln2 + r) for t = n + FA_SHIFT_TABLE. */
FA_INLINE fa_reduced_eighths fa_exp_eighths(vf64 t, vf64 r)
{
    fa_reduced_eighths y;
    vf64 q = fa_estrin2_f64(r, 0x1.000000000010fp-1, 0x1.5555555555661p-3, 0x1.55555547f5c08p-5, 0x1.11111107cbf1ap-7,
        0x1.6c1cc1d90cb38p-10, 0x1.a020796f01522p-13);
    y.t = t;
    y.base = vf64_lookup8(FA_EXP2_EIGHTHS, t);
    y.p = vf64_fma(vf64_mul(r, r), q, vf64_add(r, vf64_lookup8(FA_EXP2_EIGHTHS_LOST, t)));
    return y;
}

FA_INLINE fa_reduced_eighths fa_reduce_eighths(vf64 z)
{
    vf64 t = vf64_fma(z, vf64_set1(FA_LOG2E_F64), vf64_set1(FA_SHIFT_TABLE));
    vf64 n = vf64_sub(t, vf64_set1(FA_SHIFT_TABLE));
    vf64 exact = vf64_fnma(n, vf64_set1(FA_LN2_HI_F64), z);
    return fa_exp_eighths(t, vf64_fnma(n, vf64_set1(FA_LN2_LO_F64), exact));
}

/* base 2^k. It stops falling at 2^-1000, where nothing is left of it beside 1. */
FA_INLINE vf64 fa_scaled_base(fa_reduced_eighths e)
{
    return vf64_raise(e.base, vf64_max(vf64_set1(FA_SHIFT_EIGHTHS - 1000.0), e.t));
}

/* e^z, which stops falling at about 2^-1000, as a pair. */
FA_INLINE fa_pair_f64 fa_value_eighths(fa_reduced_eighths e)
{
    vf64 scale = fa_scaled_base(e);
    return fa_two_fma_f64(scale, e.p, scale);
}

/* v in e^z = (1 + v) 2^k. */
FA_INLINE vf64 fa_excess_eighths(fa_reduced_eighths e)
{
    return vf64_fma(e.base, e.p, vf64_sub(e.base, vf64_set1(1.0)));
}

/* e^(r + lost) - 1 - r for r from -ln2/8 to 0 and what r lost. Relative to e^r - 1, its error is 2^-61. */
FA_INLINE vf64 fa_exp_rest_eighths(vf64 r, vf64 lost)
{
    vf64 q = fa_estrin2_f64(r, 0x1.ffffffffffffbp-2, 0x1.5555555554a11p-3, 0x1.5555555440063p-5, 0x1.11111045e6b77p-7,
        0x1.6c1621bc66325p-10, 0x1.9fd4d61b89b31p-13, 0x1.908166d5e6c7ep-16);
    return vf64_fma(vf64_mul(r, r), q, lost);
}

#endif
