/* The vector type on aarch64's NEON: 4 floats or 2 doubles in a register.
 *
 * 4 registers of 32 for a vector, as on AVX-512, and as rows have in any case. Chosen without such a CPU at hand: by
 * the models of llvm-mca 2 registers make the kernels 4 to 31% slower (Neoverse N2 and Apple M1 are the extremes).
 */
#include <arm_neon.h>

#ifndef FA_F32_LANES
#define FA_F32_LANES 16
#endif
#define FA_F64_LANES (FA_F32_LANES / 2)
#define FA_REGISTERS (FA_F32_LANES / 4) /* an even number */
#define FA_IN_REGISTER "+w"
#define FA_EACH(i) for (int i = 0; i < FA_REGISTERS; i++)

typedef struct { float32x4_t v[FA_REGISTERS]; } vf32;
typedef struct { float64x2_t v[FA_REGISTERS]; } vf64;
typedef struct { uint32x4_t v[FA_REGISTERS]; } vi32;
typedef struct { uint32x4_t v[FA_REGISTERS]; } vm32; /* all bits of a lane set where true */
typedef struct { uint64x2_t v[FA_REGISTERS]; } vm64;

/* expr is written for register i of the operands a, b, c. */
#define FA_OP1(Y, A, name, expr) FA_INLINE Y A##_##name(A a) { Y y; FA_EACH(i) y.v[i] = expr; return y; }
#define FA_OP2(Y, A, name, expr) FA_INLINE Y A##_##name(A a, A b) { Y y; FA_EACH(i) y.v[i] = expr; return y; }
#define FA_OP3(Y, A, name, expr) FA_INLINE Y A##_##name(A a, A b, A c) { Y y; FA_EACH(i) y.v[i] = expr; return y; }
#define FA_BITS32(x) vreinterpretq_u32_f32(x)
#define FA_BITS64(x) vreinterpretq_u64_f64(x)
#define FA_REAL32(x) vreinterpretq_f32_u32(x)
#define FA_REAL64(x) vreinterpretq_f64_u64(x)

FA_INLINE vf32 vf32_load(const float *p) { vf32 y; FA_EACH(i) y.v[i] = vld1q_f32(p + 4 * i); return y; }
FA_INLINE vf64 vf64_load(const double *p) { vf64 y; FA_EACH(i) y.v[i] = vld1q_f64(p + 2 * i); return y; }
FA_INLINE void vf32_store(float *p, vf32 x) { FA_EACH(i) vst1q_f32(p + 4 * i, x.v[i]); }
FA_INLINE void vf64_store(double *p, vf64 x) { FA_EACH(i) vst1q_f64(p + 2 * i, x.v[i]); }
FA_INLINE vf32 vf32_set1(float x) { vf32 y; FA_EACH(i) y.v[i] = vdupq_n_f32(x); return y; }
FA_INLINE vf64 vf64_set1(double x) { vf64 y; FA_EACH(i) y.v[i] = vdupq_n_f64(x); return y; }

/* These CPUs see by themselves that lines are written from end to end, and do not read them first. */
FA_INLINE void fa_stream(void *y, const void *x, int bytes) { memcpy(y, x, (size_t)bytes); }
FA_INLINE void fa_streamed(void) {}

FA_INLINE vf32 vf32_load_half(const uint16_t *p)
{
    vf32 y;
    FA_EACH(i) y.v[i] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * i)));
    return y;
}
FA_INLINE void vf32_store_half(uint16_t *p, vf32 x)
{
    FA_EACH(i) vst1_u16(p + 4 * i, vreinterpret_u16_f16(vcvt_f16_f32(x.v[i])));
}

