/* The tops: the largest element of every row of a batch. */

/* A row of so many elements is worth beginning where its memory is aligned to a vector. */
#define FA_ALIGNED 512

/* Lane by lane, the largest of n vectors, or, where the lanes are of one row, of n elements from `from` on. What a NaN
 * does to it does not matter, since the row's sum will be NaN. */
FA_INLINE V FA(largest)(const REAL *x, ptrdiff_t n, ptrdiff_t step, V sign, int in_lanes)
{
    V top = OP(set1)(-INFINITY), other = top;
    if (!in_lanes) {
        if (n < L) return OP(max)(top, OP(xor)(OP(load_first)(x, (int)n, OP(xor)(top, sign)), sign));
        /* The first and the last vector overlap others, so that those between them are whole, and in long rows
         * aligned. */
        const REAL *last = x + n - L;
        top = OP(max)(top, OP(xor)(OP(load)(last), sign));
        other = OP(max)(other, OP(xor)(OP(load)(x), sign));
        x += n < FA_ALIGNED ? L : L - (ptrdiff_t)((uintptr_t)x / sizeof(REAL) % L);
        n = x < last ? (last - x + L - 1) / L : 0;
        step = L;
    }
    for (; n >= 2; n -= 2, x += 2 * step) {
        top = OP(max)(top, OP(xor)(OP(load)(x), sign));
        other = OP(max)(other, OP(xor)(OP(load)(x + step), sign));
    }
    if (n > 0) top = OP(max)(top, OP(xor)(OP(load)(x), sign));
    return OP(max)(top, other);
}
FA_NOINLINE static V FA(largest_of_row)(const REAL *x, ptrdiff_t n, V sign) { return FA(largest)(x, n, L, sign, 0); }

FA_INLINE void FA(pair_tops)(V *of_row, int rows, int width)
{
    for (int r = 0; r < L && r < rows; r++) {
        V a, b;
        if (FA(is_paired)(r, width)) continue;
        OP(pair)(of_row[r], of_row[r + FA(apart)(width)], width, &a, &b);
        of_row[r] = OP(max)(a, b);
    }
}
/* The top of each row in its lane. of_row has, for each row, a vector whose largest lane is that top. */
FA_NOINLINE static V FA(tops_in_lanes)(V *of_row, int rows)
{
    for (int r = rows; r < L; r++) of_row[r] = OP(set1)(0);
    if (L == 16) FA(pair_tops)(of_row, rows, 8);
    FA(pair_tops)(of_row, rows, 4);
    FA(pair_tops)(of_row, rows, 2);
    FA(pair_tops)(of_row, rows, 1);
    return of_row[0];
}
static V FA(tops_of)(const FA(batch) *b)
{
    const FA(panel) *p = b->panel;
    V of_row[L];
    if (b->in_lanes) return FA(largest)(p->x, b->call->n, p->x_step, b->k.sign, 1);
    for (int r = 0; r < b->rows; r++) of_row[r] = FA(largest)(p[r].x, b->call->n, L, b->k.sign, 0);
    return FA(tops_in_lanes)(of_row, b->rows);
}
/* The tops of panels side by side, whose rows are in lanes. They are found in two halves, as FA(largest) does. */
static void FA(tops_of_lines)(const REAL *x, ptrdiff_t n, ptrdiff_t step, int wide, V sign, V *top, V *other)
{
    for (int w = 0; w < wide; w++) top[w] = other[w] = OP(set1)(-INFINITY);
    for (; n >= 4; n -= 4, x += 4 * step)
        for (int w = 0; w < wide; w++) {
            const REAL *p = x + w * L;
            V a = OP(xor)(OP(load)(p), sign), b = OP(xor)(OP(load)(p + step), sign);
            V c = OP(xor)(OP(load)(p + 2 * step), sign), d = OP(xor)(OP(load)(p + 3 * step), sign);
            top[w] = OP(max)(OP(max)(top[w], a), c);
            other[w] = OP(max)(OP(max)(other[w], b), d);
        }
    for (; n > 0; n--, x += step) {
        V *t = top;
        for (int w = 0; w < wide; w++) t[w] = OP(max)(t[w], OP(xor)(OP(load)(x + w * L), sign));
        top = other, other = t;
    }
}
