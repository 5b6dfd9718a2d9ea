/* One text for float32 and float64.
 *
 * Where an algorithm differs between the two types in nothing but the type, it is written once, in words that this
 * header gives a meaning, first for float32 and then for float64:
 *
 *   V         vf32         vf64          a vector
 *   M         vm32         vm64          a truth value for each lane
 *   REAL      float        double        an element
 *   OP(add)   vf32_add     vf64_add      an operation of vec/vec.h
 *   FA(relu)  fa_relu_f32  fa_relu_f64   a function or a type of ours
 *   K(NAME)   FA_NAME_F32  FA_NAME_F64   a constant of ours
 *
 * OP(set1)(0) is a zero of either type. The text stands in the header that it belongs to, as the other branch of the
 * include guard:
 *
 *   #ifndef FA_TWICE_H
 *   #define FA_TWICE_H
 *
 *   #include "vec/vec.h"                        what the text needs, and functions for one of the types
 *
 *   #define FA_BODY "activations/twice.h"       this very file,
 *   #include "vec/both.h"                       which is included again here, twice
 *   #elif defined(FA_BOTH)
 *
 *   FA_INLINE V FA(twice)(V x) { return OP(add)(x, x); }
 *
 *   #endif
 */
#define FA_BOTH

#define V vf32
#define M vm32
#define REAL float
#define OP(name) vf32_##name
#define FA(name) fa_##name##_f32
#define K(name) FA_##name##_F32
#include FA_BODY
#undef V
#undef M
#undef REAL
#undef OP
#undef FA
#undef K

#define V vf64
#define M vm64
#define REAL double
#define OP(name) vf64_##name
#define FA(name) fa_##name##_f64
#define K(name) FA_##name##_F64
#include FA_BODY
#undef V
#undef M
#undef REAL
#undef OP
#undef FA
#undef K

#undef FA_BOTH
#undef FA_BODY
