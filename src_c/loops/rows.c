/* softmax and its family.
 *
 * A vector here has 16 floats or 8 doubles on every rung, and every sum is kept in 16 parts by the element's index, closed
 * by a fixed tree: a row's bits depend on its values and its length alone.
 *
 * e^((x - top)/T) is 2^(k/16) e^(r/T), x = k T ln2/16 + r, with the k of the row's top taken off the exponent: nothing is
 * subtracted from x, so nothing of x is lost, and what k(top) T ln2/16 differs from top by cancels in the quotient. The
 * terms carry a factor of 2^26 (float64: 2^56), so that none of them is subnormal; the last product, by the inverse of
 * their sum in two parts, rounds once. Where the others are added up for their own sake, the terms that count as the least
 * are less still, with a factor of 2^64 (2^128): however many they are, their sum is nothing beside the smallest
 * subnormal. k and r are exact up to 2^17 (2^30) sixteenths; rows beyond, where the elements that count are within a
 * factor of 2 of the top, have it subtracted first, exactly.
 *
 * A panel is a sequence of vectors. In the one layout its lanes are neighbours in a row, and a batch is of as many rows as
 * a vector has lanes, whose tops and sums are transposed and closed together. In the other its lanes are neighbouring
 * rows: of an axis that is not the last, or of rows so short that blocks of them are transposed. Rows that are not
 * contiguous are gathered into small blocks; a row longer than a block is gone through block by block, once for each pass.
 *
 * Batches of contiguous rows overlap: while the terms of one are added up, which is arithmetic, the next one is searched
 * for its tops and the last one is mapped, which is loading and storing. No operation on a row depends on that.
 *
 * Largest errors found in millions of rows of up to 10,000: softmax 3.5 ULP in float32 and float64 (also with a
 * temperature); log_softmax 3.0 and 3.1; logsumexp 3.3 and 3.0 of the larger of the top and what is added to it.
 * Gradients overflow where the sum of |dy|, of log_softmax's without its terms as weights, or twice the largest |dy| does.
 * Special rows: a NaN, two +inf, or nothing but -inf give NaN, one +inf a 1 among zeros; logsumexp has +inf where there is
 * any, -inf where there is nothing else.
 */
#define FA_F32_LANES 16
#include "loops/rows.h"

#include <stdlib.h>

#include "loops/environment.h"
#include "math/log.h"

#define FA_PARTS 16
#define FA_TOGETHER 4    /* parts whose sums are in registers together, with neighbouring rows in lanes */
#define FA_BLOCK 2048    /* elements of a row that is gathered; a multiple of the parts */
#define FA_LONG 512      /* rows from this length on are written from a whole vector's alignment on */
#define FA_SHORT 16      /* rows up to this length are transposed */
#define FA_FEW 4         /* rows up to which each is closed by itself, not in lanes */
#define FA_NEAR 65536    /* bytes of a batch of contiguous rows: they stay in the second-level cache */
#define FA_NEARER 24576  /* the same where no exponential hides that: in the first-level cache */
#define FA_HELD 307200   /* bytes of a row, from half of it on, whose terms stay in that cache only where it is not swept */
#define FA_WIDE 8        /* vectors of rows side by side that are copied together */
#define FA_COPY 1048576  /* bytes of such a copy: it stays in the second-level cache */
#define FA_ALIASED 1024  /* rows so many bytes apart, or a multiple, meet in few sets of the caches: those are copied */

/* What a pass does: the term of an element, and what is added up. */
enum {
    FA_EXP = 1,
    FA_STORE = 2,
    FA_SUM = 4,
    FA_OTHERS = 8,
    FA_DOT = 16,
    FA_DY = 32,
    FA_COOLED = 64, /* T is not 1, or x is negated */
    FA_MEAN = 128   /* the dot is of terms that were divided by their sum */
};
/* What the last pass makes of a term e and the row's a and b. */
enum {
    FA_SCALED,    /* e (a + b) */
    FA_WEIGHTED,  /* e a b */
    FA_CENTRED,   /* e a (dy - b) */
    FA_REFLECTED, /* dy - e a b */
    FA_LOWERED,   /* (e - a) - b */
    FA_UNMAPPED   /* nothing */
};

typedef struct { char *p; ptrdiff_t row, step; } fa_view;
typedef struct {
    int form, element, keeps_dy; /* whether no term may be stored in the output, which is dy */
    ptrdiff_t rows, n;
    fa_view x, dy, t, out; /* t: a number for each row, the temperature, or dy of logsumexp */
} fa_call;

