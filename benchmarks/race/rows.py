"""The race of softmax and its family, over the shapes that matter: ``python -m benchmarks.race.rows [names]``.

One thread, x = 3 N(0, 1), every library's calls interleaved, outputs preallocated where the library allows it. Each
contender is held against SciPy in float64 first. Tables go to benchmarks/results/rows-ISA.md too.
"""

import argparse
import importlib.util
import math
import os
import sys
from functools import partial

import numpy as np
from rich.console import Console
from scipy import special

import fastact
from fastact import _dispatch
from tests.rows_oracle import error, exact, hard_rows

from .. import machine
from ..files import RESULTS
from ..runner import pinned, race
from . import sheets
from .standings import MISS, standings
from .targets import AVX2, PEERS, Target

SHAPES = (
    ((1024, 1000), -1),
    ((64, 50257), -1),
    ((8192, 64), -1),
    ((100_000, 10), -1),
    ((60_000, 7), -1),
    ((1000, 1024), 0),
    ((32, 100, 128), 1),
)
NAMES = ("softmax", "log_softmax", "logsumexp", "grad_from_output.softmax", "grad_from_output.log_softmax")
UNMASKED = "unmasked"
REFERENCES = {
    "softmax": lambda x, dy, axis: special.softmax(x, axis=axis),
    "log_softmax": lambda x, dy, axis: special.log_softmax(x, axis=axis),
    "logsumexp": lambda x, dy, axis: special.logsumexp(x, axis=axis),
    "grad_from_output.softmax": lambda y, dy, axis: y * (dy - (y * dy).sum(axis=axis, keepdims=True)),
    "grad_from_output.log_softmax": lambda y, dy, axis: dy - np.exp(y) * dy.sum(axis=axis, keepdims=True),
}


def asked(name, dtype, shape, axis):
    """Return what is asked: how many times faster than the fastest of the others."""
    easier = axis == 0 or shape[axis] <= 10  # of softmax: the others are slow there
    if _dispatch.ISA == AVX2:
        if dtype == "float64":
            ratio, aim = 1.0, 1.2
        elif name in ("softmax", "log_softmax"):
            ratio, aim = (1.3, 1.5) if easier else (0.9, 1.1)
        else:
            ratio, aim = 1.0, 1.3
        return Target("", "", name, ratio, aim=aim)
    if name.startswith("grad"):
        return Target("", "", name, 1.0, ("PyTorch",))
    if name == "logsumexp":
        return Target("", "", name, 1.5)
    if dtype == "float64":
        return Target("", "", name, 1.0, aim=1.2)
    return Target("", "", name, 1.5) if easier else Target("", "", name, 1.0, aim=1.3)


def numpy_calls(x, dy, axis, out):
    """Return NumPy's expressions, with scratch arrays made beforehand."""
    column = np.empty_like(x.max(axis=axis, keepdims=True))
    terms = np.empty_like(x)

    def exponentials(into):
        np.max(x, axis=axis, keepdims=True, out=column)
        np.exp(np.subtract(x, column, out=into), out=into)
        return into.sum(axis=axis, keepdims=True)

    def log_softmax():
        total = exponentials(terms)
        np.subtract(np.subtract(x, column, out=out), np.log(total), out=out)

    def softmax_grad():
        np.subtract(dy, np.multiply(x, dy, out=terms).sum(axis=axis, keepdims=True), out=out)
        np.multiply(out, x, out=out)

    def log_softmax_grad():
        np.multiply(np.exp(x, out=terms), dy.sum(axis=axis, keepdims=True), out=out)
        np.subtract(dy, out, out=out)

    return {
        "softmax": lambda: np.divide(out, exponentials(out), out=out),
        "log_softmax": log_softmax,
        "logsumexp": lambda: np.log(exponentials(terms)) + column,
        "grad_from_output.softmax": softmax_grad,
        "grad_from_output.log_softmax": log_softmax_grad,
    }


def scipy_calls(x, dy, axis, out):
    """Return SciPy's functions, which have no out=."""
    names = ("softmax", "log_softmax", "logsumexp")
    return {name: partial(getattr(special, name), x, axis=axis) for name in names}


