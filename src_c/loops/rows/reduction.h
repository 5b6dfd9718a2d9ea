/* The term of an element: e^((x - top)/T) times a factor, the unit of terms: 2^26 for floats, 2^56 for doubles.
 *
 * Nothing is subtracted from x, so that nothing of x is lost. Instead, with T the temperature without its power of two,
 * by which x has been divided (general.h), and N = 4 for floats, 2 for doubles,
 *
 *     x = k T ln2/N + r,  |r| <= T ln2/(2 N),     so that     e^(x/T) = 2^(k/N) e^(r/T),
 *
 * and from the integer k is taken the integer that the row's top is rounded to in the same way. That integer is not
 * quite the top's exponent, but it is off by the same factor in all of a row's terms, which cancels when they are
 * divided by their sum. The unit keeps the smallest terms from being subnormal; it cancels too. So it may be a little
 * more than a power of two: times c, with which the N powers of two lose next to nothing when they are rounded.
 *
 * Where the terms other than the top's are summed for their own sake (FA_SUM_OTHERS), the unit is larger, 2^64 or
 * 2^128, and the lowest element that counts is smaller: the terms of all elements below it, however many, then sum up
 * to nothing beside the smallest subnormal number.
 *
 * k and r are exact while k is less than 2^15 (doubles: 2^27). Where the top's k is not, the row is irregular: what its
 * callers do then is in irregular.h. Elements far below the top do not matter, since `lowest` replaces them.
 */

/* What divides by temperatures. One is a double: in floats it has a low part, without which k T would be off by more
 * than r may be. */
FA_INLINE void FA(divide_by)(FA(reduction) *k, V temperature, V low)
{
    V width = OP(set1)(K(STEP)), inverse = OP(div)(OP(set1)(1), temperature);
    k->inverse_temperature = OP(fnma)(OP(mul)(inverse, inverse), low, inverse);
    k->rate = OP(mul)(OP(set1)(K(RATE)), k->inverse_temperature);
    k->step = OP(mul)(width, temperature);
    k->step_low = OP(fma)(OP(set1)(K(STEP_LOW)), temperature, OP(fms)(width, temperature, k->step));
    k->step_low = OP(fma)(width, low, k->step_low);
}
/* The same where there are none: for 1. */
FA_INLINE void FA(divide_by_nothing)(FA(reduction) *k)
{
    k->inverse_temperature = OP(set1)(1), k->rate = OP(set1)(K(RATE));
    k->step = OP(set1)(K(STEP)), k->step_low = OP(set1)(K(STEP_LOW));
}
/* Fills in what follows from the tops that k has. Returns in each lane the integer that the top is rounded to. */
FA_INLINE V FA(reduce)(FA(reduction) *k, V temperature, int pass)
{
    REAL lowest = pass & FA_SUM_OTHERS ? K(LOWEST_OTHER) : K(LOWEST);
    REAL exponent = pass & FA_SUM_OTHERS ? K(UNIT_EXPONENT_OTHERS) : K(UNIT_EXPONENT);
    V shift = OP(set1)(K(SHIFT));
    k->lowest = OP(fnma)(OP(set1)(lowest), temperature, k->top);
    V rounded = OP(sub)(OP(fma)(k->top, k->rate, shift), shift);
    k->shift = OP(sub)(OP(set1)(K(SHIFT) + K(STEPS) * exponent), rounded);
    return rounded;
}

/* A number of the given row in every lane; where row is negative, each row's own in its lane. */
FA_INLINE V FA(spread)(const V *lanes, int row) { return row < 0 ? *lanes : OP(set1)(((const REAL *)lanes)[row]); }

/* The reduction of the given row in every lane; where row is negative, of all rows. Where x is not adjusted, T is 1. */
FA_INLINE FA(reduction) FA(reduction_of)(const FA(reduction) *k, int row, int pass)
{
    int adjusts = pass & FA_ADJUST_X;
    return (FA(reduction)){
        .top = FA(spread)(&k->top, row),
        .factor = adjusts ? FA(spread)(&k->factor, row) : OP(set1)(1),
        .lowest = FA(spread)(&k->lowest, row),
        .rate = adjusts ? FA(spread)(&k->rate, row) : OP(set1)(K(RATE)),
        .shift = FA(spread)(&k->shift, row),
        .step = adjusts ? FA(spread)(&k->step, row) : OP(set1)(K(STEP)),
        .step_low = adjusts ? FA(spread)(&k->step_low, row) : OP(set1)(K(STEP_LOW)),
        .inverse_temperature = adjusts ? FA(spread)(&k->inverse_temperature, row) : OP(set1)(1),
        .inverse_sum = pass & FA_DIVIDE_TERMS ? FA(spread)(&k->inverse_sum, row) : OP(set1)(1),
    };
}

/* The term of x, which is not below the lowest, and what it lost when it was rounded. */
FA_INLINE V FA(exp_parts)(V x, const FA(reduction) *k, int pass, V *low)
{
    V t = OP(fma)(x, k->rate, k->shift), steps = OP(sub)(t, k->shift);
    V r = OP(fnma)(steps, k->step_low, OP(fnma)(steps, k->step, x));
    if (pass & FA_ADJUST_X) r = OP(mul)(r, k->inverse_temperature);
    V power = FA(power)(t), excess = OP(mul)(FA(exp_quotient)(r), r), e = OP(fma)(power, excess, power);
    *low = OP(fma)(power, excess, OP(sub)(power, e));
    return e;
}
/* Where softmax alone is asked for, the term of the lowest element may be 0 as well: its result is 0 anyway. On AVX-512
 * it is, for a comparison more: the product of such a term is a subnormal number before it is rounded to 0, which takes
 * long, and masked rows have many of them. */
static inline int FA(drops_lowest)(int pass) { return FA_ROOMY && (pass & ~FA_ADJUST_X) == FA_SUM_TERMS; }

/* The exponential of x, which is adjusted where the pass says so. */
FA_OUTLINED V FA(exponential)(V x, const FA(reduction) *k, int pass)
{
    V low;
    if (pass & FA_ADJUST_X) x = OP(mul)(x, k->factor);
    V counted = OP(max)(k->lowest, x), e = FA(exp_parts)(counted, k, pass, &low);
    return FA(drops_lowest)(pass) ? OP(drop)(OP(eq)(counted, k->lowest), e) : e;
}
