"""Print and write tables: what every command that makes one shares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from perovex._numbers import short
from perovex.errors import PerovexError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

#: Significant digits of numbers in text files, where a command does not keep all: nothing here is known better.
DIGITS = 6
FORMATS = ("table", "csv", "json", "parquet")
_HEADER = 24  # widest header before it is folded
WIDTH = 80  # of what is printed for people, also into a pipe


def print_frame(table: pd.DataFrame) -> None:
    """Print a table to stdout with its rows as columns; those that do not fit beside each other follow below."""
    keys = [str(column) for column in table.columns]
    print_blocks({"": keys}, [(str(name), [_cell(value) for value in row]) for name, row in _rows(table)])


def print_blocks(fixed: Mapping[str, list[str]], columns: list[tuple[str, list[str]]], title: str = "") -> None:
    """Print as many columns beside the fixed ones as the terminal is wide (80 in a pipe), the next ones below.

    Parameters
    ----------
    fixed : mapping of str to list of str
        Header and cells of the columns that every block repeats; never cut short.
    columns : list of (str, list of str)
        Header and cells of all others; long headers are folded.
    title : str
        Stands above the first block.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table

    def width(header: str, cells: list[str], widest: int) -> int:
        return max(min(cell_len(header), widest), *map(cell_len, cells), 1) + 3  # borders and padding

    console = Console()
    room = console.width - 1 - sum(width(header, cells, console.width) for header, cells in fixed.items())
    blocks: list[list[tuple[str, list[str]]]] = [[]]
    left = room
    for header, cells in columns:
        needed = width(header, cells, _HEADER)
        if needed > left and blocks[-1]:
            blocks.append([])
            left = room
        blocks[-1].append((header, cells))
        left -= needed
    for number, block in enumerate(blocks):
        view = Table(title=title if title and not number else None, header_style="bold")
        for header in fixed:
            view.add_column(escape(header), no_wrap=True)  # a name cut short is no name
        for header, cells in block:
            view.add_column(escape(header), overflow="fold", justify="right", max_width=width(header, cells, _HEADER))
        for row in zip(*fixed.values(), *(cells for _, cells in block), strict=True):
            view.add_row(*map(escape, row))
        console.print(view)


def _rows(table: pd.DataFrame) -> list[tuple[Any, list[Any]]]:
    """Name and values of every row, each value of its own type; names may repeat."""
    return list(zip(table.index, zip(*(table[name] for name in table.columns), strict=True), strict=True))  # type: ignore[arg-type]


def _cell(value: object) -> str:
    return short(value) if isinstance(value, float) else str(value)


def plain(table: pd.DataFrame, width: int = WIDTH) -> str:
    """Lay a table out without lines, at most so wide: headers and long cells are folded, the rest follows below."""
    import textwrap

    from perovex.report.wording import in_words

    view = in_words(table)
    names = [" / ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in view.index]
    if max(map(len, names), default=0) <= width // 2:
        return _folded(view.reset_index(level=list(range(1, view.index.nlevels))), width)
    lines: list[str] = []
    for name, row in zip(names, view.itertuples(index=False), strict=True):
        texts = {str(column): _plain_cell(value) for column, value in zip(view.columns, row, strict=True)}
        cells = "; ".join(f"{column}: {text}" for column, text in texts.items() if text)
        lines += textwrap.wrap(f"{name}: {cells}", width, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)


def _folded(view: pd.DataFrame, width: int) -> str:
    """Lay out one line a row; headers are folded first, then long cells, and only what never fits stands below."""
    import io

    from rich.console import Console

    names = [str(name) for name in view.index]
    head = str(view.index.name or "")
    texts = {str(column): [_plain_cell(cell) for cell in view[column]] for column in view.columns}
    room = width - max(map(len, [head, *names]))
    text = io.StringIO()
    console = Console(file=text, width=width, highlight=False)
    for number, block in enumerate(_blocks(texts, room)):
        if number:
            console.print()
        console.print(_grid(head, names, texts, block))
    return "\n".join(line.rstrip() for line in text.getvalue().rstrip("\n").split("\n"))


def _plain_cell(cell: object) -> str:
    return "" if cell != cell else _cell(cell)  # noqa: PLR0124  (NaN)


def _blocks(texts: Mapping[str, list[str]], room: int) -> list[dict[str, int]]:
    """Return widths of columns that fit beside each other, block by block."""
    blocks: list[dict[str, int]] = [{}]
    for header, cells in texts.items():
        words = max(map(len, header.split()), default=0)
        least = max(min(max(map(len, cells)), _HEADER), words)
        if blocks[-1] and sum(blocks[-1].values()) + least + 2 * (len(blocks[-1]) + 1) > room:
            blocks.append({})
        blocks[-1][header] = least
    for block in blocks:
        left = room - sum(block.values()) - 2 * len(block)
        for header in block:
            wanted = max(map(len, [header, *texts[header]])) - block[header]
            given = max(0, min(wanted, left))
            block[header] += given
            left -= given
    return blocks


def _grid(head: str, names: list[str], texts: Mapping[str, list[str]], widths: Mapping[str, int]) -> Any:
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, header_style="", padding=(0, 2, 0, 0))
    grid.add_column(escape(head), no_wrap=True)
    for header, columns in widths.items():
        grid.add_column(escape(header), overflow="fold", justify="right", width=columns)
    for number, name in enumerate(names):
        grid.add_row(escape(name), *(escape(texts[header][number]) for header in widths))
    return grid


