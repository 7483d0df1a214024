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
        chains = _chains(reference)
        self._neighbours = list(chains)
        # all pairs in one array, chain after chain, so that a frame is one gather and one sum by segments
        sizes = [len(here) for here, _ in chains.values()]
        self._here = np.concatenate([here for here, _ in chains.values()] or [np.zeros(0, dtype=np.int64)])
        self._there = np.concatenate([there for _, there in chains.values()] or [np.zeros(0, dtype=np.int64)])
        self._starts = np.cumsum([0, *sizes])[:-1]
        self._sizes = np.array(sizes, dtype=float)[:, None]
        self._counts = np.zeros(3 * (len(EDGES) - 1))
        self._products = np.zeros((len(sizes), 3))
        self._squares = np.zeros((len(sizes), 3))

    def add(self, crystal: LayeredPerovskite) -> Array:
        """Take a frame; return its rotations, deg, shape (k, 3)."""
        rotations = crystal_rotations(crystal)
        count = len(EDGES) - 1
        # values outside of the outermost edges count in the outermost bins
        bins = np.clip((rotations - EDGES[0]) // (EDGES[1] - EDGES[0]), 0, count - 1).astype(np.int64)
        self._counts += np.bincount((bins + count * np.arange(3)).ravel(), minlength=3 * count)
        if self._neighbours:
            squares = rotations**2
            product = np.add.reduceat(rotations[self._here] * rotations[self._there], self._starts, axis=0)
            square = np.add.reduceat(squares[self._here] + squares[self._there], self._starts, axis=0)
            self._products += product / self._sizes
            self._squares += 0.5 * square / self._sizes
        return rotations

    def density(self) -> pd.DataFrame:
        """Return the density of tilt angles, 1/deg.

        Returns
        -------
        DataFrame
            Rows are angles (centres of bins, deg), columns the axes of rotation.
        """
        counts = self._counts.reshape(3, -1)
        total = counts.sum(axis=1, keepdims=True)
        values = counts / np.where(total > 0, total, 1.0) / np.diff(EDGES)
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
            (AXES[q], AXES[along], shell, self._products[k, q] / self._squares[k, q])
            for q in range(3)
            for k, (along, shell) in enumerate(self._neighbours)
            if self._squares[k, q] > 0
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
