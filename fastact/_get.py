"""What other libraries call the functions: ``get("gelu", library="jax")``.

The names, and the defaults that are others there, stand in the rows. What is no function here, but is made of some, or
of NumPy's, stands in `COMPOSED`.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _carriers, _functions
from ._checks import explained, real_array, real_number
from ._packed import halves
from ._sampling import gumbel_softmax

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["get"]


def exponential(x):
    return np.exp(x)


def gelu_10(x):
    return np.clip(_functions.gelu(x), -10.0, 10.0)


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    above = x if max_value is None else np.clip(x, 0.0, max_value)
    below = negative_slope * (np.minimum(x, threshold) - threshold) if negative_slope else 0.0
    return np.where(np.isnan(x), x, np.where(x > threshold, above, below))


def shrink(x, lambd=0.5, bias=0.0):
    between = np.where(np.isnan(x), x, 0.0)
    return np.where(x < -lambd, x + bias, np.where(x > lambd, x - bias, between))


def xielu(x, alpha_p=0.8, alpha_n=0.8, beta=0.5, eps=-1e-6):
    line = (beta - alpha_n) * x if beta != alpha_n else 0.0
    return np.where(x > 0, alpha_p * x * x + beta * x, alpha_n * np.expm1(np.minimum(x, eps)) + line)


class Composed(NamedTuple):
    """A function of another library that is none here.

    Parameters
    ----------
    names : tuple
        Pairs of a library and a name.
    text : str
        What it is, in Python's words.
    formula : callable
        The same by NumPy in float64: of x and parameters, which are numbers.
    plain : callable
        The function that it is where no parameter is given.
    """

    names: tuple
    text: str
    formula: Callable
    plain: Callable | None = None


COMPOSED = (
    Composed((("keras", "exponential"), ("onnx", "Exp"), ("ggml", "exp")), "exp(x)", exponential),
    Composed(
        (("keras", "relu"), ("keras", "ReLU")),
        "min(x, max_value) if x > threshold else negative_slope*(x - threshold)",
        relu,
        _functions.relu,
    ),
    Composed((("onnx", "Shrink"),), "x + bias if x < -lambd else x - bias if x > lambd else 0", shrink),
    Composed((("transformers", "gelu_10"),), "min(max(gelu(x), -10), 10)", gelu_10),
    Composed(
        (("transformers", "xielu"),),
        "alpha_p*x**2 + beta*x if x > 0 else alpha_n*(expm1(min(x, eps)) - x) + beta*x",
        xielu,
    ),
)
OWN = {"gumbel_softmax": (gumbel_softmax, (("torch", "gumbel_softmax"),))}  # functions that have no row


class Meant:
    """What a library means by a name, where that is no public function as it stands.

    Parameters
    ----------
    name, library : str
        What `get` was asked for.
    text : str
        What it is, for the repr.
    """

    def __init__(self, name, library, text):
        self.name, self.library, self.text = name, library, text

    def __repr__(self):
        return f"<{self.name} of {self.library}: {self.text}>"

    def __reduce__(self):
        return get, (self.name, self.library)


class WithDefaults(Meant):
    """A public function with other defaults."""

    def __init__(self, name, library, function, arrays, defaults):
        given = [f"{key}={value!r}" for key, value in defaults.items()]
        super().__init__(name, library, f"{function.__name__}({', '.join([*arrays, *given])})")
        self.function, self.defaults = function, defaults
        if defaults:
            own = inspect.signature(function)
            shown = [one.replace(default=defaults.get(key, one.default)) for key, one in own.parameters.items()]
            self.__signature__ = own.replace(parameters=shown)

    def __call__(self, *arguments, **options):
        """Return what the function makes of arrays and parameters."""
        left = self.defaults
        if left:
            by_position = [*self.__signature__.parameters][: len(arguments)]
            left = {name: value for name, value in left.items() if name not in by_position}
        return self.function(*arguments, **left | options)


class Gate(WithDefaults):
    """A gate, which takes its two arrays, or one whose halves along an axis they are, as libraries have it."""

    def __init__(self, name, library, function, arrays, defaults):
        super().__init__(name, library, function, arrays, defaults)
        self.text += " of two arrays, or of the halves of one along axis=-1"

    def __call__(self, x, /, *others, axis=-1, **options):
        """Return what the gate makes of its arrays."""
        arguments = (x, *others) if others else halves(self.name, x, axis)
        return super().__call__(*arguments, **options)


class Composition(Meant):
    """What is composed of several functions, in float64, and rounded once."""

    def __init__(self, name, library, composed):
        self.formula, self.plain = composed.formula, composed.plain
        self.__signature__ = inspect.signature(self.formula)
        given = "".join(f", {one}" for name, one in self.__signature__.parameters.items() if name != "x")
        super().__init__(name, library, composed.text + given)

    def __call__(self, *arguments, **options):
        """Return what the function makes of an array and of parameters."""
        try:
            given = self.__signature__.bind(*arguments, **options).arguments
        except TypeError as error:
            raise TypeError(f"{self.name}(): {error}") from None
        x = given.pop("x")
        given = {key: one if one is None else real_number(self.name, key, one) for key, one in given.items()}
        compute = functools.partial(self.compute, **given)
        return _carriers.by_element(self.name, compute, 1, ("x",), (x,)) if _carriers.carries(x) else compute(x)

    def compute(self, x, **given):
        """Return what the function makes of an array that carries nothing else."""
        x = real_array(self.name, "x", x)
        if self.plain is not None and not given:
            return self.plain(x)
        with np.errstate(all="ignore"):
            result = np.asarray(self.formula(x.astype(np.float64), **given))
            return result.astype(np.result_type(x, np.float16))[()]


@functools.cache
def meanings():
    """Return what each library means by its names: a dict of dicts."""
    from . import _rows  # not at import, as these are many files

    found = {}
    for row in _rows.rows():
        if row.public:
            function = getattr(_functions, row.name)
            for there in row.elsewhere:
                for name in there.names:
                    kind = Gate if len(row.arrays) > 1 else WithDefaults if there.defaults else None
                    meant = kind(name, there.library, function, row.arrays, dict(there.defaults)) if kind else function
                    found.setdefault(there.library, {})[name] = meant
    for function, names in OWN.values():
        for library, name in names:
            found[library][name] = function
    for composed in COMPOSED:
        for library, name in composed.names:
            found.setdefault(library, {})[name] = Composition(name, library, composed)
    return found


def own():
    """Return fastact's own functions by name."""
    return {name: getattr(_functions, name) for name in _functions.__all__} | {
        name: one[0] for name, one in OWN.items()
    }


