"""Moduli and waves along directions, and the response to a given strain, against closed forms of cubic crystals."""

import numpy as np
import pytest

from perovex.elasticity import ElasticTensor
from perovex.elasticity.properties.along import directions_table, strain_response, waves_table

C11, C12, C44, DENSITY = 165.78, 63.94, 79.62, 2.331  # silicon


@pytest.fixture(scope="module")
def silicon():
    C = np.diag([C11, C11, C11, C44, C44, C44])
    C[:3, :3] += C12 * (1 - np.eye(3))
    return ElasticTensor(C)


def test_moduli_of_cubic_crystal_in_closed_form(silicon):
    table = directions_table(silicon, {"100": [1, 0, 0], "110": [1, 1, 0], "111": [1, 1, 1]})
    bulk = (C11 + 2 * C12) / 3
    shear = (C11 - C12) / 2
    assert table.loc["linear compressibility", ["100", "110", "111"]].tolist() == pytest.approx([1e3 / (3 * bulk)] * 3)
    assert table.loc["Young's modulus", "100"] == pytest.approx((C11 - C12) * (C11 + 2 * C12) / (C11 + C12))
    assert table.loc["Young's modulus", "111"] == pytest.approx(9 * bulk * C44 / (3 * bulk + C44))
    # along a cube edge every shear is C44; along the face diagonal from (C11 - C12)/2 to C44
    assert table.loc[["shear modulus, min", "shear modulus, max"], "100"].tolist() == pytest.approx([C44, C44])
    assert table.loc[["shear modulus, min", "shear modulus, max"], "110"].tolist() == pytest.approx([shear, C44])
    across = C12 / (C11 + C12)
    assert table.loc[["Poisson's ratio, min", "Poisson's ratio, max"], "100"].tolist() == pytest.approx([across] * 2)
    assert table.loc["Poisson's ratio, min", "110"] == pytest.approx(silicon.poissons_ratio([1, 1, 0], [1, -1, 0]))
    assert set(table["unit"]) == {"GPa", "1/TPa", "1"}


def test_waves_of_cubic_crystal_in_closed_form(silicon):
    table = waves_table(silicon, {"110": [1, 1, 0]}, DENSITY)
    moduli = np.array([(C11 - C12) / 2, C44, (C11 + C12 + 2 * C44) / 2])
    assert table.index.tolist() == ["110, slow", "110, middle", "110, fast"]
    assert table["phase"].tolist() == pytest.approx(np.sqrt(moduli / DENSITY))
    assert table["slowness"].tolist() == pytest.approx(np.sqrt(DENSITY / moduli))
    assert table["longitudinal"].tolist() == pytest.approx([0, 0, 1], abs=1e-12)
    half = np.sqrt(0.5)
    for mode, vector in (("slow", [half, -half, 0]), ("middle", [0, 0, 1]), ("fast", [half, half, 0])):
        assert np.abs(table.loc[f"110, {mode}", "polarisation"]) == pytest.approx(np.abs(vector), abs=1e-9)
        # a mirror plane holds each energy flow along the wave normal
        assert table.loc[f"110, {mode}", "group_direction"] == pytest.approx([half, half, 0], abs=1e-9)
    assert table["group"].tolist() == pytest.approx(table["phase"].tolist())
    assert table["flow_angle"].tolist() == pytest.approx([0, 0, 0], abs=1e-5)


def test_energy_flows_aslant_where_the_normal_is_no_symmetry_axis(silicon):
    table = waves_table(silicon, {"210": [2, 1, 0]}, DENSITY)
    assert (table["group"] >= table["phase"] - 1e-12).all()
    cosine = table["phase"] / table["group"]  # the phase velocity is the group velocity seen along the normal
    assert np.degrees(np.arccos(cosine.clip(upper=1))).tolist() == pytest.approx(table["flow_angle"].tolist(), abs=1e-4)
    assert table["flow_angle"].max() > 1


def test_given_strain(silicon):
    table = strain_response(silicon, [0.01, 0, 0, 0, 0, 0.02])
    assert table.loc["energy", "value"] == pytest.approx(500 * (C11 * 1e-4 + C44 * 4e-4))
    assert table.loc[["stress xx", "stress yy", "stress xy"], "value"].tolist() == pytest.approx(
        [0.01 * C11, 0.01 * C12, 0.02 * C44]
    )
