/* gelu(x) = x P(x), P the normal distribution function; gelu_tanh(x) = x sigmoid(2u), where
 * 2u = 2 sqrt(2/pi) (x + 0.044715 x^3); and their derivatives P(x) + x p(x), p the normal density, and sigmoid(2u) (1 + x (2u)' sigmoid(-2u)).
 *
 * Both are max(x, 0) - t(|x|), and both derivatives are T at -|x| and 1 - T at |x|; the derivatives' zeros are at
 * -0.75179 and -0.75246. With a = |x|:
 * gelu       t = a E R(a), T = E (R(a) - a/sqrt(2 pi)), E = e^(-a^2/2), R(a) = e^(a^2/2) P(-a).
 * gelu_tanh  t = a E/(1 + E), T = E (1 + E - a (2u)')/(1 + E)^2, E = e^-2u(a).
 *
 * float32  gelu and gelu_tanh are tables of ln P(-a) and ln sigmoid(-2u), see there. The derivative of gelu is that of
 *          slope.h, that of gelu_tanh is computed in double lanes and rounded once.
 * float64  gelu_tanh is a quotient, as silu. The others are a factor times E = e^z at a = |x|, z in two parts:
 *          E = (1 + v) 2^n, the factor g + g_low; the product g + (g v + g_low (1 + v)) rounds once at its size (v = r + w
 *          in two parts), and only then comes 2^n, which rounds again in the subnormal tail alone.
 *          For x > 0 it is taken from x or 1 in a fast two-sum; 2^n stops at 2^-1000 there, where nothing is left of it.
 * Coefficients and constants: math/minimax/gelu.sollya.
 */
#ifndef FA_GELU_H
#define FA_GELU_H

#include "math/exp.h"
#include "activations/sigmoid.h"
#include "math/slope.h"

/* gelu and gelu_tanh in float32 throughout, max(x, 0) - a e^f(a), f(a) = ln P(-a) or ln sigmoid(-2u(a)):
 *
 * f(a) = c0 + c1 d + d^2 P(d), d the distance to one of 16 centres, P of degree 3. The piece is picked by four bits of
 * a + offset: for gelu its lowest, at 2^23, with centres near the integers (15 are used), for gelu_tanh the lowest of
 * the exponent and the highest three of the mantissa, at 3.75, with centres near 0, 0.5, ..., 4, 4.75, ..., 10.75.
 * h = c0 + c1 d is kept in two parts; less n ln2 its high part leaves r, exact. The logarithm is n ln2 + R, R = r + w,
 * w = d^2 P(d) and the low part of h. For gelu d^2 P(d) is at most 1/7; for gelu_tanh, where it reaches 0.73, c2 d^2
 * belongs to h as well (curved). The tables hold f times 1 + 2^-28.4, which makes ln2 a float.
 * e^R = 1 + r + s, s = w + R^2 q(R). The product a (1 + r + s) is taken in two parts, 2^64 times too large: the last
 * operation, which takes it from max(x, 0), rounds subnormal results once. Past the clamp t is below half the smallest
 * subnormal.
 * Largest error: gelu 0.971 ULP, at -2.49869442; gelu_tanh 0.912 ULP, at -10.1016769. Coefficients:
 * math/minimax/gelu32.sollya.
 */
