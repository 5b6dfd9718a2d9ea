/* float16 to float32, exactly, and back, to nearest with ties to even. */

FA_INLINE float fa_half_to_f32(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000u) << 16, magnitude = h & 0x7fffu;
    float finite = fa_f32(magnitude << 13) * 0x1p112f; /* moves the exponent's bias; a subnormal becomes normal */
    uint32_t bits = magnitude < 0x7c00u ? fa_bits_f32(finite) : 0x7f800000u | magnitude << 13;
    return fa_f32(sign | bits);
}

FA_INLINE uint16_t fa_half_from_f32(float x)
{
    uint32_t bits = fa_bits_f32(x), sign = bits >> 16 & 0x8000u, magnitude = bits & ~FA_SIGN32, h;
    if (magnitude > 0x7f800000u)
        h = 0x7e00u;
    else if (magnitude >= 0x477ff000u) { /* 65520, the midpoint past the largest float16 */
        volatile float largest = 0x1p127f;
        if (magnitude < 0x7f800000u)
            largest = largest * 2.0f; /* raises the overflow flag, as the CPUs' own conversions do */
        h = 0x7c00u;
    }
    else if (magnitude < 0x38800000u) /* below 2^-14: adding 1/2 rounds at the subnormal spacing, 2^-24 */
        h = fa_bits_f32(fa_f32(magnitude) + 0.5f) - 0x3f000000u;
    else
        h = (magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1)) >> 13;
    return (uint16_t)(sign | h);
}
