"""What a parser finds in a file, before units, order and symmetry are settled."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from perovex.elasticity.surface import EV_PER_A3_IN_GPA
from perovex.elasticity.voigt import voigt_stiffness
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymatgen.core import Structure

    from perovex.elasticity.properties.substance import Substance

Array = NDArray[np.float64]

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?")
UNITS = {
    "gpa": 1.0,
    "mpa": 1e-3,
    "kbar": 0.1,
    "mbar": 100.0,
    "pa": 1e-9,
    "n/m^2": 1e-9,
    "10^2gpa": 100.0,
    "ev/a^3": EV_PER_A3_IN_GPA,
}
"""GPa per unit, by its name in lower case."""
UNIT_NAMES = {
    "gpa": "GPa",
    "mpa": "MPa",
    "kbar": "kbar",
    "mbar": "Mbar",
    "pa": "Pa",
    "n/m^2": "N/m²",
    "10^2gpa": "10² GPa",
    "ev/a^3": "eV/Å³",
}
"""The same units for people."""
_UNIT_IN_TEXT = re.compile(r"(?<![A-Za-z])(GPa|MPa|kB(?:ar)?|Kbar|kbar|Mbar|eV/(?:A|Ang|Å)\^?3|N/m\^?2|Pa)(?![A-Za-z])")


@dataclass(frozen=True)
class RawTensor:
    """A matrix as it stands in a file.

    Attributes
    ----------
    matrix : ndarray, shape (6, 6)
        In the file's unit and order.
    file_format : str
        Name of the format for people.
    unit : str
        Key of `UNITS`; empty where the file names none.
    order : {"voigt", "vasp", ""}
        Order of rows and columns; empty where the format does not settle it.
    structure : Structure, optional
        Crystal that stands in the same file, in the frame of the tensor.
    substance : Substance, optional
        Density and atoms, where the file has them.
    remarks : tuple of str
    """

    matrix: Array
    file_format: str
    unit: str = ""
    order: str = ""
    structure: Structure | None = None
    substance: Substance | None = None
    remarks: tuple[str, ...] = field(default=())


def numbers(line: str) -> list[float]:
    """Every number of a line, Fortran's exponents included.

    Examples
    --------
    >>> numbers("C11 = 1.5D+01, -2.")
    [15.0, -2.0]
    """
    without_names = re.sub(r"[A-Za-z_]\w*", _name_away, line)
    return [float(text.replace("D", "E").replace("d", "e")) for text in NUMBER.findall(without_names)]


def _name_away(match: re.Match[str]) -> str:
    """Remove names such as C11, but keep the exponent of a number."""
    return match.group(0) if re.fullmatch(r"[eEdD]\d*", match.group(0)) else " "


def unit_in(text: str) -> str:
    """Key of the first unit that a text names; empty for none.

    Examples
    --------
    >>> unit_in("Elastic constants C_ij (kbar)"), unit_in("C in eV/A^3"), unit_in("a matrix")
    ('kbar', 'ev/a^3', '')
    """
    match = _UNIT_IN_TEXT.search(text)
    if match is None:
        return ""
    name = match.group(1).lower()
    if name.startswith("ev"):
        return "ev/a^3"
    if name.startswith("n/m"):
        return "pa"
    return "kbar" if name in {"kb", "kbar"} else name


def unit_key(name: str) -> str:
    """Check the name of a unit that a user gave.

    Raises
    ------
    ElasticityError
        If it is unknown.
    """
    key = name.strip().lower().replace("ang", "a").replace("å", "a").replace("**", "^").replace("a3", "a^3")
    if key not in UNITS:
        raise ElasticityError(f"unknown unit {name!r}", remedy="choose one of GPa, MPa, Pa, kbar, Mbar, eV/A^3")
    return key


def square(rows: Iterable[list[float]]) -> Array | None:
    """Make a 6 x 6 matrix of rows: full, or a triangle with or without zeros; None if they are none.

    A first column that counts rows from 1 is left out.

    Examples
    --------
    >>> square([[1.0] * n for n in (6, 5, 4, 3, 2, 1)])[5].tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    table = [list(row) for row in rows]
    lengths = [len(row) for row in table]
    if lengths == [7] * 6 and [row[0] for row in table] == [1, 2, 3, 4, 5, 6]:
        table, lengths = [row[1:] for row in table], [6] * 6
    if lengths == [6] * 6:
        return _mirrored(np.array(table))
    full = np.zeros((6, 6))
    if lengths == [6, 5, 4, 3, 2, 1]:
        full[np.triu_indices(6)] = np.concatenate(table)
        return full + np.triu(full, 1).T
    if lengths == [1, 2, 3, 4, 5, 6]:
        full[np.tril_indices(6)] = np.concatenate(table)
        return full + np.tril(full, -1).T
    return None


def _mirrored(full: Array) -> Array:
    """Fill the empty half of a triangle that was written with zeros."""
    upper, lower = np.triu(full, 1), np.tril(full, -1)
    if upper.any() and not lower.any():
        return full + upper.T
    if lower.any() and not upper.any():
        return full + lower.T
    return full


def first_matrix(rows: Iterable[list[float]]) -> Array | None:
    """Find the first six rows in succession that make a symmetric matrix, else the first that make any.

    A line of column numbers above a matrix would make one of another kind with its first five rows.
    """
    filled = [row for row in rows if row]
    first: Array | None = None
    for start in range(len(filled) - 5):
        matrix = square(filled[start : start + 6])
        if matrix is not None and abs(matrix - matrix.T).max() <= 0.01 * abs(matrix).max():
            return matrix
        first = matrix if first is None else first
    return first


def matrix_of(value: Any) -> Array | None:
    """Make a 6 x 6 matrix of nested lists (6 x 6, 36 or 21 numbers, 3 x 3 x 3 x 3); None if they are none."""
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return _triangle(value)
    shaped: Array | None = None
    if array.shape == (6, 6):
        shaped = _mirrored(array)
    elif array.shape == (36,):
        shaped = array.reshape(6, 6)
    elif array.shape == (21,):
        shaped = np.zeros((6, 6))
        shaped[np.triu_indices(6)] = array
        shaped = shaped + np.triu(shaped, 1).T
    elif array.shape == (3, 3, 3, 3):
        shaped = voigt_stiffness(array)
    return shaped


def _triangle(value: Any) -> Array | None:
    """Matrix of rows of different lengths."""
    if not isinstance(value, list):
        return None
    try:
        return square([[float(x) for x in row] for row in value])
    except (TypeError, ValueError):
        return None
