"""Periodic neighbours against what a cubic lattice has."""

import numpy as np
import pytest

from perovex.crystal.bonding.neighbours import group_starts, neighbour_pairs, plane_heights


@pytest.mark.parametrize(("cutoff", "shell"), [(1.1, 6), (1.5, 18), (1.8, 26), (2.05, 32)])
def test_shells_of_the_simple_cubic_lattice(cutoff, shell):
    pairs = neighbour_pairs(3.0 * np.eye(3), np.zeros((1, 3)), 3.0 * cutoff)
    assert len(pairs) == shell


def test_an_atom_outside_the_cell_has_the_same_neighbours():
    lattice = np.array([[4.0, 0, 0], [1.0, 4.0, 0], [0, 0.5, 4.0]])
    inside = np.array([[0.1, 0.1, 0.1], [0.6, 0.6, 0.6]])
    away = inside + np.array([[0, 0, 0], [3, -2, 5]])
    here, there = (neighbour_pairs(lattice, frac, 4.2) for frac in (inside, away))
    assert np.allclose(np.sort(here.distance), np.sort(there.distance))
    vector = (away[there.j] + there.image - away[there.i]) @ lattice
    assert np.allclose(vector, there.vector)
    assert np.allclose(np.linalg.norm(vector, axis=1), there.distance)


def test_pairs_can_be_kept_below_the_sum_of_radii():
    frac = np.array([[0, 0, 0], [0.25, 0, 0], [0.6, 0, 0]])
    pairs = neighbour_pairs(10.0 * np.eye(3), frac, 4.0, radii=np.array([1.3, 1.3, 1.3]))
    assert sorted(zip(pairs.i.tolist(), pairs.j.tolist(), strict=True)) == [(0, 1), (1, 0)]
    assert len(neighbour_pairs(np.eye(3), np.zeros((0, 3)), 4.0)) == 0


def test_heights_of_a_sheared_cell_are_not_its_edges():
    sheared = np.array([[3.0, 0, 0], [3.0, 3.0, 0], [0, 0, 5.0]])
    assert np.allclose(plane_heights(sheared), [3 / np.sqrt(2), 3.0, 5.0])


def test_starts_of_groups_count_empty_ones():
    assert group_starts(np.array([0, 0, 2]), 4).tolist() == [0, 2, 2, 3, 3]
