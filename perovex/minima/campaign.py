"""Search many compounds into one folder: resumable, shared by several workers, one record a candidate."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perovex._files import make_folder
from perovex.crystal import as_structure, perceive
from perovex.elasticity.labels.campaign import Job, label_many
from perovex.elasticity.labels.records import claimed
from perovex.elasticity.labels.run import LabelSettings
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator
from perovex.errors import SearchError
from perovex.minima.candidate import OutcomeStore
from perovex.minima.compound import Compound
from perovex.minima.known import Known, Start
from perovex.minima.search import SearchSettings, search_family
from perovex.minima.strategies.registry import strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from perovex.minima.candidate import Outcome

logger = logging.getLogger(__name__)

#: Folders of a search: records of candidates, records of labels.
CANDIDATES, LABELS = "candidates", "labels"
_LARGE = 10**9  # atoms of a crystal of which no size is known


@dataclass(frozen=True)
class Targets:
    """Which compounds a search is after.

    Attributes
    ----------
    halides, metals : sequence of str
        Complete every series of these; empty for the compounds given only.
    layers : sequence of float
        Only compounds with this n; empty for all.
    recorded : bool
        Also compounds that no start belongs to and that are on record: a search that goes on.
    """

    halides: Sequence[str] = ()
    metals: Sequence[str] = ()
    layers: Sequence[float] = ()
    recorded: bool = False

    def families(self, starts: Iterable[Start], outcomes: Iterable[Outcome] = ()) -> list[list[Compound]]:
        """Wanted compounds by family, those of small crystals first."""
        crystals = [(start.compound, len(start.structure)) for start in starts]
        if self.recorded:
            crystals += [(outcome.compound, outcome.record.get("atoms", _LARGE)) for outcome in outcomes]
        size: dict[str, int] = {}
        families: dict[str, set[Compound]] = {}
        for compound, atoms in crystals:
            if self.layers and compound.n_layers not in self.layers:
                continue
            size[compound.family] = min(size.get(compound.family, _LARGE), atoms)
            families.setdefault(compound.family, set()).update(self._series(compound))
        return [sorted(families[family]) for family in sorted(families, key=lambda f: (size[f], f))]

    def _series(self, compound: Compound) -> set[Compound]:
        if "." in compound.metals + compound.halides:  # mixed octahedra belong to no series
            return {compound}
        halides = {compound.halides, *self.halides}
        metals = {compound.metals, *self.metals}
        return {replace(compound, metals=m, halides=x) for m in metals for x in halides}


@dataclass(frozen=True)
class LabelChoice:
    """Which minima are labelled once a family is searched.

    Attributes
    ----------
    within : float
        Minima up to this energy above the lowest, meV per metal; 0 for the lowest only.
    labelled : collection of str
        Names of starts and candidates that carry a label already: their minima need none.
    settings : LabelSettings
        Protocol.
    """

    within: float = 0.0
    labelled: Collection[str] = ()
    settings: LabelSettings = field(default_factory=LabelSettings)

    def jobs(self, known: Known, compounds: Iterable[Compound], folder: Path) -> list[Job]:
        """Labels to make, the lowest minima of all compounds first."""
        ranked: list[tuple[float, Job]] = []
        for compound in compounds:
            groups = known.minima(compound)
            for group in groups:
                above = 1e3 * (group[0].energy - groups[0][0].energy)
                if above <= self.within and not any(self._has_label(outcome) for outcome in group):
                    name, origin = group[0].id, group[0].record["origin"]
                    ranked.append((above, Job(folder / f"{name}.extxyz", name=name, origin=origin)))
        return [job for _, job in sorted(ranked, key=lambda pair: (pair[0], pair[1].name))]

    def _has_label(self, outcome: Outcome) -> bool:
        given = outcome.record["strategy"] == "given" and outcome.record["parent"] in self.labelled
        return given or outcome.id in self.labelled


def read_starts(paths: Iterable[str | Path], *, origin: str = "") -> list[Start]:
    """Read crystals to start from, named by their files.

    Parameters
    ----------
    paths : iterable of path
        Structure files.
    origin : str
        Where they come from.

    Returns
    -------
    list of Start

    Raises
    ------
    PerovexError
        If a file is no crystal that can be perceived, or two have one name.
    """
    starts: list[Start] = []
    for path in map(Path, paths):
        structure = as_structure(path)
        starts.append(
            Start(path.name.split(".")[0], structure, Compound.of(perceive(structure, source=str(path))), origin)
        )
    return refuse_repeated_starts(starts)


def refuse_repeated_starts(starts: list[Start]) -> list[Start]:
    """Return the starts, or raise a SearchError if two have one name."""
    names = [start.name for start in starts]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SearchError(f"two crystals are named {repeated[0]!r}", remedy="rename one of the files")
    return starts


def open_search(
    starts: Sequence[Start],
    out: str | Path,
    calculator: Any = None,
    random_state: int = 0,
    lenders: Sequence[Start] = (),
) -> Known:
    """Open a folder of a search, new or not: what is known so far.

    Parameters
    ----------
    starts : sequence of Start
        Crystals given; may be empty to look only.
    out : path
        Folder of the search.
    calculator : ase calculator, optional
        For a search that goes on.
    random_state : int
        Seed of strategies that draw.
    lenders : sequence of Start
        Crystals that lend their patterns and are not searched themselves.

    Returns
    -------
    Known
    """
    folder = Path(out)
    make_folder(folder)
    store = OutcomeStore(folder / CANDIDATES)
    return Known(list(starts), store, random_state=random_state, calculator=calculator, lenders=lenders)


def search_minima(  # noqa: PLR0913 - what to search, and with what
    starts: Sequence[Start],
    out: str | Path,
    *,
    targets: Targets | None = None,
    settings: SearchSettings | None = None,
    labels: LabelChoice | None = None,
    lenders: Sequence[Start] = (),
    potential: str = DEFAULT_POTENTIAL,
    calculator: Any = None,
    watch: Callable[[str], None] | None = None,
) -> Iterator[Outcome | dict[str, Any]]:
    """Search family after family and label what was found, yielding outcomes and label records as they finish.

    Run it again, or several times at once, to go on: candidates with a record are not tried again, a family that
    another worker has claimed is left to it, and a label that was interrupted goes on from its checkpoint.

    Parameters
    ----------
    starts : sequence of Start
        Crystals, see `read_starts`.
    out : path
        Folder of records: ``candidates`` and ``labels``.
    targets : Targets, optional
        Which compounds; default those of the starts.
    settings : SearchSettings, optional
        Strategies and thresholds.
    labels : LabelChoice, optional
        Which minima are labelled; default none.
    lenders : sequence of Start
        Crystals that lend their patterns and are not searched themselves, such as
        `perovex.datasets.lenders.lenders_for` gives.
    potential : str
        See `perovex.elasticity.potentials.by_name.make_calculator`.
    calculator : ase calculator, optional
        Instead of the one that `potential` names.
    watch : callable, optional
        Told in words what is being done.

    Yields
    ------
    Outcome or dict
        What became of a candidate, or the record of a label.

    Raises
    ------
    SearchError
        If a strategy is unknown.
    LabelError
        If the potential cannot be loaded.
    """
    settings = settings or SearchSettings()
    for name in settings.strategies:
        strategy(name)  # an unknown one ends the run before work starts
    folder = Path(out)
    engine = calculator if calculator is not None else make_calculator(potential)
    known = open_search(starts, folder, engine, settings.random_state, lenders)
    for compounds in (targets or Targets()).families(starts, known.store.all()):
        with claimed(folder / f".{compounds[0].name}.lock") as mine:
            if not mine:
                continue
            known.store.refresh()
            tell = None if watch is None else lambda candidate: watch(candidate.id)
            yield from search_family(known, compounds, settings, potential=potential, watch=tell)
            if labels is not None:
                stage = None if watch is None else lambda name, progress: watch(f"{name} {progress.stage}")
                jobs = labels.jobs(known, compounds, folder / CANDIDATES)
                yield from label_many(
                    jobs, folder / LABELS, potential=potential, settings=labels.settings, calculator=engine, watch=stage
                )
