"""What a search knows: the crystals given, everything tried, and the minima among it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perovex.minima.duplicates import SameMinimum, distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pymatgen.core import Structure

    from perovex.minima.candidate import Outcome, OutcomeStore
    from perovex.minima.compound import Compound


@dataclass(frozen=True, eq=False)
class Start:
    """A crystal to start from.

    Attributes
    ----------
    name : str
        Unique in a search; goes into the records as the parent.
    structure : pymatgen.core.Structure
        The crystal.
    compound : Compound
        What it is.
    origin : str
        Where it comes from (DOI, database number, repository).
    """

    name: str
    structure: Structure
    compound: Compound
    origin: str = ""


@dataclass(frozen=True, eq=False)
class Known:
    """What strategies propose candidates from.

    Attributes
    ----------
    starts : sequence of Start
        Crystals given.
    store : OutcomeStore
        All that was tried.
    same : SameMinimum
        When two crystals are one minimum.
    random_state : int
        Seed of strategies that draw.
    calculator : ase calculator, optional
        For the relaxations, and for strategies that need forces.
    lenders : sequence of Start
        Crystals that lend their patterns and are not searched themselves.
    """

    starts: Sequence[Start]
    store: OutcomeStore
    same: SameMinimum = field(default_factory=SameMinimum)
    random_state: int = 0
    calculator: Any = None
    lenders: Sequence[Start] = ()

    def origin(self, name: str) -> str:
        """Where a crystal comes from that was given or lends its pattern; empty for any other."""
        return next((start.origin for start in (*self.starts, *self.lenders) if start.name == name), "")

    def tried(self, compound: Compound) -> list[Outcome]:
        """Every outcome that was meant to be a compound."""
        return [outcome for outcome in self.store.all() if outcome.compound == compound]

    def minima(self, compound: Compound) -> list[list[Outcome]]:
        """Distinct minima of a compound, lowest first, each as the list of outcomes that ended in it."""
        return distinct([outcome for outcome in self.tried(compound) if outcome.is_minimum], self.same)

    def lowest(self, compound: Compound) -> Outcome | None:
        """Return the outcome that found the lowest minimum of a compound first, or None if there is none yet.

        Not the one that is lowest by a fraction of a meV: strategies that build on it would never end.
        """
        groups = self.minima(compound)
        if not groups:
            return None
        return min(groups[0], key=lambda outcome: (outcome.record["number"], outcome.energy, outcome.id))

    def family(self, compound: Compound) -> list[Compound]:
        """Compounds of the same family with anything tried, without the compound itself."""
        members = {o.compound for o in self.store.all() if o.compound.family == compound.family}
        return sorted(members - {compound})

    def lowest_of(self, compounds: Iterable[Compound]) -> list[Outcome]:
        """Lowest minima of those compounds that have one."""
        return [outcome for outcome in map(self.lowest, compounds) if outcome is not None]
