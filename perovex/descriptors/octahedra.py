"""Shape of the MX6 octahedra: bond lengths, distortion parameters, volume, off-centring.

The array functions take metal-to-halide vectors of shape (k, 6, 3) in Å, with the ligands in trans pairs (0,
1), (2, 3), (4, 5) as `perovex.crystal.model.Octahedra` holds them, and return one value per octahedron.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from perovex.descriptors._stats import angle_between, cross, largest, mean, norm, smallest
from perovex.descriptors.registry import computes, describe_as
from perovex.descriptors.sources import HALASYAMANI, MAO, OCTADIST, ROBINSON

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.model import LayeredPerovskite

    Array = NDArray[np.float64]

__all__ = [
    "bond_angle_variance",
    "bond_length_distortion",
    "octahedral_volume",
    "off_centring",
    "quadratic_elongation",
    "sigma",
    "theta",
    "trans_angles",
    "zeta",
]

CIS = np.array([(i, j) for i in range(6) for j in range(i + 1, 6) if i // 2 != j // 2])
"""The twelve pairs of ligands that are neighbours."""

FACES = np.array([(a, 2 + b, 4 + c) for a, b, c in product((0, 1), repeat=3)])
"""The eight triangles: one ligand of each trans pair."""

_SEEN, _FRONT, _BACK = np.arange(8)[:, None], FACES[:, [0, 0, 1, 1, 2, 2]], (FACES ^ 1)[:, [1, 2, 0, 2, 0, 1]]


def bond_length_distortion(vectors: Array) -> Array:
    r"""Bond-length distortion :math:`\Delta = \frac{1}{6}\sum_i [(d_i - \bar d)/\bar d]^2`.

    Parameters
    ----------
    vectors : ndarray, shape (k, 6, 3)
        Metal-to-halide vectors, Å.

    Returns
    -------
    ndarray, shape (k,)
        Dimensionless; 0 where all bonds are equal.

    References
    ----------
    .. [1] R. Ketkaew et al., Dalton Trans. 50, 1086 (2021), doi:10.1039/D0DT03988H

    Examples
    --------
    >>> axes = np.array([[[3.0, 0, 0], [-3, 0, 0], [0, 3, 0], [0, -3, 0], [0, 0, 4.5], [0, 0, -1.5]]])
    >>> bond_length_distortion(axes).round(6)
    array([0.083333])
    """
    return _distortion_of(norm(vectors))


def _distortion_of(lengths: Array) -> Array:
    return np.asarray(((lengths / lengths.mean(axis=1, keepdims=True) - 1.0) ** 2).mean(axis=1))


def zeta(vectors: Array) -> Array:
    r"""Stretching distortion :math:`\zeta = \sum_i |d_i - \bar d|`, Å.

    Parameters
    ----------
    vectors : ndarray, shape (k, 6, 3)
        Metal-to-halide vectors, Å.

    Returns
    -------
    ndarray, shape (k,)
        Å.
    """
    return _zeta_of(norm(vectors))


def _zeta_of(lengths: Array) -> Array:
    return np.asarray(np.abs(lengths - lengths.mean(axis=1, keepdims=True)).sum(axis=1))


def cis_angles(vectors: Array) -> Array:
    """Twelve angles X-M-X between neighbouring ligands, deg, shape (k, 12)."""
    return angle_between(vectors[:, CIS[:, 0]], vectors[:, CIS[:, 1]])


def trans_angles(vectors: Array) -> Array:
    """Return the three angles X-M-X between opposite ligands, deg, shape (k, 3), pair by pair."""
    return angle_between(vectors[:, 0::2], vectors[:, 1::2])


def sigma(vectors: Array) -> Array:
    r"""Angular distortion :math:`\Sigma = \sum_{i=1}^{12} |90° - \varphi_i|` over the cis angles, deg.

    Parameters
    ----------
    vectors : ndarray, shape (k, 6, 3)
        Metal-to-halide vectors, Å.

    Returns
    -------
    ndarray, shape (k,)
        Degrees.
    """
    return _sigma_of(cis_angles(vectors))


def _sigma_of(angles: Array) -> Array:
    return np.asarray(np.abs(angles - 90.0).sum(axis=1))


def bond_angle_variance(vectors: Array) -> Array:
    r"""Bond-angle variance :math:`\sigma^2 = \frac{1}{11}\sum_{i=1}^{12} (\varphi_i - 90°)^2`, deg².

    Parameters
    ----------
    vectors : ndarray, shape (k, 6, 3)
        Metal-to-halide vectors, Å.

    Returns
    -------
    ndarray, shape (k,)
        Square degrees.

    References
    ----------
    .. [1] K. Robinson, G. V. Gibbs, P. H. Ribbe, Science 172, 567 (1971), doi:10.1126/science.172.3983.567
    """
    return _variance_of(cis_angles(vectors))


def _variance_of(angles: Array) -> Array:
    return np.asarray(((angles - 90.0) ** 2).sum(axis=1) / 11.0)


def octahedral_volume(vectors: Array) -> Array:
    """Volume enclosed by the eight triangles of the octahedron, Å³.

    The sum of signed tetrahedra does not depend on where the metal stands, be it outside of its octahedron.

    Parameters
    ----------
    vectors : ndarray, shape (k, 6, 3)
        Metal-to-halide vectors, Å.

    Returns
    -------
    ndarray, shape (k,)
        Å³; 4/3 d³ for a regular octahedron with bond length d.
    """
    # determinants are linear in each corner: those of the eight triangles sum to that of the diagonals
    first, second, third = (vectors[:, 2 * q] - vectors[:, 2 * q + 1] for q in range(3))
    return np.asarray(np.abs(np.einsum("ki,ki->k", first, cross(second, third))) / 6.0)


def quadratic_elongation(vectors: Array) -> Array:
    r"""Quadratic elongation :math:`\langle\lambda\rangle = \frac{1}{6}\sum_i (d_i/d_0)^2`.

    :math:`d_0` is the bond length of the regular octahedron with the same volume.

    Parameters
    ----------
    vectors : ndarray, shape (k, 6, 3)
        Metal-to-halide vectors, Å.

    Returns
    -------
    ndarray, shape (k,)
        Dimensionless; 1 for a regular octahedron.

    References
    ----------
    .. [1] K. Robinson, G. V. Gibbs, P. H. Ribbe, Science 172, 567 (1971), doi:10.1126/science.172.3983.567
    """
    return _elongation_of(norm(vectors), octahedral_volume(vectors))


def _elongation_of(lengths: Array, volume: Array) -> Array:
    return np.asarray((lengths**2).mean(axis=1) / np.cbrt(0.75 * volume) ** 2)


def off_centring(vectors: Array) -> Array:
    """Vector from the centroid of the six halides to the metal, Å, shape (k, 3)."""
    return np.asarray(-vectors.mean(axis=1))


def theta(vectors: Array) -> Array:
    r"""Trigonal distortion :math:`\Theta = \sum_{i=1}^{24} |60° - \theta_i|`, deg.

    Seen along the line through the centroids of two opposite triangles, the six ligands of a regular
    octahedron stand 60 degrees apart; the four pairs of triangles give 24 angles.

    Parameters
    ----------
    vectors : ndarray, shape (k, 6, 3)
        Metal-to-halide vectors, Å.

    Returns
    -------
    ndarray, shape (k,)
        Degrees.

    References
    ----------
    .. [1] M. Marchivie et al., Acta Cryst. B 61, 25 (2005)
    .. [2] R. Ketkaew et al., Dalton Trans. 50, 1086 (2021), doi:10.1039/D0DT03988H
    """
    front = vectors[:, FACES]  # (k, 8 triangles, 3 corners, 3)
    edge = front[:, :, 1] - front[:, :, 0]
    axis = cross(edge, front[:, :, 2] - front[:, :, 0])
    across = np.stack([line / norm(line)[..., None] for line in (edge, cross(axis, edge))], axis=-1)
    seen = np.einsum("kli,kfic->kflc", vectors, across)  # all six ligands along the normal of each triangle
    azimuth = np.degrees(np.arctan2(seen[..., 1], seen[..., 0]))
    # each ligand of the front triangle stands between the two that are not opposite to it
    apart = azimuth[:, _SEEN, _FRONT] - azimuth[:, _SEEN, _BACK]
    angles = np.abs((apart + 180.0) % 360.0 - 180.0)
    return np.asarray(np.abs(60.0 - angles).sum(axis=(1, 2)) / 2.0)  # every pair of triangles was seen from both sides


@computes(
    "octahedra",
    describe_as(
        "bond_length_mean", "Å", "M-X bond length", "Mean metal-halide distance over all octahedra.", source=OCTADIST
    ),
    describe_as("bond_length_min", "Å", "shortest M-X bond", "Shortest metal-halide bond.", source=OCTADIST),
    describe_as("bond_length_max", "Å", "longest M-X bond", "Longest metal-halide bond.", source=OCTADIST),
    describe_as(
        "bond_length_equatorial_mean",
        "Å",
        "equatorial M-X bond",
        "Mean length of the four bonds per metal that lie along the in-plane M...M directions.",
        needs="frame",
        source=MAO,
    ),
    describe_as(
        "bond_length_axial_mean",
        "Å",
        "axial M-X bond",
        "Mean length of the two bonds per metal along the normal.",
        needs="frame",
        source=MAO,
    ),
    describe_as(
        "bond_length_axial_ratio",
        "1",
        "axial / equatorial bond",
        "`bond_length_axial_mean` over `bond_length_equatorial_mean`.",
        needs="frame",
        source=MAO,
    ),
    describe_as(
        "bond_length_terminal_mean",
        "Å",
        "terminal M-X bond",
        "Mean length of the bonds to halides that belong to one metal only.",
        needs="terminal halides",
        source=MAO,
    ),
    describe_as(
        "bond_length_bridging_mean",
        "Å",
        "bridging M-X bond",
        "Mean length of the bonds to halides shared by two metals.",
        needs="bridges",
        source=MAO,
    ),
    describe_as(
        "bond_length_distortion_mean",
        "1",
        "bond-length distortion Δ",
        "Mean over octahedra of Δ = mean(((d - d_mean)/d_mean)²) over the six bonds.",
        source=OCTADIST,
    ),
    describe_as("zeta_mean", "Å", "ζ", "Mean over octahedra of ζ = sum of |d - d_mean|.", source=OCTADIST),
    describe_as(
        "sigma_mean", "deg", "Σ", "Mean over octahedra of Σ = sum over the 12 cis angles of |90° - φ|.", source=OCTADIST
    ),
    describe_as(
        "theta_mean",
        "deg",
        "Θ",
        "Mean over octahedra of Θ = sum of |60° - θ| over the 24 angles between ligands seen along the four"
        " triangle-triangle axes.",
        source=OCTADIST,
    ),
    describe_as(
        "bond_angle_variance_mean",
        "deg²",
        "bond-angle variance",
        "Mean over octahedra of σ² = sum over the 12 cis angles of (φ - 90°)² / 11.",
        source=ROBINSON,
    ),
    describe_as(
        "quadratic_elongation_mean",
        "1",
        "quadratic elongation",
        "Mean over octahedra of <λ> = mean((d/d0)²), d0 of the regular octahedron with equal volume.",
        source=ROBINSON,
    ),
    describe_as(
        "octahedral_volume_mean",
        "Å³",
        "octahedral volume",
        "Mean volume enclosed by the six halides of a metal.",
        source=OCTADIST,
    ),
    describe_as(
        "off_centring_mean",
        "Å",
        "metal off-centring",
        "Mean distance of the metal from the centroid of its halides.",
        source=HALASYAMANI,
    ),
    describe_as(
        "off_centring_normal_mean",
        "Å",
        "off-centring along the normal",
        "Mean absolute component of the off-centring vector along the normal.",
        needs="frame",
        source=HALASYAMANI,
    ),
    describe_as("trans_angle_mean", "deg", "trans X-M-X angle", "Mean angle between opposite bonds.", source=OCTADIST),
    describe_as(
        "trans_angle_min",
        "deg",
        "smallest trans X-M-X angle",
        "Smallest angle between opposite bonds.",
        source=OCTADIST,
    ),
    describe_as(
        "trans_angle_equatorial_mean",
        "deg",
        "equatorial trans X-M-X angle",
        "Mean angle between opposite equatorial bonds.",
        needs="frame",
        source=MAO,
    ),
    describe_as(
        "trans_angle_axial_mean",
        "deg",
        "axial trans X-M-X angle",
        "Mean angle between the two axial bonds of a metal.",
        needs="frame",
        source=MAO,
    ),
)
def octahedra(crystal: LayeredPerovskite) -> dict[str, float]:
    """Compute the descriptors of the octahedra family.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    dict of str to float
        One value per key.
    """
    vectors, bridging = crystal.octahedra.vectors, crystal.octahedra.bridging
    lengths, trans, cis = crystal.octahedra.bond_lengths, trans_angles(vectors), cis_angles(vectors)
    centre, volume = off_centring(vectors), octahedral_volume(vectors)
    equatorial, axial = mean(lengths[:, :4]), mean(lengths[:, 4:])
    return {
        "bond_length_mean": mean(lengths),
        "bond_length_min": smallest(lengths),
        "bond_length_max": largest(lengths),
        "bond_length_equatorial_mean": equatorial,
        "bond_length_axial_mean": axial,
        "bond_length_axial_ratio": axial / equatorial,
        "bond_length_terminal_mean": mean(lengths[~bridging]),
        "bond_length_bridging_mean": mean(lengths[bridging]),
        "bond_length_distortion_mean": mean(_distortion_of(lengths)),
        "zeta_mean": mean(_zeta_of(lengths)),
        "sigma_mean": mean(_sigma_of(cis)),
        "theta_mean": mean(theta(vectors)),
        "bond_angle_variance_mean": mean(_variance_of(cis)),
        "quadratic_elongation_mean": mean(_elongation_of(lengths, volume)),
        "octahedral_volume_mean": mean(volume),
        "off_centring_mean": mean(norm(centre)),
        "off_centring_normal_mean": mean(np.abs(centre @ crystal.normal)),
        "trans_angle_mean": mean(trans),
        "trans_angle_min": smallest(trans),
        "trans_angle_equatorial_mean": mean(trans[:, :2]),
        "trans_angle_axial_mean": mean(trans[:, 2]),
    }
