"""Initialisers of weights: ``init.he_normal((784, 100), rng=1)`` are the weights of a layer ``x @ W`` before a ReLU.

``shape`` is (fan_in, fan_out). A convolution's has the receptive field first, as in Keras, (height, width, channels in,
channels out), and its fans are the channels times the size of the field. Draws are float64, rounded once to ``dtype``:
a seed gives the same network in every precision. Normal draws are not truncated.
"""

from __future__ import annotations

import functools
import math
import operator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from . import _rows
from ._checks import explained, random_generator, real_number, under_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

__all__ = [
    "gain",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "xavier_normal",
    "xavier_uniform",
]


def __dir__():
    return __all__


DTYPES = ("float16", "float32", "float64")
RELU = math.sqrt(2)

LAWS = {
    "normal": "normal with mean 0 and standard deviation ``{std}``, not truncated",
    "uniform": "uniform on [-b, b) with b = ``{bound}``",
}
MODE = """
mode : {"fan_in", "fan_out"}, optional
    Which fan counts: with that of the inputs, the default, activations keep their variance on the way forward, with
    that of the outputs gradients do on the way back."""
DOC = """{summary}

The draws are {law}.

Parameters
----------
shape : tuple of int
    The shape of the weights, (fan_in, fan_out), with the receptive field of a convolution before them. Sizes are 1 or
    more.{mode}
gain : float, optional
    The factor for the activation that follows, see `gain`; 0 or more. By default {gain}.
rng : None, int or numpy.random.Generator, optional
    Where the draws come from, as `numpy.random.default_rng` takes it. A generator goes on from where it is.
dtype : dtype, optional
    float16, float32 or float64, the default.

Returns
-------
weights : ndarray
    Of this shape and dtype, in C order.

Raises
------
TypeError
    If ``shape`` is no tuple of ints, ``gain`` no real number, ``dtype`` none of the three, or ``rng`` no seed.
ValueError
    If ``shape`` has fewer than two sizes, or one below 1; if ``gain`` is negative or not finite{modes}.

Notes
-----
{source}

Examples
--------
>>> import fastact
>>> weights = fastact.init.{name}((400, 100), rng=1)
>>> weights.shape, weights.dtype
((400, 100), dtype('float64'))
>>> bool(abs(weights.std() / {expected} - 1) < 0.02)
True
"""


def documented(source, std, bound, expected, *, gain="1", mode=False):
    """Return a decorator that goes on with an initialiser's docstring after its summary."""

    def decorate(function):
        name = function.__name__
        function.__doc__ = DOC.format(
            summary=function.__doc__,
            law=LAWS[name.partition("_")[2]].format(std=std, bound=bound),
            mode=MODE if mode else "",
            modes=", or ``mode`` neither of the two" if mode else "",
            gain=gain,
            source=source,
            name=name,
            expected=expected,
        )
        return explained(f"init.{name}", nonlinearity="gain=init.gain(nonlinearity) is its factor")(function)

    return decorate


def draw(name, shape, fan, *, gain, rng, dtype):
    """Return draws of the standard deviation gain / sqrt(fan(fan_in, fan_out))."""
    uniform = name.endswith("_uniform")
    name = f"init.{name}"
    sizes = checked_shape(name, shape)
    dtype = checked_dtype(name, dtype)
    gain = real_number(name, "gain", gain)
    if not 0 <= gain < math.inf:
        raise ValueError(f"{name}(): gain must be finite and not negative, not {gain}")
    generator = random_generator(name, rng)
    field = math.prod(sizes[:-2])
    std = gain / math.sqrt(fan(field * sizes[-2], field * sizes[-1]))
    with np.errstate(under="ignore"):
        if uniform:
            weights = generator.uniform(-1.0, 1.0, sizes)
            weights *= math.sqrt(3) * std
        else:
            weights = generator.standard_normal(sizes)
            weights *= std
        return weights.astype(dtype, copy=False)


def checked_shape(name, shape):
    """Return the shape as a tuple of ints."""
    try:
        sizes = tuple(map(operator.index, shape if np.ndim(shape) else (shape,)))
    except (TypeError, ValueError):  # a ValueError of a sequence among the sizes
        raise TypeError(f"{name}(): shape must be a tuple of ints, not {shape!r}") from None
    if len(sizes) < 2:
        raise ValueError(f"{name}(): shape must have at least two sizes, (fan_in, fan_out), not {shape!r}")
    if min(sizes) < 1:
        raise ValueError(f"{name}(): shape must have sizes of 1 or more, not {shape!r}")
    return sizes


def checked_dtype(name, dtype):
    """Return the dtype as NumPy's object."""
    try:
        given = np.dtype(dtype)
    except (TypeError, ValueError):
        given = None
    if given not in DTYPES:
        raise TypeError(f"{name}(): dtype must be {', '.join(DTYPES[:-1])} or {DTYPES[-1]}, not {dtype!r}")
    return given


def mean(fan_in, fan_out):
    """Return the mean of the fans, which is Glorot and Bengio's compromise between the ways forward and back."""
    return (fan_in + fan_out) / 2


def inputs(fan_in, fan_out):
    """Return the fan that counts for the way forward."""
    return fan_in


def of_mode(name, mode):
    """Return the function that takes the fan of a mode."""
    if mode == "fan_in":
        return inputs
    if mode == "fan_out":
        return lambda fan_in, fan_out: fan_out
    raise ValueError(f"init.{name}(): mode must be 'fan_in' or 'fan_out', not {mode!r}")


