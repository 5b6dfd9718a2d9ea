/* silu(x) = x sigmoid(x), and its derivative, sigmoid(x) (1 + x sigmoid(-x)), which is 0 at -1.2784645.
 *
 * With a = |x|, E = e^-a and D = 1 + E, the derivative is T = E (D - a)/D^2 at -a, and 1 - T at a.
 *
 * float32  With p and D of math/logistic.h, the value is x (1 - p)/D for x > 0, and x (1 + p) 2^n/D for x < 0: both
 *          are (s - |s| p)/D, where s is x or x 2^n. The numerator is a pair, and the quotient is corrected by its
 *          remainder. All is computed 2^40 too large. Where that overflows the value is x.
 *          Largest error found: 0.944 ULP, at -5.94364.
 *          The derivative is that of math/slope.h. Largest error found: 1.911 ULP, at -1.64931297.
 * float64  The value is x times the logistic function (math/logistic.h).
 *          Largest error found: 1.561 ULP, at -0x1.74384f06914cdp+4.
 *          The derivative is the same with (D - a)/D^2 for x/D.
 *          Largest error found: 1.929 ULP, at -0x1.853ab014067c5p+3, and less than 2^-57 beside
 *          the zero.
 * -inf gives -0; the derivative's limits are -0 at -inf and 1 at +inf.
 */
#ifndef FA_SILU_H
#define FA_SILU_H

#include "math/logistic.h"
#include "math/slope.h"

/* The quotient q is too large by excess/D. The differences keep -0. */
FA_INLINE vf32 fa_silu_f32(vf32 x)
{
    vf32 one = vf32_set1(1.0f), unit = vf32_set1(FA_SCALED_ONE), unscale = vf32_set1(1 / FA_SCALED_ONE);
    vm32 negative = vf32_signbit(x);
    fa_half_angle_f32 e = fa_reduce_half_angle_f32(vf32_minus_abs(x), 1, 3);
    vf32 power = vf32_mul(e.scaled, unscale), w = vf32_fma(vf32_sub(power, one), e.p, power), d = vf32_add(one, w);

    vf32 s = vf32_mul(vf32_max(vf32_set1(-110.0f), x), vf32_select(negative, e.scaled, unit));
    fa_pair_f32 m = fa_two_fma_f32(vf32_minus_abs(s), e.p, s);
    vf32 q = vf32_div(m.high, d), excess = vf32_sub(vf32_fma(q, w, vf32_sub(q, m.high)), m.low);
    vf32 inverse = vf32_fnma(vf32_set1(0.73f), d, vf32_set1(1.75f)); /* about 1/D, for a small correction */
    vf32 y = vf32_mul(vf32_fnma(excess, inverse, q), unscale);
    return vf32_select(negative, y, vf32_min(y, x));
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
