"""Densities of tilt angles and correlations of tilts between neighbours, gathered frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perovex.descriptors.tilts import crystal_rotations

if TYPE_CHECKING:
    from perovex.crystal.model import LayeredPerovskite

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

EDGES = np.linspace(-45.0, 45.0, 181)
"""Edges of the bins of tilt angles, deg."""
SHELLS = 4
"""Neighbours up to the fourth along each axis."""
AXES = ("a", "b", "normal")
"""The two in-plane M...M directions (the first two pseudo-cubic axes of a 3D network) and the normal (the third)."""


class TiltStatistics:
    """Histograms and correlations of the rotations of the octahedra.

    Parameters
    ----------
    reference : LayeredPerovskite
        Says which octahedra are neighbours.
    """

    def __init__(self, reference: LayeredPerovskite) -> None:
        self._neighbours = _chains(reference)
        self._counts = np.zeros((3, len(EDGES) - 1))
        self._products = np.zeros((3, 3, SHELLS))
        self._squares = np.zeros((3, 3, SHELLS))
        self._frames = 0

    def add(self, crystal: LayeredPerovskite) -> Array:
        """Take a frame; return its rotations, deg, shape (k, 3)."""
        rotations = crystal_rotations(crystal)
        self._frames += 1
        for q in range(3):
            # values outside of the outermost edges count in the outermost bins
            bins = np.clip(np.searchsorted(EDGES, rotations[:, q], side="right") - 1, 0, len(EDGES) - 2)
            self._counts[q] += np.bincount(bins, minlength=len(EDGES) - 1)
        for (along, shell), (here, there) in self._neighbours.items():
            first, second = rotations[here], rotations[there]
            self._products[:, along, shell - 1] += (first * second).mean(axis=0)
            self._squares[:, along, shell - 1] += 0.5 * (first**2 + second**2).mean(axis=0)
        return rotations

    def density(self) -> pd.DataFrame:
        """Return the density of tilt angles, 1/deg.

        Returns
        -------
        DataFrame
            Rows are angles (centres of bins, deg), columns the axes of rotation.
        """
        total = self._counts.sum(axis=1, keepdims=True)
        values = self._counts / np.where(total > 0, total, 1.0) / np.diff(EDGES)
        angles = pd.Index(0.5 * (EDGES[1:] + EDGES[:-1]), name="angle")
        return pd.DataFrame(values.T, index=angles, columns=list(AXES))

    def correlation(self) -> pd.DataFrame:
        """Return correlations of tilts between neighbours.

        Returns
        -------
        DataFrame
            Columns ``tilt_about``, ``along``, ``shell`` (1 for nearest neighbours) and ``correlation``: mean product
            of the two rotations over their mean square, averaged over frames; +1 in phase, -1 in antiphase, towards
            0 where neighbours know nothing of each other. A shell that leads back to the octahedron itself through
            the periodic cell is left out.
        """
        rows = [
            (AXES[q], AXES[along], shell, self._products[q, along, shell - 1] / self._squares[q, along, shell - 1])
            for q in range(3)
            for along, shell in self._neighbours
            if self._squares[q, along, shell - 1] > 0
        ]
        return pd.DataFrame(rows, columns=["tilt_about", "along", "shell", "correlation"])


def _chains(crystal: LayeredPerovskite) -> dict[tuple[int, int], tuple[Integers, Integers]]:
    """Pairs of octahedra so many steps apart along each axis, without pairs of an octahedron and itself."""
    bridges, count = crystal.bridges, len(crystal.octahedra)
    following = np.full((count, 3), -1, dtype=np.int64)
    for side in (0, 1):
        ligand, here, there = bridges.ligand[:, side], bridges.octahedron[:, side], bridges.octahedron[:, 1 - side]
        forward = ligand % 2 == 0
        following[here[forward], ligand[forward] // 2] = there[forward]
    chains = {}
    for along in range(3):
        place = np.arange(count)
        for shell in range(1, SHELLS + 1):
            place = np.where(place >= 0, following[place, along], -1)
            known = (place >= 0) & (place != np.arange(count))
            # a chain that came back to its start repeats itself
            if not known.any() or (place == np.arange(count)).any():
                break
            chains[along, shell] = (np.flatnonzero(known), place[known])
    return chains
