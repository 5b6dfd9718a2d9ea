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
 * float32  gelu and its derivative are by tables of the logarithms of t(a)/a and T(a)/(zero - a).
 *          Largest error found: gelu 0.908 ULP, at -0.923818529; its derivative 1.792 ULP, at -1.84980214.
 *          Coefficients: math/minimax/gelu32.sollya.
 *          gelu_tanh is by one division: see fa_gelu_tanh_f32. Largest error found: 0.981 ULP, at -2.76651239.
 *          Coefficients: math/minimax/gelu_tanh32.sollya.
 *          The derivative of gelu_tanh is computed in double lanes and rounded once.
 * float64  gelu_tanh is x times the logistic function (math/logistic.h), as silu is.
 *          Largest error found: 1.864 ULP, at -0x1.52f0a84469332p+2.
 *          The others are a pair g times E = (1 + r + w) 2^n, rounded once, and 2^100 times too large, so that it is
 *          not subnormal. The last operation, which takes it from max(x, 0), or from 1 or 0, rounds again: a sum, or a
 *          subnormal result.
 *          Largest error found of gelu: 1.779 ULP, at -0x1.26383436e5543p+5.
 *          Of its derivative: 1.838 ULP, at -0x1.c51aea7c677aep+4. Of that of gelu_tanh: 1.187 ULP
 *          at -0x1.40f6984a189b8p-1, and less than 2^-56 beside the zero.
 *          Constants: math/minimax/gelu.sollya.
 */
#ifndef FA_GELU_H
#define FA_GELU_H

#include "math/logistic.h"
#include "math/mills.h"

/* gelu in float32: f(a) = ln P(N > a), and for the derivative f(a) = ln(T(a)/(zero - a)), zero the zero of T.
 *
 * Both are -a^2/2 and something that is nearly straight. There are 4 pieces, which end at 1, 3 and 7: the low two bits
 * of the exponent of a + 1 tell them apart. The columns of a table are the pieces from 1, 3 and 7 on, and last the
 * first one. f(a) = c0 + c1 d - d^2/2 + d^2 (c2 + c3 d + ... + c8 d^6), d the distance to the centre of the piece.
 *
 * A table holds f times 1 + 2^-28.4, which makes ln2 a float.
 */
typedef struct { float centre[4], c[9][4]; } fa_normal_table;
static const fa_normal_table FA_GELU = {
    {0x1.cabdep0f, 0x1.2606d4p2f, 0x1.34780cp3f, 0x0p0f}, {
        {-0x1.a77e14p1f, -0x1.a14502p3f, -0x1.8d4114p5f, -0x1.62e43p-1f},
        {-0x1.185b9ep1f, -0x1.32df82p2f, -0x1.37b87ep3f, -0x1.988454p-1f},
        {0x1.052c48p-4f, 0x1.3391d6p-6f, 0x1.4bb548p-8f, 0x1.741a38p-3f},
        {-0x1.749056p-7f, -0x1.1f953ap-9f, -0x1.59bb82p-12f, -0x1.29b2aap-5f},
        {0x1.f5c2f4p-10f, 0x1.1c2272p-12f, 0x1.8d87c2p-16f, 0x1.3a97e4p-8f},
        {-0x1.253fdp-12f, -0x1.19574p-15f, -0x1.ddf64ap-20f, -0x1.3f6e9ap-19f},
        {0x1.fc89e4p-16f, 0x1.141f92p-18f, 0x1.2d0c3ep-23f, -0x1.5c4c04p-13f},
        {-0x1.a63f3ap-21f, -0x1.040ab4p-21f, -0x1.8ce0acp-27f, 0x1.b7fff2p-16f},
        {-0x1.a31a1cp-22f, 0x1.49866ap-25f, 0x1.6ffb66p-31f, 0x1.8d8ce6p-20f}
    }
};
static const fa_normal_table FA_GELU_SLOPE = {
    {0x1.f462f8p0f, 0x1.379a48p2f, 0x1.44d8e2p3f, 0x1.f019c8p-2f}, {
        {-0x1.4bae82p1f, -0x1.94a5acp3f, -0x1.a305e4p5f, -0x1.435b4cp-1f},
        {-0x1.031f8cp1f, -0x1.38ee1p2f, -0x1.4509e8p3f, -0x1.545f94p-1f},
        {0x1.379a8cp-6f, 0x1.b44c58p-9f, 0x1.154204p-11f, 0x1.1860b8p-4f},
        {-0x1.3c9868p-8f, -0x1.11b5acp-11f, -0x1.857c7ap-15f, -0x1.6df646p-6f},
        {0x1.2b8758p-10f, 0x1.4f25d2p-14f, 0x1.0fb858p-18f, 0x1.965p-8f},
        {-0x1.06a744p-12f, -0x1.8dbc9p-17f, -0x1.755afcp-22f, -0x1.6f54a4p-10f},
        {0x1.a894cp-15f, 0x1.d7247ep-20f, 0x1.001d2ap-25f, 0x1.cfb362p-13f},
        {-0x1.3e6dc2p-17f, -0x1.32c632p-22f, -0x1.9b5214p-29f, -0x1.70028ap-22f},
        {0x1.722856p-20f, 0x1.2b7f18p-25f, 0x1.1ae34ep-32f, -0x1.ecde6cp-17f}
    }
};

