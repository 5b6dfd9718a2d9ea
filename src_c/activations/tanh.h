/* tanh(x), and its derivative, 1/cosh(x)^2, which is four times that of the sigmoid at 2 x.
 *
 * float32  |x| up to 9.02 falls into one of 16 pieces, each with a polynomial of degree 6 in the distance to its
 *          centre. Two exponent bits and two mantissa bits of |x| + 0.625 are a piece's index.
 *          They start at 9, so that the piece around 0 stands there in the tables. It has the form r + r^2 (...): the
 *          max below takes the distance itself for its c0.
 *          Largest error found: 0.7513 ULP, at -0x1.003af6p-3. Coefficients: math/minimax/tanh.sollya.
 *          The derivative is computed in double lanes and rounded once (math/logistic.h).
 * float64  -m/(1 + m) for m = (e^(-2 |x|) - 1)/2, a pair. The quotient is corrected by its remainder.
 *          Largest error found: 1.415 ULP, at 0x1.28aaf64b62508p+4; of the derivative 1.039 ULP, at
 *          0x1.2b2a9102047a0p+2.
 */
#ifndef FA_TANH_H
#define FA_TANH_H

#include "math/logistic.h"

static const float FA_TANH_CENTRE[16] = {
    0x1.9fff1p0f, 0x1.0ffa5ep1f, 0x1.500474p1f, 0x1.8ff904p1f, 0x1.f00384p1f, 0x1.37f756p2f,
    0x1.77f754p2f, 0x1.b7f448p2f, 0x1.0bf448p3f, 0x0p0f, 0x1.8006b6p-3f, 0x1.400624p-2f,
    0x1.fff858p-2f, 0x1.80064cp-1f, 0x1.000998p0f, 0x1.40015ep0f};
static const float FA_TANH_C[7][16] = {
    {
        0x1.d9c6b6p-1f, 0x1.f1980ep-1f, 0x1.faa7f2p-1f, 0x1.fe06b4p-1f, 0x1.ff8f28p-1f, 0x1.fff0b4p-1f,
        0x1.fffdeep-1f, 0x1.ffffb8p-1f, 0x1.fffffcp-1f, 0x0p0f, 0x1.7b9674p-3f, 0x1.35ff1ep-2f, 0x1.d92f38p-2f,
        0x1.4536p-1f, 0x1.85f7bap-1f, 0x1.b253p-1f
    }, {
        0x1.266028p-3f, 0x1.c681f6p-5f, 0x1.543a96p-6f, 0x1.f852b2p-8f, 0x1.c33092p-10f, 0x1.e97b5p-13f,
        0x1.0901p-15f, 0x1.1f0138p-18f, 0x1.c9857p-23f, 0x0p0f, 0x1.ee694ap-1f, 0x1.d113c4p-1f, 0x1.92ac1p-1f,
        0x1.316eecp-1f, 0x1.adf536p-2f, 0x1.1f2278p-2f
    }, {
        -0x1.10661p-3f, -0x1.b9b81cp-5f, -0x1.50ad7cp-6f, -0x1.f660f4p-8f, -0x1.c2cc76p-10f, -0x1.e96bdap-13f,
        -0x1.08ffaep-15f, -0x1.f78dcp-19f, 0x1.c2a46cp-27f, -0x1.4e4002p-25f, -0x1.6e8c16p-3f, -0x1.199632p-2f,
        -0x1.742516p-2f, -0x1.840244p-2f, -0x1.477ad2p-2f, -0x1.e72588p-3f
    }, {
        0x1.33ea6ep-4f, 0x1.15cc16p-5f, 0x1.b77efcp-7f, 0x1.4c512ap-8f, 0x1.2bb6bcp-10f, 0x1.45dc94p-13f,
        0x1.60effap-16f, 0x1.7f38ecp-19f, 0x1.325082p-23f, -0x1.55542cp-2f, -0x1.27a764p-2f, -0x1.c19794p-3f,
        -0x1.81f5f6p-4f, 0x1.56a69cp-5f, 0x1.a86abp-4f, 0x1.bba6fap-4f
    }, {
        -0x1.9d496p-6f, -0x1.eafb8p-7f, -0x1.a4f116p-8f, -0x1.472d9ep-9f, -0x1.2ababep-11f, -0x1.45c4d8p-14f,
        -0x1.60f5acp-17f, -0x1.d703c4p-18f, -0x1.69ce2ap-21f, -0x1.57c20ap-13f, 0x1.ceb2f2p-4f, 0x1.4400eep-3f,
        0x1.5141aep-3f, 0x1.9894eap-4f, 0x1.c568cap-6f, -0x1.9c9158p-7f
    }, {
        0x1.2eed4p-10f, 0x1.23fba4p-8f, 0x1.350d34p-9f, 0x1.ff77b6p-11f, 0x1.ee2fbep-13f, 0x1.0f80d4p-15f,
        0x1.269336p-18f, 0x1.2fa11ep-21f, 0x1.03dd6ap-25f, 0x1.167ecp-3f, 0x1.96e2ccp-4f, 0x1.654d7ap-5f,
        -0x1.afc40ap-6f, -0x1.04906p-4f, -0x1.799f4p-5f, -0x1.3ea1b8p-6f
    }, {
        0x1.161c66p-8f, -0x1.161236p-11f, -0x1.4d8c5ep-11f, -0x1.3e3d7cp-12f, -0x1.43b926p-14f, -0x1.6813ap-17f,
        -0x1.87a56p-20f, 0x1.ed3c7p-17f, 0x1.a43b34p-22f, -0x1.3fdf2ep-6f, -0x1.6b0a52p-6f, -0x1.6355c4p-4f,
        -0x1.9a4ebp-5f, -0x1.e45308p-10f, 0x1.3648d8p-6f, 0x1.f195d6p-7f
    }
};

