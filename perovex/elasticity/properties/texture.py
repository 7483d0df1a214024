"""Polycrystals with a fibre texture: grains that share an axis and are turned about it at random, as films are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from perovex.elasticity.tensor import ElasticTensor
from perovex.elasticity.voigt import from_kelvin, kelvin, kelvin_rotation, unit_directions
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from collections.abc import Iterator

Array = NDArray[np.float64]

_N_AROUND = 8  # a fourth-rank tensor has harmonics up to the fourth: five equal steps would do
_N_TILT = 24


@dataclass(frozen=True)
class Polycrystal:
    """Stiffness of a textured polycrystal between its bounds, in the frame of the crystal's tensor.

    Attributes
    ----------
    voigt, reuss : ElasticTensor
        All grains under one strain (upper bound) or one stress (lower bound).
    """

    voigt: ElasticTensor
    reuss: ElasticTensor

    @property
    def hill(self) -> ElasticTensor:
        """Mean of the two."""
        return ElasticTensor(0.5 * (self.voigt.C + self.reuss.C))


def fibre(tensor: ElasticTensor, axis: ArrayLike, spread: float = 0.0) -> Polycrystal:
    """Average over grains that share an axis.

    Parameters
    ----------
    tensor : ElasticTensor
        Of a single crystal, stable.
    axis : array_like, shape (3,)
        The common axis: the slab normal of a film whose sheets lie flat.
    spread : float, default=0
        Standard deviation (deg) of a Gaussian spread of the grains' axes about the film normal, as a rocking curve
        shows it; `inf` for a random polycrystal.

    Returns
    -------
    Polycrystal
        Transversely isotropic about `axis`.

    Raises
    ------
    ElasticityError
        If the tensor is unstable, or axis or spread are none.

    Examples
    --------
    >>> C = np.diag([40.0, 40.0, 40.0, 8.0, 8.0, 8.0]) + np.kron([[1, 0], [0, 0]], 10 * (1 - np.eye(3)))
    >>> film = fibre(ElasticTensor(C), [1, 1, 1]).hill
    >>> plane = film.in_plane([1, 1, 1])
    >>> bool(abs(plane["max"] - plane["min"]) < 1e-9), round(film.youngs_modulus([1, 1, 1]), 2)
    (True, 21.18)
    """
    if not tensor.born_stable:
        raise ElasticityError("an unstable crystal has no polycrystal", remedy="check the tensor")
    if not spread >= 0:
        raise ElasticityError(f"a spread of {spread} deg is not positive")
    stiff, soft = np.zeros((6, 6)), np.zeros((6, 6))
    C = kelvin(tensor.C)
    S = np.linalg.inv(C)
    for weight, rotations in _orientations(unit_directions(axis)[0], spread):
        Q = kelvin_rotation(rotations)
        stiff += weight * (Q @ C @ Q.transpose(0, 2, 1)).mean(axis=0)
        soft += weight * (Q @ S @ Q.transpose(0, 2, 1)).mean(axis=0)
    return Polycrystal(ElasticTensor(from_kelvin(stiff)), ElasticTensor(from_kelvin(np.asarray(np.linalg.inv(soft)))))


def _orientations(axis: Array, spread: float) -> Iterator[tuple[float, Array]]:
    """Weights and stacks of rotations: about the axis, then tilted, then about the axis again."""
    turn = 2 * np.pi * np.arange(_N_AROUND) / _N_AROUND
    about = Rotation.from_rotvec(np.outer(turn, axis)).as_matrix()
    if spread == 0:
        yield 1.0, about
        return
    across = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
    across /= np.linalg.norm(across)
    # tilts from 0 to 180 degrees: density of a Gaussian on the sphere
    node, weight = np.polynomial.legendre.leggauss(_N_TILT)
    limit = math.pi if math.isinf(spread) else min(math.pi, 8 * math.radians(spread))
    tilt = 0.5 * limit * (node + 1)
    density = np.ones_like(tilt) if math.isinf(spread) else np.exp(-0.5 * (tilt / math.radians(spread)) ** 2)
    share = weight * density * np.sin(tilt)
    for part, angle in zip(share / share.sum(), tilt, strict=True):
        lean = Rotation.from_rotvec(angle * across).as_matrix()
        yield float(part), np.einsum("aij,jk,bkl->abil", about, lean, about).reshape(-1, 3, 3)
