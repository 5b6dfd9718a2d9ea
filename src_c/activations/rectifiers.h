/* relu(x) = max(x, 0); leaky_relu(x, a) = x > 0 ? x : a x; noisy_relu(x, noise) = max(x + noise, 0).
 *
 * Exact but for the one product or sum. A NaN stays NaN, in the gradients too. A piece on which the derivative is
 * identically zero gives +0 whatever dy is; with a = 0 that is the left piece of leaky_relu, whose value is -0 there
 * down to x = -inf. Products and sums are formed on values that are replaced where they do not count, so that they
 * overflow only where they are used.
 */
#ifndef FA_RECTIFIERS_H
#define FA_RECTIFIERS_H

#include "vec/vec.h"

/* The zero goes first, so that max passes a NaN; adding +0 turns -0 into +0. */
FA_INLINE vf32 fa_relu_f32(vf32 x) { return vf32_add(vf32_max(vf32_set1(0.0f), x), vf32_set1(0.0f)); }
FA_INLINE vf64 fa_relu_f64(vf64 x) { return vf64_add(vf64_max(vf64_set1(0.0), x), vf64_set1(0.0)); }

FA_INLINE vf32 fa_noisy_relu_f32(vf32 x, vf32 noise)
{
    vf32 zero = vf32_set1(0.0f), kept = vf32_select(vf32_lt(noise, zero), vf32_max(zero, x), x);
    return fa_relu_f32(vf32_add(vf32_select(vf32_lt(x, zero), kept, x), noise));
}
FA_INLINE vf64 fa_noisy_relu_f64(vf64 x, vf64 noise)
{
    vf64 zero = vf64_set1(0.0), kept = vf64_select(vf64_lt(noise, zero), vf64_max(zero, x), x);
    return fa_relu_f64(vf64_add(vf64_select(vf64_lt(x, zero), kept, x), noise));
}

FA_INLINE vf32 fa_relu_grad_f32(vf32 x, vf32 dy)
{
    vf32 zero = vf32_set1(0.0f);
    return vf32_select(vf32_lt(zero, x), dy, vf32_select(vf32_isnan(x), x, zero));
}
FA_INLINE vf64 fa_relu_grad_f64(vf64 x, vf64 dy)
{
    vf64 zero = vf64_set1(0.0);
    return vf64_select(vf64_lt(zero, x), dy, vf64_select(vf64_isnan(x), x, zero));
}

FA_INLINE vf32 fa_leaky_relu_f32(vf32 x, vf32 a)
{
    vf32 zero = vf32_set1(0.0f);
    vf32 lowest = vf32_select(vf32_eq(a, zero), vf32_set1(-1.0f), vf32_set1(-INFINITY));
    return vf32_select(vf32_lt(zero, x), x, vf32_mul(a, vf32_max(lowest, vf32_min(zero, x))));
}
FA_INLINE vf64 fa_leaky_relu_f64(vf64 x, vf64 a)
{
    vf64 zero = vf64_set1(0.0);
    vf64 lowest = vf64_select(vf64_eq(a, zero), vf64_set1(-1.0), vf64_set1(-INFINITY));
    return vf64_select(vf64_lt(zero, x), x, vf64_mul(a, vf64_max(lowest, vf64_min(zero, x))));
}

FA_INLINE vf32 fa_leaky_relu_grad_f32(vf32 x, vf32 dy, vf32 a)
{
    vf32 zero = vf32_set1(0.0f);
    vm32 right = vf32_lt(zero, x);
    vf32 left = vf32_mul(a, vf32_select(right, zero, dy));
    left = vf32_select(vf32_eq(a, zero), zero, left);
    return vf32_select(right, dy, vf32_select(vf32_isnan(x), x, left));
}
FA_INLINE vf64 fa_leaky_relu_grad_f64(vf64 x, vf64 dy, vf64 a)
{
    vf64 zero = vf64_set1(0.0);
    vm64 right = vf64_lt(zero, x);
    vf64 left = vf64_mul(a, vf64_select(right, zero, dy));
    left = vf64_select(vf64_eq(a, zero), zero, left);
    return vf64_select(right, dy, vf64_select(vf64_isnan(x), x, left));
}

#endif
