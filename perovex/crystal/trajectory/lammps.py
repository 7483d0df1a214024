"""Frames of LAMMPS text dumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.trajectory.frame import Array, Frame, floats, open_text, table, take
from perovex.errors import StructureFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_POSITIONS = (("xu", "yu", "zu"), ("x", "y", "z"), ("xsu", "ysu", "zsu"), ("xs", "ys", "zs"))


def lammps_frames(path: Path, types: Sequence[str] = ()) -> Iterator[Frame]:
    """Read the frames of a LAMMPS dump one by one.

    Parameters
    ----------
    path : Path
    types : sequence of str
        Element of atom type 1, 2, ...; not needed where the dump has a column ``element``.

    Yields
    ------
    Frame
        Atoms in the order of their ids.

    Raises
    ------
    StructureFileError
        If a frame is damaged, has no positions, or elements are not known.
    """
    with open_text(path) as handle:
        number, count, lattice, origin = 0, 0, np.zeros((3, 3)), np.zeros(3)
        while (line := handle.readline()) != "":
            if line.startswith("ITEM: NUMBER OF ATOMS"):
                count = int(take(handle, 1, number)[0])
            elif line.startswith("ITEM: BOX BOUNDS"):
                lattice, origin = _box(line, take(handle, 3, number), number)
            elif line.startswith("ITEM: ATOMS"):
                names = line.split()[2:]
                fields = dict(zip(names, table(take(handle, count, number), len(names), number), strict=True))
                yield _frame(fields, lattice, origin, types, number)
                number += 1


def _box(line: str, rows: list[str], number: int) -> tuple[Array, Array]:
    """Cell vectors as rows and origin; LAMMPS writes the box around a tilted cell."""
    bounds = floats([list(column) for column in zip(*(row.split() for row in rows), strict=True)], number)
    low, high = bounds[:, 0].copy(), bounds[:, 1].copy()
    if "abc" in line:
        raise StructureFileError("general triclinic boxes are not read", remedy="dump with triclinic/general no")
    xy, xz, yz = (bounds[:, 2] if bounds.shape[1] == 3 else np.zeros(3)).tolist()
    low[0] -= min(0.0, xy, xz, xy + xz)
    high[0] -= max(0.0, xy, xz, xy + xz)
    low[1] -= min(0.0, yz)
    high[1] -= max(0.0, yz)
    a, b, c = high - low
    return np.array([[a, 0, 0], [xy, b, 0], [xz, yz, c]]), low


def _frame(fields: dict[str, list[str]], lattice: Array, origin: Array, types: Sequence[str], number: int) -> Frame:
    axes = next((names for names in _POSITIONS if set(names) <= set(fields)), None)
    if axes is None:
        raise StructureFileError("no positions in this dump", remedy="dump id type x y z (or xu, xs, xsu)")
    values = floats([fields[name] for name in axes], number)
    positions = values @ lattice if "s" in axes[0] else values - origin
    order = np.argsort(np.array(fields["id"], dtype=int), kind="stable") if "id" in fields else np.arange(len(values))
    symbols = _symbols(fields, types)
    return Frame(number, lattice, positions[order], tuple(symbols[k] for k in order))


def _symbols(fields: dict[str, list[str]], types: Sequence[str]) -> list[str]:
    if "element" in fields:
        return fields["element"]
    if "type" not in fields:
        raise StructureFileError("the dump has neither elements nor types", remedy="dump id type element x y z")
    kinds = [int(kind) for kind in fields["type"]]
    if max(kinds) > len(types):
        raise StructureFileError(
            f"atom types up to {max(kinds)}, but {len(types)} elements are given",
            remedy="name the element of every type: --types Pb,I,Cs",
        )
    return [types[kind - 1] for kind in kinds]
