/* The vector type in plain C: arrays of lanes, for the baseline of any CPU. */
#include "vec/bits.h"
#include "vec/fma.h"
#include "vec/half.h"

#define FA_SCALAR
#ifndef FA_F32_LANES
#define FA_F32_LANES 4
#endif
#define FA_F64_LANES (FA_F32_LANES / 2)
#if defined(__SSE2__) && defined(__GNUC__)
#define FA_IN_REGISTER "+x"
#endif
#define FA_EACH32 for (int i = 0; i < FA_F32_LANES; i++)
#define FA_EACH64 for (int i = 0; i < FA_F64_LANES; i++)

typedef struct { float v[FA_F32_LANES]; } vf32;
typedef struct { double v[FA_F64_LANES]; } vf64;
typedef struct { uint32_t v[FA_F32_LANES]; } vi32;
typedef struct { uint32_t v[FA_F32_LANES]; } vm32;
typedef struct { uint64_t v[FA_F64_LANES]; } vm64;

/* expr is written for lane i of the operands a, b, c. */
#define FA_OP1(Y, A, each, name, expr) FA_INLINE Y A##_##name(A a) { Y y; each y.v[i] = expr; return y; }
#define FA_OP2(Y, A, each, name, expr) FA_INLINE Y A##_##name(A a, A b) { Y y; each y.v[i] = expr; return y; }
#define FA_OP3(Y, A, each, name, expr) FA_INLINE Y A##_##name(A a, A b, A c) { Y y; each y.v[i] = expr; return y; }

FA_INLINE vf32 vf32_load(const float *p) { vf32 y; memcpy(&y, p, sizeof y); return y; }
FA_INLINE vf64 vf64_load(const double *p) { vf64 y; memcpy(&y, p, sizeof y); return y; }
FA_INLINE void vf32_store(float *p, vf32 x) { memcpy(p, &x, sizeof x); }
FA_INLINE void vf64_store(double *p, vf64 x) { memcpy(p, &x, sizeof x); }
FA_INLINE void fa_stream(void *y, const void *x, int bytes) { memcpy(y, x, (size_t)bytes); }
FA_INLINE void fa_streamed(void) {}
FA_INLINE vf32 vf32_load_half(const uint16_t *p) { vf32 y; FA_EACH32 y.v[i] = fa_half_to_f32(p[i]); return y; }
FA_INLINE void vf32_store_half(uint16_t *p, vf32 x) { FA_EACH32 p[i] = fa_half_from_f32(x.v[i]); }
FA_INLINE vf32 vf32_set1(float x) { vf32 y; FA_EACH32 y.v[i] = x; return y; }
FA_INLINE vf64 vf64_set1(double x) { vf64 y; FA_EACH64 y.v[i] = x; return y; }

