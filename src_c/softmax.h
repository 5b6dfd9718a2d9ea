/* softmax's elementwise step: e^(x - top), top the largest of the row. The rows themselves are in fastact/_loops.pxi. */
#ifndef FA_SOFTMAX_H
#define FA_SOFTMAX_H

#include "exp.h"

FA_INLINE vf32 fa_exp_below_f32(vf32 x, vf32 top) { return fa_exp_f32(vf32_sub(x, top)); }
FA_INLINE vf64 fa_exp_below_f64(vf64 x, vf64 top) { return fa_exp_f64(vf64_sub(x, top)); }

#endif
