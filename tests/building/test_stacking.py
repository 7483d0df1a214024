"""Layered crystals taken apart: lattice of the sheets, atoms along the stacking direction."""

import numpy as np
import pytest

from perovex.building.stacking import in_plane_lattice, match_in_plane, take_apart
from perovex.crystal import perceive
from perovex.crystal.examples import cubic, layered
from perovex.errors import BuildError


def test_the_shortest_vectors_of_the_sheets_are_right_handed_with_the_normal():
    lattice = np.array([[6.0, 0, 0], [1.0, 7.0, 0], [0.5, 0.5, 15.0]])
    plane = in_plane_lattice(lattice, np.array([0.0, 0.0, 1.0]))
    assert np.linalg.norm(plane, axis=1) == pytest.approx([6.0, np.sqrt(50.0)])
    assert np.cross(*plane)[2] == pytest.approx(42.0)
    with pytest.raises(BuildError, match="no two lattice vectors"):
        in_plane_lattice(lattice, np.array([0.36, 0.48, 0.8]))


def test_slabs_are_apart_after_taking_them_apart():
    crystal = perceive(layered(n=2))
    stack = take_apart(crystal)
    heights = np.sort(stack.bounds.ravel())
    assert np.allclose(heights, stack.bounds.ravel())
    assert heights[-1] - heights[0] < crystal.repeat_height
    with pytest.raises(BuildError, match="3D network"):
        take_apart(perceive(cubic()))


def test_metals_are_matched_where_they_fall_on_each_other_and_not_beside():
    plane, flat = np.diag([6.0, 7.0, 1.0])[:2], np.diag([1.0, 1.0, 0.0])
    metals = np.array([[0.0, 0.0, 0.0], [3.0, 3.5, 0.0]])
    over = np.array([[6.0, -7.0, 10.0]])  # a lattice vector of the sheets, and ten Å up
    assert match_in_plane(metals[::-1] + over, metals, plane, flat).tolist() == [1, 0]
    assert match_in_plane(metals + np.array([[1.6, 0.0, 0.0]]), metals, plane, flat) is None
