"""The NumPy formulas, in float64: the last rung, and one oracle of the tests. Each takes what its ufunc takes.

They do not overflow and do not cancel; their error is a few ULP of float64. Callers silence NumPy's warnings.
"""

import numpy as np


def relu(x):
    return np.maximum(x, 0.0) + 0.0


def relu_grad(x, dy):
    return leaky_relu_grad(x, dy, 0.0)


def leaky_relu(x, negative_slope):
    lowest = np.where(negative_slope == 0, -1.0, -np.inf)
    return np.where(x > 0, x, negative_slope * np.where(x > 0, 0.0, np.maximum(x, lowest)))


def leaky_relu_grad(x, dy, negative_slope):
    left = np.where(negative_slope == 0, 0.0, negative_slope * np.where(x > 0, 0.0, dy))
    return np.where(np.isnan(x), x, np.where(x > 0, dy, left))


def noisy_relu(x, noise):
    return relu(np.where((x < 0) & (noise < 0), 0.0, x) + noise)


def multiply_add(x, b, c):
    return x * b + c  # two roundings; no activation calls it


def copy(x):
    return x


def exp(x):
    return np.exp(x)


def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1.0) / (1.0 + small)


def sigmoid_grad(x, dy):
    small = np.exp(-np.abs(x))
    return small / (1.0 + small) ** 2 * dy


def sigmoid_grad_from_output(y, dy):
    return y * (1.0 - y) * dy


def tanh(x):
    return np.tanh(x)


def tanh_grad(x, dy):
    small = np.exp(-2.0 * np.abs(x))
    return 4.0 * small / (1.0 + small) ** 2 * dy


def tanh_grad_from_output(y, dy):
    return (1.0 - y) * (1.0 + y) * dy


def log1p_exp(x):
    return np.log1p(np.exp(-np.abs(x)))


def softplus(x):
    return np.maximum(x, 0.0) + log1p_exp(x)


def softplus_grad(x, dy):
    return sigmoid(x) * dy


def softplus_grad_from_output(y, dy):
    return -np.expm1(-y) * dy


def log_sigmoid(x):
    return -softplus(-x)


def log_sigmoid_grad(x, dy):
    return sigmoid(-x) * dy


def silu(x):
    x = np.maximum(x, -800.0)  # where x e^x is 0 already
    small = np.exp(-np.abs(x))
    half = np.exp(0.5 * np.minimum(x, 0.0))  # in two steps, or x e^x would have the few digits of a subnormal e^x
    return x / (1.0 + small) * half * half


def silu_grad(x, dy):
    a = np.minimum(np.abs(x), 800.0)
    small, half = np.exp(-a), np.exp(-0.5 * a)
    left = (1.0 + small - a) / (1.0 + small) ** 2 * half * half
    return np.where(x < 0, left, 1.0 - left) * dy


def elu(x, alpha):
    return np.where(x < 0, alpha * np.expm1(np.minimum(x, 0.0)), x)


def elu_grad(x, dy, alpha):
    left = np.where(alpha == 0, 0.0, exponential_tail(x, 0.0, alpha) * np.where(x > 0, 0.0, dy))
    return np.where(np.isnan(x), x, np.where(x > 0, dy, left))


def exponential_tail(x, right, scale):
    """Return right for x > 0, scale e^x elsewhere."""
    below = np.minimum(x, 0.0)
    half = np.exp(0.5 * below)
    left = np.where(below > -700.0, scale * np.exp(below), scale * half * half)  # half: e^x may be subnormal
    return np.where(x > 0, right, left)


def elu_grad_from_output(y, dy, alpha):
    return np.where(y > 0, 1.0, y + alpha) * dy


SELU, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def selu(x):
    return SELU * elu(x, SELU_ALPHA)


def selu_grad(x, dy):
    return exponential_tail(x, SELU, SELU * SELU_ALPHA) * dy


def selu_grad_from_output(y, dy):
    tail = float.fromhex("0x1.092dbf6372048p-54")  # what the product of the constants rounds off
    return np.where(y > 0, SELU, y + SELU * SELU_ALPHA + tail) * dy


