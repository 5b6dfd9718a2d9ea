/* What general forms have beside the plain ones: a mask, and temperatures.
 *
 * A mask. Unless it masks nothing, rows are copied. As soon as they are, a stand-in takes the place of what is masked
 * (in dy: 0), so that the passes never see it. Results are overwritten in the end where that makes a difference. A row
 * all of which is masked has 0 for its top, and is regular.
 *
 * Temperatures. One is T 2^e, with T from 1 to 2. The reduction divides by T. By 2^e is divided exactly: x where its
 * exponential is taken, and gradients when they are computed. Tops are found before that, and subtracted if they are
 * irregular: divided first, they might overflow. Other elements may, to -inf, since they are far below the top; and
 * what underflows is nothing beside the T ln2/32 that r may be.
 *
 * The inverse of 2^e is the product of up to three factors. More than one is seldom needed. The passes multiply by the
 * first alone, and x, which must be a copy then, and results by the others.
 */

/* A temperature: T in two parts, and the factors. Returns how many of these are not 1. */
static int FA(read_temperature)(const char *from, REAL *t, REAL *low, REAL *factor)
{
    double given, share;
    int exponent, factors = 0;
    memcpy(&given, from, sizeof given);
    share = 2 * frexp(given, &exponent);
    *t = (REAL)share, *low = (REAL)(share - *t);
    for (int left = 1 - exponent; factors < FA_FACTORS && left != 0; factors++) {
        int part = left > K(REACH) ? K(REACH) : left < -K(REACH) ? -K(REACH) : left;
        factor[factors] = (REAL)ldexp(1, part);
        left -= part;
    }
    for (int f = factors; f < FA_FACTORS; f++) factor[f] = 1;
    return factors;
}
/* The temperatures of a batch. Returns whether one is not 1. */
static int FA(read_temperatures)(FA(temperatures) *heat, const fa_view *from, ptrdiff_t row, int rows)
{
    REAL t[L], low[L], factor[FA_FACTORS], lanes[FA_FACTORS][L];
    int differs = 0;
    heat->factors = 0;
    for (int r = 0; r < (from->row == 0 ? 1 : rows); r++) {
        int factors = FA(read_temperature)(from->p + (row + r) * from->row, t + r, low + r, factor);
        if (factors > heat->factors) heat->factors = factors;
        for (int f = 0; f < FA_FACTORS; f++) lanes[f][r] = factor[f];
        differs |= factors > 0 || t[r] != 1 || low[r] != 0;
    }
    if (from->row == 0) { /* one for all */
        heat->t = OP(set1)(t[0]), heat->t_low = OP(set1)(low[0]);
        for (int f = 0; f < FA_FACTORS; f++) heat->factor[f] = OP(set1)(factor[f]);
        return differs;
    }
    V one = OP(set1)(1);
    heat->t = OP(load_first)(t, rows, one), heat->t_low = OP(load_first)(low, rows, one);
    for (int f = 0; f < FA_FACTORS; f++) heat->factor[f] = OP(load_first)(lanes[f], rows, one);
    return differs;
}
/* Multiplies n elements of the given row by its factors but the first; where row is negative, elements of all rows,
 * each in its lane. */
static void FA(multiply)(const FA(temperatures) *heat, int row, REAL *x, ptrdiff_t n)
{
    for (int f = 1; f < heat->factors; f++) {
        V factor = FA(spread)(heat->factor + f, row);
        ptrdiff_t i = 0;
        for (; i + L <= n; i += L) OP(store)(x + i, OP(mul)(OP(load)(x + i), factor));
        if (i < n) OP(store_first)(x + i, OP(mul)(OP(load_first)(x + i, (int)(n - i), factor), factor), (int)(n - i));
    }
}
/* Multiplies x, which is a copy, by the factors but the first. */
FA_NOINLINE static void FA(multiply_x)(const FA(batch) *b)
{
    ptrdiff_t n = b->call->n;
    if (!fa_takes_exp(b->pass)) return;
    if (b->in_lanes) FA(multiply)(&b->heat, -1, (REAL *)b->panel->x, n * L);
    else
        for (int r = 0; r < b->rows; r++) FA(multiply)(&b->heat, r, (REAL *)b->panel[r].x, n);
}

static void FA(replace)(REAL *to, const REAL *x, const uint8_t *mask, REAL stand_in, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++) to[i] = mask[i] ? x[i] : stand_in;
}
/* Copies n elements, and the first of them again up to a whole vector, with stand-ins for what a mask masks. */
FA_INLINE void FA(read_masked)(enum fa_element element, REAL *to, const char *x, ptrdiff_t step, ptrdiff_t n,
                            const uint8_t *mask, REAL stand_in)
{
    int direct = mask && element != FA_HALF && step == (ptrdiff_t)sizeof(REAL);
    if (!direct) FA(read)(element, to, x, step, n);
    if (mask) FA(replace)(to, direct ? (const REAL *)x : to, mask, stand_in, n);
    for (ptrdiff_t i = n; direct && i % L; i++) to[i] = to[0];
}
/* Copies n elements of a row, from `from` on, of x and dy, or of one of them where the other is NULL. Returns their
 * mask, which is copied unless it is contiguous. */
