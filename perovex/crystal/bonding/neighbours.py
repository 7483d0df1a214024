"""Periodic neighbour search, vectorised: pymatgen's cell list, with images as the rest of perception counts them.

Any cell is allowed, however small or skewed: an atom may be its own neighbour through an image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.optimization.neighbors import find_points_in_spheres

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Å; the cell list gets slow when its boxes are smaller than bonds.
_SMALLEST_BOX = 2.5
_PERIODIC = np.ones(3, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Directed neighbour pairs ``i -> j + image``.

    Attributes
    ----------
    i, j : ndarray of int, shape (p,)
        Sites of both ends.
    image : ndarray of int, shape (p, 3)
        Lattice translation of `j` relative to `i`, both as they stand in the structure.
    vector : ndarray, shape (p, 3)
        Cartesian vector from `i` to that image of `j`, Å.
    distance : ndarray, shape (p,)
        Its length, Å.
    """

    i: NDArray[np.int64]
    j: NDArray[np.int64]
    image: NDArray[np.int64]
    vector: NDArray[np.float64]
    distance: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.i)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Pairs:
        """Return the pairs selected by a mask or by positions."""
        return Pairs(self.i[chosen], self.j[chosen], self.image[chosen], self.vector[chosen], self.distance[chosen])


def plane_heights(lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances between opposite faces of the cell, Å, shape (3,).

    Parameters
    ----------
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.

    Examples
    --------
    >>> plane_heights(np.diag([3.0, 4.0, 5.0])).tolist()
    [3.0, 4.0, 5.0]
    """
    return 1.0 / np.linalg.norm(np.linalg.inv(lattice), axis=0)


def neighbour_pairs(
    lattice: NDArray[np.float64],
    frac: NDArray[np.float64],
    cutoff: float,
    *,
    centres: NDArray[np.int64] | None = None,
    neighbours: NDArray[np.int64] | None = None,
    radii: NDArray[np.float64] | None = None,
) -> Pairs:
    """Find all neighbours within a cutoff, periodic images included.

    Parameters
    ----------
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    frac : ndarray, shape (n, 3)
        Fractional coordinates, inside the cell or not.
    cutoff : float
        Largest distance, Å.
    centres, neighbours : ndarray of int, optional
        Sites on the two ends; all sites by default. An atom is no neighbour of itself, its images may be.
    radii : ndarray, shape (n,), optional
        Keep only pairs closer than the sum of their radii, Å.

    Returns
    -------
    Pairs
        Sorted by centre, then by neighbour and image: the order does not depend on the search.

    Examples
    --------
    >>> pairs = neighbour_pairs(np.eye(3) * 4.0, np.zeros((1, 3)), 4.1)
    >>> len(pairs), pairs.distance.round(6).tolist()
    (6, [4.0, 4.0, 4.0, 4.0, 4.0, 4.0])
    """
    sites_i = np.arange(len(frac)) if centres is None else np.asarray(centres)
    sites_j = np.arange(len(frac)) if neighbours is None else np.asarray(neighbours)
    if len(sites_i) == 0 or len(sites_j) == 0:
        return _no_pairs()
    # the search makes copies for all cells between its points: fold them first, a stray one may lie anywhere
    shift = np.floor(frac).astype(np.int64)
    cart = (frac - shift) @ lattice
    a, b, image, distance = find_points_in_spheres(
        np.ascontiguousarray(cart[sites_j]),
        np.ascontiguousarray(cart[sites_i]),
        r=max(cutoff, _SMALLEST_BOX),
        pbc=_PERIODIC,
        lattice=np.ascontiguousarray(lattice, dtype=np.float64),
        tol=1e-8,
    )
    i, j = sites_i[a], sites_j[b]
    cells = image.astype(np.int64) + shift[i] - shift[j]
    keep = distance <= (cutoff if radii is None else np.minimum(radii[i] + radii[j], cutoff))
    keep &= (i != j) | cells.any(axis=1)
    i, j, cells = i[keep], j[keep], cells[keep]
    order = np.lexsort((cells[:, 2], cells[:, 1], cells[:, 0], j, i))
    i, j, cells = i[order], j[order], cells[order]
    vector = (frac[j] + cells - frac[i]) @ lattice
    return Pairs(i, j, cells, vector, np.sqrt(np.einsum("pc,pc->p", vector, vector)))


def _no_pairs() -> Pairs:
    nothing = np.zeros(0, dtype=np.int64)
    return Pairs(nothing, nothing, np.zeros((0, 3), dtype=np.int64), np.zeros((0, 3)), np.zeros(0))


def group_starts(keys: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return where each of `count` groups begins in a sorted key array (length ``count + 1``).

    Examples
    --------
    >>> group_starts(np.array([0, 0, 2]), 3).tolist()
    [0, 2, 2, 3]
    """
    return np.searchsorted(keys, np.arange(count + 1))
