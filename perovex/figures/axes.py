"""Where a figure is drawn: on the axes that are given, else on new ones that show themselves in Jupyter.

Neither window nor global state of matplotlib knows about figures made here, so that a library call never leaves an
open figure behind. Jupyter draws such figures only if they bring their own picture, which these do.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes
from mpl_toolkits.mplot3d import Axes3D

from perovex.figures.style import style

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH = 6.2  # inches, of a figure in the report


def _png(figure: Any) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


class ShownFigure(Figure):
    """Figure with a PNG for Jupyter, which draws plain ones only once pyplot was imported."""

    def _repr_png_(self) -> bytes:
        return _png(self)


class ShownAxes(Axes):
    """Axes that show their figure as the value of a cell."""

    def _repr_png_(self) -> bytes:
        return _png(self.figure)


class ShownPolarAxes(PolarAxes):
    """Polar axes that show their figure as the value of a cell."""

    def _repr_png_(self) -> bytes:
        return _png(self.figure)


class ShownAxes3D(Axes3D):
    """Three-dimensional axes that show their figure as the value of a cell."""

    def _repr_png_(self) -> bytes:
        return _png(self.figure)


_SHOWN = {"rectilinear": ShownAxes, "polar": ShownPolarAxes, "3d": ShownAxes3D}


def axes(ax: Any = None, *, width: float = WIDTH, height: float = 4.2, projection: str = "rectilinear") -> Any:
    """Return `ax`, or the axes of a new figure in the style of the project.

    Parameters
    ----------
    ax : Axes, optional
        Returned as it is.
    width, height : float
        Inches, of a new figure.
    projection : {"rectilinear", "polar", "3d"}
        Kind of new axes.

    Returns
    -------
    Axes

    Examples
    --------
    >>> axes(height=3).figure.get_size_inches().tolist()
    [6.2, 3.0]
    """
    if ax is not None:
        return ax
    made, drawn_on = figure(width, height, subplot_kw={"axes_class": _SHOWN[projection]})
    assert made is drawn_on.figure
    return drawn_on


def figure(width: float = WIDTH, height: float = 4.0, **options: Any) -> tuple[Figure, Any]:
    """Return a figure and axes that no window or global state knows about; a notebook shows the figure.

    Parameters
    ----------
    width, height : float
        Inches.
    **options
        Passed to `Figure.subplots`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with style():
        made = ShownFigure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(made)
        return made, made.subplots(**options)


def few_ticks(ax: Axes) -> Axes:
    """Keep long numbers on the x axis apart."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    return ax


def rank_colour(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks scaled to [0, 1] for colouring; NaN stays NaN, equal values share a colour."""
    from scipy.stats import rankdata

    out = np.full(len(values), np.nan)
    known = np.isfinite(values)
    if known.any():
        ranks = rankdata(values[known])
        span = np.ptp(ranks)
        out[known] = (ranks - ranks.min()) / span if span > 0 else 0.5
    return out
