/* Rows of at most FA_BLOCK elements that are not contiguous, or are float16: a batch of them is gathered into a block,
 * `pitch` elements apart, and its results are scattered. */
static void FA(gathered_rows)(const fa_call *call, ptrdiff_t row, int rows, ptrdiff_t pitch)
{
    _Alignas(64) REAL x[FA_BLOCK], dy[FA_BLOCK];
    uint8_t mask[FA_BLOCK];
    FA(batch) b;
    FA(open)(&b, call, row, rows, 0);
    for (int r = 0; r < rows; r++) {
        FA(read_piece)(call, row + r, 0, call->n, x + r * pitch, dy + r * pitch, mask + r * pitch);
        b.panel[r] = (FA(panel)){x + r * pitch, dy + r * pitch, x + r * pitch, L, L, L, mask + r * pitch};
        if (call->masks) b.absent |= (uint32_t)FA(is_absent)(mask + r * pitch, call->n) << r;
    }
    if (FA(start)(&b, 0)) {
        FA(one_by_one)(call, row, rows);
        return;
    }
    FA(complete)(&b);
    for (int r = 0; r < rows && fa_has_rows_out(call->form); r++)
        FA(write)(call->element, call->out.p + (row + r) * call->out.row, call->out.step, x + r * pitch, call->n);
}
