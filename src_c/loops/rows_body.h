/* The rows of rows.c for one type: REAL, its vector V of L lanes, OP, FA and K for names of vectors, functions, constants. */

#define FA_ROW_PARTS (FA_PARTS / L)

/* What e^((x - top)/T) 2^UP needs of each row, in lanes; from rate on where T is not 1. */
typedef struct { V lowest, bias, rate, step, step_low, inverse; } FA(reduction);
typedef struct { V sum[FA_PARTS], lost[FA_PARTS], dot[FA_PARTS]; } FA(totals); /* of L rows, each in a lane */
typedef struct { V sum[FA_ROW_PARTS], lost[FA_ROW_PARTS], dot[FA_ROW_PARTS]; } FA(row_totals);
typedef struct { const REAL *x, *dy; REAL *e; ptrdiff_t x_step, dy_step, e_step; } FA(panel); /* steps between vectors */
typedef struct { V a, b; } FA(numbers);
/* A batch of up to L rows: what its passes need; and where it is. */
typedef struct { int what; V top, number; FA(reduction) k; FA(numbers) y; } FA(state);
typedef struct { FA(panel) p[L]; ptrdiff_t row; int rows; FA(state) s; } FA(stage);

FA_INLINE FA(panel) FA(shifted)(const FA(panel) *p, ptrdiff_t i)
{
    return (FA(panel)){p->x + i, p->dy + i, p->e + i, p->x_step, p->dy_step, p->e_step};
}

FA_INLINE FA(reduction) FA(reduction_of)(V top, V temperature, int what, V *offset)
{
    FA(reduction) k;
    int deep = what & FA_OTHERS;
    temperature = OP(max)(OP(set1)(K(COLDEST)), OP(min)(OP(set1)(K(WARMEST)), temperature));
    k.inverse = OP(div)(OP(set1)(1), temperature);
    k.rate = OP(mul)(OP(set1)(K(16THS)), k.inverse);
    k.step = OP(mul)(OP(set1)(K(LN2_16TH)), temperature);
    k.step_low = OP(fma)(OP(set1)(K(LN2_16TH_LOW)), temperature, OP(fms)(OP(set1)(K(LN2_16TH)), temperature, k.step));
    k.lowest = OP(fnma)(OP(set1)(deep ? K(DEEPEST) : K(LOWEST)), temperature, top);
    *offset = OP(sub)(OP(fma)(top, k.rate, OP(set1)(K(SHIFT))), OP(set1)(K(SHIFT)));
    k.bias = OP(sub)(OP(set1)(K(SHIFT) + 16 * (deep ? K(DEEP_UP) : K(UP))), *offset);
    return k;
}

/* A number of one row in every lane, or of every row in its own. */
FA_INLINE V FA(spread)(const V *lanes, int row) { return row < 0 ? *lanes : OP(set1)(((const REAL *)lanes)[row]); }
FA_INLINE FA(reduction) FA(of_row)(const FA(reduction) *k, int row, int what)
{
    FA(reduction) y;
    y.lowest = FA(spread)(&k->lowest, row);
    y.bias = FA(spread)(&k->bias, row);
    y.rate = what & FA_COOLED ? FA(spread)(&k->rate, row) : OP(set1)(K(16THS));
    y.step = what & FA_COOLED ? FA(spread)(&k->step, row) : OP(set1)(K(LN2_16TH));
    y.step_low = what & FA_COOLED ? FA(spread)(&k->step_low, row) : OP(set1)(K(LN2_16TH_LOW));
    y.inverse = what & FA_COOLED ? FA(spread)(&k->inverse, row) : OP(set1)(1);
    return y;
}

/* A term is scale (1 + what is returned). */
FA_INLINE V FA(term_excess)(V x, const FA(reduction) *k, int what, V *scale)
{
    V z = OP(max)(k->lowest, x), t = OP(fma)(z, k->rate, k->bias), n = OP(sub)(t, k->bias);
    V r = OP(fnma)(n, k->step_low, OP(fnma)(n, k->step, z)), q = OP(set1)(K(EXP)[K(DEGREE) - 1]);
    if (what & FA_COOLED) r = OP(mul)(r, k->inverse);
    for (int i = K(DEGREE) - 2; i >= 0; i--) q = OP(fma)(q, r, OP(set1)(K(EXP)[i]));
    *scale = OP(pow2_16ths)(t);
    return OP(fma)(q, r, FA(lost_16ths)(t));
}
FA_OUTLINED V FA(exp_term)(V x, const FA(reduction) *k, int what)
{
    V scale, excess = FA(term_excess)(x, k, what, &scale);
    return OP(fma)(scale, excess, scale);
}

/* softmin's rows are negated; the code for temperatures serves it too. */
FA_INLINE V FA(signed)(V x, V sign, int what) { return what & FA_COOLED ? OP(xor)(x, sign) : x; }

/* One vector of the pass that adds up: its term; the first lanes count. Sums go to a block's. For a mean, `top` is the
 * inverse of the terms' sum. */
FA_INLINE V FA(term)(V x, V dy, const FA(reduction) *k, V top, int what, int first, V *dot)
{
    V e = what & FA_EXP ? FA(exp_term)(x, k, what) : x;
    if (what & FA_OTHERS) {
        V one = OP(select)(OP(eq)(x, top), OP(set1)(1), OP(set1)(0));
        e = OP(select)(OP(eq)(x, top), OP(set1)(0), e);
        *dot = OP(add)(*dot, first < L ? OP(keep_first)(one, first) : one);
    }
    if (first < L) e = OP(keep_first)(e, first);
    if (what & FA_MEAN) e = OP(mul)(e, top);
    if (what & FA_DOT) *dot = OP(fma)(e, dy, *dot);
    if (what & FA_DY) *dot = OP(add)(*dot, dy);
    return e;
}

/* A block's sum joins the total, with what that rounds off. */
FA_INLINE void FA(join)(V block, V *sum, V *lost)
{
    V s = OP(add)(*sum, block);
    *lost = OP(add)(*lost, OP(sub)(block, OP(sub)(s, *sum)));
    *sum = s;
}

