/* softmax and its family, row by row: the inner loops of the gufuncs. rows.c tells how. */
#ifndef FA_ROWS_H
#define FA_ROWS_H

#include <stddef.h>

/* For what other compile units of a module use, and nothing outside of it. */
#if (defined(__GNUC__) || defined(__clang__)) && !defined(_WIN32)
#define FA_HIDDEN __attribute__((visibility("hidden")))
#else
#define FA_HIDDEN
#endif

enum fa_element { FA_HALF, FA_FLOAT, FA_DOUBLE };

/* What a form is made of: whose gradient it is, and from what; and whether it is general, with a mask, and, if it has
 * one, a temperature. */
enum fa_form_bits {
    FA_NEGATED = 1, FA_LOG = 2, FA_SUMMED = 4, FA_GRAD = 8, FA_FROM_OUTPUT = 16, FA_GENERAL = 32, FA_TEMPERATURE = 64
};
enum fa_form {
    FA_SOFTMAX = 0,
    FA_SOFTMAX_GRAD = FA_GRAD,
    FA_SOFTMAX_GRAD_FROM_OUTPUT = FA_GRAD | FA_FROM_OUTPUT,
    FA_SOFTMIN = FA_NEGATED,
    FA_SOFTMIN_GRAD = FA_NEGATED | FA_GRAD,
    FA_SOFTMIN_GRAD_FROM_OUTPUT = FA_NEGATED | FA_GRAD | FA_FROM_OUTPUT,
    FA_LOG_SOFTMAX = FA_LOG,
    FA_LOG_SOFTMAX_GRAD = FA_LOG | FA_GRAD,
    FA_LOG_SOFTMAX_GRAD_FROM_OUTPUT = FA_LOG | FA_GRAD | FA_FROM_OUTPUT,
    FA_LOGSUMEXP = FA_LOG | FA_SUMMED,
    FA_LOGSUMEXP_GRAD = FA_LOG | FA_SUMMED | FA_GRAD,
    FA_SOFTMAX_GENERAL = FA_SOFTMAX | FA_GENERAL | FA_TEMPERATURE,
    FA_SOFTMAX_GRAD_GENERAL = FA_SOFTMAX_GRAD | FA_GENERAL | FA_TEMPERATURE,
    FA_SOFTMAX_GRAD_FROM_OUTPUT_GENERAL = FA_SOFTMAX_GRAD_FROM_OUTPUT | FA_GENERAL | FA_TEMPERATURE,
    FA_SOFTMIN_GENERAL = FA_SOFTMIN | FA_GENERAL,
    FA_SOFTMIN_GRAD_GENERAL = FA_SOFTMIN_GRAD | FA_GENERAL,
    FA_SOFTMIN_GRAD_FROM_OUTPUT_GENERAL = FA_SOFTMIN_GRAD_FROM_OUTPUT | FA_GENERAL,
    FA_LOG_SOFTMAX_GENERAL = FA_LOG_SOFTMAX | FA_GENERAL,
    FA_LOG_SOFTMAX_GRAD_GENERAL = FA_LOG_SOFTMAX_GRAD | FA_GENERAL,
    FA_LOG_SOFTMAX_GRAD_FROM_OUTPUT_GENERAL = FA_LOG_SOFTMAX_GRAD_FROM_OUTPUT | FA_GENERAL,
    FA_LOGSUMEXP_GENERAL = FA_LOGSUMEXP | FA_GENERAL,
    FA_LOGSUMEXP_GRAD_GENERAL = FA_LOGSUMEXP_GRAD | FA_GENERAL
};

/* A gufunc's inner loop for a form and a dtype: args, n (rows, elements of a row) and steps as NumPy hands them. The
 * row of the function says what counts for nothing in its x, and so stands for what is masked; and what comes out
 * there. */
FA_HIDDEN void fa_rows(enum fa_form form, enum fa_element element, float stand_in, float masked, char **args,
                       const ptrdiff_t *n, const ptrdiff_t *steps);

#endif
