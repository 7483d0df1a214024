"""Extended xyz: the cell, the elements and the positions of one frame, whatever else it carries."""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING

import numpy as np
from ase.data import chemical_symbols

from perovex.crystal.reading.element_names import element_of
from perovex.crystal.reading.fortran import number
from perovex.crystal.reading.sanity import MAX_ATOMS
from perovex.crystal.reading.sites import Sites
from perovex.errors import StructureFileError, UnreasonableCellError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: ``key=value``, the value bare, quoted or in brackets.
_ENTRY = re.compile(r"""(?:^|\s)([A-Za-z_]\w*)\s*=\s*("[^"]*"|'[^']*'|\{[^}]*\}|\[[^=]*\]|\S+)""")
_PLAIN = "species:S:1:pos:R:3"
_COLUMNS_AT_MOST = 10_000


def parse_xyz(text: str, frame: int | None = None) -> tuple[NDArray[np.float64], Sites, list[str]]:
    """Read one frame of an (extended) xyz file that names its cell.

    Parameters
    ----------
    text : str
        The file. Only the cell, ``pbc``, the elements and the positions are looked at.
    frame : int, optional
        Which frame, negative ones from the end; the last one by default.

    Returns
    -------
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    sites : Sites
    remarks : list of str
        Which frame was read, where there are several and none was asked for; that the file is not periodic.

    Raises
    ------
    StructureFileError
        The text is no extended xyz, there is no such frame, or no cell.
    """
    starts = _frame_starts(text)
    count, chosen = len(starts), -1 if frame is None else frame
    if not -count <= chosen < count:
        raise StructureFileError(f"no frame {chosen} among {count}", remedy="0 is the first, -1 the last")
    remarks = []
    if frame is None and count > 1:
        remarks.append(f"the last of {count} frames was read (another one: FILE@0 to FILE@{count - 1})")
    chosen %= count
    lines = text[starts[chosen] : starts[chosen + 1] if chosen + 1 < count else None].split("\n")
    atoms = int(lines[0])
    comment = lines[1] if len(lines) > 1 else ""
    entries = {key.lower(): value.strip("\"'{}") for key, value in _ENTRY.findall(comment)}
    lattice = _lattice(entries.get("lattice", ""), lines[atoms + 2 :])
    symbols, cart = _atoms(lines[2 : atoms + 2], atoms, entries.get("properties", _PLAIN))
    remarks += periodicity_remarks(_flags(entries.get("pbc", "T T T")))
    with np.errstate(invalid="ignore", over="ignore"):  # coordinates that are not finite are refused by name later
        frac = cart @ np.linalg.inv(lattice)
    return lattice, Sites.ordered(symbols, frac), remarks


def periodicity_remarks(periodic: Sequence[bool]) -> list[str]:
    """Say that a crystal was not meant to repeat in some direction.

    Parameters
    ----------
    periodic : sequence of bool
        Whether it repeats along a, b and c, as the file or the object says.

    Examples
    --------
    >>> periodicity_remarks([True, True, True]), len(periodicity_remarks([True, True, False]))
    ([], 1)
    """
    if all(periodic):
        return []
    flags = " ".join("T" if flag else "F" for flag in periodic)
    along = ", ".join(name for name, flag in zip("abc", periodic, strict=True) if not flag)
    return [f"not periodic along {along} by its own account (pbc {flags}); read as periodic in all directions"]


def _flags(text: str) -> list[bool]:
    words = re.findall(r"true|false|[tf01]", text.lower())
    flags = [word in {"t", "true", "1"} for word in words]
    return flags if len(flags) == 3 else [True, True, True]


