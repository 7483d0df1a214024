"""Tensors in the output of programs, known by the line above them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perovex.elasticity.properties.substance import Substance
from perovex.elasticity.reading.raw import RawTensor, first_matrix, numbers, unit_in
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure


@dataclass(frozen=True)
class Heading:
    """The line above a tensor in the output of a program.

    Attributes
    ----------
    program : str
        Name for people.
    pattern : str
        Regular expression of the line.
    unit : str
        Unit of the components, unless the line itself names one.
    order : {"voigt", "vasp"}
    numbered : bool
        Whether rows start with their number or name.
    last : bool
        Whether the last such tensor of the file counts, else the first.
    """

    program: str
    pattern: str
    unit: str
    order: str = "voigt"
    numbered: bool = False
    last: bool = True


HEADINGS = (
    Heading("VASP OUTCAR", r"TOTAL ELASTIC MODULI\s*\(kBar\)", "kbar", order="vasp", numbered=True),
    Heading("Quantum ESPRESSO thermo_pw", r"Elastic constants C_ij\s*\([Kk]bar\)", "kbar", numbered=True),
    Heading("CASTEP .elastic", r"^\s*BEGIN Elastic Constants(?!\s*\[Frozen)", "gpa", last=False),
    Heading("CASTEP", r"Elastic Stiffness Constants Cij\s*\(GPa\)", "gpa"),
    Heading("ElaStic", r"Elastic constant \(stiffness\) matrix in GPa", "gpa"),
    Heading("AFLOW aflow.ael.out", r"\[AEL_STIFFNESS_TENSOR\]START", "gpa"),
    Heading("ABINIT anaddb", r"Elastic Tensor\s*\(relaxed ion\)\s*\(unit:10\^2GP", "10^2gpa"),
    Heading("CRYSTAL", r"SYMMETRIZED ELASTIC CONSTANTS.*IN GPa", "gpa"),
)
"""Formats that are known by a line of text."""

_REACH = 60  # lines after the heading within which the tensor stands


def parse_program(text: str) -> RawTensor | None:
    """Find the tensor of a program's output; None if no heading is known.

    Parameters
    ----------
    text : str

    Returns
    -------
    RawTensor or None

    Raises
    ------
    ElasticityError
        If a heading stands there without a complete tensor.
    """
    lines = text.splitlines()
    for heading in HEADINGS:
        headings = [k for k, line in enumerate(lines) if re.search(heading.pattern, line)]
        if not headings:
            continue
        start = headings[-1] if heading.last else headings[0]
        matrix = _after(lines[start + 1 : start + 1 + _REACH], numbered=heading.numbered)
        if matrix is None:
            raise ElasticityError(
                f"{heading.program}: the tensor below line {start + 1} is incomplete",
                remedy="the file may be cut short",
            )
        return RawTensor(
            matrix,
            heading.program,
            unit_in(lines[start]) or heading.unit,
            heading.order,
            _castep_crystal(lines) if heading.program == "CASTEP .elastic" else None,
            substance=_substance(text, heading.program),
            remarks=_remarks(heading, text, len(headings)),
        )
    return None


def _after(lines: list[str], *, numbered: bool) -> NDArray[np.float64] | None:
    """First matrix below a heading: six rows of six, a triangle, or 36 numbers one below another."""
    rows = [row for line in lines if (row := _row(line, numbered=numbered)) or not line.strip()]
    filled = [row for row in rows if row]
    matrix = first_matrix(filled[:12])
    if matrix is not None:
        return matrix
    below_one_another = filled[:36]
    if len(below_one_another) < 36 or any(len(row) != 1 for row in below_one_another):
        return None
    return np.array(below_one_another).reshape(6, 6)


def _row(line: str, *, numbered: bool) -> list[float]:
    """Numbers of a row; rules, captions and headers of columns are none."""
    if "i j=" in line or re.match(r"^\s*-{4,}\s*$", line):
        return []
    if numbered:  # XX, YY, ... of VASP, 1, 2, ... of thermo_pw
        fields = line.split(maxsplit=1)
        line = fields[1] if len(fields) == 2 else ""
    return numbers(line.replace("|", " "))


def _remarks(heading: Heading, text: str, count: int) -> tuple[str, ...]:
    remarks = []
    if heading.program.startswith("VASP"):
        remarks.append("components in VASP's order XX YY ZZ XY YZ ZX were put in Voigt's")
        if "CONTR FROM IONIC RELAXATION" not in text:
            remarks.append("no contribution of ionic relaxation stands in this OUTCAR: the tensor may be clamped-ion")
    if "Frozen ions" in text and heading.program.endswith("thermo_pw"):
        remarks.append("thermo_pw held the ions: the tensor is clamped-ion")
    if count > 1 and heading.last:
        remarks.append(f"the last of {count} tensors in the file was read")
    return tuple(remarks)


def _castep_crystal(lines: list[str]) -> Structure | None:
    """Crystal in the header of a CASTEP .elastic file; None if it is incomplete."""
    from pymatgen.core import Structure

    marks = ("Unit cell vectors", "Fractional", "END header")
    line_of: dict[str, int] = {}  # the last line that bears each mark
    for number, line in enumerate(lines[:5000]):
        line_of |= {mark: number for mark in marks if mark in line}
    if len(line_of) < len(marks):
        return None
    cell, positions, end = (line_of[mark] for mark in marks)
    vectors = [numbers(line) for line in lines[cell + 1 : cell + 4]]
    atoms = [words for words in map(str.split, lines[positions + 1 : end]) if len(words) >= 5]
    symbols = [words[4] for words in atoms]
    try:
        fractional = [list(map(float, words[1:4])) for words in atoms]
        return Structure(np.array(vectors), symbols, fractional)
    except (ValueError, TypeError, np.linalg.LinAlgError):
        return None


def _substance(text: str, program: str) -> Substance | None:
    """Density and atoms of an OUTCAR, from masses, ions per type and volume."""
    if not program.startswith("VASP"):
        return None
    # masses stand one a line with POTCAR's, and once more in a row
    masses = [float(m) for m in re.findall(r"POMASS\s*=\s*([\d.]+)\s*;", text)]
    counts = re.search(r"ions per type\s*=\s*([\d ]+)", text)
    volumes = re.findall(r"volume of cell\s*:\s*([\d.]+)", text)
    if not masses or counts is None or not volumes:
        return None
    numbers_of = [int(n) for n in counts.group(1).split()]
    total = sum(m * n for m, n in zip(masses, numbers_of, strict=False))
    if len(masses) < len(numbers_of) or total <= 0:
        return None
    return Substance.from_cell(total, sum(numbers_of), float(volumes[-1]))
