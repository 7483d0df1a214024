"""Figures of how well models do: parity, scores, reliability, learning curve, scrambling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.errors import ModelInputError
from perovex.figures.axes import axes
from perovex.figures.marks import diagonal, scatter_by_halide
from perovex.figures.style import BLUE, GREY, VERMILLION
from perovex.learn.uncertainty.calibration import expected_calibration_error, reliability_table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from perovex.learn.validation.learning_curve import LearningCurve
    from perovex.learn.validation.scrambling import Scrambling


def plot_parity(
    observed: pd.Series, predicted: pd.Series, colour: pd.Series, ax: Axes | None = None, *, unit: str = "GPa"
) -> Axes:
    """Plot held-out predictions against labels.

    Parameters
    ----------
    observed, predicted : Series
        Same index; rows without a prediction are left out.
    colour : Series
        Halide of each row.
    ax : Axes, optional
        Where to draw; without it a new figure.
    unit : str
        Of both.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    scatter_by_halide(ax, observed, predicted, colour, size=28, alpha=0.8, linewidth=0.5)
    both = np.concatenate([observed.to_numpy(float), predicted.to_numpy(float)])
    low, high = float(np.nanmin(both)), float(np.nanmax(both))
    pad = 0.05 * (high - low)
    low, high = low - pad, high + pad
    diagonal(ax, low, high)
    ax.set(xlim=(low, high), ylim=(low, high))
    ending = f" ({unit})" if unit else ""
    ax.set_xlabel(f"label{ending}")
    ax.set_ylabel(f"held-out prediction{ending}")
    ax.legend(fontsize=8)
    return ax


def plot_scores(scores: pd.DataFrame, metric: str, ax: Axes | None = None) -> Axes:
    """Plot one metric of a model and its baselines with intervals.

    Parameters
    ----------
    scores : DataFrame
        Indexed by model name; columns ``value``, ``lower``, ``upper``.
    metric : str
        Name for the axis.
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    order = list(scores.index)[::-1]
    for position, name in enumerate(order):
        row = scores.loc[name]
        colour = BLUE if position == len(order) - 1 else "0.45"
        ax.plot([row["lower"], row["upper"]], [position, position], color=colour, linewidth=2.2, alpha=0.6)
        ax.plot([row["value"]], [position], color=colour, marker="o", markersize=6)
    ax.set_yticks(range(len(order)), order)
    ax.set_xlabel(metric)
    ax.margins(y=0.15)
    return ax


def plot_reliability(label: ArrayLike, probability: ArrayLike, *, n_bins: int = 10, ax: Axes | None = None) -> Axes:
    """Plot predicted probabilities against what came true, with 95 % intervals, beside the diagonal.

    Parameters
    ----------
    label : array_like of bool, shape (n_rows,)
        Truth.
    probability : array_like, shape (n_rows,)
        Predicted probability of True.
    n_bins : int
        At most this many bins of equal size.
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes

    Examples
    --------
    >>> plot_reliability([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.4, 0.6, 0.8, 0.9]).get_xlabel()
    'predicted probability'
    """
    ax = axes(ax)
    table = reliability_table(label, probability, n_bins=n_bins)
    error = expected_calibration_error(table)
    reach = [table["observed"] - table["lower"], table["upper"] - table["observed"]]
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
    ax.errorbar(table["predicted"], table["observed"], yerr=np.maximum(reach, 0), fmt="o", color=BLUE, capsize=2)
    ax.set(xlabel="predicted probability", ylabel="observed share", xlim=(0, 1), ylim=(0, 1))
    ax.set_title(f"expected calibration error {error:.2f}")
    return ax


def plot_learning_curve(curve: LearningCurve, *, ax: Axes | None = None) -> Axes:
    """Plot a held-out score against the number of training groups, with the fitted law where there is one.

    Parameters
    ----------
    curve : LearningCurve
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    table = curve.table
    ax.plot(table["n_groups"], table["value"], "o-", color=BLUE, label="held out")
    ax.fill_between(table["n_groups"], table["lower"], table["upper"], color=BLUE, alpha=0.2)
    reached = np.linspace(table["n_groups"].min(), 3 * table["n_groups"].max(), 100)
    try:
        law = curve.power_law(reached)
    except ModelInputError:  # a curve that does not fall is drawn without a law
        law = None
    if law is not None:
        ax.plot(reached, law, "--", color=GREY, label="power law")
    ax.set(xlabel="training groups", ylabel=curve.metric)
    ax.legend()
    return ax


def plot_scrambling(scrambling: Scrambling, *, ax: Axes | None = None) -> Axes:
    """Plot scores on shuffled targets beside the observed one.

    Parameters
    ----------
    scrambling : Scrambling
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    known = scrambling.null[np.isfinite(scrambling.null)]
    ax.hist(known, bins=15, color=GREY, alpha=0.5, label="shuffled targets")
    ax.axvline(scrambling.observed, color=VERMILLION, label=f"observed, p = {scrambling.p_value:.3g}")
    ax.set(xlabel=scrambling.metric, ylabel="shuffles")
    ax.legend()
    return ax
