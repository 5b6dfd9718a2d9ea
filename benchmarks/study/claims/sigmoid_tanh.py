"""Sigmoid and tanh need an exponential and a division, ReLU one comparison: what that costs."""

from ...race import costs
from . import Claim, Verdict, cost_figures

ACTIVATIONS = ("relu", "sigmoid", "tanh")


def measure(level, progress):
    """Race the three; then time the whole step."""
    return costs.measure(ACTIVATIONS, ACTIVATIONS, level, progress)


def figures(result):
    """Return the curves over size and the shares of a step."""
    return [
        cost_figures.by_size(result, ACTIVATIONS),
        cost_figures.of_step(result["networks"], ACTIVATIONS),
    ]


def verdict(result):
    """Judge by the ratios in cache."""
    paragraphs = []
    for name in ACTIVATIONS[1:]:
        paragraphs += [cost_figures.ratios_in_words(result, name, dtype) for dtype in result["sizes"]]
        paragraphs.append(cost_figures.meetings_in_words(result, name))
    paragraphs += [cost_figures.shares_in_words(network, ACTIVATIONS) for network in result["networks"]]
    return Verdict(cost_figures.judged(result, ACTIVATIONS[1:]), "\n\n".join(paragraphs))


CLAIM = Claim(
    key="sigmoid_tanh",
    title="ReLU against sigmoid and tanh",
    claim="ReLU is cheaper than sigmoid and tanh, which need an exponential and a division.",
    method=cost_figures.METHOD
    + f"""

The whole step is timed as for softplus. The claim holds if sigmoid and tanh both cost more than
{cost_figures.APART:g} times ReLU in float32 in cache, by the median of the libraries, and in part if one of them
does.""",
    measure=measure,
    figures=figures,
    verdict=verdict,
    seconds={"quick": 3, "default": 33, "full": 170},
    tables=cost_figures.tables,
)
