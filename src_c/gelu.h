/* gelu(x) = x P(x), P the normal distribution function; gelu_tanh(x) = x sigmoid(2u), 2u = 2 sqrt(2/pi) (x + 0.044715 x^3);
 * and their derivatives P(x) + x p(x), p the normal density, and sigmoid(2u) (1 + x (2u)' sigmoid(-2u)).
 *
 * Both are max(x, 0) - t(|x|), and both derivatives T at -|x| and 1 - T at |x|. With a = |x|:
 * gelu       t = a e^(-a^2/2) M(a), T = e^(-a^2/2) (M(a) - a/sqrt(2 pi)), M the Mills ratio over sqrt(2 pi).
 * gelu_tanh  t = a E/(1 + E), T = E (1 + E - a (2u)')/(1 + E)^2, E = e^-2u.
 *
 * float32    in double lanes, rounded once; M is a rational function. Largest errors: gelu 0.63 ULP, at -2.19;
 *            gelu_tanh 0.54, at -9.95.
 * float64    every argument and factor in two parts; M(a) (a + 1.125) is a polynomial in (a - 3)/(a + 6).
 * The derivatives' zeros are at -0.75179 and -0.75246. Coefficients: minimax/gelu.sollya.
 */
#ifndef FA_GELU_H
#define FA_GELU_H

#include "exp.h"

/* e^(a^2/2) times the upper tail of the normal distribution, for 0 <= a <= 14.7: relative error 2^-27.3. */
FA_INLINE vf64 fa_mills_lane(vf64 a)
{
    vf64 a2 = vf64_mul(a, a);
    vf64 n01 = vf64_fma(vf64_set1(0x1.c13ea1fa7bbadp-2), a, vf64_set1(0x1.0000001a15b63p-1)), n23 = vf64_fma(vf64_set1(0x1.4dbaf124dcd9ap-5), a, vf64_set1(0x1.77e7953cd98e9p-3));
    vf64 n = vf64_fma(vf64_fma(vf64_set1(0x1.0ecb2459ecf79p-8), a2, n23), a2, n01);
    vf64 d01 = vf64_fma(vf64_set1(0x1.ace181d824c9p0), a, vf64_set1(1.0)), d23 = vf64_fma(vf64_set1(0x1.e194e22b1004ap-2), a, vf64_set1(0x1.342c1e62ce75ap0));
    vf64 d45 = vf64_fma(vf64_set1(0x1.5362b2df289d5p-7), a, vf64_set1(0x1.a24b6e8321915p-4));
    vf64 d = vf64_fma(vf64_fma(d45, a2, d23), a2, d01);
    return vf64_div(n, d);
}

FA_INLINE vf64 fa_gelu_lane(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(14.7), vf64_abs(x));
    vf64 e = fa_exp_lane(vf64_mul(vf64_mul(a, a), vf64_set1(-0.5)));
    return vf64_fnma(vf64_mul(a, e), fa_mills_lane(a), vf64_max(vf64_set1(0.0), x));
}
FA_INLINE vf32 fa_gelu_f32(vf32 x) { return vf32_through_f64(fa_gelu_lane, x); }

FA_INLINE vf64 fa_gelu_slope_lane(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(14.7), vf64_abs(x));
    vf64 e = fa_exp_lane(vf64_mul(vf64_mul(a, a), vf64_set1(-0.5)));
    vf64 t = vf64_mul(e, vf64_fnma(a, vf64_set1(0x1.9884533d43651p-2), fa_mills_lane(a)));
    return vf64_select(vf64_signbit(x), t, vf64_sub(vf64_set1(1.0), t));
}
FA_INLINE vf32 fa_gelu_grad_f32(vf32 x, vf32 dy) { return vf32_mul(vf32_through_f64(fa_gelu_slope_lane, x), dy); }

#define FA_GELU_1 0x1.9884533d43651p0 /* 2 sqrt(2/pi) */
#define FA_GELU_3 0x1.2444f2a4d8b4bp-4 /* that times 0.044715 */

