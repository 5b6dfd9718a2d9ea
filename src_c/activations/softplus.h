/* softplus, log_sigmoid, log1p_exp.
 *
 *   log1p_exp(x)    = log(1 + u), where u = e^-|x|; for the benchmarks
 *   softplus(x)     = log(1 + e^x) = max(x, 0) + log(1 + u), and its derivative, sigmoid(x)
 *   log_sigmoid(x)  = -log(1 + e^-x) = -softplus(-x), and its derivative, sigmoid(-x)
 *
 * float32  log(1 + u) = u P(u). P is a polynomial of degree 4 in the distance of u from the nearest of 8 nodes near
 *          i/7, and u is a pair. Where max(x, 0) is small, it joins that product before its last rounding.
 *          Largest error found: 0.905 ULP, at 0.288.
 * float64  log(1 + u) = 2 atanh(s) = u - s (u - s^2 P(s^2)), where s = u/(2 + u) is at most 1/3, P of degree 9. Written
 *          like this, what s lost counts for less than half of what it would in 2 atanh(s).
 *          Largest error found: 1.879 ULP, at -0x1.ceb1ab8467108p-2.
 * Coefficients: math/minimax/softplus.sollya.
 */
#ifndef FA_SOFTPLUS_H
#define FA_SOFTPLUS_H

#include "activations/sigmoid.h"

static const float FA_LOG1P_NODE[8] = {
    0x0p0f, 0x1.248e42p-3f, 0x1.2493fap-2f, 0x1.b6e22ap-2f, 0x1.248f6ep-1f, 0x1.6dab42p-1f, 0x1.b6d51cp-1f,
    0x1.fff674p-1f};
static const float FA_LOG1P_C0[8] = {
    0x1p0f, 0x1.de9402p-1f, 0x1.c25ab2p-1f, 0x1.aa1a86p-1f, 0x1.94fb5p-1f, 0x1.825d12p-1f, 0x1.71c72ep-1f,
    0x1.62e608p-1f};
static const float FA_LOG1P_C1[8] = {
    -0x1.ffffeep-2f, -0x1.ac1308p-2f, -0x1.6cee04p-2f, -0x1.3bf60ap-2f,
    -0x1.15112p-2f, -0x1.eb13bp-3f, -0x1.b70ed6p-3f, -0x1.8b95f2p-3f};
static const float FA_LOG1P_C2[8] = {
    0x1.554bdp-2f, 0x1.f9006ep-3f, 0x1.826c96p-3f, 0x1.2fbc7p-3f, 0x1.e81336p-4f, 0x1.8f51dap-4f, 0x1.4baf9ep-4f,
    0x1.172968p-4f};
static const float FA_LOG1P_C3[8] = {
    -0x1.fcd48ap-3f, -0x1.4ebeep-3f, -0x1.c9cf3cp-4f, -0x1.4571cep-4f,
    -0x1.dd9c96p-5f, -0x1.67ba7cp-5f, -0x1.14e73p-5f, -0x1.b0e092p-6f};
static const float FA_LOG1P_C4[8] = {
    0x1.635b4ap-3f, 0x1.d7694p-4f, 0x1.1f9fep-4f, 0x1.715a1p-5f, 0x1.ee6018p-6f, 0x1.56612cp-6f, 0x1.e7eaf8p-7f,
    0x1.81f85cp-7f};

/* log(1 + e^-|x|) + m, where m is 0 or max(x, 0). */
FA_INLINE vf32 fa_log1p_exp_plus_f32(vf32 x, vf32 m)
{
    vf32 zero = vf32_set1(0.0f), one = vf32_set1(1.0f);

    /* u = 2^n (high + low), where high + low = e^(r + c). */
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(FA_NO_POWER_F32), vf32_minus_abs(x)));
    vf32 r = e.r, r2 = vf32_mul(r, r);
    vf32 q = fa_estrin2_f32(r, 0x1.fffffap-2f, 0x1.555492p-3f, 0x1.555a26p-5f, 0x1.123988p-7f, 0x1.694cd4p-10f);
    vf32 high = vf32_add(one, vf32_fma(r2, q, r));
    vf32 low = vf32_fma(e.c, high, vf32_fma(r2, q, vf32_sub(r, vf32_sub(high, one))));

    /* P(u) = c0 + p. */
    vf32 u = vf32_scale(high, e.t);
    vi32 piece = vf32_bits(vf32_fma(u, vf32_set1(7.0f), vf32_set1(0x1p23f)));
    vf32 d = vf32_sub(u, vf32_lookup8(FA_LOG1P_NODE, piece)), c0 = vf32_lookup8(FA_LOG1P_C0, piece);
    vf32 p = vf32_fma(vf32_lookup8(FA_LOG1P_C4, piece), d, vf32_lookup8(FA_LOG1P_C3, piece));
    p = vf32_fma(p, d, vf32_lookup8(FA_LOG1P_C2, piece));
    p = vf32_mul(d, vf32_fma(p, d, vf32_lookup8(FA_LOG1P_C1, piece)));

    /* Where m is below 1/2, n is 0 or -1, and 1 - n is 2^-n. */
    vm32 joins = vf32_lt(m, vf32_set1(0.5f));
    vf32 w = vf32_fma(high, p, vf32_mul(low, c0));
    w = vf32_fma(vf32_sub(one, e.n), vf32_select(joins, m, zero), w);
    vf32 y = vf32_scale(vf32_fma(high, c0, w), e.t);
    return vf32_add(y, vf32_select(joins, zero, m));
}

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

/* softplus'(x) = 1 - e^-y, which has the sign of y. The exponential's halves lose the least subnormal number. */
FA_INLINE vf32 fa_softplus_grad_from_output_f32(vf32 y, vf32 dy)
{
    vf32 slope = fa_expm1_f32(vf32_neg(y));
    return vf32_product(vf32_copysign(vf32_select(vf32_eq(slope, vf32_set1(0.0f)), y, slope), y), dy);
}
FA_INLINE vf64 fa_softplus_grad_from_output_f64(vf64 y, vf64 dy)
{
    vf64 half = fa_half_expm1_f64(vf64_max(vf64_set1(-40.0), vf64_min(vf64_set1(710.0), vf64_neg(y)))).high;
    vf64 slope = vf64_add(half, half);
    return vf64_product(vf64_copysign(vf64_select(vf64_eq(slope, vf64_set1(0.0)), y, slope), y), dy);
}

#define FA_BODY "activations/softplus.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

FA_INLINE V FA(log1p_exp)(V x) { return FA(log1p_exp_plus)(x, OP(set1)(0)); }

FA_INLINE V FA(softplus)(V x) { return FA(log1p_exp_plus)(x, OP(max)(x, OP(set1)(0))); }
FA_INLINE V FA(softplus_grad)(V x, V dy) { return OP(product)(FA(sigmoid)(x), dy); }

FA_INLINE V FA(log_sigmoid)(V x) { return OP(neg)(FA(softplus)(OP(neg)(x))); }
FA_INLINE V FA(log_sigmoid_grad)(V x, V dy) { return FA(softplus_grad)(OP(neg)(x), dy); }

#endif
