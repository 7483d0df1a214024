"""Counts and sizes of a cation from its SMILES, cached by molecule."""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from rdkit import Chem
from rdkit.Chem import Descriptors, rdMolDescriptors

from perovex.descriptors.ammonium import ammonium_atoms
from perovex.descriptors.smiles import CACHED_MOLECULES, may_have_double_bonds, molecule_graph, parse_smiles
from perovex.descriptors.topology import eccentricity, eccentricity_head, stei, stei_head, stei_min_head, tsei
from perovex.errors import SmilesError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from perovex.descriptors.smiles import MoleculeGraph

__all__ = ["MOLECULE_DESCRIPTORS", "ammonium_types", "molecular_volume", "molecule_descriptors", "signed_stereocentres"]

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

# Triple and quadruple bonds, bonds of other kinds, and dots between molecules, in a SMILES.
_UNLIKE_SINGLE = re.compile(r"[#$~>.]")


@lru_cache(maxsize=CACHED_MOLECULES)
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
    graph = molecule_graph(smiles)
    mol, atoms = graph.mol, graph.symbols
    if not set(atoms) <= set(ATOM_VOLUMES):
        return NAN
    hydrogens = int(graph.hydrogens.sum())
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
        Cation, or neutral amine (see `perovex.descriptors.ammonium.ammonium_atoms`).

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
    mol, degrees = parse_smiles(smiles), molecule_graph(smiles).degrees
    counts = dict.fromkeys(AMMONIUM_TYPES, 0)
    double = may_have_double_bonds(smiles)  # without one no charge is shared outside rings
    seen: set[frozenset[int]] = set()
    for index in ammonium_atoms(smiles):
        atom = mol.GetAtomWithIdx(index)
        if atom.GetIsAromatic():
            rings = [ring for ring in mol.GetRingInfo().AtomRings() if index in ring]
            group, name = frozenset(rings[0]) if rings else frozenset((index,)), "aromatic"
        else:
            group, name = (_shared(atom) if double else None) or (
                frozenset((index,)),
                AMMONIUM_TYPES[min(max(degrees[index], 1), 4) - 1],
            )
        if group in seen:
            continue
        seen.add(group)
        counts[name] += 1
        if name in AMMONIUM_TYPES[:4] and atom.IsInRing():
            counts["cyclic"] += 1
    return counts


def _shared(atom: Chem.Atom) -> tuple[frozenset[int], str] | None:
    """Atom and type of the amidinium or guanidinium that a nitrogen belongs to, if it does."""
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
    return None


@lru_cache(maxsize=CACHED_MOLECULES)
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
    if "@" not in smiles:  # no hand is assigned, and looking for one takes long
        return 0, 0
    centres = Chem.FindMolChiralCenters(parse_smiles(smiles), useLegacyImplementation=False)
    labels = [label for _, label in centres]
    return labels.count("R"), labels.count("S")


def _or_nan(index: Callable[[str], float]) -> Callable[[str], float]:
    """Make an index undefined where there is no nitrogen, or an element without a radius."""

    def value(smiles: str) -> float:
        try:
            return float(index(smiles))
        except SmilesError:
            return NAN

    return value


@lru_cache(maxsize=CACHED_MOLECULES)
def _types(smiles: str) -> Mapping[str, int]:
    return MappingProxyType(ammonium_types(smiles))


def _of_type(name: str) -> Callable[[str], float]:
    return lambda smiles: float(_types(smiles)[name])


def _count(number: int) -> Callable[[str], float]:
    return lambda smiles: float(molecule_graph(smiles).numbers.count(number))


def _of_mol(function: Callable[[Chem.Mol], float]) -> Callable[[str], float]:
    return lambda smiles: float(function(molecule_graph(smiles).mol))


