"""Coordinates of the atoms of a CIF: fractional, or Cartesian with or without the frame that the file states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from perovex.errors import StructureFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

#: Columns of coordinates, in the order in which they are preferred.
KINDS: Final = ("fract", "Cartn")
_ASSUMED: Final = "the file states no frame of its Cartesian coordinates: taken with a along x, b in the xy plane"


def kind_of(block: Any, prefix: str) -> str:
    """Return which coordinates a block has under a prefix, one of `KINDS`; empty where none."""
    return next((kind for kind in KINDS if len(block.find_values(f"{prefix}{kind}_x"))), "")


def fractional(
    block: Any, values: NDArray[np.float64], lattice: NDArray[np.float64], number: Callable[[str], float]
) -> tuple[NDArray[np.float64], list[str]]:
    """Return fractional coordinates of Cartesian ones, and what had to be assumed.

    Parameters
    ----------
    block : gemmi.cif.Block
        May state the frame, by the matrix and vector from or to fractional coordinates.
    values : ndarray, shape (n, 3)
        Cartesian coordinates, Å.
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å, in the frame that counts where the file states none: a along x, b in the xy plane.
    number : callable
        Reads a number of a CIF.

    Raises
    ------
    StructureFileError
        The frame that the file states is that of another cell.
    """
    stated = _matrix(block, "Cartn", number)
    if stated is None:
        inverse = _matrix(block, "fract", number)
        if inverse is not None and abs(np.linalg.det(inverse[0])) > 0:
            matrix = np.asarray(np.linalg.inv(inverse[0]), dtype=np.float64)
            stated = (matrix, np.asarray(-matrix @ inverse[1], dtype=np.float64))
    if stated is None:
        return values @ np.linalg.inv(lattice), [_ASSUMED]
    matrix, origin = stated
    metric, wanted = matrix.T @ matrix, lattice @ lattice.T
    if not np.allclose(metric, wanted, rtol=1e-2, atol=1e-2 * np.trace(wanted)):
        raise StructureFileError(
            "the frame of the Cartesian coordinates belongs to another cell",
            remedy="correct _atom_sites_Cartn_tran_matrix, or give fractional coordinates",
        )
    return (values - origin) @ np.linalg.inv(matrix).T, []


def _matrix(
    block: Any, kind: str, number: Callable[[str], float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Read the matrix and vector that lead to coordinates of a kind; None where they are missing or no numbers."""

    def read(name: str, places: list[str]) -> list[float]:
        numbers = []
        for place in places:
            core, macro = f"_atom_sites_{kind}_tran_{name}_{place}", "".join(f"[{digit}]" for digit in place)
            values = [*block.find_values(core), *block.find_values(f"_atom_sites.{kind}_transf_{name}{macro}")]
            numbers.append(number(values[0]) if values else np.nan)
        return numbers

    matrix = np.array(read("matrix", [f"{i}{j}" for i in "123" for j in "123"])).reshape(3, 3)
    vector = np.array(read("vector", list("123")))
    return (matrix, np.nan_to_num(vector)) if np.isfinite(matrix).all() else None
