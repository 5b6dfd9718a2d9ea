"""What a row can say of an activation: the fields of `Row`, and of its forms and parameters.

A row is the only place where an activation's names, defaults, formulas, bounds and words stand. The loops, the public
functions with their docstrings and stubs, the tests and the benchmarks are made from it.
"""

import ast
import math
from collections.abc import Callable
from typing import Any, NamedTuple


class Parameter(NamedTuple):
    """A parameter of an activation, after its arrays.

    Parameters
    ----------
    name, default : str, float
        The field's name for it, and PyTorch's default.
    meaning : str
        A sentence for the docstring.
    sizes : tuple
        For float32 and for float64 the least and the largest size for which the bounds hold, beside 0; empty where
        they hold for all.
    samples : tuple of float
        Values away from the default that the tests try. In gradients from the output they have to be possible there.
    positive : bool
        Whether the bounds hold for positive values alone.
    outside : str
        What comes out for the values for which the bounds do not hold; a clause for the docstring.
    signed_output : bool
        Whether the output of a negative value does not tell the sign of x, so that the gradient from the output
        refuses it.
    learnt : bool
        Whether networks learn it: `Row.grad_parameter` has the derivative by it.
    """

    name: str
    default: float
    meaning: str
    sizes: tuple = ()
    samples: tuple = (0.3, 1.7, 5.0)
    positive: bool = False
    outside: str = ""
    signed_output: bool = False
    learnt: bool = False


class Elsewhere(NamedTuple):
    """What a library calls an activation.

    Parameters
    ----------
    library : str
        "torch", "jax", "keras", "onnx", "transformers", "ggml", "scipy" or "numpy".
    names : tuple of str
        Every name that it has there, of functions, of classes and of what strings stand for it, without modules.
    defaults : dict
        The parameters, ``axis`` and ``keepdims`` too, by their names here, whose defaults there are others, and what
        those are.
    """

    library: str
    names: tuple
    defaults: Any = ()

    def __str__(self):
        shown = {key: f"{one:.6g}" if isinstance(one, float) else one for key, one in dict(self.defaults).items()}
        given = ", ".join(f"{key}={one}" for key, one in shown.items())
        return f"{self.library} {' or '.join(self.names)}" + (f" ({given})" if given else "")


class Drawn(NamedTuple):
    """What a stochastic function draws: the last input of its ufunc, and of its gradient's.

    Parameters
    ----------
    parameter : Parameter
        That input. Of the gradient it is a parameter, with this default.
    kind : str
        "noise" or "slopes": which of the classes in `_facade` draws it.
    options : tuple of tuple
        What the function takes in its place: of each the name, the default, and the entry in the docstring.
    named : tuple of tuple
        What it takes by name alone, beside ``rng``, likewise. Of a function whose gradient takes what was drawn, the
        first has that returned too.
    rest : dict
        The options with which nothing is drawn: those of a layer after ``eval()``. A layer has no option ``training``.
    """

    parameter: Parameter
    kind: str
    options: tuple
    named: tuple = ()
    rest: Any = ()

    @property
    def of_layer(self):
        """The options that a layer has too: all but those that are its mode."""
        return [option for option in self.options if type(option[1]) is not bool]


class OverChunks(NamedTuple):
    """How a form along an axis is computed of rows that lie in several chunks: from what each chunk tells of them.

    The chunks are in float64, rows along their last axis, with what counts for nothing where something is masked.

    Parameters
    ----------
    arrays : int
        How many arrays there are; what follows them is one number for each row.
    statistics : callable
        Of a chunk's arrays, the positions of its elements in their row, and of the parameters: a tuple of arrays, with
        a few numbers for each row along the last axis.
    merged : callable
        The statistics of all, of a list of those of some.
    row, number : callable
        The results: of all statistics, then what `statistics` takes, for each element; or of all statistics alone, one
        number for each row.
    """

    arrays: int
    statistics: Callable
    merged: Callable
    row: Callable | None = None
    number: Callable | None = None


