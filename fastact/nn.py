"""The layer form of the activations, by the names that PyTorch has for them.

A layer has its function's parameters, and keeps of each call what its gradient needs: no copy, but a reference to the
result, where the gradient can be had from that, or else to the input. Do not write to it before ``backward``. After
``eval()`` calls keep nothing.

Examples
--------
>>> import numpy as np
>>> from fastact import nn
>>> layer = nn.LeakyReLU(0.2)
>>> layer
LeakyReLU(negative_slope=0.2)
>>> layer([-1.0, 2.0])
array([-0.2,  2. ])
>>> layer.backward([1.0, 1.0])
array([0.2, 1. ])

Rendered from fastact/_rows by setup.py.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from ._layer import AlongAxis, Gate, Layer, Noisy

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GELUTanh",
    "Hardmax",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "Identity",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "LogSumExp",
    "Mish",
    "NoisyReLU",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "SparsePlus",
    "SparseSigmoid",
    "Sparsemax",
    "SquaredReLU",
    "SwiGLU",
    "Tanh",
    "Threshold",
]


def __dir__() -> list[str]:
    return __all__


class CELU(Layer):
    """Continuously differentiable exponential linear unit.

    The layer of `fastact.celu`, where formulas and bounds are.

    Parameters
    ----------
    alpha : array_like of float, optional
        Scale of the negative part, positive: the value tends to -alpha. By default 1.0.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.CELU()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "celu"
    _gradient = "grad_from_output"
    alpha: Any

    def __init__(self, alpha: ArrayLike = 1.0) -> None:
        super().__init__(alpha=alpha)


class ELU(Layer):
    """Exponential linear unit.

    The layer of `fastact.elu`, where formulas and bounds are.

    Parameters
    ----------
    alpha : array_like of float, optional
        Scale of the negative part: the value tends to -alpha. By default 1.0.

    Notes
    -----
    A call in training keeps a reference to its result, or where alpha is negative to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.ELU()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "elu"
    _gradient = "grad_from_output"
    _not_negative = ("alpha",)
    alpha: Any

    def __init__(self, alpha: ArrayLike = 1.0) -> None:
        super().__init__(alpha=alpha)


class GELU(Layer):
    """Gaussian error linear unit, the form with the normal distribution function (erf).

    The layer of `fastact.gelu`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.GELU()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "gelu"

    def __init__(self) -> None:
        super().__init__()


class GELUTanh(Layer):
    """Gaussian error linear unit, the approximation by tanh.

    The layer of `fastact.gelu_tanh`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.GELUTanh()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "gelu_tanh"

    def __init__(self) -> None:
        super().__init__()


class Hardmax(AlongAxis):
    """1 at the first of the largest elements along an axis, 0 elsewhere.

    The layer of `fastact.hardmax`, where formulas and bounds are.

    Parameters
    ----------
    axis : int, tuple of int or None, optional
        The axis that the rows lie along; several are taken together, None takes all. By default the last. Of pandas and
        xarray it may be a name.

    Notes
    -----
    It has no gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Hardmax()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    """

    _of = "hardmax"
    _gradient = ""

    def __init__(self, axis: int | str | tuple[int | str, ...] | None = -1) -> None:
        super().__init__(axis=axis)


class Hardshrink(Layer):
    """The input where it is large, and 0 where it is small.

    The layer of `fastact.hard_shrink`, where formulas and bounds are.

    Parameters
    ----------
    lambd : array_like of float, optional
        Size up to which the input counts as 0. By default 0.5.

    Notes
    -----
    A call in training keeps a reference to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Hardshrink()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "hard_shrink"
    lambd: Any

    def __init__(self, lambd: ArrayLike = 0.5) -> None:
        super().__init__(lambd=lambd)


class Hardsigmoid(Layer):
    """Piecewise linear relative of sigmoid.

    The layer of `fastact.hard_sigmoid`, where formulas and bounds are.

    Parameters
    ----------
    alpha : array_like of float, optional
        Slope. By default 0.16666666666666666.
    beta : array_like of float, optional
        Result at 0. By default 0.5.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Hardsigmoid()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "hard_sigmoid"
    _gradient = "grad_from_output"
    alpha: Any
    beta: Any

    def __init__(self, alpha: ArrayLike = 0.16666666666666666, beta: ArrayLike = 0.5) -> None:
        super().__init__(alpha=alpha, beta=beta)


class Hardswish(Layer):
    """Piecewise quadratic relative of silu, also called hard_silu.

    The layer of `fastact.hard_swish`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Hardswish()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "hard_swish"

    def __init__(self) -> None:
        super().__init__()


