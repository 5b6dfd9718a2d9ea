"""Check all 2^32 float32 inputs of functions and gradients: ``python -m benchmarks.exhaustive [names]``.

The reference is NumPy's float64 through the formulas of the NumPy rung, which the tests hold against mpmath.
"""

import argparse
import functools
import multiprocessing
import os
import sys

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from fastact import _dispatch
from tests import oracle
from tests.conftest import ELEMENTWISE, Case

CHUNK = 1 << 20


def chunk(ufunc_name, isa, start):
    """Return for CHUNK bit patterns the largest error, its input, and how many are correctly rounded and wrong."""
    ufunc = next(ufunc for ufunc in ELEMENTWISE if ufunc.name == ufunc_name)
    x = np.arange(start, start + CHUNK, dtype=np.uint64).astype(np.uint32).view(np.float32)
    result = Case(isa, ufunc)(x)
    wide = Case(_dispatch.NUMPY, ufunc)
    wide.defaults = {name: float(np.float32(value)) for name, value in wide.defaults.items()}
    with np.errstate(all="ignore"):
        exact = wide(x.astype(np.float64))
        rounded = exact.astype(np.float32)
    off = oracle.errors(result, exact)
    wrong = np.isinf(off) | ((exact == 0) & (np.signbit(exact) != np.signbit(result)))
    off[wrong] = 0
    worst = int(off.argmax())
    right = (rounded == result) | (np.isnan(rounded) & np.isnan(result))
    return float(off[worst]), float(x[worst]), int(right.sum()), int(wrong.sum())


def main():
    """Print a line for each function: its largest error and where, the share correctly rounded, the mismatches."""
    names = [ufunc.name for ufunc in ELEMENTWISE]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exhaustive", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(names)}; all by default")
    parser.add_argument("--isa", default=_dispatch.ISA, choices=_dispatch.survey()[0], help="the rung to check")
    parser.add_argument("--stride", type=int, default=1, help="check one in so many chunks of 2^20 inputs")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(names)
    if unknown:
        parser.error(f"no such function: {', '.join(sorted(unknown))}")
    table = Table(title=f"float32 on {arguments.isa}, in ULP")
    for title in ("function", "bound", "largest error", "at", "correctly rounded", "NaN, inf, sign wrong"):
        table.add_column(title, justify="left" if title == "function" else "right")
    starts = range(0, 1 << 32, CHUNK * arguments.stride)
    failed = False
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for name in arguments.names or names:
            done = pool.imap_unordered(functools.partial(chunk, name, arguments.isa), starts)
            results = list(
                track(done, name, len(starts), console=Console(stderr=True), disable=not sys.stderr.isatty())
            )
            error, at = max(result[:2] for result in results)
            right, wrong = (sum(result[k] for result in results) for k in (2, 3))
            bound = next(Case(arguments.isa, u).bound(np.float32) for u in ELEMENTWISE if u.name == name)
            failed |= error > bound or wrong > 0
            share = f"{100 * right / (len(starts) * CHUNK):.3f}%"
            table.add_row(name, f"{bound:g}", f"{error:.4f}", f"{at!r} = {at.hex()}", share, str(wrong))
    Console(width=140).print(table)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
