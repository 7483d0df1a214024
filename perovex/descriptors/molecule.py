"""Counts and sizes of a cation from its SMILES, cached by molecule."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from rdkit import Chem
from rdkit.Chem import Descriptors, rdMolDescriptors

from perovex.descriptors.topology import (
    ammonium_atoms,
    eccentricity,
    eccentricity_head,
    parse_smiles,
    stei,
    stei_head,
    stei_min_head,
    tsei,
)
from perovex.errors import SmilesError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ammonium_types", "molecular_volume", "molecule_descriptors", "signed_stereocentres"]

NAN = float("nan")

ATOM_VOLUMES = {
    "H": 7.24, "C": 20.58, "N": 15.60, "O": 14.71, "F": 13.31, "Cl": 22.45, "Br": 26.52, "I": 32.52,
    "P": 24.43, "S": 24.43, "As": 26.52, "B": 40.48, "Si": 38.79, "Se": 28.73, "Te": 36.62,
}  # fmt: skip
"""Volumes of spheres with Bondi's radii, Å³ (doi:10.1021/jo034808o)."""

AMMONIUM_TYPES = (
    "primary",
    "secondary",
    "tertiary",
    "quaternary",
    "cyclic",
    "aromatic",
    "amidinium",
    "guanidinium",
)


@lru_cache(maxsize=65536)
def molecular_volume(smiles: str) -> float:
    """Van der Waals volume as a sum of atomic and bond contributions (VABC).

    It depends on the graph alone, hence neither on a grid nor on the conformation.

    Parameters
    ----------
    smiles : str
        Molecule or ion.

    Returns
    -------
    float
        Å³; NaN where an element has no tabulated contribution.

    References
    ----------
    .. [1] Y. H. Zhao, M. H. Abraham, A. M. Zissimos, J. Org. Chem. 68, 7368 (2003), doi:10.1021/jo034808o

    Examples
    --------
    >>> from perovex.descriptors.molecule import molecular_volume
    >>> round(molecular_volume("C"), 2)  # methane: 20.58 + 4 x 7.24 - 4 x 5.92
    25.86
    """
    mol = parse_smiles(smiles)
    atoms = [atom.GetSymbol() for atom in mol.GetAtoms()]
    if not set(atoms) <= set(ATOM_VOLUMES):
        return NAN
    hydrogens = sum(atom.GetTotalNumHs() for atom in mol.GetAtoms())
    aromatic = rdMolDescriptors.CalcNumAromaticRings(mol)
    other = rdMolDescriptors.CalcNumRings(mol) - aromatic
    spheres = sum(ATOM_VOLUMES[symbol] for symbol in atoms) + hydrogens * ATOM_VOLUMES["H"]
    return float(spheres - 5.92 * (mol.GetNumBonds() + hydrogens) - 14.7 * aromatic - 3.8 * other)


def ammonium_types(smiles: str) -> dict[str, int]:
    """Count the charged groups of a cation by type.

    Primary to quaternary count the carbons on a saturated ammonium nitrogen; cyclic ones are also counted as
    such. A group that shares its charge over several nitrogens (amidinium, guanidinium, aromatic) counts
    once.

    Parameters
    ----------
    smiles : str
        Cation, or neutral amine (see `perovex.descriptors.topology.ammonium_atoms`).

    Returns
    -------
    dict of str to int
        Keys are `AMMONIUM_TYPES`.

    Raises
    ------
    SmilesError
        The string cannot be read.

    Examples
    --------
    >>> from perovex.descriptors.molecule import ammonium_types
    >>> ammonium_types("[NH3+]CCC[NH3+]")["primary"], ammonium_types("NC=[NH2+]")["amidinium"]
    (2, 1)
    """
    mol = parse_smiles(smiles)
    counts = dict.fromkeys(AMMONIUM_TYPES, 0)
    seen: set[frozenset[int]] = set()
    for index in ammonium_atoms(smiles):
        atom = mol.GetAtomWithIdx(index)
        if atom.GetIsAromatic():
            rings = [ring for ring in mol.GetRingInfo().AtomRings() if index in ring]
            group, name = frozenset(rings[0]) if rings else frozenset((index,)), "aromatic"
        else:
            group, name = _group(atom)
        if group in seen:
            continue
        seen.add(group)
        counts[name] += 1
        if name in AMMONIUM_TYPES[:4] and atom.IsInRing():
            counts["cyclic"] += 1
    return counts