class Hardtanh(Layer):
    """The input held between two bounds.

    The layer of `fastact.hard_tanh`, where formulas and bounds are.

    Parameters
    ----------
    min_val : array_like of float, optional
        Least result. By default -1.0.
    max_val : array_like of float, optional
        Largest result. By default 1.0.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Hardtanh()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "hard_tanh"
    _gradient = "grad_from_output"
    min_val: Any
    max_val: Any

    def __init__(self, min_val: ArrayLike = -1.0, max_val: ArrayLike = 1.0) -> None:
        super().__init__(min_val=min_val, max_val=max_val)


class Identity(Layer):
    """The input itself, as a copy.

    The layer of `fastact.identity`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Identity()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "identity"
    _gradient = "grad_from_output"

    def __init__(self) -> None:
        super().__init__()


class LeakyReLU(Layer):
    """Leaky rectified linear unit.

    The layer of `fastact.leaky_relu`, where formulas and bounds are.

    Parameters
    ----------
    negative_slope : array_like of float, optional
        Slope for negative input. It broadcasts: an array of slopes is PReLU. By default 0.01.

    Notes
    -----
    A call in training keeps a reference to its result, or where negative_slope is negative to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.LeakyReLU()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "leaky_relu"
    _gradient = "grad_from_output"
    _not_negative = ("negative_slope",)
    negative_slope: Any

    def __init__(self, negative_slope: ArrayLike = 0.01) -> None:
        super().__init__(negative_slope=negative_slope)


class LogSigmoid(Layer):
    """Logarithm of the logistic function.

    The layer of `fastact.log_sigmoid`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.LogSigmoid()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "log_sigmoid"

    def __init__(self) -> None:
        super().__init__()


class LogSoftmax(AlongAxis):
    """Logarithm of the softmax along an axis.

    The layer of `fastact.log_softmax`, where formulas and bounds are.

    Parameters
    ----------
    axis : int, tuple of int or None, optional
        The axis that the rows lie along; several are taken together, None takes all. By default the last. Of pandas and
        xarray it may be a name.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.LogSoftmax()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "log_softmax"
    _gradient = "grad_from_output"

    def __init__(self, axis: int | str | tuple[int | str, ...] | None = -1) -> None:
        super().__init__(axis=axis)


class LogSumExp(AlongAxis):
    """Logarithm of the sum of exponentials along an axis: the smooth maximum.

    The layer of `fastact.logsumexp`, where formulas and bounds are.

    Parameters
    ----------
    axis : int, tuple of int or None, optional
        The axis that the rows lie along; several are taken together, None takes all. By default the last. Of pandas and
        xarray it may be a name.
    keepdims : bool, optional
        Whether the axis is kept in the shape, with length 1. By default it is not.

    Notes
    -----
    A call in training keeps a reference to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.LogSumExp()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2,)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "logsumexp"
    keepdims: Any

    def __init__(self, axis: int | str | tuple[int | str, ...] | None = -1, keepdims: bool = False) -> None:
        super().__init__(axis=axis, keepdims=keepdims)


class Mish(Layer):
    """Smooth, self-gated rectifier.

    The layer of `fastact.mish`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Mish()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "mish"

    def __init__(self) -> None:
        super().__init__()


class NoisyReLU(Noisy):
    """Noisy rectified linear unit, for training: noise is added before the rectifier.

    The layer of `fastact.noisy_relu`, where formulas and bounds are.

    Parameters
    ----------
    std : array_like of float, optional
        Standard deviation of the noise. By default the square root of sigmoid(x).
    rng : None, int or numpy.random.Generator, optional
        Where the noise comes from, as `numpy.random.default_rng` takes it.

    Notes
    -----
    A call in training keeps a reference to its result.
    After ``eval()`` nothing is drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.NoisyReLU(rng=1)
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "noisy_relu"
    _gradient = "grad_from_output"
    _at_rest = {"std": 0.0}
    std: Any

    def __init__(self, std: ArrayLike | None = None, *, rng: Any = None) -> None:
        super().__init__(std=std, rng=rng)


