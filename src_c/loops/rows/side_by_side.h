/* Rows side by side: element i of a row is next to element i of the next row, as along the first axis of an array. L of
 * them are a panel whose lanes are the rows, where they are; or several panels are copied first, so that whole lines of
 * memory are read and written at a time. */

#define FA_WIDE 8       /* panels that are copied together, at most */
#define FA_COPY 1048576 /* bytes of such a copy, at most: it stays in the second-level cache */
#define FA_ALIASED 1024 /* Elements a multiple of so many bytes apart share few sets of the caches: they are copied. */

static void FA(panel_in_place)(const fa_call *call, ptrdiff_t row)
{
    ptrdiff_t size = sizeof(REAL);
    FA(batch) b;
    FA(open)(&b, call, row, L, 1);
    b.panel[0] = (FA(panel)){(const REAL *)(call->x.p + row * size), (const REAL *)(call->dy.p + row * size),
                             (REAL *)(call->out.p + row * size),
                             call->x.step / size, call->dy.step / size, call->out.step / size};
    if (!FA(start_in_place)(&b, 0)) FA(complete)(&b);
    else if (call->n <= FA_SHORT) FA(short_rows)(call, row, L);
    else FA(one_by_one)(call, row, L);
}

/* From `wide` panels side by side, that is one line of memory for each i, to panels that are each contiguous, one after
 * the other; and back. The constant bound lets the compiler unroll the loop over a line, which is then read in one
 * go. */
static void FA(copy_panels)(const fa_view *from, ptrdiff_t row, REAL *to, ptrdiff_t n, int wide)
{
    ptrdiff_t step = from->step, length = n * L;
    const char *line = from->p + row * (ptrdiff_t)sizeof(REAL);
    for (ptrdiff_t i = 0; i < n; i++, line += step, to += L)
        for (int w = 0; w < FA_WIDE && w < wide; w++) OP(store)(to + w * length, OP(load)((const REAL *)line + w * L));
}
static void FA(copy_panels_back)(const fa_view *to, ptrdiff_t row, const REAL *from, ptrdiff_t n, int wide,
                                 const int *done)
{
    ptrdiff_t step = to->step, length = n * L;
    char *line = to->p + row * (ptrdiff_t)sizeof(REAL);
    for (ptrdiff_t i = 0; i < n; i++, line += step, from += L)
        for (int w = 0; w < FA_WIDE && w < wide; w++)
            if (done[w]) OP(store)((REAL *)line + w * L, OP(load)(from + w * length));
}
/* `copy` has room for x, then for dy, and then for the mask of one panel. */
static void FA(copied_panels)(const fa_call *call, ptrdiff_t row, int wide, REAL *copy)
{
    ptrdiff_t n = call->n, length = n * L;
    uint8_t *mask = (uint8_t *)(copy + wide * length * (1 + fa_has_dy(call->form)));
    int done[FA_WIDE];
    FA(copy_panels)(&call->x, row, copy, n, wide);
    if (fa_has_dy(call->form)) FA(copy_panels)(&call->dy, row, copy + wide * length, n, wide);
    for (int w = 0; w < wide; w++) {
        REAL *own = copy + w * length;
        FA(batch) b;
        FA(open)(&b, call, row + w * L, L, 1);
        b.panel[0] = (FA(panel)){own, own + wide * length, own, L, L, L};
        if (call->masks) FA(hide_lanes)(&b, mask, own, own + wide * length);
        done[w] = FA(start)(&b, 0) == 0;
        if (done[w]) FA(complete)(&b);
        else FA(one_by_one)(call, b.row, L);
    }
    if (fa_has_rows_out(call->form)) FA(copy_panels_back)(&call->out, row, copy, n, wide, done);
}

/* As many rows as are whole panels. Returns how many it has done: none where a copy is needed and there is no
 * memory. */
static ptrdiff_t FA(rows_side_by_side)(const fa_call *call)
{
    ptrdiff_t row = 0, bytes = call->n * L * (ptrdiff_t)sizeof(REAL) * (1 + fa_has_dy(call->form));
    int wide = FA_WIDE, copies = call->x.step % FA_ALIASED == 0;
    if (call->masks && bytes > FA_COPY) return 0; /* then each row is copied block by block */
    int always = call->keeps_dy || call->masks; /* copies, or goes another way */
    while (wide > 1 && (wide * bytes > FA_COPY || wide * L > call->rows)) wide /= 2;
    copies = call->n > FA_SHORT && (always || (copies && wide > 1));
    REAL *copy = copies ? malloc((size_t)(wide * bytes + (call->masks ? call->n * L : 0))) : NULL;
    for (; copy && row + wide * L <= call->rows; row += wide * L) FA(copied_panels)(call, row, wide, copy);
    for (; copy && always && row + L <= call->rows; row += L) FA(copied_panels)(call, row, 1, copy);
    free(copy);
    for (; !always && row + L <= call->rows; row += L) FA(panel_in_place)(call, row);
    return row;
}
