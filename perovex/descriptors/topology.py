"""Steric indices of a cation from its molecular graph alone.

Three indices, each under its own name. STEI (Wu et al. 2024) and the eccentricity count bonds between heavy
atoms of the neutral amine; hydrogens and charges do not enter. TSEI (Cao and Liu 2004) measures paths in
covalent radii.
"""

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

__all__ = [
    "ammonium_atoms",
    "eccentricity",
    "eccentricity_head",
    "parse_smiles",
    "stei",
    "stei_head",
    "stei_min_head",
    "tsei",
]

COVALENT_RADII = {
    "H": 0.30, "B": 0.80, "C": 0.772, "N": 0.70, "O": 0.66, "F": 0.64, "Si": 1.17, "P": 1.10, "S": 1.04,
    "Cl": 0.99, "Ge": 1.22, "As": 1.21, "Se": 1.17, "Br": 1.14, "Sn": 1.40, "Sb": 1.41, "Te": 1.37, "I": 1.33,
}  # fmt: skip
"""Single-bond covalent radii used with TSEI, Å."""

# From the most to the least basic: the first pattern that matches a neutral amine says where the proton goes.
_HEADS = tuple(
    (Chem.MolFromSmarts(smarts), members)
    for smarts, members in (
        ("[NX3;H0,H1,H2]C(=[NX2])[NX3;H0,H1,H2]", (0, 2, 3)),  # guanidine
        ("[NX3;H0,H1,H2][CX3;!$(C=O)]=[NX2;!$(N~[!#6;!#1])]", (0, 2)),  # amidine
        ("[NX3;!$(N[C,S,P]=[O,S,N]);!$(N-[#7,#8]);!$(N-[c,n]);!$(N-C=C);!$(NC#N)]", (0,)),  # aliphatic amine
        ("[NX3;!$(N[C,S,P]=[O,S,N]);!$(N-[#7,#8])]", (0,)),  # aniline, enamine
        ("[nX2,NX2;!$(N~[#7,#8])]", (0,)),  # pyridine, imine
        ("[NX3,nX3,nX2,NX2,NX1]", (0,)),  # whatever nitrogen is left
    )
)


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
    atoms = [mol.GetAtomWithIdx(index) for index in range(mol.GetNumAtoms())]
    distances: Any = np.array(Chem.GetDistanceMatrix(mol), dtype=float)
    distances[distances > 1e6] = np.inf
    return MoleculeGraph(
        mol,
        tuple(atom.GetSymbol() for atom in atoms),
        tuple(atom.GetAtomicNum() for atom in atoms),
        tuple(atom.GetFormalCharge() for atom in atoms),
        tuple(atom.GetDegree() for atom in atoms),
        np.array([atom.GetTotalNumHs() for atom in atoms], dtype=float),
        distances,
    )


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
    return without_isotopes(mol)


def _charged_nitrogens(graph: MoleculeGraph) -> list[int]:
    """Nitrogens whose positive charge is not balanced next door (nitro, N-oxide, azide)."""
    cations = [i for i, (z, q) in enumerate(zip(graph.numbers, graph.charges, strict=True)) if z == 7 and q > 0]
    return [
        index
        for index in cations
        if all(atom.GetFormalCharge() >= 0 for atom in graph.mol.GetAtomWithIdx(index).GetNeighbors())
    ]


def _resonance_partners(mol: Chem.Mol, head: int) -> list[int]:
    """Nitrogens that share the charge of an amidinium, guanidinium or imidazolium nitrogen."""
    atom = mol.GetAtomWithIdx(head)
    partners = []
    for bond in atom.GetBonds():
        carbon = bond.GetOtherAtom(atom)
        if carbon.GetAtomicNum() != 6 or bond.GetBondTypeAsDouble() == 1.0:
            continue
        for other in carbon.GetNeighbors():
            hydrogens = other.GetTotalNumHs() or other.GetDegree() == 3
            if other.GetAtomicNum() == 7 and other.GetFormalCharge() == 0 and hydrogens:
                partners.append(other.GetIdx())
    return partners


