/* log_sigmoid(x) = -log(1 + e^-x) = -softplus(-x), and its derivative, sigmoid(-x). */
#ifndef FA_LOG_SIGMOID_H
#define FA_LOG_SIGMOID_H

#include "sigmoid.h"
#include "softplus.h"

FA_INLINE vf32 fa_log_sigmoid_f32(vf32 x) { return vf32_neg(fa_softplus_f32(vf32_neg(x))); }
FA_INLINE vf64 fa_log_sigmoid_f64(vf64 x) { return vf64_neg(fa_softplus_f64(vf64_neg(x))); }

FA_INLINE vf32 fa_log_sigmoid_grad_f32(vf32 x, vf32 dy) { return fa_softplus_grad_f32(vf32_neg(x), dy); }
FA_INLINE vf64 fa_log_sigmoid_grad_f64(vf64 x, vf64 dy) { return fa_softplus_grad_f64(vf64_neg(x), dy); }

#endif
