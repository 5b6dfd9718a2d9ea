/* Contiguous rows, a batch at a time, in sweeps: three batches overlap.
 *
 * Computing the terms of a batch is arithmetic, and hardly touches memory. Looking for tops and the last pass are loads
 * and stores, and hardly any arithmetic. So one loop does all three: it sums the terms of a batch, looks for the tops
 * of the next one, and maps the previous one. Each row goes through the same operations as it does where its batch is
 * alone.
 */

/* Bytes of a row whose batches are not swept, though their terms are stored: with three such rows in the second-level
 * cache, terms are gone from it before they are mapped. From FA_TOO_LONG on they are gone anyway. Found by
 * measuring. */
#define FA_LONGISH 153600
#define FA_TOO_LONG 307200

#define FA_SWEEPS FA_ROOMY /* elsewhere what three batches need does not fit in registers */

static int FA(can_be_swept)(const fa_call *call)
{
    int pass = fa_pass_of(call->form);
    ptrdiff_t n = call->n, bytes = n * (ptrdiff_t)sizeof(REAL);
    if (!FA_SWEEPS) return 0;
    if (pass & FA_SUM_TERMS) return n > 4 * L && (bytes <= FA_LONGISH || bytes >= FA_TOO_LONG);
    return pass & FA_SUM_OTHERS && n >= 4 * L;
}

/* One row of n elements of each of the three batches. What is left beyond `end`, of which no part has a whole block, is
 * summed here, but left to others to map and to look for tops in. Returns, in every lane, the largest element of the
 * next one's. Everything is loaded before anything is stored: rows may be a multiple of 4 KiB apart, and then a load
 * waits for a store that it only seems to depend on. */
FA_INLINE V FA(sweep_row)(const FA(panel) *last, const FA(panel) *p, const FA(panel) *next, ptrdiff_t n,
                          const FA(coefficients) *c, const FA(reduction) *k, enum fa_map map, int pass,
                          FA(row_sums) *sums)
{
    ptrdiff_t end = n / FA_JOINING * FA_JOINING;
    V zero = OP(set1)(0), largest[2] = {OP(set1)(-INFINITY), OP(set1)(-INFINITY)};
    const REAL *terms = pass & FA_SUM_TERMS ? last->y : last->x;
    V sum[FA_ROW_VECTORS], lost[FA_ROW_VECTORS], second[FA_ROW_VECTORS];
    for (int q = 0; q < FA_ROW_VECTORS; q++) sum[q] = lost[q] = second[q] = zero;
    for (ptrdiff_t i = 0; i < end;) {
        V block[FA_ROW_VECTORS], others[FA_ROW_VECTORS];
        for (int j = 0; j < K(BLOCK); j++)
            for (int q = 0; q < FA_ROW_VECTORS; q++, i += L) {
                V x = OP(load)(p->x + i), dy = FA(load_dy)(p->dy + i, pass), *top = &largest[(j + q) % 2];
                V e = map == FA_MAP_NOTHING ? zero : OP(load)(terms + i);
                V weight = fa_map_reads_dy(map) ? OP(load)(last->dy + i) : zero;
                *top = OP(max)(*top, OP(load)(next->x + i));
                if (j == 0) others[q] = zero;
                V term = FA(term)(x, dy, k, pass, L, &others[q]);
                if (map != FA_MAP_NOTHING) OP(store)(last->y + i, FA(mapped)(e, weight, k, c, map));
                if (pass & FA_SUM_TERMS) OP(store)(p->y + i, term);
                block[q] = j ? OP(add)(block[q], term) : term;
            }
        for (int q = 0; q < FA_ROW_VECTORS; q++) {
            if (fa_takes_exp(pass)) FA(join)(block[q], &sum[q], &lost[q]);
            if (fa_has_second(pass)) second[q] = OP(add)(second[q], others[q]);
        }
    }
    for (int q = 0; q < FA_ROW_VECTORS; q++)
        sums->sum[q] = sum[q], sums->lost[q] = lost[q], sums->second[q] = second[q];
    if (end < n) FA(sum_rest)(p->x + end, p->dy + end, p->y + end, n - end, k, pass, sums);
    return OP(max)(largest[0], largest[1]);
}
FA_INLINE void FA(sweep_rows)(const FA(batch) *last, const FA(batch) *now, const FA(batch) *next, ptrdiff_t n,
                              enum fa_map map, int pass, FA(row_sums) *of_row, V *largest)
{
    for (int r = 0; r < now->rows; r++) {
        FA(reduction) k = FA(reduction_of)(&now->k, r, pass);
        FA(coefficients) c = FA(coefficients_for)(&last->c, r);
        largest[r] = FA(sweep_row)(last->panel + r, now->panel + r, next->panel + r, n, &c, &k, map, pass, of_row + r);
    }
}

/* Sums `now`, maps `last`, and finds the tops of `next`. Returns whether it has: not every combination is compiled. */
static int FA(sweep)(const FA(batch) *last, const FA(batch) *now, FA(batch) *next, FA(row_sums) *of_row)
{
    ptrdiff_t n = now->call->n, end = n / FA_JOINING * FA_JOINING;
    enum fa_map map = fa_map_of(now->call->form);
    V largest[L];
    if (last->pass != now->pass || last->rows != now->rows || next->rows != now->rows) return 0;
    if (now->call->form & FA_NEGATED) return 0; /* it looks for the largest elements, not the least */
#define FA_SWEEP(m, p) \
    if (FA_SWEEPS && map == m && now->pass == (p)) FA(sweep_rows)(last, now, next, n, m, p, of_row, largest); \
    else
    FA_SWEEP(FA_MAP_QUOTIENT, FA_SUM_TERMS)
    FA_SWEEP(FA_MAP_QUOTIENT, FA_SUM_TERMS | FA_ADJUST_X)
    FA_SWEEP(FA_MAP_PRODUCT, FA_SUM_TERMS)
    FA_SWEEP(FA_MAP_CENTRED, FA_SUM_TERMS | FA_SUM_PRODUCTS)
    FA_SWEEP(FA_MAP_DIVIDED, FA_SUM_TERMS | FA_SUM_PRODUCTS | FA_ADJUST_X)
    FA_SWEEP(FA_MAP_REFLECTED, FA_SUM_TERMS | FA_SUM_DY)
    FA_SWEEP(FA_MAP_LOGARITHM, FA_SUM_OTHERS)
    FA_SWEEP(FA_MAP_NOTHING, FA_SUM_OTHERS)
    return 0;
#undef FA_SWEEP
    if (end < n) { /* the elements that are left of every row */
        FA(map_rows)(last, end, n - end);
        for (int r = 0; r < now->rows; r++)
            largest[r] = OP(max)(largest[r], FA(largest_of_row)(next->panel[r].x + end, n - end, now->k.sign));
    }
    next->k.top = FA(tops_in_lanes)(largest, now->rows);
    return 1;
}
