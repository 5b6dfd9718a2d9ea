/* xielu(x, p, n, b) = p x^2 + b x for x > 0, n (e^x - 1 - x) + b x elsewhere; its derivative, 2 p x + b, or
 * n (e^x - 1) + b; and by the parameters, x^2 for x > 0, e^x - 1 - x for x <= 0, and x.
 *
 * The value is s x + n B: for x > 0 with s = p x + b and B = 0; from -1 to 0 with s = b and B = e^x - 1 - x; below that
 * with s = b - n and B = e^x - 1, so that of two large terms nothing is left but their difference. Where s is 0, so is
 * the product, of an infinite x too. The derivative is 2 p x + b; b + n (e^x - 1); or (b - n) + n e^x, of which n e^x
 * is all that is left where b = n.
 * float32  in double lanes, rounded once.
 * float64  The terms are pairs, since they may cancel. Beside a zero the value has about 60 digits after the point.
 *          Largest error found: 0.622 ULP, at -0x1.4969885d4d07dp-2; of the derivative 0.541 ULP, at
 *          -0x1.1b464ea4fc76bp+0; by alpha_n 0.599 ULP, at -0.077256.
 * Coefficients: math/minimax/xielu.sollya.
 */
#ifndef FA_XIELU_H
#define FA_XIELU_H

#include "math/exp.h"

/* float32: e^z - c - v, c = 1 or c = 0, v = z or v = 0, for z from -600 to 600; and of x held at 0, and at -600, from
 * where down e^x does not count, whatever float n is. */
FA_INLINE vf64 fa_xielu_held_lane(vf64 z, vf64 c, vf64 v)
{
    fa_reduced_f64 e = fa_reduce_f64(z);
    vf64 power = vf64_pow2(e.t), base = vf64_sub(vf64_sub(power, c), v);
    return vf64_fma(power, e.w, vf64_fma(power, e.r, base));
}
FA_INLINE vf64 fa_xielu_left_lane(vf64 x, vf64 c, vf64 v)
{
    return fa_xielu_held_lane(vf64_max(vf64_set1(-600.0), vf64_min(vf64_set1(0.0), x)), c, v);
}

/* float64: the same as a pair, for z from -1400 to 709. With E = 2^n it is the sum of E - c, -v, E r, E r^2/2 and the
 * rest, below E/100; only what that rounds off is lost. E stops falling at 2^-1000: e^z is the pair times 2^below then.
 * And of x held at 0. */
typedef struct { fa_pair_f64 y; vf64 below; } fa_xielu_exponential;

FA_INLINE fa_xielu_exponential fa_xielu_held_f64(vf64 z, vf64 c, vf64 v)
{
    vf64 shift = vf64_set1(FA_SHIFT_F64);
    vf64 t = vf64_fma(z, vf64_set1(FA_LOG2E_F64), shift), n = vf64_sub(t, shift);
    vf64 held = vf64_max(vf64_set1(FA_SHIFT_F64 - 1000.0), t), power = vf64_pow2(held);
    vf64 r = vf64_fnma(n, vf64_set1(FA_LN2_F64), z), lost = vf64_mul(n, vf64_set1(-FA_LN2_REST_F64));
    fa_pair_f64 square = fa_two_product_f64(vf64_mul(vf64_set1(0.5), r), r);
    vf64 q = fa_estrin2_f64(r, 0x1.555555555555bp-3, 0x1.555555555555ap-5, 0x1.111111110ed9dp-7, 0x1.6c16c16c141ffp-10,
        0x1.a01a01b31f63bp-13, 0x1.a01a01b1c9654p-16, 0x1.71ddf0df3d46ap-19, 0x1.27e4c32dd6c27p-22,
        0x1.af6ad3c812316p-26, 0x1.1f991cb48e088p-29);
    vf64 cube = vf64_mul(vf64_mul(r, r), vf64_mul(r, q)), grown = vf64_add(vf64_add(r, square.high), cube);
    vf64 rest = vf64_add(cube, vf64_add(square.low, vf64_fma(lost, grown, lost)));

    fa_pair_f64 base = fa_fast_two_sum_f64(vf64_neg(c), power), sum = fa_two_sum_f64(base.high, vf64_neg(v));
    fa_pair_f64 sum2 = fa_two_sum_f64(sum.high, vf64_mul(power, r));
    fa_pair_f64 sum3 = fa_two_sum_f64(sum2.high, vf64_mul(power, square.high));
    vf64 low = vf64_add(vf64_add(base.low, sum.low), vf64_add(sum2.low, sum3.low));
    return (fa_xielu_exponential){
        fa_fast_two_sum_f64(sum3.high, vf64_fma(power, rest, low)), vf64_add(vf64_sub(t, held), shift)};
}
FA_INLINE fa_xielu_exponential fa_xielu_left_f64(vf64 x, vf64 c, vf64 v)
{
    return fa_xielu_held_f64(vf64_max(vf64_set1(-1400.0), vf64_min(vf64_set1(0.0), x)), c, v);
}

