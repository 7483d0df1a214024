"""Other spacers in the same crystal: each cation in the place of one of like shape, head to head and axis to axis."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from perovex.building.cation import cation_from_smiles, spacer_smiles
from perovex.building.check import Expected, check_built
from perovex.building.resettle import as_cation, level_of, settle_cations
from perovex.building.stacking import take_apart
from perovex.crystal import perceive
from perovex.descriptors.molecule import molecular_volume, molecule_descriptors
from perovex.errors import BuildError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from perovex.building.cation import Cation
    from perovex.building.stacking import Stack
    from perovex.crystal import Molecule

    Points = NDArray[np.float64]

#: Volume of a CH2 group by the sum that `molecular_volume` is, Å³.
CH2_VOLUME: Final = 17.3
#: CH2 groups by which the shape of another spacer may differ that lends its packing.
MOST_DIFFERENT: Final = 4.0
#: Angles about its own axis at which a cation is tried.
_SPINS: Final = 24


def shape_difference(spacer: str, other: str) -> float:
    """Say how far two spacers differ in shape.

    Parameters
    ----------
    spacer, other : str
        SMILES of cations.

    Returns
    -------
    float
        CH2 groups: by how many bonds they differ in length, from the head to the atom farthest from it, and by how many
        volumes of CH2 in volume. Infinite if one has more ammonium groups. Both come from the graphs of the molecules
        alone, so that no conformer, seed or order of atoms changes them.

    Raises
    ------
    SmilesError
        If one cannot be read.

    Examples
    --------
    >>> round(shape_difference("CCCC[NH3+]", "CCCCC[NH3+]"), 1)
    2.0
    >>> round(shape_difference("[NH3+]CCc1ccccc1", "[NH3+]CCc1ccc(F)cc1"), 2)  # 1 bond, (13.31 - 7.24) / 17.3
    1.35
    >>> shape_difference("CCCC[NH3+]", "[NH3+]CCCC[NH3+]")
    inf
    """
    keys = ("charge", "eccentricity_head")
    values = [molecule_descriptors(smiles, keys) for smiles in (spacer, other)]
    if values[0]["charge"] != values[1]["charge"]:
        return float("inf")
    bonds = abs(values[0]["eccentricity_head"] - values[1]["eccentricity_head"])
    return bonds + abs(molecular_volume(spacer) - molecular_volume(other)) / CH2_VOLUME


def exchange_spacers(obj: Any, spacer: str, *, random_state: int = 0) -> Structure:
    """Put another cation in the place of every spacer of a crystal.

    Each takes the place of one head to head and axis to axis; which conformer, which end up, and the angle about the
    axis are those that cover the old molecule best. Gaps between slabs change with the length of the cations, then all
    settle. Octahedra keep still, so that the crystal has to be relaxed before its energy is used.

    Parameters
    ----------
    obj : LayeredPerovskite, Structure, Atoms or path
        Layered crystal.
    spacer : str
        SMILES of the new cation, with as many ammonium groups as the old.
    random_state : int
        Seed of the conformers.

    Returns
    -------
    pymatgen.core.Structure

    Raises
    ------
    SmilesError
        If the SMILES cannot be read, or is no spacer.
    BuildError
        If the crystal has no spacers, or those have another number of ammonium groups, or cations overlap afterwards,
        or the result is not perceived as the same crystal with this spacer.

    Examples
    --------
    >>> from perovex.crystal.examples import layered
    >>> made = perceive(exchange_spacers(layered(n=1, spacer="MA"), "CC[NH3+]"))
    >>> sorted({molecule.smiles for molecule in made.spacers}), made.n_layers
    (['CC[NH3+]'], 1.0)
    """
    crystal = perceive(obj)
    if crystal.dimensionality == 3 or not crystal.spacers:
        raise BuildError("no spacers to exchange", source=crystal.source, remedy="give a layered crystal")
    cation = cation_from_smiles(spacer_smiles(spacer), random_state=random_state)
    charges = {molecule.charge for molecule in crystal.spacers}
    if charges != {cation.charge}:
        raise BuildError(
            f"spacers of charge {', '.join(f'{charge:+d}' for charge in sorted(charges))}, not {cation.charge:+d}",
            source=crystal.source,
            remedy="exchange cations with as many ammonium groups",
        )
    stack = take_apart(crystal)
    frame = np.flatnonzero(stack.slab_of >= 0)
    others = [molecule for molecule in crystal.molecules if molecule.role != "spacer"]
    placed = [_placed(molecule, stack, cation) for molecule in crystal.spacers]
    opened = _openings(stack, placed)
    lifted = np.concatenate([[0.0], np.cumsum(opened)])  # by which each slab rises
    cell = stack.cell.copy()
    cell[2] += lifted[-1] * stack.normal
    x = stack.coordinates[frame] + np.outer(lifted[stack.slab_of[frame]], stack.normal)
    cations = [as_cation(m, stack.coordinates[m.sites]) for m in others] + [cation] * len(placed)
    levels = [level_of(stack, stack.coordinates[m.sites]) for m in others] + [one.level for one in placed]
    positions = [
        stack.coordinates[m.sites] + lifted[level] * stack.normal for m, level in zip(others, levels, strict=False)
    ]
    positions += [one.points + (lifted[one.level] + one.share * opened[one.level]) * stack.normal for one in placed]
    symbols = [crystal.structure[int(k)].specie.symbol for k in frame]
    structure = settle_cations(stack, symbols, x, cell, cations, positions, levels)
    expected = Expected(
        n=crystal.n_layers, metals=crystal.metals, halides=crystal.halides, spacers={cation.smiles: len(placed)},
        cages=dict(Counter(m.smiles for m in crystal.cage_cations)),
    )  # fmt: skip
    try:
        check_built(structure, expected)
    except BuildError as error:
        raise error.at(crystal.source) from None
    structure.properties["build"] = {"exchanged_from": crystal.source or "", "spacer": cation.smiles}
    return structure


class _Placed(NamedTuple):
    """A new cation in its place.

    ``level`` is the gap it lies in, ``share`` how much of what the gap opens it rises by (0 with the lower slab, 1 with
    the upper), ``longer`` by how much farther than the old one it reaches along the normal, Å.
    """

    points: Points
    level: int
    share: float
    longer: float


def _placed(molecule: Molecule, stack: Stack, cation: Cation) -> _Placed:
    """Lay a cation over an old molecule."""
    normal = stack.normal
    old = stack.coordinates[molecule.sites]
    heads = _heads(old, molecule)
    points = _covering(old[np.array(molecule.symbols) != "H"], heads, cation)
    level = level_of(stack, old)
    new_heads = points[list(cation.heads)]
    if len(heads) == 2:  # holds both slabs, and pushes them apart by what its heads are farther apart
        longer = np.ptp(new_heads @ normal) - np.ptp(heads @ normal)
        return _Placed(points, level, 0.5, float(longer))
    # one head goes with the nearer slab
    lower_face = stack.bounds[level, 1]
    if level + 1 < len(stack.bounds):
        upper_face = stack.bounds[level + 1, 0]
    else:
        upper_face = stack.bounds[0, 0] + stack.cell[2] @ normal
    head = float(heads[0] @ normal)
    hangs = upper_face - head < head - lower_face
    # and the tail pushes by what it reaches farther from the head
    new_heavy = points[np.array(cation.symbols) != "H"]
    new_reach = np.abs((new_heavy - new_heads[0]) @ normal).max()
    old_reach = np.abs((old - heads[0]) @ normal).max()
    return _Placed(points, level, float(hangs), max(float(new_reach - old_reach), 0.0))


def _heads(old: Points, molecule: Molecule) -> Points:
    """Where the charges of a molecule are: one point each, Å."""
    points = old[list(molecule.ammonium)]
    if molecule.charge == 1:  # of an amidinium the middle of its nitrogens
        return np.asarray(points.mean(axis=0, keepdims=True))
    if len(points) != 2:
        raise BuildError(f"the two charged groups of {molecule.smiles} cannot be told apart", source=molecule.smiles)
    return np.asarray(points)


def _covering(old: Points, heads: Points, cation: Cation) -> Points:
    """Coordinates of a cation that lies over the heavy atoms of an old one, as well as its conformers can."""
    heavy = np.array([symbol != "H" for symbol in cation.symbols])
    from_, along = _axis(old, heads)
    mirrors = (1.0,) if cation.chiral else (1.0, -1.0)
    ends = [list(cation.heads)]
    if len(heads) == 2:
        ends.append(list(cation.heads)[::-1])
    best: tuple[float, Points] | None = None
    for conformer, mirror, order in product(cation.conformers, mirrors, ends):
        points = mirror * conformer
        # axis upon axis, then all turns about it; the best lies nearest to the old atoms, and they to it
        own_from, own_along = _axis(points[heavy], points[order])
        turned = Rotation.align_vectors([along], [own_along])[0].apply(points - own_from)
        for angle in 2 * np.pi * np.arange(_SPINS) / _SPINS:
            laid = Rotation.from_rotvec(angle * along).apply(turned) + from_
            apart = np.linalg.norm(laid[heavy][:, None] - old[None], axis=-1)
            miss = float((apart.min(axis=0) ** 2).mean() + (apart.min(axis=1) ** 2).mean())
            if best is None or miss < best[0] - 1e-6:
                best = miss, laid
    assert best is not None  # every cation has a conformer
    return best[1]


def _axis(heavy: Points, heads: Points) -> tuple[Points, Points]:
    """Point that is laid on the other's, and unit vector along a cation: between its heads, or from its only one."""
    if len(heads) == 2:
        origin, vector = heads.mean(axis=0), heads[1] - heads[0]
    else:
        origin, vector = heads[0], heavy.mean(axis=0) - heads[0]
    length = float(np.linalg.norm(vector))
    return origin, vector / length if length > 0.1 else np.array([0.0, 0.0, 1.0])


def _openings(stack: Stack, placed: list[_Placed]) -> NDArray[np.float64]:
    """By how much each gap between slabs opens before cations settle, Å."""
    opened = np.zeros(len(stack.bounds))
    for gap in range(len(opened)):
        inside = [one for one in placed if one.level == gap]
        for share in {one.share for one in inside}:  # cations of both slabs meet in one gap
            opened[gap] += float(np.mean([one.longer for one in inside if one.share == share]))
    return opened
