/* The summing pass: the term of every element, and the partial sums of the terms.
 *
 * Element i of a row is added to part i % 16. What that addition rounds off is not dropped but added up too, in `lost`.
 * A few elements of a part (K(BLOCK): 2 floats, 1 double) are first added to one another, plainly, since that is
 * cheaper, and join the part together; so do their contributions to the second sum, each addition to which waits for
 * the one before. The order of all additions follows from the row's length alone, not from the layout.
 */

/* The elements of a row that join its parts together; and of rows in lanes, how many parts, times panels, are in use at
 * the same time, at most: their sums stay in the first-level cache. */
#define FA_JOINING (FA_PARTS * K(BLOCK))
#define FA_IN_USE 64

/* The terms of a vector of elements, of which the first so many lanes count. What goes to the second sum goes there. */
FA_INLINE V FA(term)(V x, V dy, const FA(reduction) *k, int pass, int first, V *second)
{
    if (pass & FA_SUM_OTHERS) FA_IN_TURN;
    V e = fa_takes_exp(pass) ? FA(exponential)(x, k, pass) : x;
    if (pass & FA_SUM_OTHERS) {
        V one = OP(keep)(OP(eq)(x, k->top), OP(set1)(1));
        e = OP(drop)(OP(eq)(x, k->top), e);
        *second = OP(add)(*second, first < L ? OP(keep_first)(one, first) : one);
    }
    if (first < L) e = OP(keep_first)(e, first);
    if (pass & FA_DIVIDE_TERMS) e = OP(mul)(e, k->inverse_sum);
    if (pass & FA_SUM_PRODUCTS) *second = OP(fma)(e, dy, *second);
    if (pass & FA_SUM_DY) *second = OP(add)(*second, dy);
    return e;
}
/* A block of terms joins a part. */
FA_INLINE void FA(join)(V block, V *sum, V *lost)
{
    V s = OP(add)(*sum, block);
    *lost = OP(add)(*lost, OP(sub)(block, OP(sub)(s, *sum)));
    *sum = s;
}
FA_INLINE void FA(join_row)(const V *block, const V *second, int pass, FA(row_sums) *s)
{
    for (int q = 0; q < FA_ROW_VECTORS; q++) {
        if (fa_takes_exp(pass)) FA(join)(block[q], &s->sum[q], &s->lost[q]);
        if (fa_has_second(pass)) s->second[q] = OP(add)(s->second[q], second[q]);
    }
}
FA_INLINE V FA(load_dy)(const REAL *dy, int pass) { return fa_reads_dy(pass) ? OP(load)(dy) : OP(set1)(0); }
/* A pass that divides terms reads them where an earlier one has stored them. */
FA_INLINE const REAL *FA(summed)(const FA(panel) *p, int pass) { return pass & FA_DIVIDE_TERMS ? p->y : p->x; }

