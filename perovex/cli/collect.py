"""``perovex collect``: turn label records into a release of the data set."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from perovex.cli.choices import Force  # noqa: TC001 (typer reads it)


def collect(  # noqa: PLR0917 (options of a command)
    records: Annotated[list[Path], typer.Argument(help="Record files (NAME.json) or folders, from `perovex label`.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the release.")],
    base: Annotated[
        Path | None, typer.Option(help="Release to extend; its labels are carried over unless replaced.")
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Records made from relaxed crystals of --base keep where those labels began."),
    ] = False,
    search: Annotated[
        Path | None, typer.Option(help="Folder of `perovex minima`: rank the labels of each compound by it.")
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(help="Leave out labels more than this above the lowest of their compound, meV per metal."),
    ] = None,
    version: Annotated[str | None, typer.Option(help="Version; default: the folder's name.")] = None,
    notes: Annotated[str, typer.Option(help="Notes for the manifest.")] = "",
    force: Force = False,
) -> None:
    """Perceive labelled crystals, compute their moduli and write a data set with schema and checksums."""
    from perovex.cli.outputs import check_release
    from perovex.datasets import collect as run

    check_release(out, force=force)
    table = run(
        records,
        out,
        base=base,
        again=again,
        search=search,
        within=within,
        version=version,
        notes=notes,
        progress=sys.stderr.isatty(),
    )
    accepted = table[table["status"] == "accepted"]
    print(f"{len(accepted)} accepted and {len(table) - len(accepted)} rejected labels in {out}")
    for _, row in table[table["status"] == "rejected"].iterrows():
        print(f"  rejected {row['label_id']}: {row['reason']}")