static int fa_passes(int form)
{
    if (form == FA_LOG_SOFTMAX_GRAD_FROM_OUTPUT) return FA_DY;
    if (form & FA_FROM_OUTPUT) return FA_DOT;
    if (form == FA_LOG_SOFTMAX || form == FA_LOGSUMEXP) return FA_EXP | FA_OTHERS;
    if (form == FA_LOG_SOFTMAX_GRAD) return FA_EXP | FA_STORE | FA_SUM | FA_DY;
    if (form & FA_GRAD && !(form & FA_SUMMED)) return FA_EXP | FA_STORE | FA_SUM | FA_DOT;
    return FA_EXP | FA_STORE | FA_SUM;
}
static int fa_map(int form)
{
    if (form == FA_LOG_SOFTMAX) return FA_LOWERED;
    if (form == FA_LOGSUMEXP) return FA_UNMAPPED;
    if (!(form & FA_GRAD)) return FA_SCALED;
    if (form & FA_SUMMED) return FA_WEIGHTED;
    return form & FA_LOG ? FA_REFLECTED : FA_CENTRED;
}
static int fa_has_dy(int form) { return form & FA_GRAD && !(form & FA_SUMMED); }
static int fa_has_rows_out(int form) { return form != FA_LOGSUMEXP; }
static int fa_has_number(int form) { return form & FA_TEMPERATURE || form == FA_LOGSUMEXP_GRAD; }

#define FA_GATHER(name, type) \
    static void name(type *to, const char *x, ptrdiff_t step, ptrdiff_t n) \
    { \
        for (ptrdiff_t i = 0; i < n; i++) memcpy(to + i, x + i * step, sizeof *to); \
    } \
    static void name##_back(char *x, ptrdiff_t step, const type *from, ptrdiff_t n) \
    { \
        for (ptrdiff_t i = 0; i < n; i++) memcpy(x + i * step, from + i, sizeof *from); \
    }
FA_GATHER(fa_gather_half, uint16_t)
FA_GATHER(fa_gather_f32, float)
FA_GATHER(fa_gather_f64, double)

/* n elements as floats or doubles, and the first of them again up to a whole vector; and back. */
static void fa_read_f32(int element, float *to, const char *x, ptrdiff_t step, ptrdiff_t n)
{
    ptrdiff_t whole = (n + 15) / 16 * 16;
    if (element == FA_HALF) {
        uint16_t half[FA_BLOCK];
        fa_gather_half(half, x, step, n);
        for (ptrdiff_t i = n; i < whole; i++) half[i] = half[0];
        for (ptrdiff_t i = 0; i < whole; i += 16) vf32_store(to + i, vf32_load_half(half + i));
        return;
    }
    fa_gather_f32(to, x, step, n);
    for (ptrdiff_t i = n; i < whole; i++) to[i] = to[0];
}
static void fa_write_f32(int element, char *y, ptrdiff_t step, const float *from, ptrdiff_t n)
{
    uint16_t half[FA_BLOCK];
    if (element != FA_HALF) {
        fa_gather_f32_back(y, step, from, n);
        return;
    }
    for (ptrdiff_t i = 0; i < n; i += 16) vf32_store_half(half + i, vf32_load(from + i));
    fa_gather_half_back(y, step, half, n);
}
static void fa_read_f64(int element, double *to, const char *x, ptrdiff_t step, ptrdiff_t n)
{
    (void)element;
    fa_gather_f64(to, x, step, n);
    for (ptrdiff_t i = n; i < (n + 7) / 8 * 8; i++) to[i] = to[0];
}
static void fa_write_f64(int element, char *y, ptrdiff_t step, const double *from, ptrdiff_t n)
{
    (void)element;
    fa_gather_f64_back(y, step, from, n);
}

