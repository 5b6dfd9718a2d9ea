"""ONNX's node tests, run by its reference evaluator with every operator that is here computed by fastact."""

import functools
import importlib
import warnings

import numpy as np
import pytest

import fastact
from fastact import _get, _rows

OPERATORS = sorted(
    {name for row in _rows.rows() for there in row.elsewhere if there.library == "onnx" for name in there.names}
    | {name for one in _get.COMPOSED for library, name in one.names if library == "onnx"}
)
# What ONNX's attributes are here, where they have other names. All others are passed on as they are.
ATTRIBUTES = {
    ("LeakyRelu", "alpha"): "negative_slope",
    ("Swish", "alpha"): "beta",
    ("ThresholdedRelu", "alpha"): "threshold",
}
# Attributes that have another function compute the operator: it takes the array and all attributes that are given.
OTHERS = {
    ("Gelu", "approximate"): lambda x, approximate: (fastact.gelu_tanh if approximate == "tanh" else fastact.gelu)(x),
    ("Selu", "gamma"): lambda x, alpha, gamma: x.dtype.type(gamma) * fastact.elu(x, alpha),
}
# Cases, by how their names begin, that are no matter of activations.
LEFT_OUT = {
    "test_identity_sequence": "a sequence of arrays",
    "test_identity_opt": "an optional sequence of arrays",
    "test_range_": "the evaluator's own loops give columns of scalars",
}


def called(name, inputs, given):
    """Return what fastact makes of an operator's inputs and of the attributes that are given; others are defaults."""
    for (operator, attribute), function in OTHERS.items():
        if operator == name and attribute in given:
            return function(*inputs, **given)
    arrays, options = inputs, {ATTRIBUTES.get((name, key), key): value for key, value in given.items()}
    if "keepdims" in options:  # a reduction: its axes are an input, and none, or an empty one, stands for all
        arrays, axes = inputs[:1], inputs[1] if len(inputs) > 1 else None
        none = axes is None or not axes.size
        if none and options.pop("noop_with_empty_axes", 0):
            return inputs[0]
        options |= {"keepdims": bool(options["keepdims"]), "axis": None if none else tuple(axes.tolist())}
    return fastact.get(name, library="onnx")(*arrays, **options)


def is_bfloat16(x):
    """Return whether an array is of the dtype that NumPy has not."""
    return x.dtype.kind == "V"


@functools.cache
def adapters():
    """Return a class for each operator, as the evaluator's ``new_ops`` takes them."""
    onnx = pytest.importorskip("onnx")
    from onnx.reference.op_run import OpRun  # noqa: PLC0415

    def run(self, *inputs, **defaults):
        given = {one.name: onnx.helper.get_attribute_value(one) for one in self.onnx_node.attribute}
        given = {key: one.decode() if isinstance(one, bytes) else one for key, one in given.items()}
        result = called(self.onnx_node.op_type, inputs, given)
        return (result.astype(inputs[0].dtype) if is_bfloat16(inputs[0]) else result,)  # which is float32 here

    return [type(name, (OpRun,), {"op_domain": "", "_run": run}) for name in OPERATORS]


@functools.cache
def cases():
    """Return ONNX's cases by the names of their operators, of graphs of several too."""
    pytest.importorskip("onnx")
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case import node  # noqa: PLC0415

        importlib.import_module("onnx.backend.test.case.node.softmax")
        for case in node.collect_testcases(None):
            if case.name.startswith(tuple(LEFT_OUT)):
                continue
            for name in {one.op_type for one in case.model.graph.node}:
                found.setdefault(name, []).append(case)
    return found


def hold(case, eps_off):
    """Run a case, and hold its outputs, and their dtypes, against those that ONNX has, at so many eps."""
    from onnx.reference import ReferenceEvaluator  # noqa: PLC0415

    graph = ReferenceEvaluator(case.model, new_ops=adapters())
    names = [one.name for one in case.model.graph.input]
    for inputs, outputs in case.data_sets:
        results = graph.run(None, dict(zip(names, inputs, strict=True)))
        for result, wanted in zip(results, outputs, strict=True):
            assert result.dtype == wanted.dtype, case.name
            eps = 2.0**-7 if is_bfloat16(wanted) else np.finfo(wanted.dtype).eps if wanted.dtype.kind == "f" else 0.0
            wide = [np.asarray(one, np.float64) for one in (result, wanted)]
            np.testing.assert_allclose(*wide, eps_off * eps, case.atol, err_msg=case.name)


@pytest.mark.parametrize("name", OPERATORS)
def test_every_case_of_the_operator(name):
    alone = [one for one in cases()[name] if len(one.model.graph.node) == 1]
    assert alone
    for case in alone:
        hold(case, 8.0)


@pytest.mark.filterwarnings("ignore")  # the evaluator's own
def test_graphs_of_several_nodes():
    """Attention, normalisation, and functions that are expanded: their other nodes round too."""
    several = {one.name: one for name in OPERATORS for one in cases()[name] if len(one.model.graph.node) > 1}
    assert len(several) > 100
    for case in several.values():
        hold(case, 50.0)
