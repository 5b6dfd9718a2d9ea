/* gelu and gelu_tanh.
 *
 *   gelu(x)       = x P(N <= x), N normal with mean 0 and variance 1
 *   gelu_tanh(x)  = x sigmoid(2 u), where 2 u(x) = 2 sqrt(2/pi) (x + 0.044715 x^3)
 *
 * With a = |x|, both are max(x, 0) - t(a), and both derivatives are T(a) at -a, and 1 - T(a) at a:
 *
 *   gelu       t = a E R(a),     T = E (R(a) - a/sqrt(2 pi)),         E = e^(-a^2/2), R(a) as in math/mills.h
 *   gelu_tanh  t = a E/(1 + E),  T = E (1 + E - a (2 u)')/(1 + E)^2,  E = e^(-2 u(a))
 *
 * The derivatives are 0 at -0.75179 and -0.75246. -0 and +0 stay, -inf gives -0, and +inf inf. The derivatives' limits
 * are -0 at -inf and 1 at +inf; at 0 they are 1/2.
 *
 * float32  The value of gelu is by tables of ln t(a)/a: see fa_tail_f32.
 *          Largest error found: 0.971 ULP, at -2.49869442. Coefficients: math/minimax/gelu32.sollya.
 *          That of gelu_tanh is by one division: see fa_gelu_tanh_f32.
 *          Largest error found: 0.981 ULP, at -2.76651239. Coefficients: math/minimax/gelu_tanh32.sollya.
 *          The derivative of gelu is by the tables of math/slope.h: largest error found 1.792 ULP, at -0.922364295.
 *          That of gelu_tanh is computed in double lanes and rounded once.
 * float64  gelu_tanh is x times the logistic function (math/logistic.h), as silu is.
 *          Largest error found: 1.585 ULP, at -0x1.78cc7d7a6afd3p+2.
 *          The others are a pair g times E = (1 + v) 2^n, v = r + w: g + fa_product_rest(g, E), which is rounded once,
 *          and times 2^n, which rounds again in the subnormal tail alone. For x > 0 that is taken from x or 1, where
 *          2^n stops falling at 2^-1000: nothing is left of it there.
 *          Largest error found of gelu: 1.561 ULP, at -0x1.26383f200d4e1p+5.
 *          Of its derivative: 1.796 ULP, at -0x1.c0c6af7f64d31p+4. Of that of gelu_tanh: 1.239 ULP
 *          at -0x1.4134f054fb638p-1, and less than 2^-56 beside the zero.
 *          Constants: math/minimax/gelu.sollya.
 */
#ifndef FA_GELU_H
#define FA_GELU_H

#include "math/logistic.h"
#include "math/mills.h"
#include "math/slope.h"

/* float32: tables of f(a) = ln P(N > a) or ln sigmoid(-2 u(a)).
 *
 * Four bits of a + offset are the index of one of 16 pieces. For gelu they are the lowest ones at 2^23, so that the
 * pieces are around the integers (15 are used). For gelu_tanh they are the lowest of the exponent and the highest three
 * of the mantissa at 3.75: the pieces are around 0, 0.5, ..., 4, 4.75, ..., 10.75.
 *
 * The tables hold f times 1 + 2^-28.4, which makes ln2 a float.
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

/* max(x, 0) - a e^f(a).
 *
 * 1. f = c0 + c1 d + ... + c5 d^5, d the distance to the centre of the piece. h = c0 + c1 d is a pair; w is the rest,
 *    and the low part of h. Where c2 d^2 is large (curved: for gelu_tanh it reaches 0.73) h has it too; for gelu the
 *    rest is at most 1/7.
 * 2. The high part of h less n ln2 is r, exactly, and f = n ln2 + R for R = r + w.
 * 3. e^R = 1 + r + s, where s = w + R^2 q(R).
 * 4. The product a 2^n (1 + r + s) is formed from pairs, and 2^64 times too large, so that it is not subnormal. The
 *    last operation, which takes it from max(x, 0), rounds a subnormal result once. Past the clamp the product is below
 *    half of the smallest subnormal.
 */
