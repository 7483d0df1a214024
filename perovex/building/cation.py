"""Organic cations from SMILES: heads, acidic hydrogens and conformers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rdkit import Chem, RDLogger
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers, rdMolTransforms
from rdkit.rdBase import BlockLogs

from perovex.crystal.isotopes import without_isotopes
from perovex.errors import BuildError, SmilesError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Conformers within this energy (kcal/mol) of the lowest may be used; the most extended of them is preferred.
ENERGY_WINDOW: Final = 4.0

#: Conformers of a diammonium cation that bring its heads nearer than this share of the longest distance are not
#: used: the force field leaves out the charges that keep them apart.
CURLED: Final = 0.8

#: Cations that fit the cage of corner-sharing octahedra.
CAGE_SMILES: Final[dict[str, str]] = {
    "Cs": "[Cs+]",
    "Rb": "[Rb+]",
    "MA": "C[NH3+]",
    "FA": "NC=[NH2+]",
    "GA": "NC(N)=[NH2+]",
}


@dataclass(frozen=True, eq=False)
class Cation:
    """A cation to be placed.

    Attributes
    ----------
    smiles : str
        Canonical SMILES.
    symbols : tuple of str
        Element of each atom, hydrogens included.
    charge : int
        Net charge.
    heads : tuple of int
        The ammonium nitrogens that go into halide pockets: one for each positive charge.
    donors : ndarray of int
        Hydrogens on nitrogen or oxygen.
    conformers : tuple of ndarray, each of shape (m, 3)
        Coordinates, Å, the most extended first.
    chiral : bool
        Whether a stereocentre forbids mirror images.
    mol : rdkit.Chem.Mol
        The molecule, hydrogens included.
    """

    smiles: str
    symbols: tuple[str, ...]
    charge: int
    heads: tuple[int, ...]
    donors: NDArray[np.int64]
    conformers: tuple[NDArray[np.float64], ...]
    chiral: bool
    mol: Any = field(repr=False)

    def __len__(self) -> int:
        return len(self.symbols)

    def force_field(self) -> Any:
        """Molecular force field of RDKit (MMFF94, else UFF) without electrostatics; None for single atoms.

        Charges would curl an isolated cation up around its own ammonium.
        """
        if len(self) == 1:
            return None
        return _force_field(Chem.Mol(self.mol))


def _force_field(mol: Any, conformer: int = -1) -> Any:
    properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(mol)
    if properties is not None:
        properties.SetMMFFEleTerm(False)  # noqa: FBT003 (RDKit takes it by position)
        return rdForceFieldHelpers.MMFFGetMoleculeForceField(mol, properties, confId=conformer)
    return rdForceFieldHelpers.UFFGetMoleculeForceField(mol, confId=conformer)


def parse_smiles(smiles: str) -> Any:
    """Read a SMILES of one organic cation.

    Raises
    ------
    SmilesError
        If it cannot be read, names several molecules or is empty.

    Examples
    --------
    >>> parse_smiles("CCCC[NH3+]").GetNumAtoms()
    5
    """
    if not isinstance(smiles, str) or not smiles.strip():
        raise SmilesError("the SMILES is empty", remedy="give a cation such as CCCC[NH3+]")
    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    try:
        mol = Chem.MolFromSmiles(smiles.strip())
    finally:
        RDLogger.EnableLog("rdApp.*")  # type: ignore[attr-defined]
    if mol is None or mol.GetNumAtoms() == 0:
        raise SmilesError("not a readable SMILES", source=smiles, remedy="check brackets, rings and valences")
    if "." in Chem.MolToSmiles(mol):
        raise SmilesError("several molecules in one SMILES", source=smiles, remedy="give one cation")
    return without_isotopes(mol)


def canonical(smiles: str, *, stereo: bool = True) -> str:
    """Canonical SMILES, optionally without stereochemistry.

    Examples
    --------
    >>> canonical("[NH3+]CCCC")
    'CCCC[NH3+]'
    """
    return str(Chem.MolToSmiles(parse_smiles(smiles), isomericSmiles=stereo))


def spacer_smiles(smiles: str) -> str:
    """Return the canonical SMILES of a cation that can balance a slab.

    Parameters
    ----------
    smiles : str
        One mono- or diammonium cation, charges written out.

    Raises
    ------
    SmilesError
        If it cannot be read, or has no ammonium that can balance a slab.

    Examples
    --------
    >>> spacer_smiles("[NH3+]CCCC")
    'CCCC[NH3+]'
    """
    name = canonical(smiles)
    mol = parse_smiles(name)
    if mol.GetNumAtoms() > 1 or mol.GetAtomWithIdx(0).GetSymbol() == "N":
        _heads(mol, smiles)
    return name


def ammonium_form(mol: Any) -> str:
    """Return the SMILES with a proton on every amine and amidine, not on amides.

    Parameters
    ----------
    mol : rdkit.Chem.Mol
        Neutral amine.

    Returns
    -------
    str
        Empty if there are no such groups, or more than two.

    Examples
    --------
    >>> ammonium_form(Chem.MolFromSmiles("NCCCCN"))
    '[NH3+]CCCC[NH3+]'
    """
    amine = Chem.MolFromSmarts("[$([NX3;+0;!$(N-C=[O,S,N]);!$(N-[#7,#8,#16])]),$([NX2;+0]=C-[NX3])]")
    editable = Chem.RWMol(mol)
    matches = mol.GetSubstructMatches(amine)
    for (k,) in matches:
        atom = editable.GetAtomWithIdx(k)
        hydrogens = atom.GetTotalNumHs()
        atom.SetFormalCharge(1)
        atom.SetNoImplicit(True)  # noqa: FBT003 (RDKit takes it by position)
        atom.SetNumExplicitHs(hydrogens + 1)
    if not matches or len(matches) > 2:
        return ""
    Chem.SanitizeMol(editable)
    return str(Chem.MolToSmiles(editable))


def _heads(mol: Any, smiles: str) -> tuple[int, ...]:
    """Charged nitrogens with hydrogens, one for each positive charge; the farthest pair of several."""
    charge = Chem.GetFormalCharge(mol)
    heads = [
        a.GetIdx() for a in mol.GetAtoms() if a.GetSymbol() == "N" and a.GetFormalCharge() > 0 and a.GetTotalNumHs() > 0
    ]
    if not heads:
        protonated = ammonium_form(mol)
        remedy = f"write the protonated form: {protonated}" if protonated else "give a cation such as CCCC[NH3+]"
        raise SmilesError("no ammonium: a spacer needs a charged nitrogen with hydrogen", source=smiles, remedy=remedy)
    if charge not in (1, 2) or len(heads) < charge:
        raise SmilesError(
            f"a charge of {charge:+d} with {len(heads)} ammonium group(s) cannot balance a perovskite slab",
            source=smiles,
            remedy="use a cation with one or two ammonium groups and no other charge",
        )
    if charge == 1:
        return (heads[0],)
    distance = Chem.GetDistanceMatrix(mol)
    return max(combinations(heads, 2), key=lambda pair: distance[pair])


def _extent(mol: Any, coordinates: NDArray[np.float64], heads: tuple[int, ...]) -> float:
    heavy = [a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() > 1]
    if len(heads) == 2:
        return float(np.linalg.norm(coordinates[heads[0]] - coordinates[heads[1]]))
    return float(np.linalg.norm(coordinates[heavy] - coordinates[heads[0]], axis=1).max())


def _stretched(mol: Any, heads: tuple[int, ...], identifier: int) -> int:
    """Add a copy of a conformer whose backbone is all-trans, and return its number.

    Embedding draws gauche kinks into nearly every longer chain; crystals stretch them.
    """
    distance = Chem.GetDistanceMatrix(mol)
    heavy = [a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() > 1]
    end = heads[1] if len(heads) == 2 else max(heavy, key=lambda k: (distance[heads[0], k], -k))
    number = int(mol.AddConformer(Chem.Conformer(mol.GetConformer(identifier)), assignId=True))
    path = Chem.GetShortestPath(mol, heads[0], end) if end != heads[0] else ()
    conformer = mol.GetConformer(number)
    for i, j, k, m in zip(path, path[1:], path[2:], path[3:], strict=False):
        bond = mol.GetBondBetweenAtoms(j, k)
        if bond.GetBondType() == Chem.BondType.SINGLE and not bond.IsInRing():
            rdMolTransforms.SetDihedralDeg(conformer, i, j, k, m, 180.0)
    return number


def _conformers(mol: Any, heads: tuple[int, ...], count: int, seed: int) -> tuple[NDArray[np.float64], ...]:
    """Low-energy conformers, the most extended first, near-duplicates in extent removed."""
    with BlockLogs():
        known = rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol) or rdForceFieldHelpers.UFFHasAllMoleculeParams(mol)
    if not known:
        raise SmilesError(
            "the force field lacks parameters for it, so that no geometry can be made",
            source=Chem.MolToSmiles(Chem.RemoveHs(mol)),
            remedy="use an organic cation, or read the crystal from a file",
        )
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed % (2**31 - 1) + 1
    identifiers = list(rdDistGeom.EmbedMultipleConfs(mol, count, parameters))
    if not identifiers:
        parameters.useRandomCoords = True
        identifiers = list(rdDistGeom.EmbedMultipleConfs(mol, count, parameters))
    if not identifiers:
        raise BuildError("no three-dimensional conformer could be made", source=Chem.MolToSmiles(mol))
    identifiers.append(_stretched(mol, heads, identifiers[0]))
    energies, coordinates, extents = [], [], []
    for identifier in identifiers:
        ff = _force_field(mol, identifier)
        ff.Minimize(maxIts=500)
        energies.append(ff.CalcEnergy())
        coordinates.append(np.array(mol.GetConformer(identifier).GetPositions()))
        extents.append(_extent(mol, coordinates[-1], heads))
    low = [k for k in range(len(energies)) if energies[k] < min(energies) + ENERGY_WINDOW]
    if len(heads) == 2:
        low = [k for k in low if extents[k] > CURLED * max(extents[m] for m in low)]
    low.sort(key=lambda k: (-round(extents[k], 1), energies[k]))
    kept: list[int] = []
    for k in low:
        if all(abs(extents[k] - extents[m]) > 0.2 or abs(energies[k] - energies[m]) > 0.3 for m in kept):
            kept.append(k)
    return tuple(coordinates[k] for k in kept[:4])


@lru_cache(maxsize=256)
def cation_from_smiles(smiles: str, *, n_conformers: int = 24, random_state: int = 0) -> Cation:
    """Three-dimensional cation from SMILES.

    Parameters
    ----------
    smiles : str
        One mono- or diammonium cation, charges written out; or one of the inorganic cations ``"[Cs+]"``,
        ``"[Rb+]"``.
    n_conformers : int
        Conformers embedded before the most extended low-energy ones are kept.
    random_state : int
        Seed of the embedding.

    Returns
    -------
    Cation

    Raises
    ------
    SmilesError
        If the SMILES is unreadable, has no ammonium that can balance a slab, or holds what no force field knows.
    BuildError
        If no conformer can be embedded.

    Examples
    --------
    >>> cation = cation_from_smiles("[NH3+]CCCC[NH3+]")
    >>> cation.charge, len(cation.heads), cation.chiral
    (2, 2, False)
    """
    name = canonical(smiles)
    mol = parse_smiles(name)  # atoms in canonical order: one cation, one search, however it is spelled
    if mol.GetNumAtoms() == 1 and mol.GetAtomWithIdx(0).GetSymbol() != "N":
        atom = mol.GetAtomWithIdx(0)
        if atom.GetFormalCharge() != 1:
            raise SmilesError("not a monovalent cation", source=smiles)
        one = (np.zeros((1, 3)),)
        return Cation(name, (atom.GetSymbol(),), 1, (0,), np.array([], dtype=np.int64), one, False, mol)  # noqa: FBT003
    heads = _heads(mol, smiles)
    mol = Chem.AddHs(mol)
    conformers = _conformers(mol, heads, n_conformers, random_state)
    mol.RemoveAllConformers()
    conformer = Chem.Conformer(mol.GetNumAtoms())
    for k, xyz in enumerate(conformers[0]):
        conformer.SetAtomPosition(k, [float(v) for v in xyz])
    mol.AddConformer(conformer)
    donors = [
        a.GetIdx() for a in mol.GetAtoms() if a.GetSymbol() == "H" and a.GetNeighbors()[0].GetSymbol() in ("N", "O")
    ]
    return Cation(
        smiles=name,
        symbols=tuple(a.GetSymbol() for a in mol.GetAtoms()),
        charge=Chem.GetFormalCharge(mol),
        heads=heads,
        donors=np.array(donors, dtype=np.int64),
        conformers=conformers,
        chiral=bool(Chem.FindMolChiralCenters(mol, includeUnassigned=False, useLegacyImplementation=False)),
        mol=mol,
    )


def cage_cation(name: str, *, random_state: int = 0) -> Cation:
    """Cage cation by its usual abbreviation or its SMILES.

    Raises
    ------
    BuildError
        If the abbreviation is not one of `CAGE_SMILES`.

    Examples
    --------
    >>> cage_cation("FA").smiles
    'NC=[NH2+]'
    """
    name = next((short for short, smiles in CAGE_SMILES.items() if smiles == name), name)
    if name not in CAGE_SMILES:
        raise BuildError(f"unknown cage cation {name!r}", remedy=f"use one of {', '.join(CAGE_SMILES)}")
    return cation_from_smiles(CAGE_SMILES[name], random_state=random_state)
