"""Refuse what no one can compute with: degenerate cells, too many atoms, atoms on top of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.crystal.bonding.neighbours import neighbour_pairs, plane_heights
from perovex.errors import StructureFileError, UnreasonableCellError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_ATOMS = 100_000
#: Å; the shortest bond there is, H-H, has 0.74, X-ray O-H about 0.8.
MIN_DISTANCE = 0.5
#: Fractional coordinates beyond this are misread numbers.
MOST_CELLS_AWAY = 1e6
#: Å; thinner cells than one atom, or longer edges than any crystal, are misread numbers.
MIN_HEIGHT, MAX_EDGE = 1.0, 2000.0
#: Atoms per Å^3; diamond, the densest solid, has 0.18. Below the lower bound it is a box with a molecule.
MAX_DENSITY, MIN_DENSITY = 0.6, 1e-4


def check_cell(lattice: NDArray[np.float64], count: int, source: Any = None) -> None:
    """Refuse an unreasonable lattice or number of atoms.

    Parameters
    ----------
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    count : int
        Number of atoms.
    source : object, optional
        Named in the message.

    Raises
    ------
    UnreasonableCellError

    Examples
    --------
    >>> check_cell(np.eye(3) * 6.0, 5)
    """
    if count == 0:
        raise StructureFileError("no atoms", source=source, remedy="the file may be truncated")
    if count > MAX_ATOMS:
        raise UnreasonableCellError(
            f"{count} atoms in one cell",
            source=source,
            remedy=f"at most {MAX_ATOMS} are read; use a smaller cell",
        )
    if not np.isfinite(lattice).all():
        raise UnreasonableCellError("cell vectors are not finite numbers", source=source)
    edges = np.linalg.norm(lattice, axis=1)
    volume = abs(float(np.linalg.det(lattice)))
    if edges.min() < MIN_HEIGHT or volume < 1e-3 * float(np.prod(edges)):
        raise UnreasonableCellError(
            f"degenerate cell: edges {_listed(edges)} Å, volume {volume:.3g} Å^3", source=source
        )
    if edges.max() > MAX_EDGE or plane_heights(lattice).min() < MIN_HEIGHT:
        raise UnreasonableCellError(f"unreasonable cell: edges {_listed(edges)} Å", source=source)
    density = count / volume
    if not MIN_DENSITY <= density <= MAX_DENSITY:
        raise UnreasonableCellError(
            f"unreasonable density: {count} atoms in {volume:.4g} Å^3",
            source=source,
            remedy="check the length unit",
        )


def check_contacts(
    lattice: NDArray[np.float64], frac: NDArray[np.float64], symbols: list[str], source: Any = None
) -> None:
    """Refuse atoms on top of each other.

    Parameters
    ----------
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    frac : ndarray, shape (n, 3)
        Fractional coordinates.
    symbols : list of str
        Elements, for the message.
    source : object, optional
        Named in the message.

    Raises
    ------
    UnreasonableCellError
    """
    if not np.isfinite(frac).all() or np.abs(frac).max() > MOST_CELLS_AWAY:
        raise UnreasonableCellError("coordinates are not finite, reasonable numbers", source=source)
    pairs = neighbour_pairs(lattice, frac, MIN_DISTANCE)
    if len(pairs):
        k = int(pairs.distance.argmin())
        i, j = int(pairs.i[k]), int(pairs.j[k])
        raise UnreasonableCellError(
            f"{symbols[i]} (site {i}) and {symbols[j]} (site {j}) are {pairs.distance[k]:.3f} Å apart",
            source=source,
            remedy="a disordered or duplicated atom? keep one of them",
        )


def _listed(values: NDArray[np.float64]) -> str:
    return ", ".join(f"{v:.4g}" for v in values)
