"""Docstrings in numpydoc form, from the rows."""

from ._table import FLOAT16_ULP, NUMPY_ULP

KEYWORDS = """\
out : ndarray, optional
    Where the result goes; it may be an input, or overlap one.
where : array_like of bool, optional
    Where to compute; elsewhere ``out`` keeps its values. Only with ``out``.
dtype : float16, float32 or float64, optional
    The dtype to compute in, instead of the one that the inputs call for.
casting, order, subok
    As for any ufunc, see `numpy.ufunc`."""

AXIS = """\
axis : int, tuple of int or None, optional
    The axis that the rows lie along; several are taken together, None takes all. By default the last."""

KEEPDIMS = """\
keepdims : bool, optional
    Whether the axis is kept in the shape{of}, with length 1. By default it is not."""

MASK = """\
where : array_like of bool, optional
    Which elements take part; the others give 0, and a row of which none does is 0 throughout. It broadcasts to x."""

AXIS_KEYWORDS = """\
out : ndarray, optional
    Where the result goes; it may be an input, or overlap one.
dtype : float16, float32 or float64, optional
    The dtype to compute in, instead of the one that the inputs call for.
casting, order
    As for any ufunc, see `numpy.ufunc`."""

NOISE = """\
std : array_like of float, optional
    Standard deviation of the noise. By default the square root of sigmoid(x).
rng : None, int or numpy.random.Generator, optional
    Where the noise comes from, as `numpy.random.default_rng` takes it."""

DY = """\
dy : array_like of float
    The gradient with respect to the output; 1.0 gives the derivative itself. It broadcasts against `{x}`."""

DY_OF_ROWS = """\
dy : array_like of float
    The gradient with respect to the output. It broadcasts against `{x}`."""

DY_OF_NUMBERS = """\
dy : array_like of float
    The gradient with respect to the output, of its shape, one number for each row, or one for all; 1.0 gives the
    derivative itself."""


def behind(ufunc):
    """Return the docstring of a ufunc that has a function in front of it."""
    inputs = ["noise"] if ufunc.row.noise else [parameter.name for parameter in ufunc.row.parameters]
    names = ", ".join([*ufunc.arrays, *inputs][: ufunc.inputs])
    return f"The ufunc behind `{ufunc.public_name}`; its inputs are {names}."


def axis_errors(row):
    """Return what the section Raises says of the axis, the shapes and the parameters, where there is an axis."""
    if not row.axis:
        return ""
    others = " or named twice" if row.reduces else ", named twice or empty"
    others += "".join(f", or if {one.name} is not positive and finite" for one in row.parameters)
    return f"\nValueError\n    If shapes do not fit, or an axis is out of bounds{others}."


def docstring(ufunc, compiled):
    """Return the docstring of a ufunc of the table, or of the function in front of it; bounds are the rung's."""
    row, form, gradient = ufunc.row, ufunc.form, bool(ufunc.space)
    x = ufunc.arrays[0]
    parameters = [f"{x} : array_like of float\n    {'Saved output' if x == 'y' else 'Input'}, any shape."]
    if gradient:
        form_of_dy = DY_OF_NUMBERS if row.reduces else DY_OF_ROWS if row.axis else DY
        parameters.append(form_of_dy.format(x=x))
    if row.axis:
        parameters.append(AXIS)
    if row.reduces:
        parameters.append(KEEPDIMS.format(of=" of ``dy``" if gradient else ""))
    parameters += [
        f"{p.name} : array_like of float, optional\n    {p.meaning} By default {p.default}." for p in row.parameters
    ]
    if row.noise and not gradient:
        parameters.append(NOISE)
    if row.mask and not gradient:
        parameters.append(MASK)
    parameters.append(AXIS_KEYWORDS if row.axis else KEYWORDS)
    summary = row.summary
    if gradient:
        source = "its output" if x == "y" else "its input"
        summary = f"Gradient of `{row.name}` from {source}: ``dy`` times the derivative (the vector-Jacobian product)."
    what = "dx" if gradient else "y"
    formula = f"The derivative is ``{form.formula}``." if gradient else f"The function is ``{form.formula}``."
    if row.axis:
        formula = f"The result is ``{form.formula}``."
        bound = "A row's result depends on its values and its length alone."
        if not gradient:
            single, double = (form.ulp32, form.ulp64) if compiled else NUMPY_ULP
            bound += f"\nLargest error, in ULP: {single} in float32, {double} in float64."
    else:
        after = ", before the one rounded product with ``dy``" if gradient else ""
        single, double = (form.ulp32, form.ulp64) if compiled else NUMPY_ULP
        bound = f"Largest error, in ULP: {FLOAT16_ULP} in float16, {single} in float32, {double} in float64{after}."
    about = f"Of `{row.name}` itself:\n{row.notes}" if row.axis and gradient and row.notes else row.notes
    notes = "\n".join(filter(None, [formula, bound, about]))
    shape = "the inputs' shape and dtype"
    if row.reduces and not gradient:
        shape = "the input's dtype, and its shape without the axis, or with ``keepdims`` 1 there"
    examples = (
        f"\nExamples\n--------\n>>> import numpy as np, fastact\n{row.example.strip()}\n"
        if row.example and not gradient
        else ""
    )
    return f"""{summary}

Parameters
----------
{chr(10).join(parameters)}

Returns
-------
{what} : ndarray or scalar
    Of {shape}; integers
    give the float that NumPy's ufuncs give, a float64 from int32 on.

Raises
------
TypeError
    If an input is complex, longdouble, or not a number.{axis_errors(row)}

Notes
-----
{notes}
{examples}"""
