/* softmax and its family, row by row. This is the file to read first; it ends with the entry, fa_rows.
 *
 * THE WAY OF A CALL
 *
 * NumPy calls a gufunc's inner loop, which calls fa_rows. That writes down what is asked for as an fa_call
 * (rows/call.h) and hands it to the code for its type: rows_f32.c, for float16 too, or rows_f64.c, which say what
 * differs between the types and compile everything else, the headers in rows/, for theirs. There FA(all)
 * (rows/all_rows.h) looks at how the rows lie in memory, and one of these files takes them from there, a batch of up to
 * 16 rows (float64: 8) at a time:
 *
 *     rows/short.h         rows of up to 16 elements are transposed, so that a vector has an element of every row
 *     rows/side_by_side.h  rows along another axis than the last lie like that already: up to 64 panels go together
 *     rows/contiguous.h    contiguous rows are read and written where they are; rows/sweep.h overlaps batches, on CPUs
 *                          whose registers are large and many
 *     rows/gathered.h      other rows of up to 2048 elements, those of float16, and masked ones are copied to a block
 *     rows/long.h          a longer one is copied block by block; so is a row that must have its top subtracted first
 *
 * All of them send a batch (rows/batch.h) through the same passes (rows/passes.h):
 *
 *     rows/tops.h          finds the largest element of each row
 *     rows/reduction.h     says how the term of an element, its exponential, is computed, given that
 *     rows/irregular.h     deals with rows for which that is not exact: huge, infinite, NaN
 *     rows/sums.h          computes all terms, stores them in the output, and keeps 16 partial sums of each row
 *     rows/tree.h          adds up the 16, always in the same order
 *     rows/coefficients.h  turns the sums into the numbers that the last pass needs
 *     rows/map.h           is the last pass: it turns terms into results
 *
 * General calls have a mask, and may have temperatures (rows/general.h). Where a mask may mask something, rows go by
 * the ways that copy: -inf, or what else counts for nothing, takes the place of what is masked before a pass looks at
 * it, and after the last pass the result for it, 0 or -inf, is put there. A temperature is taken apart into a number
 * from 1 to 2, which the reduction divides by, and a power of two, which x and gradients are multiplied by on their
 * way. Where nothing is masked and the temperature is 1, a general call goes the way of the plain one.
 *
 * Element i of a row always goes to the partial sum i % 16, and vectors have 16 floats or 8 doubles on every CPU: a
 * row's bits depend on its values and its length alone, not on where it lies, which rows are beside it, or the
 * instruction set.
 *
 * AN EXAMPLE
 *
 * softmax of three rows of 18 elements. In A all are 0; in B they are 0, 0.5, 1, ..., 8.5; in C the first one is 1000
 * and the others are 999.
 *
 *                                     A              B                        C
 *     tops                            0              8.5                      1000
 *     that in quarters, x 4/ln2       0              49.1, rounded: 49        5770.8, rounded: 5771
 *
 * Reduction. B's second element, 0.5, is 3 quarters (of ln2) and r = -0.01986 more. Its term is 2^((3 - 49)/4) e^r =
 * 0.000338. The top's term is 2^0 e^0.00895 = 1.008987, not 1, since 49 is not quite its exponent. (Stored terms are
 * larger by their unit, about 2^26. It cancels, and is left out here.)
 *
 *     terms                           1, 1, ...      0.000205, 0.000338,      0.962622, 0.354129,
 *                                                    ..., 1.008987            0.354129, ...
 *
 * Partial sums. Elements 0 and 16 go to part 0, 1 and 17 to part 1, the others have a part each:
 *
 *     part 0                          2              0.000205 + 0.611982      0.962622 + 0.354129
 *     part 1                          2              0.000338 + 1.008987      0.354129 + 0.354129
 *     part 2                          1              0.000558                 0.354129
 *     ...
 *     part 15                         1              0.371186                 0.354129
 *
 * The tree. Part j + 8 is added to part j, then of the 8 that are left j + 4 to j, and so on. Of A:
 *
 *     2 2 1 1 1 1 1 1  1 1 1 1 1 1 1 1   ->   3 3 2 2  2 2 2 2   ->   5 5  4 4   ->   9  9   ->   18
 *
 *     sums                            18             2.564018                 6.982810
 *     coefficient a, their inverse    0.055556       0.390013                 0.143209
 *
 * Last pass: the terms times a. (Another coefficient, b, has what the inverse lost when it was rounded.) In B, the
 * top's result is 1.008987 x 0.390013 = 0.393518, and what its term had too much has cancelled, since every term of B
 * had it.
 *
 *     results                         0.055556,      0.000080, 0.000132,      0.137856, 0.050714,
 *                                     ...            ..., 0.393518            0.050714, ...
 *
 * ACCURACY
 *
 * Largest errors found in millions of rows of up to 10,000: softmax 3.7 ULP in float32 and 3.3 in float64 (with a
 * temperature 3.9 and 3.4); log_softmax 3.1 in both; logsumexp 3.3 in both, of the larger of the top and what is added
 * to it.
 * Gradients overflow where the sum of |dy| does (for log_softmax: without its terms as weights), or twice the largest
 * |dy|.
 *
 * A row with a NaN or with two +inf gives NaN, and so does one that has nothing but -inf. One +inf gives a 1 among
 * zeros. logsumexp is +inf where there is a +inf, and -inf where there is nothing but -inf.
 */
#include "loops/rows/call.h"

#include "loops/environment.h"

void fa_rows(enum fa_form form, enum fa_element element, float stand_in, float masked, char **args, const ptrdiff_t *n,
             const ptrdiff_t *steps)
{
    int general = form & FA_GENERAL, heated = form & FA_TEMPERATURE, own = form & ~FA_GENERAL;
    int dy = fa_has_dy(own), scalars = fa_has_scalars(own), rows_out = fa_has_rows_out(own);
    ptrdiff_t one = 0, operands = 2 + dy + scalars + (general != 0) + (heated != 0), cores = operands;
    fa_call call = {.form = own, .element = element, .rows = n[0], .n = n[1], .stand_in = stand_in, .masked = masked};
    /* The operands in their order: whether there is one, and whether it is rows or a number for each row. */
    const struct { int there, rows; fa_view *view; } order[] = {
        {1, 1, &call.x}, {dy, 1, &call.dy}, {scalars, 0, &call.scalars}, {general, 1, &call.where},
        {heated, 0, &call.temperature}, {1, rows_out, &call.out}};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (!order[i].there) continue;
        /* The steps within a row come after those from row to row. */
        *order[i].view = (fa_view){args[one], steps[one], order[i].rows ? steps[cores++] : 0};
        one++;
    }
    if (!dy) call.dy = call.x;
    if (!call.rows || !call.n) general = heated = 0; /* there is neither a mask nor a temperature to look at */
    call.masks = general && !fa_is_true(&call.where);
    if (heated && fa_is_one(&call.temperature)) call.form &= ~FA_TEMPERATURE, call.temperature.p = NULL;
    call.keeps_dy = dy && call.dy.p == call.out.p && fa_pass_of(own) & FA_SUM_TERMS;
    fa_environment saved = fa_environment_enter();
    if (element == FA_DOUBLE) fa_rows_all_f64(&call);
    else fa_rows_all_f32(&call);
    fa_environment_leave(saved, 0);
}
