/* Every kernel that the loops can call. */
#include "relu.h"
#include "sigmoid.h"
#include "softmax.h"
#include "softplus.h"
#include "tanh.h"

/* The vector layer's own operation, for its test. */
FA_INLINE vf32 fa_multiply_add_f32(vf32 x, vf32 b, vf32 c) { return vf32_fma(x, b, c); }
FA_INLINE vf64 fa_multiply_add_f64(vf64 x, vf64 b, vf64 c) { return vf64_fma(x, b, c); }
