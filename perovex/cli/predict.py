"""``perovex predict``: stiffness of crystals that are not in the data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from perovex.cli.choices import Force, Moduli, given

if TYPE_CHECKING:
    import pandas as pd


_OF_BUILT = ("metal", "halide", "n", "cage", "stacking", "relax", "from_scratch", "builds", "seed")


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
        list[str] | None,
        typer.Option(help="Instead of a file: SMILES of the spacer, e.g. 'CCCC[NH3+]'; repeatable, one row each."),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--table",
            help="Instead of files: a CSV of compounds, with a column spacer (or smiles) and any of metal, halide, n, "
            "cage, stacking.",
        ),
    ] = None,
    metal: Annotated[str, typer.Option("--metal", "-m", help="Metal of the built crystal.")] = "Pb",
    halide: Annotated[
        str,
        typer.Option(
            "--halide",
            "-x",
            help="Halide of the built crystal, or a mixture: Br0.5I0.5 (or Br:0.5,I:0.5) at random, "
            "axial=Br,equatorial=I by position.",
        ),
    ] = "I",
    n: Annotated[int, typer.Option("-n", "--n", help="Sheets of octahedra per slab of the built crystal.")] = 1,
    cage: Annotated[str, typer.Option(help="Cage cation of the built crystal when n > 1: MA, FA, GA, Cs, Rb.")] = "MA",
    stacking: Annotated[
        str | None,
        typer.Option(
            help="How slabs of the built crystal lie on each other: staggered or eclipsed; default by the charge of "
            "the spacer."
        ),
    ] = None,
    builds: Annotated[
        int,
        typer.Option(
            "--builds",
            min=1,
            help="Crystals to make, and average, of each compound without a known relative, half of them from crystals "
            "of like spacers; with --relax also relatives to make a compound of.",
        ),
    ] = 4,
    from_scratch: Annotated[
        bool,
        typer.Option(
            "--from-scratch", help="Build from nothing, whatever crystals of the spacer or of like ones are known."
        ),
    ] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the arrangements that are built.")] = 0,
    relax: Annotated[
        bool,
        typer.Option(
            "--relax",
            help="Relax with a potential first (minutes). A compound is made of up to --builds known relatives, or of "
            "like spacers and from nothing, and the lowest in energy counts: nearer to its own crystal, much nearer "
            "where a relative is known. `perovex doctor` says how to get one.",
        ),
    ] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Number of processes.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write the table (.csv, .parquet or .json); - is standard output."),
    ] = None,
    output_format: Annotated[
        str | None, typer.Option("--format", help="table, csv, json or parquet; default: by the name of --out.")
    ] = None,
    why: Annotated[
        bool,
        typer.Option(
            "--why", help="Say what carries each prediction, which known crystals are near, and what would change it."
        ),
    ] = False,
    figures: Annotated[
        Path | None,
        typer.Option("--figures", help="Write a waterfall (.svg, .png) and the reasons (.json) of each into DIR."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write a page (.html) with drawing, reasons and neighbours.")
    ] = None,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Progress bar on stderr.")] = True,
    force: Force = False,
) -> None:
    """Print the probability of being stiff and Young's moduli (GPa) with intervals; say first what lies outside.

    Stiff means a modulus above the threshold that the models were trained with; it is printed beside.
    """
    from perovex.cli.outputs import TABLES, check_file, table_with
    from perovex.cli.tables import format_of

    kind = format_of(out, output_format)
    if str(out) != "-":
        check_file(out, () if output_format else TABLES, table_with("E_vrh", "error"), force=force)
    _refuse_clashes(context, files, spacer, table)
    _check_pages(figures, report, force=force)
    if relax:
        from perovex.prediction.relaxing import require_potential

        require_potential()
    explain = why or figures is not None or report is not None
    show = progress and sys.stderr.isatty()
    composition = {"metal": metal, "halide": halide, "n": n, "cage": cage, "stacking": stacking}
    compounds, names = compounds_of(spacer, table, composition)  # before models are loaded: a bad table ends it
    bundle = _models(models, moduli)
    if files:
        from perovex.prediction import predict as run

        predicted = run(files, models=bundle, disorder=disorder, explain=explain, n_jobs=jobs, progress=show)
    else:
        from perovex.prediction import predict_compounds

        predicted = predict_compounds(
            compounds,
            start="scratch" if from_scratch else "known",
            relax=relax,
            n_builds=builds,
            models=bundle,
            explain=explain,
            random_state=seed,
            n_jobs=jobs,
            progress=show,
        )
        predicted.index = names
    _write_pages(predicted, bundle, figures, report)
    if not predicted["error"].astype(bool).all():  # without numbers there is nothing to doubt
        _say_what_is_unproven(bundle)
    _finish(predicted, out, kind, _units(bundle), why=why)


def _say_what_is_unproven(bundle: Any) -> None:
    """Say on stderr, before the numbers, where the models have shown no skill, and where intervals are too narrow."""
    from perovex.cli.remarks import say
    from perovex.learn.bundle.words import cautions

    for caution in cautions(bundle.manifest):
        say(f"perovex: note: {caution}")


def _check_pages(figures: Path | None, report: Path | None, *, force: bool) -> None:
    """Refuse pages that cannot be written before any work is done."""
    from perovex._files import check_folder
    from perovex.cli.outputs import check_file, text_with

    if figures is not None:
        check_folder(figures)
    check_file(report, (".html",), text_with("perovex"), force=force)


def _write_pages(table: pd.DataFrame, bundle: Any, figures: Path | None, report: Path | None) -> None:
    """Write waterfalls and reasons of each crystal, and the page of all of them."""
    if figures is not None:
        _write_figures(table, figures)
    if report is not None and (table["error"] == "").any():
        from perovex.report.crystal_page import crystal_page

        crystal_page(table, bundle).write(report)


def _write_figures(table: pd.DataFrame, folder: Path) -> None:
    import json
    import re

    from perovex._files import write_atomic
    from perovex.figures import figure, plot_reasons, save_figure

    taken: set[str] = set()
    for reasons in table["why"]:
        if reasons is None:
            continue
        stem = plain = re.sub(r"[^\w=+-]+", "_", Path(reasons.crystal).name).strip("_")
        while stem in taken:
            stem = f"{plain}-{len(taken) + 1}"
        taken.add(stem)
        made, ax = figure(height=4.6)
        plot_reasons(reasons, ax=ax)
        save_figure(made, folder, f"why_{stem}")
        write_atomic(folder / f"why_{stem}.json", f"{json.dumps(reasons.to_dict(), indent=1)}\n".encode())


def _models(models: Path | None, moduli: Moduli | None) -> Any:
    from perovex.prediction import load_models

    return load_models(models, moduli)


def compounds_of(
    spacers: list[str] | None, table: Path | None, composition: dict[str, Any]
) -> tuple[list[Any], pd.Index]:
    """Compounds to build, and what to call their rows; none where crystals were given as files."""
    import pandas as pd

    from perovex.building.compound import read_compounds

    if table is not None:
        rows = read_csv(table)
        for name, value in composition.items():
            if value is not None and name not in {str(column).strip().lower() for column in rows.columns}:
                rows[name] = value
        compounds = read_compounds(rows)
        names = [f"{table.name}:{number + 2}" for number in range(len(compounds))]
        return compounds, pd.Index(names, name="crystal")
    spacers = spacers or []
    rows = pd.DataFrame([{"spacer": one, **composition} for one in spacers], columns=["spacer", *composition])
    compounds = read_compounds(rows)
    names = [_said(one, compound) for one, compound in zip(spacers, compounds, strict=True)]
    return compounds, pd.Index(names, name="crystal")


def _said(spacer: str, compound: Any) -> str:
    """Return the spacer as it was written, and the rest of the compound."""
    return spacer if isinstance(compound, Exception) else f"{spacer} {str(compound).partition(' ')[2]}"


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table of compounds as text.

    Raises
    ------
    PerovexError
        If it cannot be read, or has no rows.
    """
    import pandas as pd

    from perovex.errors import PerovexError

    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise PerovexError(f"no table of compounds: {error}", remedy="give a CSV file", source=path) from error
    if rows.empty:
        raise PerovexError("a table without rows", remedy="one compound a row", source=path)
    return rows