FA_OP2(vf32, vf32, FA_EACH32, add, a.v[i] + b.v[i])
FA_OP2(vf64, vf64, FA_EACH64, add, a.v[i] + b.v[i])
FA_OP2(vf32, vf32, FA_EACH32, sub, a.v[i] - b.v[i])
FA_OP2(vf64, vf64, FA_EACH64, sub, a.v[i] - b.v[i])
FA_OP2(vf32, vf32, FA_EACH32, mul, a.v[i] * b.v[i])
FA_OP2(vf64, vf64, FA_EACH64, mul, a.v[i] * b.v[i])
FA_OP2(vf32, vf32, FA_EACH32, div, a.v[i] / b.v[i])
FA_OP2(vf64, vf64, FA_EACH64, div, a.v[i] / b.v[i])
FA_OP1(vf32, vf32, FA_EACH32, sqrt, sqrtf(a.v[i]))
FA_OP1(vf64, vf64, FA_EACH64, sqrt, sqrt(a.v[i]))
FA_OP3(vf32, vf32, FA_EACH32, fma, fa_fma_f32(a.v[i], b.v[i], c.v[i]))
FA_OP3(vf64, vf64, FA_EACH64, fma, fa_fma_f64(a.v[i], b.v[i], c.v[i]))
FA_OP3(vf32, vf32, FA_EACH32, fnma, fa_fma_f32(-a.v[i], b.v[i], c.v[i]))
FA_OP3(vf64, vf64, FA_EACH64, fnma, fa_fma_f64(-a.v[i], b.v[i], c.v[i]))
FA_OP3(vf32, vf32, FA_EACH32, fms, fa_fma_f32(a.v[i], b.v[i], -c.v[i]))
FA_OP3(vf64, vf64, FA_EACH64, fms, fa_fma_f64(a.v[i], b.v[i], -c.v[i]))
FA_OP2(vf32, vf32, FA_EACH32, min, a.v[i] < b.v[i] ? a.v[i] : b.v[i])
FA_OP2(vf64, vf64, FA_EACH64, min, a.v[i] < b.v[i] ? a.v[i] : b.v[i])
FA_OP2(vf32, vf32, FA_EACH32, max, a.v[i] > b.v[i] ? a.v[i] : b.v[i])
FA_OP2(vf64, vf64, FA_EACH64, max, a.v[i] > b.v[i] ? a.v[i] : b.v[i])
FA_OP1(vf32, vf32, FA_EACH32, abs, fa_f32(fa_bits_f32(a.v[i]) & ~FA_SIGN32))
FA_OP1(vf64, vf64, FA_EACH64, abs, fa_f64(fa_bits_f64(a.v[i]) & ~FA_SIGN64))
FA_OP2(vf32, vf32, FA_EACH32, and, fa_f32(fa_bits_f32(a.v[i]) & fa_bits_f32(b.v[i])))
FA_OP2(vf64, vf64, FA_EACH64, and, fa_f64(fa_bits_f64(a.v[i]) & fa_bits_f64(b.v[i])))
FA_OP2(vf32, vf32, FA_EACH32, or, fa_f32(fa_bits_f32(a.v[i]) | fa_bits_f32(b.v[i])))
FA_OP2(vf64, vf64, FA_EACH64, or, fa_f64(fa_bits_f64(a.v[i]) | fa_bits_f64(b.v[i])))
FA_OP2(vf32, vf32, FA_EACH32, xor, fa_f32(fa_bits_f32(a.v[i]) ^ fa_bits_f32(b.v[i])))
FA_OP2(vf64, vf64, FA_EACH64, xor, fa_f64(fa_bits_f64(a.v[i]) ^ fa_bits_f64(b.v[i])))

FA_OP2(vm32, vf32, FA_EACH32, lt, a.v[i] < b.v[i])
FA_OP2(vm64, vf64, FA_EACH64, lt, a.v[i] < b.v[i])
FA_OP2(vm32, vf32, FA_EACH32, eq, a.v[i] == b.v[i])
FA_OP2(vm64, vf64, FA_EACH64, eq, a.v[i] == b.v[i])
FA_OP2(vm32, vf32, FA_EACH32, unordered, a.v[i] != a.v[i] || b.v[i] != b.v[i])
FA_OP2(vm64, vf64, FA_EACH64, unordered, a.v[i] != a.v[i] || b.v[i] != b.v[i])
FA_OP1(vm32, vf32, FA_EACH32, signbit, fa_bits_f32(a.v[i]) >> 31)
FA_OP1(vm64, vf64, FA_EACH64, signbit, fa_bits_f64(a.v[i]) >> 63)
FA_INLINE vf32 vf32_select(vm32 m, vf32 a, vf32 b) { vf32 y; FA_EACH32 y.v[i] = m.v[i] ? a.v[i] : b.v[i]; return y; }
FA_INLINE vf64 vf64_select(vm64 m, vf64 a, vf64 b) { vf64 y; FA_EACH64 y.v[i] = m.v[i] ? a.v[i] : b.v[i]; return y; }
FA_INLINE vf32 vf32_keep(vm32 m, vf32 x) { FA_EACH32 x.v[i] = m.v[i] ? x.v[i] : 0; return x; }
FA_INLINE vf64 vf64_keep(vm64 m, vf64 x) { FA_EACH64 x.v[i] = m.v[i] ? x.v[i] : 0; return x; }
FA_INLINE vf32 vf32_drop(vm32 m, vf32 x) { FA_EACH32 x.v[i] = m.v[i] ? 0 : x.v[i]; return x; }
FA_INLINE vf64 vf64_drop(vm64 m, vf64 x) { FA_EACH64 x.v[i] = m.v[i] ? 0 : x.v[i]; return x; }

