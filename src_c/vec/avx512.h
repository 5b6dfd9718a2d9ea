/* The vector type on AVX-512 (F, DQ, VL, BW): 16 floats or 8 doubles in a register. */
#include <immintrin.h>

#ifndef FA_F32_LANES
#define FA_F32_LANES 64
#endif
#define FA_F64_LANES (FA_F32_LANES / 2)
#define FA_REGISTERS (FA_F32_LANES / 16)
#define FA_IN_REGISTER "+v"
#define FA_EACH(i) for (int i = 0; i < FA_REGISTERS; i++)

typedef struct { __m512 v[FA_REGISTERS]; } vf32;
typedef struct { __m512d v[FA_REGISTERS]; } vf64;
typedef struct { __m512i v[FA_REGISTERS]; } vi32;
typedef struct { __mmask16 v[FA_REGISTERS]; } vm32;
typedef struct { __mmask8 v[FA_REGISTERS]; } vm64;

#define FA_OP1(T, name, expr) \
    FA_INLINE T T##_##name(T a) { T y; FA_EACH(i) y.v[i] = expr(a.v[i]); return y; }
#define FA_OP2(T, name, expr) \
    FA_INLINE T T##_##name(T a, T b) { T y; FA_EACH(i) y.v[i] = expr(a.v[i], b.v[i]); return y; }
#define FA_OP3(T, name, expr) \
    FA_INLINE T T##_##name(T a, T b, T c) { T y; FA_EACH(i) y.v[i] = expr(a.v[i], b.v[i], c.v[i]); return y; }
#define FA_COMPARE(T, M, name, expr, predicate) \
    FA_INLINE M T##_##name(T a, T b) { M m; FA_EACH(i) m.v[i] = expr(a.v[i], b.v[i], predicate); return m; }

FA_INLINE vf32 vf32_load(const float *p) { vf32 y; FA_EACH(i) y.v[i] = _mm512_loadu_ps(p + 16 * i); return y; }
FA_INLINE vf64 vf64_load(const double *p) { vf64 y; FA_EACH(i) y.v[i] = _mm512_loadu_pd(p + 8 * i); return y; }
FA_INLINE void vf32_store(float *p, vf32 x) { FA_EACH(i) _mm512_storeu_ps(p + 16 * i, x.v[i]); }
FA_INLINE void vf64_store(double *p, vf64 x) { FA_EACH(i) _mm512_storeu_pd(p + 8 * i, x.v[i]); }
FA_INLINE vf32 vf32_set1(float x) { vf32 y; FA_EACH(i) y.v[i] = _mm512_set1_ps(x); return y; }
FA_INLINE vf64 vf64_set1(double x) { vf64 y; FA_EACH(i) y.v[i] = _mm512_set1_pd(x); return y; }

FA_INLINE void fa_stream(void *y, const void *x, int bytes)
{
    for (int i = 0; i < bytes; i += 64)
        _mm512_stream_si512((__m512i *)((char *)y + i), _mm512_loadu_si512((const char *)x + i));
}
FA_INLINE void fa_streamed(void) { _mm_sfence(); }

FA_INLINE vf32 vf32_load_half(const uint16_t *p)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p + 16 * i)));
    return y;
}
FA_INLINE void vf32_store_half(uint16_t *p, vf32 x)
{
    FA_EACH(i) _mm256_storeu_si256((__m256i *)(p + 16 * i), _mm512_cvtps_ph(x.v[i], _MM_FROUND_TO_NEAREST_INT));
}

FA_OP2(vf32, add, _mm512_add_ps)
FA_OP2(vf64, add, _mm512_add_pd)
FA_OP2(vf32, sub, _mm512_sub_ps)
FA_OP2(vf64, sub, _mm512_sub_pd)
FA_OP2(vf32, mul, _mm512_mul_ps)
FA_OP2(vf64, mul, _mm512_mul_pd)
FA_OP2(vf32, div, _mm512_div_ps)
FA_OP2(vf64, div, _mm512_div_pd)
FA_OP1(vf32, sqrt, _mm512_sqrt_ps)
FA_OP1(vf64, sqrt, _mm512_sqrt_pd)
FA_OP3(vf32, fma, _mm512_fmadd_ps)
FA_OP3(vf64, fma, _mm512_fmadd_pd)
FA_OP3(vf32, fnma, _mm512_fnmadd_ps)
FA_OP3(vf64, fnma, _mm512_fnmadd_pd)
FA_OP3(vf32, fms, _mm512_fmsub_ps)
FA_OP3(vf64, fms, _mm512_fmsub_pd)
FA_OP2(vf32, min, _mm512_min_ps)
FA_OP2(vf64, min, _mm512_min_pd)
FA_OP2(vf32, max, _mm512_max_ps)
FA_OP2(vf64, max, _mm512_max_pd)
FA_OP1(vf32, abs, _mm512_abs_ps)
FA_OP1(vf64, abs, _mm512_abs_pd)

