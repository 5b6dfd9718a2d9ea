/* What general forms have beside the plain ones: a mask, and temperatures.
 *
 * A mask. All rows of general calls are copied, and the mask with them. As soon as x is copied, a stand-in takes the
 * place of what is masked (in dy: 0), so that the passes never see it. Results are computed in the copy, and
 * overwritten there where the mask says so. A row all of which is masked has 0 for its top, and is regular.
 *
 * Temperatures. One is T 2^e, with T from 1 to 2. The reduction divides by T. By 2^e is divided before and after that,
 * exactly: x in the copy, and gradients there in the end. Tops are found before x is divided, and subtracted if they are
 * irregular: divided first, they might overflow. Other elements may, to -inf, since they are far below the top; and what
 * underflows is nothing beside the T ln2/32 that r may be. The inverse of 2^e is the product of up to three factors.
 */

/* Rows of a batch, each in its lane; the lanes that are left are like the last one. */
static void FA(read_temperatures)(FA(temperatures) *heat, const fa_view *from, ptrdiff_t row, int rows)
{
    REAL t[L], low[L], factor[FA_FACTORS][L];
    heat->factors = 0;
    for (int r = 0; r < L; r++) {
        if (r > 0 && (r >= rows || from->row == 0)) {
            t[r] = t[r - 1], low[r] = low[r - 1];
            for (int f = 0; f < FA_FACTORS; f++) factor[f][r] = factor[f][r - 1];
            continue;
        }
        double given, share;
        int exponent;
        memcpy(&given, from->p + (row + r) * from->row, sizeof given);
        share = 2 * frexp(given, &exponent);
        t[r] = (REAL)share, low[r] = (REAL)(share - t[r]);
        for (int f = 0, left = 1 - exponent; f < FA_FACTORS; f++) {
            int part = left > K(REACH) ? K(REACH) : left < -K(REACH) ? -K(REACH) : left;
            factor[f][r] = part ? (REAL)ldexp(1, part) : 1;
            if (part && heat->factors <= f) heat->factors = f + 1;
            left -= part;
        }
    }
    heat->t = OP(load)(t), heat->t_low = OP(load)(low);
    for (int f = 0; f < FA_FACTORS; f++) heat->factor[f] = OP(load)(factor[f]);
}
/* Divides n elements of the given row by its 2^e; where row is negative, elements of all rows, each in its lane. */
static void FA(divide)(const FA(temperatures) *heat, int row, REAL *x, ptrdiff_t n)
{
    for (int f = 1; f < heat->factors; f++) {
        V factor = FA(spread)(heat->factor + f, row);
        ptrdiff_t i = 0;
        for (; i + L <= n; i += L) OP(store)(x + i, OP(mul)(OP(load)(x + i), factor));
        if (i < n) OP(store_first)(x + i, OP(mul)(OP(load_first)(x + i, (int)(n - i), factor), factor), (int)(n - i));
    }
}
static void FA(divide_x)(const FA(batch) *b)
{
    ptrdiff_t n = b->call->n;
    if (!fa_takes_exp(b->pass)) return;
    if (b->in_lanes) FA(divide)(&b->heat, -1, b->panel->y, n * L);
    else
        for (int r = 0; r < b->rows; r++) FA(divide)(&b->heat, r, b->panel[r].y, n);
}

static void FA(replace)(REAL *x, const uint8_t *mask, REAL stand_in, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++) x[i] = mask[i] ? x[i] : stand_in;
}
/* Puts stand-ins into copies of n elements. */
static void FA(hide)(const fa_call *call, const uint8_t *mask, REAL *x, REAL *dy, ptrdiff_t n)
{
    FA(replace)(x, mask, fa_stand_in(call->form), n);
    if (fa_has_dy(call->form)) FA(replace)(dy, mask, 0, n);
}
/* Copies n elements of a row, from `from` on. */
static void FA(read_piece)(const fa_call *call, ptrdiff_t row, ptrdiff_t from, ptrdiff_t n, REAL *x, REAL *dy,
                           uint8_t *mask)
{
    const fa_view *v = &call->x, *w = &call->dy, *m = &call->where;
    FA(read)(call->element, x, v->p + row * v->row + from * v->step, v->step, n);
    if (fa_has_dy(call->form)) FA(read)(call->element, dy, w->p + row * w->row + from * w->step, w->step, n);
    if (!call->masks) return;
    fa_copy_mask(mask, m->p + row * m->row + from * m->step, m->step, n);
    FA(hide)(call, mask, x, dy, n);
}
/* Whether nothing of n elements takes part. */
static int FA(is_absent)(const uint8_t *mask, ptrdiff_t n)
{
    uint8_t any = 0;
    for (ptrdiff_t i = 0; i < n; i++) any |= mask[i];
    return !any;
}
/* Copies the mask of rows in lanes, the first of which stands for those that are missing, and applies it. */
static void FA(hide_lanes)(FA(batch) *b, uint8_t *mask, REAL *x, REAL *dy)
{
    const fa_view *where = &b->call->where;
    const char *from = where->p + b->row * where->row;
    uint8_t any[L] = {0}, *to = mask;
    for (ptrdiff_t i = 0; i < b->call->n; i++, to += L, from += where->step) {
        fa_copy_mask(to, from, where->row, b->rows);
        for (int r = b->rows; r < L; r++) to[r] = to[0];
        for (int r = 0; r < L; r++) any[r] |= to[r];
    }
    for (int r = 0; r < L; r++) b->absent |= (uint32_t)!any[r] << r;
    FA(hide)(b->call, mask, x, dy, b->call->n * L);
}
/* The tops as the reduction takes them. */
static V FA(general_tops)(const FA(batch) *b)
{
    REAL lanes[L];
    V top = b->k.top;
    if (b->absent) {
        OP(store)(lanes, top);
        for (int r = 0; r < L; r++)
            if (b->absent >> r & 1) lanes[r] = 0;
        top = OP(load)(lanes);
    }
    for (int f = 0; f < b->heat.factors; f++) top = OP(mul)(top, b->heat.factor[f]);
    return top;
}
/* The last touch to n results of every row of a batch. */
static void FA(finish)(const FA(batch) *b, ptrdiff_t n)
{
    const fa_call *call = b->call;
    ptrdiff_t count = b->in_lanes ? n * L : n;
    for (int r = 0; r < (b->in_lanes ? 1 : b->rows) && fa_has_rows_out(call->form); r++) {
        const FA(panel) *p = b->panel + r;
        if (call->form & FA_GRAD) FA(divide)(&b->heat, b->in_lanes ? -1 : r, p->y, count);
        if (call->masks) FA(replace)(p->y, p->mask, fa_masked(call->form), count);
    }
}
