"""Colours and labels shared by the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

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


def axes(ax: Axes | None) -> Axes:
    """Return `ax`, or the axes of a new figure that no window knows about."""
    if ax is not None:
        return ax
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.2, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.subplots()


def label(name: str, units: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None) -> str:
    """Return the axis label of a descriptor, with its unit where it has one."""
    text = (labels or {}).get(name, name)
    unit = (units or {}).get(name, "")
    return f"{text} ({unit})" if unit not in {"", "1"} else text


def shap_label(unit: str, target: str = "") -> str:
    """Return the axis label of SHAP values."""
    words = {"log-odds": "log-odds", "probability": "probability", "ln(target)": "ln", "target": ""}
    scale = words.get(unit, unit)
    inside = ", ".join(part for part in (scale, target) if part)
    return f"SHAP value ({inside})" if inside else "SHAP value (unit of the target)"


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
