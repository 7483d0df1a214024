"""``perovex describe``: a table of descriptors of any number of structure files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from perovex.cli.choices import Force, given, positive, refuse_idle
from perovex.cli.tables import DIGITS
from perovex.errors import PerovexError

Format = Literal["table", "csv", "json", "md"]


def describe(  # noqa: PLR0917 (options of a command)
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(
            help="Structure files, folders or glob patterns; FILE@2 is frame 2 of an xyz file, FILE@name a block of a"
            " CIF; FILE@: or FILE@START:STOP:STEP all or some frames of a trajectory (xyz, XDATCAR, LAMMPS dump, .traj,"
            " PDB, .gro).",
            metavar="FILE...",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Write the table here: .csv, .parquet or .json (of a trajectory: a folder). Interrupted, the same "
            "command goes on.",
        ),
    ] = None,
    families: Annotated[
        list[str] | None,
        typer.Option("--families", "-f", help="Families of descriptors; repeatable or with commas."),
    ] = None,
    output_format: Annotated[Format, typer.Option("--format", help="What to print when --out is not given.")] = "table",
    units: Annotated[
        bool,
        typer.Option(
            "--units",
            help="Name columns with their units, such as 'bridge_angle_mean (deg)', in CSV, JSON and files; without it "
            "columns bear the keys of descriptors alone, whose units `perovex descriptors list` prints.",
        ),
    ] = False,
    digits: Annotated[
        int, typer.Option("--digits", min=1, max=17, help="Significant digits in CSV; 17 are all, as in other formats.")
    ] = DIGITS,
    per: Annotated[
        Literal["crystal", "octahedron", "bridge", "sheet", "slab", "cation"] | None,
        typer.Option("--per", help="One row per part of a crystal, with indices into the structure, instead of means."),
    ] = None,
    glazer_tolerance: Annotated[
        float,
        typer.Option(
            "--glazer-tolerance",
            callback=positive,
            help="With --per crystal: tilts (deg) below it are 0 in Glazer's symbol, tilts closer than it are equal.",
        ),
    ] = 1.0,
    types: Annotated[
        str, typer.Option("--types", help="Trajectories: elements of LAMMPS' atom types, such as Pb,I,Cs.")
    ] = "",
    reference: Annotated[
        Path | None,
        typer.Option("--reference", help="Trajectories: structure whose bonds count; by default the first frame."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=1024, help="Number of processes.")] = 1,
    disorder: Annotated[
        Literal["error", "major"], typer.Option("--disorder", help="Refuse partial occupancy, or keep the major part.")
    ] = "error",
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Progress bar on stderr.")] = True,
    force: Force = False,
) -> None:
    """Describe crystals, one row per file; a file that fails keeps a row with its error (exit status 2)."""
    from perovex.cli.crystals import describe_crystals
    from perovex.cli.moving import describe_moving
    from perovex.cli.outputs import TABLES, check_file, table_with
    from perovex.cli.parts import describe_parts
    from perovex.crystal.trajectory import is_trajectory
    from perovex.descriptors import REGISTRY

    chosen = [name for item in families or () for name in item.split(",") if name] or None
    REGISTRY.families(chosen)
    if given(context, "digits") and (out.suffix if out else f".{output_format}") != ".csv":
        raise PerovexError("--digits is about CSV, and other formats keep all digits", remedy="leave it out")
    moving = [file for file in files if is_trajectory(file)]
    if moving:
        if len(files) > 1:
            raise typer.BadParameter("a trajectory is described alone")
        refuse_idle(
            context, ("per", "glazer_tolerance", "digits", "units", "jobs", "disorder", "force"), "with a trajectory"
        )
        describe_moving(
            files[0],
            out=out,
            output_format=output_format,
            families=chosen,
            types=types,
            reference=reference,
            progress=progress,
        )
        return
    if types or reference is not None:
        raise typer.BadParameter("--types and --reference are for trajectories: name the frames, such as FILE@:")
    if out is not None:
        refuse_idle(context, ("output_format",), "with --out, whose ending says the format")
    elif output_format not in {"csv", "json"}:
        refuse_idle(context, ("units",), "where units are a column already")
    check_file(out, TABLES, table_with("file" if per else "error"), force=force)
    if per != "crystal":
        refuse_idle(context, ("glazer_tolerance",), "without --per crystal")
    if per is not None:
        refuse_idle(context, ("families", "units", "jobs"), "with --per")
        describe_parts(
            files,
            per,
            out=out,
            output_format=output_format,
            digits=digits,
            disorder=disorder,
            glazer_tolerance=glazer_tolerance,
        )
        return
    describe_crystals(
        files,
        out=out,
        output_format=output_format,
        digits=digits,
        families=chosen,
        units=units,
        jobs=jobs,
        disorder=disorder,
        progress=progress,
    )
