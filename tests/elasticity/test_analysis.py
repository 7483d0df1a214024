"""Tables of properties against closed forms of an isotropic body."""

import numpy as np
import pytest

from perovex.elasticity import ElasticTensor, Substance
from perovex.elasticity.properties.analysis import analyse, averages_table, extremes_table

K, G = 20.0, 8.0
E = 9 * K * G / (3 * K + G)


@pytest.fixture(scope="module")
def isotropic():
    C = np.zeros((6, 6))
    C[:3, :3] = K - 2 * G / 3
    C[np.arange(3), np.arange(3)] = K + 4 * G / 3
    C[np.arange(3, 6), np.arange(3, 6)] = G
    return ElasticTensor(C)


def test_all_schemes_agree_on_an_isotropic_body(isotropic):
    table = averages_table(isotropic)
    for scheme in ("Voigt", "Reuss", "Hill"):
        values = table[scheme]
        assert values[["bulk modulus", "shear modulus", "Young's modulus"]].tolist() == pytest.approx([K, G, E])
        assert values["Poisson's ratio"] == pytest.approx(E / (2 * G) - 1)


def test_an_isotropic_body_has_no_extremes_apart(isotropic):
    table = extremes_table(isotropic)
    assert table["min"].to_numpy(float) == pytest.approx(table["max"].to_numpy(float), rel=1e-6)


def test_tables_follow_what_is_known_of_the_surroundings(isotropic):
    assert set(analyse(isotropic)) == {"averages", "indices", "extremes", "directions", "strain_energy"}
    tables = analyse(isotropic, normal=[0, 0, 1], thickness=8.0)
    assert {"sheet", "film", "plate"} < set(tables)
    assert tables["sheet"].loc["E_out_of_plane", "value"] == pytest.approx(E)
    # an isotropic film has the constants of its grains
    film = tables["film"].loc[["C11", "C12", "C13", "C33", "C44", "C66"], "Hill"]
    assert film.tolist() == pytest.approx([K + 4 * G / 3, K - 2 * G / 3, K - 2 * G / 3, K + 4 * G / 3, G, G])


def test_directions_and_strains_are_those_asked_for(isotropic):
    tables = analyse(isotropic, substance=Substance(2.0), directions={"d": [1, 1, 0]}, strain=[0.01, 0, 0, 0, 0, 0])
    assert tables["directions"].columns.tolist() == ["d", "unit"]
    assert tables["strain"].loc["stress xx", "value"] == pytest.approx(0.01 * (K + 4 * G / 3))
    assert tables["waves"]["phase"].tolist() == pytest.approx(np.sqrt([G / 2, G / 2, (K + 4 * G / 3) / 2]))


def test_an_unstable_crystal_has_indices_alone(isotropic):
    C = isotropic.C.copy()
    C[3, 3] = -1.0
    assert set(analyse(ElasticTensor(C), normal=[0, 0, 1])) == {"averages", "indices"}
