"""The losses against mpmath, finite differences and PyTorch, and at the ends of the range."""

import itertools
import warnings

import mpmath
import numpy as np
import pytest

from fastact import losses

from .oracle import DTYPES

cross_entropy, lifted = losses.softmax_cross_entropy, losses.lifted_structured


def rows(dtype, spread=3.0, shape=(6, 17), seed=0):
    with np.errstate(under="ignore"):
        return np.random.default_rng(seed).normal(0, spread, shape).astype(dtype)


def distributions(dtype, shape=(6, 17), seed=1):
    """Rows that add up to 1, to 3, that have zeros, that are all zero."""
    p = np.random.default_rng(seed).dirichlet(np.ones(shape[-1]), shape[:-1])
    p[0] *= 3
    p[1, : shape[-1] // 2] = 0
    p[2] = 0
    with np.errstate(under="ignore"):
        return p.astype(dtype)


def exact_cross_entropy(x, p):
    """Return the loss and the gradient of one row of finite numbers or -inf, as lists of mpmath numbers."""
    with mpmath.workdps(400):
        terms = [mpmath.exp(mpmath.mpf(float(one))) for one in x]
        total = mpmath.fsum(terms)
        weights = [mpmath.mpf(float(one)) for one in p]
        mass = mpmath.fsum(weights)
        loss = mpmath.fsum(
            w * (mpmath.log(total) - mpmath.mpf(float(one))) for w, one in zip(weights, x, strict=True) if w
        )
        return loss, [mass * term / total - w for term, w in zip(terms, weights, strict=True)]


def relative(result, exact):
    return max(
        (float(abs(mpmath.mpf(float(r)) - e) / abs(e)) for r, e in zip(np.ravel(result), exact, strict=True) if e),
        default=0.0,
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("spread", [0.1, 3.0, 30.0])
def test_cross_entropy_of_classes_against_mpmath(dtype, spread):
    x = rows(dtype, spread)
    labels = np.argsort(x, axis=-1)[np.arange(6), [-1, -1, -2, 8, 0, -1]]  # the largest, others, the smallest
    value, gradient = cross_entropy(x, labels)
    assert value.dtype == gradient.dtype == dtype
    smallest = float(np.finfo(dtype).smallest_normal)
    eps = float(np.finfo(dtype).eps) / 2
    # float16 is rounded from float32; elsewhere the rounded differences of logits, up to 100, are what counts.
    tolerance = 1.05 * eps if dtype is np.float16 else (8 + 4 * spread) * eps
    for one in range(6):
        loss, slopes = exact_cross_entropy(x[one], np.arange(17) == labels[one])
        assert relative(value[one], [loss if loss > smallest else 0]) < tolerance
        slopes = [slope if abs(slope) > smallest else 0 for slope in slopes]
        assert relative(gradient[one], slopes) < tolerance
        assert gradient[one, labels[one]] <= 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_cross_entropy_of_distributions_against_mpmath(dtype):
    x, p = rows(dtype), distributions(dtype)
    value, gradient = cross_entropy(x, p)
    assert value.dtype == gradient.dtype == dtype
    eps = float(np.finfo(dtype).eps) / 2
    for one in range(6):
        loss, slopes = exact_cross_entropy(x[one], p[one])
        assert relative(value[one], [loss]) < (2 if dtype is np.float16 else 16) * eps
        # A slope is a difference that may cancel: of numbers up to p's sum.
        np.testing.assert_allclose(
            gradient[one].astype(float),
            [float(slope) for slope in slopes],
            atol=16 * eps * max(p[one].sum(), 1),
            rtol=0,
        )
    assert value[2] == 0
    np.testing.assert_array_equal(gradient[2], np.zeros(17))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_distribution_of_one_class_gives_what_the_class_gives(dtype):
    x = rows(dtype, 10.0, (50, 12))
    labels = np.where(np.arange(50) % 2, x.argmax(-1), np.arange(50) % 12)
    one_hot = np.eye(12, dtype=bool)[labels]
    for given in (one_hot, one_hot.astype(int), one_hot.astype(dtype), one_hot.astype(np.float64)):
        for result, expected in zip(cross_entropy(x, given), cross_entropy(x, labels), strict=True):
            assert result.dtype == dtype
            np.testing.assert_allclose(result, expected, rtol=50 * np.finfo(dtype).eps)


def test_nothing_cancels_where_the_class_dominates():
    for given in ([0], [[1.0, 0.0]]):
        value, gradient = cross_entropy([[0.0, -50.0]], given)
        other = 1.9287498479639178e-22
        np.testing.assert_allclose(value, [other], rtol=1e-14)
        np.testing.assert_allclose(gradient, [[-other, other]], rtol=1e-14)
        value, gradient = cross_entropy(np.array([[0.0, -80.0]], np.float32), given)
        np.testing.assert_allclose(value, [1.8048513e-35], rtol=1e-6)
        np.testing.assert_allclose(gradient, [[-1.8048513e-35, 1.8048513e-35]], rtol=1e-6)


@pytest.mark.parametrize(("dtype", "start", "end"), [(np.float32, 80, 110), (np.float64, 700, 760)])
def test_a_class_whose_probability_underflows(dtype, start, end):
    """Of a subnormal probability too few digits are left."""
    below = np.linspace(start, end, 500).astype(dtype)
    x = np.stack([np.zeros_like(below), -below], axis=-1)
    value, gradient = cross_entropy(x, np.ones(500, int))
    np.testing.assert_allclose(value, below, rtol=2 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(gradient[:, 1], -1)


def numerical(function, x, h):
    """Return the gradient by central differences of fourth order."""
    slope = np.empty_like(x)
    for index in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[index] = h
        near = function(x + step) - function(x - step)
        far = function(x + 2 * step) - function(x - 2 * step)
        slope[index] = (8 * near - far) / (12 * h)
    return slope


@pytest.mark.parametrize("labels", [np.array([2, 0, 1]), distributions(np.float64, (3, 4))])
def test_cross_entropy_by_finite_differences(labels):
    x = rows(np.float64, 1.0, (3, 4))
    slope = numerical(lambda x: cross_entropy(x, labels)[0].sum(), x, 1e-3)
    np.testing.assert_allclose(cross_entropy(x, labels)[1], slope, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
@pytest.mark.parametrize("dtype", DTYPES)
def test_cross_entropy_along_any_axis(axis, dtype):
    x = rows(dtype, 2.0, (3, 4, 5))
    classes = np.random.default_rng(2).integers(0, x.shape[axis], np.delete(x.shape, axis))
    p = np.moveaxis(np.random.default_rng(3).dirichlet(np.ones(x.shape[axis]), classes.shape), -1, axis).astype(dtype)
    for labels, last in ((classes, classes), (p, np.moveaxis(p, axis, -1))):
        value, gradient = cross_entropy(x, labels, axis=axis)
        expected, slope = cross_entropy(np.ascontiguousarray(np.moveaxis(x, axis, -1)), last)
        assert value.shape == classes.shape
        assert gradient.shape == x.shape
        tolerance = 8 * np.finfo(dtype).eps
        np.testing.assert_allclose(value, expected, rtol=tolerance)
        np.testing.assert_allclose(np.moveaxis(gradient, axis, -1), slope, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", ["classes", "distributions"])
def test_cross_entropy_does_not_depend_on_the_layout(kind):
    """A row's result depends on its values and length alone, and long rows do not lose digits along axis 0."""
    rng = np.random.default_rng(5)
    x = rng.normal(0, 1, (6, 20_000)).astype(np.float32)
    x[:, 7] += 20
    labels = np.full(6, 7) if kind == "classes" else rng.random(x.shape).astype(np.float32)
    value, gradient = cross_entropy(x, labels)
    below, slopes = cross_entropy(np.ascontiguousarray(x.T), np.ascontiguousarray(labels.T), axis=0)
    one_by_one = [np.stack(part) for part in zip(*map(cross_entropy, x, labels), strict=True)]
    for given in ((below, slopes.T), cross_entropy(np.asfortranarray(x), np.asfortranarray(labels)), one_by_one):
        np.testing.assert_array_equal(given[0], value)
        np.testing.assert_array_equal(given[1], gradient)


def test_cross_entropy_of_one_row_gives_a_scalar():
    for labels in (1, np.uint8(1), [0.0, 1.0, 0.0]):
        value, gradient = cross_entropy([1.0, 2.0, 3.0], labels)
        assert isinstance(value, np.float64)
        assert value == pytest.approx(1.4076059644443804, rel=1e-14)
        np.testing.assert_allclose(gradient, [0.09003057, -0.75527153, 0.66524096], rtol=1e-7)
    value, _ = cross_entropy([0.0, -1000.0, 1.0], 1)
    assert value == pytest.approx(1001.3132616875182, rel=1e-15)
    assert type(cross_entropy(np.zeros(3, np.float16), 1)[0]) is np.float16


@pytest.mark.parametrize("given", ["?", "b", "B", "i", "Q", ">f8", "<f4", ">f2"])
def test_dtypes_of_logits(given):
    x = np.array([[0, 1, 1], [1, 0, 1]]).astype(given)
    expected = x.dtype.newbyteorder("=") if x.dtype.kind == "f" else np.float64
    for labels in ([0, 2], np.eye(3)[[0, 2]]):
        value, gradient = cross_entropy(x, labels)
        assert value.dtype == gradient.dtype == expected
        same, slope = cross_entropy(x.astype(expected), labels)
        np.testing.assert_array_equal(value, same)
        np.testing.assert_array_equal(gradient, slope)
    value, gradient = lifted(x.T, [0, 0, 1])
    assert value.dtype == gradient.dtype == expected
    assert value > 0


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.int64, np.uint64, ">i4"])
def test_dtypes_of_labels(integer):
    x = rows(np.float64, 3.0, (4, 3))
    labels = np.array([0, 2, 1, 0])
    for function in (cross_entropy, lifted):
        for result, expected in zip(function(x, labels.astype(integer)), function(x, labels), strict=True):
            np.testing.assert_array_equal(result, expected)


@pytest.fixture
def silent():
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_at_the_ends_of_the_range(dtype):
    inf, nan, big = np.inf, np.nan, float(np.finfo(dtype).max) / 4
    table = [  # logits, class, loss, gradient
        ([0, -inf, 0], 1, inf, [0.5, -1, 0.5]),
        ([0, -inf, 0], 0, np.log(2), [-0.5, 0, 0.5]),
        ([0, inf, 0], 1, 0, [0, 0, 0]),
        ([0, inf, 0], 0, inf, [-1, 1, 0]),
        ([inf, inf, 0], 2, nan, [nan] * 3),
        ([inf, inf, 0], 1, nan, [nan] * 3),
        ([-inf] * 3, 0, nan, [nan] * 3),
        ([0, nan, 1], 0, nan, [nan] * 3),
        ([0, nan, -inf], 2, nan, [nan] * 3),
        ([inf, nan, 0], 0, nan, [nan] * 3),
        ([big, -big, 0], 0, 0, [0, 0, 0]),
        ([big, -big, 0], 1, 2 * big, [1, -1, 0]),
        ([big, -big, big], 1, 2 * big, [0.5, -1, 0.5]),
        ([big, big, -big], 1, np.log(2), [0.5, -0.5, 0]),
    ]
    if dtype is not np.float16:
        table.append(([1e30, -1e30, 1e30], 1, float(dtype(1e30)) * 2, [0.5, -1, 0.5]))
    for logits, label, loss, slope in table:
        one_hot = np.eye(3, dtype=dtype)[label]
        # Alone, and among others; as a class, and as a distribution
        for count, labels in itertools.product((1, 4), (label, one_hot)):
            x = np.vstack([np.zeros((count - 1, 3)), [logits]]).astype(dtype)
            value, gradient = cross_entropy(x, np.stack([labels] * count))
            np.testing.assert_allclose(value[-1], loss, rtol=np.finfo(dtype).eps, err_msg=f"{logits} {labels}")
            np.testing.assert_allclose(gradient[-1], slope, rtol=np.finfo(dtype).eps, err_msg=f"{logits} {labels}")
            np.testing.assert_allclose(value[:-1], np.log(3), rtol=np.finfo(dtype).eps)


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("dtype", DTYPES)
def test_masked_classes_of_distributions(dtype):
    x = np.array([[1, -np.inf, 0], [1, -np.inf, 0], [-np.inf, -np.inf, 0], [1, -np.inf, 0]], dtype)
    p = np.array([[0.25, 0, 0.75], [0.25, 0.25, 0.5], [0, 0, 1], [0, 0, 0]], dtype)
    value, gradient = cross_entropy(x, p)
    np.testing.assert_allclose(value, [np.log(np.e + 1) - 0.25, np.inf, 0, 0], rtol=np.finfo(dtype).eps)
    first = np.e / (np.e + 1)
    expected = [[first - 0.25, 0, 0.25 - first], [first - 0.25, -0.25, 0.5 - first], [0, 0, 0], [0, 0, 0]]
    np.testing.assert_allclose(gradient, expected, atol=np.finfo(dtype).eps)
    assert not np.signbit(value).any()
    p[0, 1] = np.nan
    value, gradient = cross_entropy(x, p)
    assert np.isnan([value[0], *gradient[0]]).all()
    assert not np.isnan([*value[1:], *gradient[1:].ravel()]).any()


def test_one_class_costs_nothing():
    value, gradient = cross_entropy([[3.0], [-1e300], [-np.inf], [np.nan]], [0, 0, 0, 0])
    np.testing.assert_array_equal(value, [0, 0, np.nan, np.nan])
    np.testing.assert_array_equal(gradient, [[0], [0], [np.nan], [np.nan]])
    np.testing.assert_array_equal(cross_entropy([[3.0], [-np.inf]], [[1.0], [1.0]])[0], [0, np.nan])


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("dtype", DTYPES)
def test_silence(dtype):
    x = np.concatenate([rows(dtype, 1000.0), rows(dtype, 1e-4), -np.abs(rows(dtype, 1000.0))])
    cross_entropy(x, np.arange(18) % 17)
    cross_entropy(x, np.concatenate([distributions(dtype)] * 3))
    lifted(x, np.arange(18) % 4)
    tiny = np.full((4, 3), np.finfo(dtype).smallest_subnormal) * np.arange(4)[:, np.newaxis].astype(dtype)
    lifted(tiny, [0, 0, 1, 1], np.finfo(dtype).max)
    cross_entropy(tiny, [0, 1, 2, 0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_inputs_are_not_written_to(dtype):
    x, p = rows(dtype), distributions(dtype)
    x[0, 0], x[1, 1], p[0, 0] = -np.inf, np.nan, 0
    labels, classes = np.arange(6) % 3, np.arange(6)
    copies = [array.copy() for array in (x, p, labels, classes)]
    for array in (x, p, labels, classes):
        array.flags.writeable = False
    for gradient in (cross_entropy(x, classes)[1], cross_entropy(x, p)[1], lifted(x, labels)[1]):
        assert gradient.flags.writeable
        assert not np.may_share_memory(gradient, x)
    lifted(x[2:], labels[2:])
    for array, copy in zip((x, p, labels, classes), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_empty_batches():
    for labels in ([], np.empty(0, int), np.empty((0, 3))):
        value, gradient = cross_entropy(np.empty((0, 3), np.float32), labels)
        assert value.shape == (0,)
        assert gradient.shape == (0, 3)
        assert value.dtype == gradient.dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[1j]], [0]), TypeError, "logits must be real, of at most double precision, not complex128"),
        ((np.ones((1, 2), np.longdouble), [0]), TypeError, "logits must be real"),
        (([["a"]], [0]), TypeError, "logits must be real"),
        (([[1.0], [1.0, 2.0]], [0, 0]), ValueError, "logits: setting an array element with a sequence."),
        (([[1.0, 2.0]] * 2, [[0], [0, 1]]), ValueError, "labels: setting an array element with a sequence."),
        (([[1.0]], [[None]]), TypeError, "labels must be real, of at most double precision, not object"),
        (([[1.0, 2.0]], [0.0]), TypeError, "labels of shape (1,) are classes and must be integers, not float64"),
        (([[1.0, 2.0]], [True]), TypeError, "labels of shape (1,) are classes and must be integers, not bool"),
        (([[1.0, 2.0]], [2]), ValueError, "labels must be from 0 to 1 for logits of 2 classes, and 2 is given"),
        (([[1.0, 2.0]], [-1]), ValueError, "labels must be from 0 to 1 for logits of 2 classes, and -1 is given"),
        (([[1.0, 2.0]] * 2, [0, 7]), ValueError, "labels must be from 0 to 1 for logits of 2 classes, and 7 is given"),
        (([[1.0, 2.0]], np.array([2**64 - 1], np.uint64)), ValueError, "and 18446744073709551615 is given"),
        (
            ([[1.0, 2.0]], [[1.5, -0.5]]),
            ValueError,
            "labels that are distributions must not be negative, and -0.5 is given",
        ),
        (
            ([[1.0, 2.0]], [0, 1]),
            ValueError,
            "labels have shape (2,), neither (1,), for classes, nor that of logits, (1, 2), for distributions",
        ),
        (([[1.0, 2.0]], [[0]]), ValueError, "labels have shape (1, 1), neither (1,), for classes"),
        (([[1.0, 2.0]], 0), ValueError, "labels have shape (), neither (1,), for classes"),
        (([1.0, 2.0], 0, 1), ValueError, "axis 1 is out of bounds for 1 dimensions"),
        ((1.0, 0), ValueError, "axis -1 is out of bounds for 0 dimensions"),
        (([1.0, 2.0], 0, None), TypeError, "axis must be an int, not None"),
        (([1.0, 2.0], 0, (0,)), TypeError, "axis must be an int, not (0,)"),
        (([1.0, 2.0], 0, np.array([0])), TypeError, "axis must be an int, not array([0])"),
        ((np.empty((2, 0)), [0, 0]), ValueError, "axis 1 of logits, of shape (2, 0), is empty"),
        ((np.empty((0, 3)), [0, 0, 0], 0), ValueError, "axis 0 of logits, of shape (0, 3), is empty"),
    ],
)
def test_bad_arguments_of_cross_entropy(arguments, error, message):
    with pytest.raises(error) as caught:
        cross_entropy(*arguments)
    assert str(caught.value).startswith("losses.softmax_cross_entropy(): ")
    assert message in str(caught.value)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropy_against_torch(dtype):
    torch = pytest.importorskip("torch")
    x = rows(dtype, 5.0, (40, 11))
    p = np.random.default_rng(4).dirichlet(np.ones(11), 40).astype(dtype)
    for labels in (np.arange(40) % 11, p):
        leaf = torch.tensor(x, requires_grad=True)
        expected = torch.nn.functional.cross_entropy(leaf, torch.tensor(labels), reduction="none")
        expected.sum().backward()
        value, gradient = cross_entropy(x, labels)
        tolerance = 32 * np.finfo(dtype).eps
        np.testing.assert_allclose(value, expected.detach().numpy(), rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=tolerance, atol=tolerance)


def exact_lifted(x, labels, margin=1.0):
    """Return the lifted structured loss by its definition, pair by pair, as a mpmath number."""
    count = range(len(x))
    pairs = [(i, j) for i in count for j in count if i < j and labels[i] == labels[j]]
    with mpmath.workdps(50):

        def distance(i, j):
            return mpmath.sqrt(
                mpmath.fsum((mpmath.mpf(float(a)) - mpmath.mpf(float(b))) ** 2 for a, b in zip(x[i], x[j], strict=True))
            )

        total = mpmath.mpf(0)
        for i, j in pairs:
            near = [mpmath.exp(margin - distance(end, k)) for end in (i, j) for k in count if labels[k] != labels[end]]
            if near:
                total += max(mpmath.mpf(0), mpmath.log(mpmath.fsum(near)) + distance(i, j)) ** 2
        return total / (2 * len(pairs)) if pairs else total


BATCHES = [
    [0, 0, 1, 1, 2, 2],
    [0, 0, 0, 0, 1, 5],
    [-1, 3, -1, 3, -1, 3],
    [4, 4, 1, 2, 3, 5],
]


@pytest.mark.parametrize("labels", BATCHES)
@pytest.mark.parametrize("margin", [1.0, 0.0, -2.0, 5])
@pytest.mark.parametrize("spread", [0.1, 1.0, 20.0])
def test_lifted_structured_against_its_definition(labels, margin, spread):
    x = rows(np.float64, spread, (6, 3), seed=5)
    value, gradient = lifted(x, labels, margin)
    assert isinstance(value, np.float64)
    assert value == pytest.approx(float(exact_lifted(x, labels, margin)), rel=1e-13, abs=1e-300)
    slope = numerical(lambda x: lifted(x, labels, margin)[0], x, 1e-3 * spread)
    np.testing.assert_allclose(gradient, slope, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_lifted_structured_in_other_precisions(dtype):
    x, labels = rows(dtype, 2.0, (9, 4)), np.arange(9) % 3
    value, gradient = lifted(x, labels)
    wide, slope = lifted(x.astype(np.float64), labels)
    assert type(value) is dtype
    assert value == dtype(wide)
    np.testing.assert_array_equal(gradient, slope.astype(dtype))


def test_lifted_structured_against_torch():
    torch = pytest.importorskip("torch")
    labels = np.arange(24) % 5
    x = rows(np.float64, 0.7, (24, 6))
    leaf = torch.tensor(x, requires_grad=True)
    squares = ((leaf[:, None] - leaf) ** 2).sum(-1)
    distance = torch.sqrt(squares + torch.eye(24))
    same = torch.tensor(labels[:, None] == labels)
    sums = torch.where(same, 0.0, torch.exp(1.0 - distance)).sum(1)
    hinge = torch.relu(torch.log(sums[:, None] + sums) + distance)
    pairs = torch.triu(same, 1)
    expected = (hinge[pairs] ** 2).sum() / (2 * pairs.sum())
    expected.backward()
    value, gradient = lifted(x, labels)
    assert value == pytest.approx(float(expected.detach()), rel=1e-13)
    np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-11, atol=1e-13)


def test_lifted_structured_does_not_depend_on_blocks(monkeypatch):
    x, labels = rows(np.float64, 1.0, (11, 4)), np.arange(11) % 3
    value, gradient = lifted(x, labels)
    for block in (1, 4 * 11 * 3):
        monkeypatch.setattr(losses, "BLOCK", block)
        again, slope = lifted(x, labels)
        assert again == value
        np.testing.assert_array_equal(slope, gradient)


def test_lifted_structured_does_not_depend_on_the_layout():
    x, labels = rows(np.float64, 1.0, (9, 7)), np.arange(9) % 3
    value, gradient = lifted(x, labels)
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], x.astype(">f8")):
        assert lifted(other, labels)[0] == value
        np.testing.assert_array_equal(lifted(other, labels)[1], gradient)


