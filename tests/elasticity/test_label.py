"""The engine against finite strain with relaxed ions and against the full Hessian."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones
from ase.optimize import BFGS

from perovex.elasticity import LabelSettings, label
from perovex.elasticity.labels.causes import NEGATIVE_MODE
from perovex.elasticity.labels.label import _verdict, soft_influence
from perovex.elasticity.relaxation.model_hessian import model_hessian
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings
from perovex.elasticity.response.differences import Clamped, clamped_response, hessian_products
from perovex.elasticity.response.linear_response import ResponseSettings, respond
from perovex.elasticity.response.subspace import Subspace
from perovex.elasticity.response.symmetry import Packed
from perovex.elasticity.surface import EV_PER_A3_IN_GPA, Surface, strain_matrix


def finite_strain_tensor(atoms, calculator, delta=1e-3):
    C = np.zeros((6, 6))
    for k in range(6):
        for sign in (1, -1):
            strained = atoms.copy()
            strained.calc = calculator
            strained.set_cell(
                atoms.cell[:] @ (np.eye(3) + strain_matrix(sign * delta * np.eye(6)[k])), scale_atoms=True
            )
            BFGS(strained, logfile=None).run(fmax=1e-5, steps=300)
            C[k] += sign * strained.get_stress() * EV_PER_A3_IN_GPA / (2 * delta)
    return 0.5 * (C + C.T)


def test_tensor_equals_finite_strain_with_relaxed_ions(alloy_label):
    assert alloy_label.accepted
    C = np.array(alloy_label.record["C_GPa"])
    reference = finite_strain_tensor(alloy_label.atoms, EMT())
    assert abs(C - reference).max() < 0.01 * abs(reference).max()
    clamped = np.array(alloy_label.record["C_clamped_GPa"])
    assert np.linalg.eigvalsh(clamped - C)[0] > -0.01, "relaxing ions can only soften"
    assert abs(clamped - C).max() > 0.01 * abs(C).max(), "the crystal must test internal relaxation"


def test_relaxed_crystal_has_neither_forces_nor_stress(alloy_label):
    atoms = alloy_label.atoms.copy()
    atoms.calc = EMT()
    assert np.linalg.norm(atoms.get_forces(), axis=1).max() < 1.1e-5
    assert abs(atoms.get_stress()).max() * EV_PER_A3_IN_GPA < 1.1e-5


@pytest.fixture(scope="module")
def full_hessian(alloy_label):
    surface = Surface(alloy_label.atoms, EMT())
    point = surface.evaluate(alloy_label.atoms.positions, alloy_label.atoms.cell[:])
    size = 3 * len(alloy_label.atoms)
    H = hessian_products(surface, point, [Packed(row, None) for row in np.eye(size)], 2e-3)
    return surface, point, 0.5 * (H + H.T)


def test_krylov_solution_equals_the_full_hessian(full_hessian):
    surface, point, H = full_hessian
    clamped = clamped_response(surface, point, 1e-3)
    values, vectors = np.linalg.eigh(H)
    keep = abs(values) > 1e-3
    assert keep.sum() == len(H) - 3
    x = vectors[:, keep] @ ((vectors[:, keep].T @ clamped.forces) / values[keep, None])
    direct = clamped.tensor - clamped.forces.T @ x * EV_PER_A3_IN_GPA / point.volume
    model = model_hessian(surface.atoms, 5.0)[:-6, :-6]
    response = respond(surface, point, clamped, model, Subspace.empty(len(H)), ResponseSettings())
    assert response.converged
    assert abs(response.tensor - direct).max() < 0.01 * abs(direct).max()
    assert response.curvatures[0] == pytest.approx(values[keep][0], rel=0.02)


class Harmonic:
    """Surface whose forces follow from a Hessian."""

    batch = 4

    def __init__(self, hessian):
        self.hessian, self.calls = hessian, 0

    def displaced(self, point, steps):
        self.calls += len(steps)
        return [replace(point, forces=-(self.hessian @ step).reshape(-1, 3)) for step in steps]


def test_a_negative_curvature_ends_the_response_at_once(full_hessian):
    _, point, H = full_hessian
    clamped = Clamped(100 * np.eye(6), np.random.default_rng(0).normal(size=(len(H), 6)))
    values, vectors = np.linalg.eigh(H)
    mode = vectors[:, 3]
    model = H + 0.5 * np.diag(np.random.default_rng(1).uniform(size=len(H)))

    def run(hessian, limit):
        surface, space = Harmonic(hessian), Subspace.empty(len(H))
        return surface, respond(surface, point, clamped, model, space, ResponseSettings(unstable_below=limit))

    unstable = H - (values[3] + 0.2) * np.outer(mode, mode)
    (early, stopped), (late, complete) = (run(unstable, limit) for limit in (-2e-3, None))
    assert early.calls < late.calls
    assert not stopped.converged
    assert complete.curvatures[0] == pytest.approx(-0.2, rel=0.05)
    assert complete.curvatures[0] <= stopped.curvatures[0] < -2e-3
    assert stopped.mode @ unstable @ stopped.mode == pytest.approx(stopped.curvatures[0])
    (early, stable), (late, same) = (run(H, limit) for limit in (-2e-3, None))
    assert early.calls == late.calls
    np.testing.assert_array_equal(stable.tensor, same.tensor)


def test_frozen_modes_stiffen(full_hessian):
    surface, point, H = full_hessian
    clamped = clamped_response(surface, point, 1e-3)
    space = Subspace.empty(len(H))
    response = respond(surface, point, clamped, H, space, ResponseSettings(soft=1e3))
    np.testing.assert_allclose(response.frozen, response.clamped, atol=1e-6)


def test_recorded_modes_give_any_treatment_of_soft_modes(alloy):
    """Tensors with modes frozen, and the clamped one, follow from the record alone."""
    settings = LabelSettings(
        relax=RelaxSettings(fmax=1e-5, smax=1e-5), soft_change=10.0, response=ResponseSettings(soft=4.0, stored=1e3)
    )
    record = label(alloy, EMT(), settings).record
    modes = np.array(record["modes"])
    kappa, forces = modes[:, 0], modes[:, 1:]
    assert modes.shape[1] == 7
    assert (kappa < 4.0).any()
    assert (kappa > 4.0).any()

    def stiffened(chosen):
        parts = np.einsum("mi,mj,m->ij", forces[chosen], forces[chosen], 1 / kappa[chosen])
        return np.array(record["C_GPa"]) + parts * EV_PER_A3_IN_GPA / record["volume_A3"]

    np.testing.assert_allclose(stiffened(kappa < 4.0), record["C_soft_modes_frozen_GPa"], atol=0.02)
    np.testing.assert_allclose(stiffened(kappa < 1e3), record["C_clamped_GPa"], atol=0.5)


def test_only_modes_below_the_stored_threshold_are_recorded(alloy_label):
    assert all(mode[0] < 0.5 for mode in alloy_label.record["modes"])


def test_unstable_crystal_is_followed_to_a_stable_one():
    bcc = bulk("Cu", "bcc", a=2.85, cubic=True)
    followed = label(bcc, EMT(), LabelSettings(rattle=0.0))
    assert followed.accepted
    assert followed.record["followed"][0]["reason"] in {"Born-unstable", "negative mode"}
    fcc = label(bulk("Cu", "fcc", a=3.6), EMT())
    per_atom = followed.record["energy_eV"] / 2
    assert per_atom == pytest.approx(fcc.record["energy_eV"], abs=5e-3)


def test_unstable_crystal_that_may_not_be_followed_is_rejected_with_the_reason():
    bcc = bulk("Cu", "bcc", a=2.85, cubic=True)
    rejected = label(bcc, EMT(), LabelSettings(rattle=0.0, rounds=0))
    assert not rejected.accepted
    assert rejected.record["reason"] in {"Born-unstable", "negative mode"}
    assert rejected.record["C_GPa"] is not None


def test_too_few_steps_or_no_time_is_not_convergence(alloy):
    steps = label(alloy, EMT(), LabelSettings(relax=RelaxSettings(max_steps=1)))
    assert (steps.record["status"], steps.record["reason"]) == ("rejected", "not converged")
    late = label(alloy, EMT(), LabelSettings(max_seconds=0.0))
    assert late.record["reason"].startswith("not converged")
    assert late.record["C_GPa"] is None


def test_lennard_jones_argon_obeys_cauchy_relations():
    argon = bulk("Ar", "fcc", a=5.26)
    calculator = LennardJones(sigma=3.4, epsilon=0.0104, rc=8.5, smooth=True)
    C = np.array(label(argon, calculator).record["C_GPa"])
    assert C[0, 1] == pytest.approx(C[3, 3], rel=0.01)  # central forces, every atom a centre of inversion


@pytest.mark.parametrize(
    ("curvature", "coupling", "cause"),
    [
        (-1e-4, 0.1, NEGATIVE_MODE),
        (-1e-4, 1e-4, ""),
        (0.02, 0.1, ""),
        (-0.0019, 0.01, ""),
        (-0.0021, 0.01, NEGATIVE_MODE),
    ],
)
def test_a_negative_curvature_that_shows_in_the_tensor_is_an_instability_however_small(curvature, coupling, cause):
    # a mode of curvature k takes g^2 / (k V) off the tensor: below zero it makes the crystal seem stiffer
    held = np.diag([50.0, 50, 20, 10, 10, 10])
    relaxed = held.copy()
    relaxed[1, 1] -= 160.2177 * coupling**2 / (curvature * 900.0)
    response = SimpleNamespace(curvatures=np.array([curvature]), converged=True, tensor=relaxed, frozen=held)
    assert _verdict(response, LabelSettings(), soft_influence(response)) == cause
