/* silu(x) = x sigmoid(x), and its derivative, sigmoid(x) (1 + x sigmoid(-x)), which is 0 at -1.2784645.
 *
 * With a = |x|, E = e^-a and D = 1 + E, the derivative is T = E (D - a)/D^2 at -a, and 1 - T at a.
 *
 * float32  The value is the sigmoid's (1 +- h)/D of activations/sigmoid.h, with h and x/D as pairs; for x < 0, times
 *          2^n. It is at most x for x > 0. Coefficients: math/minimax/sigmoid.sollya.
 *          The derivative is that of math/slope.h. Largest error found: 1.911 ULP, at -1.64931297.
 * float64  The value is x times the logistic function (math/logistic.h).
 *          Largest error found: 1.551 ULP, at -0x1.6f5d5ae4d5ae6p+3.
 *          The derivative is the same with (D - a)/D^2 for x/D.
 *          Largest error found: 1.928 ULP, at -0x1.852e1c54e63b1p+3, and less than 2^-57 beside
 *          the zero.
 * -inf gives -0; the derivative's limits are -0 at -inf and 1 at +inf.
 */
#ifndef FA_SILU_H
#define FA_SILU_H

#include "math/logistic.h"
#include "math/slope.h"

/* The same D, y and rest as in fa_sigmoid_f32; then (1 + v) y is sigmoid(x) or, for x < 0, sigmoid(x)/2^n. */
FA_INLINE vf32 fa_silu_f32(vf32 x)
{
    vf32 one = vf32_set1(1.0f), zero = vf32_set1(0.0f);
    vm32 negative = vf32_signbit(x);
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-120.0f), vf32_minus_abs(x)));
    vf32 r = e.r, r2 = vf32_mul(r, r);
    vf32 g = fa_horner_f32(r2, 0x1.55554cp-5f, -0x1.11041ep-8f, 0x1.af5968p-12f);
    fa_pair_f32 h = {vf32_mul(vf32_set1(-0.5f), r), vf32_mul(vf32_mul(r2, g), r)};

    vf32 scale = vf32_scale(one, e.t), z = vf32_sub(one, scale);
    fa_pair_f32 d;
    d.high = vf32_fma(z, vf32_add(h.high, h.low), vf32_add(one, scale));
    d.low = vf32_fma(z, h.low, vf32_fma(z, h.high, vf32_add(vf32_sub(one, d.high), scale)));
    vf32 y = vf32_div(one, d.high), rest = fa_remainder_f32(one, y, d);
    rest = vf32_add(rest, vf32_select(negative, e.c, zero));

    fa_pair_f32 u = {vf32_flip(h.high, x), vf32_flip(h.low, x)};
    vf32 v = vf32_add(u.high, vf32_fma(rest, vf32_add(one, vf32_add(u.high, u.low)), u.low));

    /* The product p = w y is too large by excess. Differences, not sums, keep -0. The min is for where p overflows. */
    vf32 w = vf32_max(vf32_set1(-120.0f), x), p = vf32_mul(w, y), excess = vf32_fnma(w, y, p);
    vf32 s = vf32_sub(p, vf32_fnma(p, v, excess));
    return vf32_select(negative, vf32_scale(s, e.t), vf32_min(s, x));
}

FA_INLINE vf64 fa_silu_f64(vf64 x)
{
    fa_reduced_eighths e = fa_reduce_eighths(vf64_max(vf64_set1(-760.0), vf64_minus_abs(x)));
    return fa_times_logistic_f64(x, vf64_max(vf64_set1(-760.0), x), e);
}

