"""What elements are to a halide perovskite: ligand, octahedral centre, A cation or organic matter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from ase.data import atomic_numbers, chemical_symbols, covalent_radii

from perovex.crystal.bonding.neighbours import Pairs, neighbour_pairs
from perovex.crystal.radii import HALIDE_RADII

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

#: A bond may be this much longer than the sum of covalent radii, Å: wider than thermal motion at 300 K,
#: far narrower than the gap to the nearest non-bonded contact (> 0.6 Å).
SLACK = 0.30


def _z(symbols: str) -> NDArray[np.int64]:
    return np.array([atomic_numbers[s] for s in symbols.split()])


HALOGENS = _z("F Cl Br I")
#: Shannon radii of the six-coordinate anions, Å (10.1107/S0567739476001551).
HALIDE_RADIUS = {atomic_numbers[symbol]: radius for symbol, radius in HALIDE_RADII.items()}
#: Metals that sit on the A site (or between slabs) where a real octahedral metal is present.
A_SITE_METALS = _z("Li Na K Rb Cs Fr Tl")
#: Metals with a stereochemically active lone pair, or a Jahn-Teller ion: long sixth bonds are ordinary.
OFF_CENTRE_METALS = _z("Ge Sn As Sb Cu Cr")
_NONMETALS = _z("H He B C N O F Ne Si P S Cl Ar Se Br Kr Te I Xe At Rn")
#: Usual charge of a metal at the centre of a halide octahedron; several where nature allows several.
METAL_CHARGES: dict[str, tuple[int, ...]] = {
    "Pb": (2,), "Sn": (2, 4), "Ge": (2,), "Cd": (2,), "Mn": (2,), "Cu": (2, 1), "Bi": (3,), "Sb": (3, 5),
    "In": (3, 1), "Ag": (1,), "Au": (1, 3), "Fe": (2, 3), "Co": (2,), "Ni": (2,), "Zn": (2,), "Mg": (2,),
    "Ca": (2,), "Sr": (2,), "Ba": (2,), "Hg": (2,), "Pd": (2, 4), "Pt": (2, 4), "Cr": (2, 3), "V": (2, 3),
    "Ti": (3, 4), "Eu": (2, 3), "Yb": (2, 3), "Sm": (2, 3), "Te": (4,), "Zr": (4,), "Hf": (4,), "Tl": (1, 3),
    "Li": (1,), "Na": (1,), "K": (1,), "Rb": (1,), "Cs": (1,), "Mo": (3,), "Ru": (3,), "Rh": (3,),
}  # fmt: skip
_IS_METAL = np.ones(len(chemical_symbols), dtype=bool)
_IS_METAL[_NONMETALS] = False
_IS_METAL[0] = False
_IS_A_SITE = np.zeros(len(chemical_symbols), dtype=bool)
_IS_A_SITE[A_SITE_METALS] = True
_IS_HALOGEN = np.zeros(len(chemical_symbols), dtype=bool)
_IS_HALOGEN[HALOGENS] = True


@dataclass(frozen=True, eq=False)
class AtomTable:
    """The crystal as plain arrays: what perception works on.

    Attributes
    ----------
    numbers : ndarray of int, shape (n,)
        Atomic numbers.
    frac : ndarray, shape (n, 3)
        Fractional coordinates as they stand in the structure.
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    """

    numbers: NDArray[np.int64]
    frac: NDArray[np.float64]
    lattice: NDArray[np.float64]

    @classmethod
    def from_structure(cls, structure: Structure) -> AtomTable:
        """Take the arrays out of an ordered pymatgen structure (elements or species)."""
        sites = structure.sites
        species = [site.species for site in sites]
        distinct = {id(s): s for s in species}
        number_of = {key: next(iter(s)).Z for key, s in distinct.items()}
        numbers = np.array([number_of[id(s)] for s in species], dtype=np.int64)
        frac = np.array([site.frac_coords for site in sites], dtype=float)
        return cls(numbers, frac, np.array(structure.lattice.matrix))

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def cart(self) -> NDArray[np.float64]:
        """Cartesian coordinates, Å, shape (n, 3)."""
        return self.frac @ self.lattice

    @cached_property
    def inverse(self) -> NDArray[np.float64]:
        """Inverse of the cell: Cartesian to fractional."""
        return np.asarray(np.linalg.inv(self.lattice), dtype=np.float64)

    @cached_property
    def is_halogen(self) -> NDArray[np.bool_]:
        """Whether each atom is F, Cl, Br or I."""
        return _IS_HALOGEN[self.numbers]

    @cached_property
    def is_metal(self) -> NDArray[np.bool_]:
        """Whether each atom is a metal or metalloid: octahedral centre or A cation."""
        return _IS_METAL[self.numbers]

    @cached_property
    def is_a_site_metal(self) -> NDArray[np.bool_]:
        """Whether each atom is an alkali metal or thallium."""
        return _IS_A_SITE[self.numbers]

    @cached_property
    def radii(self) -> NDArray[np.float64]:
        """Covalent radii, Å (Cordero et al., 10.1039/b801115j)."""
        return covalent_radii[self.numbers]

    @cached_property
    def contacts(self) -> Pairs:
        """Pairs as close as a covalent bond, monatomic A cations left out; both directions.

        Whether a pair is bonded depends on what its atoms are: a lead halide bond may be among these.
        """
        members = np.flatnonzero(~self.is_a_site_metal)
        radii = self.radii + SLACK / 2
        reach = 2 * radii[members].max(initial=0.0)
        return neighbour_pairs(self.lattice, self.frac, reach, centres=members, neighbours=members, radii=radii)

    def symbol(self, site: int) -> str:
        """Element symbol of a site."""
        return chemical_symbols[self.numbers[site]]
