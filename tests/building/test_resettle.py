"""Molecules of a crystal as cations that settle: atoms, donors, levels; octahedra keep still meanwhile."""

from dataclasses import replace

import numpy as np
import pytest

from perovex.building.resettle import as_cation, level_of, resettle
from perovex.building.stacking import take_apart
from perovex.crystal import perceive
from perovex.crystal.examples import layered


@pytest.fixture(scope="module")
def crystal():
    return perceive(layered(n=2, spacer="MA", cage="MA"))


def test_a_molecule_keeps_coordinates_charge_and_donors(crystal):
    molecule = crystal.spacers[0]
    cation = as_cation(molecule, molecule.coordinates)
    assert (cation.smiles, cation.charge, cation.symbols) == ("C[NH3+]", 1, molecule.symbols)
    assert cation.conformers[0] is molecule.coordinates
    assert cation.heads == molecule.ammonium
    nitrogen = molecule.symbols.index("N")
    hydrogens = [k for k, symbol in enumerate(molecule.symbols) if symbol == "H"]
    near = [k for k in hydrogens if np.linalg.norm(molecule.coordinates[k] - molecule.coordinates[nitrogen]) < 1.2]
    assert cation.donors.tolist() == near
    points = np.array(cation.mol.GetConformer().GetPositions())
    assert points == pytest.approx(molecule.coordinates)


def test_molecules_without_a_graph_in_their_order_are_rigid(crystal):
    molecule = crystal.spacers[0]
    turned = replace(molecule, symbols=molecule.symbols[::-1])
    assert as_cation(turned, molecule.coordinates).mol is None


def test_levels_count_slabs_from_below(crystal):
    stack = take_apart(crystal)
    assert len(stack.bounds) == len(crystal.slabs)
    for level, (bottom, top) in enumerate(stack.bounds):
        inside = 0.5 * (bottom + top) * stack.normal
        assert level_of(stack, inside[None]) == level
        assert level_of(stack, (top + 0.5) * stack.normal[None]) == level


def test_octahedra_keep_still_when_molecules_settle(crystal):
    stack = take_apart(crystal)
    symbols = list(crystal.symbols)
    settled = resettle(crystal, stack, symbols, stack.coordinates, stack.cell)
    frame = np.flatnonzero(stack.slab_of == 0)
    before = stack.coordinates[frame] - stack.coordinates[frame[0]]
    own = [k for k, slab in enumerate(stack.slab_of[stack.slab_of >= 0]) if slab == 0]
    after = settled.cart_coords[own] - settled.cart_coords[own[0]]
    assert after == pytest.approx(before, abs=1e-8)
    again = perceive(settled)
    assert (again.n_layers, len(again.spacers), len(again.cage_cations)) == (
        crystal.n_layers, len(crystal.spacers), len(crystal.cage_cations),
    )  # fmt: skip
