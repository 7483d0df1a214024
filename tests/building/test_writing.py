"""Crystals as files, with the record of how they were made."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from perovex.building.writing import SUFFIXES, check_suffix, crystal_text, free_path, write_crystal
from perovex.crystal.examples import layered
from perovex.crystal.reading import as_structure
from perovex.errors import BuildError


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_written_is_read_back_with_its_origin(tmp_path, suffix):
    crystal = layered(n=1, spacer="Cs")
    crystal.properties["build"] = {"n": 1, "halide": "I"}
    again = as_structure(write_crystal(crystal, tmp_path / f"a{suffix}"))
    assert again.composition == crystal.composition
    assert np.allclose(np.sort(again.distance_matrix, None), np.sort(crystal.distance_matrix, None), atol=1e-3)
    assert again.properties["build"] == {"n": "1", "halide": "I"}


def test_files_name_the_compound_with_its_cations_told_apart():
    crystal = layered(n=1, spacer="MA")
    text = crystal_text(crystal, ".cif")
    assert "(CH3NH3)2PbI4" in text
    assert crystal.composition.reduced_formula not in text
    assert crystal_text(crystal, ".vasp").startswith("(CH3NH3)2PbI4")
    odd = Structure(Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])  # no perovskite is seen
    assert crystal_text(odd, ".vasp").startswith("Cu")


def test_a_free_name_is_counted_up_and_foreign_endings_are_refused(tmp_path):
    crystal = layered(n=1, spacer="Cs")
    first = free_path(crystal, tmp_path)
    first.touch()
    assert free_path(crystal, tmp_path).stem == f"{first.stem}-2"
    with pytest.raises(BuildError, match=r"no crystal can be written as \.pdb"):
        check_suffix(tmp_path / "a.pdb")
