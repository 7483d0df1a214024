"""Figures of rankings, effects, correlation groups and transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._words import group_words
from perovex.errors import ModelInputError
from perovex.explain.importance.noise_floor import STANDS_OUT
from perovex.explain.names import axis_label, group_name, name_of
from perovex.explain.transfer.words import of_groups
from perovex.figures.axes import axes
from perovex.figures.style import BLUE, CYCLE, GREY, ORANGE, SKY, VERMILLION

_SMALLEST = 6.0  # points; smaller labels cannot be read in print

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from perovex.explain.directions.effects import Effects
    from perovex.explain.importance.clusters import CorrelationGroups
    from perovex.explain.importance.ranking import Ranking
    from perovex.explain.names import Names
    from perovex.explain.transfer.result import TransferResult


def plot_ranking(
    ranking: Ranking,
    *,
    n: int = 15,
    groups: bool = False,
    names: Names | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw shares of importance with intervals, and the interval of each rank.

    Parameters
    ----------
    ranking : Ranking
        What to draw.
    n : int
        Descriptors.
    groups : bool
        Groups of correlated descriptors instead.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on. Filled bars beat shuffled descriptors in at least half of the models; the dashed
        line is the median share of the best shuffled one.
    """
    ax = axes(ax)
    table = (ranking.groups if groups else ranking.table).head(n).sort_values("share", kind="stable")
    share = 100 * table["share"].to_numpy()
    heights = np.arange(len(table), dtype=float)
    above = table["p_above_noise"].to_numpy() >= STANDS_OUT
    colours = [BLUE if ok else "white" for ok in above]
    ax.barh(heights, share, color=colours, edgecolor=BLUE, height=0.66, linewidth=0.9)
    low, high = 100 * table["share_lower"].to_numpy(), 100 * table["share_upper"].to_numpy()
    ax.hlines(heights, low, high, color="black", linewidth=1.0)
    for height, right, (_, row) in zip(heights, np.maximum(share, high), table.iterrows(), strict=True):
        text = f" {row['rank_lower']:.0f} to {row['rank_upper']:.0f}"
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
        ax.text(right, height, text, va="center", fontsize=7, color=GREY, bbox=box)
    floor = 100 * ranking.noise.floor
    ax.axvline(floor, color=VERMILLION, linestyle="--", linewidth=0.9)
    sizes = table["members"].map(len) if groups else [1] * len(table)
    ax.set_yticks(heights, [group_name(str(name), k, names) for name, k in zip(table.index, sizes, strict=True)])
    ax.margins(x=0.16)
    ax.set_xlim(left=0)
    percent = f"{100 * ranking.level:.0f} %"
    ax.set_xlabel(
        f"share of importance (%), {percent} interval\ngrey: {percent} interval of the rank\ndashed: best shuffled one"
    )
    return ax


