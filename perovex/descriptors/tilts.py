"""Rigid rotations of the octahedra against the frame of the sheet.

The frame has the sheet normal as its third axis; the first two lie symmetrically about the two in-plane M...M
directions, which are not always perpendicular. The rotation of an octahedron is the one that best maps the
frame's regular octahedron on its six bonds in the least-squares sense (the orthogonal factor of the polar
decomposition). Opposite bonds enter by their difference, so a metal off its centre does not feign a tilt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from scipy.spatial.transform import Rotation

from perovex.descriptors._stats import largest, mean, norm
from perovex.descriptors.registry import computes, describe_as
from perovex.descriptors.sources import GLAZER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.model import LayeredPerovskite

    Array = NDArray[np.float64]

__all__ = ["crystal_rotations", "octahedral_rotations", "sheet_frame", "tilt_correlation"]


NO_TILT = 0.5
"""Root-mean-square tilt in degrees below which the phase of neighbouring tilts is called undefined."""

_HALF_TURN = 170.0
_SMALL = 1e-7

# Rotations of crystals that are still in use; several descriptors ask for those of one crystal.
_rotations: WeakKeyDictionary[LayeredPerovskite, Array] = WeakKeyDictionary()


def sheet_frame(in_plane_axes: Array, normal: Array) -> Array:
    """Right-angled frame of a sheet, nearest to its two M...M directions and its normal.

    Parameters
    ----------
    in_plane_axes : ndarray, shape (2, 3)
        Unit vectors along the two M...M directions.
    normal : ndarray, shape (3,)
        Unit normal.

    Returns
    -------
    ndarray, shape (3, 3)
        Rows are the axes; orthonormal.
    """
    flat = in_plane_axes - np.outer(in_plane_axes @ normal, normal)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    along, across = flat[0] + flat[1], flat[0] - flat[1]  # perpendicular, since the two have unit length
    along /= np.linalg.norm(along)
    across /= np.linalg.norm(across)
    return np.array([along + across, along - across, np.sqrt(2.0) * normal]) / np.sqrt(2.0)


def octahedral_rotations(vectors: Array, frame: Array) -> Array:
    """Rotation vector of each octahedron in the frame of the sheet.

    Parameters
    ----------
    vectors : ndarray, shape (k, 6, 3)
        Metal-to-halide vectors, Å; trans pairs along the three axes of `frame`.
    frame : ndarray, shape (3, 3)
        Orthonormal rows, see `sheet_frame`.

    Returns
    -------
    ndarray, shape (k, 3)
        Rotation about each axis of the frame, deg (axis times angle).

    References
    ----------
    .. [1] A. M. Glazer, Acta Cryst. B 28, 3384 (1972), doi:10.1107/S0567740872007976

    Examples
    --------
    >>> from scipy.spatial.transform import Rotation
    >>> from perovex.descriptors.tilts import octahedral_rotations
    >>> regular = 3.0 * np.repeat(np.eye(3), 2, axis=0) * np.array([1, -1] * 3)[:, None]
    >>> turned = Rotation.from_rotvec([0, 0, 12], degrees=True).apply(regular)
    >>> np.abs(octahedral_rotations(turned[None], np.eye(3)).round(6))
    array([[ 0.,  0., 12.]])
    """
    axes = vectors[:, 0::2] - vectors[:, 1::2]  # images of the three axes of the frame
    left, _, right = np.linalg.svd(np.einsum("kia,ib->kab", axes, frame))
    left[:, :, 2] *= np.sign(np.linalg.det(left @ right))[:, None]  # a rotation, never a reflection
    return _rotation_vectors(left @ right) @ frame.T


def _rotation_vectors(matrices: Array) -> Array:
    """Rotation vectors of rotation matrices, deg; several times faster than scipy's, which orthogonalises them anew."""
    twice = np.stack([matrices[:, i, j] - matrices[:, j, i] for i, j in ((2, 1), (0, 2), (1, 0))], axis=-1)
    sine, cosine = norm(twice), np.einsum("kii->k", matrices) - 1.0  # both twice those of the angle
    angle = np.degrees(np.arctan2(sine, cosine))
    if (angle > _HALF_TURN).any():  # the antisymmetric part vanishes
        return np.asarray(Rotation.from_matrix(matrices).as_rotvec(degrees=True))
    small = sine < _SMALL
    return twice * np.where(small, np.degrees(0.5), angle / np.where(small, 1.0, sine))[:, None]


