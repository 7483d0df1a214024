"""Glazer's symbol of the tilts of a 3D network, with the tolerances that decide it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perovex.descriptors.tilts import crystal_rotations, tilt_correlation

if TYPE_CHECKING:
    from perovex.crystal.model import LayeredPerovskite

TOLERANCE = 1.0
"""deg; a tilt below it counts as none, tilts closer than it as equal."""
PHASE = 0.5
"""Correlation of neighbours above which tilts count as in phase (+), below minus which as in antiphase (-)."""


@dataclass(frozen=True)
class GlazerSymbol:
    """Symbol and the numbers behind it.

    Attributes
    ----------
    symbol : str
        Such as ``a-b+a-``, one letter and sign per pseudo-cubic axis; ``?`` for a tilt without a clear phase. Of a
        layered crystal with n = 1 the third axis has no neighbours, hence no sign.
    tilts : tuple of float
        Root-mean-square rotation about each axis, deg.
    phases : tuple of float
        Correlation of neighbours along the axis of each rotation; NaN without a tilt or without neighbours.
    tolerance : float
        deg, see `glazer_symbol`.
    """

    symbol: str
    tilts: tuple[float, float, float]
    phases: tuple[float, float, float]
    tolerance: float


def glazer_symbol(crystal: LayeredPerovskite, tolerance: float = TOLERANCE) -> GlazerSymbol:
    """Name the tilt system of a crystal.

    Parameters
    ----------
    crystal : LayeredPerovskite
        A 3D network; of a layered crystal the symbol tells the tilts within a slab.
    tolerance : float, default=1
        Tilts below it (deg) count as 0, tilts closer than it as equal.

    Returns
    -------
    GlazerSymbol

    References
    ----------
    A. M. Glazer, Acta Cryst. B 28, 3384 (1972), 10.1107/S0567740872007976.

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import cubic
    >>> glazer_symbol(perceive(cubic())).symbol
    'a0a0a0'
    """
    rotations = crystal_rotations(crystal)
    bridges = crystal.bridges
    axis = bridges.ligand[:, 0] // 2
    tilts, phases = [], []
    for q in range(3):
        tilts.append(float(np.sqrt(np.mean(rotations[:, q] ** 2))))
        ends = bridges.octahedron[axis == q]
        known = len(ends) > 0 and tilts[q] >= tolerance
        phases.append(tilt_correlation(rotations[ends[:, 0], q], rotations[ends[:, 1], q]) if known else float("nan"))
    letters = _letters(tilts, tolerance)
    signs = [_sign(tilt, phase, tolerance) for tilt, phase in zip(tilts, phases, strict=True)]
    symbol = "".join(letter + sign for letter, sign in zip(letters, signs, strict=True))
    return GlazerSymbol(symbol, (tilts[0], tilts[1], tilts[2]), (phases[0], phases[1], phases[2]), tolerance)


def _letters(tilts: list[float], tolerance: float) -> list[str]:
    """Equal letters for equal tilts; what counts as none is equal to what counts as none."""
    letters: list[str] = []
    for q, tilt in enumerate(tilts):
        like = next((p for p in range(q) if _equal(tilt, tilts[p], tolerance)), None)
        letters.append("abc"[q] if like is None else letters[like])
    return letters


def _equal(one: float, other: float, tolerance: float) -> bool:
    both_none = one < tolerance and other < tolerance
    return both_none or (min(one, other) >= tolerance and abs(one - other) < tolerance)


def _sign(tilt: float, phase: float, tolerance: float) -> str:
    if tilt < tolerance:
        return "0"
    if np.isnan(phase):
        return ""
    if abs(phase) < PHASE:
        return "?"
    return "+" if phase > 0 else "-"
