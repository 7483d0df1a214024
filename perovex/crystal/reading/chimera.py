"""Whether the atoms that were kept of a disordered crystal are molecules that can exist."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.bonding.chemistry import canonical_order, template
from perovex.crystal.bonding.graph import components
from perovex.crystal.bonding.neighbours import neighbour_pairs
from perovex.crystal.reading.component import contacts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perovex.crystal.bonding.chemistry import Template
    from perovex.crystal.bonding.neighbours import Pairs
    from perovex.crystal.reading.component import Contacts
    from perovex.crystal.reading.sites import Sites

#: Most heavy neighbours of an atom.
_MOST_HEAVY = {"C": 4, "N": 4, "O": 2, "F": 1}
_REACH = 2.2
_HALOGENS = frozenset({"F", "Cl", "Br", "I"})


def chimera(sites: Sites, lattice: NDArray[np.float64], partial: NDArray[np.bool_], bereft: NDArray[np.bool_]) -> str:
    """Name what is impossible about the molecules around atoms that are partly there.

    Parameters
    ----------
    sites : Sites
        The atoms that were kept.
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    partial : ndarray of bool, shape (n,)
        Atoms with alternatives; only what touches them is judged.
    bereft : ndarray of bool, shape (n,)
        Atoms that lost a neighbour among the alternatives.

    Returns
    -------
    str
        Empty where all is possible.
    """
    contacts = contacts_of(sites.symbols, neighbour_pairs(lattice, sites.frac, _REACH))
    for i, j in contacts.collision.tolist():
        if partial[i] or partial[j]:
            return f"{_name(sites, i)} and {_name(sites, j)} collide"
    around = _heavy_neighbours(sites, contacts)
    for i, j in contacts.bad.tolist():
        # next neighbours of a molecule that was refined too small are near each other, strangers are not
        strangers = not around[i] & around[j] and j not in around[i]
        if (partial[i] or partial[j]) and strangers and "H" not in _symbols(sites, i, j):
            return f"{_name(sites, i)} and {_name(sites, j)} are neither bonded nor apart"
    touched = partial | bereft
    for i in np.flatnonzero(touched).tolist():
        symbol = sites.symbols[i]
        if (symbol == "C" or (bereft[i] and symbol in _HALOGENS)) and not around[i]:
            return f"{_name(sites, i)} is bonded to nothing"
        if len(around[i]) > _MOST_HEAVY.get(symbol, 9):
            return f"{_name(sites, i)} has {len(around[i])} neighbours"
    return _strained(sites, around, partial)


def charge_of_molecules(sites: Sites, atoms: Sequence[int], contacts: Contacts, pairs: Pairs) -> int | None:
    """Return the charge of molecules whose valences are met and whose bonds are as long as their orders say.

    Parameters
    ----------
    sites : Sites
        All atoms of the cell.
    atoms : sequence of int
        Those of a region that are kept.
    contacts : Contacts
        Of all atoms.
    pairs : Pairs
        Distances of near atoms.

    Returns
    -------
    int or None
        Of all molecules together, atoms that stand alone left out; None where one of them makes no sense.
    """
    place = {i: k for k, i in enumerate(atoms)}
    bonds = [(i, j) for i, j in contacts.bond.tolist() if i in place and j in place]
    length: dict[tuple[int, int], float] = {}
    for i, j, distance in zip(pairs.i.tolist(), pairs.j.tolist(), pairs.distance.tolist(), strict=True):
        if i in place and j in place:
            length[i, j] = min(distance, length.get((i, j), np.inf))
    edges = np.array([(place[i], place[j]) for i, j in bonds], dtype=np.int64).reshape(-1, 2)
    parts = components(len(atoms), edges, np.zeros((len(edges), 3), dtype=np.int64))
    charge = 0
    for part in range(len(parts)):
        members = np.flatnonzero(parts.label == part)
        if len(members) == 1:
            continue
        local = {int(k): n for n, k in enumerate(members)}
        mine = [(local[a], local[b], length[atoms[a], atoms[b]]) for a, b in edges.tolist() if a in local]
        kind = _template(tuple(sites.symbols[atoms[k]] for k in local), mine)
        if not kind.complete:
            return None
        charge += kind.charge
    return charge


def _template(symbols: tuple[str, ...], bonds: list[tuple[int, int, float]]) -> Template:
    graph = np.array([bond[:2] for bond in bonds], dtype=np.int64).reshape(-1, 2)
    order = canonical_order(symbols, np.ascontiguousarray(graph).tobytes())
    ends = np.sort(np.argsort(order)[graph], axis=1)
    sequence = np.lexsort((ends[:, 1], ends[:, 0]))
    sorted_ends = np.ascontiguousarray(ends[sequence]).tobytes()
    lengths = np.array([bond[2] for bond in bonds])[sequence]
    names = tuple(symbols[i] for i in order)
    kind = template(names, sorted_ends)
    if kind.complete and (lengths > kind.limits).any():
        kind = template(names, sorted_ends, lengths.round(3).tobytes())
    return kind


def _strained(sites: Sites, around: dict[int, set[int]], partial: NDArray[np.bool_]) -> str:
    """Several three-membered rings that share an atom: two orientations on top of each other."""
    count: dict[int, int] = defaultdict(int)
    for i, neighbours in around.items():
        for j in neighbours:
            for k in neighbours & around[j]:
                if i < j < k and partial[[i, j, k]].any():
                    for atom in (i, j, k):
                        count[atom] += 1
    worst = max(count, key=lambda i: count[i], default=-1)
    if worst >= 0 and count[worst] > 1:
        return f"{_name(sites, worst)} is in {count[worst]} three-membered rings"
    return ""


def _heavy_neighbours(sites: Sites, contacts: Contacts) -> dict[int, set[int]]:
    around: dict[int, set[int]] = defaultdict(set)
    for i, j in contacts.bond.tolist():
        if "H" not in _symbols(sites, i, j):
            around[i].add(j)
            around[j].add(i)
    return around


def _symbols(sites: Sites, i: int, j: int) -> tuple[str, str]:
    return sites.symbols[i], sites.symbols[j]


def _name(sites: Sites, i: int) -> str:
    return f"{sites.symbols[i]} (site {i} of those kept, occupied to {sites.occupancy[i]:.2f})"