typedef struct {
    float offset, clamp, q[5], centre[16], c0[16], c1[16], c2[16], c3[16], c4[16], c5[16];
    int shift, curved;
} fa_tail_table;
static const fa_tail_table FA_GELU_TAIL = {
    0x1p23f, 14.36f,
    {
        0x1.ffffdap-2f, 0x1.555498p-3f, 0x1.5574dp-5f, 0x1.1232a2p-7f, 0x1.561f5ap-10f
    }, {
        0x0p0f, 0x1.02bd66p0f, 0x1.fe417cp0f, 0x1.7d7f9ap1f, 0x1.ffe3b8p1f, 0x1.410fcp2f, 0x1.7fc86p2f, 0x1.bf87f2p2f,
        0x1.ff6614p2f, 0x1.1fdbeap3f, 0x1.407008p3f, 0x1.5f92fcp3f, 0x1.7fddep3f, 0x1.9fcf28p3f, 0x1.c09776p3f,
        0x1.c09776p3f
    }, {
        -0x1.62e43p-1f, -0x1.db7deep0f, -0x1.e22e38p1f, -0x1.a2cca6p2f, -0x1.4b6814p3f, -0x1.e4d646p3f, -0x1.4b743p4f,
        -0x1.b55002p4f, -0x1.177f5ap5f, -0x1.5cb44cp5f, -0x1.aaf4bp5f, -0x1.fd6b6ap5f, -0x1.2d71p6f, -0x1.5fa5a8p6f,
        -0x1.974b1ep6f, -0x1.974b1ep6f
    }, {
        -0x1.988454p-1f, -0x1.88a174p0f, -0x1.2effd4p1f, -0x1.a1e99p1f, -0x1.0e62dep2f, -0x1.4cf692p2f, -0x1.89ee4ap2f,
        -0x1.c857bp2f, -0x1.039664p3f, -0x1.23555ap3f, -0x1.43928ep3f, -0x1.6270bep3f, -0x1.827f9ap3f, -0x1.a23e58p3f,
        -0x1.c2da08p3f, -0x1.c2da08p3f
    }, {
        -0x1.45f298p-2f, -0x1.9ab366p-2f, -0x1.c54858p-2f, -0x1.db8eb4p-2f, -0x1.e8188cp-2f, -0x1.ef59e8p-2f,
        -0x1.f3b4cap-2f, -0x1.f6a1e6p-2f, -0x1.f8a654p-2f, -0x1.fa1956p-2f, -0x1.fb2d26p-2f, -0x1.fbf4a4p-2f,
        -0x1.fc950ap-2f, -0x1.fd1206p-2f, -0x1.fd788cp-2f, -0x1.fd788cp-2f
    }, {
        -0x1.29d5fap-5f, -0x1.3d016cp-6f, -0x1.45a21cp-7f, -0x1.5bd2p-8f, -0x1.863e1ap-9f, -0x1.d55052p-10f,
        -0x1.3041c6p-10f, -0x1.9acb86p-11f, -0x1.206a94p-11f, -0x1.a1d716p-12f, -0x1.369c8cp-12f, -0x1.dfca46p-13f,
        -0x1.75b97ap-13f, -0x1.2992ccp-13f, -0x1.dbde4ap-14f, -0x1.dbde4ap-14f
    }, {
        0x1.4049bp-8f, 0x1.ae177ap-9f, 0x1.b38fp-10f, 0x1.a63ab8p-11f, 0x1.a25c72p-12f, 0x1.bb5344p-13f,
        0x1.fc7e7ep-14f, 0x1.35463ep-14f, 0x1.820c5p-15f, 0x1.fa6ebep-16f, 0x1.53110cp-16f, 0x1.db33e2p-17f,
        0x1.52c512p-17f, 0x1.0be1f6p-17f, 0x1.64d7f8p-18f, 0x1.64d7f8p-18f
    }, {
        -0x1.971bfp-13f, -0x1.a43b02p-12f, -0x1.ff0fb6p-13f, -0x1.dfe796p-14f, -0x1.ba7b6p-15f, -0x1.a2a116p-16f,
        -0x1.ad0ecp-17f, -0x1.defab4p-18f, -0x1.441d24p-18f, -0x1.038a9p-18f, -0x1.4a72a2p-19f, -0x1.7bafb6p-21f,
        -0x1.ba9826p-21f, -0x1.22aa36p-21f, -0x1.60bdd2p-19f, -0x1.60bdd2p-19f
    },
    0, 0
};
static const fa_tail_table FA_GELU_TANH_TAIL = {
    3.75f, 10.771f,
    {
        0x1.fffffap-2f, 0x1.555472p-3f, 0x1.5559e2p-5f, 0x1.1250ep-7f, 0x1.69c1acp-10f
    }, {
        0x1.3252eap2f, 0x1.6e41e2p2f, 0x1.b0006ep2f, 0x1.efc58cp2f, 0x1.17c8cap3f, 0x1.34f156p3f, 0x1.51837ap3f, 0x0p0f,
        0x1.efb106p-2f, 0x1.ecd16cp-1f, 0x1.83243ep0f, 0x1.004ecp1f, 0x1.3f5efp1f, 0x1.81e7f4p1f, 0x1.c2d3a6p1f,
        0x1.fe12a6p1f
    }, {
        -0x1.eec706p3f, -0x1.68171ap4f, -0x1.05bbc8p5f, -0x1.6c3de4p5f, -0x1.ed26ecp5f, -0x1.3e77c6p6f, -0x1.9237dp6f,
        -0x1.62e43p-1f, -0x1.28610ap0f, -0x1.c898c4p0f, -0x1.5d22e4p1f, -0x1.e542dp1f, -0x1.462616p2f, -0x1.b120e6p2f,
        -0x1.179f66p3f, -0x1.5bfb2p3f
    }, {
        -0x1.9ffb6ep2f, -0x1.1367a8p3f, -0x1.6b2c4ap3f, -0x1.ce1e26p3f, -0x1.1f5b82p4f, -0x1.58c65p4f, -0x1.968d3cp4f,
        -0x1.988454p-1f, -0x1.20f7d6p0f, -0x1.7e1c8cp0f, -0x1.f2f1b4p0f, -0x1.330874p1f, -0x1.748b02p1f, -0x1.c4cb1cp1f,
        -0x1.100964p2f, -0x1.3fad9ap2f
    }, {
        -0x1.064b0ap0f, -0x1.399c56p0f, -0x1.71e7a2p0f, -0x1.a88222p0f, -0x1.df229p0f, -0x1.0888dcp1f, -0x1.20ffa2p1f,
        -0x1.45f2c6p-2f, -0x1.73a5fep-2f, -0x1.95ed4cp-2f, -0x1.bddc8ep-2f, -0x1.f10d42p-2f, -0x1.1d252ep-1f,
        -0x1.4dbe9p-1f, -0x1.82b42p-1f, -0x1.b4ddccp-1f
    }, {
        -0x1.243dcap-4f, -0x1.24450ap-4f, -0x1.244514p-4f, -0x1.244506p-4f, -0x1.244548p-4f, -0x1.2444b4p-4f,
        -0x1.2443ccp-4f, -0x1.246424p-5f, -0x1.ace388p-6f, -0x1.63ad72p-6f, -0x1.c53fdp-6f, -0x1.505d24p-5f,
        -0x1.c4e136p-5f, -0x1.0beda8p-4f, -0x1.1ded5p-4f, -0x1.22fb8ep-4f
    }, {
        -0x1.c8397cp-17f, -0x1.16e91ap-21f, 0x1.f1df92p-23f, -0x1.937da2p-22f, -0x1.6bb702p-22f, -0x1.864988p-24f,
        -0x1.3bf8d2p-17f, 0x1.625624p-8f, 0x1.087e58p-8f, 0x1.69bc5ep-13f, -0x1.5f9714p-8f, -0x1.f0b59ap-8f,
        -0x1.9de2fep-8f, -0x1.bafe2ep-9f, -0x1.39a26ep-10f, -0x1.48f38ep-12f
    }, {
        0x1.eb3082p-17f, 0x1.15005ap-21f, 0x1.534fdp-23f, 0x1.17907ap-22f, 0x1.27c2eap-20f, -0x1.3bf48ep-21f,
        -0x1.830d9ep-16f, -0x1.39f2a8p-12f, -0x1.22a118p-10f, -0x1.125a6p-9f, -0x1.b43428p-10f, -0x1.1897fcp-13f,
        0x1.0747dap-10f, 0x1.2222a8p-10f, 0x1.44885ap-11f, 0x1.af9e4cp-13f
    },
    20, 1
};

