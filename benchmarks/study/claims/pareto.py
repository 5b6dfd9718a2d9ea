"""Error against speed: whether a library that is fast must be wrong in the last digits."""

import numpy as np
from matplotlib.lines import Line2D

from ... import arrays, machine, training
from ...proof import accuracy
from ...race import contenders, costs
from ...runner import pinned, race
from ..figures import MARKERS, OF_LIBRARIES
from . import FAILS, HOLDS, IN_PART, Claim, Picture, Table, Verdict
from .cost_figures import APART
from .drawing import listed

SECONDS = {"quick": 0.5, "default": 8, "full": 60}
HALF = 0.5  # ULP: what rounding alone may be off by
CEILING = 100  # ULP: the figure puts what is further off there


def measure(level, progress):
    """Race every function that the exhaustive table has, in cache in float32."""
    found, failures = costs.libraries()
    failures = dict(failures)
    entries = accuracy.entries(accuracy.PAGE.read_text(encoding="utf-8"))
    elements = machine.sizes(4)[costs.CACHE]
    functions = {}
    names = [name for name in entries if "." not in name and len(entries[name].errors) > 1]
    for done, name in enumerate(names, 1):
        with pinned():
            x, out = arrays.buffers(training.preactivations(), elements, np.float32)
            calls = contenders.checked_calls(found, (name,), x, out, failures)
            times = race(calls, elements, SECONDS[level] / len(names))
        errors = entries[name].errors
        functions[name] = {
            library: {"ns": time, "ulp": read(errors[library]), "wrong": errors[library].endswith("!")}
            for (library, _), time in times.items()
            if library in errors
        }
        progress(done / len(names))
    versions = {library: version for one in entries.values() for library, version in one.versions.items()}
    return {"elements": elements, "functions": functions, "checked": versions, "failures": failures}


def read(error):
    """Return a largest error of the table as a number, half an ULP at least."""
    return max(float(error.strip("≤! ")), HALF)


def judgement(points):
    """Return the fastest library of a function, the most accurate one, and whether one of the fast is as accurate.

    Fast are those that take no more than `APART` times the least time.
    """
    fastest = min(points, key=lambda library: points[library]["ns"])
    least = min(point["ulp"] for point in points.values())
    accurate = [library for library, point in points.items() if point["ulp"] == least]
    both = any(points[library]["ns"] <= APART * points[fastest]["ns"] for library in accurate)
    return fastest, min(accurate, key=lambda library: points[library]["ns"]), both


def front(points):
    """Return the libraries that none beats in both time and error, from the fastest on."""
    found = []
    for library in sorted(points, key=lambda library: (points[library]["ns"], points[library]["ulp"])):
        if not found or points[library]["ulp"] < points[found[-1]]["ulp"]:
            found.append(library)
    return found


def contested(result):
    """Return the functions that two libraries or more have."""
    return {name: points for name, points in result["functions"].items() if len(points) > 1}


def figures(result):
    """Return one picture, a panel for each function."""
    functions = contested(result)
    said = ". ".join(f"{name}: {' then '.join(front(points))}" for name, points in functions.items())
    return [
        Picture(
            lambda figure: draw(functions, figure),
            "Largest error in ULP over nanoseconds an element, both logarithmic, a panel for each function and a point "
            f"for each library. Not beaten in both at once, from the fastest to the most accurate, are in {said}.",
            "Largest error over time in cache, float32: the lower and the further left, the better. Hollow: some "
            "results are NaN, infinite or of a sign that they should not be. The line joins those that none beats in "
            "both.",
            (9, 2.1 * -(-len(functions) // 4) + 0.8),
        )
    ]


def draw(functions, figure):
    """Draw the panels."""
    axes = figure.subplots(-(-len(functions) // 4), 4, sharex=True, sharey=True, squeeze=False)
    for ax in axes.flat[len(functions) :]:
        ax.set_axis_off()
    handles = {}
    for (name, points), ax in zip(functions.items(), axes.flat, strict=False):
        best = [points[library] for library in front(points)]
        ax.loglog([point["ns"] for point in best], [height(point) for point in best], ":", color="C5", linewidth=1.2)
        for library, point in points.items():
            look = {"color": OF_LIBRARIES.get(library, "C6"), "marker": MARKERS.get(library, "o"), "linestyle": ""}
            handles[library] = Line2D([], [], **look)
            ax.plot(point["ns"], height(point), **look, fillstyle="none" if point["wrong"] else "full")
        ax.set_title(name, fontsize="small")
        ax.minorticks_off()
        ax.set_ylim(0.4, 1.6 * CEILING)
        ax.set_yticks([1, 10, CEILING], ["1", "10", f"≥ {CEILING}"])
    figure.supxlabel("nanoseconds an element", fontsize="medium")
    figure.supylabel("largest error, ULP", fontsize="medium")
    figure.legend(handles.values(), handles, loc="outside upper left", ncols=len(handles))


def height(point):
    """Return where a point's error is drawn."""
    return min(point["ulp"], CEILING)


def verdict(result):
    """Judge by how often a fast library is also the most accurate one."""
    functions = contested(result)
    found = {name: judgement(points) for name, points in functions.items()}
    free = [name for name, (*_, both) in found.items() if both]
    paid = [name for name in found if name not in free]
    text = (
        f"Of {len(found)} functions, in {len(free)} a library that is among the fastest is also the most accurate"
        f"{f' ({listed(free)})' if free else ''}."
    )
    for name in paid:
        fast, accurate, _ = found[name]
        text += " In {} {} takes {:.2f} ns and is off by {:.3g} ULP at most, {} {:.2f} ns and {:.3g} ULP.".format(
            name,
            *(each for library in (fast, accurate) for each in (library, *list(functions[name][library].values())[:2])),
        )
    return Verdict(HOLDS if not free else IN_PART if paid else FAILS, text)


def tables(result):
    """Return the table of errors and times."""
    libraries = dict.fromkeys(library for points in result["functions"].values() for library in points)
    return [
        Table(
            "Nanoseconds an element, and the largest error in ULP",
            ("", *libraries),
            [
                [name, *(cell(points.get(library)) for library in libraries)]
                for name, points in result["functions"].items()
            ],
        )
    ]


def cell(point):
    """Return a point as text."""
    return f"{point['ns']:.3g} ns, {point['ulp']:.3g}{' !' if point['wrong'] else ''}" if point else ""


CLAIM = Claim(
    key="pareto",
    title="Error against speed",
    claim="Speed is paid for with accuracy: the fastest library is not the most accurate one.",
    method=f"""The largest errors are those of docs/accuracy.md, which is written by
python -m benchmarks.proof.exhaustive from all 2^32 float32 inputs of every function and library; they are half an
ULP at least, which rounding alone may cost. The times are from this run: float32 in cache, in turns, on real
pre-activations.

Among the fastest is what takes no more than {APART:g} times the least time. The claim holds if no function has a
library that is both among the fastest and the most accurate, in part if some have.""",
    measure=measure,
    figures=figures,
    verdict=verdict,
    seconds={"quick": 1.5, "default": 9, "full": 62},
    tables=tables,
)
