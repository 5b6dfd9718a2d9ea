"""Results as bits, and the hashes of every function's."""

import hashlib

import numpy as np

from . import oracle
from .cases import UFUNCS, base, rows_and_numbers, several

BITS = {np.float16: np.uint16, np.float32: np.uint32, np.float64: np.uint64}


def bits(array):
    """Return the bits of an array, every NaN the same."""
    return np.where(np.isnan(array), np.nan, array).astype(array.dtype).view(BITS[array.dtype.type])


def hashes(rung):
    """Return a hash of the results of every function and dtype, on inputs made of integers alone."""
    found = {}
    for ufunc in UFUNCS:
        if not ufunc.row.compiled or ufunc.parts:
            continue
        for dtype in oracle.DTYPES:
            unsigned = BITS[dtype]
            patterns = np.arange(1, 30_001, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
            shift = 64 - 8 * np.dtype(dtype).itemsize
            x = (patterns >> np.uint64(shift)).astype(unsigned).view(dtype)
            ones = np.arange(-15_000, 15_000).astype(dtype) * dtype(2.0**-10)
            x = np.concatenate([x, ones])
            function = base(rung, ufunc)
            operands = [np.roll(x, 7 * k) for k in range(ufunc.nin)]
            with np.errstate(all="ignore"):
                if ufunc.row.axis:
                    operands = rows_and_numbers(ufunc, [operand[30_000:].reshape(-1, 75) for operand in operands])
                results = [bits(one) for one in several(function(*operands))]
            digest = hashlib.sha256()
            for result in results:
                digest.update(result.astype(f"<u{result.itemsize}"))
            found[f"{ufunc.name} {np.dtype(dtype).name}"] = digest.hexdigest()
    return found