FA_INLINE vf32 fa_tail_f32(const fa_tail_table *table, vf32 x)
{
    vf32 a = vf32_min(vf32_set1(table->clamp), vf32_abs(x));
    vi32 piece = vf32_bits(vf32_add(a, vf32_set1(table->offset)));
    if (table->shift) piece = vi32_shift_right(piece, table->shift);
    vf32 d = vf32_sub(a, vf32_lookup16(table->centre, piece)), d2 = vf32_mul(d, d);
    vf32 c0 = vf32_lookup16(table->c0, piece), c1 = vf32_lookup16(table->c1, piece);
    vf32 c2 = vf32_lookup16(table->c2, piece), c3 = vf32_lookup16(table->c3, piece);
    vf32 c4 = vf32_lookup16(table->c4, piece), c5 = vf32_lookup16(table->c5, piece);
    vf32 h = vf32_fma(d, c1, c0), low = vf32_fma(d, c1, vf32_sub(c0, h)), w;
    if (table->curved) {
        vf32 line = h;
        h = vf32_fma(d2, c2, line);
        low = vf32_add(low, vf32_fma(d2, c2, vf32_sub(line, h)));
        w = vf32_fma(vf32_mul(d, d2), vf32_fma(c5, d2, vf32_fma(c4, d, c3)), low);
    } else
        w = vf32_fma(d2, vf32_fma(vf32_fma(c5, d, c4), d2, vf32_fma(c3, d, c2)), low);

    /* The low eight bits of t are the exponent field of 2^(n + 64). */
    vf32 shift = vf32_set1(FA_SHIFT_F32 + 127 + 64);
    vf32 t = vf32_fma(h, vf32_set1((float)FA_LOG2E_F64), shift);
    vf32 r = vf32_fnma(vf32_sub(t, shift), vf32_set1(FA_LN2_HI_F32), h);

    vf32 R = vf32_add(r, w), R2 = vf32_mul(R, R);
    vf32 q01 = vf32_fma(vf32_set1(table->q[1]), R, vf32_set1(table->q[0]));
    vf32 q23 = vf32_fma(vf32_set1(table->q[3]), R, vf32_set1(table->q[2]));
    vf32 q = vf32_fma(vf32_fma(vf32_set1(table->q[4]), R2, q23), R2, q01);
    vf32 s = vf32_fma(R2, q, w);

    vf32 scaled = vf32_mul(a, vf32_exponent(t));
    vf32 y = vf32_fma(scaled, r, scaled), y_low = vf32_fma(scaled, r, vf32_sub(scaled, y));
    y = vf32_add(y, vf32_fma(scaled, s, y_low));
    return vf32_fnma(y, vf32_set1(0x1p-64f), vf32_max(vf32_set1(0.0f), x)); /* max keeps -0 and NaN */
}
FA_INLINE vf32 fa_gelu_f32(vf32 x) { return fa_tail_f32(&FA_GELU_TAIL, x); }
FA_INLINE vf32 fa_gelu_tanh_f32(vf32 x) { return fa_tail_f32(&FA_GELU_TANH_TAIL, x); }

