/* softplus(x) = log(1 + e^x) = max(x, 0) + log1p(u), u = e^-|x|, and its derivative, the sigmoid.
 *
 * float32  log1p(u) = u P(u), P by 8 pieces of degree 4 around nodes near i/7; u is kept in two parts. Where max(x, 0) is
 *          small it joins the product before its last rounding. Largest error 0.905 ULP, at 0.288.
 * float64  log1p(u) = log1p(node) + log1p(z), z = (u - node)/(1 + node), by the nearest of 16 nodes near i/15.49, where
 *          log1p(node) is nearly a double; z + z^2 P(z), P of degree 7. Largest error 1.65 ULP in 8 million samples, at
 *          -0x1.b410b8107cf04p+1.
 * Coefficients: math/minimax/softplus.sollya.
 */
#ifndef FA_SOFTPLUS_H
#define FA_SOFTPLUS_H

#include "math/exp.h"
#include "activations/sigmoid.h"

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

_Alignas(64) static const double FA_LOG1P_NODE_F64[16] = {
    0x0p0, 0x1.086dbd071p-4, 0x1.086dbce7f8p-3, 0x1.8ca49b3908p-3,
    0x1.086dbcf9ccp-2, 0x1.4a892c096p-2, 0x1.8ca49b551p-2, 0x1.cec00a9c28p-2,
    0x1.086dbce85ep-1, 0x1.297b74822p-1, 0x1.4a892c18d4p-1, 0x1.6b96e3b466p-1,
    0x1.8ca49b659cp-1, 0x1.adb252fd3ep-1, 0x1.cec00a97fp-1, 0x1.efcdc23aap-1};
_Alignas(64) static const double FA_LOG1P_INVERSE_F64[16] = {
    0x1p0, 0x1.e0f36cd02fdf1p-1, 0x1.c573c7352dc3bp-1, 0x1.aced95f7acc03p-1,
    0x1.96eba40828aaap-1, 0x1.830f9e12d241cp-1, 0x1.710cbf14f4ed7p-1, 0x1.60a3e9ae8dc6fp-1,
    0x1.51a0bfce74fap-1, 0x1.43d771007784p-1, 0x1.37230cf771d54p-1, 0x1.2b64374a3e871p-1,
    0x1.208023bedfc79p-1, 0x1.165fc95c35222p-1, 0x1.0cef3eee9c79bp-1, 0x1.041d37fe14d2fp-1};
_Alignas(64) static const double FA_LOG1P_AT_NODE_F64[16] = {
    0x0p0, 0x1.003e5f3c1c3fcp-4, 0x1.f1657185ae562p-4, 0x1.6a9187d7ef7ebp-3,
    0x1.d6708cda0629ap-3, 0x1.1e74c46c36465p-2, 0x1.4f40201218aa1p-2, 0x1.7dd33c47ed8fdp-2,
    0x1.aa5f8e7b12dcap-2, 0x1.d5105bdb5b323p-2, 0x1.fe0bb6fd47bd9p-2, 0x1.12b9a6705b69dp-1,
    0x1.25b285ecd2af1p-1, 0x1.37fdd62aadac8p-1, 0x1.49a791735f26fp-1, 0x1.5aba7f29fb138p-1};

/* u = base (1 + p) 2^k; 2^k stops at 2^-1000, and the rest of it, which counts where u alone is left, comes last. */
FA_INLINE vf64 fa_log1p_exp_plus_f64(vf64 x, vf64 m)
{
    vf64 one = vf64_set1(1.0), eighths = vf64_set1(FA_SHIFT_EIGHTHS);
    fa_reduced_eighths e = fa_reduce_eighths(vf64_max(vf64_set1(-750.0), vf64_minus_abs(x)));
    vf64 stopped = vf64_max(vf64_set1(FA_SHIFT_EIGHTHS - 1000.0), e.t), scale = vf64_raise(e.base, stopped);
    vf64 piece = vf64_fma(vf64_fma(scale, e.p, scale), vf64_set1(15.49), vf64_set1(FA_SHIFT_F64));
    vf64 g = vf64_fma(scale, e.p, vf64_sub(scale, vf64_lookup16(FA_LOG1P_NODE_F64, piece)));
    vf64 z = vf64_mul(g, vf64_lookup16(FA_LOG1P_INVERSE_F64, piece)), z2 = vf64_mul(z, z);
    vf64 p01 = vf64_fma(vf64_set1(0x1.5555555555c22p-2), z, vf64_set1(-0x1.fffffffffffcdp-2));
    vf64 p23 = vf64_fma(vf64_set1(0x1.999999828ebd8p-3), z, vf64_set1(-0x1.00000000b4e59p-2));
    vf64 p45 = vf64_fma(vf64_set1(0x1.2492f510abf02p-3), z, vf64_set1(-0x1.55554070c3723p-3));
    vf64 p67 = vf64_fma(vf64_set1(0x1.c46cea00e91efp-4), z, vf64_set1(-0x1.00716d4f7e144p-3));
    vf64 p = vf64_fma(vf64_fma(vf64_fma(p67, z2, p45), z2, p23), z2, p01), s = vf64_fma(z2, p, z);
    s = vf64_mul(s, vf64_raise(one, vf64_add(vf64_sub(e.t, stopped), eighths)));
    return vf64_add(m, vf64_add(vf64_lookup16(FA_LOG1P_AT_NODE_F64, piece), s));
}

FA_INLINE vf32 fa_log1p_exp_f32(vf32 x) { return fa_log1p_exp_plus_f32(x, vf32_set1(0.0f)); }
FA_INLINE vf64 fa_log1p_exp_f64(vf64 x) { return fa_log1p_exp_plus_f64(x, vf64_set1(0.0)); }

FA_INLINE vf32 fa_softplus_f32(vf32 x) { return fa_log1p_exp_plus_f32(x, vf32_max(x, vf32_set1(0.0f))); }
FA_INLINE vf64 fa_softplus_f64(vf64 x) { return fa_log1p_exp_plus_f64(x, vf64_max(x, vf64_set1(0.0))); }

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

/* log_sigmoid(x) = -log(1 + e^-x) = -softplus(-x), and its derivative, sigmoid(-x). */
FA_INLINE vf32 fa_log_sigmoid_f32(vf32 x) { return vf32_neg(fa_softplus_f32(vf32_neg(x))); }
FA_INLINE vf64 fa_log_sigmoid_f64(vf64 x) { return vf64_neg(fa_softplus_f64(vf64_neg(x))); }

FA_INLINE vf32 fa_log_sigmoid_grad_f32(vf32 x, vf32 dy) { return fa_softplus_grad_f32(vf32_neg(x), dy); }
FA_INLINE vf64 fa_log_sigmoid_grad_f64(vf64 x, vf64 dy) { return fa_softplus_grad_f64(vf64_neg(x), dy); }

#endif
