/* laplace(x, mu, sigma) = P(N <= z), z = (x - mu)/sigma, N normal with mean 0 and variance 1; its derivative is
 * E/(sigma sqrt(2 pi)), E = e^(-z^2/2). With a = |z| the value is the tail P(N > a) for z < 0, and 1 less that for
 * z >= 0; the tail is E R(a), R Mills' ratio (math/mills.h).
 *
 * z is a pair, of which E would feel the rounding. The derivative of the tail is -E/sqrt(2 pi): with a + l for a the
 * tail is E(a) (R(a) - l/sqrt(2 pi)).
 * float32  in double lanes, rounded once, with a Mills' ratio of its own, by one division.
 *          Largest error found: 0.551 ULP, at 0.0898247808; of the derivative 0.533 ULP, at 0.00252015703.
 * float64  What has E as a factor is 2^100 times too large before the last operation, so that it is not subnormal.
 *          Largest error found: 1.699 ULP, at -0x1.37df40a2c6178p+3; of the derivative 0.863 ULP, at
 *          -0x1.3d3d33b2949e5p+3.
 * With sigma = inf the value is 1/2, and the derivative 0, where x is finite.
 * Coefficients: math/minimax/laplace.sollya.
 */
#ifndef FA_LAPLACE_H
#define FA_LAPLACE_H

#include "math/mills.h"

/* R(a) = M(t)/(a + 1.125) for t = (a - 3)/(a + 5), a from 0 to 14.5, from where on the tail is below half of the
 * smallest subnormal float. */
FA_INLINE vf64 fa_laplace_lane(vf64 x, vf64 mu, vf64 sigma)
{
    vf64 one = vf64_set1(1.0), z = vf64_mul(vf64_sub(x, mu), vf64_div(one, sigma));
    vf64 a = vf64_min(vf64_set1(14.5), vf64_abs(z));
    vf64 n = vf64_add(a, vf64_set1(1.125)), d = vf64_add(a, vf64_set1(5.0)), inverse = vf64_div(one, vf64_mul(n, d));
    vf64 t = vf64_mul(vf64_mul(vf64_sub(a, vf64_set1(3.0)), n), inverse);
    vf64 m = fa_estrin4_f64(t, 0x1.00a33086992e3p-1, -0x1.4e08d34ebb4ffp-3, 0x1.ae644755a626dp-5, 0x1.392cf0c73f2d9p-4,
        -0x1.423c736d9dcd7p-3, 0x1.469dc82f7b828p-3, -0x1.b0d5d7b211c3dp-4, 0x1.669cce4d0c923p-5,
        -0x1.a313f305c9bc3p-8, -0x1.fe4ebdd58adc7p-9, 0x1.eabad67e60445p-10);
    vf64 e = fa_exp_lane(vf64_mul(vf64_mul(a, vf64_set1(-0.5)), a));
    vf64 tail = vf64_mul(vf64_mul(m, d), vf64_mul(inverse, e));
    return vf64_select(vf64_signbit(z), tail, vf64_sub(one, tail));
}

/* a is held where the derivative is too small whatever float sigma is. */
FA_INLINE vf64 fa_laplace_slope_lane(vf64 x, vf64 mu, vf64 sigma)
{
    vf64 scale = vf64_div(vf64_set1(1.0), sigma), z = vf64_mul(vf64_sub(x, mu), scale);
    vf64 a = vf64_min(vf64_set1(20.5), vf64_abs(z));
    vf64 e = fa_exp_lane(vf64_mul(vf64_mul(a, vf64_set1(-0.5)), a));
    return vf64_mul(e, vf64_mul(vf64_set1(FA_INVERSE_SQRT_2PI), scale));
}

FA_INLINE vf32 fa_laplace_through_f64(vf64 (*f)(vf64, vf64, vf64), vf32 x, vf32 mu, vf32 sigma)
{
    return vf32_narrow(f(vf32_widen_low(x), vf32_widen_low(mu), vf32_widen_low(sigma)),
                       f(vf32_widen_high(x), vf32_widen_high(mu), vf32_widen_high(sigma)));
}
FA_INLINE vf32 fa_laplace_f32(vf32 x, vf32 mu, vf32 sigma)
{
    return fa_laplace_through_f64(fa_laplace_lane, x, mu, sigma);
}
FA_INLINE vf32 fa_laplace_grad_f32(vf32 x, vf32 dy, vf32 mu, vf32 sigma)
{
    return vf32_product(fa_laplace_through_f64(fa_laplace_slope_lane, x, mu, sigma), dy);
}