def crystal_rotations(crystal: LayeredPerovskite) -> Array:
    """Rotation vectors of the octahedra of a crystal in the frame of its sheets, computed once per crystal.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    ndarray, shape (k, 3)
        Rotation about the two in-plane axes and the normal, deg.
    """
    known = _rotations.get(crystal)
    if known is None:
        frame = sheet_frame(crystal.in_plane_axes, crystal.normal)
        known = octahedral_rotations(crystal.octahedra.vectors, frame)
        _rotations[crystal] = known
    return known


def tilt_correlation(first: Array, second: Array) -> float:
    """Correlation of neighbouring tilts about the line that joins them: +1 in phase, -1 in antiphase.

    Parameters
    ----------
    first, second : ndarray, shape (p,)
        Rotation of each neighbour about the axis of the pair, deg.

    Returns
    -------
    float
        Mean product over mean square; NaN where there is no tilt to speak of (below `NO_TILT`).
    """
    power = float(np.mean((first**2 + second**2) / 2.0)) if len(first) else 0.0
    return float(np.mean(first * second)) / power if power > NO_TILT**2 else float("nan")


@computes(
    "tilts",
    describe_as(
        "tilt_in_plane_mean",
        "deg",
        "in-plane tilt",
        "Mean absolute rotation of the octahedra about the normal (component of the rotation vector that"
        " best maps"
        " the frame of the sheet on the octahedron).",
        needs="frame",
        source=GLAZER,
    ),
    describe_as(
        "tilt_in_plane_max",
        "deg",
        "largest in-plane tilt",
        "Largest rotation about the normal.",
        needs="frame",
        source=GLAZER,
    ),
    describe_as(
        "tilt_out_of_plane_mean",
        "deg",
        "out-of-plane tilt",
        "Mean length of the rotation vector's part about the two in-plane M...M axes.",
        needs="frame",
        source=GLAZER,
    ),
    describe_as(
        "tilt_out_of_plane_max",
        "deg",
        "largest out-of-plane tilt",
        "Largest rotation about the in-plane M...M axes.",
        needs="frame",
        source=GLAZER,
    ),
    describe_as(
        "tilt_total_mean",
        "deg",
        "octahedral tilt",
        "Mean angle of the whole rotation of the octahedra.",
        needs="frame",
        source=GLAZER,
    ),
    describe_as(
        "tilt_in_plane_phase",
        "1",
        "phase of in-plane tilts",
        "Correlation of the rotations about the normal of octahedra bridged along the normal: +1 in phase,"
        " -1 in"
        " antiphase; undefined without such a tilt.",
        source=GLAZER,
        needs="axial bridges",
    ),
    describe_as(
        "tilt_out_of_plane_phase",
        "1",
        "phase of out-of-plane tilts",
        "Correlation of the rotations about an in-plane M...M axis of octahedra bridged along that axis: +1"
        " in"
        " phase, -1 in antiphase; undefined without such a tilt.",
        needs="frame",
        source=GLAZER,
    ),
)
def tilts(crystal: LayeredPerovskite) -> dict[str, float]:
    """Compute the descriptors of the tilts family.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    dict of str to float
        One value per key.
    """
    rotations = crystal_rotations(crystal)
    inward, outward = np.abs(rotations[:, 2]), norm(rotations[:, :2])
    ends, axis = crystal.bridges.octahedron, crystal.bridges.ligand[:, 0] // 2
    first, second = rotations[ends[:, 0], axis], rotations[ends[:, 1], axis]
    axial = crystal.bridges.axial
    return {
        "tilt_in_plane_mean": mean(inward),
        "tilt_in_plane_max": largest(inward),
        "tilt_out_of_plane_mean": mean(outward),
        "tilt_out_of_plane_max": largest(outward),
        "tilt_total_mean": mean(norm(rotations)),
        "tilt_in_plane_phase": tilt_correlation(first[axial], second[axial]),
        "tilt_out_of_plane_phase": tilt_correlation(first[~axial], second[~axial]),
    }
