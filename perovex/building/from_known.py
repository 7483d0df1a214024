"""Start from the nearest relative that is known: the same spacer with another halide or metal, or with another n."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perovex.building.cation import canonical
from perovex.building.lengths import bond_length
from perovex.building.substitute import substitute
from perovex.building.thicken import thicken
from perovex.building.thin import thin
from perovex.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymatgen.core import Structure

    from perovex.crystal import LayeredPerovskite


def nearest_known(
    known: Iterable[LayeredPerovskite], spacer: str, metal: str, halide: str, n: int = 1, cage: str | None = None
) -> LayeredPerovskite | None:
    """Choose the crystal that a compound is best made from.

    It has the same spacer and pure octahedra. The best has few sheets to add, or else to take out, this metal, and
    bonds of nearly the same length.

    Parameters
    ----------
    known : iterable of LayeredPerovskite
        Relaxed crystals, lowest minima if there is a choice; of equally near ones the first counts.
    spacer : str
        SMILES.
    metal, halide : str
        Elements wanted.
    n : int
        Sheets wanted.
    cage : str, optional
        SMILES or symbol of the cations in the cages, for n >= 2; any if None.

    Returns
    -------
    LayeredPerovskite or None
        None if no relative is known.

    Raises
    ------
    SmilesError
        If the SMILES cannot be read.

    Examples
    --------
    >>> from perovex.crystal.examples import layered
    >>> from perovex.crystal import perceive
    >>> iodide = perceive(layered(n=1, spacer="MA"))
    >>> nearest_known([iodide], "C[NH3+]", "Pb", "Br") is iodide
    True
    >>> nearest_known([iodide], "CC[NH3+]", "Pb", "Br") is None
    True
    """
    wanted = canonical(spacer, stereo=False)
    best: tuple[tuple[float, bool, bool, float], LayeredPerovskite] | None = None
    for crystal in known:
        if crystal.dimensionality == 3 or len(crystal.metals) > 1 or len(crystal.halides) > 1:
            continue
        if {canonical(m.smiles, stereo=False) for m in crystal.spacers} != {wanted}:
            continue
        cages = {m.smiles for m in crystal.cage_cations}
        if cage is not None and cages and cages != {cage}:
            continue
        own = bond_length(crystal.metals[0], crystal.halides[0])
        thicker = crystal.n_layers > n
        rank = (abs(n - crystal.n_layers), thicker, crystal.metals[0] != metal, abs(own - bond_length(metal, halide)))
        if best is None or rank < best[0]:
            best = rank, crystal
    return None if best is None else best[1]


def from_known(
    known: Iterable[LayeredPerovskite], spacer: str, metal: str, halide: str, n: int = 1, cage: str | None = None
) -> Structure | None:
    """Make a compound from its nearest known relative, by swapping elements and adding sheets.

    Parameters
    ----------
    known, spacer, metal, halide, n, cage
        As for `nearest_known`.

    Returns
    -------
    pymatgen.core.Structure or None
        ``properties["build"]`` names the relative (``from``) and what was done to it (``steps``, empty for the compound
        itself); None if there is no relative, or it cannot be changed into the compound.

    Raises
    ------
    SmilesError
        If the SMILES cannot be read.

    Examples
    --------
    >>> from perovex.crystal.examples import layered
    >>> from perovex.crystal import perceive
    >>> iodide = perceive(layered(n=1, spacer="MA"))
    >>> bromide = perceive(from_known([iodide], "C[NH3+]", "Pb", "Br", n=2, cage="[Cs+]"))
    >>> bromide.halides, bromide.n_layers
    (('Br',), 2.0)
    """
    relative = nearest_known(known, spacer, metal, halide, n, cage)
    if relative is None:
        return None
    structure, steps = relative.structure, []
    try:
        for _ in range(n - round(relative.n_layers)):
            structure = thicken(structure, cage)
            steps.append("a sheet added")
        for _ in range(round(relative.n_layers) - n):
            structure = thin(structure)
            steps.append("a sheet taken out")
        swap = {old: new for old, new in ((relative.metals[0], metal), (relative.halides[0], halide)) if old != new}
        if swap:
            structure = substitute(structure, swap)
            steps.append(", ".join(f"{new} for {old}" for old, new in swap.items()))
    except BuildError:
        return None
    structure = structure.copy()
    structure.properties["build"] = {"from": relative.source or "", "steps": ", then ".join(steps)}
    return structure
