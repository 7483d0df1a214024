import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from perovex.elasticity import ElasticTensor, youngs_modulus
from perovex.errors import ElasticityError


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
