"""The user's own data: a table of numbers, with structures or with descriptors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.crystal import expand_paths
from perovex.datasets.schema import MODULI
from perovex.errors import DatasetError
from perovex.learn.provenance import table_checksum
from perovex.study.remarks import Remark
from perovex.study.tables import Quantity
from perovex.study.words import NotOffered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NAME_COLUMNS = ("id", "name", "crystal", "crystal_id", "file", "filename", "structure", "compound", "label")
_GROUP_COLUMNS = ("spacer", "spacer_smiles", "group")
_FEWEST, _FEW = 6, 20


@dataclass(frozen=True)
class OwnData:
    """A user's table, checked, and the structures that its rows name.

    Attributes
    ----------
    table : DataFrame
        Indexed by name, with every column of the user's.
    values : DataFrame
        The quantities to learn, as numbers; NaN where missing.
    quantities : dict of str to Quantity
        By column of `values`.
    structures : dict of str to object or None
        File (or crystal) of each row; None for a table of descriptors.
    groups : str or None
        Column of the groups; None for the perceived spacer, or where there is none.
    ignore : tuple of str
        Columns that are not offered as descriptors.
    source : str
        Name of the table.
    checksum : str
        Of table and structures.
    remarks : tuple of Remark
        What was left out.
    """

    table: pd.DataFrame
    values: pd.DataFrame
    quantities: dict[str, Quantity]
    structures: dict[str, Any] | None
    groups: str | None
    ignore: tuple[str, ...]
    source: str
    checksum: str
    remarks: tuple[Remark, ...] = ()

    @property
    def version(self) -> str:
        """Name of the table, where bundled data have the number of a release."""
        return self.source


def read_own_data(
    table: str | Path | pd.DataFrame,
    targets: Sequence[str],
    *,
    structures: Any = None,
    id_column: str | None = None,
    groups: str | None = None,
    units: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> OwnData:
    """Read a table and match its rows with structures.

    Parameters
    ----------
    table : path or DataFrame
        CSV, TSV or parquet, one row for each crystal.
    targets : sequence of str
        Columns to learn.
    structures : path, glob, folder, several of these, or mapping of names to crystals, optional
        Crystals of the rows; without them the numeric columns of the table are the descriptors.
    id_column : str, optional
        Column that names the crystals; default: one called id, name, crystal, file ..., or the first column of text.
    groups : str, optional
        Column of groups that folds keep together, or ``"spacer"``; default: the perceived spacer of structures, or a
        column called spacer or group.
    units : sequence of str
        Of all targets, or one for each.
    ignore : sequence of str
        Columns that must not be descriptors.

    Returns
    -------
    OwnData

    Raises
    ------
    DatasetError
        The table cannot be read, lacks a column, or leaves too little to learn from.
    """
    frame, source = _read(table)
    _need_columns(frame, [*targets, *([id_column] if id_column else []), *ignore], source)
    remarks: list[Remark] = []
    frame = _named(frame, id_column, set(targets), source, needed=structures is not None)
    values = _numbers(frame, targets, source, remarks)
    frame, values = _without_duplicates(frame, values, remarks)
    empty = values.index[values.isna().all(axis=1)]
    if len(empty):
        remarks.append(Remark("no value", tuple(empty)))
        frame, values = frame.drop(index=empty), values.drop(index=empty)
    matched = None
    if structures is not None:
        matched = _match(frame.index, structures, source, remarks)
        frame, values = frame.loc[list(matched)], values.loc[list(matched)]
    column = _group_column(frame, groups, source, structures is not None)
    _enough(values, source, remarks)
    return OwnData(
        frame,
        values,
        _properties(values, units),
        matched,
        column,
        tuple(ignore),
        source,
        _checksum(frame, matched),
        tuple(remarks),
    )


def descriptor_columns(own: OwnData) -> tuple[pd.DataFrame, dict[str, NotOffered]]:
    """Return the numeric columns of a table without structures, and why others are no descriptors."""
    dropped: dict[str, NotOffered] = {}
    kept: dict[str, pd.Series] = {}
    for name in own.table.columns:
        if name in own.values or name == own.groups:
            continue
        numbers = pd.to_numeric(own.table[name], errors="coerce").astype(float)
        if name in own.ignore:
            dropped[name] = NotOffered("asked")
        elif name in MODULI:
            dropped[name] = NotOffered("modulus")
        elif numbers.notna().sum() < own.table[name].notna().sum() or numbers.isna().all():
            dropped[name] = NotOffered("not numbers")
        else:
            kept[name] = numbers
    if not kept:
        raise DatasetError(
            "the table has no column of descriptors",
            remedy="give --structures, or add numeric columns",
            source=own.source,
        )
    return pd.DataFrame(kept, index=own.table.index), dropped


def _read(table: str | Path | pd.DataFrame) -> tuple[pd.DataFrame, str]:
    if isinstance(table, pd.DataFrame):
        frame, source = table.copy(), "table"
        if not isinstance(frame.index, pd.RangeIndex):
            frame = frame.reset_index(names=str(frame.index.name or "id"))
    else:
        path = Path(table)
        source = path.name
        frame = _read_file(path)
    if frame.empty:
        raise DatasetError("the table has no rows", remedy="one row for each crystal", source=source)
    return frame.rename(columns=lambda name: str(name).strip()), source


def _read_file(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise DatasetError("no such table", remedy="check the path", source=path)
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        separator = "\t" if path.suffix == ".tsv" else ","
        frame = pd.read_csv(path, sep=separator, encoding="utf-8-sig")
        if frame.shape[1] == 1 and ";" in str(frame.columns[0]):  # as spreadsheets of many countries write it
            frame = pd.read_csv(path, sep=";", decimal=",", encoding="utf-8-sig")
    except (ValueError, UnicodeDecodeError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DatasetError(f"not a table: {reason}", remedy="give CSV, TSV or parquet", source=path) from error
    return frame


def _need_columns(frame: pd.DataFrame, names: Iterable[str], source: str) -> None:
    for name in names:
        if name not in frame:
            known = ", ".join(map(str, frame.columns[:12]))
            raise DatasetError(f"no column {name!r}", remedy=f"its columns are {known}", source=source)
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise DatasetError(f"the column {twice!r} stands twice", remedy="rename one", source=source)


def _name_column(frame: pd.DataFrame, targets: set[str]) -> str | None:
    """Column that holds names: by what it is called, or the first of texts where no two are equal."""
    others = [name for name in map(str, frame) if name not in targets]
    for name in others:
        if name.lower() in _NAME_COLUMNS:
            return name
    texts = [name for name in others if not pd.api.types.is_numeric_dtype(frame[name])]
    if texts and frame[texts[0]].is_unique:
        return texts[0]
    return None


def _named(frame: pd.DataFrame, id_column: str | None, targets: set[str], source: str, *, needed: bool) -> pd.DataFrame:
    """Index the table by the names of its crystals."""
    column = id_column or _name_column(frame, targets)
    if column is None and needed:
        raise DatasetError("no column names the structures", remedy="give it by --id COLUMN", source=source)
    if column is None:
        return frame.set_axis([f"row {k + 1}" for k in range(len(frame))])
    names = frame[column].astype(str).str.strip()
    unnamed = frame[column].isna()
    return frame[~unnamed].drop(columns=column).set_axis(pd.Index(names[~unnamed], name="crystal_id"))


def _numbers(frame: pd.DataFrame, targets: Sequence[str], source: str, remarks: list[Remark]) -> pd.DataFrame:
    columns = {}
    for name in targets:
        numbers = pd.to_numeric(frame[name], errors="coerce").astype(float).to_numpy()
        wrong = frame.index[frame[name].notna().to_numpy() & ~np.isfinite(numbers)]
        if np.isfinite(numbers).sum() == 0:
            raise DatasetError(f"column {name!r} holds no number", remedy="choose another --target", source=source)
        if len(wrong):
            remarks.append(Remark("not a number", tuple(wrong), {"target": name}))
        columns[name] = np.where(np.isfinite(numbers), numbers, np.nan)
    return pd.DataFrame(columns, index=frame.index)


def _without_duplicates(
    frame: pd.DataFrame, values: pd.DataFrame, remarks: list[Remark]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep one of equal rows; leave out names that have several values."""
    twice = values.index[values.index.duplicated()].unique()
    if not len(twice):
        return frame, values
    spread = values.loc[twice].groupby(level=0).nunique(dropna=True)
    differing = spread.index[(spread > 1).any(axis=1)]
    equal = twice.difference(differing)
    if len(equal):
        remarks.append(Remark("equal twice", tuple(equal)))
    if len(differing):
        remarks.append(Remark("different twice", tuple(differing)))
    keep = ~values.index.duplicated() & ~values.index.isin(differing)
    return frame[keep], values[keep]


