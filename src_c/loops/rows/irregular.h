/* Irregular rows: those whose top is too large to count its steps, is infinite, or is no number; and rows of one
 * element. The top is subtracted from such a row, which is exact for the elements that count, since they are within a
 * factor of 2 of it. Then the row has 0 for its top. A row of one element is among them so that its result is exactly
 * 1. */

/* A bit for each irregular row. `rounded` has what FA(reduce) returns. */
static uint32_t FA(irregular_rows)(V rounded, int rows, ptrdiff_t n)
{
    REAL lanes[L];
    uint32_t which = 0;
    V irregular = OP(drop)(OP(lt)(OP(abs)(rounded), OP(set1)(K(REGULAR))), OP(set1)(1)); /* 0 in the others */
    if (n == 1) irregular = OP(set1)(1);
    if (!FA(has_bits)(irregular)) return 0;
    OP(store)(lanes, irregular);
    for (int r = 0; r < rows; r++)
        if (lanes[r]) which |= 1u << r;
    return which;
}

/* What stands for an element x of an irregular row. Of an infinite top, its equals are 0 and the others -inf;
 * logsumexp, which adds the top in the end, needs no more than to know where a NaN is. */
static REAL FA(less_top)(int form, REAL top, REAL x)
{
    REAL own = form & FA_NEGATED ? -x : x, y;
    if (!isinf(top)) y = own - top;
    else if (own != own) y = own;
    else if (form == FA_LOGSUMEXP) y = 0;
    else y = top < 0 ? (REAL)NAN : own == top ? 0 : -INFINITY;
    return form & FA_NEGATED ? -y : y;
}

/* logsumexp of rows some of which had their tops subtracted. */
FA_NOINLINE static void FA(logsumexp_plus_tops)(const FA(batch) *b, const FA(lane_sums) *s, REAL *result)
{
    REAL sum[L], tops[L], excess[L];
    OP(store)(sum, s->sum[0]), OP(store)(tops, b->k.top), OP(store)(excess, b->c.b);
    for (int r = 0; r < b->rows; r++) {
        REAL top = b->subtracted[r], nan_or_0 = sum[r] - sum[r];
        result[r] = isinf(top) ? nan_or_0 + top : top + (tops[r] + excess[r]);
    }
}
/* Rows with more than one infinite element give NaN throughout: then there is more than one top, or, by the sum of the
 * terms, more than the term of one. */
FA_NOINLINE static void FA(reject_two_infinities)(FA(batch) *b, const FA(lane_sums) *s)
{
    REAL sum[L], second[L], a[L], c[L];
    int counts = fa_pass_of(b->call->form) & FA_SUM_OTHERS;
    OP(store)(sum, s->sum[0]), OP(store)(second, s->second[0]), OP(store)(a, b->c.a), OP(store)(c, b->c.b);
    for (int r = 0; r < b->rows; r++)
        if (isinf(b->subtracted[r]) && (counts ? second[r] > 1 : sum[r] > (REAL)1.5 * K(UNIT))) a[r] = c[r] = (REAL)NAN;
    b->c.a = OP(load)(a), b->c.b = OP(load)(c);
}
