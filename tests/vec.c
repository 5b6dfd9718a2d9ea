/* Every operation of src_c/vec/vec.h on special and random operands: a line for each, with a hash of its results, every
 * NaN the same, and of the overflow flag that each vector leaves. Whatever the instruction set, the lines are the same.
 */
#include <fenv.h>
#include <stdio.h>

#define FA_F32_LANES 16
#include "vec/vec.h"

#define SPECIALS 24
#define COUNT (SPECIALS * SPECIALS * SPECIALS + 50000 / 16 * 16) /* a multiple of 16 */
#define LANES32 FA_F32_LANES
#define LANES64 FA_F64_LANES

static float a32[COUNT], b32[COUNT], c32[COUNT], near32[COUNT];
static double a64[COUNT], b64[COUNT], c64[COUNT], near64[COUNT];
static uint16_t half[COUNT];

static uint64_t random_bits(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state * 0x2545f4914f6cdd1d;
}

/* Every three of the special numbers; then of any size, of moderate size, and c that almost cancels the product a b. */
#define FILL(real, bits, type, middle, specials) \
    static void fill_##type(void) \
    { \
        const real special[SPECIALS] = specials; \
        for (int i = 0; i < COUNT; i++) { \
            uint64_t r[3] = {random_bits(), random_bits(), random_bits()}; \
            real x[3], *to[3] = {a##type + i, b##type + i, c##type + i}; \
            for (int k = 0, place = i; k < 3; k++, place /= SPECIALS) { \
                bits word = (bits)(r[k] >> (64 - type)); \
                memcpy(x + k, &word, sizeof *x); \
                if (i % 4 == 1) x[k] = (real)((int64_t)r[k] >> 20) * (real)middle; \
                *to[k] = i < SPECIALS * SPECIALS * SPECIALS ? special[place % SPECIALS] : x[k]; \
            } \
            if (i >= SPECIALS * SPECIALS * SPECIALS && i % 4 == 3) c##type[i] = -(a##type[i] * b##type[i]); \
            near##type[i] = (real)0.5 + (real)(r[0] >> 44) * (real)0x1.8p-20; \
        } \
    }
#define BRACED(...) {__VA_ARGS__}
#define BOTH(...) \
    __VA_ARGS__, NAN, -NAN, INFINITY, -INFINITY, 0, -0.0f, 1, -1, 1.5, -3, 65504, 65520, 65536, -65519.99f, 0x1p-24f, \
        -0x1p-25f
FILL(float, uint32_t, 32, 0x1p-40f,
     BRACED(BOTH(0x1p-149f, -0x1p-149f, 0x1.fffffcp-127f, 0x1p-126f, -0x1p-126f, 0x1.fffffep127f, -0x1.fffffep127f,
                 0x1.8p-75f)))
FILL(double, uint64_t, 64, 0x1p-40,
     BRACED(BOTH(0x1p-1074, -0x1p-1074, 0x1p-1022, -0x1p-1022, 0x1.fffffffffffffp1023, -0x1.fffffffffffffp1023,
                 0x1.8p-537, 0x1.ffffffp127)))

static uint64_t hash;
static void add_word(uint64_t word) { hash = (hash ^ word) * 0x100000001b3; hash ^= hash >> 29; }
static void begin(void) { feclearexcept(FE_ALL_EXCEPT); }
static void end(void) { add_word(fetestexcept(FE_OVERFLOW) ? 1 : 2); }
static void add_f32(const float *x, int n)
{
    for (int i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, x + i, sizeof word);
        add_word(x[i] == x[i] ? word : 0x7fc00000);
    }
}
static void add_f64(const double *x, int n)
{
    for (int i = 0; i < n; i++) {
        uint64_t word;
        memcpy(&word, x + i, sizeof word);
        add_word(x[i] == x[i] ? word : 0x7ff8000000000000);
    }
}
static void tell(const char *name) { printf("%s %016llx\n", name, (unsigned long long)hash), hash = 0; }

#define A32 vf32_load(a32 + i)
#define B32 vf32_load(b32 + i)
#define C32 vf32_load(c32 + i)
#define N32 vf32_load(near32 + i)
#define A64 vf64_load(a64 + i)
#define B64 vf64_load(b64 + i)
#define C64 vf64_load(c64 + i)
#define N64 vf64_load(near64 + i)
#define ONE32 vf32_set1(1)
#define ONE64 vf64_set1(1)

