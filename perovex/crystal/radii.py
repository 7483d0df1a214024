"""Radii of ions, Å: Shannon's from pymatgen, and effective radii of cage cations.

Six-coordinate radii are those of Shannon, Acta Cryst. A 32, 751 (1976), doi:10.1107/S0567739476001551, in the charge
state usual for halide perovskites and with high spin where there is a choice.
"""

from __future__ import annotations

from typing import Final

from pymatgen.core import Species

_CHARGES: Final = {
    1: "Ag Au Na K",
    2: "Pb Ge Cd Mn Cu Fe Co Ni Zn Cr V Pd Pt Hg Mg Ca Sr Ba Eu Yb",
    3: "Bi Sb In Tl Ce La",
    4: "Te Ti Zr Hf",
}
#: Other states of those metals, in which they stand in octahedra by themselves or beside another metal.
_OTHER_CHARGES: Final = {1: "Cu Tl", 3: "Au Cr Eu Fe Ti V Yb", 4: "Pd Pt Sn", 5: "Sb"}
_HIGH_SPIN: Final = {("Mn", 2), ("Fe", 2), ("Fe", 3), ("Co", 2), ("Cr", 2)}


def _shannon(symbol: str, charge: int) -> float:
    spin = "High Spin" if (symbol, charge) in _HIGH_SPIN else ""
    return float(Species(symbol, charge).get_shannon_radius("VI", spin, "ionic"))


METAL_RADII: Final = {
    **{symbol: _shannon(symbol, charge) for charge, symbols in _CHARGES.items() for symbol in symbols.split()},
    # Shannon lacks Sn2+: as used by Green et al., doi:10.1038/nphoton.2014.134
    "Sn": 1.10,
}
"""Octahedral radii of metals by symbol."""

OTHER_RADII: Final = {
    (symbol, charge): _shannon(symbol, charge)
    for charge, symbols in _OTHER_CHARGES.items()
    for symbol in symbols.split()
}
"""Octahedral radii of metals by symbol and charge, where the charge is not the usual one."""

HALIDE_RADII: Final = {symbol: _shannon(symbol, -1) for symbol in ("F", "Cl", "Br", "I")}
"""Octahedral radii of halides by symbol."""

CAGE_RADII: Final = {
    "[Cs+]": 1.88, "[Rb+]": 1.72, "[K+]": 1.64, "[Tl+]": 1.70, "[Na+]": 1.39,
    "[NH4+]": 1.46, "[NH3+]O": 2.16, "C[NH3+]": 2.17, "N[NH3+]": 2.17, "C1C[NH2+]C1": 2.50, "NC=[NH2+]": 2.53,
    "c1c[nH+]c[nH]1": 2.58, "C[NH2+]C": 2.72, "CC[NH3+]": 2.74, "NC(N)=[NH2+]": 2.78, "C[N+](C)(C)C": 2.92,
}  # fmt: skip
"""Radii of cage cations by SMILES: Shannon's twelve-coordinate ones, and effective radii of molecular cations by
Kieslich et al. (doi:10.1039/C4SC02211D)."""
