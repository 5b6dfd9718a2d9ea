"""The libraries in the registry that need not be installed, on the CPU and one thread each.

Every loader returns the library's version and its operations, as `contenders.Library` has them. It is in
the loaders that the libraries are imported.
"""

import math
import os
from functools import partial

import numpy as np

from fastact import _rows

from ..arrays import ones, second, shared
from . import operands
from .compositions import gated, gated_grad, prepared, with_defaults
from .constants import GELU_CUBIC, GELU_TANH, NEGATIVE_SLOPE, PARAMETERS, QUICK_GELU, SELU_ALPHA, SELU_SCALE


def scipy():
    """Load SciPy: what its special functions give, with NumPy for the rest of the expression."""
    import scipy
    from scipy import special

    def softplus(x, out):
        np.negative(x, out=out)
        special.log_expit(out, out=out)
        np.negative(out, out=out)

    def silu(x, out):
        special.expit(x, out=out)
        np.multiply(out, x, out=out)

    def gelu(x, out):
        special.ndtr(x, out=out)
        np.multiply(out, x, out=out)

    def gelu_grad(x, dy, density, out):
        np.multiply(x, x, out=density)
        np.multiply(density, -0.5, out=density)
        np.exp(density, out=density)
        np.multiply(density, 1 / np.sqrt(2 * np.pi), out=density)
        np.multiply(density, x, out=density)
        special.ndtr(x, out=out)
        np.add(out, density, out=out)
        np.multiply(out, dy, out=out)

    def laplace(x, out, mu, sigma):
        np.subtract(x, mu, out=out)
        np.multiply(out, 1 / sigma, out=out)
        special.ndtr(out, out=out)

    compositions = {
        "sigmoid": (special.expit, 0),
        "log_sigmoid": (special.log_expit, 0),
        "softplus": (softplus, 0),
        "silu": (silu, 0),
        "gelu": (gelu, 0),
        "laplace": (with_defaults("laplace", laplace), 0),
        "geglu": (partial(gated, value=gelu), 0),
        "grad.gelu": (gelu_grad, 1),
        "grad.geglu": (partial(gated_grad, value=gelu, grad=gelu_grad), 2),
    }
    return scipy.__version__, prepared(compositions)


def pytorch():
    """Load PyTorch. The tensors share the arrays' memory."""
    import torch

    torch.set_num_threads(1)

    def prepare(call, x, out):
        return call(torch.from_numpy(x), torch.from_numpy(out))

    def prepare_gradient(call, x, out):
        return call(torch.from_numpy(ones(x)), torch.from_numpy(x), torch.from_numpy(out))

    def prepare_gate(name, call, x, out):
        given = map(torch.from_numpy, operands.inputs(name, x))
        filled = operands.outputs(name, out)
        return call(*given, *map(torch.from_numpy, filled if isinstance(filled, tuple) else (filled,)))

    values, gradients = pytorch_values(torch), pytorch_gradients(torch.ops.aten)
    gates = pytorch_gates(torch, values, gradients)
    return torch.__version__, {
        **{name: partial(prepare, call) for name, call in values.items()},
        **{name: partial(prepare_gradient, call) for name, call in gradients.items()},
        **{name: partial(prepare_gate, name, call) for name, call in gates.items()},
    }


