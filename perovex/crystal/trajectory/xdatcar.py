"""Frames of VASP's XDATCAR, with one cell for all or a cell each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.trajectory.frame import Array, Frame, floats, open_text, table, take
from perovex.errors import StructureFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def xdatcar_frames(path: Path) -> Iterator[Frame]:
    """Read the frames of an XDATCAR one by one.

    Parameters
    ----------
    path : Path

    Yields
    ------
    Frame

    Raises
    ------
    StructureFileError
        If the header or a frame is damaged.
    """
    with open_text(path) as handle:
        number, lattice = 0, np.zeros((3, 3))
        symbols: tuple[str, ...] = ()
        while (line := handle.readline()) != "":
            if not line.strip():
                continue
            if not line.lstrip().lower().startswith(("direct", "cartesian", "konfig")):
                lattice, symbols = _header(take(handle, 6, number))
                line = take(handle, 1, number)[0]
            if not symbols:
                raise StructureFileError("no header before the first configuration", remedy="is this an XDATCAR?")
            fields = table(take(handle, len(symbols), number), 3, number)
            coordinates = floats(fields, number)
            positions = coordinates if line.lstrip().lower().startswith("cart") else coordinates @ lattice
            yield Frame(number, lattice, positions, symbols)
            number += 1


def _header(lines: list[str]) -> tuple[Array, tuple[str, ...]]:
    """Cell and elements of the lines below the title."""
    try:
        scale = float(lines[0].split()[0])
        lattice = np.array([[float(x) for x in line.split()[:3]] for line in lines[1:4]])
        names = lines[4].split()
        counts = [int(field) for field in lines[5].split()]
    except (ValueError, IndexError) as error:
        raise StructureFileError(f"not a readable header of an XDATCAR: {error}") from error
    if len(names) != len(counts) or lattice.shape != (3, 3):
        raise StructureFileError("elements and counts of this XDATCAR do not match")
    if scale < 0:  # the volume of the cell
        scale = (-scale / abs(float(np.linalg.det(lattice)))) ** (1 / 3)
    return lattice * scale, tuple(name for name, count in zip(names, counts, strict=True) for _ in range(count))
