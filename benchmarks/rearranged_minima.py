"""What rearranged, borrowed and built crystals find that a search had not known before.

Usage: python benchmarks/rearranged_minima.py BEFORE AFTER, with two releases that pack their search.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from perovex.datasets import load_elastic
from perovex.datasets.schema import source_of
from perovex.minima.archive import read_packed
from perovex.minima.candidate import MADE_FROM
from perovex.minima.compound import Compound

REARRANGED = ("tilt", "turn", "slide")
EXCHANGED, BUILT = "cation-exchange", "build"
SAME = 3.0  # meV per metal within which two minima count as equally low
MODULI = ("E_in_plane", "E_out_of_plane", "E_vrh", "E_in_plane_soft_frozen", "E_vrh_soft_frozen")


def candidates(folder: Path) -> pd.DataFrame:
    """Minima and failures of a packed search, with the compound's name and the energy in meV per metal."""
    records, _ = read_packed(folder, ())
    table = pd.DataFrame(records).set_index("id")
    table["name"] = [Compound.from_record(compound).name for compound in table["compound"]]
    table["iodide"] = [replace(Compound.from_record(record), halides="I").name for record in table["compound"]]
    table["halide"] = [compound["halides"] for compound in table["compound"]]
    table["n"] = [compound["n_layers"] for compound in table["compound"]]
    table["spacers"] = [compound["spacers"] for compound in table["compound"]]
    table["energy"] = 1e3 * table["energy_per_metal_eV"].astype(float)
    return table


def origins(table: pd.DataFrame) -> pd.Series:
    """Source of the crystals that families began with, by spacers, before any was made anew; measured ones first."""
    sources = table["origin"].str.removeprefix(MADE_FROM).map(source_of)
    ranked = sources[sources != "unknown"].sort_values(key=lambda values: values != "experiment", kind="stable")
    return ranked.groupby(table.loc[ranked.index, "spacers"]).first()


