"""Waterfalls: how contributions carry a prediction from what is expected to what is predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.elasticity.names import YOUNGS_MODULI
from perovex.explain.names import amount, name_of
from perovex.figures.axes import axes, few_ticks
from perovex.figures.style import BLUE, GREY, VERMILLION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from perovex.prediction.reasons import Reasons


def draw_waterfall(names: Sequence[str], contributions: Sequence[float], start: float, ax: Axes) -> Axes:
    """Draw contributions end to end, the last one at the bottom, from `start` to their sum.

    Parameters
    ----------
    names : sequence of str
        Of the contributions, the weightiest first.
    contributions : sequence of float
    start : float
        Where the bottom bar begins.
    ax : Axes

    Returns
    -------
    Axes
    """
    position = start
    ax.axvline(position, color=GREY, linewidth=0.8, linestyle=":")
    for height, contribution in enumerate(reversed(contributions)):
        colour = VERMILLION if contribution > 0 else BLUE
        ax.barh(height, contribution, left=position, color=colour, height=0.6)
        ax.text(
            position + contribution / 2, height + 0.32, f"{contribution:+.2g}", ha="center", va="bottom", fontsize=7
        )
        position += contribution
    ax.axvline(position, color="black", linewidth=0.8, linestyle="--")
    ax.set_yticks(range(len(names)), list(reversed(names)))
    ends = np.cumsum([start, *reversed(contributions)])
    pad = 0.06 * max(float(np.ptp(ends)), 1e-12)  # margins() would stop at the bars' sticky edges
    ax.set_xlim(ends.min() - pad, ends.max() + pad)
    ax.set_ylim(-0.6, len(names) - 0.1)
    return ax


def plot_reasons(reasons: Reasons, *, n: int = 10, ax: Axes | None = None) -> Axes:
    """Draw how groups of correlated descriptors carry one prediction.

    Parameters
    ----------
    reasons : Reasons
        From `perovex.predict(..., explain=True)`.
    n : int
        Groups shown; the others are added up.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    ax = axes(ax)
    groups = reasons.groups
    shown = groups.head(n)
    names = []
    for name, row in shown.iterrows():
        alike = f" and {row['members'] - 1:.0f} alike" if row["members"] > 1 else ""
        names.append(f"{name_of(str(name))} = {amount(row['value'], str(name))}{alike}")
    contributions = [float(value) for value in shown["contribution"]]
    if len(groups) > n:
        names.append(f"{len(groups) - n} others")
        contributions.append(float(groups["contribution"].iloc[n:].sum()))
    logs = reasons.scale == "ln(target)"
    start = float(np.log(reasons.expected)) if logs else reasons.expected
    draw_waterfall(names, contributions, start, ax)
    few_ticks(ax)
    if logs:  # contributions add up as logarithms, people read GPa
        ax.xaxis.set_major_formatter(lambda value, _position: f"{np.exp(value):.3g}")
    unit = " (GPa)" if reasons.target in YOUNGS_MODULI else ""
    scale = ", log scale\n+0.1 is about +10 %" if logs else ""
    ax.set_xlabel(f"{reasons.target}{unit}{scale}\ndotted: training, dashed: this crystal", fontsize=8)
    ax.set_title(reasons.crystal)
    return ax
