from dataclasses import astuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from perovex.elasticity import ElasticTensor, youngs_modulus
from perovex.errors import ElasticityError

PUBLISHED = pd.read_csv(Path(__file__).parents[1] / "data" / "elastic_tensors_dejong_2015.csv", index_col="material_id")


def isotropic(K, G):
    C = np.zeros((6, 6))
    C[:3, :3] = K - 2 * G / 3
    C[range(3), range(3)] = K + 4 * G / 3
    C[range(3, 6), range(3, 6)] = G
    return C


@given(st.floats(1, 200), st.floats(0.5, 100), st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_isotropic_modulus_is_the_same_along_every_direction(K, G, seed):
    directions = np.random.default_rng(seed).normal(size=(7, 3))
    assert youngs_modulus(isotropic(K, G), directions) == pytest.approx(9 * K * G / (3 * K + G))


def test_cubic_closed_forms(cubic):
    S = np.linalg.inv(cubic)
    s11, s12, s44 = S[0, 0], S[0, 1], S[3, 3]
    assert youngs_modulus(cubic, [1, 0, 0]) == pytest.approx(1 / s11)
    assert youngs_modulus(cubic, [1, 1, 0]) == pytest.approx(4 / (2 * s11 + 2 * s12 + s44))
    assert youngs_modulus(cubic, [1, 1, 1]) == pytest.approx(3 / (s11 + 2 * s12 + s44))
    assert youngs_modulus(cubic, [1, 1, 1]) == pytest.approx(21.18, abs=0.005)


def test_transverse_isotropy_is_constant_in_the_plane():
    C = isotropic(20, 8)
    C[2, 2], C[0, 2], C[2, 0], C[1, 2], C[2, 1], C[3, 3], C[4, 4] = 12, 5, 5, 5, 5, 3, 3
    plane = ElasticTensor(C).in_plane([0, 0, 1])
    assert plane["min"] == pytest.approx(plane["max"])
    assert plane["mean"] == pytest.approx(1 / np.linalg.inv(C)[0, 0])
    assert ElasticTensor(C).out_of_plane([0, 0, 2]) == pytest.approx(1 / np.linalg.inv(C)[2, 2])


def test_in_plane_extremes_of_a_cubic_crystal_lie_on_the_axes(cubic):
    plane = ElasticTensor(cubic).in_plane([0, 0, 1])
    stiff = np.abs(plane["max_direction"])
    assert plane["max"] == pytest.approx(youngs_modulus(cubic, [1, 0, 0]))
    assert stiff.max() == pytest.approx(1.0, abs=1e-9)
    assert plane["min"] == pytest.approx(youngs_modulus(cubic, [1, 1, 0]))


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_moduli_do_not_depend_on_the_frame(seed):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(6, 6))
    C = 10 * np.eye(6) + A @ A.T
    R, normal = Rotation.random(random_state=seed).as_matrix(), rng.normal(size=3)
    here, there = ElasticTensor(C).moduli(normal), ElasticTensor(C).rotated(R).moduli(R @ normal)
    for key in ("E_out_of_plane", "E_vrh", "K_vrh", "G_vrh", "universal_anisotropy"):
        assert there[key] == pytest.approx(here[key], rel=1e-8)
    assert there["E_in_plane"] == pytest.approx(here["E_in_plane"], rel=1e-6)


@pytest.mark.parametrize("crystal", PUBLISHED.index)
def test_averages_are_those_published(crystal):
    row = PUBLISHED.loc[crystal]
    upper = row[[f"c{i}{j}" for i in range(1, 7) for j in range(i, 7)]].to_numpy(float)
    C = np.zeros((6, 6))
    C[np.triu_indices(6)] = upper
    tensor = ElasticTensor(C + np.triu(C, 1).T)
    for scheme in ("voigt", "reuss"):
        for modulus in ("K", "G"):
            assert getattr(getattr(tensor, scheme), modulus) == pytest.approx(row[f"{modulus}_{scheme}"], rel=3e-6)
    assert tensor.hill.poisson == pytest.approx(row["poisson"], abs=2e-6)
    assert tensor.universal_anisotropy == pytest.approx(row["universal_anisotropy"], rel=1e-5, abs=2e-6)
    assert tensor.born_stable


def test_moduli_agree_with_matscipy(cubic):
    elasticity = pytest.importorskip("matscipy.elasticity")
    young, _, shear = elasticity.elastic_moduli(cubic)[:3]
    np.testing.assert_allclose(young, youngs_modulus(cubic, np.eye(3)))
    got = ElasticTensor(cubic).moduli(np.eye(3))
    assert got["E_out_of_plane"] == pytest.approx(young.mean())
    assert got["K_vrh"] == pytest.approx(20.0)
    assert np.min(shear) == pytest.approx(8.0)
    assert 8.0 < got["G_vrh"] < 15.0  # between c44 = 8 and (c11 - c12) / 2 = 15


def test_keys_of_moduli(cubic):
    keys = ["E_in_plane", "E_in_plane_min", "E_in_plane_max", "E_out_of_plane", "E_vrh", "K_vrh", "G_vrh"]
    keys += ["poisson_vrh", "universal_anisotropy", "born_stable"]
    assert list(ElasticTensor(cubic).moduli(np.eye(3))) == keys


