"""The libraries in the registry that need not be installed, on the CPU and one thread each.

Every loader returns the library's version and its operations, as `contenders.Library` has them. It is in
the loaders that the libraries are imported.
"""

import math
import os
from functools import partial

import numpy as np

from ..arrays import ones
from .compositions import prepared
from .constants import GELU_CUBIC, GELU_TANH, NEGATIVE_SLOPE, SELU_ALPHA, SELU_SCALE


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

    compositions = {
        "sigmoid": (special.expit, 0),
        "log_sigmoid": (special.log_expit, 0),
        "softplus": (softplus, 0),
        "silu": (silu, 0),
        "gelu": (gelu, 0),
        "grad.gelu": (gelu_grad, 1),
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

    operations = {name: partial(prepare, call) for name, call in pytorch_values(torch).items()}
    gradients = {name: partial(prepare_gradient, call) for name, call in pytorch_gradients(torch.ops.aten).items()}
    return torch.__version__, operations | gradients


def pytorch_values(torch):
    """Return PyTorch's functions, each from input and output to a contender."""
    aten = torch.ops.aten

    def log1p_exp(x, out):
        torch.abs(x, out=out)
        out.neg_().exp_().log1p_()

    def log_sigmoid(x, out, saved):
        aten.log_sigmoid_forward.output(x, output=out, buffer=saved)

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

    def both(call):
        return lambda dy, x, out: partial(call, dy, x, out, x.new_empty(x.shape))

    def kernel(name, *arguments, **more):
        call = getattr(aten, f"{name}_backward").grad_input
        return lambda dy, x, out: partial(call, dy, x, *arguments, **more, grad_input=out)

    def elu(alpha, scale, from_output):
        call = aten.elu_backward.grad_input
        return lambda dy, x, out: partial(call, dy, alpha, scale, 1, from_output, x, grad_input=out)

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
        "grad_from_output.relu": kernel("threshold", 0),
        "grad_from_output.leaky_relu": kernel("leaky_relu", NEGATIVE_SLOPE, True),
        "grad_from_output.sigmoid": kernel("sigmoid"),
        "grad_from_output.tanh": kernel("tanh"),
        "grad_from_output.elu": elu(1, 1, True),
        "grad_from_output.selu": elu(SELU_ALPHA, SELU_SCALE, True),
    }


def jax():
    """Load JAX. It has no ``out=``: each compiled call allocates its result, as it does for its users."""
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1".lstrip()
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    functions = {
        "copy": jnp.copy,
        "exp": jnp.exp,
        "log1p_exp": lambda x: jnp.log1p(jnp.exp(-jnp.abs(x))),
        "relu": jax.nn.relu,
        "leaky_relu": partial(jax.nn.leaky_relu, negative_slope=NEGATIVE_SLOPE),
        "sigmoid": jax.nn.sigmoid,
        "log_sigmoid": jax.nn.log_sigmoid,
        "tanh": jnp.tanh,
        "softplus": jax.nn.softplus,
        "silu": jax.nn.silu,
        "elu": jax.nn.elu,
        "selu": jax.nn.selu,
        "gelu": partial(jax.nn.gelu, approximate=False),
        "gelu_tanh": partial(jax.nn.gelu, approximate=True),
        "mish": jax.nn.mish,
    }

    def prepare(compiled, x, out):
        x = jnp.from_dlpack(x)
        return lambda: compiled(x).block_until_ready()

    def prepare_gradient(compiled, x, out):
        x, dy = jnp.from_dlpack(x), jnp.from_dlpack(ones(x))
        return lambda: compiled(x, dy).block_until_ready()

    def gradient(function):
        return jax.jit(lambda x, dy: jax.vjp(function, x)[1](dy)[0])

    operations = {name: partial(prepare, jax.jit(function)) for name, function in functions.items()}
    for name in list(functions)[list(functions).index("relu") :]:
        operations[f"grad.{name}"] = partial(prepare_gradient, gradient(functions[name]))
    return jax.__version__, operations


def onnx_runtime():
    """Load ONNX Runtime. Its tensors are the arrays' memory; some operators have no float64 kernel."""
    import onnxruntime
    from onnx.parser import parse_model
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
    }

    def prepare(body, x, out):
        kind = {"float16": "float16", "float32": "float", "float64": "double"}[x.dtype.name]
        graph = f"graph ({kind}[N] x) => ({kind}[N] y) {{ {body} }}"
        model = parse_model(f'<ir_version: 9, opset_import: ["": 20]> {graph}').SerializeToString()
        try:
            session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except NoKernelError:
            return None
        binding = session.io_binding()
        binding.bind_input("x", "cpu", 0, x.dtype, x.shape, x.ctypes.data)
        binding.bind_output("y", "cpu", 0, out.dtype, out.shape, out.ctypes.data)
        call = partial(session.run_with_iobinding, binding)
        call.arrays = x, out  # kept alive: the binding has only their addresses
        return call

    return onnxruntime.__version__, {name: partial(prepare, body) for name, body in bodies.items()}


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
    }
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
        given = {name: x.dtype.type(value) for name, value in constants.items()} | {"x": x, "dy": ones(x)}
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
