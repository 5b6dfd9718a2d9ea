"""Errors of softmax and its family over many rows: the bounds where rounding errors happen to add up."""

import numpy as np
import pytest

from fastact._rows import softmax

from . import oracle
from .cases import VECTORS, functions
from .rows_oracle import WIDE, bound, error, exact, needs_wide

# Tops from here on are subtracted.
LIMIT = {np.float32: 2.0**17 * np.log(2) / 16, np.float64: 2.0**30 * np.log(2) / 16}


def many_rows(dtype, length, seed):
    """Yield thousands of rows: of all spreads, far from 0, at the top's limit, and small numbers among large ones."""
    rng = np.random.default_rng(seed)
    shape = (60_000 // length, length)
    for scale in (0.3, 3, 12, 40):
        yield rng.normal(0, scale, shape)
    yield rng.normal(0, 10, shape) + rng.uniform(-5000, 5000, (shape[0], 1))
    yield LIMIT[dtype] * rng.choice([-1, 1], (shape[0], 1)) + rng.normal(0, 5, shape)
    yield np.exp(rng.normal(0, 5, shape)) * rng.choice([-1, 1], shape)
    dominant = rng.normal(0, 3, shape)
    dominant[:, 0] = rng.uniform(0, 80, shape[0])
    yield dominant
    yield rng.integers(-5, 6, shape) * rng.uniform(0, 20, (shape[0], 1))


@needs_wide
@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("length", [2, 3, 10, 16, 17, 64, 300])
def test_many_rows(name, dtype, length):
    api = functions(name)[""]
    for rows in many_rows(dtype, length, length):
        x = rows.astype(dtype)
        value, log, raised = exact(x)
        assert error(api["softmax"](x), value) <= bound(name, dtype, softmax.SOFTMAX_ULP)
        assert error(api["log_softmax"](x), log) <= bound(name, dtype, softmax.LOG_ULP)
        top = x.max(axis=-1).astype(WIDE)
        larger = np.maximum(np.abs(top), raised - top)
        off = np.abs(api["logsumexp"](x) - raised) / oracle.ulps(dtype, larger)
        assert off.max() <= bound(name, dtype, softmax.LOG_ULP)
        heat = dtype(0.7)
        assert error(api["softmax"](x, temperature=heat), exact(x, heat)[0]) <= bound(name, dtype, softmax.SOFTMAX_ULP)


@pytest.mark.parametrize("length", [20, 1000, 10_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_others_that_vanish(rung, dtype, length):
    """log_softmax at a top far above thousands of others: no sum of least terms."""
    least = float(np.finfo(dtype).smallest_subnormal)
    log_softmax, logsumexp = (functions(rung)[""][name] for name in ("log_softmax", "logsumexp"))
    for fall, others in ((300, 0.0), (104, np.exp(-104.0))) if dtype is np.float32 else ((2000, 0.0),):
        x = np.full((3, length), -fall, dtype)
        x[:, -1] = 0
        wanted = others * (length - 1)
        assert (np.abs(log_softmax(x)[:, -1] + wanted) <= 3.5 * least).all()
        assert (np.abs(logsumexp(x) - wanted) <= 3.5 * least).all()
