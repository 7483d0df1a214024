"""Bond lengths and contact radii from which a crystal is built.

One rule gives every metal-halide length: `COVALENCY` times the sum of the six-coordinate ionic radii
(`perovex.crystal.radii`), two of which are fitted. The same radii drive `perovex.building.substitute`, so a built
and a substituted crystal agree.
"""

from __future__ import annotations

from typing import Final

from perovex.crystal.radii import HALIDE_RADII, METAL_RADII
from perovex.errors import BuildError

#: Metal-halide bonds are shorter than the sum of ionic radii by this factor.
COVALENCY: Final = 0.95

#: Lone pairs make Sn and Ge larger than the tabulated ions; these match the mean bond of their halide perovskites.
FITTED_RADII: Final = {"Sn": 1.13, "Ge": 1.00}

#: Radii, Å, of the divalent metals that crystals are built with: Shannon's, but for the fitted ones.
BUILDING_RADII: Final[dict[str, float]] = {
    metal: FITTED_RADII.get(metal, METAL_RADII[metal])
    for metal in ("Pb", "Sn", "Ge", "Cd", "Mn", "Fe", "Mg", "Ca", "Sr", "Yb", "Eu")
}

#: Radii, Å, below whose scaled sums two atoms overlap (Alvarez-type van der Waals radii, rounded; hydrogen as
#: in Rowland and Taylor 1996, doi 10.1021/jp953141+).
VDW_RADII: Final[dict[str, float]] = {
    "H": 1.10, "B": 1.92, "C": 1.70, "N": 1.55, "O": 1.52, "F": 1.47, "Si": 2.10, "P": 1.80, "S": 1.80,
    "Cl": 1.75, "Se": 1.90, "Br": 1.85, "I": 1.98, "Cs": 2.40, "Rb": 2.30, "K": 2.20,
}  # fmt: skip
DEFAULT_VDW: Final = 2.00


def bond_length(metal: str, halide: str) -> float:
    """Length of the metal-halide bond in an undistorted octahedron.

    Parameters
    ----------
    metal, halide : str
        Element symbols.

    Returns
    -------
    float
        Bond length, Å.

    Raises
    ------
    BuildError
        If either element has no radius here.

    References
    ----------
    .. [1] R. D. Shannon, Acta Cryst. A 32, 751 (1976), doi 10.1107/S0567739476001551.

    Examples
    --------
    >>> round(bond_length("Pb", "I"), 2)
    3.22
    """
    return COVALENCY * (metal_radius(metal) + halide_radius(halide))


def metal_radius(symbol: str) -> float:
    """Six-coordinate radius of a divalent metal, Å; `BuildError` if unknown."""
    if symbol not in BUILDING_RADII:
        raise BuildError(
            f"no octahedral radius is known for the metal {symbol!r}",
            remedy=f"use one of {', '.join(BUILDING_RADII)}",
        )
    return BUILDING_RADII[symbol]


def halide_radius(symbol: str) -> float:
    """Six-coordinate radius of a halide, Å; `BuildError` if it is no halide."""
    if symbol not in HALIDE_RADII:
        raise BuildError(f"{symbol!r} is not a halide", remedy=f"use one of {', '.join(HALIDE_RADII)}")
    return HALIDE_RADII[symbol]


def vdw_radius(symbol: str) -> float:
    """Van der Waals radius, Å, used to judge contacts.

    Examples
    --------
    >>> vdw_radius("C")
    1.7
    """
    return VDW_RADII.get(symbol, DEFAULT_VDW)
