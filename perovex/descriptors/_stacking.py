"""The gaps between successive slabs, and where molecules stand in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.model import LayeredPerovskite, Molecule

    Array = NDArray[np.float64]

CLOSEST_PLANES = 1.0
"""Å. Metal planes of different slabs are never closer; a smaller distance is one whole period."""


@dataclass(frozen=True)
class Gap:
    """The room between a slab and the next one along the normal; heights in Å.

    Attributes
    ----------
    floor, ceiling : float
        Mean planes of the terminal halides that face each other.
    metal_floor, metal_ceiling : float
        Metal planes behind them.
    """

    floor: float
    ceiling: float
    metal_floor: float
    metal_ceiling: float

    @property
    def centre(self) -> float:
        """Height of the middle."""
        return (self.floor + self.ceiling) / 2.0


@dataclass(frozen=True)
class Placed:
    """A spacer in its gap.

    Attributes
    ----------
    molecule : Molecule
        The spacer.
    gap : int
        Which gap.
    heights : ndarray, shape (m,)
        Height of each atom in the frame of the gap, Å.
    """

    molecule: Molecule
    gap: int
    heights: Array


def find_gaps(crystal: LayeredPerovskite) -> list[Gap]:
    """Gaps above each slab, in order along the normal; none for a 3D network."""
    if crystal.dimensionality != 2:
        return []
    gaps = []
    for slab, following in zip(crystal.slabs, (*crystal.slabs[1:], crystal.slabs[0]), strict=True):
        bottom, top = float(following.metal_heights[0]), float(slab.metal_heights[-1])
        step = (bottom - top) % crystal.repeat_height
        if step < CLOSEST_PLANES:
            step += crystal.repeat_height
        ceiling = top + step + float(following.terminal_heights[0]) - bottom
        gaps.append(Gap(float(slab.terminal_heights[1]), ceiling, top, top + step))
    return gaps


def wrap(values: Array | float, period: float) -> Array:
    """Fold differences of height into half a period about zero."""
    return np.asarray((np.asarray(values) + period / 2.0) % period - period / 2.0)


def place_spacers(crystal: LayeredPerovskite, gaps: list[Gap]) -> list[Placed]:
    """Put each spacer in the gap whose middle is nearest to the mean height of its heavy atoms."""
    if not gaps:
        return []
    centres = np.array([gap.centre for gap in gaps])
    placed = []
    for molecule in crystal.spacers:
        heights = molecule.coordinates @ crystal.normal
        middle = float(heights[heavy_atoms(molecule)].mean())
        offsets = wrap(middle - centres, crystal.repeat_height)
        best = int(np.argmin(np.abs(offsets)))
        placed.append(Placed(molecule, best, heights + (centres[best] + offsets[best] - middle)))
    return placed


def sheet_vectors(crystal: LayeredPerovskite) -> Array:
    """Mean M...M vectors along the two directions of the sheet, Å, shape (2, 3); NaN without bridges."""
    bridges = crystal.bridges
    steps = bridges.vectors[:, 1] - bridges.vectors[:, 0]
    steps = steps * np.where(bridges.ligand[:, 0] % 2 == 0, 1.0, -1.0)[:, None]
    axis = np.where(bridges.axial, 2, bridges.ligand[:, 0] // 2)
    mean_step = np.full((2, 3), np.nan)
    for direction in (0, 1):
        along = axis == direction
        if along.any():
            mean_step[direction] = steps[along].mean(axis=0)
    return mean_step


def heavy_atoms(molecule: Molecule) -> NDArray[np.bool_]:
    """Mask of the atoms that are not hydrogen; of all atoms where there are no others."""
    mask = np.array([symbol not in {"H", "D"} for symbol in molecule.symbols])
    return mask if mask.any() else ~mask
