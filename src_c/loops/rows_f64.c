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
#define FA_ROWS_SIXTEENTHS_F64 0x1.71547652b82fep4
#define FA_ROWS_SIXTEENTH_F64 0x1.62e42fefa39efp-5
#define FA_ROWS_SIXTEENTH_LOW_F64 0x1.abc9e3b39803fp-60
#define FA_ROWS_UNIT_F64 0x1p56
#define FA_ROWS_UNIT_EXPONENT_F64 56
#define FA_ROWS_UNIT_EXPONENT_OTHERS_F64 128
#define FA_ROWS_LOWEST_F64 746.0
#define FA_ROWS_LOWEST_OTHER_F64 790.0
#define FA_ROWS_REGULAR_F64 0x1p30
#define FA_ROWS_REACH_F64 1020
#define FA_ROWS_BLOCK_F64 1
#define FA_ROWS_EXP_COEFFICIENTS_F64 6
static const double FA_ROWS_EXP_F64[] = {
    1.0, 0x1.0000000000003p-1, 0x1.55555554c6ed2p-3, 0x1.555555544cd77p-5, 0x1.11122139940c7p-7, 0x1.6c189d33554abp-10};

static const double FA_ROWS_LOST_16THS_F64[16] = {
    0.0, 0x1.79aa65d837b6dp-54, -0x1.01b15eaa59348p-55, 0x1.68efde3a8a894p-54, 0x1.34d754db0abb6p-55,
    0x1.59f48a72a4c6dp-55, 0x1.690cebb7aafbp-56, 0x1.063e1e21c5409p-54, -0x1.3b3efbf5e2228p-54, -0x1.b32dcb94da51dp-56,
    0x1.db72fc1f0eab4p-55, 0x1.1affc2b91ce27p-56, 0x1.c1a7792cb3387p-55, 0x1.36eae30af0cb3p-56, 0x1.4a385a63d07a7p-56,
    -0x1.ff7128fd391fp-55};
FA_INLINE vf64 fa_rows_lost_16ths_f64(vf64 t) { return vf64_lookup16(FA_ROWS_LOST_16THS_F64, t); }

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