/* R(a) - a/sqrt(2 pi), a up to 15. */
static const fa_slope_table FA_GELU_SLOPE = {
    5, 1.0f,
    {
        0x1.3d7cp0f, 0x1.c38p0f, 0x1.210ap1f, 0x1.619p1f, 0x1.bb1p1f, 0x1.2174p2f, 0x1.5ea4p2f, 0x1.a204p2f,
        0x1.001ep3f, 0x1.422p3f, 0x1.8116p3f, 0x1.c296p3f, 0x0p0f, 0x1.78dp-2f, 0x1.61ad68p-1f, 0x1.9c9168p-1f
    }, {{
        -0x1.0d377ep-2f, -0x1.09ed5cp-1f, -0x1.7eca5cp-1f, -0x1.f184cep-1f, -0x1.46059cp0f, -0x1.b84a7cp0f,
        -0x1.0ebbe6p1f, -0x1.45e1b6p1f, -0x1.926b44p1f, -0x1.fd0354p1f, -0x1.312594p2f, -0x1.65b618p2f, 0x1p-1f,
        0x1.e07ad6p-3f, 0x1.20c3ep-5f, -0x1.f6855p-6f
    }, {
        -0x1.054c8ep-1f, -0x1.e457c8p-2f, -0x1.cebd3p-2f, -0x1.c0a2e4p-2f, -0x1.b46774p-2f, -0x1.aa1a1ap-2f,
        -0x1.a4f3a8p-2f, -0x1.a17cd8p-2f, -0x1.9e9dd6p-2f, -0x1.9c6f3cp-2f, -0x1.9b4806p-2f, -0x1.9a8c02p-2f,
        -0x1.98844cp-1f, -0x1.50a80ap-1f, -0x1.2a9564p-1f, -0x1.208b5p-1f
    }, {
        0x1.7fba22p-5f, 0x1.b73806p-6f, 0x1.13aa08p-6f, 0x1.68d6bap-7f, 0x1.add86cp-8f, 0x1.b9f184p-9f,
        0x1.0aa48ap-9f, 0x1.4a3378p-10f, 0x1.759ff8p-11f, 0x1.837278p-12f, 0x1.cd2c7cp-13f, 0x1.22f1aep-13f,
        0x1.fff9c4p-3f, 0x1.25201ep-3f, 0x1.77f32cp-4f, 0x1.43e144p-4f
    }, {
        -0x1.232244p-6f, -0x1.244d44p-7f, -0x1.46ab34p-8f, -0x1.7ed12p-9f, -0x1.8bd56ap-10f, -0x1.4fe988p-11f,
        -0x1.5c96bap-12f, -0x1.7494b2p-13f, -0x1.60d53ep-14f, -0x1.289486p-15f, -0x1.299526p-16f, -0x1.42fde6p-17f,
        -0x1.0fe6eep-3f, -0x1.192958p-4f, -0x1.49e828p-5f, -0x1.1385d4p-5f
    }, {
        0x1.9a3686p-8f, 0x1.6d63aep-9f, 0x1.6f06cap-10f, 0x1.8406fp-11f, 0x1.63472ap-12f, 0x1.f5a2f4p-14f,
        0x1.c1b898p-15f, 0x1.9f7208p-16f, 0x1.4f9e24p-17f, 0x1.c830dep-19f, 0x1.801cb8p-20f, 0x1.668f5cp-21f,
        0x1.f1b4f2p-5f, 0x1.e44e94p-6f, 0x1.05131ep-6f, 0x1.a7def2p-7f
    }, {
        -0x1.0bf938p-9f, -0x1.baf7c8p-11f, -0x1.9520eep-12f, -0x1.74b13ep-13f, -0x1.2479e4p-14f, -0x1.765f72p-16f,
        -0x1.2064f6p-17f, -0x1.f385f8p-19f, -0x1.38a87ap-20f, -0x1.68f8e4p-22f, -0x1.69342p-23f, -0x1.38fbd4p-24f,
        -0x1.476a2ep-6f, -0x1.7597acp-7f, -0x1.afffdcp-8f, -0x1.0d966ep-8f
    }}
};