def pytorch_values(torch):
    """Return PyTorch's functions, each from input and output to a contender."""
    aten = torch.ops.aten

    def log1p_exp(x, out):
        torch.abs(x, out=out)
        out.neg_().exp_().log1p_()

    def log_sigmoid(x, out, saved):
        aten.log_sigmoid_forward.output(x, output=out, buffer=saved)

    def tanh_shrink(x, out):  # what torch.nn.functional.tanhshrink computes, without out=
        torch.tanh(x, out=out)
        torch.sub(x, out, out=out)

    def kernel(name, *arguments):
        call = getattr(aten, name).out
        return lambda x, out: partial(call, x, *arguments, out=out)

    def of_row(name, row):
        return kernel(name, *PARAMETERS[row].values())

    return {
        "copy": lambda x, out: partial(out.copy_, x),
        "exp": lambda x, out: partial(torch.exp, x, out=out),
        "log1p_exp": lambda x, out: partial(log1p_exp, x, out),
        "relu": lambda x, out: partial(torch.clamp_min, x, 0, out=out),  # what torch.relu calls, which has no out=
        "leaky_relu": lambda x, out: partial(aten.leaky_relu.out, x, NEGATIVE_SLOPE, out=out),
        "sigmoid": lambda x, out: partial(torch.sigmoid, x, out=out),
        "log_sigmoid": lambda x, out: partial(log_sigmoid, x, out, torch.empty_like(x)),
        "tanh": lambda x, out: partial(torch.tanh, x, out=out),
        "softplus": lambda x, out: partial(torch.nn.functional.softplus, x, out=out),
        "silu": lambda x, out: partial(aten.silu.out, x, out=out),
        "elu": lambda x, out: partial(aten.elu.out, x, out=out),
        "selu": lambda x, out: partial(aten.elu.out, x, SELU_ALPHA, SELU_SCALE, out=out),  # what torch.selu calls
        "gelu": lambda x, out: partial(aten.gelu.out, x, out=out),
        "gelu_tanh": lambda x, out: partial(aten.gelu.out, x, approximate="tanh", out=out),
        "mish": lambda x, out: partial(aten.mish.out, x, out=out),
        "identity": lambda x, out: partial(out.copy_, x),
        "celu": of_row("celu", "celu"),
        "prelu": lambda x, out: partial(torch.prelu, x, x.new_tensor([PARAMETERS["prelu"]["weight"]])),  # no out=
        "relu6": kernel("hardtanh", 0, 6),  # what torch.nn.functional.relu6 calls
        "threshold": of_row("threshold", "threshold"),
        "hard_tanh": of_row("hardtanh", "hard_tanh"),
        "hard_sigmoid": kernel("hardsigmoid"),
        "hard_swish": kernel("hardswish"),
        "hard_shrink": of_row("hardshrink", "hard_shrink"),
        "soft_shrink": of_row("softshrink", "soft_shrink"),
        "tanh_shrink": lambda x, out: partial(tanh_shrink, x, out),
        "softsign": lambda x, out: partial(torch.nn.functional.softsign, x),  # no out=
    }


def pytorch_gradients(aten):
    """Return PyTorch's backward kernels, each from ``dy``, input and output to a contender.

    Where the kernel wants what the forward pass has saved, the derivative from the input takes both of them.
    """

    def sigmoid(dy, x, out, saved):
        aten.sigmoid.out(x, out=saved)
        aten.sigmoid_backward.grad_input(dy, saved, grad_input=out)

    def tanh(dy, x, out, saved):
        aten.tanh.out(x, out=saved)
        aten.tanh_backward.grad_input(dy, saved, grad_input=out)

    def log_sigmoid(dy, x, out, saved):
        aten.log_sigmoid_forward.output(x, output=out, buffer=saved)
        aten.log_sigmoid_backward.grad_input(dy, x, saved, grad_input=out)

    def tanh_shrink(dy, x, out, saved):
        tanh(dy, x, out, saved)
        aten.sub.out(dy, out, out=out)

    def both(call):
        return lambda dy, x, out: partial(call, dy, x, out, x.new_empty(x.shape))

    def kernel(name, *arguments, **more):
        call = getattr(aten, f"{name}_backward").grad_input
        return lambda dy, x, out: partial(call, dy, x, *arguments, **more, grad_input=out)

    def elu(alpha, scale, from_output):
        call = aten.elu_backward.grad_input
        return lambda dy, x, out: partial(call, dy, alpha, scale, 1, from_output, x, grad_input=out)

    def of_row(name, row):
        return kernel(name, *PARAMETERS[row].values())

    return {
        "grad.relu": kernel("threshold", 0),
        "grad.leaky_relu": kernel("leaky_relu", NEGATIVE_SLOPE, False),
        "grad.sigmoid": both(sigmoid),
        "grad.log_sigmoid": both(log_sigmoid),
        "grad.tanh": both(tanh),
        "grad.softplus": kernel("softplus", 1, 20),
        "grad.silu": kernel("silu"),
        "grad.elu": elu(1, 1, False),
        "grad.selu": elu(SELU_ALPHA, SELU_SCALE, False),
        "grad.gelu": kernel("gelu"),
        "grad.gelu_tanh": kernel("gelu", approximate="tanh"),
        "grad.mish": lambda dy, x, out: partial(aten.mish_backward, dy, x),  # it has no grad_input=
        "grad.celu": elu(1, 1, False),  # the kernel of celu's backward pass at alpha=1
        "grad.prelu": kernel("leaky_relu", PARAMETERS["prelu"]["weight"], False),  # prelu's own has the weight's too
        "grad.relu6": kernel("hardtanh", 0, 6),
        "grad.threshold": kernel("threshold", PARAMETERS["threshold"]["threshold"]),
        "grad.hard_tanh": of_row("hardtanh", "hard_tanh"),
        "grad.hard_sigmoid": kernel("hardsigmoid"),
        "grad.hard_swish": lambda dy, x, out: partial(aten.hardswish_backward.out, dy, x, out=out),
        "grad.hard_shrink": of_row("hardshrink", "hard_shrink"),
        "grad.soft_shrink": of_row("softshrink", "soft_shrink"),
        "grad.tanh_shrink": both(tanh_shrink),
        "grad_from_output.celu": elu(1, 1, True),
        "grad_from_output.relu6": kernel("hardtanh", 0, 6),
        "grad_from_output.hard_tanh": of_row("hardtanh", "hard_tanh"),
        "grad_from_output.relu": kernel("threshold", 0),
        "grad_from_output.leaky_relu": kernel("leaky_relu", NEGATIVE_SLOPE, True),
        "grad_from_output.sigmoid": kernel("sigmoid"),
        "grad_from_output.tanh": kernel("tanh"),
        "grad_from_output.elu": elu(1, 1, True),
        "grad_from_output.selu": elu(SELU_ALPHA, SELU_SCALE, True),
    }


