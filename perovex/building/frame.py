r"""The inorganic slab: n sheets of rigid, corner-sharing, tilted octahedra.

Neighbouring octahedra, within a sheet and between sheets, carry opposite rotations :math:`R_A`, :math:`R_B`
(Glazer's antiphase tilts). Then every metal-metal vector is :math:`d (R_A + R_B) e`, the same for both kinds
of neighbour, so corners meet exactly and every octahedron stays perfectly regular.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from perovex.building.halides import POSITIONS, Halides
from perovex.building.lengths import bond_length
from perovex.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CellKind = Literal["1x1", "sqrt2", "2x2"]

#: In-plane lattice vectors in units of the two metal-metal vectors of a sheet.
CELLS: Final[dict[str, tuple[tuple[int, int], tuple[int, int]]]] = {
    "1x1": ((1, 0), (0, 1)),
    "sqrt2": ((1, 1), (-1, 1)),
    "2x2": ((2, 0), (0, 2)),
}


@dataclass(frozen=True, eq=False)
class SlabFrame:
    """An inorganic slab, normal along z.

    Attributes
    ----------
    symbols : tuple of str
        Elements.
    coordinates : ndarray, shape (m, 3)
        Å; metals of the lowest sheet at height zero.
    in_plane : ndarray, shape (2, 3)
        Lattice vectors of the sheet, Å.
    metal_vectors : ndarray, shape (2, 3)
        The two metal-metal vectors of a sheet, Å.
    rise : ndarray, shape (3,)
        From a metal of the lowest sheet to the one above it in the highest, Å.
    top_pockets, bottom_pockets : ndarray, shape (k, 3)
        Centres of the squares of terminal halides, in the halide plane.
    cages : ndarray, shape (k * (n - 1), 3)
        Centres of the cages between the sheets.
    parity : ndarray of int, shape (k,)
        Which of the two orientations the metal carries to whose square a pocket belongs.
    """

    symbols: tuple[str, ...]
    coordinates: NDArray[np.float64]
    in_plane: NDArray[np.float64]
    metal_vectors: NDArray[np.float64]
    rise: NDArray[np.float64]
    top_pockets: NDArray[np.float64]
    bottom_pockets: NDArray[np.float64]
    cages: NDArray[np.float64]
    parity: NDArray[np.int64]

    @property
    def thickness(self) -> float:
        """Height between the two planes of terminal halides, Å."""
        return float(self.top_pockets[0, 2] - self.bottom_pockets[0, 2])

    def stacking_vector(self, gap: float, shift: tuple[float, float]) -> NDArray[np.float64]:
        """Lattice vector to the next slab for a gap between halide planes (Å) and a fractional shift."""
        lateral = self.rise + np.asarray(shift, dtype=float) @ self.metal_vectors
        return np.array([lateral[0], lateral[1], self.thickness + gap])


def _cell_points(cell: NDArray[np.int64]) -> NDArray[np.int64]:
    """Integer points of one period of the sheet, in the order of their coordinates."""
    inverse = np.linalg.inv(cell)
    grid = np.array([(i, j) for i in range(-2, 5) for j in range(-2, 5)])
    fractional = grid @ inverse
    inside = ((fractional > -1e-6) & (fractional < 1 - 1e-6)).all(axis=1)
    return grid[inside]


def orientations(rotation: float, tilt: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotation matrices of the two kinds of octahedra.

    Parameters
    ----------
    rotation : float
        About the sheet normal, degrees.
    tilt : float
        About the diagonal of the two metal-metal vectors, degrees.

    Examples
    --------
    >>> a, b = orientations(0.0, 0.0)
    >>> bool((a == b).all())
    True
    """
    axis = np.array([1.0, 1.0, 0.0]) / np.sqrt(2)

    def matrix(sign: float) -> NDArray[np.float64]:
        spin = Rotation.from_rotvec([0, 0, sign * np.radians(rotation)])
        lean = Rotation.from_rotvec(sign * np.radians(tilt) * axis)
        return (spin * lean).as_matrix()

    return matrix(1.0), matrix(-1.0)


