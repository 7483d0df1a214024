"""Energy and stress of given strains, and the strains of common loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perovex.elasticity.voigt import frame_along, full_stiffness, strain_vector, voigt_products
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from perovex.elasticity.tensor import ElasticTensor

Array = NDArray[np.float64]

STATES = ("uniaxial", "confined", "biaxial", "hydrostatic", "shear")


def stress(tensor: ElasticTensor, strain: ArrayLike) -> Array:
    """Stress of a small strain, C e.

    Parameters
    ----------
    tensor : ElasticTensor
    strain : array_like, shape (6,) or (3, 3)
        Voigt components with engineering shears, or the symmetric strain matrix.

    Returns
    -------
    ndarray, shape (6,)
        GPa, Voigt order; tension positive.
    """
    return np.asarray(tensor.C @ strain_vector(strain))


def energy_density(tensor: ElasticTensor, strain: ArrayLike) -> float:
    """Elastic energy per volume of a small strain, e C e / 2, MJ/m³ (1 GPa = 1000 MJ/m³).

    Parameters
    ----------
    tensor, strain
        As for `stress`.

    Examples
    --------
    >>> from perovex.elasticity import ElasticTensor
    >>> C = np.diag([30.0, 30.0, 30.0, 10.0, 10.0, 10.0]) + np.kron([[1, 0], [0, 0]], 10 * (1 - np.eye(3)))
    >>> round(energy_density(ElasticTensor(C), [0.01, 0, 0, 0, 0, 0]), 6)  # 30 GPa x 0.01² / 2
    1.5
    """
    vector = strain_vector(strain)
    return float(0.5 * vector @ tensor.C @ vector) * 1e3


def strain_state(tensor: ElasticTensor, state: str, size: float, direction: ArrayLike = (0, 0, 1)) -> Array:
    """Return the strain of a common load.

    Parameters
    ----------
    tensor : ElasticTensor
    state : {"uniaxial", "confined", "biaxial", "hydrostatic", "shear"}
        Pulled along `direction` with free sides; the same with the sides held; stretched equally along both directions
        of the plane normal to `direction` with free faces (a film on a substrate); under pressure; sheared in the
        plane normal to `direction`, along the first of `plane_axes`.
    size : float
        Strain along the loaded direction; of volume for ``"hydrostatic"``; engineering shear for ``"shear"``.
    direction : array_like, shape (3,)

    Returns
    -------
    ndarray, shape (6,)
        Voigt components in the frame of the tensor, engineering shears.

    Raises
    ------
    ElasticityError
        If the state is unknown.
    """
    axes = frame_along(direction)
    n = axes[2]
    along = voigt_products(n[None])[0]
    if state == "uniaxial":
        response = tensor.compliance @ along
        return np.asarray(response * size / (along @ response))
    if state == "hydrostatic":
        response = tensor.compliance @ np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
        return np.asarray(response * size / response[:3].sum())
    if state == "confined":
        return strain_vector(size * np.outer(n, n))
    if state == "shear":
        return strain_vector(0.5 * size * (np.outer(n, axes[0]) + np.outer(axes[0], n)))
    if state == "biaxial":
        return strain_vector(_with_free_faces(tensor, size * (np.eye(3) - np.outer(n, n)), n))
    raise ElasticityError(f"no strain state is called {state!r}", remedy=f"choose one of {', '.join(STATES)}")


def _with_free_faces(tensor: ElasticTensor, flat: Array, n: Array) -> Array:
    """Add the strain (n a + a n) that frees faces of normal n of traction."""
    full = full_stiffness(tensor.C)
    traction = np.einsum("ijkl,j,kl->i", full, n, flat)
    acoustic = np.einsum("ijkl,j,l->ik", full, n, n)
    relief = -np.linalg.solve(acoustic, traction)
    return flat + 0.5 * (np.outer(n, relief) + np.outer(relief, n))
