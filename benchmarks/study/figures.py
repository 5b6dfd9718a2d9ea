"""Figures for the page: in light and in dark, as SVG inside the page, with a text for those who listen."""

import base64
import html
import io
import re

import matplotlib as mpl
from cycler import cycler
from matplotlib.figure import Figure

COMMON = {
    "font.size": 11.5,
    "axes.titlesize": 11.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "lines.linewidth": 1.8,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.hashsalt": "fastact",  # the same figure gives the same bytes
}
LIGHT = ("#0072b2", "#c75400", "#00805f", "#a8477f", "#7a6a00", "#555555", "#2c8fd6", "#8a4b2a")
DARK = ("#5cb8f0", "#ff9a4d", "#3fd0a4", "#ee9ac8", "#e3d04c", "#b5b5b5", "#9bd3ff", "#d9a384")
SCHEMES = {  # the colours of text, of grid lines, of the page, and of the series
    "light": ("#1f2328", "#d8dbe0", "#ffffff", LIGHT),
    "dark": ("#e6e8eb", "#3c424b", "#15181d", DARK),
}
TO_DARK = dict(
    zip((*SCHEMES["light"][:3], *LIGHT), (*SCHEMES["dark"][:3], *DARK), strict=True),
)
OF_LIBRARIES = {"fastact": "C0", "NumPy": "C1", "SciPy": "C2", "PyTorch": "C3", "JAX": "C4", "ONNX Runtime": "C5"}
MARKERS = {"fastact": "o", "NumPy": "s", "SciPy": "v", "PyTorch": "^", "JAX": "D", "ONNX Runtime": "P"}


def settings():
    """Return matplotlib's settings: the colours are those for light."""
    text, grid, page, series = SCHEMES["light"]
    names = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    colours = dict.fromkeys(names, text)
    return COMMON | colours | {"grid.color": grid, "axes.prop_cycle": cycler(color=series), "patch.edgecolor": page}


def drawn(picture):
    """Return a picture as SVG, for light."""
    with mpl.rc_context(settings()):
        figure = Figure(figsize=picture.size)
        picture.draw(figure)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def darkened(svg):
    """Return the SVG with every colour for light replaced by that for dark: sparing a second layout, which is slow."""
    return re.sub("|".join(TO_DARK), lambda found: TO_DARK[found[0]], svg)


def data_uri(svg):
    """Return an SVG as an address that holds all of it."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def element(picture):
    """Return a picture as HTML, which shows itself as the reader's system is set."""
    alt, caption = html.escape(picture.alt), html.escape(picture.caption)
    width, height = (round(100 * inches) for inches in picture.size)
    light = drawn(picture)
    return f"""<figure>
<div class="wide" tabindex="0"><picture>
<source media="(prefers-color-scheme: dark)" srcset="{data_uri(darkened(light))}">
<img src="{data_uri(light)}" alt="{alt}" width="{width}" height="{height}">
</picture></div>
<figcaption>{caption}</figcaption>
</figure>"""
