"""Voigt, Kelvin and full notation of fourth-rank tensors, and directions in space."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perovex.errors import ElasticityError

Array = NDArray[np.float64]

ORDER = ("xx", "yy", "zz", "yz", "xz", "xy")
"""Voigt's order of the six components."""

_PAIRS = np.array([(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)])
_INDEX = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])
_KELVIN = np.array([1.0, 1.0, 1.0, np.sqrt(2.0), np.sqrt(2.0), np.sqrt(2.0)])
_ENGINEERING = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])


def symmetric_matrix(C: ArrayLike) -> tuple[Array, float]:
    """Check a tensor in Voigt notation and return it symmetrised.

    Parameters
    ----------
    C : array_like, shape (6, 6)
        GPa.

    Returns
    -------
    matrix : ndarray, shape (6, 6)
        Mean of the matrix and its transpose.
    asymmetry : float
        Largest difference between the two, GPa.

    Raises
    ------
    ElasticityError
        If it is not a finite, symmetric (to 1 % of its largest entry), invertible 6 x 6 matrix.

    Examples
    --------
    >>> matrix, asymmetry = symmetric_matrix(np.diag([30.0, 30.0, 30.0, 10.0, 10.0, 10.0]))
    >>> asymmetry
    0.0
    """
    try:
        matrix = np.array(C, dtype=float)
    except (TypeError, ValueError) as error:
        raise ElasticityError(
            "the tensor is no 6 x 6 matrix of numbers (text, or rows of different lengths)",
            remedy="give all 36 components; perovex.elasticity.read_tensor reads triangles and text",
        ) from error
    if matrix.shape != (6, 6):
        raise ElasticityError(f"shape {matrix.shape} is not (6, 6)", remedy="give the tensor in Voigt notation")
    if not np.all(np.isfinite(matrix)):
        raise ElasticityError("the tensor has entries that are not finite")
    asymmetry = float(abs(matrix - matrix.T).max())
    if asymmetry > 0.01 * max(abs(matrix).max(), 1e-300):
        raise ElasticityError(
            f"the tensor is not symmetric (largest difference {asymmetry:.3g} GPa)",
            remedy="symmetrise it first",
        )
    matrix = 0.5 * (matrix + matrix.T)
    if np.linalg.cond(matrix) > 1e12:
        raise ElasticityError("the tensor is singular")
    return matrix, asymmetry


def unit_directions(direction: ArrayLike) -> Array:
    """Return directions as unit vectors.

    Parameters
    ----------
    direction : array_like, shape (3,) or (k, 3)
        Cartesian; need not be normalised.

    Returns
    -------
    ndarray, shape (k, 3)

    Raises
    ------
    ElasticityError
        If they are no numbers, no vectors of three, not finite, or zero.
    """
    try:
        vectors = np.atleast_2d(np.asarray(direction, dtype=float))
    except (TypeError, ValueError) as error:
        raise ElasticityError(
            f"a direction is no vector of three numbers: {direction!r:.60}", remedy="give Cartesian components"
        ) from error
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if vectors.ndim != 2 or vectors.shape[-1] != 3 or not np.isfinite(vectors).all() or (lengths == 0).any():
        raise ElasticityError("a direction is not a non-zero vector of three numbers")
    return vectors / lengths


def plane_axes(normal: ArrayLike) -> tuple[Array, Array]:
    """Return two orthonormal vectors in the plane with the given normal.

    Parameters
    ----------
    normal : array_like, shape (3,)
        Cartesian, of any length.

    Returns
    -------
    first, second : ndarray, shape (3,)
        Right-handed with the normal.
    """
    n = unit_directions(normal)[0]
    helper = np.eye(3)[int(np.argmin(abs(n)))]
    u = np.cross(n, helper)
    u /= np.linalg.norm(u)
    return u, np.cross(n, u)


def frame_along(normal: ArrayLike) -> Array:
    """Return the rotation (rows are axes) that turns a normal into z."""
    first, second = plane_axes(normal)
    return np.array([first, second, unit_directions(normal)[0]])


def circle(normal: ArrayLike, n_directions: int) -> Array:
    """Return unit vectors around a plane, equally spaced over half a turn, shape (n_directions, 3)."""
    u, v = plane_axes(normal)
    angle = np.pi * np.arange(n_directions) / n_directions
    return np.outer(np.cos(angle), u) + np.outer(np.sin(angle), v)


def voigt_products(u: Array) -> Array:
    """Rows (k, 6) of u_i u_j with engineering shears, so that u u : S : u u = p S p."""
    x, y, z = u.T
    return np.stack([x * x, y * y, z * z, y * z, x * z, x * y], axis=1)


def full_stiffness(C: Array) -> Array:
    """Tensor C_ijkl of a Voigt stiffness, shape (3, 3, 3, 3)."""
    return C[_INDEX[:, :, None, None], _INDEX[None, None]]


def full_compliance(S: Array) -> Array:
    """Tensor S_ijkl of a Voigt compliance with engineering shears, shape (3, 3, 3, 3)."""
    return full_stiffness(S / np.outer(_ENGINEERING, _ENGINEERING))


def voigt_stiffness(full: Array) -> Array:
    """Voigt matrix of C_ijkl, shape (6, 6); takes stacks, shape (..., 3, 3, 3, 3)."""
    i, j = _PAIRS.T
    return full[..., i[:, None], j[:, None], i[None], j[None]]


def kelvin(C: Array) -> Array:
    """Kelvin (Mandel) matrix of a Voigt stiffness: its rotations are orthogonal matrices."""
    return C * np.outer(_KELVIN, _KELVIN)


def from_kelvin(matrix: Array) -> Array:
    """Voigt stiffness of a Kelvin matrix."""
    return matrix / np.outer(_KELVIN, _KELVIN)


def kelvin_rotation(rotation: Array) -> Array:
    """Orthogonal 6 x 6 matrices that turn Kelvin vectors as `rotation` (..., 3, 3) turns space."""
    i, j = _PAIRS.T
    k, l = i[None], j[None]  # noqa: E741 - the field's index
    first = rotation[..., i[:, None], k] * rotation[..., j[:, None], l]
    second = rotation[..., i[:, None], l] * rotation[..., j[:, None], k]
    return np.asarray(0.5 * (first + second) * np.outer(_KELVIN, _KELVIN))


def strain_vector(strain: ArrayLike) -> Array:
    """Voigt vector (engineering shears) of a strain given as such or as a symmetric 3 x 3 matrix.

    Raises
    ------
    ElasticityError
        If it is neither.
    """
    try:
        values = np.asarray(strain, dtype=float)
    except (TypeError, ValueError) as error:
        raise ElasticityError("a strain is no array of numbers", remedy="six Voigt components or a 3 x 3 matrix") from (
            error
        )
    if values.shape == (3, 3) and np.isfinite(values).all() and np.allclose(values, values.T, atol=1e-12):
        return np.asarray(values[_PAIRS[:, 0], _PAIRS[:, 1]] * _ENGINEERING)
    if values.shape == (6,) and np.isfinite(values).all():
        return values
    raise ElasticityError(
        f"a strain of shape {values.shape} is not understood", remedy="six Voigt components or a symmetric 3 x 3 matrix"
    )
