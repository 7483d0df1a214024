"""One look for all figures: colour-blind safe, readable on screen and in print, the same bytes for the same data."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex._colours import PALETTE
from perovex._files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE = (
    PALETTE[name] for name in ("blue", "orange", "green", "vermillion", "sky", "purple")
)
GREY = PALETTE["grey"]
CYCLE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)
SEQUENTIAL = "cividis"
DIVERGING = "PuOr_r"
HALIDE_COLOURS = {"Cl": GREEN, "Br": ORANGE, "I": BLUE}
HALIDE_MARKERS = {"Cl": "^", "Br": "s", "I": "o"}

_CROWD = 3000  # symbols of one figure; a beeswarm of six thousand takes 0.65 MB as shapes, 0.15 MB as pixels

_PARAMETERS = {
    "axes.grid": True,
    "axes.grid.axis": "both",
    "axes.prop_cycle": f"cycler('color', {list(CYCLE)})",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "figure.constrained_layout.use": True,
    "figure.dpi": 110,
    "font.size": 9.5,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "savefig.dpi": 160,
    "svg.fonttype": "none",
    "svg.hashsalt": "perovex",
}


@contextmanager
def style() -> Iterator[None]:
    """Apply the project's matplotlib style inside a ``with`` block."""
    import matplotlib as mpl

    parameters: Any = _PARAMETERS
    with mpl.rc_context(parameters):
        yield


def save_figure(made: Figure, folder: Path, name: str, *, raster: bool = True) -> str:
    """Write ``NAME.svg`` and ``NAME.png`` and return the SVG element for embedding.

    Parameters
    ----------
    made : Figure
    folder : Path
    name : str
        File name without suffix.
    raster : bool
        Write the PNG, too.

    Returns
    -------
    str
        The ``<svg>`` element, without XML prologue, ids made unique by `name`.
    """
    with style():
        _rasterise_crowds(made)
        vector, pixels = io.BytesIO(), io.BytesIO()
        made.savefig(vector, format="svg", metadata={"Date": None, "Creator": "perovex"})
        write_atomic(folder / f"{name}.svg", vector.getvalue())
        if raster:
            made.set_layout_engine("none")  # keeps the places that were just found, which take longer than drawing
            made.savefig(pixels, format="png", metadata={"Software": "perovex"})
            write_atomic(folder / f"{name}.png", pixels.getvalue())
    return embed_svg(vector.getvalue().decode(), name)


def _rasterise_crowds(made: Figure) -> None:
    """Draw the symbols of a figure with very many as pixels: as shapes they take some hundred bytes each."""
    from matplotlib.collections import PathCollection

    scatters = [part for axes in made.axes for part in axes.collections if isinstance(part, PathCollection)]
    if sum(len(np.asarray(scatter.get_offsets())) for scatter in scatters) > _CROWD:
        for scatter in scatters:
            scatter.set_rasterized(True)


def embed_svg(text: str, name: str) -> str:
    """Strip the XML prologue and prefix every id, so that several drawings can share one page."""
    body = text[text.index("<svg") :]
    body = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r'(xlink:href|href)="#([^"]+)"', rf'\1="#{name}-\2"', body)
    return _smaller(re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", body))


_PLACES = re.compile(r'\b(?:d|x|y|transform|points)="[^"]*"')
_FINER = re.compile(r"(\.\d\d)\d+")  # than a hundredth of a point
_CLIPPED_MARK = re.compile(r'<g clip-path="([^"]+)">\n(<use [^>]*/>\n)</g>\n')


def _smaller(svg: str) -> str:
    """Cut places to a hundredth of a point, drop indentation, and clip marks that follow each other together."""
    lines = re.sub(r"\s*\n\s*", "\n", _PLACES.sub(lambda place: _FINER.sub(r"\1", place[0]), svg))
    pieces: list[str] = []
    end, clip = 0, None
    for mark in _CLIPPED_MARK.finditer(lines):
        follows = mark.start() == end and mark[1] == clip
        if not follows:
            closing = "</g>\n" if clip else ""
            pieces += [closing, lines[end : mark.start()], f'<g clip-path="{mark[1]}">\n']
        pieces.append(mark[2])
        end, clip = mark.end(), mark[1]
    return "".join([*pieces, "</g>\n" if clip else "", lines[end:]])
