"""Model Hessian of a hybrid perovskite: springs between near atoms, with the strain degrees of freedom.

It serves as the first Hessian of a quasi-Newton relaxation and as a preconditioner, so it has to be roughly right and
positive definite, not exact. The idea of a Hessian from a simple pairwise force field is that of Lindh et al., Chem.
Phys. Lett. 241, 423 (1995), 10.1016/0009-2614(95)00646-L, and Packwood et al., J. Chem. Phys. 144, 164109 (2016),
10.1063/1.4947024; the springs (`perovex.elasticity.relaxation.springs`) were fitted anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from perovex.elasticity.relaxation.springs import classify_pairs, curvature
from perovex.elasticity.surface import VOIGT

if TYPE_CHECKING:
    from ase import Atoms

    from perovex.elasticity.relaxation.springs import Pairs

Array = NDArray[np.float64]

FLOOR = 0.001  # eV/Å² added on the diagonal
CELL_FLOOR = 0.004  # eV/Å³ times the length scale on the diagonal of strains: an open layer spacing must not run away


def model_hessian(atoms: Atoms, scale: float) -> Array:
    """Model Hessian over displacements and scaled strains.

    Parameters
    ----------
    atoms : ase.Atoms
        Periodic crystal of N atoms.
    scale : float
        Length in Å that multiplies the strains.

    Returns
    -------
    ndarray, shape (3N + 6, 3N + 6)
        eV/Å², positive definite.
    """
    pairs = classify_pairs(atoms)
    hessian = spring_hessian(pairs, *curvature(pairs), len(atoms), scale)
    hessian[np.diag_indices(len(hessian))] += FLOOR
    hessian[-6:, -6:] += np.eye(6) * CELL_FLOOR * scale
    return hessian


def spring_hessian(pairs: Pairs, along: Array, around: Array, atoms: int, scale: float) -> Array:
    """Hessian (3N + 6)^2 of springs with curvatures `along` the pairs and, in every direction, `around` them."""
    hessian = stiffness(pair_derivatives(pairs, pairs.vector / pairs.length[:, None], atoms, scale), along)
    for axis in np.eye(3):
        hessian += stiffness(pair_derivatives(pairs, np.tile(axis, (len(along), 1)), atoms, scale), around)
    return hessian


def pair_derivatives(pairs: Pairs, unit: Array, atoms: int, scale: float) -> csr_array:
    """Change (p, 3N + 6) of the relative position along `unit` (p, 3) with displacements and scaled strains."""
    # a strain moves the second atom against the first by itself times their vector
    by_strain = [0.5 * (unit[:, a] * pairs.vector[:, b] + unit[:, b] * pairs.vector[:, a]) for a, b in VOIGT]
    values = np.hstack([-unit, unit, np.stack(by_strain, 1) / scale])
    # the coordinates that these are of: three of each atom, and the six strains
    of_first = 3 * pairs.first[:, None] + range(3)
    of_second = 3 * pairs.second[:, None] + range(3)
    of_strains = np.tile(3 * atoms + np.arange(6), (len(unit), 1))
    columns = np.hstack([of_first, of_second, of_strains])
    rows = np.repeat(np.arange(len(unit)), values.shape[1])
    return csr_array((values.ravel(), (rows, columns.ravel())), shape=(len(unit), 3 * atoms + 6))


def stiffness(derivatives: csr_array, springs: Array) -> Array:
    """Hessian of springs (p,) whose lengths change by `derivatives` (p, D) with the coordinates."""
    weighted = derivatives.multiply(springs[:, None]).tocsr()
    return np.asarray((derivatives.T @ weighted).toarray())
