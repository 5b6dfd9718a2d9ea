"""The main figures of a run, in the README: a section of it is written by ``python -m benchmarks --readme``."""

import re
import textwrap

from ..files import TREE, replace
from ..race import costs
from .claims import cost_figures
from .claims.drawing import listed

README = TREE / "README.md"
BEGIN, END = "<!-- written by python -m benchmarks --readme -->", "<!-- to here -->"


def write(record):
    """Write the section between its marks.

    Raises
    ------
    SystemExit
        If the README has no such marks.
    """
    text = README.read_text(encoding="utf-8")
    made, found = re.subn(
        f"{BEGIN}.*{END}", lambda _: "\n".join([BEGIN, *section(record), END]), text, count=1, flags=re.DOTALL
    )
    if not found:
        raise SystemExit(f"{README} has no lines {BEGIN} and {END}")
    replace(README, made)


def section(record):
    """Return the lines: softplus against ReLU in every library, and the machine."""
    result, run = record["claims"]["softplus_relu"]["result"], record["run"]
    elements = result["sizes"]["float32"][costs.CACHE]
    lines = [
        f"| float32, ns an element | ReLU | softplus | ratio, {elements:,} elements | ratio, from memory |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    near, far = (cost_figures.ratios(result, "float32", place, "softplus") for place in cost_figures.PLACES)
    for library, ratio in near.items():
        times = [costs.at(result, "float32", costs.CACHE, library, name) for name in ("relu", "softplus")]
        cells = [f"{library} {run['versions'][library]}", *(f"{time:.2f}" for time in times), f"{ratio:.1f}"]
        lines.append(f"| {' | '.join([*cells, f'{far[library]:.1f}' if library in far else ''])} |")
    networks = {cost_figures.network_name(network): costs.shares(network) for network in result["networks"]}
    shares = [f"{share['fastact']['softplus']:.1%} with layers of {widths}" for widths, share in networks.items()]
    text = (
        f"With fastact, softplus and its gradient take so much of a forward and backward pass on handwritten digits: "
        f"{listed(shares)}. Measured on {run['machine']['cpu']}, one core, {run['date'][:10]}, at the "
        f"{run['level']} level; in cache unless said otherwise."
    )
    return [*lines, "", *textwrap.wrap(text, 120, break_on_hyphens=False)]