/* A row of n elements, into the parts that its lanes are; what `t` has already goes on where the row is not fresh. */
FA_INLINE void FA(add_up_row)(const FA(panel) *p, ptrdiff_t n, const FA(reduction) *k, V top, V sign, int what, int fresh,
                              FA(row_totals) *t)
{
    int sums = what & (FA_SUM | FA_OTHERS), dots = what & (FA_OTHERS | FA_DOT | FA_DY);
    V zero = OP(set1)(0), sum[FA_ROW_PARTS], lost[FA_ROW_PARTS], dot[FA_ROW_PARTS];
    const REAL *x = p->x, *dy = p->dy;
    REAL *e = p->e;
    for (int q = 0; q < FA_ROW_PARTS; q++) sum[q] = lost[q] = dot[q] = zero;
    if (!fresh)
        for (int q = 0; q < FA_ROW_PARTS; q++) sum[q] = t->sum[q], lost[q] = t->lost[q], dot[q] = t->dot[q];
    for (; n >= FA_PARTS * K(JOINED); n -= FA_PARTS * K(JOINED)) {
        V block[FA_ROW_PARTS];
        for (int j = 0; j < K(JOINED); j++)
            for (int q = 0; q < FA_ROW_PARTS; q++, x += L, dy += L, e += L) {
                V term = FA(term)(FA(signed)(OP(load)(x), sign, what), what & (FA_DOT | FA_DY) ? OP(load)(dy) : zero, k, top, what, L, &dot[q]);
                if (what & FA_STORE) OP(store)(e, term);
                block[q] = j ? OP(add)(block[q], term) : term;
            }
        for (int q = 0; q < FA_ROW_PARTS && sums; q++) FA(join)(block[q], &sum[q], &lost[q]);
    }
    if (n > 0) {
        V block[FA_ROW_PARTS];
        for (int q = 0; q < FA_ROW_PARTS; q++) block[q] = zero;
        while (n > 0)
            for (int q = 0; q < FA_ROW_PARTS && n > 0; q++, n -= L, x += L, dy += L, e += L) {
                int first = n < L ? (int)n : L;
                V given = FA(signed)(first < L ? OP(load_first)(x, first, zero) : OP(load)(x), sign, what), weight = zero;
                if (what & (FA_DOT | FA_DY)) weight = first < L ? OP(load_first)(dy, first, zero) : OP(load)(dy);
                V term = FA(term)(given, weight, k, top, what, first, &dot[q]);
                if (what & FA_STORE) {
                    if (first < L) OP(store_first)(e, term, first);
                    else OP(store)(e, term);
                }
                block[q] = OP(add)(block[q], term);
            }
        for (int q = 0; q < FA_ROW_PARTS && sums; q++) FA(join)(block[q], &sum[q], &lost[q]);
    }
    for (int q = 0; q < FA_ROW_PARTS && sums; q++) t->sum[q] = sum[q], t->lost[q] = lost[q];
    for (int q = 0; q < FA_ROW_PARTS && dots; q++) t->dot[q] = dot[q];
}

/* L rows of n elements, each in a lane. */
FA_INLINE void FA(add_up_lanes)(const FA(panel) *p, ptrdiff_t n, const FA(reduction) *k, V top, V sign, int what, FA(totals) *t)
{
    V zero = OP(set1)(0), block[FA_TOGETHER];
    const REAL *x = p->x, *dy = p->dy;
    REAL *e = p->e;
    if (n <= FA_SHORT) { /* one part, in order */
        V sum = zero, lost = zero, dot = zero;
        for (ptrdiff_t i = 0; i < n; i++, x += p->x_step, dy += p->dy_step, e += p->e_step) {
            V term = FA(term)(FA(signed)(OP(load)(x), sign, what), what & (FA_DOT | FA_DY) ? OP(load)(dy) : zero, k, top, what, L, &dot);
            if (what & FA_STORE) OP(store)(e, term);
            if (what & (FA_SUM | FA_OTHERS)) FA(join)(term, &sum, &lost);
        }
        t->sum[0] = sum, t->lost[0] = lost, t->dot[0] = dot;
        return;
    }
    /* A few parts at a time, whose sums stay in registers. */
    for (int part = 0; part < FA_PARTS; part += FA_TOGETHER) {
        V sum[FA_TOGETHER], lost[FA_TOGETHER], dot[FA_TOGETHER];
        for (int q = 0; q < FA_TOGETHER; q++) sum[q] = lost[q] = dot[q] = zero;
        for (ptrdiff_t start = part; start < n; start += FA_PARTS * K(JOINED)) {
            ptrdiff_t left = n - start;
            for (int q = 0; q < FA_TOGETHER; q++) block[q] = zero;
            for (int j = 0; j < K(JOINED); j++)
                for (int q = 0; q < FA_TOGETHER && j * FA_PARTS + q < left; q++) {
                    ptrdiff_t i = start + j * FA_PARTS + q;
                    V given = FA(signed)(OP(load)(x + i * p->x_step), sign, what);
                    V term = FA(term)(given, what & (FA_DOT | FA_DY) ? OP(load)(dy + i * p->dy_step) : zero, k, top, what, L, &dot[q]);
                    if (what & FA_STORE) OP(store)(e + i * p->e_step, term);
                    block[q] = j ? OP(add)(block[q], term) : term;
                }
            for (int q = 0; q < FA_TOGETHER && what & (FA_SUM | FA_OTHERS); q++) FA(join)(block[q], &sum[q], &lost[q]);
        }
        for (int q = 0; q < FA_TOGETHER; q++) t->sum[part + q] = sum[q], t->lost[part + q] = lost[q], t->dot[part + q] = dot[q];
    }
}

/* The last pass. Terms were stored, or are the inputs (the output of a forward pass), or are computed again. */
FA_INLINE V FA(mapped)(V e, V dy, V a, V b, int map)
{
    if (map == FA_SCALED) return OP(fma)(e, a, OP(mul)(e, b));
    if (map == FA_WEIGHTED) return OP(mul)(OP(mul)(e, a), b);
    if (map == FA_CENTRED) return OP(mul)(OP(mul)(e, a), OP(sub)(dy, b));
    if (map == FA_REFLECTED) return OP(fnma)(OP(mul)(e, a), b, dy);
    return OP(sub)(OP(sub)(e, a), b);
}
FA_INLINE V FA(again)(V x, V sign, const FA(reduction) *k, int what)
{
    if (!(what & FA_STORE)) x = FA(signed)(x, sign, what);
    return what & FA_EXP && !(what & FA_STORE) ? FA(exp_term)(x, k, what) : x;
}
FA_INLINE void FA(map_some)(const REAL *x, const REAL *dy, REAL *y, int n, const FA(reduction) *k, V a, V b, V sign, int map, int what)
{
    V zero = OP(set1)(0), e = FA(again)(OP(load_first)(x, n, zero), sign, k, what);
    V weight = map == FA_CENTRED || map == FA_REFLECTED ? OP(load_first)(dy, n, zero) : e;
    OP(store_first)(y, FA(mapped)(e, weight, a, b, map), n);
}
FA_INLINE void FA(map_panel)(const FA(panel) *p, ptrdiff_t n, const FA(reduction) *k, V a, V b, V sign, int lanes, int map, int what)
{
    int weighted = map == FA_CENTRED || map == FA_REFLECTED;
    const REAL *x = what & FA_STORE ? p->e : p->x, *dy = p->dy;
    REAL *y = p->e;
    if (!lanes && n >= FA_LONG) { /* up to where vectors of the output are aligned */
        ptrdiff_t head = (L - (ptrdiff_t)((uintptr_t)y / sizeof(REAL) % L)) % L;
        if (head > n) head = n;
        if (head) FA(map_some)(x, dy, y, (int)head, k, a, b, sign, map, what);
        x += head, dy += head, y += head, n -= head;
    }
    ptrdiff_t x_step = what & FA_STORE ? p->e_step : p->x_step, vectors = lanes ? n : n / L;
    for (ptrdiff_t v = 0; v < vectors; v++, x += x_step, dy += p->dy_step, y += p->e_step) {
        V e = FA(again)(OP(load)(x), sign, k, what);
        OP(store)(y, FA(mapped)(e, weighted ? OP(load)(dy) : e, a, b, map));
    }
    int rest = (int)(n - vectors * L);
    if (!lanes && rest) FA(map_some)(x, dy, y, rest, k, a, b, sign, map, what);
}

