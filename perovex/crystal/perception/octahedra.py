"""Six halides around a metal, found without bond windows.

The halides nearest to a metal, measured in units of metal-halide radii so that mixed halides compare, are its
ligands when there are six of them before a clear gap, when they form three trans pairs, and when the longest
is not out of proportion to the shortest. Off-centred metals (Ge, Sn: 2.6 and 3.6 Å in one trans pair) pass.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.bonding.neighbours import Pairs, group_starts, neighbour_pairs
from perovex.crystal.perception.covalent import bound_halogens, hydride_metals
from perovex.crystal.perception.elements import HALIDE_RADIUS, METAL_CHARGES, OFF_CENTRE_METALS
from perovex.errors import CoordinationError, NoOctahedraError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.perception.elements import AtomTable

#: The seventh halide is at least this much farther than the sixth.
GAP = 1.15
#: Longest bond over the mean of the three shortest (reduced lengths); the second holds for
#: `OFF_CENTRE_METALS`.
LONGEST, LONGEST_OFF_CENTRE = 1.30, 1.45
#: Beyond this ratio the sixth ligand is bound so weakly that a reader should know.
WEAK = 1.15
#: Trans angles are at least 130 degrees.
TRANS_COSINE = np.cos(np.radians(130.0))
#: What can be wrong with the nearest halides of a metal, for people.
_FAULTS = (
    "fewer than six halides near it",
    "its sixth halide is too far away",
    "more than six halides near it",
    "its six nearest halides do not form an octahedron",
)
_FINE = -1
#: Metals see halides up to here, Å: beyond the gap after the longest accepted bond.
REACH = 5.3
#: What stands for the radius of any metal, Å, where distances to halides of different sizes are compared.
METAL_RADIUS = 1.0


@dataclass(frozen=True, eq=False)
class RawOctahedra:
    """Octahedra before their ligands are put in order; arrays as in `perovex.crystal.Octahedra`."""

    metal: NDArray[np.int64]
    ligand: NDArray[np.int64]
    image: NDArray[np.int64]
    vectors: NDArray[np.float64]
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.metal)

    def reordered(self, order: NDArray[np.int64]) -> RawOctahedra:
        """Return the octahedra with ligands permuted by `order`, shape (k, 6)."""
        rows = np.arange(len(self))[:, None]
        return replace(
            self,
            ligand=self.ligand[rows, order],
            image=self.image[rows, order],
            vectors=self.vectors[rows, order],
        )


def _pairings() -> NDArray[np.int64]:
    """All 15 ways to split six ligands in three pairs."""
    pairings = {
        tuple(sorted((tuple(sorted(p[0:2])), tuple(sorted(p[2:4])), tuple(sorted(p[4:6])))))
        for p in permutations(range(6))
    }
    return np.array(sorted(pairings))


PAIRINGS = _pairings()


def trans_order(vectors: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Order six vectors in trans pairs (0, 1), (2, 3), (4, 5).

    Parameters
    ----------
    vectors : ndarray, shape (k, 6, 3)
        Metal-to-ligand vectors.

    Returns
    -------
    order : ndarray of int, shape (k, 6)
        Permutation of the ligands.
    cosine : ndarray, shape (k,)
        Cosine of the smallest of the three trans angles.

    Examples
    --------
    >>> order, cosine = trans_order(np.vstack([np.eye(3), -np.eye(3)])[None])
    >>> order.tolist(), cosine.tolist()
    ([[0, 3, 1, 4, 2, 5]], [-1.0])
    """
    unit = vectors / np.linalg.norm(vectors, axis=2, keepdims=True)
    cosines = unit @ unit.transpose(0, 2, 1)
    per_pair = cosines[:, PAIRINGS[:, :, 0], PAIRINGS[:, :, 1]]
    best = per_pair.sum(axis=2).argmin(axis=1)
    rows = np.arange(len(vectors))
    return PAIRINGS[best].reshape(-1, 6), per_pair[rows, best].max(axis=1)


def find_octahedra(atoms: AtomTable) -> RawOctahedra:
    """Find every MX6 octahedron.

    Parameters
    ----------
    atoms : AtomTable
        The crystal.

    Returns
    -------
    RawOctahedra
        Ligands in trans pairs, otherwise in no particular order.

    Raises
    ------
    NoOctahedraError
        No metal has six halides.
    CoordinationError
        Some metals have six halides and others have not.
    """
    halides = np.flatnonzero(atoms.is_halogen & ~bound_halogens(atoms))
    usable = atoms.is_metal & ~hydride_metals(atoms)
    first = np.flatnonzero(usable & ~atoms.is_a_site_metal)
    second = np.flatnonzero(usable & atoms.is_a_site_metal)
    if len(first) + len(second) == 0:
        raise NoOctahedraError("no metal found", remedy="a halide perovskite has metal-halide octahedra")
    if len(halides) == 0:
        raise NoOctahedraError(
            f"no halide ligand found{_where_halogens_are(atoms)}",
            remedy="a halide perovskite has metal-halide octahedra",
        )
    if len(first) == 0:
        return _octahedra(atoms, second, halides)
    octahedra = _octahedra(atoms, first, halides)
    if len(second) and _wants_monovalent_partner(atoms, first):
        return _with_partners(atoms, octahedra, second, halides)
    return octahedra


def _where_halogens_are(atoms: AtomTable) -> str:
    """Say what the halogens are bound to that are no ligands, by their shortest bond."""
    pairs = atoms.contacts
    bound = pairs.take(atoms.is_halogen[pairs.i] & ~atoms.is_metal[pairs.j] & (atoms.numbers[pairs.j] != 1))
    if len(bound) == 0:
        return ""
    k = int(bound.distance.argmin())
    one, two = atoms.symbol(int(bound.i[k])), atoms.symbol(int(bound.j[k]))
    return f": every halogen is bound to a nonmetal, such as {one} to {two} at {bound.distance[k]:.2f} Å"


