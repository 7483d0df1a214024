"""What the crystal is made of: radii, electronegativities, tolerance factor, density, volume fractions."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Element

from perovex.crystal.radii import CAGE_RADII, HALIDE_RADII, METAL_RADII, OTHER_RADII
from perovex.descriptors._stats import mean
from perovex.descriptors.molecule import molecular_volume
from perovex.descriptors.registry import computes, describe_as
from perovex.descriptors.smiles import parse_smiles
from perovex.descriptors.sources import ATOMIC_WEIGHTS, GOLDSCHMIDT, KIESLICH, MATMINER, PAULING, SHANNON, VABC
from perovex.errors import SmilesError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perovex.crystal.model import LayeredPerovskite

__all__ = ["cage_radius", "tolerance_factor"]

NAN = float("nan")
DALTON = 1.66053907  # g/cm³ of one u per Å³


@lru_cache(maxsize=4096)
def cage_radius(smiles: str) -> float:
    """Effective radius of a cage cation.

    Parameters
    ----------
    smiles : str
        Cation, in any valid notation.

    Returns
    -------
    float
        Å; NaN for a cation that is not tabulated.

    References
    ----------
    .. [1] G. Kieslich, S. Sun, A. K. Cheetham, Chem. Sci. 5, 4712 (2014), doi:10.1039/C4SC02211D

    Examples
    --------
    >>> from perovex.descriptors.composition import cage_radius
    >>> cage_radius("C[NH3+]"), cage_radius("[Cs+]")
    (2.17, 1.88)
    """
    from rdkit import Chem

    table = {Chem.MolToSmiles(parse_smiles(key)): radius for key, radius in CAGE_RADII.items()}
    try:
        return table.get(Chem.MolToSmiles(parse_smiles(smiles)), NAN)
    except SmilesError:
        return NAN


def tolerance_factor(cage: float, metal: float, halide: float) -> float:
    r"""Goldschmidt tolerance factor :math:`t = (r_A + r_X) / [\sqrt{2} (r_M + r_X)]`.

    Parameters
    ----------
    cage, metal, halide : float
        Radii, Å.

    Returns
    -------
    float
        Dimensionless.

    References
    ----------
    .. [1] V. M. Goldschmidt, Naturwissenschaften 14, 477 (1926), doi:10.1007/BF01507527

    Examples
    --------
    >>> from perovex.descriptors.composition import tolerance_factor
    >>> round(tolerance_factor(2.17, 1.19, 2.20), 3)  # CH3NH3PbI3
    0.912
    """
    return (cage + halide) / (sqrt(2.0) * (metal + halide))


@lru_cache(maxsize=256)
def _electronegativity(symbol: str) -> float:
    return float(Element(symbol).X)


@lru_cache(maxsize=256)
def _mass(symbol: str) -> float:
    return float(Element(symbol).atomic_mass)


def _weighted(counts: Counter[str], table: Mapping[str, float]) -> float:
    """Mean over atoms; NaN where an element is not tabulated."""
    return sum(table.get(symbol, NAN) * n for symbol, n in counts.items()) / sum(counts.values())


def _metal_radii(crystal: LayeredPerovskite, metals: Counter[str], n_halides: int) -> Mapping[str, float]:
    """Radii of the metals; of a single one in the charge that balances the crystal, such as tin in Cs2SnI6."""
    if len(metals) > 1 or not all(molecule.hydrogens_complete for molecule in crystal.molecules):
        return METAL_RADII
    ((symbol, count),) = metals.items()
    charge, rest = divmod(n_halides - sum(molecule.charge for molecule in crystal.molecules), count)
    usual = METAL_RADII.get(symbol, NAN)
    return {symbol: usual if rest else OTHER_RADII.get((symbol, charge), usual)}


def _sphere(radius: float) -> float:
    return 4.0 / 3.0 * pi * radius**3


def _cation_volume(smiles: str) -> float:
    """Volume of a cation: by its graph, or the sphere of a monatomic ion."""
    try:
        volume = molecular_volume(smiles)
    except SmilesError:
        return NAN
    return _sphere(cage_radius(smiles)) if np.isnan(volume) else volume


@computes(
    "composition",
    describe_as("metal_radius", "Å", "metal radius", "Mean octahedral ionic radius of the metals.", source=SHANNON),
    describe_as("halide_radius", "Å", "halide radius", "Mean ionic radius of the framework halides.", source=SHANNON),
    describe_as("octahedral_factor", "1", "octahedral factor", "`metal_radius` over `halide_radius`.", source=SHANNON),
    describe_as(
        "metal_electronegativity",
        "1",
        "metal electronegativity",
        "Mean Pauling electronegativity of metals.",
        source=PAULING,
    ),
    describe_as(
        "halide_electronegativity",
        "1",
        "halide electronegativity",
        "Mean Pauling electronegativity of the framework halides.",
        source=PAULING,
    ),
    describe_as(
        "electronegativity_difference",
        "1",
        "electronegativity difference",
        "`halide_electronegativity` minus `metal_electronegativity`.",
        source=PAULING,
    ),
    describe_as("metal_mass", "u", "metal mass", "Mean atomic mass of the metals.", source=ATOMIC_WEIGHTS),
    describe_as("halide_mass", "u", "halide mass", "Mean atomic mass of the framework halides.", source=ATOMIC_WEIGHTS),
    describe_as(
        "cage_radius",
        "Å",
        "cage cation radius",
        "Mean effective radius of the cations inside perovskite cages.",
        source=KIESLICH,
        needs="cage cation",
    ),
    describe_as(
        "tolerance_factor",
        "1",
        "tolerance factor",
        "Goldschmidt's t of cage cation, metal and halide from mean radii.",
        source=GOLDSCHMIDT,
        needs="cage cation",
    ),
    describe_as("density", "g/cm³", "density", "Mass density of the crystal.", source=MATMINER),
    describe_as(
        "volume_per_metal", "Å³", "volume per metal", "Cell volume per metal of the framework.", source=MATMINER
    ),
    describe_as(
        "atoms_per_metal",
        "1",
        "atoms per metal",
        "Number of atoms in the crystal per framework metal.",
        source=MATMINER,
    ),
    describe_as(
        "organic_volume_fraction",
        "1",
        "organic volume fraction",
        "Van der Waals volume of all molecules over the cell volume; 0 without molecules.",
        source=VABC,
        needs="hydrogens",
    ),
    describe_as(
        "free_volume_fraction",
        "1",
        "free volume fraction",
        "One minus the share of the cell filled by molecules (van der Waals volume) and by metals, halides"
        " and"
        " monatomic cations (spheres of ionic radius).",
        source=VABC,
        needs="hydrogens",
    ),
)
def composition(crystal: LayeredPerovskite) -> dict[str, float]:
    """Compute the descriptors of the composition family.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    dict of str to float
        One value per key.
    """
    octahedra = crystal.octahedra
    symbols = crystal.symbols
    metals = Counter(symbols[i] for i in octahedra.metal)
    halides = Counter(symbols[i] for i in np.unique(octahedra.ligand))
    weight = sum(_mass(symbol) * n for symbol, n in Counter(symbols).items())
    radii = _metal_radii(crystal, metals, halides.total())
    metal_radius, halide_radius = _weighted(metals, radii), _weighted(halides, HALIDE_RADII)
    chi = {symbol: _electronegativity(symbol) for symbol in (*metals, *halides)}
    mass = {symbol: _mass(symbol) for symbol in (*metals, *halides)}
    metal_chi, halide_chi = _weighted(metals, chi), _weighted(halides, chi)
    cage = mean([cage_radius(molecule.smiles) for molecule in crystal.cage_cations])
    volume = float(crystal.structure.volume)
    count = float(len(octahedra))
    complete = all(molecule.hydrogens_complete for molecule in crystal.molecules)
    organic = sum(_cation_volume(m.smiles) for m in crystal.molecules if len(m) > 1) if complete else NAN
    ions = sum(_cation_volume(m.smiles) for m in crystal.molecules if len(m) == 1)
    framework = sum(_sphere(radii.get(s, NAN)) * n for s, n in metals.items()) + sum(
        _sphere(HALIDE_RADII.get(s, NAN)) * n for s, n in halides.items()
    )
    return {
        "metal_radius": metal_radius,
        "halide_radius": halide_radius,
        "octahedral_factor": metal_radius / halide_radius,
        "metal_electronegativity": metal_chi,
        "halide_electronegativity": halide_chi,
        "electronegativity_difference": halide_chi - metal_chi,
        "metal_mass": _weighted(metals, mass),
        "halide_mass": _weighted(halides, mass),
        "cage_radius": cage,
        "tolerance_factor": tolerance_factor(cage, metal_radius, halide_radius),
        "density": weight * DALTON / volume,
        "volume_per_metal": volume / count,
        "atoms_per_metal": len(symbols) / count,
        "organic_volume_fraction": organic / volume,
        "free_volume_fraction": 1.0 - (organic + ions + framework) / volume,
    }