static const uint8_t *FA(read_piece)(const fa_call *call, ptrdiff_t row, ptrdiff_t from, ptrdiff_t n, REAL *x, REAL *dy,
                                     uint8_t *copy)
{
    const fa_view *v = &call->x, *w = &call->dy, *where = &call->where;
    const char *own = call->masks ? where->p + row * where->row + from * where->step : NULL;
    const uint8_t *mask = call->masks && where->step != 1 ? copy : (const uint8_t *)own;
    if (mask == copy) fa_copy_mask(copy, own, where->step, n);
    if (x)
        FA(read_masked)(call->element, x, v->p + row * v->row + from * v->step, v->step, n, mask,
                        call->stand_in);
    if (dy && fa_has_dy(call->form))
        FA(read_masked)(call->element, dy, w->p + row * w->row + from * w->step, w->step, n, mask, 0);
    return mask;
}
/* Whether nothing of n elements takes part. */
static int FA(is_absent)(const uint8_t *mask, ptrdiff_t n)
{
    uint8_t any = 0;
    for (ptrdiff_t i = 0; i < n; i++) any |= mask[i];
    return !any;
}
/* Copies the mask of rows in lanes, the first of which stands for those that are missing, and applies it. */
FA_NOINLINE static void FA(hide_lanes)(FA(batch) *b, uint8_t *mask, REAL *x, REAL *dy)
{
    const fa_view *where = &b->call->where;
    const char *from = where->p + b->row * where->row;
    uint8_t any[L] = {0}, *to = mask;
    b->mask[0] = mask;
    for (ptrdiff_t i = 0; i < b->call->n; i++, to += L, from += where->step) {
        fa_copy_mask(to, from, where->row, b->rows);
        for (int r = b->rows; r < L; r++) to[r] = to[0];
        for (int r = 0; r < L; r++) any[r] |= to[r];
    }
    for (int r = 0; r < L; r++) b->absent |= (uint32_t)!any[r] << r;
    FA(replace)(x, x, mask, b->call->stand_in, b->call->n * L);
    if (fa_has_dy(b->call->form)) FA(replace)(dy, dy, mask, 0, b->call->n * L);
}
/* The tops, 0 in rows all of which is masked. */
FA_NOINLINE static V FA(tops_of_present)(const FA(batch) *b)
{
    REAL lanes[L];
    OP(store)(lanes, b->k.top);
    for (int r = 0; r < L; r++)
        if (b->absent >> r & 1) lanes[r] = 0;
    return OP(load)(lanes);
}
/* The reduction of rows with temperatures, which divide their tops too. */
FA_NOINLINE static V FA(reduce_heated)(FA(batch) *b)
{
    int differs = FA(read_temperatures)(&b->heat, &b->call->temperature, b->row, b->rows);
    if (differs && fa_takes_exp(b->pass)) b->pass |= FA_ADJUST_X;
    for (int f = 0; f < b->heat.factors; f++) b->k.top = OP(mul)(b->k.top, b->heat.factor[f]);
    b->k.factor = b->heat.factor[0];
    FA(divide_by)(&b->k, b->heat.t, b->heat.t_low);
    return FA(reduce)(&b->k, b->heat.t, b->pass);
}
/* Whether results have to be masked. What is -inf comes out as it should by itself, but for the signs of zeros in
 * gradients, in rows of NaN, and in those all of which is masked. */
static int FA(must_mask)(const FA(batch) *b)
{
    REAL lanes[L];
    if (!b->call->masks || !fa_has_rows_out(b->call->form)) return 0;
    if (b->absent || b->call->form & FA_GRAD) return 1;
    OP(store)(lanes, OP(add)(b->c.a, b->c.b));
    for (int r = 0; r < b->rows; r++)
        if (lanes[r] != lanes[r]) return 1;
    return 0;
}
/* The last touch to n results of every row of a batch. */
FA_NOINLINE static void FA(finish)(const FA(batch) *b, ptrdiff_t n)
{
    int masks = FA(must_mask)(b), multiplies = b->call->form & FA_GRAD && b->heat.factors > 1;
    ptrdiff_t count = b->in_lanes ? n * L : n;
    if (!masks && !multiplies) return;
    for (int r = 0; r < (b->in_lanes ? 1 : b->rows); r++) {
        const FA(panel) *p = b->panel + r;
        if (multiplies) FA(multiply)(&b->heat, b->in_lanes ? -1 : r, p->y, count);
        if (masks) FA(replace)(p->y, p->y, b->mask[r], b->call->masked, count);
    }
}
