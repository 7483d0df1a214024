"""Sheet energies: one more sheet in the slabs costs alike for all spacers, unless a minimum is too high.

The alarm that exchange energies cannot give: a pattern that is too high for all halides of a spacer at one n.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from perovex.datasets.quality.exchange import ALARM, alarms, energy_per_metal, highest

_KEYS = ["metal", "halide", "cage", "spacer"]


def sheet_energies(table: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Energy of one more sheet, for each pair of crystals of one spacer, metal and halide with n and n + 1.

    Parameters
    ----------
    table : DataFrame
        Accepted labels of one potential, indexed by crystal.
    groups : Series
        Spacer of each crystal.

    Returns
    -------
    DataFrame
        One row a pair of crystals: ``one`` (with n sheets) and ``other`` (with n + 1), ``n_layers`` (the smaller n),
        ``metal``, ``halide``, ``cage`` (of the thicker), ``spacer``, and ``energy``, eV: of the slab with one sheet
        more, per metal of a sheet, less that of the thinner. Of several crystals of one compound the lowest counts.
    """
    frame = table.assign(per_metal=energy_per_metal(table), spacer=groups)
    frame = frame[np.isfinite(frame["n_layers"])].sort_values("per_metal").reset_index()
    frame["slab"] = frame["n_layers"] * frame["per_metal"]
    frame = frame.drop_duplicates([*_KEYS, "n_layers"])[[*_KEYS, "n_layers", "crystal_id", "slab"]]
    thicker = frame[frame["n_layers"] > 1].assign(n_layers=lambda rows: rows["n_layers"] - 1)
    alone = frame[frame["n_layers"] == 1].drop(columns="cage")  # without cages, hence a neighbour of any
    pairs = pd.concat([
        thicker.merge(alone, on=["metal", "halide", "spacer", "n_layers"], suffixes=("_other", "_one")),
        thicker.merge(frame[frame["n_layers"] > 1], on=[*_KEYS, "n_layers"], suffixes=("_other", "_one")),
    ])  # fmt: skip
    pairs = pairs.rename(columns={"crystal_id_one": "one", "crystal_id_other": "other"})
    pairs["energy"] = pairs["slab_other"] - pairs["slab_one"]
    return pairs[["n_layers", *_KEYS, "one", "other", "energy"]].reset_index(drop=True)


def too_high_by_sheets(table: pd.DataFrame, groups: pd.Series, alarm: float = ALARM) -> pd.DataFrame:
    """Compounds whose energy is above what the same spacer with a sheet fewer or more lets expect.

    Parameters
    ----------
    table, groups
        As for `sheet_energies`.
    alarm : float
        Least excess to list, meV per metal.

    Returns
    -------
    DataFrame
        As `perovex.datasets.quality.exchange.too_high` gives it; to borrow means to thin or to thicken.
    """
    frame = alarms(table, sheet_energies(table, groups), ["n_layers", "metal", "halide", "cage"])
    frame["too_high"] /= frame["n_layers"]  # the excess is of a slab
    return highest(frame[frame["too_high"] > alarm])
