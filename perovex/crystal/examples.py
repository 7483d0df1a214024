"""Small generated crystals for examples, tests and first steps: ideal networks, no measured data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Lattice, Structure

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Ammonium-type cations, Å: nitrogen at the origin; the last axis points away from the nitrogen.
_CATIONS: dict[str, tuple[list[str], list[tuple[float, float, float]]]] = {
    "Cs": (["Cs"], [(0.0, 0.0, 0.0)]),
    "NH4": (
        ["N", "H", "H", "H", "H"],
        [(0, 0, 0), (0.59, 0.59, 0.59), (-0.59, -0.59, 0.59), (0.59, -0.59, -0.59), (-0.59, 0.59, -0.59)],
    ),
    "MA": (
        ["N", "C", "H", "H", "H", "H", "H", "H"],
        [
            (0, 0, 0), (0, 0, 1.49),
            (0.96, 0, -0.36), (-0.48, 0.831, -0.36), (-0.48, -0.831, -0.36),
            (-1.03, 0, 1.85), (0.515, 0.892, 1.85), (0.515, -0.892, 1.85),
        ],
    ),
}  # fmt: skip


def cation(name: str, flip: bool = False) -> tuple[list[str], NDArray[np.float64]]:
    """Elements and coordinates (Å) of a small cation, its heavy atoms along z.

    Parameters
    ----------
    name : {"Cs", "NH4", "MA"}
        Caesium, ammonium or methylammonium.
    flip : bool, default=False
        Turn it upside down.
    """
    symbols, rows = _CATIONS[name]
    coordinates = np.array(rows, dtype=float)
    return list(symbols), coordinates * ([1, -1, -1] if flip else [1, 1, 1])


def cubic(metal: str = "Pb", halide: str = "I", cage: str = "Cs", bond: float = 3.15) -> Structure:
    """Cubic perovskite with one formula unit: a metal that bridges to its own images.

    Parameters
    ----------
    metal, halide : str
        Elements.
    cage : {"Cs", "NH4", "MA"}
        Cation at the centre of the cage.
    bond : float
        Metal-halide distance, Å.

    Examples
    --------
    >>> cubic().formula
    'Cs1 Pb1 I3'
    """
    a = 2 * bond
    symbols, rows = cation(cage)
    rows = rows - rows[[s != "H" for s in symbols]].mean(axis=0) + a / 2
    frame = np.array([[0, 0, 0], [bond, 0, 0], [0, bond, 0], [0, 0, bond]])
    return Structure(
        Lattice.cubic(a),
        [metal, halide, halide, halide, *symbols],
        np.vstack([frame, rows]),
        coords_are_cartesian=True,
    )


def layered(
    n: int = 1,
    shift: tuple[float, float] = (0.5, 0.5),
    *,
    metal: str = "Pb",
    halide: str = "I",
    spacer: str = "MA",
    cage: str = "Cs",
    bond: float = 3.15,
    gap: float = 8.0,
) -> Structure:
    """Ideal (100) slabs of n sheets, two slabs per cell, successive slabs shifted.

    Parameters
    ----------
    n : int
        Sheets per slab.
    shift : tuple of float
        Offset of successive slabs, in units of the metal-metal distance: (1/2, 1/2) staggered, (0, 0)
        eclipsed.
    metal, halide : str
        Elements.
    spacer, cage : {"Cs", "NH4", "MA"}
        Cations between the slabs (two per metal of a sheet) and in the cages.
    bond : float
        Metal-halide distance, Å.
    gap : float
        Height between facing halide planes, Å.

    Examples
    --------
    >>> layered(n=1, spacer="Cs").formula
    'Cs4 Pb2 I8'
    """
    a = 2 * bond
    period = 2 * n * bond + gap
    symbols: list[str] = []
    rows: list[NDArray[np.float64]] = []

    def add(names: list[str], coordinates: NDArray[np.float64]) -> None:
        symbols.extend(names)
        rows.append(coordinates)

    for slab in (0, 1):
        origin = np.array([slab * shift[0] * a, slab * shift[1] * a, slab * period])
        for sheet in range(n):
            base = origin + np.array([0, 0, (2 * sheet + 1) * bond])
            add(
                [metal, halide, halide, halide],
                base + np.array([[0, 0, 0], [bond, 0, 0], [0, bond, 0], [0, 0, bond]]),
            )
            if sheet == 0:
                add([halide], base[None] - [[0, 0, bond]])
            else:
                names, xyz = cation(cage)
                centre = xyz[[s != "H" for s in names]].mean(axis=0)
                add(names, xyz - centre + base + [bond, bond, -bond])
        for side, height in ((0, -0.1), (1, 2 * n * bond + 0.1)):
            names, xyz = cation(spacer, flip=side == 0)
            add(names, xyz + origin + [bond, bond, height])
    # the second slab may be shifted: the cell stays a right prism with both slabs in it
    lattice = Lattice(np.diag([a, a, 2 * period]))
    return Structure(lattice, symbols, np.vstack(rows), coords_are_cartesian=True)
