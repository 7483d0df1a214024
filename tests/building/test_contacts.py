"""Contacts: pair list against brute force, gradients against finite differences."""

import numpy as np
import pytest

from perovex.building.cation import cation_from_smiles
from perovex.building.contacts import Atoms, ContactEnergy, Pairs, find_pairs
from perovex.building.settle import Assembly, _quaternion_matrices, _Rigid


@pytest.fixture
def crowd():
    rng = np.random.default_rng(3)
    symbols = ("I",) * 6 + ("C", "H", "H", "N", "H") + ("C", "H")
    molecule = np.array([-1] * 6 + [0] * 5 + [1] * 2)
    donor = np.zeros(13, dtype=bool)
    donor[[7, 10]] = True
    cell = np.array([[7.0, 0, 0], [1, 8, 0], [2, 1, 9]])
    head = np.array([s == "N" for s in symbols])
    return Atoms(symbols, molecule, donor, head), rng.uniform(0, 9, (13, 3)), cell


def test_pairs_equal_brute_force(crowd):
    atoms, x, cell = crowd
    reach, count = 6.9, 0  # not a lattice vector: no pair on the edge
    for i in range(13):
        for j in range(13):
            for shift in np.ndindex(9, 9, 9):
                s = np.array(shift) - 4
                same = atoms.molecule[i] == atoms.molecule[j]
                if same and (atoms.molecule[i] < 0 or not s.any()):
                    continue
                count += np.linalg.norm(x[j] + s @ cell - x[i]) < reach
    assert 2 * len(find_pairs(x, cell, atoms.molecule, reach)) == count


def test_facing_slabs_touch_and_one_slab_does_not_touch_itself(crowd):
    atoms, x, cell = crowd
    reach, count = 6.9, 0
    slab = np.array([0, 0, 0, 1, 1, 1] + [0] * 7)  # six frame atoms in two slabs
    for i in range(6):
        for j in range(6):
            for shift in np.ndindex(9, 9, 9):
                s = np.array(shift) - 4
                if slab[j] + 2 * s[2] != slab[i]:
                    count += np.linalg.norm(x[j] + s @ cell - x[i]) < reach
    more = len(find_pairs(x, cell, atoms.molecule, reach, slab)) - len(find_pairs(x, cell, atoms.molecule, reach))
    assert 2 * more == count > 0


@pytest.mark.parametrize("softness", [0.0, 1.2])
def test_gradient_is_the_slope_of_the_energy(crowd, softness):
    atoms, x, cell = crowd
    energy = ContactEnergy(atoms, softness)
    pairs = find_pairs(x, cell, atoms.molecule)
    apart = np.linalg.norm(pairs.vectors(x, cell), axis=1) > 2.0  # energies of overlaps drown differences
    pairs = Pairs(pairs.first[apart], pairs.second[apart], pairs.shift[apart])
    _, gradient, stacking = energy(pairs, x, cell)
    h = 1e-6

    def slope(change_x, change_cell):
        up = energy(pairs, x + h * change_x, cell + h * change_cell)[0]
        down = energy(pairs, x - h * change_x, cell - h * change_cell)[0]
        return (up - down) / (2 * h)

    for atom, axis in [(6, 0), (9, 1), (12, 2), (10, 2)]:
        change = np.zeros_like(x)
        change[atom, axis] = 1.0
        assert slope(change, np.zeros((3, 3))) == pytest.approx(gradient[atom, axis], rel=1e-4, abs=1e-3)
    for axis in range(3):
        change = np.zeros((3, 3))
        change[2, axis] = 1.0
        assert slope(np.zeros_like(x), change) == pytest.approx(stacking[axis], rel=1e-4, abs=1e-3)


def test_two_carbons_rest_at_the_uff_distance():
    atoms = Atoms(("C", "C"), np.array([0, 1]), *np.zeros((2, 2), dtype=bool))
    cell = 50 * np.eye(3)
    x = np.array([[0.0, 0, 0], [3.851, 0, 0]])
    value, gradient, _ = ContactEnergy(atoms)(find_pairs(x, cell, atoms.molecule), x, cell)
    assert value == pytest.approx(-0.105)
    assert np.allclose(gradient, 0, atol=1e-9)


def test_quaternion_derivatives():
    q = np.array([[0.9, 0.2, -0.3, 0.4]])
    rotation, slopes = _quaternion_matrices(q)
    assert np.allclose(rotation[0] @ rotation[0].T, np.eye(3))
    for k in range(4):
        step = np.zeros((1, 4))
        step[0, k] = 1e-6
        numeric = (_quaternion_matrices(q + step)[0] - _quaternion_matrices(q - step)[0]) / 2e-6
        assert np.allclose(numeric, slopes[:, k], atol=1e-8)


def test_bodies_of_several_sizes_move_and_pull_each_by_their_own_variables():
    cations = (cation_from_smiles("CC[NH3+]"), cation_from_smiles("C[NH3+]"))
    positions = tuple(cation.conformers[0] + 3.0 for cation in cations)
    frame, cell = np.zeros((2, 3)), 20 * np.eye(3)
    lift = np.zeros((2 + sum(map(len, positions)), 1))
    rigid = _Rigid(Assembly(("I", "I"), frame, cell, cell[2] / 20, cations, positions, lift))
    v = rigid.start + 0.1 * np.random.default_rng(0).normal(size=len(rigid.start))
    weights = np.random.default_rng(1).normal(size=(len(lift), 3))
    x, _, slopes = rigid.place(v)
    for part, old in zip(np.split(x[2:], [len(positions[0])]), positions, strict=True):
        assert np.linalg.norm(part - part[0], axis=1) == pytest.approx(np.linalg.norm(old - old[0], axis=1))
    steps = 1e-6 * np.eye(len(v))[:14]
    numeric = [((rigid.place(v + h)[0] - rigid.place(v - h)[0]) * weights).sum() / 2e-6 for h in steps]
    assert rigid.pull(weights, slopes) == pytest.approx(numeric, abs=1e-6)