def _match(names: pd.Index, structures: Any, source: str, remarks: list[Remark]) -> dict[str, Any]:
    """Find the structure of each row: by file name, with or without its suffix, in any case of letters."""
    offered = _offered(structures)
    loose: dict[str, dict[str, Any]] = {}
    for key, entries in offered.items():
        loose.setdefault(key.lower(), {}).update(entries)
    matched: dict[str, Any] = {}
    missing: list[str] = []
    several: list[str] = []
    used: set[str] = set()
    for name in names:
        short = Path(name).name
        candidates = offered.get(short) or offered.get(_stem(short)) or loose.get(_stem(short).lower(), {})
        if len(candidates) == 1:
            used.update(candidates)
            (matched[name],) = candidates.values()
        else:
            (several if candidates else missing).append(name)
    if not matched:
        first = next(iter(offered), "nothing")
        raise DatasetError(
            f"no name of the table is that of a structure (the table has {names[0]!r}, the structures {first!r})",
            remedy="name the rows as the files, or choose the column by --id",
            source=source,
        )
    unused = sorted({Path(label).name for entries in offered.values() for label in entries if label not in used})
    found = {"no structure": missing, "several structures": several, "no row": unused}
    remarks += [Remark(kind, tuple(about)) for kind, about in found.items() if about]
    return matched


