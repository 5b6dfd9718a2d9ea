"""The textbook's claims about activations, measured here and now: the command ``python -m benchmarks``."""

import argparse
import json
import shlex
import signal
import sys
import time
from functools import partial
from pathlib import Path

from rich.console import Console

from ..files import RESULTS, replace
from ..progress import progress_bar
from . import page, readme, records, suite
from .claim import FAILS, HOLDS
from .claims import CLAIMS

STYLES = {HOLDS: "green", FAILS: "red"}


class Stopped(BaseException):
    """The process was asked to end."""


def main():
    """Measure and report, or do what else is asked; return the exit status."""
    arguments = parse()
    console = Console()
    written = arguments.output / "report.json"
    if arguments.compare:
        return compare(records.load(written), records.load(arguments.compare), console)
    if arguments.readme:
        readme.write(records.load(written))
        console.print(f"Written: {readme.README}")
        return 0
    before = signal.signal(signal.SIGTERM, stop)
    try:
        report(arguments, console)
    except (KeyboardInterrupt, Stopped) as interruption:
        resume = f"python -m benchmarks {shlex.join(sys.argv[1:])}".rstrip()
        console.print("\nInterrupted. What was measured is kept; the same command goes on from there:")
        console.print(resume, markup=False, highlight=False, soft_wrap=True)
        return 128 + (signal.SIGTERM if isinstance(interruption, Stopped) else signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def parse():
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition(":")[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--quick", action="store_const", const="quick", dest="level", help="half a minute, rougher")
    choice.add_argument(
        "--full", action="store_const", const="full", dest="level", help="a quarter of an hour, more rounds and seeds"
    )
    choice.add_argument(
        "--compare", type=Path, metavar="JSON", help="only say whether the last run agrees with this one's verdicts"
    )
    choice.add_argument("--readme", action="store_true", help="only write the last run's main figures into README.md")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="DIR", help="for report.html and report.json")
    parser.set_defaults(level="default")
    return parser.parse_args()


def stop(signal_number, frame):
    """End the run as Ctrl-C does."""
    raise Stopped


def report(arguments, console):
    """Measure every claim, write the page and the record, and print the summary."""
    tables = suite.read(arguments.output / "suite.json")
    run = records.Run(arguments.output, arguments.level)
    if run.resumed:
        console.print(f"{run.resumed} of {len(CLAIMS)} claims were measured before the interruption.")
    with progress_bar() as bar:
        measure(run, arguments.level, bar)
        bar.add_task("drawing the page", total=None)
        record = run.record() | {"suite": tables}
        texts = page.html(record, CLAIMS), json.dumps(record, indent=1) + "\n"
    paths = [arguments.output / f"report.{ending}" for ending in ("html", "json")]
    for path, text in zip(paths, texts, strict=True):
        replace(path, text)
    run.finish()
    summarise(record, console)
    console.print("", *paths, sep="\n", highlight=False, soft_wrap=True)


def measure(run, level, bar):
    """Measure every claim that the run lacks."""
    lacking = [claim for claim in CLAIMS if claim.key not in run.claims]
    whole = bar.add_task("all claims", total=sum(claim.seconds[level] for claim in lacking))
    spent = 0
    for claim in lacking:
        task = bar.add_task(claim.title, total=claim.seconds[level])
        progress = partial(move, bar, {whole: spent, task: 0}, claim.seconds[level])
        start = time.perf_counter()
        result = claim.measure(level, progress)
        run.add(claim, result, time.perf_counter() - start)
        progress(1)
        bar.remove_task(task)
        spent += claim.seconds[level]


def move(bar, starts, seconds, done):
    """Move tasks to where so much of the seconds is done, each from its start."""
    for task, start in starts.items():
        bar.update(task, completed=start + seconds * done)


def summarise(record, console):
    """Print a line for each claim, and the paragraph on the first."""
    first, *_ = CLAIMS
    for claim in CLAIMS:
        holds = record["claims"][claim.key]["verdict"]["holds"]
        console.print(f"{claim.title}: [bold {STYLES.get(holds, 'yellow')}]{holds}[/]", highlight=False)
    console.print(f"\n{record['claims'][first.key]['verdict']['text']}", markup=False, highlight=False)


def compare(one, other, console):
    """Say whether two runs agree in every verdict; return 1 if not."""
    found = records.differences(one, other)
    for line in found:
        console.print(line, style="red", markup=False, highlight=False)
    if not found:
        console.print(f"The two runs agree in all {len(records.verdicts(one))} verdicts.", highlight=False)
    return int(bool(found))
