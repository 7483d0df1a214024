"""Start from the nearest relative that is known: the same spacer with another halide or metal, or with another n."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymatgen.core import Structure

from perovex.building.cation import canonical
from perovex.building.halides import Halides, read_halides
from perovex.building.lengths import bond_length
from perovex.building.substitute import mix_halides, substitute
from perovex.building.thicken import thicken
from perovex.building.thin import thin
from perovex.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perovex.crystal import LayeredPerovskite


def nearest_known(
    known: Iterable[LayeredPerovskite], spacer: str, metal: str, halide: str, n: int = 1, cage: str | None = None
) -> LayeredPerovskite | None:
    """Choose the crystal that a compound is best made from.

    It has the same spacer, of the same or the other hand, and pure octahedra. The best has few sheets to add, or else
    to take out, this metal, and bonds of nearly the same length.

    Parameters
    ----------
    known : iterable of LayeredPerovskite
        Relaxed crystals, lowest minima if there is a choice; of equally near ones the first counts.
    spacer : str
        SMILES; without marks of handedness a crystal of any hand, or of both, will do.
    metal : str
        Element wanted.
    halide : str
        Element wanted, or a mixture as `perovex.building.halides.Halides.read` takes it.
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
    ranked = _ranked(known, spacer, metal, halide, n, cage)
    return ranked[0] if ranked else None


def _ranked(
    known: Iterable[LayeredPerovskite], spacer: str, metal: str, halide: str, n: int, cage: str | None
) -> list[LayeredPerovskite]:
    """Crystals that a compound can be made from, nearest first; equally near ones as they come."""
    wanted = canonical(spacer, stereo=False)
    hands = _hands(spacer)
    length = _mean_length(metal, read_halides(halide, n), n)
    ranks: list[tuple[tuple[float, bool, bool, float, int], LayeredPerovskite]] = []
    for crystal in known:
        if crystal.dimensionality == 3 or len(crystal.metals) > 1 or len(crystal.halides) > 1:
            continue
        if {canonical(m.smiles, stereo=False) for m in crystal.spacers} != {wanted}:
            continue
        own_hands = _hands_of(crystal)
        if hands and own_hands not in hands:
            continue
        cages = {m.smiles for m in crystal.cage_cations}
        if cage is not None and cages and cages != {cage}:
            continue
        own = bond_length(crystal.metals[0], crystal.halides[0])
        thicker = crystal.n_layers > n
        mirrored = hands.index(own_hands) if hands else 0
        other_metal = crystal.metals[0] != metal
        ranks.append(((abs(n - crystal.n_layers), thicker, other_metal, abs(own - length), mirrored), crystal))
    return [crystal for _, crystal in sorted(ranks, key=lambda pair: pair[0])]


def _hands(spacer: str) -> list[set[str]]:
    """Return the spacers of a crystal of this hand and of its mirror image; empty for a SMILES without handedness."""
    own = canonical(spacer)
    if "@" not in own:
        return []
    other = canonical(own.replace("@@", "\0").replace("@", "@@").replace("\0", "@"))
    return [{own}, {other}]


def _hands_of(crystal: LayeredPerovskite) -> set[str]:
    return {canonical(m.smiles) for m in crystal.spacers}


def _mirrored(structure: Structure) -> Structure:
    """Invert a crystal at the origin: every molecule of the other hand, the same in all else."""
    return Structure(structure.lattice, structure.species, -structure.frac_coords)


def _mean_length(metal: str, halides: Halides, n: int) -> float:
    return sum(share * bond_length(metal, symbol) for symbol, share in halides.overall(n).items())


