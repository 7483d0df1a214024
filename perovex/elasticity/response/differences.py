"""Derivatives of a potential-energy surface by central differences: under strain, and along displacements.

The space group multiplies whatever is measured (`perovex.elasticity.response.symmetry`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from perovex.elasticity.response.symmetry import CrystalSymmetry, Packed, pack
from perovex.elasticity.surface import EV_PER_A3_IN_GPA, Point, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Array = NDArray[np.float64]


@dataclass
class Clamped:
    """Clamped-ion tensor C0 (6, 6) in GPa and internal-strain forces L (3N, 6) in eV/Å.

    `asymmetry` (6, 6) is half of what the two halves of the tensor differed by before they were averaged, GPa.
    """

    tensor: Array
    forces: Array
    asymmetry: Array | None = None


@dataclass
class Strains:
    """Responses to strains so far: rows of strains (m, 6) and per unit of them stress (m, 6) and forces (m, 3N)."""

    strains: Array
    stresses: Array
    forces: Array

    @classmethod
    def empty(cls, size: int) -> Strains:
        """Nothing measured for `size` = 3N coordinates."""
        return cls(np.zeros((0, 6)), np.zeros((0, 6)), np.zeros((0, size)))


def clamped_response(
    surface: Surface,
    point: Point,
    strain: float,
    symmetry: CrystalSymmetry | None = None,
    known: Strains | None = None,
    after_batch: Callable[[], None] | None = None,
    following: Array | None = None,
) -> Clamped:
    """Clamped-ion tensor and internal-strain forces by central differences (12 calls without symmetry).

    With `following` the ions do not stay put but move along, and the derivatives are those along that path.

    Parameters
    ----------
    strain : float
        Amplitude.
    symmetry : CrystalSymmetry, optional
        Group that the point obeys; images of strains are not measured again.
    known : Strains, optional
        What an interrupted run measured; grown in place.
    after_batch : callable, optional
        Called after every batch.
    following : ndarray, shape (3N, 6), optional
        Displacements of the ions per unit strain beyond the homogeneous one, Å; must obey the group.
    """
    group = symmetry or CrystalSymmetry.trivial(len(point.positions))
    path = np.zeros((3 * len(point.positions), 6)) if following is None else following
    seen = known if known is not None else Strains.empty(3 * len(point.positions))
    plan = pack(np.eye(6), group.on_strains)
    planned = np.array([p.vector for p in plan])[: len(seen.strains)]
    if planned.shape != seen.strains.shape or not np.allclose(planned, seen.strains):  # of another group
        seen.strains, seen.stresses, seen.forces = vars(Strains.empty(3 * len(point.positions))).values()
    for part in batches(plan[len(seen.strains) :], surface.batch):
        steps = [np.concatenate([path @ side, side]) for side in _sides(part, [strain] * len(part))]
        points = iter(surface.stepped(point, steps, 1.0))
        for packed in part:
            plus = next(points)
            stress, forces = plus.stress, plus.forces.ravel()
            if packed.flip is None:
                minus = next(points)
                other_stress, other_forces = minus.stress, minus.forces.ravel()
            else:
                other_stress = group.on_stresses[packed.flip] @ stress
                other_forces = group.images(forces[:, None])[packed.flip, :, 0]
            seen.strains = np.vstack([seen.strains, packed.vector])
            seen.stresses = np.vstack([seen.stresses, (stress - other_stress) / (2 * strain)])
            seen.forces = np.vstack([seen.forces, (forces - other_forces) / (2 * strain)])
        if after_batch is not None:
            after_batch()
    return spread(seen, group)


def spread(seen: Strains, group: CrystalSymmetry) -> Clamped:
    """Tensor and forces per unit strain of all six strains from those measured and their images."""
    strains = np.hstack(list(group.on_strains @ seen.strains.T))
    stresses = np.hstack(list(group.on_stresses @ seen.stresses.T))
    weights = np.linalg.pinv(strains, rcond=1e-6)
    tensor = stresses @ weights * EV_PER_A3_IN_GPA
    forces_per_strain = np.hstack(list(group.images(seen.forces.T))) @ weights
    return Clamped(0.5 * (tensor + tensor.T), forces_per_strain, 0.5 * abs(tensor - tensor.T))


def hessian_products(
    surface: Surface, point: Point, part: Sequence[Packed], displacement: float, symmetry: CrystalSymmetry | None = None
) -> Array:
    """Compute H v for directions v by central differences of the forces.

    One-sided differences would halve the calls, but the anharmonicity of covalent bonds then leaves errors
    as large as the curvature of the softest modes.

    Parameters
    ----------
    part : sequence of Packed
        Directions (3N,); those with a flip take one call, the others two.
    displacement : float
        Of the atom that moves most, Å.
    symmetry : CrystalSymmetry, optional
        Group that the flips refer to.

    Returns
    -------
    ndarray, shape (3N, k)
        eV/Å^2.
    """
    group = symmetry or CrystalSymmetry.trivial(len(point.positions))
    steps = [displacement / _largest_shift(packed.vector) for packed in part]
    displaced = iter(surface.displaced(point, _sides(part, steps)))
    products = []
    for packed, step in zip(part, steps, strict=True):
        forces_plus = next(displaced).forces.ravel()
        if packed.flip is None:
            forces_minus = next(displaced).forces.ravel()
        else:  # the flip maps the step forth on the step back, and its forces with it
            forces_minus = group.images(forces_plus[:, None])[packed.flip, :, 0]
        products.append((forces_minus - forces_plus) / (2 * step))  # H = -dF/dx
    return np.column_stack(products)


def _largest_shift(vector: Array) -> float:
    """By how much the atom moves that moves most, for directions (3N,)."""
    return float(np.linalg.norm(vector.reshape(-1, 3), axis=1).max())


def batches(plan: Sequence[Packed], batch: int) -> Iterator[Sequence[Packed]]:
    """Cut a plan into parts that fill one batch of the potential each (a direction takes up to two calls)."""
    size = max(1, batch // 2)
    for first in range(0, len(plan), size):
        yield plan[first : first + size]


def _sides(part: Sequence[Packed], steps: Sequence[float]) -> list[Array]:
    """Return the steps to evaluate, plus before minus; no minus where a flip gives it."""
    signs = [(1,) if p.flip is not None else (1, -1) for p in part]
    return [s * step * p.vector for p, step, both in zip(part, steps, signs, strict=True) for s in both]