def pytorch_gates(torch, values, gradients):
    """Return PyTorch's gates, each from inputs and outputs to a contender: glu of one array, others in two calls."""
    aten = torch.ops.aten

    def packed(a, b):
        both = torch.from_numpy(shared("packed", 2 * len(a), a.numpy().dtype))
        return torch.cat((a, b), out=both)

    def glu_grad(a, b, dy, da, db):
        slopes = torch.from_numpy(shared("slopes", 2 * len(a), a.numpy().dtype))
        return partial(aten.glu_backward.grad_input, dy, packed(a, b), 0, grad_input=slopes)

    def gate(name):
        def prepare(a, b, out):
            value = values[name](a, out)

            def call():
                value()
                out.mul_(b)

            return call

        return prepare

    def gate_grad(name):
        def prepare(a, b, dy, da, db):
            product = torch.empty_like(a)
            value, slope = values[name](a, db), gradients[f"grad.{name}"](product, a, da)

            def call():
                torch.mul(b, dy, out=product)
                slope()
                value()
                db.mul_(dy)
                return da, db

            return call

        return prepare

    inner = {"reglu": "relu", "geglu": "gelu", "geglu_tanh": "gelu_tanh", "swiglu": "silu"}
    return {
        "glu": lambda a, b, out: partial(aten.glu.out, packed(a, b), 0, out=out),
        "grad.glu": glu_grad,
        **{name: gate(one) for name, one in inner.items()},
        **{f"grad.{name}": gate_grad(one) for name, one in inner.items()},
    }


def jax():
    """Load JAX. It has no ``out=``: each compiled call allocates its result, as it does for its users."""
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1".lstrip()
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    primitives = {
        "copy": jnp.copy,
        "exp": jnp.exp,
        "log1p_exp": lambda x: jnp.log1p(jnp.exp(-jnp.abs(x))),
        "identity": jnp.copy,  # jax.nn.identity hands its argument on
    }
    functions = jax_functions(jax.nn)

    def given(name, x):
        return list(map(jnp.from_dlpack, operands.inputs(name, x)))

    def prepare(name, compiled, x, out):
        arrays = given(name, x)
        return lambda: jax.block_until_ready(compiled(*arrays))

    def gradient(function):
        return lambda *arrays: jax.vjp(function, *arrays[:-1])[1](arrays[-1])

    def both(function):
        def value_and_slopes(*arrays):
            value, slopes = jax.vjp(function, *arrays)
            return value, *slopes(jnp.ones_like(value))

        return value_and_slopes

    every = primitives | functions
    every |= {f"grad.{name}": gradient(function) for name, function in functions.items()}
    every |= {f"value_and_grad.{name}": both(function) for name, function in functions.items()}
    return jax.__version__, {name: partial(prepare, name, jax.jit(function)) for name, function in every.items()}