def _offered(structures: Any) -> dict[str, dict[str, Any]]:
    """Structures by each name that a row may call them by; what is behind a name, by its full label."""
    if isinstance(structures, Mapping):
        return {str(name): {str(name): crystal} for name, crystal in structures.items()}
    offered: dict[str, dict[str, Any]] = {}
    for path in expand_paths(structures):
        for key in (path.name, _stem(path.name)):
            offered.setdefault(key, {})[str(path)] = path
    return offered


def _stem(name: str) -> str:
    plain = name.removesuffix(".gz")
    return Path(plain).stem if Path(plain).suffix.lower() in (".cif", ".vasp", ".poscar", ".xyz", ".extxyz") else plain


def _group_column(frame: pd.DataFrame, groups: str | None, source: str, perceived: bool) -> str | None:
    if groups is None:
        return None if perceived else next((c for c in _GROUP_COLUMNS if c in frame), None)
    if groups == "spacer" and perceived:
        return None
    _need_columns(frame, [groups], source)
    return groups


def _enough(values: pd.DataFrame, source: str, remarks: list[Remark]) -> None:
    for name in values:
        known = int(values[name].notna().sum())
        if known < _FEWEST:
            raise DatasetError(
                f"{known} crystals with a value of {name} are too few to learn from",
                remedy=f"at least {_FEWEST}, better {_FEW}",
                source=source,
            )
        if known < _FEW:
            remarks.append(Remark("few crystals", values={"known": known, "target": name, "wanted": _FEW}))
        missing = values.index[values[name].isna()]
        if len(missing):
            remarks.append(Remark("lacks a target", tuple(missing), {"target": name}))


def _properties(values: pd.DataFrame, units: Sequence[str]) -> dict[str, Quantity]:
    if units and len(units) not in (1, len(values.columns)):
        raise DatasetError(
            f"{len(units)} units for {len(values.columns)} targets", remedy="give one, or one for each target"
        )
    each = list(units) * len(values.columns) if len(units) == 1 else list(units) or [""] * len(values.columns)
    return {
        name: Quantity(name, unit, log=bool((values[name].dropna() > 0).all()))
        for name, unit in zip(values.columns, each, strict=True)
    }


def _checksum(frame: pd.DataFrame, structures: dict[str, Any] | None) -> str:
    digest = hashlib.sha256(table_checksum(frame).encode())
    for name, crystal in (structures or {}).items():
        digest.update(name.encode())
        digest.update(
            crystal.read_bytes() if isinstance(crystal, Path) and crystal.is_file() else str(crystal).encode()
        )
    return f"sha256:{digest.hexdigest()}"