@lru_cache(maxsize=CACHED_MOLECULES)
def ammonium_atoms(smiles: str) -> tuple[int, ...]:
    """Find the nitrogens that carry the positive charge.

    Of a cation these are its charged nitrogens, and for amidinium, guanidinium and imidazolium all nitrogens
    that share the charge. Of a neutral amine they are the most basic ones: guanidine, amidine, aliphatic
    amine, aniline, pyridine, in this order.

    Parameters
    ----------
    smiles : str
        Cation or neutral amine.

    Returns
    -------
    tuple of int
        Atom indices, ascending; empty without nitrogen.

    Raises
    ------
    SmilesError
        The string cannot be read.

    Examples
    --------
    >>> from perovex.descriptors.topology import ammonium_atoms
    >>> ammonium_atoms("[NH3+]CCc1ccccc1"), ammonium_atoms("NCCc1ccccn1"), ammonium_atoms("NC=[NH2+]")
    ((0,), (0,), (0, 2))
    """
    graph = molecule_graph(smiles)
    mol, charged = graph.mol, _charged_nitrogens(graph)
    if charged:
        return tuple(sorted({j for i in charged for j in (i, *_resonance_partners(mol, i))}))
    for pattern, members in _HEADS:
        matches = mol.GetSubstructMatches(pattern)
        if matches:
            return tuple(sorted({match[m] for match in matches for m in members}))
    return ()


def _nitrogens(smiles: str, *, head: bool) -> tuple[int, ...]:
    nitrogens = (i for i, z in enumerate(molecule_graph(smiles).numbers) if z == 7)
    chosen = ammonium_atoms(smiles) if head else tuple(nitrogens)
    if not chosen:
        raise SmilesError("there is no nitrogen", source=repr(smiles), remedy="the index is defined at a nitrogen")
    return chosen


def _stei_values(smiles: str, *, head: bool) -> NDArray[np.float64]:
    rows = molecule_graph(smiles).distances[list(_nitrogens(smiles, head=head))]
    cubes = np.where(rows > 0, rows, np.inf) ** -3.0
    return np.asarray(cubes.sum(axis=1))


def stei(smiles: str) -> float:
    r"""Steric effect index (STEI) of a molecule, as published: the largest over all its nitrogens.

    :math:`\mathrm{STEI} = \max_N \sum_j d(N, j)^{-3}` over the heavy atoms :math:`j`, with :math:`d` in
    bonds. The maximum can fall on a ring NH or an amide instead of the ammonium head; see `stei_head`.

    Parameters
    ----------
    smiles : str
        Amine or ammonium cation; protonation makes no difference.

    Returns
    -------
    float
        Dimensionless.

    Raises
    ------
    SmilesError
        The string cannot be read, or there is no nitrogen.

    References
    ----------
    .. [1] Y. Wu et al., Nat. Commun. 15 (2024), doi:10.1038/s41467-023-44236-5

    Examples
    --------
    >>> import perovex.descriptors as descriptors
    >>> round(descriptors.stei("CCN"), 6)  # 1 + 1/8
    1.125
    """
    return float(_stei_values(smiles, head=False).max())


def stei_head(smiles: str) -> float:
    """Largest STEI over the ammonium nitrogens (see `stei` and `ammonium_atoms`).

    Parameters
    ----------
    smiles : str
        Amine or ammonium cation.

    Returns
    -------
    float
        Dimensionless.

    Raises
    ------
    SmilesError
        The string cannot be read, or there is no nitrogen.
    """
    return float(_stei_values(smiles, head=True).max())


def stei_min_head(smiles: str) -> float:
    """Smallest STEI over the ammonium nitrogens (see `stei` and `ammonium_atoms`).

    Parameters
    ----------
    smiles : str
        Amine or ammonium cation.

    Returns
    -------
    float
        Dimensionless.

    Raises
    ------
    SmilesError
        The string cannot be read, or there is no nitrogen.
    """
    return float(_stei_values(smiles, head=True).min())


def _eccentricity(smiles: str, *, head: bool) -> float:
    rows = molecule_graph(smiles).distances[list(_nitrogens(smiles, head=head))]
    return float(rows[np.isfinite(rows)].max())


