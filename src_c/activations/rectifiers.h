/* identity, relu, leaky_relu, prelu, squared_relu, threshold, noisy_relu.
 *
 *   identity(x)           = x
 *   relu(x)               = max(x, 0)
 *   leaky_relu(x, a)      = x for x > 0, a x elsewhere; prelu is the same, with a derivative by a
 *   squared_relu(x)       = max(x, 0)^2
 *   threshold(x, t, v)    = x for x > t, v elsewhere
 *   noisy_relu(x, noise)  = max(x + noise, 0)
 *
 * They are exact but for the one product or sum, which is rounded. NaN gives NaN, in the derivatives too. relu(-0) is
 * +0. A derivative that is identically zero on a piece gives +0 there, whatever dy is; with a = 0 the left piece of
 * leaky_relu is such a one, and the value is -0 on it, at x = -inf too. No product or sum overflows where it is not the
 * result: operands are replaced first where another piece will be selected. The derivative of squared_relu from its
 * output, 2 sqrt(y), is a square root rounded once.
 */
#ifndef FA_RECTIFIERS_H
#define FA_RECTIFIERS_H

#include "vec/vec.h"

/* Of integers; what overflows wraps, as unsigned numbers do. */
#define fa_identity_integer(x) (x)
#define fa_relu_integer(x) ((x) > 0 ? (x) : 0)
#define fa_squared_relu_integer(x) ((x) > 0 ? (uint64_t)(x) * (uint64_t)(x) : 0)

#define FA_BODY "activations/rectifiers.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

/* The zero goes first, so that max passes a NaN; adding +0 turns -0 into +0. */
FA_INLINE V FA(relu)(V x) { return OP(add)(OP(max)(OP(set1)(0), x), OP(set1)(0)); }

/* y for x > t, +0 elsewhere, NaN for a NaN. Without once, gcc loads of y what is taken alone, which from memory takes
 * twice as long. */
FA_INLINE V FA(above)(V x, V t, V y)
{
    y = OP(once)(y);
    return OP(select)(OP(lt)(t, x), y, OP(select)(OP(isnan)(x), x, OP(set1)(0)));
}

FA_INLINE V FA(relu_grad)(V x, V dy) { return FA(above)(x, OP(set1)(0), dy); }

FA_INLINE V FA(identity)(V x) { return x; }
FA_INLINE V FA(identity_grad)(V x, V dy) { return OP(select)(OP(isnan)(x), x, dy); }

/* Of what is 0 or NaN and not greater the slope is that itself. */
FA_INLINE V FA(squared_relu)(V x) { V kept = FA(relu)(x); return OP(mul)(kept, kept); }
FA_INLINE V FA(twice_times)(V kept, V dy)
{
    dy = OP(once)(dy);
    return OP(select)(OP(lt)(OP(set1)(0), kept), OP(mul)(OP(add)(kept, kept), dy), kept);
}
FA_INLINE V FA(squared_relu_grad)(V x, V dy) { return FA(twice_times)(FA(relu)(x), dy); }
FA_INLINE V FA(squared_relu_grad_from_output)(V y, V dy) { return FA(twice_times)(OP(sqrt)(FA(relu)(y)), dy); }

FA_INLINE V FA(threshold)(V x, V t, V value)
{
    return OP(select)(OP(lt)(t, x), x, OP(select)(OP(isnan)(x), x, value));
}
FA_INLINE V FA(threshold_grad)(V x, V dy, V t, V value) { (void)value; return FA(above)(x, t, dy); }

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

FA_INLINE V FA(prelu_grad_parameter)(V x, V dy, V a)
{
    (void)a;
    V zero = OP(set1)(0), below = OP(min)(zero, OP(once)(x));
    return OP(select)(OP(lt)(below, zero), OP(mul)(below, dy), OP(add)(below, zero));
}

#endif