def slab_frame(
    metal: str,
    halide: str | Halides,
    n: int,
    *,
    rotation: float = 0.0,
    tilt: float = 0.0,
    cell: CellKind = "sqrt2",
    length: float | None = None,
    rng: np.random.Generator | None = None,
) -> SlabFrame:
    """Corner-sharing octahedra of one slab.

    Parameters
    ----------
    metal : str
        Element symbol.
    halide : str or Halides
        Element symbol, or a mixture. Bridging halides of a mixture stand midway in bonds of the mean length of their
        position, terminal ones at their own.
    n : int
        Number of sheets, at least 1.
    rotation, tilt : float
        Angles of the octahedra about the normal and about the in-plane diagonal, degrees.
    cell : {"1x1", "sqrt2", "2x2"}
        In-plane period in units of the metal-metal distance; ``"1x1"`` cannot hold tilts.
    length : float, optional
        Metal-halide length, Å; by default `perovex.building.bond_length`.
    rng : numpy.random.Generator, optional
        Spreads halides that stand at random; by default always alike.

    Returns
    -------
    SlabFrame

    Raises
    ------
    BuildError
        For an unknown element or cell, n below 1, or tilts or shares of halides that the cell cannot hold.

    Examples
    --------
    >>> frame = slab_frame("Pb", "I", n=2, rotation=10, tilt=8)
    >>> frame.symbols.count("Pb"), frame.symbols.count("I"), len(frame.cages)
    (4, 14, 2)
    """
    _refuse(n, cell, tilted=bool(rotation or tilt))
    halides = halide if isinstance(halide, Halides) else Halides(((halide, 1.0),))
    lengths = {position: _mean_length(metal, halides, position, length) for position in _present(int(n))}

    # two in-plane vectors between neighbouring metals, and the one to the metal above
    turned = orientations(rotation, tilt)
    both = turned[0] + turned[1]
    equatorial, inner = lengths["equatorial"], lengths.get("inner", 0.0)
    p, q, r = equatorial * both[:, 0], equatorial * both[:, 1], inner * both[:, 2]

    matrix = np.array(CELLS[cell])
    points = _cell_points(matrix)
    metals = [i * p + j * q + sheet * r for sheet in range(int(n)) for i, j in points]
    bonds = _bonds(points, turned, int(n))
    elements = halides.arrange([bond.position for bond in bonds], rng or np.random.default_rng(0))
    own = length is None  # a terminal halide of a mixture stands at the length of its own element
    reach = [
        bond_length(metal, element) if own and bond.position == "terminal" else lengths[bond.position]
        for bond, element in zip(bonds, elements, strict=True)
    ]
    symbols, coordinates = _atoms(metal, metals, bonds, elements, reach)

    pockets = np.array([(i + 0.5) * p + (j + 0.5) * q for i, j in points])
    up = np.array([0.0, 0.0, lengths["terminal"] * turned[0][2, 2]])
    cages = [pocket + (sheet + 0.5) * r for sheet in range(int(n) - 1) for pocket in pockets]
    return SlabFrame(
        symbols=symbols,
        coordinates=coordinates,
        in_plane=matrix @ np.array([p, q]),
        metal_vectors=np.array([p, q]),
        rise=(n - 1) * r,
        top_pockets=pockets + (n - 1) * r + up,
        bottom_pockets=pockets - up,
        cages=np.array(cages).reshape(-1, 3),
        parity=points.sum(axis=1) % 2,
    )


def _refuse(n: int, cell: str, *, tilted: bool) -> None:
    if cell not in CELLS:
        raise BuildError(f"unknown in-plane cell {cell!r}", remedy=f"use one of {', '.join(CELLS)}")
    if not (n >= 1 and float(n).is_integer()):
        remedy = "use 1, 2, 3, ...; a 3D network (n = inf) has no spacer" if n == float("inf") else "use 1, 2, 3, ..."
        raise BuildError(f"n = {n} is not a number of sheets", remedy=remedy)
    if cell == "1x1" and tilted:
        raise BuildError("the 1x1 cell cannot hold tilts", remedy="use cell='sqrt2'")


class _Bond(NamedTuple):
    """From a metal to a halide that is counted with it."""

    metal: int
    position: str
    direction: NDArray[np.float64]


def _bonds(points: NDArray[np.int64], turned: tuple[NDArray[np.float64], NDArray[np.float64]], n: int) -> list[_Bond]:
    """Bonds of every metal, sheet after sheet: two in the sheet, the one above it, and that below the lowest sheet."""
    bonds: list[_Bond] = []
    for number, (sheet, (i, j)) in enumerate(product(range(n), points.tolist())):
        along = turned[(i + j + sheet) % 2].T
        bonds += [_Bond(number, "equatorial", along[0]), _Bond(number, "equatorial", along[1])]
        bonds.append(_Bond(number, "terminal" if sheet == n - 1 else "inner", along[2]))
        if sheet == 0:
            bonds.append(_Bond(number, "terminal", -along[2]))
    return bonds


def _atoms(
    metal: str, metals: list[NDArray[np.float64]], bonds: list[_Bond], elements: Sequence[str], reach: list[float]
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Symbols and coordinates of all atoms: every metal, followed by the halides that are counted with it."""
    symbols: list[str] = []
    coordinates: list[NDArray[np.float64]] = []
    for number, centre in enumerate(metals):
        symbols.append(metal)
        coordinates.append(centre)
        for bond, element, length in zip(bonds, elements, reach, strict=True):
            if bond.metal == number:
                symbols.append(element)
                coordinates.append(centre + length * bond.direction)
    return tuple(symbols), np.array(coordinates)


def _present(n: int) -> tuple[str, ...]:
    """Positions of halides in a slab of n sheets."""
    return tuple(position for position in POSITIONS if n > 1 or position != "inner")


def _mean_length(metal: str, halides: Halides, position: str, length: float | None) -> float:
    """Mean metal-halide length of a position, Å."""
    if length is not None:
        return float(length)
    return sum(share * bond_length(metal, symbol) for symbol, share in halides.at(position).items())
