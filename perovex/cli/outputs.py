"""Which files a command may write: known endings, places that can be written, and nothing of others replaced."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from perovex._files import check_output
from perovex.errors import PerovexError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

TABLES = (".csv", ".parquet", ".json")
_REMEDY = "add --force to replace it, or choose another name"


def check_file(
    path: Path | None,
    suffixes: Collection[str],
    ours: Callable[[Path], bool] = lambda _: False,
    *,
    force: bool = False,
) -> None:
    """Refuse an output file before any work is done.

    Parameters
    ----------
    path : path, optional
        Nothing is checked where the command prints instead.
    suffixes : collection of str
        Endings that the command knows.
    ours : callable
        Tells whether a file that exists is an earlier result of this command, which is replaced without asking.
    force : bool
        Whether any other file may be replaced, too.

    Raises
    ------
    PerovexError
        As `perovex._files.check_output`.
    """
    if path is not None:
        check_output(path, suffixes=suffixes, force=force, ours=ours, remedy=_REMEDY)


def check_release(folder: Path, *, force: bool = False) -> None:
    """Refuse a folder that holds anything: a data set is not merged into what is there.

    Raises
    ------
    PerovexError
        If the folder holds files and `force` is not set, or cannot be written.
    """
    from perovex._files import check_folder

    check_folder(folder)
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise PerovexError(
            "this folder holds files already",
            remedy="add --force to replace a data set in it, or choose another folder",
            source=folder,
        )


def table_with(*columns: str) -> Callable[[Path], bool]:
    """Tell an earlier table by columns that it has; it may be ``.csv``, ``.parquet`` or ``.json``."""
    return lambda path: set(columns) <= set(_columns(path))


def json_with(*keys: str) -> Callable[[Path], bool]:
    """Tell an earlier result by keys of its JSON object."""
    return lambda path: set(keys) <= set(json.loads(path.read_text(encoding="utf-8")))


def text_with(beginning: str) -> Callable[[Path], bool]:
    """Tell an earlier page by words among its first thousand characters."""

    def ours(path: Path) -> bool:
        with path.open(encoding="utf-8") as lines:
            return beginning in lines.read(1000)

    return ours


def _columns(path: Path) -> list[str]:
    """Names of columns of a table file; what cannot be read raises."""
    if path.suffix == ".parquet":
        from pyarrow.parquet import read_schema

        return list(read_schema(path).names)
    if path.suffix == ".json":
        rows = json.loads(path.read_text(encoding="utf-8"))
        return list(next(iter(rows.values())))
    with path.open(newline="", encoding="utf-8") as lines:
        return next(csv.reader(lines))
