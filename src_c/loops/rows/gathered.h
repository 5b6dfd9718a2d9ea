/* Rows of at most FA_BLOCK elements that are not contiguous, or are float16, or masked: a batch of them is gathered
 * into a block, `pitch` elements apart. Results are stored where they belong if that is contiguous, or else in the
 * block too, and scattered. */
static void FA(gathered_rows)(const fa_call *call, ptrdiff_t row, int rows, ptrdiff_t pitch)
{
    _Alignas(64) REAL x[FA_BLOCK], dy[FA_BLOCK];
    uint8_t mask[FA_BLOCK];
    int there = FA(is_contiguous)(call, &call->out);
    FA(batch) b;
    FA(open)(&b, call, row, rows, 0);
    for (int r = 0; r < rows; r++) {
        REAL *own = x + r * pitch, *own_dy = dy + r * pitch;
        REAL *y = there ? (REAL *)(call->out.p + (row + r) * call->out.row) : own;
        b.panel[r] = (FA(panel)){own, own_dy, y, L, L, L};
        b.mask[r] = FA(read_piece)(call, row + r, 0, call->n, own, own_dy, mask + r * pitch);
        if (call->masks) b.absent |= (uint32_t)FA(is_absent)(b.mask[r], call->n) << r;
    }
    if (FA(start)(&b, 0)) {
        FA(one_by_one)(call, row, rows);
        return;
    }
    FA(complete)(&b);
    for (int r = 0; r < rows && !there && fa_has_rows_out(call->form); r++)
        FA(write)(call->element, call->out.p + (row + r) * call->out.row, call->out.step, x + r * pitch, call->n);
}