/* The last elements of a row, fewer than join their parts together. */
FA_INLINE void FA(sum_rest)(const REAL *x, const REAL *dy, REAL *y, ptrdiff_t n, const FA(reduction) *k, int pass,
                            FA(row_sums) *s)
{
    V zero = OP(set1)(0), block[FA_ROW_VECTORS], second[FA_ROW_VECTORS];
    for (int q = 0; q < FA_ROW_VECTORS; q++) block[q] = second[q] = zero;
    while (n > 0)
        for (int q = 0; q < FA_ROW_VECTORS && n > 0; q++, n -= L, x += L, dy += L, y += L) {
            int first = n < L ? (int)n : L;
            V given = first < L ? OP(load_first)(x, first, zero) : OP(load)(x), weight = zero;
            if (fa_reads_dy(pass)) weight = first < L ? OP(load_first)(dy, first, zero) : OP(load)(dy);
            V term = FA(term)(given, weight, k, pass, first, &second[q]);
            if (pass & FA_SUM_TERMS && first < L) OP(store_first)(y, term, first);
            if (pass & FA_SUM_TERMS && first == L) OP(store)(y, term);
            block[q] = OP(add)(block[q], term);
        }
    FA(join_row)(block, second, pass, s);
}
/* n elements of one row, from `from` on. They are added to the sums that are there, unless these are fresh. */
FA_INLINE void FA(sum_row)(const FA(panel) *p, ptrdiff_t from, ptrdiff_t n, const FA(reduction) *k, int pass, int fresh,
                           FA(row_sums) *sums)
{
    FA(row_sums) s;
    const REAL *x = FA(summed)(p, pass) + from, *dy = p->dy + from;
    REAL *y = p->y + from;
    for (int q = 0; q < FA_ROW_VECTORS; q++) s.sum[q] = s.lost[q] = s.second[q] = OP(set1)(0);
    if (!fresh) s = *sums;
    for (; n >= FA_JOINING; n -= FA_JOINING) {
        V block[FA_ROW_VECTORS], second[FA_ROW_VECTORS];
        for (int j = 0; j < K(BLOCK); j++)
            for (int q = 0; q < FA_ROW_VECTORS; q++, x += L, dy += L, y += L) {
                if (j == 0) second[q] = OP(set1)(0);
                V term = FA(term)(OP(load)(x), FA(load_dy)(dy, pass), k, pass, L, &second[q]);
                if (pass & FA_SUM_TERMS) OP(store)(y, term);
                block[q] = j ? OP(add)(block[q], term) : term;
            }
        FA(join_row)(block, second, pass, &s);
    }
    if (n > 0) FA(sum_rest)(x, dy, y, n, k, pass, &s);
    for (int q = 0; q < FA_ROW_VECTORS; q++) {
        if (fa_takes_exp(pass)) sums->sum[q] = s.sum[q], sums->lost[q] = s.lost[q];
        if (fa_has_second(pass)) sums->second[q] = s.second[q];
    }
}

/* The sums of `wide` panels side by side, part by part: those of part j of panel w are at j * wide + w. */
typedef struct { V *sum, *lost, *second; } FA(wide_sums);

/* L rows, each in a lane, of at most FA_PARTS elements: one to a part, so that the parts are added up as they come. */
FA_INLINE void FA(sum_short_lanes)(const FA(panel) *p, ptrdiff_t n, const FA(reduction) *k, int pass,
                                   const FA(wide_sums) *sums)
{
    V sum = OP(set1)(0), lost = sum, second = sum;
    FA(reduction) own = FA(reduction_of)(k, -1, pass);
    const REAL *x = FA(summed)(p, pass), *dy = p->dy;
    REAL *y = p->y;
    for (ptrdiff_t i = 0; i < n; i++, x += p->x_step, dy += p->dy_step, y += p->y_step) {
        V term = FA(term)(OP(load)(x), FA(load_dy)(dy, pass), &own, pass, L, &second);
        if (pass & FA_SUM_TERMS) OP(store)(y, term);
        if (fa_takes_exp(pass)) FA(join)(term, &sum, &lost);
    }
    *sums->sum = sum, *sums->lost = lost, *sums->second = second;
}
/* Element i of the rows of panels that are side by side, which is a line of memory, and, if there are `two`, element
 * i + FA_PARTS. */
FA_INLINE void FA(sum_line)(const FA(panel) *p, ptrdiff_t i, int two, int wide, const FA(reduction) *k, int pass,
                            const FA(wide_sums) *s)
{
    const REAL *x = FA(summed)(p, pass) + i * p->x_step, *dy = p->dy + i * p->dy_step;
    REAL *y = p->y + i * p->y_step;
    ptrdiff_t apart = two ? FA_PARTS : 0;
    const REAL *x2 = x + apart * p->x_step, *dy2 = dy + apart * p->dy_step;
    REAL *y2 = y + apart * p->y_step;
    for (int w = 0; w < wide; w++, x += L, dy += L, y += L, x2 += L, dy2 += L, y2 += L) {
        FA(reduction) own = FA(reduction_of)(k + w, -1, pass);
        V others = OP(set1)(0), term = FA(term)(OP(load)(x), FA(load_dy)(dy, pass), &own, pass, L, &others);
        if (pass & FA_SUM_TERMS) OP(store)(y, term);
        if (two) {
            V next = FA(term)(OP(load)(x2), FA(load_dy)(dy2, pass), &own, pass, L, &others);
            if (pass & FA_SUM_TERMS) OP(store)(y2, next);
            term = OP(add)(term, next);
        }
        if (fa_takes_exp(pass)) FA(join)(term, s->sum + w, s->lost + w);
        if (fa_has_second(pass)) s->second[w] = OP(add)(s->second[w], others);
    }
}
/* n elements of each row, more than FA_PARTS. So many parts, a power of two, take turns as there is room for. */
FA_INLINE void FA(sum_lines)(const FA(panel) *p, ptrdiff_t n, int wide, const FA(reduction) *k, int pass,
                             const FA(wide_sums) *s)
{
    int together = FA_PARTS;
    while (together > 1 && together * wide > FA_IN_USE) together /= 2;
    for (int j = 0; j < FA_PARTS * wide; j++) {
        if (fa_takes_exp(pass)) s->sum[j] = s->lost[j] = OP(set1)(0);
        if (fa_has_second(pass)) s->second[j] = OP(set1)(0);
    }
    for (int first = 0; first < FA_PARTS; first += together)
        for (ptrdiff_t start = first; start < n; start += FA_JOINING)
            for (int j = 0; j < together && start + j < n; j++) {
                int at = (first + j) * wide;
                FA(wide_sums) own = {s->sum + at, s->lost + at, s->second + at};
                if (K(BLOCK) == 2 && start + j + FA_PARTS < n) FA(sum_line)(p, start + j, 1, wide, k, pass, &own);
                else FA(sum_line)(p, start + j, 0, wide, k, pass, &own);
            }
}

