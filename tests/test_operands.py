"""The loops have room for eight inputs and three outputs, whatever the rows of today have."""

import sys

from .cases import COMPILED
from .test_contributing import copy_tree, needs_a_build, run

KERNELS = """
FA_INLINE vf64 fa_many_f64(vf64 a, vf64 b, vf64 c, vf64 p, vf64 q, vf64 r, vf64 s)
{
    vf64 ab = vf64_add(vf64_mul(a, p), vf64_mul(b, q));
    return vf64_add(vf64_add(ab, vf64_mul(c, r)), s);
}
FA_INLINE void fa_many_grad_f64(
    vf64 a, vf64 b, vf64 c, vf64 dy, vf64 p, vf64 q, vf64 r, vf64 s, vf64 *da, vf64 *db, vf64 *dc)
{
    *da = vf64_mul(p, dy);
    *db = vf64_sub(vf64_mul(q, dy), vf64_mul(a, s));
    *dc = vf64_sub(vf64_mul(r, dy), vf64_mul(b, c));
}
"""
ROWS = '''
"""Many operands."""

from ._row import Form, Parameter, Row


def many(a, b, c, p, q, r, s):
    return ((a * p + b * q) + c * r) + s


def many_grad(a, b, c, dy, p, q, r, s):
    return p * dy, q * dy - a * s, r * dy - b * c


ROWS = (
    Row(
        "many",
        "Many operands.",
        Form("a*p + b*q + c*r + s", many),
        Form(("p", "q", "r"), many_grad),
        arrays=("a", "b", "c"),
        parameters=tuple(Parameter(name, 1.0, "One of many.") for name in "pqrs"),
    ),
)
'''
USE = """
import numpy as np, fastact
from fastact._rows.many import many, many_grad

rng = np.random.default_rng(1)
for ufunc, formula in ((fastact.many.ufunc, many), (fastact.grad.many.ufunc, many_grad)):
    assert isinstance(ufunc, np.ufunc), ufunc
    for dtype in (np.float16, np.float32, np.float64):
        wide = np.promote_types(dtype, np.float32)
        for n in (0, 1, 7, 40, 700, 5000):
            for k in range(ufunc.nin + ufunc.nout):
                arrays = [rng.normal(0, 1, n).astype(dtype) for _ in range(ufunc.nin)]
                outs = [np.zeros(n, dtype) for _ in range(ufunc.nout)]
                if k < ufunc.nin:  # one input is strided, the next is a number
                    arrays[k] = np.repeat(arrays[k], 2)[::2]
                    arrays[(k + 1) % ufunc.nin] = dtype(0.3)
                else:  # one output is in place of an input, or strided
                    outs[k - ufunc.nin] = arrays[k % ufunc.nin] if n % 2 else np.zeros(2 * n, dtype)[::2]
                wanted = formula(*(one.astype(wide) for one in arrays))
                wanted = wanted if ufunc.nout > 1 else (wanted,)
                ufunc(*arrays, out=tuple(outs))
                for out, one in zip(outs, wanted, strict=True):
                    np.testing.assert_array_equal(out, one.astype(dtype))
assert (fastact.grad.many.ufunc.nin, fastact.grad.many.ufunc.nout) == (8, 3)
"""


@needs_a_build
def test_eight_inputs_and_three_outputs(tmp_path):
    """A row of so many operands is built, and its loops give what NumPy does, in every layout of every operand."""
    copy_tree(tmp_path)
    kernels = KERNELS + KERNELS.replace("f64", "f32")
    (tmp_path / "src_c" / "activations" / "many.h").write_text(f'#include "vec/vec.h"\n{kernels}')
    (tmp_path / "fastact" / "_rows" / "many.py").write_text(ROWS)
    run(tmp_path, sys.executable, "setup.py", "-q", "build_ext", "--inplace", FASTACT_RUNGS=COMPILED[0])
    run(tmp_path, sys.executable, "-W", "error", "-c", USE)
