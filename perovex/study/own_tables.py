"""From the user's own data to the tables of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from joblib import delayed

from perovex._progress import progress_bar
from perovex._workers import workers
from perovex.crystal import perceive
from perovex.datasets.elastic import flat_smiles
from perovex.descriptors.describing import missing_hydrogens, row
from perovex.errors import DatasetError, PerovexError
from perovex.study.own_data import OwnData, descriptor_columns
from perovex.study.remarks import Remark
from perovex.study.tables import StudyTables, select_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

_FEWEST = 6
_MOST_PARTS = 12


def own_tables(own: OwnData, *, n_jobs: int = 1, progress: bool = False) -> StudyTables:
    """Line up descriptors, values and groups of the user's data.

    Parameters
    ----------
    own : OwnData
    n_jobs : int
        Worker processes for describing structures.
    progress : bool
        Show a bar on stderr.

    Raises
    ------
    DatasetError
        Too few crystals can be described, or no column is a descriptor.
    """
    if own.structures is None:
        return _from_columns(own)
    return _from_structures(own, n_jobs, progress=progress)


def _from_columns(own: OwnData) -> StudyTables:
    descriptors, refused = descriptor_columns(own)
    X, dropped = select_columns(descriptors)
    if X.shape[1] == 0:
        raise DatasetError("no descriptor varies", remedy="add numeric columns that differ", source=own.source)
    groups, remarks = _groups_of_rows(own, X)
    return StudyTables(
        descriptors=descriptors,
        X=X,
        values=own.values,
        quantities=own.quantities,
        groups=groups,
        meta=_meta_of_columns(own),
        context=pd.DataFrame(),
        failures=pd.DataFrame({"error": pd.Series(dtype=object)}),
        dropped=refused | dropped,
        remarks=(*own.remarks, *remarks),
        group_name=own.groups or "crystal",
    )


def _groups_of_rows(own: OwnData, X: pd.DataFrame) -> tuple[pd.Series, list[Remark]]:
    """Take groups of the table, or every crystal as its own; equal descriptors stay on one side of a split."""
    if own.groups is not None:
        column = own.table[own.groups]
        own_name = pd.Series(own.table.index, index=own.table.index)
        alone = column.index[column.isna()]
        remarks = [Remark("no group", tuple(alone))] if len(alone) else []
        return column.where(column.notna(), own_name).astype(str).rename("group"), remarks
    first = X.groupby([X[c] for c in X], dropna=False, sort=False).ngroup()
    leaders = pd.Series(X.index, index=X.index).groupby(first).transform("first").astype(str)
    twins = X.index[first.duplicated(keep=False)]
    remarks = [Remark("no groups")]
    if len(twins):
        remarks.append(Remark("twins", tuple(twins)))
    return leaders.rename("group"), remarks


def _meta_of_columns(own: OwnData) -> pd.DataFrame:
    """Columns by which a reader may want scores: those of few words, and n."""
    frame = own.table.drop(columns=[*own.values.columns])
    words = [c for c in frame if not pd.api.types.is_numeric_dtype(frame[c])]
    few = [c for c in words if 2 <= frame[c].nunique() <= _MOST_PARTS]
    known = [c for c in ("n_layers",) if c in frame and c not in few]
    return frame[[*few, *known]]


def _from_structures(own: OwnData, n_jobs: int, *, progress: bool) -> StudyTables:
    assert own.structures is not None
    rows, identities, errors, notes = _describe(own.structures, n_jobs, progress=progress)
    names = list(rows)
    if len(names) < _FEWEST:
        first = next(iter(errors.values()), "")
        raise DatasetError(
            f"{len(names)} crystals could be described, too few to learn from; the first error: {first}",
            remedy="see `perovex describe` on these files",
            source=own.source,
        )
    descriptors = pd.DataFrame.from_dict(rows, orient="index").rename_axis("crystal_id")
    meta = pd.DataFrame.from_dict(identities, orient="index").rename_axis("crystal_id")
    X, dropped = select_columns(descriptors)
    groups, remarks = meta["group"], []
    if own.groups is not None:
        groups = own.table.loc[names, own.groups].fillna(pd.Series(names, index=names)).astype(str)
    if errors:
        remarks.append(Remark("not described", tuple(errors)))
    if notes:
        remarks.append(Remark("read with a remark", tuple(notes)))
    extra = _meta_of_columns(own).loc[names]
    return StudyTables(
        descriptors=descriptors,
        X=X,
        values=own.values.loc[names],
        quantities=own.quantities,
        groups=groups.rename("group"),
        meta=meta.drop(columns="group").join(extra[extra.columns.difference(meta.columns)]),
        context=pd.DataFrame(),
        failures=pd.DataFrame({"error": pd.Series(errors, dtype=object)}).rename_axis("crystal_id"),
        dropped=dropped,
        remarks=(*own.remarks, *remarks),
        group_name=own.groups or "spacer",
    )


class _Described(NamedTuple):
    """Descriptors of a crystal, what it is, and remarks on how it was read."""

    values: dict[str, float]
    identity: dict[str, Any]
    remarks: tuple[str, ...]


class _NotDescribed(NamedTuple):
    """Why a crystal could not be described, for people."""

    error: str


_All = tuple[dict[str, dict[str, float]], dict[str, dict[str, Any]], dict[str, str], dict[str, tuple[str, ...]]]


def _describe(structures: dict[str, Any], n_jobs: int, *, progress: bool) -> _All:
    """Descriptors, identity, errors and remarks by name; one bad file costs one row."""
    rows, identities, errors, notes = {}, {}, {}, {}
    work = workers(n_jobs, return_as="generator")(delayed(_one)(item) for item in structures.values())
    bar: Iterable[_Described | _NotDescribed] = progress_bar(
        work, total=len(structures), desc="describe", unit="crystal", shown=progress
    )
    for name, described in zip(structures, bar, strict=True):
        if isinstance(described, _NotDescribed):
            errors[name] = described.error
            continue
        rows[name], identities[name] = described.values, described.identity
        if described.remarks:
            notes[name] = described.remarks
    return rows, identities, errors, notes


def _one(item: Any) -> _Described | _NotDescribed:
    try:
        crystal = perceive(item)
        error = missing_hydrogens(crystal)
        if error is not None:
            return _NotDescribed(f"{error.kind}: {error}")
        return _Described(dict(row(crystal)), _identity(crystal), tuple(crystal.warnings))
    except PerovexError as error:
        return _NotDescribed(f"{error.kind}: {error}")


def _identity(crystal: Any) -> dict[str, Any]:
    """Say what a crystal is, in the columns of the bundled data, and the group it belongs to."""
    cage = ".".join(sorted({m.smiles for m in crystal.cage_cations}))
    layered = np.isfinite(crystal.n_layers)
    return {
        "formula": crystal.formula,
        "n_layers": float(crystal.n_layers),
        "halide": ".".join(crystal.halides),
        "metal": ".".join(crystal.metals),
        "phase": crystal.phase,
        "stacking": crystal.stacking,
        "spacer_smiles": crystal.spacer_smiles,
        "cage": cage,
        "group": flat_smiles(crystal.spacer_smiles) if layered and crystal.spacer_smiles else f"3D {cage}",
    }