def pytorch_calls(x, dy, axis, out):
    """Return PyTorch's kernels behind autograd."""
    import torch

    torch.set_num_threads(1)
    given, weights, into = torch.from_numpy(x), torch.from_numpy(dy), torch.from_numpy(out)
    backward, log_backward = torch._softmax_backward_data, torch._log_softmax_backward_data
    return {
        "softmax": partial(torch._softmax, given, axis, False, out=into),
        "log_softmax": partial(torch._log_softmax, given, axis, False, out=into),
        "logsumexp": partial(torch.logsumexp, given, axis),
        "grad_from_output.softmax": partial(backward, weights, given, axis, given.dtype, grad_input=into),
        "grad_from_output.log_softmax": partial(log_backward, weights, given, axis, given.dtype, out=into),
    }


def jax_calls(x, dy, axis, out):
    """Return JAX's functions, compiled."""
    import jax

    jax.config.update("jax_enable_x64", True)
    given = jax.numpy.asarray(x)
    functions = {
        name: jax.jit(partial(getattr(jax.nn, name), axis=axis)) for name in ("softmax", "log_softmax", "logsumexp")
    }
    return {name: lambda f=function: f(given).block_until_ready() for name, function in functions.items()}


def onnx_calls(x, dy, axis, out):
    """Return ONNX Runtime's operators, with their output bound."""
    import onnxruntime
    from onnx.parser import parse_model

    kind, shape, calls = {"float32": "float", "float64": "double"}[x.dtype.name], ",".join(map(str, x.shape)), {}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    for name, operator in (("softmax", "Softmax"), ("log_softmax", "LogSoftmax")):
        graph = f"g ({kind}[{shape}] x) => ({kind}[{shape}] y) {{ y = {operator} <axis = {axis}> (x) }}"
        model = parse_model(f'<ir_version: 9, opset_import: ["": 20]> {graph}').SerializeToString()
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        binding = session.io_binding()
        binding.bind_cpu_input("x", x)
        binding.bind_output("y", "cpu", 0, x.dtype, x.shape, out.ctypes.data)
        calls[name] = partial(session.run_with_iobinding, binding)
    return calls


LIBRARIES = {
    "NumPy": ("numpy", numpy_calls),
    "SciPy": ("scipy", scipy_calls),
    "PyTorch": ("torch", pytorch_calls),
    "JAX": ("jax", jax_calls),
    "ONNX Runtime": ("onnxruntime", onnx_calls),
}


def fastact_call(name, x, dy, axis, out):
    """Return fastact's call as its users write it."""
    space, _, function = name.rpartition(".")
    called = getattr(getattr(fastact, space) if space else fastact, function)
    if space:
        return partial(called, x, dy, axis=axis, out=out)
    return partial(called, x, axis=axis, **({} if name == "logsumexp" else {"out": out}))


def contenders(name, dtype, shape, axis):
    """Return the calls by library and operation, each held against the reference."""
    rng = np.random.default_rng(1)
    x, dy = (3 * rng.standard_normal((2, *shape))).astype(dtype)
    if name.startswith("grad"):
        x = REFERENCES[name.rpartition(".")[2]](x.astype(np.float64), None, axis).astype(dtype)
    out = np.empty_like(x)
    expected = REFERENCES[name](x.astype(np.float64), dy.astype(np.float64), axis)
    calls = {("fastact", name): fastact_call(name, x, dy, axis, out)}
    for library, (module, load) in LIBRARIES.items():
        if importlib.util.find_spec(module):
            call = load(x, dy, axis, out).get(name)
            calls |= {(library, name): call} if call else {}
    for (library, _), call in calls.items():
        out[:] = np.nan
        result = call()
        result = out if result is None or np.isfinite(out).all() else np.asarray(result)
        if not np.allclose(result.reshape(expected.shape), expected, rtol=1e-3, atol=1e-4):
            raise ValueError(f"{library} computes {name} wrongly in {dtype}")
    return calls


