/* squareplus(x, b) = (x + s)/2, s = sqrt(x^2 + b). With a = |x| and t = a + s, that is t/2 for x >= 0 and b/(2t) for
 * x < 0, where nothing cancels. The derivative is b/(2 s t) for x < 0, and 1 less that for x >= 0.
 *
 * x^2 + b is a pair, and so are s and t. One division, by s t, serves for 1/s and 1/t too: its remainder corrects what
 * it, s and t lost.
 * x^2 must neither overflow nor underflow: where x or b is large, or both are small, x is multiplied by a power of two,
 * k, and b by k^2. Where b is the numerator it is not scaled by k, or it might be lost, but by m, and 2n is 1/m.
 * Only a subnormal result is rounded once more.
 * Largest error found: 0.750 ULP, at -1.42251775e+38, and in float64 at -0x1.99d869a5cb155p+1022; of the derivative,
 * where the difference from 1 is rounded too, 0.750 ULP, at 0.000117957755 and 0x1.3d7d3p-33.
 * For x <= 0 and b = 0 the derivative is +0 whatever dy is. With b = inf the value is inf, and the derivative 1/2: x
 * stops at 1 then, and b at the largest number. A negative b counts as NaN.
 */
#ifndef FA_SQUAREPLUS_H
#define FA_SQUAREPLUS_H

#include "math/pair.h"

/* x and b are large where b, or x times LARGE_X, is beyond LARGE; small where b is below SMALL^2, and x below SMALL. */
#define FA_SQUAREPLUS_LARGE_F32 0x1p36f
#define FA_SQUAREPLUS_LARGE_F64 0x1p420
#define FA_SQUAREPLUS_LARGE_X_F32 0x1p-24f
#define FA_SQUAREPLUS_LARGE_X_F64 0x1p-80
#define FA_SQUAREPLUS_SMALL_F32 0x1p-48f
#define FA_SQUAREPLUS_SMALL_F64 0x1p-400
#define FA_SQUAREPLUS_DOWN_F32 0x1p-66f
#define FA_SQUAREPLUS_DOWN_F64 0x1p-520
#define FA_SQUAREPLUS_UP_F32 0x1p77f
#define FA_SQUAREPLUS_UP_F64 0x1p600
#define FA_SQUAREPLUS_M_F32 0x1p89f
#define FA_SQUAREPLUS_M_F64 0x1p599
#define FA_SQUAREPLUS_M_LARGE_F32 0x1p-8f
#define FA_SQUAREPLUS_M_LARGE_F64 0x1p-20
#define FA_SQUAREPLUS_LEAST_F32 0x1p-126f
#define FA_SQUAREPLUS_LEAST_F64 0x1p-1022
#define FA_SQUAREPLUS_MOST_F32 0x1.fffffep127f
#define FA_SQUAREPLUS_MOST_F64 0x1.fffffffffffffp1023

#define FA_BODY "activations/squareplus.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

/* k, 1/(2k), n, and b m; s, t and s t as pairs, of x k and b k^2; 1/(s t), rounded. */
typedef struct { V k, half, n, b; FA(pair) s, t, st; V inverse; } FA(squareplus_parts);

FA_INLINE FA(squareplus_parts) FA(squareplus_parts_of)(V x, V b)
{
    FA(squareplus_parts) y;
    V one = OP(set1)(1), half = OP(set1)((REAL)0.5), infinite = OP(set1)((REAL)INFINITY);
    V most = OP(set1)(K(SQUAREPLUS_MOST)), a = OP(min)(OP(select)(OP(eq)(b, infinite), one, most), OP(abs)(x));
    b = OP(select)(OP(lt)(b, OP(set1)(0)), OP(set1)((REAL)NAN), OP(min)(most, b));
    V small = OP(set1)(K(SQUAREPLUS_SMALL));
    M is_large = OP(lt)(OP(set1)(K(SQUAREPLUS_LARGE)), OP(max)(OP(mul)(a, OP(set1)(K(SQUAREPLUS_LARGE_X))), b));
    M is_small = OP(lt)(OP(max)(OP(mul)(a, small), b), OP(mul)(small, small));
    REAL down = K(SQUAREPLUS_DOWN), up = K(SQUAREPLUS_UP), m = K(SQUAREPLUS_M), large = K(SQUAREPLUS_M_LARGE);
    y.k = OP(select)(is_large, OP(set1)(down), OP(select)(is_small, OP(set1)(up), one));
    y.half = OP(select)(is_large, OP(set1)((REAL)0.5 / down), OP(select)(is_small, OP(set1)((REAL)0.5 / up), half));
    y.n = OP(select)(is_large, OP(set1)((REAL)0.5 / large), OP(set1)((REAL)0.5 / m));
    y.b = OP(mul)(b, OP(select)(is_large, OP(set1)(large), OP(set1)(m)));

    a = OP(mul)(a, y.k);
    FA(pair) square = FA(sum_with_pair)(OP(mul)(OP(mul)(b, y.k), y.k), FA(two_product)(a, a));
    y.s.high = OP(sqrt)(square.high);
    y.t = FA(fast_two_sum)(y.s.high, a);
    y.st = FA(two_product)(y.s.high, y.t.high);
    y.inverse = OP(div)(one, OP(max)(OP(set1)(K(SQUAREPLUS_LEAST)), y.st.high));

    V lost = OP(add)(OP(fnma)(y.s.high, y.s.high, square.high), square.low);
    y.s.low = OP(mul)(OP(mul)(lost, half), OP(mul)(y.t.high, y.inverse));
    y.t.low = OP(add)(y.t.low, y.s.low);
    y.st.low = OP(fma)(y.s.high, y.t.low, OP(fma)(y.s.low, y.t.high, y.st.low));
    return y;
}

/* b/d, where r is 1/d but for some roundings. */
FA_INLINE V FA(squareplus_quotient)(V b, FA(pair) d, V r)
{
    V rest = OP(fnma)(r, d.low, OP(fnma)(r, d.high, OP(set1)(1)));
    FA(pair) y = FA(two_product)(b, r);
    return OP(add)(y.high, OP(fma)(y.high, rest, y.low));
}

FA_INLINE V FA(squareplus)(V x, V b)
{
    V zero = OP(set1)(0), infinite = OP(set1)((REAL)INFINITY);
    M wide = OP(eq)(b, infinite);
    FA(squareplus_parts) y = FA(squareplus_parts_of)(x, b);
    V left = FA(squareplus_quotient)(y.b, y.t, OP(mul)(y.s.high, y.inverse)), right = OP(add)(y.t.high, y.t.low);
    M below = OP(lt)(x, zero);
    V value = OP(mul)(OP(select)(below, left, right), OP(select)(below, OP(mul)(y.k, y.n), y.half));
    M ordinary = OP(lt)(OP(abs)(x), OP(select)(wide, zero, infinite));
    return OP(select)(ordinary, value, OP(max)(OP(select)(wide, infinite, zero), x));
}

FA_INLINE V FA(squareplus_grad)(V x, V dy, V b)
{
    V zero = OP(set1)(0), one = OP(set1)(1);
    FA(squareplus_parts) y = FA(squareplus_parts_of)(x, b);
    V left = FA(squareplus_quotient)(y.b, y.st, y.inverse);
    left = OP(mul)(left, OP(mul)(OP(mul)(y.k, y.n), y.k));
    V slope = OP(select)(OP(lt)(x, zero), left, OP(sub)(one, left));
    M flat = OP(eq)(OP(add)(OP(max)(zero, x), b), zero);
    return OP(select)(flat, zero, OP(mul)(slope, dy));
}

#endif