FA_OP2(vf32, and, _mm512_and_ps)
FA_OP2(vf64, and, _mm512_and_pd)
FA_OP2(vf32, or, _mm512_or_ps)
FA_OP2(vf64, or, _mm512_or_pd)
FA_OP2(vf32, xor, _mm512_xor_ps)
FA_OP2(vf64, xor, _mm512_xor_pd)

FA_COMPARE(vf32, vm32, lt, _mm512_cmp_ps_mask, _CMP_LT_OQ)
FA_COMPARE(vf64, vm64, lt, _mm512_cmp_pd_mask, _CMP_LT_OQ)
FA_COMPARE(vf32, vm32, eq, _mm512_cmp_ps_mask, _CMP_EQ_OQ)
FA_COMPARE(vf64, vm64, eq, _mm512_cmp_pd_mask, _CMP_EQ_OQ)
FA_COMPARE(vf32, vm32, unordered, _mm512_cmp_ps_mask, _CMP_UNORD_Q)
FA_COMPARE(vf64, vm64, unordered, _mm512_cmp_pd_mask, _CMP_UNORD_Q)
FA_INLINE vm32 vf32_signbit(vf32 a)
{
    vm32 m;
    FA_EACH(i) m.v[i] = _mm512_movepi32_mask(_mm512_castps_si512(a.v[i]));
    return m;
}
FA_INLINE vm64 vf64_signbit(vf64 a)
{
    vm64 m;
    FA_EACH(i) m.v[i] = _mm512_movepi64_mask(_mm512_castpd_si512(a.v[i]));
    return m;
}
FA_INLINE vf32 vf32_select(vm32 m, vf32 a, vf32 b)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm512_mask_blend_ps(m.v[i], b.v[i], a.v[i]);
    return y;
}
FA_INLINE vf64 vf64_select(vm64 m, vf64 a, vf64 b)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm512_mask_blend_pd(m.v[i], b.v[i], a.v[i]);
    return y;
}

FA_INLINE vf32 vf32_keep(vm32 m, vf32 x) { FA_EACH(i) x.v[i] = _mm512_maskz_mov_ps(m.v[i], x.v[i]); return x; }
FA_INLINE vf64 vf64_keep(vm64 m, vf64 x) { FA_EACH(i) x.v[i] = _mm512_maskz_mov_pd(m.v[i], x.v[i]); return x; }
FA_INLINE vf32 vf32_drop(vm32 m, vf32 x)
{
    FA_EACH(i) x.v[i] = _mm512_maskz_mov_ps((__mmask16)~m.v[i], x.v[i]);
    return x;
}
FA_INLINE vf64 vf64_drop(vm64 m, vf64 x)
{
    FA_EACH(i) x.v[i] = _mm512_maskz_mov_pd((__mmask8)~m.v[i], x.v[i]);
    return x;
}

/* vscalef rounds once, and has no limit of its own on n. */
FA_INLINE vf32 vf32_scale(vf32 x, vf32 t)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm512_scalef_ps(x.v[i], _mm512_sub_ps(t.v[i], _mm512_set1_ps(FA_SHIFT_F32)));
    return y;
}
FA_INLINE vf64 vf64_scale(vf64 x, vf64 t)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm512_scalef_pd(x.v[i], _mm512_sub_pd(t.v[i], _mm512_set1_pd(FA_SHIFT_F64)));
    return y;
}
FA_INLINE vf32 vf32_scale_wide(vf32 x, vf32 t) { return vf32_scale(x, t); }
FA_INLINE vf64 vf64_scale_wide(vf64 x, vf64 t) { return vf64_scale(x, t); }
FA_INLINE vf32 vf32_times_pow2(vf32 x, vf32 t) { return vf32_scale(x, t); }
FA_INLINE vf64 vf64_times_pow2(vf64 x, vf64 t) { return vf64_scale(x, t); }
FA_INLINE vf32 vf32_pow2(vf32 t)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm512_castsi512_ps(_mm512_add_epi32(_mm512_slli_epi32(_mm512_castps_si512(t.v[i]), 23),
                                                             _mm512_set1_epi32(0x3f800000)));
    return y;
}
FA_INLINE vf32 vf32_exponent(vf32 t)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(t.v[i]), 23));
    return y;
}
FA_INLINE vf64 vf64_exponent(vf64 t)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm512_castsi512_pd(_mm512_slli_epi64(_mm512_castpd_si512(t.v[i]), 52));
    return y;
}
FA_INLINE vf64 vf64_pow2(vf64 t)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm512_castsi512_pd(_mm512_add_epi64(_mm512_slli_epi64(_mm512_castpd_si512(t.v[i]), 52),
                                                             _mm512_set1_epi64(0x3ff0000000000000)));
    return y;
}

