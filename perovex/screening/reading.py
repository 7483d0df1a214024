"""Spacers from tables, lists of SMILES, SD files and pipes, one at a time: an input need not fit in memory."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rdkit import Chem
from rdkit.rdBase import BlockLogs

from perovex.errors import PerovexError
from perovex.screening.library import load_library

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Columns that hold the SMILES and the name, the first that is there.
SMILES_COLUMNS: Final = ("smiles", "spacer", "spacer_smiles")
NAME_COLUMNS: Final = ("name", "id", "abbreviation", "title")
SUFFIXES: Final = (".csv", ".smi", ".txt", ".sdf", ".parquet")
LIBRARY: Final = "library"
_CHUNK = 10_000


class Entry(NamedTuple):
    """One spacer as it was written: its place in the input, its name, its SMILES."""

    row: int
    name: str
    smiles: str


def read_spacers(source: str | Path | Iterable[str]) -> Iterator[Entry]:
    """Read spacers one after the other.

    Parameters
    ----------
    source : path, "-", "library" or iterable of str
        A ``.csv`` or ``.parquet`` table with a column ``smiles`` (or ``spacer``), a ``.smi`` list (SMILES, then a
        name), an ``.sdf``, standard input (a table or a list), the library that comes with the package, or SMILES.

    Yields
    ------
    Entry
        Rows are counted from one, without headers.

    Raises
    ------
    PerovexError
        The file cannot be read, has another ending, or no column of SMILES.

    Examples
    --------
    >>> [entry.smiles for entry in read_spacers(["CCCC[NH3+]", "CCC[NH3+]"])]
    ['CCCC[NH3+]', 'CCC[NH3+]']
    """
    if not isinstance(source, str | Path):
        yield from (Entry(row, "", str(smiles)) for row, smiles in enumerate(source, start=1))
    elif str(source) == "-":
        yield from _text(sys.stdin, "standard input")
    elif str(source) == LIBRARY:
        yield from (Entry(row, "", smiles) for row, smiles in enumerate(load_library()["smiles"], start=1))
    else:
        yield from _file(Path(source))


def check_source(source: str | Path) -> None:
    """Refuse an input that cannot be read, before any work is done.

    Parameters
    ----------
    source : path, "-" or "library"

    Raises
    ------
    PerovexError
        As `read_spacers`.
    """
    if str(source) not in ("-", LIBRARY) and next(_file(Path(source)), None) is None:
        raise PerovexError("no spacers in it", remedy="one SMILES a row", source=source)


def _file(path: Path) -> Iterator[Entry]:
    if path.suffix.lower() not in SUFFIXES:
        raise PerovexError(
            f"spacers are not read from {path.suffix or 'a file without suffix'}",
            remedy=f"use {', '.join(SUFFIXES)}, - for standard input, or the word library",
            source=path,
        )
    readers = {".sdf": _sdf, ".parquet": _parquet}
    try:
        if path.suffix.lower() in readers:
            yield from readers[path.suffix.lower()](path)
        else:
            with path.open(encoding="utf-8", newline="") as lines:
                yield from _text(lines, path)
    except (OSError, UnicodeDecodeError) as error:
        raise PerovexError(f"cannot be read: {error}", remedy="give a text file", source=path) from error


def _text(lines: Iterable[str], source: Any) -> Iterator[Entry]:
    """Read a table, told by a header that names SMILES, or a list."""
    rows = iter(lines)
    first = next(rows, "")
    header = [cell.strip().strip('"').lower() for cell in next(csv.reader(io.StringIO(first)), [])]
    if any(name in header for name in SMILES_COLUMNS):
        yield from _table(header, csv.reader(rows))
        return
    if "," in first and len(header) > 1 and Chem.MolFromSmiles(header[0]) is None:
        raise PerovexError(
            f"no column of SMILES among {', '.join(header)}",
            remedy=f"name one of the columns {' or '.join(SMILES_COLUMNS)}",
            source=source,
        )
    row = 0
    for line in [first, *()] if not first else _chain(first, rows):
        words = line.split(maxsplit=1)
        if not words or line.startswith("#"):
            continue
        row += 1
        yield Entry(row, words[1].strip() if len(words) > 1 else "", words[0])


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _table(header: list[str], rows: Iterable[list[str]]) -> Iterator[Entry]:
    place = next(header.index(name) for name in SMILES_COLUMNS if name in header)
    named = next((header.index(name) for name in NAME_COLUMNS if name in header), None)
    for row, cells in enumerate(rows, start=1):
        if cells:
            name = cells[named] if named is not None and named < len(cells) else ""
            yield Entry(row, name, cells[place] if place < len(cells) else "")


def _sdf(path: Path) -> Iterator[Entry]:
    with path.open("rb") as handle, BlockLogs():
        for row, mol in enumerate(Chem.ForwardSDMolSupplier(handle), start=1):
            name = mol.GetProp("_Name") if mol is not None and mol.HasProp("_Name") else ""
            yield Entry(row, name, "" if mol is None else Chem.MolToSmiles(Chem.RemoveHs(mol)))


def _parquet(path: Path) -> Iterator[Entry]:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        table = ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise PerovexError(f"no parquet table: {error}", remedy="write it again", source=path) from error
    names = {str(name).lower(): str(name) for name in table.schema_arrow.names}
    column = next((names[name] for name in SMILES_COLUMNS if name in names), None)
    if column is None:
        raise PerovexError(
            f"no column of SMILES among {', '.join(names)}", remedy="name one of the columns smiles", source=path
        )
    named = next((names[name] for name in NAME_COLUMNS if name in names), None)
    row = 0
    for batch in table.iter_batches(_CHUNK, columns=[column, *([named] if named else [])]):
        values = batch.to_pydict()
        for smiles, name in zip(values[column], values[named] if named else [""] * len(batch), strict=True):
            row += 1
            yield Entry(row, str(name or ""), str(smiles or ""))
