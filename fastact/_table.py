"""One row for each activation: the only place where its names, defaults, bounds and words stand.

setup.py renders the compiled loops and the type stubs from these rows; ``fastact`` exports, documents and emulates
them; the tests check them; the benchmarks time them. It imports nothing but the standard library, because setup.py
reads it before NumPy is there.

To add an activation: write ``fa_<name>_f32``, ``fa_<name>_f64`` and their ``_grad`` in src_c, include that header in
src_c/kernels.h, write ``<name>`` and ``<name>_grad`` in _reference.py, and add a row.
"""

from typing import NamedTuple


class Parameter(NamedTuple):
    """A parameter of an activation: the field's name for it and PyTorch's default."""

    name: str
    default: float
    meaning: str


class Form(NamedTuple):
    """One ufunc of an activation: its value, its gradient, or its gradient from the saved output.

    ``formula`` is the exact function (for a gradient, the derivative) in ``x`` or ``y`` and the parameters; the tests
    evaluate it with mpmath. ``ulp32`` and ``ulp64`` bound the error of it in float32 and float64, in ULP.
    """

    formula: str
    ulp32: float = 0.5
    ulp64: float = 0.5
    kernel: str = ""  # the C function, where it is another form's
    raises: str = ""  # the floating-point flag that the function itself can call for, with huge arguments
    zeros: tuple = ()  # finite zeros of a derivative: beside them the error is bounded absolutely, see ZERO_REACH


class Row(NamedTuple):
    """An activation."""

    name: str
    summary: str
    value: Form
    grad: "Form | None" = None
    from_output: "Form | None" = None
    parameters: tuple = ()
    axis: bool = False  # works along an axis: a gufunc, one row at a time
    reduces: bool = False  # makes one number of a row
    mask: bool = False  # the value takes where=, a mask of what takes part
    numpy: bool = False  # computed by NumPy on every rung, as _reference.py has it
    noise: bool = False  # stochastic: its second input is noise that the facade draws
    public: bool = True
    notes: str = ""
    example: str = ""


ZERO_REACH = 0.125  # so near to a listed zero, an error of half the spacing at 1 is within the bound whatever its ULP
FLOAT16_ULP = 0.51  # of every form: computed in float32, rounded once more
SOFTMAX_ULP = (4.0, 4.0)  # of the exact quotient, in rows of up to 10,000 elements
LOG_ULP = (3.5, 3.5)  # of log_softmax and logsumexp
ELU_ALPHAS = ((1e-36, 1e30), (1e-290, 1e290))  # the sizes of alpha for which elu's bounds hold, in float32 and float64
NUMPY_ULP = (0.51, 8.0)  # of every form on the NumPy rung, in float32 and float64


class Ufunc(NamedTuple):
    """A ufunc to be made: one form of one row."""

    row: Row
    form: Form
    space: str  # where its public name lives: "", "grad" or "grad_from_output"
    name: str  # its own name, public too: "softplus", "grad.softplus", "leaky_relu.ufunc"
    kernel: str
    inputs: int
    signature: str

    @property
    def loop(self):
        """The name of its inner loops in C."""
        return self.name.replace(".", "_")

    @property
    def arrays(self):
        """The names of its array arguments."""
        return {"": ("x",), "grad": ("x", "dy"), "grad_from_output": ("y", "dy")}[self.space]

    @property
    def facade(self):
        """Whether a function with defaults or an axis stands in front of it."""
        return bool(self.attribute)

    @property
    def public_name(self):
        """The name of the function that users call: its own, or that of the one in front of it."""
        return self.name.removesuffix(f".{self.attribute}")

    @property
    def attribute(self):
        """The attribute of that function that it is: "ufunc", or where a gufunc has a temperature, "tempered"."""
        last = self.name.rpartition(".")[2]
        return last if last in ("ufunc", "tempered") else ""

    @property
    def core(self):
        """For each input of a gufunc, whether it is a row; the others are numbers, one for a row."""
        return [one == "(n)" for one in self.signature.partition("->")[0].split(",")]


def ufuncs():
    """Yield every ufunc of the table, in its order."""
    for row in ROWS:
        extra = len(row.parameters)
        facade = ".ufunc" if extra or row.axis or row.noise else ""
        forms = (
            ("", row.value, "", 1 + extra + row.noise),
            ("grad", row.grad, "_grad", 2 + extra),
            ("grad_from_output", row.from_output, "_grad_from_output", 2 + extra),
        )
        for space, form, suffix, inputs in forms:
            if form is None:
                continue
            behind = "" if space and not (extra or row.axis) else facade
            name, kernel = f"{space}.{row.name}".lstrip("."), form.kernel or row.name + suffix
            if not row.axis:
                yield Ufunc(row, form, space, name + behind, kernel, inputs, "")
                continue
            rows, result = ["(n)"] * (inputs - extra), "()" if row.reduces and not space else "(n)"
            if row.reduces and space:
                rows[-1] = "()"
            yield Ufunc(row, form, space, f"{name}.ufunc", kernel, len(rows), f"{','.join(rows)}->{result}")
            if extra:
                rows.append("()")
                yield Ufunc(
                    row, form, space, f"{name}.tempered", f"{kernel}_tempered", inputs, f"{','.join(rows)}->{result}"
                )


