"""Rows' formulas over arrays, wider than float64: numbers are a long double and the little that it rounds off.

Sums, products and quotients keep both parts, so that nothing is lost where a formula cancels or where an exponential's
argument is large. Functions are the C library's in long double, with what the low part of the argument changes: their
64 bits on x86-64 are a thousandth of an ULP of float64. The normal distribution is made here.
"""

import ast
import functools
import operator

import mpmath
import numpy as np

REAL = np.longdouble
BITS = np.finfo(REAL).nmant + 1
ENOUGH = 64  # bits that a long double must have, or its errors would be taken for those that are looked for
SPLITTER = REAL(2) ** ((BITS + 1) // 2) + 1
LARGEST = REAL(11_000)  # an argument of exp, which is still finite there and far beyond float64
STEPS, REACH, TERMS = 8, 40, 15  # of Mills' ratio: nodes to a unit, how far, and terms of a series


class Wide:
    """Numbers in two parts, the second at most half a unit in the last place of the first; None is 0."""

    __array_ufunc__ = None  # arrays leave arithmetic to this class
    __slots__ = ("high", "low")

    def __init__(self, high, low=None):
        self.high, self.low = high, low

    def __neg__(self):
        return Wide(-self.high, None if self.low is None else -self.low)

    def __abs__(self):
        return where(self < 0, -self, self)

    def __add__(self, other):
        other = wide(other)
        total = self.high + other.high
        back = total - self.high
        rest = (self.high - (total - back)) + (other.high - back)
        return normal(total, add(add(rest, self.low), other.low))

    def __sub__(self, other):
        return self + -wide(other)

    def __mul__(self, other):
        other = wide(other)
        product = self.high * other.high
        rest = rounded_off(product, self.high, other.high)
        rest = add(rest, None if self.low is None else self.low * other.high)
        return normal(product, add(rest, None if other.low is None else self.high * other.low))

    def __truediv__(self, other):
        other = wide(other)
        quotient = self.high / other.high
        product = quotient * other.high
        rest = add((self.high - product) - rounded_off(product, quotient, other.high), self.low)
        rest = add(rest, None if other.low is None else -quotient * other.low)
        return normal(quotient, rest / other.high)

    def __pow__(self, exponent):
        return functools.reduce(operator.mul, [self] * exponent)

    def __radd__(self, other):
        return wide(other) + self

    def __rsub__(self, other):
        return wide(other) - self

    def __rmul__(self, other):
        return wide(other) * self

    def __rtruediv__(self, other):
        return wide(other) / self

    def __lt__(self, other):
        return self.high < wide(other).high

    def __gt__(self, other):
        return self.high > wide(other).high

    def __le__(self, other):
        return self.high <= wide(other).high

    def __ge__(self, other):
        return self.high >= wide(other).high


def wide(value):
    """Return a number or an array as it is, with nothing rounded off."""
    return value if isinstance(value, Wide) else Wide(REAL(value) if np.isscalar(value) else value.astype(REAL))


def add(rest, low):
    """Return a sum in which None is 0."""
    return rest if low is None else rest + low


def normal(high, low):
    """Return a number whose parts overlap with parts that do not."""
    total = high + low
    return Wide(total, low - (total - high))


def rounded_off(product, a, b):
    """Return what a product rounds off (Dekker 1971)."""
    (ah, al), (bh, bl) = halves(a), halves(b)
    return ((ah * bh - product) + ah * bl + al * bh) + al * bl


def halves(x):
    """Return two numbers of half as many bits, whose sum is x."""
    high = SPLITTER * x
    high = high - (high - x)
    return high, x - high


def where(condition, a, b):
    """Choose between numbers."""
    a, b = wide(a), wide(b)
    low = None
    if a.low is not None or b.low is not None:
        low = np.where(condition, *(REAL(0) if one.low is None else one.low for one in (a, b)))
    return Wide(np.where(condition, a.high, b.high), low)


def following(function, slope):
    """Return a function of numbers: of their high part, and of the low part by the slope, from argument and value."""

    def of(x):
        x = wide(x)
        value = function(x.high)
        return Wide(value, None if x.low is None else slope(x.high, value) * x.low)

    return of


def logistic(x):
    """Return 1/(1 + e^-x), without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, REAL(1)) / (1 + small)


def secant(x):
    """Return 1/cosh(x), without overflow."""
    small = np.exp(-np.abs(x))
    return 2 * small / (1 + small * small)


@functools.cache
def mills_series():
    """Return the coefficients of Taylor series of Mills' ratio, the tail over the density, about every node.

    They come from R' = a R - 1 and, for the derivatives from there on, R^(n+1) = a R^(n) + n R^(n-1).
    """
    table = np.empty((TERMS, STEPS * REACH + 1), REAL)
    with mpmath.workdps(150):  # at the far end each derivative cancels three digits
        for node in range(table.shape[1]):
            a = mpmath.mpf(node) / STEPS
            before, now = mpmath.ncdf(-a) / mpmath.npdf(a), None
            for n in range(TERMS):
                table[n, node] = split(before / mpmath.factorial(n)).high
                now, before = before, a * before - 1 if n == 0 else a * before + n * now
    return table


def split(value):
    """Return a number of mpmath in parts of 53 bits as a number in two parts."""
    parts = []
    for _ in range(4):
        parts.append(float(value))
        value -= parts[-1]
    return functools.reduce(operator.add, map(wide, parts))


def mills(a):
    """Return Mills' ratio for a from 0 to the last node."""
    node = np.rint(a * STEPS)
    distance, node = a - node / STEPS, node.astype(np.intp)
    table = mills_series()
    total = table[-1, node]
    for coefficients in table[-2::-1]:
        total = total * distance + coefficients[node]
    return total


def npdf(x):
    """Return the density of the normal distribution."""
    a = abs(wide(x))
    a = where(a > 140, 140, a)  # where it is far below any float64, even times one
    return exp(a * a * -0.5) / ROOT_2_PI


def ncdf(x):
    """Return the normal distribution, for arguments that are exact."""
    a = np.minimum(np.abs(wide(x).high), REACH)  # beyond, the density is far below any float64 and the ratio no matter
    tail = npdf(x) * Wide(mills(a))
    return where(wide(x) < 0, tail, 1 - tail)


def sqrt(x):
    """Return the square root."""
    x = wide(x)
    root = np.sqrt(x.high)
    rest = add((x.high - root * root) - rounded_off(root * root, root, root), x.low)
    return normal(root, np.where(root > 0, rest / (2 * root), 0))


def larger(a, b):
    """Return the larger of two."""
    a, b = wide(a), wide(b)
    return where(a > b, a, b)


def smaller(a, b):
    """Return the smaller of two."""
    a, b = wide(a), wide(b)
    return where(a < b, a, b)


def x_minus_tanh(x):
    """Return x - tanh(x), near 0 by the continued fraction of tanh, in which nothing cancels."""
    x = wide(x)
    square, fraction = smaller(x * x, 1.0), wide(0.0)
    for odd in range(25, 4, -2):
        fraction = square / (fraction + odd)
    return where(abs(x) < 1, x * square / (square + fraction + 3), x - NAMES["tanh"](x))


def expm1_minus(x):
    """Return e^x - 1 - x, near 0 by its series."""
    x = wide(x)
    small, total = where(abs(x) < 1, x, 0.0), wide(1.0)
    for k in range(30, 2, -1):
        total = 1 + small / k * total
    return where(abs(x) < 1, small * small * 0.5 * total, NAMES["expm1"](x) - x)


def every(*conditions):
    """Return where all conditions hold."""
    return functools.reduce(np.logical_and, conditions)


with mpmath.workdps(60):
    PI, ROOT_2_PI = split(+mpmath.pi), split(mpmath.sqrt(2 * mpmath.pi))
exp = following(lambda x: np.exp(np.minimum(x, LARGEST)), lambda x, y: y)
NAMES = {
    "abs": abs,
    "acos": following(np.arccos, lambda x, y: -1 / np.sqrt(1 - x * x)),
    "asin": following(np.arcsin, lambda x, y: 1 / np.sqrt(1 - x * x)),
    "asinh": following(np.arcsinh, lambda x, y: 1 / np.sqrt(1 + x * x)),
    "atan": following(np.arctan, lambda x, y: 1 / (1 + x * x)),
    "atanh": following(np.arctanh, lambda x, y: 1 / (1 - x * x)),
    "cbrt": following(np.cbrt, lambda x, y: 1 / (3 * y * y)),
    "cos": following(np.cos, lambda x, y: -np.sin(x)),
    "cosh": following(np.cosh, lambda x, y: np.sinh(x)),
    "exp": exp,
    "every": every,
    "exactly": wide,
    "expm1_minus": expm1_minus,
    "expm1": following(lambda x: np.expm1(np.minimum(x, LARGEST)), lambda x, y: y + 1),
    "floor": lambda x: Wide(np.floor(wide(x).high)),
    "inf": REAL(np.inf),
    "log": following(np.log, lambda x, y: 1 / x),
    "log1p": following(np.log1p, lambda x, y: 1 / (1 + x)),
    "max": larger,
    "min": smaller,
    "ncdf": ncdf,
    "npdf": npdf,
    "pi": PI,
    "sech": following(secant, lambda x, y: -y * np.tanh(x)),
    "sigmoid": following(logistic, lambda x, y: y * logistic(-x)),
    "sin": following(np.sin, lambda x, y: np.cos(x)),
    "sinh": following(np.sinh, lambda x, y: np.cosh(x)),
    "sqrt": sqrt,
    "tan": following(np.tan, lambda x, y: 1 + y * y),
    "tanh": following(np.tanh, lambda x, y: 1 - y * y),
    "where": where,
    "x_minus_tanh": x_minus_tanh,
}


class Elementwise(ast.NodeTransformer):
    """Makes calls: ``where(c, a, b)`` of ``a if c else b``, ``every(a < b, b < c)`` of ``a < b < c``.

    Integers become numbers in two parts, but for exponents: 1/6 is not rounded to a float.
    """

    def visit_Constant(self, node):
        """Replace an integer."""
        return ast.Call(ast.Name("exactly", ast.Load()), [node], []) if type(node.value) is int else node

    def visit_BinOp(self, node):
        """Replace what is inside one."""
        node.left = self.visit(node.left)
        node.right = node.right if isinstance(node.op, ast.Pow) else self.visit(node.right)
        return node

    def visit_Compare(self, node):
        """Replace one of several, and those inside it."""
        self.generic_visit(node)
        if len(node.ops) == 1:
            return node
        terms = [node.left, *node.comparators]
        pairs = zip(terms[:-1], node.ops, terms[1:], strict=True)
        compared = [ast.Compare(left, [operation], [right]) for left, operation, right in pairs]
        return ast.Call(ast.Name("every", ast.Load()), compared, [])

    def visit_IfExp(self, node):
        """Replace one, and those inside it."""
        self.generic_visit(node)
        return ast.Call(ast.Name("where", ast.Load()), [node.test, node.body, node.orelse], [])


@functools.cache
def compiled(formula):
    """Return a formula's code, made ready for arrays."""
    tree = Elementwise().visit(ast.parse(formula, mode="eval"))
    return compile(ast.fix_missing_locations(tree), formula, "eval")


def evaluate(formula, values):
    """Evaluate a row's formula over arrays and numbers of float64, by name."""
    given = {name: wide(value) for name, value in values.items()}
    with np.errstate(all="ignore"):
        return wide(eval(compiled(formula), {"__builtins__": {}, **NAMES}, given))
