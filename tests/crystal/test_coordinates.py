"""Cartesian coordinates of CIF: the frame a file states, or the usual one."""

import gemmi
import numpy as np
import pytest

from perovex.crystal.reading.coordinates import fractional, kind_of
from perovex.errors import StructureFileError

LATTICE = np.diag([4.0, 5.0, 6.0])
POINT = np.array([[1.0, 2.5, 1.5]])


def block(*lines):
    return gemmi.cif.read_string("\n".join(["data_x", *lines])).sole_block()


def matrix(kind, values):
    places = [f"{i}{j}" for i in "123" for j in "123"]
    return [f"_atom_sites_{kind}_tran_matrix_{p} {v}" for p, v in zip(places, np.ravel(values), strict=True)]


def test_without_a_stated_frame_the_usual_one_is_taken_and_said():
    place, remarks = fractional(block(), POINT, LATTICE, float)
    assert place.tolist() == [[0.25, 0.5, 0.25]]
    assert len(remarks) == 1


def test_a_stated_frame_and_its_inverse_say_the_same():
    turned = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]]) @ LATTICE.T  # the crystal turned by 90 deg about z
    there = POINT @ np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]]).T
    for kind, values in (("Cartn", turned), ("fract", np.linalg.inv(turned))):
        place, remarks = fractional(block(*matrix(kind, values)), there, LATTICE, float)
        assert np.allclose(place, [[0.25, 0.5, 0.25]])
        assert remarks == []


def test_a_frame_of_another_cell_is_refused():
    with pytest.raises(StructureFileError, match="another cell"):
        fractional(block(*matrix("Cartn", 2 * LATTICE)), POINT, LATTICE, float)


def test_kind_of_coordinates():
    assert kind_of(block("loop_", "_atom_site_Cartn_x", "1"), "_atom_site_") == "Cartn"
    assert kind_of(block(), "_atom_site_") == ""
