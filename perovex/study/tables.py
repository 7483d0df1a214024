"""The tables that every step of a study reads: descriptors, values to learn, groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.elasticity.names import YOUNGS_MODULI
from perovex.errors import DatasetError
from perovex.study.words import NotOffered

if TYPE_CHECKING:
    from perovex.datasets import ElasticData
    from perovex.study.remarks import Remark

TARGETS = YOUNGS_MODULI
MIN_FILLED = 0.5  # share of rows in which a descriptor must be defined to be offered to a model
PRESSURES = ("GPa", "MPa", "kbar")
_META = ("n_layers", "halide", "metal", "phase", "stacking", "spacer_smiles", "cage")


@dataclass(frozen=True)
class Quantity:
    """A property that a study learns.

    Attributes
    ----------
    name : str
        Column of the values.
    unit : str
        Empty where none was given.
    log : bool
        Whether its logarithm is fitted: where all values are positive, errors then count in proportion.
    """

    name: str
    unit: str = "GPa"
    log: bool = True

    @property
    def is_modulus(self) -> bool:
        """Whether the unit is that of a modulus, so that crystals are called stiff or soft."""
        return self.unit in PRESSURES

    @property
    def classes(self) -> tuple[str, str]:
        """What crystals below and above a threshold are called."""
        return ("soft", "stiff") if self.is_modulus else ("low", "high")


@dataclass(frozen=True)
class StudyTables:
    """What every later step reads.

    Attributes
    ----------
    descriptors : DataFrame
        All descriptors of all described crystals, 3D networks included.
    X : DataFrame
        Descriptors offered to the models.
    values : DataFrame
        Properties to learn, of the same rows; NaN where a value is not known.
    quantities : dict of str to Quantity
        Unit and scale of each column of `values`.
    groups : Series
        Spacer (or other group) of the same rows.
    meta : DataFrame
        What else is known of the same rows: n_layers, halide, metal, phase, spacer, cage, source ...
    context : DataFrame
        Values and meta of crystals that are kept for comparison only (3D networks of the bundled data).
    failures : DataFrame
        Crystals that could not be described, with the error.
    dropped : dict of str to NotOffered
        Descriptors not offered to the models, with the reason.
    remarks : tuple of Remark
        What was left out of the user's data, and why.
    group_name : str
        What a group is: ``"spacer"``, the column of the user's table, or ``"crystal"`` where each counts for itself.
    """

    descriptors: pd.DataFrame
    X: pd.DataFrame
    values: pd.DataFrame
    quantities: dict[str, Quantity]
    groups: pd.Series
    meta: pd.DataFrame
    context: pd.DataFrame
    failures: pd.DataFrame
    dropped: dict[str, NotOffered]
    remarks: tuple[Remark, ...] = ()
    group_name: str = "spacer"

    def known(self, target: str) -> StudyTables:
        """Return the same tables without the rows whose value of a target is missing."""
        rows = self.values.index[self.values[target].notna()]
        if len(rows) == len(self.values):
            return self
        parts = {name: getattr(self, name).loc[rows] for name in ("X", "values", "groups", "meta")}
        return replace(self, **parts)


def build_tables(data: ElasticData, *, n_jobs: int = 1, progress: bool = False) -> StudyTables:
    """Describe the crystals of a data set and line the tables up.

    Parameters
    ----------
    data : ElasticData
    n_jobs : int, default 1
        Processes that describe crystals; the tables do not depend on it.
    progress : bool, default False
        Show a progress bar on stderr.

    Returns
    -------
    StudyTables

    Raises
    ------
    DatasetError
        If no layered crystal could be described.
    """
    from perovex.descriptors import HOIPFeaturizer

    names = list(data.table.index)
    featurizer = HOIPFeaturizer(on_error="row", n_jobs=n_jobs, progress=progress).set_output(transform="pandas")
    crystals = pd.Series({name: data.structures[name] for name in names}, dtype=object)
    descriptors = featurizer.fit_transform(crystals)
    descriptors.index = pd.Index(names, name="crystal_id")
    failures = featurizer.errors_.rename(columns={"message": "error"})[["error"]].rename_axis("crystal_id")
    described = descriptors.drop(index=failures.index)
    layered = [name for name in described.index if np.isfinite(data.table.loc[name, "n_layers"])]
    if not layered:
        raise DatasetError("no layered crystal to learn from", remedy="add layered crystals", source=data.folder)
    X, dropped = select_columns(described.loc[layered])
    return StudyTables(
        descriptors=described,
        X=X,
        values=data.table.loc[layered, list(TARGETS)].astype(float),
        quantities={name: Quantity(name) for name in TARGETS},
        groups=data.groups.loc[layered],
        meta=data.table.loc[layered, [*_META, "source"]],
        context=data.table.loc[~np.isfinite(data.table["n_layers"]), [*TARGETS, *_META]],
        failures=failures,
        dropped=dropped,
    )


def select_columns(descriptors: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, NotOffered]]:
    """Drop descriptors that cannot inform a model: infinite, mostly undefined or constant ones.

    This looks at descriptors alone, never at a target, so it leaks nothing.

    Returns
    -------
    kept : DataFrame
    dropped : dict of str to NotOffered
        Reason by descriptor.

    Examples
    --------
    >>> frame = pd.DataFrame({"b": [3.0, 3.0], "n_layers": [1.0, 2.0], "inverse_n_layers": [1.0, 0.5]})
    >>> {key: refusal.why for key, refusal in select_columns(frame)[1].items()}
    {'b': 'constant', 'n_layers': 'inverse offered'}
    """
    dropped: dict[str, NotOffered] = {}
    for key in descriptors.columns:
        column = descriptors[key].astype(float)
        if key == "n_layers" and "inverse_n_layers" in descriptors:
            dropped[key] = NotOffered("inverse offered")
        elif np.isinf(column).any():
            dropped[key] = NotOffered("infinite", int(np.isinf(column).sum()), len(column))
        elif column.notna().mean() < MIN_FILLED:
            dropped[key] = NotOffered("undefined", int(column.notna().sum()), len(column))
        elif column.nunique(dropna=True) <= 1 or np.ptp(column.dropna()) < 1e-9 * max(1.0, column.abs().max()):
            dropped[key] = NotOffered("constant")
    kept = [key for key in descriptors.columns if key not in dropped]
    return descriptors[kept].astype(float), dropped
