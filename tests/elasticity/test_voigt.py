"""Voigt and Kelvin notation against rotation of the full tensor."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from perovex.elasticity.voigt import (
    circle,
    frame_along,
    from_kelvin,
    kelvin,
    kelvin_rotation,
    plane_axes,
    symmetric_matrix,
    unit_directions,
    voigt_stiffness,
)
from perovex.errors import ElasticityError

PAIRS = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]


def full(C):
    """Fourth-rank tensor of a Voigt matrix, by its definition."""
    tensor = np.zeros((3, 3, 3, 3))
    for a, (i, j) in enumerate(PAIRS):
        for b, (k, m) in enumerate(PAIRS):
            for p, q in {(i, j), (j, i)}:
                for r, s in {(k, m), (m, k)}:
                    tensor[p, q, r, s] = C[a, b]
    return tensor


@pytest.fixture(scope="module")
def C():  # noqa: N802
    half = np.random.default_rng(1).normal(size=(6, 6))
    return half @ half.T + 3 * np.eye(6)


def test_kelvin_rotation_is_that_of_the_full_tensor(C):
    R = Rotation.from_rotvec([0.3, -0.7, 0.5]).as_matrix()
    turned = np.einsum("ia,jb,kc,ld,abcd->ijkl", R, R, R, R, full(C))
    turn = kelvin_rotation(R)
    assert np.allclose(from_kelvin(turn @ kelvin(C) @ turn.T), voigt_stiffness(turned))
    assert np.allclose(turn @ turn.T, np.eye(6))
    assert np.allclose(np.linalg.eigvalsh(kelvin(C)), np.linalg.eigvalsh(turn @ kelvin(C) @ turn.T))


@pytest.mark.parametrize("normal", [[0, 0, 1], [1, 1, 1], [-3, 0.1, 2]])
def test_axes_of_a_plane_are_right_handed_and_hold_its_circle(normal):
    first, second = plane_axes(normal)
    n = np.array(normal) / np.linalg.norm(normal)
    assert np.allclose(np.cross(first, second), n)
    assert np.allclose(circle(normal, 7) @ n, 0)
    assert np.allclose(frame_along(normal) @ n, [0, 0, 1])


def test_a_slightly_asymmetric_tensor_is_averaged_and_its_asymmetry_kept(C):
    off = C.copy()
    off[0, 1] += 1e-3
    matrix, asymmetry = symmetric_matrix(off)
    assert asymmetry == pytest.approx(1e-3)
    assert np.array_equal(matrix, matrix.T)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (np.zeros((3, 3)), "shape"),
        (np.zeros((6, 6)), "singular"),
        (np.full((6, 6), np.inf), "finite"),
        ("text", "no 6 x 6"),
        (np.triu(np.ones((6, 6))), "not symmetric"),
    ],
)
def test_what_is_no_tensor_is_refused(bad, words):
    with pytest.raises(ElasticityError, match=words):
        symmetric_matrix(bad)


@pytest.mark.parametrize("bad", [[0, 0, 0], [1, 2], "up", [np.nan, 0, 1]])
def test_what_is_no_direction_is_refused(bad):
    with pytest.raises(ElasticityError):
        unit_directions(bad)