FA_OP2(vf32, vf32, add, vaddq_f32(a.v[i], b.v[i]))
FA_OP2(vf64, vf64, add, vaddq_f64(a.v[i], b.v[i]))
FA_OP2(vf32, vf32, sub, vsubq_f32(a.v[i], b.v[i]))
FA_OP2(vf64, vf64, sub, vsubq_f64(a.v[i], b.v[i]))
FA_OP2(vf32, vf32, mul, vmulq_f32(a.v[i], b.v[i]))
FA_OP2(vf64, vf64, mul, vmulq_f64(a.v[i], b.v[i]))
FA_OP2(vf32, vf32, div, vdivq_f32(a.v[i], b.v[i]))
FA_OP2(vf64, vf64, div, vdivq_f64(a.v[i], b.v[i]))
FA_OP1(vf32, vf32, sqrt, vsqrtq_f32(a.v[i]))
FA_OP1(vf64, vf64, sqrt, vsqrtq_f64(a.v[i]))
FA_OP3(vf32, vf32, fma, vfmaq_f32(c.v[i], a.v[i], b.v[i]))
FA_OP3(vf64, vf64, fma, vfmaq_f64(c.v[i], a.v[i], b.v[i]))
FA_OP3(vf32, vf32, fnma, vfmsq_f32(c.v[i], a.v[i], b.v[i]))
FA_OP3(vf64, vf64, fnma, vfmsq_f64(c.v[i], a.v[i], b.v[i]))
FA_OP3(vf32, vf32, fms, vfmaq_f32(vnegq_f32(c.v[i]), a.v[i], b.v[i]))
FA_OP3(vf64, vf64, fms, vfmaq_f64(vnegq_f64(c.v[i]), a.v[i], b.v[i]))
/* fmin and fmax treat a NaN in a, and zeros of either sign, in ways of their own. */
FA_OP2(vf32, vf32, min, vbslq_f32(vcltq_f32(a.v[i], b.v[i]), a.v[i], b.v[i]))
FA_OP2(vf64, vf64, min, vbslq_f64(vcltq_f64(a.v[i], b.v[i]), a.v[i], b.v[i]))
FA_OP2(vf32, vf32, max, vbslq_f32(vcgtq_f32(a.v[i], b.v[i]), a.v[i], b.v[i]))
FA_OP2(vf64, vf64, max, vbslq_f64(vcgtq_f64(a.v[i], b.v[i]), a.v[i], b.v[i]))
FA_OP1(vf32, vf32, abs, vabsq_f32(a.v[i]))
FA_OP1(vf64, vf64, abs, vabsq_f64(a.v[i]))
FA_OP2(vf32, vf32, and, FA_REAL32(vandq_u32(FA_BITS32(a.v[i]), FA_BITS32(b.v[i]))))
FA_OP2(vf64, vf64, and, FA_REAL64(vandq_u64(FA_BITS64(a.v[i]), FA_BITS64(b.v[i]))))
FA_OP2(vf32, vf32, or, FA_REAL32(vorrq_u32(FA_BITS32(a.v[i]), FA_BITS32(b.v[i]))))
FA_OP2(vf64, vf64, or, FA_REAL64(vorrq_u64(FA_BITS64(a.v[i]), FA_BITS64(b.v[i]))))
FA_OP2(vf32, vf32, xor, FA_REAL32(veorq_u32(FA_BITS32(a.v[i]), FA_BITS32(b.v[i]))))
FA_OP2(vf64, vf64, xor, FA_REAL64(veorq_u64(FA_BITS64(a.v[i]), FA_BITS64(b.v[i]))))

