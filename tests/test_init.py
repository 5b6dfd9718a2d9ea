"""The initialisers: their statistics, the fans by the definitions of Keras and PyTorch, seeds, dtypes and errors."""

import inspect
import math
import pickle
import re

import numpy as np
import pytest

import fastact
from fastact import _rows, init

from .oracle import DTYPES

FAMILIES = ("xavier", "he", "lecun")
NAMES = [f"{family}_{law}" for family in FAMILIES for law in ("uniform", "normal")]
GAINS = ["linear", "conv", *(row.name for row in _rows.rows() if row.gain is not None)]
STANDARD = {"xavier": 1.0, "he": math.sqrt(2), "lecun": 1.0}  # the default gains


def keras_fans(shape):
    """Return (fan_in, fan_out) as Keras' compute_fans does, for shapes with the receptive field first."""
    if len(shape) == 2:
        return shape[0], shape[1]
    receptive_field_size = 1
    for dim in shape[:-2]:
        receptive_field_size *= dim
    return int(shape[-2] * receptive_field_size), int(shape[-1] * receptive_field_size)


def torch_fans(shape):
    """Return (fan_in, fan_out) as PyTorch's _calculate_fan_in_and_fan_out, of weights (out, in, field)."""
    num_input_fmaps, num_output_fmaps = shape[1], shape[0]
    receptive_field_size = math.prod(shape[2:])
    return num_input_fmaps * receptive_field_size, num_output_fmaps * receptive_field_size


def expected_std(name, shape, gain=None, mode="fan_in"):
    """Return the standard deviation by the papers' formulas."""
    family = name.partition("_")[0]
    fan_in, fan_out = keras_fans(shape)
    factor = STANDARD[family] if gain is None else gain
    if family == "xavier":
        return factor * math.sqrt(2 / (fan_in + fan_out))
    return factor / math.sqrt(fan_out if mode == "fan_out" else fan_in)


def check_statistics(weights, std, uniform):
    """Check mean, variance, fourth moment and range, within 6 standard errors of what the law gives."""
    z = weights.astype(np.float64).ravel() / std
    count = z.size
    second, fourth, sixth, eighth = (1.0, 9 / 5, 27 / 7, 9.0) if uniform else (1.0, 3.0, 15.0, 105.0)
    for power, mean, square in ((1, 0.0, second), (2, second, fourth), (3, 0.0, sixth), (4, fourth, eighth)):
        error = math.sqrt((square - mean**2) / count)
        assert abs((z**power).mean() - mean) < 6 * error, power
    if uniform:
        bound = math.sqrt(3)
        assert abs(z).max() <= bound * (1 + np.finfo(weights.dtype).eps)
        assert z.max() > bound * (1 - 20 / count) - np.finfo(weights.dtype).eps
        assert z.min() < -bound * (1 - 20 / count) + np.finfo(weights.dtype).eps
    else:  # not truncated: of 200,000 draws some are beyond 4, few beyond 6
        assert 4 < abs(z).max() < 6


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(500, 400), (5, 200, 200), (3, 5, 120, 112)])
def test_statistics(name, shape, dtype):
    weights = getattr(init, name)(shape, rng=1, dtype=dtype)
    assert weights.shape == shape
    assert weights.dtype == dtype
    check_statistics(weights, expected_std(name, shape), name.endswith("uniform"))


@pytest.mark.parametrize("name", NAMES)
def test_gain_is_a_factor(name):
    function = getattr(init, name)
    shape = (400, 500)
    for gain in (1, 0.25, np.float32(3), init.gain("tanh")):
        check_statistics(function(shape, gain=gain, rng=2), expected_std(name, shape, float(gain)), "uniform" in name)
    assert not function((3, 4), gain=0).any()
    expected = function((3, 4), rng=3, gain=STANDARD[name.partition("_")[0]])
    np.testing.assert_array_equal(function((3, 4), rng=3), expected)


@pytest.mark.parametrize("name", ["he_uniform", "he_normal"])
def test_mode_of_he(name):
    function, shape = getattr(init, name), (3, 10, 200)
    for mode in ("fan_in", "fan_out"):
        check_statistics(
            function((25, 40, 200), mode=mode, rng=5), expected_std(name, (25, 40, 200), mode=mode), "uniform" in name
        )
    np.testing.assert_array_equal(function(shape, rng=4), function(shape, mode="fan_in", rng=4))
    ratio = function(shape, mode="fan_in", rng=4) / function(shape, mode="fan_out", rng=4)
    np.testing.assert_allclose(ratio, math.sqrt(20), rtol=1e-14)


