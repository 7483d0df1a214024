"""A layered crystal taken apart: in-plane lattice, stacking vector, and every atom in its place along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perovex.building.check import stacking_translation
from perovex.errors import BuildError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal import LayeredPerovskite


@dataclass(frozen=True, eq=False)
class Stack:
    """A layered crystal in a cell whose first two vectors lie in the sheets.

    Attributes
    ----------
    cell : ndarray, shape (3, 3)
        Lattice vectors, Å, right-handed with the normal.
    normal : ndarray, shape (3,)
        Unit normal.
    coordinates : ndarray, shape (m, 3)
        Unwrapped: each slab whole, each molecule whole and in the stacking period of its slab or gap.
    slab_of : ndarray of int, shape (m,)
        Slab that an inorganic atom belongs to; -1 for molecules.
    heights : ndarray, shape (m,)
        Along the normal, Å.
    bounds : ndarray, shape (slabs, 2)
        Heights of the lower and upper halide plane of each slab, ascending.
    """

    cell: NDArray[np.float64]
    normal: NDArray[np.float64]
    coordinates: NDArray[np.float64]
    slab_of: NDArray[np.int64]
    bounds: NDArray[np.float64]

    @property
    def heights(self) -> NDArray[np.float64]:
        """Height of each atom along the normal, Å."""
        return np.asarray(self.coordinates @ self.normal)


def in_plane_lattice(lattice: NDArray[np.float64], normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two shortest independent lattice vectors perpendicular to the normal, right-handed with it.

    Raises
    ------
    BuildError
        If no two small lattice vectors lie in the plane.
    """
    span = np.arange(-6, 7)
    grid = np.stack(np.meshgrid(span, span, span, indexing="ij"), axis=-1).reshape(-1, 3)
    vectors = grid @ lattice
    flat = vectors[(np.abs(vectors @ normal) < 0.05) & grid.any(axis=1)]
    flat = flat[np.argsort(np.linalg.norm(flat, axis=1), kind="stable")]
    for second in flat[1:] if len(flat) else ():
        area = float(np.cross(flat[0], second) @ normal)
        if abs(area) > 1.0:
            return np.array([flat[0], second if area > 0 else -second])
    raise BuildError("no two lattice vectors lie in the sheets", remedy="use a reduced cell")


def take_apart(crystal: LayeredPerovskite) -> Stack:
    """Unwrap a perceived layered crystal along its stacking direction.

    Raises
    ------
    BuildError
        For a 3D network.

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import layered
    >>> take_apart(perceive(layered(n=2))).bounds.shape[1]
    2
    """
    if not crystal.slabs:
        raise BuildError("a 3D network has no slabs", source=crystal.source, remedy="give a layered crystal")
    lattice, normal = crystal.structure.lattice.matrix, crystal.normal
    plane = in_plane_lattice(lattice, normal)
    climb = stacking_translation(lattice @ normal, crystal.repeat_height) @ lattice
    x = crystal.structure.cart_coords.copy()
    slab_of = np.full(len(x), -1)
    placed = np.zeros(len(x), dtype=bool)
    for number, slab in enumerate(crystal.slabs):
        for k in slab.octahedra:
            octahedron = crystal.octahedra
            home = slab.image[k] @ lattice
            x[octahedron.metal[k]] = octahedron.centre[k] + home
            slab_of[octahedron.metal[k]] = number
            placed[octahedron.metal[k]] = True
            for ligand, vector in zip(octahedron.ligand[k], octahedron.vectors[k], strict=True):
                if not placed[ligand]:
                    x[ligand] = octahedron.centre[k] + home + vector
                    slab_of[ligand], placed[ligand] = number, True
    bounds = np.array([slab.terminal_heights for slab in crystal.slabs])
    base = bounds[0, 0]
    for number in range(len(bounds)):  # every slab into the period that starts at the lowest halide plane
        turns = np.floor((bounds[number].mean() - base) / crystal.repeat_height)
        x[slab_of == number] -= turns * climb
        bounds[number] -= turns * crystal.repeat_height
    for molecule in crystal.molecules:
        turns = np.floor((molecule.coordinates.mean(axis=0) @ normal - base) / crystal.repeat_height)
        x[molecule.sites] = molecule.coordinates - turns * climb
    return Stack(np.vstack([plane, climb]), normal, x, slab_of, bounds)


def match_in_plane(
    moved: NDArray[np.float64],
    metals: NDArray[np.float64],
    plane: NDArray[np.float64],
    flat: NDArray[np.float64],
) -> NDArray[np.int64] | None:
    """Find the metal on which each moved metal falls in the plane of the sheets.

    Parameters
    ----------
    moved, metals : ndarray, shape (n, 3)
        Coordinates, Å.
    plane : ndarray, shape (2, 3)
        In-plane lattice vectors, Å.
    flat : ndarray, shape (3, 3)
        Projector on the plane.

    Returns
    -------
    ndarray of int, shape (n,), or None
        None if a metal falls between others.
    """
    inverse = np.linalg.pinv(plane)
    difference = (moved[:, None] - metals[None]) @ flat
    difference -= np.round(difference @ inverse) @ plane
    distance = np.linalg.norm(difference, axis=-1)
    partner = distance.argmin(axis=1)
    if distance.min(axis=1).max() > 1.5 or len(set(partner.tolist())) < len(metals):
        return None
    return np.asarray(partner)
