/* softplus, log_sigmoid, log1p_exp.
 *
 *   log1p_exp(x)    = log(1 + u), where u = e^-|x|; for the benchmarks
 *   softplus(x)     = log(1 + e^x) = max(x, 0) + log(1 + u), and its derivative, sigmoid(x)
 *   log_sigmoid(x)  = -log(1 + e^-x) = -softplus(-x), and its derivative, sigmoid(-x)
 *
 * float32  u = 2^n e^r, and log(1 + u) = u P(u). P is a polynomial of degree 5 in the distance of u from a node, with a
 *          piece for n = 0, -1 and -2 each, and one for all below, where the node is 0. It is c0 + p, e^r is 1 + f, and
 *          c0 + (c0 f + (1 + f) p) is scaled by 2^n. In c0 f the larger part of f is r, which is exact.
 *          For 0 < x < 3/4, where x and the logarithm are of a size, x = -n ln2 - r, and the part of r joins c0 r: what
 *          is rounded before the last addition is smaller than either.
 *          Largest error found: 0.923 ULP, at -0.49993.
 * float64  log(1 + u) = 2 atanh(s) = u - s (u - s^2 P(s^2)), where s = u/(2 + u) is at most 1/3, P of degree 9. Written
 *          like this, what s lost counts for less than half of what it would in 2 atanh(s).
 *          Largest error found: 1.879 ULP, at -0x1.ceb1ab8467108p-2.
 * Coefficients: math/minimax/softplus.sollya.
 */
#ifndef FA_SOFTPLUS_H
#define FA_SOFTPLUS_H

#include "activations/sigmoid.h"

static const float FA_LOG1P_NODE[4] = {0x1.0f7c9cp-2f, 0x1.0f6126p-1f, 0x1.b4f5p-1f, 0x0p0f};
static const float FA_LOG1P_C[6][4] = {
    {0x1.c6276cp-1f, 0x1.9ad1b8p-1f, 0x1.722e4p-1f, 0x1p0f},
    {-0x1.750982p-2f, -0x1.1f7a3ep-2f, -0x1.b8469cp-3f, -0x1.ffffe6p-2f},
    {0x1.90e74p-3f, 0x1.037a08p-3f, 0x1.4d353cp-4f, 0x1.554d0ep-2f},
    {-0x1.e10956p-4f, -0x1.03f324p-4f, -0x1.165302p-5f, -0x1.fe44b2p-3f},
    {0x1.3426f8p-4f, 0x1.17ce22p-5f, 0x1.ee46aap-7f, 0x1.84f76cp-3f},
    {-0x1.96156p-5f, -0x1.35307ap-6f, -0x1.c5866cp-8f, -0x1.c0aeaep-4f}};

/* log(1 + e^-|x|), and x + that where positive, which is 0 < x or nowhere. */
FA_INLINE vf32 fa_log1p_exp_plus_f32(vf32 x, vm32 positive)
{
    /* u = 2^n (1 + f) (1 + c), f = r + bend. scale is 2^n, by 2^31 too large, and 0 where z is held. */
    vf32 one = vf32_set1(1.0f), shift = vf32_set1(FA_SHIFT_F32 + 127 + 31);
    vf32 z = vf32_max(vf32_set1(-109.517f), vf32_minus_abs(x));
    vf32 t = vf32_fma(z, vf32_set1((float)FA_LOG2E_F64), shift), n = vf32_sub(t, shift), scale = vf32_exponent(t);
    vf32 r = vf32_fnma(n, vf32_set1(FA_LN2_HI_F32), z), c = vf32_mul(n, vf32_set1(-FA_LN2_LO_F32));
    vf32 q = fa_estrin2_f32(r, 0x1.fffffap-2f, 0x1.555492p-3f, 0x1.555a26p-5f, 0x1.123988p-7f, 0x1.694cd4p-10f);
    vf32 bend = vf32_mul(vf32_mul(r, r), q), f = vf32_add(r, bend);

    /* P(u) (1 + c) is c0 + p: c counts only where P(u) is about 1. */
    vi32 piece = vf32_bits(vf32_max(vf32_set1(FA_SHIFT_F32 + 127 + 31 - 3), t));
    vf32 power = vf32_mul(scale, vf32_set1(0x1p-31f));
    vf32 d = vf32_fma(f, power, vf32_sub(power, vf32_lookup4(FA_LOG1P_NODE, piece)));
    vf32 c0 = vf32_lookup4(FA_LOG1P_C[0], piece), p = vf32_lookup4(FA_LOG1P_C[5], piece);
    for (int k = 4; k > 0; k--) p = vf32_fma(p, d, vf32_lookup4(FA_LOG1P_C[k], piece));
    p = vf32_fma(p, d, c);

    /* Where x joins, n is 0 or -1, and 2^-n is 1 - n. */
    vm32 joins = vf32_lt(x, vf32_set1(0.75f));
    vf32 slope = vf32_sub(c0, vf32_keep(positive, vf32_keep(joins, vf32_sub(one, n))));
    vf32 rest = vf32_keep(positive, vf32_add(x, vf32_keep(joins, r)));
    vf32 w = vf32_fma(slope, r, vf32_fma(vf32_add(one, f), p, vf32_mul(bend, c0)));
    return vf32_fma(vf32_mul(vf32_add(c0, w), scale), vf32_set1(0x1p-31f), rest);
}
FA_INLINE vf32 fa_log1p_exp_f32(vf32 x) { return fa_log1p_exp_plus_f32(x, vf32_lt(x, x)); }
FA_INLINE vf32 fa_softplus_f32(vf32 x) { return fa_log1p_exp_plus_f32(x, vf32_lt(vf32_set1(0.0f), x)); }