/* The square is in two parts, the low one as large as 2^-18. Largest error 1.792 ULP,
 * at -0.922364295. -inf gives -0, +inf gives 1. */
FA_INLINE vf32 fa_gelu_grad_f32(vf32 x, vf32 dy)
{
    vf32 a = vf32_min(vf32_set1(14.625f), vf32_abs(x)), b = vf32_mul(a, vf32_set1(-0.5f)), z = vf32_mul(a, b);
    fa_reduced_f32 e = fa_reduce_f32(z);
    vf32 r = vf32_add(e.r, vf32_fnma(e.n, vf32_set1(FA_LN2_LO_F32), vf32_fms(a, b, z)));
    return vf32_mul(fa_slope_f32(&FA_GELU_SLOPE, x, a, vf32_set1(0.0f), r, e.t), dy);
}

#define FA_GELU_1 0x1.9884533d43651p0 /* 2 sqrt(2/pi) */
#define FA_GELU_3 0x1.2444f2a4d8b4bp-4 /* that times 0.044715 */

FA_INLINE vf64 fa_gelu_tanh_slope_lane(vf64 x)
{
    vf64 one = vf64_set1(1.0), a = vf64_min(vf64_set1(11.2), vf64_abs(x)), a2 = vf64_mul(a, a);
    vf64 e = fa_exp_lane(vf64_mul(a, vf64_fnma(a2, vf64_set1(FA_GELU_3), vf64_set1(-FA_GELU_1))));
    vf64 d = vf64_add(one, e), slope = vf64_fma(a2, vf64_set1(3.0 * FA_GELU_3), vf64_set1(FA_GELU_1));
    vf64 t = vf64_div(vf64_mul(e, vf64_fnma(a, slope, d)), vf64_mul(d, d));
    return vf64_select(vf64_signbit(x), t, vf64_sub(one, t));
}
FA_INLINE vf32 fa_gelu_tanh_grad_f32(vf32 x, vf32 dy)
{
    return vf32_mul(vf32_through_f64(fa_gelu_tanh_slope_lane, x), dy);
}

/* R(a) = e^(a^2/2) P(N > a) = high + low, a from 0 to 38.75: M(t)/(a + 1.125), t = (a - 3)/(a + 6). M stays
 * between 0.41 and 0.57, is flat near a = 0, where t is least exact, and its first coefficient, in two parts, outweighs
 * the rest. */
