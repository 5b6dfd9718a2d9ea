/* The vector type on AVX2 with FMA and F16C: 8 floats or 4 doubles in a register. */
#include <immintrin.h>

#ifndef FA_F32_LANES
#define FA_F32_LANES 16
#endif
#define FA_F64_LANES (FA_F32_LANES / 2)
#define FA_REGISTERS (FA_F32_LANES / 8)
#define FA_IN_REGISTER "+x"
#define FA_EACH(i) for (int i = 0; i < FA_REGISTERS; i++)

typedef struct { __m256 v[FA_REGISTERS]; } vf32;
typedef struct { __m256d v[FA_REGISTERS]; } vf64;
typedef struct { __m256i v[FA_REGISTERS]; } vi32;
typedef vf32 vm32; /* all bits of a lane set where true */
typedef vf64 vm64;

#define FA_OP2(T, name, expr) \
    FA_INLINE T T##_##name(T a, T b) { T y; FA_EACH(i) y.v[i] = expr(a.v[i], b.v[i]); return y; }
#define FA_OP3(T, name, expr) \
    FA_INLINE T T##_##name(T a, T b, T c) { T y; FA_EACH(i) y.v[i] = expr(a.v[i], b.v[i], c.v[i]); return y; }
#define FA_COMPARE(T, name, expr, predicate) \
    FA_INLINE T T##_##name(T a, T b) { T m; FA_EACH(i) m.v[i] = expr(a.v[i], b.v[i], predicate); return m; }

FA_INLINE vf32 vf32_load(const float *p) { vf32 y; FA_EACH(i) y.v[i] = _mm256_loadu_ps(p + 8 * i); return y; }
FA_INLINE vf64 vf64_load(const double *p) { vf64 y; FA_EACH(i) y.v[i] = _mm256_loadu_pd(p + 4 * i); return y; }
FA_INLINE void vf32_store(float *p, vf32 x) { FA_EACH(i) _mm256_storeu_ps(p + 8 * i, x.v[i]); }
FA_INLINE void vf64_store(double *p, vf64 x) { FA_EACH(i) _mm256_storeu_pd(p + 4 * i, x.v[i]); }
FA_INLINE vf32 vf32_set1(float x) { vf32 y; FA_EACH(i) y.v[i] = _mm256_set1_ps(x); return y; }
FA_INLINE vf64 vf64_set1(double x) { vf64 y; FA_EACH(i) y.v[i] = _mm256_set1_pd(x); return y; }

FA_INLINE void fa_stream(void *y, const void *x, int bytes)
{
    for (int i = 0; i < bytes; i += 32)
        _mm256_stream_si256((__m256i *)((char *)y + i), _mm256_loadu_si256((const __m256i *)((const char *)x + i)));
}
FA_INLINE void fa_streamed(void) { _mm_sfence(); }

FA_INLINE vf32 vf32_load_half(const uint16_t *p)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 8 * i)));
    return y;
}
FA_INLINE void vf32_store_half(uint16_t *p, vf32 x)
{
    FA_EACH(i) _mm_storeu_si128((__m128i *)(p + 8 * i), _mm256_cvtps_ph(x.v[i], _MM_FROUND_TO_NEAREST_INT));
}

FA_OP2(vf32, add, _mm256_add_ps)
FA_OP2(vf64, add, _mm256_add_pd)
FA_OP2(vf32, sub, _mm256_sub_ps)
FA_OP2(vf64, sub, _mm256_sub_pd)
FA_OP2(vf32, mul, _mm256_mul_ps)
FA_OP2(vf64, mul, _mm256_mul_pd)
FA_OP2(vf32, div, _mm256_div_ps)
FA_OP2(vf64, div, _mm256_div_pd)
FA_OP3(vf32, fma, _mm256_fmadd_ps)
FA_OP3(vf64, fma, _mm256_fmadd_pd)
FA_OP3(vf32, fnma, _mm256_fnmadd_ps)
FA_OP3(vf64, fnma, _mm256_fnmadd_pd)
FA_OP3(vf32, fms, _mm256_fmsub_ps)
FA_OP3(vf64, fms, _mm256_fmsub_pd)
FA_OP2(vf32, min, _mm256_min_ps)
FA_OP2(vf64, min, _mm256_min_pd)
FA_OP2(vf32, max, _mm256_max_ps)
FA_OP2(vf64, max, _mm256_max_pd)

FA_OP2(vf32, and, _mm256_and_ps)
FA_OP2(vf64, and, _mm256_and_pd)
FA_OP2(vf32, andnot, _mm256_andnot_ps) /* ~a & b */
FA_OP2(vf64, andnot, _mm256_andnot_pd)
FA_OP2(vf32, or, _mm256_or_ps)
FA_OP2(vf64, or, _mm256_or_pd)
FA_OP2(vf32, xor, _mm256_xor_ps)
FA_OP2(vf64, xor, _mm256_xor_pd)
FA_INLINE vf32 vf32_abs(vf32 a) { return vf32_andnot(vf32_set1(-0.0f), a); }
FA_INLINE vf64 vf64_abs(vf64 a) { return vf64_andnot(vf64_set1(-0.0), a); }

