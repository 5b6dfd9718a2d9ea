"""What the tests hold results against: exact values by mpmath, and the unit of error."""

import ast
import functools
import math

import mpmath
import numpy as np

from fastact._rows import ZERO_REACH

DTYPES = (np.float16, np.float32, np.float64)
WORDS = ("acos", "asin", "asinh", "atan", "atanh", "cbrt", "cos", "cosh", "exp", "expm1", "floor", "inf")
WORDS += ("log", "log1p", "npdf", "pi", "sech", "sin", "sinh", "sqrt", "tan", "tanh")
NAMES = {name: getattr(mpmath, name) for name in WORDS}
NAMES |= {"max": max, "min": min, "abs": abs, "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x))}
NAMES["ncdf"] = lambda x: mpmath.ncdf(x) if x > -100_000 else mpmath.mpf(0)  # mpmath's own overflows far below
DIGITS = 60


def x_minus_tanh(x):
    """Return x - tanh(x), with as many more digits as cancel near 0."""
    with mpmath.extradps(max(0, -mpmath.mag(x)) if x else 0):
        return x - mpmath.tanh(x)


def expm1_minus(x):
    """Return e^x - 1 - x, likewise."""
    with mpmath.extradps(max(0, -mpmath.mag(x)) if x else 0):
        return mpmath.expm1(x) - x


NAMES |= {"x_minus_tanh": x_minus_tanh, "expm1_minus": expm1_minus}


class Exactly(ast.NodeTransformer):
    """Makes integers numbers of mpmath, so that 1/6 is not rounded to a float."""

    def visit_Constant(self, node):
        """Replace one."""
        return ast.Call(ast.Name("mpf", ast.Load()), [node], []) if type(node.value) is int else node


@functools.cache
def compiled(formula):
    """Return the code of a row's formula."""
    tree = Exactly().visit(ast.parse(formula, mode="eval"))
    return compile(ast.fix_missing_locations(tree), formula, "eval")


def evaluate(formula, values):
    """Evaluate a row's formula, at the precision that mpmath is set to."""
    return eval(compiled(formula), {"__builtins__": {}, "mpf": mpmath.mpf, **NAMES}, values)


def exact(formula, values):
    """Evaluate a row's formula at finite numbers, by name, to 60 digits."""
    with mpmath.workdps(DIGITS):
        return mpmath.mpf(evaluate(formula, {name: mpmath.mpf(value) for name, value in values.items()}))


def holds(condition, values):
    """Return whether a row's condition holds at numbers, infinities too; at none that is NaN."""
    if any(map(math.isnan, values.values())):
        return False
    with mpmath.workdps(DIGITS):
        return bool(evaluate(condition, {name: mpmath.mpf(value) for name, value in values.items()}))


def derivative(formula, values, name):
    """Return the derivative of a row's formula by one of its names, by mpmath's own differentiation."""
    near_0 = max(0, -mpmath.mag(values[name])) if values[name] else 0
    with mpmath.workprec(int(3.33 * DIGITS) + near_0):  # what is added to the name is small
        values = {key: mpmath.mpf(value) for key, value in values.items()}
        at, size = values[name], abs(values[name]) or 1  # its steps are absolute
        return mpmath.diff(lambda t: mpmath.mpf(evaluate(formula, {**values, name: at + size * t})), 0) / size


def ulp(value, dtype):
    """Return the spacing of the numbers of dtype in the binade of value, the smaller one at a power of two."""
    info = np.finfo(dtype)
    if not value:
        return mpmath.mpf(float(info.smallest_subnormal))
    with mpmath.workdps(60):  # or what is just beyond a power of two is rounded to it
        exponent = mpmath.frexp(abs(value))[1] - (abs(mpmath.frexp(value)[0]) == 0.5)
    return mpmath.ldexp(1, max(exponent, info.minexp + 1) - info.nmant - 1)


def error(result, value, dtype):
    """Return the error of one result in ULP, 0 for an overflow where the exact value rounds to infinity."""
    if math.isinf(result):
        largest = mpmath.mpf(float(np.finfo(dtype).max))
        return 0.0 if result * value > 0 and abs(value) > largest else math.inf
    return float(abs(mpmath.mpf(float(result)) - value) / ulp(value, dtype))


def lost(result, exact, dtype):
    """Return whether results are 0 where the exact values, an array or a number of mpmath, do not round to 0.

    They do beyond half of the least subnormal number, which the error in ULP does not tell. What is beyond by so little
    that float16's way by float32 takes it for half is not lost. An array is of a wider dtype than the results.
    """
    info = np.finfo(dtype)
    one, ldexp = (exact.dtype.type(1), np.ldexp) if isinstance(exact, np.ndarray) else (mpmath.mpf(1), mpmath.ldexp)
    return (result == 0) & (abs(exact) > ldexp(one + 2.0**-20, info.minexp - info.nmant - 1))


def ulps(dtype, wide):
    """Return `ulp` for an array of float64, which is wide enough for float16 and float32."""
    info = np.finfo(dtype)
    fraction, exponent = np.frexp(np.abs(wide))
    exponent = np.where(fraction == 0.5, exponent - 1, exponent)
    return np.ldexp(1.0, np.maximum(exponent, info.minexp + 1) - info.nmant - 1)


def errors(result, wide):
    """Return the errors of an array of float16 or float32 in ULP, against float64; NaN must meet NaN, inf inf."""
    with np.errstate(all="ignore"):
        rounded = wide.astype(result.dtype)
        off = np.abs(result.astype(np.float64) - wide) / ulps(result.dtype, wide)
        largest = np.finfo(result.dtype).max
        special = ~(np.isfinite(rounded) & np.isfinite(result))
        # At the very end of the range the largest number and infinity are neighbours.
        same = (rounded == result) | (np.isnan(rounded) & np.isnan(result))
        same |= (np.sign(wide) == np.sign(result)) & (np.abs(wide) > largest) & (np.abs(result) >= largest)
    return np.where(special, np.where(same, 0.0, np.inf), off)


def beside_zeros(off, absolute, x, zeros, dtype):
    """Return errors in ULP, 0 in place of those that are small absolutely beside a listed zero of a derivative."""
    near = np.any([np.abs(x - zero) < ZERO_REACH for zero in zeros], axis=0)
    return np.where(near & (absolute <= 0.5 * float(np.finfo(dtype).eps)), 0.0, off)


def every_half():
    """Return all 65,536 float16."""
    return np.arange(1 << 16, dtype=np.uint16).view(np.float16)


def some_singles(stride):
    """Return every stride-th float32 by bit pattern, of both signs."""
    return np.arange(0, 1 << 32, stride, dtype=np.uint64).astype(np.uint32).view(np.float32)


def some_doubles(count, seed=0):
    """Return float64 for sampling: random bit patterns, values where functions bend, and the ends of the range."""
    rng = np.random.default_rng(seed)
    patterns = rng.integers(0, 1 << 64, count, dtype=np.uint64).view(np.float64)
    near = (
        rng.normal(0, 3, count),
        rng.normal(0, 0.1, count),
        rng.uniform(-50, 50, count),
        rng.uniform(-760, 760, count),
    )
    values = np.concatenate([patterns[np.isfinite(patterns)], *near, special(np.float64)])
    return values[np.isfinite(values)]


def special(dtype):
    """Return zeros, infinities, NaN, the ends of the ranges, and numbers beside the functions' own limits."""
    info = np.finfo(dtype)
    positive = [0.0, info.smallest_subnormal, info.smallest_normal, info.eps, 0.5, 1.0, 2.0, 20.0, info.max, np.inf]
    positive += [
        5.5,
        9.02,
        15.9,
        17.7,
        44.0,
        87.4,
        88.7,
        89.0,
        103.9,
        104.0,
        104.5,
        372.5,
        708.4,
        709.8,
        710.0,
        745.2,
        746.0,
    ]
    values = np.array(positive).astype(dtype)
    return np.concatenate([values, -values, np.array([np.nan, -np.nan], dtype)])
