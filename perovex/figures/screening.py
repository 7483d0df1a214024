"""Figures of a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.elasticity.names import BY_DIRECTION
from perovex.figures.axes import axes
from perovex.figures.style import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def plot_pareto(hits: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw hits by their two moduli with intervals, the Pareto front on top.

    Parameters
    ----------
    hits : DataFrame
        ``E_in_plane`` and ``E_out_of_plane`` with ``_lower`` and ``_upper`` (GPa), and ``pareto``.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> from perovex.screening import screen
    >>> ax = plot_pareto(screen(["CCCC[NH3+]", "[NH3+]CCCC[NH3+]"]).hits)
    >>> ax.get_xlabel()
    'E_in_plane (GPa)'
    """
    ax = axes(ax)
    x, y = hits["E_in_plane"].to_numpy(float), hits["E_out_of_plane"].to_numpy(float)
    front = hits["pareto"].to_numpy(bool)
    with style():
        reach = {
            name: np.abs(hits[[f"{name}_lower", f"{name}_upper"]].to_numpy(float).T - hits[name].to_numpy(float))
            for name in BY_DIRECTION
        }
        ax.errorbar(
            x[front], y[front], xerr=reach["E_in_plane"][:, front], yerr=reach["E_out_of_plane"][:, front],
            fmt="none", color="0.8", linewidth=0.8, zorder=1,
        )  # fmt: skip
        ax.scatter(x[~front], y[~front], s=14, color="0.6", label="other hits", zorder=2)
        ax.scatter(x[front], y[front], s=26, color="C1", label="Pareto front, with intervals", zorder=3)
        ax.set(xlabel="E_in_plane (GPa)", ylabel="E_out_of_plane (GPa)")
        ax.legend(frameon=False)
    return ax
