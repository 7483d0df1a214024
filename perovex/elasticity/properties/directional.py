"""Young's and shear modulus, Poisson's ratio and linear compressibility by direction, and their extremes.

Everything is a contraction of the compliance. For one direction u the shear modulus and Poisson's ratio are quadratic
forms of the second direction v in the plane normal to u: their extremes over v are eigenvalues of a 2 x 2 matrix, so
that the search for the extremes of the crystal is one over u alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perovex.elasticity.voigt import full_compliance, unit_directions, voigt_products
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from collections.abc import Callable

Array = NDArray[np.float64]

_GRID = 2000  # directions over half of the sphere before the best ones are refined
_STARTS = 6
_MOST_STEPS = 300
_FINEST = 1e-7  # rad; values are then right to 1e-13 of their curvature
_COMPASS = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)], dtype=float)
_RIGHT_ANGLE = 1e-6


@dataclass(frozen=True)
class Extreme:
    """An extreme value of a property and where it is reached.

    Attributes
    ----------
    value : float
    direction : ndarray, shape (3,)
        Unit vector u.
    second : ndarray, shape (3,), or None
        Unit vector v normal to u, for properties of two directions.
    """

    value: float
    direction: Array
    second: Array | None = None


@dataclass(frozen=True)
class Extremes:
    """Smallest and largest value of a property over all directions.

    Attributes
    ----------
    min, max : Extreme
    """

    min: Extreme
    max: Extreme

    @property
    def ratio(self) -> float:
        """Largest over smallest; infinite where the smallest is zero or negative."""
        return self.max.value / self.min.value if self.min.value > 0 else math.inf


def youngs(S: Array, u: Array) -> Array:
    """Young's modulus 1 / (S_ijkl u_i u_j u_k u_l) of unit vectors (k, 3), GPa."""
    p = voigt_products(u)
    return np.asarray(1.0 / ((p @ S) * p).sum(axis=1))


def compressibility(S: Array, u: Array) -> Array:
    """Linear compressibility S_ijkk u_i u_j of unit vectors (k, 3), 1/GPa."""
    return voigt_products(u) @ S[:, :3].sum(axis=1)


def shear(S: Array, u: Array, v: Array) -> Array:
    """Shear modulus 1 / (4 S_ijkl u_i v_j u_k v_l) of pairs of unit vectors, GPa."""
    return np.asarray(0.25 / np.einsum("ijkl,ni,nj,nk,nl->n", full_compliance(S), u, v, u, v, optimize=True))


def poisson(S: Array, u: Array, v: Array) -> Array:
    """Poisson's ratio - S_ijkl u_i u_j v_k v_l / S_ijkl u_i u_j u_k u_l: contraction along v on pulling along u."""
    across = np.einsum("ijkl,ni,nj,nk,nl->n", full_compliance(S), u, u, v, v, optimize=True)
    return np.asarray(-across * youngs(S, u))


def orthogonal_pairs(first: ArrayLike, second: ArrayLike) -> tuple[Array, Array]:
    """Return pairs of unit vectors at right angles.

    Raises
    ------
    ElasticityError
        If the directions are not such pairs.
    """
    u, v = unit_directions(first), unit_directions(second)
    try:
        u, v = np.broadcast_arrays(u, v)
    except ValueError as error:
        raise ElasticityError(f"{len(u)} first and {len(v)} second directions do not match") from error
    cosine = np.abs(np.einsum("ni,ni->n", u, v))
    if cosine.max() > _RIGHT_ANGLE:
        raise ElasticityError(
            f"two directions are not at right angles (cosine {cosine.max():.2g})",
            remedy="shear modulus and Poisson's ratio take a direction and another one normal to it",
        )
    return u, v


