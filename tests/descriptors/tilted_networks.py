"""Networks of rigid, corner-sharing octahedra with known rotation vectors, generated for the tests.

The grid is 2 x 2 x 2 octahedra. Octahedron (i, j, k) is turned by the rotation vector whose component along
axis q has the sign (-1)^(i + j + k) for an antiphase tilt and the same without q's own index for an in-phase
tilt (Glazer's - and +). Its halides stand at its centre plus R e. Corners are shared exactly, or the
generator refuses.
"""

from __future__ import annotations

import numpy as np
from pymatgen.core import Lattice, Structure
from scipy.optimize import brentq
from scipy.spatial.transform import Rotation

GRID = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]


def rotation_vectors(tilts, phases):
    """Rotation vectors in degrees of the 2 x 2 x 2 grid; phases like "+--"."""
    vectors = {}
    for cell in GRID:
        total = sum(cell)
        signs = [(-1) ** (total - (cell[q] if phases[q] == "+" else 0)) for q in range(3)]
        vectors[cell] = np.array(signs) * np.array(tilts, dtype=float)
    return vectors


def halide_offsets(turned, bond):
    """Vectors from each metal to its halides along +x, +y, +z; rows."""
    return {c: bond * Rotation.from_rotvec(w, degrees=True).as_matrix().T for c, w in turned.items()}


def steps(offsets):
    """M...M vectors along the three axes, checked to be the same from every metal up to closed loops."""
    vectors = {}
    for cell in GRID:
        for q in range(3):
            following = tuple((cell[p] + (p == q)) % 2 for p in range(3))
            vectors[cell, q] = offsets[cell][q] + offsets[following][q]
    for q in range(3):
        for p in range(3):
            if p == q:
                continue
            for cell in GRID:  # around a square of four metals the steps must cancel
                right = tuple((cell[r] + (r == q)) % 2 for r in range(3))
                up = tuple((cell[r] + (r == p)) % 2 for r in range(3))
                gap = vectors[cell, q] + vectors[right, p] - vectors[cell, p] - vectors[up, q]
                assert np.abs(gap).max() < 1e-9, "these rotations cannot share corners rigidly"
    return vectors


def network(turned, bond=3.0, species=("Cs", "Pb", "I"), layers=0, gap=6.0):
    """Build the crystal: a 3D network, or slabs of `layers` sheets stacked along z, `gap` Å apart."""
    offsets = halide_offsets(turned, bond)
    vectors = steps(offsets)
    a, b, c = (vectors[(0, 0, 0), q] + vectors[tuple(int(p == q) for p in range(3)), q] for q in range(3))
    cage = sum(vectors[(0, 0, 0), q] for q in range(3)) / 2.0
    face = (vectors[(0, 0, 0), 0] + vectors[(0, 0, 0), 1]) / 2.0
    above = np.array([0.0, 0.0, bond + 0.3])
    atoms = []
    for i, j, k in np.ndindex(2, 2, layers or 2):
        cell, centre = (i, j, k % 2), _centre(vectors, (i, j, k))
        atoms.append((species[1], centre))
        atoms += [(species[2], centre + offset) for offset in offsets[cell]]
        if not layers or k < layers - 1:
            atoms.append((species[0], centre + cage))
        if layers and k == 0:  # the lower terminal halide, and a cation on the lower face
            atoms += [(species[2], centre - offsets[cell][2]), (species[0], centre + face - above)]
        if layers and k == layers - 1:
            atoms.append((species[0], centre + face + above))
    if layers:
        c = np.array([0.0, 0.0, 2 * bond * layers + gap])
    symbols, points = zip(*atoms, strict=True)
    return Structure(Lattice([a, b, c]), symbols, points, coords_are_cartesian=True)


def _centre(vectors, target):
    """Walk from the first octahedron to another one along x, then y, then z."""
    centre, walk = np.zeros(3), [0, 0, 0]
    for q, n in enumerate(target):
        for _ in range(n):
            centre = centre + vectors[tuple(w % 2 for w in walk), q]
            walk[q] += 1
    return centre


def rigid_pnma(in_phase, antiphase):
    """Rotation vectors of a rigid a-b+a- network (space group Pnma), the in-phase axis being y.

    A glide plane takes each octahedron to its neighbours along x and z and swaps the two antiphase
    components, which therefore cannot be quite equal: that M...M runs straight along y's plane fixes their
    difference.
    """

    def mismatch(z):
        matrix = Rotation.from_rotvec([-antiphase, in_phase, z], degrees=True).as_matrix()
        return matrix[1, 0] - matrix[1, 2]

    z = brentq(mismatch, 0.2 * antiphase, 5.0 * antiphase, xtol=1e-14)
    vectors = {}
    for i, j, k in GRID:
        first, second, sign = (-antiphase, z, 1.0) if (i + k) % 2 == 0 else (z, -antiphase, -1.0)
        vectors[i, j, k] = np.array([(-1) ** j * first, sign * in_phase, (-1) ** j * second])
    return vectors
