/* Not activations: copy and exp are for the benchmarks, which time the loops by the one and compare with the other;
 * multiply_add is for the test of the vector layer's fused multiply-add. exp itself is in math/exp.h.
 */
#ifndef FA_INTERNAL_H
#define FA_INTERNAL_H

#include "math/exp.h"

#define FA_BODY "activations/internal.h"
#include "vec/both.h"
#elif defined(FA_BOTH)

FA_INLINE V FA(copy)(V x) { return x; }
FA_INLINE V FA(multiply_add)(V x, V b, V c) { return OP(fma)(x, b, c); }

#endif