FA_INLINE vi32 vf32_bits(vf32 x) { vi32 y; FA_EACH(i) y.v[i] = _mm512_castps_si512(x.v[i]); return y; }
FA_INLINE vi32 vi32_shift_right(vi32 x, int k)
{
    vi32 y;
    FA_EACH(i) y.v[i] = _mm512_srli_epi32(x.v[i], (unsigned)k);
    return y;
}
FA_INLINE vf32 vf32_lookup4(const float *table, vi32 index)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm512_permutevar_ps(_mm512_broadcast_f32x4(_mm_loadu_ps(table)), index.v[i]);
    return y;
}
FA_INLINE vf32 vf32_lookup8(const float *table, vi32 index)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm512_permutexvar_ps(index.v[i], _mm512_broadcast_f32x8(_mm256_loadu_ps(table)));
    return y;
}

FA_INLINE vf32 vf32_pow2_quarters(vf32 t)
{
    __m512 table = _mm512_castsi512_ps(_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)FA_POW2_QUARTERS)));
    vf32 y;
    FA_EACH(i) {
        __m512i n = _mm512_castps_si512(t.v[i]), base = _mm512_castps_si512(_mm512_permutevar_ps(table, n));
        y.v[i] = _mm512_castsi512_ps(_mm512_add_epi32(base, _mm512_slli_epi32(n, 21)));
    }
    return y;
}
FA_INLINE vf64 vf64_pow2_halves(vf64 t)
{
    __m512i table = _mm512_broadcast_i64x2(_mm_loadu_si128((const __m128i *)FA_POW2_HALVES));
    vf64 y;
    FA_EACH(i) {
        __m512i n = _mm512_castpd_si512(t.v[i]), base = _mm512_permutexvar_epi64(n, table);
        y.v[i] = _mm512_castsi512_pd(_mm512_add_epi64(base, _mm512_slli_epi64(n, 51)));
    }
    return y;
}
FA_INLINE vf64 vf64_logb(vf64 x) { vf64 y; FA_EACH(i) y.v[i] = _mm512_getexp_pd(x.v[i]); return y; }

/* The first n of so many lanes of register i. */
FA_INLINE uint32_t fa_first(int n, int lanes, int i)
{
    n -= lanes * i;
    return n >= lanes ? (1u << lanes) - 1 : n > 0 ? (1u << n) - 1 : 0;
}
FA_INLINE vf32 vf32_keep_first(vf32 x, int n)
{
    FA_EACH(i) x.v[i] = _mm512_maskz_mov_ps((__mmask16)fa_first(n, 16, i), x.v[i]);
    return x;
}
FA_INLINE vf64 vf64_keep_first(vf64 x, int n)
{
    FA_EACH(i) x.v[i] = _mm512_maskz_mov_pd((__mmask8)fa_first(n, 8, i), x.v[i]);
    return x;
}
FA_INLINE vf32 vf32_load_first(const float *p, int n, vf32 x)
{
    FA_EACH(i) x.v[i] = _mm512_mask_loadu_ps(x.v[i], (__mmask16)fa_first(n, 16, i), p + 16 * i);
    return x;
}
FA_INLINE vf64 vf64_load_first(const double *p, int n, vf64 x)
{
    FA_EACH(i) x.v[i] = _mm512_mask_loadu_pd(x.v[i], (__mmask8)fa_first(n, 8, i), p + 8 * i);
    return x;
}
FA_INLINE void vf32_store_first(float *p, vf32 x, int n)
{
    FA_EACH(i) _mm512_mask_storeu_ps(p + 16 * i, (__mmask16)fa_first(n, 16, i), x.v[i]);
}
FA_INLINE void vf64_store_first(double *p, vf64 x, int n)
{
    FA_EACH(i) _mm512_mask_storeu_pd(p + 8 * i, (__mmask8)fa_first(n, 8, i), x.v[i]);
}

