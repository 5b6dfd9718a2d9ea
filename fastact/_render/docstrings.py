"""Docstrings in numpydoc form, from the rows."""

from .._rows import FLOAT16_ULP, NUMPY_ULP

OUT = """\
out : ndarray, optional
    Where the result goes; it may be an input, or overlap one."""

BY_POSITION = """ By position it comes after the inputs, as
    in any ufunc: a parameter that stands there is taken for it."""

OUTS = """\
out : tuple of ndarray, optional
    Where the results go, one for each; they may be inputs, or overlap them."""

WHERE = """\
where : array_like of bool, optional
    Where to compute; elsewhere ``out`` keeps its values. Only with ``out``."""

DTYPE = """\
dtype : float16, float32 or float64, optional
    The dtype to compute in, instead of the one that the inputs call for."""

OTHERS = """\
{names}
    As for any ufunc, see `numpy.ufunc`."""

AXIS = """\
axis : int, tuple of int or None, optional
    The axis that the rows lie along; several are taken together, None takes all. By default the last. Of pandas and
    xarray it may be a name."""

KEEPDIMS = """\
keepdims : bool, optional
    Whether the axis is kept in the shape{of}, with length 1. By default it is not."""

MASK = """\
where : array_like of bool, optional
    Which elements take part. It broadcasts to ``{x}``. The others are not looked at and give {masked}; so does a row of
    which none takes part."""

RNG = """\
rng : None, int or numpy.random.Generator, optional
    Where the {what} come{s} from, as `numpy.random.default_rng` takes it."""

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


PRODUCT = "``dy`` times the derivative (the vector-Jacobian product)"
SIGNED = """\
It must not be negative: the output would not tell the sign of x. A number is checked, arrays are not."""


def behind(ufunc, others=()):
    """Return the docstring of a ufunc that has a function in front of it; others are inputs beside its own."""
    return f"The ufunc behind `{ufunc.public_name}`; its inputs are {', '.join([*ufunc.operands, *others])}."


def plain(ufunc):
    """Return the docstring of the ufunc that is behind a function whose parameters are at their defaults."""
    return f"The ufunc behind `{ufunc.public_name}` at its defaults; its inputs are {', '.join(ufunc.operands)}."


def rng(drawn):
    """Return the entry for what draws."""
    return RNG.format(what=drawn.kind, s="" if drawn.kind.endswith("s") else "s")


def axis_errors(row):
    """Return what the section Raises says of the axis, the shapes and the parameters, where there is an axis."""
    if not row.axis:
        return ""
    others = " or named twice" if row.reduces else ", named twice or empty"
    others += "".join(f", or if {one.name} is not positive and finite" for one in row.parameters)
    return f"\nValueError\n    If shapes do not fit, or an axis is out of bounds{others}."


def parameters_of(ufunc):
    """Yield the entries of the section Parameters."""
    row, gradient = ufunc.row, ufunc.has_dy
    inputs = ufunc.arrays[:-1] if gradient else ufunc.arrays
    what = "Saved output" if inputs[0] == "y" else "Input"
    for name in inputs:
        yield f"{name} : array_like of float\n    {what}, any shape."
    if gradient:
        form_of_dy = DY_OF_NUMBERS if row.reduces else DY_OF_ROWS if row.axis else DY
        yield form_of_dy.format(x="`, `".join(inputs))
    if row.axis:
        yield AXIS
    if row.reduces:
        yield KEEPDIMS.format(of=" of ``dy``" if gradient else "")
    for one in ufunc.parameters:
        signs = f"\n    {SIGNED}" if one.signed_output and ufunc.space == "grad_from_output" else ""
        yield f"{one.name} : array_like of float, optional\n    {one.meaning} By default {one.default}.{signs}"
    if ufunc.draws:
        yield from (entry for *_, entry in row.noise.options)
        yield rng(row.noise)
        yield from (entry for *_, entry in row.noise.named)
    if row.axis:
        yield MASK.format(x=inputs[0], masked=f"{ufunc.masked:g}")
    yield OUTS if ufunc.nout > 1 else OUT if ufunc.facade else OUT + BY_POSITION
    if not row.axis:
        yield WHERE
    yield DTYPE
    yield OTHERS.format(names="casting, order" if row.axis else "casting, order, subok")


