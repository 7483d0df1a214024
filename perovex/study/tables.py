"""From data to the tables that models see: descriptors, targets, groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.errors import DatasetError

if TYPE_CHECKING:
    from perovex.datasets import ElasticData

TARGETS = ("E_in_plane", "E_out_of_plane", "E_vrh")
MIN_FILLED = 0.5  # share of rows in which a descriptor must be defined to be offered to a model
_META = ("n_layers", "halide", "metal", "phase", "stacking", "spacer_smiles", "cage")


@dataclass(frozen=True)
class StudyTables:
    """What every later step reads.

    Attributes
    ----------
    descriptors : DataFrame
        All descriptors of all described crystals, 3D networks included.
    X : DataFrame
        Descriptors offered to the models, layered crystals only.
    moduli : DataFrame
        Targets of the same rows, GPa.
    groups : Series
        Spacer of the same rows (enantiomers are one).
    meta : DataFrame
        n_layers, halide, metal, phase, stacking, spacer, cage of the same rows.
    context : DataFrame
        Moduli and meta of the 3D networks, kept for comparison only.
    failures : DataFrame
        Crystals that could not be described, with the error.
    dropped : dict of str to str
        Descriptors not offered to the models, with the reason.
    """

    descriptors: pd.DataFrame
    X: pd.DataFrame
    moduli: pd.DataFrame
    groups: pd.Series
    meta: pd.DataFrame
    context: pd.DataFrame
    failures: pd.DataFrame
    dropped: dict[str, str]


def build_tables(data: ElasticData, *, progress: bool = False) -> StudyTables:
    """Describe the crystals of a data set and line the tables up.

    Parameters
    ----------
    data : ElasticData
    progress : bool, default True
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
    featurizer = HOIPFeaturizer(on_error="row", progress=progress).set_output(transform="pandas")
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
        moduli=data.table.loc[layered, list(TARGETS)].astype(float),
        groups=data.groups.loc[layered],
        meta=data.table.loc[layered, list(_META)],
        context=data.table.loc[~np.isfinite(data.table["n_layers"]), [*TARGETS, *_META]],
        failures=failures,
        dropped=dropped,
    )


def select_columns(descriptors: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Drop descriptors that cannot inform a model: infinite, mostly undefined or constant ones.

    This looks at descriptors alone, never at a target, so it leaks nothing.

    Returns
    -------
    kept : DataFrame
    dropped : dict of str to str
        Reason by descriptor.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 3.0], "n_layers": [1.0, 2.0]})
    >>> select_columns(frame)[1]
    {'b': 'constant', 'n_layers': 'inverse_n_layers is offered instead (n is infinite for 3D networks)'}
    """
    dropped: dict[str, str] = {}
    for key in descriptors.columns:
        column = descriptors[key].astype(float)
        if key == "n_layers":
            dropped[key] = "inverse_n_layers is offered instead (n is infinite for 3D networks)"
        elif column.notna().mean() < MIN_FILLED:
            dropped[key] = f"defined for {column.notna().sum()} of {len(column)} crystals"
        elif column.nunique(dropna=True) <= 1 or np.ptp(column.dropna()) < 1e-9 * max(1.0, column.abs().max()):
            dropped[key] = "constant"
    kept = [key for key in descriptors.columns if key not in dropped]
    return descriptors[kept].astype(float), dropped