def from_known(
    known: Iterable[LayeredPerovskite],
    spacer: str,
    metal: str,
    halide: str,
    n: int = 1,
    cage: str | None = None,
    random_state: int = 0,
) -> Structure | None:
    """Make a compound from its nearest known relative, by swapping elements and adding sheets.

    A relative of the other hand is mirrored first; one that cannot be changed into the compound is passed over.

    Parameters
    ----------
    known, spacer, metal, halide, n, cage
        As for `nearest_known`.
    random_state : int
        Seed of halides that stand at random.

    Returns
    -------
    pymatgen.core.Structure or None
        ``properties["build"]`` names the relative (``from``), whether it was ``mirrored``, and what else was done to it
        (``steps``, empty for the compound itself); None if there is no relative, or none can be changed into the
        compound.

    Raises
    ------
    SmilesError
        If the SMILES cannot be read.
    BuildError
        If the halides cannot be understood.

    Examples
    --------
    >>> from perovex.crystal.examples import layered
    >>> from perovex.crystal import perceive
    >>> iodide = perceive(layered(n=1, spacer="MA"))
    >>> bromide = perceive(from_known([iodide], "C[NH3+]", "Pb", "Br", n=2, cage="[Cs+]"))
    >>> bromide.halides, bromide.n_layers
    (('Br',), 2.0)
    """
    made = patterns_from_known(known, spacer, metal, halide, n, cage, random_state, most=1)
    return made[0] if made else None


def patterns_from_known(
    known: Iterable[LayeredPerovskite],
    spacer: str,
    metal: str,
    halide: str,
    n: int = 1,
    cage: str | None = None,
    random_state: int = 0,
    *,
    most: int | None = None,
) -> list[Structure]:
    """Make a compound from each of its known relatives, nearest first: the patterns that it may have.

    Parameters
    ----------
    known, spacer, metal, halide, n, cage, random_state
        As for `from_known`.
    most : int, optional
        Crystals to make; default one of each relative that can be changed into the compound.

    Returns
    -------
    list of pymatgen.core.Structure
        As `from_known` makes them; only the compound itself where it is known.

    Raises
    ------
    SmilesError, BuildError
        As `from_known`.

    Examples
    --------
    >>> from perovex.crystal.examples import layered
    >>> from perovex.crystal import perceive
    >>> known = [perceive(layered(n=1, spacer="MA", halide=halide)) for halide in ("I", "Cl")]
    >>> made = patterns_from_known(known, "C[NH3+]", "Pb", "Br")
    >>> [structure.properties["build"]["steps"] for structure in made]
    ['Br for Cl', 'Br for I']
    """
    wanted = read_halides(halide, n)
    made: list[Structure] = []
    try:
        relatives = _ranked(known, spacer, metal, halide, n, cage)
    except BuildError:  # no octahedra are known of this metal
        return made
    for relative in relatives:
        structure = _changed(relative, _hands(spacer), metal, wanted, n, cage, random_state)
        if structure is not None:
            made.append(structure)
        if len(made) == most or (structure is not None and not structure.properties["build"]["steps"]):
            break
    return made


def _changed(
    relative: LayeredPerovskite,
    hands: list[set[str]],
    metal: str,
    wanted: Halides,
    n: int,
    cage: str | None,
    random_state: int,
) -> Structure | None:
    """Change one relative into the compound; None if that cannot be done."""
    steps: list[str] = []
    record: dict[str, Any] = {}
    structure = relative.structure
    try:
        if hands and _hands_of(relative) != hands[0]:
            structure = _mirrored(structure)
            record["mirrored"] = True
        for _ in range(n - round(relative.n_layers)):
            structure = thicken(structure, cage)
            steps.append("a sheet added")
        for _ in range(round(relative.n_layers) - n):
            structure = thin(structure)
            steps.append("a sheet taken out")
        new_halide = relative.halides[0] if wanted.mixed else str(wanted)
        swap = {old: new for old, new in ((relative.metals[0], metal), (relative.halides[0], new_halide)) if old != new}
        if swap:
            structure = substitute(structure, swap)
            steps.append(", ".join(f"{new} for {old}" for old, new in swap.items()))
        if wanted.mixed:
            structure = mix_halides(structure, wanted, random_state=random_state)
            steps.append(f"{wanted} for {relative.halides[0]}")
    except BuildError:
        return None
    structure = structure.copy()
    record |= {"from": relative.source or "", "steps": ", then ".join(steps)}
    structure.properties["build"] = record | wanted.record(random_state)
    return structure
