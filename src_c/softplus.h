/* softplus(x) = log(1 + e^x) = max(x, 0) + log1p(u), u = e^-|x|, and its derivative, the sigmoid.
 *
 * float32  log1p(u) = u P(u), P by 8 pieces of degree 4 around nodes near i/7; u is kept in two parts. Where max(x, 0) is
 *          small it joins the product before its last rounding. Largest error 0.905 ULP, at 0.288.
 * float64  log1p(g) = g - (h - s (h + s^2 P(s^2))), s = g/(2 + g), h = g^2/2, with g = u, or for u > 1/2
 *          1 + u = 2 (1 + g); the sum with both rounding errors. Largest error 0.94 ULP in 16 million samples.
 * Coefficients: minimax/softplus.sollya.
 */
#ifndef FA_SOFTPLUS_H
#define FA_SOFTPLUS_H

#include "exp.h"
#include "sigmoid.h"

static const float FA_LOG1P_NODE[8] = {
    0x0p0f, 0x1.248e42p-3f, 0x1.2493fap-2f, 0x1.b6e22ap-2f, 0x1.248f6ep-1f, 0x1.6dab42p-1f, 0x1.b6d51cp-1f, 0x1.fff674p-1f};
static const float FA_LOG1P_C0[8] = {
    0x1p0f, 0x1.de9402p-1f, 0x1.c25ab2p-1f, 0x1.aa1a86p-1f, 0x1.94fb5p-1f, 0x1.825d12p-1f, 0x1.71c72ep-1f, 0x1.62e608p-1f};
static const float FA_LOG1P_C1[8] = {
    -0x1.ffffeep-2f, -0x1.ac1308p-2f, -0x1.6cee04p-2f, -0x1.3bf60ap-2f,
    -0x1.15112p-2f, -0x1.eb13bp-3f, -0x1.b70ed6p-3f, -0x1.8b95f2p-3f};
static const float FA_LOG1P_C2[8] = {
    0x1.554bdp-2f, 0x1.f9006ep-3f, 0x1.826c96p-3f, 0x1.2fbc7p-3f, 0x1.e81336p-4f, 0x1.8f51dap-4f, 0x1.4baf9ep-4f, 0x1.172968p-4f};
static const float FA_LOG1P_C3[8] = {
    -0x1.fcd48ap-3f, -0x1.4ebeep-3f, -0x1.c9cf3cp-4f, -0x1.4571cep-4f,
    -0x1.dd9c96p-5f, -0x1.67ba7cp-5f, -0x1.14e73p-5f, -0x1.b0e092p-6f};
static const float FA_LOG1P_C4[8] = {
    0x1.635b4ap-3f, 0x1.d7694p-4f, 0x1.1f9fep-4f, 0x1.715a1p-5f, 0x1.ee6018p-6f, 0x1.56612cp-6f, 0x1.e7eaf8p-7f, 0x1.81f85cp-7f};

/* log1p(e^-|x|) + m, m >= 0; m is 0 or max(x, 0). */
FA_INLINE vf32 fa_log1p_exp_plus_f32(vf32 x, vf32 m)
{
    vf32 zero = vf32_set1(0.0f), one = vf32_set1(1.0f);
    fa_reduced_f32 e = fa_reduce_f32(vf32_max(vf32_set1(-104.5f), vf32_minus_abs(x)));
    vf32 r = e.r, r2 = vf32_mul(r, r);
    vf32 q01 = vf32_fma(vf32_set1(0x1.555492p-3f), r, vf32_set1(0x1.fffffap-2f));
    vf32 q23 = vf32_fma(vf32_set1(0x1.123988p-7f), r, vf32_set1(0x1.555a26p-5f));
    vf32 q = vf32_fma(vf32_fma(vf32_set1(0x1.694cd4p-10f), r2, q23), r2, q01);
    vf32 u_high = vf32_add(one, vf32_fma(r2, q, r));
    vf32 u_low = vf32_fma(e.c, u_high, vf32_fma(r2, q, vf32_sub(r, vf32_sub(u_high, one))));

    vf32 u = vf32_scale(u_high, e.t);
    vi32 piece = vf32_bits(vf32_fma(u, vf32_set1(7.0f), vf32_set1(0x1p23f)));
    vf32 d = vf32_sub(u, vf32_lookup8(FA_LOG1P_NODE, piece)), c0 = vf32_lookup8(FA_LOG1P_C0, piece);
    vf32 p = vf32_fma(vf32_lookup8(FA_LOG1P_C4, piece), d, vf32_lookup8(FA_LOG1P_C3, piece));
    p = vf32_fma(p, d, vf32_lookup8(FA_LOG1P_C2, piece));
    p = vf32_mul(d, vf32_fma(p, d, vf32_lookup8(FA_LOG1P_C1, piece)));

    /* Below 1/2, n is 0 or -1, and 1 - n is 2^-n. */
    vm32 joins = vf32_lt(m, vf32_set1(0.5f));
    vf32 w = vf32_fma(u_high, p, vf32_mul(u_low, c0));
    w = vf32_fma(vf32_sub(one, e.n), vf32_select(joins, m, zero), w);
    vf32 y = vf32_scale(vf32_fma(u_high, c0, w), e.t);
    return vf32_add(y, vf32_select(joins, zero, m));
}