/* Each combination that a form asks for, compiled for itself, in both layouts: all rows of a batch. */
FA_INLINE void FA(add_up_rows)(const FA(panel) *p, int rows, ptrdiff_t n, const FA(reduction) *k, const V *top, V sign, int what,
                               int fresh, FA(row_totals) *t)
{
    for (int r = 0; r < rows; r++) {
        FA(reduction) own = FA(of_row)(k, r, what);
        FA(add_up_row)(p + r, n, &own, what & (FA_OTHERS | FA_MEAN) ? FA(spread)(top, r) : sign, sign, what, fresh, t + r);
    }
}
static void FA(add_up)(const FA(panel) *p, int rows, ptrdiff_t n, const FA(reduction) *k, const V *top, V sign, int what, int fresh,
                       FA(row_totals) *of_row, FA(totals) *t)
{
#define FA_CASE(w) \
    case w: \
        if (rows) FA(add_up_rows)(p, rows, n, k, top, sign, w, fresh, of_row); \
        else { \
            FA(reduction) own = FA(of_row)(k, -1, w); \
            FA(add_up_lanes)(p, n, &own, *top, sign, w, t); \
        } \
        break
    switch (what) {
        FA_CASE(FA_EXP | FA_STORE | FA_SUM);
        FA_CASE(FA_EXP | FA_STORE | FA_SUM | FA_DOT);
        FA_CASE(FA_EXP | FA_STORE | FA_SUM | FA_DY);
        FA_CASE(FA_EXP | FA_SUM);
        FA_CASE(FA_EXP | FA_SUM | FA_DOT);
        FA_CASE(FA_EXP | FA_SUM | FA_DY);
        FA_CASE(FA_COOLED | FA_EXP | FA_STORE | FA_SUM);
        FA_CASE(FA_COOLED | FA_EXP | FA_STORE | FA_SUM | FA_DOT);
        FA_CASE(FA_COOLED | FA_EXP | FA_SUM);
        FA_CASE(FA_COOLED | FA_EXP | FA_SUM | FA_DOT);
        FA_CASE(FA_EXP | FA_OTHERS);
        FA_CASE(FA_MEAN | FA_COOLED | FA_EXP | FA_DOT);
        FA_CASE(FA_MEAN | FA_DOT);
        FA_CASE(FA_DOT);
        FA_CASE(FA_DY);
    }
#undef FA_CASE
}
static void FA(map)(const FA(panel) *p, int rows, ptrdiff_t n, const FA(reduction) *k, const FA(numbers) *y, V sign, int map, int what)
{
#define FA_CASE(m, w) \
    if (map == m && what == (w)) { \
        for (int r = rows ? 0 : -1; r < rows; r++) { \
            FA(reduction) own = FA(of_row)(k, r, w); \
            FA(map_panel)(rows ? p + r : p, n, &own, FA(spread)(&y->a, r), FA(spread)(&y->b, r), sign, r < 0, m, w); \
        } \
        return; \
    }
    FA_CASE(FA_SCALED, FA_EXP | FA_STORE)
    FA_CASE(FA_SCALED, FA_EXP)
    FA_CASE(FA_SCALED, FA_EXP | FA_COOLED)
    FA_CASE(FA_WEIGHTED, FA_EXP | FA_STORE)
    FA_CASE(FA_WEIGHTED, FA_EXP)
    FA_CASE(FA_CENTRED, FA_EXP | FA_STORE)
    FA_CASE(FA_CENTRED, FA_EXP)
    FA_CASE(FA_CENTRED, FA_EXP | FA_COOLED)
    FA_CASE(FA_CENTRED, 0)
    FA_CASE(FA_REFLECTED, FA_EXP | FA_STORE)
    FA_CASE(FA_REFLECTED, FA_EXP)
    FA_CASE(FA_LOWERED, 0)
#undef FA_CASE
}

/* The largest of the elements in every lane; what a NaN does to it does not matter, since the sum will be NaN. */
FA_INLINE V FA(largest)(const FA(panel) *p, ptrdiff_t n, V sign, int lanes)
{
    V top = OP(set1)(-INFINITY), other = top;
    const REAL *x = p->x;
    if (!lanes) {
        if (n < L) return OP(max)(top, OP(xor)(OP(load_first)(x, (int)n, OP(xor)(top, sign)), sign));
        /* The first and the last vector overlap others, so that the ones between are aligned. */
        const REAL *last = x + n - L;
        top = OP(max)(top, OP(xor)(OP(load)(last), sign));
        other = OP(max)(other, OP(xor)(OP(load)(x), sign));
        x += n < FA_LONG ? L : L - (ptrdiff_t)((uintptr_t)x / sizeof(REAL) % L);
        n = x < last ? (last - x + L - 1) / L : 0;
    }
    ptrdiff_t v = 0, step = lanes ? p->x_step : L;
    for (; v + 2 <= n; v += 2, x += 2 * step) {
        top = OP(max)(top, OP(xor)(OP(load)(x), sign));
        other = OP(max)(other, OP(xor)(OP(load)(x + step), sign));
    }
    if (v < n) top = OP(max)(top, OP(xor)(OP(load)(x), sign));
    return OP(max)(top, other);
}
/* Each row's in its lane, from the largest of every lane of each. */
static V FA(close_tops)(V *of_row, int rows)
{
    V y;
    if (rows <= FA_FEW) {
        REAL top[L] = {0};
        for (int r = 0; r < rows; r++) {
            y = of_row[r];
            for (int w = L / 2; w; w /= 2) y = OP(max)(y, OP(rotate)(y, w));
            OP(store_first)(top + r, y, 1);
        }
        return OP(load)(top);
    }
    for (int r = rows; r < L; r++) of_row[r] = OP(set1)(0);
    OP(transpose)(of_row);
    y = of_row[0];
    for (int r = 1; r < L; r++) y = OP(max)(y, of_row[r]);
    return y;
}
static V FA(tops)(const FA(panel) *p, int rows, ptrdiff_t n, V sign)
{
    V of_row[L];
    if (rows == 0) return FA(largest)(p, n, sign, 1);
    for (int r = 0; r < rows; r++) of_row[r] = FA(largest)(p + r, n, sign, 0);
    return FA(close_tops)(of_row, rows);
}

