/* Rows of float64: what differs from float32. */
#define FA_F32_LANES 16 /* a vector has 16 floats, or 8 doubles, on every rung: the parts of a row's sum depend on it */
#include "math/log.h"

#include "loops/rows/call.h"
#include "loops/rows/copies.h"

#define REAL double
#define V vf64
#define L FA_F64_LANES
#define OP(name) vf64_##name
#define FA(name) fa_rows_##name##_f64
#define MATH(name) fa_##name##_f64
#define K(name) FA_ROWS_##name##_F64

/* As in rows_f32.c. */
#define FA_ROWS_SHIFT_F64 FA_SHIFT_F64
#define FA_ROWS_STEPS_F64 2
#define FA_ROWS_RATE_F64 0x1.71547652b82fep1
#define FA_ROWS_STEP_F64 0x1.62e42fefa39efp-2
#define FA_ROWS_STEP_LOW_F64 0x1.abc9e3b39803fp-57
#define FA_ROWS_UNIT_F64 0x1.000000000003bp56
#define FA_ROWS_UNIT_EXPONENT_F64 56
#define FA_ROWS_UNIT_EXPONENT_OTHERS_F64 128
#define FA_ROWS_LOWEST_F64 746.0
#define FA_ROWS_LOWEST_OTHER_F64 790.0
#define FA_ROWS_REGULAR_F64 0x1p27
#define FA_ROWS_REACH_F64 1020
#define FA_ROWS_BLOCK_F64 1

FA_INLINE vf64 fa_rows_exp_quotient_f64(vf64 r)
{
    return fa_estrin2_f64(r, 1.0, 0x1.ffffffffffe73p-2, 0x1.5555555555453p-3, 0x1.5555555623bdcp-5,
        0x1.11111111b22b4p-7, 0x1.6c16b80a501f1p-10, 0x1.a019f71a1a634p-13, 0x1.a07315ac3cfc4p-16,
        0x1.722c9e1a25835p-19);
}
FA_INLINE vf64 fa_rows_power_f64(vf64 t) { return vf64_pow2_halves(t); }

FA_GATHER(fa_rows_gather_f64, double)

static void fa_rows_read_f64(enum fa_element element, double *to, const char *x, ptrdiff_t step, ptrdiff_t n)
{
    (void)element;
    fa_rows_gather_f64(to, x, step, n);
    for (ptrdiff_t i = n; i < (n + 7) / 8 * 8; i++) to[i] = to[0];
}
static void fa_rows_write_f64(enum fa_element element, char *y, ptrdiff_t step, const double *from, ptrdiff_t n)
{
    (void)element;
    fa_rows_gather_f64_back(y, step, from, n);
}

#include "loops/rows/all_rows.h"