/* Whether x is above -1; and v of the value. */
FA_INLINE vm64 fa_xielu_near(vf64 x) { return vf64_lt(vf64_set1(-1.0), x); }
FA_INLINE vf64 fa_xielu_taken(vf64 x) { return vf64_keep(fa_xielu_near(x), vf64_min(vf64_set1(0.0), x)); }

/* p x for x > 0, else 0; and x as a factor of a slope. An infinite one counts as a finite one where the other is 0. */
FA_INLINE fa_pair_f64 fa_xielu_right(vf64 x, vf64 p)
{
    vf64 zero = vf64_set1(0.0);
    fa_pair_f64 y = fa_two_product_f64(p, vf64_drop(vf64_eq(p, zero), vf64_max(x, zero)));
    y.low = vf64_keep(vf64_lt(vf64_abs(y.high), vf64_set1(INFINITY)), y.low);
    return y;
}
FA_INLINE vf64 fa_xielu_factor(vf64 x, vf64 slope)
{
    vf64 most = vf64_set1(FA_MOST_F64);
    vf64 held = vf64_max(vf64_neg(most), vf64_min(most, x));
    return vf64_select(vf64_eq(slope, vf64_set1(0.0)), held, x);
}
/* What is added to b: of a positive x what is given, below -1 the difference to n. */
FA_INLINE vf64 fa_xielu_bend(vf64 x, vf64 right, vf64 n)
{
    return vf64_select(fa_xielu_near(x), right, vf64_neg(n));
}

/* b x at 0, where it has the sign of the result. Elsewhere it is not used, and must not overflow. */
FA_INLINE vf64 fa_xielu_zero(vf64 x, vf64 b, vf64 y)
{
    vm64 zero = vf64_eq(x, vf64_set1(0.0));
    return vf64_select(zero, vf64_mul(b, vf64_once(vf64_keep(zero, x))), y);
}

/* high + low, but for what is no number where high is infinite. */
FA_INLINE vf64 fa_xielu_sum(vf64 high, vf64 low)
{
    return vf64_add(high, vf64_keep(vf64_lt(vf64_abs(high), vf64_set1(INFINITY)), low));
}

