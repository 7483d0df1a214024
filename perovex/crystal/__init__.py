"""Crystals: read any structure file, perceive framework, octahedra, slabs and cations.

`read` gives an ordered pymatgen Structure, `perceive` a `LayeredPerovskite`, on which everything else stands.
"""

from perovex.crystal.model import Bridges, LayeredPerovskite, Molecule, Octahedra, Slab
from perovex.crystal.perception import layer_shifts, octahedra_alone, perceive
from perovex.crystal.reading import as_structure, expand_paths, is_structure_file, read

__all__ = [
    "Bridges",
    "LayeredPerovskite",
    "Molecule",
    "Octahedra",
    "Slab",
    "as_structure",
    "expand_paths",
    "is_structure_file",
    "layer_shifts",
    "octahedra_alone",
    "perceive",
    "read",
]
