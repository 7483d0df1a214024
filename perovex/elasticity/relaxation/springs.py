"""Springs between the near atoms of a hybrid perovskite: pairs, their kinds, and the curvature of each.

The curvature of a pair depends on its kind (covalent bond, 1-3 and 1-4 neighbours, metal-halide, hydrogen bond,
other contact), its elements' radii and its length only. `benchmarks/fit_springs.py` fits the constants to full
Hessians of an interatomic potential.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from ase.data import covalent_radii
from ase.data.vdw_alvarez import vdw_radii
from ase.neighborlist import neighbor_list
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ase import Atoms

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Site = tuple[int, ...]  # index of an atom and its cell

HALIDES = (9, 17, 35, 53)
ORGANIC = (1, 5, 6, 7, 8, 15, 16, 34)
CUTOFF = 5.5
BOND_FACTOR = 1.25
STIFFEST = 70.0  # eV/Å²
STIFFEST_CONTACT = 3.0  # eV/Å², of all other pairs; atoms may overlap before they are relaxed
UNKNOWN_RADIUS = 2.2  # A, for the few elements without a tabulated van der Waals radius


class Spring(NamedTuple):
    """Curvature of a kind of pair: `amplitude` exp((reference - length) / `decay`).

    Attributes
    ----------
    amplitude : float
        Curvature along the pair at the reference length, eV/Å^2.
    decay : float
        Å.
    transverse : float
        Share of the curvature that acts in every direction, across the pair as well.
    reference : float or None
        Å; None takes the sum of covalent radii for bonded pairs and of van der Waals radii else.
    """

    amplitude: float
    decay: float
    transverse: float
    reference: float | None = None


SPRINGS = {
    "bond": Spring(18, 0.2, 0.044),
    "bond-H": Spring(34, 0.2, 0.027),
    "bond-NH": Spring(35, 0.51, 0.019),
    "1-3": Spring(7.6, 0.35, 0.001, 2.45),
    "1-3-H": Spring(6.6, 0.46, 0.001, 2.1),
    "1-3-HH": Spring(6.6, 0.45, 0.001, 1.75),
    "1-4": Spring(0.014, 0.5, 0.0098),
    "1-4-HH": Spring(0.044, 0.5, 0.0059),
    "metal-halide": Spring(5.3, 0.31, 0.0042),
    "halide-metal-halide": Spring(0.42, 0.4, 0.0049),
    "halide-halide": Spring(0.3, 0.55, 0.024),
    "hydrogen-halide": Spring(0.011, 0.2, 0.16),
    "heavy-halide": Spring(0.25, 0.3, 0.0033),
    "hydrogen-hydrogen": Spring(0.013, 0.2, 0.016),
    "hydrogen-heavy": Spring(0.053, 0.28, 0.024),
    "contact": Spring(1.8, 0.35, 0.05),
    "other": Spring(0.037, 0.23, 0.028),
}
BONDED = ("bond", "bond-H", "bond-NH", "metal-halide", "contact")
FIRM = (*BONDED, "1-3", "1-3-H", "1-3-HH")  # kinds that may be as stiff as bonds


class Pairs(NamedTuple):
    """Pairs of atoms, each once: atoms, vector from first to second (A), length and reference (A), and kind."""

    first: NDArray[np.int_]
    second: NDArray[np.int_]
    vector: Array
    length: Array
    reference: Array
    kind: NDArray[np.str_]


def classify_pairs(atoms: Atoms) -> Pairs:
    """Find the pairs of a crystal within `CUTOFF` and their kinds (keys of `SPRINGS`)."""
    i, j, vector, length, image = neighbor_list("ijDdS", atoms, CUTOFF)
    kind = _kinds(atoms.numbers, i, j, length, image)
    # each pair once: by atom number, and among images of one atom by the sign of the translation
    sign = (image * [1, 10, 100]).sum(axis=1)
    once = (i < j) | ((i == j) & (sign > 0))
    i, j, kind = i[once], j[once], kind[once]
    return Pairs(i, j, vector[once], length[once], _references(atoms.numbers, i, j, kind), kind)


def _kinds(z: NDArray, i: NDArray, j: NDArray, length: Array, image: NDArray) -> NDArray[np.str_]:
    """Kinds of pairs of the atoms `i` and `j`, given every pair to and fro; `z` are the atomic numbers."""
    # sorts of atoms
    hydrogen, halide, organic = z == 1, np.isin(z, HALIDES), np.isin(z, ORGANIC)
    metal, heavy = ~organic & ~halide, organic & ~hydrogen
    # which pairs are bonded, and as what
    radius = covalent_radii[z]
    touching = length < BOND_FACTOR * (radius[i] + radius[j])
    covalent = touching & ~metal[i] & ~metal[j] & (organic[i] | organic[j])
    octahedral = touching & _between(metal, halide, i, j)
    # which are two or three bonds apart
    pairs = list(zip(i.tolist(), j.tolist(), map(tuple, image.tolist()), strict=True))
    molecules, octahedra = _links(pairs, covalent), _links(pairs, octahedral)
    two_bonds = _ends(molecules, 2)
    two_apart = _members(pairs, two_bonds)
    three_apart = _members(pairs, _ends(molecules, 3) - two_bonds)
    across_metal = _members(pairs, _ends(octahedra, 2))

    # what comes later holds: first what is not bonded, then what is two or three bonds apart, then bonds
    kind = np.full(len(i), "other", dtype="<U20")
    kind[organic[i] & organic[j] & (hydrogen[i] | hydrogen[j])] = "hydrogen-heavy"
    kind[hydrogen[i] & hydrogen[j]] = "hydrogen-hydrogen"
    kind[halide[i] & halide[j]] = "halide-halide"
    kind[_between(hydrogen, halide, i, j)] = "hydrogen-halide"
    kind[_between(heavy, halide, i, j)] = "heavy-halide"
    kind[(metal[i] & metal[j]) | (touching & (metal[i] | metal[j]))] = "contact"
    kind[three_apart] = "1-4"
    kind[three_apart & hydrogen[i] & hydrogen[j]] = "1-4-HH"
    kind[two_apart] = "1-3"
    kind[two_apart & (hydrogen[i] | hydrogen[j])] = "1-3-H"
    kind[two_apart & hydrogen[i] & hydrogen[j]] = "1-3-HH"
    kind[across_metal & halide[i] & halide[j]] = "halide-metal-halide"
    kind[octahedral] = "metal-halide"
    kind[covalent] = "bond"
    kind[covalent & (hydrogen[i] | hydrogen[j])] = "bond-H"
    kind[covalent & _between(hydrogen, z == 7, i, j)] = "bond-NH"
    return kind


def _between(one: Mask, other: Mask, i: NDArray, j: NDArray) -> Mask:
    """Mark the pairs of an atom of one sort with one of the other."""
    return (one[i] & other[j]) | (other[i] & one[j])


def _links(pairs: list[tuple[int, int, Site]], which: Mask) -> dict[int, list[tuple[int, Site]]]:
    """Neighbours (atom, cell) of every atom over the pairs marked."""
    links = defaultdict(list)
    for index in np.flatnonzero(which):
        first, second, cell = pairs[index]
        links[first].append((second, cell))
    return links


def _ends(links: Mapping[int, Iterable[tuple[int, Site]]], steps: int) -> set[tuple[int, int, Site]]:
    """Pairs (atom, atom, cell) that so many links join, to and fro included."""
    reached = {(a, b, cell) for a, near in links.items() for b, cell in near}
    for _ in range(steps - 1):
        farther: set[tuple[int, int, Site]] = set()
        for first, middle, cell in reached:
            for last, step in links[middle]:
                farther.add((first, last, tuple(x + y for x, y in zip(cell, step, strict=True))))
        reached = farther
    return reached


def _members(pairs: list[tuple[int, int, Site]], chosen: set[tuple[int, int, Site]]) -> Mask:
    return np.fromiter((pair in chosen for pair in pairs), bool, len(pairs))


def _references(z: NDArray, i: NDArray, j: NDArray, kind: NDArray[np.str_]) -> Array:
    contact = np.nan_to_num(vdw_radii, nan=UNKNOWN_RADIUS)
    far = contact[z[i]] + contact[z[j]]
    near = covalent_radii[z[i]] + covalent_radii[z[j]]
    # of kinds without a length of their own the sum of radii
    tabulated = np.array([SPRINGS[name].reference for name in kind], float)  # None becomes NaN
    radii = np.where(np.isin(kind, BONDED), near, far)
    return np.where(np.isnan(tabulated), radii, tabulated)


def curvature(pairs: Pairs, table: Mapping[str, Spring] = SPRINGS) -> tuple[Array, Array]:
    """Curvature of every pair along its line, and that in every direction, in eV/Å²; both add up."""
    springs = [table[name] for name in pairs.kind]
    amplitude = np.array([spring.amplitude for spring in springs], float)
    decay = np.array([spring.decay for spring in springs], float)
    share = np.array([spring.transverse for spring in springs], float)
    limit = np.where(np.isin(pairs.kind, FIRM), STIFFEST, STIFFEST_CONTACT)
    total = np.minimum(amplitude * np.exp((pairs.reference - pairs.length) / decay), limit)
    return (1 - share) * total, share * total
