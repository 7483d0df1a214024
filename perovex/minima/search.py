"""Search for the minima of some compounds: propose, relax, recognise, record, until nothing new is proposed."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pymatgen.core import Structure

from perovex.crystal import perceive
from perovex.elasticity.labels.label import plain_atoms
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings
from perovex.elasticity.relaxation.relax_atoms import relax_atoms
from perovex.errors import PerovexError
from perovex.minima.candidate import (
    BUILT,
    FAILED,
    FROM_NOTHING,
    MADE_FROM,
    MINIMUM,
    NOT_CONVERGED,
    OTHER_COMPOUND,
    Candidate,
    Outcome,
)
from perovex.minima.compound import Compound
from perovex.minima.strategies.registry import DEFAULT_STRATEGIES, strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ase import Atoms

    from perovex.minima.known import Known

logger = logging.getLogger(__name__)

#: Candidates are relaxed well enough to be told apart; a label relaxes on.
COARSE = RelaxSettings(fmax=0.02, smax=0.03, max_steps=150)


@dataclass(frozen=True)
class SearchSettings:
    """How a search goes.

    Attributes
    ----------
    strategies : sequence of str
        In the order of their turns; see `describe_strategies`.
    relax : RelaxSettings
        Thresholds of the coarse relaxation.
    rattle : float
        Standard deviation of random displacements at the start of a relaxation, Å, so that no symmetry keeps a crystal
        on a saddle; a crystal that is relaxed already stays as it is.
    max_candidates : int, optional
        Most candidates of one compound.
    random_state : int
        Seed of all that is drawn.
    """

    strategies: Sequence[str] = DEFAULT_STRATEGIES
    relax: RelaxSettings = field(default_factory=lambda: COARSE)
    rattle: float = 0.02
    max_candidates: int | None = None
    random_state: int = 0


def search_family(
    known: Known,
    compounds: Sequence[Compound],
    settings: SearchSettings | None = None,
    *,
    potential: str = "",
    watch: Callable[[Candidate], None] | None = None,
) -> Iterator[Outcome]:
    """Try candidates of some compounds until no strategy has a new one, and yield what became of each.

    The first strategy has its turn with every compound before the second has one; whatever it finds may give an
    earlier strategy new candidates, which then come first again.

    Parameters
    ----------
    known : Known
        Crystals to start from, and the store that is read and added to.
    compounds : sequence of Compound
        Those whose minima are wanted.
    settings : SearchSettings, optional
    potential : str
        Name of the calculator in the records.
    watch : callable, optional
        Told every candidate before it is relaxed.

    Raises
    ------
    SearchError
        If a strategy is unknown.
    """
    settings = settings or SearchSettings()
    while (candidate := next(untried(known, compounds, settings), None)) is not None:
        if watch is not None:
            watch(candidate)
        outcome = _try(candidate, known, settings, potential)
        known.store.add(outcome)
        yield outcome


def untried(known: Known, compounds: Iterable[Compound], settings: SearchSettings | None = None) -> Iterator[Candidate]:
    """Yield candidates of some compounds that are not on record, in the order in which they would be tried.

    What is known now proposes them; what they find may give more.

    Parameters
    ----------
    known : Known
        Crystals to start from, and the store of what was tried; no calculator is needed.
    compounds : iterable of Compound
        Those whose minima are wanted.
    settings : SearchSettings, optional
        Strategies, and how many candidates a compound may have.

    Raises
    ------
    SearchError
        If a strategy is unknown.
    """
    settings = settings or SearchSettings()
    most = math.inf if settings.max_candidates is None else settings.max_candidates
    wanted = list(compounds)
    left = {compound: most - len(known.tried(compound)) for compound in wanted}
    proposed: set[str] = set()
    for propose in [strategy(name) for name in settings.strategies]:
        for compound in wanted:
            if left[compound] <= 0:
                continue
            for candidate in propose(known, compound):
                if candidate.id in known.store or candidate.id in proposed:
                    continue
                proposed.add(candidate.id)
                left[compound] -= 1
                yield candidate
                if left[compound] <= 0:
                    break


def _try(candidate: Candidate, known: Known, settings: SearchSettings, potential: str) -> Outcome:
    began = time.monotonic()
    record = _provenance(candidate, known) | {"potential": potential, "status": FAILED, "reason": ""}
    atoms: Atoms | None = None
    try:
        atoms, relaxed = _relax(candidate.make(), known, settings)
        record |= relaxed | _what_it_is(candidate, atoms, converged=relaxed["converged"])
        if record.get("metals"):
            record["energy_per_metal_eV"] = record["energy_eV"] / record["metals"]
    except PerovexError as error:
        logger.info("%s: %s", candidate.id, error)
        record["reason"] = f"{error.kind}: {error.cause}"
    record["seconds"] = round(time.monotonic() - began, 2)
    return Outcome(record, atoms)


def _provenance(candidate: Candidate, known: Known) -> dict[str, Any]:
    """How a candidate was made.

    ``number`` counts the candidates of its compound; ``root`` is the first crystal of its line, whose pattern it has.
    ``origin`` is that of the given crystal; of what was made from one it says so, for its compound may never have been
    measured.
    """
    root = candidate.id
    if candidate.parent in known.store:
        parent = known.store[candidate.parent].record
        origin = parent["origin"]
        if not candidate.new_pattern:
            root = parent["root"]
    else:
        origin = BUILT if candidate.parent == FROM_NOTHING else known.origin(candidate.parent)
    if candidate.strategy != "given" and origin and not origin.startswith(MADE_FROM):
        origin = MADE_FROM + origin
    return {
        "id": candidate.id,
        "number": len(known.tried(candidate.compound)),
        "compound": candidate.compound.to_record(),
        "strategy": candidate.strategy,
        "parent": candidate.parent,
        "parameters": dict(candidate.parameters),
        "root": root,
        "origin": origin,
    }


def _relax(structure: Structure, known: Known, settings: SearchSettings) -> tuple[Atoms, dict[str, Any]]:
    """Leave a crystal that is relaxed where it is; relax any other from a little beside it."""
    atoms, calculator = plain_atoms(structure), known.calculator
    relaxed, done = relax_atoms(atoms, calculator, replace(settings.relax, max_steps=0), rattle=0.0)
    if not done["converged"]:
        calls = done["calls"]
        relaxed, done = relax_atoms(
            atoms, calculator, settings.relax, rattle=settings.rattle, random_state=known.random_state
        )
        done["calls"] += calls
    return relaxed, {
        "atoms": len(relaxed),
        "energy_eV": done["energy"],
        "volume_A3": float(relaxed.get_volume()),
        "max_force_eV_per_A": done["fmax"],
        "max_stress_GPa": done["smax"],
        "steps": done["steps"],
        "calls": done["calls"],
        "converged": bool(done["converged"]),
    }


def _what_it_is(candidate: Candidate, atoms: Atoms, *, converged: bool) -> dict[str, Any]:
    """Perceive a relaxed candidate: the compound that it should be, or another, and why."""
    symbols, positions = atoms.get_chemical_symbols(), atoms.positions
    try:
        crystal = perceive(Structure(atoms.cell.array, symbols, positions, coords_are_cartesian=True))
    except PerovexError as error:
        return {"status": OTHER_COMPOUND, "reason": f"{error.kind}: {error.cause}"}
    compound, metals = Compound.of(crystal), len(crystal.octahedra)
    facts: dict[str, Any] = {
        "phase": crystal.phase,
        "stacking": crystal.stacking,
        "metals": metals,
        "volume_per_metal_A3": float(atoms.get_volume()) / metals,
        "space_group": _space_group(atoms),
    }
    differences = candidate.compound.differences(compound)
    if differences:
        return facts | {"status": OTHER_COMPOUND, "reason": "; ".join(differences)}
    if not converged:
        return facts | {"status": NOT_CONVERGED, "reason": "the relaxation ran out of steps"}
    return facts | {"status": MINIMUM}


def _space_group(atoms: Atoms, tolerance: float = 0.05) -> str:
    import spglib

    cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
    dataset = spglib.get_symmetry_dataset(cell, tolerance)
    return "" if dataset is None else str(dataset.international)
