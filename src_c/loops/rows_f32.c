/* Rows of float32, and of float16, which is computed in float32 and rounded once: what differs from float64. */
#define FA_F32_LANES 16 /* a vector has 16 floats, or 8 doubles, on every rung: the parts of a row's sum depend on it */
#include "math/log.h"

#include "loops/rows/call.h"
#include "loops/rows/copies.h"

#define REAL float
#define V vf32
#define L FA_F32_LANES
#define OP(name) vf32_##name
#define FA(name) fa_rows_##name##_f32
#define MATH(name) fa_##name##_f32
#define K(name) FA_ROWS_##name##_F32

/* From math/minimax/exp_rows.sollya. */
#define FA_ROWS_SHIFT_F32 FA_SHIFT_F32
#define FA_ROWS_STEPS_F32 4                  /* of a power of two */
#define FA_ROWS_RATE_F32 0x1.715476p2f       /* 4/ln2 */
#define FA_ROWS_STEP_F32 0x1.62e43p-3f       /* ln2/4 */
#define FA_ROWS_STEP_LOW_F32 -0x1.05c61p-31f /* what that lacks */
#define FA_ROWS_UNIT_F32 0x1.0000fap26f      /* the unit of terms, c 2^UNIT_EXPONENT for the c of pow2_quarters */
#define FA_ROWS_UNIT_EXPONENT_F32 26
#define FA_ROWS_UNIT_EXPONENT_OTHERS_F32 64
#define FA_ROWS_LOWEST_F32 105.0f                 /* by how much the lowest element that counts is below the top */
#define FA_ROWS_LOWEST_OTHER_F32 128.0f
#define FA_ROWS_REGULAR_F32 0x1p15f               /* steps that can be counted exactly */
#define FA_ROWS_REACH_F32 126                     /* 2 to this power, and its inverse, are normal numbers */
#define FA_ROWS_BLOCK_F32 2                       /* elements of a part that are added up before they join it */

/* (e^r - 1)/r. */
FA_INLINE vf32 fa_rows_exp_quotient_f32(vf32 r)
{
    return fa_horner_f32(r, 0x1.fffffap-1f, 0x1p-1f, 0x1.55816cp-3f, 0x1.55735cp-5f);
}
FA_INLINE vf32 fa_rows_power_f32(vf32 t) { return vf32_pow2_quarters(t); }

FA_GATHER(fa_rows_gather_half, uint16_t)
FA_GATHER(fa_rows_gather_f32, float)

/* n elements as floats, and the first of them again up to a whole vector. */
static void fa_rows_read_f32(enum fa_element element, float *to, const char *x, ptrdiff_t step, ptrdiff_t n)
{
    ptrdiff_t whole = (n + 15) / 16 * 16;
    if (element == FA_HALF) {
        uint16_t half[FA_BLOCK];
        fa_rows_gather_half(half, x, step, n);
        for (ptrdiff_t i = n; i < whole; i++) half[i] = half[0];
        for (ptrdiff_t i = 0; i < whole; i += 16) vf32_store(to + i, vf32_load_half(half + i));
        return;
    }
    fa_rows_gather_f32(to, x, step, n);
    for (ptrdiff_t i = n; i < whole; i++) to[i] = to[0];
}
static void fa_rows_write_f32(enum fa_element element, char *y, ptrdiff_t step, const float *from, ptrdiff_t n)
{
    uint16_t half[FA_BLOCK];
    if (element != FA_HALF) {
        fa_rows_gather_f32_back(y, step, from, n);
        return;
    }
    for (ptrdiff_t i = 0; i < n; i += 16) vf32_store_half(half + i, vf32_load(from + i));
    fa_rows_gather_half_back(y, step, half, n);
}

#include "loops/rows/all_rows.h"
