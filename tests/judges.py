"""What PyTorch, JAX, or a formula in PyTorch's words make of the functions in float64, and of their derivatives."""

import math

import numpy as np
import pytest

from fastact import _rows


def by_name(places, name):
    """Return what a library has by a name, of a class an instance with its defaults."""
    there = next(getattr(place, name) for place in places if hasattr(place, name))
    return there() if isinstance(there, type) else there


def in_torch(function, packed=False):
    """Return a judge: a function of arrays, parameters, and names of these whose derivatives it returns too.

    It returns the value and all derivatives, or None if the function does not take these parameters. If it is packed,
    it takes its arrays side by side.
    """
    torch = pytest.importorskip("torch")

    def judge(arrays, given, by=()):
        leaves = [torch.tensor(np.atleast_2d(one), requires_grad=True) for one in arrays]
        inputs = [torch.cat(leaves, -1)] if packed else leaves
        tensors = {key: torch.tensor(one, dtype=torch.float64, requires_grad=key in by) for key, one in given.items()}
        for parameters in (tensors,) if by else (given, tensors):
            try:
                y = function(*inputs, **parameters)
            except TypeError:
                continue
            slopes = torch.autograd.grad(y.sum(), [*leaves, *(tensors[key] for key in by)])
            return [one.detach().numpy().reshape(arrays[0].shape) for one in (y, *slopes)]
        return None

    return judge


def in_jax(function, packed=False):
    """Return a judge likewise."""
    jax = pytest.importorskip("jax")

    def judge(arrays, given, by=()):
        def called(arrays, learnt):
            return function(*([jax.numpy.concatenate(arrays, -1)] if packed else arrays), **given | learnt)

        with jax.enable_x64(True):
            try:
                y, back = jax.vjp(called, [*map(jax.numpy.asarray, arrays)], {key: given[key] for key in by})
            except TypeError:
                return None
            slopes, others = back(jax.numpy.ones_like(y))
            return [np.asarray(one) for one in (y, *slopes, *(others[key] for key in by))]

    return judge


def torch_named(name, packed):
    """Return PyTorch's judge of a name."""
    torch = pytest.importorskip("torch")
    return in_torch(by_name((torch.nn.functional, torch, torch.nn), name), packed)


def jax_named(name, packed):
    """Return JAX's judge of a name."""
    return in_jax(getattr(pytest.importorskip("jax").nn, name), packed)


NAMED = {"torch": torch_named, "jax": jax_named}


def named(row, library):
    """Return a library's judge of a row, None where the row has no name there whose defaults are the same."""
    names = [there.names[0] for there in row.elsewhere if there.library == library and not there.defaults]
    return NAMED[library](names[0], len(row.arrays) > 1) if names else None


def formulas():
    """Return what is not in PyTorch by names, in its words: as ONNX, ggml, Transformers and papers define it."""
    torch = pytest.importorskip("torch")
    there = torch.nn.functional
    return {
        "gelu_tanh": lambda x: there.gelu(x, approximate="tanh"),
        "geglu": lambda a, b: there.gelu(a) * b,
        "geglu_tanh": lambda a, b: there.gelu(a, approximate="tanh") * b,
        "laplace": lambda x, mu, sigma: (1 + torch.erf((x - mu) / (sigma * math.sqrt(2)))) / 2,
        "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
        "reglu": lambda a, b: torch.relu(a) * b,
        "softcap": lambda x, cap: cap * torch.tanh(x / cap),
        "sqrt_softplus": lambda x: torch.sqrt(torch.logaddexp(x, torch.zeros_like(x))),
        "squared_relu": lambda x: torch.relu(x) ** 2,
        "swiglu": lambda a, b, alpha, limit, offset: (
            (g := torch.clamp(a, max=limit)) * torch.sigmoid(alpha * g) * (torch.clamp(b, -limit, limit) + offset)
        ),
        "swish": lambda x, beta: x * torch.sigmoid(beta * x),
        "xielu": lambda x, alpha_p, alpha_n, beta: torch.where(
            x > 0, alpha_p * x * x + beta * x, alpha_n * (torch.expm1(torch.clamp(x, max=0)) - x) + beta * x
        ),
    }


def every(row):
    """Yield all judges of a row, and whether they are formulas: PyTorch, a formula, JAX."""
    if found := named(row, "torch"):
        yield found, False
    if row.name in formulas():
        yield in_torch(formulas()[row.name]), True
    if found := named(row, "jax"):
        yield found, False


def judge_of(row):
    """Return the judge of a row, and whether it is a formula; None, False where there is none."""
    return next(every(row), (None, False))


def along_axis(row):
    """Return PyTorch's judge of a function along the last axis, of x and dy; None where it has no such function."""
    torch = pytest.importorskip("torch")
    names = [there.names[0] for there in row.elsewhere if there.library == "torch" and not there.defaults]
    if not names:
        return None

    def judge(x, dy):
        leaf = torch.tensor(x, requires_grad=True)
        y = by_name((torch.nn.functional, torch), names[0])(leaf, dim=-1)
        return y.detach().numpy(), torch.autograd.grad(y, leaf, torch.tensor(dy))[0].numpy()

    return judge


ELEMENTWISE = [row for row in _rows.rows() if row.public and not row.axis]
ALONG_AXIS = [row for row in _rows.rows() if row.public and row.axis]
