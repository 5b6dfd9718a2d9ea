/* The types of the room, for REAL and its vector V of L lanes: a batch of rows, and the sums of its rows. */

#define FA_PARTS 16                   /* The partial sums of a row: element i goes to part i % 16. */
#define FA_ROW_VECTORS (FA_PARTS / L) /* The vectors that hold the parts of one row: 1 of floats, 2 of doubles. */
#define FA_FACTORS 3                  /* The powers of two that a temperature's is made of, at most. */

/* Whether a vector is one register, as with AVX-512, which has 32 of them: several vectors and their sums fit in. */
#if defined(FA_REGISTERS) && FA_REGISTERS == 1
#define FA_ROOMY 1
#else
#define FA_ROOMY 0
#endif

/* Where registers are few, the compiler moves no load up over this, and so begins no other vector: it would keep more
 * at hand than fits. */
#if !FA_ROOMY && defined(FA_IN_REGISTER)
#define FA_IN_TURN __asm__ volatile("" ::: "memory")
#else
#define FA_IN_TURN (void)0
#endif

/* What the term of an element is computed from: reduction.h. Each lane belongs to a row, or all of them to the same. */
typedef struct {
    V top;                 /* the largest element of the row, or 0 where that was subtracted */
    V sign;                /* -0 where x is negated, otherwise 0: it is xored to x where tops are looked for */
    V factor;              /* what x is multiplied by where it is adjusted: -1, or a power of two */
    V lowest;              /* smaller elements count as this one, whose term is next to nothing */
    V rate, shift;         /* x rate + shift has the exponent of the term, in steps, in its low bits */
    V step, step_low;      /* the width of a step on the axis of x, in two parts */
    V inverse_temperature;
    V inverse_sum;         /* of the row's terms: for FA_DIVIDE_TERMS alone */
} FA(reduction);

/* The partial sums of one row, each part in a lane; or of L rows, each row in a lane. `lost` is what adding to `sum`
 * has rounded off. `second` is the second sum of a pass: of products with dy, of dy, or the number of elements that
 * equal the top. */
typedef struct { V sum[FA_ROW_VECTORS], lost[FA_ROW_VECTORS], second[FA_ROW_VECTORS]; } FA(row_sums);
typedef struct { V sum[FA_PARTS], lost[FA_PARTS], second[FA_PARTS]; } FA(lane_sums);

/* The numbers that the last pass applies to the terms of a row: enum fa_map. For log forms b is by how much logsumexp
 * exceeds the top; c is the power of two of a temperature. */
typedef struct { V a, b, c; } FA(coefficients);

/* A panel is a sequence of vectors: of one row, whose lanes are neighbours in it, or of L rows, each in a lane. Terms
 * are stored where the results will go, in y. Steps are counted in elements, from one vector to the next. In a call
 * that masks, x and dy are copies. */
typedef struct { const REAL *x, *dy; REAL *y; ptrdiff_t x_step, dy_step, y_step; } FA(panel);

/* The temperatures of rows, each in its lane: T in two parts, and the factors, so many of which may not be 1, that are
 * the inverse of 2^e: general.h. */
typedef struct { V t, t_low, factor[FA_FACTORS]; int factors; } FA(temperatures);

/* Up to L rows that go through the passes together, and what the passes find out about them. Vectors have one lane for
 * each row. */
typedef struct {
    const fa_call *call;
    ptrdiff_t row; /* the first of the rows */
    int rows;      /* how many they are */
    int in_lanes;  /* whether panel[0] has all of the rows, each in a lane; otherwise panel[r] has row r */
    int pass;      /* the summing pass */
    V scalars;
    uint32_t absent; /* a bit for each row all of which is masked */
    V tops;          /* as they are in x, before it is divided by a temperature */
    FA(temperatures) heat;
    FA(reduction) k;
    FA(coefficients) c;
    const REAL *subtracted; /* what was subtracted from each row before it came here, or NULL */
    FA(panel) panel[L];
    const uint8_t *mask[L]; /* of each panel, in a call that masks: a byte for each element, without gaps */
} FA(batch);

/* Whether the rows of an operand are as vectors are read and written. */
static int FA(is_contiguous)(const fa_call *call, const fa_view *v)
{
    return v->step == (ptrdiff_t)sizeof(REAL) && call->element != FA_HALF;
}

/* Whether a bit of x is set. */
FA_INLINE int FA(has_bits)(V x)
{
    uint64_t words[sizeof(V) / 8], any = 0;
    memcpy(words, &x, sizeof words);
    for (size_t i = 0; i < sizeof words / 8; i++) any |= words[i];
    return any != 0;
}

/* The steps that make L vectors, each of one row, one vector, whose lanes are the rows. In each, vectors FA(apart) from
 * one another become one of lanes that are still to be put together, and one of those that they are put together with,
 * `width` lanes from them: OP(pair). This is by how much. The order makes lane i that of row i in the end. Of 8 lanes:
 *   width 4, vectors r and r + 2:  4 lanes of row r, 4 of r + 2
 *   width 2, vectors r and r + 4:  2 lanes each of rows r, r + 2, r + 4, r + 6
 *   width 1, vectors 0 and 1:      a lane each of rows 0, 1, ..., 7 */
FA_INLINE int FA(apart)(int width)
{
    if (L == 8) return width == 4 ? 2 : width == 2 ? 4 : 1;
    return width == 8 ? 4 : width == 4 ? 8 : width == 2 ? 1 : 2;
}
/* Whether an earlier step, or this one, has put vector r into another. */
FA_INLINE int FA(is_paired)(int r, int width)
{
    int others = 0;
    for (int w = L / 2; w >= width; w /= 2) others |= FA(apart)(w);
    return (r & others) != 0;
}
