"""Crystals of a compound made from known ones: of the same spacer, or of the most alike other spacers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perovex.building import exchange_spacers, patterns_from_known, substitute
from perovex.building.cation import CAGE_SMILES
from perovex.datasets.relatives import known_crystals, like_crystals
from perovex.errors import PerovexError

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from perovex.building.compound import Compound
    from perovex.crystal import LayeredPerovskite


def from_relatives(compound: Compound, seed: int = 0) -> Structure | None:
    """Make a compound from the nearest known crystal of its spacer, if there is one with the stacking that is asked.

    Parameters
    ----------
    compound : Compound
    seed : int
        Of halides that stand at random.

    Returns
    -------
    pymatgen.core.Structure or None
    """
    made = patterns_of_relatives(compound, seed, most=1)
    return made[0] if made else None


def patterns_of_relatives(compound: Compound, seed: int = 0, most: int | None = None) -> list[Structure]:
    """Make a compound from each known crystal of its spacer that has the stacking that is asked, nearest first.

    Parameters
    ----------
    compound : Compound
    seed : int
        Of halides that stand at random.
    most : int, optional
        Crystals to make.

    Returns
    -------
    list of pymatgen.core.Structure
        As `perovex.building.patterns_from_known` makes them.
    """
    relatives = [
        crystal
        for crystal in known_crystals(compound.spacer)
        if compound.stacking is None or crystal.stacking == compound.stacking
    ]
    return patterns_from_known(
        relatives, compound.spacer, compound.metal, compound.halide, compound.n, _cage(compound), seed, most=most
    )


def patterns_of_like_spacers(compound: Compound, seed: int = 0, most: int = 2) -> list[Structure]:
    """Make a compound from known crystals of the most alike other spacers, by exchanging cations and halides.

    Parameters
    ----------
    compound : Compound
        Of a single halide; none is made of a mixture.
    seed : int
        Of the conformers.
    most : int
        Crystals to make, each of another spacer.

    Returns
    -------
    list of pymatgen.core.Structure
        The most alike first; ``properties["build"]`` names the crystal (``like``) and what was done to it (``steps``).
    """
    if compound.halides.mixed or most < 1:
        return []
    made = []
    for crystal in like_crystals(compound.spacer, compound.metal, compound.halide, compound.n, _cage(compound)):
        if compound.stacking is not None and crystal.stacking != compound.stacking:
            continue
        structure = _exchanged(crystal, compound, seed)
        if structure is not None:
            made.append(structure)
        if len(made) == most:
            break
    return made


def _cage(compound: Compound) -> str | None:
    return CAGE_SMILES[compound.cage] if compound.n > 1 else None


def _exchanged(crystal: LayeredPerovskite, compound: Compound, seed: int) -> Structure | None:
    """Put the compound's spacers and halide into a crystal; None if they find no room."""
    steps = ["cations exchanged"]
    try:
        structure = exchange_spacers(crystal, compound.spacer, random_state=seed)
        if crystal.halides != (compound.halide,):
            structure = substitute(structure, {crystal.halides[0]: compound.halide})
            steps.append(f"{compound.halide} for {crystal.halides[0]}")
    except PerovexError:
        return None
    structure.properties["build"] = {"like": crystal.source or "", "steps": ", then ".join(steps)}
    return structure