#define TRY32(name, expr) \
    for (int i = 0; i < COUNT; i += LANES32) { \
        float y[LANES32]; \
        begin(), vf32_store(y, expr), end(), add_f32(y, LANES32); \
    } \
    tell(name);
#define TRY64(name, expr) \
    for (int i = 0; i < COUNT; i += LANES64) { \
        double y[LANES64]; \
        begin(), vf64_store(y, expr), end(), add_f64(y, LANES64); \
    } \
    tell(name);
#define TRY(name, arguments32, arguments64) \
    TRY32("vf32_" #name, vf32_##name arguments32) \
    TRY64("vf64_" #name, vf64_##name arguments64)
#define TRY_IF(name, arguments32, arguments64) \
    TRY32("vf32_" #name, vf32_select(vf32_##name arguments32, C32, A32)) \
    TRY64("vf64_" #name, vf64_select(vf64_##name arguments64, C64, A64))

/* Integers from `least` to `most`, for vector i, as t. */
static vf32 steps32(int i, float least, float most)
{
    float t[LANES32];
    for (int j = 0; j < LANES32; j++) t[j] = fmodf((float)(i + j) * 7, most - least + 1) + least + FA_SHIFT_F32;
    return vf32_load(t);
}
static vf64 steps64(int i, double least, double most)
{
    double t[LANES64];
    for (int j = 0; j < LANES64; j++) t[j] = fmod((i + j) * 7, most - least + 1) + least + FA_SHIFT_F64;
    return vf64_load(t);
}
#define T32(least, most) steps32(i, least, most)
#define T64(least, most) steps64(i, least, most)

static void arithmetic(void)
{
    TRY(add, (A32, B32), (A64, B64))
    TRY(sub, (A32, B32), (A64, B64))
    TRY(mul, (A32, B32), (A64, B64))
    TRY(div, (A32, B32), (A64, B64))
    TRY(sqrt, (A32), (A64))
    TRY(fma, (A32, B32, C32), (A64, B64, C64))
    TRY(fnma, (A32, B32, C32), (A64, B64, C64))
    TRY(fms, (A32, B32, C32), (A64, B64, C64))
    TRY(min, (A32, B32), (A64, B64))
    TRY(max, (A32, B32), (A64, B64))
}
static void moves(void)
{
    TRY(set1, (a32[i]), (a64[i]))
    TRY(abs, (A32), (A64))
    TRY(minus_abs, (A32), (A64))
    TRY(neg, (A32), (A64))
    TRY(and, (A32, B32), (A64, B64))
    TRY(or, (A32, B32), (A64, B64))
    TRY(xor, (A32, B32), (A64, B64))
    TRY(flip, (A32, B32), (A64, B64))
    TRY(copysign, (A32, B32), (A64, B64))
    TRY_IF(lt, (A32, B32), (A64, B64))
    TRY_IF(eq, (A32, B32), (A64, B64))
    TRY_IF(unordered, (A32, B32), (A64, B64))
    TRY_IF(isnan, (B32), (B64))
    TRY_IF(signbit, (B32), (B64))
    TRY32("vf32_keep", vf32_keep(vf32_lt(A32, B32), C32))
    TRY64("vf64_keep", vf64_keep(vf64_lt(A64, B64), C64))
    TRY32("vf32_keep unordered", vf32_keep(vf32_unordered(A32, B32), C32))
    TRY64("vf64_keep unordered", vf64_keep(vf64_unordered(A64, B64), C64))
    TRY32("vf32_drop", vf32_drop(vf32_lt(A32, B32), C32))
    TRY64("vf64_drop", vf64_drop(vf64_lt(A64, B64), C64))
    TRY32("vf32_drop unordered", vf32_drop(vf32_unordered(A32, B32), C32))
    TRY64("vf64_drop unordered", vf64_drop(vf64_unordered(A64, B64), C64))
    TRY(keep_first, (A32, i / LANES32 % (LANES32 + 1)), (A64, i / LANES64 % (LANES64 + 1)))
    TRY(load_first, (a32 + i, i / LANES32 % (LANES32 + 1), B32), (a64 + i, i / LANES64 % (LANES64 + 1), B64))
}
static void powers_of_two(void)
{
    TRY(scale, (N32, T32(-191, 63)), (N64, T64(-1123, 923)))
    TRY(scale_wide, (N32, T32(-252, 254)), (N64, T64(-2044, 2046)))
    TRY(pow2, (T32(-126, 127)), (T64(-1022, 1023)))
    TRY(times_pow2, (A32, T32(-126, 127)), (A64, T64(-1022, 1023)))
    TRY32("vf32_pow2_quarters", vf32_pow2_quarters(T32(-504, 511)))
    TRY64("vf64_pow2_halves", vf64_pow2_halves(T64(-2044, 2047)))
    TRY(exponent, (T32(0, 254)), (T64(0, 2046)))
    TRY64("vf64_logb", vf64_logb(vf64_times_pow2(N64, T64(-1021, 1022))))
}
static void tables(void)
{
    TRY32("vf32_lookup4", vf32_lookup4(a32 + SPECIALS, vf32_bits(C32)))
    TRY32("vf32_lookup8", vf32_lookup8(a32 + SPECIALS, vf32_bits(C32)))
}
static vf64 third(vf64 x) { return vf64_mul(x, vf64_set1(0x1.5555555555555p60)); }
static void conversions(void)
{
    TRY32("vf32_through_f64", vf32_through_f64(third, A32)) /* which lanes are the halves is each header's own affair */
    for (int i = 0; i < COUNT; i++) half[i] = (uint16_t)i;
    TRY32("vf32_load_half", vf32_load_half(half + i))
    for (int i = 0; i < COUNT; i += LANES32) {
        begin(), vf32_store_half(half, vf32_mul(A32, vf32_set1(i % 32 ? 1 : 0x1p-8f))), end();
        for (int j = 0; j < LANES32; j++) add_word((half[j] & 0x7fff) > 0x7c00 ? 0x7e00 : half[j]);
    }
    tell("vf32_store_half");
}
static vf32 one_of_pair_32(int i, vf32 a, vf32 b)
{
    vf32 low, high;
    if (i / LANES32 % 4 == 0) vf32_pair(a, b, 1, &low, &high);
    else if (i / LANES32 % 4 == 1) vf32_pair(a, b, 2, &low, &high);
    else if (i / LANES32 % 4 == 2) vf32_pair(a, b, 4, &low, &high);
    else vf32_pair(a, b, 8, &low, &high);
    return i / LANES32 % 8 < 4 ? low : high;
}
static vf64 one_of_pair_64(int i, vf64 a, vf64 b)
{
    vf64 low, high;
    if (i / LANES64 % 3 == 0) vf64_pair(a, b, 1, &low, &high);
    else if (i / LANES64 % 3 == 1) vf64_pair(a, b, 2, &low, &high);
    else vf64_pair(a, b, 4, &low, &high);
    return i / LANES64 % 6 < 3 ? low : high;
}
static void whole(void)
{
    TRY32("vf32_pair", one_of_pair_32(i, A32, B32))
    TRY64("vf64_pair", one_of_pair_64(i, A64, B64))
    for (int n = 0; n <= LANES32; n++) {
        vf32 x = vf32_load(a32 + 100 * n);
        float to[LANES32] = {0};
        vf32_store_first(to, x, n), add_f32(to, LANES32);
    }
    tell("vf32_store_first");
    for (int n = 0; n <= LANES64; n++) {
        vf64 x = vf64_load(a64 + 100 * n);
        double to[LANES64] = {0};
        vf64_store_first(to, x, n), add_f64(to, LANES64);
    }
    tell("vf64_store_first");
    for (int n = 1; n <= LANES32; n++)
        for (int k = 1; k <= LANES32; k++) {
            vf32 m[LANES32];
            for (int r = 0; r < LANES32; r++) m[r] = vf32_load(near32 + r * LANES32);
            vf32_transpose(m, n, k);
            for (int r = 0; r < k; r++) { float row[LANES32]; vf32_store(row, m[r]), add_f32(row, n); }
        }
    tell("vf32_transpose");
    for (int n = 1; n <= LANES64; n++)
        for (int k = 1; k <= LANES64; k++) {
            vf64 m[LANES64];
            for (int r = 0; r < LANES64; r++) m[r] = vf64_load(near64 + r * LANES64);
            vf64_transpose(m, n, k);
            for (int r = 0; r < k; r++) { double row[LANES64]; vf64_store(row, m[r]), add_f64(row, n); }
        }
    tell("vf64_transpose");
    static char from[1024], to[2048];
    for (int j = 0; j < 1024; j++) from[j] = (char)(j * 37);
    char *line = to + (-(uintptr_t)to & 63);
    fa_stream(line, from, sizeof from), fa_streamed();
    for (int j = 0; j < 1024; j++) add_word((unsigned char)line[j]);
    tell("fa_stream");
}

int main(void)
{
    fill_32(), fill_64();
    arithmetic(), moves(), powers_of_two(), tables(), conversions(), whole();
    return 0;
}
