"""``perovex spacers``: the library of candidate cations, filtered or made anew."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from perovex.cli.choices import Force  # noqa: TC001 (typer reads annotations at run time)

_SHOWN = 10


def spacers(  # noqa: PLR0917 (options of a command)
    make: Annotated[bool, typer.Option("--make", help="Enumerate the library anew (minutes).")] = False,
    charge: Annotated[Literal["1", "2"] | None, typer.Option(help="Positive charges.")] = None,
    head: Annotated[
        Literal["primary", "secondary", "tertiary", "quaternary", "other"] | None,
        typer.Option(help="The least substituted ammonium."),
    ] = None,
    family: Annotated[
        Literal["chain", "ring", "aromatic", "heteroaromatic", "diammonium", "cyclic amine"] | None,
        typer.Option(help="Rules that a cation was made by."),
    ] = None,
    formable: Annotated[
        bool, typer.Option("--formable", help="Only those known layered, or that break no rule.")
    ] = False,
    fluorinated: Annotated[
        bool | None, typer.Option("--fluorinated/--no-fluorinated", help="With or without fluorine.")
    ] = None,
    chiral: Annotated[bool | None, typer.Option("--chiral/--achiral", help="With or without a stereocentre.")] = None,
    aromatic: Annotated[
        bool | None, typer.Option("--aromatic/--aliphatic", help="With or without an aromatic ring.")
    ] = None,
    largest: Annotated[int | None, typer.Option(min=1, help="Most atoms without hydrogens.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Only those without a label and without a known crystal.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the table (.csv, .parquet or .json).")] = None,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Progress on stderr.")] = True,
    force: Force = False,
) -> None:
    """List candidate cations with what is known of each: in the labels, in known crystals, or not at all."""
    from perovex.cli.outputs import TABLES, check_file, table_with
    from perovex.cli.remarks import say
    from perovex.cli.tables import DIGITS, print_frame, write_frame
    from perovex.screening import enumerate_cations, load_library, select

    check_file(out, TABLES, table_with("smiles", "formability"), force=force)
    library = enumerate_cations(progress=progress and sys.stderr.isatty()) if make else load_library()
    chosen = select(
        library, charge=None if charge is None else int(charge), head=head, family=family, formable=formable,
        fluorinated=fluorinated, chiral=chiral, aromatic=aromatic, largest=largest, new=new,
    )  # fmt: skip
    if out is not None:
        write_frame(chosen.reset_index(drop=True), out, digits=DIGITS)
    else:
        print_frame(chosen.head(_SHOWN).set_index("smiles")[["family", "head", "charge", "formability", "in_data"]])
    known = chosen["formability"].value_counts()
    say(
        f"perovex: {len(chosen)} of {len(library)} cations ({', '.join(f'{n} {name}' for name, n in known.items())}; "
        f"{int(chosen['in_data'].sum())} in the labels)"
    )
    if chosen.empty:
        raise typer.Exit(2)