FA_INLINE vf32 fa_tail_f32(const fa_tail_table *table, vf32 x)
{
    vf32 a = vf32_min(vf32_set1(table->clamp), vf32_abs(x));
    vi32 piece = vf32_bits(vf32_add(a, vf32_set1(table->offset)));
    if (table->shift) piece = vi32_shift_right(piece, table->shift);
    vf32 d = vf32_sub(a, vf32_lookup16(table->centre, piece)), d2 = vf32_mul(d, d);
    vf32 c0 = vf32_lookup16(table->c0, piece), c1 = vf32_lookup16(table->c1, piece);
    vf32 c2 = vf32_lookup16(table->c2, piece), c3 = vf32_lookup16(table->c3, piece);
    vf32 c4 = vf32_lookup16(table->c4, piece), c5 = vf32_lookup16(table->c5, piece);
    fa_pair_f32 h = fa_two_fma_f32(d, c1, c0);
    vf32 w;
    if (table->curved) {
        fa_pair_f32 curve = fa_two_fma_f32(d2, c2, h.high);
        h.high = curve.high;
        h.low = vf32_add(h.low, curve.low);
        w = vf32_fma(vf32_mul(d, d2), vf32_fma(c5, d2, vf32_fma(c4, d, c3)), h.low);
    } else
        w = vf32_fma(d2, vf32_fma(vf32_fma(c5, d, c4), d2, vf32_fma(c3, d, c2)), h.low);

    /* The low eight bits of t are the exponent field of 2^(n + 64). */
    vf32 shift = vf32_set1(FA_SHIFT_F32 + 127 + 64);
    vf32 t = vf32_fma(h.high, vf32_set1((float)FA_LOG2E_F64), shift);
    vf32 r = vf32_fnma(vf32_sub(t, shift), vf32_set1(FA_LN2_HI_F32), h.high);

    vf32 R = vf32_add(r, w);
    vf32 s = vf32_fma(vf32_mul(R, R), fa_estrin2_over_f32(R, 5, table->q), w);

    vf32 scaled = vf32_mul(a, vf32_exponent(t));
    fa_pair_f32 y = fa_two_fma_f32(scaled, r, scaled);
    vf32 product = vf32_add(y.high, vf32_fma(scaled, s, y.low));
    return vf32_fnma(product, vf32_set1(0x1p-64f), vf32_max(vf32_set1(0.0f), x)); /* max keeps -0 and NaN */
}
FA_INLINE vf32 fa_gelu_f32(vf32 x) { return fa_tail_f32(&FA_GELU_TAIL, x); }

/* max(x, 0) - a E/(1 + E), E = e^(-2 u(a)) = 2^n (1 + h)/(1 - h) for h = tanh(R), -u = n ln2/2 + R.
 *
 * 1. z + low is -u(a) f. The factor f, near 1, makes c1 and c3 floats, c1 one that ends at 2^-21: c1 - p is exact.
 * 2. R f = r + c, where r is exact, and h = r + h_low, where c (1 - r^2) is what c adds to the tangent.
 * 3. E/(1 + E) = 2^n (1 + h)/D, D = 1 + w, w = 2^n - h (1 - 2^n). w rounds finer than D, so that the remainder of the
 *    quotient q = a 2^n/D is (a 2^n - q) - q w; times F, close to (1 + h)/D, it corrects q + q h.
 * 4. The product is 2^64 times too large, so that it is not subnormal. The last operation, which takes it from
 *    max(x, 0), rounds a subnormal result once. Past the clamp it is below half of the smallest subnormal.
 */
FA_INLINE vf32 fa_gelu_tanh_f32(vf32 x)
{
    vf32 one = vf32_set1(1.0f), a = vf32_min(vf32_set1(10.771f), vf32_abs(x));
    vf32 c1 = vf32_set1(-0x1.987c7p-1f), c3 = vf32_set1(-0x1.243f4ep-5f);
    fa_pair_f32 square = fa_two_product_f32(a, a), p = fa_two_fma_f32(c3, square.high, c1);
    fa_pair_f32 z = fa_two_product_f32(a, p.high);
    z.low = vf32_fma(a, vf32_fma(c3, square.low, p.low), z.low);

    /* The low eight bits of t are the exponent field of 2^(n + 64). */
    vf32 shift = vf32_set1(FA_SHIFT_F32 + 127 + 64);
    vf32 t = vf32_fma(z.high, vf32_set1(0x1.715b98p1f), shift), n = vf32_sub(t, shift);
    vf32 r = vf32_fnma(n, vf32_set1(0x1.62dd56p-2f), z.high), c = vf32_fnma(n, vf32_set1(-0x1.e9f774p-29f), z.low);
    vf32 r2 = vf32_mul(r, r), g = fa_horner_f32(r2, 0x1.3b25acp-14f, -0x1.555a62p-2f, 0x1.0abd8p-3f);
    vf32 h_low = vf32_fma(r, g, vf32_fnma(r2, c, c)), h = vf32_add(r, h_low);

    vf32 large = vf32_exponent(t), scale = vf32_mul(large, vf32_set1(0x1p-64f)), scaled = vf32_mul(a, large);
    vf32 w = vf32_fnma(vf32_sub(one, scale), h, scale), d = vf32_add(one, w), q = vf32_div(scaled, d);
    vf32 inverse = vf32_fnma(vf32_set1(0.67f), d, vf32_set1(1.69f)), factor = vf32_fma(inverse, r, inverse);
    vf32 rest = vf32_mul(vf32_fnma(q, w, vf32_sub(scaled, q)), factor);
    vf32 product = vf32_add(q, vf32_fma(q, r, vf32_fma(q, h_low, rest)));
    return vf32_fnma(product, vf32_set1(0x1p-64f), vf32_max(vf32_set1(0.0f), x)); /* max keeps -0 and NaN */
}

