/* sqrt_softplus(x) = sqrt(log(1 + e^x)); its derivative, sigmoid(x)/(2 sqrt_softplus(x)). Far below 0 they are e^(x/2)
 * and half of that, and e^x is too small a number: it is raised by a power of two, of which the root takes the root.
 *
 * With u = e^-|x|, softplus(x) = max(x, 0) + log(1 + u), and sigmoid(x) is 1/(1 + u), or u/(1 + u) for x < 0.
 * float32  log(1 + u) = u P(u) in double lanes. It is rounded, and so is its root: of a rounded number the error counts
 *          half. Of the derivative it is its square that is rounded.
 *          Largest error found: 0.857 ULP, at -174.907639; of the derivative 0.863 ULP, at -173.475296.
 * float64  log(1 + u) as in softplus.h, with what u lost; but the sum is rounded last. In the derivative 1 + u and its
 *          product with the root are pairs; a division by that product gives also what is lacking of the root.
 *          Largest error found: 1.279 ULP, at -0x1.55dbdb50ab9dcp-24; of the derivative 0.837 ULP, at
 *          0x1.b18d705e21612p-24.
 * Coefficients: math/minimax/sqrt_softplus.sollya, math/minimax/softplus.sollya.
 */
#ifndef FA_SQRT_SOFTPLUS_H
#define FA_SQRT_SOFTPLUS_H

#include "math/exp.h"

/* float32: u, and softplus(x). u is held where the root is below half of the least subnormal number. */
typedef struct { vf64 u, softplus; } fa_sqrt_softplus_lane;

FA_INLINE fa_sqrt_softplus_lane fa_sqrt_softplus_of_lane(vf64 x)
{
    fa_sqrt_softplus_lane y;
    y.u = fa_exp_lane(vf64_max(vf64_set1(-210.0), vf64_minus_abs(x)));
    vf64 p = fa_estrin4_f64(y.u, 0x1p0, -0x1.fffff7789c53dp-2, 0x1.5553a5744c882p-2, -0x1.ffc41f1d7f69p-3,
        0x1.978278d71a17ep-3, -0x1.4a542e08e578dp-3, 0x1.fea74a96b858p-4, -0x1.5445878b51451p-4,
        0x1.57e9637d9b5bfp-5, -0x1.bead518574b8p-7, 0x1.0fb4b733fbfecp-9);
    y.softplus = vf64_fma(y.u, p, vf64_max(x, vf64_set1(0.0)));
    return y;
}
FA_INLINE vf64 fa_sqrt_softplus_inner_lane(vf64 x) { return fa_sqrt_softplus_of_lane(x).softplus; }

/* sigmoid(x)^2/softplus(x). */
FA_INLINE vf64 fa_sqrt_softplus_square_lane(vf64 x)
{
    vf64 one = vf64_set1(1.0);
    fa_sqrt_softplus_lane y = fa_sqrt_softplus_of_lane(x);
    vf64 n = vf64_select(vf64_signbit(x), y.u, one), d = vf64_add(one, y.u);
    return vf64_div(vf64_mul(n, n), vf64_mul(vf64_mul(d, d), y.softplus));
}

/* The root of what f gives, times the factor. What f gives is raised so that it is a normal float. */
FA_INLINE vf32 fa_root_through_f64(vf64 (*f)(vf64), vf32 x, double raise, float factor)
{
    vf64 low = vf32_widen_low(x), high = vf32_widen_high(x), far = vf64_set1(-80.0);
    vf64 raised = vf64_set1(raise), raised_far = vf64_set1(0x1p200 * raise);
    low = vf64_mul(f(low), vf64_select(vf64_lt(low, far), raised_far, raised));
    high = vf64_mul(f(high), vf64_select(vf64_lt(high, far), raised_far, raised));
    vf32 scale = vf32_select(vf32_lt(x, vf32_set1(-80.0f)), vf32_set1(0x1p-100f * factor), vf32_set1(factor));
    return vf32_mul(vf32_sqrt(vf32_narrow(low, high)), scale);
}
FA_INLINE vf32 fa_sqrt_softplus_f32(vf32 x) { return fa_root_through_f64(fa_sqrt_softplus_inner_lane, x, 1.0, 1.0f); }
FA_INLINE vf32 fa_sqrt_softplus_grad_f32(vf32 x, vf32 dy)
{
    return vf32_mul(fa_root_through_f64(fa_sqrt_softplus_square_lane, x, 0x1p40, 0x1p-21f), dy);
}