/* Two parts become one, with what the sum rounds off. */
FA_INLINE void FA(close_two)(V *sum, V *lost, V *dot, V other_sum, V other_lost, V other_dot, int what)
{
    if (what & (FA_SUM | FA_OTHERS)) {
        V s = OP(add)(*sum, other_sum), part = OP(sub)(s, *sum);
        V low = OP(add)(OP(sub)(*sum, OP(sub)(s, part)), OP(sub)(other_sum, part));
        *lost = OP(add)(OP(add)(*lost, other_lost), low);
        *sum = s;
    }
    if (what & (FA_OTHERS | FA_DOT | FA_DY)) *dot = OP(add)(*dot, other_dot);
}
/* The fixed tree over the parts, in every lane. */
static void FA(close_lanes)(FA(totals) *t, int what)
{
    for (int width = FA_PARTS / 2; width; width /= 2)
        for (int j = 0; j < width; j++)
            FA(close_two)(&t->sum[j], &t->lost[j], &t->dot[j], t->sum[j + width], t->lost[j + width], t->dot[j + width], what);
}
/* The same over the lanes of one row's parts. */
FA_INLINE void FA(close_row)(FA(row_totals) *t, int what)
{
    for (int w = FA_ROW_PARTS / 2; w; w /= 2)
        for (int q = 0; q < w; q++)
            FA(close_two)(&t->sum[q], &t->lost[q], &t->dot[q], t->sum[q + w], t->lost[q + w], t->dot[q + w], what);
    for (int w = L / 2; w; w /= 2)
        FA(close_two)(t->sum, t->lost, t->dot, OP(rotate)(t->sum[0], w), OP(rotate)(t->lost[0], w), OP(rotate)(t->dot[0], w), what);
}
/* The totals of some rows, from the lanes' parts of each: each row's in its lane, at the first part. */
static void FA(close_rows)(FA(row_totals) *of_row, int rows, int what, FA(totals) *t)
{
    int sums = what & (FA_SUM | FA_OTHERS), dots = what & (FA_OTHERS | FA_DOT | FA_DY);
    if (rows <= FA_FEW) {
        REAL sum[L] = {0}, lost[L] = {0}, dot[L] = {0};
        V zero = OP(set1)(0);
        for (int r = 0; r < rows; r++)
            for (int q = 0; q < FA_ROW_PARTS; q++) {
                if (!sums) of_row[r].sum[q] = of_row[r].lost[q] = zero;
                if (!dots) of_row[r].dot[q] = zero;
            }
        for (int r = 0; r < rows; r++) {
            FA(close_row)(of_row + r, what);
            OP(store_first)(sum + r, of_row[r].sum[0], 1);
            OP(store_first)(lost + r, of_row[r].lost[0], 1);
            OP(store_first)(dot + r, of_row[r].dot[0], 1);
        }
        t->sum[0] = OP(load)(sum), t->lost[0] = OP(load)(lost), t->dot[0] = OP(load)(dot);
        return;
    }
    for (int q = 0; q < FA_ROW_PARTS; q++) {
        V *sum = t->sum + q * L, *lost = t->lost + q * L, *dot = t->dot + q * L;
        for (int r = 0; r < L; r++) {
            const FA(row_totals) *own = of_row + (r < rows ? r : 0);
            if (sums) sum[r] = own->sum[q], lost[r] = own->lost[q];
            if (dots) dot[r] = own->dot[q];
        }
        if (sums) OP(transpose)(sum), OP(transpose)(lost);
        if (dots) OP(transpose)(dot);
    }
    FA(close_lanes)(t, what);
}

/* The inverse of the terms' sum, in two parts. */
FA_INLINE V FA(inverse_of)(const FA(totals) *t, V *low)
{
    V one = OP(set1)(1), sum = t->sum[0], d = OP(add)(sum, t->lost[0]), d_low = OP(add)(OP(sub)(sum, d), t->lost[0]);
    V first = OP(div)(one, d), rest = OP(mul)(OP(fnma)(first, d_low, OP(fnma)(first, d, one)), first);
    V inverse = OP(add)(first, rest);
    *low = OP(sub)(rest, OP(sub)(inverse, first)); /* what its own rounding lost */
    return inverse;
}
/* a and b of the last pass; for log forms, b is what logsumexp is above the top. */
static FA(numbers) FA(conclude)(int form, const FA(totals) *t, const FA(reduction) *k, V top, V number)
{
    V one = OP(set1)(1), sum = t->sum[0], dot = t->dot[0], warmer = OP(max)(OP(set1)(K(COLDEST)), number);
    FA(numbers) y = {one, dot};
    if (form == FA_LOG_SOFTMAX_GRAD_FROM_OUTPUT) {
        y.a = OP(set1)(1 / K(UNIT));
        return y;
    }
    if (form & FA_FROM_OUTPUT) {
        if (form & FA_TEMPERATURE) y.a = OP(div)(one, warmer);
        if (form & FA_NEGATED) y.a = OP(set1)(-1);
        return y;
    }
    if (form == FA_LOG_SOFTMAX || form == FA_LOGSUMEXP) {
        FA(reduction) own = FA(of_row)(k, -1, 0);
        /* The quotient of the others and the top's term, each in two parts. */
        V all = OP(add)(sum, t->lost[0]), all_low = OP(add)(OP(sub)(sum, all), t->lost[0]);
        V scale, excess = FA(term_excess)(top, &own, 0, &scale), e = OP(fma)(scale, excess, scale);
        V e_low = OP(fma)(scale, excess, OP(sub)(scale, e)), others = OP(div)(all, e);
        V rest = OP(add)(OP(fnma)(others, e_low, OP(fnma)(others, e, all)), all_low);
        others = OP(add)(others, OP(div)(rest, e));
        y.a = top;
        y.b = FA(log1p)(OP(add)(others, OP(sub)(dot, one)));
        return y;
    }
    V low, inverse = FA(inverse_of)(t, &low);
    y.a = inverse;
    if (!(form & FA_GRAD)) y.b = low;
    if (form == FA_LOGSUMEXP_GRAD) y.b = number;
    else if (form & FA_GRAD && !(form & FA_LOG)) {
        y.b = OP(mul)(dot, inverse);
        if (form & FA_TEMPERATURE) y.a = OP(div)(inverse, warmer);
        if (form & FA_NEGATED) y.a = OP(sub)(OP(set1)(0), inverse);
    }
    return y;
}

FA_INLINE V FA(sign_of)(int form)
{
    return OP(set1)((form & FA_NEGATED) && !(form & FA_FROM_OUTPUT) ? (REAL)-0.0 : (REAL)0.0);
}
/* What the last pass does with the terms, where the first was to do `what`. */
static int FA(last)(int form, int what)
{
    if (form == FA_LOG_SOFTMAX_GRAD_FROM_OUTPUT) return FA_EXP;
    return fa_map(form) == FA_LOWERED ? 0 : what & FA_STORE ? FA_EXP | FA_STORE : what & (FA_EXP | FA_COOLED);
}

/* The numbers given for some rows, 1 in the lanes that are left. */
static V FA(read_numbers)(const fa_call *call, ptrdiff_t row, int rows)
{
    REAL number[FA_PARTS], own[FA_PARTS];
    if (!fa_has_number(call->form)) return OP(set1)(1);
    const char *from = call->t.p + row * call->t.row;
    if (call->t.row == 0) {
        if (call->element == FA_HALF) FA(read)(call->element, own, from, 0, 1);
        else memcpy(own, from, sizeof *own);
        return OP(set1)(own[0]);
    }
    FA(read)(call->element, own, from, call->t.row, rows);
    for (int r = 0; r < L; r++) number[r] = r < rows ? own[r] : 1;
    return OP(load)(number);
}