/* h(a) = R(a) - a/sqrt(2 pi) for a up to 15. */
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

/* The square is a pair, whose low part reaches 2^-18. */
FA_INLINE vf32 fa_gelu_grad_f32(vf32 x, vf32 dy)
{
    vf32 a = vf32_min(vf32_set1(14.625f), vf32_abs(x));
    fa_pair_f32 z = fa_two_product_f32(a, vf32_mul(a, vf32_set1(-0.5f)));
    fa_reduced_f32 e = fa_reduce_f32(z.high);
    vf32 r = vf32_add(e.r, vf32_fnma(e.n, vf32_set1(FA_LN2_LO_F32), z.low));
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

/* What the product g (1 + r + w) is more than the high part of g. */
FA_INLINE vf64 fa_product_rest_f64(fa_pair_f64 g, fa_reduced_f64 e)
{
    vf64 low = vf64_mul(g.low, fa_significand_f64(e));
    return vf64_fma(g.high, e.r, vf64_fma(g.high, e.w, low));
}

/* x - (g + h) 2^n. 2^n stops falling at 2^-1000: beside any x that comes here, less than that is nothing. */
FA_INLINE vf64 fa_less_scaled_f64(vf64 x, vf64 g, vf64 h, vf64 t)
{
    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), t));
    vf64 v = vf64_mul(g, scale), y = vf64_sub(x, v);
    return vf64_add(y, vf64_fnma(h, scale, vf64_sub(vf64_sub(x, y), v)));
}

/* a is clamped where the result is below half of the smallest subnormal. At +inf, where the difference is NaN, the max
 * takes x - 1/4, which is below gelu(x) for every x > 0. */
FA_INLINE vf64 fa_gelu_f64(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(38.625), vf64_abs(x));
    fa_reduced_f64 e = fa_reduce_gauss_f64(a);
    fa_pair_f64 g = fa_product_with_pair_f64(a, fa_mills_f64(a));
    vf64 h = fa_product_rest_f64(g, e);
    vf64 below = vf64_scale(vf64_sub(vf64_sub(vf64_set1(-0.0), g.high), h), e.t);
    vf64 above = vf64_max(fa_less_scaled_f64(x, g.high, h, e.t), vf64_sub(x, vf64_set1(0.25)));
    return vf64_select(vf64_signbit(x), below, above);
}

/* E = 2^(-a p) for p = c1 + c3 a^2, a pair. a p less the eighth next to it rounds once, where it is small. */
FA_INLINE vf64 fa_gelu_tanh_f64(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(21.625), vf64_abs(x));
    vf64 c1 = vf64_set1(-0x1.26aec21bce76p1), c1_low = vf64_set1(0x1.ad12d7a64bcebp-49);
    vf64 c3 = vf64_set1(-0x1.a5a7cf7572a98p-4), c3_low = vf64_set1(0x1.b91c940e4cfcfp-58);
    fa_pair_f64 square = fa_two_product_f64(a, a), p = fa_two_fma_f64(c3, square.high, c1);
    p.low = vf64_add(p.low, vf64_fma(c3, square.low, vf64_fma(c3_low, square.high, c1_low)));
    vf64 t = vf64_fma(a, p.high, vf64_set1(FA_SHIFT_TABLE)), n = vf64_sub(t, vf64_set1(FA_SHIFT_TABLE));
    vf64 r = vf64_mul(vf64_fma(a, p.low, vf64_fms(a, p.high, n)), vf64_set1(FA_LN2_F64));
    return fa_times_logistic_f64(x, vf64_max(vf64_set1(-21.625), x), fa_exp_eighths(t, r));
}

