/* Rows of at most FA_SHORT elements: L of them are transposed into a tile, a panel whose lanes are the rows. */

#define FA_SHORT FA_PARTS /* so that a part has one element at most */

/* n elements of every row go to the tile: element i of row r to tile[i * L + r]. */
static void FA(read_tile)(const fa_call *call, const fa_view *from, ptrdiff_t row, int rows, REAL *tile)
{
    const char *start = from->p + row * from->row;
    ptrdiff_t n = call->n, size = sizeof(REAL), last = (n - 1) / L * L; /* where the last vector of a row begins */
    if (from->step != size || call->element == FA_HALF) {
        for (ptrdiff_t i = 0; i < n; i++)
            FA(read)(call->element, tile + i * L, start + i * from->step, from->row, rows);
        return;
    }
    /* Vectors may be read beyond the end of a row where other rows of the same array follow. */
    int whole = rows == L && from->row > 0 && (call->rows - row - L) * from->row + n * size >= (last + L) * size;
    for (ptrdiff_t i = 0; i < n; i += L) {
        int columns = n - i < L ? (int)(n - i) : L;
        V m[L], zero = OP(set1)(0);
        if (whole)
            for (int r = 0; r < L; r++) m[r] = OP(load)((const REAL *)(start + r * from->row) + i);
        else
            for (int r = 0; r < L; r++) /* the first row stands for those that are missing */
                m[r] = OP(load_first)((const REAL *)(start + (r < rows ? r : 0) * from->row) + i, columns, zero);
        OP(transpose)(m, L, columns);
        for (int j = 0; j < columns; j++) OP(store)(tile + (i + j) * L, m[j]);
    }
}
static void FA(write_tile)(const fa_call *call, const fa_view *to, ptrdiff_t row, int rows, const REAL *tile)
{
    char *start = to->p + row * to->row;
    ptrdiff_t n = call->n, size = sizeof(REAL);
    if (to->step != size || call->element == FA_HALF) {
        for (ptrdiff_t i = 0; i < n; i++) FA(write)(call->element, start + i * to->step, to->row, tile + i * L, rows);
        return;
    }
    /* Where each row ends at the next, whole vectors are written, whose surplus is replaced afterwards: by the rows
     * that follow, or, where a row has two vectors, by the first ones, which are written last. None reaches beyond
     * these rows: what follows may be input that is yet to be read. */
    int joined = to->row == n * size;
    for (ptrdiff_t i = (n - 1) / L * L; i >= 0; i -= L) {
        int columns = n - i < L ? (int)(n - i) : L, whole = 0;
        V m[L];
        for (int j = 0; j < L; j++) m[j] = OP(load)(tile + (i + j) * L); /* columns beyond the row's are not written */
        OP(transpose)(m, columns, L);
        if (columns == L) whole = rows;
        else if (joined && i + L <= rows * n) whole = (int)(rows * n - i - L) / (int)n + 1;
        for (int r = 0; r < whole; r++) OP(store)((REAL *)(start + r * to->row) + i, m[r]);
        for (int r = whole; r < rows; r++) OP(store_first)((REAL *)(start + r * to->row) + i, m[r], columns);
    }
}

/* Some rows are irregular: their tops are subtracted in the tile, and 0 from the others. */
FA_NOINLINE static void FA(subtract_tops)(FA(batch) *b, uint32_t irregular, REAL *tile, REAL *top)
{
    OP(store)(top, b->tops);
    for (int r = 0; r < L; r++) {
        if (!(irregular >> r & 1)) top[r] = 0;
        else
            for (REAL *x = tile + r; x < tile + b->call->n * L; x += L) *x = FA(less_top)(b->call->form, top[r], *x);
    }
    b->subtracted = top;
    FA(start)(b, 0);
}
static void FA(short_rows)(const fa_call *call, ptrdiff_t row, int rows)
{
    _Alignas(64) REAL x[FA_SHORT * L], dy[FA_SHORT * L], top[L];
    uint8_t mask[FA_SHORT * L];
    FA(batch) b;
    FA(read_tile)(call, &call->x, row, rows, x);
    if (fa_has_dy(call->form)) FA(read_tile)(call, &call->dy, row, rows, dy);
    FA(open)(&b, call, row, rows, 1);
    b.panel[0] = (FA(panel)){x, dy, x, L, L, L};
    if (call->masks) FA(hide_lanes)(&b, mask, x, dy);
    uint32_t irregular = FA(start)(&b, 0);
    if (irregular) FA(subtract_tops)(&b, irregular, x, top);
    FA(complete)(&b);
    if (fa_has_rows_out(call->form)) FA(write_tile)(call, &call->out, row, rows, x);
}