@pytest.mark.usefixtures("silent")
def test_lifted_structured_without_pairs():
    x = rows(np.float32, 1.0, (4, 3))
    for labels in ([0, 1, 2, 3], [5, 5, 5, 5]):
        value, gradient = lifted(x, labels)
        assert value == 0
        assert value.dtype == np.float32
        np.testing.assert_array_equal(gradient, np.zeros((4, 3)))
    for count in (0, 1):
        value, gradient = lifted(np.empty((count, 3)), np.zeros(count, int))
        assert value == 0
        assert gradient.shape == (count, 3)
    assert lifted(np.empty((0, 3)), [])[0] == 0


@pytest.mark.usefixtures("silent")
def test_lifted_structured_of_equal_embeddings():
    """A distance of 0 has gradient 0, and takes part in the sums."""
    value, gradient = lifted(np.ones((4, 2)), [0, 0, 1, 1])
    assert value == pytest.approx((np.log(4) + 1) ** 2 / 2, rel=1e-14)
    np.testing.assert_array_equal(gradient, np.zeros((4, 2)))
    x = np.array([[0.0, 0.0], [0.0, 0.0], [3.0, 4.0], [3.0, 4.0]])
    value, gradient = lifted(x, [0, 1, 0, 1])
    assert value == pytest.approx(float(exact_lifted(x, [0, 1, 0, 1])), rel=1e-14)
    assert np.isfinite(gradient).all()
    np.testing.assert_allclose(gradient.sum(axis=0), [0, 0], atol=1e-15)
    assert lifted(np.empty((4, 0)), [0, 0, 1, 1])[0] == value.dtype.type(lifted(np.ones((4, 1)), [0, 0, 1, 1])[0])


