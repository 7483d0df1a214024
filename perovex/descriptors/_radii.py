"""Radii of ions, Å."""

from __future__ import annotations

METAL_RADII = {
    "Pb": 1.19, "Sn": 1.10, "Ge": 0.73, "Cd": 0.95, "Mn": 0.83, "Cu": 0.73, "Fe": 0.78, "Co": 0.745,
    "Ni": 0.69, "Zn": 0.74, "Cr": 0.80, "V": 0.79, "Pd": 0.86, "Pt": 0.80, "Hg": 1.02, "Mg": 0.72,
    "Ca": 1.00, "Sr": 1.18,
    "Ba": 1.35, "Eu": 1.17, "Yb": 1.02, "Bi": 1.03, "Sb": 0.76, "In": 0.80, "Tl": 0.885, "Ag": 1.15,
    "Au": 1.37, "Na": 1.02, "K": 1.38, "Ce": 1.01, "La": 1.032, "Te": 0.97, "Ti": 0.605, "Zr": 0.72,
    "Hf": 0.71,
}  # fmt: skip
"""Octahedral radii in the charge state usual for halide perovskites: Shannon (doi:10.1107/S0567739476001551),
high spin where there is a choice; Sn2+, which Shannon lacks, as used by Green et al.
(doi:10.1038/nphoton.2014.134)."""

HALIDE_RADII = {"F": 1.33, "Cl": 1.81, "Br": 1.96, "I": 2.20}
"""Six-coordinate radii (Shannon, doi:10.1107/S0567739476001551)."""

CAGE_RADII = {
    "[Cs+]": 1.88, "[Rb+]": 1.72, "[K+]": 1.64, "[Tl+]": 1.70, "[Na+]": 1.39,
    "[NH4+]": 1.46, "[NH3+]O": 2.16, "C[NH3+]": 2.17, "N[NH3+]": 2.17, "C1C[NH2+]C1": 2.50, "NC=[NH2+]": 2.53,
    "c1c[nH+]c[nH]1": 2.58, "C[NH2+]C": 2.72, "CC[NH3+]": 2.74, "NC(N)=[NH2+]": 2.78, "C[N+](C)(C)C": 2.92,
}  # fmt: skip
"""Radii of cage cations: Shannon's twelve-coordinate ones, and effective radii of molecular cations by
Kieslich et al. (doi:10.1039/C4SC02211D)."""
