/* Rows side by side: element i of a row is next to element i of the next row, as along the first axis of an array. L of
 * them are a panel whose lanes are the rows. Panels that are side by side go through the passes together: memory is
 * then read and written by whole lines, in an order that the CPU foresees, and elements a power of two apart do not
 * push each other out of the caches. Where masks or gradients ask for a copy, each panel is copied and goes alone. */

#define FA_WIDE 64      /* panels that go together, at most: a page of memory */
#define FA_COPIED 8     /* panels that are copied together, at most */
#define FA_COPY 1048576 /* bytes of such a copy, at most: it stays in the second-level cache */

static FA(panel) FA(panel_at)(const fa_call *call, ptrdiff_t row)
{
    ptrdiff_t size = sizeof(REAL);
    return (FA(panel)){(const REAL *)(call->x.p + row * size), (const REAL *)(call->dy.p + row * size),
                       (REAL *)(call->out.p + row * size), call->x.step / size, call->dy.step / size,
                       call->out.step / size};
}
static void FA(panel_in_place)(const fa_call *call, ptrdiff_t row)
{
    FA(batch) b;
    FA(open)(&b, call, row, L, 1);
    b.panel[0] = FA(panel_at)(call, row);
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
        for (int w = 0; w < FA_COPIED && w < wide; w++)
            OP(store)(to + w * length, OP(load)((const REAL *)line + w * L));
}
static void FA(copy_panels_back)(const fa_view *to, ptrdiff_t row, const REAL *from, ptrdiff_t n, int wide,
                                 const int *done)
{
    ptrdiff_t step = to->step, length = n * L;
    char *line = to->p + row * (ptrdiff_t)sizeof(REAL);
    for (ptrdiff_t i = 0; i < n; i++, line += step, from += L)
        for (int w = 0; w < FA_COPIED && w < wide; w++)
            if (done[w]) OP(store)((REAL *)line + w * L, OP(load)(from + w * length));
}
/* `copy` has room for x, then for dy, and then for the mask of one panel. */
static void FA(copied_panels)(const fa_call *call, ptrdiff_t row, int wide, REAL *copy)
{
    ptrdiff_t n = call->n, length = n * L;
    uint8_t *mask = (uint8_t *)(copy + wide * length * (1 + fa_has_dy(call->form)));
    int done[FA_COPIED];
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

/* What the passes find out about panels that go together. */
typedef struct { FA(reduction) *k; FA(coefficients) *c; FA(wide_sums) s; void *memory; } FA(findings);

static int FA(make_room)(FA(findings) *t, int wide)
{
    size_t sums = (size_t)wide * FA_PARTS * sizeof(V), each = sizeof(FA(reduction)) + sizeof(FA(coefficients));
    char *p = t->memory = malloc(64 + 3 * sums + (size_t)wide * each);
    if (!p) return 0;
    p += 64 - (uintptr_t)p % 64;
    t->s = (FA(wide_sums)){(V *)p, (V *)(p + sums), (V *)(p + 2 * sums)};
    t->k = (FA(reduction) *)(p + 3 * sums);
    t->c = (FA(coefficients) *)(t->k + wide);
    return 1;
}
/* Panels side by side. Returns whether it has done them: where a row is irregular it has not, and has written
 * nothing. */
static int FA(wide_panels)(const fa_call *call, ptrdiff_t row, int wide, const FA(findings) *t)
{
    FA(panel) p = FA(panel_at)(call, row);
    ptrdiff_t n = call->n;
    int pass = fa_pass_of(call->form);
    FA(batch) b;
    FA(open)(&b, call, row, L, 1);
    if (fa_takes_exp(pass)) FA(tops_of_lines)(p.x, n, p.x_step, wide, b.k.sign, t->s.sum, t->s.lost);
    for (int w = 0; w < wide; w++) {
        FA(open)(&b, call, row + w * L, L, 1);
        if (fa_takes_exp(pass)) b.k.top = OP(max)(t->s.sum[w], t->s.lost[w]);
        if (FA(start_in_place)(&b, 1)) return 0;
        t->k[w] = b.k, pass = b.pass;
    }
    FA(sum_wide)(&p, n, wide, t->k, pass, &t->s);
    FA(close_wide)(&t->s, wide, pass);
    for (int w = 0; w < wide; w++) {
        FA(lane_sums) s;
        if (fa_takes_exp(pass)) s.sum[0] = t->s.sum[w], s.lost[0] = t->s.lost[w];
        if (fa_has_second(pass)) s.second[0] = t->s.second[w];
        b.row = row + w * L, b.k = t->k[w], b.panel[0] = FA(panel_at)(call, b.row);
        b.scalars = FA(read_scalars)(call, b.row, L);
        FA(conclude)(&b, &s);
        if (FA(mean_overflows)(pass, &s)) FA(sum_divided)(&b, &s);
        t->c[w] = b.c;
    }
    FA(map_wide)(&p, n, wide, t->k, t->c, fa_map_of(call->form), pass & FA_SUM_TERMS);
    return 1;
}

/* As many rows as are whole panels. Those of short rows go alone: what one of them reads and writes fits anywhere. */
static ptrdiff_t FA(rows_in_panels)(const fa_call *call)
{
    ptrdiff_t row = 0, panels = call->rows / L, turns = (panels + FA_WIDE - 1) / FA_WIDE;
    int wide = turns && call->n > FA_SHORT ? (int)((panels + turns - 1) / turns) : 1;
    FA(findings) t;
    if (wide > 1 && !FA(make_room)(&t, wide)) wide = 1;
    for (int some; panels > 0; panels -= some, row += some * L) {
        some = panels < wide ? (int)panels : wide;
        if (some > 1 && FA(wide_panels)(call, row, some, &t)) continue;
        for (int w = 0; w < some; w++) FA(panel_in_place)(call, row + w * L);
    }
    if (wide > 1) free(t.memory);
    return row;
}
/* The same by copies. Returns how many rows it has done: none where there is no memory. */
static ptrdiff_t FA(rows_in_copies)(const fa_call *call)
{
    ptrdiff_t row = 0, bytes = call->n * L * (ptrdiff_t)sizeof(REAL) * (1 + fa_has_dy(call->form));
    int wide = FA_COPIED;
    if (call->masks && bytes > FA_COPY) return 0; /* then each row is copied block by block */
    while (wide > 1 && (wide * bytes > FA_COPY || wide * L > call->rows)) wide /= 2;
    REAL *copy = malloc((size_t)(wide * bytes + (call->masks ? call->n * L : 0)));
    for (; copy && row + wide * L <= call->rows; row += wide * L) FA(copied_panels)(call, row, wide, copy);
    for (; copy && row + L <= call->rows; row += L) FA(copied_panels)(call, row, 1, copy);
    free(copy);
    return row;
}
static ptrdiff_t FA(rows_side_by_side)(const fa_call *call)
{
    if (!call->keeps_dy && !call->masks) return FA(rows_in_panels)(call);
    return call->n > FA_SHORT ? FA(rows_in_copies)(call) : 0;
}
