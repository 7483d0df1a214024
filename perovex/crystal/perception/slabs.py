"""Slabs: which octahedra form a sheet, which sheets form a slab, and how slabs stack along the normal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.bonding.graph import Components, components, plane_indices
from perovex.crystal.model import Slab
from perovex.crystal.perception.frame import in_plane_axes, metal_vectors, signed, unit
from perovex.crystal.perception.topology import topology_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.perception.elements import AtomTable
    from perovex.crystal.perception.network import Links
    from perovex.crystal.perception.octahedra import RawOctahedra

#: A bridge belongs to the sheet below this |cosine| between metal-metal line and normal, else it joins
#: sheets.
AXIAL_COSINE = 0.7


@dataclass(frozen=True, eq=False)
class Plane:
    """The lattice plane that all sheets are parallel to.

    Attributes
    ----------
    indices : ndarray of int, shape (3,)
        Miller indices, coprime.
    normal : ndarray, shape (3,)
        Unit normal.
    repeat_height : float
        Spacing of lattice planes along the normal, Å: the height of one stacking period.
    """

    indices: NDArray[np.int64]
    normal: NDArray[np.float64]
    repeat_height: float


def common_plane(parts: Components, lattice: NDArray[np.float64]) -> Plane:
    """Return the lattice plane spanned by every two-dimensional piece of the network.

    Raises
    ------
    TopologyError
        Pieces lie in different planes.
    """
    planes = {tuple(plane_indices(t).tolist()) for t in parts.translations}
    if len(planes) > 1:
        raise topology_error("2D corner-sharing, non-parallel", f"{len(planes)} different planes")
    indices = np.array(planes.pop(), dtype=np.int64)
    reciprocal = np.linalg.inv(lattice) @ indices
    normal = signed(unit(reciprocal), lattice)
    if normal @ reciprocal < 0:
        indices = -indices
    return Plane(indices, normal, float(1.0 / np.linalg.norm(reciprocal)))


def sheet_frame(octahedra: RawOctahedra, links: Links, plane: Plane, atoms: AtomTable) -> NDArray[np.float64]:
    """Return in-plane axes and normal as rows, after checking that the sheets are (100) perovskite sheets.

    Raises
    ------
    TopologyError
        Terminal halides are not trans to each other along the normal: (110), (111) or other cuts, steps.
    """
    vectors = metal_vectors(octahedra, links)
    flat = np.abs(vectors @ plane.normal) < AXIAL_COSINE * np.linalg.norm(vectors, axis=1)
    _require_100(octahedra, links, flat)
    axes = in_plane_axes(vectors[flat], plane.normal, atoms.lattice)
    return np.vstack([axes, plane.normal])


def _require_100(octahedra: RawOctahedra, links: Links, flat: NDArray[np.bool_]) -> None:
    """Every octahedron has four bridges within the sheet, in two trans pairs (0, 1), (2, 3), (4, 5)."""
    equatorial = np.zeros((len(octahedra), 6), dtype=bool)
    bridging = np.zeros((len(octahedra), 6), dtype=bool)
    for side in (0, 1):
        equatorial[links.octahedron[flat, side], links.ligand[flat, side]] = True
        bridging[links.octahedron[:, side], links.ligand[:, side]] = True
    pairs = equatorial[:, 0::2] & equatorial[:, 1::2]
    if ((pairs.sum(axis=1) == 2) & (equatorial.sum(axis=1) == 4)).all():
        return
    terminal = ~bridging
    count = terminal.sum(axis=1)
    if (count == 1).any() and (count > 1).any():
        raise topology_error("2D corner-sharing, stepped", "terraces of (100) sheets that end at steps")
    opposite = (terminal[:, 0::2] & terminal[:, 1::2]).any(axis=1)
    if set(count.tolist()) <= {0, 3} and not opposite.any():
        raise topology_error("2D corner-sharing (111)", "three terminal halides on one face of each octahedron")
    if ((count >= 1) & ~opposite).any() and (count >= 2).any():
        raise topology_error("2D corner-sharing (110)", "terminal halides are cis to each other")
    raise topology_error("2D corner-sharing, not (100)", "sheets without four trans bridges per octahedron")


def stack_slabs(
    octahedra: RawOctahedra, links: Links, parts: Components, plane: Plane, atoms: AtomTable
) -> tuple[Slab, ...]:
    """Sort octahedra into sheets and slabs, slabs in order along the normal.

    Parameters
    ----------
    octahedra : RawOctahedra
        Ligands ordered, 4 along the normal and 5 against it.
    links, parts : Links, Components
        The network and its pieces; each piece is a slab.
    plane : Plane
        Of the sheets.
    atoms : AtomTable
        The crystal.

    Returns
    -------
    tuple of Slab

    Raises
    ------
    TopologyError
        A slab is not a pile of complete sheets.
    """
    axial = links.ligand[:, 0] >= 4
    sheets = components(len(octahedra), links.octahedron[~axial], links.image[~axial])
    if (sheets.rank != 2).any():
        raise topology_error("2D corner-sharing, not (100)", "octahedra do not form complete sheets")
    upward = atoms.cart[octahedra.metal] @ plane.normal
    lift = (parts.offset @ atoms.lattice) @ plane.normal
    step = unit_translation(plane.indices)
    piles = []
    for label in range(len(parts)):
        members = np.flatnonzero(parts.label == label)
        height = upward[members] + lift[members]
        middle = 0.5 * (height.min() + height.max())
        turns = -int(np.floor(middle / plane.repeat_height + 1e-9))
        image = parts.offset[members] + turns * step
        piles.append(_slab(octahedra, members, sheets.label[members], image, plane, atoms))
    return tuple(sorted(piles, key=lambda s: float(s.metal_heights.mean())))


def _slab(
    octahedra: RawOctahedra,
    members: NDArray[np.int64],
    sheet: NDArray[np.int64],
    image: NDArray[np.int64],
    plane: Plane,
    atoms: AtomTable,
) -> Slab:
    height = (atoms.cart[octahedra.metal[members]] + image @ atoms.lattice) @ plane.normal
    names = np.unique(sheet)
    mean = np.array([height[sheet == s].mean() for s in names])
    order = np.argsort(mean)
    piled = [members[sheet == names[o]] for o in order]
    arms = octahedra.vectors @ plane.normal
    bottom = float((height + arms[members, 5])[sheet == names[order[0]]].mean())
    top = float((height + arms[members, 4])[sheet == names[order[-1]]].mean())
    return Slab(
        sheets=tuple(tuple(int(i) for i in s) for s in piled),
        image={int(m): i for m, i in zip(members, image, strict=True)},
        metal_heights=mean[order],
        terminal_heights=(bottom, top),
    )


def unit_translation(indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a lattice translation that climbs by exactly one lattice plane (Bezout's identity)."""
    divisor, x, y = _bezout(int(indices[0]), int(indices[1]))
    total, p, q = _bezout(divisor, int(indices[2]))
    return np.array([x * p, y * p, q], dtype=np.int64) * total


def _bezout(a: int, b: int) -> tuple[int, int, int]:
    """Return g, x, y with ``a x + b y == g`` and g = gcd up to sign."""
    x0, x1, y0, y1 = 1, 0, 0, 1
    while b:
        quotient, (a, b) = a // b, (b, a % b)
        x0, x1 = x1, x0 - quotient * x1
        y0, y1 = y1, y0 - quotient * y1
    return a, x0, y0
