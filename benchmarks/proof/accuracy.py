"""What `exhaustive` has found, as tables: on the console and as docs/accuracy.md."""

import functools
import hashlib
import importlib.metadata
import math
import operator
import re
from typing import NamedTuple

import numpy as np
from rich import box
from rich.table import Table

import fastact
from fastact import _dispatch
from fastact._rows import ZERO_REACH
from tests import oracle
from tests.cases import ELEMENTWISE, Case

from .. import forms
from ..files import TREE
from ..forms import FORMS
from . import exact
from .judge import BLOCKS

PAGE = TREE / "docs" / "accuracy.md"
OWN = "fastact"
BEGINNING = "<!-- float64: written by python -m benchmarks.proof.search --write -->\n"
END = "<!-- to here -->\n"
HASH = "Hash of all results: {}."
HEADINGS = ("", "largest error, ULP", "at", "correctly rounded", "NaN", "inf", "sign", "lost")


class Report:
    """What is known of one function: the tallies and hashes of all jobs that have covered their inputs."""

    def __init__(self, name, jobs, ledger):
        self.name, self.jobs, self.ledger = name, jobs, ledger

    @functools.cached_property
    def reference_error(self):
        """The error of the reference itself at the samples, in ULP."""
        return exact.sampled_error(FORMS[self.name])

    @property
    def rung(self):
        """The rung that was measured."""
        return self.jobs[0].label

    @property
    def bound(self):
        """The promised error, in ULP."""
        return forms.case(FORMS[self.name], self.rung).bound(np.float32)

    def complete(self):
        """Return the jobs that are done, each with its findings in order."""
        found = {job: self.ledger.found(job) for job in self.jobs}
        return {job: findings for job, findings in found.items() if len(findings) == BLOCKS}

    def tallies(self):
        """Return the tallies of all inputs, by job."""
        return {job: functools.reduce(operator.add, all_) for job, all_ in self.complete().items() if not job.stride}

    def hashes(self):
        """Return the hash of all results, by label and stride."""
        done = self.complete()
        return {(job.label, job.stride): combined(blocks) for job, blocks in done.items() if job.stride}

    @property
    def kept(self):
        """Whether fastact was checked in full and keeps its promises on this function."""
        own = self.tallies().get(self.jobs[0])
        return (
            own is not None
            and own.ulp <= self.bound + exact.TOLERANCE
            and own.mismatches == 0
            and all(same for _, _, same in self.rungs())
        )

    def rungs(self):
        """Yield each other rung that was compared, on one input in how many, and whether the bits are the same."""
        hashes = self.hashes()
        for (label, stride), value in hashes.items():
            if label != self.rung and (self.rung, stride) in hashes:
                yield label, stride, value == hashes[self.rung, stride]

    def unchanged(self, text):
        """Whether the results of all rungs are those of which a page says something."""
        hashed = [job for job in self.jobs if job.stride]
        value, done = self.hashes().get((self.rung, 1)), self.complete()
        return (
            all(job in done for job in hashed)
            and all(same for *_, same in self.rungs())
            and HASH.format(value[:16]) in text
        )

    def rows(self):
        """Yield the cells of the table's rows."""
        for job, tally in self.tallies().items():
            label = f"fastact, {job.label}" if job is self.jobs[0] else f"{job.label} {job.version}"
            counts = (str(count) for count in (tally.nan, tally.inf, tally.sign, tally.lost))
            yield label, ulp(tally), worst(tally), share(tally.inexact, job.inputs(BLOCKS)), *counts

    def remarks(self):
        """Yield sentences on the promise, the rungs and the reference."""
        yield f"Promised: {self.bound:g} ULP."
        if listed := ", ".join(map(str, FORMS[self.name].form.zeros)):
            yield f"Within {ZERO_REACH:g} of the zero at {listed}, errors are in ULP or in 2^-24, whichever is less."
        for label, stride, same in self.rungs():
            inputs = "all inputs" if stride == 1 else f"one input in {stride}"
            yield f"{label}: {'the same bits' if same else 'OTHER BITS'} on {inputs}."
        if value := self.hashes().get((self.rung, 1)):
            yield HASH.format(value[:16])
        yield f"Error of the reference: {self.reference_error:.0e} ULP."


def combined(hashes):
    """Return one hash of the blocks' hashes."""
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def ulp(tally):
    """Return the largest error as text."""
    if tally.inexact == 0:
        return "≤ 0.5"
    if tally.ulp < 1e4:
        return f"{tally.ulp:.4f}"
    return f"{tally.ulp:.1e}".replace("e+0", "e").replace("e+", "e")


def worst(tally):
    """Return the input of the largest error, in decimal and in hexadecimal."""
    if tally.worst is None:
        return ""
    value = np.uint32(tally.worst).view(np.float32)
    digits, _, exponent = float(value).hex().partition("p")
    return f"{value!s} = {digits.rstrip('0')}p{exponent}"


def share(inexact, inputs):
    """Return the share that is correctly rounded, never rounded up to all."""
    return f"{math.floor(1e5 * (1 - inexact / inputs)) / 1e3:.3f} %" if inexact else "all"


def table(report):
    """Return the rich table of one function."""
    made = Table(title=f"{report.name}, float32", caption=" ".join(report.remarks()), box=box.SIMPLE_HEAD)
    for heading in HEADINGS:
        made.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for row in report.rows():
        made.add_row(*row)
    return made


class Entry(NamedTuple):
    """What the page has on one function: its table, and for each library the largest error and the version."""

    text: str
    errors: dict
    versions: dict