@pytest.mark.usefixtures("silent")
def test_lifted_structured_of_embeddings_that_nearly_coincide():
    """Far from the origin, squares of the coordinates would cancel."""
    apart = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * 2.0**-20
    value, gradient = lifted(apart + 2.0**20, [0, 0, 1, 1])
    expected, slope = lifted(apart, [0, 0, 1, 1])
    assert value == expected
    np.testing.assert_array_equal(gradient, slope)
    assert value == pytest.approx(float(exact_lifted(apart, [0, 0, 1, 1])), rel=1e-14)


CORNERS = np.array([[0.0, 0.0], [3.0, 4.0], [-8.0, 4.0], [-8.0, -8.0]]) / 8


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("size", [2.0**-1000, 1e-200, 1e-160, 1e140, 1e150, 1e160, 1e200, 1e300, 8e307])
def test_lifted_structured_of_tiny_and_huge_embeddings(size):
    labels = [0, 1, 0, 1]
    x = CORNERS * size
    value, gradient = lifted(x, labels)
    exact = exact_lifted(x, labels)
    assert value == (pytest.approx(float(exact), rel=1e-12) if exact < 1.7e308 else np.inf)
    # Of tiny ones the weights are those of equal embeddings, of huge ones 1 for the nearest; J / 2 is the slope of D.
    _, slope = lifted(CORNERS * (2.0**-40 if size < 1 else 2.0**40), labels)
    np.testing.assert_allclose(gradient, slope if size < 1 else slope * (size / 2.0**40), rtol=1e-9, atol=1e-9)


