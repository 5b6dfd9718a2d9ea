/* Pairs: numbers to twice the precision of their type, as the unevaluated sum of two.
 *
 * high is the number rounded; low is what that leaves out, and much smaller. Functions of numbers (fast_two_sum,
 * two_sum, two_product) lose nothing. Functions of pairs drop what is smaller than the last bit of low, and take the
 * fewest operations that the kernels can do with: they do not make high the nearest to high + low again.
 * For float32 and float64 each: fa_pair_f64, fa_two_sum_f64 and so on.
 */
#ifndef FA_PAIR_H
#define FA_PAIR_H

#include "vec/vec.h"

#define FA_BODY "math/pair.h"
#include "vec/both.h"

/* About 1/d for d in [1, 2], within 6%. That is close enough for a factor of a last, small correction. */
FA_INLINE vf64 fa_inverse_1_2(vf64 d) { return vf64_fnma(vf64_set1(8.0 / 17.0), d, vf64_set1(24.0 / 17.0)); }

#elif defined(FA_BOTH)

typedef struct { V high, low; } FA(pair);

/* a + b exactly, where |a| >= |b| or a = 0 (Dekker). */
FA_INLINE FA(pair) FA(fast_two_sum)(V a, V b)
{
    V sum = OP(add)(a, b);
    return (FA(pair)){sum, OP(sub)(b, OP(sub)(sum, a))};
}

/* a - b exactly, where |b| >= |a|. */
FA_INLINE FA(pair) FA(fast_two_difference)(V a, V b)
{
    V difference = OP(sub)(a, b);
    return (FA(pair)){difference, OP(sub)(a, OP(add)(difference, b))};
}

/* a + b exactly, whichever of them is the larger (Knuth). */
FA_INLINE FA(pair) FA(two_sum)(V a, V b)
{
    V sum = OP(add)(a, b), b_part = OP(sub)(sum, a), a_part = OP(sub)(sum, b_part);
    return (FA(pair)){sum, OP(add)(OP(sub)(a, a_part), OP(sub)(b, b_part))};
}

/* a b exactly, unless low underflows. */
FA_INLINE FA(pair) FA(two_product)(V a, V b)
{
    V product = OP(product)(a, b);
    return (FA(pair)){product, OP(fms)(a, b, product)};
}

/* a b + c, where |c| >= |a b| or c = 0: high is rounded once, and low is what that lost, rounded once itself. */
FA_INLINE FA(pair) FA(two_fma)(V a, V b, V c)
{
    V sum = OP(fma)(a, b, c);
    return (FA(pair)){sum, OP(fma)(a, b, OP(sub)(c, sum))};
}

/* a + b, where |a| >= |b|. */
FA_INLINE FA(pair) FA(fast_sum_with_pair)(V a, FA(pair) b)
{
    FA(pair) sum = FA(fast_two_sum)(a, b.high);
    return (FA(pair)){sum.high, OP(add)(sum.low, b.low)};
}

/* a + b, whichever of them is the larger. */
FA_INLINE FA(pair) FA(sum_with_pair)(V a, FA(pair) b)
{
    FA(pair) sum = FA(two_sum)(b.high, a);
    return (FA(pair)){sum.high, OP(add)(sum.low, b.low)};
}
FA_INLINE FA(pair) FA(sum_of_pairs)(FA(pair) a, FA(pair) b)
{
    FA(pair) sum = FA(two_sum)(a.high, b.high);
    return (FA(pair)){sum.high, OP(add)(sum.low, OP(add)(a.low, b.low))};
}

/* a b. */
FA_INLINE FA(pair) FA(product_with_pair)(V a, FA(pair) b)
{
    FA(pair) product = FA(two_product)(a, b.high);
    return (FA(pair)){product.high, OP(add)(OP(product)(a, b.low), product.low)};
}
FA_INLINE FA(pair) FA(product_of_pairs)(FA(pair) a, FA(pair) b)
{
    FA(pair) product = FA(two_product)(a.high, b.high);
    V cross = OP(fma)(a.low, b.high, OP(product)(a.high, b.low));
    return (FA(pair)){product.high, OP(add)(cross, product.low)};
}
FA_INLINE FA(pair) FA(square_of_pair)(FA(pair) a)
{
    FA(pair) square = FA(two_product)(a.high, a.high);
    return (FA(pair)){square.high, OP(fma)(OP(add)(a.high, a.high), a.low, square.low)};
}

/* n - q d, what a quotient q of n and d leaves: q plus this over d is the quotient to twice the precision. */
FA_INLINE V FA(remainder)(V n, V q, FA(pair) d) { return OP(fnma)(q, d.low, OP(fnma)(q, d.high, n)); }
FA_INLINE V FA(remainder_of_pair)(FA(pair) n, V q, FA(pair) d)
{
    return OP(fnma)(q, d.low, OP(add)(OP(fnma)(q, d.high, n.high), n.low));
}

/* n/d, by one division. The remainder's two halves are formed side by side. */
FA_INLINE FA(pair) FA(quotient_of_pairs)(FA(pair) n, FA(pair) d)
{
    V inverse = OP(div)(OP(set1)(1), d.high), q = OP(mul)(n.high, inverse);
    V rest = OP(add)(OP(fnma)(q, d.high, n.high), OP(fnma)(q, d.low, n.low));
    return (FA(pair)){q, OP(mul)(rest, inverse)};
}

#endif
