"""``perovex describe``: whole crystals, one row each, kept as they come."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from perovex._numbers import short

if TYPE_CHECKING:
    import pandas as pd

    from perovex.cli.journal import Journal


#: Columns bear the keys of descriptors alone, which programs read; people are told where the units are.
UNITS = "units are in `perovex descriptors list`, or in the columns with --units"


def describe_crystals(
    files: list[str],
    *,
    out: Path | None,
    output_format: str,
    digits: int,
    families: list[str] | None,
    units: bool,
    jobs: int,
    disorder: str,
    progress: bool,
) -> None:
    """Print or write a table of descriptors; a file that fails keeps a row with its error and gives exit status 2."""
    from perovex import __version__
    from perovex.cli.journal import Journal
    from perovex.cli.remarks import say, say_remarks
    from perovex.cli.tables import write_frame
    from perovex.crystal import expand_paths
    from perovex.descriptors import REGISTRY

    keys = REGISTRY.keys_of(families)
    names = [str(path) for path in expand_paths(files, keep_missing=len(files) > 1)]
    work = _Work(families, disorder, jobs, progress and len(names) > 1 and sys.stderr.isatty())
    if out is None:
        rows = work.rows(names, None)
        _print(_table(rows, keys, units=units and output_format in {"csv", "json"}), output_format, digits)
        if output_format in {"csv", "json"} and not units and sys.stderr.isatty():
            say(f"perovex: note: {UNITS}")
    else:
        with Journal(out, {"version": __version__, "keys": keys, "disorder": disorder}) as journal:
            rows = work.rows(names, journal)
            write_frame(_table(rows, keys, units=units), out, digits=digits if out.suffix == ".csv" else None)
        journal.remove()
        told = "" if units else f"; {UNITS}"
        print(f"{sum(not row['kind'] for row in rows)} of {len(rows)} crystals described in {out}{told}")
    noted = [(row["file"], row["warnings"]) for row in rows if not row["kind"]]  # an error says more than a note
    say_remarks(noted, "note", len(rows))
    failed = [row for row in rows if row["kind"]]
    for row in failed:
        say(f"perovex: {row['kind']}: {row['error']}")
    if failed:
        raise typer.Exit(2)


class _Work:
    """How crystals are described."""

    def __init__(self, families: list[str] | None, disorder: str, jobs: int, progress: bool) -> None:
        self.families, self.disorder, self.jobs, self.progress = families, disorder, jobs, progress

    def rows(self, names: list[str], journal: Journal | None) -> list[dict[str, Any]]:
        """Describe every crystal that the journal does not know, and keep each row as it comes."""
        from perovex.cli.remarks import say
        from perovex.descriptors import describe_each

        rows = dict(journal.rows) if journal else {}
        todo = [name for name in names if name not in rows]
        if len(todo) < len(names):
            say(f"perovex: note: {len(names) - len(todo)} of {len(names)} crystals were described before")
        described = describe_each(
            [Path(name) for name in todo],
            self.families,
            n_jobs=self.jobs,
            disorder=self.disorder,
            progress=self.progress,
        )
        try:
            for name, crystal in zip(todo, described, strict=True):
                error = crystal.error
                told = {"kind": error.kind, "error": str(error)} if error else {"kind": "", "error": ""}
                rows[name] = {"file": name, "values": crystal.values, "warnings": list(crystal.warnings), **told}
                if journal:
                    journal.add(rows[name])
        except KeyboardInterrupt:
            if journal:
                say(f"perovex: {len(rows)} of {len(names)} rows are kept in {journal.path}: run the command again")
            raise
        return [rows[name] for name in names]


def _table(rows: list[dict[str, Any]], keys: list[str], *, units: bool) -> pd.DataFrame:
    import pandas as pd

    from perovex.descriptors import REGISTRY

    index = pd.Index([row["file"] for row in rows], name="file")
    table = pd.DataFrame([row["values"] for row in rows], index=index, columns=keys, dtype=float)
    if units:
        table.columns = pd.Index([f"{key} ({REGISTRY[key].unit})" for key in keys])
    for name in ("warnings", "error"):
        table[name] = [row[name] for row in rows]
    return table


def _print(table: pd.DataFrame, output_format: str, digits: int) -> None:
    """Print descriptors as rows and files as columns, except for the formats that machines read."""
    from perovex.cli.tables import frame_bytes

    if output_format == "csv":
        print(frame_bytes(table, "csv", digits=digits).decode(), end="")
    elif output_format == "json":
        print(frame_bytes(table, "json").decode(), end="")
    else:
        _print_for_people(table, markdown=output_format == "md")


def _print_for_people(table: pd.DataFrame, *, markdown: bool) -> None:
    from perovex.cli.tables import print_blocks
    from perovex.descriptors import REGISTRY

    names = [Path(name).name for name in table.index]
    rows = [
        [key, REGISTRY[key].unit, *(_number(value) for value in table[key])]
        for key in table.columns.drop(["warnings", "error"])
        if not table[key].isna().all()  # a descriptor that no file has is noise on a screen
    ]
    head = ["descriptor", "unit", *names]
    if markdown:
        lines = [head, ["---"] * len(head), *rows]
        print("\n".join("| " + " | ".join(cells) + " |" for cells in lines))
        return
    described = int((table["error"] == "").sum())
    keys, units = [row[0] for row in rows], [row[1] for row in rows]
    cells = [(name, [row[2 + i] for row in rows]) for i, name in enumerate(names)]
    print_blocks({"descriptor": keys, "unit": units}, cells, title=f"{described} of {len(table)} crystals")


def _number(value: float) -> str:
    return "" if value != value else short(value, 5)  # noqa: PLR0124  (NaN)
