"""Patterns of other compounds with the same molecules: other halides, other metals, one sheet fewer or more."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from perovex.building import substitute, thicken, thin
from perovex.minima.candidate import Candidate
from perovex.minima.strategies.registry import register_strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perovex.minima.candidate import Outcome
    from perovex.minima.compound import Compound
    from perovex.minima.known import Known


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
