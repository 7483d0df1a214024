"""``perovex suggest``: what to label next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from perovex.cli.choices import Force, Moduli, refuse_idle

#: Options that a campaign on the bundled labels has no use for.
_OF_SUGGESTIONS = ("source", "k", "by", "soft", "descriptor", "metal", "halide", "n", "any_formability")


def suggest(  # noqa: PLR0917 (options of a command)
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="Candidates, as for screen; by default the library.")] = "library",
    k: Annotated[int, typer.Option("--k", min=1, help="Compounds.")] = 10,
    by: Annotated[
        Literal["improvement", "uncertainty", "diversity", "claim"], typer.Option(help="What a label is wanted for.")
    ] = "uncertainty",
    target: Annotated[str, typer.Option(help="Modulus: E_in_plane, E_out_of_plane or E_vrh.")] = "E_in_plane",
    soft: Annotated[bool, typer.Option("--soft", help="Improve on the softest, not on the stiffest.")] = False,
    descriptor: Annotated[
        str, typer.Option(help="With --by claim: the descriptor that the claim is about.")
    ] = "stei_head",
    metal: Annotated[str, typer.Option("--metal", "-m", help="Metals, divided by commas.")] = "Pb",
    halide: Annotated[
        str, typer.Option("--halide", "-x", help="Halides, divided by commas; a mixture as Br0.5I0.5.")
    ] = "I",
    n: Annotated[str, typer.Option("-n", "--n", help="Sheets of octahedra per slab, divided by commas.")] = "1",
    moduli: Annotated[Moduli, typer.Option(help="Moduli with all ions relaxed, or with soft modes held.")] = "relaxed",
    any_formability: Annotated[
        bool, typer.Option("--any", help="Also cations that break a rule of formability.")
    ] = False,
    simulate: Annotated[
        int, typer.Option(min=0, help="Instead: play so many campaigns on the bundled labels, against random choice.")
    ] = 0,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the table (.csv, .parquet or .json).")] = None,
    force: Force = False,
) -> None:
    """Suggest which compounds to label next; ``perovex build`` and ``perovex label`` make the labels."""
    from perovex.cli.outputs import TABLES, check_file, table_with
    from perovex.cli.screen import counts, listed
    from perovex.cli.tables import DIGITS, print_frame, write_frame
    from perovex.screening import Question
    from perovex.screening import suggest as run

    if simulate:
        refuse_idle(context, _OF_SUGGESTIONS, "with --simulate")
    if by != "claim":
        refuse_idle(context, ("descriptor",), "without --by claim", "add --by claim, or leave it out")
    if by != "improvement":
        refuse_idle(context, ("soft",), "without --by improvement", "add --by improvement, or leave it out")
    check_file(out, TABLES, table_with("gain") if not simulate else table_with("MAE"), force=force)
    if simulate:
        from perovex.datasets import load_elastic
        from perovex.screening.campaign import simulate as play

        campaign = play(load_elastic(moduli=moduli), target, n_seeds=simulate, progress=sys.stderr.isatty())
        print_frame(campaign.against_random().T)
        if out is not None:
            write_frame(campaign.table, out, digits=DIGITS)
        return
    question = Question(listed(metal, str.capitalize), listed(halide, str), counts(n), moduli=moduli)
    chosen = run(
        source, question, k=k, by=by, target=target, soft=soft, descriptor=descriptor, any_formability=any_formability
    )
    if out is not None:
        write_frame(chosen.set_index("smiles"), out, digits=DIGITS)
        return
    view = chosen.set_index("smiles")
    view["interval (GPa)"] = [
        f"{lower:.1f} to {upper:.1f}"
        for lower, upper in zip(view[f"{target}_lower"], view[f"{target}_upper"], strict=True)
    ]
    print_frame(view[["metal", "halide", "n", "formability", target, "interval (GPa)", "gain"]])