def masked(name, dtype, shape=(256, 512)):
    """Return fastact's call on rows whose second half is -inf, and on the same rows without the mask."""
    rng = np.random.default_rng(1)
    plain, dy = (3 * rng.standard_normal((2, *shape))).astype(dtype)
    hidden = plain.copy()
    hidden[:, shape[1] // 2 :] = -np.inf
    calls = {}
    for library, x in (("fastact", hidden), (UNMASKED, plain)):
        given = x
        if name.startswith("grad"):
            given = REFERENCES[name.rpartition(".")[2]](x.astype(np.float64), None, -1).astype(dtype)
        calls[library, name] = fastact_call(name, given, dy, -1, np.empty_like(x))
    return calls


def accuracy(dtype, lengths=(10, 1000, 10_000)):
    """Return a sheet of every library's largest errors in ULP on rows that are hard, against long double."""
    found = {}
    for length in lengths:
        for kind, x in hard_rows(dtype, length):
            dy, out = np.zeros_like(x), np.empty_like(x)
            softmax, log_softmax, _ = exact(x)
            calls = {
                "fastact": lambda x=x: {name: partial(getattr(fastact, name), x) for name in ("softmax", "log_softmax")}
            }
            for library, (module, load) in LIBRARIES.items():
                if importlib.util.find_spec(module):
                    calls[library] = partial(load, x, dy, -1, out)
            for library, load in calls.items():
                for name, value in (("softmax", softmax), ("log_softmax", log_softmax)):
                    out[:] = np.nan
                    result = load()[name]()
                    result = out if result is None or np.isfinite(out).all() else np.asarray(result)
                    off = error(result, value)
                    row = found.setdefault((kind, name), {})
                    row[library] = max(row.get(library, 0.0), off)
    libraries = ["fastact", *(library for library in LIBRARIES if any(library in row for row in found.values()))]
    rows = [
        [f"{kind}, {name}", *(f"{row[library]:.3g}" for library in libraries), ""]
        for (kind, name), row in found.items()
    ]
    title = f"largest error in ULP, {np.dtype(dtype).name}, rows of {', '.join(map(str, lengths))}"
    return sheets.Sheet(title, ["", *libraries, ""], rows)


def main(arguments):
    """Race and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.race.rows", description=__doc__.partition(":")[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each shape and function (default 1)")
    parser.add_argument("--accuracy", action="store_true", help="the largest errors on hard rows, instead of a race")
    parsed = parser.parse_args(arguments)
    if parsed.accuracy:
        with np.errstate(all="ignore"):
            for dtype in (np.float32, np.float64):
                made = accuracy(dtype)
                Console(width=140).print(f"\n[bold]{made.title}[/]", sheets.table(made), sep="\n", highlight=False)
        return 0
    if unknown := set(parsed.names) - set(NAMES):
        parser.error(f"no such function: {', '.join(sorted(unknown))}")
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    console, pages, misses = Console(width=140), [], []
    console.print(f"{machine.cpu()}, one core; fastact {fastact.__version__} ({_dispatch.ISA}); nanoseconds an element")

    def report(made, found):
        console.print(f"\n[bold]{made.title}[/]", sheets.table(made), sep="\n", highlight=False)
        pages.append(sheets.markdown(made))
        misses.extend(
            f"{made.title}: {one.operation} {one.ratio:.2f}, asked {one.asked}" for one in found if one.verdict == MISS
        )

    with pinned(), np.errstate(all="ignore"):
        for dtype in ("float32", "float64"):
            for shape, axis in SHAPES:
                found = []
                for name in parsed.names or NAMES:
                    times = race(contenders(name, dtype, shape, axis), math.prod(shape), parsed.seconds)
                    found += standings(times, {name: asked(name, dtype, shape, axis)})
                report(sheets.sheet(f"{dtype} {shape} along axis {axis}", found), found)
            found = []
            for name in parsed.names or NAMES:
                times = race(masked(name, dtype), 256 * 512, parsed.seconds)
                found += standings(times, {name: Target("", "", name, 1.6, (UNMASKED,), at_most=True)})
            report(sheets.sheet(f"{dtype}, half of each row -inf", found), found)
    conclusion = [f"{len(misses)} misses", *(f"- {line}" for line in misses)]
    console.print(*conclusion, sep="\n", highlight=False, markup=False)
    RESULTS.mkdir(exist_ok=True)
    page = "\n\n".join([f"# Rows on {_dispatch.ISA}, against {', '.join(PEERS)}", *pages, "\n".join(conclusion)])
    (RESULTS / f"rows-{_dispatch.ISA}.md").write_text(page + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
