"""Quality control of a data release that any reader can run again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._json import json_safe
from perovex.datasets.quality.exchange import highest, too_high
from perovex.datasets.quality.sheet_energies import too_high_by_sheets
from perovex.datasets.quality.words import rejections_in_words
from perovex.datasets.schema import MODULI, SOFT_FROZEN
from perovex.elasticity.names import YOUNGS_MODULI

if TYPE_CHECKING:
    from perovex.datasets.elastic import ElasticData

OUTLIER_SCORE = 3.5  # modified z-score of Iglewicz and Hoaglin (1993)
SOFT_RATIO = 1.25  # of E_vrh with the softest modes frozen to all of it, beyond which a crystal is called soft
VOLUME_CHANGE_LIMIT = 10.0  # %, beyond which the relaxed crystal is hardly its parent


@dataclass(frozen=True)
class Audit:
    """Findings about a data release; each table may be empty.

    Attributes
    ----------
    counts : DataFrame
        Accepted and rejected labels by potential.
    rejections : DataFrame
        Keys of causes (`perovex.elasticity.labels.causes`), and how many labels each cost; one label may have several.
    outliers : DataFrame
        Accepted rows whose modulus lies far from others of the same n and halide (modified z-score of the logarithm).
    volume_changes : DataFrame
        Accepted rows whose volume changed by more than 10 % on relaxing.
    stacking_changes : DataFrame
        Accepted rows whose stacking (RP, DJ, intermediate) is no longer that of the parent structure. A crystal
        that lost its network, its n or its spacer is rejected, hence listed under `rejections`.
    unconverged : DataFrame
        Accepted rows whose forces or stress exceed the settings that the row itself states.
    soft_modes : DataFrame
        Accepted rows whose E_vrh rises by more than 25 % when their softest modes are frozen.
    duplicates : DataFrame
        Pairs of accepted crystals of the same composition, whatever their cell and source, that pymatgen's
        StructureMatcher calls the same.
    second_potential : DataFrame
        Per modulus: how labels of two potentials differ on the crystals that have both.
    too_high : DataFrame
        Crystals more than 50 meV per metal above what another halide of the same spacer, or another n, lets expect, and
        whose pattern to borrow.
    """

    counts: pd.DataFrame
    rejections: pd.DataFrame
    outliers: pd.DataFrame
    volume_changes: pd.DataFrame
    stacking_changes: pd.DataFrame
    unconverged: pd.DataFrame
    soft_modes: pd.DataFrame
    duplicates: pd.DataFrame
    second_potential: pd.DataFrame
    too_high: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all findings by name."""
        return dict(vars(self))

    def tables_with_words(self) -> dict[str, pd.DataFrame]:
        """Return all findings by name as they are written and shown: words stand beside keys."""
        return {**self.tables(), "rejections": rejections_in_words(self.rejections)}

    def to_dict(self) -> dict[str, Any]:
        """Return the findings as JSON-safe lists of rows; words stand beside keys, the n of a 3D network is None."""
        tables = {name: frame.reset_index() for name, frame in self.tables_with_words().items()}
        safe: dict[str, Any] = json_safe({name: frame.to_dict(orient="records") for name, frame in tables.items()})
        return safe


def audit(data: ElasticData) -> Audit:
    """Check a data release for outliers, duplicates, suspicious relaxations and label noise.

    Parameters
    ----------
    data : ElasticData
        As returned by `load_elastic`.

    Returns
    -------
    Audit

    References
    ----------
    B. Iglewicz, D. C. Hoaglin, How to Detect and Handle Outliers, ASQC Quality Press (1993).

    Examples
    --------
    >>> from perovex.datasets import load_elastic
    >>> findings = audit(load_elastic())
    >>> bool((findings.volume_changes["volume_change"].abs() > 10).all())
    True
    """
    data = data.relaxed()
    table, labels = data.table, data.labels
    counts = labels.groupby(["potential", "status"]).size().unstack(fill_value=0)
    rejected = labels[labels["status"] == "rejected"]
    causes = data.causes[rejected.index].explode().rename("cause").value_counts()
    changed = table.loc[table["volume_change"].abs() > VOLUME_CHANGE_LIMIT, ["parent", "volume_change"]]
    ratio = (table["E_vrh_soft_frozen"] / table["E_vrh"]).rename("frozen_over_full")
    soft = table[["lowest_eigenvalue", "E_vrh", "E_vrh_soft_frozen"]].join(ratio)[ratio > SOFT_RATIO]
    return Audit(
        counts=counts,
        rejections=causes.rename("labels").to_frame(),
        outliers=_outliers(table),
        volume_changes=changed,
        stacking_changes=_stacking_changes(table),
        unconverged=_unconverged(data),
        soft_modes=soft,
        duplicates=_duplicates(data),
        second_potential=_second_potential(labels),
        too_high=highest(too_high(table, data.groups), too_high_by_sheets(table, data.groups)),
    )