/* float64: u, softplus(x) and its root as pairs; where x < -700 the first two are 2^1200 times too large, the last two
 * 2^600, and log(1 + u) is u. */
typedef struct { fa_pair_f64 u, softplus; vf64 root; vm64 far; } fa_sqrt_softplus_parts;

FA_INLINE fa_sqrt_softplus_parts fa_sqrt_softplus_parts_of(vf64 x)
{
    fa_sqrt_softplus_parts y;
    vf64 zero = vf64_set1(0.0), least = vf64_select(vf64_signbit(x), vf64_set1(-1500.0), vf64_set1(-700.0));
    y.far = vf64_lt(x, vf64_set1(-700.0));
    fa_reduced_f64 e = fa_reduce_f64(vf64_max(least, vf64_minus_abs(x)));
    vf64 power = vf64_pow2(vf64_add(e.t, vf64_select(y.far, vf64_set1(1200.0), zero)));
    fa_pair_f64 m = fa_significand_pair_f64(e);
    y.u = (fa_pair_f64){vf64_mul(m.high, power), vf64_mul(m.low, power)};

    vf64 u = vf64_drop(y.far, y.u.high), s = vf64_div(u, vf64_add(vf64_set1(2.0), u)), s2 = vf64_mul(s, s);
    vf64 p = fa_estrin2_f64(s2, 0x1.5555555555555p-1, 0x1.999999999a249p-2, 0x1.24924923e317fp-2, 0x1.c71c7269548b3p-3,
        0x1.745cf1d910569p-3, 0x1.3b18991ba5cfcp-3, 0x1.10adc9e833b27p-3, 0x1.eb7b3c858dc6cp-4,
        0x1.68d6944634cb4p-4, 0x1.4ab5644ef489ep-3);
    vf64 lost = vf64_mul(y.u.low, fa_inverse_1_2(vf64_add(vf64_set1(1.0), u)));
    vf64 rest = vf64_fnma(s, vf64_fnma(s2, p, u), lost);
    fa_pair_f64 sum = fa_sum_with_pair_f64(vf64_max(x, zero), fa_fast_two_sum_f64(y.u.high, rest));
    y.softplus = fa_fast_two_sum_f64(sum.high, sum.low);
    y.root = vf64_sqrt(y.softplus.high);
    return y;
}
FA_INLINE vf64 fa_sqrt_softplus_f64(vf64 x)
{
    fa_sqrt_softplus_parts y = fa_sqrt_softplus_parts_of(x);
    vf64 value = vf64_mul(y.root, vf64_select(y.far, vf64_set1(0x1p-600), vf64_set1(1.0)));
    return vf64_select(vf64_eq(x, vf64_set1(INFINITY)), x, value);
}

/* 2 slope = n q (1 + v), q about 1/(d root). v is the remainder of q, less the share that is lacking of the root: half
 * of what is lacking of its square over the square, and that is about (q d)^2. */
FA_INLINE vf64 fa_sqrt_softplus_grad_f64(vf64 x, vf64 dy)
{
    fa_sqrt_softplus_parts y = fa_sqrt_softplus_parts_of(x);
    vf64 one = vf64_set1(1.0), zero = vf64_set1(0.0), half = vf64_set1(0.5);
    vm64 below = vf64_signbit(x);
    fa_pair_f64 n = {vf64_select(below, y.u.high, one), vf64_select(below, y.u.low, zero)};
    fa_pair_f64 u = {vf64_drop(y.far, y.u.high), vf64_drop(y.far, y.u.low)};
    fa_pair_f64 d = fa_fast_sum_with_pair_f64(one, u), product = fa_product_with_pair_f64(y.root, d);
    vf64 q = vf64_div(one, product.high), inverse = vf64_mul(q, d.high);
    vf64 lacking = vf64_add(vf64_fnma(y.root, y.root, y.softplus.high), y.softplus.low);
    vf64 v = vf64_fnma(vf64_mul(vf64_mul(lacking, half), inverse), inverse, fa_remainder_f64(one, q, product));
    fa_pair_f64 slope = fa_two_product_f64(n.high, q);
    slope.low = vf64_add(vf64_fma(slope.high, v, slope.low), vf64_mul(n.low, q));
    vf64 sum = vf64_drop(vf64_eq(x, vf64_set1(INFINITY)), vf64_add(slope.high, slope.low));
    return vf64_mul(vf64_mul(sum, vf64_select(y.far, vf64_set1(0x1p-601), half)), dy);
}

#endif
