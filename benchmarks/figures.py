"""Figures for the page: each drawn for light and for dark, as SVG inside the page, with its text for those who listen."""

import base64
import html
import io

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
OF_LIBRARIES = {"fastact": "C0", "NumPy": "C1", "SciPy": "C2", "PyTorch": "C3", "JAX": "C4", "ONNX Runtime": "C5"}
MARKERS = {"fastact": "o", "NumPy": "s", "SciPy": "v", "PyTorch": "^", "JAX": "D", "ONNX Runtime": "P"}


def style(scheme):
    """Return matplotlib's settings for light or dark."""
    text, grid, page, series = SCHEMES[scheme]
    names = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    colours = dict.fromkeys(names, text)
    return COMMON | colours | {"grid.color": grid, "axes.prop_cycle": cycler(color=series), "patch.edgecolor": page}


def data_uri(picture, scheme):
    """Return a picture, drawn, as an address that holds all of it."""
    with mpl.rc_context(style(scheme)):
        figure = Figure(figsize=picture.size)
        picture.draw(figure)
        drawn = io.BytesIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode()


def element(picture):
    """Return a picture as HTML, which shows itself as the reader's system is set."""
    alt, caption = html.escape(picture.alt), html.escape(picture.caption)
    width, height = (round(100 * inches) for inches in picture.size)
    return f"""<figure>
<picture>
<source media="(prefers-color-scheme: dark)" srcset="{data_uri(picture, "dark")}">
<img src="{data_uri(picture, "light")}" alt="{alt}" width="{width}" height="{height}">
</picture>
<figcaption>{caption}</figcaption>
</figure>"""