FA_INLINE vf64 fa_gelu_tanh_lane(vf64 x)
{
    vf64 one = vf64_set1(1.0), a = vf64_min(vf64_set1(11.0), vf64_abs(x));
    vf64 z = vf64_mul(a, vf64_fnma(vf64_mul(a, a), vf64_set1(FA_GELU_3), vf64_set1(-FA_GELU_1)));
    vf64 e = fa_exp_lane(z);
    return vf64_sub(vf64_max(vf64_set1(0.0), x), vf64_div(vf64_mul(a, e), vf64_add(one, e)));
}
FA_INLINE vf32 fa_gelu_tanh_f32(vf32 x) { return vf32_through_f64(fa_gelu_tanh_lane, x); }

FA_INLINE vf64 fa_gelu_tanh_slope_lane(vf64 x)
{
    vf64 one = vf64_set1(1.0), a = vf64_min(vf64_set1(11.2), vf64_abs(x)), a2 = vf64_mul(a, a);
    vf64 e = fa_exp_lane(vf64_mul(a, vf64_fnma(a2, vf64_set1(FA_GELU_3), vf64_set1(-FA_GELU_1))));
    vf64 d = vf64_add(one, e), slope = vf64_fma(a2, vf64_set1(3.0 * FA_GELU_3), vf64_set1(FA_GELU_1));
    vf64 t = vf64_div(vf64_mul(e, vf64_fnma(a, slope, d)), vf64_mul(d, d));
    return vf64_select(vf64_signbit(x), t, vf64_sub(one, t));
}
FA_INLINE vf32 fa_gelu_tanh_grad_f32(vf32 x, vf32 dy) { return vf32_mul(vf32_through_f64(fa_gelu_tanh_slope_lane, x), dy); }

/* e^(a^2/2) P(N > a) = high + low, N standard normal, a from 0 to 38.75. */
FA_INLINE vf64 fa_mills_f64(vf64 a, vf64 *low)
{
    vf64 offset = vf64_set1(1.125), c0 = vf64_set1(0x1.00a330821bc83p-1);
    vf64 d = vf64_add(a, offset), d_low = vf64_sub(a, vf64_sub(d, offset)), inverse = vf64_div(vf64_set1(1.0), d);
    vf64 t = vf64_div(vf64_sub(a, vf64_set1(3.0)), vf64_add(a, vf64_set1(6.0)));
    vf64 t2 = vf64_mul(t, t), t4 = vf64_mul(t2, t2);
    vf64 p1 = vf64_fma(vf64_set1(0x1.6e4e1274c5cf9p-4), t, vf64_set1(-0x1.77c9ef0309e06p-3));
    vf64 p3 = vf64_fma(vf64_set1(-0x1.2854992c93eecp-2), t, vf64_set1(0x1.6e1404619ec73p-4));
    vf64 p5 = vf64_fma(vf64_set1(-0x1.bda210136a275p-2), t, vf64_set1(0x1.b130103d8eaebp-2));
    vf64 p7 = vf64_fma(vf64_set1(-0x1.925ba0e7f8883p-3), t, vf64_set1(0x1.5a468ea472ce3p-2));
    vf64 p9 = vf64_fma(vf64_set1(-0x1.ac10c8a7f6e3ap-7), t, vf64_set1(0x1.3e5eeefbc0f35p-4));
    vf64 p11 = vf64_fma(vf64_set1(0x1.2a6dd58a9b4cep-8), t, vf64_set1(-0x1.90adc1a2b5f8ep-8));
    vf64 p13 = vf64_fma(vf64_set1(-0x1.6b434adafae19p-11), t, vf64_set1(-0x1.dee4cd55ba5ap-12));
    vf64 p15 = vf64_fma(vf64_set1(0x1.7b3e7857c749ep-14), t, vf64_set1(0x1.fcb42ec369062p-13));
    vf64 p17 = vf64_fma(vf64_set1(-0x1.9a14acd9a898dp-17), t, vf64_set1(-0x1.027281a8384cdp-14));
    vf64 p19 = vf64_fma(vf64_set1(0x1.1972755da649p-20), t, vf64_set1(0x1.eded52c834bc5p-17));
    vf64 p21 = vf64_fma(vf64_set1(0x1.c2415d50aec22p-21), t, vf64_set1(-0x1.cb69c277b033fp-19));
    vf64 even = vf64_fma(vf64_fma(vf64_fma(p21, t4, p17), t4, p13), t4, p9);
    vf64 odd = vf64_fma(vf64_fma(vf64_fma(p19, t4, p15), t4, p11), t4, p7);
    vf64 q = vf64_fma(vf64_fma(odd, t4, p3), t2, vf64_fma(vf64_fma(even, t4, p5), t4, p1));
    vf64 m = vf64_fma(t, q, c0), m_low = vf64_add(vf64_fma(t, q, vf64_sub(c0, m)), vf64_set1(-0x1.664157b7b9849p-55));
    vf64 high = vf64_mul(m, inverse);
    vf64 rest = vf64_add(vf64_fnma(high, d, m), vf64_fnma(high, d_low, m_low));
    *low = vf64_mul(rest, inverse);
    return high;
}

