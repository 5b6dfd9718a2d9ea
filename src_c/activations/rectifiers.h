/* relu, leaky_relu, noisy_relu.
 *
 *   relu(x)               = max(x, 0)
 *   leaky_relu(x, a)      = x for x > 0, a x elsewhere
 *   noisy_relu(x, noise)  = max(x + noise, 0)
 *
 * They are exact but for the one product or sum, which is rounded. NaN gives NaN, in the derivatives too. relu(-0) is
 * +0. A derivative that is identically zero on a piece gives +0 there, whatever dy is; with a = 0 the left piece of
 * leaky_relu is such a one, and the value is -0 on it, at x = -inf too. No product or sum overflows where it is not the
 * result: operands are replaced first where another piece will be selected.
 */
#ifndef FA_RECTIFIERS_H
#define FA_RECTIFIERS_H

#include "vec/vec.h"

#define fa_relu_integer(x) ((x) > 0 ? (x) : 0)

#define FA_BODY "activations/rectifiers.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

/* The zero goes first, so that max passes a NaN; adding +0 turns -0 into +0. */
FA_INLINE V FA(relu)(V x) { return OP(add)(OP(max)(OP(set1)(0), x), OP(set1)(0)); }

FA_INLINE V FA(relu_grad)(V x, V dy)
{
    V zero = OP(set1)(0);
    return OP(select)(OP(lt)(zero, x), dy, OP(select)(OP(isnan)(x), x, zero));
}

/* Where both x and the noise are negative, x counts as 0, so that their sum cannot overflow. */
FA_INLINE V FA(noisy_relu)(V x, V noise)
{
    x = OP(once)(x), noise = OP(once)(noise);
    V zero = OP(set1)(0), kept = OP(select)(OP(lt)(noise, zero), OP(max)(zero, x), x);
    return FA(relu)(OP(add)(OP(select)(OP(lt)(x, zero), kept, x), noise));
}

/* With a = 0, x stops at -1, since 0 times -inf is NaN. */
FA_INLINE V FA(leaky_relu)(V x, V a)
{
    x = OP(once)(x), a = OP(once)(a);
    V zero = OP(set1)(0), lowest = OP(select)(OP(eq)(a, zero), OP(set1)(-1), OP(set1)(-INFINITY));
    return OP(select)(OP(lt)(zero, x), x, OP(mul)(a, OP(max)(lowest, OP(min)(zero, x))));
}

FA_INLINE V FA(leaky_relu_grad)(V x, V dy, V a)
{
    V zero = OP(set1)(0);
    M right = OP(lt)(zero, x);
    V left = OP(select)(OP(eq)(a, zero), zero, OP(mul)(a, OP(select)(right, zero, dy)));
    return OP(select)(right, dy, OP(select)(OP(isnan)(x), x, left));
}

#endif
