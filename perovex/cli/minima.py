"""``perovex minima``: search for the lowest minima of compounds with an interatomic potential."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from perovex.cli.choices import not_negative, torch_device

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perovex.minima import Compound, Known, LabelChoice, SearchSettings, Start


def minima(  # noqa: PLR0917 (options of a command)
    files: Annotated[
        list[str] | None, typer.Argument(help="Crystals to start from: structure files, folders or globs.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of records; run again to go on, or several at once.")
    ] = None,
    release: Annotated[
        Path | None,
        typer.Option("--release", help="Start from the relaxed crystals of this data release as well."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option("--resume", help="Go on from the search packed in this data release, and from its crystals."),
    ] = None,
    strategies: Annotated[
        list[str] | None,
        typer.Option("--strategy", help="How candidates are made, repeatable, in this order; --list names them."),
    ] = None,
    halides: Annotated[
        list[str] | None,
        typer.Option("--halide", "-x", help="Search these halides too, such as Cl, Br and I; repeatable."),
    ] = None,
    metals: Annotated[
        list[str] | None, typer.Option("--metal", "-m", help="Search these metals too, such as Pb and Sn; repeatable.")
    ] = None,
    layers: Annotated[
        list[int] | None, typer.Option("-n", "--n", min=1, help="Only compounds of this n; repeatable.")
    ] = None,
    borrow: Annotated[
        bool,
        typer.Option(
            "--borrow/--no-borrow",
            help="Borrow patterns of the crystals that come with perovex: of the same spacer (relatives) and of the "
            "most alike ones (cation-exchange).",
        ),
    ] = True,
    max_candidates: Annotated[int | None, typer.Option(min=1, help="Most candidates of one compound.")] = None,
    label_within: Annotated[
        float | None,
        typer.Option(
            callback=not_negative,
            help="Label minima up to this far above the lowest, meV per metal; 0: the lowest only.",
        ),
    ] = None,
    potential: Annotated[str, typer.Option(help="As in `perovex label`.")] = "7net-l3i5+d3",
    device: Annotated[str, typer.Option(callback=torch_device, help="Torch device: cpu or cuda.")] = "cpu",
    origin: Annotated[str, typer.Option(help="Where the files come from (DOI, database); goes on record.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Seed of rattles and anneals.")] = 0,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say how many candidates would be tried now, and stop; needs no potential.")
    ] = False,
    show_strategies: Annotated[bool, typer.Option("--list", help="List the strategies and stop.")] = False,
) -> None:
    """Search for the minima of the given crystals' compounds, and say how often each lowest one was found.

    Writes candidates.csv and compounds.csv beside the records. A compound is metal, halide, n and molecules; stacking,
    tilts and conformations are what its minima differ in.
    """
    from perovex._files import check_folder
    from perovex.elasticity.potentials.by_name import make_calculator, require
    from perovex.errors import SearchError
    from perovex.minima import (
        DEFAULT_STRATEGIES,
        SearchSettings,
        Targets,
        describe_strategies,
        open_search,
        search_minima,
        unpack_search,
    )

    if show_strategies:
        for name, meaning in describe_strategies().items():
            print(f"{name:15} {'(default) ' if name in DEFAULT_STRATEGIES else ''}{meaning}")
        return
    if out is None:
        raise SearchError("no folder for the records", remedy="give --out FOLDER")
    _check_names(strategies or (), halides or (), metals or ())
    check_folder(out)
    if not plan:
        require(potential)
    if resume is not None:
        print(f"{unpack_search(resume, out)} candidates taken from {resume}")
    starts, labelled = _starts(files or [], release or resume, potential, origin)
    store = open_search([], out).store
    if resume is not None:  # a released crystal that the search made is no start: it would count as found once more
        starts = [start for start in starts if start.name not in store]
    targets = Targets(halides or (), metals or (), layers or (), recorded=resume is not None)
    settings = SearchSettings(strategies or DEFAULT_STRATEGIES, max_candidates=max_candidates, random_state=seed)
    compounds = [compound for family in targets.families(starts, store.all()) for compound in family]
    lenders = _lenders(compounds, settings) if borrow else []
    labels = _labels(label_within, labelled)
    if plan:
        _say_plan(open_search(starts, out, lenders=lenders, random_state=seed), compounds, settings, labels, out)
        return
    calculator = make_calculator(potential, device=device)
    with _Bar() as bar:
        for item in search_minima(
            starts,
            out,
            targets=targets,
            settings=settings,
            labels=labels,
            lenders=lenders,
            potential=potential,
            calculator=calculator,
            watch=bar.watch,
        ):
            bar.say(_line(item))
    _summarise(starts, out, compounds)


def _say_plan(
    known: Known, compounds: Sequence[Compound], settings: SearchSettings, labels: LabelChoice | None, out: Path
) -> None:
    """Print what is left to try, strategy by strategy; what is found may propose more."""
    from perovex.minima import untried
    from perovex.minima.campaign import CANDIDATES

    left = list(untried(known, compounds, settings))
    for name in settings.strategies:
        asked = [candidate.compound for candidate in left if candidate.strategy == name]
        if asked:
            print(f"{name:15} {len(asked)} candidates of {len(set(asked))} compounds")
    if labels is not None:
        print(f"{'labels':15} {len(labels.jobs(known, compounds, out / CANDIDATES))} of minima that are on record")
    tried = sum(len(known.tried(compound)) for compound in compounds)
    print(
        f"{len(left)} candidates to try of {len(compounds)} compounds, {tried} on record; what they find may give more"
    )


def _check_names(strategies: Sequence[str], halides: Sequence[str], metals: Sequence[str]) -> None:
    """Refuse what no search knows, before the potential is loaded."""
    from perovex.crystal.radii import HALIDE_RADII, METAL_RADII
    from perovex.errors import SearchError
    from perovex.minima import describe_strategies

    known: list[tuple[str, list[str], list[str]]] = [
        ("strategy", list(strategies), list(describe_strategies())),
        ("halide", list(halides), list(HALIDE_RADII)),
        ("metal", list(metals), list(METAL_RADII)),
    ]
    for word, given, names in known:
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise SearchError(f"unknown {word} {', '.join(unknown)}", remedy=f"known are {', '.join(names)}")


def _starts(files: list[str], release: Path | None, potential: str, origin: str) -> tuple[list[Start], set[str]]:
    """Crystals to start from, and the names of those that carry a label."""
    from perovex.crystal import expand_paths
    from perovex.datasets import load_elastic
    from perovex.datasets.minima import starts_of
    from perovex.errors import SearchError
    from perovex.minima import read_starts
    from perovex.minima.campaign import refuse_repeated_starts

    if not files and release is None:
        raise SearchError("no crystals to start from", remedy="give structure files or --release FOLDER")
    starts = read_starts(expand_paths(files, keep_missing=len(files) > 1), origin=origin) if files else []
    labelled: set[str] = set()
    if release is not None:
        data = load_elastic(release, potential=potential, minima="all")
        starts += starts_of(data, progress=True)
        labelled = set(data.with_label)
    return refuse_repeated_starts(starts), labelled


def _lenders(compounds: Sequence[Compound], settings: SearchSettings) -> list[Start]:
    """Crystals that come with the package and lend their patterns, where a strategy asks for such."""
    if not {"relatives", "cation-exchange"} & set(settings.strategies):
        return []
    from perovex.datasets.lenders import lenders_for

    return lenders_for(compounds, progress=True)


def _labels(within: float | None, labelled: set[str]) -> LabelChoice | None:
    from perovex.minima import LabelChoice

    return None if within is None else LabelChoice(within, labelled)


def _line(item: Any) -> str:
    if isinstance(item, dict):
        modulus = item.get("E_vrh")
        tail = item["reason"] if modulus is None else f"E_vrh {modulus:.2f} GPa"
        return f"label of {item['name']}: {item['status']}, {tail}"
    record = item.record
    energy = record.get("energy_per_metal_eV")
    tail = (
        record["reason"]
        or f"{energy:.4f} eV per metal, {record['space_group']}, {record.get('stacking') or record['phase']}"
    )
    return f"{item.id} from {record['parent']}: {record['status']}, {tail}, {record.get('calls', 0)} calls"


def _summarise(starts: list[Start], out: Path, compounds: list[Any]) -> None:
    from perovex._files import write_atomic
    from perovex.minima import candidate_table, open_search, state, statement_table

    known = open_search(starts, out)
    outcomes = [outcome for compound in compounds for outcome in known.tried(compound)]
    for name, table in (
        ("candidates", candidate_table(known, outcomes)),
        ("compounds", statement_table(known, compounds)),
    ):
        write_atomic(out / f"{name}.csv", table.to_csv(lineterminator="\n", float_format="%.6g").encode())
    for compound in compounds:
        print(state(known, compound))
    print(f"{len(outcomes)} candidates of {len(compounds)} compounds in {out}")


class _Bar:
    """Candidates and labels done, and the one in work; on stderr."""

    def __init__(self) -> None:
        from perovex._progress import progress_bar

        self._bar = progress_bar(unit="candidate", desc="minima", shown=True, dynamic_ncols=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def watch(self, what: str) -> None:
        self._bar.set_postfix_str(what)

    def say(self, line: str) -> None:
        self._bar.update()
        self._bar.write(line, file=sys.stdout)
        sys.stdout.flush()
