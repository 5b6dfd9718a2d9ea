/* sparse_plus, sparse_sigmoid: a parabola between two lines, and its derivative.
 *
 *   sparse_plus(x)     = 0 up to -1, (x + 1)^2/4 between, x from 1 on
 *   sparse_sigmoid(x)  = min(max((x + 1)/2, 0), 1)
 *
 * NaN gives NaN. Where a derivative is zero on a piece it is +0 whatever dy is, that of sparse_sigmoid at -1 and 1 too.
 * sparse_plus: h is (x + 1)/2 rounded and r twice what that leaves out, exactly; h^2 + h r is rounded once, r^2/4 is no
 * matter. Up to 1 the parabola is above the line x, and stops there: the result is the larger of them.
 * Largest error found: 0.501 ULP in float32, in float64 0.500.
 */
#ifndef FA_SPARSE_H
#define FA_SPARSE_H

#include "activations/clips.h"

#define FA_BODY "activations/sparse.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

FA_INLINE V FA(sparse_plus)(V x)
{
    V one = OP(set1)(1), half = OP(set1)(0.5), t = FA(clip)(x, OP(set1)(-1), one);
    V h = OP(fma)(half, t, half), r = OP(add)(t, OP(fnma)(OP(set1)(2), h, one));
    return OP(max)(x, OP(fma)(h, h, OP(mul)(h, r)));
}

FA_INLINE V FA(sparse_sigmoid)(V x)
{
    V half = OP(set1)(0.5);
    return OP(fma)(half, FA(clip)(x, OP(set1)(-1), OP(set1)(1)), half);
}

/* Of what is 0 or NaN and not greater the slope is that itself. */
FA_INLINE V FA(sparse_plus_grad)(V x, V dy)
{
    V slope = FA(sparse_sigmoid)(x);
    return OP(select)(OP(lt)(OP(set1)(0), slope), OP(mul)(slope, dy), slope);
}

FA_INLINE V FA(sparse_sigmoid_grad)(V x, V dy)
{
    return FA(between)(x, OP(set1)(-1), OP(set1)(1), OP(mul)(OP(set1)(0.5), dy));
}
FA_INLINE V FA(sparse_sigmoid_grad_from_output)(V y, V dy)
{
    return FA(between)(y, OP(set1)(0), OP(set1)(1), OP(mul)(OP(set1)(0.5), dy));
}

#endif