class PReLU(Layer):
    """Parametric rectified linear unit: leaky_relu with a slope that is learnt.

    The layer of `fastact.prelu`, where formulas and bounds are.

    Parameters
    ----------
    weight : array_like of float, optional
        Slope for negative input, one for all or an array that broadcasts. By default 0.25.
    axis : int, optional
        The axis of the input that an array of one dimension lies along, of weight. By default it broadcasts, and so
        lies along the last.

    Notes
    -----
    A call in training keeps a reference to its input.
    `grad_parameter` has the gradient for weight, where that is an array: then the layer keeps its input too.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.PReLU()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "prelu"
    learnt = ("weight",)
    weight: Any

    def __init__(self, weight: ArrayLike = 0.25, axis: int | None = None) -> None:
        super().__init__(weight=weight, axis=axis)


class RReLU(Noisy):
    """Randomized leaky rectified linear unit: each element has a slope of its own, which is drawn.

    The layer of `fastact.rrelu`, where formulas and bounds are.

    Parameters
    ----------
    lower : array_like of float, optional
        Least slope. By default 0.125.
    upper : array_like of float, optional
        Largest slope. By default 1/3.
    rng : None, int or numpy.random.Generator, optional
        Where the slopes come from, as `numpy.random.default_rng` takes it.

    Notes
    -----
    A call in training keeps a reference to its input.
    After ``eval()`` nothing is drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.RReLU(rng=1)
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "rrelu"
    _at_rest = {"training": False}
    _drawn = "slopes"
    _returns = "return_slopes"
    lower: Any
    upper: Any

    def __init__(self, lower: ArrayLike = 0.125, upper: ArrayLike = 0.3333333333333333, *, rng: Any = None) -> None:
        super().__init__(lower=lower, upper=upper, rng=rng)


class ReLU(Layer):
    """Rectified linear unit.

    The layer of `fastact.relu`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.ReLU()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "relu"
    _gradient = "grad_from_output"

    def __init__(self) -> None:
        super().__init__()


class ReLU6(Layer):
    """Rectified linear unit that goes up to 6.

    The layer of `fastact.relu6`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.ReLU6()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "relu6"
    _gradient = "grad_from_output"

    def __init__(self) -> None:
        super().__init__()


class SELU(Layer):
    """Scaled exponential linear unit, which keeps the mean and variance of a layer's outputs near 0 and 1.

    The layer of `fastact.selu`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.SELU()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "selu"
    _gradient = "grad_from_output"

    def __init__(self) -> None:
        super().__init__()


class SiLU(Layer):
    """Sigmoid-weighted linear unit, also called swish.

    The layer of `fastact.silu`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.SiLU()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "silu"

    def __init__(self) -> None:
        super().__init__()


class Sigmoid(Layer):
    """Logistic function.

    The layer of `fastact.sigmoid`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Sigmoid()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "sigmoid"
    _gradient = "grad_from_output"

    def __init__(self) -> None:
        super().__init__()


class Softmax(AlongAxis):
    """Normalised exponentials along an axis: e^(x/T) / sum(e^(x/T)), T the temperature.

    The layer of `fastact.softmax`, where formulas and bounds are.

    Parameters
    ----------
    axis : int, tuple of int or None, optional
        The axis that the rows lie along; several are taken together, None takes all. By default the last. Of pandas and
        xarray it may be a name.
    temperature : array_like of float, optional
        Positive and finite; one for all rows, or of the shape of x without the axis. It counts in float64,
        whatever the dtype of x, and that of the result is that of x. By default 1.0.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Softmax()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "softmax"
    _gradient = "grad_from_output"
    temperature: Any

    def __init__(self, axis: int | str | tuple[int | str, ...] | None = -1, temperature: ArrayLike = 1.0) -> None:
        super().__init__(axis=axis, temperature=temperature)


class Softmin(AlongAxis):
    """Normalised exponentials of the negated elements along an axis: softmax(-x).

    The layer of `fastact.softmin`, where formulas and bounds are.

    Parameters
    ----------
    axis : int, tuple of int or None, optional
        The axis that the rows lie along; several are taken together, None takes all. By default the last. Of pandas and
        xarray it may be a name.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Softmin()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "softmin"
    _gradient = "grad_from_output"

    def __init__(self, axis: int | str | tuple[int | str, ...] | None = -1) -> None:
        super().__init__(axis=axis)


class Softplus(Layer):
    """Smooth rectifier, log(1 + e^x).

    The layer of `fastact.softplus`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Softplus()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "softplus"
    _gradient = "grad_from_output"

    def __init__(self) -> None:
        super().__init__()