def jax_functions(nn):
    """Return the functions of jax.nn that the rows name, with fastact's defaults; and the gates, in two calls.

    jax.nn.glu is of one array; of two it is this, without the copies.
    """
    functions = {
        row.name: getattr(nn, one.names[0])
        for row in _rows.rows()
        for one in row.elsewhere
        if one.library == "jax" and not (row.axis or row.name == "identity")
    }
    gelu = partial(nn.gelu, approximate=False)
    return functions | {
        "gelu": gelu,
        "glu": lambda a, b: a * nn.sigmoid(b),
        "reglu": lambda a, b: nn.relu(a) * b,
        "geglu": lambda a, b: gelu(a) * b,
        "geglu_tanh": lambda a, b: nn.gelu(a) * b,
        "swiglu": lambda a, b: nn.silu(a) * b,
    }


def onnx_runtime():
    """Load ONNX Runtime. Its tensors are the arrays' memory; some operators have no float64 kernel."""
    import onnxruntime
    from onnx.parser import parse_model
    from onnxruntime.capi.onnxruntime_pybind11_state import InvalidGraph as NoTypeError
    from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NoKernelError

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    bodies = {
        "copy": "y = Identity(x)",
        "exp": "y = Exp(x)",
        "log1p_exp": "c = Constant<value_float = 1.0>() one = CastLike(c, x) "
        "a = Abs(x) n = Neg(a) e = Exp(n) s = Add(one, e) y = Log(s)",
        "relu": "y = Relu(x)",
        "leaky_relu": f"y = LeakyRelu<alpha = {NEGATIVE_SLOPE}>(x)",
        "sigmoid": "y = Sigmoid(x)",
        "log_sigmoid": "n = Neg(x) s = Softplus(n) y = Neg(s)",
        "tanh": "y = Tanh(x)",
        "softplus": "y = Softplus(x)",
        "silu": "s = Sigmoid(x) y = Mul(x, s)",
        "elu": "y = Elu(x)",
        "selu": "y = Selu(x)",
        "gelu": "y = Gelu(x)",
        "gelu_tanh": 'y = Gelu<approximate = "tanh">(x)',
        "mish": "y = Mish(x)",
        "identity": "y = Identity(x)",
        "celu": "y = Celu(x)",
        "prelu": f"{onnx_number('w', PARAMETERS['prelu']['weight'])} y = PRelu(x, w)",
        "relu6": f"{onnx_number('low', 0)} {onnx_number('high', 6)} y = Clip(x, low, high)",
        "threshold": "y = ThresholdedRelu(x)",
        "hard_tanh": f"{onnx_number('low', -1)} {onnx_number('high', 1)} y = Clip(x, low, high)",
        "hard_sigmoid": f"y = HardSigmoid<alpha = {1 / 6}>(x)",
        "hard_swish": "y = HardSwish(x)",
        "hard_shrink": "y = Shrink<lambd = 0.5>(x)",
        "soft_shrink": "y = Shrink<lambd = 0.5, bias = 0.5>(x)",
        "softsign": "y = Softsign(x)",
        "swish": "s = Sigmoid(x) y = Mul(x, s)",
        "quick_gelu": f"y = com.microsoft.QuickGelu<alpha = {QUICK_GELU}>(x)",
    }

    def prepare(body, x, out):
        kind = {"float16": "float16", "float32": "float", "float64": "double"}[x.dtype.name]
        graph = f"graph ({kind}[N] x) => ({kind}[N] y) {{ {body} }}"
        model = parse_model(f'<ir_version: 9, opset_import: ["": 20, "com.microsoft": 1]> {graph}').SerializeToString()
        try:
            session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except (NoKernelError, NoTypeError):
            return None
        binding = session.io_binding()
        binding.bind_input("x", "cpu", 0, x.dtype, x.shape, x.ctypes.data)
        binding.bind_output("y", "cpu", 0, out.dtype, out.shape, out.ctypes.data)
        call = partial(session.run_with_iobinding, binding)
        call.arrays = x, out  # kept alive: the binding has only their addresses
        return call

    return onnxruntime.__version__, {name: partial(prepare, body) for name, body in bodies.items()}


def onnx_number(name, value):
    """Return the text of a number in ONNX, of the type of x."""
    return f"{name}_single = Constant<value_float = {float(value)}>() {name} = CastLike({name}_single, x)"