def _outliers(table: pd.DataFrame) -> pd.DataFrame:
    outliers = []
    for modulus in YOUNGS_MODULI:
        for (n, halide), rows in table.groupby(["n_layers", "halide"]):
            if len(rows) < 5:  # a spread of fewer says nothing
                continue
            value = np.log(rows[modulus])
            spread = (value - value.median()).abs().median()
            if spread == 0:
                continue
            score = 0.6745 * (value - value.median()) / spread
            outliers += [
                {
                    "crystal_id": name,
                    "modulus": modulus,
                    "GPa": rows.loc[name, modulus],
                    "score": s,
                    "n": n,
                    "X": halide,
                }
                for name, s in score.items()
                if abs(s) > OUTLIER_SCORE
            ]
    return pd.DataFrame(outliers, columns=["crystal_id", "modulus", "GPa", "score", "n", "X"]).set_index("crystal_id")


def _stacking_changes(table: pd.DataFrame) -> pd.DataFrame:
    if "parent_stacking" not in table:  # releases before 0.2
        return pd.DataFrame(columns=["parent_stacking", "stacking"])
    known = (table["parent_stacking"].str.len() > 0) & (table["stacking"].str.len() > 0)
    moved = known & (table["parent_stacking"] != table["stacking"])
    return table.loc[moved, ["parent_stacking", "stacking", "parent"]]


def _unconverged(data: ElasticData) -> pd.DataFrame:
    table = data.table
    if "max_force" not in table:  # releases before 0.2
        return pd.DataFrame(columns=["max_force", "max_stress"])
    asked = [data.settings(name).get("relax", {}) for name in table.index]
    most_force = np.array([settings.get("fmax", np.inf) for settings in asked])
    most_stress = np.array([settings.get("smax", np.inf) for settings in asked])
    missed = (table["max_force"] > most_force) | (table["max_stress"] > most_stress)
    return table.loc[missed, ["max_force", "max_stress"]]


def _duplicates(data: ElasticData) -> pd.DataFrame:
    from pymatgen.analysis.structure_matcher import StructureMatcher

    matcher = StructureMatcher()
    pairs = []
    for _, rows in data.table.groupby(["formula", "n_layers"]):
        for one, other in combinations(rows.index, 2):
            if rows.loc[one, "spacer_smiles"] != rows.loc[other, "spacer_smiles"]:
                continue  # isomers: no geometry makes them one
            if matcher.fit(data.structures[one], data.structures[other]):
                pairs.append({"crystal_id": one, "duplicate": other})
    return pd.DataFrame(pairs, columns=["crystal_id", "duplicate"]).set_index("crystal_id")


def _second_potential(labels: pd.DataFrame) -> pd.DataFrame:
    accepted = labels[labels["status"] == "accepted"]
    rows = []
    for one, other in combinations(sorted(accepted["potential"].unique()), 2):
        first = accepted[accepted["potential"] == one].set_index("crystal_id")
        second = accepted[accepted["potential"] == other].set_index("crystal_id")
        shared = first.index.intersection(second.index)
        for modulus in (*MODULI, *(key for key in SOFT_FROZEN if key in accepted)):
            a, b = first.loc[shared, modulus], second.loc[shared, modulus]
            both = a.notna() & b.notna()
            a, b = a[both], b[both]
            if len(a) < 5:  # fewer make no rank correlation
                continue
            rows.append(
                {
                    "potentials": f"{one} / {other}",
                    "modulus": modulus,
                    "crystals": len(a),
                    "median_ratio": float((a / b).median()),
                    "mean_absolute_difference_GPa": float((a - b).abs().mean()),
                    "spearman": float(a.corr(b, method="spearman")),
                }
            )
    names = ["potentials", "modulus", "crystals", "median_ratio", "mean_absolute_difference_GPa", "spearman"]
    return pd.DataFrame(rows, columns=names).set_index(["potentials", "modulus"])
