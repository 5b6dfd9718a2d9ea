"""What a claim of the textbook is: how it is measured, its figures and its verdict.

A claim is judged from its result alone, which is what the JSON keeps: the page can be made again without measuring.
"""

from collections.abc import Callable
from typing import NamedTuple

LEVELS = ("quick", "default", "full")
HOLDS, FAILS, IN_PART, NOT_TOLD_APART = "holds", "fails", "holds in part", "not told apart"


class Picture(NamedTuple):
    """A figure: drawn twice, for light and for dark.

    Attributes
    ----------
    draw : callable
        From a matplotlib figure, on which it draws with the colours that are set, never with black or white of its own.
    alt : str
        What it shows, in words, for those who cannot see it.
    caption : str
        What stands below it.
    size : tuple of float
        Width and height in inches.
    """

    draw: Callable
    alt: str
    caption: str
    size: tuple = (8, 4.5)


class Table(NamedTuple):
    """Figures in rows: ``headings`` and the cells of ``rows`` are text, the first of each row says what it is about."""

    caption: str
    headings: tuple
    rows: list


class Verdict(NamedTuple):
    """What was found. ``holds`` is what a second run must agree in: margins that noise does not cross decide it."""

    holds: str
    text: str


class Claim(NamedTuple):
    """A sentence of the textbook, and how it is put to the test.

    Attributes
    ----------
    key : str
        The name of its module, its place on the page and in the JSON.
    title, claim : str
        The heading, and the sentence itself.
    method : str
        How it was measured: plain text, paragraphs separated by a blank line.
    measure : callable
        From the level and a function that takes the fraction done so far, to the result: a dict of JSON's types.
    figures : callable
        From the result to a list of `Picture`.
    verdict : callable
        From the result to a `Verdict`.
    seconds : dict
        By level, about how long it takes to measure.
    tables : callable, optional
        From the result to a list of `Table`.
    """

    key: str
    title: str
    claim: str
    method: str
    measure: Callable
    figures: Callable
    verdict: Callable
    seconds: dict
    tables: Callable = lambda result: []
