/* A row of more than FA_SHORT elements, in any layout, by itself: a block is gathered at a time, once for each pass.
 * Where the output is contiguous, terms and results are stored there. Elsewhere, what the earlier passes leave in a
 * block is gone when the next block is gathered, so that the last pass computes the terms again. */

/* The row is a batch of one, whose panel is the block. `out` is where results are stored in place, or NULL. */
typedef struct { FA(batch) b; REAL x[FA_BLOCK], dy[FA_BLOCK], top, *out; uint8_t mask[FA_BLOCK]; } FA(long_row);

static ptrdiff_t FA(block_length)(const FA(long_row) *w, ptrdiff_t done)
{
    return w->b.call->n - done < FA_BLOCK ? w->b.call->n - done : FA_BLOCK;
}
static void FA(open_long)(FA(long_row) *w, const fa_call *call, ptrdiff_t row)
{
    int there = FA(is_contiguous)(call, &call->out) && !call->keeps_dy;
    FA(open)(&w->b, call, row, 1, 0);
    w->out = there ? (REAL *)(call->out.p + row * call->out.row) : NULL;
    w->b.panel[0] = (FA(panel)){w->x, w->dy, w->x, L, L, L};
}
/* Puts the terms of the block in its place. The code for temperatures serves every row. */
FA_NOINLINE static void FA(store_terms)(FA(long_row) *w, ptrdiff_t n)
{
    FA(reduction) k = FA(reduction_of)(&w->b.k, 0, FA_ADJUST_X);
    for (ptrdiff_t i = 0; i < n; i += L) /* a block is padded to whole vectors */
        OP(store)(w->x + i, FA(exponential)(OP(load)(w->x + i), &k, FA_ADJUST_X));
}
/* Reads a block for the passes: dy, and x unless its terms are in the output. */
static void FA(read_block)(FA(long_row) *w, ptrdiff_t done, ptrdiff_t n, int has_terms)
{
    const fa_call *call = w->b.call;
    REAL *x = has_terms && w->out ? NULL : w->x;
    if (w->out) w->b.panel[0].y = w->out + done;
    w->b.mask[0] = FA(read_piece)(call, w->b.row, done, n, x, w->dy, w->mask);
    for (ptrdiff_t i = 0; x && w->b.subtracted && i < n; i++) x[i] = FA(less_top)(call->form, w->top, x[i]);
    if (x && w->b.heat.factors > 1 && fa_takes_exp(w->b.pass)) FA(multiply)(&w->b.heat, 0, x, n);
    if (x && has_terms) FA(store_terms)(w, n);
}

/* Finds the largest element, whether any takes part, and the reduction. */
static void FA(start_long)(FA(long_row) *w)
{
    FA(batch) *b = &w->b;
    const fa_call *call = b->call;
    REAL lanes[L];
    int absent = call->masks && fa_takes_exp(fa_pass_of(call->form));
    w->top = -INFINITY;
    b->k.top = OP(set1)(0);
    b->pass = fa_pass_of(call->form);
    for (ptrdiff_t done = 0; fa_takes_exp(b->pass) && done < call->n; done += FA_BLOCK) {
        ptrdiff_t n = FA(block_length)(w, done);
        const uint8_t *mask = FA(read_piece)(call, b->row, done, n, w->x, NULL, w->mask);
        absent = absent && FA(is_absent)(mask, n);
        OP(store)(lanes, FA(largest_of_row)(w->x, n, b->k.sign));
        for (int i = 0; i < L; i++) w->top = lanes[i] > w->top ? lanes[i] : w->top;
        b->k.top = OP(set1)(w->top);
    }
    b->absent = (uint32_t)absent;
    if (!FA(start)(b, 1)) return;
    b->subtracted = &w->top;
    b->k.top = OP(set1)(0);
    FA(start)(b, 1);
}
static void FA(sum_long)(FA(long_row) *w, int pass, FA(lane_sums) *s)
{
    FA(row_sums) sums;
    for (ptrdiff_t done = 0; done < w->b.call->n; done += FA_BLOCK) {
        ptrdiff_t n = FA(block_length)(w, done);
        FA(read_block)(w, done, n, pass & FA_DIVIDE_TERMS);
        FA(sum_rows)(&w->b, pass, 0, n, done == 0, &sums);
    }
    FA(close_rows)(&sums, 1, pass, s);
}
static void FA(map_long)(FA(long_row) *w)
{
    const fa_view *out = &w->b.call->out;
    for (ptrdiff_t done = 0; done < w->b.call->n; done += FA_BLOCK) {
        ptrdiff_t n = FA(block_length)(w, done);
        FA(read_block)(w, done, n, w->b.pass & FA_SUM_TERMS);
        FA(map_rows)(&w->b, 0, n);
        if (w->b.heat.factors > 1 || w->b.call->masks) FA(finish)(&w->b, n);
        if (w->out) continue;
        FA(write)(w->b.call->element, out->p + w->b.row * out->row + done * out->step, out->step, w->x, n);
    }
}

FA_NOINLINE static void FA(one_long_row)(const fa_call *call, ptrdiff_t row)
{
    FA(long_row) w;
    FA(lane_sums) s, again;
    V low;
    FA(open_long)(&w, call, row);
    FA(start_long)(&w);
    FA(sum_long)(&w, w.b.pass, &s);
    FA(conclude)(&w.b, &s);
    if (FA(mean_overflows)(w.b.pass, &s)) {
        w.b.k.inverse_sum = FA(inverse_of)(&s, &low);
        FA(sum_long)(&w, FA_SUM_PRODUCTS | FA_DIVIDE_TERMS, &again);
        w.b.c.b = FA(mean_of)(s.second[0], again.second[0], w.b.c.b);
    }
    if (fa_has_rows_out(call->form)) FA(map_long)(&w);
}
static void FA(one_by_one)(const fa_call *call, ptrdiff_t row, int rows)
{
    for (int r = 0; r < rows; r++) FA(one_long_row)(call, row + r);
}