FA_INLINE vf64 fa_gelu_f64(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(38.625), vf64_abs(x)), m_low, m = fa_mills_f64(a, &m_low);
    vf64 b = vf64_mul(a, vf64_set1(-0.5)), z = vf64_mul(b, a), z_low = vf64_fma(b, a, vf64_neg(z));
    fa_reduced_f64 e = fa_reduce_sum_f64(z, z_low);
    vf64 high = vf64_add(vf64_set1(1.0), vf64_add(e.r, e.w));
    vf64 g = vf64_mul(a, m), g_low = vf64_fma(a, m_low, vf64_fma(a, m, vf64_neg(g)));
    vf64 h = vf64_fma(g, e.r, vf64_fma(g, e.w, vf64_mul(g_low, high)));
    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    vf64 s = vf64_mul(g, scale), y = vf64_sub(x, s);
    vf64 rest = vf64_fnma(h, scale, vf64_sub(vf64_sub(x, y), s));
    y = vf64_max(vf64_add(y, rest), vf64_sub(x, vf64_set1(0.25)));
    return vf64_select(vf64_signbit(x), vf64_scale(vf64_neg(vf64_add(g, h)), e.t), y);
}
/* -2 sqrt(2/pi) (a + 0.044715 a^3) = the sum of the result and low, a from 0 to 38. */
FA_INLINE vf64 fa_gelu_tanh_argument_f64(vf64 a, vf64 *low)
{
    vf64 c1 = vf64_set1(0x1.9884533d4364p0), c3 = vf64_set1(0x1.2444f2a4d8b4bp-4);
    vf64 s = vf64_mul(a, a), s_low = vf64_fma(a, a, vf64_neg(s));
    vf64 p = vf64_fma(c3, s, c1); /* p - c1 is exact: c1 ends at 2^-46 */
    vf64 p_low = vf64_add(vf64_fma(c3, s, vf64_sub(c1, p)), vf64_set1(0x1.08d0fcb3c500cp-48));
    p_low = vf64_fma(c3, s_low, vf64_fma(vf64_set1(-0x1.6c843a29d1c7p-61), s, p_low));
    vf64 minus = vf64_neg(a), z = vf64_mul(minus, p);
    *low = vf64_fma(minus, p_low, vf64_fma(minus, p, vf64_neg(z)));
    return z;
}

FA_INLINE vf64 fa_gelu_tanh_f64(vf64 x)
{
    vf64 one = vf64_set1(1.0), z_low;
    vm64 negative = vf64_signbit(x);
    vf64 a = vf64_min(vf64_set1(21.625), vf64_abs(x));
    vf64 z = fa_gelu_tanh_argument_f64(a, &z_low);
    fa_reduced_f64 e = fa_reduce_sum_f64(z, z_low);
    vf64 high = vf64_add(one, vf64_add(e.r, e.w)), low = vf64_add(vf64_sub(e.r, vf64_sub(high, one)), e.w);
    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    vf64 u = vf64_mul(high, scale), d = vf64_add(one, u);
    vf64 d_low = vf64_fma(low, scale, vf64_sub(u, vf64_sub(d, one)));
    vf64 g = vf64_div(a, d);
    vf64 rest = vf64_fnma(g, d_low, vf64_fnma(g, d, a)), g_low = vf64_mul(rest, fa_inverse_1_2(d));
    vf64 h = vf64_fma(g, e.r, vf64_fma(g, e.w, vf64_mul(g_low, high)));
    vf64 y = vf64_select(negative, vf64_scale(vf64_add(g, h), e.t), vf64_add(g, g_low));
    return vf64_select(vf64_lt(vf64_set1(8.0), x), x, vf64_copysign(y, x));
}