# (a + 1.125) mills(a) in powers of (a - 3)/(a + 6): src_c/minimax/gelu.sollya.
MILLS = (
    0.501245036966694,
    -0.1834906266023923,
    0.08942992410117147,
    0.08937455855805058,
    -0.2893852170427482,
    0.42303490997043863,
    -0.43518853300569244,
    0.3381597793456434,
    -0.1964638300697211,
    0.0777272544183319,
    -0.013063524223915757,
    -0.0061138723128450045,
    0.004553665765894622,
    -0.0004567086774459276,
    -0.0006928689211895294,
    0.00024256889274199266,
    9.04188212839823e-05,
    -6.161863587152428e-05,
    -1.222135908857528e-05,
    1.472017301332684e-05,
    1.048472163678216e-06,
    -3.4228945045847914e-06,
    8.386659065754031e-07,
)


def mills(a):
    """Return e^(a^2/2) times the upper tail of the normal distribution, 0 <= a <= 38.75."""
    t, total = (a - 3.0) / (a + 6.0), 0.0
    for coefficient in reversed(MILLS):
        total = total * t + coefficient
    return total / (a + 1.125)


def gaussian(a):
    """Return h and l with e^(-a^2/2) = h h l: a^2 to twice the digits, and no factor subnormal."""
    high = a.astype(np.float32).astype(np.float64)  # its square is exact
    return np.exp(-0.25 * high * high), np.exp(-0.5 * (a - high) * (a + high))


def gelu(x):
    a = np.minimum(np.abs(x), 38.75)
    half, low = gaussian(a)
    tail = a * mills(a) * low * half * half
    return np.where(x < 0, -tail, x - tail)


def gelu_grad(x, dy):
    a = np.minimum(np.abs(x), 38.75)
    half, low = gaussian(a)
    left = (mills(a) - a / np.sqrt(2 * np.pi)) * low * half * half
    return np.where(x < 0, left, 1.0 - left) * dy


def two_product(a, b):
    """Return the product and its rounding error (Dekker 1971)."""
    product = a * b
    parts = []
    for x in (a, b):
        high = 134217729.0 * x
        high = high - (high - x)
        parts.append((high, x - high))
    (ah, al), (bh, bl) = parts
    return product, ((ah * bh - product) + ah * bl + al * bh) + al * bl


# 2 sqrt(2/pi), and that times 0.044715, to twice the digits.
GELU_1, GELU_1_TAIL = (float.fromhex(digits) for digits in ("0x1.9884533d43651p+0", "-0x1.cbc0d30ebfd15p-54"))
GELU_3, GELU_3_TAIL = (float.fromhex(digits) for digits in ("0x1.2444f2a4d8b4bp-4", "-0x1.6c843a29d1c70p-61"))


def gelu_tanh_parts(x):
    """Return a = |x|, e^-z, the half of it with e^-z = h h l, and l; z = GELU_1 a + GELU_3 a^3."""
    a = np.minimum(np.abs(x), 23.0)
    square, square_low = two_product(a, a)
    cubic, low = two_product(GELU_3, square)
    total = GELU_1 + cubic
    back = total - cubic
    low = low + GELU_3 * square_low + GELU_3_TAIL * square + GELU_1_TAIL + (GELU_1 - back) + (cubic - (total - back))
    z, z_low = two_product(a, total)
    half, rest = np.exp(-0.5 * z), 1.0 - (z_low + a * low)
    return a, half * half * rest, half, rest


def gelu_tanh(x):
    a, small, half, rest = gelu_tanh_parts(x)
    tail = a * rest / (1.0 + small) * half * half
    return np.where(x < 0, -tail, x - tail)


def gelu_tanh_grad(x, dy):
    a, small, half, rest = gelu_tanh_parts(x)
    slope = a * (GELU_1 + 3.0 * GELU_3 * a * a)
    left = rest * (1.0 + small - slope) / (1.0 + small) ** 2 * half * half
    return np.where(x < 0, left, 1.0 - left) * dy


def mish(x):
    x = np.maximum(x, -800.0)
    small, half = np.exp(-np.abs(x)), np.exp(-0.5 * np.abs(x))
    left = x * (small + 2.0) / (small * small + 2.0 * small + 2.0) * half * half
    return np.where(x < 0, left, x * (1.0 + 2.0 * small) / (1.0 + 2.0 * small + 2.0 * small * small))


def mish_grad(x, dy):
    x = np.clip(x, -800.0, 800.0)
    small, half = np.exp(-np.abs(x)), np.exp(-0.5 * np.abs(x))
    below = small * small + 2.0 * small + 2.0
    # (small + 2) below + 4 x (1 + small), by powers of small, or its terms would cancel
    above = (4.0 + 4.0 * x) + small * ((6.0 + 4.0 * x) + small * (4.0 + small))
    left = above / below**2 * half * half
    below = 1.0 + 2.0 * small + 2.0 * small * small
    right = ((1.0 + 2.0 * small) * below + 4.0 * x * small * small * (1.0 + small)) / below**2
    return np.where(x < 0, left, right) * dy


