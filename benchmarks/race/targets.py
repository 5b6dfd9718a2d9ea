"""What is asked of fastact's speed, as data: one `Target` for each section of the race and operation."""

from typing import NamedTuple

from fastact import _rows

# Of one array: a gate is two calls in the other libraries, which have none of their own.
PUBLIC = [
    ufunc
    for ufunc in _rows.ufuncs()
    if ufunc.row.public and not ufunc.row.axis and not ufunc.row.noise and len(ufunc.row.arrays) == 1
]
FUNCTIONS = tuple(ufunc.row.name for ufunc in PUBLIC if not ufunc.space)
GRADIENTS = tuple(
    f"{space}.{ufunc.row.name}" for space in ("grad", "grad_from_output") for ufunc in PUBLIC if ufunc.space == space
)
GATES = tuple(  # raced against themselves alone, on special inputs
    ufunc.public_name
    for ufunc in _rows.ufuncs()
    if ufunc.main and ufunc.row.public and not ufunc.row.axis and len(ufunc.row.arrays) > 1
)
ACTIVATIONS = (*FUNCTIONS, *(name for name in GATES if "." not in name))
FACADES = tuple(ufunc.row.name for ufunc in PUBLIC if not ufunc.space and ufunc.facade)

PEERS = ("NumPy", "SciPy", "PyTorch", "JAX", "ONNX Runtime")
PLAIN_COPY = "plain copy"  # vector loads and stores
HALF_AGAINST = "fastact float32"
STRIDES = (2, 3, 7, -1)
ALLOWED = "allowed"  # the contiguous time, and so many times NumPy's strided copy:
STRIDED_COPIES = 1.2
ORDINARY = "ordinary inputs"
SPECIAL = ("subnormal", "huge", "infinite", "NaN")

AVX512, AVX2, ANY_ISA = "x86_64_v4", "x86_64_v3", ""


class Target(NamedTuple):
    """What is asked: how many times faster than the fastest of the others at least, or what part of its time at most.

    ``aim`` is what is hoped for beyond that.
    """

    isa: str
    section: str
    operation: str
    asked: float
    against: tuple = PEERS
    at_most: bool = False
    aim: float | None = None


def strided(operation, stride):
    """Return the name of an operation on strided arrays."""
    return f"{operation} [::{stride}]"


def special(operation, kind):
    """Return the name of an operation on inputs of one kind alone."""
    return f"{operation} {kind}"


def float32_avx512():
    """Yield the targets in cache with AVX-512."""
    asked = {
        "relu": 0.95,
        "sigmoid": 1.25,
        "silu": 1.0,
        "tanh": 1.0,
        "softplus": 3.5,
        "elu": 7,
        "mish": 3.5,
        "gelu_tanh": 1.1,
    }
    for operation, ratio in asked.items():
        yield Target(AVX512, "float32", operation, ratio)
    yield Target(AVX512, "float32", "gelu", 0.7, aim=1.0)


def float32_avx2():
    """Yield the targets in cache with AVX2, every library as it comes."""
    asked = {"relu": 1.0, "softplus": 2.7, "elu": 3.7, "mish": 3.2, "silu": 1.2}
    for operation, ratio in asked.items():
        yield Target(AVX2, "float32", operation, ratio)
    for operation, ratio in {"sigmoid": 0.7, "tanh": 0.75, "gelu": 0.9, "gelu_tanh": 0.62}.items():
        yield Target(AVX2, "float32", operation, ratio, aim=1.0)


def float64():
    """Yield the targets in cache; with AVX-512 tanh's is against NumPy, since JAX's is faster and less accurate."""
    asked = {
        "relu": 0.95,
        "sigmoid": 1.0,
        "silu": 1.0,
        "softplus": 2.3,
        "elu": 4,
        "mish": 2.5,
        "gelu": 2.2,
        "gelu_tanh": 1.5,
    }
    for operation, ratio in asked.items():
        yield Target(AVX512, "float64", operation, ratio)
    yield Target(AVX512, "float64", "tanh", 1.3, ("NumPy",))
    asked = {"sigmoid": 1.1, "softplus": 2.2, "gelu": 1.5, "gelu_tanh": 1.0, "silu": 1.1, "mish": 4, "elu": 2.4}
    for operation, ratio in asked.items():
        yield Target(AVX2, "float64", operation, ratio)
    yield Target(AVX2, "float64", "tanh", 0.85, aim=1.0)


