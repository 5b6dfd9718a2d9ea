"""What the layers of ``fastact.nn`` do, which are rendered from the rows: calls, gradients, modes, pickles."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from . import _carriers, _functions, grad, grad_from_output, grad_parameter
from ._checks import index_of_axis, random_generator
from ._packed import halves, joined

__all__ = ["AlongAxis", "Drawing", "Gate", "Layer"]


class Layer:
    """An activation that keeps what its gradient needs.

    Subclasses say which function it is, and hand on its parameters, which become attributes.
    """

    training: bool = True
    learnt: ClassVar[tuple[str, ...]] = ()  # the parameters that have gradients
    axis: Any = None  # of a function along an axis that; otherwise where learnt parameters of one dimension lie along
    _of: ClassVar[str]  # the function's name
    _gradient: ClassVar[str] = "grad"  # the form of the gradient: "grad", "grad_from_output", or "" for none
    _not_negative: ClassVar[tuple[str, ...]] = ()  # parameters that the gradient from the output wants to be so
    _along = False  # whether the axis is the function's

    def __init__(self, **parameters: Any) -> None:
        self._names = tuple(parameters)
        self._kept: Any = None
        for name, value in parameters.items():
            setattr(self, name, np.array(value) if isinstance(value, list) else value)

    def __call__(self, x: Any, /) -> Any:
        """Return the function of an array.

        In training the layer refers to the array, or to the result, until the next call. Do not write to either
        before `backward`.
        """
        return self._call((x,), self._given(x))

    def backward(self, dy: Any, /) -> Any:
        """Return the gradient for the input of the last call, from that for its output.

        Raises
        ------
        RuntimeError
            If there is nothing to go back to: the layer was not called yet, or is in the mode that `eval` sets.
        """
        arrays, y, given = self._last_call("backward")
        if y is not None:
            return getattr(grad_from_output, self._of)(y, dy, **given)
        return getattr(grad, self._of)(*arrays, dy, **given)

    def grad_parameter(self, dy: Any, /) -> Any:
        """Return the gradients for the parameters that are learnt, summed over what shares them.

        One array, of the parameter's shape, for one parameter; a named tuple for several.

        Raises
        ------
        RuntimeError
            If the layer has no such parameter, or there is nothing to go back to: it was not called yet, or is in the
            mode that `eval` sets, or did not keep its input, since the parameters are numbers.
        """
        if not self.learnt:
            raise RuntimeError(f"nn.{type(self).__name__}.grad_parameter(): no parameter of it is learnt")
        arrays, _, given = self._last_call("grad_parameter")
        if arrays is None:
            raise RuntimeError(
                f"nn.{type(self).__name__}.grad_parameter(): the input was not kept, since no array was given for "
                f"{' or '.join(self.learnt)}; np.array(1.0) is one"
            )
        found = getattr(grad_parameter, self._of)(*arrays, dy, **given)
        if not isinstance(found, tuple):
            return self._summed(found, self.learnt[0])
        return type(found)(*map(self._summed, found, self.learnt))

    def train(self) -> Self:
        """Set the mode for training, which a new layer is in: calls keep what `backward` needs. Return the layer."""
        self.training = True
        return self

    def eval(self) -> Self:
        """Set the mode for use: calls keep nothing, and draw nothing. Return the layer."""
        self.training, self._kept = False, None
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={described(getattr(self, name))}' for name in self._names)})"

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_kept": None}

    def _given(self, x: Any) -> dict[str, Any]:
        """Return the parameters for a call: numbers as Python's, which leave the dtype to the arrays."""
        given = {name: getattr(self, name) for name in self._names if name != "axis" or self._along}
        for name, value in given.items():
            if isinstance(value, np.ndarray | np.generic):
                if not value.ndim:
                    given[name] = value.item()
                elif name in self.learnt and value.ndim == 1 and (axis := self._own_axis(np.ndim(x))) is not None:
                    given[name] = value.reshape((-1,) + (1,) * (np.ndim(x) - 1 - axis))
        return given

    def _own_axis(self, ndim: int) -> int | None:
        """Return the axis that a learnt parameter of one dimension lies along; None where it broadcasts."""
        if self.axis is None or self._along:
            return None
        return int(index_of_axis(f"nn.{type(self).__name__}", self.axis, ndim))

    def _call(self, arrays: tuple[Any, ...], given: dict[str, Any], **options: Any) -> Any:
        """Return what the function makes of the arrays, and keep what the gradient needs."""
        y = getattr(_functions, self._of)(*arrays, **given, **options)
        self._keep(arrays, y, given)
        return y

    def _keep(self, arrays: tuple[Any, ...], y: Any, given: dict[str, Any]) -> None:
        """Keep what the gradient needs: of the arrays, the result and the parameters."""
        if self.training and self._gradient:
            from_output = self._gradient == "grad_from_output"
            if from_output and self._not_negative:
                values = [given[name] for name in self._not_negative]
                from_output = all(one >= 0 if type(one) is float else np.all(np.asarray(one) >= 0) for one in values)
            learns = self.learnt and any(isinstance(getattr(self, name), np.ndarray) for name in self.learnt)
            self._kept = None if from_output and not learns else arrays, y if from_output else None, given

    def _last_call(self, method: str) -> Any:
        """Return what the last call kept: the arrays or None, the result or None, the parameters."""
        name = f"nn.{type(self).__name__}.{method}()"
        if not self._gradient:
            raise RuntimeError(f"{name}: {self._of} has no gradient")
        if not self.training:
            raise RuntimeError(
                f"{name}: after .eval() calls keep nothing; .train() comes before the call to go back to"
            )
        if self._kept is None:
            raise RuntimeError(f"{name}: the layer has to be called before, in the mode that .train() sets")
        return self._kept

    def _summed(self, gradient: Any, name: str) -> Any:
        """Return the gradient for a parameter, from that for each element."""
        parameter = getattr(self, name)
        if gradient is None:
            return None
        if np.ma.isMaskedArray(gradient):
            gradient = gradient.filled(0.0)
        if _carriers.is_pandas(gradient):
            gradient = gradient.fillna(0.0)  # what is missing takes no part
        if not hasattr(gradient, "ndim") or _carriers.is_pandas(gradient) or _carriers.is_xarray(gradient):
            gradient = np.asarray(gradient)
        shape, ndim = np.shape(parameter), gradient.ndim
        axis = self._own_axis(ndim) if len(shape) == 1 else None
        before = ndim - len(shape) if axis is None else axis
        own = [before + k for k, length in enumerate(shape) if length != 1]
        others = tuple(k for k in range(ndim) if k not in own)
        total = gradient.sum(axis=others, dtype=np.float64).reshape(shape)
        return total.astype(gradient.dtype) if shape else total


