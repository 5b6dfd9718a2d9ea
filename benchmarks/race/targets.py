"""What is asked of fastact's speed, as data: one `Target` for each section of the race and operation."""

from typing import NamedTuple

from fastact import _rows

PUBLIC = [
    ufunc for ufunc in _rows.ufuncs() if ufunc.main and ufunc.row.public and not ufunc.row.axis and not ufunc.row.noise
]


def named(space, gates=False):
    """Return the public names of the elementwise forms in a space: of one array, or of the gates, which have two."""
    return tuple(one.public_name for one in PUBLIC if one.space == space and (len(one.row.arrays) > 1) == gates)


FUNCTIONS = named("")
GRADIENTS = (*named("grad"), *named("grad_from_output"))
GATES, GATE_GRADIENTS = named("", gates=True), named("grad", gates=True)
BOTH = (*named("value_and_grad"), *named("value_and_grad", gates=True))
GATE_FORMS = (*GATES, *GATE_GRADIENTS, *named("value_and_grad", gates=True))
ACTIVATIONS = (*FUNCTIONS, *GATES)
FACADES = tuple(ufunc.public_name for ufunc in PUBLIC if not ufunc.space and ufunc.facade)
PIECEWISE = tuple(one.public_name for one in PUBLIC if len(one.row.arrays) == 1 and one.piecewise)

PEERS = ("NumPy", "SciPy", "PyTorch", "JAX", "ONNX Runtime")
PLAIN_COPY = "plain copy"  # vector loads and stores
TWO_COPIES = "two copies"  # of one array
DEARER, SUM = "the dearer", "the sum"  # of the value and the gradient alone
ADD = "np.add"  # of as many streams as a gradient has
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


def others():
    """Yield the targets of all that has none above: as fast as the fastest of the others."""
    above = {one.operation for one in (*float32_avx512(), *float32_avx2(), *float64(), *gradients())}
    above = {operation.rpartition(".")[2] for operation in above}
    values, slopes = (*FUNCTIONS, *GATES), (*GRADIENTS, *GATE_GRADIENTS)
    for dtype in ("float32", "float64"):
        of_sections = {dtype: values, f"gradients {dtype}": slopes, f"memory, peers {dtype}": (*values, *slopes)}
        for section, operations in of_sections.items():
            for operation in operations:
                if operation.rpartition(".")[2] not in above:
                    yield from (Target(isa, section, operation, 1.0) for isa in (AVX512, AVX2))


def from_memory():
    """Yield the targets for arrays far larger than the caches."""
    against_peers = {"relu": 1.05}
    asked = {"elu": 1.15, "tanh": 1.15, "sigmoid": 1.25, "softplus": 1.9, "silu": 1.8}
    for operation in FUNCTIONS:
        if operation in against_peers:
            yield Target(AVX512, "memory", operation, against_peers[operation], at_most=True)
        elif operation in PIECEWISE:
            for isa in (AVX512, AVX2):
                yield Target(isa, "memory", operation, 1.1, (PLAIN_COPY,), at_most=True)
        else:
            yield Target(AVX512, "memory", operation, asked.get(operation, 2.3), (PLAIN_COPY,), at_most=True)
    for operation in filter(PIECEWISE.__contains__, GRADIENTS):
        for isa in (AVX512, AVX2):
            yield Target(isa, "memory, gradients", operation, 1.1, (ADD,), at_most=True)
    for operation in ("gelu", "silu", "grad.silu", "grad.gelu"):
        yield Target(AVX2, "memory, peers float32", operation, 1.0, ("PyTorch",))


def value_and_grad():
    """Yield the targets for the value and the derivatives in one pass: the time of two copies, or less than of two."""
    for section in ("value_and_grad float32", "value_and_grad float64", "value_and_grad memory"):
        for operation in BOTH:
            asked, other = (1.25, TWO_COPIES) if operation in PIECEWISE else (0.9, SUM)
            for isa in (AVX512, AVX2):
                yield Target(isa, section, operation, asked, (other,), at_most=True)


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
        for operation in (*FUNCTIONS, *GRADIENTS, *GATE_FORMS):
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
    *others(),
    *value_and_grad(),
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