FA_INLINE vf64 fa_gelu_grad_f64(vf64 x, vf64 dy)
{
    vf64 one = vf64_set1(1.0), c = vf64_set1(0x1.9884533d43651p-2);
    vf64 a = vf64_min(vf64_set1(38.75), vf64_abs(x)), m_low, m = fa_mills_f64(a, &m_low);
    vf64 b = vf64_mul(a, vf64_set1(-0.5)), z = vf64_mul(b, a), z_low = vf64_fma(b, a, vf64_neg(z));
    fa_reduced_f64 e = fa_reduce_sum_f64(z, z_low);
    vf64 high = vf64_add(one, vf64_add(e.r, e.w));
    vf64 s = vf64_mul(c, a), s_low = vf64_fma(vf64_set1(-0x1.cbc0d30ebfd15p-56), a, vf64_fma(c, a, vf64_neg(s)));
    vf64 lost, g = fa_two_sum_f64(m, vf64_neg(s), &lost), g_low = vf64_add(lost, vf64_sub(m_low, s_low));
    vf64 h = vf64_fma(g, e.r, vf64_fma(g, e.w, vf64_mul(g_low, high)));
    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    vf64 v = vf64_mul(g, scale), y = vf64_sub(one, v);
    y = vf64_add(y, vf64_fnma(h, scale, vf64_sub(vf64_sub(one, y), v)));
    return vf64_mul(vf64_select(vf64_signbit(x), vf64_scale(vf64_add(g, h), e.t), y), dy);
}

FA_INLINE vf64 fa_gelu_tanh_grad_f64(vf64 x, vf64 dy)
{
    vf64 one = vf64_set1(1.0), three = vf64_set1(3.0);
    vf64 c1 = vf64_set1(0x1.9884533d4364p0), c3 = vf64_set1(0x1.2444f2a4d8b4bp-4);
    vf64 a = vf64_min(vf64_set1(21.75), vf64_abs(x));
    vf64 s = vf64_mul(a, a), s_low = vf64_fma(a, a, vf64_neg(s));
    vf64 p = vf64_fma(c3, s, c1), cube = vf64_sub(p, c1); /* exact: c1 ends at 2^-46 */
    vf64 p_low = vf64_add(vf64_fma(c3, s, vf64_neg(cube)), vf64_set1(0x1.08d0fcb3c500cp-48));
    p_low = vf64_fma(c3, s_low, vf64_fma(vf64_set1(-0x1.6c843a29d1c7p-61), s, p_low));
    vf64 minus = vf64_neg(a), z = vf64_mul(minus, p), z_low = vf64_fma(minus, p_low, vf64_fma(minus, p, vf64_neg(z)));
    vf64 k = vf64_fma(three, cube, c1), k_low = vf64_fma(three, cube, vf64_sub(c1, k));
    k_low = vf64_fma(three, p_low, vf64_sub(k_low, vf64_set1(0x1.08d0fcb3c500cp-47)));
    vf64 j = vf64_mul(a, k), j_low = vf64_fma(a, k_low, vf64_fma(a, k, vf64_neg(j)));

    fa_reduced_f64 e = fa_reduce_sum_f64(z, z_low);
    vf64 high = vf64_add(one, vf64_add(e.r, e.w)), low = vf64_add(vf64_sub(e.r, vf64_sub(high, one)), e.w);
    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    vf64 u = vf64_mul(high, scale), d = vf64_add(one, u);
    vf64 d_low = vf64_fma(low, scale, vf64_sub(u, vf64_sub(d, one)));
    vf64 lost, n = fa_two_sum_f64(d, vf64_neg(j), &lost), n_low = vf64_add(lost, vf64_sub(d_low, j_low));
    vf64 d2 = vf64_mul(d, d), d2_low = vf64_fma(vf64_add(d, d), d_low, vf64_fma(d, d, vf64_neg(d2)));
    vf64 inverse = vf64_div(one, d2), g = vf64_mul(n, inverse);
    vf64 g_low = vf64_mul(inverse, vf64_fnma(g, d2_low, vf64_add(vf64_fnma(g, d2, n), n_low)));

    vf64 h = vf64_fma(g, e.r, vf64_fma(g, e.w, vf64_mul(g_low, high)));
    vf64 v = vf64_mul(g, scale), y = vf64_sub(one, v);
    y = vf64_add(y, vf64_fnma(h, scale, vf64_sub(vf64_sub(one, y), v)));
    return vf64_mul(vf64_select(vf64_signbit(x), vf64_scale(vf64_add(g, h), e.t), y), dy);
}

#endif
