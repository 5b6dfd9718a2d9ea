/* A row of more than FA_SHORT elements, in any layout, by itself: a block is gathered at a time, once for each pass.
 * What the earlier passes leave in a block is gone when the next block is gathered, so that the last pass computes the
 * terms again. */

/* The row is a batch of one, whose panel is the block. */
typedef struct { FA(batch) b; REAL x[FA_BLOCK], dy[FA_BLOCK], top; } FA(long_row);

static ptrdiff_t FA(block_length)(const FA(long_row) *w, ptrdiff_t done)
{
    return w->b.call->n - done < FA_BLOCK ? w->b.call->n - done : FA_BLOCK;
}
static void FA(read_block)(FA(long_row) *w, ptrdiff_t done, ptrdiff_t n)
{
    const fa_call *call = w->b.call;
    const fa_view *x = &call->x, *dy = &call->dy;
    FA(read)(call->element, w->x, x->p + w->b.row * x->row + done * x->step, x->step, n);
    for (ptrdiff_t i = 0; w->b.subtracted && i < n; i++) w->x[i] = FA(less_top)(call->form, w->top, w->x[i]);
    if (fa_has_dy(call->form))
        FA(read)(call->element, w->dy, dy->p + w->b.row * dy->row + done * dy->step, dy->step, n);
}
/* Puts the terms of the block in its place. The code for temperatures serves every row. */
FA_NOINLINE static void FA(store_terms)(FA(long_row) *w, ptrdiff_t n)
{
    FA(reduction) k = FA(reduction_of)(&w->b.k, 0, FA_ADJUST_X);
    for (ptrdiff_t i = 0; i < n; i += L) /* a block is padded to whole vectors */
        OP(store)(w->x + i, FA(exponential)(OP(load)(w->x + i), &k, FA_ADJUST_X));
}

/* Finds the largest element, and the reduction. */
static void FA(start_long)(FA(long_row) *w)
{
    FA(batch) *b = &w->b;
    const fa_view *x = &b->call->x;
    REAL lanes[L];
    w->top = -INFINITY;
    b->k.top = OP(set1)(0);
    b->pass = fa_pass_of(b->call->form);
    for (ptrdiff_t done = 0; fa_takes_exp(b->pass) && done < b->call->n; done += FA_BLOCK) {
        ptrdiff_t n = FA(block_length)(w, done);
        FA(read)(b->call->element, w->x, x->p + b->row * x->row + done * x->step, x->step, n);
        OP(store)(lanes, FA(largest_of_row)(w->x, n, b->k.sign));
        for (int i = 0; i < L; i++) w->top = lanes[i] > w->top ? lanes[i] : w->top;
        b->k.top = OP(set1)(w->top);
    }
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
        FA(read_block)(w, done, n);
        if (pass & FA_DIVIDE_TERMS) FA(store_terms)(w, n);
        FA(sum_rows)(&w->b, pass, 0, n, done == 0, &sums);
    }
    FA(close_rows)(&sums, 1, pass, s);
}
static void FA(map_long)(FA(long_row) *w)
{
    const fa_view *out = &w->b.call->out;
    for (ptrdiff_t done = 0; done < w->b.call->n; done += FA_BLOCK) {
        ptrdiff_t n = FA(block_length)(w, done);
        FA(read_block)(w, done, n);
        if (w->b.pass & FA_SUM_TERMS) FA(store_terms)(w, n);
        FA(map_rows)(&w->b, 0, n);
        FA(write)(w->b.call->element, out->p + w->b.row * out->row + done * out->step, out->step, w->x, n);
    }
}

FA_NOINLINE static void FA(one_long_row)(const fa_call *call, ptrdiff_t row)
{
    FA(long_row) w;
    FA(lane_sums) s, again;
    V low;
    FA(open)(&w.b, call, row, 1, 0);
    w.b.panel[0] = (FA(panel)){w.x, w.dy, w.x, L, L, L};
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