/* z as a pair whose high part is |z|, held at `most`: there is no low part then. The distance from mu is held too, so
 * that the quotient does not overflow; with an infinite sigma it is not, and the quotient is 0. The inverse is that of
 * |sigma|. */
typedef struct { fa_pair_f64 a, inverse; vf64 z; } fa_laplace_argument;

FA_INLINE fa_laplace_argument fa_laplace_argument_f64(vf64 x, vf64 mu, vf64 sigma, double most)
{
    fa_laplace_argument y;
    vf64 one = vf64_set1(1.0), zero = vf64_set1(0.0), sign = sigma;
    vf64 infinite = vf64_set1(INFINITY), whole = vf64_abs(sigma);
    sigma = vf64_min(vf64_set1(0x1.fffffffffffffp1023), whole);
    y.inverse.high = vf64_div(one, whole);
    y.inverse.low = vf64_mul(vf64_fnma(y.inverse.high, sigma, one), y.inverse.high);

    fa_pair_f64 d = fa_two_sum_f64(x, vf64_neg(mu));
    y.z = vf64_flip(d.high, sign);
    vf64 far = vf64_mul(vf64_set1(most), vf64_min(vf64_set1(0x1p1000), sigma)), a = vf64_abs(d.high);
    far = vf64_select(vf64_eq(whole, infinite), infinite, far);
    vf64 held = vf64_min(far, a);
    y.a.high = vf64_min(vf64_set1(most), vf64_mul(held, y.inverse.high)); /* the inverse may be infinite */
    vf64 rest = vf64_add(vf64_fnma(y.a.high, sigma, held), vf64_flip(d.low, d.high));
    y.a.low = vf64_select(vf64_lt(a, far), vf64_mul(rest, y.inverse.high), zero);
    return y;
}

FA_INLINE vf64 fa_laplace_f64(vf64 x, vf64 mu, vf64 sigma)
{
    fa_laplace_argument y = fa_laplace_argument_f64(x, mu, sigma, 38.75);
    fa_pair_f64 g = fa_mills_f64(y.a.high);
    g.low = vf64_fnma(y.a.low, vf64_set1(FA_INVERSE_SQRT_2PI), g.low);
    fa_reduced_f64 e = fa_reduce_gauss_f64(y.a.high);
    g = fa_product_of_pairs_f64(g, fa_significand_pair_f64(e));
    vf64 raised = vf64_mul(vf64_add(g.high, g.low), vf64_exponent(e.t));
    vf64 base = vf64_select(vf64_signbit(y.z), vf64_set1(-0.0), vf64_set1(1.0));
    return vf64_fnma(vf64_flip(raised, y.z), vf64_set1(FA_LOWERED), base);
}

/* (1/sqrt(2 pi)/sigma) e^(-a^2/2) = g 2^i 2^j: sigma may be so small that the exponential alone would be lost. */
FA_INLINE vf64 fa_laplace_grad_f64(vf64 x, vf64 dy, vf64 mu, vf64 sigma)
{
    vf64 shift = vf64_set1(FA_SHIFT_F64);
    fa_laplace_argument y = fa_laplace_argument_f64(x, mu, sigma, 53.1875);
    fa_pair_f64 z = fa_two_product_f64(vf64_mul(y.a.high, vf64_set1(-0.5)), y.a.high);
    z.low = vf64_fnma(y.a.high, y.a.low, z.low);
    fa_reduced_f64 e = fa_reduce_pair_f64(z);
    fa_pair_f64 c = {vf64_set1(FA_INVERSE_SQRT_2PI), vf64_set1(-0x1.cbc0d30ebfd15p-56)};
    fa_pair_f64 g = fa_product_of_pairs_f64(fa_significand_pair_f64(e), fa_product_of_pairs_f64(c, y.inverse));
    vf64 j = vf64_fma(vf64_sub(e.t, shift), vf64_set1(0.5), shift), i = vf64_sub(e.t, vf64_sub(j, shift));
    vf64 slope = vf64_times_pow2(vf64_times_pow2(vf64_add(g.high, g.low), i), j);
    return vf64_product(vf64_flip(slope, sigma), dy);
}

#endif