def _frames(u: Array) -> Array:
    """Two unit vectors normal to each unit vector, shape (k, 2, 3)."""
    helper = np.eye(3)[np.abs(u).argmin(axis=1)]
    first = np.cross(u, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return np.stack([first, np.cross(u, first)], axis=1)


def _shear_form(full: Array, u: Array) -> Array:
    """Matrix N_jl = 4 S_ijkl u_i u_k, so that 1/G = v N v, shape (k, 3, 3)."""
    return np.asarray(4.0 * np.einsum("ijkl,ni,nk->njl", full, u, u, optimize=True))


def _poisson_form(full: Array, u: Array) -> Array:
    """Matrix M_kl with Poisson's ratio = v M v, shape (k, 3, 3)."""
    lateral = np.einsum("ijkl,ni,nj->nkl", full, u, u, optimize=True)
    axial = np.einsum("nkl,nk,nl->n", lateral, u, u)
    return np.asarray(-lateral / axial[:, None, None])


def second_extremes(S: Array, u: Array, prop: str) -> tuple[Array, Array, Array, Array]:
    """Extremes over the second direction of shear modulus (``"shear"``) or Poisson's ratio (``"poisson"``).

    Parameters
    ----------
    S : ndarray, shape (6, 6)
        Compliance, 1/GPa.
    u : ndarray, shape (k, 3)
        First directions, unit vectors.
    prop : {"shear", "poisson"}

    Returns
    -------
    low, high : ndarray, shape (k,)
        Smallest and largest value, GPa for the shear modulus.
    v_low, v_high : ndarray, shape (k, 3)
        Where they are reached.
    """
    full, frames = full_compliance(S), _frames(u)
    form = _shear_form(full, u) if prop == "shear" else _poisson_form(full, u)
    plane = np.einsum("nai,nij,nbj->nab", frames, form, frames)
    values, vectors = np.linalg.eigh(0.5 * (plane + plane.transpose(0, 2, 1)))
    directions = np.einsum("nap,nai->npi", vectors, frames)
    if prop == "shear":  # the form is the inverse of the modulus
        return 1.0 / values[:, 1], 1.0 / values[:, 0], directions[:, 1], directions[:, 0]
    return values[:, 0], values[:, 1], directions[:, 0], directions[:, 1]


def half_sphere(count: int = _GRID) -> Array:
    """Directions spread evenly over half of the sphere (a Fibonacci spiral), shape (count, 3)."""
    height = (np.arange(count) + 0.5) / count
    angle = np.pi * (1.0 + np.sqrt(5.0)) * np.arange(count)
    radius = np.sqrt(1.0 - height**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)


def best_direction(function: Callable[[Array], Array], sign: float = 1.0) -> tuple[float, Array]:
    """Minimise (sign 1) or maximise (sign -1) a smooth even function of direction.

    Parameters
    ----------
    function : callable
        From unit vectors (k, 3) to values (k,).
    sign : {1, -1}

    Returns
    -------
    value : float
    direction : ndarray, shape (3,)
    """
    special = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (0, 1) if any((x, y, z))], float)
    grid = np.vstack([special / np.linalg.norm(special, axis=1, keepdims=True), half_sphere()])
    values = sign * function(grid)
    scale = float(np.abs(values[np.isfinite(values)]).max(initial=1e-300))
    order = np.argsort(
        np.round(values / scale, 9), kind="stable"
    )  # rounded: on a plateau special directions come first
    starts = _separate(grid[order])
    best, where = _descend(lambda u: sign * function(u), starts)
    return sign * best, _upward(where)


def _descend(function: Callable[[Array], Array], starts: Array) -> tuple[float, Array]:
    """Refine all starts at once: move each to the best of eight neighbours, or halve its step."""
    here, step = starts, np.full(len(starts), 0.04)
    values = function(here)
    for _ in range(_MOST_STEPS):
        if step.max() < _FINEST:
            break
        frames = _frames(here)
        steps = step[:, None, None] * np.einsum("ka,nai->nki", _COMPASS, frames)
        around = here[:, None] + steps
        around /= np.linalg.norm(around, axis=2, keepdims=True)
        tried = function(around.reshape(-1, 3)).reshape(len(here), -1)
        best = tried.argmin(axis=1)
        rows = np.arange(len(here))
        better = tried[rows, best] < values - 1e-13 * np.abs(values)
        here = np.where(better[:, None], around[rows, best], here)
        values = np.where(better, tried[rows, best], values)
        step = np.where(better, step, 0.5 * step)
    # among equals the earliest start wins: on a plateau that is a special direction
    winner = int(np.flatnonzero(values <= values.min() + 1e-10 * max(1.0, abs(values.min())))[0])
    return float(values[winner]), here[winner]


def _separate(ordered: Array) -> Array:
    """Pick the best few directions that lie at least ten degrees apart."""
    chosen: list[Array] = []
    for direction in ordered[: len(ordered) // 4]:
        if all(abs(direction @ other) < math.cos(math.radians(10.0)) for other in chosen):
            chosen.append(direction)
        if len(chosen) == _STARTS:
            break
    return np.array(chosen)


def _upward(direction: Array) -> Array:
    """Choose the sign of a direction: its last clear component is positive."""
    clear = [x for x in direction[::-1] if abs(x) > 1e-6]
    return -direction if clear and clear[0] < 0 else direction + 0.0


def extremes(S: Array, prop: str) -> Extremes:
    """Smallest and largest value of a property over all directions.

    Parameters
    ----------
    S : ndarray, shape (6, 6)
        Compliance, 1/GPa.
    prop : {"youngs", "compressibility", "shear", "poisson"}

    Returns
    -------
    Extremes
        GPa; 1/GPa for the compressibility.
    """
    if prop in {"youngs", "compressibility"}:
        function = youngs if prop == "youngs" else compressibility
        low = best_direction(lambda u: function(S, u))
        high = best_direction(lambda u: function(S, u), -1.0)
        return Extremes(Extreme(*low), Extreme(*high))
    low = best_direction(lambda u: second_extremes(S, u, prop)[0])
    high = best_direction(lambda u: second_extremes(S, u, prop)[1], -1.0)
    _, _, v_low, _ = second_extremes(S, low[1][None], prop)
    _, _, _, v_high = second_extremes(S, high[1][None], prop)
    return Extremes(Extreme(*low, _upward(v_low[0])), Extreme(*high, _upward(v_high[0])))
