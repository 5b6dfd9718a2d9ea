/* Rows of at most FA_BLOCK elements that are not contiguous, or are float16: a batch of them is gathered into a block,
 * `pitch` elements apart, and its results are scattered. */
static void FA(gathered_rows)(const fa_call *call, ptrdiff_t row, int rows, ptrdiff_t pitch)
{
    _Alignas(64) REAL x[FA_BLOCK], dy[FA_BLOCK];
    FA(batch) b;
    FA(open)(&b, call, row, rows, 0);
    for (int r = 0; r < rows; r++) {
        REAL *own = x + r * pitch, *own_dy = dy + r * pitch;
        b.panel[r] = (FA(panel)){own, own_dy, own, L, L, L};
        FA(read)(call->element, own, call->x.p + (row + r) * call->x.row, call->x.step, call->n);
        if (fa_has_dy(call->form))
            FA(read)(call->element, own_dy, call->dy.p + (row + r) * call->dy.row, call->dy.step, call->n);
    }
    if (FA(start)(&b, 0)) {
        FA(one_by_one)(call, row, rows);
        return;
    }
    FA(complete)(&b);
    for (int r = 0; r < rows && fa_has_rows_out(call->form); r++)
        FA(write)(call->element, call->out.p + (row + r) * call->out.row, call->out.step, x + r * pitch, call->n);
}