/* A row whose top is too large to count its sixteenths, or no number, has it subtracted, exactly where the element
 * counts, and then 0 as its top. What stands for an element x: */
static REAL FA(replaced)(int form, REAL top, REAL x)
{
    REAL own = form & FA_NEGATED ? -x : x, y;
    if (!isinf(top)) y = own - top;
    else if (own != own) y = own;
    else if (form == FA_LOGSUMEXP) y = 0;
    else y = top < 0 ? (REAL)NAN : own == top ? 0 : -INFINITY;
    return form & FA_NEGATED ? -y : y;
}
/* The last pass's numbers of such rows, and logsumexp: two infinities are no softmax. */
static void FA(settle)(int form, const REAL *replaced, int count, const FA(totals) *t, V top, FA(numbers) *y, REAL *result)
{
    REAL sum[L], dot[L], tops[L], a[L], b[L];
    OP(store)(sum, t->sum[0]), OP(store)(dot, t->dot[0]), OP(store)(tops, top), OP(store)(a, y->a), OP(store)(b, y->b);
    for (int r = 0; r < count; r++) {
        REAL subtracted = replaced ? replaced[r] : 0;
        if (form == FA_LOGSUMEXP) result[r] = isinf(subtracted) ? (sum[r] - sum[r]) + subtracted : subtracted + (tops[r] + b[r]);
        else if (isinf(subtracted) && (form & FA_LOG && !(form & FA_GRAD) ? dot[r] > 1 : sum[r] > (REAL)1.5 * K(UNIT)))
            a[r] = b[r] = (REAL)NAN;
    }
    y->a = OP(load)(a), y->b = OP(load)(b);
}
/* A bit for each row whose top is not regular; that of one element is subtracted, so that it is exactly 1. */
static uint32_t FA(irregular)(V offset, int count, ptrdiff_t n)
{
    REAL lanes[L];
    uint32_t which = 0;
    OP(store)(lanes, offset);
    for (int r = 0; r < count; r++)
        if (!(lanes[r] < K(REGULAR) && lanes[r] > -K(REGULAR)) || n == 1) which |= 1u << r;
    return which;
}
/* The pass of a form for given temperatures. */
static int FA(pass_of)(const fa_call *call, V number, int count)
{
    int form = call->form, what = fa_passes(form);
    REAL lanes[L];
    if (!(what & FA_EXP)) return what;
    if (call->keeps_dy) what &= ~FA_STORE;
    if (form & FA_NEGATED) what |= FA_COOLED;
    OP(store)(lanes, number);
    for (int r = 0; r < count && form & FA_TEMPERATURE; r++)
        if (lanes[r] != 1) what |= FA_COOLED;
    return what;
}

/* Terms are as large as 2^UP, and their products with dy may overflow where the mean of dy does not: then it is that of terms
 * which were divided by their sum, unless one is 0 so, where dy is infinite. */
FA_INLINE int FA(overflows)(int what, const FA(totals) *t)
{
    uint64_t words[L * sizeof(REAL) / 8], any = 0;
    if (!(what & FA_EXP && what & FA_DOT)) return 0;
    V nothing = OP(sub)(t->dot[0], t->dot[0]);
    memcpy(words, &nothing, sizeof words);
    for (size_t i = 0; i < sizeof words / 8; i++) any |= words[i];
    return any != 0;
}
FA_INLINE V FA(mean_or)(V mean, V b) { return OP(select)(OP(eq)(mean, mean), mean, b); }
/* The pass for that, where the first was to do `what`: stored terms are its input; the code for temperatures serves all. */
static int FA(mean_pass)(int what) { return FA_MEAN | FA_DOT | (what & FA_STORE ? 0 : FA_EXP | FA_COOLED); }

/* One row of more than FA_SHORT elements in any layout, a block at a time. */
static void FA(long_row)(const fa_call *call, ptrdiff_t row)
{
    int form = call->form, map = fa_map(form);
    REAL x[FA_BLOCK], dy[FA_BLOCK], lanes[L], top = -INFINITY, result[FA_PARTS];
    const char *from = call->x.p + row * call->x.row;
    V sign = FA(sign_of)(form), number = FA(read_numbers)(call, row, 1), offset, inverse = number, lost;
    int what = FA(pass_of)(call, number, 1) & ~FA_STORE;
    FA(panel) p = {x, dy, x, L, L, L};
    FA(row_totals) t;
    FA(totals) closed;
    FA(numbers) y = {number, number};
    ptrdiff_t n, done;
    for (done = 0; what & FA_EXP && done < call->n; done += n) {
        n = call->n - done < FA_BLOCK ? call->n - done : FA_BLOCK;
        FA(read)(call->element, x, from + done * call->x.step, call->x.step, n);
        OP(store)(lanes, FA(largest)(&p, n, sign, 0));
        for (int i = 0; i < L; i++) top = lanes[i] > top ? lanes[i] : top;
    }
    if (!(what & FA_EXP)) top = 0;
    V temperature = what & FA_COOLED ? number : OP(set1)(1), own_top = OP(set1)(top);
    FA(reduction) k = FA(reduction_of)(own_top, temperature, what, &offset);
    int replaces = what & FA_EXP && FA(irregular)(offset, 1, call->n);
    if (replaces) {
        own_top = OP(set1)(0);
        k = FA(reduction_of)(own_top, temperature, what, &offset);
    }
    for (int pass = 0; pass < 3; pass++) {
        if (pass == 1) {
            FA(close_rows)(&t, 1, what, &closed);
            y = FA(conclude)(form, &closed, &k, own_top, number);
            FA(settle)(form, replaces ? &top : NULL, 1, &closed, own_top, &y, result);
            if (form == FA_LOGSUMEXP) {
                FA(write)(call->element, call->out.p + row * call->out.row, 0, result, 1);
                return;
            }
            if (!FA(overflows)(what, &closed)) continue;
            inverse = FA(inverse_of)(&closed, &lost);
        }
        int now = pass == 0 ? what : pass == 1 ? FA(mean_pass)(what) : FA(last)(form, what);
        for (done = 0; done < call->n; done += n) {
            n = call->n - done < FA_BLOCK ? call->n - done : FA_BLOCK;
            FA(read)(call->element, x, from + done * call->x.step, call->x.step, n);
            for (ptrdiff_t i = 0; replaces && i < n; i++) x[i] = FA(replaced)(form, top, x[i]);
            if (fa_has_dy(form))
                FA(read)(call->element, dy, call->dy.p + row * call->dy.row + done * call->dy.step, call->dy.step, n);
            if (pass < 2) FA(add_up)(&p, 1, n, &k, pass ? &inverse : &own_top, sign, now, done == 0, &t, NULL);
            else {
                FA(map)(&p, 1, n, &k, &y, sign, map, now);
                FA(write)(call->element, call->out.p + row * call->out.row + done * call->out.step, call->out.step, x, n);
            }
        }
        if (pass == 1) {
            FA(close_rows)(&t, 1, now, &closed);
            y.b = FA(mean_or)(closed.dot[0], y.b);
        }
    }
}

