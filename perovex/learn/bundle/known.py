"""The crystals that models were trained on: what kinds there were, and which resemble a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from perovex.errors import ModelInputError
from perovex.learn.bundle.words import NewKind

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What tells kinds of crystals apart.
KINDS: Final = ("dimensionality", "n", "metal", "halide", "phase", "stacking", "cage")
#: What identifies a compound.
IDENTITY: Final = ("formula", "smiles", *KINDS)


@dataclass(frozen=True, eq=False)
class KnownCrystals:
    """Training crystals by name, row by row the same in all three tables.

    Attributes
    ----------
    X : DataFrame, shape (n_crystals, n_descriptors)
        Descriptors.
    moduli : DataFrame, shape (n_crystals, n_targets)
        Labels, GPa; NaN where a crystal has none.
    identity : DataFrame
        Columns among `IDENTITY`: formula, SMILES of the spacers, and what kind of crystal it is.

    Examples
    --------
    >>> X = pd.DataFrame({"angle": [150.0, 160.0]}, index=["a", "b"])
    >>> identity = pd.DataFrame({"halide": ["I", "Br"], "n": [1, 2]}, index=X.index)
    >>> known = KnownCrystals(X, pd.DataFrame({"E": [10.0, 12.0]}, index=X.index), identity)
    >>> known.never_seen({"halide": "Cl", "n": 1.0})
    [NewKind(kind='halide', value='Cl', seen=['Br', 'I'])]
    """

    X: pd.DataFrame
    moduli: pd.DataFrame
    identity: pd.DataFrame

    def __post_init__(self) -> None:
        if not (self.X.index.equals(self.moduli.index) and self.X.index.equals(self.identity.index)):
            raise ModelInputError("descriptors, moduli and crystals differ in rows")

    def __len__(self) -> int:
        return len(self.X)

    def kinds(self) -> dict[str, list[Any]]:
        """Return every metal, halide, n ... that occurs, by column."""
        return {
            column: sorted(self.identity[column].dropna().unique(), key=str)
            for column in KINDS
            if column in self.identity
        }

    def never_seen(self, crystal: Mapping[str, Any]) -> list[NewKind]:
        """Find what a crystal has that no training crystal had.

        Parameters
        ----------
        crystal : mapping
            Columns of `identity` to values; what is missing or NaN is not judged.

        Returns
        -------
        list of NewKind
            Empty if all of it occurs; only the dimensionality where that alone is new.
        """
        new: list[NewKind] = []
        for column, seen in self.kinds().items():
            value = crystal.get(column)
            if value is None or value != value or _plain(value) in {_plain(one) for one in seen}:  # noqa: PLR0124 (NaN)
                continue
            if column == "dimensionality":
                return [NewKind(column, value, seen)]
            new.append(NewKind(column, value, seen))
        return new

    def new_kinds(self, index: pd.Index, crystals: pd.DataFrame | None) -> list[list[NewKind]]:
        """Find, row by row, what no training crystal had; nothing where crystals are not told.

        Parameters
        ----------
        index : Index
            Rows that are asked about.
        crystals : DataFrame, optional
            What they are, as for `never_seen`.

        Raises
        ------
        ModelInputError
            If both differ in rows.
        """
        if crystals is None:
            return [[] for _ in index]
        if not crystals.index.equals(index):
            raise ModelInputError("crystals and X differ in rows", remedy="pass crystals.loc[X.index]")
        return [self.never_seen(dict(row)) for _, row in crystals.iterrows()]

    def to_parts(self) -> dict[str, Any]:
        """Return arrays and lists, as they are written."""
        return {
            "names": [str(name) for name in self.X.index],
            "descriptors": [str(name) for name in self.X.columns],
            "X": self.X.to_numpy(float),
            "targets": [str(name) for name in self.moduli.columns],
            "moduli": self.moduli.to_numpy(float),
            "identity": {str(key): self.identity[key].tolist() for key in self.identity.columns},
        }

    @classmethod
    def from_parts(cls, parts: Mapping[str, Any]) -> KnownCrystals:
        """Rebuild what `to_parts` gave."""
        index = pd.Index(parts["names"], name="crystal_id")
        return cls(
            pd.DataFrame(parts["X"], index=index, columns=parts["descriptors"]),
            pd.DataFrame(parts["moduli"], index=index, columns=parts["targets"]),
            pd.DataFrame(parts["identity"], index=index),
        )


def as_identity(crystals: pd.DataFrame | None, index: pd.Index) -> pd.DataFrame:
    """Return what training crystals are, with the names of `IDENTITY`.

    Parameters
    ----------
    crystals : DataFrame, optional
        Also with the names of the columns of released data: ``n_layers``, ``spacer_smiles``.
    index : Index
        Names of the crystals.

    Examples
    --------
    >>> as_identity(pd.DataFrame({"n_layers": [1.0], "cage": [None]}), pd.RangeIndex(1)).to_dict("records")
    [{'n': 1.0, 'cage': '', 'dimensionality': 2}]
    >>> as_identity(pd.DataFrame({"metal": ["Ag.Bi"]}), pd.RangeIndex(1))["metal"].tolist()
    ['Ag/Bi']
    """
    if crystals is None:
        return pd.DataFrame(index=index)
    identity = crystals.loc[index].rename(columns={"n_layers": "n", "spacer_smiles": "smiles"})
    for column in ("metal", "halide"):  # tables of data join several by dots
        if column in identity:
            identity[column] = identity[column].astype(str).str.replace(".", "/", regex=False)
    if "cage" in identity:
        identity["cage"] = identity["cage"].fillna("").astype(str)
    if "n" in identity:
        identity["n"] = identity["n"].astype(float)
        if "dimensionality" not in identity:
            identity["dimensionality"] = np.where(np.isinf(identity["n"]), 3, 2)
    return identity


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, (int, float, np.number)) else str(value)
