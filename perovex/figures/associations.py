"""Figures of what goes with a modulus: signs beside their rivals, and the picture in which packing explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.errors import ModelInputError
from perovex.explain.names import axis_label, name_of
from perovex.figures.axes import axes
from perovex.figures.marks import scatter_by_halide
from perovex.figures.style import PALETTE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from perovex.explain.names import Names

_MARKS = {"raw": "o", "partial": "s", "direct": "D", "between": "^", "SHAP": "*"}
_WORDS = {
    "raw": "as it is",
    "partial": "rivals held equal",
    "direct": "what it acts through held equal, too",
    "between": "between {groups} of a balanced part",
    "SHAP": "of the model",
}


def plot_associations(
    table: pd.DataFrame,
    descriptor: str,
    *,
    names: Names | None = None,
    groups: str = "spacers",
    ax: Axes | None = None,
) -> Axes:
    """Draw sign and strength of one descriptor in every view, with intervals.

    Parameters
    ----------
    table : DataFrame
        From `perovex.explain.associations`.
    descriptor : str
        One of its descriptors.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    groups : str
        What several groups are called.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on. Filled marks have intervals without zero.

    Raises
    ------
    ModelInputError
        If the table does not hold the descriptor.
    """
    part = table[table["descriptor"] == descriptor]
    if part.empty:
        raise ModelInputError(
            f"no associations of {descriptor!r}", remedy=f"one of {', '.join(table['descriptor'].unique())}"
        )
    ax = axes(ax, height=max(2.4, 0.24 * len(part) + 0.9))
    heights = np.arange(len(part), dtype=float)[::-1]
    ax.axvline(0, color="0.5", linewidth=0.8, zorder=0)
    ax.hlines(heights, part["lower"], part["upper"], color="0.35", linewidth=1.0)
    colours = dict(zip(_MARKS, PALETTE.values(), strict=False))
    for kind, mark in _MARKS.items():
        chosen = (part["kind"] == kind).to_numpy()
        if not chosen.any():
            continue
        sure = (part["sign"] != "?").to_numpy()[chosen]
        faces = [colours[kind] if ok else "white" for ok in sure]
        ax.scatter(
            part["estimate"].to_numpy()[chosen],
            heights[chosen],
            marker=mark,
            s=34,
            c=faces,
            edgecolors=colours[kind],
            label=_WORDS[kind].format(groups=groups),
            zorder=3,
        )
    views = ["and what it acts through" if row["kind"] == "direct" else row["view"] for _, row in part.iterrows()]
    words = [f"{view} ({n}, {g})" for view, n, g in zip(views, part["n_rows"], part["n_groups"], strict=True)]
    ax.set_yticks(heights, words)
    ax.set_xlim(-1, 1)
    ax.set_xlabel(f"rank correlation of {name_of(descriptor, names)} with the modulus\n(crystals, groups in brackets)")
    ax.legend(fontsize=7, loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=2, frameon=False)
    return ax


def plot_modulus(
    modulus: pd.Series,
    against: pd.Series,
    *,
    colour: pd.Series,
    size: pd.Series | None = None,
    names: Names | None = None,
    log: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw a modulus against a descriptor, coloured by a category and sized by another descriptor.

    Parameters
    ----------
    modulus : Series, shape (rows,)
        GPa.
    against : Series, shape (rows,)
        Descriptor, such as the free volume.
    colour : Series, shape (rows,)
        Category, such as the halide.
    size : Series, shape (rows,), optional
        Descriptor that sizes the symbols, such as the share of the slab.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    log : bool
        Draw the modulus on a logarithmic scale.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    ax = axes(ax)
    areas = np.full(len(modulus), 22.0)
    if size is not None:
        areas = 8 + 60 * size.rank(pct=True).fillna(0.5).to_numpy()
    scatter_by_halide(ax, against, modulus, colour, size=areas, alpha=0.7, linewidth=0.5)
    if log:
        ax.set_yscale("log")
    ax.set_xlabel(axis_label(str(against.name), names))
    ax.set_ylabel(f"{modulus.name} (GPa)")
    note = "" if size is None else f"size: {name_of(str(size.name), names)}"
    ax.legend(title=note, fontsize=7, title_fontsize=7)
    return ax