#if FA_F32_LANES == 16
/* Pairs of rows are merged lane by lane, then blocks of 2, 4 and 8 columns change places. */
FA_INLINE void vf32_transpose(vf32 *m, int n, int k)
{
    (void)n, (void)k;
    __m512 a[16];
    for (int i = 0; i < 16; i += 4) {
        __m512 ab = _mm512_unpacklo_ps(m[i].v[0], m[i + 1].v[0]), AB = _mm512_unpackhi_ps(m[i].v[0], m[i + 1].v[0]);
        __m512 cd = _mm512_unpacklo_ps(m[i + 2].v[0], m[i + 3].v[0]),
               CD = _mm512_unpackhi_ps(m[i + 2].v[0], m[i + 3].v[0]);
        a[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd)));
        a[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd)));
        a[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(AB), _mm512_castps_pd(CD)));
        a[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(AB), _mm512_castps_pd(CD)));
    }
    for (int i = 0; i < 4; i++) { /* a[i + 4 q] holds of rows 4q to 4q+3 columns i, 4+i, 8+i, 12+i */
        __m512 low = _mm512_shuffle_f32x4(a[i], a[i + 4], 0x88), high = _mm512_shuffle_f32x4(a[i + 8], a[i + 12], 0x88);
        __m512 LOW = _mm512_shuffle_f32x4(a[i], a[i + 4], 0xdd), HIGH = _mm512_shuffle_f32x4(a[i + 8], a[i + 12], 0xdd);
        m[i].v[0] = _mm512_shuffle_f32x4(low, high, 0x88);
        m[i + 4].v[0] = _mm512_shuffle_f32x4(LOW, HIGH, 0x88);
        m[i + 8].v[0] = _mm512_shuffle_f32x4(low, high, 0xdd);
        m[i + 12].v[0] = _mm512_shuffle_f32x4(LOW, HIGH, 0xdd);
    }
}
FA_INLINE void vf64_transpose(vf64 *m, int n, int k)
{
    (void)n, (void)k;
    __m512d a[8];
    for (int i = 0; i < 8; i += 2) {
        a[i] = _mm512_unpacklo_pd(m[i].v[0], m[i + 1].v[0]);
        a[i + 1] = _mm512_unpackhi_pd(m[i].v[0], m[i + 1].v[0]);
    }
    for (int i = 0; i < 2; i++) { /* a[i + 2 q] holds of rows 2q and 2q+1 columns i, 2+i, 4+i, 6+i */
        __m512d low = _mm512_shuffle_f64x2(a[i], a[i + 2], 0x88), high = _mm512_shuffle_f64x2(a[i + 4], a[i + 6], 0x88);
        __m512d LOW = _mm512_shuffle_f64x2(a[i], a[i + 2], 0xdd), HIGH = _mm512_shuffle_f64x2(a[i + 4], a[i + 6], 0xdd);
        m[i].v[0] = _mm512_shuffle_f64x2(low, high, 0x88);
        m[i + 2].v[0] = _mm512_shuffle_f64x2(LOW, HIGH, 0x88);
        m[i + 4].v[0] = _mm512_shuffle_f64x2(low, high, 0xdd);
        m[i + 6].v[0] = _mm512_shuffle_f64x2(LOW, HIGH, 0xdd);
    }
}
FA_INLINE void vf32_pair(vf32 a, vf32 b, int w, vf32 *low, vf32 *high)
{
    __m512 x = a.v[0], y = b.v[0];
    if (w == 8) low->v[0] = _mm512_shuffle_f32x4(x, y, 0x44), high->v[0] = _mm512_shuffle_f32x4(x, y, 0xee);
    if (w == 4) low->v[0] = _mm512_shuffle_f32x4(x, y, 0x88), high->v[0] = _mm512_shuffle_f32x4(x, y, 0xdd);
    if (w == 2) low->v[0] = _mm512_shuffle_ps(x, y, 0x44), high->v[0] = _mm512_shuffle_ps(x, y, 0xee);
    if (w == 1) low->v[0] = _mm512_shuffle_ps(x, y, 0x88), high->v[0] = _mm512_shuffle_ps(x, y, 0xdd);
}
FA_INLINE void vf64_pair(vf64 a, vf64 b, int w, vf64 *low, vf64 *high)
{
    __m512d x = a.v[0], y = b.v[0];
    if (w == 4) low->v[0] = _mm512_shuffle_f64x2(x, y, 0x44), high->v[0] = _mm512_shuffle_f64x2(x, y, 0xee);
    if (w == 2) low->v[0] = _mm512_shuffle_f64x2(x, y, 0x88), high->v[0] = _mm512_shuffle_f64x2(x, y, 0xdd);
    if (w == 1) low->v[0] = _mm512_unpacklo_pd(x, y), high->v[0] = _mm512_unpackhi_pd(x, y);
}
#define FA_MASKS
#define FA_TRANSPOSES
#endif

FA_INLINE vf64 vf32_widen_low(vf32 x)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm512_cvtps_pd(_mm512_castps512_ps256(x.v[i]));
    return y;
}
FA_INLINE vf64 vf32_widen_high(vf32 x)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm512_cvtps_pd(_mm512_extractf32x8_ps(x.v[i], 1));
    return y;
}
FA_INLINE vf32 vf32_narrow(vf64 low, vf64 high)
{
    vf32 y;
    FA_EACH(i) {
        __m256 first = _mm512_cvtpd_ps(low.v[i]);
        y.v[i] = _mm512_insertf32x8(_mm512_castps256_ps512(first), _mm512_cvtpd_ps(high.v[i]), 1);
    }
    return y;
}
