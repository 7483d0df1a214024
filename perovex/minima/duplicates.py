"""Whether two relaxed crystals are one minimum: by energy and by their fingerprints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perovex.minima.fingerprint import distance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perovex.minima.candidate import Outcome


@dataclass(frozen=True)
class SameMinimum:
    """When two relaxed crystals count as one minimum.

    Attributes
    ----------
    energy : float
        Largest difference, eV per metal.
    structure : float
        Largest relative distance of the fingerprints (0 equal, 1.4 nothing in common).
    """

    energy: float = 0.003
    structure: float = 0.12

    def __call__(self, a: Outcome, b: Outcome) -> bool:
        """Whether two outcomes of one compound are one minimum."""
        if abs(a.energy - b.energy) > self.energy:
            return False
        return distance(a.fingerprint, b.fingerprint) <= self.structure


def distinct(outcomes: Sequence[Outcome], same: Any = None) -> list[list[Outcome]]:
    """Group outcomes of one compound by minimum, lowest first; each group starts with its lowest member.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Minima of one compound.
    same : SameMinimum, optional
        When two of them are one minimum.

    Returns
    -------
    list of list of Outcome
    """
    same = same or SameMinimum()
    groups: list[list[Outcome]] = []
    for outcome in sorted(outcomes, key=lambda item: (item.energy, item.id)):
        home = next((group for group in groups if same(group[0], outcome)), None)
        if home is None:
            groups.append([outcome])
        else:
            home.append(outcome)
    return groups
