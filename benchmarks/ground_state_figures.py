"""Draw what a search for minima buys and how moduli go with halide and layers: the figures of docs/minima.md.

Usage: python benchmarks/ground_state_figures.py BEFORE AFTER [--out docs/figures], with the folders of a release
without a search and of one that packs it, as for ground_states.py, which prints the numbers.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from ground_states import STEPS, read
from scipy.stats import hypergeom

from perovex.figures.style import BLUE, GREEN, GREY, HALIDE_COLOURS, ORANGE, VERMILLION, style

if TYPE_CHECKING:
    from ground_states import Both
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MODULI = {"E_in_plane": "in plane", "E_out_of_plane": "out of plane", "E_vrh": "average (VRH)"}
LAYERS = {1.0: "1", 2.0: "2", 3.0: "3"}
ROUNDS = {
    "given\ncrystal": ["given"],
    "+ borrowed\npattern": ["substitute"],
    "+ sheets\nin or out": ["thicken", "thin"],
    "+ turned,\nslid, tilted": ["turn", "slide", "tilt", "return"],  # and their patterns, lent to other halides
    "+ made\nanew": ["cation-exchange", "build"],
}
FEWEST = 3  # candidates of a compound that counts in the curve
SAME = 3.0  # meV per metal within which two minima are one


def draw_heights(ax: Axes, both: Both) -> None:
    """Cumulative share of the labels of the earlier release by their energy above the lowest found."""
    labels, found = both.labels.loc[both.shared], both.found.loc[both.shared]
    above = np.sort(1e3 * (labels["per_metal"] - found["energy_per_metal"]))
    share = np.arange(1, len(above) + 1) / len(above)
    ax.step(above, 100 * share, where="post", color=BLUE)
    ax.set(xscale="symlog", xlim=(0, 500), ylim=(0, 101))
    ax.set_xticks([0, 1, 10, 100], ["0", "1", "10", "100"])
    ax.set(
        title=f"Labels of {both.old.version}, {len(above)} compounds",
        xlabel="above the lowest found, meV per metal",
        ylabel="share of compounds at most so high, %",
    )


def draw_exchange(ax: Axes, both: Both) -> None:
    """Exchange energies of every spacer at n = 1 less their mean, before the search and after it."""
    labels, found = both.labels.loc[both.shared], both.found.loc[both.shared]
    energies = {
        f"labels of {both.old.version}": (labels["per_metal"], GREY, -0.15),
        "lowest found": (found["energy_per_metal"], BLUE, 0.15),
    }
    for name, (energy, colour, shift) in energies.items():
        frame = found[["n_layers", "spacer_smiles", "halide"]].assign(energy=1e3 * energy)
        wide = frame[frame["n_layers"] == 1].pivot_table(index="spacer_smiles", columns="halide", values="energy")
        for place, (one, other) in enumerate(STEPS):
            step = (wide[other] - wide[one]).dropna()
            ax.scatter(np.full(len(step), place + shift), step - step.mean(), s=14, color=colour, alpha=0.7)
        ax.scatter([], [], s=14, color=colour, label=name)
    ax.set_xticks(range(len(STEPS)), [f"{one} to {other}" for one, other in STEPS])
    ax.set(title="Exchange of halides, n = 1", ylabel="less the mean over spacers, meV per metal")
    ax.margins(y=0.2)  # room for the names
    ax.legend(loc="upper center", ncols=2)


def draw_rounds(ax: Axes, both: Both) -> None:
    """Share of compounds whose lowest minimum is known after each strategy, of those that had several."""
    done = both.candidates[both.candidates["status"] == "minimum"]
    lowest = done.pivot_table(index="compound", columns="strategy", values="above_lowest", aggfunc="min")
    several = lowest[lowest["given"].notna() & (lowest.notna().sum(axis=1) > 1)]
    best = pd.DataFrame({name: several.reindex(columns=ways).min(axis=1) for name, ways in ROUNDS.items()})
    known = best.cummin(axis=1).ffill(axis=1)
    heights = [100 * float((known[name] < SAME).mean()) for name in ROUNDS]
    bars = ax.bar(range(len(ROUNDS)), heights, color=[GREY, BLUE, ORANGE, VERMILLION, GREEN], width=0.6)
    ax.bar_label(bars, fmt="%.0f %%")
    ax.set_xticks(range(len(ROUNDS)), list(ROUNDS))
    ax.set(
        title=f"Strategies, {len(several)} compounds with several",
        ylabel="share at the lowest minimum found, %",
        ylim=(0, 108),
    )


def draw_needed(ax: Axes, both: Both) -> None:
    """Share of compounds whose lowest minimum is known after k candidates, the mean over their orders.

    Of N candidates m end in the lowest; k drawn at random miss it with the hypergeometric probability of no hit.
    """
    done = both.candidates.groupby("compound")["above_lowest"].agg(
        n="size", hits=lambda above: int((above < SAME).sum())
    )
    tried = done[(done["n"] >= FEWEST) & (done["hits"] > 0)]
    asked = np.arange(1, int(tried["n"].max()) + 1)
    missed = hypergeom.pmf(
        0,
        tried["n"].to_numpy()[:, None],
        tried["hits"].to_numpy()[:, None],
        np.minimum(asked, tried["n"].to_numpy()[:, None]),
    )
    ax.plot(asked, 100 * (1 - missed).mean(axis=0), marker="o", color=BLUE)
    ax.set(
        title=f"{len(tried)} compounds with {FEWEST} and more",
        xlabel="candidates in random order",
        ylabel="share whose lowest is found, %",
        ylim=(0, 103),
    )


def draw_series(ax: Axes, series: pd.DataFrame, colours: list[str]) -> None:
    """Moduli of every series by the mean of its members, as lines, and their geometric means over series."""
    steps = range(series.shape[1])
    relative = series.div(np.exp(np.log(series).mean(axis=1)), axis=0)
    ax.plot(steps, relative.T, color=GREY, alpha=0.22, linewidth=0.8)
    middle = np.exp(np.log(relative).mean())
    ax.plot(steps, middle, color="black", linewidth=1.6, zorder=3)
    ax.scatter(steps, middle, s=46, color=colours, zorder=4)
    ax.set(yscale="log", ylim=(0.4, 2.5), xlim=(-0.25, series.shape[1] - 0.75))
    ax.set_yticks([0.5, 1, 2], ["0.5", "1", "2"])
    ax.minorticks_off()


def draw_trends(both: Both) -> Figure:
    """Series of halides (n = 1) and of layers, one column a modulus."""
    lead = both.renewed[both.renewed["metal"] == "Pb"]
    single = lead[(lead["n_layers"] == 1) & lead["halide"].isin(list(HALIDE_COLOURS))]
    layered = lead[lead["n_layers"].isin(list(LAYERS))]
    made, axes = plt.subplots(2, len(MODULI), figsize=(9.0, 5.6), sharey=True)
    for column, (modulus, title) in enumerate(MODULI.items()):
        upper, lower = axes[:, column]
        halides = single.pivot_table(index="spacer_smiles", columns="halide", values=modulus)
        halides = halides[list(HALIDE_COLOURS)].dropna()
        draw_series(upper, halides, list(HALIDE_COLOURS.values()))
        upper.set_xticks(range(len(HALIDE_COLOURS)), list(HALIDE_COLOURS))
        wins = int((halides["Cl"] > halides["I"]).sum())
        upper.set(title=f"E {title}", xlabel=f"Cl above I in {wins} of {len(halides)} spacers")
        layers = layered.pivot_table(index=["spacer_smiles", "halide"], columns="n_layers", values=modulus).dropna()
        draw_series(lower, layers, [VERMILLION] * len(LAYERS))
        lower.set_xticks(range(len(LAYERS)), [f"n = {name}" for name in LAYERS.values()])
        wins = int((layers[3.0] > layers[1.0]).sum())
        lower.set_xlabel(f"n = 3 above n = 1 in {wins} of {len(layers)} series")
    for ax in axes[:, 0]:
        ax.set_ylabel("by the mean of the series")
    return made


def draw_search(both: Both) -> Figure:
    """What the search found, in four panels."""
    made, axes = plt.subplots(2, 2, figsize=(9.0, 6.6))
    for ax, draw in zip(axes.flat, (draw_heights, draw_exchange, draw_rounds, draw_needed), strict=True):
        draw(ax, both)
    return made


def main() -> None:
    """Draw both figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / "docs" / "figures")
    asked = parser.parse_args()
    both = read(asked.before, asked.after)
    with style():
        for name, draw in (("ground_states", draw_search), ("trends", draw_trends)):
            made = draw(both)
            made.savefig(asked.out / f"{name}.png", dpi=110, metadata={"Software": None})
            plt.close(made)


if __name__ == "__main__":
    main()
