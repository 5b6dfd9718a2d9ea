/* From the sums of the rows of a batch, each in its lane, to the coefficients of the last pass: enum fa_map. */

/* The inverse of the terms' sum, and what it lost when it was rounded. */
FA_INLINE V FA(inverse_of)(const FA(lane_sums) *s, V *low)
{
    V one = OP(set1)(1), sum = s->sum[0], d = OP(add)(sum, s->lost[0]), d_low = OP(add)(OP(sub)(sum, d), s->lost[0]);
    V first = OP(div)(one, d), rest = OP(mul)(OP(fnma)(first, d_low, OP(fnma)(first, d, one)), first);
    V inverse = OP(add)(first, rest);
    *low = OP(sub)(rest, OP(sub)(inverse, first));
    return inverse;
}

static FA(coefficients) FA(from_output)(int form, V second, const FA(reduction) *k)
{
    FA(coefficients) c = {OP(set1)(1), second, k->factor};
    if (form & FA_LOG) c.a = OP(set1)(1 / K(UNIT)); /* the unit of the terms that the last pass computes */
    else c.a = k->inverse_temperature;
    if (form & FA_NEGATED) c.a = OP(set1)(-1);
    return c;
}
/* log_softmax and logsumexp: the logarithm of the sum of e^(x - top). The elements that equal the top contribute their
 * number, the others the quotient of their sum and the top's term, both of which are known in two parts. */
static FA(coefficients) FA(logarithm)(const FA(lane_sums) *s, const FA(reduction) *k)
{
    V sum = s->sum[0], all = OP(add)(sum, s->lost[0]), all_low = OP(add)(OP(sub)(sum, all), s->lost[0]);
    V e_low, e = FA(exp_parts)(k->top, k, 0, &e_low), others = OP(div)(all, e);
    V rest = OP(add)(OP(fnma)(others, e_low, OP(fnma)(others, e, all)), all_low);
    others = OP(add)(others, OP(div)(rest, e));
    V further_tops = OP(sub)(s->second[0], OP(set1)(1));
    return (FA(coefficients)){.a = k->top, .b = MATH(log1p)(OP(add)(others, further_tops))};
}
static FA(coefficients) FA(coefficients_of)(int form, const FA(lane_sums) *s, const FA(reduction) *k, V scalars)
{
    V low, second = s->second[0];
    if (form & FA_FROM_OUTPUT) return FA(from_output)(form, second, k);
    if (form == FA_LOG_SOFTMAX || form == FA_LOGSUMEXP) return FA(logarithm)(s, k);
    V inverse = FA(inverse_of)(s, &low);
    if (form == FA_LOGSUMEXP_GRAD) return (FA(coefficients)){.a = inverse, .b = scalars};
    if (form & FA_GRAD && form & FA_LOG) return (FA(coefficients)){.a = inverse, .b = second};
    if (!(form & FA_GRAD)) return (FA(coefficients)){.a = inverse, .b = low};
    FA(coefficients) c = {.a = OP(mul)(inverse, k->inverse_temperature), .b = OP(mul)(second, inverse), .c = k->factor};
    if (form & FA_NEGATED) c.a = OP(sub)(OP(set1)(0), inverse);
    return c;
}

/* Terms are as large as the unit, so that the sum of their products with dy may overflow where softmax's mean of dy
 * does not. The sum is then taken again, of terms that are divided by their own sum first (FA_DIVIDE_TERMS). That may
 * give NaN where dy is infinite and such a term is 0; the first result, which is infinite, then stands. */
FA_INLINE int FA(mean_overflows)(int pass, const FA(lane_sums) *s)
{
    if (!(pass & FA_SUM_TERMS && pass & FA_SUM_PRODUCTS)) return 0;
    return FA(has_bits)(OP(sub)(s->second[0], s->second[0])); /* 0 where that is finite */
}
FA_INLINE V FA(mean_of)(V products, V again, V mean)
{
    V useful = OP(select)(OP(eq)(again, again), again, mean);
    return OP(select)(OP(eq)(OP(sub)(products, products), OP(set1)(0)), mean, useful);
}
