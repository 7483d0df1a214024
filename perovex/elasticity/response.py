"""Relaxed-ion elastic tensor by linear response, without the full Hessian.

The response x of the ions to a strain solves H x = L, with L the forces per unit strain, and C = C0 - L^T x
/ V. H is only known through products H v, each one call of the potential at ions displaced along v. The six
strains and the lowest modes share one growing subspace (block Davidson / preconditioned Krylov),
preconditioned with the Hessian that the relaxation left. The Galerkin solution is variational: the error of
C is second order in that of x. References: Baroni et al., Rev. Mod. Phys. 73, 515 (2001),
10.1103/RevModPhys.73.515; Davidson, J. Comput. Phys. 17, 87 (1975), 10.1016/0021-9991(75)90065-0; Wu,
Vanderbilt and Hamann, Phys. Rev. B 72, 035105 (2005), 10.1103/PhysRevB.72.035105.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from perovex.elasticity.surface import EV_PER_A3_IN_GPA, Point, Surface, without_translations

if TYPE_CHECKING:
    from collections.abc import Callable

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ResponseSettings:
    """Steps and tolerances of the linear response.

    Attributes
    ----------
    strain : float
        Amplitude of the clamped-ion strains (central differences).
    displacement : float
        Largest displacement of an atom in a Hessian-vector product, Angstrom.
    tolerance : float
        Estimated error of a tensor component at which the subspace stops growing, GPa.
    mode_tolerance : float
        Estimated error of a lowest curvature at which it counts as converged, eV/Angstrom^2.
    modes : int
        Number of lowest modes that are converged.
    max_products : int
        Hessian-vector products (two calls each) before giving up.
    floor : float
        Smallest curvature of the preconditioner, eV/Angstrom^2.
    """

    strain: float = 2e-3
    displacement: float = 6e-3
    tolerance: float = 0.005
    mode_tolerance: float = 0.004
    modes: int = 3
    max_products: int = 400
    floor: float = 0.03


@dataclass
class Clamped:
    """Clamped-ion tensor C0 (6, 6) in GPa and internal-strain forces L (3N, 6) in eV/Angstrom."""

    tensor: Array
    forces: Array


@dataclass
class Subspace:
    """Orthonormal, translation-free columns `basis` (3N, m) and their Hessian products, eV/Angstrom^2."""

    basis: Array
    products: Array

    @classmethod
    def empty(cls, size: int) -> Subspace:
        """Subspace without vectors for `size` = 3N coordinates."""
        return cls(np.zeros((size, 0)), np.zeros((size, 0)))

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

    def solve(self, right: Array, frozen_below: float | None = None) -> Array:
        """Galerkin solution (3N, k) of H x = right; modes with curvature under `frozen_below` stay put."""
        values, small = eigh(self.projected)
        keep = np.ones(len(values), bool) if frozen_below is None else values > frozen_below
        small, values = small[:, keep], values[keep]
        return self.basis @ (small @ ((small.T @ (self.basis.T @ right)) / values[:, None]))


@dataclass
class Response:
    """Result of a linear response.

    Attributes
    ----------
    tensor, clamped, frozen : arrays of shape (6, 6)
        GPa: relaxed-ion, clamped-ion, relaxed-ion with the modes below the soft threshold frozen.
    curvatures : array
        Lowest curvatures in eV/Angstrom^2.
    mode : array of shape (3N,)
        The lowest mode.
    solution : array of shape (3N, 6)
        Displacement per unit strain, Angstrom.
    error : float
        Estimated largest error of a component, GPa.
    converged : bool
    products : int
        Hessian-vector products used.
    hessian : array of shape (3N, 3N)
        The preconditioner, updated with all products.
    """

    tensor: Array
    clamped: Array
    frozen: Array
    curvatures: Array
    mode: Array
    solution: Array
    error: float
    converged: bool
    products: int
    hessian: Array = field(repr=False)


def clamped_response(surface: Surface, point: Point, strain: float) -> Clamped:
    """Clamped-ion tensor and internal-strain forces by central differences (12 calls)."""
    tensor, forces = np.zeros((6, 6)), np.zeros((3 * len(point.positions), 6))
    for k in range(6):
        plus, minus = (surface.strained(point, sign * strain * np.eye(6)[k]) for sign in (1, -1))
        tensor[k] = (plus.stress - minus.stress) * EV_PER_A3_IN_GPA / (2 * strain)
        forces[:, k] = (plus.forces - minus.forces).ravel() / (2 * strain)
    return Clamped(0.5 * (tensor + tensor.T), forces)


def hessian_product(surface: Surface, point: Point, vector: Array, displacement: float) -> Array:
    """H v (3N,) by central differences of the forces; `displacement` is that of the atom that moves most (A).

    One-sided differences would halve the calls, but the anharmonicity of covalent bonds then leaves errors
    as large as the curvature of the softest modes.
    """
    step = displacement / np.linalg.norm(vector.reshape(-1, 3), axis=1).max()
    plus = surface.displaced(point, step * vector).forces.ravel()
    return (surface.displaced(point, -step * vector).forces.ravel() - plus) / (2 * step)


def updated_hessian(model: Array, space: Subspace) -> Array:
    """Smallest symmetric change of `model` (3N, 3N) that reproduces all products of the subspace."""
    v, error = space.basis, space.products - model @ space.basis
    small = v.T @ error
    return model + error @ v.T + v @ error.T - v @ (0.5 * (small + small.T)) @ v.T


def _preconditioner(model: Array, floor: float) -> Callable[[Array], Array]:
    values, vectors = eigh(0.5 * (model + model.T), check_finite=False, driver="evd")
    inverse = 1.0 / np.maximum(abs(values), floor)

    def apply(columns: Array) -> Array:
        return without_translations(vectors @ (inverse[:, None] * (vectors.T @ columns)))

    return apply


def _softest(model: Array, count: int) -> Array:
    """Softest directions (3N, count) of the model, translations excluded."""
    if len(model) <= 3:  # a single atom has no internal motion
        return np.zeros((len(model), 0))
    shift = np.kron(np.ones((len(model) // 3, 1)) / np.sqrt(len(model) // 3), np.eye(3))
    return eigh(model + 1e3 * shift @ shift.T, subset_by_index=[0, min(count, len(model) - 3) - 1])[1]


def _orthonormal(columns: Array, against: Array) -> Array:
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


def grow(
    surface: Surface,
    point: Point,
    clamped: Clamped,
    model: Array,
    space: Subspace,
    settings: ResponseSettings,
    after_batch: Callable[[Subspace], None] | None = None,
) -> tuple[float, bool]:
    """Grow the subspace until the tensor and the lowest modes are converged.

    Parameters
    ----------
    model : array of shape (3N, 3N)
        Approximate Hessian, used as the preconditioner.
    space : Subspace
        Changed in place; may hold products already.
    after_batch : callable, optional
        Called with the subspace after every block of products.

    Returns
    -------
    float
        Estimated largest error of a diagonal tensor component, GPa.
    bool
        Whether everything converged.
    """
    precondition = _preconditioner(model, settings.floor)
    right, unit = without_translations(clamped.forces), EV_PER_A3_IN_GPA / point.volume
    size = right.shape[0]
    if not space.basis.shape[1]:  # soft guesses first: a mode that no strain excites must be seen too
        _measure(surface, point, _orthonormal(_softest(model, settings.modes + 2), space.basis), space, settings)
    while True:
        residual = right - space.products @ (space.basis.T @ space.solve(right))
        # The subspace is where H is known; the part of the residual inside it is finite-difference noise.
        residual = residual - space.basis @ (space.basis.T @ residual)
        guess = precondition(residual)
        errors = (residual * guess).sum(axis=0) * unit
        values, vectors = space.ritz()
        count = min(settings.modes, len(values))
        wanted = [guess[:, k : k + 1] for k in range(6) if errors[k] > settings.tolerance]
        for m in range(count):
            gap = space.products @ (space.basis.T @ vectors[:, m]) - values[m] * vectors[:, m]
            correction = precondition(gap[:, None])
            if gap @ correction[:, 0] > settings.mode_tolerance + 0.05 * abs(values[m]):
                wanted.append(correction)
        worst = float(errors.max())
        if not wanted:
            return worst, True
        if space.basis.shape[1] >= min(settings.max_products, size - 3):
            return worst, space.basis.shape[1] >= size - 3
        fresh = _orthonormal(np.hstack(wanted), space.basis)
        if not fresh.shape[1]:
            return worst, worst < settings.tolerance
        _measure(surface, point, fresh, space, settings)
        if after_batch is not None:
            after_batch(space)


def _measure(surface: Surface, point: Point, fresh: Array, space: Subspace, settings: ResponseSettings) -> None:
    columns = [hessian_product(surface, point, v, settings.displacement) for v in fresh.T]
    space.products = np.column_stack([space.products, *columns])
    space.basis = np.column_stack([space.basis, fresh])


def respond(
    surface: Surface,
    point: Point,
    clamped: Clamped,
    model: Array,
    space: Subspace,
    settings: ResponseSettings,
    soft: float = 0.05,
    after_batch: Callable[[Subspace], None] | None = None,
) -> Response:
    """Solve the linear response at a relaxed point.

    Parameters
    ----------
    model : array of shape (3N, 3N)
        Approximate Hessian in eV/Angstrom^2 (of the relaxation, or a model).
    space : Subspace
        Products known already; grown in place.
    soft : float
        Modes with a smaller curvature (eV/Angstrom^2) are frozen in `Response.frozen`.
    """
    error, converged = grow(surface, point, clamped, model, space, settings, after_batch)
    right = without_translations(clamped.forces)
    values, vectors = space.ritz()
    solution = space.solve(right)
    unit = EV_PER_A3_IN_GPA / point.volume
    tensor = clamped.tensor - right.T @ solution * unit
    lost = right.T @ (solution - space.solve(right, frozen_below=soft)) * unit
    return Response(
        tensor=tensor,
        clamped=clamped.tensor,
        frozen=tensor + 0.5 * (lost + lost.T),
        curvatures=values[:8],
        mode=vectors[:, 0] if values.size else np.zeros(len(right)),
        solution=solution,
        error=error,
        converged=converged,
        products=space.basis.shape[1],
        hessian=updated_hessian(model, space),
    )
