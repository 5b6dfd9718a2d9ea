"""fastact inside the libraries that it is for: ``python -m benchmarks.race.consumers``.

scikit-learn's own tests of its neural networks and of ``predict_proba`` run with its activations, derivatives and
softmax replaced by fastact's; ONNX's node tests of Softmax, LogSoftmax, Hardmax and ReduceLogSumExp are computed by
fastact, the cases coming from ONNX's generators, since its wheel lacks the data.
"""

import importlib
import sys

import numpy as np
import pytest

import fastact

SKLEARN_TESTS = ("sklearn.neural_network.tests.test_mlp", "sklearn.linear_model.tests.test_logistic")


def replace_in_sklearn():
    """Put fastact's functions where scikit-learn looks its own up: they work in place."""
    from sklearn.linear_model import _base as linear
    from sklearn.linear_model import _logistic as logistic
    from sklearn.neural_network import _base as networks

    def softmax(x, copy=True):
        return fastact.softmax(x, axis=1, out=None if copy else x)

    values = {"tanh": fastact.tanh, "logistic": fastact.sigmoid, "relu": fastact.relu}
    slopes = {"tanh": "tanh", "logistic": "sigmoid", "relu": "relu"}
    for name, function in values.items():
        networks.ACTIVATIONS[name] = lambda x, function=function: function(x, out=x)
    networks.ACTIVATIONS["softmax"] = lambda x: softmax(x, copy=False)
    for name, of in slopes.items():
        slope = getattr(fastact.grad_from_output, of)
        networks.DERIVATIVES[name] = lambda y, delta, slope=slope: slope(y, delta, out=delta)
    logistic.softmax = softmax
    linear.expit = fastact.sigmoid


def onnx_cases():
    """Yield the name, the operator, its attributes, the input and the outputs of ONNX's cases."""
    from onnx.backend.test.case import node

    importlib.import_module("onnx.backend.test.case.node.softmax")
    for case in node.collect_testcases(None):
        operator = case.model.graph.node[0]
        if len(case.model.graph.node) > 1 or operator.op_type not in ONNX:
            continue
        attributes = {one.name: one.i for one in operator.attribute}
        for inputs, outputs in case.data_sets:
            yield case.name, operator.op_type, attributes, inputs, outputs[0]


def reduce_log_sum_exp(x, axes=None, keepdims=1, noop_with_empty_axes=0):
    """Return ONNX's ReduceLogSumExp."""
    axes = None if axes is None or (axes.size == 0 and not noop_with_empty_axes) else tuple(axes.tolist())
    return fastact.logsumexp(x, axes, keepdims=bool(keepdims))


ONNX = {
    "Softmax": fastact.softmax,
    "LogSoftmax": fastact.log_softmax,
    "Hardmax": fastact.hardmax,
    "ReduceLogSumExp": reduce_log_sum_exp,
}


def main():
    """Run all of it, and return how many parts failed."""
    done = {}
    for name, operator, attributes, inputs, expected in onnx_cases():
        result = ONNX[operator](*inputs, **attributes)
        np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-7, err_msg=name)
        assert result.dtype == expected.dtype
        done[operator] = done.get(operator, 0) + 1
    print("ONNX's node tests passed:", ", ".join(f"{operator} {count}" for operator, count in done.items()))
    replace_in_sklearn()
    return pytest.main(["-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--pyargs", *SKLEARN_TESTS])


if __name__ == "__main__":
    sys.exit(main())