class Form(NamedTuple):
    """One ufunc of an activation: its value, its gradient, or its gradient from the saved output.

    Parameters
    ----------
    formula : str or tuple of str
        The exact function (for a gradient, the derivative) in the arrays and parameters by name, in Python with the
        names of `tests.oracle.NAMES`. The tests evaluate it with mpmath; the docstring prints it. A tuple where there
        are several outputs: a formula for each.
    numpy : callable
        The same by NumPy in float64, without overflow and cancellation: the NumPy rung, and the judge of float32. It
        takes what the ufunc takes, ``dy`` included. NumPy's warnings are silenced around it.
    ulp32, ulp64 : float
        The largest errors in float32 and in float64, in ULP.
    limits : tuple
        The values at -inf, -0.0, 0.0 and inf, at the parameters' defaults and with ``dy`` 1; or formulas in the
        parameters, whose rounding makes a difference. With two arrays, both have that value. Where there are several
        outputs, a tuple for each.
    worst32, worst64 : tuple of float, or tuple of such tuples
        Where the errors are the largest that have been found: what the bounds come from. Each is a number for each
        array (not for ``dy``), and for each parameter where those are not at their defaults.
    away : tuple of float
        The largest errors in float32 and float64 where parameters are not at their defaults.
    zeros : tuple of float
        Finite zeros of a derivative. Beside them (`ZERO_REACH`) the error is bounded absolutely, by the sizes of the
        other arrays where those are more than 1. Where there are several outputs, a tuple for each, of its own array.
    flat : str or tuple of str
        Where a gradient is +0 whatever ``dy`` is: a condition in the arrays and parameters. Where there are several
        outputs, a condition for each.
    raises : str
        The floating-point flag that the function itself can call for, with huge arguments: "overflow".
    kernel : str
        The C function, where it is that of another form.
    plain : Form
        What is computed in its place where all parameters are at their defaults, if that is more exact than it can be
        of rounded ones. Its kernels, ``fa_<name>_plain_f32``, ``fa_<name>_grad_plain_f32``, are given the parameters
        too, of which its formulas make nothing, so that the dtypes are those of other parameters.
    over_chunks : OverChunks
        Of a form along an axis. A gradient that has none is that from the output, of the output.
    """

    formula: Any
    numpy: Callable
    ulp32: float = 0.5
    ulp64: float = 0.5
    limits: tuple = ()
    worst32: tuple = ()
    worst64: tuple = ()
    away: tuple = (1.5, 1.5)
    zeros: tuple = ()
    flat: str = ""
    raises: str = ""
    kernel: str = ""
    plain: Any = None
    over_chunks: OverChunks | None = None

    @property
    def formulas(self):
        """The formula of each output."""
        return self.formula if isinstance(self.formula, tuple) else (self.formula,)


class Row(NamedTuple):
    """An activation.

    Parameters
    ----------
    name, summary : str
        The public name, and the docstring's first line.
    value, grad, from_output : Form
        Its ufuncs: ``fastact.<name>``, ``fastact.grad.<name>``, ``fastact.grad_from_output.<name>``.
    grad_parameter : Form
        ``fastact.grad_parameter.<name>``: the derivatives by the parameters that are learnt, an output for each.
    arrays : tuple of str
        The array arguments of the value; a gate has two. The gradient has an output for each.
    parameters : tuple of Parameter
        What follows the arrays. With parameters, a function with their defaults stands in front of each ufunc.
    kinks : tuple
        Where the derivative jumps, in x, in a gate in any of its arrays; numbers, or formulas in the parameters. The
        judge's samples have their neighbours.
    bends : tuple
        Where only a higher derivative jumps, or the kernel goes another way; likewise.
    gain : float or callable
        What `init.gain` returns: a number, or a function of the parameters. None: no gain is offered.
    demands : dict
        Conditions that the parameters have to meet, and for each an example that does not, as a dict. They are checked
        of Python's and NumPy's numbers; elements of arrays are not looked at.
    elsewhere : tuple of Elsewhere
        What it is called in other libraries.
    options : tuple of tuple of str
        Arguments that it has in other libraries and not here: pairs of a name and of what does the same.
    axis : bool
        It works along an axis: a gufunc, row by row.
    reduces : bool
        It makes one number of a row.
    absent, masked : float
        What counts for nothing in a row; and what the value gives where a mask has an element take no part. Gradients
        give +0 there.
    saves_output : bool
        Whether a layer goes back from the output, where both gradients are there: what that has lost to rounding is no
        loss to the gradient.
    apart : bool
        Whether `value_and_grad` computes the gradient when the value is done, since they share too little for the
        registers that both at once take.
    integers : callable
        The value of integers, which stays one, by NumPy: what overflows wraps. ``fa_<name>_integer(x)``, a macro, is
        the same in C. None: integers become floats.
    noise : Drawn
        It is stochastic: this is its last input, which the function in front draws.
    compiled : bool
        Whether C kernels compute it. If not, NumPy does on every rung.
    public : bool
        Whether users see it. If not, it is for the benchmarks and the tests.
    notes, example : str
        For the docstring: sentences, and a doctest.
    """

    name: str
    summary: str
    value: Form
    grad: "Form | None" = None
    from_output: "Form | None" = None
    grad_parameter: "Form | None" = None
    arrays: tuple = ("x",)
    parameters: tuple = ()
    kinks: tuple = ()
    bends: tuple = ()
    gain: Any = None
    demands: Any = ()
    elsewhere: tuple = ()
    options: tuple = ()
    axis: bool = False
    reduces: bool = False
    absent: float = -math.inf
    masked: float = 0.0
    saves_output: bool = False
    apart: bool = False
    integers: Callable | None = None
    noise: Drawn | None = None
    compiled: bool = True
    public: bool = True
    notes: str = ""
    example: str = ""

    def __hash__(self):
        return hash(self.name)

    @property
    def back(self):
        """The form that a layer goes back by: "grad", "grad_from_output", or "" for none."""
        if self.from_output and (self.saves_output or self.axis or not self.grad):
            return "grad_from_output"
        return "grad" if self.grad else ""


