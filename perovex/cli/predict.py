"""``perovex predict``: stiffness of crystals that are not in the data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from perovex.cli.choices import Moduli, given

if TYPE_CHECKING:
    import pandas as pd

Phase = Literal["RP", "DJ"]
_OF_BUILT = ("metal", "halide", "n", "cage", "phase", "relax")


def predict(  # noqa: PLR0917 (options of a command)
    context: typer.Context,
    files: Annotated[
        list[str] | None, typer.Argument(help="Structure files, folders or globs (CIF, POSCAR, extxyz).")
    ] = None,
    models: Annotated[
        Path | None, typer.Option("--models", help="Models of `perovex study` (DIR/models); default: the bundled ones.")
    ] = None,
    moduli: Annotated[
        Moduli | None,
        typer.Option(
            help="Which bundled models: relaxed (all ions follow the strain; default) or soft_frozen (soft modes held)."
        ),
    ] = None,
    disorder: Annotated[
        Literal["error", "major"], typer.Option("--disorder", help="Refuse partial occupancy, or keep the major part.")
    ] = "error",
    spacer: Annotated[
        str | None, typer.Option(help="Instead of a file: SMILES of the spacer, e.g. CCCC[NH3+].")
    ] = None,
    metal: Annotated[str, typer.Option(help="Metal of the built crystal.")] = "Pb",
    halide: Annotated[str, typer.Option(help="Halide of the built crystal.")] = "I",
    n: Annotated[int, typer.Option("--n", help="Sheets of octahedra per slab of the built crystal.")] = 1,
    cage: Annotated[str, typer.Option(help="Cage cation of the built crystal when n > 1: MA, FA or Cs.")] = "MA",
    phase: Annotated[
        Phase | None,
        typer.Option(
            help="Stacking of the built crystal: RP (Ruddlesden-Popper) or DJ (Dion-Jacobson); default by the charge "
            "of the spacer."
        ),
    ] = None,
    relax: Annotated[
        bool,
        typer.Option(
            "--relax",
            help="Relax the built crystal with a potential first: a better cell, on average no better prediction "
            '(pip install "perovex\\[labels]").',
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the table (.csv, .parquet or .json) instead of printing it.")
    ] = None,
) -> None:
    """Print the probability of being stiff and Young's moduli (GPa) with intervals; warn outside the training domain.

    Stiff means a modulus above the threshold that the models were trained with; it is printed beside.
    """
    from perovex.cli.remarks import say, say_remarks
    from perovex.cli.tables import check_suffix, print_frame, write_frame
    from perovex.prediction.crystals import predict as run
    from perovex.prediction.crystals import predict_new

    check_suffix(out)
    _refuse_clashes(context, spacer, files)
    if spacer is not None:
        table = predict_new(
            spacer,
            metal=metal,
            halide=halide,
            n=n,
            cage=cage,
            phase=phase,
            relax=relax,
            models=models,
            moduli=moduli,
            progress=sys.stderr.isatty(),
        )
    else:
        table = run(files or [], models=models, moduli=moduli, disorder=disorder)
    failed = table["error"].astype(bool)
    if out is not None:
        write_frame(table, out)
    elif not failed.all():
        print_frame(_for_reading(table[~failed]))
    say_remarks(table["warning"].items(), "warning", len(table))
    for source, error in table.loc[failed, "error"].items():
        say(f"perovex: {error}" if str(source) in str(error) else f"perovex: {source}: {error}")
    if failed.any():
        raise typer.Exit(2)


def _refuse_clashes(context: typer.Context, spacer: str | None, files: list[str] | None) -> None:
    """Refuse options that contradict each other or would be ignored."""
    from perovex.errors import PerovexError

    if spacer is None and not files:
        raise PerovexError("nothing to predict", remedy="give structure files, or --spacer SMILES")
    if spacer is not None and files:
        raise PerovexError("files and --spacer were both given", remedy="predict them one after the other")
    if spacer is not None and given(context, "disorder"):
        raise PerovexError("--disorder is about files, and --spacer builds an ordered crystal", remedy="leave it out")
    idle = [] if spacer is not None else [f"--{name}" for name in _OF_BUILT if given(context, name)]
    if idle:
        raise PerovexError(
            f"{', '.join(idle)} describe a crystal to build, and files are crystals already",
            remedy="leave them out, or give --spacer instead of files",
        )


def _for_reading(table: pd.DataFrame) -> pd.DataFrame:
    """Add units, and leave out what is said on stderr."""
    moduli = [name for name in table if name == "threshold" or str(name).startswith("E_")]
    said = [name for name in ("domain_reason", "warning", "error") if name in table]
    return table.drop(columns=said).rename(columns={name: f"{name} (GPa)" for name in moduli})