/* Rows come from a panel of each, or where `rows` is 0, from one panel whose lanes are rows. Returns whether all are regular. */
static int FA(begin)(const fa_call *call, ptrdiff_t row, int count, const FA(panel) *p, int rows, int known, FA(state) *s)
{
    V offset;
    s->number = FA(read_numbers)(call, row, count);
    s->what = FA(pass_of)(call, s->number, count);
    if (!(s->what & FA_EXP)) s->top = OP(set1)(0);
    else if (!known) s->top = FA(tops)(p, rows, call->n, FA(sign_of)(call->form));
    s->k = FA(reduction_of)(s->top, s->what & FA_COOLED ? s->number : OP(set1)(1), s->what, &offset);
    return !(s->what & FA_EXP && FA(irregular)(offset, count, call->n));
}
/* The totals of all rows of a batch. */
FA_INLINE void FA(add_up_batch)(const fa_call *call, const FA(panel) *p, int rows, const FA(reduction) *k, const V *top, int what, FA(totals) *t)
{
    FA(row_totals) of_row[L];
    FA(add_up)(p, rows, call->n, k, top, FA(sign_of)(call->form), what, 1, of_row, t);
    if (rows) FA(close_rows)(of_row, rows, what, t);
    else if (call->n > FA_SHORT) FA(close_lanes)(t, what);
}
static void FA(average)(const fa_call *call, const FA(panel) *p, int rows, const FA(totals) *t, FA(state) *s)
{
    FA(panel) given[L] = {*p};
    FA(totals) mean;
    V lost, inverse = FA(inverse_of)(t, &lost), dot = t->dot[0];
    for (int r = 0; r < (rows ? rows : 1); r++) {
        given[r] = p[r];
        if (s->what & FA_STORE) given[r].x = p[r].e, given[r].x_step = p[r].e_step;
    }
    FA(add_up_batch)(call, given, rows, &s->k, &inverse, FA(mean_pass)(s->what), &mean);
    s->y.b = OP(select)(OP(eq)(OP(sub)(dot, dot), OP(set1)(0)), s->y.b, FA(mean_or)(mean.dot[0], s->y.b));
}
/* The last pass's numbers, and logsumexp; `replaced`, where given, has what was subtracted from rows that are not regular. */
static void FA(finish)(const fa_call *call, ptrdiff_t row, int count, const FA(panel) *p, int rows, const FA(totals) *t,
                       const REAL *replaced, FA(state) *s)
{
    REAL result[FA_PARTS];
    s->y = FA(conclude)(call->form, t, &s->k, s->top, s->number);
    if (FA(overflows)(s->what, t)) FA(average)(call, p, rows, t, s);
    if (replaced) FA(settle)(call->form, replaced, count, t, s->top, &s->y, result);
    else if (call->form == FA_LOGSUMEXP) OP(store)(result, OP(add)(s->top, s->y.b));
    if (call->form == FA_LOGSUMEXP) FA(write)(call->element, call->out.p + row * call->out.row, call->out.row, result, count);
}
static void FA(map_rows)(const fa_call *call, const FA(panel) *p, int rows, const FA(state) *s)
{
    FA(map)(p, rows, call->n, &s->k, &s->y, FA(sign_of)(call->form), fa_map(call->form), FA(last)(call->form, s->what));
}
/* All passes. Returns false, with nothing written, where a row is not regular, unless something was subtracted from those. */
static int FA(batch)(const fa_call *call, ptrdiff_t row, int count, const FA(panel) *p, int rows, const REAL *replaced)
{
    FA(state) s;
    FA(totals) t;
    if (!FA(begin)(call, row, count, p, rows, 0, &s) && !replaced) return 0;
    FA(add_up_batch)(call, p, rows, &s.k, &s.top, s.what, &t);
    FA(finish)(call, row, count, p, rows, &t, replaced, &s);
    FA(map_rows)(call, p, rows, &s);
    return 1;
}

static void FA(one_by_one)(const fa_call *call, ptrdiff_t row, int count)
{
    for (int r = 0; r < count; r++) FA(long_row)(call, row + r);
}

/* A block of rows of at most FA_SHORT elements, from and to one panel whose lanes are the rows. */
static void FA(turn)(const fa_call *call, const fa_view *from, ptrdiff_t row, int rows, REAL *tile)
{
    const char *start = from->p + row * from->row;
    if (from->step != (ptrdiff_t)sizeof(REAL) || call->element == FA_HALF) {
        for (ptrdiff_t i = 0; i < call->n; i++) FA(read)(call->element, tile + i * L, start + i * from->step, from->row, rows);
        return;
    }
    /* Whole vectors are read where rows of the same array follow. */
    ptrdiff_t size = sizeof(REAL), last = (call->n - 1) / L * L; /* where the last vector of a row begins */
    int whole = rows == L && from->row > 0 && (call->rows - row - L) * from->row + call->n * size >= (last + L) * size;
    for (ptrdiff_t i = 0; i < call->n; i += L) {
        int columns = call->n - i < L ? (int)(call->n - i) : L;
        V m[L], zero = OP(set1)(0);
        if (whole)
            for (int r = 0; r < L; r++) m[r] = OP(load)((const REAL *)(start + r * from->row) + i);
        else
            for (int r = 0; r < L; r++)
                m[r] = OP(load_first)((const REAL *)(start + (r < rows ? r : 0) * from->row) + i, columns, zero);
        OP(transpose)(m);
        for (int j = 0; j < columns; j++) OP(store)(tile + (i + j) * L, m[j]);
    }
}
static void FA(turn_back)(const fa_call *call, const fa_view *to, ptrdiff_t row, int rows, const REAL *tile)
{
    char *start = to->p + row * to->row;
    if (to->step != (ptrdiff_t)sizeof(REAL) || call->element == FA_HALF) {
        for (ptrdiff_t i = 0; i < call->n; i++) FA(write)(call->element, start + i * to->step, to->row, tile + i * L, rows);
        return;
    }
    /* Whole vectors are written where every row ends at the next, which is written after it, within the block: the input
     * may be the same array. */
    int joined = to->row == call->n * (ptrdiff_t)sizeof(REAL) && call->n <= L;
    for (ptrdiff_t i = 0; i < call->n; i += L) {
        int columns = call->n - i < L ? (int)(call->n - i) : L;
        V m[L];
        for (int j = 0; j < L; j++) m[j] = OP(load)(tile + (i + j) * L); /* what the tile has beyond is not used */
        OP(transpose)(m);
        int r = 0;
        for (; joined && r * call->n + L <= rows * call->n; r++) OP(store)((REAL *)(start + r * to->row), m[r]);
        for (; r < rows; r++) OP(store_first)((REAL *)(start + r * to->row) + i, m[r], columns);
    }
}
static void FA(short_rows)(const fa_call *call, ptrdiff_t row, int rows)
{
    REAL x[FA_PARTS * L], dy[FA_PARTS * L];
    FA(panel) p = {x, dy, x, L, L, L};
    FA(turn)(call, &call->x, row, rows, x);
    if (fa_has_dy(call->form)) FA(turn)(call, &call->dy, row, rows, dy);
    if (!FA(batch)(call, row, rows, &p, 0, NULL)) {
        V number = FA(read_numbers)(call, row, rows), tops = FA(largest)(&p, call->n, FA(sign_of)(call->form), 1), offset;
        REAL top[L];
        int what = FA(pass_of)(call, number, rows);
        FA(reduction_of)(tops, what & FA_COOLED ? number : OP(set1)(1), what, &offset);
        uint32_t irregular = FA(irregular)(offset, L, call->n);
        OP(store)(top, tops);
        for (int r = 0; r < L; r++) {
            if (!(irregular >> r & 1)) top[r] = 0;
            else
                for (ptrdiff_t i = 0; i < call->n; i++) x[i * L + r] = FA(replaced)(call->form, top[r], x[i * L + r]);
        }
        FA(batch)(call, row, rows, &p, 0, top);
    }
    if (fa_has_rows_out(call->form)) FA(turn_back)(call, &call->out, row, rows, x);
}

