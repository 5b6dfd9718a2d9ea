/* Fused multiply-add where the CPU may have none, correctly rounded to nearest.
 *
 * float32: the product of two floats is exact in double. The sum with c is rounded to odd, which leaves enough in its
 * last bit for the second rounding, to float, to be the right one (53 >= 2 * 24 + 2), subnormal results included.
 *
 * float64: Boldo and Melquiond, Emulation of FMA and correctly rounded sums, IEEE Trans. Computers 57 (2008): the
 * product and the sums by error-free transformations, the last but one rounded to odd. They need a product whose low
 * part does not underflow and sums that do not overflow; outside that, and for inf and NaN, libm's fma serves.
 *
 * tests/test_fma.py holds both against exact fractions and against libm's.
 */
#if defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)

FA_INLINE float fa_fma_f32(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
FA_INLINE double fa_fma_f64(double a, double b, double c) { return __builtin_fma(a, b, c); }

#else

/* a + b = s + *error exactly (Knuth). */
FA_INLINE double fa_two_sum(double a, double b, double *error)
{
    double s = a + b, bb = s - a;
    *error = (a - (s - bb)) + (b - bb);
    return s;
}

/* a b = p + *error exactly (Veltkamp, Dekker), short of underflow and overflow. */
FA_INLINE double fa_two_product(double a, double b, double *error)
{
    double p = a * b, as = a * 0x1.0000002p27, bs = b * 0x1.0000002p27;
    double ah = as - (as - a), al = a - ah, bh = bs - (bs - b), bl = b - bh;
    *error = al * bl - (((p - ah * bh) - al * bh) - ah * bl);
    return p;
}

/* s + error rounded to odd: a result that is not exact is moved to its odd neighbour. */
FA_INLINE double fa_round_to_odd(double s, double error)
{
    uint64_t bits = fa_bits_f64(s), inexact = (uint64_t)(error < 0) | (uint64_t)(error > 0);
    uint64_t toward_zero = (uint64_t)((error < 0) != (s < 0)) & inexact;
    return fa_f64((bits & 1) ? bits : bits + inexact - 2 * toward_zero);
}

/* Not inlined: a kernel has dozens of them. */
#if defined(__GNUC__) || defined(__clang__)
#define FA_CALLED static __attribute__((noinline, unused))
#else
#define FA_CALLED static
#endif

FA_CALLED float fa_fma_f32(float a, float b, float c)
{
    double error, s = fa_two_sum((double)a * (double)b, (double)c, &error);
    return (float)fa_round_to_odd(s, error);
}

FA_CALLED double fa_fma_f64(double a, double b, double c)
{
    double product_low, sum_low, error;
    if (!(fabs(a) < 0x1p500 && fabs(b) < 0x1p500 && fabs(c) < 0x1p1000 && fabs(a * b) > 0x1p-960))
        return c == 0 && a != 0 && b != 0 ? a * b : fma(a, b, c); /* musl's drops the sign of an underflow */
    double product = fa_two_product(a, b, &product_low);
    double low = fa_two_sum(c, product_low, &sum_low);
    double high = fa_two_sum(product, low, &error);
    double tail = fa_two_sum(error, sum_low, &error);
    return high + fa_round_to_odd(tail, error);
}

#endif
