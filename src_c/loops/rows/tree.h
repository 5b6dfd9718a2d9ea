/* The tree: a row's 16 partial sums become one, always in the same order. Parts j and j + 8 are added, then parts j and
 * j + 4 of what that gives, then j + 2, then j + 1. Rows whose parts are lanes are transposed first, so that each row
 * has a lane of its own; a few rows are closed one after the other, by rotating their lanes. */

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
/* L rows, each in a lane. */
static void FA(close_lanes)(FA(lane_sums) *s, int pass)
{
    for (int width = FA_PARTS / 2; width; width /= 2)
        for (int j = 0; j < width; j++) {
            V sum = s->sum[j + width], lost = s->lost[j + width], second = s->second[j + width];
            FA(add_parts)(s->sum + j, s->lost + j, s->second + j, sum, lost, second, pass);
        }
}
/* One row, whose parts are lanes. */
FA_INLINE void FA(close_row)(FA(row_sums) *s, int pass)
{
    V *sum = s->sum, *lost = s->lost, *second = s->second;
    for (int w = FA_ROW_VECTORS / 2; w; w /= 2)
        for (int q = 0; q < w; q++)
            FA(add_parts)(sum + q, lost + q, second + q, sum[q + w], lost[q + w], second[q + w], pass);
    for (int w = L / 2; w; w /= 2) {
        V zero = OP(set1)(0), other_sum = zero, other_lost = zero, other_second = zero;
        if (fa_takes_exp(pass)) other_sum = OP(rotate)(*sum, w), other_lost = OP(rotate)(*lost, w);
        if (fa_has_second(pass)) other_second = OP(rotate)(*second, w);
        FA(add_parts)(sum, lost, second, other_sum, other_lost, other_second, pass);
    }
}
static void FA(close_few_rows)(FA(row_sums) *of_row, int rows, int pass, FA(lane_sums) *s)
{
    REAL sum[L] = {0}, lost[L] = {0}, second[L] = {0};
    for (int r = 0; r < rows; r++) {
        FA(close_row)(of_row + r, pass);
        if (fa_takes_exp(pass)) OP(store_first)(sum + r, of_row[r].sum[0], 1);
        if (fa_takes_exp(pass)) OP(store_first)(lost + r, of_row[r].lost[0], 1);
        if (fa_has_second(pass)) OP(store_first)(second + r, of_row[r].second[0], 1);
    }
    s->sum[0] = OP(load)(sum), s->lost[0] = OP(load)(lost), s->second[0] = OP(load)(second);
}
/* The rows of a batch, whose parts are lanes. The sums of each row are then in its lane of the first part of s. */
static void FA(close_rows)(FA(row_sums) *of_row, int rows, int pass, FA(lane_sums) *s)
{
    if (rows <= FA_FEW) {
        FA(close_few_rows)(of_row, rows, pass, s);
        return;
    }
    for (int q = 0; q < FA_ROW_VECTORS; q++) {
        V *sum = s->sum + q * L, *lost = s->lost + q * L, *second = s->second + q * L;
        for (int r = 0; r < L; r++) {
            const FA(row_sums) *own = of_row + (r < rows ? r : 0);
            if (fa_takes_exp(pass)) sum[r] = own->sum[q], lost[r] = own->lost[q];
            if (fa_has_second(pass)) second[r] = own->second[q];
        }
        if (fa_takes_exp(pass)) FA(transpose)(sum), FA(transpose)(lost);
        if (fa_has_second(pass)) FA(transpose)(second);
    }
    FA(close_lanes)(s, pass);
}