FA_INLINE vf64 fa_xielu_f64(vf64 x, vf64 p, vf64 n, vf64 b)
{
    fa_pair_f64 left = fa_product_with_pair_f64(n, fa_xielu_left_f64(x, vf64_set1(1.0), fa_xielu_taken(x)).y);
    fa_pair_f64 right = fa_xielu_right(x, p), slope = fa_two_sum_f64(b, fa_xielu_bend(x, right.high, n));
    vf64 factor = fa_xielu_factor(x, slope.high);
    slope.low = vf64_add(slope.low, right.low);
    fa_pair_f64 sum = fa_sum_of_pairs_f64(fa_product_with_pair_f64(factor, slope), left);
    return fa_xielu_zero(x, b, fa_xielu_sum(sum.high, sum.low));
}
FA_INLINE vf64 fa_xielu_slope_f64(vf64 x, vf64 p, vf64 n, vf64 b)
{
    vf64 one = vf64_set1(1.0), zero = vf64_set1(0.0);
    fa_xielu_exponential e = fa_xielu_left_f64(x, vf64_keep(fa_xielu_near(x), one), zero);
    fa_pair_f64 left = fa_product_with_pair_f64(n, e.y), right = fa_xielu_right(x, p);
    left = (fa_pair_f64){vf64_times_pow2(left.high, e.below), vf64_times_pow2(left.low, e.below)};
    fa_pair_f64 slope = fa_two_sum_f64(b, fa_xielu_bend(x, vf64_add(right.high, right.high), n));
    slope.low = vf64_add(slope.low, vf64_add(right.low, right.low));
    fa_pair_f64 sum = fa_sum_of_pairs_f64(slope, left);
    return fa_xielu_sum(sum.high, sum.low);
}
FA_INLINE vf64 fa_xielu_grad_f64(vf64 x, vf64 dy, vf64 p, vf64 n, vf64 b)
{
    return vf64_mul(vf64_once(fa_xielu_slope_f64(x, p, n, b)), dy);
}
FA_INLINE vf64 fa_xielu_slope_n_f64(vf64 x)
{
    vf64 y = fa_xielu_left_f64(x, vf64_set1(1.0), vf64_min(vf64_set1(0.0), x)).y.high;
    return vf64_select(vf64_eq(x, vf64_set1(-INFINITY)), vf64_neg(x), y);
}

FA_INLINE vf64 fa_xielu_lane(vf64 x, vf64 p, vf64 n, vf64 b)
{
    vf64 left = vf64_mul(n, fa_xielu_left_lane(x, vf64_set1(1.0), fa_xielu_taken(x)));
    vf64 slope = vf64_add(b, fa_xielu_bend(x, fa_xielu_right(x, p).high, n));
    vf64 y = vf64_fma(slope, fa_xielu_factor(x, slope), left);
    return fa_xielu_zero(x, b, y);
}
FA_INLINE vf64 fa_xielu_slope_lane(vf64 x, vf64 p, vf64 n, vf64 b)
{
    vf64 c = vf64_keep(fa_xielu_near(x), vf64_set1(1.0)), right = fa_xielu_right(x, p).high;
    vf64 slope = vf64_add(b, fa_xielu_bend(x, vf64_add(right, right), n));
    return vf64_fma(n, fa_xielu_left_lane(x, c, vf64_set1(0.0)), slope);
}
FA_INLINE vf64 fa_xielu_slope_n_lane(vf64 x)
{
    return fa_xielu_left_lane(x, vf64_set1(1.0), vf64_min(vf64_set1(0.0), x));
}

FA_INLINE vf32 fa_xielu_through_f64(vf64 (*f)(vf64, vf64, vf64, vf64), vf32 x, vf32 p, vf32 n, vf32 b)
{
    return vf32_narrow(f(vf32_widen_low(x), vf32_widen_low(p), vf32_widen_low(n), vf32_widen_low(b)),
                       f(vf32_widen_high(x), vf32_widen_high(p), vf32_widen_high(n), vf32_widen_high(b)));
}
FA_INLINE vf32 fa_xielu_f32(vf32 x, vf32 p, vf32 n, vf32 b) { return fa_xielu_through_f64(fa_xielu_lane, x, p, n, b); }
FA_INLINE vf32 fa_xielu_grad_f32(vf32 x, vf32 dy, vf32 p, vf32 n, vf32 b)
{
    return vf32_mul(fa_xielu_through_f64(fa_xielu_slope_lane, x, p, n, b), dy);
}
FA_INLINE vf32 fa_xielu_slope_n_f32(vf32 x) { return vf32_through_f64(fa_xielu_slope_n_lane, x); }

#define FA_BODY "activations/xielu.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

/* The parameters have no part in it. max hands on a NaN that is its second operand. */
FA_INLINE void FA(xielu_grad_parameter)(V x, V dy, V p, V n, V b, V *dp, V *dn, V *db)
{
    V zero = OP(set1)(0), right = OP(max)(zero, x);
    (void)p, (void)n, (void)b;
    *dp = OP(select)(OP(eq)(right, zero), zero, OP(mul)(OP(mul)(right, right), dy));
    *dn = OP(select)(OP(lt)(zero, x), zero, OP(mul)(FA(xielu_slope_n)(x), dy));
    *db = OP(mul)(x, dy);
}

#endif
