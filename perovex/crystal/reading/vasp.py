"""POSCAR and XDATCAR."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.crystal.reading.element_names import element_of
from perovex.crystal.reading.fortran import number
from perovex.crystal.reading.sanity import MAX_ATOMS
from perovex.crystal.reading.sites import Sites
from perovex.errors import StructureFileError, UnreasonableCellError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: First line of each frame of an XDATCAR.
_CONFIGURATION = re.compile(r"^\s*(?:direct|cartesian)?\s*configuration\s*=\s*\d+", re.IGNORECASE)


def _triples(lines: list[str]) -> NDArray[Any]:
    """First three numbers of every line."""
    return np.array([[number(word) for word in line.split()[:3]] for line in lines])


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
        scale = [number(x) for x in lines[1].split()[:3] if _is_number(x)]
        lattice = _triples(lines[2:5])
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
        positions = _triples(lines[row + 1 : row + 1 + total])
    except ValueError as error:
        raise StructureFileError(f"not a readable POSCAR: {error}") from error
    if positions.shape != (total, 3) or total == 0:
        raise StructureFileError(f"{total} atoms announced, {len(positions)} found", remedy="the file is truncated")
    names = [s for s, n in zip(symbols, counts, strict=True) for _ in range(n)]
    lattice = lattice * factor
    if mode in {"C", "K"}:
        if abs(np.linalg.det(lattice)) < 1e-9:
            raise UnreasonableCellError("degenerate cell")
        with np.errstate(invalid="ignore", over="ignore"):  # as in xyz: refused by name later
            positions = np.linalg.solve(lattice.T, (positions * factor).T).T
    return lattice, Sites.ordered(names, positions)


def _is_number(text: str) -> bool:
    try:
        number(text)
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
    return [element_of(n) for n in names[: len(counts)]], counts, row


def is_xdatcar(text: str) -> bool:
    r"""Tell by its first frame whether a text is an XDATCAR.

    Examples
    --------
    >>> is_xdatcar("Cs\n1.0\n3 0 0\n0 3 0\n0 0 3\nCs\n1\nDirect configuration=     1\n0 0 0\n")
    True
    """
    return any(_CONFIGURATION.match(line) for line in text[:10_000].split("\n")[5:12])


def parse_xdatcar(text: str, frame: int | None = None) -> tuple[NDArray[np.float64], Sites, list[str]]:
    """Read one frame of an XDATCAR, with one cell for all frames or one for each.

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
        There is no such frame, or it is damaged.
    """
    lines = text.split("\n")
    starts = [k for k, line in enumerate(lines) if _CONFIGURATION.match(line)]
    count, chosen = len(starts), -1 if frame is None else frame
    if not -count <= chosen < count:
        raise StructureFileError(f"no frame {chosen} among {count}", remedy="0 is the first, -1 the last")
    remarks = []
    if frame is None and count > 1:
        remarks.append(f"the last of {count} frames was read (another one: FILE@0 to FILE@{count - 1})")
    at = starts[chosen]
    end = starts[chosen % count + 1] if chosen % count + 1 < count else len(lines)
    # where the cell changes along the run, every frame has the whole header of seven lines before it
    repeated = count > 1 and starts[1] - starts[0] > starts[0]
    repeated = repeated and lines[starts[0] - 2 : starts[0]] == lines[starts[1] - 2 : starts[1]]
    header = lines[at - starts[0] : at] if repeated else lines[: starts[0]]
    lattice, sites = parse_poscar("\n".join([*header, "Direct", *lines[at + 1 : end]]))
    return lattice, sites, remarks
