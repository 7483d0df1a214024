"""Rung (c): the minima of the best hits searched, the lowest labelled by an interatomic potential."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from perovex._progress import progress_bar
from perovex.building.compound import Compound
from perovex.crystal import perceive
from perovex.datasets.collect import read_label
from perovex.datasets.lenders import lenders_for
from perovex.elasticity import LabelSettings
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, require
from perovex.elasticity.potentials.names import file_stem
from perovex.errors import PerovexError
from perovex.minima import DEFAULT_STRATEGIES, LabelChoice, SearchSettings, Start, open_search, search_minima, state
from perovex.minima import Compound as Minima
from perovex.minima.campaign import LABELS
from perovex.prediction import start_crystal
from perovex.screening.model import TARGETS
from perovex.screening.words import LABEL_ELSEWHERE, labelled_in_words, no_minimum, no_moduli, search_start

if TYPE_CHECKING:
    import pandas as pd

    from perovex.minima import Known
    from perovex.screening.chunks import Question
    from perovex.screening.screen import Screen

#: Ways to find minima of a hit: patterns of known crystals and other hits of its spacer, then of like ones, then its
#: own crystal rearranged.
STRATEGIES: Final = (*DEFAULT_STRATEGIES, "turn", "slide")
#: Candidates of a compound.
N_CANDIDATES: Final = 8
_RUNG = "c"


@dataclass(frozen=True)
class LabelOptions:
    """How hits are searched and labelled.

    Attributes
    ----------
    count : int
        Hits, the best first.
    potential : str
        See `perovex.elasticity.potentials.by_name.make_calculator`.
    search : SearchSettings
        Strategies, thresholds, and the most candidates of a compound.
    settings : LabelSettings
        Protocol of the labels.
    """

    count: int
    potential: str = DEFAULT_POTENTIAL
    search: SearchSettings = field(
        default_factory=lambda: SearchSettings(strategies=STRATEGIES, max_candidates=N_CANDIDATES)
    )
    settings: LabelSettings = field(default_factory=LabelSettings)

    def __post_init__(self) -> None:
        if self.count < 1:
            raise PerovexError(f"{self.count} hits to label", remedy="give at least one")


def label_hits(
    result: Screen,
    question: Question,
    options: LabelOptions,
    out: str | Path,
    *,
    calculator: Any = None,
    progress: bool = False,
) -> Screen:
    """Search minima of the best hits and label the lowest, and rank these hits by their labels.

    Each starts from a known crystal of its spacer where there is one, else from a built one. Run it again with the same
    folder to go on.

    Parameters
    ----------
    result : Screen
    question : Question
        What was asked of the screen.
    options : LabelOptions
    out : path
        Folder of the search: ``candidates`` and ``labels``, as `perovex.minima.search_minima` writes them.
    calculator : ase calculator, optional
        Instead of the one that the potential names.
    progress : bool, default False
        Show a progress bar on stderr.

    Returns
    -------
    Screen
        Its hits have ``labelled_<target>`` (GPa), ``label`` (name of the minimum), ``label_start`` (what the search
        began with), ``label_statement`` (how often the lowest was found) and ``label_error``; ``rung`` is "c" where a
        label ranks.

    Raises
    ------
    LabelError
        The potential is unknown or its packages are missing.

    See Also
    --------
    perovex.screening.screen : Makes the hits.
    """
    if calculator is None:
        require(options.potential)
    hits = result.hits.reset_index(drop=True)
    chosen = hits.index[: options.count]
    hits[[f"labelled_{target}" for target in TARGETS]] = np.nan
    for column in ("label", "label_start", "label_statement", "label_error"):
        hits[column] = ""
    starts: dict[int, Start] = {}
    for row in progress_bar(chosen, desc="start", unit="hit", shown=progress):
        try:
            starts[row] = _start(hits.loc[row], question, options.search.random_state)
        except PerovexError as error:
            hits.loc[row, "label_error"] = str(error)
    distinct = list({start.name: start for start in starts.values()}.values())
    lenders = lenders_for(start.compound for start in distinct)
    with progress_bar(desc="search and label", unit="candidate", shown=progress) as bar:
        for _ in search_minima(
            distinct, out, settings=options.search, labels=LabelChoice(settings=options.settings), lenders=lenders,
            potential=options.potential, calculator=calculator, watch=bar.set_postfix_str,
        ):  # fmt: skip
            bar.update()
    known = open_search(distinct, out)
    for row, start in starts.items():
        for column, value in _told(known, start, Path(out), options.potential, question.moduli).items():
            hits.loc[row, column] = value
    return _ranked(result, hits, options)


def _start(hit: pd.Series, question: Question, random_state: int) -> Start:
    """Make the crystal that a search begins with."""
    compound = Compound.read(hit["smiles"], hit["metal"], hit["halide"], hit["n"], question.cage)
    structure = start_crystal(compound, random_state)
    minima = Minima.of(perceive(structure, source=str(compound)))
    relative = structure.properties.get("build", {}).get("from", "")
    return Start(minima.name, structure, minima, search_start(relative))


def _told(known: Known, start: Start, folder: Path, potential: str, moduli: str) -> dict[str, Any]:
    """Return what search and label say of one hit."""
    found = state(known, start.compound)
    told: dict[str, Any] = {"label_start": start.origin, "label_statement": str(found)}
    groups = known.minima(start.compound)
    names = [outcome.id for outcome in groups[0]] if groups else []
    paths = [folder / LABELS / f"{name}@{file_stem(potential)}.json" for name in names]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        reason = LABEL_ELSEWHERE if names else _why_none(known, start)
        return told | {"label_error": reason}
    row = read_label(path)
    if row["status"] != "accepted":
        return told | {"label": row["crystal_id"], "label_error": row["reason"]}
    told["label"] = row["crystal_id"]
    suffix = "" if moduli == "relaxed" else f"_{moduli}"
    values = {f"labelled_{name}": row.get(f"{name}{suffix}", np.nan) for name in TARGETS}
    if not np.isfinite(list(values.values())).all():
        return told | {"label_error": no_moduli(moduli)}
    return told | values


def _why_none(known: Known, start: Start) -> str:
    """Say why no candidate of a compound became a minimum of it."""
    reasons = dict.fromkeys(outcome.record["reason"] for outcome in known.tried(start.compound))
    return no_minimum(reasons)


def _ranked(result: Screen, hits: pd.DataFrame, options: LabelOptions) -> Screen:
    """Rank labelled hits by their labels, and say what was done."""
    target = result.goal.target
    labelled = hits[[f"labelled_{name}" for name in TARGETS]].notna().all(axis=1)
    n_held = 0
    if labelled.any():
        rows = hits[labelled]
        value = rows[f"labelled_{target}"]
        held = (rows[f"{target}_lower"] <= value) & (value <= rows[f"{target}_upper"])
        n_held = int(held.sum())
        moduli = rows[[f"labelled_{name}" for name in TARGETS]].set_axis(list(TARGETS), axis=1)
        hits.loc[labelled, "score"] = result.goal.score(moduli)
        hits.loc[labelled, "rung"] = _RUNG
        hits = hits.sort_values("score", ascending=False, kind="stable", ignore_index=True)
        hits["rank"] = np.arange(1, len(hits) + 1)
    said = labelled_in_words(
        options.potential, target, n_labelled=int(labelled.sum()), n_hits=options.count, n_held=n_held
    )
    return replace(result, hits=hits, statements=(*result.statements, said))
