"""Relaxed-ion elastic tensor by linear response, without the full Hessian.

The response x of the ions to a strain solves H x = L, with L the forces per unit strain, and C = C0 - L^T x
/ V. H is only known through products H v, each one call of the potential at ions displaced along v. The six
strains and the lowest modes share one growing subspace (block Davidson / preconditioned Krylov),
preconditioned with the Hessian that the relaxation left. The Galerkin solution is variational: the error of
C is second order in that of x. The space group (`symmetry`) multiplies whatever is measured.
References: Baroni et al., Rev. Mod. Phys. 73, 515 (2001),
10.1103/RevModPhys.73.515; Davidson, J. Comput. Phys. 17, 87 (1975), 10.1016/0021-9991(75)90065-0; Wu,
Vanderbilt and Hamann, Phys. Rev. B 72, 035105 (2005), 10.1103/PhysRevB.72.035105.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from perovex.elasticity.response.differences import Clamped, batches, hessian_products
from perovex.elasticity.response.subspace import Subspace, is_new, orthonormal, updated_hessian
from perovex.elasticity.response.symmetry import CrystalSymmetry, pack
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
        Largest displacement of an atom in a Hessian-vector product, Å.
    tolerance : float
        Estimated error of a tensor component at which the subspace stops growing, GPa.
    mode_tolerance : float
        Estimated error of a lowest curvature at which it counts as converged, eV/Å^2.
    modes : int
        Number of lowest modes that are converged.
    soft : float
        Modes below this curvature (eV/Å^2) are frozen for the second tensor. With symmetry, a mode of
        another representation than that of the lowest need not be converged if it cannot lie below it.
    stored : float
        Modes below this curvature (eV/Å^2) are kept with their couplings to strain.
    max_products : int
        Hessian-vector products measured (up to two calls each) before giving up.
    floor : float
        Smallest curvature of the preconditioner, eV/Å^2.
    unstable_below : float, optional
        Give the tensor up once a curvature (eV/Å^2) below this is found: those in a subspace are upper bounds of
        the lowest there is, so that no further product can prove the crystal stable.
    """

    strain: float = 2e-3
    displacement: float = 6e-3
    tolerance: float = 0.01
    mode_tolerance: float = 0.004
    modes: int = 3
    soft: float = 0.05
    stored: float = 0.5
    max_products: int = 400
    floor: float = 0.03
    unstable_below: float | None = None


@dataclass
class Response:
    """Result of a linear response.

    Attributes
    ----------
    tensor, clamped, frozen : ndarray, shape (6, 6)
        GPa: relaxed-ion, clamped-ion, relaxed-ion with the modes below the soft threshold frozen.
    curvatures : array
        Lowest curvatures in eV/Å^2.
    mode : ndarray, shape (3N,)
        The lowest mode.
    modes : ndarray, shape (m, 7)
        For each mode below the stored threshold its curvature kappa (eV/Å^2) and the forces g (eV/Å) on
        it per unit strain, Voigt. Relaxed along it, the crystal loses g g^T / (kappa V) of its tensor, so that soft
        modes can be treated in any other way without a calculation.
    solution : ndarray, shape (3N, 6)
        Displacement per unit strain, Å.
    error : float
        Estimated largest error of a component, GPa.
    errors : ndarray, shape (6,)
        Estimated errors of the diagonal components, GPa; that of another is at most the geometric mean of two.
    converged : bool
    products : int
        Hessian-vector products used.
    hessian : ndarray, shape (3N, 3N)
        The preconditioner, updated with all products.
    """

    tensor: Array
    clamped: Array
    frozen: Array
    curvatures: Array
    mode: Array
    modes: Array
    solution: Array
    error: float
    errors: Array
    converged: bool
    products: int
    hessian: Array = field(repr=False)


def preconditioner(model: Array, floor: float) -> Callable[[Array], Array]:
    """Inverse of the magnitude of a Hessian (3N, 3N), no curvature below the floor (eV/Å^2)."""
    values, vectors = eigh(0.5 * (model + model.T), check_finite=False, driver="evd")
    inverse = 1.0 / np.maximum(abs(values), floor)

    def apply(columns: Array) -> Array:
        return without_translations(vectors @ (inverse[:, None] * (vectors.T @ columns)))

    return apply