/* e^f(a) = (1 + r + s) 2^n. r is exact, s is small, and t = n + 64 + 127 + FA_SHIFT. */
typedef struct { vf32 t, r, s; } fa_normal_f32;

/* 1. c1 - d/2 is a pair, and so is h = c0 + d (c1 - d/2). w is the rest, and what the pairs lost: at most 0.15.
 * 2. The high part of h less n ln2 is r, exactly, and f = n ln2 + R for R = r + w.
 * 3. e^R = 1 + r + s, where s = w + R^2 q(R).
 */
FA_INLINE fa_normal_f32 fa_normal_tail_f32(const fa_normal_table *table, vf32 a)
{
    vi32 piece = vi32_shift_right(vf32_bits(vf32_add(a, vf32_set1(1.0f))), 23);
    vf32 c[9];
    for (int k = 0; k < 9; k++) c[k] = vf32_lookup4(table->c[k], piece);
    vf32 d = vf32_sub(a, vf32_lookup4(table->centre, piece)), d2 = vf32_product(d, d);
    fa_pair_f32 slope = fa_two_fma_f32(vf32_set1(-0.5f), d, c[1]), h = fa_two_fma_f32(d, slope.high, c[0]);
    vf32 rest = c[8];
    for (int k = 6; k > 1; k -= 2) rest = vf32_fma(rest, d2, vf32_fma(c[k + 1], d, c[k]));
    vf32 w = vf32_fma(d2, rest, vf32_fma(d, slope.low, h.low));

    fa_normal_f32 y;
    vf32 shift = vf32_set1(FA_SHIFT_F32 + 127 + 64);
    y.t = vf32_fma(h.high, vf32_set1((float)FA_LOG2E_F64), shift);
    y.r = vf32_fnma(vf32_sub(y.t, shift), vf32_set1(FA_LN2_HI_F32), h.high);
    vf32 R = vf32_add(y.r, w);
    vf32 q = fa_estrin2_small_f32(R, 0x1p-1f, 0x1.555568p-3f, 0x1.5554f8p-5f, 0x1.10f7b6p-7f, 0x1.6d34d4p-10f,
        0x1.c13f2p-13f);
    y.s = vf32_fma(vf32_product(R, R), q, w);
    return y;
}

/* The product a 2^n (1 + r + s) is formed from pairs, and 2^64 times too large, so that it is not subnormal. The last
 * operation, which takes it from max(x, 0), rounds a subnormal result once. Past the clamp the product is below half
 * of the smallest subnormal. */
FA_INLINE vf32 fa_gelu_f32(vf32 x)
{
    vf32 a = vf32_min(vf32_set1(14.36f), vf32_abs(x));
    fa_normal_f32 e = fa_normal_tail_f32(&FA_GELU, a);
    vf32 scaled = vf32_product(a, vf32_exponent(e.t));
    fa_pair_f32 y = fa_two_fma_f32(scaled, e.r, scaled);
    vf32 product = vf32_add(y.high, vf32_fma(scaled, e.s, y.low));
    return vf32_fnma(product, vf32_set1(0x1p-64f), vf32_max(vf32_set1(0.0f), x)); /* max keeps -0 and NaN */
}

/* T(a) = (zero - a) e^f(a): the zero is a factor, so that nothing cancels. It has two parts. */
FA_INLINE vf32 fa_gelu_grad_f32(vf32 x, vf32 dy)
{
    vf32 a = vf32_min(vf32_set1(14.625f), vf32_abs(x)), down = vf32_set1(0x1p-64f);
    fa_normal_f32 e = fa_normal_tail_f32(&FA_GELU_SLOPE, a);
    vf32 distance = vf32_sub(vf32_sub(vf32_set1(0x1.80ead2p-1f), a), vf32_set1(0x1.a03fd4p-27f));
    vf32 scaled = vf32_mul(distance, vf32_exponent(e.t)), y = vf32_fma(scaled, vf32_add(e.r, e.s), scaled);
    vf32 below = vf32_product(y, down), above = vf32_fnma(y, down, vf32_set1(1.0f));
    return vf32_product(vf32_select(vf32_signbit(x), below, above), dy);
}

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
    vf32 r2 = vf32_product(r, r), g = fa_horner_f32(r2, 0x1.3b25acp-14f, -0x1.555a62p-2f, 0x1.0abd8p-3f);
    vf32 h_low = vf32_fma(r, g, vf32_fnma(r2, c, c)), h = vf32_add(r, h_low);

    vf32 large = vf32_exponent(t), scale = vf32_product(large, vf32_set1(0x1p-64f)), scaled = vf32_product(a, large);
    vf32 w = vf32_fnma(vf32_sub(one, scale), h, scale), d = vf32_add(one, w), q = vf32_div(scaled, d);
    vf32 inverse = vf32_fnma(vf32_set1(0.67f), d, vf32_set1(1.69f)), factor = vf32_fma(inverse, r, inverse);
    vf32 rest = vf32_mul(vf32_fnma(q, w, vf32_sub(scaled, q)), factor);
    vf32 product = vf32_add(q, vf32_fma(q, r, vf32_fma(q, h_low, rest)));
    return vf32_fnma(product, vf32_set1(0x1p-64f), vf32_max(vf32_set1(0.0f), x)); /* max keeps -0 and NaN */
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