FA_COMPARE(vf32, lt, _mm256_cmp_ps, _CMP_LT_OQ)
FA_COMPARE(vf64, lt, _mm256_cmp_pd, _CMP_LT_OQ)
FA_COMPARE(vf32, eq, _mm256_cmp_ps, _CMP_EQ_OQ)
FA_COMPARE(vf64, eq, _mm256_cmp_pd, _CMP_EQ_OQ)
FA_COMPARE(vf32, unordered, _mm256_cmp_ps, _CMP_UNORD_Q)
FA_COMPARE(vf64, unordered, _mm256_cmp_pd, _CMP_UNORD_Q)
/* A blend looks at sign bits alone. */
FA_INLINE vm32 vf32_signbit(vf32 a) { return a; }
FA_INLINE vm64 vf64_signbit(vf64 a) { return a; }
FA_INLINE vf32 vf32_select(vm32 m, vf32 a, vf32 b)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm256_blendv_ps(b.v[i], a.v[i], m.v[i]);
    return y;
}
FA_INLINE vf64 vf64_select(vm64 m, vf64 a, vf64 b)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm256_blendv_pd(b.v[i], a.v[i], m.v[i]);
    return y;
}

/* 2^(n + bias), from the low bits of t = n + FA_SHIFT. */
FA_INLINE __m256 fa_pow2_ps(__m256i t, int bias)
{
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_slli_epi32(t, 23), _mm256_set1_epi32((127 + bias) << 23)));
}
FA_INLINE __m256d fa_pow2_pd(__m256i t, int bias)
{
    return _mm256_castsi256_pd(
        _mm256_add_epi64(_mm256_slli_epi64(t, 52), _mm256_set1_epi64x((int64_t)(1023 + bias) << 52)));
}
FA_INLINE vf32 vf32_pow2(vf32 t) { vf32 y; FA_EACH(i) y.v[i] = fa_pow2_ps(_mm256_castps_si256(t.v[i]), 0); return y; }
FA_INLINE vf64 vf64_pow2(vf64 t) { vf64 y; FA_EACH(i) y.v[i] = fa_pow2_pd(_mm256_castpd_si256(t.v[i]), 0); return y; }
FA_INLINE vf32 vf32_times_pow2(vf32 x, vf32 t) { return vf32_mul(x, vf32_pow2(t)); }
FA_INLINE vf64 vf64_times_pow2(vf64 x, vf64 t) { return vf64_mul(x, vf64_pow2(t)); }
FA_INLINE vf32 vf32_exponent(vf32 t)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(t.v[i]), 23));
    return y;
}

/* The first product is exact, so that only the second rounds. */
FA_INLINE vf32 vf32_scale(vf32 x, vf32 t)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm256_mul_ps(_mm256_mul_ps(x.v[i], fa_pow2_ps(_mm256_castps_si256(t.v[i]), 64)),
                                      _mm256_set1_ps(0x1p-64f));
    return y;
}
FA_INLINE vf64 vf64_scale(vf64 x, vf64 t)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm256_mul_pd(_mm256_mul_pd(x.v[i], fa_pow2_pd(_mm256_castpd_si256(t.v[i]), 100)),
                                      _mm256_set1_pd(0x1p-100));
    return y;
}
FA_INLINE vf32 vf32_scale_wide(vf32 x, vf32 t)
{
    vf32 y;
    FA_EACH(i) {
        __m256i n = _mm256_castps_si256(t.v[i]), half = _mm256_srli_epi32(n, 1);
        y.v[i] = _mm256_mul_ps(_mm256_mul_ps(x.v[i], fa_pow2_ps(half, 0)), fa_pow2_ps(_mm256_sub_epi32(n, half), 0));
    }
    return y;
}
FA_INLINE vf64 vf64_scale_wide(vf64 x, vf64 t)
{
    vf64 y;
    FA_EACH(i) {
        __m256i n = _mm256_castpd_si256(t.v[i]), half = _mm256_srli_epi64(n, 1);
        y.v[i] = _mm256_mul_pd(_mm256_mul_pd(x.v[i], fa_pow2_pd(half, 0)), fa_pow2_pd(_mm256_sub_epi64(n, half), 0));
    }
    return y;
}
FA_INLINE vf64 vf64_scale_eighths(vf64 x, vf64 t)
{
    vf64 y;
    FA_EACH(i) {
        __m256d scale = fa_pow2_pd(_mm256_srli_epi64(_mm256_castpd_si256(t.v[i]), 3), 100);
        y.v[i] = _mm256_mul_pd(_mm256_mul_pd(x.v[i], scale), _mm256_set1_pd(0x1p-100));
    }
    return y;
}
FA_INLINE vf64 vf64_raise(vf64 x, vf64 t)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm256_castsi256_pd(
        _mm256_add_epi64(_mm256_castpd_si256(x.v[i]),
                         _mm256_slli_epi64(_mm256_srli_epi64(_mm256_castpd_si256(t.v[i]), 3), 52)));
    return y;
}
/* vpermps moves a double as two floats, at 2 index and 2 index + 1; the third bit of the index picks the half. */
FA_INLINE vf64 vf64_lookup8(const double *table, vf64 t)
{
    __m256 low = _mm256_loadu_ps((const float *)table), high = _mm256_loadu_ps((const float *)(table + 4));
    vf64 y;
    FA_EACH(i) {
        __m256i bits = _mm256_castpd_si256(t.v[i]), twice = _mm256_slli_epi32(_mm256_shuffle_epi32(bits, 0xa0), 1);
        __m256i index = _mm256_or_si256(twice, _mm256_set1_epi64x(0x100000000));
        y.v[i] = _mm256_blendv_pd(_mm256_castps_pd(_mm256_permutevar8x32_ps(low, index)),
                                  _mm256_castps_pd(_mm256_permutevar8x32_ps(high, index)),
                                  _mm256_castsi256_pd(_mm256_slli_epi64(bits, 61)));
    }
    return y;
}
FA_INLINE vf64 vf64_lookup16(const double *table, vf64 t)
{
    vf64 low = vf64_lookup8(table, t), high = vf64_lookup8(table + 8, t), upper;
    FA_EACH(i) upper.v[i] = _mm256_castsi256_pd(_mm256_slli_epi64(_mm256_castpd_si256(t.v[i]), 60));
    return vf64_select(upper, high, low);
}