ALPHA = Parameter("alpha", 1.0, "Scale of the negative part: the value tends to -alpha.")
NEGATIVE_SLOPE = Parameter(
    "negative_slope", 0.01, "Slope for negative input. It broadcasts: an array of slopes is PReLU."
)

ROWS = (
    Row(
        "relu",
        "Rectified linear unit.",
        Form("max(x, 0)"),
        Form("1 if x > 0 else 0"),
        Form("1 if y > 0 else 0", kernel="relu_grad"),
        notes="A NaN stays NaN; ``relu(-0.0)`` is +0. The gradient is +0 for ``x <= 0``, whatever ``dy`` is.",
        example="""
>>> fastact.relu([-1.0, 0.0, 2.0])
array([0., 0., 2.])
""",
    ),
    Row(
        "leaky_relu",
        "Leaky rectified linear unit.",
        Form("x if x > 0 else negative_slope*x", raises="overflow"),
        Form("1 if x > 0 else negative_slope", raises="overflow"),
        Form("1 if y > 0 else negative_slope", kernel="leaky_relu_grad", raises="overflow"),
        parameters=(NEGATIVE_SLOPE,),
        notes="The gradient at 0 is the slope. The gradient from the output needs a positive slope.",
        example="""
>>> fastact.leaky_relu([-1.0, 2.0])
array([-0.01,  2.  ])
>>> fastact.leaky_relu([-1.0, 2.0], negative_slope=0.2)
array([-0.2,  2. ])
""",
    ),
    Row(
        "noisy_relu",
        "Noisy rectified linear unit, for training: noise is added before the rectifier.",
        Form("max(x + noise, 0)", raises="overflow"),
        from_output=Form("1 if y > 0 else 0", kernel="relu_grad"),
        noise=True,
        notes=(
            "The noise is normal with variance sigmoid(x), or with the standard deviation ``std`` (V. Nair and\n"
            "G. Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010). The gradient is\n"
            "known from the output alone, since ``x`` does not know the noise."
        ),
        example="""
>>> y = fastact.noisy_relu([-3.0, 0.0, 3.0], rng=1)
>>> y.shape, bool((y >= 0).all())
((3,), True)
""",
    ),
    Row(
        "sigmoid",
        "Logistic function.",
        Form("1/(1 + exp(-x))", 0.98, 1.7),
        Form("exp(-abs(x))/(1 + exp(-abs(x)))**2", 0.54, 1.0),
        Form("y*(1 - y)"),
        notes="The gradient from ``x`` does not cancel for large ``x``, as y (1 - y) does.",
        example="""
>>> fastact.sigmoid([-1.0, 0.0, 1.0])
array([0.26894142, 0.5       , 0.73105858])
""",
    ),
    Row(
        "tanh",
        "Hyperbolic tangent.",
        Form("tanh(x)", 0.76, 1.5),
        Form("sech(x)**2", 0.54, 1.0),
        Form("1 - y*y"),
        example="""
>>> fastact.tanh([-1.0, 0.0, 1.0])
array([-0.76159416,  0.        ,  0.76159416])
""",
    ),
    Row(
        "softplus",
        "Smooth rectifier, log(1 + e^x).",
        Form("log1p(exp(-abs(x))) + max(x, 0)", 0.91, 1.7),
        Form("1/(1 + exp(-x))", 0.98, 1.7),
        Form("-expm1(-y)", 1.6, 1.5),
        notes="There is no threshold beyond which the input is handed through.",
        example="""
>>> fastact.softplus([-1.0, 0.0, 1.0])
array([0.31326169, 0.69314718, 1.31326169])
""",
    ),
    Row(
        "log_sigmoid",
        "Logarithm of the logistic function.",
        Form("min(x, 0) - log1p(exp(-abs(x)))", 0.91, 1.7),
        Form("sigmoid(-x)", 0.98, 1.7),
        example="""
>>> fastact.log_sigmoid([-1.0, 0.0, 1.0])
array([-1.31326169, -0.69314718, -0.31326169])
""",
    ),
    Row(
        "silu",
        "Sigmoid-weighted linear unit, also called swish.",
        Form("x*sigmoid(x)", 0.96, 1.5),
        Form("sigmoid(x)*(1 + x*sigmoid(-x))", 1.92, 1.7, raises="overflow", zeros=(-1.2784645427610737,)),
        notes="S. Elfwing, E. Uchibe and K. Doya, 2018, arXiv 1702.03118.",
        example="""
>>> fastact.silu([-1.0, 0.0, 1.0])
array([-0.26894142,  0.        ,  0.73105858])
""",
    ),
    Row(
        "elu",
        "Exponential linear unit.",
        Form("x if x > 0 else alpha*expm1(x)", 0.92, 1.5),
        Form("1 if x > 0 else alpha*exp(x)", 1.1, 1.0, raises="overflow"),
        Form("1 if y > 0 else y + alpha", raises="overflow"),
        parameters=(ALPHA,),
        notes=(
            "The gradient at 0 is ``alpha``. The gradient from the output needs a positive ``alpha``. The bounds are\n"
            "for an ``alpha`` that is 0 or of size {:g} to {:g}, in float64 {:g} to {:g}; it has to be finite.\n"
            "D. Clevert, T. Unterthiner and S. Hochreiter, 2016, arXiv 1511.07289."
        ).format(*ELU_ALPHAS[0], *ELU_ALPHAS[1]),
        example="""
>>> fastact.elu([-1.0, 0.0, 1.0])
array([-0.63212056,  0.        ,  1.        ])
>>> fastact.elu([-1.0, 2.0], alpha=0.5)
array([-0.31606028,  2.        ])
""",
    ),
    Row(
        "selu",
        "Scaled exponential linear unit, which keeps the mean and variance of a layer's outputs near 0 and 1.",
        Form("1.0507009873554805*(x if x > 0 else 1.6732632423543772*expm1(x))", 0.96, 1.5, raises="overflow"),
        Form("1.0507009873554805*(1 if x > 0 else 1.6732632423543772*exp(x))", 1.3, 1.0, raises="overflow"),
        Form(
            "1.0507009873554805*(1 if y > 0 else y/1.0507009873554805 + 1.6732632423543772)",
            0.8,
            1.0,
            raises="overflow",
        ),
        notes="The gradient at 0 is that from the left. G. Klambauer et al., 2017, arXiv 1706.02515.",
        example="""
>>> fastact.selu([-1.0, 0.0, 1.0])
array([-1.11133074,  0.        ,  1.05070099])
""",
    ),
    Row(
        "gelu",
        "Gaussian error linear unit, the form with the normal distribution function (erf).",
        Form("x*ncdf(x)", 0.98, 1.5),
        Form("ncdf(x) + x*npdf(x)", 1.8, 1.5, raises="overflow", zeros=(-0.7517915246935645,)),
        notes="D. Hendrycks and K. Gimpel, 2016, arXiv 1606.08415.",
        example="""
>>> fastact.gelu([-1.0, 0.0, 1.0])
array([-0.15865525,  0.        ,  0.84134475])
""",
    ),
    Row(
        "gelu_tanh",
        "Gaussian error linear unit, the approximation by tanh.",
        Form("x*sigmoid(2*sqrt(2/pi)*(x + 44715*x**3/10**6))", 0.92, 1.5),
        Form(
            "sigmoid(z := 2*sqrt(2/pi)*(x + 44715*x**3/10**6))*(1 + sigmoid(-z)*2*sqrt(2/pi)*(x + 3*44715*x**3/10**6))",
            0.56,
            1.5,
            raises="overflow",
            zeros=(-0.7524614220710163,),
        ),
        notes="It is x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). D. Hendrycks and K. Gimpel, arXiv 1606.08415.",
        example="""
>>> fastact.gelu_tanh([-1.0, 0.0, 1.0])
array([-0.15880801,  0.        ,  0.84119199])
""",
    ),
    Row(
        "mish",
        "Smooth, self-gated rectifier.",
        Form("x*tanh(log1p(exp(x)))", 0.54, 1.5),
        Form(
            "tanh(s := log1p(exp(x))) + x*sigmoid(x)*sech(s)**2",
            0.56,
            1.5,
            raises="overflow",
            zeros=(-1.1924312145154952,),
        ),
        notes="D. Misra, 2020, arXiv 1908.08681.",
        example="""
>>> fastact.mish([-1.0, 0.0, 1.0])
array([-0.30340146,  0.        ,  0.86509839])
""",
    ),
    Row(
        "softmax",
        "Normalised exponentials along an axis: e^(x/T) / sum(e^(x/T)), T the temperature.",
        Form("exp(x/T)/sum(exp(x/T))", *SOFTMAX_ULP),
        Form("y*(dy - sum(y*dy))/T, y = softmax(x)"),
        Form("y*(dy - sum(y*dy))/T"),
        parameters=(
            Parameter(
                "temperature", 1.0, "Positive and finite; one for all rows, or of the shape of x without the axis."
            ),
        ),
        axis=True,
        mask=True,
        notes=(
            "Nothing overflows, and the differences to the largest element are not rounded. A NaN, two infinities or\n"
            "nothing but -inf give NaN; one infinity gives 1 there and 0 elsewhere. Temperatures count as 2^-110 at\n"
            "least and as 2^115 at most, in float64 as 2^-950 and 2^1010."
        ),
        example="""
>>> fastact.softmax([[0.0, 0.0], [0.0, np.inf]])
array([[0.5, 0.5],
       [0. , 1. ]])
>>> fastact.softmax([1.0, 2.0, 3.0], where=[True, True, False])
array([0.26894142, 0.73105858, 0.        ])
>>> fastact.softmax([1.0, 3.0], temperature=2.0)
array([0.26894142, 0.73105858])
""",
    ),
    Row(
        "softmin",
        "Normalised exponentials of the negated elements along an axis: softmax(-x).",
        Form("exp(-x)/sum(exp(-x))", *SOFTMAX_ULP),
        Form("-y*(dy - sum(y*dy)), y = softmin(x)"),
        Form("-y*(dy - sum(y*dy))"),
        axis=True,
        notes="Special values as softmax(-x) has them.",
        example="""
>>> fastact.softmin([0.0, 1.0])
array([0.73105858, 0.26894142])
""",
    ),
    Row(
        "log_softmax",
        "Logarithm of the softmax along an axis.",
        Form("x - log(sum(exp(x)))", *LOG_ULP),
        Form("dy - softmax(x)*sum(dy)"),
        Form("dy - exp(y)*sum(dy)"),
        axis=True,
        notes=(
            "At the largest element it is -log1p of the sum of the others, which does not round to 0. Special rows\n"
            "are the logarithms of the softmax's: one infinity gives 0 there and -inf elsewhere."
        ),
        example="""
>>> fastact.log_softmax([0.0, -50.0])
array([-1.92874985e-22, -5.00000000e+01])
""",
    ),
    Row(
        "logsumexp",
        "Logarithm of the sum of exponentials along an axis: the smooth maximum.",
        Form("log(sum(exp(x)))", *LOG_ULP),
        Form("dy*softmax(x)"),
        axis=True,
        reduces=True,
        notes=(
            "It is the largest element plus log1p of the sum of the others, and accurate to the bound of the larger\n"
            "of the two. Any +inf gives +inf, a row of nothing but -inf, or of nothing, -inf."
        ),
        example="""
>>> fastact.logsumexp([[0.0, 0.0], [1000.0, 0.0]])
array([6.93147181e-01, 1.00000000e+03])
>>> fastact.logsumexp([[1.0, 2.0]], axis=0, keepdims=True)
array([[1., 2.]])
""",
    ),
    Row(
        "sparsemax",
        "Projection onto the simplex along an axis: as softmax, but sparse.",
        Form("max(x - tau, 0), tau such that the elements add up to 1"),
        Form("dy - mean(dy over the support), 0 outside it, y = sparsemax(x)"),
        Form("dy - mean(dy over the support), 0 outside it"),
        axis=True,
        numpy=True,
        notes=(
            "The support is where the result is not 0. Special rows as softmax has them. A. Martins and R. Astudillo,\n"
            "2016, arXiv 1602.02068. Computed by NumPy, in float64, on every rung."
        ),
        example="""
>>> fastact.sparsemax([0.5, 0.3, -1.0])
array([0.6, 0.4, 0. ])
""",
    ),
    Row(
        "hardmax",
        "1 at the first of the largest elements along an axis, 0 elsewhere.",
        Form("1 at the first maximum, 0 elsewhere"),
        axis=True,
        numpy=True,
        notes="A row with a NaN, or of nothing but -inf, gives NaN. Computed by NumPy on every rung.",
        example="""
>>> fastact.hardmax([1.0, 3.0, 3.0])
array([0., 1., 0.])
""",
    ),
    # For the benchmarks and the tests.
    Row("copy", "The input, by the loops that all functions share.", Form("x"), public=False),
    Row("exp", "Exponential.", Form("exp(x)", 0.9, 1.0, raises="overflow"), public=False),
    Row(
        "log1p_exp",
        "The exponential and the logarithm of softplus.",
        Form("log1p(exp(-abs(x)))", 0.84, 1.7),
        public=False,
    ),
    Row(
        "multiply_add",
        "The vector layer's fused multiply-add, emulated where the CPU has none.",
        Form("x*b + c", raises="overflow"),
        parameters=(Parameter("b", 1.0, "Factor."), Parameter("c", 0.0, "Addend.")),
        public=False,
    ),
)