/* g (1 + r + w) 2^(n + 100), for t = n + FA_SHIFT_RAISED. */
FA_INLINE vf64 fa_raised_product_f64(fa_pair_f64 g, fa_reduced_f64 e)
{
    vf64 low = vf64_fma(g.low, vf64_add(e.r, e.w), g.low);
    low = vf64_fma(g.high, e.r, vf64_fma(g.high, e.w, low));
    return vf64_product(vf64_add(g.high, low), vf64_exponent(e.t));
}

/* a is clamped where the result is below half of the smallest subnormal. The max keeps -0 and NaN. */
FA_INLINE vf64 fa_gelu_f64(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(38.625), vf64_abs(x));
    vf64 t = fa_raised_product_f64(fa_product_with_pair_f64(a, fa_mills_f64(a)), fa_reduce_gauss_f64(a));
    return vf64_fnma(t, vf64_set1(FA_LOWERED), vf64_max(vf64_set1(0.0), x));
}

/* E = 2^(a p) for p = c1 + c3 a^2, a pair. a p less the integer next to it rounds once, where it is small. */
FA_INLINE vf64 fa_gelu_tanh_f64(vf64 x)
{
    vf64 a = vf64_min(vf64_set1(21.625), vf64_abs(x));
    vf64 c1 = vf64_set1(-0x1.26aec21bce76p1), c1_low = vf64_set1(0x1.ad12d7a64bcebp-49);
    vf64 c3 = vf64_set1(-0x1.a5a7cf7572a98p-4), c3_low = vf64_set1(0x1.b91c940e4cfcfp-58);
    fa_pair_f64 square = fa_two_product_f64(a, a), p = fa_two_fma_f64(c3, square.high, c1);
    p.low = vf64_add(p.low, vf64_fma(c3, square.low, vf64_fma(c3_low, square.high, c1_low)));
    return fa_times_logistic_f64(x, a, fa_reduce_half_angle_base_2_f64(a, p));
}

/* A derivative with f'(-x) = 1 - f'(x): E g where the sign bit of x is set, 1 - E g elsewhere. */
FA_INLINE vf64 fa_reflect_f64(vf64 x, fa_reduced_f64 e, fa_pair_f64 g)
{
    vf64 base = vf64_select(vf64_signbit(x), vf64_set1(-0.0), vf64_set1(1.0));
    return vf64_fnma(vf64_flip(fa_raised_product_f64(g, e), x), vf64_set1(FA_LOWERED), base);
}

/* T(a) = E (a - a0) S(a) (math/mills.h): the zero is a factor, so that nothing cancels. */
FA_INLINE vf64 fa_gelu_grad_f64(vf64 x, vf64 dy)
{
    vf64 a = vf64_min(vf64_set1(38.75), vf64_abs(x));
    fa_pair_f64 g = fa_product_of_pairs_f64(fa_from_mills_zero_f64(a), fa_mills_slope_f64(a));
    return vf64_product(fa_reflect_f64(x, fa_reduce_gauss_f64(a), g), dy);
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
    y.z.high = vf64_product(a, p.high);
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
    fa_reduced_f64 e = fa_reduce_pair_by_f64(exponent.z, FA_SHIFT_RAISED);
    fa_pair_f64 m = fa_significand_pair_f64(e);
    vf64 raised = vf64_exponent(e.t), lowered = vf64_set1(FA_LOWERED), high = vf64_mul(m.high, raised);
    fa_pair_f64 d = {vf64_fma(high, lowered, one), one};
    d.low = vf64_fma(vf64_product(m.low, raised), lowered, vf64_fma(high, lowered, vf64_sub(one, d.high)));

    fa_pair_f64 n = fa_sum_of_pairs_f64(d, exponent.slope), square = fa_square_of_pair_f64(d), g;
    vf64 inverse = vf64_div(one, square.high);
    g.high = vf64_mul(n.high, inverse);
    g.low = vf64_mul(inverse, fa_remainder_of_pair_f64(n, g.high, square));
    return vf64_product(fa_reflect_f64(x, e, g), dy);
}

#endif