def bounds(ufunc):
    """Yield sentences on the error."""
    row, form, gradient = ufunc.row, ufunc.form, ufunc.has_dy
    if ufunc.parts:
        yield f"The results are those of `{row.name}` and, with a ``dy`` of 1, of `grad.{row.name}`, bit by bit."
    if row.axis:
        yield "A row's result depends on its values and its length alone."
    if row.axis and gradient:
        return
    single, double = map(max, zip(*((one.ulp32, one.ulp64) for one in (form, form.plain) if one), strict=True))
    after = ", before the one rounded product with ``dy``" if gradient else ""
    half = "" if row.axis else f"{FLOAT16_ULP} in float16, "
    if row.compiled:
        yield f"Largest error, in ULP: {half}{single} in float32, {double} in float64{after}."
        yield f"Without compiled modules: {NUMPY_ULP[0]} in float16 and float32, {NUMPY_ULP[1]} in float64."
    else:
        yield f"Largest error, in ULP: {NUMPY_ULP[0]} in float16 and float32, {NUMPY_ULP[1]} in float64."
    if ufunc.parameters and not row.axis:
        but = "Other than at the defaults they" if form.plain else "They"
        yield f"{but} count from the parameters as they are in the loop's dtype: 0.01 is rounded to float16 first."
    others = tuple(map(max, (single, double), form.away))
    if row.parameters and row.compiled and not row.axis and others != (single, double):
        yield f"With other parameters: {others[0]} in float32, {others[1]} in float64."
    for one in row.parameters:
        if one.sizes:
            (least, most), (least64, most64) = one.sizes
            size = "from" if one.positive else "0 or of size"
            yield (
                f"They hold for {one.name} {size} {least:g} to {most:g}, in float64 {least64:g} to {most64:g};\n"
                f"beyond, {one.outside}."
            )


def formulas(ufunc):
    """Return the sentence on the formula."""
    form, row = ufunc.form, ufunc.row
    if row.axis:
        return f"The result is ``{form.formula}``."
    plain = f"; at the defaults ``{form.plain.formula}``, exactly" if form.plain else ""
    if not ufunc.space:
        return f"The function is ``{form.formula}``{plain}."
    if ufunc.nout == 1:
        return f"The derivative is ``{form.formulas[0]}``{plain}."
    listed = zip(ufunc.results, form.formulas, strict=True)
    what = "The results are" if ufunc.parts else "The derivatives are"
    return f"{what}\n" + ",\n".join(f"``{formula}`` for ``{name}``" for name, formula in listed) + "."


def learnt(row):
    """Return the words for the parameters that are learnt."""
    return " and ".join(f"``{one.name}``" for one in row.parameters if one.learnt)


def demands(row):
    """Return what a function raises where a parameter is not what its row demands."""
    if not row.demands:
        return ""
    return f"\nValueError\n    If a parameter is a number, and not {' and '.join(f'``{one}``' for one in row.demands)}."


def docstring(ufunc):
    """Return the docstring of a ufunc, or of the function in front of it."""
    row, gradient = ufunc.row, bool(ufunc.space)
    inputs = "its input" if len(row.arrays) == 1 else "its inputs"
    summary = {
        "": row.summary,
        "grad": f"Gradient of `{row.name}` from {inputs}: {PRODUCT}.",
        "grad_from_output": f"Gradient of `{row.name}` from its output: {PRODUCT}.",
        "grad_parameter": f"Gradient of `{row.name}` for {learnt(row)}: {PRODUCT}, unsummed.",
        "value_and_grad": f"The value of `{row.name}` and its derivative, in one pass.",
    }[ufunc.space]
    of_value = gradient and ufunc.space != "value_and_grad"
    about = f"Of `{row.name}` itself:\n{row.notes}" if of_value and row.notes else row.notes
    elsewhere = f"Elsewhere: {'; '.join(map(str, row.elsewhere))}." if row.elsewhere and not gradient else ""
    options = ""
    if row.options and not gradient:
        given = "; ".join(f"``{option}``, here {instead}" for option, instead in row.options)
        options = f"Called elsewhere with {given}."
    notes = "\n".join(filter(None, [formulas(ufunc), *bounds(ufunc), about, elsewhere, options]))
    shape = "the inputs' shape and dtype"
    if row.reduces and not gradient:
        shape = "the input's dtype, and its shape without the axis, or with ``keepdims`` 1 there"
    examples = (
        f"\nExamples\n--------\n>>> import numpy as np, fastact\n{row.example.strip()}\n"
        if row.example and not gradient
        else ""
    )
    integers = "Integers give the float that NumPy's ufuncs give, a float64 from int32 on."
    if ufunc.integers:
        integers = "Integers give integers of their type, bools int8; what overflows wraps."
    returned = f"{', '.join(ufunc.results)} : ndarray or scalar\n    Of {shape}."
    if ufunc.space == "grad_parameter" and ufunc.nout > 1:
        returned = f"{', '.join(ufunc.results)} : ndarray or scalar\n    A named tuple of them, each of {shape}."
    if ufunc.draws and row.noise.named:
        integers += f"\n{row.noise.parameter.name} : ndarray or scalar\n    Only with ``{row.noise.named[0][0]}``."
    newline = "\n"
    return f"""{summary}

Parameters
----------
{newline.join(parameters_of(ufunc))}

Returns
-------
{returned}
    {integers}

Raises
------
TypeError
    If an input is complex, longdouble, or not a number.{axis_errors(row)}{demands(row)}

Notes
-----
{notes}
{examples}"""
