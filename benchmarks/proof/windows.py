"""Many inputs close together, measured fast: so near to each other a function is a polynomial of low degree.

A window is 2^32 float64 in order, within one binade. Wide numbers give the function at its middle and at the nodes of
the polynomial, which then costs a few nanoseconds an input where the formula itself costs hundreds. What it finds is
to be measured again.
"""

import numpy as np

WIDTH = 1 << 32
DRAWN = 1 << 13  # inputs of each window
BLOCKS = 16  # the mean of so many maxima tells how bad a window is
DEGREE = 5
FIT = 0.05  # ULP that the polynomial may be off
HALF = WIDTH // 2
NODES = np.rint(HALF * (1 + np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1)))).astype(np.int64)
CHECKS = np.array([0, WIDTH // 5, 4 * WIDTH // 7, WIDTH - 1])
PLACES = np.concatenate([[HALF], NODES, CHECKS])
SOLVED = np.linalg.inv(np.vander((NODES - HALF) / HALF))
MAGNITUDE = np.int64((1 << 63) - 1)


def sweep(task, near, rng):
    """Measure many inputs in the windows around some.

    Parameters
    ----------
    task : Task
    near : ndarray of float64
        What the windows are to be around.
    rng : Generator

    Returns
    -------
    worst : ndarray of float64
        The worst input of each window, what it was to be around where the function is no such polynomial.
    scores : ndarray of float64
        How bad the errors in each window are, in ULP; -1 where it is none.
    """
    base = lowest(near)
    fits, middle, polynomials, scale, spacings = fitted(task, base, near)
    offsets = rng.integers(0, WIDTH, DRAWN)
    at = (offsets - HALF) / HALF
    worst, scores = near.copy(), np.full(near.size, -1.0)
    for i in np.flatnonzero(fits):
        x = np.copysign((base[i] + offsets).view(np.float64), near[i])
        off = task.results(x) * scale[i, 0]
        off *= scale[i, 1]
        off -= middle[0][i]
        off -= horner(polynomials[i], at) + middle[1][i]
        np.abs(off, out=off)
        off *= spacings[i]
        worst[i], scores[i] = x[off.argmax()], off.reshape(BLOCKS, -1).max(axis=1).mean()
    return worst, np.where(np.isfinite(scores), scores, -1.0)


def lowest(near):
    """Return the bit patterns, without the sign, at which the windows begin."""
    magnitude = near.view(np.int64) & MAGNITUDE
    binade = magnitude >> 52 << 52
    return binade + np.clip(magnitude - binade - HALF, 0, (1 << 52) - WIDTH)


def horner(coefficients, at):
    """Return the values of a polynomial, the highest coefficient first."""
    total = np.full_like(at, coefficients[0])
    for coefficient in coefficients[1:]:
        total *= at
        total += coefficient
    return total


def fitted(task, base, near):
    """Return which windows have a polynomial, and of each what is needed to measure errors.

    Returns
    -------
    fits : ndarray of bool
    middle : tuple of ndarray
        The function at the middle, in two parts.
    polynomials : ndarray
        Its change from there, by powers of the distance, 1 at the window's end.
    scale : ndarray
        Two powers of two that are to be multiplied with results, so that all of this is around 1.
    spacings : ndarray
        One by the spacing of the results, after that.
    """
    x = np.copysign((base[:, None] + PLACES).view(np.float64), near[:, None])
    exact = task.exact(x.ravel())
    high = np.broadcast_to(exact.high, x.size).reshape(x.shape)
    low = np.broadcast_to(np.longdouble(0) if exact.low is None else exact.low, x.size).reshape(x.shape)
    with np.errstate(all="ignore"):
        fits = np.isfinite(high).all(axis=1) & (high[:, 0] != 0) & ~task.near_zero(x).any(axis=1)
        exponents = np.where(fits, np.frexp(high[:, 0])[1], 0)
        highest = np.where(fits, np.frexp(np.abs(high).max(axis=1))[1], 0)
        fits &= (highest > -1080) & (highest <= 1023)
        exponents = np.where(fits, exponents, 0)
        high, low = (np.ldexp(part, -exponents[:, None]) for part in (high, low))
        change = ((high - high[:, :1]) + (low - low[:, :1])).astype(np.float64)
        polynomials = change[:, 1 : DEGREE + 2] @ SOLVED.T
        spacings = np.ldexp(1.0, np.where(fits, exponents - np.maximum(highest, -1021) + 53, 0))
        checked = np.array([horner(each, (CHECKS - HALF) / HALF) for each in polynomials])
        fits &= (np.abs(checked - change[:, DEGREE + 2 :]) * spacings[:, None] < FIT).all(axis=1)
    main = np.where(fits, high[:, 0], 0).astype(np.float64)
    rest = np.where(fits, (high[:, 0] - main) + low[:, 0], 0).astype(np.float64)
    scale = np.ldexp(1.0, np.stack([-exponents // 2, -exponents - -exponents // 2], axis=1))
    return fits, (main, rest), polynomials, scale, spacings