def _softest(model: Array, count: int, symmetry: CrystalSymmetry) -> Array:
    """Softest directions (3N, count) of the model without translations, and the softest of every symmetry."""
    if len(model) <= 3:  # a single atom has no internal motion
        return np.zeros((len(model), 0))
    shift = np.kron(np.ones((len(model) // 3, 1)) / np.sqrt(len(model) // 3), np.eye(3))
    wanted = len(model) - 3 if symmetry.order > 1 else min(count, len(model) - 3)
    values, vectors = eigh(model + 1e3 * shift @ shift.T, subset_by_index=[0, wanted - 1])
    first = _lowest_of_each(values, vectors, symmetry)
    return vectors[:, sorted({*range(min(count, wanted)), *first})]


def _lowest_of_each(values: Array, vectors: Array, symmetry: CrystalSymmetry) -> list[int]:
    """Return the indices of the lowest vector of each irreducible representation among eigenvectors.

    A degenerate set is told by its characters; sets that are degenerate by accident make one of their own.
    """
    if symmetry.order == 1 or not len(values):
        return []
    overlaps = np.einsum("gdk,dk->kg", symmetry.images(vectors), vectors)
    starts = np.flatnonzero(np.diff(values, prepend=-np.inf) > 1e-6 + 1e-5 * abs(values))
    seen: dict[tuple[float, ...], int] = {}
    for first, last in zip(starts, [*starts[1:], len(values)], strict=True):
        characters = overlaps[first:last].sum(axis=0)
        seen.setdefault(tuple(np.round(characters / (last - first), 1) + 0.0), int(first))
    return list(seen.values())


def grow(
    surface: Surface,
    point: Point,
    clamped: Clamped,
    model: Array,
    space: Subspace,
    settings: ResponseSettings,
    symmetry: CrystalSymmetry,
    after_batch: Callable[[], None] | None = None,
) -> tuple[Array, bool]:
    """Grow the subspace until the tensor and the lowest modes are converged.

    Parameters
    ----------
    model : ndarray, shape (3N, 3N)
        Approximate Hessian, used as the preconditioner.
    space : Subspace
        Changed in place; may hold products already.
    symmetry : CrystalSymmetry
        Group that the point obeys.
    after_batch : callable, optional
        Called after every batch of products.

    Returns
    -------
    ndarray, shape (6,)
        Estimated errors of the diagonal tensor components, GPa.
    bool
        Whether everything converged.
    """
    model = symmetry.average_hessian(model)
    precondition = preconditioner(model, settings.floor)
    right, unit = without_translations(clamped.forces), EV_PER_A3_IN_GPA / point.volume
    size = right.shape[0]

    def measure(wanted: Array) -> bool:
        return _measure(surface, point, wanted, space, settings, symmetry, after_batch)

    if not space.basis.shape[1]:  # soft guesses first: a mode that no strain excites must be seen too
        measure(_softest(model, settings.modes + 2, symmetry))
    while True:
        residual = right - space.products @ (space.basis.T @ space.solve(right))
        # The subspace is where H is known; the part of the residual inside it is finite-difference noise.
        residual = residual - space.basis @ (space.basis.T @ residual)
        correction = precondition(residual)
        errors = (residual * correction).sum(axis=0) * unit
        wanted = [correction[:, k : k + 1] for k in range(6) if errors[k] > settings.tolerance]
        wanted += _open_modes(space, precondition, settings, symmetry)
        limit = settings.unstable_below
        if limit is not None and space.ritz()[0].min(initial=np.inf) < limit:
            return errors, False
        if not wanted:
            return errors, True
        complete = space.basis.shape[1] >= size - 3
        if complete or space.measured >= settings.max_products:
            return errors, complete
        if not measure(np.hstack(wanted)):
            return errors, bool(errors.max() < settings.tolerance)


def begin(
    surface: Surface,
    point: Point,
    model: Array,
    guess: Array,
    settings: ResponseSettings,
    symmetry: CrystalSymmetry,
) -> Subspace:
    """Measure a roughly known response (3N, 6) and the softest modes of a model Hessian, to begin `respond` with."""
    space = Subspace.empty(len(guess))
    soft = _softest(symmetry.average_hessian(model), settings.modes, symmetry)
    _measure(surface, point, np.hstack([guess, soft]), space, settings, symmetry, None)
    return space


def _measure(
    surface: Surface,
    point: Point,
    wanted: Array,
    space: Subspace,
    settings: ResponseSettings,
    symmetry: CrystalSymmetry,
    after_batch: Callable[[], None] | None,
) -> bool:
    """Add the products of the wanted directions (3N, k) to the subspace; False if all are spanned already."""
    fresh = orthonormal(wanted, space.basis)
    plan = pack(fresh, symmetry.images(fresh)) if fresh.shape[1] else []
    for planned in batches(plan, surface.batch):
        part = [p for p in planned if is_new(p.vector, space.basis)]  # images of the part before may span it
        if not part:
            continue
        columns = hessian_products(surface, point, part, settings.displacement, symmetry)
        for packed, column in zip(part, columns.T, strict=True):
            space.add(*(symmetry.images(c[:, None])[:, :, 0].T for c in (packed.vector, column)))
        if after_batch is not None:
            after_batch()
    return bool(plan)


def _open_modes(
    space: Subspace, precondition: Callable[[Array], Array], settings: ResponseSettings, symmetry: CrystalSymmetry
) -> list[Array]:
    """Corrections (3N, 1) of the modes that are not converged.

    The lowest modes are converged, and with symmetry the lowest of every representation, which no mode of
    another would ever lead to, as far as it may turn out soft.
    """
    values, vectors = space.ritz()
    lowest, wanted = min(settings.modes, len(values)), []
    for m in sorted({*range(lowest), *_lowest_of_each(values, vectors, symmetry)}):
        gap = space.products @ (space.basis.T @ vectors[:, m]) - values[m] * vectors[:, m]
        correction = precondition(gap[:, None])
        drop = float(gap @ correction[:, 0])
        harmless = m >= lowest and values[m] - 2 * drop > settings.soft
        if drop > settings.mode_tolerance + 0.02 * abs(values[m]) and not harmless:
            wanted.append(correction)
    return wanted


def respond(
    surface: Surface,
    point: Point,
    clamped: Clamped,
    model: Array,
    space: Subspace,
    settings: ResponseSettings,
    symmetry: CrystalSymmetry | None = None,
    after_batch: Callable[[], None] | None = None,
) -> Response:
    """Solve the linear response at a relaxed point.

    Parameters
    ----------
    model : ndarray, shape (3N, 3N)
        Approximate Hessian in eV/Å^2 (of the relaxation, or a model).
    space : Subspace
        Products known already; grown in place.
    symmetry : CrystalSymmetry, optional
        Group that the point obeys.
    after_batch : callable, optional
        Called after every batch of products.
    """
    group = symmetry or CrystalSymmetry.trivial(len(point.positions))
    errors, converged = grow(surface, point, clamped, model, space, settings, group, after_batch)
    right = without_translations(clamped.forces)
    values, vectors = space.ritz()
    solution = space.solve(right)
    unit = EV_PER_A3_IN_GPA / point.volume
    tensor = clamped.tensor - right.T @ solution * unit
    lost = right.T @ (solution - space.solve(right, frozen_below=settings.soft)) * unit
    return Response(
        tensor=tensor,
        clamped=clamped.tensor,
        frozen=tensor + 0.5 * (lost + lost.T),
        curvatures=values[:8],
        mode=vectors[:, 0] if values.size else np.zeros(len(right)),
        modes=space.couplings(right, settings.stored),
        solution=solution,
        error=float(errors.max()),
        errors=errors,
        converged=converged,
        products=space.measured,
        hessian=updated_hessian(model, space),
    )
