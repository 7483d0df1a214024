"""``perovex report``: the page of a finished study, anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from perovex.cli.choices import Force  # noqa: TC001 (typer reads it)


def report(
    study: Annotated[Path, typer.Argument(help="Folder of a finished study, as `perovex study --out` wrote it.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The page (.html); default: report.html in the folder.")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help="Title; default: as it was.")] = None,
    authors: Annotated[
        str | None, typer.Option("--authors", help="Names below the title; default: as they were.")
    ] = None,
    notes: Annotated[
        str | None, typer.Option("--notes", help="A paragraph of your own below the names; default: as it was.")
    ] = None,
    force: Force = False,
) -> None:
    """Render the report of a finished study anew, with another head, without fitting anything."""
    from perovex.cli.outputs import check_file, text_with
    from perovex.report import read_report, render_report

    page = study / "report.html" if out is None else out
    read_report(study)  # a folder without a study is the weightier fault
    check_file(page, (".html",), text_with("perovex"), force=force)
    render_report(study, page, title=title, authors=authors, notes=notes)
    print(f"report: {page}")