/* A derivative with f'(-x) = 1 - f'(x), times dy: E g where the sign bit of x is set, 1 - E g elsewhere. */
FA_INLINE vf64 fa_reflect_f64(vf64 x, fa_reduced_f64 e, fa_pair_f64 g)
{
    vf64 h = fa_product_rest_f64(g, e), above = fa_less_scaled_f64(vf64_set1(1.0), g.high, h, e.t);
    return vf64_select(vf64_signbit(x), vf64_scale(vf64_add(g.high, h), e.t), above);
}

/* T(a) = E (a - a0) S(a) (math/mills.h): the zero is a factor, so that nothing cancels. */
FA_INLINE vf64 fa_gelu_grad_f64(vf64 x, vf64 dy)
{
    vf64 a = vf64_min(vf64_set1(38.75), vf64_abs(x));
    fa_pair_f64 g = fa_product_of_pairs_f64(fa_from_mills_zero_f64(a), fa_mills_slope_f64(a));
    return vf64_mul(fa_reflect_f64(x, fa_reduce_gauss_f64(a), g), dy);
}

/* z = -2 u(a), and a dz/da. */
typedef struct { fa_pair_f64 z, slope; } fa_gelu_tanh_exponent;

/* z = a (c1 + c3 a^2) = a p and a dz/da = a (3 (p - c1) + c1) = a k, for a from 0 to 22. c1 ends at 2^-46, so that the
 * distances of p and k from it are exact. z is never positive, and |z| stands for -z in its low part: by fms it would
 * be the same, but with gcc's scheduling for AVX2 the derivative is 4% slower then. */
FA_INLINE fa_gelu_tanh_exponent fa_gelu_tanh_exponent_f64(vf64 a)
{
    vf64 c1 = vf64_set1(-0x1.9884533d4364p0), c1_low = vf64_set1(-0x1.08d0fcb3c500cp-48);
    vf64 c3 = vf64_set1(-0x1.2444f2a4d8b4bp-4), c3_low = vf64_set1(0x1.6c843a29d1c7p-61), three = vf64_set1(3.0);
    fa_pair_f64 square = fa_two_product_f64(a, a), p = fa_two_fma_f64(c3, square.high, c1);
    p.low = vf64_fma(c3, square.low, vf64_fma(c3_low, square.high, vf64_add(p.low, c1_low)));
    fa_gelu_tanh_exponent y;
    y.z.high = vf64_mul(a, p.high);
    y.z.low = vf64_fma(a, p.low, vf64_fma(a, p.high, vf64_abs(y.z.high)));

    fa_pair_f64 k = fa_two_fma_f64(three, vf64_sub(p.high, c1), c1);
    k.low = vf64_fma(three, p.low, vf64_sub(k.low, vf64_add(c1_low, c1_low)));
    y.slope = fa_two_product_f64(a, k.high);
    y.slope.low = vf64_fma(a, k.low, y.slope.low);
    return y;
}

/* T(a) = E (1 + E + a dz/da)/(1 + E)^2. All is in pairs, since the terms cancel beside the zero. */
FA_INLINE vf64 fa_gelu_tanh_grad_f64(vf64 x, vf64 dy)
{
    vf64 one = vf64_set1(1.0);
    fa_gelu_tanh_exponent exponent = fa_gelu_tanh_exponent_f64(vf64_min(vf64_set1(21.75), vf64_abs(x)));
    fa_reduced_f64 e = fa_reduce_pair_f64(exponent.z);
    fa_pair_f64 m = fa_significand_pair_f64(e);
    vf64 scale = vf64_pow2(vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), e.t));
    fa_pair_f64 d = fa_fast_two_sum_f64(one, vf64_mul(m.high, scale));
    d.low = vf64_fma(m.low, scale, d.low);

    fa_pair_f64 n = fa_sum_of_pairs_f64(d, exponent.slope), square = fa_square_of_pair_f64(d), g;
    vf64 inverse = vf64_div(one, square.high);
    g.high = vf64_mul(n.high, inverse);
    g.low = vf64_mul(inverse, fa_remainder_of_pair_f64(n, g.high, square));
    return vf64_mul(fa_reflect_f64(x, e, g), dy);
}

#endif
