"""Velocities of sound, Debye temperatures and minimal conductivities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovex.elasticity import ElasticTensor
from perovex.elasticity.properties import waves
from perovex.errors import ElasticityError

RHO = 2.331
SILICON = (165.78, 63.94, 79.62)


def cubic_tensor(c11, c12, c44):
    C = np.diag([c11] * 3 + [c44] * 3)
    C[:3, :3] += c12 * (1 - np.eye(3))
    return ElasticTensor(C)


def test_cubic_closed_forms():
    c11, c12, c44 = SILICON
    got = waves.christoffel(cubic_tensor(*SILICON), [[1, 0, 0], [1, 1, 0], [1, 1, 1]], RHO)
    squares = [
        [c44, c44, c11],
        [(c11 - c12) / 2, c44, (c11 + c12 + 2 * c44) / 2],
        [(c11 - c12 + c44) / 3] * 2 + [(c11 + 2 * c12 + 4 * c44) / 3],
    ]
    np.testing.assert_allclose(got.phase, np.sqrt(np.array(squares) / RHO))
    np.testing.assert_allclose(got.slowness, 1 / got.phase)
    np.testing.assert_allclose(got.longitudinality[:, 2], 1)
    np.testing.assert_allclose(got.power_flow_angle[:, 2], 0, atol=1e-6)
    # fast transverse mode of [110] moves along [001]
    assert abs(got.polarisation[1, 1]) == pytest.approx([0, 0, 1])


def test_silicon_as_measured():
    # McSkimin and Andreatch, J. Appl. Phys. 35, 2161 (1964): 8.4332 and 5.8446 km/s along [001], 9.1337 along [110]
    got = waves.christoffel(cubic_tensor(*SILICON), [[0, 0, 1], [1, 1, 0]], RHO).phase
    assert (got[0, 2], got[0, 0], got[1, 2]) == pytest.approx((8.4332, 5.8446, 9.1337), abs=2e-3)


def test_velocities_and_debye_temperature_that_mechelastic_prints():
    tensor = cubic_tensor(153.131, 56.793, 74.718)
    got = waves.isotropic_velocities(tensor.hill, 2.2810584)
    assert (got["longitudinal"], got["transverse"], got["mean"]) == pytest.approx(
        (8.694638, 5.240943, 5.795129), rel=1e-4
    )
    assert waves.debye_temperature(got["mean"], 2 / 40.89) == pytest.approx(630.982, rel=1e-4)


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_group_velocity_is_the_gradient_of_frequency(seed):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(6, 6))
    tensor, k, step = ElasticTensor(8 * np.eye(6) + A @ A.T), rng.normal(size=3), 1e-5
    k /= np.linalg.norm(k)

    def frequency(vector):
        return waves.christoffel(tensor, vector, RHO).phase[0] * np.linalg.norm(vector)

    if np.diff(frequency(k)).min() < 0.02:  # two modes of one velocity have no gradient of their own
        return
    slope = np.array([(frequency(k + step * e) - frequency(k - step * e)) / (2 * step) for e in np.eye(3)]).T
    np.testing.assert_allclose(waves.christoffel(tensor, k, RHO).group[0], slope, atol=1e-5)


def test_mean_velocity_of_an_isotropic_solid_is_andersons():
    tensor = cubic_tensor(30.0, 10.0, 10.0)
    assert waves.mean_velocity(tensor, 3.0) == pytest.approx(waves.isotropic_velocities(tensor.hill, 3.0)["mean"])


def test_debye_temperature_of_copper():
    # elastic constants at 0 K (Overton and Gaffney, Phys. Rev. 98, 969, 1955): 345 K by integration
    velocity = waves.mean_velocity(cubic_tensor(176.2, 124.94, 81.77), 9.018)
    assert waves.debye_temperature(velocity, 4 / (3.603**3)) == pytest.approx(345, abs=2)


def test_sheet_velocities_of_a_transversely_isotropic_crystal():
    C = np.diag([30.0, 30.0, 12.0, 3.0, 3.0, 10.0])
    C[0, 1] = C[1, 0] = 10.0
    C[:2, 2] = C[2, :2] = 5.0
    got = waves.sheet_velocities(ElasticTensor(C), [0, 0, 1], 3.0)
    assert got == pytest.approx({"v_out_of_plane": 2.0, "v_in_plane": np.sqrt(10.0)})


def test_velocity_extremes_of_a_cubic_crystal():
    got = waves.velocity_extremes(cubic_tensor(*SILICON), RHO, 2)
    assert got.min.value == pytest.approx(np.sqrt(165.78 / RHO))
    assert got.max.value == pytest.approx(np.sqrt((165.78 + 2 * 63.94 + 4 * 79.62) / 3 / RHO))


def test_minimal_conductivities():
    # silicon, high-temperature limits: written out
    clarke = 0.87 * 1.380649e-23 * (28.0855e-3 / 6.02214076e23) ** (-2 / 3) * (163e9) ** 0.5 * 2329 ** (1 / 6)
    assert waves.clarke_conductivity(163, 2.329, 28.0855) == pytest.approx(clarke)
    cahill = 1.380649e-23 / 2.48 * (5e28) ** (2 / 3) * (9000 + 2 * 5400)
    assert waves.cahill_conductivity(9.0, 5.4, 0.05) == pytest.approx(cahill)
    assert clarke == pytest.approx(cahill, rel=0.2)  # two estimates of one thing, W/(m K)


def test_unstable_waves_are_undefined():
    C = np.diag([30.0, 30, 30, -1, 10, 10])
    C[:3, :3] += 10 * (1 - np.eye(3))
    tensor = ElasticTensor(C)
    phase = waves.christoffel(tensor, [0, 0, 1], 3.0).phase[0]
    assert np.isnan(phase[0])
    assert phase[2] == pytest.approx(np.sqrt(10))
    assert np.isnan(waves.mean_velocity(tensor, 3.0))
    assert np.isnan(waves.isotropic_velocities(tensor.hill, 3.0)["mean"])


@pytest.mark.parametrize("density", [0, -1, np.nan, "heavy", None])
def test_what_is_no_density_is_refused(density):
    with pytest.raises(ElasticityError, match="density"):
        waves.christoffel(cubic_tensor(*SILICON), [0, 0, 1], density)
