"""Settle unit and order of a tensor and say what is odd about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from perovex.elasticity.reading.raw import UNITS, unit_key
from perovex.elasticity.tensor import ElasticTensor
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from pymatgen.core import Structure

Array = NDArray[np.float64]

FROM_VASP = [0, 1, 2, 4, 5, 3]
"""Rows of VASP's order XX YY ZZ XY YZ ZX in Voigt's order."""
ASYMMETRY = 0.01
_PLAUSIBLE = (1.0, 1500.0)  # GPa, the largest component; diamond has 1080
_SAME = 0.02
_HALOGENS = {"Cl", "Br", "I"}
_FASTEST = 6.0  # km/s, longitudinal; rock salt has 4.7, halide perovskites 2 to 4


def in_gpa(matrix: Array, stated: str, asked: str | None) -> tuple[Array, str, str]:
    """Convert a matrix to GPa.

    Parameters
    ----------
    matrix : ndarray, shape (6, 6)
    stated : str
        Unit that the file names; empty for none.
    asked : str, optional
        Unit that the user names; it counts more.

    Returns
    -------
    matrix : ndarray, shape (6, 6)
        GPa.
    unit : str
        Which one was taken.
    remark : str
        Empty where the unit was named.

    Raises
    ------
    ElasticityError
        If no unit is named and the numbers cannot be GPa.
    """
    if asked is not None:
        key = unit_key(asked)
        return matrix * UNITS[key], key, ""
    if stated:
        return matrix * UNITS[stated], stated, ""
    largest = float(abs(matrix).max())
    if not _PLAUSIBLE[0] <= largest <= _PLAUSIBLE[1]:
        raise ElasticityError(
            f"no unit is named, and with a largest component of {largest:.4g} it is hardly GPa",
            remedy="name it: --unit kbar (or GPa, Pa, MPa, Mbar, eV/A^3); a compliance is not read",
        )
    return matrix, "gpa", "no unit is named in the file: taken as GPa"


def unit_remark(C: Array, structure: Structure | None) -> str:
    """Doubt gigapascals that nobody named where sound would be too fast for a halide; empty if there is no doubt.

    Parameters
    ----------
    C : ndarray, shape (6, 6)
        GPa.
    structure : Structure, optional
    """
    if structure is None or not {element.symbol for element in structure.composition.elements} & _HALOGENS:
        return ""
    fastest = float(np.sqrt(max(C.diagonal()[:3].max(), 0.0) / float(structure.density)))
    if fastest < _FASTEST:
        return ""
    return f"sound at {fastest:.1f} km/s is too fast for a halide: is the file in kbar (--unit kbar)?"


def require_symmetric(matrix: Array) -> None:
    """Refuse a matrix whose halves disagree, and name where they disagree most.

    Raises
    ------
    ElasticityError
    """
    if not np.isfinite(matrix).all():
        raise ElasticityError("the tensor has entries that are no finite numbers")
    gap = abs(matrix - matrix.T)
    if gap.max() <= ASYMMETRY * abs(matrix).max():
        return
    i, j = np.unravel_index(int(gap.argmax()), gap.shape)
    raise ElasticityError(
        f"the tensor is not symmetric: C{i + 1}{j + 1} = {matrix[i, j]:.4g}, C{j + 1}{i + 1} = {matrix[j, i]:.4g}",
        remedy="converge it, or give its mean with the transpose",
    )


def reordered(matrix: Array) -> Array:
    """Turn VASP's order of components into Voigt's."""
    return matrix[np.ix_(FROM_VASP, FROM_VASP)]


def order_remark(C: Array, structure: Structure | None) -> str:
    """Say whether components seem to stand in VASP's order, not in Voigt's; empty if not.

    With a crystal in the same frame its point group decides. Without one: a crystal with a three-, four- or sixfold
    axis along z (C11 = C22, C13 = C23, C33 or C12 apart from them) has C44 = C55; with C55 = C66 apart from C44 the
    shear components are in another order.

    Parameters
    ----------
    C : ndarray, shape (6, 6)
        GPa.
    structure : Structure, optional
    """
    hint = "the shear components seem to stand in VASP's order XX YY ZZ XY YZ ZX (--order vasp)"
    if structure is not None:
        try:
            here = ElasticTensor(C).symmetry_residual(structure)
            there = ElasticTensor(reordered(C)).symmetry_residual(structure)
        except ElasticityError:
            return ""
        fits_only_reordered = here > 0.01 and there < 0.2 * here
        return hint if fits_only_reordered else ""
    scale = _SAME * abs(C).max()
    shears = C.diagonal()[3:]
    small = _SAME * shears.max()
    alike_in_plane = abs(C[0, 0] - C[1, 1]) < scale and abs(C[0, 2] - C[1, 2]) < scale
    other_along_axis = abs(C[0, 0] - C[2, 2]) > scale or abs(C[0, 1] - C[0, 2]) > scale
    swapped = abs(shears[1] - shears[2]) < small < abs(shears[0] - shears[1])
    return hint if alike_in_plane and other_along_axis and swapped else ""


def frame_remark(tensor: ElasticTensor, structure: Structure) -> str:
    """Say whether a tensor breaks the symmetry of the crystal it is said to belong to; empty if not."""
    try:
        residual = tensor.symmetry_residual(structure)
    except ElasticityError:
        return "the symmetry of the structure could not be determined"
    if residual < 0.05:
        return ""
    return (
        f"the tensor breaks the symmetry of the structure by {100 * residual:.0f} % of its largest component:"
        " it may be given in another frame"
    )
