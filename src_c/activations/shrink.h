/* hard_shrink, soft_shrink: what is small becomes 0.
 *
 *   hard_shrink(x, l)  = x for |x| > l, 0 elsewhere
 *   soft_shrink(x, l)  = x - l for x > l, x + l for x < -l, 0 elsewhere
 *
 * They are exact but for the one difference, which is rounded. NaN gives NaN, in the derivative too. Where they are 0
 * that is +0, and so is the derivative whatever dy is; it is the same of both.
 */
#ifndef FA_SHRINK_H
#define FA_SHRINK_H

#include "activations/rectifiers.h"

#define FA_BODY "activations/shrink.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

FA_INLINE V FA(hard_shrink)(V x, V l) { return FA(above)(OP(abs)(x), l, x); }
FA_INLINE V FA(hard_shrink_grad)(V x, V dy, V l) { return FA(above)(OP(abs)(x), l, dy); }

/* With an infinite l, x stops at 1, or infinity would be subtracted from itself. Adding +0 turns -0 into +0. */
FA_INLINE V FA(soft_shrink)(V x, V l)
{
    V zero = OP(set1)(0), infinite = OP(set1)((REAL)INFINITY);
    V most = OP(select)(OP(eq)(l, infinite), OP(set1)(1), infinite);
    V rest = OP(max)(zero, OP(sub)(OP(min)(most, OP(abs)(x)), l));
    return OP(add)(OP(flip)(rest, x), zero);
}

#endif