def numexpr():
    """Load numexpr: the stable formulas as one expression each. Expressions are compiled before they are timed.

    Constants are given in the array's dtype: written out they would be doubles, and make all of float32 so.
    """
    import numexpr

    numexpr.set_num_threads(1)
    log1p_exp = "log1p(exp(-abs(x)))"
    positive = "where(x <= 0, 0, x)"
    sigmoid = "1 / (1 + exp(-x))"
    constants = {
        "slope": NEGATIVE_SLOPE,
        "scale": SELU_SCALE,
        "alpha": SELU_ALPHA,
        "twice": 2 * GELU_TANH,
        "cubic": GELU_CUBIC,
        "quick": QUICK_GELU,
        "half": 0.5,
        "sixth": 1 / 6,
        **{f"{name}_{one}": value for name, given in PARAMETERS.items() for one, value in given.items()},
    }
    clip = "where({0} > {2}, {2}, where({0} < {1}, {1}, {0}))"
    inside = "where((x > {}) & (x < {}), dy, 0 * dy)"
    shrunk = "where(abs(x) > {}_lambd, dy, 0 * dy)"
    expressions = {
        "copy": "x",
        "exp": "exp(x)",
        "log1p_exp": log1p_exp,
        "relu": positive,
        "leaky_relu": "where(x > 0, x, slope * x)",
        "sigmoid": sigmoid,
        "log_sigmoid": f"x - {positive} - {log1p_exp}",
        "tanh": "tanh(x)",
        "softplus": f"{log1p_exp} + {positive}",
        "silu": "x / (1 + exp(-x))",
        "elu": "where(x > 0, x, expm1(x))",
        "selu": "scale * where(x > 0, x, alpha * expm1(x))",
        "gelu_tanh": "x / (1 + exp(-twice * x * (1 + cubic * x * x)))",
        "mish": f"x * tanh({log1p_exp} + {positive})",
        "identity": "x",
        "prelu": "where(x > 0, x, prelu_weight * x)",
        "relu6": clip.format("x", 0, 6),
        "squared_relu": "where(x > 0, x * x, 0 * x)",
        "threshold": "where(x > threshold_threshold, x, threshold_value)",
        "hard_tanh": clip.format("x", "hard_tanh_min_val", "hard_tanh_max_val"),
        "hard_sigmoid": clip.format("(hard_sigmoid_alpha * x + hard_sigmoid_beta)", 0, 1),
        "hard_swish": f"x * sixth * {clip.format('(x + 3)', 0, 6)}",
        "hard_shrink": "where(abs(x) > hard_shrink_lambd, x, 0 * x)",
        "soft_shrink": "where(x > soft_shrink_lambd, x - soft_shrink_lambd, "
        "where(x < -soft_shrink_lambd, x + soft_shrink_lambd, 0 * x))",
        "softsign": "x / (1 + abs(x))",
        "sparse_plus": "where(x > 1, x, where(x < -1, 0 * x, half * half * (x + 1) ** 2))",
        "sparse_sigmoid": clip.format("(half * x + half)", 0, 1),
        "swish": "x / (1 + exp(-swish_beta * x))",
        "quick_gelu": "x / (1 + exp(-quick * x))",
        "tanh_shrink": "x - tanh(x)",
        "softcap": "softcap_cap * tanh(x / softcap_cap)",
        "squareplus": "half * (x + sqrt(x * x + squareplus_b))",
        "sqrt_softplus": f"sqrt({log1p_exp} + {positive})",
        "celu": "where(x > 0, x, celu_alpha * expm1(x / celu_alpha))",
        "xielu": "where(x > 0, xielu_alpha_p * x * x, xielu_alpha_n * (expm1(x) - x)) + xielu_beta * x",
        "glu": "x / (1 + exp(-b))",
        "reglu": "where(x > 0, x, 0 * x) * b",
        "geglu_tanh": "b * x / (1 + exp(-twice * x * (1 + cubic * x * x)))",
        "swiglu": "b * x / (1 + exp(-x))",
        "grad.prelu": "where(x > 0, dy, prelu_weight * dy)",
        "grad.relu6": inside.format(0, 6),
        "grad.squared_relu": "where(x > 0, 2 * x * dy, 0 * dy)",
        "grad.threshold": "where(x > threshold_threshold, dy, 0 * dy)",
        "grad.hard_tanh": inside.format("hard_tanh_min_val", "hard_tanh_max_val"),
        "grad.hard_sigmoid": f"sixth * {inside.format(-3, 3)}",
        "grad.hard_shrink": shrunk.format("hard_shrink"),
        "grad.soft_shrink": shrunk.format("soft_shrink"),
        "grad.softsign": "dy / (1 + abs(x)) ** 2",
        "grad.sparse_plus": f"{clip.format('(half * x + half)', 0, 1)} * dy",
        "grad.sparse_sigmoid": f"half * {inside.format(-1, 1)}",
        "grad.tanh_shrink": "tanh(x) ** 2 * dy",
        "grad.softcap": "(1 - tanh(x / softcap_cap) ** 2) * dy",
        "grad.squareplus": "half * (1 + x / sqrt(x * x + squareplus_b)) * dy",
        "grad.sqrt_softplus": f"half / (1 + exp(-x)) / sqrt({log1p_exp} + {positive}) * dy",
        "grad.celu": "where(x > 0, dy, exp(x / celu_alpha) * dy)",
        "grad.xielu": "(where(x > 0, 2 * xielu_alpha_p * x, xielu_alpha_n * expm1(x)) + xielu_beta) * dy",
        "grad.relu": "where(x > 0, dy, 0 * dy)",
        "grad.leaky_relu": "where(x > 0, dy, slope * dy)",
        "grad.log_sigmoid": "dy / (1 + exp(x))",
        "grad.tanh": "(1 - tanh(x) ** 2) * dy",
        "grad.softplus": "dy / (1 + exp(-x))",
        "grad.elu": "where(x > 0, dy, exp(x) * dy)",
        "grad_from_output.sigmoid": "x * (1 - x) * dy",
        "grad_from_output.tanh": "(1 - x * x) * dy",
        "grad_from_output.softplus": "-expm1(-x) * dy",
    }

    def prepare(expression, x, out):
        given = {name: x.dtype.type(value) for name, value in constants.items()}
        given |= {"x": x, "dy": ones(x), "b": second(x)}
        call = partial(numexpr.evaluate, expression, local_dict=given, global_dict={}, out=out)
        call()
        return call

    return numexpr.__version__, {name: partial(prepare, text) for name, text in expressions.items()}