@explained("get")
def get(name: str, library: str | None = None) -> Callable[..., Any]:
    """Return the function that a library means by a name, with that library's defaults.

    Parameters
    ----------
    name : str
        What it is called there: a function, a class, an operator, or a string that stands for one, without modules.
    library : {"torch", "jax", "keras", "onnx", "transformers", "ggml", "scipy", "numpy"}, optional
        Whose name it is. By default fastact's own, or else one that means the same wherever there is such a name.

    Returns
    -------
    function : callable
        A function of fastact's, where its defaults are those of the library. Otherwise a callable that can be pickled,
        and whose repr says what it does. It takes parameters by their names here, which are not always the library's.

    Raises
    ------
    TypeError
        If the name, or the library, is no string.
    ValueError
        If there is no such name, or no such library; or if no library is given and the name means several things.
        The message has the nearest names.

    Notes
    -----
    A gate takes two arrays here, in most libraries one that has both: what is returned for a library takes either, and
    the axis along which one array is split, ``axis=-1``. What fastact has no function for, as Keras' ``relu`` with its
    three parameters or ONNX's ``Shrink``, is composed of others, in float64.

    Examples
    --------
    >>> import fastact
    >>> fastact.get("gelu", library="jax") is fastact.gelu_tanh
    True
    >>> fastact.get("leaky_relu", library="keras")
    <leaky_relu of keras: leaky_relu(x, negative_slope=0.2)>
    >>> fastact.get("leaky_relu", library="keras")([-1.0, 2.0])
    array([-0.2,  2. ])
    """
    if not isinstance(name, str):
        raise TypeError(f"get(): name must be a string, not {name!r}")
    found = meanings()
    if library is None:
        return of_any(name, found)
    if not isinstance(library, str):
        raise TypeError(f"get(): library must be a string or None, not {library!r}")
    if library not in found:
        raise ValueError(f"get(): library must be one of {', '.join(found)}, or None, not {library!r}")
    if name not in found[library]:
        raise ValueError(f"get(): {library} has nothing called {name!r} that is here; {nearest(name, found[library])}")
    return found[library][name]


get.__module__ = "fastact"  # pickles then name the public module


def of_any(name, found):
    """Return the function of a name that is fastact's own, or means the same in every library that has it."""
    if name in own():
        return own()[name]
    meant = {library: names[name] for library, names in found.items() if name in names}
    if not meant:
        raise ValueError(f"get(): nothing is called {name!r}; {nearest(name, own(), *found.values())}")
    said = {library: what_it_is(one) for library, one in meant.items()}
    if len(set(said.values())) > 1:
        told = ", ".join(f"{text} with library={library!r}" for library, text in said.items())
        raise ValueError(f"get(): {name!r} is {told}")
    return next(iter(meant.values()))


def what_it_is(function):
    """Return what a function does, in words; without parameters where it needs none to be one of fastact's."""
    plain = getattr(function, "plain", None) or function
    return plain.text if isinstance(plain, Meant) else plain.__name__


def nearest(name, *known):
    """Return the clause on what may be meant by a name that is not known."""
    import difflib  # not at import: it is for mistakes alone

    names = {one.casefold(): one for names in known for one in names}
    close = difflib.get_close_matches(name.casefold(), names, 4, 0.5)
    if not close:
        return f"there are {', '.join(sorted(names.values()))}"
    return f"the nearest {'names are' if len(close) > 1 else 'name is'} {', '.join(names[one] for one in close)}"