/* Rows that are gathered into blocks. */
static void FA(gathered_rows)(const fa_call *call, ptrdiff_t row, int rows, ptrdiff_t pitch)
{
    REAL x[FA_BLOCK], dy[FA_BLOCK];
    FA(panel) p[L] = {{0}};
    for (int r = 0; r < rows; r++) {
        p[r] = (FA(panel)){x + r * pitch, dy + r * pitch, x + r * pitch, L, L, L};
        FA(read)(call->element, x + r * pitch, call->x.p + (row + r) * call->x.row, call->x.step, call->n);
        if (fa_has_dy(call->form))
            FA(read)(call->element, dy + r * pitch, call->dy.p + (row + r) * call->dy.row, call->dy.step, call->n);
    }
    if (!FA(batch)(call, row, rows, p, rows, NULL)) FA(one_by_one)(call, row, rows);
    else
        for (int r = 0; r < rows && fa_has_rows_out(call->form); r++)
            FA(write)(call->element, call->out.p + (row + r) * call->out.row, call->out.step, x + r * pitch, call->n);
}

/* The passes of three batches in one: the next one's largest elements are looked for and the last one's terms mapped while
 * this one's are added up, so that loads and stores hide behind the arithmetic. The same operations on each as one by one. */
FA_INLINE V FA(sweep_row)(const FA(panel) *last, const FA(panel) *p, const FA(panel) *next, ptrdiff_t n, const FA(numbers) *y,
                          const FA(reduction) *k, V top, int map, int what, FA(row_totals) *t)
{
    V zero = OP(set1)(0), largest[2] = {OP(set1)(-INFINITY), OP(set1)(-INFINITY)}, sum[FA_ROW_PARTS], lost[FA_ROW_PARTS], dot[FA_ROW_PARTS];
    int tops = what & FA_EXP, weighted = map == FA_CENTRED || map == FA_REFLECTED;
    ptrdiff_t i = 0, done = n / (FA_PARTS * K(JOINED)) * (FA_PARTS * K(JOINED));
    const REAL *given = what & FA_STORE ? last->e : last->x;
    for (int q = 0; q < FA_ROW_PARTS; q++) sum[q] = lost[q] = dot[q] = zero;
    while (i < done) {
        V block[FA_ROW_PARTS];
        for (int j = 0; j < K(JOINED); j++)
            for (int q = 0; q < FA_ROW_PARTS; q++, i += L) {
                /* All is loaded before anything is stored: rows may be a multiple of 4 KiB apart. */
                V x = OP(load)(p->x + i), dy = what & (FA_DOT | FA_DY) ? OP(load)(p->dy + i) : zero;
                V e = map == FA_UNMAPPED ? zero : OP(load)(given + i), weight = weighted ? OP(load)(last->dy + i) : zero;
                if (tops) largest[(j + q) % 2] = OP(max)(largest[(j + q) % 2], OP(load)(next->x + i));
                V term = FA(term)(x, dy, k, top, what, L, &dot[q]);
                if (map != FA_UNMAPPED) OP(store)(last->e + i, FA(mapped)(e, weight, y->a, y->b, map));
                if (what & FA_STORE) OP(store)(p->e + i, term);
                block[q] = j ? OP(add)(block[q], term) : term;
            }
        for (int q = 0; q < FA_ROW_PARTS && what & (FA_SUM | FA_OTHERS); q++) FA(join)(block[q], &sum[q], &lost[q]);
    }
    for (int q = 0; q < FA_ROW_PARTS; q++) t->sum[q] = sum[q], t->lost[q] = lost[q], t->dot[q] = dot[q];
    if (done < n) {
        FA(panel) rest = FA(shifted)(p, done), mapped = FA(shifted)(last, done), sought = FA(shifted)(next, done);
        FA(add_up_row)(&rest, n - done, k, top, zero, what, 0, t);
        if (map != FA_UNMAPPED) FA(map_panel)(&mapped, n - done, k, y->a, y->b, zero, 0, map, what & FA_STORE);
        if (tops) largest[0] = OP(max)(largest[0], FA(largest)(&sought, n - done, zero, 0));
    }
    return OP(max)(largest[0], largest[1]);
}
/* Returns whether it has swept: this combination is compiled for it. */
static int FA(sweep)(const FA(stage) *last, const FA(stage) *now, FA(stage) *next, ptrdiff_t n, int map, FA(row_totals) *t)
{
    V largest[L];
#define FA_CASE(m, w) \
    if (map == m && now->s.what == (w)) { \
        for (int r = 0; r < now->rows; r++) { \
            FA(reduction) own = FA(of_row)(&now->s.k, r, w); \
            V top = (w) & FA_OTHERS ? FA(spread)(&now->s.top, r) : own.lowest; \
            FA(numbers) y = {FA(spread)(&last->s.y.a, r), FA(spread)(&last->s.y.b, r)}; \
            largest[r] = FA(sweep_row)(last->p + r, now->p + r, next->p + r, n, &y, &own, top, m, w, t + r); \
        } \
        if ((w) & FA_EXP) next->s.top = FA(close_tops)(largest, now->rows); \
        return 1; \
    }
    if (last->s.what != now->s.what || last->rows != now->rows || next->rows != now->rows) return 0;
    FA_CASE(FA_SCALED, FA_EXP | FA_STORE | FA_SUM)
    FA_CASE(FA_WEIGHTED, FA_EXP | FA_STORE | FA_SUM)
    FA_CASE(FA_CENTRED, FA_EXP | FA_STORE | FA_SUM | FA_DOT)
    FA_CASE(FA_REFLECTED, FA_EXP | FA_STORE | FA_SUM | FA_DY)
    FA_CASE(FA_LOWERED, FA_EXP | FA_OTHERS)
    FA_CASE(FA_UNMAPPED, FA_EXP | FA_OTHERS)
#undef FA_CASE
    return 0;
}