def _refuse_clashes(
    context: typer.Context, files: list[str] | None, spacer: list[str] | None, table: Path | None
) -> None:
    """Refuse options that contradict each other or would be ignored."""
    from perovex.errors import PerovexError

    ways = {"files": files, "--spacer": spacer, "--table": table}
    taken = [name for name, value in ways.items() if value]
    if not taken:
        raise PerovexError("nothing to predict", remedy="give structure files, or --spacer SMILES, or --table CSV")
    if len(taken) > 1:
        raise PerovexError(f"{' and '.join(taken)} were both given", remedy="predict them one after the other")
    if not files and given(context, "disorder"):
        raise PerovexError(
            f"--disorder is about files, and {taken[0]} builds an ordered crystal", remedy="leave it out"
        )
    idle = [f"--{name.replace('_', '-')}" for name in _OF_BUILT if given(context, name)] if files else []
    if idle:
        raise PerovexError(
            f"{', '.join(idle)} describe a crystal to build, and files are crystals already",
            remedy="leave them out, or give --spacer instead of files",
        )


def _finish(table: pd.DataFrame, out: Path | None, kind: str, units: dict[str, str], *, why: bool) -> None:
    """Write or print the table, then warnings and errors; exit status 2 where a crystal failed."""
    import pandas as pd

    from perovex.cli.remarks import say, say_remarks
    from perovex.cli.tables import DIGITS, frame_bytes, print_frame, write_frame

    failed = table["error"].astype(bool)
    sentences_of: dict[Any, list[str]] = {}
    if "why" in table:
        explained = table["why"]
        table = table.drop(columns="why")
        sentences_of = {name: reasons.sentences() for name, reasons in explained.items() if reasons is not None}
        # JSON holds contributions, neighbours and the change as numbers, too; a cell of a table holds sentences
        cells: list[Any] = [sentences_of.get(name, []) for name in table.index]
        if kind == "json":
            cells = [_as_numbers(reasons) for reasons in explained]
        if why:
            table["why"] = pd.Series(cells, index=table.index, dtype=object)
    if out is not None and str(out) != "-":
        write_frame(table, out, kind, digits=DIGITS)
        named = sorted({unit for unit in units.values() if unit})
        unit = f", in {named[0]}" if len(named) == 1 else ""
        print(f"{(~failed).sum()} of {len(table)} crystals predicted in {out}{unit}")
    elif kind == "table":
        if not failed.all():
            print_frame(for_reading(table[~failed], units))
        for name, sentences in sentences_of.items() if why else ():
            print("\n".join([f"Why {name}:", *(f"  {sentence}" for sentence in sentences)]))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(frame_bytes(table, kind, digits=DIGITS))
        sys.stdout.flush()
    say_remarks(table["warnings"].items(), "warning", len(table))
    for source, error in table.loc[failed, "error"].items():
        say(f"perovex: {error}" if str(source) in str(error) else f"perovex: {source}: {error}")
    if failed.any():
        raise typer.Exit(2)


