/* Polynomials c0 + c1 x + ... + cn x^n, their coefficients in this order:
 *
 *   fa_horner_f64(x, c0, c1, ...)    one after the other: the fewest operations, each of which waits for the one before
 *   fa_estrin2_f64(x, c0, c1, ...)   by twos, c0 + c1 x and so on side by side, then one after the other in x^2
 *   fa_estrin2_small_f64(x, ...)     the same bits, faster where x may be so small that x^2 underflows
 *   fa_estrin4_f64(x, c0, c1, ...)   by fours, each of them by twos, then one after the other in x^4
 *
 * and the same of f32. fa_horner_over_f64(x, n, c) and its like take n coefficients in an array.
 * Which of them a kernel uses is a part of its result: they round differently.
 */
#ifndef FA_POLYNOMIAL_H
#define FA_POLYNOMIAL_H

#include "vec/vec.h"

#define FA_BODY "math/polynomial.h"
#include "vec/both.h"

#define FA_COUNT_F32(...) (int)(sizeof((const float[]){__VA_ARGS__}) / sizeof(float))
#define FA_COUNT_F64(...) (int)(sizeof((const double[]){__VA_ARGS__}) / sizeof(double))
#define fa_horner_f32(x, ...) fa_horner_over_f32(x, FA_COUNT_F32(__VA_ARGS__), (const float[]){__VA_ARGS__})
#define fa_horner_f64(x, ...) fa_horner_over_f64(x, FA_COUNT_F64(__VA_ARGS__), (const double[]){__VA_ARGS__})
#define fa_estrin2_f32(x, ...) fa_estrin2_over_f32(x, FA_COUNT_F32(__VA_ARGS__), (const float[]){__VA_ARGS__})
#define fa_estrin2_f64(x, ...) fa_estrin2_over_f64(x, FA_COUNT_F64(__VA_ARGS__), (const double[]){__VA_ARGS__})
#define fa_estrin2_small_f32(x, ...) \
    fa_estrin2_small_over_f32(x, FA_COUNT_F32(__VA_ARGS__), (const float[]){__VA_ARGS__})
#define fa_estrin2_small_f64(x, ...) \
    fa_estrin2_small_over_f64(x, FA_COUNT_F64(__VA_ARGS__), (const double[]){__VA_ARGS__})
#define fa_estrin4_f64(x, ...) fa_estrin4_over_f64(x, FA_COUNT_F64(__VA_ARGS__), (const double[]){__VA_ARGS__})

#elif defined(FA_BOTH)

FA_INLINE V FA(horner_over)(V x, int n, const REAL *c)
{
    V y = OP(set1)(c[n - 1]);
    for (int k = n - 2; k >= 0; k--) y = OP(fma)(y, x, OP(set1)(c[k]));
    return y;
}

/* The same where the coefficients are vectors. */
FA_INLINE V FA(horner_of)(V x, int n, const V *c)
{
    V y = c[n - 1];
    for (int k = n - 2; k >= 0; k--) y = OP(fma)(y, x, c[k]);
    return y;
}

/* c0 + c1 x, c2 + c3 x and so on, into `two`: returns how many. An odd coefficient at the end stays alone. */
FA_INLINE int FA(by_twos)(V x, int n, const REAL *c, V *two)
{
    for (int k = 0; k < n / 2; k++) two[k] = OP(fma)(OP(set1)(c[2 * k + 1]), x, OP(set1)(c[2 * k]));
    if (n % 2) two[n / 2] = OP(set1)(c[n - 1]);
    return (n + 1) / 2;
}

/* At most 32 coefficients. x2 is x x. */
FA_INLINE V FA(estrin2_by)(V x, V x2, int n, const REAL *c)
{
    V two[16];
    int twos = FA(by_twos)(x, n, c, two);
    return FA(horner_of)(x2, twos, two);
}
FA_INLINE V FA(estrin2_over)(V x, int n, const REAL *c) { return FA(estrin2_by)(x, OP(mul)(x, x), n, c); }
FA_INLINE V FA(estrin2_small_over)(V x, int n, const REAL *c) { return FA(estrin2_by)(x, OP(product)(x, x), n, c); }
FA_INLINE V FA(estrin4_over)(V x, int n, const REAL *c)
{
    V x2 = OP(mul)(x, x), x4 = OP(mul)(x2, x2), two[16], four[8];
    int twos = FA(by_twos)(x, n, c, two);
    for (int k = 0; k < twos / 2; k++) four[k] = OP(fma)(two[2 * k + 1], x2, two[2 * k]);
    if (twos % 2) four[twos / 2] = two[twos - 1];
    return FA(horner_of)(x4, (twos + 1) / 2, four);
}

#endif
