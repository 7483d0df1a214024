"""Pieces of a screen on disk: written once, never half, and taken up again where a run was stopped."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from perovex._files import make_folder, write_atomic
from perovex.errors import PerovexError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLAN: Final = "plan.json"


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
        The folder holds the pieces of another plan, or something else.
    """

    def __init__(self, folder: str | Path, plan: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        text = json.dumps(plan, indent=1, sort_keys=True) + "\n"
        written = self.folder / PLAN
        if written.is_file():
            if written.read_text(encoding="utf-8") != text:
                raise PerovexError(
                    "these are pieces of another screen", remedy="choose another folder, or remove it", source=folder
                )
        elif self.folder.is_dir() and any(self.folder.iterdir()):
            raise PerovexError("this folder holds something else", remedy="choose another one", source=folder)
        else:
            make_folder(self.folder)
            write_atomic(written, text.encode())

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
            yield pd.read_parquet(io.BytesIO(path.read_bytes()))

    def remove(self) -> None:
        """Remove the pieces and nothing else; the folder goes if it is empty then."""
        for path in [*self.folder.glob("part-*.parquet"), self.folder / PLAN]:
            path.unlink(missing_ok=True)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()
