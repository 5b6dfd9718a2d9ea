/* Rows that are contiguous in every operand: they are read and written where they are. */

static void FA(open_in_place)(FA(batch) *b, const fa_call *call, ptrdiff_t row, ptrdiff_t each)
{
    FA(open)(b, call, row, (int)(call->rows - row < each ? call->rows - row : each), 0);
    for (int r = 0; r < b->rows; r++)
        b->panel[r] = (FA(panel)){(const REAL *)(call->x.p + (row + r) * call->x.row),
                                  (const REAL *)(call->dy.p + (row + r) * call->dy.row),
                                  (REAL *)(call->out.p + (row + r) * call->out.row), L, L, L};
}
/* One batch, alone. */
static void FA(contiguous_rows)(const fa_call *call, ptrdiff_t row, ptrdiff_t each)
{
    FA(batch) b;
    FA(open_in_place)(&b, call, row, each);
    if (FA(start_in_place)(&b, 0)) FA(one_by_one)(call, row, b.rows);
    else FA(complete)(&b);
}

/* All rows from `row` on, in sweeps. A batch is summed while the one before it, if it is regular and not yet mapped, is
 * mapped; where a sweep is not possible, its work is done by the passes one by one. */
static void FA(swept_rows)(const fa_call *call, ptrdiff_t row, ptrdiff_t each)
{
    FA(batch) batches[3], *last = NULL, *now = batches, *next;
    int knows_tops = 0; /* whether a sweep has found the tops of the batch `now` */
    FA(open_in_place)(now, call, row, each);
    for (int i = 1; now->rows > 0; i++, now = next) {
        FA(row_sums) of_row[L];
        FA(lane_sums) s;
        next = batches + i % 3;
        FA(open_in_place)(next, call, now->row + now->rows, each);
        int irregular = FA(start_in_place)(now, knows_tops) != 0;
        int swept = !irregular && last && FA(sweep)(last, now, next, of_row);
        if (last && !swept) FA(map_rows)(last, 0, call->n);
        if (irregular) FA(one_by_one)(call, now->row, now->rows);
        else if (!swept) FA(sum_rows)(now, now->pass, 0, call->n, 1, of_row);
        if (!irregular) {
            FA(close_rows)(of_row, now->rows, now->pass, &s);
            FA(conclude)(now, &s);
            if (FA(mean_overflows)(now->pass, &s)) FA(sum_divided)(now, &s);
        }
        last = irregular ? NULL : now;
        knows_tops = swept;
    }
    if (last) FA(map_rows)(last, 0, call->n);
}
