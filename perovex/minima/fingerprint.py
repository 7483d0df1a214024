"""A crystal as the distances between its heavy atoms.

Distances know neither the choice of the cell nor left from right, so that a crystal, its supercell and its mirror image
have one fingerprint.
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ase import Atoms

Array = NDArray[np.float64]

REACH: Final = 7.0  # Å
STEP: Final = 0.05
WIDTH: Final = 0.10


def fingerprint(atoms: Atoms) -> dict[tuple[int, int], Array]:
    """Radial distribution of every pair of elements but hydrogen, broadened, up to 7 Å.

    Returns
    -------
    dict of (int, int) to ndarray, shape (140,)
        By atomic numbers; neighbours at each distance divided by its square, per heavy atom.

    Examples
    --------
    >>> from ase.build import bulk
    >>> copper = bulk("Cu", cubic=True)
    >>> round(distance(fingerprint(copper), fingerprint(copper.repeat((2, 1, 1)))), 6)
    0.0
    """
    from ase.neighborlist import primitive_neighbor_list

    heavy = atoms[atoms.numbers > 1]
    first, second, lengths = primitive_neighbor_list("ijd", (True,) * 3, heavy.cell.array, heavy.positions, REACH)
    numbers, grid = heavy.numbers, np.arange(0.5 * STEP, REACH, STEP)
    kernel = np.exp(-0.5 * (np.arange(-6, 7) * STEP / WIDTH) ** 2)
    kernel /= kernel.sum()
    result = {}
    for a, b in combinations_with_replacement(sorted(set(numbers.tolist())), 2):
        chosen = (numbers[first] == a) & (numbers[second] == b)
        counts = np.histogram(lengths[chosen], bins=len(grid), range=(0.0, len(grid) * STEP))[0]
        result[a, b] = np.convolve(counts / grid**2, kernel, mode="same") / len(heavy)
    return result


def distance(a: dict[tuple[int, int], Array], b: dict[tuple[int, int], Array]) -> float:
    """Relative distance of two fingerprints: 0 for equal ones, 1.4 for crystals without common elements."""
    nothing = np.zeros(1)
    differences = [a.get(pair, nothing) - b.get(pair, nothing) for pair in {*a, *b}]
    difference = sum(float((apart**2).sum()) for apart in differences)
    size = sum(float((density**2).sum()) for density in (*a.values(), *b.values()))
    if not size:
        return 0.0
    return float(np.sqrt(difference / (0.5 * size)))
