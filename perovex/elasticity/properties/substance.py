"""What waves and heat need to know of a crystal besides its tensor: density and number of atoms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy import constants

from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from pymatgen.core import Structure


@dataclass(frozen=True)
class Substance:
    """Mass and atoms per volume.

    Attributes
    ----------
    density : float
        g/cm³.
    mean_mass : float
        Mean mass of an atom, g/mol; NaN where only the density is known.

    Examples
    --------
    >>> silicon = Substance(density=2.329, mean_mass=28.0855)
    >>> round(silicon.atoms_per_volume, 4)
    0.0499
    """

    density: float
    mean_mass: float = math.nan

    def __post_init__(self) -> None:
        if not self.density > 0 or self.mean_mass <= 0:
            raise ElasticityError("density and mean mass of an atom must be positive", remedy="g/cm³ and g/mol")

    @property
    def atoms_per_volume(self) -> float:
        """Atoms per volume, 1/Å³."""
        return float(self.density * constants.N_A / self.mean_mass * 1e-24)

    @classmethod
    def of(cls, structure: Structure) -> Substance:
        """Take both from a crystal."""
        return cls(float(structure.density), float(structure.composition.weight / structure.composition.num_atoms))

    @classmethod
    def from_cell(cls, masses: float, atoms: int, volume: float) -> Substance:
        """Take both from total mass (g/mol), number of atoms and volume (Å³) of a cell."""
        return cls(masses / (volume * 1e-24 * constants.N_A), masses / atoms)