def gradients():
    """Yield the targets against PyTorch's backward kernels; of grad.sigmoid and grad.tanh with the forward pass."""
    asked = {
        "grad_from_output.relu": 1.0,
        "grad_from_output.sigmoid": 1.0,
        "grad_from_output.tanh": 1.0,
        "grad_from_output.elu": 1.0,
        "grad.sigmoid": 1.0,
        "grad.tanh": 1.0,
        "grad.softplus": 1.0,
        "grad.silu": 0.9,
        "grad.gelu": 1.3,
        "grad.gelu_tanh": 2,
        "grad.mish": 4,
    }
    for dtype in ("float32", "float64"):
        for operation, ratio in asked.items():
            yield Target(AVX512, f"gradients {dtype}", operation, ratio, ("PyTorch",))
    asked = {"grad.gelu": 1.2, "grad.gelu_tanh": 2, "grad.mish": 5, "grad.softplus": 1.6}
    asked |= {f"grad_from_output.{name}": 1.1 for name in ("relu", "sigmoid", "tanh", "elu")}
    for operation, ratio in asked.items():
        yield Target(AVX2, "gradients float32", operation, ratio, ("PyTorch",))
    yield Target(AVX2, "gradients float32", "grad.silu", 0.9, ("PyTorch",), aim=1.0)


def from_memory():
    """Yield the targets for arrays far larger than the caches."""
    against_peers = {"relu": 1.05}
    asked = {"elu": 1.15, "tanh": 1.15, "sigmoid": 1.25, "softplus": 1.9, "silu": 1.8}
    for operation in FUNCTIONS:
        if operation in against_peers:
            yield Target(AVX512, "memory", operation, against_peers[operation], at_most=True)
        else:
            yield Target(AVX512, "memory", operation, asked.get(operation, 2.3), (PLAIN_COPY,), at_most=True)
    for operation in ("gelu", "silu", "grad.silu", "grad.gelu"):
        yield Target(AVX2, "memory, peers", operation, 1.0, ("PyTorch",))


def float16():
    """Yield the targets in half precision."""
    yield Target(ANY_ISA, "float16", "tanh", 1.5, ("NumPy",))
    for operation in FUNCTIONS:
        if operation != "tanh":
            yield Target(ANY_ISA, "float16", operation, 1.6, (HALF_AGAINST,), at_most=True)


def strides():
    """Yield the targets for strided arrays: the time allowed, at most."""
    for dtype in ("float32", "float64"):
        for layout in ("input", "both"):
            for operation in FUNCTIONS:
                for stride in STRIDES:
                    section, name = f"strides {dtype} {layout}", strided(operation, stride)
                    yield Target(ANY_ISA, section, name, 1.0, (ALLOWED,), at_most=True)


def special_inputs():
    """Yield the targets for inputs of special kinds: the time of ordinary ones, and a little more."""
    for dtype in ("float32", "float64"):
        for operation in (*FUNCTIONS, *GRADIENTS, *GATES):
            for kind in SPECIAL:
                yield Target(ANY_ISA, f"special {dtype}", special(operation, kind), 1.6, (ORDINARY,), at_most=True)


def short():
    """Yield the targets for one call on 64 elements; a function with parameters is Python in front of a ufunc."""
    for dtype in ("float32", "float64"):
        for operation in FUNCTIONS:
            asked, other = (2.0, "np.maximum") if operation in FACADES else (1.0, "np.tanh")
            yield Target(ANY_ISA, f"64 {dtype}", operation, asked, (other,), at_most=True)


TARGETS = (
    *float32_avx512(),
    *float32_avx2(),
    *float64(),
    *gradients(),
    *from_memory(),
    *float16(),
    *strides(),
    *special_inputs(),
    *short(),
)


def of_section(section, isa):
    """Return the targets of a section by operation, as they are with an instruction set."""
    return {
        target.operation: target for target in TARGETS if target.section == section and target.isa in (ANY_ISA, isa)
    }
