"""Moduli over the plane of sheets."""

import numpy as np
import pytest

from perovex.elasticity import ElasticTensor

CUBIC = np.diag([40.0, 40.0, 40.0, 8.0, 8.0, 8.0]) + np.kron([[1, 0], [0, 0]], 10 * (1 - np.eye(3)))


def youngs_of_cubic(n):
    """Nye, chapter VIII: 1/E = S11 - 2 (S11 - S12 - S44/2)(l²m² + m²n² + n²l²)."""
    S = np.linalg.inv(CUBIC)
    x, y, z = np.asarray(n) ** 2
    return 1 / (S[0, 0] - 2 * (S[0, 0] - S[0, 1] - S[3, 3] / 2) * (x * y + y * z + z * x))


def test_extremes_in_a_cube_face_lie_along_edges_and_diagonals():
    plane = ElasticTensor(CUBIC).in_plane([0, 0, 1])
    assert plane["max"] == pytest.approx(youngs_of_cubic([1, 0, 0]))
    assert plane["min"] == pytest.approx(youngs_of_cubic(np.array([1, 1, 0]) / np.sqrt(2)))
    assert np.abs(plane["min_direction"]) == pytest.approx([0.5**0.5, 0.5**0.5, 0])  # either diagonal


def test_moduli_of_three_axes_are_averaged_and_a_cube_has_one_value():
    tensor = ElasticTensor(CUBIC)
    one, three = tensor.moduli([0, 0, 1]), tensor.moduli(np.eye(3))
    for name in ("E_in_plane", "E_out_of_plane", "E_vrh"):
        assert three[name] == pytest.approx(one[name])
    fine = np.linspace(0, np.pi, 3601)[:-1]
    mean = np.mean([youngs_of_cubic([np.cos(a), np.sin(a), 0]) for a in fine])
    assert one["E_in_plane"] == pytest.approx(mean, rel=1e-9)


def test_an_unstable_crystal_has_no_moduli():
    moduli = ElasticTensor(np.diag([10.0, 10, 10, 5, 5, -1])).moduli([0, 0, 1])
    assert moduli.pop("born_stable") is False
    assert np.isnan(list(moduli.values())).all()
