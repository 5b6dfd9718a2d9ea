/* All rows of a call: which layout they have, and how many of them make a batch.
 *
 * A unit defines its type, REAL, its vector V of L lanes, and OP, FA and K, which make names of vector operations, of
 * functions and of constants. Then it includes this file, which has all the others. */
#include <stdlib.h>

#include "loops/rows/batch.h"
#include "loops/rows/reduction.h"
#include "loops/rows/tops.h"
#include "loops/rows/sums.h"
#include "loops/rows/tree.h"
#include "loops/rows/coefficients.h"
#include "loops/rows/irregular.h"
#include "loops/rows/map.h"
#include "loops/rows/general.h"
#include "loops/rows/passes.h"
#include "loops/rows/sweep.h"
#include "loops/rows/long.h"
#include "loops/rows/gathered.h"
#include "loops/rows/short.h"
#include "loops/rows/side_by_side.h"
#include "loops/rows/contiguous.h"

/* Bytes of a batch of contiguous rows, at most: it stays in the second-level cache, or, where no exponential hides the
 * time that takes, in the first-level cache. */
#define FA_NEAR 65536
#define FA_NEARER 24576

/* Rows of no elements: their logsumexp is -inf, and other forms have nothing to write. */
static void FA(empty_rows)(const fa_call *call)
{
    REAL nothing[FA_PARTS] = {-INFINITY};
    for (ptrdiff_t row = 0; row < call->rows && call->form == FA_LOGSUMEXP; row++)
        FA(write)(call->element, call->out.p + row * call->out.row, 0, nothing, 1);
}
/* The rows of a batch, for rows that are longer than FA_SHORT. */
static ptrdiff_t FA(rows_of_batch)(const fa_call *call, int contiguous, ptrdiff_t pitch)
{
    ptrdiff_t bytes = fa_takes_exp(fa_pass_of(call->form)) ? FA_NEAR : FA_NEARER, rows = FA_BLOCK / pitch;
    if (contiguous) rows = bytes / (ptrdiff_t)sizeof(REAL) / (pitch * (2 + fa_has_dy(call->form)));
    return rows < 1 ? 1 : rows > L ? L : rows;
}

void FA(all)(const fa_call *call)
{
    ptrdiff_t size = sizeof(REAL), rows = call->rows, n = call->n, row = 0, pitch = (n + 15) / 16 * 16;
    int dy = fa_has_dy(call->form), out = fa_has_rows_out(call->form);
    int direct = call->element != FA_HALF; /* whether an element in memory is one of a vector */
    int contiguous = call->x.step == size && (!dy || call->dy.step == size) && (!out || call->out.step == size);
    int beside = call->x.row == size && (!dy || call->dy.row == size) && (!out || call->out.row == size);
    if (n == 0) {
        FA(empty_rows)(call);
        return;
    }
    if (beside && direct) row = FA(rows_side_by_side)(call);
    contiguous = contiguous && direct && !call->keeps_dy && !call->masks;
    ptrdiff_t each = n <= FA_SHORT ? L : FA(rows_of_batch)(call, contiguous, pitch);
    if (contiguous && n > FA_SHORT && FA(can_be_swept)(call)) {
        FA(swept_rows)(call, row, each);
        return;
    }
    for (; row < rows; row += each) {
        int some = (int)(rows - row < each ? rows - row : each);
        if (n <= FA_SHORT) FA(short_rows)(call, row, some);
        else if (contiguous) FA(contiguous_rows)(call, row, each);
        else if (pitch <= FA_BLOCK) FA(gathered_rows)(call, row, some, pitch);
        else FA(one_long_row)(call, row);
    }
}