FA_INLINE vf64 fa_mills_f64(vf64 a, vf64 *low)
{
    vf64 offset = vf64_set1(1.125), c0 = vf64_set1(0x1.00a330821bc83p-1);
    vf64 d = vf64_add(a, offset), d_low = vf64_sub(a, vf64_sub(d, offset)), inverse = vf64_div(vf64_set1(1.0), d);
    vf64 t = vf64_div(vf64_sub(a, vf64_set1(3.0)), vf64_add(a, vf64_set1(6.0)));
    vf64 t2 = vf64_mul(t, t);
    vf64 p1 = vf64_fma(vf64_set1(0x1.6e4e1274c5cf9p-4), t, vf64_set1(-0x1.77c9ef0309e06p-3));
    vf64 p3 = vf64_fma(vf64_set1(-0x1.2854992c93eecp-2), t, vf64_set1(0x1.6e1404619ec73p-4));
    vf64 p5 = vf64_fma(vf64_set1(-0x1.bda210136a275p-2), t, vf64_set1(0x1.b130103d8eaebp-2));
    vf64 p7 = vf64_fma(vf64_set1(-0x1.925ba0e7f8883p-3), t, vf64_set1(0x1.5a468ea472ce3p-2));
    vf64 p9 = vf64_fma(vf64_set1(-0x1.ac10c8a7f6e3bp-7), t, vf64_set1(0x1.3e5eeefbc0f35p-4));
    vf64 p11 = vf64_fma(vf64_set1(0x1.2a6dd58a9b4edp-8), t, vf64_set1(-0x1.90adc1a2b5f88p-8));
    vf64 p13 = vf64_fma(vf64_set1(-0x1.6b434adafb187p-11), t, vf64_set1(-0x1.dee4cd55bad37p-12));
    vf64 p15 = vf64_fma(vf64_set1(0x1.7b3e7857c037dp-14), t, vf64_set1(0x1.fcb42ec36fc59p-13));
    vf64 p17 = vf64_fma(vf64_set1(-0x1.9a14acd7f6c21p-17), t, vf64_set1(-0x1.027281a85d58ap-14));
    vf64 p19 = vf64_fma(vf64_set1(0x1.1972754930aa8p-20), t, vf64_set1(0x1.eded52c8a119ep-17));
    vf64 p21 = vf64_fma(vf64_set1(0x1.c2415d483f00dp-21), t, vf64_set1(-0x1.cb69c26f9c4b8p-19));
    vf64 q = vf64_fma(vf64_fma(vf64_fma(p21, t2, p19), t2, p17), t2, p15);
    q = vf64_fma(vf64_fma(vf64_fma(vf64_fma(q, t2, p13), t2, p11), t2, p9), t2, p7);
    q = vf64_fma(vf64_fma(vf64_fma(q, t2, p5), t2, p3), t2, p1);
    vf64 m = vf64_fma(t, q, c0);
    vf64 m_low = vf64_add(vf64_fma(t, q, vf64_sub(c0, m)), vf64_set1(-0x1.66415783d0e82p-55));
    vf64 high = vf64_mul(m, inverse);
    vf64 rest = vf64_add(vf64_fnma(high, d, m), vf64_fnma(high, d_low, m_low));
    *low = vf64_mul(rest, inverse);
    return high;
}

/* e^(-a^2/2); the square in two parts. */
FA_INLINE fa_reduced_f64 fa_reduce_gauss_f64(vf64 a)
{
    vf64 b = vf64_mul(a, vf64_set1(-0.5)), z = vf64_mul(b, a);
    return fa_reduce_sum_f64(z, vf64_fma(b, a, vf64_abs(z)));
}

/* gelu(x) = -a E R(a) for x < 0, x - a E R(a) for x > 0, E = e^(-a^2/2), R as above.
 * Largest error 1.23 ULP in 24 million samples, at -0x1.15a246f03a2b8p+5; above -2, 1.03.
 * -0 and +0 stay; -inf gives -0, since a is clamped where the result is below half of the least subnormal; at +inf,
 * where the two-sum is NaN, the last max takes x - 1/4, which is below gelu(x) for every x > 0. */
FA_INLINE vf64 fa_gelu_f64(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(38.625), vf64_abs(x)), m_low, m = fa_mills_f64(a, &m_low);
    fa_reduced_f64 e = fa_reduce_gauss_f64(a);
    vf64 high = vf64_add(vf64_set1(1.0), vf64_add(e.r, e.w));
    vf64 g = vf64_mul(a, m), g_low = vf64_sub(vf64_mul(a, m_low), vf64_fnma(a, m, g));
    vf64 h = vf64_fma(g, e.r, vf64_fma(g, e.w, vf64_mul(g_low, high)));
    vf64 below = vf64_scale(vf64_sub(vf64_sub(vf64_set1(-0.0), g), h), e.t);

    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    vf64 v = vf64_mul(g, scale), y = vf64_sub(x, v);
    y = vf64_add(y, vf64_fnma(h, scale, vf64_sub(vf64_sub(x, y), v)));
    return vf64_select(vf64_signbit(x), below, vf64_max(y, vf64_sub(x, vf64_set1(0.25))));
}

/* z + low = -2 sqrt(2/pi) (a + 0.044715 a^3), a from 0 to 22; slope + slope_low = a dz/da. c1 ends at 2^-46, so that
 * the distances of p and k from it are exact. */
