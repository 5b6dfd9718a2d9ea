/* The last pass: a result from every term. The terms are where the summing pass has stored them, in y, or else they are
 * the elements of x, for an x that is the output of a forward pass. Results go to y. */

FA_INLINE V FA(mapped)(V e, V dy, const FA(reduction) *k, const FA(coefficients) *c, enum fa_map map)
{
    V a = c->a, b = c->b;
    if (map == FA_MAP_REFLECTED_EXP) e = FA(exponential)(e, k, 0);
    if (map == FA_MAP_QUOTIENT) return OP(fma)(e, a, OP(mul)(e, b));
    if (map == FA_MAP_PRODUCT) return OP(mul)(OP(mul)(e, a), b);
    if (map == FA_MAP_CENTRED) return OP(mul)(OP(mul)(e, a), OP(sub)(dy, b));
    if (map == FA_MAP_DIVIDED) return OP(mul)(OP(mul)(OP(mul)(e, a), OP(sub)(dy, b)), c->c);
    if (map == FA_MAP_LOGARITHM) return OP(sub)(OP(sub)(e, a), b);
    return OP(fnma)(OP(mul)(e, a), b, dy);
}
/* The coefficients of the given row in every lane; where row is negative, of all rows. */
FA_INLINE FA(coefficients) FA(coefficients_for)(const FA(coefficients) *c, int row)
{
    return (FA(coefficients)){FA(spread)(&c->a, row), FA(spread)(&c->b, row), FA(spread)(&c->c, row)};
}
/* n elements, fewer than a vector has. */
FA_INLINE void FA(map_first)(const REAL *e, const REAL *dy, REAL *y, ptrdiff_t n, const FA(reduction) *k,
                             const FA(coefficients) *c, enum fa_map map)
{
    V zero = OP(set1)(0), terms = OP(load_first)(e, (int)n, zero);
    V weights = fa_map_reads_dy(map) ? OP(load_first)(dy, (int)n, zero) : zero;
    OP(store_first)(y, FA(mapped)(terms, weights, k, c, map), (int)n);
}
FA_INLINE void FA(map_vectors)(const REAL *e, ptrdiff_t e_step, const FA(panel) *p, const REAL *dy, REAL *y,
                               ptrdiff_t vectors, const FA(reduction) *k, const FA(coefficients) *c, enum fa_map map)
{
    for (; vectors > 0; vectors--, e += e_step, dy += p->dy_step, y += p->y_step) {
        V terms = OP(load)(e), weights = fa_map_reads_dy(map) ? OP(load)(dy) : terms;
        OP(store)(y, FA(mapped)(terms, weights, k, c, map));
    }
}
/* n elements of one row. In a long row, the vectors of the output are aligned. */
FA_INLINE void FA(map_row)(const REAL *e, const FA(panel) *p, const REAL *dy, REAL *y, ptrdiff_t n,
                           const FA(reduction) *k, const FA(coefficients) *c, enum fa_map map)
{
    if (n >= FA_ALIGNED) {
        ptrdiff_t head = (L - (ptrdiff_t)((uintptr_t)y / sizeof(REAL) % L)) % L;
        if (head > 0) FA(map_first)(e, dy, y, head, k, c, map);
        e += head, dy += head, y += head, n -= head;
    }
    ptrdiff_t whole = n / L * L;
    FA(map_vectors)(e, L, p, dy, y, n / L, k, c, map);
    if (whole < n) FA(map_first)(e + whole, dy + whole, y + whole, n - whole, k, c, map);
}
/* The rows of a batch: where each has its own panel, n elements from `from` on. */
FA_INLINE void FA(map_for)(const FA(batch) *b, enum fa_map map, ptrdiff_t from, ptrdiff_t n)
{
    int stored = b->pass & FA_SUM_TERMS;
    for (int r = b->in_lanes ? -1 : 0; r < (b->in_lanes ? 0 : b->rows); r++) {
        const FA(panel) *p = b->panel + (r < 0 ? 0 : r);
        const REAL *e = (stored ? p->y : p->x) + from;
        FA(reduction) k = FA(reduction_of)(&b->k, r, 0);
        FA(coefficients) c = FA(coefficients_for)(&b->c, r);
        if (r < 0) FA(map_vectors)(e, stored ? p->y_step : p->x_step, p, p->dy, p->y, n, &k, &c, map);
        else FA(map_row)(e, p, p->dy + from, p->y + from, n, &k, &c, map);
    }
}

/* Panels side by side, n elements of each row. */
FA_INLINE void FA(map_lines)(const FA(panel) *p, ptrdiff_t n, int wide, const FA(reduction) *k,
                             const FA(coefficients) *c, enum fa_map map, int stored)
{
    ptrdiff_t e_step = stored ? p->y_step : p->x_step;
    const REAL *e = stored ? p->y : p->x, *dy = p->dy;
    REAL *y = p->y;
    for (; n > 0; n--, e += e_step, dy += p->dy_step, y += p->y_step)
        for (int w = 0; w < wide; w++) {
            V term = OP(load)(e + w * L), weight = fa_map_reads_dy(map) ? OP(load)(dy + w * L) : term;
            FA(reduction) own = FA(reduction_of)(k + w, -1, 0);
            OP(store)(y + w * L, FA(mapped)(term, weight, &own, c + w, map));
        }
}

/* As for the summing pass, each map is compiled for itself, but where vectors are loops in plain C. */
#ifdef FA_SCALAR
#define FA_FOR_MAP(CALL) CALL(map);
#else
#define FA_FOR_MAP(CALL) \
    switch (map) { \
    case FA_MAP_QUOTIENT: CALL(FA_MAP_QUOTIENT); break; \
    case FA_MAP_PRODUCT: CALL(FA_MAP_PRODUCT); break; \
    case FA_MAP_CENTRED: CALL(FA_MAP_CENTRED); break; \
    case FA_MAP_DIVIDED: CALL(FA_MAP_DIVIDED); break; \
    case FA_MAP_REFLECTED: CALL(FA_MAP_REFLECTED); break; \
    case FA_MAP_REFLECTED_EXP: CALL(FA_MAP_REFLECTED_EXP); break; \
    case FA_MAP_LOGARITHM: CALL(FA_MAP_LOGARITHM); break; \
    case FA_MAP_NOTHING: break; \
    }
#endif

static void FA(map_wide)(const FA(panel) *p, ptrdiff_t n, int wide, const FA(reduction) *k, const FA(coefficients) *c,
                         enum fa_map map, int stored)
{
    if (map == FA_MAP_NOTHING) return;
#define FA_CALL(constant) FA(map_lines)(p, n, wide, k, c, constant, stored)
    FA_FOR_MAP(FA_CALL)
#undef FA_CALL
}
static void FA(map_rows)(const FA(batch) *b, ptrdiff_t from, ptrdiff_t n)
{
    enum fa_map map = fa_map_of(b->call->form);
    if (map == FA_MAP_NOTHING) return;
#define FA_CALL(constant) FA(map_for)(b, constant, from, n)
    FA_FOR_MAP(FA_CALL)
#undef FA_CALL
}
#undef FA_FOR_MAP