class Ufunc(NamedTuple):
    """A ufunc to be made: one form of one row.

    Parameters
    ----------
    row, form
        Where it comes from.
    family : str
        The file of the row, and the header of its kernel.
    space : str
        Where its public name lives: "", "grad", "grad_from_output", "grad_parameter" or "value_and_grad".
    name : str
        Its own name, public too: "softplus", "grad.softplus", "leaky_relu.ufunc".
    kernel : str
        Its C function, ``fa_<kernel>_f32`` and ``_f64``.
    arrays : tuple of str
        Its array arguments, by position.
    others : tuple of str
        What its ufunc takes after them: parameters, or noise. What is general of a row's forms has "where" first, a
        mask of what takes part.
    results : tuple of str
        The names of what it returns.
    signature : str
        Of a gufunc.
    parts : tuple of str
        The C functions that it calls one after the other, where it has none of its own: of the value and the gradient.
    """

    row: Row
    form: Form
    family: str
    space: str
    name: str
    kernel: str
    arrays: tuple
    others: tuple
    results: tuple = ("y",)
    signature: str = ""
    parts: tuple = ()

    @property
    def operands(self):
        """The names of its inputs."""
        return (*self.arrays, *self.others)

    @property
    def nin(self):
        """How many inputs it has."""
        return len(self.operands)

    @property
    def nout(self):
        """How many arrays it returns."""
        return len(self.results)

    @property
    def integers(self):
        """What computes integers without making them floats, by NumPy; None where nothing does."""
        return None if self.space else self.row.integers

    @property
    def by(self):
        """What the derivatives are by, one for each output."""
        return self.results if self.space == "grad_parameter" else self.row.arrays

    @property
    def piecewise(self):
        """Whether it is polynomials in pieces: it calls no function but these, and divides by none of its arrays."""
        for node in map(ast.walk, map(ast.parse, self.form.formulas)):
            for one in node:
                if isinstance(one, ast.Call) and one.func.id not in ("abs", "max", "min"):
                    return False
                if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Div):
                    named = {name.id for name in ast.walk(one.right) if isinstance(name, ast.Name)}
                    if named & set(self.arrays):
                        return False
        return True

    @property
    def has_dy(self):
        """Whether it is a gradient, times what it is given of the output's."""
        return "dy" in self.arrays

    @property
    def loop(self):
        """The name of its inner loops in C."""
        return self.name.replace(".", "_")

    @property
    def attribute(self):
        """What it is of the function in front of it: "ufunc", for its defaults alone "plain", for rows "general"."""
        last = self.name.rpartition(".")[2]
        return last if last in ("ufunc", "plain", "general") else ""

    @property
    def draws(self):
        """Whether the function in front draws the last input."""
        return bool(self.row.noise and not self.space)

    @property
    def parameters(self):
        """The parameters that follow the arrays: the row's, and of a gradient what the function has drawn."""
        drawn = (self.row.noise.parameter,) if self.row.noise and self.space == "grad" else ()
        return (*self.row.parameters, *drawn)

    @property
    def demands(self):
        """The conditions that the parameters have to meet."""
        signed = [one for one in self.row.parameters if one.signed_output and self.space == "grad_from_output"]
        return [*self.row.demands, *(f"{one.name} >= 0" for one in signed)]

    @property
    def main(self):
        """Whether it is the one ufunc of its form that has a public function: not what is plain or general."""
        return self.attribute not in ("plain", "general")

    @property
    def stand_in(self):
        """What counts for nothing where a gufunc's first array is masked: in a saved output, what the value gives."""
        return self.row.masked if self.space == "grad_from_output" else self.row.absent

    @property
    def masked(self):
        """What a gufunc gives where its array is masked."""
        return 0.0 if self.space else self.row.masked

    @property
    def facade(self):
        """Whether a function with defaults, an axis or several outputs stands in front of it."""
        return bool(self.attribute)

    @property
    def public_name(self):
        """The name of the function that users call: its own, or that of the one in front of it."""
        return self.name.removesuffix(f".{self.attribute}")

    @property
    def core(self):
        """For each input of a gufunc, whether it is a row; the others are numbers, one for a row."""
        return [one == "(n)" for one in self.signature.partition("->")[0].split(",")]