xavier = documented(
    "X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010.",
    "gain sqrt(2/(fan_in + fan_out))",
    "gain sqrt(6/(fan_in + fan_out))",
    "(2 / 500)**0.5",
)
he = documented(
    "K. He, X. Zhang, S. Ren and J. Sun, Delving deep into rectifiers, ICCV 2015.",
    "gain sqrt(1/fan)",
    "gain sqrt(3/fan)",
    "(2 / 400)**0.5",
    gain="sqrt(2), that of a ReLU",
    mode=True,
)
lecun = documented(
    "Y. LeCun, L. Bottou, G. Orr and K.-R. Müller, Efficient BackProp, 1998. Self-normalising networks\n"
    "(G. Klambauer et al., 2017) start from the normal one.",
    "gain sqrt(1/fan_in)",
    "gain sqrt(3/fan_in)",
    "(1 / 400)**0.5",
)


@xavier
def xavier_uniform(
    shape: Sequence[int], *, gain: float = 1.0, rng: Any = None, dtype: DTypeLike = np.float64
) -> np.ndarray:
    """Xavier (Glorot) initialiser, uniform: for activations that are near the identity around 0, as tanh."""
    return draw("xavier_uniform", shape, mean, gain=gain, rng=rng, dtype=dtype)


@xavier
def xavier_normal(
    shape: Sequence[int], *, gain: float = 1.0, rng: Any = None, dtype: DTypeLike = np.float64
) -> np.ndarray:
    """Xavier (Glorot) initialiser, normal: for activations that are near the identity around 0, as tanh."""
    return draw("xavier_normal", shape, mean, gain=gain, rng=rng, dtype=dtype)


@he
def he_uniform(
    shape: Sequence[int],
    *,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    gain: float = RELU,
    rng: Any = None,
    dtype: DTypeLike = np.float64,
) -> np.ndarray:
    """He (Kaiming) initialiser, uniform: for ReLU and its kind."""
    return draw("he_uniform", shape, of_mode("he_uniform", mode), gain=gain, rng=rng, dtype=dtype)


@he
def he_normal(
    shape: Sequence[int],
    *,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    gain: float = RELU,
    rng: Any = None,
    dtype: DTypeLike = np.float64,
) -> np.ndarray:
    """He (Kaiming) initialiser, normal: for ReLU and its kind."""
    return draw("he_normal", shape, of_mode("he_normal", mode), gain=gain, rng=rng, dtype=dtype)


@lecun
def lecun_uniform(
    shape: Sequence[int], *, gain: float = 1.0, rng: Any = None, dtype: DTypeLike = np.float64
) -> np.ndarray:
    """LeCun initialiser, uniform: each unit has the variance of its inputs' mean square."""
    return draw("lecun_uniform", shape, inputs, gain=gain, rng=rng, dtype=dtype)


@lecun
def lecun_normal(
    shape: Sequence[int], *, gain: float = 1.0, rng: Any = None, dtype: DTypeLike = np.float64
) -> np.ndarray:
    """LeCun initialiser, normal: for SELU, and any unit that is to have the variance of its inputs' mean square."""
    return draw("lecun_normal", shape, inputs, gain=gain, rng=rng, dtype=dtype)


def also(name, function):
    """Return a function under another name, which its errors have too."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError) as error:
            raise under_name(name, function.__name__, error) from None

    call.__name__ = call.__qualname__ = name
    return call


glorot_uniform, glorot_normal = also("glorot_uniform", xavier_uniform), also("glorot_normal", xavier_normal)
kaiming_uniform, kaiming_normal = also("kaiming_uniform", he_uniform), also("kaiming_normal", he_normal)


@explained("init.gain")
def gain(name: str, param: float | None = None) -> float:
    """Gain of an activation: the factor for the weights before it that keeps the variance.

    Parameters
    ----------
    name : str
        "linear", "conv" or "sigmoid" (1), "tanh" (5/3), "relu" (sqrt 2), "leaky_relu" or "selu" (3/4).
    param : float, optional
        For "leaky_relu" only: the slope s of the negative part, 0.01 by default; the gain is sqrt(2/(1 + s^2)).

    Returns
    -------
    gain : float

    Raises
    ------
    TypeError
        If ``param`` is no real number.
    ValueError
        If ``name`` is another one, if it takes no ``param``, or if ``param`` is not finite.

    Notes
    -----
    The values are those of `torch.nn.init.calculate_gain`. For the rectifiers they follow from the second moment of
    the output (He et al. 2015).

    Examples
    --------
    >>> import fastact
    >>> fastact.init.gain("relu")
    1.4142135623730951
    >>> fastact.init.gain("leaky_relu", 0.2)
    1.3867504905630728
    >>> weights = fastact.init.xavier_normal((400, 100), gain=fastact.init.gain("tanh"))
    """
    gains = {"linear": 1.0, "conv": 1.0} | {row.name: row.gain for row in _rows.rows() if row.gain is not None}
    if not isinstance(name, str) or name not in gains:
        raise ValueError(f"init.gain(): name must be one of {', '.join(gains)}, not {name!r}")
    if not callable(gains[name]):
        if param is not None:
            raise ValueError(f"init.gain(): {name} takes no param, and {param!r} is given")
        return gains[name]
    (row,) = (row for row in _rows.rows() if row.name == name)
    value = real_number("init.gain", "param", row.parameters[0].default if param is None else param)
    if not math.isfinite(value):
        raise ValueError(f"init.gain(): param must be finite, not {value}")
    return row.gain(value)