def row_sum(e):
    """Return the sums of rows, added up in a wider type where there is one: equal terms round off alike."""
    return e.sum(axis=-1, keepdims=True, dtype=np.longdouble).astype(np.float64)


def below_top(x):
    """Return x less its top, and what that rounds off; rows are along the last axis. A lone +inf is 0 below itself."""
    top = x.max(axis=-1, keepdims=True, initial=-np.inf)
    below = x - top
    back = below - x
    low = (x - (below - back)) - (top + back)
    lone = ((x == np.inf).sum(axis=-1, keepdims=True) == 1) & ~np.isnan(top)
    return np.where(lone & (x == np.inf), 0.0, below), np.where(np.isfinite(low), low, 0.0)


def log_parts(x):
    """Return x less its top, and the logarithm of the sum of the exponentials of that."""
    below, low = below_top(x)
    first = np.zeros(x.shape, bool)
    np.put_along_axis(first, np.argmax(below, axis=-1, keepdims=True), True, axis=-1)
    others = np.where(first, 0.0, np.exp(below) * (1.0 + low))
    return below, np.log1p(row_sum(others) + 0.0 * below.max(axis=-1, keepdims=True))


def in_reach(temperature):
    """Return temperatures that are neither 0 nor infinite, which those of a narrow dtype may have been rounded to."""
    return np.clip(temperature, 2.0**-950, 2.0**1010)


def softmax(x, temperature=1.0):
    temperature = in_reach(temperature)
    below, low = below_top(x)
    z = below / temperature
    product, product_low = two_product(z, temperature)
    low = ((below - product) - product_low + low) / temperature
    e = np.exp(z) * (1.0 + np.where(np.isfinite(low), low, 0.0))
    return e / row_sum(e)


def softmax_grad(x, dy, temperature=1.0):
    return softmax_grad_from_output(softmax(x, temperature), dy, temperature)


def softmax_grad_from_output(y, dy, temperature=1.0):
    return y * (dy - (y * dy).sum(axis=-1, keepdims=True)) / in_reach(temperature)


def softmin(x):
    return softmax(-x)


def softmin_grad(x, dy):
    return -softmax_grad_from_output(softmax(-x), dy)


def softmin_grad_from_output(y, dy):
    return -softmax_grad_from_output(y, dy)


def log_softmax(x):
    below, total = log_parts(x)
    return below - total


def log_softmax_grad(x, dy):
    return dy - softmax(x) * dy.sum(axis=-1, keepdims=True)


def log_softmax_grad_from_output(y, dy):
    return dy - np.exp(y) * dy.sum(axis=-1, keepdims=True)


def sparsemax(x):
    below, total = log_parts(x)
    falling = -np.sort(-below, axis=-1)
    count = np.arange(1, x.shape[-1] + 1)
    excess = np.cumsum(np.maximum(falling, -2.0), axis=-1) - 1.0  # what is 1 below the top is not in the support
    size = np.count_nonzero(count * np.maximum(falling, -2.0) > excess, axis=-1, keepdims=True)
    tau = np.take_along_axis(excess, np.maximum(size - 1, 0), axis=-1) / size
    return np.maximum(below - tau, 0.0) + 0.0 * total


def sparsemax_grad(x, dy):
    return sparsemax_grad_from_output(sparsemax(x), dy)


def sparsemax_grad_from_output(y, dy):
    support = y != 0
    mean = np.where(support, dy, 0.0).sum(axis=-1, keepdims=True) / support.sum(axis=-1, keepdims=True)
    return np.where(np.isnan(y), y, np.where(support, dy - mean, 0.0))


def hardmax(x):
    top = x.max(axis=-1, keepdims=True)
    first = np.zeros(x.shape)
    np.put_along_axis(first, np.argmax(x, axis=-1, keepdims=True), 1.0, axis=-1)
    return np.where(np.isnan(top) | (top == -np.inf), np.nan, first)


def logsumexp(x):
    if x.shape[-1] == 0:
        return np.full(x.shape[:-1], -np.inf)
    top = x.max(axis=-1)
    return np.where(np.isinf(top), top, top + log_parts(x)[1][..., 0])


def logsumexp_grad(x, dy):
    return dy * softmax(x)
