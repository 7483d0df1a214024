"""``perovex study``: the main job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from perovex.cli.choices import Moduli  # noqa: TC001 (typer reads it)


def study(  # noqa: PLR0917 (typer's options)
    out: Annotated[
        Path, typer.Option("--out", help="Folder for report.html, results.json, descriptors.csv, figures/, models/.")
    ],
    data: Annotated[
        Path | None, typer.Option("--data", help="Data folder written by `perovex collect`; default: the bundled data.")
    ] = None,
    potential: Annotated[
        str | None,
        typer.Option(help="Labels by this interatomic potential; default: the one with most accepted labels."),
    ] = None,
    moduli: Annotated[
        Moduli,
        typer.Option(
            help="What is learnt: relaxed (all ions follow the strain) or soft_frozen (the softest modes are held)."
        ),
    ] = "relaxed",
    target: Annotated[
        str,
        typer.Option(
            help="Young's modulus that decides stiff or not: E_in_plane, E_out_of_plane, E_vrh (Hill average)."
        ),
    ] = "E_in_plane",
    threshold: Annotated[
        str, typer.Option(help="Stiff above this: 'median', a quantile such as 'q0.6', or a value in GPa.")
    ] = "median",
    algorithm: Annotated[
        str,
        typer.Option(
            help="What predicts: average (of boosted trees, Gaussian process and linear model), xgboost, "
            "random_forest, hist_gradient_boosting, gaussian_process."
        ),
    ] = "average",
    seed: Annotated[int, typer.Option(min=0, help="Random seed; the same seed gives the same results.")] = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer repeats: for a look, not for a paper.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress on stderr.")] = False,
) -> None:
    """Describe, model, validate, explain and test transfer on a set of elastic tensors; write a report.

    Takes minutes for a hundred crystals; --quick takes fewer.
    """
    from perovex.study import run_study

    result = run_study(
        out,
        data=data,
        potential=potential,
        moduli=moduli,
        target=target,
        threshold=threshold,
        algorithm=algorithm,
        seed=seed,
        quick=quick,
        progress=not quiet,
    )
    if not quiet:
        print(f"finished in {result.seconds:.0f} s", file=sys.stderr)
    print(result.summary())
    print(f"report: {out / 'report.html'}")
