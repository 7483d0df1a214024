"""``perovex describe --per``: tables of the parts of crystals."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import pandas as pd


def describe_parts(
    files: list[str],
    per: str,
    *,
    out: Path | None,
    output_format: str,
    digits: int,
    disorder: str,
    glazer_tolerance: float,
) -> None:
    """Describe the parts of crystals, one row each; a file that fails costs its rows and gives exit status 2."""
    import pandas as pd

    from perovex.cli.remarks import say
    from perovex.cli.tables import write_frame
    from perovex.crystal import expand_paths
    from perovex.descriptors.items import describe_items
    from perovex.errors import PerovexError

    tables: dict[str, pd.DataFrame] = {}
    failed = 0
    for path in expand_paths(files, keep_missing=len(files) > 1):
        try:
            tables[str(path)] = describe_items(path, per, disorder=disorder, glazer_tolerance=glazer_tolerance)
        except PerovexError as error:
            failed += 1
            say(f"perovex: {error.kind}: {error}")
    for name, part in tables.items():
        if part.empty:
            say(f"perovex: note: {name}: no {per}s in this crystal, which is no layered one")
    if tables:
        table = pd.concat(tables, names=["file"])
        if out is not None:
            write_frame(table.reset_index(), out, digits=digits if out.suffix == ".csv" else None)
            print(f"{len(table)} rows of {len(tables)} crystals in {out}")
        else:
            _print(table, output_format, digits)
    if failed:
        raise typer.Exit(2)


def _print(table: pd.DataFrame, output_format: str, digits: int) -> None:
    from perovex.cli.tables import print_blocks

    if output_format == "csv":
        table.to_csv(sys.stdout, float_format=f"%.{digits}g")
    elif output_format == "json":
        print(table.reset_index().to_json(orient="records", indent=1))
    else:
        for name, part in table.groupby(level="file", sort=False):
            rows = part.droplevel("file")
            columns = [str(column) for column in rows if not rows[column].isna().all()]
            part_name = str(rows.index.name)
            cells = [(str(number), [_cell(row[key]) for key in columns]) for number, row in rows.iterrows()]
            if output_format == "md":
                head = [part_name, *(number for number, _ in cells)]
                lines = [head, ["---"] * len(head)]
                lines += [[key, *(values[k] for _, values in cells)] for k, key in enumerate(columns)]
                print("\n".join("| " + " | ".join(line) + " |" for line in lines))
                continue
            print_blocks({part_name: columns}, cells, title=Path(str(name)).name)


def _cell(value: object) -> str:
    from perovex._numbers import short

    if isinstance(value, float):
        return "" if value != value else short(value)  # noqa: PLR0124  NaN
    return str(value)
