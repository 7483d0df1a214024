"""A slab as a plate: in-plane constants in N/m, bending stiffness in N m and eV.

A two-dimensional stiffness needs a thickness, which a slab does not have: it enters every number as a factor (cubed in
the bending stiffness) and is returned with them. The usual choice for a layered crystal, and the default of the command
line, is the stacking period per slab, so that slabs with their share of the gap fill space.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import constants

from perovex.elasticity.voigt import frame_along
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from perovex.elasticity.tensor import ElasticTensor

Array = NDArray[np.float64]

_IN_PLANE = np.array([0, 1, 5])


@dataclass(frozen=True)
class Plate:
    """Plane-stress constants of a slab of given thickness.

    Attributes
    ----------
    C : ndarray, shape (3, 3)
        Stiffness in the plane (xx, yy, xy; engineering shear), N/m, faces free of stress.
    axes : ndarray, shape (3, 3)
        Cartesian axes x, y of the plane and the normal, as rows.
    thickness : float
        Å.
    """

    C: Array
    axes: Array
    thickness: float

    def _direction(self, angle: ArrayLike) -> Array:
        a = np.asarray(angle, dtype=float)
        return np.stack([np.cos(a) ** 2, np.sin(a) ** 2, np.sin(a) * np.cos(a)], axis=-1)

    def youngs_modulus(self, angle: ArrayLike) -> Array:
        """Two-dimensional Young's modulus along a direction at an angle (rad) from the first axis, N/m."""
        p = self._direction(angle)
        return np.asarray(1.0 / np.einsum("...a,ab,...b->...", p, np.linalg.inv(self.C), p))

    def poisson(self, angle: ArrayLike) -> Array:
        """In-plane Poisson's ratio on pulling along a direction at an angle (rad) from the first axis."""
        a = np.asarray(angle, dtype=float)
        along, across = self._direction(a), self._direction(a + np.pi / 2)
        contraction = np.einsum("...a,ab,...b->...", along, np.linalg.inv(self.C), across)
        return np.asarray(-contraction * self.youngs_modulus(a))

    @property
    def layer_modulus(self) -> float:
        """Resistance against stretching equally along both directions, (C11 + C22 + 2 C12)/4, N/m."""
        return float(self.C[:2, :2].sum() / 4.0)

    @property
    def bending(self) -> Array:
        """Bending stiffness D = C thickness²/12 of a homogeneous plate, N m, shape (3, 3).

        Slabs that slide on each other bend more easily than a plate of several of them: this is that of one slab.
        """
        return np.asarray(self.C * (self.thickness * 1e-10) ** 2 / 12.0)

    @property
    def bending_ev(self) -> float:
        """Bending stiffness averaged over directions of curvature, eV."""
        angle = np.pi * np.arange(180) / 180
        p = self._direction(angle)
        p[:, 2] *= 2.0  # curvatures are components of a strain, not of a stress
        return float(np.einsum("na,ab,nb->n", p, self.bending, p).mean() / constants.e)


def plate(tensor: ElasticTensor, normal: ArrayLike, thickness: float, *, first: ArrayLike | None = None) -> Plate:
    """Return the plane-stress constants of a slab cut from a crystal.

    Parameters
    ----------
    tensor : ElasticTensor
        Of the bulk crystal, GPa. For a slab calculated in a cell with vacuum give the height of the cell as thickness:
        constants in N/m then do not depend on the vacuum.
    normal : array_like, shape (3,)
        Normal of the slab.
    thickness : float
        Å; the convention is the caller's.
    first : array_like, shape (3,), optional
        Direction whose projection on the plane is the first axis.

    Returns
    -------
    Plate

    Raises
    ------
    ElasticityError
        If the thickness is not positive or the tensor is unstable.

    Examples
    --------
    An isotropic plate: E t = 25 GPa x 10 Å = 25 N/m, E t³ / 12 (1 - nu²) = 13.9 eV.

    >>> from perovex.elasticity import ElasticTensor
    >>> C = np.diag([30.0, 30.0, 30.0, 10.0, 10.0, 10.0]) + np.kron([[1, 0], [0, 0]], 10 * (1 - np.eye(3)))
    >>> sheet = plate(ElasticTensor(C), [0, 0, 1], 10.0)
    >>> round(float(sheet.youngs_modulus(0.3)), 6), round(sheet.bending_ev, 3)
    (25.0, 13.87)
    """
    if not (np.isfinite(thickness) and thickness > 0):
        raise ElasticityError(f"a thickness of {thickness:g} Å is not positive")
    if not tensor.born_stable:
        raise ElasticityError("an unstable crystal makes no plate", remedy="check the tensor")
    axes = frame_along(normal)
    if first is not None:
        flat = np.asarray(first, dtype=float) - axes[2] * (axes[2] @ np.asarray(first, dtype=float))
        if np.linalg.norm(flat) < 1e-6:
            raise ElasticityError("the first axis lies along the normal", remedy="give a direction in the plane")
        axes = np.array([flat / np.linalg.norm(flat), np.cross(axes[2], flat / np.linalg.norm(flat)), axes[2]])
    S = tensor.rotated(axes).compliance
    # stress only in the plane: the block of the compliance is the compliance of the plate
    reduced = np.linalg.inv(S[np.ix_(_IN_PLANE, _IN_PLANE)])
    return Plate(np.asarray(reduced * thickness * 0.1), axes, float(thickness))
