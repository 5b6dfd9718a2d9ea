/* The passes over a batch, one after the other: tops and reduction, sums, coefficients, last pass. */

/* The number given for each row of a batch, the dy of logsumexp; 1 in the lanes that are left. */
static V FA(read_scalars)(const fa_call *call, ptrdiff_t row, int rows)
{
    REAL own[FA_PARTS], lanes[L];
    if (!fa_has_scalars(call->form)) return OP(set1)(1);
    const char *from = call->scalars.p + row * call->scalars.row;
    if (call->scalars.row == 0) {
        if (call->element == FA_HALF) FA(read)(call->element, own, from, 0, 1);
        else memcpy(own, from, sizeof *own);
        return OP(set1)(own[0]);
    }
    FA(read)(call->element, own, from, call->scalars.row, rows);
    for (int r = 0; r < L; r++) lanes[r] = r < rows ? own[r] : 1;
    return OP(load)(lanes);
}
/* A batch that has no panels yet. */
static void FA(open)(FA(batch) *b, const fa_call *call, ptrdiff_t row, int rows, int in_lanes)
{
    int negates = call->form & FA_NEGATED && !(call->form & FA_FROM_OUTPUT);
    b->call = call, b->row = row, b->rows = rows, b->in_lanes = in_lanes, b->subtracted = NULL, b->absent = 0;
    b->heat.factors = 0;
    b->k.sign = OP(set1)(negates ? (REAL)-0.0 : (REAL)0.0);
    b->k.factor = OP(set1)(negates ? -1 : 1);
}

/* Finds the tops, unless they are known, and the reduction. Returns a bit for each irregular row. */
static uint32_t FA(start)(FA(batch) *b, int knows_tops)
{
    int takes_exp = fa_takes_exp(b->pass = fa_pass_of(b->call->form));
    V rounded;
    b->scalars = FA(read_scalars)(b->call, b->row, b->rows);
    if (!takes_exp) b->k.top = OP(set1)(0);
    else if (!knows_tops) b->k.top = FA(tops_of)(b);
    b->tops = b->k.top;
    if (b->absent) b->k.top = FA(tops_of_present)(b);
    if (takes_exp && b->call->form & FA_NEGATED) b->pass |= FA_ADJUST_X;
    if (b->call->temperature.p) rounded = FA(reduce_heated)(b);
    else {
        FA(divide_by_nothing)(&b->k);
        rounded = FA(reduce)(&b->k, OP(set1)(1), b->pass);
    }
    return takes_exp ? FA(irregular_rows)(rounded, b->rows, b->call->n) : 0;
}
/* The same where the rows are not copies. Then x cannot be divided by more than one power of two. */
static uint32_t FA(start_in_place)(FA(batch) *b, int knows_tops)
{
    uint32_t irregular = FA(start)(b, knows_tops);
    return b->heat.factors > 1 ? UINT32_MAX : irregular;
}
/* The sums of all rows, each in its lane of the first part. */
static void FA(sum)(const FA(batch) *b, int pass, FA(lane_sums) *s)
{
    FA(row_sums) of_row[L];
    if (b->in_lanes) {
        FA(wide_sums) all = {s->sum, s->lost, s->second};
        FA(sum_wide)(b->panel, b->call->n, 1, &b->k, pass, &all);
        if (b->call->n > FA_PARTS) FA(close_wide)(&all, 1, pass);
    } else {
        FA(sum_rows)(b, pass, 0, b->call->n, 1, of_row);
        FA(close_rows)(of_row, b->rows, pass, s);
    }
}
FA_NOINLINE static void FA(sum_divided)(FA(batch) *b, const FA(lane_sums) *s)
{
    FA(lane_sums) again;
    V low;
    b->k.inverse_sum = FA(inverse_of)(s, &low);
    FA(sum)(b, FA_SUM_PRODUCTS | FA_DIVIDE_TERMS, &again);
    b->c.b = FA(mean_of)(s->second[0], again.second[0], b->c.b);
}
/* What follows from the sums: logsumexp, or the coefficients, except for a mean that overflows. */
static void FA(conclude)(FA(batch) *b, const FA(lane_sums) *s)
{
    const fa_call *call = b->call;
    REAL result[FA_PARTS] = {0};
    b->c = FA(coefficients_of)(call->form, s, &b->k, b->scalars);
    /* The mean of one element is that element, exactly. Rows of one are always in lanes. */
    if (call->n == 1 && b->pass & FA_SUM_TERMS && b->pass & FA_SUM_PRODUCTS) b->c.b = OP(load)(b->panel->dy);
    if (call->form == FA_LOGSUMEXP) {
        if (b->subtracted) FA(logsumexp_plus_tops)(b, s, result);
        else OP(store)(result, OP(add)(b->k.top, b->c.b));
        for (int r = 0; r < b->rows && b->absent; r++)
            if (b->absent >> r & 1) result[r] = call->masked;
        FA(write)(call->element, call->out.p + b->row * call->out.row, call->out.row, result, b->rows);
    } else if (b->subtracted) FA(reject_two_infinities)(b, s);
}
/* All that comes after FA(start). */
static void FA(complete)(FA(batch) *b)
{
    FA(lane_sums) s;
    if (b->heat.factors > 1) FA(multiply_x)(b);
    FA(sum)(b, b->pass, &s);
    FA(conclude)(b, &s);
    if (FA(mean_overflows)(b->pass, &s)) FA(sum_divided)(b, &s);
    FA(map_rows)(b, 0, b->call->n);
    if (b->heat.factors > 1 || b->call->masks) FA(finish)(b, b->call->n);
}
