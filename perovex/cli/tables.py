"""Print and write tables: what every command that makes one shares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from perovex._numbers import short
from perovex.errors import PerovexError

if TYPE_CHECKING:
    import pandas as pd


def print_frame(table: pd.DataFrame) -> None:
    """Print a table to stdout, one column a line for few rows, as wide as the terminal otherwise."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    view = Table(show_lines=False, header_style="bold")
    view.add_column("", overflow="fold")
    for name in table.index:
        view.add_column(str(name), overflow="fold", justify="right")
    for column in table.columns:
        view.add_row(str(column), *(_cell(value) for value in table[column]))
    console.print(view)


def _cell(value: object) -> str:
    return short(value) if isinstance(value, float) else str(value)


def write_frame(table: pd.DataFrame, path: Path) -> None:
    """Write a table by the suffix of `path`: ``.csv``, ``.parquet`` or ``.json``.

    Raises
    ------
    PerovexError
        If the suffix is another one.
    """
    import io

    from perovex._files import write_atomic

    if path.suffix == ".csv":
        content = table.to_csv().encode()
    elif path.suffix == ".json":
        content = (table.to_json(orient="index", indent=2) + "\n").encode()
    elif path.suffix == ".parquet":
        buffer = io.BytesIO()
        table.to_parquet(buffer)
        content = buffer.getvalue()
    else:
        raise PerovexError(
            f"cannot write a table as {path.suffix or 'a file without suffix'}",
            remedy="use .csv, .parquet or .json",
            source=path,
        )
    write_atomic(path, content)