FA_INLINE vi32 vf32_bits(vf32 x) { vi32 y; FA_EACH(i) y.v[i] = _mm256_castps_si256(x.v[i]); return y; }
FA_INLINE vi32 vi32_shift_right(vi32 x, int k) { vi32 y; FA_EACH(i) y.v[i] = _mm256_srli_epi32(x.v[i], k); return y; }
FA_INLINE vf32 vf32_lookup4(const float *table, vi32 index)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm256_permutevar_ps(_mm256_broadcast_ps((const __m128 *)table), index.v[i]);
    return y;
}
FA_INLINE vf32 vf32_lookup8(const float *table, vi32 index)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table), index.v[i]);
    return y;
}
/* vpermps reads the low 3 bits of the index; the fourth, moved to the sign, picks the half of the table. */
FA_INLINE vf32 vf32_lookup16(const float *table, vi32 index)
{
    vf32 low = vf32_lookup8(table, index), high = vf32_lookup8(table + 8, index), upper;
    FA_EACH(i) upper.v[i] = _mm256_castsi256_ps(_mm256_slli_epi32(index.v[i], 28));
    return vf32_select(upper, high, low);
}

FA_INLINE vf32 vf32_pow2_16ths(vf32 t)
{
    vf32 y, significand = vf32_lookup16((const float *)FA_POW2_16THS_F32, vf32_bits(t));
    FA_EACH(i) {
        __m256i n = _mm256_slli_epi32(_mm256_castps_si256(t.v[i]), 19);
        y.v[i] = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(significand.v[i]), n));
    }
    return y;
}
FA_INLINE vf64 vf64_pow2_16ths(vf64 t)
{
    vf64 y, significand = vf64_lookup16((const double *)FA_POW2_16THS_F64, t);
    FA_EACH(i) {
        __m256i n = _mm256_slli_epi64(_mm256_castpd_si256(t.v[i]), 48);
        y.v[i] = _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(significand.v[i]), n));
    }
    return y;
}
/* The exponent field, as the low bits of a double whose unit is 1. */
FA_INLINE vf64 vf64_logb(vf64 x)
{
    vf64 y;
    __m256d one = _mm256_set1_pd(0x1p52);
    FA_EACH(i) {
        __m256d field = _mm256_castsi256_pd(_mm256_srli_epi64(_mm256_castpd_si256(x.v[i]), 52));
        y.v[i] = _mm256_sub_pd(_mm256_or_pd(field, one), _mm256_set1_pd(0x1p52 + 1023));
    }
    return y;
}

FA_INLINE vf64 vf32_widen_low(vf32 x)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm256_cvtps_pd(_mm256_castps256_ps128(x.v[i]));
    return y;
}
FA_INLINE vf64 vf32_widen_high(vf32 x)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm256_cvtps_pd(_mm256_extractf128_ps(x.v[i], 1));
    return y;
}
FA_INLINE vf32 vf32_narrow(vf64 low, vf64 high)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm256_set_m128(_mm256_cvtpd_ps(high.v[i]), _mm256_cvtpd_ps(low.v[i]));
    return y;
}
