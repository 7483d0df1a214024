"""``perovex describe``: a table of descriptors of any number of structure files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from perovex._numbers import short

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["table", "csv", "json", "md"]


def describe(  # noqa: PLR0917 (options of a command)
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
        Path | None, typer.Option("--out", "-o", help="Write the table here: .csv, .parquet or .json.")
    ] = None,
    families: Annotated[
        list[str] | None,
        typer.Option("--families", "-f", help="Families of descriptors; repeatable or with commas."),
    ] = None,
    output_format: Annotated[Format, typer.Option("--format", help="What to print when --out is not given.")] = "table",
    per: Annotated[
        Literal["crystal", "octahedron", "bridge", "sheet", "slab", "cation"] | None,
        typer.Option("--per", help="One row per part of a crystal, with indices into the structure, instead of means."),
    ] = None,
    types: Annotated[
        str, typer.Option("--types", help="Trajectories: elements of LAMMPS' atom types, such as Pb,I,Cs.")
    ] = "",
    reference: Annotated[
        Path | None,
        typer.Option("--reference", help="Trajectories: structure whose bonds count; by default the first frame."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Number of processes.")] = 1,
    disorder: Annotated[
        Literal["error", "major"], typer.Option("--disorder", help="Refuse partial occupancy, or keep the major part.")
    ] = "error",
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Progress bar on stderr.")] = True,
) -> None:
    """Describe crystals, one row per file; a file that fails keeps a row with its error (exit status 2).

    Examples: perovex describe crystals/ --out table.csv; perovex describe a.cif --per octahedron; perovex describe
    run.extxyz@1000: --out run.
    """
    import pandas as pd

    from perovex.cli.moving import describe_moving
    from perovex.cli.parts import describe_parts
    from perovex.cli.remarks import say, say_remarks
    from perovex.cli.tables import write_frame
    from perovex.crystal import expand_paths
    from perovex.crystal.trajectory import is_trajectory
    from perovex.descriptors import REGISTRY, HOIPFeaturizer

    chosen = [name for item in families or () for name in item.split(",") if name] or None
    REGISTRY.families(chosen)
    moving = [file for file in files if is_trajectory(file)]
    if moving:
        if len(files) > 1 or per is not None:
            raise typer.BadParameter("a trajectory is described alone, without --per")
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
    if per is not None:
        describe_parts(files, per, out=out, output_format=output_format, disorder=disorder)
        return
    _check_suffix(out)
    paths = expand_paths(files, keep_missing=len(files) > 1)
    crystals = pd.Series(paths, index=pd.Index([str(path) for path in paths], name="file"), dtype=object)
    featurizer = HOIPFeaturizer(
        families=chosen,
        on_error="row",
        n_jobs=jobs,
        disorder=disorder,
        progress=progress and len(paths) > 1 and sys.stderr.isatty(),
    )
    table = featurizer.fit_transform(crystals)
    errors = featurizer.errors_
    remarks = featurizer.warnings_
    table["warnings"] = ["; ".join(remarks.get(name, [])) for name in table.index]
    table["error"] = errors["message"].reindex(table.index).fillna("")
    if out is not None:
        write_frame(table, out)
        print(f"{len(table) - len(errors)} of {len(table)} crystals described in {out}")
    else:
        _print(table, output_format)
    noted = remarks.index.difference(errors.index, sort=False)  # an error says more than the note beside it
    say_remarks(remarks[noted].items(), "note", len(table))
    for name in errors.index:
        say(f"perovex: {errors.loc[name, 'kind']}: {errors.loc[name, 'message']}")
    if len(errors):
        raise typer.Exit(2)


def _check_suffix(out: Path | None) -> None:
    """Refuse an unknown kind of table before any work is done."""
    if out is not None and out.suffix not in {".csv", ".parquet", ".json"}:
        raise typer.BadParameter(f"{out}: write .csv, .parquet or .json")


def _print(table: pd.DataFrame, output_format: Format) -> None:
    """Print descriptors as rows and files as columns, except for the formats that machines read."""
    from perovex.cli.tables import frame_bytes

    if output_format == "csv":
        print(table.to_csv(), end="")
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
