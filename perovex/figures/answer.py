"""What a model leans on and which way: one bar for each group of descriptors that change together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.explain.importance.noise_floor import STANDS_OUT
from perovex.explain.names import group_name
from perovex.figures.axes import axes
from perovex.figures.style import BLUE, GREY, VERMILLION

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from perovex.explain.importance.ranking import Ranking


def plot_answer(
    ranking: Ranking,
    directions: pd.Series,
    *,
    n: int = 8,
    words: tuple[str, str] = ("softer", "stiffer"),
    ax: Axes | None = None,
) -> Axes:
    """Draw the leading groups of descriptors: to the right where more of them goes with a larger value, else left.

    Parameters
    ----------
    ranking : Ranking
    directions : Series of str
        ``"increasing"``, ``"decreasing"`` or ``"undecided"`` by the leader of a group, as `group_directions` finds it.
    n : int
        Groups.
    words : (str, str)
        What small and large values of the target are called.
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes
        Length of a bar: share of all importance on held-out crystals, with its interval. Filled: beats the best
        shuffled descriptor in at least half of the models. Grey, to the right: no direction can be told.
    """
    ax = axes(ax)
    table = ranking.groups.head(n).sort_values("share", kind="stable")
    ways = directions.reindex(table.index).fillna("undecided")
    sign = np.where(ways == "decreasing", -1.0, 1.0)
    colours = ways.map({"increasing": VERMILLION, "decreasing": BLUE, "undecided": GREY}).to_numpy()
    filled = table["p_above_noise"].to_numpy() >= STANDS_OUT
    heights = np.arange(len(table), dtype=float)
    faces = [colour if solid else "white" for colour, solid in zip(colours, filled, strict=True)]
    ax.barh(heights, 100 * sign * table["share"], color=faces, edgecolor=colours, height=0.66, linewidth=1.0)
    lower, upper = 100 * sign * table["share_lower"], 100 * sign * table["share_upper"]
    ax.hlines(heights, np.minimum(lower, upper), np.maximum(lower, upper), color="black", linewidth=0.9)
    names = [group_name(str(name), len(members)) for name, members in zip(table.index, table["members"], strict=True)]
    ax.set_yticks(heights, names)
    ax.axvline(0, color="black", linewidth=0.8)
    reach = 1.08 * float(np.nanmax(np.abs(np.concatenate([lower, upper]))))
    ax.set_xlim(-reach if (sign < 0).any() else 0, reach)
    ax.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    ax.set_xlabel(f"share of importance (%)\n← more of it, {words[0]}  |  more of it, {words[1]} →")
    return ax
