"""gumbel_softmax: a sample from a categorical distribution, softened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._carriers import Call, called
from ._checks import dtypes_of, explained, random_generator, real_array, real_number, under_name
from ._functions import hardmax, softmax

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["gumbel_softmax"]


@explained("gumbel_softmax")
def gumbel_softmax(
    x: ArrayLike,
    /,
    tau: float = 1.0,
    hard: bool = False,
    axis: int | tuple[int, ...] | None = -1,
    *,
    rng: Any = None,
    return_soft: bool = False,
    where: ArrayLike = True,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """Softmax of ``(x + g)/tau``, g Gumbel noise: a sample from the distribution softmax(x), softened.

    Parameters
    ----------
    x : array_like of float
        Logarithms of the probabilities, up to a constant in each row; -inf rules an element out.
    tau : float, optional
        Temperature, positive and finite. The smaller, the nearer is a row to one 1 among zeros. By default 1.0.
    hard : bool, optional
        Whether to return the sample itself, 1 at the largest element of the softened one and 0 elsewhere.
    axis : int, tuple of int or None, optional
        The axis that the rows lie along; several are taken together, None takes all. By default the last.
    rng : None, int or numpy.random.Generator, optional
        Where the noise comes from, as `numpy.random.default_rng` takes it.
    return_soft : bool, optional
        Whether to return the softened sample too, as a second array: the gradient needs it.
    where : array_like of bool, optional
        Which elements take part, as for `softmax`. Noise is drawn for the others too, so that a mask does not shift it.

    Returns
    -------
    y : ndarray
        Of the shape and dtype of x; integers give floats.
    soft : ndarray
        Only with ``return_soft``.

    Raises
    ------
    TypeError
        If x is complex, longdouble, or not a number, tau no real number, axis no int or tuple of ints, or rng no seed.
    ValueError
        If the axis is empty, out of bounds or named twice, or tau is not positive and finite.

    Notes
    -----
    The gradient is ``grad_from_output.softmax(soft, dy, axis, temperature=tau)``; with ``hard`` the same, which is the
    straight-through estimator. E. Jang, S. Gu and B. Poole, 2017, arXiv 1611.01144. C. Maddison, A. Mnih and Y. W. Teh,
    2017, arXiv 1611.00712.

    Examples
    --------
    >>> import numpy as np, fastact
    >>> y = fastact.gumbel_softmax(np.log([0.2, 0.3, 0.5]), rng=1)
    >>> bool(np.isclose(y.sum(), 1.0))
    True
    >>> fastact.gumbel_softmax(np.log([0.2, 0.3, 0.5]), hard=True, rng=1)
    array([0., 0., 1.])
    """
    if not 0 < real_number("gumbel_softmax", "tau", tau) < np.inf:
        raise ValueError("gumbel_softmax(): tau must be positive and finite")
    generator = random_generator("gumbel_softmax", rng)
    noisy = called(NOISY, (x,), axis=(), rng=generator)
    options = {"axis": axis, "where": where}
    with np.errstate(all="ignore"):  # signalling NaN, tau and y beyond what the dtype has
        try:
            soft = softmax(noisy, temperature=float(tau), **options)
        except (TypeError, ValueError) as error:
            raise under_name("gumbel_softmax", "softmax", error) from None
        # Of the noisy ones: where tau is large, softened ones are equal. 0*soft is NaN where soft is.
        y = hardmax(noisy, **options) + 0 * soft if hard else soft
        y, soft = in_dtype_of(x, y), in_dtype_of(x, soft)
    return (y, soft) if return_soft else y


def with_gumbel_noise(operands, *, rng, axis=(), where=True):
    """Return an array with Gumbel noise added to it, in float32 at least, whether it takes part or not."""
    x = real_array("gumbel_softmax", "x", operands[0])
    noisy = x.astype(np.promote_types(np.result_type(x, np.float16), np.float32))
    with np.errstate(all="ignore"):
        noisy += rng.gumbel(size=x.shape).astype(noisy.dtype)
    return noisy


NOISY = Call("gumbel_softmax", ("x",), (True,), ("row",), with_gumbel_noise)


def in_dtype_of(x, result):
    """Return a result in float16, if that is the dtype for x."""
    given = dtypes_of(x)
    if not given or not all(isinstance(one, np.dtype) for one in given):
        return result
    return result.astype(np.float16) if np.result_type(*given, np.float16) == np.float16 else result


gumbel_softmax.__module__ = "fastact"  # pickles then name the public module