FA_OP2(vm32, vf32, lt, vcltq_f32(a.v[i], b.v[i]))
FA_OP2(vm64, vf64, lt, vcltq_f64(a.v[i], b.v[i]))
FA_OP2(vm32, vf32, eq, vceqq_f32(a.v[i], b.v[i]))
FA_OP2(vm64, vf64, eq, vceqq_f64(a.v[i], b.v[i]))
FA_OP2(vm32, vf32, unordered, ~(vceqq_f32(a.v[i], a.v[i]) & vceqq_f32(b.v[i], b.v[i])))
FA_OP2(vm64, vf64, unordered, ~(vceqq_f64(a.v[i], a.v[i]) & vceqq_f64(b.v[i], b.v[i])))
FA_OP1(vm32, vf32, signbit, vcltzq_s32(vreinterpretq_s32_f32(a.v[i])))
FA_OP1(vm64, vf64, signbit, vcltzq_s64(vreinterpretq_s64_f64(a.v[i])))
FA_INLINE vf32 vf32_select(vm32 m, vf32 a, vf32 b)
{
    vf32 y;
    FA_EACH(i) y.v[i] = vbslq_f32(m.v[i], a.v[i], b.v[i]);
    return y;
}
FA_INLINE vf64 vf64_select(vm64 m, vf64 a, vf64 b)
{
    vf64 y;
    FA_EACH(i) y.v[i] = vbslq_f64(m.v[i], a.v[i], b.v[i]);
    return y;
}
FA_INLINE vf32 vf32_keep(vm32 m, vf32 x) { FA_EACH(i) x.v[i] = FA_REAL32(FA_BITS32(x.v[i]) & m.v[i]); return x; }
FA_INLINE vf64 vf64_keep(vm64 m, vf64 x) { FA_EACH(i) x.v[i] = FA_REAL64(FA_BITS64(x.v[i]) & m.v[i]); return x; }
FA_INLINE vf32 vf32_drop(vm32 m, vf32 x) { FA_EACH(i) x.v[i] = FA_REAL32(FA_BITS32(x.v[i]) & ~m.v[i]); return x; }
FA_INLINE vf64 vf64_drop(vm64 m, vf64 x) { FA_EACH(i) x.v[i] = FA_REAL64(FA_BITS64(x.v[i]) & ~m.v[i]); return x; }

/* 2^(n + bias), from the low bits of t = n + FA_SHIFT. */
FA_INLINE float32x4_t fa_pow2_f32x4(uint32x4_t t, int bias)
{
    return FA_REAL32(vaddq_u32(vshlq_n_u32(t, 23), vdupq_n_u32((uint32_t)(127 + bias) << 23)));
}
FA_INLINE float64x2_t fa_pow2_f64x2(uint64x2_t t, int bias)
{
    return FA_REAL64(vaddq_u64(vshlq_n_u64(t, 52), vdupq_n_u64((uint64_t)(1023 + bias) << 52)));
}
FA_OP1(vf32, vf32, pow2, fa_pow2_f32x4(FA_BITS32(a.v[i]), 0))
FA_OP1(vf64, vf64, pow2, fa_pow2_f64x2(FA_BITS64(a.v[i]), 0))
FA_INLINE vf32 vf32_times_pow2(vf32 x, vf32 t) { return vf32_mul(x, vf32_pow2(t)); }
FA_INLINE vf64 vf64_times_pow2(vf64 x, vf64 t) { return vf64_mul(x, vf64_pow2(t)); }
FA_OP1(vf32, vf32, exponent, FA_REAL32(vshlq_n_u32(FA_BITS32(a.v[i]), 23)))
FA_OP1(vf64, vf64, exponent, FA_REAL64(vshlq_n_u64(FA_BITS64(a.v[i]), 52)))

/* The first product is exact, so that only the second rounds. */
FA_OP2(vf32, vf32, scale, vmulq_f32(vmulq_f32(a.v[i], fa_pow2_f32x4(FA_BITS32(b.v[i]), 64)), vdupq_n_f32(0x1p-64f)))
FA_OP2(vf64, vf64, scale, vmulq_f64(vmulq_f64(a.v[i], fa_pow2_f64x2(FA_BITS64(b.v[i]), 100)), vdupq_n_f64(0x1p-100)))
FA_INLINE vf32 vf32_scale_wide(vf32 x, vf32 t)
{
    FA_EACH(i) {
        uint32x4_t n = FA_BITS32(t.v[i]), half = vshrq_n_u32(n, 1);
        x.v[i] = vmulq_f32(vmulq_f32(x.v[i], fa_pow2_f32x4(half, 0)), fa_pow2_f32x4(vsubq_u32(n, half), 0));
    }
    return x;
}
FA_INLINE vf64 vf64_scale_wide(vf64 x, vf64 t)
{
    FA_EACH(i) {
        uint64x2_t n = FA_BITS64(t.v[i]), half = vshrq_n_u64(n, 1);
        x.v[i] = vmulq_f64(vmulq_f64(x.v[i], fa_pow2_f64x2(half, 0)), fa_pow2_f64x2(vsubq_u64(n, half), 0));
    }
    return x;
}

