"""The atoms of a cell as a file lists them, disorder included."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.bonding.neighbours import neighbour_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Two atoms of one element nearer than this, Å, are one atom listed twice.
SAME_PLACE = 0.05


@dataclass(frozen=True, eq=False)
class Sites:
    """Atoms of the full cell, as a file lists them.

    Attributes
    ----------
    symbols : list of str
        Elements.
    frac : ndarray, shape (n, 3)
        Fractional coordinates.
    occupancy : ndarray, shape (n,)
        Occupancies, 1 where ordered.
    group : ndarray of int, shape (n,)
        Disorder group of the file; 0 where none is named. Copies of a negative group by symmetry are alternatives.
    assembly : list of str
        Disorder assembly of the file; groups of different assemblies are independent.
    parent : ndarray of int, shape (n,)
        Row of the file that each atom comes from.
    operations : list of tuple of int
        Which symmetry operations make it out of that row; several on a special position.
    """

    symbols: list[str]
    frac: NDArray[np.float64]
    occupancy: NDArray[np.float64]
    group: NDArray[np.int64]
    assembly: list[str]
    parent: NDArray[np.int64]
    operations: list[tuple[int, ...]]

    def __len__(self) -> int:
        return len(self.symbols)

    @classmethod
    def ordered(cls, symbols: list[str], frac: NDArray[np.float64]) -> Sites:
        """Sites without any disorder or symmetry."""
        return cls.listed(symbols, frac, np.ones(len(symbols)))

    @classmethod
    def listed(cls, symbols: list[str], frac: NDArray[np.float64], occupancy: NDArray[np.float64]) -> Sites:
        """Sites that name neither groups nor symmetry."""
        count = len(symbols)
        none = np.zeros(count, dtype=np.int64)
        return cls(symbols, frac, occupancy, none, [""] * count, np.arange(count), [(0,)] * count)

    def take(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> Sites:
        """Return the chosen atoms, by a mask or by positions."""
        chosen = np.flatnonzero(keep) if keep.dtype == np.bool_ else keep
        return Sites(
            [self.symbols[i] for i in chosen],
            self.frac[chosen],
            self.occupancy[chosen],
            self.group[chosen],
            [self.assembly[i] for i in chosen],
            self.parent[chosen],
            [self.operations[i] for i in chosen],
        )

    def with_occupancy(self, occupancy: NDArray[np.float64]) -> Sites:
        """Return the same atoms with other occupancies."""
        return replace(self, occupancy=occupancy)


def merge_repeated(sites: Sites, lattice: NDArray[np.float64], full: float) -> tuple[Sites, list[str]]:
    """Keep one of each atom that is listed twice at one place: by hand, by symmetry or on two faces of the cell.

    Parameters
    ----------
    sites : Sites
        All atoms of the cell.
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    full : float
        Occupancy from which an atom counts as ordered; others may well be two alternatives at one place.

    Returns
    -------
    sites : Sites
    remarks : list of str
        How many were left out.

    Examples
    --------
    >>> twice = Sites.ordered(["Cs", "Cs", "Cl"], np.array([[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5]]))
    >>> merge_repeated(twice, np.eye(3) * 4.1, 0.98)[1]
    ['1 of 3 atoms listed twice at the same place: one of each was kept']
    """
    if not np.isfinite(sites.frac).all():
        return sites, []
    pairs = neighbour_pairs(lattice, sites.frac, SAME_PLACE)
    later = pairs.i < pairs.j
    pairs = pairs.take(later & (sites.occupancy[pairs.i] >= full) & (sites.occupancy[pairs.j] >= full))
    keep = np.ones(len(sites), dtype=bool)
    for i, j in zip(pairs.i.tolist(), pairs.j.tolist(), strict=True):
        if keep[i] and sites.symbols[i] == sites.symbols[j]:
            keep[j] = False
    lost = int((~keep).sum())
    if not lost:
        return sites, []
    remark = f"{lost} of {len(keep)} atoms listed twice at the same place: one of each was kept"
    return sites.take(keep), [remark]
