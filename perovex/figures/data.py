"""Figures of the data: moduli of crystals by n, halide and stacking. Each takes `ax` and returns it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.figures.axes import axes
from perovex.figures.marks import diagonal, halide_look, scatter_by_halide
from perovex.figures.style import BLUE, GREEN, HALIDE_COLOURS, ORANGE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MODULUS_LABELS = {
    "E_in_plane": "in-plane Young's modulus (GPa)",
    "E_out_of_plane": "out-of-plane Young's modulus (GPa)",
    "E_vrh": "average Young's modulus, VRH (GPa)",
}


def plot_moduli(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Plot out-of-plane against in-plane Young's modulus, colour by halide, size by n.

    Parameters
    ----------
    table : DataFrame
        Columns ``E_in_plane``, ``E_out_of_plane`` (GPa), ``halide``, ``n_layers``.
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    for halide, rows in table.groupby("halide"):
        size = np.where(np.isfinite(rows["n_layers"]), 22 + 22 * rows["n_layers"].clip(upper=6), 110)
        filled = np.isfinite(rows["n_layers"])
        colour, marker = halide_look(halide)
        ax.scatter(
            rows.loc[filled, "E_in_plane"],
            rows.loc[filled, "E_out_of_plane"],
            s=size[filled],
            c=colour,
            marker=marker,
            alpha=0.75,
            edgecolor="white",
            linewidth=0.6,
            label=str(halide),
        )
        ax.scatter(
            rows.loc[~filled, "E_in_plane"],
            rows.loc[~filled, "E_out_of_plane"],
            s=60,
            facecolor="none",
            edgecolor=colour,
            marker=marker,
            linewidth=1.3,
            label=f"{halide}, 3D network" if (~filled).any() else None,
        )
    top = 1.05 * float(np.nanmax(table[["E_in_plane", "E_out_of_plane"]].to_numpy()))
    diagonal(ax, 0, top)
    ax.set(xlim=(0, top), ylim=(0, top))
    ax.set_xlabel(MODULUS_LABELS["E_in_plane"])
    ax.set_ylabel(MODULUS_LABELS["E_out_of_plane"])
    ax.legend(title="halide (larger: more layers)", fontsize=8, title_fontsize=8)
    return ax


def _class_name(value: float | str) -> str:
    """Name a class of crystals; an empty stacking is that of crystals without layers, or of one layer a cell."""
    if isinstance(value, str):
        return value or "none"
    return "3D" if value == np.inf else f"{value:g}"


def plot_label_check(moduli: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Plot moduli of labels against references, beside the diagonal.

    Parameters
    ----------
    moduli : DataFrame
        Columns ``K_label``, ``K_reference`` and the same for G and E, GPa.
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    top = 0.0
    for name, colour, marker in (("K", GREEN, "^"), ("G", ORANGE, "s"), ("E", BLUE, "o")):
        label, reference = moduli[f"{name}_label"], moduli[f"{name}_reference"]
        ax.scatter(reference, label, s=26, color=colour, marker=marker, label=name, edgecolor="white", linewidth=0.4)
        top = max(top, 1.08 * float(np.nanmax([label.max(), reference.max()])))
    diagonal(ax, 0, top)
    ax.set(xlim=(0, top), ylim=(0, top))
    ax.set_xlabel("first principles (GPa)")
    ax.set_ylabel("label (GPa)")
    ax.legend(fontsize=8)
    return ax


def plot_distribution(table: pd.DataFrame, target: str, by: str, ax: Axes | None = None, *, unit: str = "GPa") -> Axes:
    """Plot every crystal's modulus, or another quantity, by a property, with median and quartiles of each class.

    Parameters
    ----------
    table : DataFrame
        Columns `target`, `by` and, where it is known, ``halide``.
    target : str
        Quantity to plot.
    by : str
        Property on the horizontal axis, such as ``n_layers``, ``halide`` or ``stacking``; n = inf is called 3D.
    ax : Axes, optional
        Where to draw; without it a new figure.
    unit : str
        Of the target.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    known = {name: rank for rank, name in enumerate([*HALIDE_COLOURS, "DJ", "RP", "ACI", "intermediate", "3D"])}
    classes = sorted(table[by].unique(), key=lambda value: (known.get(value, -1), value))
    names = [_class_name(value) for value in classes]
    names = [name.replace("intermediate", "inter-\nmediate") for name in names]  # else it runs into its neighbours
    for position, value in enumerate(classes):
        rows = table[table[by] == value].sort_values(target)
        low, middle, high = rows[target].quantile([0.25, 0.5, 0.75])
        ax.plot([position, position], [low, high], color="0.6", linewidth=9, alpha=0.4, solid_capstyle="butt", zorder=1)
        ax.plot([position - 0.3, position + 0.3], [middle, middle], color="black", linewidth=1.2, zorder=2)
        side = np.resize([-0.18, -0.06, 0.06, 0.18], len(rows))  # neighbours in value stand beside each other
        colour = rows["halide"] if "halide" in rows else np.full(len(rows), "all")
        scatter_by_halide(
            ax, position + side, rows[target], colour, size=18, labels=False, alpha=0.8, linewidth=0.4, zorder=3
        )
    ax.set_xticks(
        range(len(classes)), [f"{n}\n({(table[by] == v).sum()})" for n, v in zip(names, classes, strict=True)]
    )
    ax.set_xlim(-0.6, len(classes) - 0.4)
    ax.set_xlabel({"n_layers": "layers per slab, n", "phase": "family"}.get(by, by.replace("_", " ")))
    ax.set_ylabel(MODULUS_LABELS.get(target, f"{target} ({unit})" if unit else target))
    return ax


def plot_series(table: pd.DataFrame, target: str, ax: Axes | None = None, *, unit: str = "GPa") -> Axes:
    """Plot matched series: the same spacer and halide at n = 1, 2, 3, one line each.

    Parameters
    ----------
    table : DataFrame
        Columns `target`, ``n_layers``, ``halide``, ``spacer_smiles``.
    target : str
        Quantity to plot.
    ax : Axes, optional
        Where to draw; without it a new figure.
    unit : str
        Of the target.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    layered = table[np.isfinite(table["n_layers"])]
    for halide in sorted(layered["halide"].unique()):
        colour, marker = halide_look(halide)
        labelled = False
        for _, rows in layered[layered["halide"] == halide].groupby("spacer_smiles"):
            mean = rows.groupby("n_layers")[target].mean().sort_index()
            if len(mean) < 2:
                continue
            ax.plot(
                mean.index,
                mean.to_numpy(),
                color=colour,
                marker=marker,
                alpha=0.75,
                linewidth=1.2,
                label=None if labelled else str(halide),
            )
            labelled = True
    ax.set_xticks(sorted(layered["n_layers"].unique()))
    ax.set_xlabel("layers per slab, n")
    ax.set_ylabel(MODULUS_LABELS.get(target, f"{target} ({unit})" if unit else target))
    if ax.get_legend_handles_labels()[0]:  # above, where no line runs through it
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=8)
    return ax
