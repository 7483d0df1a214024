"""Colours and labels shared by the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation

# Okabe and Ito's colours, told apart with any common colour blindness and in grey.
BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#56B4E9",
    "#CC79A7",
)
CYCLE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)
GREY = "#767676"
SEQUENTIAL = "cividis"
DIVERGING = "PuOr_r"


def axes(ax: Axes | None, *, height: float = 4.2) -> Axes:
    """Return `ax`, or the axes of a new figure (height in inches) that no window knows about."""
    if ax is not None:
        return ax
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.2, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.subplots()


def shap_label(explanation: Explanation, target: str = "", *, what: str = "SHAP value") -> str:
    """Return the axis label of SHAP values (or of the output they add up to), with target and scale."""
    known = explanation.problem.y.name
    name = target or ("target" if known is None else str(known))
    gpa = ", GPa" if name.startswith("E_") else ""
    words = {
        "log-odds": f"log-odds, {name}",
        "probability": f"probability, {name}",
        "ln(target)": f"ln {name}",
        "target": f"{name}{gpa}",
    }
    hint = "\n0.1 is about 10 %" if explanation.unit == "ln(target)" and what == "SHAP value" else ""
    return f"{what} ({words.get(explanation.unit, explanation.unit)}){hint}"


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
