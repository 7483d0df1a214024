"""Atoms as files list them: once, twice, or in part."""

import numpy as np

from perovex.crystal.reading.sites import Sites, merge_repeated

CELL = np.eye(3) * 6.0


def test_one_atom_on_two_faces_is_one_atom():
    sites = Sites.ordered(["Pb", "Pb", "I"], np.array([[0, 0, 0], [0.0, 0.0, 1.0], [0.5, 0, 0]]))
    kept, remarks = merge_repeated(sites, CELL, full=0.98)
    assert kept.symbols == ["Pb", "I"]
    assert len(remarks) == 1


def test_alternatives_and_other_elements_at_one_place_are_kept():
    place = np.zeros((2, 3))
    shared = Sites.listed(["Br", "I"], place, np.array([1.0, 1.0]))
    halves = Sites.listed(["I", "I"], place, np.array([0.5, 0.5]))
    for sites in (shared, halves):
        kept, remarks = merge_repeated(sites, CELL, full=0.98)
        assert len(kept) == 2
        assert remarks == []


def test_taking_by_mask_and_by_position_agree():
    sites = Sites.ordered(["Pb", "I", "Cs"], np.arange(9.0).reshape(3, 3))
    by_mask, by_place = sites.take(np.array([True, False, True])), sites.take(np.array([0, 2]))
    assert by_mask.symbols == by_place.symbols == ["Pb", "Cs"]
    assert by_mask.with_occupancy(np.array([0.5, 0.5])).occupancy.tolist() == [0.5, 0.5]
