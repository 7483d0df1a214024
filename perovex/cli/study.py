"""``perovex study``: the main job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from perovex.cli.choices import Moduli, given
from perovex.errors import DatasetError

_OWN, _RELEASE, _MODELS, _PAGE = "Your own numbers", "Elastic tensors", "Models", "Report"
_ARGUMENTS = {"id": "id_column", "jobs": "n_jobs"}


def study(  # noqa: PLR0917 (typer's options)
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Folder for report.html, results.json, study.yaml, descriptors.csv, tables/, figures/, models/. "
            "An interrupted study in it is gone on with.",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="study.yaml with any of these options; what is given here comes first."),
    ] = None,
    structures: Annotated[
        list[str] | None,
        typer.Option(
            "--structures",
            help="Folder, glob or files of the crystals in --table, matched by name; may be given several times.",
            rich_help_panel=_OWN,
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--table",
            help="CSV, TSV or parquet, one row a crystal: values to learn, and descriptors if there are no structures.",
            rich_help_panel=_OWN,
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            help="Columns of --table to learn (the first decides the classes); without --table the modulus that "
            "decides stiff or not: E_in_plane (default), E_out_of_plane, E_vrh (Hill average).",
        ),
    ] = None,
    id_column: Annotated[
        str | None,
        typer.Option("--id", help="Column that names the crystals; default: id, name, file ...", rich_help_panel=_OWN),
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(
            "--groups",
            help="Column of groups that stay together when crystals are held out; default: the perceived spacer.",
            rich_help_panel=_OWN,
        ),
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", help="Unit of the targets, e.g. GPa or eV: one, or one for each.", rich_help_panel=_OWN),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", help="Columns of --table that must not be descriptors.", rich_help_panel=_OWN),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Data folder written by `perovex collect`; default: the bundled data.",
            rich_help_panel=_RELEASE,
        ),
    ] = None,
    potential: Annotated[
        str | None,
        typer.Option(
            help="Labels by this interatomic potential; default: the one with most accepted labels.",
            rich_help_panel=_RELEASE,
        ),
    ] = None,
    moduli: Annotated[
        Moduli,
        typer.Option(
            help="What is learnt: relaxed (all ions follow the strain) or soft_frozen (the softest modes are held).",
            rich_help_panel=_RELEASE,
        ),
    ] = "relaxed",
    task: Annotated[
        Literal["both", "regression", "classification"],
        typer.Option(help="Learn values, on which side of the threshold they lie, or both.", rich_help_panel=_MODELS),
    ] = "both",
    threshold: Annotated[
        str,
        typer.Option(
            help="Stiff above this: 'median', a quantile such as 'q0.6', or a value in the unit of the target.",
            rich_help_panel=_MODELS,
        ),
    ] = "median",
    algorithm: Annotated[
        str,
        typer.Option(
            help="What predicts: average (of boosted trees, Gaussian process and linear model), xgboost, "
            "random_forest, hist_gradient_boosting, gaussian_process.",
            rich_help_panel=_MODELS,
        ),
    ] = "average",
    seed: Annotated[
        int, typer.Option(min=0, help="Random seed; the same seed gives the same results.", rich_help_panel=_MODELS)
    ] = 0,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer repeats: for a look, not for a paper.", rich_help_panel=_MODELS)
    ] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, help="Worker processes; results do not depend on it.")
    ] = 2,
    title: Annotated[
        str | None,
        typer.Option("--title", help="Title; default: what was studied.", rich_help_panel=_PAGE),
    ] = None,
    authors: Annotated[
        str | None, typer.Option("--authors", help="Names below the title.", rich_help_panel=_PAGE)
    ] = None,
    notes: Annotated[
        str | None, typer.Option("--notes", help="A paragraph of your own below the names.", rich_help_panel=_PAGE)
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress on stderr.")] = False,
) -> None:
    """Describe, model, validate, explain and test transfer; write a report.

    Learns from the bundled elastic tensors, or from your own numbers:

    perovex study --out DIR

    perovex study --structures cifs/ --table gaps.csv --target band_gap --unit eV --out DIR

    perovex study --table descriptors.csv --target E --unit GPa --groups spacer --out DIR
    """
    from perovex.study import run_study
    from perovex.study.config import OPTIONS, read_config

    chosen: dict[str, Any] = {} if config is None else read_config(config)
    values = {
        "out": out, "data": data, "potential": potential, "moduli": moduli, "structures": structures, "table": table,
        "target": target, "id": id_column, "groups": groups, "unit": unit, "ignore": ignore, "task": task,
        "threshold": threshold, "algorithm": algorithm, "seed": seed, "quick": quick, "jobs": jobs,
        "title": title, "authors": authors, "notes": notes,
    }  # fmt: skip
    for option in OPTIONS:
        parameter = "id_column" if option == "id" else option
        if given(context, parameter) or (option not in chosen and values[option] is not None):
            chosen[option] = values[option]
    folder = chosen.pop("out", None)
    if folder is None:
        raise DatasetError("no folder for the report was given", remedy="give it by --out DIR")
    arguments = {_ARGUMENTS.get(option, option): value for option, value in chosen.items()}
    if isinstance(arguments.get("ignore"), str):
        arguments["ignore"] = [arguments["ignore"]]
    result = run_study(folder, progress=not quiet, **arguments)
    if not quiet:
        print(f"finished in {result.seconds:.0f} s", file=sys.stderr)
    print(result.summary())
    print(f"report: {Path(folder) / 'report.html'}")
