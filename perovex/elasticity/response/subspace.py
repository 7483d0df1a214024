"""Directions along which the Hessian is known, and what follows from them: modes and responses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, svd

from perovex.elasticity.surface import without_translations

Array = NDArray[np.float64]

WEAKEST = 0.1  # images spanned to less than this share add more noise than knowledge


@dataclass
class Subspace:
    """Orthonormal, translation-free columns `basis` (3N, m) and their Hessian products, eV/Å^2.

    `measured` counts the products that were computed; with symmetry they are fewer than the columns.
    """

    basis: Array
    products: Array
    measured: int = 0

    @classmethod
    def empty(cls, size: int) -> Subspace:
        """Subspace without vectors for `size` = 3N coordinates."""
        return cls(np.zeros((size, 0)), np.zeros((size, 0)))

    def add(self, vectors: Array, products: Array) -> None:
        """Add directions (3N, k) with their Hessian products, as far as they are not spanned yet."""
        length = np.linalg.norm(vectors[:, 0])
        for _ in range(2):
            known = self.basis.T @ vectors
            vectors, products = vectors - self.basis @ known, products - self.products @ known
        left, lengths, right = svd(vectors, full_matrices=False)
        keep = lengths > WEAKEST * length
        weights = right[keep].T / lengths[keep]
        self.basis = np.column_stack([self.basis, left[:, keep]])
        self.products = np.column_stack([self.products, products @ weights])
        self.measured += 1

    @property
    def projected(self) -> Array:
        """Hessian within the subspace, (m, m)."""
        small = self.basis.T @ self.products
        return 0.5 * (small + small.T)

    def ritz(self) -> tuple[Array, Array]:
        """Curvatures (m,), ascending, and vectors (3N, m) of the approximate modes."""
        if not self.basis.shape[1]:
            return np.zeros(0), self.basis
        values, small = eigh(self.projected)
        return values, self.basis @ small

    def couplings(self, right: Array, below: float) -> Array:
        """Curvatures below a limit with the projections of `right` (3N, k) on their modes: shape (modes, 1 + k)."""
        values, vectors = self.ritz()
        wanted = values < below
        return np.column_stack([values[wanted], vectors[:, wanted].T @ right])

    def solve(self, right: Array, frozen_below: float | None = None) -> Array:
        """Galerkin solution (3N, k) of H x = right; modes with curvature under `frozen_below` stay put."""
        values, small = eigh(self.projected)
        keep = np.ones(len(values), bool) if frozen_below is None else values > frozen_below
        small, values = small[:, keep], values[keep]
        return self.basis @ (small @ ((small.T @ (self.basis.T @ right)) / values[:, None]))


def updated_hessian(model: Array, space: Subspace) -> Array:
    """Smallest symmetric change of `model` (3N, 3N) that reproduces all products of the subspace."""
    v, error = space.basis, space.products - model @ space.basis
    small = v.T @ error
    return model + error @ v.T + v @ error.T - v @ (0.5 * (small + small.T)) @ v.T


def orthonormal(columns: Array, against: Array) -> Array:
    """Return new orthonormal directions (3N, <= k), those already spanned left out."""
    kept = against
    for given in columns.T:
        column, norm = given, float(np.linalg.norm(given))
        for _ in range(3):  # repeated: a direction that is nearly spanned must not bring translations back
            column = without_translations((column - kept @ (kept.T @ column))[:, None])[:, 0]
            left = float(np.linalg.norm(column))
            if left < 1e-3 * norm or left == 0:
                break
            column, norm = column / left, 1.0
        else:
            kept = np.column_stack([kept, column])
    return kept[:, against.shape[1] :]


def is_new(vector: Array, basis: Array) -> bool:
    """Whether a direction (3N,) adds enough to a basis (3N, m) to be worth measuring."""
    return bool(np.linalg.norm(vector - basis @ (basis.T @ vector)) > WEAKEST * np.linalg.norm(vector))
