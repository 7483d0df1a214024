"""Molecules of a layered crystal settle anew after its slabs, elements or molecules were changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Lattice, Structure
from rdkit import Chem

from perovex.building.cation import Cation
from perovex.building.settle import Assembly, settle_flexible, settle_rigid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perovex.building.stacking import Stack
    from perovex.crystal import LayeredPerovskite, Molecule


def as_cation(molecule: Molecule, coordinates: NDArray[np.float64]) -> Cation:
    """Turn a perceived molecule into one that can settle; the force field needs the same atom order."""
    mol = molecule.mol
    same = mol is not None and [a.GetSymbol() for a in mol.GetAtoms()] == list(molecule.symbols)
    if same:
        mol = Chem.Mol(mol)
        mol.RemoveAllConformers()
        conformer = Chem.Conformer(len(coordinates))
        for k, point in enumerate(coordinates):
            conformer.SetAtomPosition(k, [float(v) for v in point])
        mol.AddConformer(conformer)
    donors = {
        int(h)
        for pair in molecule.bonds
        for h, heavy in (pair, pair[::-1])
        if molecule.symbols[h] == "H" and molecule.symbols[heavy] in ("N", "O")
    }
    return Cation(
        molecule.smiles, molecule.symbols, molecule.charge, molecule.ammonium,
        np.array(sorted(donors), dtype=np.int64), (coordinates,), chiral=False, mol=mol if same else None,
    )  # fmt: skip


def resettle(
    crystal: LayeredPerovskite,
    stack: Stack,
    symbols: list[str],
    x: NDArray[np.float64],
    cell: NDArray[np.float64],
) -> Structure:
    """Let the molecules of a changed crystal find room; the octahedra keep still, gaps between slabs are free.

    Parameters
    ----------
    crystal, stack : LayeredPerovskite, Stack
        Before the change: what belongs together, and in which order along the normal.
    symbols : list of str
        Elements, in the order of the crystal.
    x, cell : ndarray, shapes (m, 3), (3, 3)
        Changed coordinates and lattice, Å.
    """
    frame = np.flatnonzero(stack.slab_of >= 0)
    molecules = crystal.molecules
    return settle_cations(
        stack,
        [symbols[k] for k in frame],
        x[frame],
        cell,
        [as_cation(m, x[m.sites]) for m in molecules],
        [x[m.sites] for m in molecules],
        [level_of(stack, stack.coordinates[m.sites]) for m in molecules],
    )


def level_of(stack: Stack, coordinates: NDArray[np.float64]) -> int:
    """Slab that a molecule lies in or next above, counted from the lowest."""
    middle = float(coordinates.mean(axis=0) @ stack.normal)
    return int(np.searchsorted(stack.bounds[:, 0], middle, side="right")) - 1


def settle_cations(
    stack: Stack,
    frame_symbols: Sequence[str],
    frame: NDArray[np.float64],
    cell: NDArray[np.float64],
    cations: Sequence[Cation],
    positions: Sequence[NDArray[np.float64]],
    levels: Sequence[int],
) -> Structure:
    """Let cations find room between the slabs of a crystal; the octahedra keep still, gaps between slabs are free.

    Parameters
    ----------
    stack : Stack
        Which slab each inorganic atom belongs to.
    frame_symbols, frame, cell : sequence of str, ndarray of shape (f, 3), (3, 3)
        Inorganic atoms in the order of the crystal, and the lattice, Å.
    cations, positions, levels : sequence
        Molecules, their coordinates (Å) and what `level_of` says of each.
    """
    level = [*stack.slab_of[stack.slab_of >= 0].tolist()]
    for cation, own in zip(cations, levels, strict=True):
        level += [own] * len(cation)
    lift = (np.array(level)[:, None] > np.arange(len(stack.bounds))[None, :]).astype(float)
    assembly = Assembly(tuple(frame_symbols), frame, cell, stack.normal, tuple(cations), tuple(positions), lift)
    assembly, _ = settle_rigid(assembly)
    if all(len(c) == 1 or c.mol is not None for c in cations):
        assembly, _ = settle_flexible(assembly, legs=2)
    return Structure(Lattice(assembly.cell), assembly.atoms.symbols, assembly.coordinates, coords_are_cartesian=True)
