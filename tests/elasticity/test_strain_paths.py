"""Tensors along the strain paths of a cheap model: exact where they must be, wrong in the order that they should."""

import numpy as np
import pytest
from ase import Atoms

from perovex.elasticity.response.strain_paths import CheapResponse, PathSettings, respond_along_paths
from perovex.elasticity.response.symmetry import CrystalSymmetry
from perovex.elasticity.surface import EV_PER_A3_IN_GPA, Surface, without_translations

N, EDGE = 5, 6.0
VOLUME = EDGE**3


class Springs:
    """Energy V/2 e C0 e - e L x + x H x / 2 + a x^3, of strains e and displacements x, with noise on the forces."""

    def __init__(self, hessian, internal, clamped, anharmonic=0.0, noise=0.0, stiffening=0.0):
        self.hessian, self.internal, self.clamped = hessian, internal, clamped
        self.anharmonic, self.noise, self.stiffening = anharmonic, noise, stiffening
        self.random = np.random.default_rng(0)
        self.still = REFERENCE.positions

    @property
    def tensor(self):
        """Relaxed-ion tensor, GPa."""
        response = np.linalg.pinv(self.hessian, rcond=1e-9) @ self.internal
        return (self.clamped - self.internal.T @ response / VOLUME) * EV_PER_A3_IN_GPA

    def evaluate_many(self, crystals):
        results = []
        for atoms in crystals:
            deformation = np.linalg.solve(REFERENCE.cell[:], atoms.cell[:])
            small = deformation - np.eye(3)
            strain = np.array(
                [small[0, 0], small[1, 1], small[2, 2], 2 * small[1, 2], 2 * small[0, 2], 2 * small[0, 1]]
            )
            x = (atoms.positions - self.still @ deformation).ravel()
            forces = self.internal @ strain - self.hessian @ x - 3 * self.anharmonic * x**2
            forces = forces + self.random.normal(scale=self.noise, size=len(x)) if self.noise else forces
            stress = self.clamped @ strain - self.internal.T @ x / VOLUME + self.stiffening * strain**2
            energy = 0.5 * VOLUME * strain @ self.clamped @ strain - strain @ self.internal.T @ x
            energy += 0.5 * x @ self.hessian @ x + self.anharmonic * (x**3).sum()
            results.append({"energy": energy, "forces": forces.reshape(-1, 3), "stress": stress})
        return results


REFERENCE = Atoms("C" * N, positions=np.random.default_rng(1).uniform(0, EDGE, (N, 3)), cell=[EDGE] * 3, pbc=True)


def models(difference, softest=0.3):
    """An expensive model, and a cheap one that differs from it by a share."""
    random = np.random.default_rng(2)
    shift = np.kron(np.ones((N, 1)) / np.sqrt(N), np.eye(3))
    free = np.eye(3 * N) - shift @ shift.T

    def matrix(size):
        made = random.normal(size=(size, size))
        return made + made.T

    vectors = np.linalg.qr(np.hstack([shift, random.normal(size=(3 * N, 3 * N - 3))]))[0][:, 3:]
    hessian = (vectors * np.geomspace(softest, 30.0, 3 * N - 3)) @ vectors.T
    wrong = free @ matrix(3 * N) @ free
    wrong *= softest / np.linalg.norm(wrong, 2)
    internal, off = (without_translations(random.normal(size=(3 * N, 6))) * scale for scale in (1.0, 0.5))
    clamped = 0.4 * np.eye(6) + 0.01 * matrix(6)
    expensive = Springs(hessian, internal, clamped)
    cheap = Springs(hessian + difference * wrong, internal + difference * off, clamped + difference * 0.05 * matrix(6))
    return expensive, cheap


def along(expensive, cheap, **settings):
    surface, cheap_surface = Surface(REFERENCE, expensive), Surface(REFERENCE, cheap)
    here, there = (s.evaluate(REFERENCE.positions, REFERENCE.cell[:]) for s in (surface, cheap_surface))
    solution = np.linalg.pinv(cheap.hessian, rcond=1e-9) @ cheap.internal
    known = CheapResponse(cheap_surface, there, solution, cheap.hessian, cheap.tensor, CrystalSymmetry.trivial(N))
    made = respond_along_paths(surface, here, known, PathSettings(floor=1e-3, **settings))
    return made, surface.calls - 1


