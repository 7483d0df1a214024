"""Relaxed-ion elastic tensor of an expensive calculator from a dozen calls, along the strain paths of a cheap one.

The cheap potential gives the response U of the ions to strain and the Hessian H. The expensive calculator is asked for
stress and forces where its crystal is strained and the ions are displaced along U. With r the forces that are left, per
unit strain, and V the volume,

    C = C_stress - U^T r / V - r^T H^+ r / V,

where C_stress is the change of the stress along the path. The first two terms are the curvature of the energy along the
path, an upper bound of C that is wrong in the second order of the error of U only; the third is that second order, by
the Hessian of the cheap potential. It is the error bar, too: it is as wrong as H is.

Forces of a first-principles code are noisy (the grid moves against the atoms), and H^+ blows noise up along soft modes.
What of r does not stand out of the noise is therefore taken for noise, mode by mode, and what could hide in it is added
to the error bar. Without any correction, stress alone along the path is robust, and right in first order.

Differences may be one-sided: half the calls, and the curvature along the path is that of the cheap potential.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from perovex.elasticity.response.differences import Clamped, Strains, clamped_response, spread
from perovex.elasticity.response.symmetry import CrystalSymmetry, pack
from perovex.elasticity.surface import EV_PER_A3_IN_GPA, Point, Surface, without_translations

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PathSettings:
    """Steps and noise of the response along strain paths.

    Attributes
    ----------
    strain : float
        Amplitude, engineering for shears.
    one_sided : bool
        Strain to one side only; the curvature along the path is then taken from the cheap potential.
    force_noise : float
        Standard deviation of a force component of the expensive calculator, eV/Å; for example the change of the
        forces when the crystal is shifted against the grid, over the square root of two.
    floor : float
        Smallest curvature that H^+ inverts, eV/Å^2.
    """

    strain: float = 5e-3
    one_sided: bool = False
    force_noise: float = 0.0
    floor: float = 0.01


@dataclass(frozen=True)
class CheapResponse:
    """What a cheap potential knows of a crystal.

    Attributes
    ----------
    surface : Surface
    point : Point
        Where the expensive calculator is relaxed or nearly so.
    solution : ndarray, shape (3N, 6)
        Displacement per unit strain, Å.
    hessian : ndarray, shape (3N, 3N)
        eV/Å^2.
    tensor : ndarray, shape (6, 6)
        Of the cheap potential, GPa.
    symmetry : CrystalSymmetry
        Group that the point obeys.
    """

    surface: Surface
    point: Point
    solution: Array
    hessian: Array
    tensor: Array
    symmetry: CrystalSymmetry


@dataclass(frozen=True)
class PathResponse:
    """Elastic tensor of the expensive calculator, and how it came about; all of shape (6, 6) in GPa.

    Attributes
    ----------
    tensor : array
        Relaxed-ion, with all corrections.
    stress_alone : array
        Change of the stress along the paths: right in first order of the error of the paths.
    along_path : array
        Curvature of the energy along the paths, as far as the residual forces stand out of the noise: an upper bound.
    second_order : array
        What was subtracted from that by the Hessian of the cheap potential.
    error : array
        Error bar of each component: the second-order term and what the noise of the forces adds or hides.
    cheap : array
        The tensor of the cheap potential along the same paths and with the same differences.
    asymmetry : array
        Half the difference of the two halves of `stress_alone` before they were averaged. Forces play no part in it: it
        says, without their noise, how large errors of first order are.
    residuals : ndarray, shape (3N, 6)
        Forces left along the paths, eV/Å per unit strain.
    """

    tensor: Array
    stress_alone: Array
    along_path: Array
    second_order: Array
    error: Array
    cheap: Array
    asymmetry: Array
    residuals: Array


def respond_along_paths(
    surface: Surface, point: Point, cheap: CheapResponse, settings: PathSettings | None = None
) -> PathResponse:
    """Elastic tensor of an expensive calculator along the strain paths of a cheap one.

    Parameters
    ----------
    surface : Surface
        Of the expensive calculator.
    point : Point
        Its evaluated reference, relaxed or nearly so; with the symmetry of `cheap`.
    cheap : CheapResponse
    settings : PathSettings, optional

    Returns
    -------
    PathResponse
    """
    settings = settings or PathSettings()
    if settings.one_sided:
        along = _one_sided(surface, point, cheap, settings.strain)
    else:
        along = clamped_response(surface, point, settings.strain, cheap.symmetry, following=cheap.solution)
    same = clamped_response(cheap.surface, cheap.point, settings.strain, cheap.symmetry, following=cheap.solution)
    sides = 1 if settings.one_sided else 2
    noise = settings.force_noise / settings.strain * (np.sqrt(2) if sides == 1 else np.sqrt(0.5))
    return combine(along, same.tensor, cheap, point.volume, noise, settings.floor)


def combine(
    along: Clamped, same: Array, cheap: CheapResponse, volume: float, noise: float, floor: float
) -> PathResponse:
    """Put stress and residual forces along the paths together.

    Parameters
    ----------
    along : Clamped
        Changes of stress (6, 6), GPa, and of forces (3N, 6), eV/Å, per unit strain along the paths.
    same : ndarray, shape (6, 6)
        Change of the cheap potential's stress along the same paths, GPa.
    cheap : CheapResponse
    volume : float
        Å^3.
    noise : float
        Standard deviation of a component of the residual forces, eV/Å per unit strain.
    floor : float
        Smallest curvature inverted, eV/Å^2.
    """
    unit = EV_PER_A3_IN_GPA / volume
    residuals = without_translations(along.forces)
    values, vectors = eigh(_without_free_motion(cheap.hessian))
    inverse = 1.0 / np.maximum(values, floor)
    # In the basis of the modes: the part of the residuals that stands out of the noise, and the paths.
    measured, path = vectors.T @ residuals, vectors.T @ without_translations(cheap.solution)
    kept = measured * np.clip(1.0 - noise**2 / np.maximum(measured**2, 1e-300), 0.0, 1.0)
    first = path.T @ kept
    second = kept.T @ (inverse[:, None] * kept) * unit
    along_path = along.tensor - 0.5 * (first + first.T) * unit
    error = _error(second, kept, path, inverse, noise, unit)
    asymmetry = np.zeros((6, 6)) if along.asymmetry is None else along.asymmetry
    return PathResponse(along_path - second, along.tensor, along_path, second, error, same, asymmetry, residuals)


def _without_free_motion(hessian: Array) -> Array:
    """Symmetric Hessian in which rigid translations are stiff, so that its inverse leaves them out."""
    n = len(hessian) // 3
    shift = np.kron(np.ones((n, 1)) / np.sqrt(n), np.eye(3))
    return 0.5 * (hessian + hessian.T) + 1e6 * shift @ shift.T


def _error(second: Array, kept: Array, path: Array, inverse: Array, noise: float, unit: float) -> Array:
    """Error bar (6, 6) in GPa: second order, noise that was corrected for, and what may hide in the noise."""
    bars = np.sqrt(np.outer(np.diag(second), np.diag(second)))
    if noise == 0.0:
        return bars
    resolved = kept != 0.0
    passed = np.where(resolved, path + 2 * inverse[:, None] * kept, 0.0)
    hidden = np.where(resolved, 0.0, path)
    spread_of = noise * np.sqrt((passed**2).sum(axis=0) + (hidden**2).sum(axis=0)) * unit
    missed = noise**2 * (np.where(resolved, 0.0, inverse[:, None])).sum(axis=0) * unit
    columns = spread_of + missed
    return bars + np.sqrt(np.outer(columns, columns))


def _one_sided(surface: Surface, point: Point, cheap: CheapResponse, strain: float) -> Clamped:
    """Difference along the paths from one side, less half the curvature of the cheap potential along them."""
    group, size = cheap.symmetry, cheap.solution.shape[0]
    forward = path_steps(cheap, strain)
    plus = surface.stepped(point, forward, 1.0)
    cheap_plus = cheap.surface.stepped(cheap.point, forward, 1.0)
    cheap_minus = cheap.surface.stepped(cheap.point, [-step for step in forward], 1.0)
    seen = Strains.empty(size)
    for step, here, ahead, behind in zip(forward, plus, cheap_plus, cheap_minus, strict=True):
        stress, forces = (
            (_values(here)[k] - _values(point)[k]) / strain
            - (_values(ahead)[k] + _values(behind)[k] - 2 * _values(cheap.point)[k]) / (2 * strain)
            for k in range(2)
        )
        seen.strains = np.vstack([seen.strains, step[-6:] / strain])
        seen.stresses = np.vstack([seen.stresses, stress])
        seen.forces = np.vstack([seen.forces, forces])
    return spread(seen, group)


def path_steps(cheap: CheapResponse, strain: float) -> list[Array]:
    """Composite steps (3N + 6,) along the paths, as few as the space group needs: displacements (Å), strains."""
    vectors = [packed.vector for packed in pack(np.eye(6), cheap.symmetry.on_strains)]
    return [strain * np.concatenate([cheap.solution @ vector, vector]) for vector in vectors]


def _values(point: Point) -> Sequence[Array]:
    return point.stress, point.forces.ravel()
