"""Steps along which stiff pairs keep to the lengths that a quadratic model expects of them.

Molecules, ammonium groups and octahedra turn while a hybrid crystal relaxes. A straight step along a rotation
stretches every bond in second order, so that straight steps have to be short. Here a step of the quasi-Newton method
fixes the lengths of the stiff pairs (bonds, 1-3 neighbours, metal-halide) to first order, and the ions are moved such
that the pairs really have these lengths, as near to the straight step as that allows. It is the back-transformation
from internal coordinates, Pulay and Fogarasi, J. Chem. Phys. 96, 2856 (1992), 10.1063/1.462844, and for crystals
Kudin, Scuseria and Schlegel, J. Chem. Phys. 114, 2919 (2001), 10.1063/1.1340578, with springs in place of chosen
coordinates: nothing has to be found but pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from perovex.elasticity.relaxation.model_hessian import pair_derivatives, stiffness
from perovex.elasticity.relaxation.springs import Pairs, classify_pairs, curvature
from perovex.elasticity.surface import strain_matrix

if TYPE_CHECKING:
    from ase import Atoms
    from scipy.sparse import csr_array

    from perovex.elasticity.surface import Point

Array = NDArray[np.float64]

STIFF = ("bond", "bond-H", "bond-NH", "1-3", "1-3-H", "1-3-HH", "metal-halide")
HOLD = 0.3  # eV/Å²: spring of every atom to where the straight step takes it
ITERATIONS = 3
CLOSE = 1e-5  # Å
NEAR = 0.05  # share of a step over which the curve is differentiated


@dataclass(frozen=True)
class StiffPairs:
    """Stiff pairs of a crystal of N atoms: indices, image of the second atom (in cells), reference length, kind.

    `scale` is the length in Å that multiplies strains in a step.
    """

    first: NDArray[np.int_]
    second: NDArray[np.int_]
    image: Array
    reference: Array
    kind: NDArray[np.str_]
    scale: float

    @classmethod
    def of(cls, atoms: Atoms, scale: float) -> StiffPairs:
        """Find the stiff pairs of a crystal."""
        pairs = classify_pairs(atoms)
        stiff = np.isin(pairs.kind, STIFF)
        i, j = pairs.first[stiff], pairs.second[stiff]
        between = pairs.vector[stiff] - atoms.positions[j] + atoms.positions[i]
        image = np.round(between @ np.linalg.inv(atoms.cell[:]))
        return cls(i, j, image, pairs.reference[stiff], pairs.kind[stiff], scale)

    def _at(self, positions: Array, cell: Array) -> Pairs:
        vector = positions[self.second] - positions[self.first] + self.image @ cell
        length = np.linalg.norm(vector, axis=1)
        return Pairs(self.first, self.second, vector, length, self.reference, self.kind)

    def _derivatives(self, pairs: Pairs, atoms: int) -> csr_array:
        """Change of every length (p, 3N + 6) with displacements and scaled strains."""
        return pair_derivatives(pairs, pairs.vector / pairs.length[:, None], atoms, self.scale)

    def hessian(self, positions: Array, cell: Array) -> Array:
        """Part of the model Hessian (3N + 6)^2 that turns with the pairs, eV/Å^2."""
        pairs = self._at(positions, cell)
        derivatives = self._derivatives(pairs, len(positions))
        return stiffness(derivatives, curvature(pairs)[0])

    def hessians_along(self, begin: Point, end: Point, *, stay: bool) -> tuple[Array, Array, Array]:
        """`hessian` at the begin of a step, half way, and at the end, or again at the begin for those who stay."""
        first = self.hessian(begin.positions, begin.cell)
        half = self.hessian(0.5 * (begin.positions + end.positions), 0.5 * (begin.cell + end.cell))
        return first, half, first if stay else self.hessian(end.positions, end.cell)

    def bent(self, positions: Array, cell: Array, step: Array) -> tuple[Array, Array]:
        """Bend a straight step.

        Parameters
        ----------
        positions, cell : ndarray, shapes (N, 3) and (3, 3)
            Where the step begins, Å.
        step : ndarray, shape (3N + 6,)
            Displacements, then strains times `scale`, Å.

        Returns
        -------
        bent : ndarray, shape (3N + 6,)
            Displacements and strains, to be made as a straight step. They agree with those given to first order.
        ending : ndarray, shape (3N + 6,)
            Tangent to the curve of bent steps where it ends; it begins along the step given.
        """
        if not len(self.first):
            return step, step
        bent, before = (self._on_curve(positions, cell, share * step) for share in (1.0, 1.0 - NEAR))
        return bent, (bent - before) / NEAR

    def _on_curve(self, positions: Array, cell: Array, straight: Array) -> Array:
        pairs, atoms = self._at(positions, cell), len(positions)
        springs = curvature(pairs)[0]
        wanted = np.maximum(pairs.length + self._derivatives(pairs, atoms) @ straight, 0.3 * pairs.length)
        strained = pairs.vector @ (np.eye(3) + strain_matrix(straight[-6:] / self.scale))
        moved = straight[:-6].copy()
        for _ in range(ITERATIONS):
            vector = strained + (moved.reshape(-1, 3)[self.second] - moved.reshape(-1, 3)[self.first])
            here = pairs._replace(vector=vector, length=np.linalg.norm(vector, axis=1))
            excess = here.length - wanted
            if abs(excess).max() < CLOSE:
                break
            derivatives = self._derivatives(here, atoms)[:, :-6]
            matrix = stiffness(derivatives, springs)
            matrix[np.diag_indices(len(matrix))] += HOLD
            pull = derivatives.T @ (springs * excess) + HOLD * (moved - straight[:-6])
            moved -= cho_solve(cho_factor(matrix), pull)
        return np.concatenate([moved, straight[-6:]])
