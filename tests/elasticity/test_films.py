"""Textured polycrystals, slabs as plates, and energies of strain states."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from perovex.elasticity import ElasticTensor
from perovex.elasticity.properties.slab import plate
from perovex.elasticity.properties.strain_energy import STATES, energy_density, strain_state, stress
from perovex.elasticity.properties.texture import fibre
from perovex.errors import ElasticityError


@pytest.fixture
def soft():
    rng = np.random.default_rng(5)
    A = rng.normal(size=(6, 6))
    return ElasticTensor(8 * np.eye(6) + A @ A.T)


def test_fibre_of_a_cubic_crystal_in_closed_form(cubic):
    film = fibre(ElasticTensor(cubic), [0, 0, 1]).voigt.C
    c11, c12, c44 = 40.0, 10.0, 8.0
    anisotropy = c11 - c12 - 2 * c44
    expected = np.zeros((6, 6))
    expected[:2, :2] = [[c11 - anisotropy / 4, c12 + anisotropy / 4], [c12 + anisotropy / 4, c11 - anisotropy / 4]]
    expected[2, :3] = expected[:3, 2] = [c12, c12, c11]
    expected[range(3, 6), range(3, 6)] = [c44, c44, (c11 - c12 - anisotropy / 2) / 2]
    np.testing.assert_allclose(film, expected, atol=1e-12)


def test_fibre_of_copper_that_elasticipy_prints():
    # its documentation of Voigt_average (version 7.0): copper, grains turned about x; five printed digits of 1000 turns
    C = np.diag([186.0, 186.0, 186.0, 77.0, 77.0, 77.0])
    C[:3, :3] += 134.0 * (1 - np.eye(3))
    film = fibre(ElasticTensor(C), [1, 0, 0]).voigt.C
    printed = np.diag([186.0, 211.47, 211.47, 51.53, 77.0, 77.0])
    printed[0, 1:3] = printed[1:3, 0] = 134.0
    printed[1, 2] = printed[2, 1] = 108.53
    np.testing.assert_allclose(film, printed, atol=0.04)


def test_fibre_keeps_what_is_round_about_its_axis(soft):
    axis = [1, -2, 0.5]
    film = fibre(soft, axis)
    turn = Rotation.from_rotvec(np.array(axis) / np.linalg.norm(axis) * 0.7).as_matrix()
    for bound in (film.voigt, film.reuss, film.hill):
        np.testing.assert_allclose(bound.rotated(turn).C, bound.C, atol=1e-10)
    np.testing.assert_allclose(fibre(film.hill, axis).hill.C, film.hill.C, atol=1e-10)
    # the axis is that of every grain: no averaging along it
    assert film.reuss.youngs_modulus(axis) == pytest.approx(soft.youngs_modulus(axis))


def test_random_orientations_give_voigt_and_reuss(soft):
    film = fibre(soft, [0, 0, 1], spread=np.inf)
    assert pytest.approx(soft.voigt.K) == film.voigt.hill.K
    assert pytest.approx(soft.voigt.G) == film.voigt.hill.G
    assert pytest.approx((soft.reuss.K, soft.reuss.G)) == (film.reuss.hill.K, film.reuss.hill.G)
    assert film.voigt.universal_anisotropy == pytest.approx(0, abs=1e-9)


def test_spread_leads_from_sharp_to_random(soft):
    sharp, slight, wide, random = (fibre(soft, [0, 0, 1], spread).voigt for spread in (0, 1e-3, 1e4, np.inf))
    np.testing.assert_allclose(slight.C, sharp.C, atol=1e-6)
    np.testing.assert_allclose(wide.C, random.C, atol=1e-3)
    for film in (sharp, wide, fibre(soft, [0, 0, 1], 20).voigt):  # invariants of the rotations
        average = film.voigt
        assert pytest.approx((soft.voigt.K, soft.voigt.G)) == (average.K, average.G)


def test_plate_is_plane_stress(cubic):
    sheet = plate(ElasticTensor(cubic), [0, 0, 1], 8.0, first=[1, 0, 0])
    c11, c12, c44 = 40.0, 10.0, 8.0
    q11, q12 = c11 - c12**2 / c11, c12 - c12**2 / c11
    expected = 0.8 * np.array([[q11, q12, 0], [q12, q11, 0], [0, 0, c44]])
    np.testing.assert_allclose(sheet.C, expected, atol=1e-12)
    assert sheet.youngs_modulus(0.0) == pytest.approx(0.8 * 36.0)  # 1/s11 = 36 GPa
    assert sheet.poisson(0.0) == pytest.approx(q12 / q11)
    assert sheet.layer_modulus == pytest.approx(0.8 * (q11 + q12) / 2)


def test_plate_follows_the_tensor_and_its_thickness(soft):
    normal, thickness = np.array([1.0, 2.0, -1.0]), 12.5
    sheet = plate(soft, normal, thickness)
    angle = np.linspace(0, np.pi, 7)
    directions = np.outer(np.cos(angle), sheet.axes[0]) + np.outer(np.sin(angle), sheet.axes[1])
    across = np.outer(-np.sin(angle), sheet.axes[0]) + np.outer(np.cos(angle), sheet.axes[1])
    np.testing.assert_allclose(sheet.youngs_modulus(angle), 0.1 * thickness * soft.youngs_modulus(directions))
    np.testing.assert_allclose(sheet.poisson(angle), soft.poissons_ratio(directions, across))
    assert plate(soft, normal, 2 * thickness).bending_ev == pytest.approx(8 * sheet.bending_ev)


def test_bending_of_graphene():
    # as a plate: E = 1 TPa, nu = 0.165, 3.35 Å (Blees et al., Nature 524, 204, 2015 discuss 19.6 eV for this choice)
    E, nu = 1000.0, 0.165
    K, G = E / 3 / (1 - 2 * nu), E / 2 / (1 + nu)
    C = np.diag([K + 4 * G / 3] * 3 + [G] * 3)
    C[:3, :3] += (K - 2 * G / 3) * (1 - np.eye(3))
    assert plate(ElasticTensor(C), [0, 0, 1], 3.35).bending_ev == pytest.approx(20.1, abs=0.1)


def test_biaxial_modulus_of_silicon():
    # 180 GPa on (001), 229 GPa on (111): Hopcroft, Nix and Kenny, J. Microelectromech. Syst. 19, 229 (2010)
    C = np.diag([165.7, 165.7, 165.7, 79.6, 79.6, 79.6])
    C[:3, :3] += 63.9 * (1 - np.eye(3))
    silicon = ElasticTensor(C)
    for normal, modulus in (([0, 0, 1], 180), ([1, 1, 1], 229)):
        strain = strain_state(silicon, "biaxial", 0.01, normal)
        assert energy_density(silicon, strain) == pytest.approx(1e3 * modulus * 0.01**2, rel=4e-3)


def test_states_are_what_they_are_called(soft):
    n = np.array([1.0, 1.0, 2.0]) / np.sqrt(6)
    states = {name: strain_state(soft, name, 0.01, n) for name in STATES}
    as_matrix = {
        name: np.array([[s[0], s[5], s[4]], [s[5], s[1], s[3]], [s[4], s[3], s[2]]])
        for name, s in ((name, stress(soft, strain)) for name, strain in states.items())
    }
    np.testing.assert_allclose(as_matrix["uniaxial"], soft.youngs_modulus(n) * 0.01 * np.outer(n, n), atol=1e-12)
    np.testing.assert_allclose(as_matrix["biaxial"] @ n, 0, atol=1e-12)
    pressure = as_matrix["hydrostatic"][0, 0]
    np.testing.assert_allclose(as_matrix["hydrostatic"], pressure * np.eye(3), atol=1e-12)
    assert pressure == pytest.approx(soft.reuss.K * 0.01)
    assert energy_density(soft, states["uniaxial"]) == pytest.approx(0.5e3 * soft.youngs_modulus(n) * 1e-4)
    assert energy_density(soft, np.diag([0.01, 0, 0])) == energy_density(soft, [0.01, 0, 0, 0, 0, 0])


def test_what_makes_no_film_is_refused(cubic):
    tensor, unstable = ElasticTensor(cubic), ElasticTensor(np.diag([1.0, 1, 1, 1, 1, -1]))
    for call in (
        lambda: fibre(unstable, [0, 0, 1]),
        lambda: fibre(tensor, [0, 0, 1], spread=-1),
        lambda: plate(unstable, [0, 0, 1], 5.0),
        lambda: plate(tensor, [0, 0, 1], 0.0),
        lambda: plate(tensor, [0, 0, 1], 5.0, first=[0, 0, 1]),
        lambda: strain_state(tensor, "torsion", 0.01),
        lambda: stress(tensor, [1, 2, 3]),
        lambda: stress(tensor, "text"),
        lambda: stress(tensor, [[1, 2, 0], [0, 1, 0], [0, 0, 1]]),
    ):
        with pytest.raises(ElasticityError):
            call()
