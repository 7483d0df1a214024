"""The network of octahedra: which share halides, and how many (corner, edge, face)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.bonding.neighbours import group_starts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.perception.octahedra import RawOctahedra


@dataclass(frozen=True, eq=False)
class Links:
    """Pairs of octahedra that share a halide, one row per halide and pair.

    Attributes
    ----------
    halide : ndarray of int, shape (b,)
        The shared halide.
    octahedron, ligand : ndarray of int, shape (b, 2)
        The two octahedra, and which of their ligands the halide is.
    image : ndarray of int, shape (b, 3)
        Lattice translation of the second metal relative to the first, both as they stand in the structure.
    shared : ndarray of int, shape (b,)
        How many halides this pair of octahedra shares: 1 corner, 2 edge, 3 face.
    """

    halide: NDArray[np.int64]
    octahedron: NDArray[np.int64]
    ligand: NDArray[np.int64]
    image: NDArray[np.int64]
    shared: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.halide)


def link_octahedra(octahedra: RawOctahedra) -> Links:
    """Find all pairs of octahedra that share a halide.

    Parameters
    ----------
    octahedra : RawOctahedra
        As found by `find_octahedra`, in any order of ligands.

    Returns
    -------
    Links
        A halide shared by m octahedra gives m (m - 1) / 2 rows.
    """
    flat = octahedra.ligand.ravel()
    order = np.argsort(flat, kind="stable")
    halides, row = np.unique(flat[order], return_inverse=True)
    starts = group_starts(row, len(halides))
    first, second = [], []
    counts = np.diff(starts)
    for count in np.unique(counts[counts > 1]):
        begin = starts[:-1][counts == count]
        for a, b in zip(*np.triu_indices(int(count), 1), strict=True):
            first.append(order[begin + a])
            second.append(order[begin + b])
    one = np.concatenate([np.zeros(0, dtype=np.int64), *first])
    two = np.concatenate([np.zeros(0, dtype=np.int64), *second])
    by_halide = np.lexsort((two, one))
    one, two = one[by_halide], two[by_halide]
    images = octahedra.image.reshape(-1, 3)
    image = images[one] - images[two]
    octahedron = np.stack([one // 6, two // 6], axis=1)
    return Links(flat[one], octahedron, np.stack([one % 6, two % 6], axis=1), image, _shared(octahedron, image))


def _shared(octahedron: NDArray[np.int64], image: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count rows per pair of octahedra, whichever of the two comes first."""
    if len(octahedron) == 0:
        return np.zeros(0, dtype=np.int64)
    sign = np.sign(octahedron[:, 1] - octahedron[:, 0])
    for axis in range(3):
        sign = np.where(sign == 0, np.sign(image[:, axis]), sign)
    pair = np.sort(octahedron, axis=1)
    key = np.column_stack([pair, np.where(sign < 0, -1, 1)[:, None] * image])
    _, inverse, counts = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    return counts[inverse.ravel()]
