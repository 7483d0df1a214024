"""Periodic neighbour search, vectorised.

Atoms are folded into the cell, the cell is padded with as many images as the cutoff needs, and one k-d tree
answers. Any cell is allowed, however small or skewed: an atom may be its own neighbour through an image.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray


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

    Returns
    -------
    Pairs
        Sorted by centre, then by neighbour and image: the order does not depend on the tree.

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
    shift = np.floor(frac).astype(np.int64)
    folded = frac - shift
    ghost, image = _padded(folded[sites_j], cutoff / plane_heights(lattice))
    points = (folded[sites_j][ghost] + image) @ lattice
    found = cKDTree(folded[sites_i] @ lattice).sparse_distance_matrix(cKDTree(points), cutoff, output_type="ndarray")
    a, b = found["i"], found["j"]
    i, j = sites_i[a], sites_j[ghost[b]]
    pair_image = image[b] - shift[j] + shift[i]
    keep = (i != j) | pair_image.any(axis=1)
    i, j, pair_image = i[keep], j[keep], pair_image[keep]
    order = np.lexsort((pair_image[:, 2], pair_image[:, 1], pair_image[:, 0], j, i))
    i, j, pair_image = i[order], j[order], pair_image[order]
    vector = (frac[j] + pair_image - frac[i]) @ lattice
    return Pairs(i, j, pair_image, vector, np.sqrt(np.einsum("pc,pc->p", vector, vector)))


def _padded(folded: NDArray[np.float64], padding: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return index and image of every atom copy inside the cell widened by `padding` on all sides."""
    index = np.arange(len(folded))
    image = np.zeros((len(folded), 3), dtype=np.int64)
    for axis in range(3):
        reach = int(np.ceil(padding[axis]))
        steps = np.arange(-reach, reach + 1)
        copies = folded[index, axis][:, None] + steps
        row, step = np.nonzero((copies >= -padding[axis]) & (copies <= 1.0 + padding[axis]))
        index, image = index[row], image[row].copy()
        image[:, axis] = steps[step]
    return index, image


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


def groups(keys: NDArray[np.int64], count: int) -> list[slice]:
    """Return one slice per group of a sorted key array."""
    return [slice(int(a), int(b)) for a, b in pairwise(group_starts(keys, count))]
