"""Reading: any structure file or object becomes an ordered pymatgen Structure, or a typed error."""

from perovex.crystal.reading.paths import expand_paths, is_structure_file
from perovex.crystal.reading.structures import as_structure, read

__all__ = ["as_structure", "expand_paths", "is_structure_file", "read"]
