"""Patterns of other compounds: other halides, other metals, sheets fewer or more, spacers of like shape."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from perovex.building import exchange_spacers, patterns_from_known, shape_difference, substitute, thicken, thin
from perovex.building.exchange import MOST_DIFFERENT
from perovex.crystal import perceive
from perovex.errors import BuildError
from perovex.minima.candidate import Candidate
from perovex.minima.strategies.registry import register_strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymatgen.core import Structure

    from perovex.minima.candidate import Outcome
    from perovex.minima.compound import Compound
    from perovex.minima.known import Known, Start

#: Spacers whose crystals are borrowed at most.
N_ALIKE: Final = 3


@register_strategy("relatives")
def lent(known: Known, compound: Compound) -> Iterator[Candidate]:
    """Crystals of this spacer that the data hold: as they are, elements swapped, sheets put in or taken out."""
    if not compound.spacers or compound.guests or compound.is_mixed:
        return
    given = {start.name for start in known.starts}
    for lender in known.lenders:
        if lender.compound.family != compound.family or lender.compound.is_mixed:
            continue
        if lender.name not in given and lender.name not in known.store:
            yield Candidate(compound, "relatives", lender.name, partial(_made_of, lender, compound))


def _made_of(lender: Start, compound: Compound) -> Structure:
    """Make a compound from a crystal of its spacer."""
    made = patterns_from_known(
        [perceive(lender.structure, source=lender.name)], compound.spacers, compound.metals, compound.halides,
        int(compound.n_layers), compound.cages or None,
    )  # fmt: skip
    if not made:
        raise BuildError("cannot be changed into the compound", source=lender.name)
    return made[0]


@register_strategy("substitute")
def substituted(known: Known, compound: Compound) -> Iterator[Candidate]:
    """Lowest crystals with another halide or metal, elements swapped; a pattern that was tried is not tried again."""
    roots = {outcome.record["root"] for outcome in known.tried(compound)}
    for candidate, parent in _swapped(known, compound, "substitute"):
        if parent.record["root"] not in roots or candidate.id in known.store:
            yield candidate


@register_strategy("return")
def returned(known: Known, compound: Compound) -> Iterator[Candidate]:
    """As ``substitute``, also for a pattern that was tried before it relaxed in the other compound."""
    for candidate, _ in _swapped(known, compound, "return"):
        if replace(candidate, strategy="substitute").id not in known.store:
            yield candidate


def _swapped(known: Known, compound: Compound, name: str) -> Iterator[tuple[Candidate, Outcome]]:
    alike = [
        other
        for other in known.family(compound)
        if (other.n_layers, other.cages) == (compound.n_layers, compound.cages) and _swap(other, compound)
    ]
    for parent in known.lowest_of(alike):
        swap = _swap(parent.compound, compound)
        make = partial(_substitute, parent, swap)
        yield Candidate(compound, name, parent.id, make, {"swap": swap}), parent


def _swap(source: Compound, target: Compound) -> dict[str, str]:
    """Elements to swap in pure octahedra; empty if there are mixed ones."""
    pairs = ((source.metals, target.metals), (source.halides, target.halides))
    if any("." in name for pair in pairs for name in pair):
        return {}
    return {old: new for old, new in pairs if old != new}


def _substitute(parent: Outcome, swap: dict[str, str]) -> object:
    return substitute(parent.structure, swap)


@register_strategy("thicken")
def thickened(known: Known, compound: Compound) -> Iterator[Candidate]:
    """Lowest crystal with one sheet fewer, thickened."""
    if "." in compound.cages or not compound.cages:
        return
    thinner = [
        other
        for other in known.family(compound)
        if other.n_layers == compound.n_layers - 1
        and (other.metals, other.halides) == (compound.metals, compound.halides)
        and other.cages in ("", compound.cages)
    ]
    for parent in known.lowest_of(thinner):
        make = partial(_thicken, parent, compound.cages)
        yield Candidate(compound, "thicken", parent.id, make)


def _thicken(parent: Outcome, cage: str) -> object:
    return thicken(parent.structure, cage)


@register_strategy("thin")
def thinned(known: Known, compound: Compound) -> Iterator[Candidate]:
    """Lowest crystal with one sheet more, that sheet taken out."""
    thicker = [
        other
        for other in known.family(compound)
        if other.n_layers == compound.n_layers + 1
        and (other.metals, other.halides) == (compound.metals, compound.halides)
        and compound.cages in ("", other.cages)
    ]
    for parent in known.lowest_of(thicker):
        yield Candidate(compound, "thin", parent.id, partial(_thin, parent))


def _thin(parent: Outcome) -> object:
    return thin(parent.structure)


@register_strategy("cation-exchange")
def exchanged(known: Known, compound: Compound) -> Iterator[Candidate]:
    """Lowest crystals of the three spacers most alike in shape, cations exchanged; halide and metal where needed."""
    if not compound.spacers or "." in compound.spacers or compound.guests:
        return
    others = {outcome.compound for outcome in known.store.all()}
    others |= {start.compound for start in (*known.starts, *known.lenders)}
    # the spacers most alike first, and of these the crystals of which least has to be swapped
    ranked = sorted(
        (shape_difference(compound.spacers, other.spacers), len(_swap(other, compound)), other)
        for other in others
        if _lends_packing(other, compound)
    )
    borrowed: set[str] = set()
    for difference, _, other in ranked:
        if difference > MOST_DIFFERENT or len(borrowed) == N_ALIKE:
            return
        lender = _lender(known, other)
        if other.spacers in borrowed or lender is None:
            continue
        borrowed.add(other.spacers)
        name, structure = lender
        swap = _swap(other, compound)
        make = partial(_exchange, structure, compound.spacers, swap, known.random_state)
        yield Candidate(compound, "cation-exchange", name, make, {"spacer": other.spacers, "swap": swap})


def _lends_packing(other: Compound, compound: Compound) -> bool:
    """Whether crystals of another spacer differ in nothing that an exchange of cations and elements cannot change."""
    if not other.spacers or other.spacers == compound.spacers or "." in other.spacers or other.guests:
        return False
    if (other.n_layers, other.cages) != (compound.n_layers, compound.cages):
        return False
    same = (other.metals, other.halides) == (compound.metals, compound.halides)
    return same or bool(_swap(other, compound))


def _lender(known: Known, compound: Compound) -> tuple[str, Structure] | None:
    """Name and crystal of the lowest minimum of a compound; before it is searched, of one that was given or lent."""
    lowest = known.lowest(compound)
    if lowest is not None:
        return lowest.id, lowest.structure
    crystals = (*known.starts, *known.lenders)
    return next(((one.name, one.structure) for one in crystals if one.compound == compound), None)


def _exchange(structure: Structure, spacer: str, swap: dict[str, str], random_state: int) -> Structure:
    made = exchange_spacers(structure, spacer, random_state=random_state)
    return substitute(made, swap) if swap else made
