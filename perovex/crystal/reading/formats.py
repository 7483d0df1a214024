"""POSCAR and (ext)xyz."""

from __future__ import annotations

import io
import re
from array import array
from typing import TYPE_CHECKING

import ase.io
import numpy as np
from ase.data import atomic_numbers

from perovex.crystal.reading.disorder import Sites
from perovex.crystal.reading.sanity import MAX_ATOMS
from perovex.errors import StructureFileError, UnreasonableCellError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ELEMENT = re.compile(r"^([A-Z][a-z]?)(?![a-z])")


def ordered(symbols: list[str], frac: NDArray[np.float64]) -> Sites:
    """Sites without any disorder."""
    count = len(symbols)
    return Sites(symbols, frac, np.ones(count), np.zeros(count, dtype=np.int64), [""] * count)


def parse_poscar(text: str) -> tuple[NDArray[np.float64], Sites]:
    """Read a POSCAR or CONTCAR (VASP 5, or VASP 4 with the elements in the comment line).

    Parameters
    ----------
    text : str
        The file. Scaling factors (one, negative for a volume, or three), selective dynamics, direct and
        Cartesian coordinates are understood; velocities after the positions are left alone.

    Returns
    -------
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    sites : Sites

    Raises
    ------
    StructureFileError
        The text is no POSCAR or names an unknown element.
    """
    lines = text.splitlines()
    try:
        scale = [float(x) for x in lines[1].split()[:3] if _is_number(x)]
        lattice = np.array([[float(x) for x in line.split()[:3]] for line in lines[2:5]])
        symbols, counts, row = _species(lines)
    except (IndexError, ValueError) as error:
        raise StructureFileError(f"not a readable POSCAR: {error}", remedy="the file may be truncated") from error
    if lattice.shape != (3, 3) or len(scale) not in {1, 3}:
        raise StructureFileError("not a readable POSCAR: scaling factor or cell vectors are missing")
    factor = _scale(scale, lattice)
    total = sum(counts)
    if total > MAX_ATOMS or min(counts) < 0:
        raise UnreasonableCellError(f"{total} atoms in one cell", remedy=f"at most {MAX_ATOMS} are read")
    if row < len(lines) and lines[row].strip()[:1].upper() == "S":
        row += 1
    mode = lines[row].strip()[:1].upper() if row < len(lines) else ""
    try:
        positions = np.array([[float(x) for x in line.split()[:3]] for line in lines[row + 1 : row + 1 + total]])
    except ValueError as error:
        raise StructureFileError(f"not a readable POSCAR: {error}") from error
    if positions.shape != (total, 3) or total == 0:
        raise StructureFileError(f"{total} atoms announced, {len(positions)} found", remedy="the file is truncated")
    names = [s for s, n in zip(symbols, counts, strict=True) for _ in range(n)]
    lattice = lattice * factor
    if mode in {"C", "K"}:
        if abs(np.linalg.det(lattice)) < 1e-9:
            raise UnreasonableCellError("degenerate cell")
        positions = np.linalg.solve(lattice.T, (positions * factor).T).T
    return lattice, ordered(names, positions)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _scale(scale: list[float], lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(scale) == 3:
        return np.array(scale)
    if scale[0] < 0:  # the volume of the cell
        volume = abs(float(np.linalg.det(lattice)))
        if volume < 1e-9:
            raise UnreasonableCellError("degenerate cell")
        return np.full(3, (-scale[0] / volume) ** (1 / 3))
    return np.full(3, scale[0])


def _species(lines: list[str]) -> tuple[list[str], list[int], int]:
    """Return elements, counts and the line after them."""
    fields = lines[5].split()
    if fields and all(f.isdigit() for f in fields):
        counts = [int(f) for f in fields]
        names = lines[0].split()[: len(counts)]
        row = 6
    else:
        names = fields
        counts = []
        for field in lines[6].split():
            if not field.isdigit():
                break
            counts.append(int(field))
        row = 7
    if not counts or len(names) < len(counts):
        raise StructureFileError(
            "the elements are not named",
            remedy="VASP 5 files name them in line 6; VASP 4 files may in line 1",
        )
    return [_symbol(n) for n in names[: len(counts)]], counts, row


def _symbol(name: str) -> str:
    match = _ELEMENT.match(name.strip())
    symbol = match.group(1) if match else name
    if symbol == "D":
        return "H"
    if symbol not in atomic_numbers or symbol == "X":
        raise StructureFileError(f"unknown element {name!r}")
    return symbol


def parse_xyz(text: str, frame: int | None = None) -> tuple[NDArray[np.float64], Sites, list[str]]:
    """Read one frame of an (extended) xyz file that names its cell.

    Parameters
    ----------
    text : str
        The file.
    frame : int, optional
        Which frame, negative ones from the end; the last one by default.

    Returns
    -------
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    sites : Sites
    remarks : list of str
        Which frame was read, where there are several and none was asked for.

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
    text = text[starts[chosen] : starts[chosen + 1] if chosen + 1 < count else None]
    _refuse_wide_rows(text)
    try:
        atoms = ase.io.read(io.StringIO(text), format="extxyz")
    except Exception as error:
        # ASE's reader raises whatever its parsing trips over
        cause = " ".join(str(error).split())[:160]
        raise StructureFileError(f"not a readable xyz file: {cause or type(error).__name__}") from error
    lattice = np.array(atoms.cell[:], dtype=float)
    if abs(np.linalg.det(lattice)) < 1e-9:
        raise StructureFileError("no cell in this xyz file", remedy='write extended xyz with Lattice="..."')
    symbols = list(atoms.get_chemical_symbols())
    if "X" in symbols:
        raise StructureFileError("unknown element in this xyz file")
    return lattice, ordered(symbols, atoms.get_scaled_positions(wrap=False)), remarks


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


def _refuse_wide_rows(text: str) -> None:
    """Refuse a comment line that announces absurdly many columns: the reader would make room for all of them."""
    comment = text.split("\n", 2)[1] if text.count("\n") else ""
    for number in re.findall(r"\d+", comment.partition("Properties")[2].partition(" ")[0]):
        if len(number) > 4:
            raise StructureFileError(
                f"not a readable xyz file: {number} columns announced", remedy="correct Properties= in the comment line"
            )