FA_INLINE vf64 fa_gelu_tanh_exponent_f64(vf64 a, vf64 *low, vf64 *slope, vf64 *slope_low)
{
    vf64 c1 = vf64_set1(-0x1.9884533d4364p0), c1_low = vf64_set1(-0x1.08d0fcb3c500cp-48);
    vf64 c3 = vf64_set1(-0x1.2444f2a4d8b4bp-4), c3_low = vf64_set1(0x1.6c843a29d1c7p-61), three = vf64_set1(3.0);
    vf64 s = vf64_mul(a, a), s_lost = vf64_fnma(a, a, s);
    vf64 p = vf64_fma(c3, s, c1), square = vf64_sub(p, c1);
    vf64 p_low = vf64_fnma(c3, s_lost, vf64_fma(c3_low, s, vf64_add(vf64_fma(c3, s, vf64_sub(c1, p)), c1_low)));
    vf64 z = vf64_mul(a, p), z_low = vf64_fma(a, p_low, vf64_fma(a, p, vf64_abs(z)));

    vf64 k = vf64_fma(three, square, c1), k_low = vf64_fma(three, square, vf64_sub(c1, k));
    k_low = vf64_fma(three, p_low, vf64_sub(k_low, vf64_add(c1_low, c1_low)));
    *slope = vf64_mul(a, k);
    *slope_low = vf64_fma(a, k_low, vf64_fma(a, k, vf64_abs(*slope)));
    *low = z_low;
    return z;
}

/* gelu_tanh(x) = x/(1 + E), times E for x < 0, as in silu. E = 2^(-a p), p = c1 + c3 a^2 in two parts; less the
 * nearest eighth, a p rounds once, when it is small.
 * Largest error 1.44 ULP in 24 million samples, at -0x1.692bb95af587bp+0. */
FA_INLINE vf64 fa_gelu_tanh_f64(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(21.625), vf64_abs(x)), s = vf64_mul(a, a), s_lost = vf64_fnma(a, a, s);
    vf64 c1 = vf64_set1(-0x1.26aec21bce76p1), c1_low = vf64_set1(0x1.ad12d7a64bcebp-49);
    vf64 c3 = vf64_set1(-0x1.a5a7cf7572a98p-4), c3_low = vf64_set1(0x1.b91c940e4cfcfp-58);
    vf64 p = vf64_fma(c3, s, c1), p_low = vf64_fma(c3, s, vf64_sub(c1, p));
    p_low = vf64_add(p_low, vf64_fnma(c3, s_lost, vf64_fma(c3_low, s, c1_low)));
    vf64 t = vf64_fma(a, p, vf64_set1(FA_SHIFT_TABLE)), n = vf64_sub(t, vf64_set1(FA_SHIFT_TABLE));
    vf64 r = vf64_mul(vf64_fma(a, p_low, vf64_fms(a, p, n)), vf64_set1(FA_LN2_F64));
    return fa_times_logistic_f64(x, vf64_max(vf64_set1(-21.625), x), fa_exp_eighths(t, r));
}

/* S(a) = (R(a) - a/sqrt(2 pi))/(a - a0) = the result and low, R as above, a0 the numerator's zero, a from 0 to 38.75:
 * a polynomial in t = (a - 1.5)/(a + 4), between -0.67 and -0.40. */
FA_INLINE vf64 fa_mills_slope_f64(vf64 a, vf64 *low)
{
    vf64 c0 = vf64_set1(-0x1.0cadd8a15ae2dp-1);
    vf64 t = vf64_div(vf64_sub(a, vf64_set1(1.5)), vf64_add(a, vf64_set1(4.0)));
    vf64 t2 = vf64_mul(t, t);
    vf64 p1 = vf64_fma(vf64_set1(-0x1.e57c16c0a4247p-3), t, vf64_set1(0x1.0b991e806ea9p-2));
    vf64 p3 = vf64_fma(vf64_set1(-0x1.c96e8ea644597p-5), t, vf64_set1(0x1.31970adb67739p-3));
    vf64 p5 = vf64_fma(vf64_set1(0x1.aee45d2482a66p-8), t, vf64_set1(0x1.e9237169e40cfp-9));
    vf64 p7 = vf64_fma(vf64_set1(-0x1.16e96e5aa50eap-10), t, vf64_set1(-0x1.88c153f2f2995p-10));
    vf64 p9 = vf64_fma(vf64_set1(0x1.fbe0c0180bb55p-13), t, vf64_set1(0x1.13cf3069c1aafp-12));
    vf64 p11 = vf64_fma(vf64_set1(-0x1.fca26ca07e0cap-15), t, vf64_set1(-0x1.73b8b7472e68cp-16));
    vf64 p13 = vf64_fma(vf64_set1(0x1.a0933ada5b775p-17), t, vf64_set1(-0x1.407f9e2335825p-17));
    vf64 p15 = vf64_fma(vf64_set1(0x1.fb55dee6019bp-25), t, vf64_set1(0x1.acfaddbb72a24p-18));
    vf64 p17 = vf64_fma(vf64_set1(-0x1.44f699a6921d7p-19), t, vf64_set1(-0x1.577edafc27fd3p-19));
    vf64 p19 = vf64_fma(vf64_set1(-0x1.697fc29c7a13ep-21), t, vf64_set1(0x1.7036ba09fd1b2p-19));
    vf64 q = vf64_fma(vf64_fma(vf64_fma(p19, t2, p17), t2, p15), t2, p13);
    q = vf64_fma(vf64_fma(vf64_fma(q, t2, p11), t2, p9), t2, p7);
    q = vf64_fma(vf64_fma(vf64_fma(q, t2, p5), t2, p3), t2, p1);
    vf64 m = vf64_fma(t, q, c0);
    *low = vf64_add(vf64_fma(t, q, vf64_sub(c0, m)), vf64_set1(0x1.38423d41e7416p-56));
    return m;
}

