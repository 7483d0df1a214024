"""Where a model errs: residuals, parts of the data, intervals, training against held-out importance, interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.explain.names import name_of
from perovex.figures.axes import axes
from perovex.figures.marks import diagonal, interval_rows, scatter_by_halide
from perovex.figures.style import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from perovex.explain.attribution.explanation import Explanation


def worst_crystals(held: pd.DataFrame, n: int = 8) -> pd.DataFrame:
    """Return the crystals that held-out predictions miss by most.

    Parameters
    ----------
    held : DataFrame
        Columns ``truth``, ``prediction`` and, where known, ``lower`` and ``upper``; index: names of crystals.
    n : int
        Crystals.

    Returns
    -------
    DataFrame
        Columns ``known value``, ``prediction``, ``error`` (prediction minus known value) and ``inside its interval``
        where intervals are known; largest error first.

    Examples
    --------
    >>> import pandas as pd
    >>> held = pd.DataFrame({"truth": [8.0, 12.0], "prediction": [9.0, 8.0]}, index=["one", "two"])
    >>> worst_crystals(held, 1)["error"].to_dict()
    {'two': -4.0}
    """
    error = held["prediction"] - held["truth"]
    table = pd.DataFrame({"known value": held["truth"], "prediction": held["prediction"], "error": error})
    if {"lower", "upper"} <= set(held.columns):
        inside = held["truth"].between(held["lower"], held["upper"])
        table["inside its interval"] = np.where(held["lower"].isna(), "", np.where(inside, "yes", "no"))
    return table.loc[error.abs().sort_values(ascending=False, kind="stable").index[:n]].rename_axis("crystal")


def plot_residuals(
    held: pd.DataFrame, colour: pd.Series, *, unit: str = "GPa", n_named: int = 5, ax: Axes | None = None
) -> Axes:
    """Plot held-out errors against predictions; the worst crystals carry their names.

    Parameters
    ----------
    held : DataFrame
        Columns ``truth`` and ``prediction``; index: names of crystals.
    colour : Series
        Halide of each row.
    unit : str
        Unit of the target.
    n_named : int
        How many of the worst are named.
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    error = held["prediction"] - held["truth"]
    scatter_by_halide(ax, held["prediction"], error, colour, alpha=0.75, linewidth=0.4)
    ax.axhline(0, color="0.5", linewidth=0.8, linestyle="--", zorder=0)
    middle = float(held["prediction"].median())
    for name in error.abs().sort_values(ascending=False, kind="stable").index[:n_named]:
        right = float(held.loc[name, "prediction"]) > middle
        ax.annotate(
            str(name), (held.loc[name, "prediction"], error[name]), xytext=(-5 if right else 5, 0),
            textcoords="offset points", fontsize=6.5, color="0.25", va="center", ha="right" if right else "left",
        )  # fmt: skip
    suffix = f" ({unit})" if unit else ""
    ax.set_xlabel(f"held-out prediction{suffix}")
    ax.set_ylabel(f"prediction - known value{suffix}")
    ax.margins(x=0.12)
    return ax


def plot_parts(
    scores: pd.DataFrame, metric: str, *, unit: str = "", overall: float | None = None, ax: Axes | None = None
) -> Axes:
    """Plot a score within parts of the data, with intervals.

    Parameters
    ----------
    scores : DataFrame
        As `Evaluation.by_part` gives it: ``part``, ``value``, ``metric``, ``score``, ``lower``, ``upper``, ``n_rows``.
    metric : str
        Which score.
    unit : str
        Of the score.
    overall : float, optional
        Score of all crystals, drawn as a line.
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    shown = scores[(scores["metric"] == metric) & scores["score"].notna()].iloc[::-1]
    heights = interval_rows(ax, shown["lower"], shown["score"], shown["upper"])
    if overall is not None:
        ax.axvline(overall, color=GREY, linestyle="--", linewidth=0.9)
    words = {"n_layers": "n = {}", "halide": "{}", "source": "{}", "stacking": "{}"}
    names = [
        f"{words.get(str(part), f'{part} {{}}').format(value or 'no stacking')} ({count:.0f})"
        for part, value, count in shown[["part", "value", "n_rows"]].itertuples(index=False)
    ]
    ax.set_yticks(heights, names)
    ax.set_xlabel(f"{metric} ({unit})" if unit else metric)
    ax.margins(y=0.08)
    return ax


def plot_coverage(coverage: pd.DataFrame, nominal: float, *, ax: Axes | None = None) -> Axes:
    """Plot the share of crystals inside their intervals, in all and within parts of the data.

    Parameters
    ----------
    coverage : DataFrame
        As `Evaluation.coverage_table` gives it: ``part``, ``value``, ``count``, ``coverage``, ``lower``, ``upper``.
    nominal : float
        Share that was promised, drawn as a line.
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    shown = coverage[coverage["value"].astype(str) != ""].iloc[::-1]
    heights = interval_rows(ax, 100 * shown["lower"], 100 * shown["coverage"], 100 * shown["upper"])
    ax.axvline(100 * nominal, color=GREY, linestyle="--", linewidth=0.9)
    names = [
        f"{f'n = {value:g}' if part == 'n_layers' else value} ({count})"
        for part, value, count in shown[["part", "value", "count"]].itertuples(index=False)
    ]
    ax.set_yticks(heights, names)
    ax.set_xlabel("crystals inside their interval (%)\ndashed: promised")
    return ax


def plot_train_against_held_out(explanation: Explanation, *, n: int = 8, ax: Axes | None = None) -> Axes:
    """Plot importances on training crystals against those on crystals that were held out.

    Parameters
    ----------
    explanation : Explanation
    n : int
        Descriptors that carry their names: those whose importance differs most.
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes
        A descriptor far above the line is one that models fit noise with.
    """
    ax = axes(ax)
    table = explanation.importance()
    names = [str(name) for name in table.index]
    x, y = table["importance"].to_numpy(float), table["train_importance"].to_numpy(float)
    ax.scatter(x, y, s=16, color=BLUE, alpha=0.7, edgecolor="white", linewidth=0.4)
    top = 1.08 * float(max(x.max(), y.max()))
    diagonal(ax, 0, top)
    far = np.argsort(-np.abs(y - x), kind="stable")[:n]
    for place in far:
        ax.annotate(
            name_of(names[place]), (x[place], y[place]), xytext=(4, 0), textcoords="offset points", fontsize=6.5,
            color="0.25", va="center",
        )  # fmt: skip
    ax.set(xlim=(0, 1.25 * top), ylim=(0, top))
    ax.set_xlabel("importance on held-out crystals")
    ax.set_ylabel("importance on training crystals")
    return ax


def plot_interactions(pairs: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Plot the strongest pairs of descriptors whose effects depend on each other.

    Parameters
    ----------
    pairs : DataFrame
        Columns ``first``, ``second`` (descriptors) and ``share`` (of all importance), strongest first.
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    shown = pairs[::-1]
    heights = np.arange(len(shown), dtype=float)
    ax.barh(heights, 100 * shown["share"], color=ORANGE, height=0.66)
    ax.set_yticks(
        heights, [f"{name_of(a)} and {name_of(b)}" for a, b in zip(shown["first"], shown["second"], strict=True)]
    )
    ax.set_xlabel("share of importance (%)")
    return ax
