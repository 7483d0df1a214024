"""Steric indices of a cation from its molecular graph alone.

Three indices, each under its own name. STEI (Wu et al. 2024) and the eccentricity count bonds between heavy
atoms of the neutral amine; hydrogens and charges do not enter. TSEI (Cao and Liu 2004) measures paths in
covalent radii.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from perovex.descriptors.ammonium import ammonium_atoms
from perovex.descriptors.smiles import CACHED_MOLECULES, molecule_graph
from perovex.errors import SmilesError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["eccentricity", "eccentricity_head", "stei", "stei_head", "stei_min_head", "tsei"]

COVALENT_RADII = {
    "H": 0.30, "B": 0.80, "C": 0.772, "N": 0.70, "O": 0.66, "F": 0.64, "Si": 1.17, "P": 1.10, "S": 1.04,
    "Cl": 0.99, "Ge": 1.22, "As": 1.21, "Se": 1.17, "Br": 1.14, "Sn": 1.40, "Sb": 1.41, "Te": 1.37, "I": 1.33,
}  # fmt: skip
"""Single-bond covalent radii used with TSEI, Å."""


def _nitrogens(smiles: str, *, head: bool) -> tuple[int, ...]:
    nitrogens = (i for i, z in enumerate(molecule_graph(smiles).numbers) if z == 7)
    chosen = ammonium_atoms(smiles) if head else tuple(nitrogens)
    if not chosen:
        raise SmilesError("there is no nitrogen", source=repr(smiles), remedy="the index is defined at a nitrogen")
    return chosen


@lru_cache(maxsize=CACHED_MOLECULES)
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