FA_OP1(vi32, vf32, bits, FA_BITS32(a.v[i]))
FA_INLINE vi32 vi32_shift_right(vi32 x, int k) { FA_EACH(i) x.v[i] >>= k; return x; }
/* The places in a table of the 4 bytes of each float: 4 index + 0 to 3. */
FA_INLINE uint8x16_t fa_bytes_of(uint32x4_t index, uint32_t low_bits)
{
    index = vandq_u32(index, vdupq_n_u32(low_bits));
    return vreinterpretq_u8_u32(vmlaq_u32(vdupq_n_u32(0x03020100), index, vdupq_n_u32(0x04040404)));
}
FA_INLINE vf32 vf32_lookup4(const float *table, vi32 index)
{
    uint8x16_t all = vld1q_u8((const uint8_t *)table);
    vf32 y;
    FA_EACH(i) y.v[i] = vreinterpretq_f32_u8(vqtbl1q_u8(all, fa_bytes_of(index.v[i], 3)));
    return y;
}
/* One load for all registers of a table: of four, gcc makes loads at every use. */
FA_INLINE vf32 vf32_lookup8(const float *table, vi32 index)
{
    uint8x16x2_t all = vld1q_u8_x2((const uint8_t *)table);
    vf32 y;
    FA_EACH(i) y.v[i] = vreinterpretq_f32_u8(vqtbl2q_u8(all, fa_bytes_of(index.v[i], 7)));
    return y;
}

FA_INLINE vf32 vf32_pow2_quarters(vf32 t)
{
    uint8x16_t table = vreinterpretq_u8_u32(vld1q_u32(FA_POW2_QUARTERS));
    FA_EACH(i) {
        uint32x4_t n = FA_BITS32(t.v[i]), base = vreinterpretq_u32_u8(vqtbl1q_u8(table, fa_bytes_of(n, 3)));
        t.v[i] = FA_REAL32(vaddq_u32(base, vshlq_n_u32(n, 21)));
    }
    return t;
}
/* The lowest bit of n, moved to the top of a lane that is shifted back with its sign, picks one of the two. */
FA_INLINE vf64 vf64_pow2_halves(vf64 t)
{
    uint64x2_t even = vdupq_n_u64(FA_POW2_HALVES[0]), odd = vdupq_n_u64(FA_POW2_HALVES[1]);
    FA_EACH(i) {
        uint64x2_t n = FA_BITS64(t.v[i]);
        uint64x2_t is_odd = vreinterpretq_u64_s64(vshrq_n_s64(vreinterpretq_s64_u64(vshlq_n_u64(n, 63)), 63));
        t.v[i] = FA_REAL64(vaddq_u64(vbslq_u64(is_odd, odd, even), vshlq_n_u64(n, 51)));
    }
    return t;
}
/* The exponent field, as the low bits of a double whose unit is 1. */
FA_OP1(vf64, vf64, logb, vsubq_f64(FA_REAL64(vshrq_n_u64(FA_BITS64(a.v[i]), 52) | FA_BITS64(vdupq_n_f64(0x1p52))),
                                   vdupq_n_f64(0x1p52 + 1023)))

