"""Read a SMILES string, once, into what descriptors of molecules need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from rdkit import Chem
from rdkit.rdBase import BlockLogs

from perovex.crystal.isotopes import without_isotopes
from perovex.errors import SmilesError

if TYPE_CHECKING:
    from numpy.typing import NDArray

CACHED_MOLECULES = 4096
"""Molecules whose graph and descriptors are kept: more than any set of crystals has, and a few tens of megabytes."""


@dataclass(frozen=True, eq=False)
class MoleculeGraph:
    """What indices read of a molecule, collected in one walk over its heavy atoms.

    Attributes
    ----------
    mol : rdkit.Chem.Mol
    symbols : tuple of str
        Element of each heavy atom.
    numbers, charges, degrees : tuple of int
        Atomic number, formal charge and number of heavy neighbours.
    hydrogens : ndarray, shape (n_atoms,)
        Hydrogens on each.
    distances : ndarray, shape (n_atoms, n_atoms)
        Shortest paths in bonds; inf between separate molecules.
    """

    mol: Chem.Mol
    symbols: tuple[str, ...]
    numbers: tuple[int, ...]
    charges: tuple[int, ...]
    degrees: tuple[int, ...]
    hydrogens: NDArray[np.float64]
    distances: NDArray[np.float64]


@lru_cache(maxsize=CACHED_MOLECULES)
def molecule_graph(smiles: str) -> MoleculeGraph:
    """Read a SMILES string into what indices need; walking over rdkit's atoms is slow and done once.

    Parameters
    ----------
    smiles : str
        Molecule or ion.

    Raises
    ------
    SmilesError
        The string is empty or cannot be read.
    """
    mol = parse_smiles(smiles)
    atoms = [
        (atom.GetSymbol(), atom.GetAtomicNum(), atom.GetFormalCharge(), atom.GetDegree(), atom.GetTotalNumHs())
        for atom in map(mol.GetAtomWithIdx, range(mol.GetNumAtoms()))  # far quicker than GetAtoms
    ]
    symbols, numbers, charges, degrees, hydrogens = zip(*atoms, strict=True)
    distances: Any = np.array(Chem.GetDistanceMatrix(mol), dtype=float)
    distances[distances > 1e6] = np.inf
    return MoleculeGraph(mol, symbols, numbers, charges, degrees, np.array(hydrogens, dtype=float), distances)


@lru_cache(maxsize=CACHED_MOLECULES)
def parse_smiles(smiles: str) -> Chem.Mol:
    """Read a SMILES string.

    Parameters
    ----------
    smiles : str
        Molecule or ion.

    Returns
    -------
    rdkit.Chem.Mol
        Sanitised molecule without explicit hydrogens.

    Raises
    ------
    SmilesError
        The string is empty or cannot be read.
    """
    with BlockLogs():
        mol = Chem.MolFromSmiles(smiles) if isinstance(smiles, str) and smiles.strip() else None
    if mol is None or mol.GetNumAtoms() == 0:
        raise SmilesError("not a readable SMILES", source=repr(smiles), remedy="check valences, rings and brackets")
    return without_isotopes(mol, smiles)