class Gate(Layer):
    """The layer of a gate: of two arrays, or of one whose halves along an axis they are."""

    _packed: bool

    def __call__(self, x: Any, b: Any = None, /) -> Any:
        """Return the function of two arrays, or of the halves of one along the layer's axis.

        In training the layer refers to the arrays until the next call. Do not write to them before `backward`.
        """
        self._packed = b is None
        arrays = halves(f"nn.{type(self).__name__}", x, self.axis) if b is None else (x, b)
        return self._call(arrays, self._given(x))

    def backward(self, dy: Any, /) -> Any:
        """Return the gradient for the input of the last call, from that for its output: for two arrays, two.

        Raises
        ------
        RuntimeError
            If there is nothing to go back to: the layer was not called yet, or is in the mode that `eval` sets.
        """
        (a, b), _, given = self._last_call("backward")
        gradient = getattr(grad, self._of)
        if not self._packed:
            return gradient(a, b, dy, **given)
        if not (
            is_float(a) and is_float(dy) and a.dtype == dy.dtype and all(type(one) is float for one in given.values())
        ):
            da, db = gradient(a, b, dy, **given)
            return joined(da, db, self.axis)
        shape = [*a.shape]
        shape[self.axis] *= 2
        dx = np.empty(shape, a.dtype)
        gradient(a, b, dy, **given, out=halves("", dx, self.axis))
        return dx


class AlongAxis(Layer):
    """The layer of a function along an axis, in which a mask may say which elements take part."""

    _along = True

    def __call__(self, x: Any, /, *, where: Any = True) -> Any:
        """Return the function of an array.

        In training the layer refers to the array, or to the result, and to the mask, until the next call. Do not write
        to them before `backward`.
        """
        given = self._given(x)
        return self._call((x,), given if where is True else given | {"where": where})


class Drawing(Layer):
    """The layer of a stochastic function, which draws anew in each call, and nothing after `eval`."""

    _drawing: ClassVar[tuple[str, ...]]  # the options that say what is drawn
    _at_rest: ClassVar[dict[str, Any]]  # the options with which nothing is
    _drawn: ClassVar[tuple[str, ...]] = ()  # the keyword that has it returned, and what it is for the gradient

    def __init__(self, rng: Any, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.rng = random_generator(f"nn.{type(self).__name__}", rng)

    def __call__(self, x: Any, /) -> Any:
        """Return the function of an array.

        In training the layer refers to the array, or to the result, until the next call. Do not write to either
        before `backward`.
        """
        given = self._given(x)
        options = {name: given.pop(name) for name in self._drawing} | {"rng": self.rng}
        if not self.training:
            return self._call((x,), given, **options | self._at_rest)
        if not self._drawn:
            return self._call((x,), given, **options)
        keyword, name = self._drawn
        y, drawn = getattr(_functions, self._of)(x, **given, **options, **{keyword: True})
        self._keep((x,), y, given | {name: drawn})
        return y


def is_float(value: Any) -> bool:
    """Return whether a value is an array of NumPy's and nothing more, of floats that the functions are computed in."""
    return type(value) is np.ndarray and value.dtype.char in "efd"


def described(value: Any) -> str:
    """Return a parameter as a repr has it."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"<{value.dtype} array of shape {value.shape}>"
    return repr(value.item() if isinstance(value, np.ndarray | np.generic) else value)