def _wants_monovalent_partner(atoms: AtomTable, metals: NDArray[np.int64]) -> bool:
    """Whether only trivalent metals were found: Na+ or K+ may be the other centre of a double perovskite."""
    return all(3 in METAL_CHARGES.get(atoms.symbol(int(m)), ()) for m in metals)


def _with_partners(
    atoms: AtomTable, octahedra: RawOctahedra, second: NDArray[np.int64], halides: NDArray[np.int64]
) -> RawOctahedra:
    pairs, near = _nearest(atoms, second, halides)
    fine = _judge(atoms, second, pairs, near)[0] == _FINE
    for element in np.unique(atoms.numbers[second[fine]]):
        same = atoms.numbers[second] == element
        if fine[same].all():
            octahedra = _octahedra(atoms, np.sort(np.append(octahedra.metal, second[same])), halides)
    return octahedra


def _octahedra(atoms: AtomTable, metals: NDArray[np.int64], halides: NDArray[np.int64]) -> RawOctahedra:
    pairs, near = _nearest(atoms, metals, halides)
    fault, ratio = _judge(atoms, metals, pairs, near)
    if (fault != _FINE).any():
        _refuse(atoms, metals, fault)
    vectors = pairs.vector[near[:, :6]]
    order, _ = trans_order(vectors)
    weak = np.flatnonzero(ratio > WEAK)
    warnings: tuple[str, ...] = ()
    if len(weak):
        worst = int(ratio.argmax())
        longest = float(np.linalg.norm(vectors[worst], axis=1).max())
        text = (
            f"{len(weak)} of {len(metals)} metals bind their sixth halide weakly (5+1): at worst "
            f"{atoms.symbol(int(metals[worst]))} (site {metals[worst]}), {longest:.2f} Å "
            f"or {ratio[worst]:.2f} times the mean of its three shortest bonds"
        )
        warnings = (text,)
    raw = RawOctahedra(metals, pairs.j[near[:, :6]], pairs.image[near[:, :6]], vectors, warnings)
    return raw.reordered(order)


def reduced_length(atoms: AtomTable, pairs: Pairs) -> NDArray[np.float64]:
    """Metal-halide distance over a sum of radii: makes Pb-Cl and Pb-I bonds of one octahedron comparable."""
    radius = np.zeros(atoms.numbers.max() + 1)
    for number, value in HALIDE_RADIUS.items():
        if number < len(radius):
            radius[number] = value
    return pairs.distance / (METAL_RADIUS + radius[atoms.numbers[pairs.j]])


def _nearest(
    atoms: AtomTable, metals: NDArray[np.int64], halides: NDArray[np.int64]
) -> tuple[Pairs, NDArray[np.int64]]:
    """Return metal-halide pairs and, per metal, the positions of the seven nearest (-1: there are fewer)."""
    pairs = neighbour_pairs(atoms.lattice, atoms.frac, REACH, centres=metals, neighbours=halides)
    reduced = reduced_length(atoms, pairs)
    pairs = pairs.take(np.lexsort((reduced, pairs.i)))
    rank = {int(m): r for r, m in enumerate(np.sort(metals))}
    row = np.array([rank[int(i)] for i in pairs.i], dtype=np.int64)
    starts = group_starts(row, len(metals))
    near = starts[:-1, None] + np.arange(7)
    return pairs, np.where(near < starts[1:, None], near, -1)


def _judge(
    atoms: AtomTable, metals: NDArray[np.int64], pairs: Pairs, near: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each metal the first of `_FAULTS` that its nearest halides have, and the ratio of its bonds.

    `_FINE` where they form an octahedron; the ratio is that of the sixth bond to the mean of the three shortest.
    """
    reduced = np.append(reduced_length(atoms, pairs), np.inf)[near]
    complete = near[:, 5] >= 0
    ratio = np.full(len(metals), np.inf)
    ratio[complete] = reduced[complete, 5] / reduced[complete, :3].mean(axis=1)
    limit = np.where(np.isin(atoms.numbers[metals], OFF_CENTRE_METALS), LONGEST_OFF_CENTRE, LONGEST)
    cosine = np.ones(len(metals))
    cosine[complete] = trans_order(pairs.vector[near[complete][:, :6]])[1]
    # in the order of _FAULTS
    faults = (~complete, ratio > limit, reduced[:, 6] < GAP * reduced[:, 5], cosine > TRANS_COSINE)
    return np.select(faults, np.arange(len(_FAULTS)), default=_FINE), ratio


def _refuse(atoms: AtomTable, metals: NDArray[np.int64], fault: NDArray[np.int64]) -> None:
    """Name the metals that have a fault, and that of the first."""
    bad = np.flatnonzero(fault != _FINE)
    named = ", ".join(f"{atoms.symbol(int(metals[k]))} (site {metals[k]})" for k in bad[:3])
    more = f" and {len(bad) - 3} more" if len(bad) > 3 else ""
    detached = bound_halogens(atoms)
    hint = ""
    if detached.any():
        names = sorted({atoms.symbol(int(s)) for s in np.flatnonzero(detached)})
        hint = f"; {', '.join(names)} bound to a molecule does not count as a ligand"
    text = f"{named}{more}: {_FAULTS[fault[bad[0]]]}{hint}"
    if len(bad) == len(metals):
        raise NoOctahedraError(f"no metal with six halides: {text}")
    raise CoordinationError(
        f"{len(bad)} of {len(metals)} metals are not six-coordinate: {text}",
        remedy="check the file: surfaces, defects and relaxations break octahedra",
    )
