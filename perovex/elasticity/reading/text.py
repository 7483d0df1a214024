"""Plain text and CSV: a full matrix, a triangle, or 21 or 36 numbers, with or without names and comments.

Numbers may have decimal commas where semicolons or tabs stand between them, as spreadsheets of half of Europe write.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perovex.elasticity.reading.raw import RawTensor, first_matrix, matrix_of, numbers, unit_in

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_COMMENT = re.compile(r"[#!%].*")
_LABEL = re.compile(r"^\s*\"?(?:C?[1-6][1-6]?|xx|yy|zz|yz|zy|xz|zx|xy|yx)\"?\s*[,;:|]?\s+(?=[-+.\d])", re.IGNORECASE)
_VASP_HEADER = re.compile(r"XX\W+YY\W+ZZ\W+XY\W+YZ\W+ZX", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_THERMO_PW = [4, 2] * 6
_VOIGT_HEADER = re.compile(r"XX\W+YY\W+ZZ\W+(YZ|ZY)\W+(XZ|ZX)\W+(XY|YX)", re.IGNORECASE)


def parse_text(text: str) -> RawTensor | None:
    """Find a 6 x 6 matrix in a text; None if there is none.

    Parameters
    ----------
    text : str
        Numbers apart by blanks, commas, semicolons, bars or tabs, in brackets or not; ``#``, ``!`` and ``%`` start
        comments.

    Returns
    -------
    RawTensor or None
    """
    lines = [_COMMENT.sub("", line) for line in text.splitlines()]
    order = "vasp" if _VASP_HEADER.search(text) else ""
    if _VOIGT_HEADER.search(text):
        order = "voigt"
    candidates = [[_row(line) for line in lines], [_row(line, labelled=True) for line in lines]]
    if ";" in text or "\t" in text:
        pointed = [_DECIMAL_COMMA.sub(".", line) for line in lines]
        candidates += [[_row(line) for line in pointed], [_row(line, labelled=True) for line in pointed]]
    known = _thermo_pw_rows(candidates[0])
    if known is not None:
        return RawTensor(known, "thermo_pw output_el_cons", "kbar", "voigt")
    for rows in candidates:
        matrix = _matrix_in(rows)
        if matrix is not None:
            return RawTensor(matrix, "text", unit_in(text), order)
    return None


def _thermo_pw_rows(rows: list[list[float]]) -> NDArray[np.float64] | None:
    """Matrix of thermo_pw's file of constants: twelve lines of four and two numbers, twelve of the compliance below."""
    filled = [row for row in rows if row]
    lengths = [len(row) for row in filled]
    if lengths not in (_THERMO_PW, 2 * _THERMO_PW):
        return None
    return matrix_of([value for row in filled[:12] for value in row])


def _row(line: str, *, labelled: bool = False) -> list[float]:
    """Numbers of a line; of a labelled one without its label."""
    if labelled:
        line = _LABEL.sub(" ", line, count=1)
    return numbers(line)


def _matrix_in(rows: list[list[float]]) -> NDArray[np.float64] | None:
    """First run of rows that makes a matrix, or all numbers of the text if they are 21 or 36."""
    matrix = first_matrix(rows)
    return matrix if matrix is not None else matrix_of([value for row in rows for value in row])