FA_INLINE vf64 fa_log1p_exp_plus_f64(vf64 x, vf64 m)
{
    fa_reduced_f64 e = fa_reduce_by_f64(vf64_max(vf64_set1(FA_NO_POWER_F64), vf64_minus_abs(x)), FA_SHIFT_RAISED);
    vf64 raised = vf64_exponent(e.t);
    vf64 u = vf64_mul(vf64_fma(raised, vf64_add(e.r, e.w), raised), vf64_set1(FA_LOWERED));
    vf64 s = vf64_div(u, vf64_add(vf64_set1(2.0), u)), s2 = vf64_mul(s, s);
    vf64 p = fa_estrin2_f64(s2, 0x1.5555555555555p-1, 0x1.999999999a249p-2, 0x1.24924923e317fp-2, 0x1.c71c7269548b3p-3,
        0x1.745cf1d910569p-3, 0x1.3b18991ba5cfcp-3, 0x1.10adc9e833b27p-3, 0x1.eb7b3c858dc6cp-4,
        0x1.68d6944634cb4p-4, 0x1.4ab5644ef489ep-3);
    return vf64_add(m, vf64_fnma(s, vf64_fnma(s2, p, u), u));
}

FA_INLINE vf64 fa_log1p_exp_f64(vf64 x) { return fa_log1p_exp_plus_f64(x, vf64_set1(0.0)); }
FA_INLINE vf64 fa_softplus_f64(vf64 x) { return fa_log1p_exp_plus_f64(x, vf64_max(x, vf64_set1(0.0))); }

/* softplus'(x) = 1 - e^-y, which has the sign of y. The exponential's half rounds a subnormal number: below 2^-60 the
 * result is y itself. */
FA_INLINE vf32 fa_softplus_grad_from_output_f32(vf32 y, vf32 dy)
{
    vf32 slope = fa_expm1_f32(vf32_neg(y));
    slope = vf32_select(vf32_lt(vf32_abs(y), vf32_set1(0x1p-60f)), y, slope);
    return vf32_product(vf32_copysign(slope, y), dy);
}
FA_INLINE vf64 fa_softplus_grad_from_output_f64(vf64 y, vf64 dy)
{
    vf64 half = fa_half_expm1_f64(vf64_max(vf64_set1(-40.0), vf64_min(vf64_set1(710.0), vf64_neg(y)))).high;
    vf64 slope = vf64_add(half, half);
    slope = vf64_select(vf64_lt(vf64_abs(y), vf64_set1(0x1p-60)), y, slope);
    return vf64_product(vf64_copysign(slope, y), dy);
}

#define FA_BODY "activations/softplus.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

FA_INLINE V FA(softplus_grad)(V x, V dy) { return OP(product)(FA(sigmoid)(x), dy); }

FA_INLINE V FA(log_sigmoid)(V x) { return OP(neg)(FA(softplus)(OP(neg)(x))); }
FA_INLINE V FA(log_sigmoid_grad)(V x, V dy) { return FA(softplus_grad)(OP(neg)(x), dy); }

#endif