/* Register i of the doubles that the floats from register `first` on are. */
FA_INLINE float64x2_t fa_widen(vf32 x, int first, int i)
{
    float32x4_t four = x.v[first + i / 2];
    return i % 2 ? vcvt_high_f64_f32(four) : vcvt_f64_f32(vget_low_f32(four));
}
FA_INLINE vf64 vf32_widen_low(vf32 x) { vf64 y; FA_EACH(i) y.v[i] = fa_widen(x, 0, i); return y; }
FA_INLINE vf64 vf32_widen_high(vf32 x) { vf64 y; FA_EACH(i) y.v[i] = fa_widen(x, FA_REGISTERS / 2, i); return y; }
FA_INLINE vf32 vf32_narrow(vf64 low, vf64 high)
{
    vf32 y;
    for (int i = 0; i < FA_REGISTERS / 2; i++) {
        y.v[i] = vcvt_high_f32_f64(vcvt_f32_f64(low.v[2 * i]), low.v[2 * i + 1]);
        y.v[i + FA_REGISTERS / 2] = vcvt_high_f32_f64(vcvt_f32_f64(high.v[2 * i]), high.v[2 * i + 1]);
    }
    return y;
}

#if FA_F32_LANES == 16
FA_INLINE void vf32_pair(vf32 a, vf32 b, int w, vf32 *low, vf32 *high)
{
    if (w == 8) {
        *low = (vf32){{a.v[0], a.v[1], b.v[0], b.v[1]}}, *high = (vf32){{a.v[2], a.v[3], b.v[2], b.v[3]}};
        return;
    }
    if (w == 4) {
        *low = (vf32){{a.v[0], a.v[2], b.v[0], b.v[2]}}, *high = (vf32){{a.v[1], a.v[3], b.v[1], b.v[3]}};
        return;
    }
    FA_EACH(i) {
        float32x4_t x = a.v[i], y = b.v[i];
        if (w == 2) {
            low->v[i] = vcombine_f32(vget_low_f32(x), vget_low_f32(y));
            high->v[i] = vcombine_f32(vget_high_f32(x), vget_high_f32(y));
        } else low->v[i] = vuzp1q_f32(x, y), high->v[i] = vuzp2q_f32(x, y);
    }
}
FA_INLINE void vf64_pair(vf64 a, vf64 b, int w, vf64 *low, vf64 *high)
{
    if (w == 4) *low = (vf64){{a.v[0], a.v[1], b.v[0], b.v[1]}}, *high = (vf64){{a.v[2], a.v[3], b.v[2], b.v[3]}};
    if (w == 2) *low = (vf64){{a.v[0], a.v[2], b.v[0], b.v[2]}}, *high = (vf64){{a.v[1], a.v[3], b.v[1], b.v[3]}};
    if (w == 1) FA_EACH(i) low->v[i] = vzip1q_f64(a.v[i], b.v[i]), high->v[i] = vzip2q_f64(a.v[i], b.v[i]);
}
/* Blocks of 4 rows and columns (of doubles, 2), each to the place across the diagonal. */
FA_INLINE void vf32_transpose(vf32 *m, int n, int k)
{
    (void)n, (void)k;
    vf32 from[16];
    memcpy(from, m, sizeof from);
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 4; j++) {
            float32x4_t a = from[i].v[j], b = from[i + 1].v[j], c = from[i + 2].v[j], d = from[i + 3].v[j];
            float32x4_t ac = vzip1q_f32(a, c), AC = vzip2q_f32(a, c), bd = vzip1q_f32(b, d), BD = vzip2q_f32(b, d);
            m[4 * j].v[i / 4] = vzip1q_f32(ac, bd);
            m[4 * j + 1].v[i / 4] = vzip2q_f32(ac, bd);
            m[4 * j + 2].v[i / 4] = vzip1q_f32(AC, BD);
            m[4 * j + 3].v[i / 4] = vzip2q_f32(AC, BD);
        }
}
FA_INLINE void vf64_transpose(vf64 *m, int n, int k)
{
    (void)n, (void)k;
    vf64 from[8];
    memcpy(from, m, sizeof from);
    for (int i = 0; i < 8; i += 2)
        for (int j = 0; j < 4; j++) {
            m[2 * j].v[i / 2] = vzip1q_f64(from[i].v[j], from[i + 1].v[j]);
            m[2 * j + 1].v[i / 2] = vzip2q_f64(from[i].v[j], from[i + 1].v[j]);
        }
}
#define FA_TRANSPOSES
#endif
