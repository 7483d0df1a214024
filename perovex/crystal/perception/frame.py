"""The frame of a network: its normal, its in-plane axes, and ligands put in order along them."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.perception.network import Links
    from perovex.crystal.perception.octahedra import RawOctahedra

#: Relative difference of mean metal-metal distances that counts as different.
SAME_LENGTH = 1e-5
_AXIS_ORDERS = np.array(list(permutations(range(3))))


def metal_vectors(octahedra: RawOctahedra, links: Links) -> NDArray[np.float64]:
    """Vectors from the first to the second metal of each link, Å, shape (b, 3)."""
    (a, b), (la, lb) = links.octahedron.T, links.ligand.T
    return octahedra.vectors[a, la] - octahedra.vectors[b, lb]


def ligand_directions(octahedra: RawOctahedra, links: Links) -> NDArray[np.float64]:
    """Return unit vectors per ligand: the metal behind a bridging halide, else the halide.

    Octahedra tilt by up to 20 degrees or more, metal-metal lines hardly: they tell better along which axis of
    the network a ligand lies.

    Returns
    -------
    ndarray, shape (k, 6, 3)
    """
    direction = octahedra.vectors.copy()
    vectors = metal_vectors(octahedra, links)
    direction[links.octahedron[:, 0], links.ligand[:, 0]] = vectors
    direction[links.octahedron[:, 1], links.ligand[:, 1]] = -vectors
    return direction / np.linalg.norm(direction, axis=2, keepdims=True)


def unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the vector scaled to length one."""
    return vector / np.linalg.norm(vector)


