"""Frames of (extended) xyz files, with the cell in the comment line or, for CP2K, in a file beside."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

import numpy as np

from perovex.crystal.trajectory.frame import Array, Frame, floats, open_text, table, take
from perovex.errors import StructureFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LATTICE = re.compile(r'Lattice\s*=\s*["{]([^"}]*)["}]', re.IGNORECASE)
_PROPERTIES = re.compile(r"Properties\s*=\s*(\S+)", re.IGNORECASE)


def xyz_frames(path: Path, lattice: Array | None = None) -> Iterator[Frame]:
    """Read the frames of an xyz file one by one.

    Parameters
    ----------
    path : Path
    lattice : ndarray, shape (3, 3), optional
        Cell of files that name none, Å; by default that of CP2K's ``.cell`` file beside a ``...-pos-1.xyz``.

    Yields
    ------
    Frame

    Raises
    ------
    StructureFileError
        If a frame is damaged or no cell is known.
    """
    beside: Iterator[Array] | None = None
    with open_text(path) as handle:
        number = 0
        while (line := handle.readline()) != "":
            if not line.strip():
                continue
            count = _count(line, number)
            comment = take(handle, 1, number)[0]
            rows = take(handle, count, number)
            symbol_at, position_at, columns = _layout(comment, rows[0])
            fields = table(rows, columns, number)
            cell = _lattice(comment)
            if cell is None and lattice is None:
                beside = _cp2k_cells(path) if beside is None else beside
                cell = next(beside, None)
            cell = lattice if cell is None else cell
            if cell is None:
                raise StructureFileError("no cell in this xyz file", remedy='write extended xyz with Lattice="..."')
            positions = floats(fields[position_at : position_at + 3], number)
            yield Frame(number, cell, positions, tuple(fields[symbol_at]))
            number += 1


def _count(line: str, number: int) -> int:
    if not line.strip().isdecimal() or int(line) == 0:
        raise StructureFileError(f"frame {number} does not start with its number of atoms")
    return int(line)


def _lattice(comment: str) -> Array | None:
    match = _LATTICE.search(comment)
    if match is None:
        return None
    values = match.group(1).split()
    try:
        return np.array(values, dtype=float).reshape(3, 3)
    except ValueError as error:
        raise StructureFileError("the cell in a comment line is not nine numbers") from error


def _layout(comment: str, row: str) -> tuple[int, int, int]:
    """Column of the elements, first column of the positions, number of columns."""
    match = _PROPERTIES.search(comment)
    if match is None:
        return 0, 1, len(row.split())
    names = match.group(1).strip('"').split(":")
    at, columns = 0, {}
    for name, width in zip(names[0::3], names[2::3], strict=False):
        columns[name.lower()] = at
        at += int(width)
    if "species" not in columns or "pos" not in columns:
        raise StructureFileError("Properties= of a comment line names no species or pos")
    return columns["species"], columns["pos"], at


def _cp2k_cells(path: Path) -> Iterator[Array]:
    """Cells of CP2K's file NAME-1.cell for NAME-pos-1.xyz, step after step."""
    beside = path.with_name(re.sub(r"-pos(-\d+)?\.xyz(\.gz)?$", r"\1.cell", path.name))
    if beside == path or not beside.is_file():
        return
    handle: IO[str]
    with open_text(beside) as handle:
        for line in handle:
            fields = line.split()
            if fields and not fields[0].startswith("#"):
                yield np.array(fields[2:11], dtype=float).reshape(3, 3)
