"""The race on paper: one sheet for each section, as a rich table and in Markdown."""

from typing import NamedTuple

from rich import box
from rich.table import Table
from rich.text import Text

from .standings import HIT, MISS
from .targets import PEERS

COLOURS = {HIT: "green", MISS: "red"}


class Sheet(NamedTuple):
    """A table of text. ``notes`` stand below it."""

    title: str
    headings: list
    rows: list
    notes: tuple = ()


def sheet(title, found, notes=()):
    """Return the sheet of some standings, with a column for everything that was timed beside fastact."""
    timed = dict.fromkeys(name for one in found for name in one.times)
    others = [*filter(timed.__contains__, PEERS), *(name for name in timed if name not in PEERS)]
    rows = [
        [
            one.operation,
            figure(one.own),
            *(figure(one.times.get(name)) for name in others),
            one.rival or "",
            "" if one.ratio is None else f"{one.ratio:.2f}",
            one.asked,
            one.verdict or "",
        ]
        for one in found
    ]
    return Sheet(title, ["", "fastact", *others, "against", "ratio", "asked", ""], rows, notes)


def figure(time):
    """Return nanoseconds in three digits or a few more, empty where there are none."""
    if time is None:
        return ""
    return f"{time:.3f}" if time < 10 else f"{time:.1f}" if time < 100 else f"{time:.0f}"


def table(made):
    """Return the table of a sheet, for rich."""
    drawn = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False)
    for heading in made.headings:
        drawn.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for row in made.rows:
        *cells, verdict = row
        drawn.add_row(*cells, Text(verdict, style=COLOURS.get(verdict, "")))
    return drawn


def markdown(made):
    """Return a sheet as Markdown."""
    lines = [made.headings, ["---", *("---:" for _ in made.headings[1:])], *made.rows]
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return "\n\n".join([f"## {made.title}", rows, *made.notes])
