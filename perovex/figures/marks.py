"""Marks that figures share: a colour and a symbol for each halide, intervals in rows, the diagonal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.figures.style import BLUE, HALIDE_COLOURS, HALIDE_MARKERS, PURPLE, SKY, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


_OTHERS = (PURPLE, SKY, VERMILLION)


def halide_look(halide: object, number: int = 0) -> tuple[str, str]:
    """Return the colour and the marker of a halide, and those of anything else by its number among such.

    Examples
    --------
    >>> halide_look("I")[1], halide_look("Br/I")[1]
    ('o', 'D')
    """
    return HALIDE_COLOURS.get(str(halide), _OTHERS[number % len(_OTHERS)]), HALIDE_MARKERS.get(str(halide), "D")


def scatter_by_halide(
    ax: Axes, x: ArrayLike, y: ArrayLike, halide: ArrayLike, *, size: ArrayLike = 20, labels: bool = True, **look: Any
) -> None:
    """Draw one scatter for each halide, or each value of another category.

    Parameters
    ----------
    ax : Axes
    x, y : array_like, shape (n,)
    halide : array_like of str, shape (n,)
    size : float or array_like, shape (n,)
        Area of the symbols, points^2.
    labels : bool
        Name halides in a legend.
    **look
        Passed to `Axes.scatter`.
    """
    across, up, names = np.asarray(x), np.asarray(y), np.asarray(halide).astype(str)
    areas = np.broadcast_to(np.asarray(size, dtype=float), across.shape)
    kinds = np.unique(names)
    others = [name for name in kinds if name not in HALIDE_COLOURS]
    for name in kinds:
        rows = names == name
        colour, marker = halide_look(name, others.index(name) if name in others else 0)
        label = str(name) if labels else None
        several = len(np.unique(areas[rows])) > 1
        own_size = areas[rows] if several else areas[rows][:1]  # an SVG holds a symbol of one size once
        own = {"s": own_size, "c": colour, "marker": marker, "label": label, "edgecolor": "white"}
        ax.scatter(across[rows], up[rows], **own, **look)


def interval_rows(ax: Axes, lower: ArrayLike, value: ArrayLike, upper: ArrayLike) -> np.ndarray:
    """Draw one value with its interval in each row, the first at the bottom, and return the heights of the rows."""
    heights = np.arange(len(np.asarray(value)), dtype=float)
    ax.hlines(heights, lower, upper, color=BLUE, linewidth=2.0, alpha=0.6)
    ax.plot(value, heights, "o", color=BLUE, markersize=5)
    return heights


def diagonal(ax: Axes, low: float, high: float) -> None:
    """Draw the line on which two values are equal."""
    ax.plot([low, high], [low, high], color="0.5", linewidth=0.8, linestyle="--", zorder=0)