def _group(atom: Chem.Atom) -> tuple[frozenset[int], str]:
    """Atoms and type of the charged group that a non-aromatic nitrogen belongs to."""
    for carbon in atom.GetNeighbors():
        if carbon.GetAtomicNum() != 6:
            continue
        nitrogens = [n.GetIdx() for n in carbon.GetNeighbors() if n.GetAtomicNum() == 7]
        double = any(
            bond.GetBondTypeAsDouble() == 2.0 and bond.GetOtherAtom(carbon).GetAtomicNum() == 7
            for bond in carbon.GetBonds()
        )
        if double and len(nitrogens) > 1:
            return frozenset((carbon.GetIdx(),)), "guanidinium" if len(nitrogens) == 3 else "amidinium"
    name = AMMONIUM_TYPES[min(max(atom.GetDegree(), 1), 4) - 1]
    return frozenset((atom.GetIdx(),)), name


@lru_cache(maxsize=65536)
def signed_stereocentres(smiles: str) -> tuple[int, int]:
    """Count stereocentres as (R, S), by the CIP rules.

    Parameters
    ----------
    smiles : str
        Molecule or ion.

    Returns
    -------
    tuple of int
        Number of R and of S centres; unassigned ones count in neither.
    """
    centres = Chem.FindMolChiralCenters(parse_smiles(smiles), useLegacyImplementation=False)
    labels = [label for _, label in centres]
    return labels.count("R"), labels.count("S")


@lru_cache(maxsize=65536)
def molecule_descriptors(smiles: str) -> Mapping[str, float]:
    """Descriptors of one cation from its graph.

    Parameters
    ----------
    smiles : str
        Cation.

    Returns
    -------
    mapping of str to float
        Read-only, cached; steric indices are NaN where there is no nitrogen.

    Raises
    ------
    SmilesError
        The string cannot be read.
    """
    mol = parse_smiles(smiles)
    values: dict[str, float] = {}
    for key, index in (
        ("stei_max", stei),
        ("stei_head", stei_head),
        ("stei_min_head", stei_min_head),
        ("eccentricity_max", eccentricity),
        ("eccentricity_head", eccentricity_head),
        ("tsei", tsei),
    ):
        try:
            values[key] = float(index(smiles))
        except SmilesError:  # no nitrogen, or an element without a radius
            values[key] = NAN
    values |= {f"ammonium_{name}_count": float(n) for name, n in ammonium_types(smiles).items()}
    return MappingProxyType(
        values
        | {
            "charge": float(Chem.GetFormalCharge(mol)),
            "rotatable_bonds": float(rdMolDescriptors.CalcNumRotatableBonds(mol)),
            "ring_count": float(rdMolDescriptors.CalcNumRings(mol)),
            "aromatic_rings": float(rdMolDescriptors.CalcNumAromaticRings(mol)),
            "fluorine_count": float(sum(atom.GetAtomicNum() == 9 for atom in mol.GetAtoms())),
            "stereocentres": float(sum(signed_stereocentres(smiles))),
            "hydrogen_bond_donors": float(rdMolDescriptors.CalcNumHBD(mol)),
            "hydrogen_bond_acceptors": float(rdMolDescriptors.CalcNumHBA(mol)),
            "heavy_atoms": float(mol.GetNumHeavyAtoms()),
            "carbon_count": float(sum(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())),
            "molar_mass": float(Descriptors.MolWt(mol)),  # type: ignore[attr-defined, unused-ignore]
            "cation_volume": molecular_volume(smiles),
        }
    )
