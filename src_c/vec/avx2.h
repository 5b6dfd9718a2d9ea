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
FA_INLINE vf32 vf32_sqrt(vf32 a) { FA_EACH(i) a.v[i] = _mm256_sqrt_ps(a.v[i]); return a; }
FA_INLINE vf64 vf64_sqrt(vf64 a) { FA_EACH(i) a.v[i] = _mm256_sqrt_pd(a.v[i]); return a; }
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

FA_INLINE vf32 vf32_keep(vm32 m, vf32 x) { return vf32_and(m, x); }
FA_INLINE vf64 vf64_keep(vm64 m, vf64 x) { return vf64_and(m, x); }
FA_INLINE vf32 vf32_drop(vm32 m, vf32 x) { return vf32_andnot(m, x); }
FA_INLINE vf64 vf64_drop(vm64 m, vf64 x) { return vf64_andnot(m, x); }

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

FA_INLINE vf64 vf64_exponent(vf64 t)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm256_castsi256_pd(_mm256_slli_epi64(_mm256_castpd_si256(t.v[i]), 52));
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

FA_INLINE vf32 vf32_pow2_quarters(vf32 t)
{
    __m256 table = _mm256_broadcast_ps((const __m128 *)FA_POW2_QUARTERS);
    vf32 y;
    FA_EACH(i) {
        __m256i n = _mm256_castps_si256(t.v[i]), base = _mm256_castps_si256(_mm256_permutevar_ps(table, n));
        y.v[i] = _mm256_castsi256_ps(_mm256_add_epi32(base, _mm256_slli_epi32(n, 21)));
    }
    return y;
}
/* vpermilpd reads the second bit of the index. */
FA_INLINE vf64 vf64_pow2_halves(vf64 t)
{
    __m256d table = _mm256_broadcast_pd((const __m128d *)FA_POW2_HALVES);
    vf64 y;
    FA_EACH(i) {
        __m256i n = _mm256_castpd_si256(t.v[i]);
        __m256i base = _mm256_castpd_si256(_mm256_permutevar_pd(table, _mm256_add_epi64(n, n)));
        y.v[i] = _mm256_castsi256_pd(_mm256_add_epi64(base, _mm256_slli_epi64(n, 51)));
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

#if FA_F32_LANES == 16
/* All bits set in the first n of the lanes of register i. */
static const int32_t FA_FIRST[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
FA_INLINE __m256i fa_first(int n, int lanes, int i)
{
    n -= lanes * i;
    n = (n < 0 ? 0 : n > lanes ? lanes : n) * (8 / lanes);
    return _mm256_loadu_si256((const __m256i *)(FA_FIRST + 8 - n));
}
FA_INLINE vf32 vf32_keep_first(vf32 x, int n)
{
    FA_EACH(i) x.v[i] = _mm256_and_ps(x.v[i], _mm256_castsi256_ps(fa_first(n, 8, i)));
    return x;
}
FA_INLINE vf64 vf64_keep_first(vf64 x, int n)
{
    FA_EACH(i) x.v[i] = _mm256_and_pd(x.v[i], _mm256_castsi256_pd(fa_first(n, 4, i)));
    return x;
}
FA_INLINE vf32 vf32_load_first(const float *p, int n, vf32 x)
{
    FA_EACH(i) {
        __m256i first = fa_first(n, 8, i);
        x.v[i] = _mm256_blendv_ps(x.v[i], _mm256_maskload_ps(p + 8 * i, first), _mm256_castsi256_ps(first));
    }
    return x;
}
FA_INLINE vf64 vf64_load_first(const double *p, int n, vf64 x)
{
    FA_EACH(i) {
        __m256i first = fa_first(n, 4, i);
        x.v[i] = _mm256_blendv_pd(x.v[i], _mm256_maskload_pd(p + 4 * i, first), _mm256_castsi256_pd(first));
    }
    return x;
}
/* Masked stores are slow on some CPUs: the lanes are stored by eights, fours, twos and one. */
FA_INLINE void vf32_store_first(float *p, vf32 x, int n)
{
    FA_EACH(i) {
        __m128 four = _mm256_castps256_ps128(x.v[i]);
        if (n >= 8) {
            _mm256_storeu_ps(p, x.v[i]);
            p += 8, n -= 8;
            continue;
        }
        if (n & 4) {
            _mm_storeu_ps(p, four);
            p += 4, four = _mm256_extractf128_ps(x.v[i], 1);
        }
        if (n & 2) {
            _mm_storel_pi((__m64 *)p, four);
            p += 2, four = _mm_movehl_ps(four, four);
        }
        if (n & 1) _mm_store_ss(p, four);
        return;
    }
}
FA_INLINE void vf64_store_first(double *p, vf64 x, int n)
{
    FA_EACH(i) {
        __m128d two = _mm256_castpd256_pd128(x.v[i]);
        if (n >= 4) {
            _mm256_storeu_pd(p, x.v[i]);
            p += 4, n -= 4;
            continue;
        }
        if (n & 2) {
            _mm_storeu_pd(p, two);
            p += 2, two = _mm256_extractf128_pd(x.v[i], 1);
        }
        if (n & 1) _mm_store_sd(p, two);
        return;
    }
}
#define FA_MASKS

FA_INLINE void vf32_pair(vf32 a, vf32 b, int w, vf32 *low, vf32 *high)
{
    if (w == 8) *low = (vf32){{a.v[0], b.v[0]}}, *high = (vf32){{a.v[1], b.v[1]}};
    if (w == 4) {
        *low = (vf32){{_mm256_permute2f128_ps(a.v[0], a.v[1], 0x20), _mm256_permute2f128_ps(b.v[0], b.v[1], 0x20)}};
        *high = (vf32){{_mm256_permute2f128_ps(a.v[0], a.v[1], 0x31), _mm256_permute2f128_ps(b.v[0], b.v[1], 0x31)}};
    }
    if (w == 2) {
        FA_EACH(i) low->v[i] = _mm256_shuffle_ps(a.v[i], b.v[i], 0x44);
        FA_EACH(i) high->v[i] = _mm256_shuffle_ps(a.v[i], b.v[i], 0xee);
    }
    if (w == 1) {
        FA_EACH(i) low->v[i] = _mm256_shuffle_ps(a.v[i], b.v[i], 0x88);
        FA_EACH(i) high->v[i] = _mm256_shuffle_ps(a.v[i], b.v[i], 0xdd);
    }
}
FA_INLINE void vf64_pair(vf64 a, vf64 b, int w, vf64 *low, vf64 *high)
{
    if (w == 4) *low = (vf64){{a.v[0], b.v[0]}}, *high = (vf64){{a.v[1], b.v[1]}};
    if (w == 2) {
        *low = (vf64){{_mm256_permute2f128_pd(a.v[0], a.v[1], 0x20), _mm256_permute2f128_pd(b.v[0], b.v[1], 0x20)}};
        *high = (vf64){{_mm256_permute2f128_pd(a.v[0], a.v[1], 0x31), _mm256_permute2f128_pd(b.v[0], b.v[1], 0x31)}};
    }
    if (w == 1) {
        FA_EACH(i) low->v[i] = _mm256_unpacklo_pd(a.v[i], b.v[i]);
        FA_EACH(i) high->v[i] = _mm256_unpackhi_pd(a.v[i], b.v[i]);
    }
}
/* Register `from` of 8 rows becomes register `to` of 8 others: pairs of rows are merged lane by lane, then pairs of
 * those by twos, and at last the halves of registers change places. */
FA_INLINE void fa_transpose_8(const vf32 *m, int from, __m256 *t)
{
    __m256 a[8], b[8];
    for (int i = 0; i < 8; i += 2) {
        a[i] = _mm256_unpacklo_ps(m[i].v[from], m[i + 1].v[from]);
        a[i + 1] = _mm256_unpackhi_ps(m[i].v[from], m[i + 1].v[from]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            b[i + 2 * j] = _mm256_shuffle_ps(a[i + j], a[i + j + 2], 0x44);
            b[i + 2 * j + 1] = _mm256_shuffle_ps(a[i + j], a[i + j + 2], 0xee);
        }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
        t[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
    }
}
FA_INLINE void fa_transpose_4(const vf64 *m, int from, __m256d *t)
{
    __m256d a = _mm256_unpacklo_pd(m[0].v[from], m[1].v[from]), b = _mm256_unpackhi_pd(m[0].v[from], m[1].v[from]);
    __m256d c = _mm256_unpacklo_pd(m[2].v[from], m[3].v[from]), d = _mm256_unpackhi_pd(m[2].v[from], m[3].v[from]);
    t[0] = _mm256_permute2f128_pd(a, c, 0x20), t[1] = _mm256_permute2f128_pd(b, d, 0x20);
    t[2] = _mm256_permute2f128_pd(a, c, 0x31), t[3] = _mm256_permute2f128_pd(b, d, 0x31);
}
/* In quarters of h by h, of which those that count change places. */
#define FA_TRANSPOSE_BY_QUARTERS(V, R, h) \
    FA_INLINE void V##_transpose(V *m, int n, int k) \
    { \
        R across[h], t[h]; \
        if (k > h) fa_transpose_##h(m, 1, across); \
        fa_transpose_##h(m, 0, t); \
        for (int i = 0; i < h; i++) m[i].v[0] = t[i]; \
        if (n > h) { \
            fa_transpose_##h(m + h, 0, t); \
            for (int i = 0; i < h; i++) m[i].v[1] = t[i]; \
        } \
        if (k <= h) return; \
        if (n > h) { \
            fa_transpose_##h(m + h, 1, t); \
            for (int i = 0; i < h; i++) m[i + h].v[1] = t[i]; \
        } \
        for (int i = 0; i < h; i++) m[i + h].v[0] = across[i]; \
    }
FA_TRANSPOSE_BY_QUARTERS(vf32, __m256, 8)
FA_TRANSPOSE_BY_QUARTERS(vf64, __m256d, 4)
#define FA_TRANSPOSES
#endif