def numba():
    """Load Numba: plain loops over one formula each, without fastmath. Each is compiled before it is timed."""
    import numba

    def prepare(name, x, out):
        scalar = numba.njit(numba_formulas(x.dtype.type)[name])
        if name.startswith("grad"):

            @numba.njit
            def loop(x, dy, out):
                for i in range(x.size):
                    out[i] = scalar(x[i]) * dy[i]

            call = partial(loop, x, ones(x), out)
        else:

            @numba.njit
            def loop(x, out):
                for i in range(x.size):
                    out[i] = scalar(x[i])

            call = partial(loop, x, out)
        call()
        return call

    return numba.__version__, {name: partial(prepare, name) for name in numba_formulas(float)}


def numba_formulas(real):
    """Return the formulas for one type of elements, whose constants are of that type: others would make it double."""
    import numba

    zero, one, two, slope, root = (real(value) for value in (0, 1, 2, NEGATIVE_SLOPE, math.sqrt(0.5)))

    def sigmoid(x):
        return one / (one + math.exp(-x))

    def softplus(x):
        return math.log1p(math.exp(-abs(x))) + max(x, zero)

    def exp(x):  # Numba compiles no builtin itself
        return math.exp(x)

    def tanh(x):
        return math.tanh(x)

    inlined_sigmoid, inlined_softplus = numba.njit(sigmoid), numba.njit(softplus)
    return {
        "copy": lambda x: x,
        "exp": exp,
        "log1p_exp": lambda x: math.log1p(math.exp(-abs(x))),
        "relu": lambda x: max(x, zero),
        "leaky_relu": lambda x: x if x > zero else slope * x,
        "sigmoid": sigmoid,
        "log_sigmoid": lambda x: -inlined_softplus(-x),
        "tanh": tanh,
        "softplus": softplus,
        "silu": lambda x: x * inlined_sigmoid(x),
        "elu": lambda x: x if x > zero else math.expm1(x),
        "gelu": lambda x: x * math.erfc(-x * root) / two,
        "mish": lambda x: x * math.tanh(inlined_softplus(x)),
        "grad.relu": lambda x: one if x > zero else zero,
        "grad.softplus": sigmoid,
        "grad.tanh": lambda x: one - math.tanh(x) * math.tanh(x),
        "grad_from_output.sigmoid": lambda y: y * (one - y),
        "grad_from_output.tanh": lambda y: one - y * y,
    }


PEERS = {  # the modules that must be installed, and the loader
    "SciPy": (("scipy",), scipy),
    "PyTorch": (("torch",), pytorch),
    "JAX": (("jax",), jax),
    "ONNX Runtime": (("onnx", "onnxruntime"), onnx_runtime),
}
SUITE_PEERS = PEERS | {  # the race does without these two: Numba would compile for a minute before it
    "numexpr": (("numexpr",), numexpr),
    "Numba": (("numba",), numba),
}