/* h(a) = (D - a)/D^2 for a up to 18.6875; from there on it is 1 - a. */
static const fa_slope_table FA_SILU_SLOPE = {
    6, 1.25f,
    {
        0x1.26a4bap0f, 0x1.5d78bap0f, 0x1.fd2p0f, 0x1.40acp1f, 0x1.9f8cp1f, 0x1.0f7cp2f, 0x1.4d28p2f, 0x1.8fc4p2f,
        0x1.ecccp2f, 0x1.38aap3f, 0x1.7afap3f, 0x1.b8cap3f, 0x1.2bp4f, 0x0p0f, 0x1.82d8p-2f, 0x1.3aa8p-1f
    }, {{
        0x1.86f364p-4f, -0x1.1d51c2p-4f, -0x1.517a38p-1f, -0x1.377e36p0f, -0x1.05cbc2p1f, -0x1.917f94p1f,
        -0x1.09e144p2f, -0x1.4e5842p2f, -0x1.ac613cp2f, -0x1.18a154p3f, -0x1.5af8aap3f, -0x1.98c9c6p3f, -0x1.1bp4f,
        0x1p-1f, 0x1.d7639ep-2f, 0x1.8f8148p-2f
    }, {
        -0x1.6d787cp-1f, -0x1.a65d2p-1f, -0x1.09cf1p0f, -0x1.1bb444p0f, -0x1.1da21cp0f, -0x1.13232p0f, -0x1.0a355ap0f,
        -0x1.04ad68p0f, -0x1.016f74p0f, -0x1.003de2p0f, -0x1.0009bep0f, -0x1.0001aep0f, -0x1.00000ep0f,
        0x1.614af2p-29f, -0x1.c05e16p-3f, -0x1.8016bcp-2f
    }, {
        -0x1.1ef8e6p-2f, -0x1.e674eep-3f, -0x1.baf9c4p-4f, -0x1.138b68p-5f, 0x1.c82206p-7f, 0x1.62174ap-6f,
        0x1.cfdcd2p-7f, 0x1.d47f44p-8f, 0x1.339e98p-9f, 0x1.b32e0ep-12f, 0x1.19d966p-14f, 0x1.8875a4p-17f,
        0x1.53690cp-25f, -0x1.00000ep-2f, -0x1.48728cp-2f, -0x1.5677b4p-2f
    }, {
        0x1.f219d2p-5f, 0x1.218926p-4f, 0x1.ee754p-5f, 0x1.249676p-5f, 0x1.473d76p-7f, -0x1.c24048p-10f,
        -0x1.652f44p-9f, -0x1.bfcd2ap-10f, -0x1.49ce7p-11f, -0x1.f4b438p-14f, -0x1.522ddep-16f, -0x1.c3bbaep-19f,
        0x1.491746p-24f, -0x1.554f7ep-4f, -0x1.31c1b8p-5f, -0x1.2ffadp-10f
    }, {
        0x1.137bc4p-6f, 0x1.a62af8p-8f, -0x1.6850aep-7f, -0x1.77c6fep-7f, -0x1.77a3e8p-8f, -0x1.05aeb2p-10f,
        0x1.49ff0ep-13f, 0x1.095a06p-12f, 0x1.f19264p-14f, 0x1.a15bap-16f, 0x1.1d0afep-18f, 0x1.06f70ap-20f,
        0x1.2f9e1cp-24f, 0x1.543754p-6f, 0x1.3160eep-5f, 0x1.350fe2p-5f
    }, {
        -0x1.555462p-7f, -0x1.27bc3p-7f, -0x1.18765p-9f, 0x1.1cccf2p-10f, 0x1.7fa36ap-10f, 0x1.00d9a4p-11f,
        0x1.5ee184p-14f, -0x1.bd296p-17f, -0x1.0a2f44p-16f, -0x1.0c20d8p-18f, -0x1.520276p-21f, -0x1.490d0cp-22f,
        0x1.9166bp-27f, 0x1.a77b3ep-7f, 0x1.fde39cp-9f, -0x1.7ff29ap-9f
    }, {
        -0x1.08d10cp-10f, 0x1.b2b46p-10f, 0x1.a0e7dp-10f, 0x1.ded116p-12f, -0x1.3256f4p-13f, -0x1.f633ecp-14f,
        -0x1.1109bap-15f, -0x1.2127fcp-18f, 0x1.42dcep-20f, 0x1.5777c6p-21f, 0x1.022334p-22f, -0x1.015804p-23f,
        0x1.ccfaf4p-30f, -0x1.bd591ap-9f, -0x1.1fca68p-8f, -0x1.297a7ap-8f
    }}
};

FA_INLINE vf32 fa_silu_grad_f32(vf32 x, vf32 dy)
{
    vf32 a = vf32_min(vf32_set1(111.0f), vf32_abs(x)), near = vf32_min(vf32_set1(18.6875f), a);
    fa_reduced_f32 e = fa_reduce_f32(vf32_neg(a));
    return vf32_mul(fa_slope_f32(&FA_SILU_SLOPE, x, near, vf32_sub(a, near), fa_reduced_sum_f32(e), e.t), dy);
}

/* As in fa_times_logistic_f64: g = (D - a)/D^2 is too large by excess, and E = (1 + v) 2^k. */
FA_INLINE vf64 fa_silu_slope_f64(vf64 x)
{
    vf64 one = vf64_set1(1.0), minus_a = vf64_max(vf64_set1(-760.0), vf64_minus_abs(x));
    fa_reduced_eighths e = fa_reduce_eighths(minus_a);
    fa_pair_f64 d = fa_fast_sum_with_pair_f64(one, fa_value_eighths(e));
    fa_pair_f64 m = fa_sum_with_pair_f64(minus_a, d), square = fa_square_of_pair_f64(d);

    vf64 g = vf64_div(m.high, square.high), inverse = fa_inverse_1_2(d.high);
    vf64 excess = vf64_sub(vf64_fma(g, square.low, vf64_fms(g, square.high, m.high)), m.low);
    excess = vf64_mul(vf64_mul(excess, inverse), inverse);
    vf64 y = vf64_sub(g, vf64_fnma(vf64_sub(g, excess), fa_excess_eighths(e), excess));
    vf64 t = vf64_scale_eighths(y, e.t);
    return vf64_select(vf64_signbit(x), t, vf64_sub(one, t));
}
FA_INLINE vf64 fa_silu_grad_f64(vf64 x, vf64 dy) { return vf64_mul(fa_silu_slope_f64(x), dy); }

#endif
