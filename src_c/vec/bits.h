/* The bits of a float and of a double, and powers of two made from them. */
#define FA_SIGN32 0x80000000u
#define FA_SIGN64 0x8000000000000000u

FA_INLINE uint32_t fa_bits_f32(float x) { uint32_t b; memcpy(&b, &x, sizeof b); return b; }
FA_INLINE uint64_t fa_bits_f64(double x) { uint64_t b; memcpy(&b, &x, sizeof b); return b; }
FA_INLINE float fa_f32(uint32_t b) { float x; memcpy(&x, &b, sizeof x); return x; }
FA_INLINE double fa_f64(uint64_t b) { double x; memcpy(&x, &b, sizeof x); return x; }

/* 2^n for a normal result, n in the low bits. */
FA_INLINE float fa_pow2_f32(uint32_t n) { return fa_f32((n << 23) + 0x3f800000u); }
FA_INLINE double fa_pow2_f64(uint64_t n) { return fa_f64((n << 52) + 0x3ff0000000000000u); }
