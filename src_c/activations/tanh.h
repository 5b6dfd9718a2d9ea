/* tanh(x), and its derivative, 1/cosh(x)^2, which is four times that of the sigmoid at 2 x.
 *
 * float32  With a = |x|, at most 8.78, the square of a linear function of a, rounded, tells which of 4 pieces a is in:
 *          they end at 1, 2.44 and 4.54. With d the distance of a to the piece's centre the result is
 *          b + d (c1 + c2 e + ... + c8 e^7), e = b d, where b is the float next to the value at the centre; in the
 *          piece around 0 b is a = d itself, and the polynomial one in d^2. There the table has 2 for b, from which,
 *          as elsewhere from a number below 1 <= a, the min takes the right one.
 *          Largest error found: 0.978 ULP, at 0x1.33882ep+1. Coefficients: math/minimax/tanh.sollya.
 *          Largest error found in the derivative (math/logistic.h): 1.589 ULP, at 0.184975.
 * float64  With |x| = r - n ln2/2, E = 2^n and h = tanh(r), tanh(|x|) = (1 - E + h (1 + E))/(1 + E + h (1 - E)), which
 *          is h itself near 0. The quotient is corrected by its remainder. r is exact (math/exp.h), and what ln2 lost
 *          is added to h.
 *          Largest error found: 1.771 ULP, at 0x1.85aef19fb6836p-3; of the derivative 1.242 ULP, at
 *          0x1.28acd01d4f37dp+4.
 */
#ifndef FA_TANH_H
#define FA_TANH_H

#include "math/logistic.h"

static const float FA_TANH_CENTRE[4] = {0x1.dd38p2f, 0x0p0f, 0x1.87ab2ep0f, 0x1.a66688p1f};
static const float FA_TANH_C[9][4] = {
    {0x1.ffffeap-1f, 0x1p1f, 0x1.d2222ep-1f, 0x1.fe9bep-1f},
    {0x1.846474p-20f, -0x1.2d3afap-28f, 0x1.5e7ef6p-3f, 0x1.63a444p-8f},
    {-0x1.815ffep-20f, -0x1.55553p-2f, -0x1.5e7fp-3f, -0x1.63a754p-8f},
    {0x1.19a216p-21f, 0x1.110adap-3f, 0x1.a31eeap-4f, 0x1.d8e286p-9f},
    {-0x1.8e798ap-22f, -0x1.b94e44p-5f, -0x1.126798p-5f, -0x1.d4a24p-10f},
    {0x1.0b1d72p-21f, 0x1.5fa7e2p-6f, -0x1.224f82p-9f, 0x1.6feda2p-11f},
    {-0x1.13b5aap-26f, -0x1.036048p-7f, 0x1.4cbf8ep-7f, -0x1.dcfd2p-13f},
    {-0x1.1aec58p-24f, 0x1.2af816p-9f, -0x1.96fb8ep-8f, 0x1.f211aep-15f},
    {-0x1.1dd5aep-25f, -0x1.722754p-12f, 0x1.9a3c32p-10f, -0x1.335c6ep-17f}
};

FA_INLINE vf32 fa_tanh_f32(vf32 x)
{
    vf32 a = vf32_min(vf32_set1(0x1.18f5c2p3f), vf32_abs(x));
    vf32 w = vf32_fnma(a, vf32_set1(0x1.f9a79ap-3f), vf32_set1(0x1.d3fa76p0f));
    vi32 piece = vf32_bits(vf32_fnma(w, w, vf32_set1(FA_SHIFT_F32)));
    vf32 d = vf32_sub(a, vf32_lookup4(FA_TANH_CENTRE, piece));
    vf32 b = vf32_min(vf32_lookup4(FA_TANH_C[0], piece), a), e = vf32_product(b, d);
    vf32 q = vf32_lookup4(FA_TANH_C[8], piece);
    for (int k = 7; k > 0; k--) q = vf32_fma(q, e, vf32_lookup4(FA_TANH_C[k], piece));
    return vf32_flip(vf32_fma(d, q, b), x);
}

FA_INLINE vf64 fa_tanh_f64(vf64 x)
{
    vf64 one = vf64_set1(1.0), a = vf64_min(vf64_set1(20.0), vf64_abs(x));
    vf64 t = vf64_fma(a, vf64_set1(-2.0 * FA_LOG2E_F64), vf64_set1(FA_SHIFT_F64));
    vf64 n = vf64_sub(t, vf64_set1(FA_SHIFT_F64)), r = vf64_fma(n, vf64_set1(0.5 * FA_LN2_F64), a);
    vf64 r2 = vf64_mul(r, r), rest = vf64_mul(n, vf64_set1(0.5 * FA_LN2_REST_F64));
    vf64 q = fa_estrin2_f64(r2, -0x1.55555555554bdp-2, 0x1.11111110e0d1p-3, -0x1.ba1ba11744ed8p-5,
        0x1.664eca18d96c4p-6, -0x1.223c8357fbd09p-7, 0x1.c386897763ef9p-9);
    vf64 h = vf64_add(r, vf64_fma(r, vf64_mul(r2, q), rest));

    vf64 scale = vf64_pow2(t), less = vf64_sub(one, scale), more = vf64_add(one, scale);
    vf64 m = vf64_fma(h, more, less);
    fa_pair_f64 d = {vf64_fma(h, less, more), one};
    d.low = vf64_fma(h, less, vf64_add(vf64_sub(one, d.high), scale));
    vf64 y = vf64_div(m, d.high);
    return vf64_copysign(vf64_fma(fa_remainder_f64(m, y, d), fa_inverse_1_2(d.high), y), x);
}

FA_INLINE vf64 fa_tanh_slope_f64(vf64 x)
{
    return fa_logistic_slope_f64(vf64_set1(4.0), vf64_product(vf64_set1(-2.0), vf64_abs(x)));
}
FA_INLINE vf32 fa_tanh_grad_f32(vf32 x, vf32 dy) { return vf32_product(fa_logistic_slope_f32(x, 2), dy); }
FA_INLINE vf64 fa_tanh_grad_f64(vf64 x, vf64 dy) { return vf64_product(fa_tanh_slope_f64(x), dy); }

#define FA_BODY "activations/tanh.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

/* 1 - y^2, rounded once, times dy. */
FA_INLINE V FA(tanh_grad_from_output)(V y, V dy) { return OP(mul)(OP(fnma)(y, y, OP(set1)(1)), dy); }

#endif
