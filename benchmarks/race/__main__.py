"""The race of every function against its speed targets, with all peers: ``python -m benchmarks.race [names]``."""

import argparse
import datetime
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from fastact import _dispatch

from .. import machine
from ..files import RESULTS
from ..progress import progress_bar
from ..runner import pinned, race
from . import contenders, held, sheets, targets
from .sections import Field, sections
from .standings import MISS, standings


def run(field, quick, bar):
    """Race in every section.

    Yields
    ------
    section : Section
    found : list
        Of every `Standing`.
    note : str
    """
    plan = {section: section.quick if quick else section.seconds for section in sections()}
    task = bar.add_task("", total=sum(filter(None, plan.values())))
    for section, seconds in plan.items():
        if seconds is not None and field.operations(section.wanted):
            bar.update(task, description=section.name)
            found, note = measure(field, section, seconds, partial(bar.advance, task))
            yield section, found, note


def measure(field, section, seconds, progress=None, least=3):
    """Return the standings of a section, and its note."""
    with np.errstate(all="ignore"):  # NumPy's compositions overflow in float16
        calls = section.calls(field, section)
        times = race(calls, 1 if section.per_call else section.elements, seconds, least, progress)
        note = section.note(field, section) if section.note else ""
    return standings(section.derive(times), targets.of_section(section.name, _dispatch.ISA)), note


def sheet(section, found, note):
    """Return a section's sheet."""
    return sheets.sheet(f"{section}: {section.unit}", section.choose(found), (note,) if note else ())


def misses(results):
    """Return a line for every function that misses in a section; strides together."""
    lines = {}
    for section, found, _ in results:
        for one in found:
            if one.verdict == MISS:
                operation, _, stride = one.operation.partition(" ")
                line = lines.setdefault((str(section), operation, one.rival, one.asked), [])
                line.append(f"{stride} {one.ratio:.2f}".lstrip())
    return [
        f"{title}: {operation} {', '.join(ratios)} against {rival}, asked {asked}"
        for (title, operation, rival, asked), ratios in lines.items()
    ]


def record(results):
    """Return the sections as data, for JSON."""
    return [
        {
            "section": section.name,
            "dtype": section.dtype,
            "elements": section.elements,
            "unit": section.unit,
            "note": note,
            "standings": [
                {
                    "operation": one.operation,
                    "fastact": one.own,
                    "others": one.times,
                    "against": one.rival,
                    "ratio": one.ratio,
                    "asked": one.asked,
                    "verdict": one.verdict,
                }
                for one in found
            ],
        }
        for section, found, note in results
    ]


def parse(arguments):
    """Return the command line, parsed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.race", description=__doc__.partition(":")[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(targets.ACTIVATIONS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: rougher, in a minute and a half")
    parser.add_argument("--avx2", action="store_true", help="hold every library to AVX2")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="DIR", help="for race-ISA.json and race-ISA.md")
    parsed = parser.parse_args(arguments)
    unknown = set(parsed.names) - set(targets.ACTIVATIONS)
    if unknown:
        parser.error(f"no such function: {', '.join(sorted(unknown))}")
    return parsed


def main(arguments):
    """Race and report; with ``--avx2`` in a process of its own, since the libraries choose their code on import."""
    parsed = parse(arguments)
    if parsed.avx2:
        rest = [argument for argument in arguments if argument != "--avx2"]
        command = [sys.executable, "-m", "benchmarks.race", *rest]
        return subprocess.run(command, env=held.environment(os.environ), check=False).returncode
    console = Console(width=max(Console().width, 120))
    with pinned(), progress_bar() as bar:  # before the libraries start their threads
        libraries, failures = contenders.libraries()
        field = Field(libraries, tuple(parsed.names) or targets.ACTIVATIONS, failures)
        facts = introduction(field)
        console.print(*facts, sep="\n", highlight=False, soft_wrap=True)
        results = []
        for result in run(field, parsed.quick, bar):
            results.append(result)
            made = sheet(*result)
            console.print(f"\n[bold]{made.title}[/]", sheets.table(made), *made.notes, sep="\n", highlight=False)
    conclusion = conclude(field, results)
    console.print(*conclusion, sep="\n", highlight=False, soft_wrap=True, markup=False)
    write(parsed.output, field, facts, results, conclusion)
    return 0


def introduction(field):
    """Return lines on the machine, the libraries, and what each of them uses of the CPU."""
    told = held.in_use([library.name for library in field.libraries])
    lines = [f"{machine.cpu()}, one core; x = 3 N(0, 1), best of all rounds"]
    for library in field.libraries:
        uses = f": {told[library.name]}" if library.name in told else ""
        lines.append(f"- {library.name} {library.version}{uses}")
    beyond = held.not_held(told)
    if beyond:
        lines.append(f"- NOT held to AVX2: {', '.join(beyond)}")
    if field.absent():
        lines.append(f"- not in fastact: {', '.join(field.absent())}")
    return lines


def conclude(field, results):
    """Return the misses, and who stayed out and why."""
    verdicts = [one.verdict for _, found, _ in results for one in found if one.verdict]
    lines = [f"{verdicts.count(MISS)} misses of {len(verdicts)} targets"]
    lines += [f"- {line}" for line in misses(results)]
    if field.failures:
        lines += ["Not measured", *(f"- {name}: {why}" for name, why in field.failures.items())]
    return lines


def write(folder, field, facts, results, conclusion):
    """Write the record and the Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    text = [f"# The race on {_dispatch.ISA}", "\n".join(facts)]
    text += [sheets.markdown(sheet(*result)) for result in results]
    text += ["\n".join(conclusion)]
    (folder / f"race-{_dispatch.ISA}.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
    data = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "isa": _dispatch.ISA,
        "in_use": held.in_use([library.name for library in field.libraries]),
        "versions": {library.name: library.version for library in field.libraries},
        "absent": field.absent(),
        "failures": field.failures,
        "misses": misses(results),
        "sections": record(results),
    }
    (folder / f"race-{_dispatch.ISA}.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