def format_of(out: Path | None, given: str | None) -> str:
    """Return how a table is to be written, and refuse what cannot be, before any work is done.

    Parameters
    ----------
    out : Path, optional
        File, or ``-`` for standard output; None prints a table for people.
    given : {"table", "csv", "json", "parquet"}, optional
        By default as the suffix of `out` says; ``csv`` for ``-``, ``table`` without `out`.

    Raises
    ------
    PerovexError
        If there is no such format.

    Examples
    --------
    >>> format_of(None, None), format_of(Path("-"), None), format_of(Path("a.json"), None)
    ('table', 'csv', 'json')
    """
    if given is not None and given.lower() not in FORMATS:
        raise PerovexError(f"no table is written as {given!r}", remedy=f"use {', '.join(FORMATS)}")
    if out is None:
        return (given or "table").lower()
    if str(out) == "-":
        return (given or "csv").lower()
    if given is not None:
        return given.lower()
    check_suffix(out)
    return out.suffix[1:]


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


def write_frame(table: pd.DataFrame, path: Path, kind: str | None = None, *, digits: int | None = None) -> None:
    """Write a table, by default by the suffix of `path`: ``.csv``, ``.parquet`` or ``.json``.

    Parameters
    ----------
    table : DataFrame
    path : Path
    kind : {"csv", "json", "parquet"}, optional
        Instead of the suffix.
    digits : int, optional
        Significant digits of numbers as text; all of them by default.

    Raises
    ------
    PerovexError
        As `check_suffix`.
    """
    from perovex._files import write_atomic

    if kind is None:
        check_suffix(path)
        kind = path.suffix[1:]
    write_atomic(path, frame_bytes(table, kind, digits=digits))


def frame_bytes(table: pd.DataFrame, kind: str, *, digits: int | None = None) -> bytes:
    """Return a table as the content of a file; lists are joined by semicolons in CSV and stay lists elsewhere."""
    import io

    if kind == "csv":
        flat = table.map(lambda cell: "; ".join(cell) if isinstance(cell, list) else cell)
        return str(flat.to_csv(float_format=f"%.{digits}g" if digits else None)).encode()
    if kind == "json":
        return f"{_frame_json(table, digits)}\n".encode()
    buffer = io.BytesIO()
    table.to_parquet(buffer)
    return buffer.getvalue()


def _frame_json(table: pd.DataFrame, digits: int | None) -> str:
    """Write one object per row; undefined values are null, infinity is the string that Python's float reads."""
    import json
    import math

    import numpy as np

    def plain(value: object) -> object:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, dict):
            return {str(key): plain(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [plain(inner) for inner in value]
        if not isinstance(value, float):
            return value
        if math.isfinite(value):
            return float(f"{value:.{digits}g}") if digits else value
        return None if math.isnan(value) else "inf"

    names = _told_apart(table.index)
    rows = {
        name: {str(key): plain(value) for key, value in row.items()}
        for name, row in zip(names, table.to_dict("records"), strict=True)
    }
    return json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False)


def _told_apart(names: Any) -> list[str]:
    """Return names with numbers where they stand several times."""
    seen: dict[str, int] = {}
    told: list[str] = []
    for name in map(str, names):
        seen[name] = seen.get(name, 0) + 1
        told.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return told
