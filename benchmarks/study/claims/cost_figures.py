"""Costs drawn, tabulated and in words: by array size, by what a function is made of, and as a share of a step."""

import statistics
from functools import partial

import numpy as np
from matplotlib import rcParams

from ...race.costs import CACHE, MEMORY, at, ratios, remainder, shares
from . import FAILS, HOLDS, IN_PART, Picture, Table
from .drawing import NAMES, listed

APART = 1.25  # times as much: what is less may be noise, and is told as no difference
OPERATIONS = NAMES | {"log1p_exp": "exp and log", "logaddexp": "logaddexp(0, x)"}
PARTS = {  # of softplus, each the time of an operation less that of the one before
    "memory (a copy)": "copy",
    "the exponential (exp less copy)": "exp",
    "the logarithm (log(1 + exp) less exp)": "log1p_exp",
    "the rest": "softplus",
}
METHOD = """Every function of every library that is installed computes into a given array where the library allows
that, on one thread pinned to one core, on the pre-activations of networks trained on handwritten digits. Results are
checked first. The contenders take turns, sample by sample, so that a drift of the machine meets them all alike; of
each the best sample counts. NumPy stands for the expression that one writes by hand.

"In cache" means that input and output together fill half of the L2 cache, "from memory" that they are several times
the L3 cache."""
PLACES = {CACHE: "in cache", MEMORY: "from memory"}


def name_of(operation):
    """Return an operation as it is written in text."""
    return OPERATIONS.get(operation, operation)


def judged(result, operations):
    """Return whether every operation costs more than ReLU, none does, or some do.

    It goes by the median of the libraries' ratios in float32 in cache: single ones, and those from memory, are less
    steady.
    """
    found = [list(ratios(result, "float32", CACHE, operation).values()) for operation in operations]
    dearer = [statistics.median(each) > APART for each in found]
    return HOLDS if all(dearer) else IN_PART if any(dearer) else FAILS


def meetings(result, operation):
    """Return the sizes in float32 at which an operation costs as much as ReLU, by library; none is an empty list."""
    elements = result["sizes"]["float32"]
    found = {library: [] for library in ratios(result, "float32", CACHE, operation)}
    for name, count in elements.items():
        for library, ratio in ratios(result, "float32", name, operation).items():
            if ratio <= APART and library in found:
                found[library].append(count)
    return found


def meetings_in_words(result, operation):
    """Return where the two curves meet, as a sentence."""
    found = meetings(result, operation)
    at_sizes = [f"in {library} at {series(sizes)}" for library, sizes in found.items() if sizes]
    never = [library for library, sizes in found.items() if not sizes]
    said = f"The curves of {name_of(operation)} and ReLU meet (within {APART:g} times) {'; '.join(at_sizes)} elements"
    if not at_sizes:
        return f"At no size that was measured do the curves of {name_of(operation)} and ReLU meet, in no library."
    return f"{said}{'; in ' + listed(never) + ' nowhere' if never else ''}."


def series(numbers):
    """Return numbers as text: the first and last of many."""
    if len(numbers) > 3:
        return f"{len(numbers)} of the sizes from {numbers[0]:,} to {numbers[-1]:,}"
    return listed([f"{number:,}" for number in numbers])


def ratios_in_words(result, operation, dtype="float32"):
    """Return how many times ReLU an operation costs, in cache and from memory, as a sentence."""
    found = {place: ratios(result, dtype, place, operation) for place in PLACES}
    said = []
    for place, words in PLACES.items():
        if found[place]:
            each = ", ".join(f"{library} {ratio:.1f}" for library, ratio in found[place].items())
            said.append(f"{words} ({result['sizes'][dtype][place]:,} elements) {each}")
    return f"{operation.capitalize()} costs so many times ReLU in {dtype}: {'; '.join(said)}."


