"""The report: the tables, the picture and the record of a run."""

import json

import numpy as np
from matplotlib.figure import Figure
from rich import box
from rich.table import Table

from .verdict import CACHE, MEMORY, costs

NAMES = {"relu": "ReLU", "log1p_exp": "exp and log", "logaddexp": "logaddexp(0, x)"}
COLOURS = ("#b8b8b8", "#3b76af", "#e08a2b")


def table(dtype, figures, sizes, versions):
    """Return the rich table of one dtype: nanoseconds an element, and how many times the library's own ReLU."""
    made = Table(
        title=f"{dtype}: nanoseconds an element, and how many times the library's ReLU",
        caption="best of all rounds, on one core; the smallest size is mostly the cost of a call in some libraries",
        box=box.SIMPLE_HEAD,
        padding=(0, 0, 0, 1),
        pad_edge=False,
    )
    made.add_column("", no_wrap=True)
    for level, elements in sizes[dtype].items():
        made.add_column(f"{level}\n{elements:,}", justify="right", no_wrap=True)
    columns = [figures[dtype, level] for level in sizes[dtype]]
    for library, version in versions.items():
        made.add_row(f"[bold]{library}[/] {version}")
        for operation in dict.fromkeys(operation for times in columns for name, operation in times if name == library):
            style = "bold" if operation == "softplus" else None
            cells = [cell(times, library, operation) for times in columns]
            made.add_row(f"  {NAMES.get(operation, operation)}", *cells, style=style)
        made.add_section()
    return made


def cell(times, library, operation):
    """Return a figure and its ratio to the library's ReLU, if it has one, as text; a dash where it was left out."""
    time, relu = (times.get((library, name)) for name in (operation, "relu"))
    if time is None:
        return "–"
    figure = f"{time:.{3 if time < 10 else 2}f}"
    if relu is None:
        return f"{figure:<{len(figure) + 6}}"
    return f"{figure} {time / relu:4.{1 if time < 100 * relu else 0}f}×"


def training_table(training):
    """Return the rich table of the two trainings."""
    made = Table(title=f"the digits, {training['epochs']} epochs, with fastact", box=box.SIMPLE, pad_edge=False)
    for heading in ("hidden layers", "test accuracy, mean", "lowest to highest", "seconds, best"):
        made.add_column(heading, justify="right")
    for name, runs in training["results"].items():
        accuracy = 100 * np.array(runs["accuracy"])
        spread = f"{accuracy.min():.2f} to {accuracy.max():.2f} %"
        made.add_row(NAMES.get(name, name), f"{accuracy.mean():.2f} %", spread, f"{min(runs['seconds']):.3f}")
    return made


def picture(path, figures, sizes, subtitle):
    """Draw what softplus is made of, for each library, in cache and from memory."""
    dtypes = list(sizes)
    figure = Figure(figsize=(13, 7.5), layout="constrained")
    axes = figure.subplots(len(dtypes), 2, squeeze=False)
    for dtype, row in zip(dtypes, axes, strict=True):
        for level, place, ax in zip((CACHE, MEMORY), (f"in cache ({CACHE})", "from memory"), row, strict=True):
            bars(ax, costs(figures[dtype, level]))
            ax.set_title(f"{dtype}, {place}: {sizes[dtype][level]:,} elements", fontsize=11, loc="left")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.suptitle(f"What softplus is made of, and what it costs against ReLU\n{subtitle}", fontsize=12)
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    figure.savefig(path, dpi=120)


def bars(ax, found):
    """Draw one bar for each library; those that would dwarf the others are cut, their figure stands beside them."""
    totals = np.array([cost.softplus for cost in found.values()])
    limit = min(totals.max(), 1.6 * np.median(totals))
    # The parts add up to softplus: where noise makes one negative, or exp alone is slower, it is left out of the bar.
    ends = np.array(
        [np.maximum.accumulate(np.minimum((c.copy, c.exp, c.softplus), c.softplus)) for c in found.values()]
    )
    ends = np.minimum(ends, limit)
    starts = np.hstack([np.zeros((len(ends), 1)), ends[:, :-1]])
    rows = np.arange(len(found))
    labels = ("copy", "the exponential (exp less copy)", "the logarithm (softplus less exp)")
    for start, end, label, colour in zip(starts.T, ends.T, labels, COLOURS, strict=True):
        ax.barh(rows, end - start, left=start, height=0.62, label=label, color=colour)
    for row, cost in zip(rows, found.values(), strict=True):
        cut = "» " if cost.softplus > limit else ""
        text = f"{cut}{cost.softplus:.2f} ns, {cost.ratio:.1f} × ReLU"
        ax.text(min(cost.softplus, limit) + 0.015 * limit, row, text, va="center", fontsize=9)
    relu = [cost.relu for cost in found.values()]
    ax.plot(relu, rows, "|", color="black", markersize=22, markeredgewidth=2, label="ReLU")
    ax.set_yticks(rows, found)
    ax.invert_yaxis()
    ax.set_xlim(0, 1.4 * limit)
    ax.set_xlabel("nanoseconds an element" + (" (» the bar is cut)" if totals.max() > limit else ""))
    ax.spines[["top", "right"]].set_visible(False)


def record(path, results, figures):
    """Write the run as JSON: what ``results`` says, and the figures in rows."""
    rows = [
        {"dtype": dtype, "level": level, "library": library, "operation": operation, "ns_per_element": time}
        for (dtype, level), times in figures.items()
        for (library, operation), time in times.items()
    ]
    path.write_text(json.dumps({**results, "figures": rows}, indent=1) + "\n", encoding="utf-8")
