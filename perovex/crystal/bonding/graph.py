"""A graph with lattice translations on its edges: its pieces, and in how many dimensions each repeats.

Such a quotient graph is followed from one node to the next; the translations collected on closed walks span the
directions in which a piece is infinite, and their rank is its dimensionality. Small cells, where a node is joined to
its own image, need no special case.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.bonding.neighbours import group_starts

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Components:
    """Connected pieces of a graph with lattice translations on its edges.

    Attributes
    ----------
    label : ndarray of int, shape (k,)
        Component of each node; components are numbered by their first node.
    offset : ndarray of int, shape (k, 3)
        Lattice translation that brings each node next to the others of its component.
    translations : list of ndarray of int, shape (t, 3)
        Per component, the distinct translations of closed walks, up to sign.
    rank : ndarray of int, shape (c,)
        Dimensionality of each component.
    """

    label: NDArray[np.int64]
    offset: NDArray[np.int64]
    translations: list[NDArray[np.int64]]
    rank: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rank)


def components(count: int, octahedron: NDArray[np.int64], image: NDArray[np.int64]) -> Components:
    """Split a graph with lattice translations into its connected pieces.

    Parameters
    ----------
    count : int
        Number of nodes.
    octahedron : ndarray of int, shape (b, 2)
        Edges.
    image : ndarray of int, shape (b, 3)
        Lattice translation of the second node relative to the first.

    Returns
    -------
    Components
        Labels, offsets, translations and ranks.

    Examples
    --------
    A node bonded to its own image along the first axis is a chain:

    >>> components(1, np.array([[0, 0]]), np.array([[1, 0, 0]])).rank.tolist()
    [1]
    """
    label, offset, number = _walk(count, octahedron, image)
    closed = offset[octahedron[:, 0]] + image - offset[octahedron[:, 1]]
    used = closed.any(axis=1)
    if not used.any():
        nothing = np.zeros((0, 3), dtype=np.int64)
        return Components(label, offset, [nothing] * number, np.zeros(number, dtype=np.int64))
    owner, closed = label[octahedron[used, 0]], _one_sign(closed[used])
    rows = np.unique(np.column_stack([owner, closed]), axis=0)
    starts = group_starts(rows[:, 0], number)
    translations = [rows[s:e, 1:] for s, e in pairwise(starts)]
    rank = [int(np.linalg.matrix_rank(t)) if len(t) else 0 for t in translations]
    return Components(label, offset, translations, np.array(rank, dtype=np.int64))


def _walk(
    count: int, edges: NDArray[np.int64], image: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Walk every component from its first node on, adding up the translations along the way.

    Plain lists: graphs of a crystal have few edges per node, where a sparse matrix costs more than the walk.
    """
    source = np.concatenate([edges[:, 0], edges[:, 1]])
    order = np.argsort(source, kind="stable")
    starts = group_starts(source[order], count).tolist()
    target = np.concatenate([edges[:, 1], edges[:, 0]])[order].tolist()
    step = np.concatenate([image, -image])[order].tolist()
    label = [-1] * count
    offset = [[0, 0, 0]] * count
    number = 0
    for root in range(count):
        if label[root] >= 0:
            continue
        label[root] = number
        queue = [root]
        for node in queue:  # grows while it is read: breadth first
            x, y, z = offset[node]
            for k in range(starts[node], starts[node + 1]):
                other = target[k]
                if label[other] < 0:
                    label[other] = number
                    dx, dy, dz = step[k]
                    offset[other] = [x + dx, y + dy, z + dz]
                    queue.append(other)
        number += 1
    shape = (count, 3)
    return np.array(label, dtype=np.int64), np.array(offset, dtype=np.int64).reshape(shape), number


def _one_sign(vectors: NDArray[np.int64]) -> NDArray[np.int64]:
    """Flip integer vectors so that the first nonzero entry is positive."""
    sign = np.sign(vectors[:, 0])
    for axis in (1, 2):
        sign = np.where(sign == 0, np.sign(vectors[:, axis]), sign)
    return vectors * sign[:, None]


def plane_indices(translations: NDArray[np.int64]) -> NDArray[np.int64]:
    """Miller indices (coprime, first nonzero positive) of the lattice plane that holds the translations.

    Parameters
    ----------
    translations : ndarray of int, shape (t, 3)
        Lattice translations of rank 2.

    Examples
    --------
    >>> plane_indices(np.array([[1, 0, 0], [0, 2, 2]])).tolist()
    [0, 1, -1]
    """
    normals = np.cross(translations[0], translations[1:])
    normal = normals[np.abs(normals).sum(axis=1).argmax()]
    normal = normal // np.gcd.reduce(normal)
    return _one_sign(normal[None])[0]
