"""The page: one HTML file that needs nothing else, made from a run's record alone."""

from html import escape

from .claim import FAILS, HOLDS, IN_PART, NOT_TOLD_APART, Table
from .figures import SCHEMES, element

SIGNS = {HOLDS: "✓", FAILS: "✗", IN_PART: "◐", NOT_TOLD_APART: "≈"}
KINDS = {HOLDS: "holds", FAILS: "fails", IN_PART: "part", NOT_TOLD_APART: "apart"}
TITLE = "Activation functions: what the textbook claims, measured"
COMMANDS = {
    "quick": "python -m benchmarks --quick",
    "default": "python -m benchmarks",
    "full": "python -m benchmarks --full",
}
VERDICT_COLOURS = {  # light and dark, readable as text on the page
    "holds": ("#116329", "#6fdd8b"),
    "fails": ("#a40e26", "#ff9492"),
    "part": ("#7d4e00", "#f0b72f"),
    "apart": ("#4b535d", "#b7bdc8"),
}
STYLE = """
:root { color-scheme: light dark; --text: %(text_light)s; --line: %(line_light)s; --page: %(page_light)s; %(light)s }
@media (prefers-color-scheme: dark) {
:root { --text: %(text_dark)s; --line: %(line_dark)s; --page: %(page_dark)s; %(dark)s }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 58rem; background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.25; }
h2 { font-size: 1.35rem; margin-top: 0; }
h3 { font-size: 1rem; margin: 1.4rem 0 0.3rem; }
section { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1.5rem; }
blockquote { margin: 0; padding-left: 1rem; border-left: 4px solid var(--line); font-style: italic; }
figure { margin: 1.5rem 0; }
.wide { overflow-x: auto; }
img { display: block; width: 100%%; min-width: 34rem; height: auto; }
figcaption, caption, .aside { font-size: 0.875rem; opacity: 0.85; }
.table { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.4rem; }
th, td { padding: 0.3rem 0.6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th[scope="row"] { font-weight: normal; }
.words td, .words th { text-align: left; white-space: normal; vertical-align: top; }
.words td:first-child { white-space: nowrap; }
pre { overflow-x: auto; padding: 0.7rem; border: 1px solid var(--line); border-radius: 6px; font-size: 0.875rem; }
a { color: inherit; }
.verdict { font-weight: 600; }
%(verdicts)s
"""


def style():
    """Return the style sheet: the page has the colours of its figures."""
    values = {}
    for index, (scheme, (text, line, page, _)) in enumerate(SCHEMES.items()):
        values |= {f"text_{scheme}": text, f"line_{scheme}": line, f"page_{scheme}": page}
        values[scheme] = " ".join(f"--{kind}: {colours[index]};" for kind, colours in VERDICT_COLOURS.items())
    values["verdicts"] = "\n".join(f".{kind} {{ color: var(--{kind}); }}" for kind in VERDICT_COLOURS)
    return STYLE % values


def html(record, claims):
    """Return the page of a run.

    Parameters
    ----------
    record : dict
        The run, as its JSON has it.
    claims : sequence of Claim
        Those that the page is to have, in order; one that the record lacks is left out.
    """
    measured = [(claim, record["claims"][claim.key]) for claim in claims if claim.key in record["claims"]]
    sections = "\n".join(section(claim, one, record["run"]["level"]) for claim, one in measured)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{TITLE}</title>
<link rel="icon" href="data:,">
<style>{style()}</style>
</head>
<body>
<main>
<h1>{TITLE}</h1>
{machine(record["run"])}
{summary(measured)}
{sections}
{suite(record.get("suite"))}
</main>
</body>
</html>
"""


def machine(run):
    """Return the paragraphs on where and when the run was made."""
    described = run["machine"]
    caches = ", ".join(f"{name} {size // 1024:,} KiB" for name, size in described["caches"].items())
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    seconds = run["seconds"]
    where = f"{described['cpu']}, {described['cores']} cores, {caches or 'caches unknown'}; {described['system']}"
    return f"""<p>Measured on {escape(where)}, Python {described["python"]}, with {escape(versions)}; fastact ran its
{escape(run["isa"])} loops.</p>
<p class="aside">{escape(run["date"])}: level {run["level"]}, {seconds // 60:.0f} min {seconds % 60:.0f} s. Every time
on this page is from that run, and the JSON beside it has them all.</p>"""


def summary(measured):
    """Return the table of verdicts."""
    rows = "\n".join(
        f'<tr><td>{badge(one["verdict"]["holds"])}</td><td><a href="#{claim.key}">{escape(claim.title)}</a><br>'
        f"{escape(claim.claim)}</td></tr>"
        for claim, one in measured
    )
    return f"""<h2>The verdicts</h2>
<div class="table"><table class="words"><thead><tr><th>verdict</th><th>claim</th></tr></thead>
<tbody>
{rows}
</tbody></table></div>"""


def badge(holds):
    """Return a verdict's word, with a sign so that colour is not all that tells it."""
    return f'<span class="verdict {KINDS[holds]}">{SIGNS[holds]} {holds}</span>'


def section(claim, one, level):
    """Return the section of one claim."""
    result, judged = one["result"], one["verdict"]
    pictures = "\n".join(element(picture) for picture in claim.figures(result))
    tables = "\n".join(table(each) for each in claim.tables(result))
    load = f"from benchmarks.study.claims.{claim.key} import CLAIM as c"
    alone = f"{load}; print(c.verdict(c.measure('{level}', print)).text)"
    return f"""<section id="{claim.key}">
<h2>{escape(claim.title)}</h2>
<h3>Claim</h3>
<blockquote>{escape(claim.claim)}</blockquote>
<h3>Method</h3>
{paragraphs(claim.method)}
<h3>Figure{"s" if pictures.count("<figure>") > 1 else ""}</h3>
{pictures}
{f"<details><summary>The figures in rows</summary>{tables}</details>" if tables else ""}
<h3>Verdict</h3>
<p>{badge(judged["holds"])}</p>
{paragraphs(judged["text"])}
{failures(result)}
<h3>How to repeat</h3>
<p>All claims, and this one alone, which took {one["seconds"]:.0f} seconds:</p>
<pre>{COMMANDS[level]}
{escape(f'python -c "{alone}"')}</pre>
</section>"""


def suite(tables):
    """Return the section with the suite's tables, where there are any."""
    if not tables:
        return ""
    rows = "\n".join(table(Table(**one)) for one in tables)
    return f"""<section id="suite">
<h2>The suite</h2>
<p>pytest-benchmark's cases, from a run of their own, one after the other: the machine drifts meanwhile, so ratios are
better taken from the sections above.</p>
<details><summary>The figures in rows</summary>{rows}</details>
<h3>How to repeat</h3>
<pre>pytest benchmarks --benchmark-json=benchmarks/results/suite.json
python -m benchmarks</pre>
</section>"""


def failures(result):
    """Return a paragraph on what could not be measured, if there is such."""
    left_out = [f"{name} ({why})" for name, why in result.get("failures", {}).items()]
    return f'<p class="aside">Not measured: {escape("; ".join(left_out))}.</p>' if left_out else ""


def paragraphs(text):
    """Return plain text as paragraphs."""
    return "\n".join(f"<p>{escape(paragraph.strip())}</p>" for paragraph in text.strip().split("\n\n"))


def table(made):
    """Return a table in a container of its own, which scrolls."""
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in made.headings)
    rows = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in made.rows
    )
    return f"""<div class="table" tabindex="0"><table><caption>{escape(made.caption)}</caption>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody></table></div>"""