def ufuncs_of(row, family):
    """Yield the ufuncs of a row. How many operands the loops have room for stands in src_c/loops/strided.h."""
    parameters = tuple(one.name for one in row.parameters)
    drawn = (row.noise.parameter.name,) if row.noise else ()
    slopes = tuple(f"d{name}" for name in row.arrays)
    learnt = tuple(one.name for one in row.parameters if one.learnt)
    forms = (
        ("", row.value, "", row.arrays, (*parameters, *drawn), ("y",)),
        ("grad", row.grad, "_grad", (*row.arrays, "dy"), (*parameters, *drawn), slopes),
        ("grad_from_output", row.from_output, "_grad_from_output", ("y", "dy"), parameters, slopes),
        ("grad_parameter", row.grad_parameter, "_grad_parameter", (*row.arrays, "dy"), parameters, learnt),
        ("value_and_grad", both(row), "_and_grad", row.arrays, parameters, ("y", *slopes)),
    )
    for space, form, suffix, arrays, others, results in forms:
        if form is None:
            continue
        name, kernel = f"{space}.{row.name}".lstrip("."), form.kernel or row.name + suffix
        if not row.axis:
            given = arrays, others, results, ""
            composed = space == "value_and_grad"
            parts = (row.value.kernel or row.name, row.grad.kernel or f"{row.name}_grad") if composed else ()
            behind = ".ufunc" if others or len(results) > 1 else ""
            yield Ufunc(row, form, family, space, name + behind, kernel, *given, parts)
            if form.plain:
                parts = tuple(f"{one}_plain" for one in parts)
                yield Ufunc(row, form.plain, family, space, f"{name}.plain", f"{kernel}_plain", *given, parts)
            continue
        rows = ["(n)"] * len(arrays)
        if row.reduces and space:
            rows[-1] = "()"
        result = "()" if row.reduces and not space else "(n)"
        for attribute, end, taken in (("ufunc", "", ()), ("general", "_general", ("where", *parameters))):
            given = [*rows, *["(n)"] * (len(taken) > 0), *["()"] * len(taken[1:])]
            signature = f"{','.join(given)}->{result}"
            yield Ufunc(
                row, form, family, space, f"{name}.{attribute}", kernel + end, arrays, taken, results, signature
            )


def both(row):
    """Return the form of a value and its derivatives in one pass; None where there are not both."""
    if row.grad is None or row.noise or row.axis:
        return None
    return together(row.value, row.grad, len(row.arrays))


def together(value, grad, count):
    """Return the form of a value of so many arrays and its derivatives, made of theirs."""

    def numpy(*operands):
        arrays, parameters = operands[:count], operands[count:]
        slopes = grad.numpy(*arrays, 1.0, *parameters)
        return (value.numpy(*operands), *(slopes if isinstance(slopes, tuple) else (slopes,)))

    return Form(
        (*value.formulas, *grad.formulas),
        numpy,
        max(value.ulp32, grad.ulp32),
        max(value.ulp64, grad.ulp64),
        zeros=((), *(grad.zeros if len(grad.formulas) > 1 else (grad.zeros,))),
        plain=together(value.plain, grad.plain, count) if value.plain and grad.plain else None,
        # What one of them calls for and the other does not would come of branches of the other that are not taken.
        raises=value.raises if grad.raises else "",
    )