def tell_strategies(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Each way to rearrange or exchange: candidates, calls, and how many ended below all that was known before."""
    minima = before[before["status"] == "minimum"]
    lowest = minima.groupby("name")["energy"].min()
    tried = after[after["strategy"].isin((*REARRANGED, EXCHANGED, BUILT)) & ~after.index.isin(before.index)]
    if not len(tried):
        return
    below = (tried["status"] == "minimum") & (tried["energy"] < tried["name"].map(lowest) - SAME)
    table = (
        tried.assign(below=below)
        .groupby("strategy")
        .agg(
            candidates=("below", "size"),
            below=("below", "sum"),
            calls=("calls", "median"),
            seconds=("seconds", "median"),
        )
    )
    print(f"below: more than {SAME:g} meV per metal below the lowest minimum of before")
    print(table.to_string())


def tell_energies(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """How far the lowest minimum of compounds that were tried anew went down, by origin, halide and what was tried."""
    first = before[before["status"] == "minimum"].groupby("name")["energy"].min()
    last = after[after["status"] == "minimum"].groupby("name")["energy"].min()
    new = after.loc[~after.index.isin(before.index)]
    tried = new.drop_duplicates("name").set_index("name")
    itself = tried.index.isin(new.loc[new["strategy"].isin(REARRANGED), "name"])
    anew = tried.index.isin(new.loc[new["strategy"].isin((EXCHANGED, BUILT)), "name"])
    ways = [itself & anew, itself, anew]
    words = ["rearranged and made anew", "rearranged itself", "made anew"]
    tried["tried"] = np.select(ways, words, "borrowed patterns only")
    tried["origin"] = tried["spacers"].map(origins(before))
    tried["down"] = first - last
    summary = (
        tried.dropna(subset=["down"])
        .groupby(["origin", "halide", "tried"])["down"]
        .agg(
            compounds="size",
            lower=lambda values: int((values > SAME).sum()),
            median=lambda values: values[values > SAME].median(),
            most="max",
        )
    )
    print("\ncompounds tried, of how many a lower minimum was found, by how much where one was (meV per metal)")
    print(summary.round(0).to_string())


def tell_sheets(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """How far compounds with one, two and three sheets went down to whatever was tried."""
    first = before[before["status"] == "minimum"].groupby("name")["energy"].min()
    last = after[after["status"] == "minimum"].groupby("name")["energy"].min()
    tried = after.loc[~after.index.isin(before.index)].drop_duplicates("name").set_index("name")
    tried["down"] = first - last
    known = tried.dropna(subset=["down"])
    by_n = {f"n = {n:g}": rows["down"] for n, rows in known.groupby("n")} | {"all": known["down"]}
    summary = {
        words: {
            "compounds": len(down),
            "lower": (down > SAME).sum(),
            "median": down[down > SAME].median(),
            "most": down.max(),
            "by more than 50": (down > 50).sum(),
        }
        for words, down in by_n.items()
    }
    print("\ncompounds by the number of their sheets (meV per metal)")
    print(pd.DataFrame(summary).T.round(0).to_string())
    furthest = known["down"].sort_values().tail(8)
    print("those that went down furthest: " + ", ".join(f"{name} {down:.0f}" for name, down in furthest.items()))


def tell_made_anew(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """How far crystals of like spacers, or built from nothing, led below what was known, by where it came from."""
    first = before[before["status"] == "minimum"].groupby("name")["energy"].min()
    given = before["strategy"] == "given"
    measured = set(before.loc[given & before["origin"].str.startswith("experiment"), "name"])
    new = after[after["strategy"].isin((EXCHANGED, BUILT)) & (after["status"] == "minimum")]
    new = new[~new.index.isin(before.index)]
    if not len(new):
        return
    down = (first - new.groupby("name")["energy"].min()).dropna()
    origin = new.drop_duplicates("name").set_index("name")["spacers"].map(origins(before)).loc[down.index]
    kind = np.where(down.index.isin(list(measured)), "measured itself", origin)
    summary = down.groupby(kind).agg(
        compounds="size",
        lower=lambda values: int((values > SAME).sum()),
        median=lambda values: values[values > SAME].median(),
        most="max",
        same=lambda values: int((values.abs() <= SAME).sum()),
    )
    print("\nof like spacers or from nothing (meV per metal); same: the lowest minimum was met again")
    print(summary.round(1).to_string())


def tell_halides(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """How many chlorides and bromides went down by themselves whose iodide had been rearranged in vain."""
    first = before[before["status"] == "minimum"].groupby("name")["energy"].min()
    tried = after[after["strategy"].isin(REARRANGED) & ~after.index.isin(before.index)]
    if not len(tried):
        return
    minima = tried["energy"].where(tried["status"] == "minimum")
    lower = (tried["name"].map(first) - minima > SAME).groupby(tried["name"]).any()
    halide = tried.groupby("name")["halide"].first()
    iodide = tried.groupby("name")["iodide"].first()
    in_vain = [name for name in lower.index if halide[name] == "I" and not lower[name]]
    others = lower[(halide != "I") & iodide.isin(in_vain)]
    print(
        f"\nchlorides and bromides of iodides rearranged in vain: {others.sum()} of {len(others)} went down themselves"
    )


def tell_moduli(before: Path, after: Path) -> None:
    """Moduli of compounds whose shown label changed, new over old."""
    old, new = load_elastic(before), load_elastic(after)
    columns = ["spacer_smiles", "metal", "halide", "n_layers"]
    pair = [data.table[data.table["source"] != "experiment"].reset_index() for data in (old, new)]
    joined = pair[0].merge(pair[1], on=columns, suffixes=("_old", "_new"))
    shown = [set(data.table.index) for data in (old, new)]
    moved = joined[~joined["crystal_id_old"].isin(shown[1]) & ~joined["crystal_id_new"].isin(shown[0])]
    print(f"\n{len(moved)} compounds with another label")
    for modulus in MODULI:
        ratio = moved[f"{modulus}_new"] / moved[f"{modulus}_old"]
        change = moved[f"{modulus}_new"] - moved[f"{modulus}_old"]
        typical = np.exp(np.log(ratio).mean())
        print(
            f"{modulus}: new over old {typical:.2f} ({ratio.min():.2f} to {ratio.max():.2f}), stiffer in "
            f"{(change > 0).sum()} of {change.notna().sum()}, mean absolute change {change.abs().mean():.1f} GPa"
        )


def main(before: str, after: str) -> None:
    tables = candidates(Path(before)), candidates(Path(after))
    tell_strategies(*tables)
    tell_energies(*tables)
    tell_sheets(*tables)
    tell_made_anew(*tables)
    tell_halides(*tables)
    tell_moduli(Path(before), Path(after))


if __name__ == "__main__":
    main(*sys.argv[1:3])
