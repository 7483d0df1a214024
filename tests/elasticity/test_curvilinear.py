"""Bent steps: what is stiff turns without being stretched."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.calculators.calculator import Calculator, all_changes
from scipy.spatial.transform import Rotation

from perovex.elasticity.relaxation.curvilinear import StiffPairs
from perovex.elasticity.relaxation.model_hessian import model_hessian
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings, RelaxState, make_positive, relax
from perovex.elasticity.response.symmetry import find_symmetry
from perovex.elasticity.surface import Surface, length_scale

SCALE = 8.0


@pytest.fixture(scope="module")
def methylamine():
    """One molecule in a box, across its faces."""
    atoms = molecule("H3CNH2", cell=[8.0] * 3, pbc=True)
    atoms.positions += 0.2
    atoms.wrap()
    return atoms


def turn(atoms, vector):
    """Displacements of a rotation about the first atom, to first order and exactly."""
    arms = atoms.get_distances(0, range(len(atoms)), mic=True, vector=True)
    straight = np.cross(vector, arms)
    return straight, Rotation.from_rotvec(vector).apply(arms) - arms


def bend(atoms, step):
    return StiffPairs.of(atoms, SCALE).bent(atoms.positions, atoms.cell[:], step)


def distances(atoms, displacements):
    moved = atoms.copy()
    moved.positions += displacements
    return moved.get_all_distances(mic=True)


def test_a_molecule_turns_without_being_stretched(methylamine):
    straight, _ = turn(methylamine, np.array([0.2, -0.1, 0.25]))
    bent, _ = bend(methylamine, np.concatenate([straight.ravel(), np.zeros(6)]))
    pairs, lengths = StiffPairs.of(methylamine, SCALE), methylamine.get_all_distances(mic=True)
    stretched, kept = (abs(distances(methylamine, d) - lengths) for d in (straight, bent[:-6].reshape(-1, 3)))
    stiff = pairs.first, pairs.second
    assert len(pairs.kind) == 15, "6 bonds and 9 angles"
    assert stretched[stiff].max() > 0.1
    assert kept[stiff].max() < 0.1 * stretched[stiff].max()
    assert kept.max() < 0.2 * stretched.max()


def test_bent_steps_begin_along_the_straight_one_and_end_along_their_tangent(methylamine):
    step = np.random.default_rng(0).normal(scale=0.1, size=3 * len(methylamine) + 6)
    deviations = [np.linalg.norm(bend(methylamine, h * step)[0] - h * step) for h in (0.2, 0.1)]
    assert deviations[0] == pytest.approx(4 * deviations[1], rel=0.15)
    beyond, before = (bend(methylamine, share * step)[0] for share in (1.01, 0.99))
    _, ending = bend(methylamine, step)
    np.testing.assert_allclose(ending, (beyond - before) / 0.02, atol=0.05 * np.linalg.norm(step))
    np.testing.assert_array_equal(beyond[-6:], 1.01 * step[-6:])


def test_the_hessian_turns_with_the_molecule(methylamine):
    _, exact = turn(methylamine, np.array([0.3, 0.2, -0.4]))
    pairs = StiffPairs.of(methylamine, SCALE)
    before, after = (pairs.hessian(methylamine.positions + d, methylamine.cell[:]) for d in (0.0, exact))
    rotation = np.kron(np.eye(len(methylamine)), Rotation.from_rotvec([0.3, 0.2, -0.4]).as_matrix())
    np.testing.assert_allclose(after[:-6, :-6], rotation @ before[:-6, :-6] @ rotation.T, atol=1e-9)


def test_a_symmetric_step_stays_symmetric(methylamine):
    image = methylamine.copy()
    image.positions = [4.0, 3.5, 3.0] - image.positions
    symmetry, positions, cell = find_symmetry(methylamine + image, 0.01)
    assert symmetry.order == 2
    step = symmetry.average(np.random.default_rng(0).normal(scale=0.1, size=3 * len(positions) + 6))
    pairs = StiffPairs.of(Atoms(symbols=(methylamine + image).symbols, positions=positions, cell=cell, pbc=True), SCALE)
    for made in pairs.bent(positions, cell, step):
        assert abs(made - step).max() > 1e-3
        np.testing.assert_allclose(symmetry.average(made), made, atol=1e-9)


def test_without_stiff_pairs_steps_are_straight(alloy):
    step = np.random.default_rng(0).normal(size=3 * len(alloy) + 6)
    for made in bend(alloy, step):
        np.testing.assert_array_equal(made, step)


def test_negative_curvatures_become_positive():
    rotation = Rotation.from_rotvec([0.3, 0.2, -0.4]).as_matrix()
    hessian = rotation @ np.diag([-2.0, 1e-4, 3.0]) @ rotation.T
    make_positive(hessian, 0.01)
    np.testing.assert_allclose(hessian, rotation @ np.diag([2.0, 0.01, 3.0]) @ rotation.T, atol=1e-12)


class Needle(Calculator):
    """Stiff bond between two ions in a field: at rest along z, longer by field / spring."""

    implemented_properties = ("energy", "forces", "stress")
    spring, length, field = 30.0, 1.4, 0.05

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        v = atoms.get_distance(0, 1, mic=True, vector=True)
        r = np.linalg.norm(v)
        slope = self.spring * (r - self.length) * v / r - self.field * np.eye(3)[2]
        stress = 0.5 * (np.outer(slope, v) + np.outer(v, slope)) / atoms.get_volume()
        self.results = {
            "energy": 0.5 * self.spring * (r - self.length) ** 2 - self.field * v[2],
            "forces": np.array([slope, -slope]),
            "stress": stress.ravel()[[0, 4, 8, 5, 2, 1]],
        }


def steps_to_rest(*, curvilinear):
    # Nearly opposite to the field, where it hardly turns.
    atoms = Atoms("CN", positions=[[0, 0, 0], [0.3, 0.2, -1.3]], cell=[9.0] * 3, pbc=True)
    surface = Surface(atoms, Needle())
    point = surface.evaluate(atoms.positions, atoms.cell[:])
    scale = length_scale(point)
    settings = RelaxSettings(fmax=1e-4, smax=1e-3, curvilinear=curvilinear)
    state = RelaxState(point, model_hessian(atoms, scale), scale, settings.first_radius)
    return relax(surface, state, settings)


def test_a_needle_turns_to_its_closed_form_in_fewer_bent_steps():
    bent, straight = (steps_to_rest(curvilinear=way) for way in (True, False))
    assert bent.converged
    lowest = -Needle.field * Needle.length - 0.5 * Needle.field**2 / Needle.spring
    assert bent.point.energy == pytest.approx(lowest, abs=1e-6)
    assert 2 * bent.steps < straight.steps
