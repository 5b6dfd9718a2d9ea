"""Softplus needs an exponential and a logarithm, ReLU one comparison: what that costs."""

from ...race import costs
from . import Claim, Verdict, cost_figures

ACTIVATIONS = ("relu", "softplus")


def measure(level, progress):
    """Race ReLU, softplus and what softplus is made of; then time the whole step."""
    operations = ("copy", "relu", "exp", "log1p_exp", "softplus")
    if level != "quick":
        operations = (*operations, "logaddexp")  # another way to write softplus in NumPy, and a slow one
    return costs.measure(operations, ACTIVATIONS, level, progress)


def figures(result):
    """Return the curves over size, the parts of softplus and the shares of a step."""
    return [
        cost_figures.by_size(result, ACTIVATIONS),
        cost_figures.made_of(result),
        cost_figures.of_step(result["networks"], ACTIVATIONS),
    ]


def verdict(result):
    """Judge by the ratios in cache."""
    times = [
        costs.at(result, "float32", place, "fastact", name)
        for place in cost_figures.PLACES
        for name in ("softplus", "relu")
    ]
    parts = cost_figures.split(result, "float32", costs.CACHE)["fastact"]
    paragraphs = [
        "In fastact softplus takes {:.2f} ns an element of float32 in cache where ReLU takes {:.2f}, and from memory "
        "{:.2f} where ReLU takes {:.2f}. Its nanoseconds in cache are ".format(*times)
        + f"{cost_figures.split_in_words(parts)}. The fastest copy from memory moves {costs.bandwidth(result):.0f} "
        "GB/s, read and written.",
        *(cost_figures.ratios_in_words(result, "softplus", dtype) for dtype in result["sizes"]),
        cost_figures.meetings_in_words(result, "softplus"),
        *(cost_figures.shares_in_words(network, ACTIVATIONS) for network in result["networks"]),
    ]
    return Verdict(cost_figures.judged(result, ["softplus"]), "\n\n".join(paragraphs))


CLAIM = Claim(
    key="softplus_relu",
    title="Softplus against ReLU",
    claim="Softplus, log(1 + exp(x)), needs an exponential and a logarithm, so it costs more than ReLU, max(0, x).",
    method=cost_figures.METHOD
    + f"""

What softplus is made of comes from four operations in the same race: a copy, exp, log(1 + exp(-abs(x))) and softplus,
each less the one before. fastact has the first three as internal kernels on the same loops, the other libraries as
expressions of their own functions.

For the whole step, the forward and backward pass of a network on the digits is timed (except at the quick level, of a
wide one too), in NumPy with fastact, and beside it in every library the activations and gradients alone, on the
pre-activations of the same layers.

The claim holds if softplus costs more than {cost_figures.APART:g} times ReLU in float32 in cache, by the median of the
libraries.""",
    measure=measure,
    figures=figures,
    verdict=verdict,
    seconds={"quick": 6, "default": 45, "full": 185},
    tables=cost_figures.tables,
)