def eccentricity(smiles: str) -> float:
    """Count the bonds from a nitrogen to the heavy atom farthest from it, largest over all nitrogens.

    Parameters
    ----------
    smiles : str
        Amine or ammonium cation.

    Returns
    -------
    float
        Bonds.

    Raises
    ------
    SmilesError
        The string cannot be read, or there is no nitrogen.

    References
    ----------
    .. [1] Y. Wu et al., Nat. Commun. 15 (2024), doi:10.1038/s41467-023-44236-5

    Examples
    --------
    >>> import perovex.descriptors as descriptors
    >>> descriptors.eccentricity("CCCC[NH3+]")
    4.0
    """
    return _eccentricity(smiles, head=False)


def eccentricity_head(smiles: str) -> float:
    """Like `eccentricity`, over the ammonium nitrogens only.

    Parameters
    ----------
    smiles : str
        Amine or ammonium cation.

    Returns
    -------
    float
        Bonds.

    Raises
    ------
    SmilesError
        The string cannot be read, or there is no nitrogen.
    """
    return _eccentricity(smiles, head=True)


def tsei(smiles: str, centre: int | None = None, *, hydrogens: bool = True) -> float:
    r"""Topological steric effect index (TSEI) of what surrounds a reaction centre.

    :math:`\mathrm{TSEI} = \sum_j (2 R_j / l_j)^3` over the atoms :math:`j` other than the centre, where
    :math:`l_j` is the length of the bond path from the centre to :math:`j` measured along covalent radii.
    Hydrogens on the centre itself belong to it and do not count.

    Parameters
    ----------
    smiles : str
        Molecule or ion.
    centre : int, optional
        Index of the reaction centre in the SMILES. By default the ammonium nitrogen with the largest index
        value.
    hydrogens : bool, default True
        Whether hydrogens of the substituents count.

    Returns
    -------
    float
        Dimensionless.

    Raises
    ------
    SmilesError
        The string cannot be read, the centre is not in it, there is no nitrogen to be the default centre, or
        an element has no radius.

    References
    ----------
    .. [1] C. Cao, L. Liu, J. Chem. Inf. Comput. Sci. 44, 678 (2004), doi:10.1021/ci034266b

    Examples
    --------
    >>> import perovex.descriptors as descriptors
    >>> descriptors.tsei("CC", centre=0, hydrogens=False)  # a methyl group: (2 R / 2 R)^3
    1.0
    >>> round(descriptors.tsei("CC", centre=0), 4)
    1.0362
    """
    graph = molecule_graph(smiles)
    symbols, count = graph.symbols, graph.hydrogens
    if centre is None:
        return max(tsei(smiles, i, hydrogens=hydrogens) for i in _nitrogens(smiles, head=True))
    if not 0 <= centre < len(symbols):
        raise SmilesError(
            f"there is no atom {centre}",
            source=repr(smiles),
            remedy=f"heavy atoms are 0 to {len(symbols) - 1}",
        )
    unknown = set(symbols) - set(COVALENT_RADII)
    if unknown:
        raise SmilesError(f"no covalent radius for {', '.join(sorted(unknown))}", source=repr(smiles))
    radii = np.array([COVALENT_RADII[symbol] for symbol in symbols])
    # A path of n bonds passes each inner atom's radius twice and those of its ends once. Among paths of equal
    # number of bonds the shortest in space counts, as it would be measured.
    length = _radius_paths(smiles)[centre]
    others = np.isfinite(length) & (np.arange(len(radii)) != centre)
    total = float(np.sum((2.0 * radii[others] / length[others]) ** 3))
    if hydrogens:
        proton = COVALENT_RADII["H"]
        total += float(np.sum(count[others] * (2.0 * proton / (length[others] + radii[others] + proton)) ** 3))
    return total


@lru_cache(maxsize=CACHED_MOLECULES)
def _radius_paths(smiles: str) -> NDArray[np.float64]:
    """Shortest paths between heavy atoms with bonds as long as the sum of covalent radii, Å (Floyd and Warshall)."""
    graph = molecule_graph(smiles)
    radii = np.array([COVALENT_RADII[symbol] for symbol in graph.symbols])
    path = np.where(graph.distances == 1, radii[:, None] + radii, np.inf)
    np.fill_diagonal(path, 0.0)
    for k in range(len(path)):
        np.minimum(path, path[:, k, None] + path[k], out=path)
    return path
