"""``perovex screen``: from spacers to compounds worth making."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from perovex.cli.choices import Force, Moduli, refuse_idle

if TYPE_CHECKING:
    import pandas as pd

TABLES = (".csv", ".parquet", ".json", ".sdf")
_SHOWN = 10  # hits that are printed
_SHOWN_FAILURES = 5


def screen(  # noqa: PLR0917 (options of a command)
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            help="Spacers: .csv or .parquet with a column smiles, .smi, .sdf, - (standard input), or library."
        ),
    ],
    metal: Annotated[str, typer.Option("--metal", "-m", help="Metals, divided by commas.")] = "Pb",
    halide: Annotated[
        str, typer.Option("--halide", "-x", help="Halides, divided by commas; a mixture as Br0.5I0.5.")
    ] = "I",
    n: Annotated[str, typer.Option("-n", "--n", help="Sheets of octahedra per slab, divided by commas.")] = "1",
    cage: Annotated[str, typer.Option(help="Cage cation when n > 1: MA, FA, GA, Cs, Rb.")] = "MA",
    rank: Annotated[Literal["stiff", "soft", "anisotropic", "window"], typer.Option(help="What is wanted.")] = "stiff",
    target: Annotated[
        str, typer.Option(help="Modulus that ranks: E_in_plane, E_out_of_plane or E_vrh.")
    ] = "E_in_plane",
    window: Annotated[
        str | None, typer.Option(help="With --rank window: lower and upper end in GPa, such as 8,12.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Hits.")] = 100,
    diverse: Annotated[
        float, typer.Option(help="Largest similarity (Tanimoto, above 0 to 1) of a hit to a better one; 1 allows all.")
    ] = 1.0,
    inside: Annotated[bool, typer.Option("--inside", help="Only compounds like those that were learnt from.")] = False,
    any_formability: Annotated[
        bool, typer.Option("--any", help="Rank cations that break a rule of formability, too.")
    ] = False,
    refine: Annotated[
        int, typer.Option(min=0, help="Build so many of the hits and predict them from their crystals.")
    ] = 0,
    refine_by: Annotated[Literal["best", "uncertain"], typer.Option(help="Which hits to build.")] = "best",
    builds: Annotated[int, typer.Option(min=1, help="Crystals built of each.")] = 1,
    label: Annotated[
        int,
        typer.Option(
            min=0, help="Search minima of so many of the best hits and label the lowest (rung c; minutes each)."
        ),
    ] = 0,
    search: Annotated[
        Path | None, typer.Option("--search", help="With --label: folder of candidates and labels; resumes.")
    ] = None,
    potential: Annotated[str, typer.Option(help="With --label: as in `perovex label`.")] = "7net-l3i5+d3",
    candidates: Annotated[int, typer.Option(min=1, help="With --label: crystals tried for each compound.")] = 8,
    moduli: Annotated[Moduli, typer.Option(help="Moduli with all ions relaxed, or with soft modes held.")] = "relaxed",
    models: Annotated[Path | None, typer.Option(help="Other models of molecule and composition.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write hits and failures (.csv, .parquet, .json) or hits (.sdf).")
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Write a page (.html).")] = None,
    parts: Annotated[
        Path | None, typer.Option("--parts", help="Keep pieces in DIR; a stopped screen goes on with them.")
    ] = None,
    executor: Annotated[Literal["local", "dask"], typer.Option(help="Where the work is done.")] = "local",
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, tcp://HOST:PORT.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes of this machine.")] = 1,
    chunk: Annotated[int, typer.Option(min=1, help="Spacers in a piece.")] = 2000,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Progress on stderr.")] = True,
    force: Force = False,
) -> None:
    """Screen spacers: will they form layers, how stiff would the crystal be, which are worth a closer look.

    Stiffness is predicted from the molecule and the composition alone (rung a); its accuracy on spacers that were held
    out is printed with every result.
    """
    from perovex._cluster import check_executor
    from perovex._files import check_folder
    from perovex.cli.outputs import check_file, table_with, text_with
    from perovex.screening import Goal, Options, Question
    from perovex.screening import screen as run
    from perovex.screening.reading import check_source

    if not label:
        refuse_idle(
            context, ("potential", "candidates"), "without --label", "add --label 3 --search DIR, or leave it out"
        )
    if not refine:
        refuse_idle(context, ("refine_by", "builds"), "without --refine", "add --refine 10, or leave it out")
    check_file(out, TABLES, _ours(table_with("rank", "status")), force=force)
    check_file(report, (".html",), text_with("perovex"), force=force)
    if parts is not None and not parts.is_dir():
        check_folder(parts)
    goal = Goal(rank, target, _window(window))
    question = Question(
        listed(metal, str.capitalize), listed(halide, str), counts(n), _cage(cage), moduli,
        "" if models is None else str(models),
    )  # fmt: skip
    options = Options(goal, top, any_formability, inside, diverse, refine, refine_by, builds)
    check_source(source)
    check_executor(executor, scheduler)
    wanted = _labels(label, search, potential, candidates)
    result = run(
        source, question, options, parts=parts, executor=executor, scheduler=scheduler, n_jobs=jobs, chunk=chunk,
        progress=progress and sys.stderr.isatty(),
    )  # fmt: skip
    if wanted is not None and search is not None and len(result.hits):
        from perovex.screening import label_hits

        result = label_hits(result, question, wanted, search, progress=progress and sys.stderr.isatty())
    _write(result, out)
    if report is not None:
        from perovex.report.screen_page import screen_page

        screen_page(result, question).write(report)
    _say(result, out, ranked_all=any_formability)
    if not len(result.hits):
        raise typer.Exit(2)


def _labels(count: int, search: Path | None, potential: str, candidates: int) -> Any:
    """Return how hits are labelled, None where they are not; refuse what cannot work before any is screened."""
    from perovex._files import check_folder
    from perovex.errors import PerovexError

    if (count > 0) != (search is not None):
        raise PerovexError("--label and --search belong together", remedy="give --label 3 --search DIR, or neither")
    if search is None:
        return None
    from perovex.elasticity.potentials.by_name import require
    from perovex.screening.labelling import STRATEGIES, LabelOptions, SearchSettings

    require(potential)
    if not search.is_dir():
        check_folder(search)
    return LabelOptions(count, potential, SearchSettings(strategies=STRATEGIES, max_candidates=candidates))


def _ours(table: Any) -> Any:
    """Tell an earlier result: a table by its columns, an SD file by its first record."""

    def ours(path: Path) -> bool:
        if path.suffix == ".sdf":
            return "<perovex_rank>" in path.read_text(encoding="utf-8")[:20_000]
        return bool(table(path))

    return ours


def listed(text: str, change: Any) -> tuple[str, ...]:
    """Return what stands between commas, each once."""
    return tuple(dict.fromkeys(change(item.strip()) for item in text.split(",") if item.strip()))


def counts(text: str) -> tuple[int, ...]:
    """Return the whole numbers between commas, each once.

    Raises
    ------
    PerovexError
        If they are none.
    """
    from perovex.errors import PerovexError

    try:
        return tuple(dict.fromkeys(int(item) for item in text.split(",") if item.strip()))
    except ValueError as error:
        raise PerovexError(f"no numbers of sheets: {text!r}", remedy="give whole numbers such as 1,2,3") from error


def _cage(text: str) -> str:
    from perovex.building.compound import Compound

    return Compound.read("CCCC[NH3+]", cage=text).cage


def _window(text: str | None) -> tuple[float, float] | None:
    from perovex.errors import PerovexError

    if text is None:
        return None
    try:
        lower, upper = (float(item) for item in text.split(","))
    except ValueError as error:
        raise PerovexError(f"no window: {text!r}", remedy="give two numbers such as 8,12") from error
    return lower, upper


def _write(result: Any, out: Path | None) -> None:
    from perovex.cli.tables import DIGITS, write_frame

    if out is None:
        return
    if out.suffix == ".sdf":
        from perovex._files import write_atomic

        write_atomic(out, sdf_bytes(result.hits))
        return
    write_frame(result.table(), out, digits=DIGITS)


def sdf_bytes(hits: pd.DataFrame) -> bytes:
    """Return hits as an SD file: drawn flat, every column a property."""
    import io

    from rdkit import Chem
    from rdkit.Chem import rdDepictor

    text = io.StringIO()
    writer = Chem.SDWriter(text)
    for row in hits.to_dict("records"):
        mol = Chem.MolFromSmiles(row["smiles"])
        rdDepictor.Compute2DCoords(mol)
        mol.SetProp("_Name", str(row["name"] or row["smiles"]))
        for key, value in row.items():
            if str(value) != "":
                mol.SetProp(f"perovex_{key}", f"{value:.6g}" if isinstance(value, float) else str(value))
        writer.write(mol)
    writer.close()
    return text.getvalue().encode()


def _say(result: Any, out: Path | None, *, ranked_all: bool) -> None:
    """Print the first hits where no table was written, then counts, statements and failures."""
    from perovex.cli.remarks import say
    from perovex.cli.tables import print_frame

    if out is None and len(result.hits):
        print_frame(for_reading(result.hits.head(_SHOWN)))
    counted = ", ".join(f"{value} {name}" for name, value in result.counts.items())
    say(f"perovex: {len(result.hits)} hits ({counted})")
    broken = result.counts["compounds"] - result.counts["may form"]
    if broken and not ranked_all:
        say(f"perovex: {broken} compounds break a rule of formability and were not ranked; --any ranks them, too")
        for row in result.unranked.head(_SHOWN_FAILURES).itertuples(index=False):
            say(f"perovex: row {row.row} not ranked: {row.error}")
        left = len(result.unranked) - _SHOWN_FAILURES
        if left > 0:
            say(f"perovex: {left} more rows were not ranked; --out writes all of them with their reasons")
    for sentence in result.statements:
        say(f"perovex: {sentence}")
    for row in result.failures.head(_SHOWN_FAILURES).itertuples(index=False):
        say(f"perovex: row {row.row}: {row.error}")
    left = len(result.failures) - _SHOWN_FAILURES
    if left > 0:
        say(f"perovex: {left} more rows were not screened; --out writes all of them with their reasons")


def for_reading(hits: pd.DataFrame) -> pd.DataFrame:
    """Return what people look at: intervals in one cell, units, the verdicts."""
    import pandas as pd

    from perovex.elasticity.names import YOUNGS_MODULI

    rows = hits.set_index("smiles").rename_axis("spacer")
    view: dict[str, Any] = {
        "compound": [
            f"{metal}{' ' * (len(halide) > 2)}{halide} n={n:g}"  # a mixture stands apart
            for metal, halide, n in zip(rows["metal"], rows["halide"].astype(str), rows["n"], strict=True)
        ]
    }
    for target in YOUNGS_MODULI:
        view[f"{target} (GPa)"] = rows[target].map("{:.1f}".format)
        ends = zip(rows[f"{target}_lower"], rows[f"{target}_upper"], strict=True)
        view[f"{target} interval"] = [f"{lower:.1f} to {upper:.1f}" for lower, upper in ends]
    view["formability"] = rows["formability"]
    view["learnt from such compounds"] = rows["in_domain"].map({True: "yes", False: "NO"})
    if "label" in rows:
        labelled = rows[[f"labelled_{name}" for name in YOUNGS_MODULI]].astype(float)
        moduli = [" / ".join(map("{:.1f}".format, row)) for row in labelled.to_numpy()]
        known = labelled.notna().any(axis=1)
        view["labelled (GPa)"] = [text if some else "" for text, some in zip(moduli, known, strict=True)]
    view["rung"] = rows["rung"]
    return pd.DataFrame(view, index=rows.index)