def signed(vector: NDArray[np.float64], lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """Choose the sign of a direction by the cell: along c, else b, else a.

    The choice turns with the crystal; nothing physical depends on it.
    """
    along = lattice[::-1] @ vector / np.linalg.norm(lattice[::-1], axis=1)
    clear = along[np.abs(along) > 1e-6]
    return -vector if len(clear) and clear[0] < 0 else vector


def line_axes(vectors: NDArray[np.float64], start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean directions of the families of lines nearest to the starting directions.

    Parameters
    ----------
    vectors : ndarray, shape (b, 3)
        Metal-metal vectors of either sign.
    start : ndarray, shape (m, 3)
        First guess of the m families.

    Returns
    -------
    ndarray, shape (m, 3)
        Unit vectors, sign arbitrary.
    """
    axes = start
    for _ in range(20):
        _, mean = family_means(vectors, axes)
        fresh = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        if np.abs(np.einsum("mc,mc->m", fresh, axes)).min() > 1 - 1e-14:
            return fresh
        axes = fresh
    return axes


def family_means(
    vectors: NDArray[np.float64], axes: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Assign each vector to the nearest axis and average each family, all turned the same way.

    Returns
    -------
    family : ndarray of int, shape (b,)
        Axis of each vector.
    mean : ndarray, shape (m, 3)
        Mean vector of each family, Å; the axis itself where a family is empty.
    """
    cosine = vectors @ axes.T
    family = np.abs(cosine).argmax(axis=1)
    sign = np.sign(cosine[np.arange(len(vectors)), family])
    mean = axes.copy()
    for m in range(len(axes)):
        mine = family == m
        if mine.any():
            mean[m] = (vectors[mine] * sign[mine, None]).mean(axis=0)
    return family, mean


def in_plane_axes(
    vectors: NDArray[np.float64], normal: NDArray[np.float64], lattice: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Find unit vectors of the two metal-metal directions of a sheet, the shorter distance first.

    Parameters
    ----------
    vectors : ndarray, shape (b, 3)
        Metal-metal vectors within sheets, Å.
    normal : ndarray, shape (3,)
        Unit normal of the sheets.
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows; settle the signs and the order where both distances are equal.

    Returns
    -------
    ndarray, shape (2, 3)
        Right-handed with the normal.
    """
    flat = vectors - np.outer(vectors @ normal, normal)
    first = unit(flat[0])
    second = np.cross(normal, first)
    # fourfold mean direction: two families of lines at about 90 degrees, whichever sign the vectors have
    fourth = ((flat @ first + 1j * (flat @ second)) ** 4).sum()
    angle = np.angle(fourth) / 4
    start = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) @ [first, second]
    axes = line_axes(flat, start)
    lengths = _mean_lengths(vectors, axes)
    order = _settled_order(lengths, axes, lattice)
    one = signed(axes[order[0]], lattice)
    two = axes[order[1]]
    return np.array([one, two if np.cross(one, two) @ normal > 0 else -two])


def pseudocubic_axes(octahedra: RawOctahedra, links: Links, lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """Find unit vectors along the three metal-metal directions of a 3D network, the odd one last.

    The third axis is the one whose mean metal-metal distance differs most from the other two (the long axis
    of tetragonal and orthorhombic perovskites); where all three agree, the one whose mean bridging angle
    differs most; where those agree too, the one nearest to the c axis of the cell.

    Returns
    -------
    ndarray, shape (3, 3)
        Axes as rows, right-handed, not exactly orthogonal in a distorted crystal.
    """
    vectors = metal_vectors(octahedra, links)
    turned = octahedra.vectors[0, 0::2] - octahedra.vectors[0, 1::2]
    axes = line_axes(vectors, turned / np.linalg.norm(turned, axis=1, keepdims=True))
    lengths = _mean_lengths(vectors, axes)
    family = np.abs(vectors @ axes.T).argmax(axis=1)
    bends = _bends(octahedra, links, vectors)
    bend = _mean_by_family(bends, family, 3, missing=0.0)
    odd = _odd_one(lengths, SAME_LENGTH)
    if odd is None:
        odd = _odd_one(1.0 + bend, SAME_LENGTH)
    if odd is None:
        odd = int(np.abs(axes @ unit(lattice[2])).round(6).argmax())
    third = signed(axes[odd], lattice)
    rest = [m for m in range(3) if m != odd]
    order = _settled_order(lengths[rest], axes[rest], lattice)
    one, two = axes[rest[order[0]]], axes[rest[order[1]]]
    one = signed(one, lattice)
    return np.array([one, two if np.cross(one, two) @ third > 0 else -two, third])


def _mean_lengths(vectors: NDArray[np.float64], axes: NDArray[np.float64]) -> NDArray[np.float64]:
    family = np.abs(vectors @ axes.T).argmax(axis=1)
    return _mean_by_family(np.linalg.norm(vectors, axis=1), family, len(axes), missing=np.inf)


def _mean_by_family(
    values: NDArray[np.float64], family: NDArray[np.int64], n_families: int, *, missing: float
) -> NDArray[np.float64]:
    """Mean of the values of each family; `missing` for one without any."""
    means = np.full(n_families, missing)
    for member in np.unique(family):
        means[member] = values[family == member].mean()
    return means


def _bends(octahedra: RawOctahedra, links: Links, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much longer than the straight line each bridge is (0 for 180 degrees)."""
    arms = np.linalg.norm(octahedra.vectors[links.octahedron, links.ligand], axis=2).sum(axis=1)
    return 1.0 - np.linalg.norm(vectors, axis=1) / arms


def _odd_one(values: NDArray[np.float64], tolerance: float) -> int | None:
    if np.ptp(values) <= tolerance * values.mean():
        return None
    others = (values.sum() - values) / 2
    return int(np.abs(values - others).argmax())


def _settled_order(lengths: NDArray[np.float64], axes: NDArray[np.float64], lattice: NDArray[np.float64]) -> list[int]:
    """Shorter first; equal ones by how near they lie to the cell axes a, then b."""
    if abs(lengths[0] - lengths[1]) > SAME_LENGTH * lengths.max():
        return [0, 1] if lengths[0] < lengths[1] else [1, 0]
    for vector in lattice:
        near = np.abs(axes @ unit(vector))
        if abs(near[0] - near[1]) > 1e-6:
            return [0, 1] if near[0] > near[1] else [1, 0]
    return [0, 1]


def ligand_order(
    directions: NDArray[np.float64], axes: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Put trans pairs along axes 0, 1 and 2, the ligand on the positive side first.

    Parameters
    ----------
    directions : ndarray, shape (k, 6, 3)
        Unit vectors of ligands in trans pairs (0, 1), (2, 3), (4, 5).
    axes : ndarray, shape (3, 3)
        Axes as rows.

    Returns
    -------
    order : ndarray of int, shape (k, 6)
        Permutation of the ligands.
    cosine : ndarray, shape (k, 3)
        Cosine between each ordered pair and its axis.
    """
    pair = directions[:, 0::2] - directions[:, 1::2]
    pair /= np.linalg.norm(pair, axis=2, keepdims=True)
    cosine = pair @ axes.T
    scores = np.abs(cosine[:, _AXIS_ORDERS, np.arange(3)]).sum(axis=2)
    chosen = _AXIS_ORDERS[scores.argmax(axis=1)]
    rows = np.arange(len(directions))[:, None]
    value = cosine[rows, chosen, np.arange(3)]
    backward = (value < 0).astype(np.int64)
    order = np.empty((len(directions), 6), dtype=np.int64)
    order[:, 0::2] = 2 * chosen + backward
    order[:, 1::2] = 2 * chosen + 1 - backward
    return order, np.abs(value)
