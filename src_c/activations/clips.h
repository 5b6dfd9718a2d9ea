/* relu6, hard_tanh, hard_sigmoid: lines that are held between two bounds.
 *
 *   relu6(x)                  = min(max(x, 0), 6)
 *   hard_tanh(x, low, high)   = min(max(x, low), high)
 *   hard_sigmoid(x, a, b)     = min(max(a x + b, 0), 1)
 *   hard_sigmoid_plain(x)     = min(max(x + 3, 0), 6)/6
 *
 * NaN gives NaN, in the derivatives too. relu6(-0) is +0. A derivative is +0 at the bounds and beyond, whatever dy is.
 * hard_sigmoid        is one fma. Where a x + b is above 0 and below 1 the signs of two fma tell, exactly; 1 - b is a
 *                     pair for that. With a = 0 the derivative is +0 everywhere.
 * hard_sigmoid_plain  has its bends at -3 and 3, and is exact beside them, where 1/6 rounded would not do.
 *                     x + 3 is a pair, and so is 1/6. Largest error found: 0.501 ULP in float32, in float64 0.500.
 */
#ifndef FA_CLIPS_H
#define FA_CLIPS_H

#include "math/pair.h"

/* 1/6, and what that number leaves out. */
#define FA_SIXTH_F32 0x1.555556p-3f
#define FA_SIXTH_LOW_F32 -0x1.555556p-28f
#define FA_SIXTH_F64 0x1.5555555555555p-3
#define FA_SIXTH_LOW_F64 0x1.5555555555555p-57

#define fa_relu6_integer(x) ((x) > 0 ? ((x) < 6 ? (x) : 6) : 0) /* of integers */

#define FA_BODY "activations/clips.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

FA_INLINE V FA(clip)(V x, V low, V high) { return OP(min)(high, OP(max)(low, x)); }

/* y for low < x < high, +0 elsewhere, NaN for a NaN. */
FA_INLINE V FA(between)(V x, V low, V high, V y)
{
    y = OP(once)(y); /* or gcc loads of it what is taken alone, which from memory takes twice as long */
    V zero = OP(set1)(0), kept = OP(select)(OP(lt)(x, high), y, zero);
    return OP(select)(OP(lt)(low, x), kept, OP(select)(OP(isnan)(x), x, zero));
}

/* Adding +0 turns -0 into +0. */
FA_INLINE V FA(relu6)(V x) { return OP(add)(FA(clip)(x, OP(set1)(0), OP(set1)(6)), OP(set1)(0)); }
FA_INLINE V FA(relu6_grad)(V x, V dy) { return FA(between)(x, OP(set1)(0), OP(set1)(6), dy); }

FA_INLINE V FA(hard_tanh)(V x, V low, V high) { return FA(clip)(x, low, high); }
FA_INLINE V FA(hard_tanh_grad)(V x, V dy, V low, V high) { return FA(between)(x, low, high, dy); }

/* With a = 0, x stops at -1 and 1, since 0 times infinity is NaN. */
FA_INLINE V FA(hard_sigmoid)(V x, V a, V b)
{
    V zero = OP(set1)(0), one = OP(set1)(1), most = OP(select)(OP(eq)(a, zero), one, OP(set1)(INFINITY));
    V line = OP(fma)(a, FA(clip)(x, OP(neg)(most), most), b);
    return OP(add)(FA(clip)(line, zero, one), zero);
}
FA_INLINE V FA(hard_sigmoid_slope)(V dy, V a)
{
    V zero = OP(set1)(0);
    return OP(select)(OP(eq)(a, zero), zero, OP(mul)(a, dy));
}
/* What has the sign of a x + b, also where that product alone would become 0. */
FA_INLINE V FA(sign_of_line)(V x, V a, V b)
{
    return OP(select)(OP(eq)(b, OP(set1)(0)), OP(flip)(x, a), OP(fma)(a, x, b));
}
FA_INLINE V FA(hard_sigmoid_grad)(V x, V dy, V a, V b)
{
    V zero = OP(set1)(0), line = FA(sign_of_line)(x, a, b);
    FA(pair) rest = FA(two_sum)(b, OP(set1)(-1));
    V beyond = OP(add)(FA(sign_of_line)(x, a, rest.high), rest.low);
    V kept = OP(select)(OP(lt)(beyond, zero), FA(hard_sigmoid_slope)(dy, a), zero);
    return OP(select)(OP(lt)(zero, line), kept, OP(select)(OP(isnan)(x), x, zero));
}
FA_INLINE V FA(hard_sigmoid_grad_from_output)(V y, V dy, V a, V b)
{
    (void)b;
    return FA(between)(y, OP(set1)(0), OP(set1)(1), FA(hard_sigmoid_slope)(dy, a));
}

FA_INLINE V FA(hard_sigmoid_plain)(V x, V a, V b)
{
    (void)a, (void)b;
    V three = OP(set1)(3), sixth = OP(set1)(K(SIXTH));
    FA(pair) sum = FA(fast_two_sum)(three, FA(clip)(x, OP(set1)(-3), three));
    V low = OP(fma)(sum.high, OP(set1)(K(SIXTH_LOW)), OP(mul)(sum.low, sixth));
    return OP(fma)(sum.high, sixth, low);
}
FA_INLINE V FA(hard_sigmoid_grad_plain)(V x, V dy, V a, V b)
{
    (void)a, (void)b;
    return FA(between)(x, OP(set1)(-3), OP(set1)(3), OP(mul)(dy, OP(set1)(K(SIXTH))));
}
FA_INLINE V FA(hard_sigmoid_grad_from_output_plain)(V y, V dy, V a, V b)
{
    (void)a, (void)b;
    return FA(between)(y, OP(set1)(0), OP(set1)(1), OP(mul)(dy, OP(set1)(K(SIXTH))));
}

#endif
