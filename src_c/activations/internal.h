/* For the benchmarks: a copy by the loops that all functions share, and the exponential. For a test: the vector layer's
 * own fused multiply-add.
 */
#ifndef FA_INTERNAL_H
#define FA_INTERNAL_H

#include "math/exp.h"

FA_INLINE vf32 fa_copy_f32(vf32 x) { return x; }
FA_INLINE vf64 fa_copy_f64(vf64 x) { return x; }
FA_INLINE vf32 fa_multiply_add_f32(vf32 x, vf32 b, vf32 c) { return vf32_fma(x, b, c); }
FA_INLINE vf64 fa_multiply_add_f64(vf64 x, vf64 b, vf64 c) { return vf64_fma(x, b, c); }

#endif
