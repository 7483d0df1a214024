"""Pieces of a screen on disk: written once, never half, and taken up again where a run was stopped."""

from __future__ import annotations

import io
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from perovex._files import make_folder, write_atomic
from perovex.errors import PerovexError
from perovex.screening.words import Change, KnownNetwork, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLAN: Final = "plan.json"
#: How pieces are written: 2 since they hold changes, rules and networks as values. Part of every plan.
FORMAT: Final = 2
#: Columns of tuples, which a piece holds as JSON, and what each tuple is of.
LISTS: Final[Mapping[str, type[Change | Rule | KnownNetwork]]] = {
    "changes": Change, "rules": Rule, "networks": KnownNetwork,
}  # fmt: skip


class Parts:
    """A folder of numbered parquet files that belong to one plan.

    Parameters
    ----------
    folder : path
    plan : mapping
        All that decides the results; JSON-safe.

    Raises
    ------
    PerovexError
        The folder holds the pieces of another plan or of another release, or something else.
    """

    def __init__(self, folder: str | Path, plan: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        whole = {**plan, "format": FORMAT}
        written = self.folder / PLAN
        if written.is_file():
            _require_same(written, whole)
        elif self.folder.is_dir() and any(self.folder.iterdir()):
            raise PerovexError("this folder holds something else", remedy="choose another one", source=folder)
        else:
            make_folder(self.folder)
            write_atomic(written, (json.dumps(whole, indent=1, sort_keys=True) + "\n").encode())

    def path(self, number: int) -> Path:
        """Return where a piece is kept."""
        return self.folder / f"part-{number:06d}.parquet"

    def has(self, number: int) -> bool:
        """Whether a piece was written."""
        return self.path(number).is_file()

    def write(self, number: int, content: bytes) -> None:
        """Keep a piece."""
        write_atomic(self.path(number), content)

    def tables(self) -> Iterator[pd.DataFrame]:
        """Read the pieces in their order, one at a time."""
        for path in sorted(self.folder.glob("part-*.parquet")):
            yield from_bytes(path.read_bytes())

    def remove(self) -> None:
        """Remove the pieces and nothing else; the folder goes if it is empty then."""
        for path in [*self.folder.glob("part-*.parquet"), self.folder / PLAN]:
            path.unlink(missing_ok=True)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()


def _require_same(written: Path, plan: Mapping[str, Any]) -> None:
    """Refuse the pieces of another release, or of another screen."""
    try:
        found = json.loads(written.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if isinstance(found, dict) and "question" in found and found.get("format") != plan["format"]:
        raise PerovexError(
            "these pieces were written by another release of perovex",
            remedy="choose another folder, or remove it and screen again",
            source=written.parent,
        )
    if found != json.loads(json.dumps(plan)):
        raise PerovexError(
            "these are pieces of another screen", remedy="choose another folder, or remove it", source=written.parent
        )


def to_bytes(table: pd.DataFrame) -> bytes:
    """Return a piece as the content of a parquet file.

    Parameters
    ----------
    table : DataFrame
        With the columns of `LISTS`.

    Examples
    --------
    >>> table = pd.DataFrame({"changes": [(Change("salt", "[I-]"),)], "rules": [()], "networks": [()]})
    >>> from_bytes(to_bytes(table)).equals(table)
    True
    """
    encoded = {column: [json.dumps(values) for values in table[column]] for column in LISTS}
    buffer = io.BytesIO()
    table.assign(**encoded).to_parquet(buffer, index=False)
    return buffer.getvalue()


def from_bytes(content: bytes) -> pd.DataFrame:
    """Read a piece that `to_bytes` wrote.

    Parameters
    ----------
    content : bytes
    """
    table = pd.read_parquet(io.BytesIO(content))
    for column in LISTS:
        table[column] = pd.Series([_read(column, text) for text in table[column]], table.index, dtype=object)
    return table


@lru_cache(maxsize=4096)
def _read(column: str, text: str) -> tuple[Any, ...]:
    """Return the tuple of one cell; most cells of a piece are the same few."""
    kind = LISTS[column]
    return tuple(kind(*values) for values in json.loads(text))