FA_INLINE vf64 fa_log1p_exp_plus_f64(vf64 x, vf64 m)
{
    vf64 zero = vf64_set1(0.0), one = vf64_set1(1.0), half = vf64_set1(0.5), two = vf64_set1(2.0);
    fa_exp_parts e = fa_exp_parts_f64(vf64_max(vf64_set1(-750.0), vf64_minus_abs(x)));
    vf64 u = vf64_scale(e.high, e.t), u_low = vf64_scale(e.low, e.t);
    vm64 doubled = vf64_lt(half, u);
    vf64 g = vf64_select(doubled, vf64_mul(half, vf64_sub(u, one)), u);
    vf64 s = vf64_div(g, vf64_add(two, g)), s2 = vf64_mul(s, s), s4 = vf64_mul(s2, s2);
    vf64 p01 = vf64_fma(vf64_set1(0x1.9999999999ff2p-2), s2, vf64_set1(0x1.5555555555555p-1));
    vf64 p23 = vf64_fma(vf64_set1(0x1.c71c72ed6a316p-3), s2, vf64_set1(0x1.24924923cf9dfp-2));
    vf64 p45 = vf64_fma(vf64_set1(0x1.3b2a41fc65615p-3), s2, vf64_set1(0x1.745ca8d84c218p-3));
    vf64 p67 = vf64_fma(vf64_set1(0x1.16cef187cb9ddp-3), s2, vf64_set1(0x1.0e84d332e3334p-3));
    vf64 p = vf64_fma(vf64_fma(vf64_fma(p67, s4, p45), s4, p23), s4, p01);
    vf64 h = vf64_mul(vf64_mul(half, g), g);
    vf64 c = vf64_fnma(s, vf64_fma(s2, p, h), h);

    /* Each sum's first term is 0 or the larger: fast two-sums. */
    vf64 k = vf64_select(doubled, vf64_set1(FA_LN2_F64), zero);
    vf64 base = vf64_add(k, m), sum = vf64_add(base, g);
    vf64 lost = vf64_add(vf64_sub(m, vf64_sub(base, k)), vf64_sub(g, vf64_sub(sum, base)));
    lost = vf64_add(lost, vf64_select(doubled, vf64_set1(FA_LN2_TAIL_F64), zero));
    lost = vf64_fma(u_low, fa_inverse_1_2(vf64_add(one, u)), lost);
    return vf64_add(sum, vf64_sub(lost, c));
}

FA_INLINE vf32 fa_log1p_exp_f32(vf32 x) { return fa_log1p_exp_plus_f32(x, vf32_set1(0.0f)); }
FA_INLINE vf64 fa_log1p_exp_f64(vf64 x) { return fa_log1p_exp_plus_f64(x, vf64_set1(0.0)); }

FA_INLINE vf32 fa_softplus_f32(vf32 x) { return fa_log1p_exp_plus_f32(x, vf32_max(x, vf32_set1(0.0f))); }
/* The last max is for +inf, where the sum's error terms are NaN. */
FA_INLINE vf64 fa_softplus_f64(vf64 x)
{
    return vf64_max(fa_log1p_exp_plus_f64(x, vf64_max(x, vf64_set1(0.0))), x);
}

FA_INLINE vf32 fa_softplus_grad_f32(vf32 x, vf32 dy) { return vf32_mul(fa_sigmoid_f32(x), dy); }
FA_INLINE vf64 fa_softplus_grad_f64(vf64 x, vf64 dy) { return vf64_mul(fa_sigmoid_f64(x), dy); }

/* 1 - e^-y, which has the sign of y. */
FA_INLINE vf32 fa_softplus_grad_from_output_f32(vf32 y, vf32 dy)
{
    return vf32_mul(vf32_copysign(fa_expm1_f32(vf32_neg(y)), y), dy);
}
FA_INLINE vf64 fa_softplus_grad_from_output_f64(vf64 y, vf64 dy)
{
    vf64 low, half = fa_half_expm1_f64(vf64_max(vf64_set1(-40.0), vf64_min(vf64_set1(710.0), vf64_neg(y))), &low);
    return vf64_mul(vf64_copysign(vf64_add(half, half), y), dy);
}

#endif
