"""The deep-learning frameworks in the registry, on the CPU and one thread each.

Every loader returns the library's version and its operations, as `contenders.Library` has them. It is in
the loaders that the libraries are imported, since none of them need be installed.
"""

# ruff: noqa: PLC0415

import os
from functools import partial


def pytorch():
    """Load PyTorch. The tensors share the arrays' memory."""
    import torch

    torch.set_num_threads(1)

    def log1p_exp(x, out):
        torch.abs(x, out=out)
        return out.neg_().exp_().log1p_()

    calls = {
        "copy": lambda x, out: partial(out.copy_, x),
        "relu": lambda x, out: partial(torch.clamp_min, x, 0, out=out),  # what torch.relu calls, which has no out=
        "exp": lambda x, out: partial(torch.exp, x, out=out),
        "log1p_exp": lambda x, out: partial(log1p_exp, x, out),
        "softplus": lambda x, out: partial(torch.nn.functional.softplus, x, out=out),
        "sigmoid": lambda x, out: partial(torch.sigmoid, x, out=out),
        "tanh": lambda x, out: partial(torch.tanh, x, out=out),
    }

    def prepare(call, x, out):
        return call(torch.from_numpy(x), torch.from_numpy(out))

    return torch.__version__, {name: partial(prepare, call) for name, call in calls.items()}


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
        "relu": jax.nn.relu,
        "exp": jnp.exp,
        "log1p_exp": lambda x: jnp.log1p(jnp.exp(-jnp.abs(x))),
        "softplus": jax.nn.softplus,
        "sigmoid": jax.nn.sigmoid,
        "tanh": jnp.tanh,
    }

    def prepare(function, x, out):
        compiled, x = jax.jit(function), jnp.from_dlpack(x)
        return lambda: compiled(x).block_until_ready()

    return jax.__version__, {name: partial(prepare, function) for name, function in functions.items()}


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
        "relu": "y = Relu(x)",
        "exp": "y = Exp(x)",
        "log1p_exp": "a = Abs(x) n = Neg(a) e = Exp(n) s = Add(one, e) y = Log(s)",
        "softplus": "y = Softplus(x)",
        "sigmoid": "y = Sigmoid(x)",
        "tanh": "y = Tanh(x)",
    }

    def prepare(body, x, out):
        kind = {"float32": "float", "float64": "double"}[x.dtype.name]
        one = f"one = Constant<value = {kind} {{1.0}}>()" if "one" in body else ""
        graph = f"graph ({kind}[N] x) => ({kind}[N] y) {{ {one} {body} }}"
        model = parse_model(f'<ir_version: 8, opset_import: ["": 17]> {graph}').SerializeToString()
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


PEERS = {  # the modules that must be installed, and the loader
    "PyTorch": (("torch",), pytorch),
    "JAX": (("jax",), jax),
    "ONNX Runtime": (("onnx", "onnxruntime"), onnx_runtime),
}
