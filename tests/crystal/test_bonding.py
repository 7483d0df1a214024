"""Bond orders, charges and hydrogens of small molecules."""

import numpy as np
import pytest

from perovex.crystal.bonding.chemistry import canonical_order, charged_template, template
from perovex.crystal.bonding.implied import imply_hydrogens
from perovex.crystal.bonding.valence import assign_charged, assign_valences

METHYLAMMONIUM = (["C", "N", *"HHHHHH"], [[0, 1], [0, 2], [0, 3], [0, 4], [1, 5], [1, 6], [1, 7]])
ACETATE = (["C", "C", "O", "O", "H", "H", "H"], [[0, 1], [1, 2], [1, 3], [0, 4], [0, 5], [0, 6]])
BENZENE = ([*"CCCCCC", *"HHHHHH"], [[k, (k + 1) % 6] for k in range(6)] + [[k, k + 6] for k in range(6)])


@pytest.mark.parametrize(("molecule", "charge"), [(METHYLAMMONIUM, 1), (ACETATE, -1), (BENZENE, 0)])
def test_charges_follow_from_the_graph(molecule, charge):
    symbols, bonds = molecule
    valences = assign_valences(symbols, np.array(bonds))
    assert sum(valences.charges) == charge
    assert valences.sound


def test_aromatic_rings_alternate():
    symbols, bonds = BENZENE
    orders = assign_valences(symbols, np.array(bonds)).orders[:6]
    assert sorted(orders) == [1, 1, 1, 2, 2, 2]
    assert all(orders[k] != orders[k - 1] for k in range(6))


def test_a_charge_that_the_graph_cannot_carry_is_none_or_unsound():
    symbols, bonds = METHYLAMMONIUM
    valences = assign_charged(symbols, np.array(bonds), -2)
    assert valences is None or not valences.sound


def as_bytes(bonds):
    return np.array(bonds, dtype=np.int64).tobytes()


def test_the_order_of_atoms_does_not_change_the_molecule():
    symbols, bonds = np.array(ACETATE[0]), np.array(ACETATE[1])
    smiles = set()
    for seed in range(4):
        shuffled = np.random.default_rng(seed).permutation(len(symbols))
        place = np.argsort(shuffled)
        turned = np.sort(place[bonds], axis=1)
        order = canonical_order(tuple(symbols[shuffled]), as_bytes(turned))
        position = np.argsort(order)
        canonical = sorted(np.sort(position[turned], axis=1).tolist())
        smiles.add(template(tuple(symbols[shuffled][order]), as_bytes(canonical)).smiles)
    assert smiles == {"CC(=O)[O-]"}


def test_a_template_of_a_charge_that_no_sound_molecule_has_is_none():
    symbols, bonds = METHYLAMMONIUM
    order = canonical_order(tuple(symbols), as_bytes(bonds))
    position = np.argsort(order)
    canonical = as_bytes(sorted(np.sort(position[np.array(bonds)], axis=1).tolist()))
    assert charged_template(tuple(np.array(symbols)[order]), canonical, -2) is None


def test_missing_hydrogens_are_implied_and_amines_are_ammonium():
    mol, charge = imply_hydrogens(["C", "N"], np.array([[0, 1]]), np.array([1.49]))
    assert charge == 1
    assert sorted(atom.GetTotalNumHs() for atom in mol.GetAtoms()) == [3, 3]
    assert imply_hydrogens(["C", "N"], np.array([[0, 1]]), np.array([1.49]), protons=1) is None