def _as_numbers(reasons: Any) -> dict[str, Any] | None:
    return None if reasons is None else reasons.to_dict()


def _units(bundle: Any) -> dict[str, str]:
    """Return the unit of each target, and of the threshold."""
    plain = str(bundle.manifest.get("unit", ""))
    return dict.fromkeys(bundle.regressors, plain) | (bundle.manifest.get("units") or {}) | {"threshold": plain}


def for_reading(table: pd.DataFrame, units: dict[str, str]) -> pd.DataFrame:
    """Return what people look at: an interval in one cell, units, nothing empty, nothing that is said on stderr."""
    import pandas as pd

    from perovex.prediction.words import probability_column

    targets = [name.removesuffix("_label") for name in table.columns if name.endswith("_label")]
    view: dict[str, Any] = {
        name: table[name] for name in ("formula", "smiles", "metal", "halide", "n", "phase", "stacking")
    }
    view["learnt from such crystals"] = table["in_domain"].map({True: "yes", False: "NO, see below"})
    probability = probability_column(table.columns)
    if probability:
        view["class"] = table["class"]
        view[probability.replace("_", " of ")] = table[probability].map("{:.2f}".format)
        view[_with_unit("threshold", units)] = table["threshold"].map("{:.2f}".format)
    for target in targets:
        view[_with_unit(target, units)] = _numbers(table[target], missing="none")
        if f"{target}_lower" in table:
            view[f"{target} interval"] = _spans(table, f"{target}_lower", f"{target}_upper")
        if f"{target}_min_of_builds" in table and (table["builds"] > 1).any():
            view[f"{target} of the builds"] = _spans(table, f"{target}_min_of_builds", f"{target}_max_of_builds")
        if table[f"{target}_label"].notna().any():
            view[f"{target} label"] = _numbers(table[f"{target}_label"], missing="")
    view["coverage of intervals"] = table["coverage"].map(lambda share: f"{share:.0%}" if share > 0 else "not claimed")
    if "builds" in table:
        view["builds averaged"] = table["builds"].astype(int)
    shown = pd.DataFrame(view, index=table.index)
    return shown.loc[:, [name for name in shown if (shown[name].astype(str) != "").any()]]


def _numbers(values: pd.Series, *, missing: str) -> pd.Series:
    """One decimal, or a word for what is missing."""
    return values.map("{:.1f}".format).where(values.notna(), missing)


def _with_unit(name: str, units: dict[str, str]) -> str:
    return f"{name} ({units[name]})" if units.get(name) else name


def _spans(table: pd.DataFrame, lower: str, upper: str) -> list[str]:
    pairs = zip(table[lower], table[upper], strict=True)
    return ["" if low != low else f"{low:.1f} to {high:.1f}" for low, high in pairs]  # noqa: PLR0124  (NaN)