def by_size(result, operations):
    """Return the picture of nanoseconds an element over array size, a panel for each library that has ReLU."""
    libraries = list(ratios(result, "float32", CACHE, operations[-1]))
    said = " ".join(ratios_in_words(result, operation) for operation in operations if operation != "relu")
    return Picture(
        partial(draw_by_size, result, operations, libraries),
        f"Nanoseconds an element over the number of elements, both logarithmic, a panel for each library. In every one "
        f"the time falls until a call's cost is spread over a few thousand elements, and rises again beyond the "
        f"caches. {said}",
        f"Nanoseconds an element over array size: {listed([name_of(each) for each in operations])}"
        f"{'; float32 drawn through, float64 dashed' if len(result['sizes']['float64']) > 1 else ', in float32'}.",
        (9, 3 * -(-len(libraries) // 3) + 0.6),
    )


def draw_by_size(result, operations, libraries, figure):
    """Draw the panels of times over sizes."""
    columns = min(3, len(libraries))
    axes = figure.subplots(-(-len(libraries) // columns), columns, sharex=True, sharey=True, squeeze=False)
    for library, ax in zip(libraries, axes.flat, strict=False):
        for dtype, line in (("float32", "-o"), ("float64", "--")):
            for index, operation in enumerate(operations):
                row = result["times"].get(dtype, {}).get(library, {}).get(operation)
                if row:
                    elements, times = zip(*measured(result["sizes"][dtype].values(), row), strict=True)
                    label = name_of(operation) if dtype == "float32" else None
                    ax.loglog(elements, times, line, color=f"C{index}", label=label, markersize=3.5)
        ax.set_title(library)
        ax.minorticks_off()
    for ax in axes.flat[len(libraries) :]:
        ax.set_axis_off()
    figure.supxlabel("elements", fontsize="medium")
    figure.supylabel("nanoseconds an element", fontsize="medium")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=len(operations))


def measured(sizes, row):
    """Return the pairs of size and time without the gaps."""
    return [(size, time) for size, time in zip(sizes, row, strict=True) if time is not None]


def split(result, dtype, place):
    """Return the parts of softplus in nanoseconds an element, by library; of those that have all operations."""
    found = {}
    for library in result["times"].get(dtype, {}):
        times = [at(result, dtype, place, library, operation) for operation in PARTS.values()]
        if None not in times:
            found[library] = dict(zip(PARTS, np.diff(times, prepend=0).tolist(), strict=True))
    return found


def split_in_words(parts):
    """Return the parts of softplus as a phrase; what is less than noise is said to be."""
    said = [f"{name.partition(' (')[0]} {part:.2f}" if part >= 0.005 else None for name, part in parts.items()]
    small = [name.partition(" (")[0] for name, part in parts.items() if part < 0.005]
    return ", ".join(filter(None, said)) + (f", nothing measurable for {listed(small)}" if small else "")


def made_of(result):
    """Return the picture of what softplus is made of."""
    panels = [(dtype, place) for dtype in result["sizes"] for place in PLACES if split(result, dtype, place)]
    own = split(result, "float32", CACHE)
    said = "; ".join(f"{library}: {split_in_words(parts)}" for library, parts in own.items())
    rows = -(-len(panels) // 2)
    return Picture(
        partial(draw_made_of, result, panels),
        f"Bars of softplus's time by library, in parts. Nanoseconds an element of float32 in cache: {said}.",
        "What softplus is made of: the times of copy, exp, log(1 + exp) and softplus, each less the one before; the "
        "upright tick is the library's ReLU. » marks a bar that is cut.",
        (9, (1 + 0.42 * len(own)) * rows + 0.9),
    )


def draw_made_of(result, panels, figure):
    """Draw the bars of softplus's parts."""
    colours = (rcParams["grid.color"], "C0", "C1", "C2")
    axes = figure.subplots(-(-len(panels) // 2), min(2, len(panels)), squeeze=False)
    for ax in axes.flat[len(panels) :]:
        ax.set_axis_off()
    for (dtype, place), ax in zip(panels, axes.flat, strict=False):
        found = split(result, dtype, place)
        totals = np.array([sum(parts.values()) for parts in found.values()])
        limit = min(totals.max(), 2 * np.median(totals))
        # Where noise makes a part negative it is left out; the bar ends at softplus's time.
        ends = np.array([np.cumsum(list(parts.values())) for parts in found.values()])
        ends = np.minimum(np.maximum.accumulate(np.minimum(ends, totals[:, None]), axis=1), limit)
        starts = np.hstack([np.zeros((len(ends), 1)), ends[:, :-1]])
        rows = np.arange(len(found))
        for start, end, label, colour in zip(starts.T, ends.T, PARTS, colours, strict=True):
            ax.barh(rows, end - start, left=start, height=0.62, label=label, color=colour)
        for row, (library, total) in enumerate(zip(found, totals, strict=True)):
            ratio = total / at(result, dtype, place, library, "relu")
            cut, digits = "» " if total > limit else "", 1 if ratio < 9.5 else 0
            text = f"{cut}{total:.2f} ns, {ratio:.{digits}f} × ReLU"
            ax.text(min(total, limit) + 0.02 * limit, row, text, va="center", fontsize="small")
        relu = np.minimum([at(result, dtype, place, library, "relu") for library in found], limit)
        ax.plot(relu, rows, "|", color=rcParams["text.color"], markersize=17, markeredgewidth=2.5, label="ReLU")
        ax.set_yticks(rows, found)
        ax.invert_yaxis()
        ax.set_xlim(0, 1.85 * limit)
        ax.grid(visible=False, axis="y")
        ax.set_title(f"{dtype}, {PLACES[place]}")
        ax.set_xlabel("nanoseconds an element")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=2)


def network_name(network):
    """Return a network's widths as text."""
    return "–".join(map(str, (64, *network["hidden"], 10)))


def of_step(networks, activations):
    """Return the picture of the activations' share of a step."""
    return Picture(
        partial(draw_of_step, networks, activations),
        "Bars of the time of a forward and backward pass, the activations' part at their end. "
        + " ".join(shares_in_words(network, activations) for network in networks),
        "One forward and backward pass on the digits, by the units of a network's layers: in grey the rest of the "
        "step, matrix products above all, then the activations with their gradients, by each library.",
        (9, 1.5 + 0.32 * len(activations) * len(networks[0]["part"])),
    )


def draw_of_step(networks, activations, figure):
    """Draw the bars of a step's parts."""
    axes = figure.subplots(1, len(networks), sharey=True, squeeze=False)
    for network, ax in zip(networks, axes.flat, strict=True):
        rest, found = remainder(network), shares(network)
        rows = [(library, name) for library in found for name in activations]
        ax.barh(range(len(rows)), rest, color=rcParams["grid.color"], height=0.7, label="the rest of the step")
        for index, name in enumerate(activations):
            own = [row for row, (_, each) in enumerate(rows) if each == name]
            parts = [network["part"][rows[row][0]][name] for row in own]
            ax.barh(own, parts, left=rest, color=f"C{index}", height=0.7, label=name_of(name))
        for row, (library, name) in enumerate(rows):
            end = rest + network["part"][library][name]
            ax.text(1.02 * end, row, f"{found[library][name]:.1%}", va="center", fontsize="small")
        ax.set_yticks(range(len(rows)), [f"{library}, {name_of(name)}" for library, name in rows])
        ax.set_xlim(0, 1.2 * (rest + max(max(parts.values()) for parts in network["part"].values())))
        ax.grid(visible=False, axis="y")
        ax.set_title(f"{network_name(network)}, batch {network['batch']}")
        ax.set_xlabel("microseconds")
    ax.invert_yaxis()
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower left", ncols=len(activations) + 1)


def shares_in_words(network, activations):
    """Return fastact's shares of a step as a sentence."""
    own, others = shares(network)["fastact"], shares(network).get("NumPy")
    said = listed([f"{own[name]:.1%} with {name_of(name)}" for name in activations])
    beside = listed([f"{others[name]:.1%}" for name in activations]) if others else ""
    return (
        f"Of the forward and backward pass of a network of {network_name(network)} units (batch {network['batch']}) "
        f"fastact's activations and gradients take {said}{f'; those in plain NumPy {beside}' if beside else ''}."
    )


def tables(result):
    """Return the tables of a sweep: every time that was measured, by dtype."""
    return [
        Table(
            f"Nanoseconds an element, {dtype}",
            ("", *(heading(name, count) for name, count in result["sizes"][dtype].items())),
            [
                [f"{library}, {name_of(operation)}", *("" if time is None else f"{time:.3g}" for time in row)]
                for library, operations in found.items()
                for operation, row in operations.items()
            ],
        )
        for dtype, found in result["times"].items()
    ]


def heading(name, count):
    """Return a column's heading: the elements, and the cache that they sit in where they fill one."""
    return f"{count:,} ({name})" if " " not in name and name != "small" else f"{count:,}"