@pytest.mark.usefixtures("silent")
def test_lifted_structured_with_huge_differences_among_others():
    x = np.array([[0.0], [1.0], [1.7e308], [-1.7e308]])
    value, gradient = lifted(x, [0, 0, 1, 2])
    assert value == 0
    np.testing.assert_array_equal(gradient, np.zeros((4, 1)))
    value, gradient = lifted([[0.0], [1e-200], [1e200], [0.5]], [0, 0, 1, 1])
    assert np.isfinite(gradient).all()
    assert value == np.inf
    assert np.isfinite(lifted(CORNERS * 1.7e308, [0, 1, 0, 1])[1]).all()


@pytest.mark.usefixtures("silent")
def test_lifted_structured_with_huge_margins():
    x, labels = rows(np.float64, 1.0, (4, 3)), [0, 0, 1, 1]
    value, gradient = lifted(x, labels, 1e150)
    assert value == pytest.approx(5e299, rel=1e-12)
    assert np.isfinite(gradient).all()
    value, gradient = lifted(x, labels, 1e300)
    assert value == np.inf
    assert np.isfinite(gradient).all()
    value, gradient = lifted(x, labels, -1e300)
    assert value == 0
    assert not gradient.any()
    value, gradient = lifted(x, labels, np.inf)
    assert value == np.inf
    assert not np.isnan(gradient).any()
    assert lifted(x, labels, -np.inf)[0] == 0
    value, gradient = lifted(rows(np.float64, 1.0, (20, 3)), np.arange(20) % 2, 1.5e154)  # its square overflows
    assert value == pytest.approx(1.5e154 * 0.75e154, rel=1e-12)
    assert np.isfinite(gradient).all()
    value, gradient = lifted(x.astype(np.float32), labels, 1e30)
    assert value == np.inf
    assert np.isfinite(gradient).all()