def _lattice(text: str, after_atoms: Sequence[str]) -> NDArray[np.float64]:
    """Cell vectors from the comment line, or from the VEC lines behind the atoms."""
    vectors = [line.split()[1:4] for line in after_atoms if line.startswith("VEC")]
    fields = re.sub(r"[\[\],]", " ", text).split() or [x for row in vectors[:3] for x in row]
    if not fields:
        raise StructureFileError("no cell in this xyz file", remedy='write extended xyz with Lattice="..."')
    try:
        lattice = np.array([number(x) for x in fields])
    except ValueError as error:
        raise StructureFileError(f"not a readable xyz file: {error} in its cell") from error
    if len(lattice) == 3:
        lattice = np.diag(lattice).ravel()
    if len(lattice) != 9:
        raise StructureFileError(f"{len(lattice)} numbers in the cell of this xyz file", remedy="Lattice holds nine")
    lattice = lattice.reshape(3, 3)
    if not np.isfinite(lattice).all() or abs(np.linalg.det(lattice)) < 1e-9:
        raise StructureFileError("no three-dimensional cell in this xyz file", remedy="correct Lattice in its header")
    return lattice


def _atoms(lines: Sequence[str], count: int, properties: str) -> tuple[list[str], NDArray[np.float64]]:
    """Elements and Cartesian positions (Å) of the rows, by the columns that the comment line announces."""
    species, position = _columns(properties)
    rows = [line.split() for line in lines]
    short = next((k for k, row in enumerate(rows) if len(row) < max(species + 1, position + 3)), None)
    if short is not None:
        raise StructureFileError(
            f"not a readable xyz file: atom {short + 1} of {count} lacks columns", remedy="the file may be truncated"
        )
    try:
        positions = np.array([[number(x) for x in row[position : position + 3]] for row in rows])
        names = [row[species] for row in rows]
    except (ValueError, IndexError) as error:
        raise StructureFileError(f"not a readable xyz file: {error}", remedy="a row of atoms is damaged") from error
    if positions.shape != (count, 3):
        raise StructureFileError(
            f"not a readable xyz file: {count} atoms announced, {len(rows)} rows found",
            remedy="the file is truncated, or Properties announces other columns",
        )
    symbols = {name: _species(name) for name in dict.fromkeys(names)}
    return [symbols[name] for name in names], positions


def _columns(properties: str) -> tuple[int, int]:
    """First columns of the species and of the positions."""
    fields = properties.split(":")
    start, columns = 0, {}
    for name, width in zip(fields[0::3], fields[2::3], strict=False):
        if not width.isdecimal() or len(width) > 4 or int(width) > _COLUMNS_AT_MOST:
            raise StructureFileError(
                f"not a readable xyz file: {width} columns announced", remedy="correct Properties= in the comment line"
            )
        columns[name.lower()] = (start, int(width))
        start += int(width)
    species = columns.get("species") or columns.get("z") or columns.get("numbers")
    position = columns.get("pos") or columns.get("positions")
    if species is None or position is None or position[1] != 3:
        raise StructureFileError("not a readable xyz file: no species or positions among its columns")
    return species[0], position[0]


def _species(name: str) -> str:
    if name.isdecimal() and 0 < int(name[:4]) < len(chemical_symbols):
        return str(chemical_symbols[int(name[:4])])
    return element_of(name)


def _frame_starts(text: str) -> array[int]:
    """Where each frame of an xyz file starts, by the numbers of atoms; what the frames hold is not looked at."""
    starts, at = array("q"), 0
    while at < len(text):
        count = text[at : _after(text, at, 1)].strip()
        # blank lines between frames, and cell vectors in ASE's other style, belong to the frame before
        if starts and (not count or count.startswith("VEC")):
            at = _after(text, at, 1)
            continue
        if not count.isdecimal() or (atoms := int(count[:20])) == 0:
            line = text.count("\n", 0, at) + 1
            raise StructureFileError(f"not a readable xyz file: line {line} is no number of atoms")
        if atoms > MAX_ATOMS:
            raise UnreasonableCellError(f"{atoms} atoms in one cell", remedy=f"at most {MAX_ATOMS} are read")
        starts.append(at)
        at = _after(text, at, atoms + 2)
    return starts


def _after(text: str, at: int, lines: int) -> int:
    """Position after a number of lines; the end of the text where there are fewer."""
    for _ in range(lines):
        at = text.find("\n", at) + 1
        if at == 0:
            return len(text)
    return at
