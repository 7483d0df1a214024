"""The command ``perovex``: registers the commands and turns typed errors into one line and exit status 2."""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Annotated

import typer

from perovex import __version__
from perovex.cli import (
    audit_data,
    build,
    collect,
    describe,
    descriptors,
    elastic,
    label,
    minima,
    model,
    predict,
    study,
    validate_labels,
)
from perovex.errors import PerovexError

app = typer.Typer(
    name="perovex",
    help="Descriptors, stiffness models and explanations for hybrid organic-inorganic perovskites.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_STUDY, _CRYSTALS, _LABELS = "Models", "Crystals", "Labels and data"

app.command("study", rich_help_panel=_STUDY)(study.study)
app.command("predict", rich_help_panel=_STUDY)(predict.predict)
app.add_typer(model.app, name="model", rich_help_panel=_STUDY)
app.command("describe", rich_help_panel=_CRYSTALS)(describe.describe)
app.add_typer(descriptors.app, name="descriptors", rich_help_panel=_CRYSTALS)
app.command("build", rich_help_panel=_CRYSTALS)(build.build)
app.command("elastic", rich_help_panel=_CRYSTALS)(elastic.elastic)
app.command("label", rich_help_panel=_LABELS)(label.label)
app.command("minima", rich_help_panel=_LABELS)(minima.minima)
app.command("collect", rich_help_panel=_LABELS)(collect.collect)
app.command("audit-data", rich_help_panel=_LABELS)(audit_data.audit_data)
app.command("validate-labels", rich_help_panel=_LABELS)(validate_labels.validate_labels)


def _show_version(value: bool) -> None:
    if value:
        print(f"perovex {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[  # noqa: ARG001 (handled by its callback)
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens to stderr.")] = False,
) -> None:
    """Descriptors, stiffness models and explanations for hybrid organic-inorganic perovskites."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s")
    if not verbose:
        warnings.simplefilter("ignore")


def main() -> None:
    """Run the command line; exit status 2 and one line on stderr for a typed error."""
    try:
        app()
    except PerovexError as error:
        print(f"perovex: {error.kind}: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