def _rotatable_bonds(smiles: str) -> float:
    """Rotatable bonds by RDKit's strict definition, counted where nothing but bonds to end atoms and in rings is rigid.

    RDKit also leaves out multiple bonds and what is next to triple ones, bonds to CF3, CCl3, CBr3 and tert-butyl, and
    those of amides and their like.
    """
    graph = molecule_graph(smiles)
    if _UNLIKE_SINGLE.search(smiles) or may_have_double_bonds(smiles) or _may_be_bulky(graph):
        return float(rdMolDescriptors.CalcNumRotatableBonds(graph.mol))
    rings = graph.mol.GetRingInfo().BondRings()
    in_rings = len(set().union(*rings)) if rings else 0
    return float(max(graph.mol.GetNumBonds() - in_rings - graph.degrees.count(1), 0))


def _may_be_bulky(graph: MoleculeGraph) -> bool:
    """Whether a molecule could have a CF3, CCl3, CBr3 or tert-butyl group."""
    numbers, degrees = graph.numbers, graph.degrees
    if not any(z == 6 and degree == 4 for z, degree in zip(numbers, degrees, strict=True)):
        return False
    methyls = sum(z == 6 and degree == 1 for z, degree in zip(numbers, degrees, strict=True))
    return methyls > 2 or any(numbers.count(halogen) > 2 for halogen in (9, 17, 35))


def _hydrogen_bond_acceptors(smiles: str) -> float:
    """Acceptors by RDKit; a molecule whose only atoms with lone pairs are those of halogens needs no look."""
    graph = molecule_graph(smiles)
    polar = [i for i, number in enumerate(graph.numbers) if number in (7, 8, 16)]
    if all(graph.is_saturated_ammonium(i) for i in polar):
        return 0.0
    return float(rdMolDescriptors.CalcNumHBA(graph.mol))


def _heavy_atoms(smiles: str) -> float:
    numbers = molecule_graph(smiles).numbers
    return float(len(numbers) - numbers.count(1))


#: How each descriptor of a molecule is computed from its SMILES.
_VALUES: Mapping[str, Callable[[str], float]] = {
    "stei_max": _or_nan(stei),
    "stei_head": _or_nan(stei_head),
    "stei_min_head": _or_nan(stei_min_head),
    "eccentricity_max": _or_nan(eccentricity),
    "eccentricity_head": _or_nan(eccentricity_head),
    "tsei": _or_nan(tsei),
    **{f"ammonium_{name}_count": _of_type(name) for name in AMMONIUM_TYPES},
    "charge": lambda smiles: float(sum(molecule_graph(smiles).charges)),
    "rotatable_bonds": _rotatable_bonds,
    "ring_count": _of_mol(rdMolDescriptors.CalcNumRings),
    "aromatic_rings": _of_mol(rdMolDescriptors.CalcNumAromaticRings),
    "fluorine_count": _count(9),
    "stereocentres": lambda smiles: float(sum(signed_stereocentres(smiles))),
    "hydrogen_bond_donors": _of_mol(rdMolDescriptors.CalcNumHBD),
    "hydrogen_bond_acceptors": _hydrogen_bond_acceptors,
    "heavy_atoms": _heavy_atoms,
    "carbon_count": _count(6),
    "molar_mass": _of_mol(Descriptors.MolWt),  # type: ignore[attr-defined, unused-ignore]
    "cation_volume": molecular_volume,
}
MOLECULE_DESCRIPTORS = tuple(_VALUES)
"""Keys of all descriptors that need no more than the graph of a molecule."""


@lru_cache(maxsize=CACHED_MOLECULES)
def molecule_descriptors(smiles: str, keys: tuple[str, ...] = MOLECULE_DESCRIPTORS) -> Mapping[str, float]:
    """Descriptors of one cation from its graph.

    Parameters
    ----------
    smiles : str
        Cation.
    keys : tuple of str
        Which to compute; by default all.

    Returns
    -------
    mapping of str to float
        Read-only, cached; steric indices are NaN where there is no nitrogen.

    Raises
    ------
    SmilesError
        The string cannot be read.
    """
    molecule_graph(smiles)
    return MappingProxyType({key: _VALUES[key](smiles) for key in keys})
