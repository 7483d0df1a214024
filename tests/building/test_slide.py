"""Slabs that slide on each other."""

import numpy as np
import pytest

from perovex.building import slide
from perovex.building.slide import metal_vectors
from perovex.crystal import perceive
from perovex.crystal.examples import layered
from perovex.errors import BuildError
from perovex.minima import SameMinimum
from perovex.minima.fingerprint import distance, fingerprint


def test_sliding_there_and_back_keeps_slabs_whole():
    crystal = layered(n=1, shift=(0, 0), spacer="Cs")
    there = slide(crystal, (0.5, 0.5))
    back = slide(there, (-0.5, -0.5))
    assert [perceive(c).stacking for c in (crystal, there, back)] == ["eclipsed", "staggered", "eclipsed"]
    for moved in (there, back):
        np.testing.assert_allclose(perceive(moved).octahedra.bond_lengths, 3.15, atol=1e-6)
    assert distance(fingerprint(crystal.to_ase_atoms()), fingerprint(there.to_ase_atoms())) > SameMinimum().structure


def test_one_gap_slides_alone():
    crystal = layered(n=1, shift=(0, 0), spacer="Cs")
    shifts = np.sort(np.abs(perceive(slide(crystal, (0.5, 0), gap=0)).layer_shifts).max(axis=1))
    np.testing.assert_allclose(shifts, [0, 0.5], atol=0.02)
    with pytest.raises(BuildError, match="gap"):
        slide(crystal, (0.5, 0), gap=2)


def test_metal_vectors_of_an_ideal_sheet():
    vectors = metal_vectors(perceive(layered(n=2, bond=3.1)))
    np.testing.assert_allclose(np.abs(vectors @ vectors.T), 6.2**2 * np.eye(2), atol=1e-6)
