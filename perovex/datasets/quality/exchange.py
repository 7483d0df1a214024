"""Exchange energies: one halide for another costs alike for all spacers, unless a minimum is too high.

The cheap alarm of the data: it needs no calculation beyond the energies of the labels.
"""

from __future__ import annotations

from typing import Final

import pandas as pd
from pymatgen.core import Composition

#: Compounds this far above what the exchange energies of other spacers let expect are too high, meV per metal.
ALARM: Final = 50.0
#: Fewer spacers with two halides in common give no median worth the name.
LEAST_SPACERS: Final = 4
#: Columns of what is too high, beside the name of the crystal.
TOO_HIGH: Final = ["n_layers", "halide", "too_high", "borrow_from", "spacers"]


def energy_per_metal(table: pd.DataFrame) -> pd.Series:
    """Potential energy per metal, eV, from ``energy`` (of the cell), ``formula``, ``n_atoms`` and ``metal``."""
    return table.apply(_per_metal, axis=1).rename("energy_per_metal").astype(float)


def _per_metal(row: pd.Series) -> float:
    formula = Composition(row["formula"])
    metals = sum(formula[metal] for metal in row["metal"].split("."))
    return float(row["energy"]) / (metals * row["n_atoms"] / formula.num_atoms)


def exchange_energies(table: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Energy of each pair of halides of one spacer, n, metal and cage.

    Parameters
    ----------
    table : DataFrame
        Accepted labels of one potential, indexed by crystal.
    groups : Series
        Spacer of each crystal.

    Returns
    -------
    DataFrame
        One row a pair of crystals: ``one`` and ``other`` (crystals), ``exchange`` (such as ``Cl to Br``), ``n_layers``,
        ``metal``, ``cage``, ``spacer``, and ``energy``, eV per metal: other less one. Of several crystals of one halide
        the lowest counts.
    """
    frame = table.assign(per_metal=energy_per_metal(table), spacer=groups)
    frame = frame[frame["halide"].isin(["Cl", "Br", "I"])]
    keys = ["n_layers", "metal", "cage", "spacer"]
    frame = frame.sort_values("per_metal").reset_index().drop_duplicates([*keys, "halide"])
    rows = []
    for key, crystals in frame.groupby(keys):
        by_halide = crystals.set_index("halide")
        for one, other in (("Cl", "Br"), ("Br", "I"), ("Cl", "I")):
            if one not in by_halide.index or other not in by_halide.index:
                continue
            a, b = by_halide.loc[one], by_halide.loc[other]
            rows.append(
                dict(zip(keys, key, strict=True))
                | {"exchange": f"{one} to {other}", "one": a["crystal_id"], "other": b["crystal_id"]}
                | {"energy": b["per_metal"] - a["per_metal"]}
            )
    return pd.DataFrame(rows, columns=[*keys, "exchange", "one", "other", "energy"])


def too_high(table: pd.DataFrame, groups: pd.Series, alarm: float = ALARM) -> pd.DataFrame:
    """Compounds whose energy is above what another halide of the same spacer lets expect.

    Parameters
    ----------
    table, groups
        As for `exchange_energies`.
    alarm : float
        Least excess to list, meV per metal.

    Returns
    -------
    DataFrame
        Indexed by crystal, highest first: ``too_high`` (meV per metal), ``borrow_from`` (the crystal of the same spacer
        whose pattern promises as much), and how many ``spacers`` the median exchange energy stands on. A lower bound as
        long as the crystal to borrow from is too high itself.
    """
    frame = alarms(table, exchange_energies(table, groups), ["n_layers", "metal", "cage", "exchange"])
    return highest(frame[frame["too_high"] > alarm])


def alarms(table: pd.DataFrame, pairs: pd.DataFrame, alike: list[str]) -> pd.DataFrame:
    """Say of each pair of crystals which lies too high, and by how much, if the median over spacers is what it costs.

    Parameters
    ----------
    table : DataFrame
        Labels, indexed by crystal.
    pairs : DataFrame
        Crystals ``one`` and ``other``, and ``energy``, eV: of the other less that of the one.
    alike : list of str
        Columns of `pairs` that are the same in what is compared.

    Returns
    -------
    DataFrame
        As `too_high`, unsorted, and whatever the excess.
    """
    listed = []
    for _, rows in pairs.groupby(alike):
        if len(rows) < LEAST_SPACERS:
            continue
        excess = 1e3 * (rows["energy"] - rows["energy"].median())
        for (_, row), value in zip(rows.iterrows(), excess, strict=True):
            crystal, lender = (row["other"], row["one"]) if value > 0 else (row["one"], row["other"])
            of_crystal = table.loc[crystal]
            listed.append([crystal, of_crystal["n_layers"], of_crystal["halide"], abs(value), lender, len(rows)])
    return pd.DataFrame(listed, columns=["crystal_id", *TOO_HIGH]).set_index("crystal_id")


def highest(*found: pd.DataFrame) -> pd.DataFrame:
    """Join alarms, highest first; of several for one crystal the highest counts."""
    rows = pd.concat([alarm.reset_index() for alarm in found]).sort_values("too_high", ascending=False)
    return rows.drop_duplicates("crystal_id").set_index("crystal_id")
