"""Octahedra without (100) sheets or a 3D perovskite: described by what needs no axes, refused by all else."""

import numpy as np
import pytest
from frameless_networks import corner_chain, edge_chain, layers_111, sheet_110, vacancy_ordered
from pymatgen.core import Element
from scipy.spatial.transform import Rotation

from perovex.building import thin
from perovex.crystal import perceive
from perovex.crystal.examples import cubic, layered
from perovex.descriptors import REGISTRY, HOIPFeaturizer, describe
from perovex.descriptors.items import describe_items
from perovex.errors import TopologyError
from perovex.prediction import predict

NETWORKS = {
    "0D isolated octahedra, vacancy-ordered (A2BX6)": (vacancy_ordered, 0),
    "2D corner-sharing (110)": (sheet_110, 2),
    "2D corner-sharing (111)": (lambda: layers_111(2), 2),
    "1D corner-sharing": (corner_chain, 1),
}
BOND = 0.245 * 11.65


@pytest.fixture(params=sorted(NETWORKS))
def named(request):
    make, dimensionality = NETWORKS[request.param]
    return request.param, make(), dimensionality


def test_isolated_octahedra_by_closed_forms():
    row = describe(vacancy_ordered())
    for key in ("bond_length_mean", "bond_length_min", "bond_length_max", "bond_length_terminal_mean"):
        assert row[key] == pytest.approx(BOND), key
    assert row["octahedral_volume_mean"] == pytest.approx(4 / 3 * BOND**3)
    assert row["quadratic_elongation_mean"] == pytest.approx(1)
    assert row["trans_angle_mean"] == pytest.approx(180)
    for key in ("bond_length_distortion_mean", "zeta_mean", "sigma_mean", "theta_mean", "bond_angle_variance_mean",
                "off_centring_mean"):  # fmt: skip
        assert row[key] == pytest.approx(0, abs=1e-6), key
    mass = sum(n * float(Element(s).atomic_mass) for s, n in {"Cs": 2, "Sn": 1, "I": 6}.items())
    assert row["density"] == pytest.approx(4 * mass * 1.66053907 / 11.65**3)
    assert row["volume_per_metal"] == pytest.approx(11.65**3 / 4)
    assert np.isnan(row["bond_length_bridging_mean"])
    assert row.filter(like="bridge_").isna().all()


@pytest.mark.parametrize(("metal", "radius"), [("Sn", 0.69), ("Pt", 0.625), ("Zr", 0.72)])
def test_metals_have_the_radius_of_the_charge_that_balances_the_crystal(metal, radius):
    row = describe(vacancy_ordered(metal), families="composition")
    assert row["metal_radius"] == pytest.approx(radius)  # Shannon's, of M4+
    assert row["octahedral_factor"] == pytest.approx(radius / 2.20)


def test_cations_between_isolated_octahedra_are_described():
    row = describe(vacancy_ordered(cage="MA"))
    assert row["stei_max"] == pytest.approx(1)  # one carbon, one bond from the nitrogen
    assert row["charge"] == 1
    assert row["spacer_length"] == pytest.approx(1.49)
    assert row[["nitrogen_halide_distance_mean", "cation_volume", "organic_volume_fraction"]].notna().all()
    assert row[["spacer_tilt", "spacer_height", "cage_radius", "tolerance_factor"]].isna().all()


@pytest.mark.parametrize("make", [sheet_110, corner_chain])
def test_straight_bridges_of_other_networks(make):
    row = describe(make())
    assert row["bridge_angle_mean"] == pytest.approx(180)
    assert row[["bond_length_bridging_mean", "bond_length_terminal_mean"]].tolist() == pytest.approx([3, 3])
    assert row[["bridge_angle_equatorial_mean", "bridge_angle_axial_mean"]].isna().all()


def test_the_registry_knows_what_needs_axes(named):
    _, structure, _ = named
    row = describe(structure)
    for key, item in REGISTRY.items():
        if item.needs_frame:
            assert np.isnan(row[key]), key
        elif item.needs == ("crystal",):
            assert np.isfinite(row[key]), key


def test_numbers_do_not_depend_on_cell_and_orientation(named):
    _, structure, _ = named
    moved = structure * [[1, 1, 0], [0, 1, 0], [0, 0, 2]]
    turn = Rotation.from_rotvec([0.3, -0.8, 1.1]).as_matrix()
    moved = type(moved)(moved.lattice.matrix @ turn.T, moved.species, moved.frac_coords)
    np.testing.assert_allclose(describe(moved), describe(structure), atol=2e-5)


def test_the_network_is_named_once(named):
    name, structure, dimensionality = named
    crystal = perceive(structure, framed=False)
    assert (crystal.phase, crystal.dimensionality, crystal.framed) == (name, dimensionality, False)
    assert sum(name in warning for warning in crystal.warnings) == 1
    assert np.isnan(crystal.n_layers)
    assert name in repr(crystal)
    drawn = crystal._repr_html_()
    assert name in drawn
    assert "<svg" not in drawn


def test_all_else_refuses_them_by_name(named):
    name, structure, _ = named
    crystal = perceive(structure, framed=False)
    for work in (perceive, thin, lambda obj: describe_items(obj, "crystal")):
        for obj in (structure, crystal):
            with pytest.raises(TopologyError) as caught:
                work(obj)
            assert caught.value.topology == name
    assert set(describe_items(crystal, "octahedron")["topology"]) == {name}


def test_models_refuse_them():
    crystal = perceive(vacancy_ordered(), framed=False)
    table = predict({"file": vacancy_ordered(), "perceived": crystal})
    assert table["error"].str.contains("isolated octahedra, vacancy-ordered").all()
    assert table["E_in_plane"].isna().all()


def test_octahedra_that_share_edges_stay_refused():
    with pytest.raises(TopologyError) as caught:
        describe(edge_chain())
    assert caught.value.topology == "1D edge-sharing"
    assert "--per octahedron" in str(caught.value)


@pytest.mark.parametrize("structure", [cubic(), layered(n=2)])
def test_crystals_with_axes_are_perceived_as_ever(structure):
    strict, other = perceive(structure), perceive(structure, framed=False)
    assert strict.framed
    assert other.warnings == strict.warnings
    np.testing.assert_array_equal(describe(other), describe(strict))


def test_a_featurizer_says_what_they_are():
    featurizer = HOIPFeaturizer()
    table = featurizer.fit_transform({"isolated": vacancy_ordered(), "layered": layered()})
    assert table["bond_length_mean"].notna().all()
    assert table["n_layers"].isna().tolist() == [True, False]
    assert featurizer.errors_.empty
    assert list(featurizer.warnings_.index) == ["isolated"]
    assert "isolated" in featurizer.compounds_.loc["isolated", "phase"]