def plot_family_importance(table: pd.DataFrame, *, unit: str = "", ax: Axes | None = None) -> Axes:
    """Draw the joint importance of sets of descriptors with intervals.

    Parameters
    ----------
    table : DataFrame
        From `Explanation.grouped_importance`.
    unit : str
        Unit of the importance, for the axis.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    ax = axes(ax)
    shown = table[::-1]
    heights = np.arange(len(shown))
    ax.barh(heights, shown["importance"], color=SKY, height=0.66)
    ax.hlines(heights, shown["lower"], shown["upper"], color="black", linewidth=1.0)
    names = [
        f"{str(name).replace('_', ' ')} ({int(k)})" for name, k in zip(shown.index, shown["n_descriptors"], strict=True)
    ]
    ax.set_yticks(heights, names)
    ax.set_xlabel(f"mean absolute joint SHAP value{f' ({unit})' if unit else ''}")
    return ax


def plot_ale(
    effects: Effects,
    descriptor: str,
    *,
    names: Names | None = None,
    target: str = "prediction",
    ax: Axes | None = None,
) -> Axes:
    """Draw accumulated local effects with the spread over models and the crystals per bin.

    Parameters
    ----------
    effects : Effects
        Holds the curves.
    descriptor : str
        Descriptor.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    target : str
        Name and unit of the target, for the axis.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on.

    Raises
    ------
    ModelInputError
        If there is no curve of that descriptor.
    """
    if descriptor not in effects.ale or not len(effects.ale[descriptor]):
        raise ModelInputError(f"no accumulated effect of {descriptor!r}", remedy="name it in effects(descriptors=)")
    ax = axes(ax)
    curve = effects.ale[descriptor]
    ax.fill_between(curve["value"], curve["lower"], curve["upper"], color=SKY, alpha=0.35, linewidth=0)
    ax.plot(curve["value"], curve["effect"], color=BLUE, marker="o", markersize=3)
    ax.axhline(0, color=GREY, linewidth=0.8, zorder=0)
    row: Any = effects.table.loc[descriptor]
    if row["threshold_r2"] > row["linear_r2"]:
        ax.axvline(float(row["threshold"]), color=VERMILLION, linestyle="--", linewidth=0.9)
    ax.set_xlabel(axis_label(descriptor, names))
    ax.set_ylabel(f"accumulated effect on {target}")
    return ax


def plot_dendrogram(clusters: CorrelationGroups, *, names: Names | None = None, ax: Axes | None = None) -> Axes:
    """Draw the tree of correlated descriptors with the threshold at which groups are cut.

    Parameters
    ----------
    clusters : CorrelationGroups
        What to draw; at least two descriptors.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on.

    Raises
    ------
    ModelInputError
        If there is one descriptor only.
    """
    from scipy.cluster.hierarchy import dendrogram

    if not len(clusters.linkage):
        raise ModelInputError("one descriptor makes no tree")
    ax = axes(ax, height=max(4.2, 0.115 * len(clusters.labels)))
    cut = 1 - clusters.threshold
    tree: Any = dendrogram(clusters.linkage, no_plot=True)
    for across, depth in zip(tree["icoord"], tree["dcoord"], strict=True):
        ax.plot(depth, across, color=BLUE if max(depth) <= cut + 1e-9 else GREY, linewidth=1.0)
    leaves = [name_of(str(clusters.labels.index[i]), names) for i in tree["leaves"]]
    places, shown, size = _readable(leaves, list(clusters.labels.iloc[tree["leaves"]]), ax)
    ax.set_yticks(places, shown, fontsize=size)
    ax.set_ylim(0, 10 * len(leaves))
    ax.axvline(cut, color=VERMILLION, linestyle="--", linewidth=0.9)
    ax.set_xlim(1.02, -0.02)
    ax.set_xlabel("1 - |Spearman| (blue: one group)")
    return ax


def _readable(names: list[str], groups: list[str], ax: Axes) -> tuple[list[float], list[str], float]:
    """Return the leaves to label, so that no label covers another: all, or one per group, largest groups first."""
    room = 72 * ax.get_window_extent().height / ax.figure.dpi / len(names)
    if room >= _SMALLEST:
        return [5 + 10 * i for i in range(len(names))], names, min(9.0, room * 0.95)
    places: list[float] = []
    shown: list[str] = []
    order = pd.Series(range(len(names))).groupby(groups)
    for group, leaves in sorted(order, key=lambda item: -len(item[1])):
        middle = 5 + 10 * float(leaves.mean())
        if all(abs(middle - other) * room / 10 >= 1.1 * _SMALLEST for other in places):
            first = names[groups.index(str(group))]
            places.append(middle)
            shown.append(first if len(leaves) == 1 else f"{first} and {len(leaves) - 1} more")
    return places, shown, _SMALLEST


def plot_transfer_parity(
    result: TransferResult,
    *,
    model: str = "source only, spacer held out",
    by: pd.Series | None = None,
    unit: str = "GPa",
    ax: Axes | None = None,
) -> Axes:
    """Draw predictions for target crystals against their labels, one marker per value of `by`.

    Parameters
    ----------
    result : TransferResult
        A transfer that was possible.
    model : str
        Column of ``result.predictions``.
    by : Series, optional
        Value per crystal (n, say), aligned on the index.
    unit : str
        Unit of the target.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on.

    Raises
    ------
    ModelInputError
        If the transfer was not possible or there is no such column.
    """
    if not result.possible:
        raise ModelInputError(f"no transfer to draw: {result.reason}")
    if model not in result.predictions:
        raise ModelInputError(f"no predictions {model!r}", remedy=f"one of {', '.join(result.predictions.columns[1:])}")
    ax = axes(ax)
    table = result.predictions
    groups = pd.Series("all", index=table.index) if by is None else by.reindex(table.index)
    markers = "osD^vP"
    for i, (name, part) in enumerate(table.groupby(groups, sort=True)):
        number = f"{name:g}" if isinstance(name, (int, float)) else str(name)
        key = "n" if by is None or by.name == "n_layers" else str(by.name or "")
        text = f"{key} = {number}" if key else number
        ax.scatter(
            part["y"],
            part[model],
            s=22,
            color=CYCLE[i % 6],
            marker=markers[i % 6],
            label=text,
            linewidths=0,
        )
    both = table[["y", model]].to_numpy(dtype=float)
    pad = 0.05 * float(np.nanmax(both) - np.nanmin(both))
    ends = (float(np.nanmin(both)) - pad, float(np.nanmax(both)) + pad)
    ax.plot(ends, ends, color=GREY, linewidth=0.8, zorder=0)
    ax.set(xlim=ends, ylim=ends, aspect="equal")
    suffix = f" ({unit})" if unit else ""
    ax.set_xlabel(f"label{suffix}")
    ax.set_ylabel(f"prediction{suffix}")
    ax.set_title(of_groups(model, result.group_name), fontsize=9)
    if by is not None:
        ax.legend(fontsize=7)
    return ax


def plot_adaptation_curve(result: TransferResult, *, unit: str = "GPa", ax: Axes | None = None) -> Axes:
    """Draw the loss on unseen target spacers as target crystals are added to the source.

    Parameters
    ----------
    result : TransferResult
        A transfer that was possible.
    unit : str
        Unit of the loss.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on.

    Raises
    ------
    ModelInputError
        If the transfer was not possible.
    """
    if not result.possible:
        raise ModelInputError(f"no transfer to draw: {result.reason}")
    ax = axes(ax)
    points = []
    for name, place in (("source only", 0.0), ("pooled", float(result.n_target))):
        row = result.row(name)
        if row is not None and np.isfinite(row["loss"]):
            points.append((place, row["loss"], row["loss_lower"], row["loss_upper"]))
    if len(result.learning_curve):
        columns = ["n_target_crystals", "loss", "loss_lower", "loss_upper"]
        points += list(result.learning_curve[columns].itertuples(index=False, name=None))
    x, y, low, high = np.array(sorted(points), dtype=float).T if points else np.empty((4, 0))
    ax.errorbar(x, y, yerr=[np.maximum(y - low, 0), np.maximum(high - y, 0)], color=BLUE, marker="o", capsize=2)
    for name, colour in (("target mean", GREY), ("source mean", ORANGE)):
        row = result.row(name, family="")
        if row is not None and np.isfinite(row["loss"]):
            ax.axhline(row["loss"], color=colour, linestyle="--", linewidth=0.9, label=name)
    ax.set_xlabel(f"target crystals of other {group_words(result.group_name)[1]} in training")
    ax.set_ylabel("log loss" if result.classifier else f"mean absolute error ({unit})")
    if ax.get_legend_handles_labels()[0]:
        ax.legend(fontsize=7)
    return ax