/* The rows of a batch for one pass: each with its own panel, or each in a lane. */
FA_INLINE void FA(sum_rows_for)(const FA(batch) *b, int pass, ptrdiff_t from, ptrdiff_t n, int fresh,
                                FA(row_sums) *of_row)
{
    for (int r = 0; r < b->rows; r++) {
        FA(reduction) k = FA(reduction_of)(&b->k, r, pass);
        FA(sum_row)(b->panel + r, from, n, &k, pass, fresh, of_row + r);
    }
}
/* Each pass that a form asks for is compiled for itself, with the pass as a constant. Where vectors are loops in plain
 * C, that gains next to nothing and takes long to compile, so that there is one copy, which asks again at every
 * step. */
#ifdef FA_SCALAR
#define FA_FOR_PASS(CALL) CALL(pass);
#else
#define FA_FOR_PASS(CALL) \
    switch (pass) { \
    case FA_SUM_TERMS: CALL(FA_SUM_TERMS); break; \
    case FA_SUM_TERMS | FA_SUM_PRODUCTS: CALL(FA_SUM_TERMS | FA_SUM_PRODUCTS); break; \
    case FA_SUM_TERMS | FA_SUM_DY: CALL(FA_SUM_TERMS | FA_SUM_DY); break; \
    case FA_SUM_TERMS | FA_ADJUST_X: CALL(FA_SUM_TERMS | FA_ADJUST_X); break; \
    case FA_SUM_TERMS | FA_SUM_PRODUCTS | FA_ADJUST_X: CALL(FA_SUM_TERMS | FA_SUM_PRODUCTS | FA_ADJUST_X); break; \
    case FA_SUM_OTHERS: CALL(FA_SUM_OTHERS); break; \
    case FA_SUM_PRODUCTS: CALL(FA_SUM_PRODUCTS); break; \
    case FA_SUM_PRODUCTS | FA_DIVIDE_TERMS: CALL(FA_SUM_PRODUCTS | FA_DIVIDE_TERMS); break; \
    case FA_SUM_DY: CALL(FA_SUM_DY); break; \
    }
#endif

static void FA(sum_rows)(const FA(batch) *b, int pass, ptrdiff_t from, ptrdiff_t n, int fresh, FA(row_sums) *of_row)
{
#define FA_CALL(constant) FA(sum_rows_for)(b, constant, from, n, fresh, of_row)
    FA_FOR_PASS(FA_CALL)
#undef FA_CALL
}
/* Rows in lanes: one panel, or of longer rows several. */
static void FA(sum_wide)(const FA(panel) *p, ptrdiff_t n, int wide, const FA(reduction) *k, int pass,
                         const FA(wide_sums) *s)
{
#define FA_CALL(constant) \
    if (n <= FA_PARTS) FA(sum_short_lanes)(p, n, k, constant, s); \
    else FA(sum_lines)(p, n, wide, k, constant, s)
    FA_FOR_PASS(FA_CALL)
#undef FA_CALL
}
#undef FA_FOR_PASS
