"""The organic part: molecules made whole across cell boundaries, with their chemistry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.bonding.chemistry import canonical_order, stereo_smiles, template
from perovex.crystal.bonding.graph import components
from perovex.crystal.bonding.implied import believable_lengths
from perovex.crystal.perception.covalent import covalent_pairs
from perovex.errors import MoleculeError

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from perovex.crystal.perception.elements import AtomTable
    from perovex.crystal.perception.octahedra import RawOctahedra


@dataclass(frozen=True, eq=False)
class RawMolecule:
    """A molecule before it has a role; the fields are those of `perovex.crystal.Molecule`."""

    sites: NDArray[np.int64]
    coordinates: NDArray[np.float64]
    symbols: tuple[str, ...]
    smiles: str
    charge: int
    ammonium: tuple[int, ...]
    bonds: NDArray[np.int64]
    hydrogens_complete: bool
    mol: Any
    #: Mean position of the heavy atoms, Å (of all atoms where there is none).
    centroid: NDArray[np.float64]


def find_molecules(atoms: AtomTable, octahedra: RawOctahedra) -> list[RawMolecule]:
    """Return every molecule and lone ion outside the octahedra, ordered by first site.

    Parameters
    ----------
    atoms : AtomTable
        The crystal.
    octahedra : RawOctahedra
        The inorganic framework; its metals and halides are no part of molecules.

    Returns
    -------
    list of RawMolecule

    Raises
    ------
    MoleculeError
        The covalent graph is infinite (a polymer, or atoms on top of each other).
    """
    free = np.ones(len(atoms), dtype=bool)
    free[octahedra.metal] = False
    free[octahedra.ligand.ravel()] = False
    members = np.flatnonzero(free)
    if len(members) == 0:
        return []
    local = np.full(len(atoms), -1)
    local[members] = np.arange(len(members))
    pairs = covalent_pairs(atoms, members)
    once = (pairs.i < pairs.j) | ((pairs.i == pairs.j) & (pairs.image @ [9, 3, 1] > 0))
    pairs = pairs.take(once)
    edges = np.stack([local[pairs.i], local[pairs.j]], axis=1)
    parts = components(len(members), edges, pairs.image)
    if (parts.rank > 0).any():
        site = int(members[np.flatnonzero(parts.rank[parts.label] > 0)[0]])
        raise MoleculeError(
            f"the molecule with {atoms.symbol(site)} (site {site}) is bonded to its own periodic image",
            remedy="polymeric cations are not described; check for atoms on top of each other",
        )
    cart = (atoms.frac[members] + parts.offset) @ atoms.lattice
    return _assemble(atoms, members, cart, edges, pairs.distance, parts.label)


def _assemble(
    atoms: AtomTable,
    members: NDArray[np.int64],
    cart: NDArray[np.float64],
    edges: NDArray[np.int64],
    lengths: NDArray[np.float64],
    label: NDArray[np.int64],
) -> list[RawMolecule]:
    order = np.argsort(label, kind="stable")
    by_molecule = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    position = np.empty(len(members), dtype=np.int64)
    for group in by_molecule:
        position[group] = np.arange(len(group))
    owner = label[edges[:, 0]]
    sorted_edges = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[sorted_edges], np.arange(len(by_molecule) + 1))
    molecules = []
    for k, group in enumerate(by_molecule):
        mine = sorted_edges[bounds[k] : bounds[k + 1]]
        symbols = tuple(atoms.symbol(int(s)) for s in members[group])
        molecules.append(_molecule(atoms, members[group], cart[group], symbols, position[edges[mine]], lengths[mine]))
    return molecules


def _molecule(
    atoms: AtomTable,
    sites: NDArray[np.int64],
    cart: NDArray[np.float64],
    symbols: tuple[str, ...],
    bonds: NDArray[np.int64],
    lengths: NDArray[np.float64],
) -> RawMolecule:
    order = canonical_order(symbols, np.ascontiguousarray(bonds).tobytes())
    place = np.argsort(order)
    bonds = np.sort(place[bonds], axis=1) if len(bonds) else bonds.reshape(0, 2)
    by_bond = np.lexsort((bonds[:, 1], bonds[:, 0]))
    bonds, lengths = bonds[by_bond], lengths[by_bond]
    symbols = tuple([symbols[i] for i in order])
    graph = np.ascontiguousarray(bonds).tobytes()
    kind = template(symbols, graph)
    cart = cart[order]
    if not kind.complete or (lengths > kind.limits).any():
        kind = template(symbols, graph, believable_lengths(symbols, bonds, lengths, cart).round(3).tobytes())
    cart = cart - np.floor(cart.mean(axis=0) @ atoms.inverse + 1e-9) @ atoms.lattice
    heavy = atoms.numbers[sites[order]] != 1
    centroid = cart[heavy if heavy.any() else ~heavy].mean(axis=0)
    smiles, mol = kind.smiles, kind.mol
    if kind.stereo and kind.complete:
        smiles, mol = stereo_smiles(kind, cart)
    return RawMolecule(
        sites[order], cart, symbols, smiles, kind.charge, kind.ammonium, bonds, kind.complete, mol, centroid
    )
