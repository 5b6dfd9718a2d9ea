/* The tree: a row's 16 partial sums become one, always in the same order. Parts j and j + 8 are added, then parts j and
 * j + 4 of what that gives, then j + 2, then j + 1. Where the parts are lanes, two rows are put together each time, so
 * that no lane is idle, and in the end each row has a lane of its own. */

/* Two parts become one. What their sum rounds off is found exactly, and added to what the parts have lost so far. */
FA_INLINE void FA(add_parts)(V *sum, V *lost, V *second, V other_sum, V other_lost, V other_second, int pass)
{
    if (fa_takes_exp(pass)) {
        V s = OP(add)(*sum, other_sum), part = OP(sub)(s, *sum);
        V low = OP(add)(OP(sub)(*sum, OP(sub)(s, part)), OP(sub)(other_sum, part));
        *lost = OP(add)(OP(add)(*lost, other_lost), low);
        *sum = s;
    }
    if (fa_has_second(pass)) *second = OP(add)(*second, other_second);
}
/* Panels side by side, whose rows are in lanes. */
static void FA(close_wide)(const FA(wide_sums) *s, int wide, int pass)
{
    for (int width = FA_PARTS / 2 * wide; width >= wide; width /= 2)
        for (int j = 0; j < width; j++) {
            V zero = OP(set1)(0), sum = fa_takes_exp(pass) ? s->sum[j + width] : zero;
            V lost = fa_takes_exp(pass) ? s->lost[j + width] : zero;
            V second = fa_has_second(pass) ? s->second[j + width] : zero;
            FA(add_parts)(s->sum + j, s->lost + j, s->second + j, sum, lost, second, pass);
        }
}
/* Rows whose parts are lanes: a step of the tree. Where there is no other row, one stands for it itself. */
FA_INLINE void FA(pair_sums)(FA(row_sums) *of_row, int rows, int width, int pass)
{
    for (int r = 0; r < L && r < rows; r++) {
        FA(row_sums) *own = of_row + r, *other = r + FA(apart)(width) < rows ? own + FA(apart)(width) : own;
        V zero = OP(set1)(0), sum = zero, lost = zero, second = zero;
        if (FA(is_paired)(r, width)) continue;
        if (fa_takes_exp(pass)) OP(pair)(own->sum[0], other->sum[0], width, own->sum, &sum);
        if (fa_takes_exp(pass)) OP(pair)(own->lost[0], other->lost[0], width, own->lost, &lost);
        if (fa_has_second(pass)) OP(pair)(own->second[0], other->second[0], width, own->second, &second);
        FA(add_parts)(own->sum, own->lost, own->second, sum, lost, second, pass);
    }
}
/* The rows of a batch, whose parts are lanes. The sums of each row are then in its lane of the first part of s. */
static void FA(close_rows)(FA(row_sums) *of_row, int rows, int pass, FA(lane_sums) *s)
{
    for (int r = 0; r < L && r < rows && FA_ROW_VECTORS == 2; r++) {
        FA(row_sums) *own = of_row + r;
        V sum = own->sum[FA_ROW_VECTORS - 1], lost = own->lost[FA_ROW_VECTORS - 1];
        FA(add_parts)(own->sum, own->lost, own->second, sum, lost, own->second[FA_ROW_VECTORS - 1], pass);
    }
    if (L == 16) FA(pair_sums)(of_row, rows, 8, pass);
    FA(pair_sums)(of_row, rows, 4, pass);
    FA(pair_sums)(of_row, rows, 2, pass);
    FA(pair_sums)(of_row, rows, 1, pass);
    s->sum[0] = of_row->sum[0], s->lost[0] = of_row->lost[0], s->second[0] = of_row->second[0];
}
