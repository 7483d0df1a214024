"""Print and write tables: what every command that makes one shares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from perovex._numbers import short
from perovex.errors import PerovexError

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 80  # of what is printed for people, also into a pipe


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


def plain(table: pd.DataFrame, width: int = WIDTH) -> str:
    """Lay a table out without lines, at most so wide: columns that do not fit follow below, long text is wrapped."""
    import textwrap

    from perovex.study.wording import in_words

    view = in_words(table)
    names = [" / ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in view.index]
    if max(map(len, names), default=0) <= width // 2:
        return str(view.to_string(line_width=width))
    lines: list[str] = []
    for name, row in zip(names, view.itertuples(index=False), strict=True):
        cells = ", ".join(f"{value} {column}" for column, value in zip(view.columns, row, strict=True))
        lines += textwrap.wrap(f"{name}: {cells}", width, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)


def check_suffix(path: Path | None) -> None:
    """Refuse a kind of table that cannot be written, before any work is done.

    Raises
    ------
    PerovexError
        If the suffix is none of ``.csv``, ``.parquet``, ``.json``.
    """
    if path is not None and path.suffix not in {".csv", ".parquet", ".json"}:
        raise PerovexError(
            f"cannot write a table as {path.suffix or 'a file without suffix'}",
            remedy="use .csv, .parquet or .json",
            source=path,
        )


def write_frame(table: pd.DataFrame, path: Path) -> None:
    """Write a table by the suffix of `path`: ``.csv``, ``.parquet`` or ``.json``.

    Raises
    ------
    PerovexError
        As `check_suffix`.
    """
    import io

    from perovex._files import write_atomic

    check_suffix(path)
    if path.suffix == ".csv":
        content = table.to_csv().encode()
    elif path.suffix == ".json":
        content = (table.to_json(orient="index", indent=2) + "\n").encode()
    else:
        buffer = io.BytesIO()
        table.to_parquet(buffer)
        content = buffer.getvalue()
    write_atomic(path, content)