/* The first product is exact, so that only the second rounds. */
FA_OP2(vf32, vf32, FA_EACH32, scale, (a.v[i] * fa_pow2_f32(fa_bits_f32(b.v[i]) + 64)) * 0x1p-64f)
FA_OP2(vf64, vf64, FA_EACH64, scale, (a.v[i] * fa_pow2_f64(fa_bits_f64(b.v[i]) + 100)) * 0x1p-100)
FA_OP2(vf32, vf32, FA_EACH32, scale_wide, (a.v[i] * fa_pow2_f32(fa_bits_f32(b.v[i]) >> 1))
       * fa_pow2_f32(fa_bits_f32(b.v[i]) - (fa_bits_f32(b.v[i]) >> 1)))
FA_OP2(vf64, vf64, FA_EACH64, scale_wide, (a.v[i] * fa_pow2_f64(fa_bits_f64(b.v[i]) >> 1))
       * fa_pow2_f64(fa_bits_f64(b.v[i]) - (fa_bits_f64(b.v[i]) >> 1)))
FA_OP1(vf32, vf32, FA_EACH32, pow2, fa_pow2_f32(fa_bits_f32(a.v[i])))
FA_OP1(vf64, vf64, FA_EACH64, pow2, fa_pow2_f64(fa_bits_f64(a.v[i])))
FA_INLINE vf32 vf32_times_pow2(vf32 x, vf32 t) { return vf32_mul(x, vf32_pow2(t)); }
FA_INLINE vf64 vf64_times_pow2(vf64 x, vf64 t) { return vf64_mul(x, vf64_pow2(t)); }
FA_OP1(vf32, vf32, FA_EACH32, exponent, fa_f32(fa_bits_f32(a.v[i]) << 23))
FA_OP1(vf64, vf64, FA_EACH64, exponent, fa_f64(fa_bits_f64(a.v[i]) << 52))

FA_OP1(vi32, vf32, FA_EACH32, bits, fa_bits_f32(a.v[i]))
FA_INLINE vi32 vi32_shift_right(vi32 x, int k) { FA_EACH32 x.v[i] >>= k; return x; }
FA_INLINE vf32 vf32_lookup4(const float *table, vi32 index)
{
    vf32 y;
    FA_EACH32 y.v[i] = table[index.v[i] & 3];
    return y;
}
FA_INLINE vf32 vf32_lookup8(const float *table, vi32 index)
{
    vf32 y;
    FA_EACH32 y.v[i] = table[index.v[i] & 7];
    return y;
}

FA_OP1(vf32, vf32, FA_EACH32, pow2_quarters,
       fa_f32(FA_POW2_QUARTERS[fa_bits_f32(a.v[i]) & 3] + (fa_bits_f32(a.v[i]) << 21)))
FA_OP1(vf64, vf64, FA_EACH64, pow2_halves,
       fa_f64(FA_POW2_HALVES[fa_bits_f64(a.v[i]) & 1] + (fa_bits_f64(a.v[i]) << 51)))
FA_OP1(vf64, vf64, FA_EACH64, logb, (double)(int)(fa_bits_f64(a.v[i]) >> 52) - 1023.0)

FA_INLINE vf64 vf32_widen_low(vf32 x) { vf64 y; FA_EACH64 y.v[i] = x.v[i]; return y; }
FA_INLINE vf64 vf32_widen_high(vf32 x) { vf64 y; FA_EACH64 y.v[i] = x.v[i + FA_F64_LANES]; return y; }
FA_INLINE vf32 vf32_narrow(vf64 low, vf64 high)
{
    vf32 y;
    FA_EACH64 { y.v[i] = (float)low.v[i]; y.v[i + FA_F64_LANES] = (float)high.v[i]; }
    return y;
}