def test_right_paths_give_the_exact_tensor_with_no_error():
    expensive, cheap = models(0.0)
    made, calls = along(expensive, cheap)
    assert np.linalg.eigvalsh(expensive.tensor)[0] > 5, "the model is a stable crystal"
    assert np.linalg.eigvalsh(expensive.clamped * EV_PER_A3_IN_GPA - expensive.tensor)[-1] > 5, "and its ions matter"
    np.testing.assert_allclose(made.tensor, expensive.tensor, atol=1e-6)
    np.testing.assert_allclose(made.stress_alone, expensive.tensor, atol=1e-6)
    assert made.error.max() < 1e-6
    assert calls == 12


def test_orders_of_the_three_estimates():
    """Halving the error of the paths halves that of the stress, quarters that of the energy, and eighths the last."""
    misses = []
    for difference in (0.08, 0.04):
        expensive, cheap = models(difference)
        made, _ = along(expensive, cheap)
        misses.append([abs(t - expensive.tensor).max() for t in (made.stress_alone, made.along_path, made.tensor)])
    ratios = np.divide(*misses)
    np.testing.assert_allclose(ratios, [2, 4, 8], rtol=0.25)


def test_energy_along_the_path_is_an_upper_bound():
    expensive, cheap = models(0.3)
    made, _ = along(expensive, cheap)
    assert np.linalg.eigvalsh(made.along_path - expensive.tensor).min() > -1e-6
    assert np.linalg.eigvalsh(made.stress_alone - expensive.tensor).min() < 0, "stress alone bounds nothing"


@pytest.mark.parametrize("difference", [0.05, 0.2, 0.4])
def test_error_bar_covers_the_error_of_the_cheap_hessian(difference):
    expensive, cheap = models(difference)
    made, _ = along(expensive, cheap)
    missed = abs(made.tensor - expensive.tensor)
    assert (missed <= made.error + 1e-6).all()
    first_order = abs(made.stress_alone - expensive.tensor)
    assert made.error.max() < first_order.max(), "a bar that covers everything says nothing"


def test_one_side_takes_the_curvature_of_the_cheap_model():
    expensive, cheap = models(0.05)
    for model in (expensive, cheap):
        model.stiffening = 20.0
    both, calls = along(expensive, cheap)
    one, fewer = along(expensive, cheap, one_sided=True)
    assert (calls, fewer) == (12, 6)
    np.testing.assert_allclose(one.tensor, both.tensor, atol=1e-6)
    cheap.stiffening = 0.0
    raw, _ = along(expensive, cheap, one_sided=True)
    assert abs(raw.tensor - both.tensor).max() > 1.0


@pytest.mark.parametrize("one_sided", [False, True])
def test_noise_of_forces_is_not_taken_for_a_response(one_sided):
    """Soft modes blow noise up: uncorrected, it is as large as the tensor; the bar covers what is left."""
    expensive, cheap = models(0.1, softest=0.03)
    for seed in range(5):
        expensive.noise, expensive.random = 3e-3, np.random.default_rng(seed)
        made, _ = along(expensive, cheap, one_sided=one_sided, force_noise=3e-3)
        missed = abs(made.tensor - expensive.tensor)
        assert np.mean(missed <= made.error) > 0.9
        expensive.random = np.random.default_rng(seed)
        naive, _ = along(expensive, cheap, one_sided=one_sided)
        assert abs(naive.second_order).max() > abs(made.second_order).max()


def test_asymmetry_tells_the_size_of_first_order_errors_without_forces():
    ratios = []
    for difference in (0.0, 0.02, 0.04):
        expensive, cheap = models(difference)
        expensive.noise = 1e-2
        made, _ = along(expensive, cheap)
        ratios.append(made.asymmetry.max())
        missed = abs(made.stress_alone - expensive.tensor).max()
        assert made.asymmetry.max() < 10 * missed + 1e-6
        assert missed < 10 * made.asymmetry.max() + 1e-6
    assert ratios[0] < 1e-6
    assert ratios[2] / ratios[1] == pytest.approx(2, rel=0.1)
