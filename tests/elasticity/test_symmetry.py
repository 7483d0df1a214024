"""Space groups at work: the same tensor in fewer calls, and no instability hidden by symmetry."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones

from perovex.elasticity import LabelSettings, label
from perovex.elasticity.labels.run import LabelRun
from perovex.elasticity.relaxation.model_hessian import model_hessian
from perovex.elasticity.response.differences import clamped_response, hessian_products
from perovex.elasticity.response.linear_response import ResponseSettings, respond
from perovex.elasticity.response.subspace import Subspace
from perovex.elasticity.response.symmetry import CrystalSymmetry, Packed, find_symmetry, pack
from perovex.elasticity.surface import Surface


def ordered_alloy():
    """Cu3Au with one Cu sheet replaced and relaxed apart: 8 atoms, tetragonal, ions free to move."""
    atoms = bulk("Cu", "fcc", a=3.8, cubic=True).repeat((1, 1, 2))
    atoms.numbers[[0, 1, 2]] = 79
    return atoms


@pytest.fixture(scope="module")
def symmetric():
    atoms = ordered_alloy()
    group, positions, cell = find_symmetry(atoms, 1e-2)
    assert group.order >= 8
    surface = Surface(atoms, EMT())
    return surface, surface.evaluate(positions, cell), group


def test_found_operations_map_forces_on_themselves_and_the_group_is_closed(symmetric):
    _, point, group = symmetric
    images = group.images(point.forces.reshape(-1, 1))
    np.testing.assert_allclose(images[:, :, 0], np.tile(point.forces.ravel(), (group.order, 1)), atol=1e-8)
    np.testing.assert_allclose(group.on_stresses @ point.stress, np.tile(point.stress, (group.order, 1)), atol=1e-10)
    np.testing.assert_allclose(group.rotations[0], np.eye(3), atol=1e-12)
    products = np.einsum("gab,hbc->ghac", group.rotations, group.rotations).reshape(-1, 3, 3)
    assert all(abs(group.rotations - product).max(axis=(1, 2)).min() < 1e-8 for product in products)


def test_response_to_an_image_is_the_image_of_the_response(symmetric):
    surface, point, group = symmetric
    vector = np.random.default_rng(0).normal(size=(3 * len(point.positions), 1))
    g = group.order - 1
    pair = [Packed(vector[:, 0], None), Packed(group.images(vector)[g, :, 0], None)]
    here, there = hessian_products(surface, point, pair, 2e-3).T
    np.testing.assert_allclose(group.images(here[:, None])[g, :, 0], there, atol=1e-6 * abs(here).max())


def test_a_distorted_crystal_is_symmetrised_within_the_tolerance_only():
    atoms = ordered_alloy()
    exact = find_symmetry(atoms, 1e-2)[0]
    noisy = atoms.copy()
    noisy.rattle(1e-3, seed=3)
    noisy.set_cell(noisy.cell[:] @ (np.eye(3) + 1e-4 * np.ones((3, 3))), scale_atoms=True)
    group, positions, cell = find_symmetry(noisy, 1e-2)
    assert group.order == exact.order
    assert 1e-4 < abs(positions - noisy.positions).max() < 1e-2
    clean = Atoms(noisy.numbers, positions=positions, cell=cell, pbc=True)
    assert find_symmetry(clean, 1e-6)[0].order == exact.order
    assert find_symmetry(noisy, 1e-5)[0].order == 1
    assert find_symmetry(noisy, 0.0)[0].order == 1


class Handed(EMT):
    """Tells left from right by the signed volume of its first four atoms."""

    def calculate(self, *args, **kwargs):
        super().calculate(*args, **kwargs)
        a, b, c = self.atoms.positions[1:4] - self.atoms.positions[0]
        pull = -0.01 * np.array([np.cross(b, c), np.cross(c, a), np.cross(a, b)])
        self.results["energy"] += 0.01 * a @ np.cross(b, c)
        self.results["forces"] = self.results["forces"].copy()
        self.results["forces"][1:4] += pull
        self.results["forces"][0] -= pull.sum(axis=0)


def test_mirrors_are_used_only_where_the_potential_has_them():
    def run(calculator):
        found = LabelRun(Surface(ordered_alloy(), calculator), LabelSettings(), None, None)
        found.start()
        return found

    plain, handed = run(EMT()), run(Handed())
    assert plain.mirror_error < 1e-8
    assert handed.mirror_error > 1e-3
    assert plain.symmetry.improper.sum() == plain.symmetry.order / 2
    assert not handed.symmetry.improper.any()
    assert handed.symmetry.order == plain.symmetry.order / 2
    assert handed.symmetry.name == f"rotations of {plain.symmetry.name}"
    turns = handed.symmetry.rotations  # still a group
    products = np.einsum("gab,hbc->ghac", turns, turns).reshape(-1, 3, 3)
    assert all(abs(turns - product).max(axis=(1, 2)).min() < 1e-8 for product in products)


def test_average_keeps_what_is_symmetric_and_is_a_projection(symmetric):
    _, point, group = symmetric
    step = np.random.default_rng(1).normal(size=3 * len(point.positions) + 6)
    once = group.average(step)
    np.testing.assert_allclose(group.average(once), once, atol=1e-12)
    assert np.linalg.norm(once) < np.linalg.norm(step)


def test_strains_of_a_cubic_crystal_are_packed_into_one():
    atoms = bulk("Cu", "fcc", a=3.6, cubic=True)
    group = find_symmetry(atoms, 1e-3)[0]
    plan = pack(np.eye(6), group.on_strains)
    assert len(plan) == 1
    assert plan[0].flip is None


def test_a_vector_that_inversion_turns_needs_one_side():
    atoms = bulk("NaCl", "rocksalt", a=5.6)
    group = find_symmetry(atoms, 1e-3)[0]
    optical = np.array([1, 0, 0, -1, 0, 0.0])[:, None]
    (packed,) = pack(optical, group.images(optical))
    np.testing.assert_allclose(group.images(packed.vector[:, None])[packed.flip, :, 0], -packed.vector, atol=1e-12)


def test_same_clamped_tensor_in_fewer_calls(symmetric):
    surface, point, group = symmetric
    before = surface.calls
    plain = clamped_response(surface, point, 1e-3)
    middle = surface.calls
    packed = clamped_response(surface, point, 1e-3, group)
    assert (middle - before, surface.calls - middle) == (12, 4)
    np.testing.assert_allclose(packed.tensor, plain.tensor, atol=1e-3 * abs(plain.tensor).max())
    np.testing.assert_allclose(packed.forces, plain.forces, atol=1e-3 * abs(plain.forces).max())


@pytest.mark.parametrize("with_symmetry", [True, False])
def test_modes_and_tensor_equal_those_of_the_full_hessian(symmetric, with_symmetry):
    surface, point, group = symmetric
    used = group if with_symmetry else CrystalSymmetry.trivial(len(point.positions))
    size = point.positions.size
    full = hessian_products(surface, point, [Packed(row, None) for row in np.eye(size)], 2e-3)
    exact = np.sort(np.linalg.eigvalsh(0.5 * (full + full.T)))
    clamped = clamped_response(surface, point, 1e-3, used)
    model = model_hessian(surface.atoms, 5.0)[:-6, :-6]
    settings = ResponseSettings(tolerance=1e-3, mode_tolerance=1e-5, soft=1e3)
    response = respond(surface, point, clamped, model, Subspace.empty(size), settings, symmetry=used)
    assert response.converged
    internal = exact[np.argsort(abs(exact))[3:]]  # without the three translations
    assert response.curvatures[0] == pytest.approx(internal.min(), rel=0.03)


def test_label_with_symmetry_is_the_label_without_in_half_the_calls():
    atoms = ordered_alloy()
    kept, free = (label(atoms, EMT(), LabelSettings(symmetry=s)) for s in (1e-2, 0.0))
    assert kept.accepted
    assert free.accepted
    assert kept.record["symmetry_operations"] >= 8
    assert free.record["space_group"] == "P1"
    C, reference = (np.array(made.record["C_GPa"]) for made in (kept, free))
    assert abs(C - reference).max() < 0.01 * abs(reference).max()
    assert kept.record["calls"] < 0.6 * free.record["calls"]


def test_a_symmetric_saddle_is_seen_and_left():
    """A square lattice of atoms stretched along one axis buckles; its symmetry forbids the forces that say so."""
    chain = bulk("Ar", "sc", a=3.7, cubic=True).repeat((1, 1, 2))
    calculator = LennardJones(sigma=3.4, epsilon=0.0104, rc=8.5, smooth=True)
    settings = LabelSettings(rounds=0)
    stopped = label(chain, calculator, settings)
    assert stopped.record["symmetry_operations"] > 1
    assert stopped.record["reason"] in {"negative mode", "Born-unstable"}
    followed = label(chain, calculator, LabelSettings(rounds=6))
    assert followed.accepted
    assert followed.record["followed"]
    fcc = label(bulk("Ar", "fcc", a=5.26), calculator)
    assert followed.record["energy_eV"] / 2 == pytest.approx(fcc.record["energy_eV"], abs=2e-3)


def test_group_of_an_inversion_alone_has_no_proper_part_left():
    rotations = np.array([np.eye(3), -np.eye(3)])
    left = CrystalSymmetry(rotations, np.array([[0, 1], [1, 0]]), "P-1").proper()
    assert (left.order, left.name) == (1, "P1")
