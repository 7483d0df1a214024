"""Quasi-Newton relaxation of ions and cell together, from a model Hessian, with a trust radius.

Steps are bent and the Hessian is turned along with what rotates (`perovex.elasticity.relaxation.curvilinear`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from perovex.elasticity.relaxation.curvilinear import StiffPairs
from perovex.elasticity.surface import atoms_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from perovex.elasticity.surface import Point, Surface

Array = NDArray[np.float64]


@dataclass(frozen=True)
class RelaxSettings:
    """Thresholds and limits of a relaxation.

    Attributes
    ----------
    fmax : float
        Largest force left, eV/Å.
    smax : float
        Largest stress component left, GPa.
    max_steps : int
        Steps before giving up.
    first_radius, largest_radius : float
        Trust radius in Å: no atom (and no strain times the length scale) moves farther in one step.
    floor : float
        Smallest curvature used, eV/Å^2.
    curvilinear : bool
        Bend steps such that what is stiff may turn without being stretched; steps at fixed cell stay straight.
    """

    fmax: float = 2e-3
    smax: float = 5e-3
    max_steps: int = 400
    first_radius: float = 0.12
    largest_radius: float = 0.35
    floor: float = 0.01
    curvilinear: bool = True


@dataclass
class RelaxState:
    """All that a relaxation needs to go on: last point, Hessian (3N+6)^2, trust radius, steps made."""

    point: Point
    hessian: Array
    scale: float
    radius: float
    steps: int = 0
    converged: bool = False


def is_relaxed(point: Point, settings: RelaxSettings) -> bool:
    """Whether forces and stress are both below their thresholds."""
    return point.max_force < settings.fmax and point.max_stress < settings.smax


def _reach(step: Array) -> float:
    """Largest displacement of an atom or scaled strain in a step, Å."""
    return float(max(np.linalg.norm(step[:-6].reshape(-1, 3), axis=1).max(), abs(step[-6:]).max()))


def trust_step(hessian: Array, gradient: Array, radius: float, floor: float) -> tuple[Array, float]:
    """Step of the level-shifted Newton equation within the radius, and its predicted energy change (eV)."""
    values, vectors = eigh(hessian, check_finite=False, driver="evd")
    values = np.maximum(abs(values), floor)
    slope = vectors.T @ gradient

    def step(shift: float) -> Array:
        return -vectors @ (slope / (values + shift))

    best = step(0.0)
    if _reach(best) > radius:
        low, high = 0.0, 1.0
        while _reach(step(high)) > radius:
            low, high = high, 4 * high
        for _ in range(12):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if _reach(step(middle)) > radius else (low, middle)
        best = step(high)
    coefficients = vectors.T @ best
    return best, float(gradient @ best + 0.5 * (values * coefficients**2).sum())


def update_hessian(hessian: Array, step: Array, change: Array) -> None:
    """Damped BFGS update in place (Powell's damping keeps it positive definite)."""
    product = hessian @ step
    curvature = float(step @ product)
    if curvature <= 0:
        return
    overlap = float(step @ change)
    if overlap < 0.1 * curvature:
        mix = 0.9 * curvature / (curvature - overlap)
        change = mix * change + (1 - mix) * product
        overlap = float(step @ change)
    hessian += np.outer(change, change) / overlap - np.outer(product, product) / curvature


def make_positive(hessian: Array, floor: float) -> None:
    """Turn curvatures below the floor (eV/Å^2) to their magnitude or to the floor, in place."""
    try:
        np.linalg.cholesky(hessian - floor * np.eye(len(hessian)))
    except np.linalg.LinAlgError:
        values, vectors = eigh(hessian, check_finite=False, driver="evd")
        hessian[:] = (vectors * np.maximum(abs(values), floor)) @ vectors.T


def _learn(hessian: Array, step: Array, change: Array, at: tuple[Array, Array, Array] | None, floor: float) -> None:
    """Update the Hessian in place by a step (3N + 6,) and the change of the gradient.

    `at` are the stiff pairs' Hessians where the step begins, half way and where the relaxation goes on. The step,
    a chord, is along no stiff pair but half way.
    """
    if at is not None:
        hessian += at[1] - at[0]
        make_positive(hessian, floor)
    update_hessian(hessian, step, change)
    if at is not None:
        hessian += at[2] - at[1]


def relax(
    surface: Surface,
    state: RelaxState,
    settings: RelaxSettings,
    after_step: Callable[[RelaxState], None] | None = None,
    project: Callable[[Array], Array] | None = None,
    *,
    fixed_cell: bool = False,
) -> RelaxState:
    """Relax ions and cell until both thresholds hold or the steps run out.

    Parameters
    ----------
    surface : Surface
        What is minimised.
    state : RelaxState
        Where to start; changed in place.
    settings : RelaxSettings
        Thresholds and limits.
    after_step : callable, optional
        Called with the state after every step (checkpoints, deadlines).
    project : callable, optional
        Applied to every step (3N + 6,): keeps the space group of a symmetric start.
    fixed_cell : bool
        Move the ions only. The Hessian must not couple them to strains; the threshold of the stress still counts.

    Returns
    -------
    RelaxState
        The same object; `converged` tells whether the thresholds hold.
    """

    def gradient_of(point: Point) -> Array:
        gradient = point.gradient(state.scale)
        if fixed_cell:
            gradient[-6:] = 0.0
        return gradient

    pairs = None
    if settings.curvilinear and not fixed_cell:
        pairs = StiffPairs.of(atoms_at(surface.atoms, state.point), state.scale)
    last = state.steps + settings.max_steps
    while not is_relaxed(state.point, settings) and state.steps < last:
        here, gradient = state.point, gradient_of(state.point)
        step, predicted = trust_step(state.hessian, gradient, state.radius, settings.floor)
        step = step if project is None else project(step)
        moved, ending = (step, step) if pairs is None else pairs.bent(here.positions, here.cell, step)
        moved = moved if project is None else project(moved)  # rounding must not add up
        trial = surface.stepped(here, [moved], state.scale)[0]
        new_gradient = gradient_of(trial)
        # The trapezoid of the gradients is far more precise than the difference of two float32 energies.
        actual = 0.5 * float(gradient @ step + new_gradient @ ending)
        ratio, reach = actual / min(predicted, -1e-12), _reach(step)
        accepted = ratio > -0.2 or reach < 0.01
        turned = None if pairs is None else pairs.hessians_along(here, trial, stay=not accepted)
        _learn(state.hessian, moved, new_gradient - gradient, turned, settings.floor)
        state.steps += 1
        if ratio < 0.1:
            state.radius = max(0.5 * min(reach, state.radius), 0.005)
        elif ratio > 0.7 and reach > 0.8 * state.radius:
            state.radius = min(1.5 * state.radius, settings.largest_radius)
        if accepted:
            state.point = trial
        if after_step is not None:
            after_step(state)
    state.converged = is_relaxed(state.point, settings)
    return state
