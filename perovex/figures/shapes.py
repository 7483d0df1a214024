"""The shape of each term of a small model, with what the other terms leave of every crystal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.explain.names import axis_label
from perovex.figures.axes import axes, few_ticks
from perovex.figures.style import PURPLE
from perovex.learn import formula

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from perovex.explain.names import Names
    from perovex.learn import YoungModulusRegressor


def plot_shape(
    model: YoungModulusRegressor,
    descriptor: str,
    X: pd.DataFrame,
    y: pd.Series,
    *,
    names: Names | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one term of a linear model, all others held at their means, with partial residuals.

    Parameters
    ----------
    model : YoungModulusRegressor
        Fitted linear model, such as `perovex.learn.small_model`.
    descriptor : str
        One of its descriptors.
    X : DataFrame, shape (rows, descriptors)
        Crystals to draw.
    y : Series, shape (rows,)
        Their values. A point is what the term and the error of the model make of its crystal.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on: change of the target by the term, in per cent where the model learns its logarithm.

    Raises
    ------
    ModelInputError
        If the model is not linear.
    KeyError
        If the model does not use the descriptor.
    """
    ax = axes(ax, width=3.0, height=2.6)
    term = formula(model).loc[descriptor]
    value = X[descriptor].to_numpy(dtype=float)
    term_of_row = term["coefficient"] * (value - term["mean"])
    predicted = model.predict(X)
    truth = y.to_numpy(dtype=float)
    left = np.log(truth / predicted) if model.log_target else truth - predicted
    line = np.linspace(np.nanmin(value), np.nanmax(value), 60)
    on_line = term["coefficient"] * (line - term["mean"])

    def shown(change: np.ndarray) -> np.ndarray:
        return 100 * np.expm1(change) if model.log_target else change

    ax.axhline(0, color="0.6", linewidth=0.7)
    ax.scatter(value, shown(term_of_row + left), s=7, color="0.55", alpha=0.6, linewidths=0)
    ax.plot(line, shown(on_line), color=PURPLE, linewidth=1.8)
    ax.set_xlabel(axis_label(descriptor, names))
    ax.set_ylabel(f"change of {model.target}" + (" (%)" if model.log_target else ""))
    return few_ticks(ax)
