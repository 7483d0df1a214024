"""Distortion of an octahedron in symmetry modes: how the displacements of its atoms split over Oh.

The displacements of the six halides from the regular octahedron that fits best (turned and scaled as the polar
decomposition says, metal at its centre) are projected on orthonormal modes. Of their 18 components three are the rigid
rotation, which is zero by the fit, and three the shift against the metal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import null_space

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

IDEAL = np.repeat(np.eye(3), 2, axis=0) * np.array([1.0, -1.0] * 3)[:, None]
"""Ligands of the regular octahedron in the order of `perovex.crystal.Octahedra`: along +x, -x, +y, -y, +z, -z."""

MODES = ("A1g", "Eg", "T2g", "T1u", "T1u_pair", "T2u")
"""A1g breathing; Eg tetragonal and orthorhombic stretching (Jahn-Teller); T2g bending of cis angles; T1u shift of all
halides together against the metal (off-centring); T1u_pair shift of a trans pair against the four others; T2u twist of
the four against each other. T1g is the rigid rotation."""


def _basis() -> dict[str, Array]:
    """Orthonormal vectors, shape (dimension, 18), of each mode."""
    flat = IDEAL.reshape(-1)
    rotations = np.array([np.cross(axis, IDEAL).reshape(-1) for axis in np.eye(3)]) / 2.0
    shifts = np.array([np.tile(axis, 6) for axis in np.eye(3)]) / np.sqrt(6.0)
    # stretches of the three trans pairs, even under inversion
    stretches = np.zeros((3, 6, 3))
    for axis in range(3):
        trans = [2 * axis, 2 * axis + 1]
        stretches[axis, trans] = IDEAL[trans]
    pairs = stretches.reshape(3, 18)
    eg = np.array([(2 * pairs[2] - pairs[0] - pairs[1]) / np.sqrt(12.0), (pairs[0] - pairs[1]) / 2.0])
    # scissoring of each plane: the rotation's partner of the other sign
    shears = np.zeros((3, 3, 3))
    for q, (i, j) in enumerate(((1, 2), (0, 2), (0, 1))):
        shears[q, i, j] = shears[q, j, i] = 1.0
    t2g = np.array([(IDEAL @ shear).reshape(-1) for shear in shears]) / 2.0
    basis = {"A1g": flat[None] / np.sqrt(6.0), "Eg": eg, "T2g": t2g, "T1u": shifts}
    # what is odd under inversion and no shift: six dimensions, T1u and T2u
    known = np.vstack([*basis.values(), rotations])
    rest = null_space(known).T
    against = np.zeros((3, 6, 3))
    for axis in range(3):  # the two ligands on the axis move against the other four
        against[axis, :, axis] = -1.0
        against[axis, 2 * axis : 2 * axis + 2, axis] = 2.0
    t1u = against.reshape(3, 18)
    t1u /= np.linalg.norm(t1u, axis=1, keepdims=True)
    t2u = null_space(np.vstack([null_space(rest).T, t1u])).T
    return basis | {"T1u_pair": t1u, "T2u": t2u}


BASIS = _basis()


def symmetry_modes(vectors: Array) -> Array:
    """Amplitudes of the symmetry modes of each octahedron.

    Parameters
    ----------
    vectors : ndarray, shape (k, 6, 3)
        Metal-to-halide vectors, Å, ligands in trans pairs (0, 1), (2, 3), (4, 5) along a right-handed set of axes.

    Returns
    -------
    ndarray, shape (k, 6)
        Length of the part of the displacements that belongs to each of `MODES`, Å. A1g is zero by choice of the bond
        length of the regular octahedron, which is the mean projection of the bonds on its axes.

    References
    ----------
    E. B. Wilson, J. C. Decius and P. C. Cross, Molecular Vibrations, McGraw-Hill (1955).

    Examples
    --------
    >>> stretched = 3.0 * IDEAL
    >>> stretched[4:] *= 1.1  # both bonds along z longer by 0.3 Å: Eg
    >>> dict(zip(MODES, symmetry_modes(stretched[None])[0].round(4).tolist()))
    {'A1g': 0.0, 'Eg': 0.3464, 'T2g': 0.0, 'T1u': 0.0, 'T1u_pair': 0.0, 'T2u': 0.0}
    """
    # rotation that fits the regular octahedron best, then its bond length
    left, _, right = np.linalg.svd(np.einsum("kli,lj->kij", vectors, IDEAL))
    left[:, :, 2] *= np.sign(np.linalg.det(left @ right))[:, None]
    turned = np.einsum("kli,kij->klj", vectors, left @ right)
    length = np.einsum("kli,li->k", turned, IDEAL) / 6.0
    displaced = (turned - length[:, None, None] * IDEAL).reshape(len(vectors), 18)
    return np.stack([np.linalg.norm(displaced @ BASIS[mode].T, axis=1) for mode in MODES], axis=1)