/* e^r = 1 + r (1 + r q(r)); coefficients: math/minimax/exp_16ths.sollya. */
#define FA_16THS_F32 0x1.715476p4f
#define FA_LN2_16TH_F32 0x1.62e43p-5f
#define FA_LN2_16TH_LOW_F32 -0x1.05c61p-33f
#define FA_UP_F32 26
#define FA_UNIT_F32 0x1p26f
#define FA_LOWEST_F32 105.0f
#define FA_DEEP_UP_F32 64
#define FA_DEEPEST_F32 128.0f
#define FA_REGULAR_F32 0x1p17f
#define FA_COLDEST_F32 0x1p-110f /* temperatures beyond count as these */
#define FA_WARMEST_F32 0x1p115f
#define FA_JOINED_F32 2 /* elements of a part that are added up before they join its total: what that rounds off is lost */
#define FA_DEGREE_F32 3
#define FA_16THS_F64 0x1.71547652b82fep4
#define FA_LN2_16TH_F64 0x1.62e42fefa39efp-5
#define FA_LN2_16TH_LOW_F64 0x1.abc9e3b39803fp-60
#define FA_UP_F64 56
#define FA_UNIT_F64 0x1p56
#define FA_LOWEST_F64 746.0
#define FA_DEEP_UP_F64 128
#define FA_DEEPEST_F64 790.0
#define FA_REGULAR_F64 0x1p30
#define FA_COLDEST_F64 0x1p-950
#define FA_WARMEST_F64 0x1p1010
#define FA_JOINED_F64 1
#define FA_DEGREE_F64 6
static const float FA_EXP_F32[] = {1.0f, 0x1.00025p-1f, 0x1.55579p-3f};
static const double FA_EXP_F64[] = {
    1.0, 0x1.0000000000003p-1, 0x1.55555554c6ed2p-3, 0x1.555555544cd77p-5, 0x1.11122139940c7p-7, 0x1.6c189d33554abp-10};

/* What rounding 2^(j/16) loses, as a share of it. */
static const float FA_LOST_16THS_F32[16] = {
    0.0f, 0x1.8d96d4p-25f, -0x1.9c0c22p-27f, 0x1.964904p-25f, 0x1.125002p-25f, 0x1.370be4p-25f, -0x1.0a355p-25f, -0x1.00d8acp-27f,
    0x1.26055cp-26f, -0x1.05cb44p-25f, 0x1.67a1cap-28f, 0x1.a3b5e4p-28f, -0x1.f9c304p-27f, -0x1.6961b4p-28f, -0x1.a5217cp-28f,
    0x1.61428ep-28f};
static const double FA_LOST_16THS_F64[16] = {
    0.0, 0x1.79aa65d837b6dp-54, -0x1.01b15eaa59348p-55, 0x1.68efde3a8a894p-54, 0x1.34d754db0abb6p-55, 0x1.59f48a72a4c6dp-55,
    0x1.690cebb7aafbp-56, 0x1.063e1e21c5409p-54, -0x1.3b3efbf5e2228p-54, -0x1.b32dcb94da51dp-56, 0x1.db72fc1f0eab4p-55,
    0x1.1affc2b91ce27p-56, 0x1.c1a7792cb3387p-55, 0x1.36eae30af0cb3p-56, 0x1.4a385a63d07a7p-56, -0x1.ff7128fd391fp-55};
FA_INLINE vf32 fa_lost_16ths_f32(vf32 t) { return vf32_lookup16(FA_LOST_16THS_F32, vf32_bits(t)); }
FA_INLINE vf64 fa_lost_16ths_f64(vf64 t) { return vf64_lookup16(FA_LOST_16THS_F64, t); }

#define REAL float
#define V vf32
#define L FA_F32_LANES
#define OP(name) vf32_##name
#define FA(name) fa_##name##_f32
#define K(name) FA_##name##_F32
#include "loops/rows_body.h"
#undef REAL
#undef V
#undef L
#undef OP
#undef FA
#undef K

#define REAL double
#define V vf64
#define L FA_F64_LANES
#define OP(name) vf64_##name
#define FA(name) fa_##name##_f64
#define K(name) FA_##name##_F64
#include "loops/rows_body.h"

void fa_rows(enum fa_form form, enum fa_element element, char **args, const ptrdiff_t *n, const ptrdiff_t *steps)
{
    int dy = fa_has_dy(form), number = fa_has_number(form), rows_out = fa_has_rows_out(form), last = 1 + dy + number;
    const ptrdiff_t *core = steps + last + 1;
    int keeps_dy = dy && args[1] == args[last];
    fa_view x = {args[0], steps[0], core[0]}, out = {args[last], steps[last], 0};
    fa_call call = {form, element, keeps_dy, n[0], n[1], x, x, {0}, out}; /* without dy, pointers to it point somewhere */
    fa_environment saved = fa_environment_enter();
    if (dy) call.dy = (fa_view){args[1], steps[1], core[1]};
    if (number) call.t = (fa_view){args[1 + dy], steps[1 + dy], 0};
    if (rows_out) call.out.step = core[1 + dy];
    if (element == FA_DOUBLE) fa_all_rows_f64(&call);
    else fa_all_rows_f32(&call);
    fa_environment_leave(saved, 0);
}
