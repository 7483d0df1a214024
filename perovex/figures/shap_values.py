"""Figures of SHAP values: beeswarm, dependence, waterfall, decision and heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.elasticity.names import YOUNGS_MODULI
from perovex.errors import ModelInputError
from perovex.explain.names import amount, axis_label, name_of
from perovex.figures.axes import axes, few_ticks, rank_colour
from perovex.figures.style import BLUE, DIVERGING, GREY, SEQUENTIAL
from perovex.figures.waterfall import draw_waterfall

if TYPE_CHECKING:
    from collections.abc import Hashable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation
    from perovex.explain.names import Names


def _top(explanation: Explanation, n: int) -> list[str]:
    return list(explanation.importance().index[:n])


def _column(explanation: Explanation, descriptor: str) -> int:
    if descriptor not in explanation.X.columns:
        raise ModelInputError(f"descriptor {descriptor!r} was not explained")
    return int(explanation.X.columns.get_indexer(pd.Index([descriptor]))[0])


def _row(explanation: Explanation, crystal: Hashable) -> int:
    places = np.flatnonzero(explanation.X.index == crystal)
    if not len(places):
        raise ModelInputError(f"crystal {crystal!r} was not explained", remedy="use its label in the index of X")
    return int(places[0])


def shap_label(explanation: Explanation, target: str = "", *, what: str = "SHAP value") -> str:
    """Return the axis label of SHAP values (or of the output they add up to), with target and scale."""
    known = explanation.problem.y.name
    name = target or ("target" if known is None else str(known))
    gpa = ", GPa" if name in YOUNGS_MODULI else ""
    words = {
        "log-odds": f"log-odds, {name}",
        "probability": f"probability, {name}",
        "ln(target)": f"ln {name}",
        "target": f"{name}{gpa}",
    }
    hint = "\n0.1 is about 10 %" if explanation.unit == "ln(target)" and what == "SHAP value" else ""
    return f"{what} ({words.get(explanation.unit, explanation.unit)}){hint}"


def swarm(values: NDArray[np.float64], *, width: float = 0.38, bins: int = 60) -> NDArray[np.float64]:
    """Return offsets that spread points of equal height side by side, within plus or minus `width`.

    Parameters
    ----------
    values : ndarray, shape (points,)
        Positions along the axis.
    width : float
        Largest offset.
    bins : int
        Points in one bin are spread.

    Examples
    --------
    >>> import numpy as np
    >>> swarm(np.array([0.0, 0.0, 0.0])).tolist()
    [0.0, 0.38, -0.38]
    """
    out = np.zeros(len(values))
    span = float(np.ptp(values)) if len(values) else 0.0
    place = np.zeros(len(values), dtype=int) if span == 0 else ((values - values.min()) / span * bins).astype(int)
    largest = max(int(np.bincount(place).max()) - 1, 1) if len(values) else 1
    for b in np.unique(place):
        inside = np.flatnonzero(place == b)
        steps = np.arange(len(inside))
        signed = np.where(steps % 2 == 1, (steps + 1) // 2, -(steps // 2))
        out[inside] = signed * 2 * width / (largest + largest % 2)
    return out


def plot_beeswarm(
    explanation: Explanation,
    *,
    n: int = 12,
    names: Names | None = None,
    target: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw SHAP values of held-out crystals, one row per descriptor, coloured by the descriptor's rank.

    Parameters
    ----------
    explanation : Explanation
        What to draw.
    n : int
        Descriptors, most important on top.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    target : str
        Name of the target, for the axis.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    ax = axes(ax)
    keys = _top(explanation, n)
    values = explanation.values
    points = None
    for height, name in enumerate(reversed(keys)):
        x = values[name].to_numpy()
        colour = rank_colour(explanation.X[name].to_numpy())
        missing = ~np.isfinite(colour)
        y = height + swarm(x)
        ax.scatter(x[missing], y[missing], s=13, color=GREY, marker="x", linewidths=0.8)
        points = ax.scatter(
            x[~missing],
            y[~missing],
            s=13,
            c=colour[~missing],
            cmap=SEQUENTIAL,
            vmin=0,
            vmax=1,
            linewidths=0,
        )
    ax.axvline(0, color=GREY, linewidth=0.8, zorder=0)
    ax.set_yticks(range(len(keys)), [axis_label(name, names) for name in reversed(keys)])
    ax.set_xlabel(shap_label(explanation, target))
    few_ticks(ax)
    if points is not None:
        bar = ax.figure.colorbar(points, ax=ax, ticks=[0, 1], fraction=0.04, pad=0.02)
        bar.ax.set_yticklabels(["low", "high"])
        bar.set_label("descriptor value (rank)")
    return ax


def plot_dependence(
    explanation: Explanation,
    descriptor: str,
    *,
    colour_by: str | None = None,
    names: Names | None = None,
    target: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw the SHAP value of a descriptor against its value, coloured by another descriptor.

    Parameters
    ----------
    explanation : Explanation
        What to draw.
    descriptor : str
        Descriptor.
    colour_by : str, optional
        Descriptor for the colour; by default its strongest interaction partner where interactions were
        computed.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    target : str
        Name of the target, for the axis.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on.

    Raises
    ------
    ModelInputError
        If a descriptor was not explained.
    """
    ax = axes(ax)
    _column(explanation, descriptor)
    strength = explanation.interaction_strength
    if colour_by is None and strength is not None and len(strength) > 1:
        colour_by = str((strength[descriptor] + strength.loc[descriptor]).drop(descriptor).idxmax())
    x, y = explanation.X[descriptor].to_numpy(), explanation.values[descriptor].to_numpy()
    if colour_by is None:
        ax.scatter(x, y, s=18, color=BLUE, alpha=0.8, linewidths=0)
    else:
        _column(explanation, colour_by)
        colour = explanation.X[colour_by].to_numpy()
        unknown = ~np.isfinite(colour)
        ax.scatter(x[unknown], y[unknown], s=18, color=GREY, marker="x", linewidths=0.8)
        points = ax.scatter(x[~unknown], y[~unknown], s=18, c=colour[~unknown], cmap=SEQUENTIAL, linewidths=0)
        ax.figure.colorbar(points, ax=ax, fraction=0.04, pad=0.02).set_label(axis_label(colour_by, names))
    ax.axhline(0, color=GREY, linewidth=0.8, zorder=0)
    ax.set_xlabel(axis_label(descriptor, names))
    ax.set_ylabel(shap_label(explanation, target))
    return ax