def test_unstable_tensor_is_said_so(cubic):
    cubic[5, 5] = -1.0
    assert not ElasticTensor(cubic).born_stable


@pytest.mark.parametrize(
    "bad", [np.eye(3), np.full((6, 6), np.nan), np.triu(np.ones((6, 6))) + np.eye(6), np.ones((6, 6))]
)
def test_what_is_no_tensor_is_refused(bad):
    with pytest.raises(ElasticityError):
        ElasticTensor(bad)


def test_zero_direction_is_refused(cubic):
    with pytest.raises(ElasticityError):
        youngs_modulus(cubic, [0, 0, 0])


def test_voigt_and_reuss_of_a_cubic_crystal(cubic):
    tensor = ElasticTensor(cubic)
    c, a = 15.0, 8.0  # (c11 - c12) / 2 and c44
    assert astuple(tensor.voigt) == pytest.approx((20.0, (2 * c + 3 * a) / 5))
    assert astuple(tensor.reuss) == pytest.approx((20.0, 5 * a * c / (2 * a + 3 * c)))
    zener = a / c
    assert tensor.universal_anisotropy == pytest.approx(6 / 5 * (np.sqrt(zener) - 1 / np.sqrt(zener)) ** 2)


def transversely_isotropic(c11, c12, c13, c33, c44):
    C = np.zeros((6, 6))
    C[:3, :3] = [[c11, c12, c13], [c12, c11, c13], [c13, c13, c33]]
    C[range(3, 6), range(3, 6)] = [c44, c44, (c11 - c12) / 2]
    return C


def test_reuss_bulk_modulus_is_that_of_hydrostatic_pressure():
    c11, c12, c13, c33 = 35.0, 11.0, 7.0, 14.0
    tensor = ElasticTensor(transversely_isotropic(c11, c12, c13, c33, 3.0))
    along, across = tensor.linear_compressibility([[0, 0, 3], [1, 2, 0]])
    scale = c33 * (c11 + c12) - 2 * c13**2
    assert along == pytest.approx((c11 + c12 - 2 * c13) / scale)
    assert across == pytest.approx((c33 - c13) / scale)
    bulk = tensor.reuss.K, tensor.voigt.K
    assert bulk == pytest.approx((1 / (along + 2 * across), (2 * (c11 + c12) + c33 + 4 * c13) / 9))


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_reuss_and_voigt_are_bounds(seed):
    A = np.random.default_rng(seed).normal(size=(6, 6))
    tensor = ElasticTensor(np.eye(6) + A @ A.T)
    for name in ("K", "G", "E"):
        low, middle, high = (getattr(average, name) for average in (tensor.reuss, tensor.hill, tensor.voigt))
        assert low <= middle * (1 + 1e-12)
        assert middle <= high * (1 + 1e-12)
    assert tensor.universal_anisotropy >= -1e-9
    assert -1 <= tensor.hill.poisson <= 0.5


@pytest.fixture(scope="module")
def turned_hexagonal():
    """Zinc in a frame that is not the standard one, and the rotation that made it."""
    turn = Rotation.from_euler("zyx", [20, 50, -35], degrees=True).as_matrix()
    lattice = Lattice.hexagonal(2.66, 4.95)
    places = [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]]
    return turn, Structure(Lattice(lattice.matrix @ turn.T), ["Zn", "Zn"], places)


def test_symmetry_residual_sees_a_wrong_frame_and_a_broken_relation(turned_hexagonal):
    turn, zinc = turned_hexagonal
    right = ElasticTensor(transversely_isotropic(165.0, 31.0, 50.0, 62.0, 40.0)).rotated(turn)
    assert right.symmetry_residual(zinc) < 1e-10
    assert right.rotated(turn).symmetry_residual(zinc) > 0.05
    noise = np.random.default_rng(0).normal(size=(6, 6))
    noisy = ElasticTensor(right.C + noise + noise.T)
    assert 1e-3 < noisy.symmetry_residual(zinc) < 0.1
    cured = noisy.symmetrised(zinc)
    assert cured.symmetry_residual(zinc) < 1e-10
    straight = cured.rotated(turn.T).C  # hexagonal: c66 follows from c11 and c12, the rest is zero
    assert straight[5, 5] == pytest.approx((straight[0, 0] - straight[0, 1]) / 2)
    assert abs(straight[:3, 3:]).max() < 1e-9


def test_symmetry_residual_of_a_triclinic_crystal_is_zero(turned_hexagonal):
    lattice = Lattice.from_parameters(4, 5, 6, 80, 95, 103)
    atoms = Structure(lattice, ["H", "O", "N"], [[0, 0, 0], [0.3, 0.1, 0.2], [0.6, 0.25, 0.7]])
    assert ElasticTensor(isotropic(20, 8) + 2 * np.diag(np.arange(6))).symmetry_residual(atoms) < 1e-12


def test_symmetry_that_cannot_be_determined_is_a_typed_error(cubic):
    twice = Structure(Lattice.cubic(4), ["H", "H"], [[0, 0, 0], [0, 0, 0]])
    with pytest.raises(ElasticityError, match="symmetry"):
        ElasticTensor(cubic).symmetry_residual(twice)