@pytest.mark.parametrize("shape", [(7, 11), (3, 7, 11), (3, 5, 7, 11)])
def test_fans(shape):
    """With one seed the scale alone differs, so that it shows the fans."""
    fan_in, fan_out = keras_fans(shape)
    assert (fan_in, fan_out) == torch_fans((shape[-1], shape[-2], *shape[:-2]))
    z = np.random.default_rng(6).standard_normal(shape)
    for weights, std in (
        (init.lecun_normal(shape, rng=6), math.sqrt(1 / fan_in)),
        (init.he_normal(shape, rng=6), math.sqrt(2 / fan_in)),
        (init.he_normal(shape, rng=6, mode="fan_out"), math.sqrt(2 / fan_out)),
        (init.xavier_normal(shape, rng=6), math.sqrt(2 / (fan_in + fan_out))),
    ):
        np.testing.assert_allclose(weights, std * z, rtol=1e-14)
    u = np.random.default_rng(6).uniform(-1, 1, shape)
    for weights, bound in (
        (init.lecun_uniform(shape, rng=6), math.sqrt(3 / fan_in)),
        (init.he_uniform(shape, rng=6), math.sqrt(6 / fan_in)),
        (init.he_uniform(shape, rng=6, mode="fan_out"), math.sqrt(6 / fan_out)),
        (init.xavier_uniform(shape, rng=6), math.sqrt(6 / (fan_in + fan_out))),
    ):
        np.testing.assert_allclose(weights, bound * u, rtol=1e-14)


def test_fans_against_torch():
    torch = pytest.importorskip("torch")
    shape = (3, 3, 24, 40)
    for name, theirs, keywords in (
        ("xavier_normal", "xavier_normal_", {}),
        ("he_normal", "kaiming_normal_", {}),
        ("he_uniform", "kaiming_uniform_", {"mode": "fan_out"}),
    ):
        torch.manual_seed(0)
        weights = getattr(torch.nn.init, theirs)(torch.empty(40, 24, 3, 3), **keywords).numpy()
        ratio = getattr(init, name)(shape, rng=1, **keywords).std() / weights.std()
        assert abs(ratio - 1) < 0.05  # some 6 standard errors


@pytest.mark.parametrize("name", NAMES)
def test_seeds_and_generators(name):
    function = getattr(init, name)
    first = function((4, 5), rng=9)
    np.testing.assert_array_equal(first, function((4, 5), rng=9))
    assert (first != function((4, 5), rng=10)).all()
    assert (function((4, 5)) != function((4, 5))).any()
    generator = np.random.default_rng(9)
    np.testing.assert_array_equal(function((4, 5), rng=generator), first)
    second = function((4, 5), rng=generator)  # the generator went on
    assert (second != first).all()
    generator = np.random.default_rng(9)
    generator.random(3)
    state = generator.bit_generator.state
    assert (function((4, 5), rng=generator) != first).all()
    assert generator.bit_generator.state != state


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_the_same_weights_in_every_precision(name):
    function = getattr(init, name)
    wide = function((30, 20), rng=1)
    assert wide.dtype == np.float64
    for dtype in (np.float16, np.float32, "f4", "float64", np.dtype("e"), float, None):
        weights = function((30, 20), rng=1, dtype=dtype)
        assert weights.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(weights, wide.astype(dtype))
        assert weights.flags.c_contiguous
        assert weights.flags.writeable


@pytest.mark.parametrize("name", NAMES)
def test_silence(name):
    with np.errstate(all="raise"):
        assert getattr(init, name)((1000, 1000), gain=1e-6, rng=0, dtype=np.float16).any()
        getattr(init, name)((10, 10), gain=1e-320, rng=0)


def test_aliases():
    for law in ("uniform", "normal"):
        for name, other in (("glorot", "xavier"), ("kaiming", "he")):
            alias, function = (getattr(init, f"{one}_{law}") for one in (name, other))
            np.testing.assert_array_equal(alias((30, 40), gain=2.0, rng=1), function((30, 40), gain=2.0, rng=1))
            assert (alias.__name__, alias.__doc__) == (f"{name}_{law}", function.__doc__)
            assert inspect.signature(alias) == inspect.signature(function)
            assert pickle.loads(pickle.dumps(alias)) is alias
    assert set(init.__all__) == {
        *NAMES,
        *(f"{a}_{b}" for a in ("glorot", "kaiming") for b in ("uniform", "normal")),
        "gain",
    }


