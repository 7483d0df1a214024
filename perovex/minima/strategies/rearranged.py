"""The lowest crystal rearranged: slabs slid, molecules turned, octahedra tilted anew."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Final

from perovex.building.slide import slide
from perovex.building.tilt import tilt, tilt_patterns
from perovex.building.turn import TURNS, turn_molecules
from perovex.crystal import perceive
from perovex.minima.candidate import Candidate
from perovex.minima.strategies.registry import register_strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymatgen.core import Structure

    from perovex.minima.candidate import Outcome
    from perovex.minima.compound import Compound
    from perovex.minima.known import Known

#: In units of the in-plane metal-metal vectors.
SHIFTS: Final = ((1.0, 0.0), (0.5, 0.5), (0.5, 0.0), (0.0, 0.5))


@register_strategy("slide")
def slid(known: Known, compound: Compound) -> Iterator[Candidate]:
    """Lowest crystal, slabs slid by half a metal-metal vector along one or both axes, or by a whole one."""
    parent = known.lowest(compound)
    if parent is None or parent.record["phase"] == "3D":
        return
    for shift in SHIFTS:
        yield Candidate(
            compound, "slide", parent.id, partial(_slide, parent, shift), {"shift": list(shift)}, new_pattern=True
        )


def _slide(parent: Outcome, shift: tuple[float, float]) -> Structure:
    return slide(parent.structure, shift)


@register_strategy("turn")
def turned(known: Known, compound: Compound) -> Iterator[Candidate]:
    """Lowest crystal, all molecules between slabs or every second one turned, flipped or mirrored."""
    parent = known.lowest(compound)
    if parent is None or parent.record["phase"] == "3D":
        return
    for how, which in product(TURNS, ("all", "alternate")):
        parameters = {"how": how, "which": which}
        yield Candidate(compound, "turn", parent.id, partial(_turn, parent, how, which), parameters, new_pattern=True)


def _turn(parent: Outcome, how: str, which: str) -> Structure:
    crystal = perceive(parent.structure)
    every = range(len(crystal.spacers))
    return turn_molecules(crystal, how, every if which == "all" else every[::2])


@register_strategy("tilt")
def tilted(known: Known, compound: Compound) -> Iterator[Candidate]:
    """Lowest crystal with its octahedra set straight and tilted by every pattern that the cell can hold."""
    parent = known.lowest(compound)
    if parent is None:
        return
    done = [o.record["parameters"]["pattern"] for o in known.tried(compound) if o.record["strategy"] == "tilt"]
    for pattern in tilt_patterns(parent.structure):
        if pattern in done:  # made from another parent, yet from straight octahedra as well
            continue
        yield Candidate(
            compound, "tilt", parent.id, partial(_tilt, parent, pattern), {"pattern": pattern}, new_pattern=True
        )


def _tilt(parent: Outcome, pattern: str) -> Structure:
    return tilt(parent.structure, pattern)
