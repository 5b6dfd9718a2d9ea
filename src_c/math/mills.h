/* The tail of the normal distribution in float64, by the Mills ratio:
 *
 *   E(a) = e^(-a^2/2)
 *   R(a) = P(N > a)/E(a)                  N normal with mean 0 and variance 1
 *   S(a) = (R(a) - a/sqrt(2 pi))/(a - a0) where a0 is the zero of the numerator, so that nothing cancels beside it
 *
 * for a from 0 to 38.75. R and S are rational in a: a polynomial in t = (a - a1)/(a + k), which takes all these a to a
 * short interval around 0. The first coefficient outweighs the rest, and is a pair.
 *
 * Coefficients: math/minimax/gelu.sollya.
 */
#ifndef FA_MILLS_H
#define FA_MILLS_H

#include "math/exp.h"

#define FA_INVERSE_SQRT_2PI 0x1.9884533d43651p-2

/* E(a), with the square as a pair. For smaller a than that of the max E is 1, and the square need not underflow. */
FA_INLINE fa_reduced_f64 fa_reduce_gauss_f64(vf64 a)
{
    vf64 b = vf64_max(vf64_set1(0x1p-100), a), minus = vf64_mul(b, vf64_set1(-0.5)), square = vf64_mul(minus, b);
    return fa_reduce_pair_by_f64((fa_pair_f64){square, vf64_fms(minus, b, square)}, FA_SHIFT_RAISED);
}

/* R(a) = M(t)/(a + 1.125) for t = (a - 3)/(a + 6). M stays between 0.41 and 0.57, and is flat near a = 0, where t is
 * least exact. The sum a + 1.125 may go as a fast one with the smaller number first, since 1.125 has so few bits. */
FA_INLINE fa_pair_f64 fa_mills_f64(vf64 a)
{
    fa_pair_f64 d = fa_fast_two_sum_f64(vf64_set1(1.125), a);
    vf64 t = vf64_div(vf64_sub(a, vf64_set1(3.0)), vf64_add(a, vf64_set1(6.0)));
    vf64 q = fa_estrin4_f64(t, -0x1.77c9ef0309e06p-3, 0x1.6e4e1274c5cf9p-4, 0x1.6e1404619ec73p-4, -0x1.2854992c93eecp-2,
        0x1.b130103d8eaebp-2, -0x1.bda210136a275p-2, 0x1.5a468ea472ce3p-2, -0x1.925ba0e7f8883p-3, 0x1.3e5eeefbc0f35p-4,
        -0x1.ac10c8a7f6e3bp-7, -0x1.90adc1a2b5f88p-8, 0x1.2a6dd58a9b4edp-8, -0x1.dee4cd55bad37p-12,
        -0x1.6b434adafb187p-11, 0x1.fcb42ec36fc59p-13, 0x1.7b3e7857c037dp-14, -0x1.027281a85d58ap-14,
        -0x1.9a14acd7f6c21p-17, 0x1.eded52c8a119ep-17, 0x1.1972754930aa8p-20, -0x1.cb69c26f9c4b8p-19,
        0x1.c2415d483f00dp-21);
    fa_pair_f64 m = fa_two_fma_f64(t, q, vf64_set1(0x1.00a330821bc83p-1));
    m.low = vf64_add(m.low, vf64_set1(-0x1.66415783d0e82p-55));
    return fa_quotient_of_pairs_f64(m, d);
}

/* S(a), a polynomial in t = (a - 1.5)/(a + 4). It stays between -0.67 and -0.40. */
FA_INLINE fa_pair_f64 fa_mills_slope_f64(vf64 a)
{
    vf64 t = vf64_div(vf64_sub(a, vf64_set1(1.5)), vf64_add(a, vf64_set1(4.0)));
    vf64 q = fa_estrin4_f64(t, 0x1.0b991e806ea9p-2, -0x1.e57c16c0a4247p-3, 0x1.31970adb67739p-3, -0x1.c96e8ea644597p-5,
        0x1.e9237169e40cfp-9, 0x1.aee45d2482a66p-8, -0x1.88c153f2f2995p-10, -0x1.16e96e5aa50eap-10,
        0x1.13cf3069c1aafp-12,
        0x1.fbe0c0180bb55p-13, -0x1.73b8b7472e68cp-16, -0x1.fca26ca07e0cap-15, -0x1.407f9e2335825p-17,
        0x1.a0933ada5b775p-17, 0x1.acfaddbb72a24p-18, 0x1.fb55dee6019bp-25, -0x1.577edafc27fd3p-19,
        -0x1.44f699a6921d7p-19, 0x1.7036ba09fd1b2p-19, -0x1.697fc29c7a13ep-21);
    fa_pair_f64 m = fa_two_fma_f64(t, q, vf64_set1(-0x1.0cadd8a15ae2dp-1));
    m.low = vf64_add(m.low, vf64_set1(0x1.38423d41e7416p-56));
    return m;
}