@pytest.mark.usefixtures("silent")
def test_lifted_structured_and_what_is_not_finite():
    x = rows(np.float64, 1.0, (4, 3))
    for bad in (np.nan, np.inf, -np.inf):
        broken = x.copy()
        broken[1, 2] = bad
        for labels in ([0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 2, 3]):
            value, gradient = lifted(broken, labels)
            assert np.isnan(value)
            assert np.isnan(gradient).all()
    value, gradient = lifted(x, [0, 0, 1, 1], np.nan)
    assert np.isnan(value)
    assert np.isnan(gradient).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[1j]], [0]), TypeError, "embeddings must be real, of at most double precision, not complex128"),
        (([1.0], [0]), ValueError, "embeddings must have shape (samples, dimensions), not (1,)"),
        (([[1.0]], [0, 1]), ValueError, "labels have shape (2,), and (1,) fits the embeddings"),
        (([[1.0]], 0), ValueError, "labels have shape (), and (1,) fits the embeddings"),
        (([[1.0]], [0.0]), TypeError, "labels are classes and must be integers, not float64"),
        (([[1.0]], ["a"]), TypeError, "labels are classes and must be integers, not <U1"),
        (([[1.0]], [0], "a"), TypeError, "margin must be a real number, not 'a'"),
        (([[1.0]], [0], None), TypeError, "margin must be a real number, not None"),
        (([[1.0]], [0], [1.0]), TypeError, "margin must be a real number, not [1.0]"),
        (([[1.0]], [0], 1j), TypeError, "margin must be a real number, not 1j"),
    ],
)
def test_bad_arguments_of_lifted_structured(arguments, error, message):
    with pytest.raises(error) as caught:
        lifted(*arguments)
    assert str(caught.value).startswith("losses.lifted_structured(): ")
    assert message in str(caught.value)
