/* The vector type on AVX-512 (F, DQ, VL, BW): 16 floats or 8 doubles in a register. */
#include <immintrin.h>

#ifndef FA_REGISTERS
#define FA_REGISTERS 4
#endif
#define FA_F32_LANES (16 * FA_REGISTERS)
#define FA_F64_LANES (8 * FA_REGISTERS)
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
FA_INLINE vm32 vf32_signbit(vf32 a) { vm32 m; FA_EACH(i) m.v[i] = _mm512_movepi32_mask(_mm512_castps_si512(a.v[i])); return m; }
FA_INLINE vm64 vf64_signbit(vf64 a) { vm64 m; FA_EACH(i) m.v[i] = _mm512_movepi64_mask(_mm512_castpd_si512(a.v[i])); return m; }
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
FA_INLINE vf64 vf64_pow2(vf64 t)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm512_castsi512_pd(_mm512_add_epi64(_mm512_slli_epi64(_mm512_castpd_si512(t.v[i]), 52),
                                                             _mm512_set1_epi64(0x3ff0000000000000)));
    return y;
}
FA_INLINE vf64 vf64_scale_eighths(vf64 x, vf64 t)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm512_scalef_pd(x.v[i], _mm512_sub_pd(t.v[i], _mm512_set1_pd(FA_SHIFT_EIGHTHS)));
    return y;
}
FA_INLINE vf64 vf64_raise(vf64 x, vf64 t)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm512_castsi512_pd(
        _mm512_add_epi64(_mm512_castpd_si512(x.v[i]),
                         _mm512_slli_epi64(_mm512_srli_epi64(_mm512_castpd_si512(t.v[i]), 3), 52)));
    return y;
}
FA_INLINE vf64 vf64_lookup8(const double *table, vf64 t)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm512_permutexvar_pd(_mm512_castpd_si512(t.v[i]), _mm512_loadu_pd(table));
    return y;
}
FA_INLINE vf64 vf64_lookup16(const double *table, vf64 t)
{
    vf64 y;
    FA_EACH(i) y.v[i] = _mm512_permutex2var_pd(_mm512_loadu_pd(table), _mm512_castpd_si512(t.v[i]), _mm512_loadu_pd(table + 8));
    return y;
}

FA_INLINE vi32 vf32_bits(vf32 x) { vi32 y; FA_EACH(i) y.v[i] = _mm512_castps_si512(x.v[i]); return y; }
FA_INLINE vi32 vi32_shift_right(vi32 x, int k) { vi32 y; FA_EACH(i) y.v[i] = _mm512_srli_epi32(x.v[i], (unsigned)k); return y; }
FA_INLINE vf32 vf32_lookup16(const float *table, vi32 index)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm512_permutexvar_ps(index.v[i], _mm512_loadu_ps(table));
    return y;
}
FA_INLINE vf32 vf32_lookup8(const float *table, vi32 index)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm512_permutexvar_ps(index.v[i], _mm512_broadcast_f32x8(_mm256_loadu_ps(table)));
    return y;
}

FA_INLINE vf64 vf32_widen_low(vf32 x) { vf64 y; FA_EACH(i) y.v[i] = _mm512_cvtps_pd(_mm512_castps512_ps256(x.v[i])); return y; }
FA_INLINE vf64 vf32_widen_high(vf32 x) { vf64 y; FA_EACH(i) y.v[i] = _mm512_cvtps_pd(_mm512_extractf32x8_ps(x.v[i], 1)); return y; }
FA_INLINE vf32 vf32_narrow(vf64 low, vf64 high)
{
    vf32 y;
    FA_EACH(i) y.v[i] = _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(low.v[i])), _mm512_cvtpd_ps(high.v[i]), 1);
    return y;
}
