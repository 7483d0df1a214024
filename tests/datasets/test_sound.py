"""Densities and velocities of sound of a release."""

import numpy as np
import pytest

from perovex.datasets.sound import densities, velocities

TEXT = '2\nLattice="6 0 0 0 6 0 0 0 6" label_id="x y"\nCs 0 0 0\nCl 3 3 3\n1\nno cell\nAr 0 0 0\n'


def test_density_of_a_cell():
    # (132.905 + 35.45) u in 216 Å^3; 1 u/Å^3 = 1.66054 g/cm^3
    assert densities(TEXT) == {"x y": pytest.approx((132.905 + 35.453) * 1.66054 / 216, rel=1e-4)}


def test_velocities_are_those_of_an_isotropic_solid():
    C = np.diag([30.0, 30, 30, 10, 10, 10]) + np.kron([[1, 0], [0, 0]], 10 * (1 - np.eye(3)))
    tensors = {"x": {"C_GPa": C.tolist(), "normal": [0, 0, 1]}}
    table = velocities(["x", "y"], tensors, "C_GPa", {"x": 3.0})
    assert table.loc["x"].tolist() == pytest.approx([np.sqrt(30 / 3.0)] * 2)  # sqrt(C11/density), km/s
    assert table.loc["y"].isna().all()