FA_INLINE vf32 fa_tanh_f32(vf32 x)
{
    vf32 a = vf32_min(vf32_set1(0x1.20a3d8p3f), vf32_abs(x));
    vi32 piece = vi32_shift_right(vf32_bits(vf32_add(a, vf32_set1(0.625f))), 21);
    vf32 r = vf32_sub(a, vf32_lookup16(FA_TANH_CENTRE, piece));
    vf32 q = vf32_lookup16(FA_TANH_C[6], piece);
    for (int k = 5; k > 0; k--) q = vf32_fma(q, r, vf32_lookup16(FA_TANH_C[k], piece));
    return vf32_flip(vf32_fma(r, q, vf32_max(vf32_lookup16(FA_TANH_C[0], piece), r)), x);
}

FA_INLINE vf64 fa_tanh_f64(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(20.0), vf64_abs(x));
    fa_pair_f64 m = fa_half_expm1_f64(vf64_mul(vf64_set1(-2.0), a));
    fa_pair_f64 d = fa_fast_sum_with_pair_f64(vf64_set1(1.0), m);
    vf64 y = vf64_div(m.high, d.high), rest = fa_remainder_of_pair_f64(m, y, d);
    /* d is in [1/2, 1], and rest/d is 2 rest/(2 d). */
    vf64 corrected = vf64_fma(vf64_add(rest, rest), fa_inverse_1_2(vf64_add(d.high, d.high)), y);
    return vf64_copysign(corrected, x);
}

FA_INLINE vf64 fa_tanh_slope_f64(vf64 x)
{
    return fa_logistic_slope_f64(vf64_set1(4.0), vf64_mul(vf64_set1(-2.0), vf64_abs(x)));
}
FA_INLINE vf64 fa_tanh_slope_lane(vf64 x)
{
    return fa_logistic_slope_lane(vf64_set1(4.0), vf64_mul(vf64_set1(-2.0), vf64_abs(x)));
}
FA_INLINE vf32 fa_tanh_grad_f32(vf32 x, vf32 dy) { return vf32_mul(vf32_through_f64(fa_tanh_slope_lane, x), dy); }
FA_INLINE vf64 fa_tanh_grad_f64(vf64 x, vf64 dy) { return vf64_mul(fa_tanh_slope_f64(x), dy); }

#define FA_BODY "activations/tanh.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

/* 1 - y^2, rounded once, times dy. */
FA_INLINE V FA(tanh_grad_from_output)(V y, V dy) { return OP(mul)(OP(fnma)(y, y, OP(set1)(1)), dy); }

#endif