/* a - a0. */
FA_INLINE fa_pair_f64 fa_from_mills_zero_f64(vf64 a)
{
    fa_pair_f64 minus_a0 = {vf64_set1(-0x1.80ead197f00b4p-1), vf64_set1(0x1.13e74c58cada8p-56)};
    return fa_sum_with_pair_f64(a, minus_a0);
}

/* R(a) and S(a) for a up to 54.5, where a factor makes up for what is left of E(a). Coefficients:
 * math/minimax/gates.sollya. */
FA_INLINE fa_pair_f64 fa_mills_wide_f64(vf64 a)
{
    fa_pair_f64 d = fa_fast_two_sum_f64(vf64_set1(1.125), a);
    vf64 t = vf64_div(vf64_sub(a, vf64_set1(3.0)), vf64_add(a, vf64_set1(6.0)));
    vf64 q = fa_estrin4_f64(t, -0x1.77c9ef0309e07p-3, 0x1.6e4e1274c5cd1p-4, 0x1.6e1404619edb6p-4,
        -0x1.2854992c93b33p-2, 0x1.b130103d8d834p-2, -0x1.bda210137271bp-2, 0x1.5a468ea496277p-2,
        -0x1.925ba0e6dfd51p-3, 0x1.3e5eeef23d679p-4, -0x1.ac10c93c1820dp-7, -0x1.90adbb8c017a8p-8,
        0x1.2a6dd96419c05p-8, -0x1.dee71e12790fdp-12, -0x1.6b42fcef31405p-11, 0x1.fcc400d143adfp-13,
        0x1.7b1fcd8bdea8p-14, -0x1.02a37f7bb57edp-14, -0x1.9736a65d244d8p-17, 0x1.edcead1a50243p-17,
        0x1.034f3741e6729p-20, -0x1.c27d7037dd8c9p-19, 0x1.b94195fcea228p-21);
    fa_pair_f64 m = fa_two_fma_f64(t, q, vf64_set1(0x1.00a330821bc83p-1));
    m.low = vf64_add(m.low, vf64_set1(-0x1.5d896610faf77p-55));
    return fa_quotient_of_pairs_f64(m, d);
}
FA_INLINE fa_pair_f64 fa_mills_slope_wide_f64(vf64 a)
{
    vf64 t = vf64_div(vf64_sub(a, vf64_set1(1.5)), vf64_add(a, vf64_set1(4.0)));
    vf64 q = fa_estrin4_f64(t, 0x1.0b991e806ea8fp-2, -0x1.e57c16c0a42c7p-3, 0x1.31970adb679c5p-3,
        -0x1.c96e8ea6363c4p-5, 0x1.e9237165ea569p-9, 0x1.aee45d128e18cp-8, -0x1.88c152909aad7p-10,
        -0x1.16e9697b604a3p-10, 0x1.13ceb2775519ap-12, 0x1.fbdff1ccd28b5p-13, -0x1.7359d7aba195bp-16,
        -0x1.fcc674a36cd0ap-15, -0x1.44e4362a414fp-17, 0x1.a9b157d1a885cp-17, 0x1.bb833e129c519p-18,
        -0x1.455a603af7571p-20, -0x1.80b2e2c254c7dp-20, -0x1.3120eb6870bfcp-20, -0x1.fbb2039347c1dp-21,
        0x1.77d5c9c852d9dp-19, -0x1.a5dd0ed84b4ccp-20, 0x1.35234876bea03p-22);
    fa_pair_f64 m = fa_two_fma_f64(t, q, vf64_set1(-0x1.0cadd8a15ae2dp-1));
    m.low = vf64_add(m.low, vf64_set1(0x1.94bc79e1cb53ep-56));
    return m;
}

#endif