class Softshrink(Layer):
    """The input made smaller by a number, and 0 where it is smaller than that.

    The layer of `fastact.soft_shrink`, where formulas and bounds are.

    Parameters
    ----------
    lambd : array_like of float, optional
        What the size of the input loses. By default 0.5.

    Notes
    -----
    A call in training keeps a reference to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Softshrink()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "soft_shrink"
    lambd: Any

    def __init__(self, lambd: ArrayLike = 0.5) -> None:
        super().__init__(lambd=lambd)


class Softsign(Layer):
    """A sigmoid with the algebraic tails of x/(1 + |x|).

    The layer of `fastact.softsign`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Softsign()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "softsign"
    _gradient = "grad_from_output"

    def __init__(self) -> None:
        super().__init__()


class SparsePlus(Layer):
    """Relative of softplus that is exactly 0 up to -1, and the input from 1 on.

    The layer of `fastact.sparse_plus`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.SparsePlus()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "sparse_plus"

    def __init__(self) -> None:
        super().__init__()


class SparseSigmoid(Layer):
    """Piecewise linear relative of sigmoid, between -1 and 1.

    The layer of `fastact.sparse_sigmoid`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.SparseSigmoid()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "sparse_sigmoid"
    _gradient = "grad_from_output"

    def __init__(self) -> None:
        super().__init__()


class Sparsemax(AlongAxis):
    """Projection onto the simplex along an axis: as softmax, but sparse.

    The layer of `fastact.sparsemax`, where formulas and bounds are.

    Parameters
    ----------
    axis : int, tuple of int or None, optional
        The axis that the rows lie along; several are taken together, None takes all. By default the last. Of pandas and
        xarray it may be a name.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Sparsemax()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "sparsemax"
    _gradient = "grad_from_output"

    def __init__(self, axis: int | str | tuple[int | str, ...] | None = -1) -> None:
        super().__init__(axis=axis)


class SquaredReLU(Layer):
    """Square of the rectified linear unit.

    The layer of `fastact.squared_relu`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.SquaredReLU()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "squared_relu"
    _gradient = "grad_from_output"

    def __init__(self) -> None:
        super().__init__()


class SwiGLU(Gate):
    """Gated linear unit with silu as the gate: silu(a) b, and what language models make of it.

    The layer of `fastact.swiglu`, where formulas and bounds are.

    Parameters
    ----------
    axis : int, optional
        The axis along which a call with one array splits it in two. By default the last.
    alpha : array_like of float, optional
        Factor in the exponent. By default 1.0.
    limit : array_like of float, optional
        Where `a` is cut off above, and `b` on both sides. By default inf.
    offset : array_like of float, optional
        Added to `b`. By default 0.0.

    Notes
    -----
    A call in training keeps a reference to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.SwiGLU()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 2)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "swiglu"
    alpha: Any
    limit: Any
    offset: Any

    def __init__(self, axis: int = -1, alpha: ArrayLike = 1.0, limit: ArrayLike = inf, offset: ArrayLike = 0.0) -> None:
        super().__init__(axis=axis, alpha=alpha, limit=limit, offset=offset)


class Tanh(Layer):
    """Hyperbolic tangent.

    The layer of `fastact.tanh`, where formulas and bounds are.

    Notes
    -----
    A call in training keeps a reference to its result.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Tanh()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "tanh"
    _gradient = "grad_from_output"

    def __init__(self) -> None:
        super().__init__()


class Threshold(Layer):
    """The input above a threshold, and a value in place of all else.

    The layer of `fastact.threshold`, where formulas and bounds are.

    Parameters
    ----------
    threshold : array_like of float, optional
        What the input has to be above. By default 1.0.
    value : array_like of float, optional
        The result elsewhere. By default 0.0.

    Notes
    -----
    A call in training keeps a reference to its input.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import nn
    >>> layer = nn.Threshold()
    >>> y = layer(np.ones((2, 4)))
    >>> y.shape
    (2, 4)
    >>> layer.backward(np.ones(y.shape)).shape
    (2, 4)
    """

    _of = "threshold"
    threshold: Any
    value: Any

    def __init__(self, threshold: ArrayLike = 1.0, value: ArrayLike = 0.0) -> None:
        super().__init__(threshold=threshold, value=value)