/* A derivative with f'(-x) = 1 - f'(x): E (g + g_low), E = high 2^n as reduced, where the sign bit of x is set, and
 * 1 less that elsewhere. */
FA_INLINE vf64 fa_reflect_f64(vf64 x, fa_reduced_f64 e, vf64 high, vf64 g, vf64 g_low)
{
    vf64 one = vf64_set1(1.0), h = vf64_fma(g, e.r, vf64_fma(g, e.w, vf64_mul(g_low, high)));
    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    vf64 v = vf64_mul(g, scale), y = vf64_sub(one, v);
    y = vf64_add(y, vf64_fnma(h, scale, vf64_sub(vf64_sub(one, y), v)));
    return vf64_select(vf64_signbit(x), vf64_scale(vf64_add(g, h), e.t), y);
}

/* gelu'(-a) = E (R(a) - a/sqrt(2 pi)) = E (a - a0) S(a): the zero, in two parts, is a factor, and nothing cancels.
 * Largest error 1.45 ULP in 29 million samples, at -0x1.c968a29dda8fcp+4.
 * -inf gives -0, +inf gives 1, 0 gives 1/2. */
FA_INLINE vf64 fa_gelu_grad_f64(vf64 x, vf64 dy)
{
    vf64 one = vf64_set1(1.0);
    vf64 a = vf64_min(vf64_set1(38.75), vf64_abs(x)), m_low, m = fa_mills_slope_f64(a, &m_low);
    fa_reduced_f64 e = fa_reduce_gauss_f64(a);
    vf64 high = vf64_add(one, vf64_add(e.r, e.w));
    vf64 s_low, s = fa_two_sum_f64(a, vf64_set1(-0x1.80ead197f00b4p-1), &s_low);
    s_low = vf64_add(s_low, vf64_set1(0x1.13e74c58cada8p-56));
    vf64 g = vf64_mul(s, m), g_low = vf64_sub(vf64_fma(s_low, m, vf64_mul(s, m_low)), vf64_fnma(s, m, g));
    return vf64_mul(fa_reflect_f64(x, e, high, g, g_low), dy);
}

/* gelu_tanh'(-a) = E (1 + E + a dz/da)/(1 + E)^2, every term in two parts, since they cancel beside the zero.
 * Largest error 1.15 ULP in 28 million samples, at -0x1.40f1e96b9e4f9p-1, less than 2^-56 beside the zero.
 * -inf gives -0, +inf gives 1, 0 gives 1/2. */
FA_INLINE vf64 fa_gelu_tanh_grad_f64(vf64 x, vf64 dy)
{
    vf64 one = vf64_set1(1.0), z_low, s, s_low;
    vf64 z = fa_gelu_tanh_exponent_f64(vf64_min(vf64_set1(21.75), vf64_abs(x)), &z_low, &s, &s_low);
    fa_reduced_f64 e = fa_reduce_sum_f64(z, z_low);
    vf64 high = vf64_add(one, vf64_add(e.r, e.w)), low = vf64_add(vf64_sub(e.r, vf64_sub(high, one)), e.w);
    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    vf64 u = vf64_mul(high, scale), d = vf64_add(one, u);
    vf64 d_low = vf64_fma(low, scale, vf64_sub(u, vf64_sub(d, one)));
    vf64 lost, n = fa_two_sum_f64(d, s, &lost), n_low = vf64_add(lost, vf64_add(d_low, s_low));
    vf64 d2 = vf64_mul(d, d), d2_lost = vf64_fnma(vf64_add(d, d), d_low, vf64_fnma(d, d, d2));
    vf64 inverse = vf64_div(one, d2), g = vf64_mul(n, inverse);
    vf64 g_low = vf64_mul(inverse, vf64_fma(g, d2_lost, vf64_add(vf64_fnma(g, d2, n), n_low)));
    return vf64_mul(fa_reflect_f64(x, e, high, g, g_low), dy);
}

#endif
