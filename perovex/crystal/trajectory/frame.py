"""One frame of a trajectory, and lines of text files taken a few at a time."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from perovex.errors import StructureFileError

if TYPE_CHECKING:
    from pathlib import Path

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Frame:
    """Cell and positions at one time.

    Attributes
    ----------
    number : int
        Position in the file, from 0.
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    positions : ndarray, shape (n, 3)
        Cartesian, Å, wrapped into the cell or not.
    symbols : tuple of str
        Element of each atom; empty where the format names none.
    """

    number: int
    lattice: Array
    positions: Array
    symbols: tuple[str, ...]


def open_text(path: Path) -> IO[str]:
    """Open a text file, gzipped or not.

    Raises
    ------
    StructureFileError
        If that is not possible.
    """
    try:
        with path.open("rb") as handle:
            packed = handle.read(2) == b"\x1f\x8b"
        if packed:
            return gzip.open(path, "rt", encoding="utf-8", errors="replace")
        return path.open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise StructureFileError(f"cannot be read ({error.strerror or error})", source=path) from error


def take(handle: IO[str], count: int, number: int) -> list[str]:
    """Read so many lines.

    Raises
    ------
    StructureFileError
        If the file ends before; frame `number` is named.
    """
    lines = list(islice(handle, count))
    if len(lines) < count:
        raise StructureFileError(f"the file ends within frame {number}", remedy="the trajectory is cut short")
    return lines


def table(lines: list[str], columns: int, number: int) -> list[list[str]]:
    """Columns of rows of equal length.

    Raises
    ------
    StructureFileError
        If rows differ in length.
    """
    fields = " ".join(lines).split()
    if len(fields) != columns * len(lines):
        raise StructureFileError(f"frame {number} has rows of different lengths", remedy="is the file damaged?")
    return [fields[k::columns] for k in range(columns)]


def floats(columns: list[list[str]], number: int) -> Array:
    """Numbers of columns, shape (rows, columns).

    Raises
    ------
    StructureFileError
        If a field is no finite number.
    """
    try:
        values = np.array(columns, dtype=float).T
    except ValueError as error:
        raise StructureFileError(f"frame {number} holds what is no number: {error}") from error
    if not np.isfinite(values).all():
        raise StructureFileError(f"frame {number} has coordinates that are not finite")
    return values
