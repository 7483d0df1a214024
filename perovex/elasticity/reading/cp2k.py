"""A tensor from the stresses of strained cells that CP2K wrote, one output a strain: CP2K prints no elastic tensor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from perovex.elasticity.reading.raw import Array, RawTensor
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from pathlib import Path

_ENDINGS = (".out", ".log")
_VECTOR = re.compile(
    r"CELL\|\s*Vector ([abc]) \[angstrom\]:?\s+([-\d.E+]+)\s+([-\d.E+]+)\s+([-\d.E+]+)(?:\s+\|[abc]\|\s*=\s*([\d.]+))?"
)
_HEADING = re.compile(
    r"^\s*(?:STRESS\|\s*Analytical stress tensor|STRESS TENSOR)\s*\[(GPa|bar|kbar|MPa|Pa)\]\s*$", re.MULTILINE
)
_ROW = re.compile(r"^\s*(?:STRESS\|)?\s*[xyzXYZ]\s+([-\d.E+]+)\s+([-\d.E+]+)\s+([-\d.E+]+)\s*$")
_IN_GPA = {"gpa": 1.0, "bar": 1e-4, "kbar": 0.1, "mpa": 1e-3, "pa": 1e-9}
_UNCERTAIN = 0.1
"""Larger asymmetry of the fitted matrix, as a share of its largest component, is no elastic tensor."""
_LEAST_STRAIN = 1e-4
"""Strains that span less than this are none: cells are printed to 0.001 Å."""
_VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def parse_cp2k_folder(folder: Path) -> RawTensor:
    """Fit a tensor to the stresses of all CP2K outputs of a folder.

    Parameters
    ----------
    folder : Path
        Holds seven or more outputs (``.out``, ``.log``) of one crystal under different strains that span all six
        components, each with its cell and analytical stress tensor; the last stress of an output counts.

    Returns
    -------
    RawTensor
        GPa, Voigt order.

    Raises
    ------
    ElasticityError
        If there are too few outputs, strains do not span all components, or stresses do not follow a symmetric tensor.
    """
    runs = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in _ENDINGS and path.is_file():
            run = _cell_and_stress(path.read_text(encoding="utf-8", errors="replace"))
            if run is not None:
                runs.append(run)
    if len(runs) < 7:
        raise ElasticityError(
            f"{len(runs)} CP2K outputs with cell and stress tensor in this folder, seven or more are needed",
            remedy="run STRESS_TENSOR ANALYTICAL with PRINT / STRESS_TENSOR for strains of all six components",
        )
    return _fitted(np.array([cell for cell, _ in runs]), np.array([stress for _, stress in runs]))


def _cell_and_stress(text: str) -> tuple[Array, Array] | None:
    """Last cell (Å, rows) and last stress (GPa, six components) of an output; None if it has not both."""
    vectors: dict[str, Array] = {}
    for name, *numbers, length in _VECTOR.findall(text):
        vector = np.array(numbers, dtype=float)
        # components are printed to 0.001 Å, lengths to 0.000001 Å
        vectors[name] = vector * float(length) / np.linalg.norm(vector) if length else vector
    headings = list(_HEADING.finditer(text))
    if len(vectors) < 3 or not headings:
        return None
    last = headings[-1]
    rows = [match.groups() for line in text[last.end() :].splitlines()[:8] if (match := _ROW.match(line))]
    if len(rows) < 3:
        return None
    tensor = np.array(rows[:3], dtype=float) * _IN_GPA[last.group(1).lower()]
    return np.array([vectors[name] for name in "abc"]), np.array([tensor[i, j] for i, j in _VOIGT])


def _fitted(cells: Array, stresses: Array) -> RawTensor:
    """Least squares of stress = rest + C strain, strains about the mean cell."""
    strains = np.array([_strain(cells.mean(axis=0), cell) for cell in cells])
    spread = np.linalg.svd(strains - strains.mean(axis=0), compute_uv=False)
    if len(spread) < 6 or spread[5] < _LEAST_STRAIN:
        raise ElasticityError(
            "the strains of these outputs do not span all six components", remedy="strain xx, yy, zz, yz, xz and xy"
        )
    design = np.column_stack([np.ones(len(strains)), strains])
    coefficients, *_ = np.linalg.lstsq(design, stresses, rcond=None)
    matrix = coefficients[1:].T
    # CP2K counts pressure positive: a crystal that resists strain gives a negative matrix
    matrix = -matrix if np.trace(matrix) < 0 else matrix
    asymmetry = float(abs(matrix - matrix.T).max() / abs(matrix).max())
    if asymmetry > _UNCERTAIN:
        raise ElasticityError(
            f"the fitted tensor is not symmetric by {100 * asymmetry:.0f} % of its largest component",
            remedy="converge the stresses, and keep strains within a percent",
        )
    left = stresses - design @ coefficients
    quality = (
        f"fitted to {len(cells)} CP2K outputs; stresses left over {np.sqrt(np.mean(left**2)):.2g} GPa, halves of the"
        f" matrix apart by {100 * asymmetry:.1f} % of its largest component"
    )
    remarks = (quality, "relaxed-ion only if the ions were relaxed under each strain")
    return RawTensor(0.5 * (matrix + matrix.T), "CP2K outputs", "gpa", "voigt", remarks=remarks)


def _strain(reference: Array, cell: Array) -> Array:
    """Symmetric part of the deformation of row vectors, six components with engineering shears."""
    deformation = np.linalg.solve(reference, cell)
    strain = 0.5 * (deformation + deformation.T) - np.eye(3)
    return np.array([strain[i, j] * (1.0 if i == j else 2.0) for i, j in _VOIGT])
