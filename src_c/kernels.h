/* Every kernel that the loops can call. */
#include "elu.h"
#include "gelu.h"
#include "log_sigmoid.h"
#include "mish.h"
#include "relu.h"
#include "sigmoid.h"
#include "silu.h"
#include "softplus.h"
#include "tanh.h"

/* For the benchmarks, a copy; for its test, the vector layer's own operation. */
FA_INLINE vf32 fa_copy_f32(vf32 x) { return x; }
FA_INLINE vf64 fa_copy_f64(vf64 x) { return x; }
FA_INLINE vf32 fa_multiply_add_f32(vf32 x, vf32 b, vf32 c) { return vf32_fma(x, b, c); }
FA_INLINE vf64 fa_multiply_add_f64(vf64 x, vf64 b, vf64 c) { return vf64_fma(x, b, c); }
