"""Crystals built from the composition alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from perovex._seeds import seeds_of_builds
from perovex.building import build_layered
from perovex.building.cation import CAGE_SMILES
from perovex.minima.candidate import FROM_NOTHING, Candidate
from perovex.minima.strategies.registry import register_strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perovex.minima.compound import Compound
    from perovex.minima.known import Known

#: Crystals of a compound; they differ in how the cations are packed.
N_BUILT: Final = 2


@register_strategy("build")
def built(known: Known, compound: Compound) -> Iterator[Candidate]:
    """Built from spacer, metal, halide and n alone, twice."""
    if not compound.spacers or compound.guests or compound.is_mixed:
        return
    cage = next((name for name, smiles in CAGE_SMILES.items() if smiles == compound.cages), "")
    if not cage and compound.cages:
        return
    for seed in seeds_of_builds(known.random_state, N_BUILT):
        make = partial(
            build_layered, compound.spacers, compound.metals, compound.halides, int(compound.n_layers), cage or "MA",
            random_state=seed,
        )  # fmt: skip
        yield Candidate(compound, "build", FROM_NOTHING, make, {"seed": seed})
