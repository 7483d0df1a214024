"""Model Hessian of a hybrid perovskite: springs between near atoms, with the strain degrees of freedom.

It serves as the first Hessian of a quasi-Newton relaxation and as a preconditioner, so it has to be roughly right and
positive definite, not exact. The idea of a Hessian from a simple pairwise force field is that of Lindh et al., Chem.
Phys. Lett. 241, 423 (1995), 10.1016/0009-2614(95)00646-L, and Packwood et al., J. Chem. Phys. 144, 164109 (2016),
10.1063/1.4947024; the springs (`perovex.elasticity.springs`) were fitted anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from perovex.elasticity.springs import classify_pairs, curvature
from perovex.elasticity.surface import VOIGT

if TYPE_CHECKING:
    from ase import Atoms

    from perovex.elasticity.springs import Pairs

Array = NDArray[np.float64]

FLOOR = 0.001  # eV/A^2 added on the diagonal
CELL_FLOOR = 0.004  # eV/A^3 times the length scale on the diagonal of strains: an open layer spacing must not run away


def model_hessian(atoms: Atoms, scale: float) -> Array:
    """Model Hessian over displacements and scaled strains.

    Parameters
    ----------
    atoms : ase.Atoms
        Periodic crystal of N atoms.
    scale : float
        Length in Angstrom that multiplies the strains.

    Returns
    -------
    array of shape (3N + 6, 3N + 6)
        eV/A^2, positive definite.
    """
    pairs = classify_pairs(atoms)
    hessian = spring_hessian(pairs, *curvature(pairs), len(atoms), scale)
    hessian[np.diag_indices(len(hessian))] += FLOOR
    hessian[-6:, -6:] += np.eye(6) * CELL_FLOOR * scale
    return hessian


def spring_hessian(pairs: Pairs, along: Array, around: Array, atoms: int, scale: float) -> Array:
    """Hessian (3N + 6)^2 of springs with curvatures `along` the pairs and, in every direction, `around` them."""
    hessian = np.zeros((3 * atoms + 6,) * 2)
    _add_springs(hessian, pairs, pairs.vector / pairs.length[:, None], along, scale)
    for axis in np.eye(3):
        _add_springs(hessian, pairs, np.tile(axis, (len(along), 1)), around, scale)
    return hessian


def _add_springs(hessian: Array, pairs: Pairs, unit: Array, k: Array, scale: float) -> None:
    """Add k b b^T for every pair, b the derivative of the relative position along `unit`."""
    n = (len(hessian) - 6) // 3
    strain = np.stack([0.5 * (unit[:, a] * pairs.vector[:, b] + unit[:, b] * pairs.vector[:, a]) for a, b in VOIGT], 1)
    strain /= scale
    blocks = np.zeros((n, n, 3, 3))
    outer = k[:, None, None] * unit[:, :, None] * unit[:, None, :]
    np.add.at(blocks, (pairs.first, pairs.first), outer)
    np.add.at(blocks, (pairs.second, pairs.second), outer)
    np.add.at(blocks, (pairs.first, pairs.second), -outer)
    np.add.at(blocks, (pairs.second, pairs.first), -outer)
    hessian[:-6, :-6] += blocks.transpose(0, 2, 1, 3).reshape(3 * n, 3 * n)
    mixed = np.zeros((n, 3, 6))
    couple = k[:, None, None] * unit[:, :, None] * strain[:, None, :]
    np.add.at(mixed, pairs.second, couple)
    np.add.at(mixed, pairs.first, -couple)
    hessian[:-6, -6:] += mixed.reshape(3 * n, 6)
    hessian[-6:, :-6] += mixed.reshape(3 * n, 6).T
    hessian[-6:, -6:] += np.einsum("p,pa,pb->ab", k, strain, strain)