def entry(report):
    """Return the entry of a function that was checked in full."""
    tallies = {OWN if job is report.jobs[0] else job.label: tally for job, tally in report.tallies().items()}
    lines = [markdown(HEADINGS), "| --- |" + " ---: |" * (len(HEADINGS) - 1), *map(markdown, report.rows())]
    return Entry(
        "\n".join(lines) + "\n\n" + " ".join(report.remarks()) + "\n",
        {label: ulp(tally) + " !" * (tally.mismatches > 0) for label, tally in tallies.items()},
        {job.label: job.version for job in report.tallies() if job.version},
    )


def names():
    """Return the functions that the page has entries of."""
    return entries(PAGE.read_text(encoding="utf-8")).keys() if PAGE.exists() else set()


def entries(page):
    """Return the entries of a page by function."""
    head, *sections = page.split("\n## ")
    head = head.partition(END)[2] or head  # without the table of float64
    table = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in head.splitlines() if line.startswith("| ")
    ]
    libraries, errors = table[0][1:] if table else [], {row[0].split("`")[1]: row[1:] for row in table[2:]}
    found = {}
    for section in sections:
        name, _, text = section.partition("\n\n")
        own = {library: cell for library, cell in zip(libraries, errors[name], strict=True) if cell}
        versions = re.findall(rf"^\| ({'|'.join(libraries)}) (\S+) \|", text, re.MULTILINE)
        found[name] = Entry(text, own, dict(versions))
    return found


def write_doubles():
    """Write the page's table of float64 anew."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGINNING)
    PAGE.write_text(before + doubles() + rest.partition(END)[2], encoding="utf-8")


def doubles():
    """Return the table of float64: what mpmath finds at the rows' worst inputs."""
    lines = [BEGINNING, "| float64 | bound, ULP | largest error found | at |\n", "| --- | ---: | ---: | --- |\n"]
    for ufunc in ELEMENTWISE:
        if not ufunc.row.public:
            continue
        worst = ufunc.form.worst64
        cells = ("≤ 0.5", "") if not worst else (f"{error64(ufunc, worst):.4f}", ", ".join(one.hex() for one in worst))
        lines.append(markdown((f"`{ufunc.public_name}`", f"{ufunc.form.ulp64:g}", *cells)) + "\n")
    return "".join([*lines, END])


def error64(ufunc, worst):
    """Return the largest error at an input, of any output, in ULP of float64."""
    case = Case(_dispatch.ISA, ufunc)
    exact = case.exact(worst)
    results = case.outputs(*(np.array([one]) for one in worst))
    return max(oracle.error(one[0], value, np.float64) for one, value in zip(results, exact, strict=True))


def write(reports):
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(page(reports, before), encoding="utf-8")


def page(reports, before=""):
    """Return the page as Markdown: tables of the functions that were checked in full, the names of the others.

    What the page has had before on a function stays, as long as every rung still gives the same results.
    """
    old, made = entries(before), {}
    for report in reports:
        if len(report.complete()) == len(report.jobs):
            made[report.name] = entry(report)
        elif report.name in old and report.unchanged(old[report.name].text):
            made[report.name] = old[report.name]
    missing = [f"`{report.name}`" for report in reports if report.name not in made]
    versions = {label: version for one in made.values() for label, version in one.versions.items()}
    others = ", ".join(f"{label} {version}" for label, version in versions.items())
    reference = ", ".join(f"{name} {importlib.metadata.version(name.lower())}" for name in ("NumPy", "mpmath"))
    head = f"""# Accuracy on all 2^32 float32 inputs

Written by `python -m benchmarks.proof.exhaustive --write`: not to be edited. It takes every bit pattern of float32,
NaN, infinities and subnormal numbers too, through every elementwise function and gradient of fastact
{fastact.__version__} and, where they have it, of {others}.

- Errors are in ULP: the spacing of float32 in the binade of the exact result (the smaller one at a power of two), the
  smallest subnormal below the normal range. Gradients are for `dy` = 1, parameters at their defaults.
- "Correctly rounded" counts results that are the exact one rounded to float32. The exact results come in float64 from
  the NumPy formulas of fastact's rows ({reference}), which are held against mpmath at some 300 inputs,
  zeros and kinks among them: their largest error there is given with each function, and by so much the figures may be
  off.
- "NaN", "inf" and "sign" count results that are NaN, infinite or of a sign (zeros included) where the exact one is not,
  or the other way around. They have no part in the largest error, wrong signs excepted.
- "lost" counts results that are zero where the exact one is beyond half of the smallest subnormal, 2^-150, and does not
  round to zero. Up to 2^-149 that is an error of less than 1 ULP.
- The hash is of all 2^32 results of fastact, every NaN taken as the same; rungs are fastact's compiled modules.
- float64 cannot be tried in full: its table has the worst inputs that `python -m benchmarks.proof.search` has found, in
  some billion samples of each function, and what mpmath says of them. Gates were searched with equal arrays.

"""
    left = f"Not checked in full: {', '.join(missing)}.\n\n" if missing else ""
    return (
        head
        + doubles()
        + "\n"
        + left
        + summary(made, versions)
        + "".join(f"\n## {name}\n\n{one.text}" for name, one in made.items())
    )


def summary(made, versions):
    """Return the largest errors of all libraries side by side, as Markdown."""
    libraries = (OWN, *versions)
    lines = [markdown(("largest error, ULP", *libraries)), "| --- |" + " ---: |" * len(libraries)]
    for name, one in made.items():
        cells = (one.errors.get(library, "") for library in libraries)
        lines.append(markdown((f"[`{name}`](#{name.replace('.', '')})", *cells)))
    return "\n".join(lines) + "\n\n! some results are NaN, infinite, zero or of a sign that the exact ones are not.\n"


def markdown(cells):
    """Return a row of a Markdown table."""
    return f"| {' | '.join(cells)} |"