def plot_waterfall(
    explanation: Explanation,
    crystal: Hashable,
    *,
    n: int = 10,
    names: Names | None = None,
    target: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw how descriptors carry the output of one crystal from the expected value to its prediction.

    Parameters
    ----------
    explanation : Explanation
        What to draw.
    crystal : hashable
        Label of the crystal in the index of the table.
    n : int
        Descriptors shown; the others are added up.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    target : str
        Name of the target, for the axis.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on.

    Raises
    ------
    ModelInputError
        If the crystal was not explained.
    """
    ax = axes(ax)
    i = _row(explanation, crystal)
    values = explanation.values.iloc[i]
    order = values.abs().sort_values(ascending=False, kind="stable").index
    shown = list(order[:n])
    rest = float(values[order[n:]].sum())
    contributions = [float(values[name]) for name in shown]
    lines = [f"{name_of(d, names)} = {amount(explanation.X[d].iloc[i], d, names)}" for d in shown]
    if len(order) > n:
        contributions.append(rest)
        lines.append(f"{len(order) - n} others")
    draw_waterfall(lines, contributions, float(explanation.base_values.iloc[i]), ax)
    label = shap_label(explanation, target, what="model output")
    ax.set_xlabel(f"{label}\ndotted: expected, dashed: this crystal")
    few_ticks(ax)
    ax.set_title(str(crystal))
    return ax


def plot_decision(
    explanation: Explanation,
    *,
    n: int = 12,
    names: Names | None = None,
    target: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw the way of every crystal from the expected value to its output, least important descriptors first.

    Parameters
    ----------
    explanation : Explanation
        What to draw.
    n : int
        Descriptors shown; the others are added up at the bottom.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    target : str
        Name of the target, for the axis.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    import matplotlib as mpl

    ax = axes(ax)
    keys = _top(explanation, n)
    values = explanation.values
    base = explanation.base_values.to_numpy()
    rest = values.drop(columns=keys).sum(axis=1).to_numpy()
    steps = np.column_stack([base, rest, values[list(reversed(keys))].to_numpy()])
    paths = np.cumsum(steps, axis=1)
    colours = mpl.colormaps[SEQUENTIAL](rank_colour(paths[:, -1]))
    for path, colour in zip(paths, colours, strict=True):
        ax.plot(path, np.arange(paths.shape[1]), color=colour, linewidth=0.9, alpha=0.8)
    ticks = ["expected", "others", *(axis_label(name, names) for name in reversed(keys))]
    ax.set_yticks(range(len(ticks)), ticks)
    ax.axvline(float(base.mean()), color=GREY, linewidth=0.8, zorder=0)
    ax.set_xlabel(shap_label(explanation, target, what="model output"))
    return ax


def plot_heatmap(
    explanation: Explanation,
    *,
    n: int = 12,
    names: Names | None = None,
    target: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw SHAP values as a map, crystals in the order of their prediction.

    Parameters
    ----------
    explanation : Explanation
        What to draw.
    n : int
        Descriptors, most important on top.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    target : str
        Name of the target, for the colour bar.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    ax = axes(ax)
    keys = _top(explanation, n)
    order = np.argsort(explanation.prediction.to_numpy(), kind="stable")
    matrix = explanation.values[keys].to_numpy()[order].T
    limit = float(np.abs(matrix).max()) or 1.0
    drawn = ax.imshow(matrix, aspect="auto", cmap=DIVERGING, vmin=-limit, vmax=limit, interpolation="nearest")
    ax.set_yticks(range(len(keys)), [axis_label(name, names) for name in keys])
    ax.set_xlabel("crystals, softest prediction first")
    ax.grid(visible=False)
    ax.figure.colorbar(drawn, ax=ax, fraction=0.04, pad=0.02).set_label(shap_label(explanation, target))
    return ax
