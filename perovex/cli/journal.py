"""Rows of a table that is still being made, on disk one by one, so that an interrupted command goes on."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any, Self

from perovex._files import make_folder
from perovex.crystal.reading.paths import split_selector
from perovex.errors import PerovexError

if TYPE_CHECKING:
    from pathlib import Path


class Journal:
    """Rows beside the file that they will become.

    Parameters
    ----------
    out : path
        The file to come; rows wait in a file of the same name that ends in ``.partial``.
    settings : dict
        What the rows depend on besides their crystals; rows made with others are not taken over.

    Attributes
    ----------
    path : Path
        The rows.
    rows : dict of str to dict
        Rows by crystal that an interrupted command left, of files that did not change since.

    Raises
    ------
    PerovexError
        If a file of that name holds something else.
    """

    def __init__(self, out: Path, settings: dict[str, Any]) -> None:
        self.path = out.with_name(f"{out.name}.partial")
        self._head = json.dumps({"perovex rows": settings})
        self.rows: dict[str, dict[str, Any]] = {}
        self._file: IO[str] | None = None
        if self.path.is_file():
            self._read()

    def _read(self) -> None:
        head, *lines = self.path.read_text(encoding="utf-8", errors="replace").split("\n")
        if head and not head.startswith('{"perovex rows": '):
            raise PerovexError("this file is in the way of rows to come", remedy="move it away", source=self.path)
        if head != self._head:
            return
        for line in lines:
            try:
                row = json.loads(line)
            except json.JSONDecodeError:  # the last line of a killed command
                continue
            if row.pop("state") == _state(row["file"]):
                self.rows[row["file"]] = row

    def __enter__(self) -> Self:
        make_folder(self.path.parent)
        kept = list(self.rows.values())
        self._file = self.path.open("w", encoding="utf-8")
        self._file.write(self._head + "\n")
        for row in kept:
            self._write(row)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: dict[str, Any]) -> None:
        """Keep a row; its item ``file`` says which crystal it describes."""
        self.rows[row["file"]] = row
        self._write(row)

    def _write(self, row: dict[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(row | {"state": _state(row["file"])}) + "\n")
        self._file.flush()

    def remove(self) -> None:
        """Forget the rows, once they are where they belong."""
        self.path.unlink(missing_ok=True)


def _state(file: str) -> list[int] | None:
    """Size and time of change of a file, or None where there is none."""
    try:
        facts = split_selector(file)[0].stat()
    except (OSError, ValueError):
        return None
    return [facts.st_size, facts.st_mtime_ns]
