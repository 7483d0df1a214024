"""Read a SMILES string, once, into what descriptors of molecules need."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rdkit import Chem
from rdkit.rdBase import BlockLogs

from perovex.crystal.isotopes import without_isotopes
from perovex.errors import SmilesError

if TYPE_CHECKING:
    from numpy.typing import NDArray

CACHED_MOLECULES = 4096
"""Molecules whose graph and descriptors are kept: more than any set of crystals has, and a few tens of megabytes."""

_SYMBOLS: Final = tuple(Chem.GetPeriodicTable().GetElementSymbol(number) for number in range(119))
_AROMATIC: Final = re.compile(r"[bcnops]|\[(?:se|as|te|si)")
_DOUBLE: Final = Chem.MolFromSmarts("*=*")
# Molecules by the canonical SMILES that nobody has asked for yet.
_read_before: dict[str, Chem.Mol] = {}


@dataclass(frozen=True, eq=False)
class MoleculeGraph:
    """What indices read of a molecule, collected in one walk over its heavy atoms.

    Attributes
    ----------
    mol : rdkit.Chem.Mol
    symbols : tuple of str
        Element of each heavy atom.
    numbers, charges : tuple of int
        Atomic number and formal charge.
    hydrogens : ndarray, shape (n_atoms,)
        Hydrogens on each.
    radicals : int
        Unpaired electrons in all.
    distances : ndarray, shape (n_atoms, n_atoms)
        Shortest paths in bonds; inf between separate molecules.
    """

    mol: Chem.Mol
    symbols: tuple[str, ...]
    numbers: tuple[int, ...]
    charges: tuple[int, ...]
    hydrogens: NDArray[np.float64]
    radicals: int
    distances: NDArray[np.float64]

    @cached_property
    def degrees(self) -> tuple[int, ...]:
        """Number of heavy neighbours of each atom."""
        return tuple((self.distances == 1).sum(axis=1).tolist())

    def is_saturated_ammonium(self, index: int) -> bool:
        """Whether an atom is a charged nitrogen with four single bonds, hydrogens included."""
        if self.numbers[index] != 7 or self.charges[index] <= 0:
            return False
        return bool(self.degrees[index] + self.hydrogens[index] == 4)


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
        (atom.GetAtomicNum(), atom.GetFormalCharge(), atom.GetTotalNumHs(), atom.GetNumRadicalElectrons())
        for atom in map(mol.GetAtomWithIdx, range(mol.GetNumAtoms()))  # far quicker than GetAtoms
    ]
    numbers, charges, hydrogens, radicals = zip(*atoms, strict=True)
    symbols = tuple(map(_SYMBOLS.__getitem__, numbers))
    distances: Any = np.array(Chem.GetDistanceMatrix(mol), dtype=float)
    distances[distances > 1e6] = np.inf
    return MoleculeGraph(mol, symbols, numbers, charges, np.array(hydrogens, dtype=float), sum(radicals), distances)


def canonical_smiles(mol: Chem.Mol, written: str) -> str:
    """Return the canonical SMILES of a molecule, and keep the molecule for whoever reads that SMILES next.

    Parameters
    ----------
    mol : rdkit.Chem.Mol
        Sanitised, without explicit hydrogens and isotopes.
    written : str
        What it was read from.

    Returns
    -------
    str

    Examples
    --------
    >>> canonical_smiles(Chem.MolFromSmiles("[NH3+]CC"), "[NH3+]CC")
    'CC[NH3+]'
    """
    smiles = str(Chem.MolToSmiles(mol))
    if smiles != written:  # atoms in the order in which they would be read
        order = mol.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"]  # noqa: FBT003 (RDKit takes them by position)
        mol = Chem.RenumberAtoms(mol, list(order))
        Chem.GetSymmSSSR(mol)  # renumbering leaves the smallest set of rings, reading the symmetric one
    if len(_read_before) >= CACHED_MOLECULES:
        _read_before.clear()
    _read_before[smiles] = mol
    return smiles


@lru_cache(maxsize=CACHED_MOLECULES)
def may_have_double_bonds(smiles: str) -> bool:
    """Whether a molecule could have a double bond outside aromatic rings; False only if it surely has none.

    Parameters
    ----------
    smiles : str
        Molecule or ion.

    Raises
    ------
    SmilesError
        The string is empty or cannot be read.

    Examples
    --------
    >>> may_have_double_bonds("C[NH3+]"), may_have_double_bonds("c1cc[nH+]cc1"), may_have_double_bonds("NC=[NH2+]")
    (False, False, True)
    """
    if "=" in smiles:
        return True
    # rings that are written as aromatic and are none have double bonds that nobody wrote
    return _AROMATIC.search(smiles) is not None and molecule_graph(smiles).mol.HasSubstructMatch(_DOUBLE)


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
    known = _read_before.pop(smiles, None)
    if known is not None:
        return known
    with BlockLogs():
        mol = Chem.MolFromSmiles(smiles) if isinstance(smiles, str) and smiles.strip() else None
    if mol is None or mol.GetNumAtoms() == 0:
        raise SmilesError("not a readable SMILES", source=repr(smiles), remedy="check valences, rings and brackets")
    return without_isotopes(mol, smiles)