/* Contiguous rows, where they are. */
static void FA(panels_of)(const fa_call *call, ptrdiff_t row, int rows, FA(panel) *p)
{
    for (int r = 0; r < rows; r++)
        p[r] = (FA(panel)){(const REAL *)(call->x.p + (row + r) * call->x.row),
                           (const REAL *)(call->dy.p + (row + r) * call->dy.row),
                           (REAL *)(call->out.p + (row + r) * call->out.row), L, L, L};
}
static void FA(direct_rows)(const fa_call *call, ptrdiff_t row, int rows)
{
    FA(panel) p[L];
    FA(panels_of)(call, row, rows, p);
    if (!FA(batch)(call, row, rows, p, rows, NULL)) FA(one_by_one)(call, row, rows);
}
/* Whether batches are swept, by what measured better. */
static int FA(sweeps)(const fa_call *call)
{
    int what = fa_passes(call->form);
    ptrdiff_t n = call->n, bytes = n * (ptrdiff_t)sizeof(REAL);
    if (what & FA_STORE) return n > 4 * L && (bytes <= FA_HELD / 2 || bytes >= FA_HELD);
    return what & FA_EXP && n >= 4 * L;
}
static void FA(stage_of)(const fa_call *call, ptrdiff_t row, ptrdiff_t each, FA(stage) *y)
{
    y->row = row;
    y->rows = (int)(call->rows - row < each ? call->rows - row : each);
    FA(panels_of)(call, row, y->rows, y->p);
}
static void FA(swept_rows)(const fa_call *call, ptrdiff_t row, ptrdiff_t each)
{
    FA(stage) stages[3], *last = NULL, *now = stages, *next = stages + 1; /* last: a batch that is still to be mapped */
    int known = 0;                                                       /* whether a sweep has found this batch's tops */
    FA(stage_of)(call, row, each, now);
    for (int i = 0; now->rows; i++, now = next) {
        FA(row_totals) of_row[L];
        FA(totals) t;
        next = stages + (i + 1) % 3;
        FA(stage_of)(call, now->row + now->rows, each, next);
        int regular = FA(begin)(call, now->row, now->rows, now->p, now->rows, known, &now->s);
        known = regular && last && FA(sweep)(last, now, next, call->n, fa_map(call->form), of_row);
        if (!known && last) FA(map_rows)(call, last->p, last->rows, &last->s);
        last = regular ? now : NULL;
        if (!regular) {
            FA(one_by_one)(call, now->row, now->rows);
            continue;
        }
        if (!known) FA(add_up)(now->p, now->rows, call->n, &now->s.k, &now->s.top, FA(sign_of)(call->form), now->s.what, 1, of_row, NULL);
        FA(close_rows)(of_row, now->rows, now->s.what, &t);
        FA(finish)(call, now->row, now->rows, now->p, now->rows, &t, NULL, &now->s);
    }
    if (last) FA(map_rows)(call, last->p, last->rows, &last->s);
}

/* Rows side by side: L at a time, or from a copy FA_WIDE L at a time, whose lines of memory are then whole ones. */
static void FA(copy_across)(const char *from, ptrdiff_t step, REAL *to, ptrdiff_t n, int wide)
{
    for (ptrdiff_t i = 0; i < n; i++)
        for (int w = 0; w < wide; w++) OP(store)(to + (w * n + i) * L, OP(load)((const REAL *)(from + i * step) + w * L));
}
static void FA(rows_across)(const fa_call *call, ptrdiff_t row, int wide, REAL *copy)
{
    ptrdiff_t size = sizeof(REAL), n = call->n, half = wide * n * L;
    REAL *out = (REAL *)(call->out.p + row * size);
    int regular[FA_WIDE];
    if (!copy) {
        FA(panel) p = {(const REAL *)(call->x.p + row * size), (const REAL *)(call->dy.p + row * size), out,
                       call->x.step / size, call->dy.step / size, call->out.step / size};
        if (FA(batch)(call, row, L, &p, 0, NULL)) return;
        if (n <= FA_SHORT) FA(short_rows)(call, row, L);
        else FA(one_by_one)(call, row, L);
        return;
    }
    FA(copy_across)(call->x.p + row * size, call->x.step, copy, n, wide);
    if (fa_has_dy(call->form)) FA(copy_across)(call->dy.p + row * size, call->dy.step, copy + half, n, wide);
    for (int w = 0; w < wide; w++) {
        REAL *own = copy + w * n * L;
        FA(panel) p = {own, own + half, own, L, L, L};
        regular[w] = FA(batch)(call, row + w * L, L, &p, 0, NULL);
        if (!regular[w]) FA(one_by_one)(call, row + w * L, L);
    }
    for (ptrdiff_t i = 0; fa_has_rows_out(call->form) && i < n; i++)
        for (int w = 0; w < wide; w++)
            if (regular[w]) OP(store)((REAL *)((char *)out + i * call->out.step) + w * L, OP(load)(copy + (w * n + i) * L));
}
/* Returns how many rows it has done. */
static ptrdiff_t FA(all_across)(const fa_call *call)
{
    ptrdiff_t n = call->n, row = 0, each = n * L * (ptrdiff_t)sizeof(REAL) * (1 + fa_has_dy(call->form));
    int wide = FA_WIDE;
    while (wide > 1 && (wide * each > FA_COPY || wide * L > call->rows)) wide /= 2;
    int copied = n > FA_SHORT && (fa_has_dy(call->form) || call->x.step % FA_ALIASED == 0) && wide * each <= FA_COPY && wide > 1;
    REAL *copy = copied ? malloc((size_t)(wide * each)) : NULL;
    if (!copy) wide = 1;
    for (; row + wide * L <= call->rows; row += wide * L) FA(rows_across)(call, row, wide, copy);
    free(copy);
    for (; row + L <= call->rows; row += L) FA(rows_across)(call, row, 1, NULL);
    return row;
}

static void FA(all_rows)(const fa_call *call)
{
    ptrdiff_t size = sizeof(REAL), rows = call->rows, n = call->n, row = 0, pitch = (n + 15) / 16 * 16, each = L;
    int dy = fa_has_dy(call->form), out = fa_has_rows_out(call->form), own = call->element != FA_HALF;
    int direct = own && call->x.step == size && (!dy || call->dy.step == size) && (!out || call->out.step == size);
    int across = own && call->x.row == size && (!dy || call->dy.row == size) && (!out || call->out.row == size);
    if (n == 0) {
        REAL nothing[FA_PARTS] = {-INFINITY};
        for (; row < rows && call->form == FA_LOGSUMEXP; row++)
            FA(write)(call->element, call->out.p + row * call->out.row, 0, nothing, 1);
        return;
    }
    if (across) row = FA(all_across)(call);
    if (n > FA_SHORT) {
        each = direct ? (fa_passes(call->form) & FA_EXP ? FA_NEAR : FA_NEARER) / size / (pitch * (2 + dy)) : FA_BLOCK / pitch;
        each = each < 1 ? 1 : each > L ? L : each;
    }
    if (direct && n > FA_SHORT && FA(sweeps)(call)) {
        FA(swept_rows)(call, row, each);
        return;
    }
    for (; row < rows; row += each) {
        int some = (int)(rows - row < each ? rows - row : each);
        if (n <= FA_SHORT) FA(short_rows)(call, row, some);
        else if (direct) FA(direct_rows)(call, row, some);
        else if (pitch <= FA_BLOCK) FA(gathered_rows)(call, row, some, pitch);
        else FA(long_row)(call, row);
    }
}
#undef FA_ROW_PARTS