def test_shapes_are_any_sequence_of_ints():
    for shape in ([3, 4], (np.int64(3), np.uint8(4)), np.array([3, 4])):
        assert init.he_normal(shape).shape == (3, 4)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"shape": (3,)}, ValueError, "shape must have at least two sizes, (fan_in, fan_out), not (3,)"),
        ({"shape": 3}, ValueError, "shape must have at least two sizes, (fan_in, fan_out), not 3"),
        ({"shape": ()}, ValueError, "shape must have at least two sizes, (fan_in, fan_out), not ()"),
        ({"shape": (3, 0)}, ValueError, "shape must have sizes of 1 or more, not (3, 0)"),
        ({"shape": (0, 3)}, ValueError, "shape must have sizes of 1 or more, not (0, 3)"),
        ({"shape": (-1, 3, 3)}, ValueError, "shape must have sizes of 1 or more, not (-1, 3, 3)"),
        ({"shape": (3.0, 3)}, TypeError, "shape must be a tuple of ints, not (3.0, 3)"),
        ({"shape": "33"}, TypeError, "shape must be a tuple of ints, not '33'"),
        ({"shape": None}, TypeError, "shape must be a tuple of ints, not None"),
        ({"shape": [(3, 4), 5]}, TypeError, "shape must be a tuple of ints, not [(3, 4), 5]"),
        ({"gain": -1}, ValueError, "gain must be finite and not negative, not -1.0"),
        ({"gain": math.nan}, ValueError, "gain must be finite and not negative, not nan"),
        ({"gain": math.inf}, ValueError, "gain must be finite and not negative, not inf"),
        ({"gain": "relu"}, TypeError, "gain must be a real number, not 'relu'"),
        ({"gain": None}, TypeError, "gain must be a real number, not None"),
        ({"gain": [1.0]}, TypeError, "gain must be a real number, not [1.0]"),
        ({"dtype": np.int32}, TypeError, "dtype must be float16, float32 or float64, not <class 'numpy.int32'>"),
        ({"dtype": "longdouble"}, TypeError, "dtype must be float16, float32 or float64, not 'longdouble'"),
        ({"dtype": np.complex64}, TypeError, "dtype must be float16, float32 or float64"),
        ({"dtype": "nonsense"}, TypeError, "dtype must be float16, float32 or float64, not 'nonsense'"),
        ({"rng": -1}, ValueError, "rng: "),
        ({"rng": "seed"}, TypeError, "rng: "),
    ],
)
def test_bad_arguments(name, keywords, error, message):
    with pytest.raises(error) as caught:
        getattr(init, name)(**{"shape": (3, 4)} | keywords)
    assert str(caught.value).startswith(f"init.{name}(): {message}")


@pytest.mark.parametrize("name", ["he_uniform", "he_normal"])
@pytest.mark.parametrize("mode", ["fan_avg", "", None, 1, ["fan_in"]])
def test_bad_mode(name, mode):
    message = f"init.{name}(): mode must be 'fan_in' or 'fan_out', not {mode!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        getattr(init, name)((3, 4), mode=mode)


def test_gains():
    expected = {
        "linear": 1,
        "conv": 1,
        "sigmoid": 1,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / (1 + 0.01**2)),
        "selu": 0.75,
    }
    for name, value in expected.items():
        assert init.gain(name) == pytest.approx(value, rel=1e-15)
    for name in GAINS:
        assert type(init.gain(name)) is float
    for slope in (0, 0.2, -0.5, 1, np.float32(0.25)):
        assert init.gain("leaky_relu", slope) == pytest.approx(math.sqrt(2 / (1 + float(slope) ** 2)), rel=1e-15)
    assert init.gain("leaky_relu", param=0) == init.gain("relu")
    assert init.gain("leaky_relu", 1) == init.gain("linear")


def test_gains_of_the_rectifiers_keep_the_variance():
    x = np.random.default_rng(3).standard_normal(400_000)
    for name, function in (("relu", fastact.relu), ("leaky_relu", fastact.leaky_relu)):
        assert init.gain(name) ** 2 * (function(x) ** 2).mean() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("swish",), ValueError, f"name must be one of {', '.join(GAINS)}, not 'swish'"),
        ((None,), ValueError, f"name must be one of {', '.join(GAINS)}, not None"),
        ((["relu"],), ValueError, "name must be one of"),
        (("relu", 0.1), ValueError, "relu takes no param, and 0.1 is given"),
        (("tanh", 0), ValueError, "tanh takes no param, and 0 is given"),
        (("leaky_relu", "0.1"), TypeError, "param must be a real number, not '0.1'"),
        (("leaky_relu", math.nan), ValueError, "param must be finite, not nan"),
    ],
)
def test_bad_arguments_of_gain(arguments, error, message):
    with pytest.raises(error) as caught:
        init.gain(*arguments)
    assert str(caught.value).startswith(f"init.gain(): {message}")
