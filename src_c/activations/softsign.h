/* softsign(x) = x/(1 + |x|); its derivative, 1/(1 + |x|)^2, which from the output y is (1 - |y|)^2.
 *
 * |x| is held at 2^1000, where the value is 1 and the derivative 0, so that infinities give their limits.
 * float32  in double lanes, rounded once.
 * float64  The value is a sum and a quotient. In the derivatives 1 + |x|, its reciprocal and 1 - |y| are pairs: the
 *          square of a rounded one would be off by up to 3 ULP. Largest error found: 1.500 ULP, at
 *          0x1.fffffc8000001p-28; of the derivatives 1.000, at 0x1.ffff8p+510, and 0.500 ULP.
 */
#ifndef FA_SOFTSIGN_H
#define FA_SOFTSIGN_H

#include "math/pair.h"

FA_INLINE vf64 fa_softsign_magnitude(vf64 x) { return vf64_min(vf64_set1(0x1p1000), vf64_abs(x)); }

FA_INLINE vf64 fa_softsign_lane(vf64 x)
{
    vf64 a = fa_softsign_magnitude(x);
    return vf64_copysign(vf64_div(a, vf64_add(vf64_set1(1.0), a)), x);
}
FA_INLINE vf32 fa_softsign_f32(vf32 x) { return vf32_through_f64(fa_softsign_lane, x); }

/* A division of subnormal numbers takes long. The min is a itself where the max replaced it, elsewhere the quotient. */
FA_INLINE vf64 fa_softsign_f64(vf64 x)
{
    vf64 a = fa_softsign_magnitude(x);
    vf64 q = vf64_div(vf64_max(vf64_set1(0x1p-1000), a), vf64_add(vf64_set1(1.0), a));
    return vf64_flip(vf64_min(q, a), x);
}

/* The square of high + low, rounded once but for what low low is. */
FA_INLINE vf64 fa_softsign_square(fa_pair_f64 p)
{
    return vf64_fma(p.high, p.high, vf64_product(vf64_add(p.high, p.high), p.low));
}

FA_INLINE vf64 fa_softsign_slope(vf64 x)
{
    vf64 one = vf64_set1(1.0);
    fa_pair_f64 d = fa_two_sum_f64(one, fa_softsign_magnitude(x));
    vf64 r = vf64_div(one, d.high);
    return fa_softsign_square((fa_pair_f64){r, vf64_product(r, fa_remainder_f64(one, r, d))});
}
FA_INLINE vf64 fa_softsign_grad_f64(vf64 x, vf64 dy) { return vf64_mul(fa_softsign_slope(x), dy); }
FA_INLINE vf32 fa_softsign_grad_f32(vf32 x, vf32 dy)
{
    return vf32_mul(vf32_through_f64(fa_softsign_slope, x), dy);
}

/* Where y is so large that a product overflows, the square of the high part is all there is. */
FA_INLINE vf64 fa_softsign_slope_from_output(vf64 y)
{
    fa_pair_f64 p = fa_two_sum_f64(vf64_set1(1.0), vf64_minus_abs(y));
    vf64 rounded = vf64_mul(p.high, p.high), square = fa_softsign_square(p);
    return vf64_select(vf64_lt(vf64_abs(y), vf64_set1(0x1p500)), square, rounded);
}
FA_INLINE vf64 fa_softsign_grad_from_output_f64(vf64 y, vf64 dy)
{
    return vf64_mul(fa_softsign_slope_from_output(y), dy);
}
FA_INLINE vf32 fa_softsign_grad_from_output_f32(vf32 y, vf32 dy)
{
    return vf32_mul(vf32_through_f64(fa_softsign_slope_from_output, y), dy);
}

#endif
