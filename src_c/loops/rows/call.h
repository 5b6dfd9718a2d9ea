/* What a call asks for: its operands, and which passes over a row its form is made of. Nothing here knows a type. */
#ifndef FA_ROWS_CALL_H
#define FA_ROWS_CALL_H

#include <math.h>
#include <string.h>

#include "loops/rows.h"

/* For code that is run seldom, or takes long enough for a call not to matter: one copy of it will do. */
#if defined(__GNUC__) || defined(__clang__)
#define FA_NOINLINE __attribute__((noinline))
#else
#define FA_NOINLINE
#endif

/* Where an operand lies: element i of row r is at p + r * row + i * step. */
typedef struct { char *p; ptrdiff_t row, step; } fa_view;

/* Without a dy, `dy` is a second view of x, so that pointers into it are pointers into something. */
typedef struct {
    int form; /* bits of an fa_form, but for FA_GENERAL */
    enum fa_element element;
    int masks;    /* whether there is a mask that may mask something */
    int keeps_dy; /* whether dy is where the output goes, so that terms must not be stored there */
    ptrdiff_t rows, n;
    fa_view x, dy, out;
    fa_view scalars;     /* the dy of logsumexp, one number for each row */
    fa_view where;       /* the mask: bytes, 0 where an element takes no part */
    float stand_in, masked; /* what takes the place of such an element; and what comes out there */
    fa_view temperature; /* a double for each row; without one, p is NULL */
} fa_call;

/* The pass that sums: what the term of an element is, and which sums are kept. A pass is a combination of these. */
enum {
    FA_SUM_TERMS = 1,    /* The term is the element's exponential. Terms are stored in the output, and summed. */
    FA_SUM_OTHERS = 2,   /* The same, but elements that equal the top are counted, the others summed; none is stored. */
    FA_SUM_PRODUCTS = 4, /* The products of the terms and dy are summed. */
    FA_SUM_DY = 8,       /* dy is summed. */
    FA_ADJUST_X = 16,    /* x is negated, or divided by a temperature, before its exponential is taken. */
    FA_DIVIDE_TERMS = 32 /* The terms that were stored are divided by their sum before they are multiplied by dy. */
};

/* The last pass: what it makes of a term e, of dy, and of the row's coefficients a and b. */
enum fa_map {
    FA_MAP_QUOTIENT,      /* e (a + b) */
    FA_MAP_PRODUCT,       /* e a b */
    FA_MAP_CENTRED,       /* e a (dy - b) */
    FA_MAP_DIVIDED,       /* e a (dy - b) c */
    FA_MAP_REFLECTED,     /* dy - e a b */
    FA_MAP_REFLECTED_EXP, /* dy - e^x a b: x is the output of log_softmax, and the summing pass has seen dy only */
    FA_MAP_LOGARITHM,     /* (x - a) - b */
    FA_MAP_NOTHING        /* a row has one result, which the summing pass gave */
};

/* The summing pass of a form, before it is known whether x has to be adjusted. */
static inline int fa_pass_of(int form)
{
    if (form == FA_LOG_SOFTMAX_GRAD_FROM_OUTPUT) return FA_SUM_DY;
    if (form & FA_FROM_OUTPUT) return FA_SUM_PRODUCTS;
    if (form == FA_LOG_SOFTMAX || form == FA_LOGSUMEXP) return FA_SUM_OTHERS;
    if (form == FA_LOG_SOFTMAX_GRAD) return FA_SUM_TERMS | FA_SUM_DY;
    if (form & FA_GRAD && !(form & FA_SUMMED)) return FA_SUM_TERMS | FA_SUM_PRODUCTS;
    return FA_SUM_TERMS;
}
static inline enum fa_map fa_map_of(int form)
{
    if (form == FA_LOG_SOFTMAX) return FA_MAP_LOGARITHM;
    if (form == FA_LOGSUMEXP) return FA_MAP_NOTHING;
    if (form == FA_LOG_SOFTMAX_GRAD_FROM_OUTPUT) return FA_MAP_REFLECTED_EXP;
    if (!(form & FA_GRAD)) return FA_MAP_QUOTIENT;
    if (form & FA_SUMMED) return FA_MAP_PRODUCT;
    if (form & FA_LOG) return FA_MAP_REFLECTED;
    return form & FA_TEMPERATURE ? FA_MAP_DIVIDED : FA_MAP_CENTRED;
}

static inline int fa_has_dy(int form) { return form & FA_GRAD && !(form & FA_SUMMED); }
static inline int fa_has_scalars(int form) { return form == FA_LOGSUMEXP_GRAD; }
static inline int fa_has_rows_out(int form) { return form != FA_LOGSUMEXP; }

/* Whether a mask is one true element for all. */
static inline int fa_is_true(const fa_view *where) { return where->row == 0 && where->step == 0 && *where->p != 0; }
/* Whether a temperature is 1 for all. */
static inline int fa_is_one(const fa_view *temperature)
{
    double one = 1;
    return temperature->row == 0 && memcmp(temperature->p, &one, sizeof one) == 0;
}

/* A pass keeps up to two sums: of the exponentials, with the errors of adding them, and a second one, which is
 * plain. */
static inline int fa_takes_exp(int pass) { return pass & (FA_SUM_TERMS | FA_SUM_OTHERS); }
static inline int fa_has_second(int pass) { return pass & (FA_SUM_OTHERS | FA_SUM_PRODUCTS | FA_SUM_DY); }
static inline int fa_reads_dy(int pass) { return pass & (FA_SUM_PRODUCTS | FA_SUM_DY); }
static inline int fa_map_reads_dy(enum fa_map map)
{
    return map == FA_MAP_CENTRED || map == FA_MAP_DIVIDED || map == FA_MAP_REFLECTED || map == FA_MAP_REFLECTED_EXP;
}

/* The two compile units that have the code: rows_f32.c, for float16 too, and rows_f64.c. */
FA_HIDDEN void fa_rows_all_f32(const fa_call *call);
FA_HIDDEN void fa_rows_all_f64(const fa_call *call);

#endif
