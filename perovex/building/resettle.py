"""Molecules of a layered crystal settle anew after its slabs, elements or molecules were changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Lattice, Structure
from rdkit import Chem

from perovex.building.cation import Cation
from perovex.building.settle import Assembly, settle_flexible, settle_rigid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.building.stacking import Stack
    from perovex.crystal import LayeredPerovskite, Molecule


def _as_cation(molecule: Molecule, coordinates: NDArray[np.float64]) -> Cation:
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
    x, cell : ndarray of shape (m, 3), (3, 3)
        Changed coordinates and lattice, Å.
    """
    frame = np.flatnonzero(stack.slab_of >= 0)
    order = [*frame, *(k for m in crystal.molecules for k in m.sites)]
    level = np.empty(len(x))
    level[frame] = stack.slab_of[frame]
    for m in crystal.molecules:
        middle = stack.coordinates[m.sites].mean(axis=0) @ stack.normal
        level[m.sites] = np.searchsorted(stack.bounds[:, 0], middle, side="right") - 1
    lift = (level[order][:, None] > np.arange(len(stack.bounds))[None, :]).astype(float)
    cations = tuple(_as_cation(m, x[m.sites]) for m in crystal.molecules)
    assembly = Assembly(
        tuple(symbols[k] for k in frame), x[frame], cell, stack.normal, cations,
        tuple(x[m.sites] for m in crystal.molecules), lift,
    )  # fmt: skip
    assembly, _ = settle_rigid(assembly)
    if all(len(c) == 1 or c.mol is not None for c in cations):
        assembly, _ = settle_flexible(assembly, legs=2)
    return Structure(Lattice(assembly.cell), assembly.atoms.symbols, assembly.coordinates, coords_are_cartesian=True)
