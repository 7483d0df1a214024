"""Whole rows: generated tilt systems, invariances on relaxed crystals, featurizer and registry."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ase.io import read as read_ase
from numpy.testing import assert_allclose
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor
from scipy.spatial.transform import Rotation
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from tilted_networks import network, rigid_pnma, rotation_vectors

from perovex.crystal import perceive
from perovex.crystal.examples import layered
from perovex.descriptors import FAMILIES, REGISTRY, HOIPFeaturizer, describe
from perovex.descriptors.registry import NEEDS, Registry, describe_as
from perovex.descriptors.sources import GLAZER, REFERENCES
from perovex.errors import PerovexError, UnknownDescriptorError

CRYSTALS = sorted((Path(__file__).parents[1] / "data" / "crystals").glob("*.extxyz"))
FIXED = [
    "n_layers", "bridge_angle_mean", "bridge_angle_equatorial_mean", "bridge_angle_axial_mean",
    "bond_length_mean", "bond_length_equatorial_mean", "tilt_in_plane_mean", "tilt_out_of_plane_mean",
    "bond_angle_variance_mean", "layer_spacing_metal", "layer_spacing_halide", "penetration_mean", "stei_max",
    "eccentricity_max",
]  # fmt: skip


@cache
def crystal(name):
    return AseAtomsAdaptor.get_structure(read_ase(str(name)))


@cache
def described(name):
    return describe(crystal(name))


# ---------------------------------------------------------------- generated tilt systems


@pytest.mark.parametrize(("phases", "phase"), [("--+", 1.0), ("---", -1.0)])
def test_in_plane_tilt_of_a0a0c(phases, phase):
    # a tetragonal network: the odd axis is the tilt axis, so the tilt is in-plane
    row = describe(network(rotation_vectors((0, 0, 9), phases)))
    assert row["n_layers"] == np.inf
    assert row["inverse_n_layers"] == 0.0
    assert row["tilt_in_plane_mean"] == pytest.approx(9.0, abs=1e-6)
    assert row["tilt_in_plane_max"] == pytest.approx(9.0, abs=1e-6)
    assert row["tilt_out_of_plane_mean"] == pytest.approx(0.0, abs=1e-6)
    assert row["tilt_in_plane_phase"] == pytest.approx(phase, abs=1e-9)
    assert row["bridge_angle_equatorial_mean"] == pytest.approx(180 - 2 * 9.0, abs=1e-6)
    assert row["bridge_angle_axial_mean"] == pytest.approx(180.0, abs=1e-4)
    assert row["bridge_deviation_in_mean"] == pytest.approx(18.0, abs=1e-6)
    assert row["bond_angle_variance_mean"] == pytest.approx(0.0, abs=1e-9)


def test_rigid_orthorhombic_network():
    turned = rigid_pnma(8, 10)
    expected = np.hypot(turned[0, 0, 0][0], turned[0, 0, 0][2])
    row = describe(network(turned))
    assert row["tilt_in_plane_mean"] == pytest.approx(8.0, abs=1e-6)
    assert row["tilt_out_of_plane_mean"] == pytest.approx(expected, abs=1e-6)
    assert row["tilt_in_plane_phase"] == pytest.approx(1.0, abs=1e-6)
    assert row["tilt_out_of_plane_phase"] < -0.97
    for key in ("zeta_mean", "bond_length_distortion_mean", "sigma_mean"):
        assert row[key] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(
    ("tilts", "phases", "inward", "outward"),
    [
        ((0, 0, 0), "---", 0.0, 0.0),
        ((0, 0, 12), "--+", 12.0, 0.0),
        ((7, 7, 0), "---", 0.0, 7 * np.sqrt(2)),
        ((6, 0, 0), "---", 0.0, 6.0),
        ((6, 0, 0), "+--", 0.0, 6.0),
    ],
)
def test_tilts_of_slabs(layers, tilts, phases, inward, outward):
    row = describe(network(rotation_vectors(tilts, phases), layers=layers, gap=8.0))
    assert row["n_layers"] == layers
    assert row["inverse_n_layers"] == 1 / layers
    assert row["tilt_in_plane_mean"] == pytest.approx(inward, abs=1e-6)
    assert row["tilt_out_of_plane_mean"] == pytest.approx(outward, abs=1e-6)
    if outward and 0 in tilts[:2]:
        assert row["tilt_out_of_plane_phase"] == pytest.approx(1.0 if phases[0] == "+" else -1.0, abs=1e-6)
    assert row["bond_length_mean"] == pytest.approx(3.0, abs=1e-9)
    assert np.isnan(row["bridge_angle_axial_mean"]) == (layers == 1)


def test_ideal_network_has_zeros_and_no_nan_where_defined():
    row = describe(network(rotation_vectors((0, 0, 0), "---")))
    met = {"crystal", "frame", "bridges", "axial bridges", "cage cation"}
    needs_less = [key for key in REGISTRY if set(REGISTRY[key].needs) <= met]
    undefined = [key for key in needs_less if np.isnan(row[key])]
    assert undefined == ["tilt_in_plane_phase", "tilt_out_of_plane_phase"]  # there is no tilt to be in phase
    for key in ("zeta_mean", "sigma_mean", "bond_length_distortion_mean", "off_centring_mean",
                "tilt_total_mean", "theta_mean", "corrugation_equatorial",
                "bridge_deviation_in_mean"):  # fmt: skip
        assert row[key] == pytest.approx(0.0, abs=2e-5), key
    assert row["quadratic_elongation_mean"] == pytest.approx(1.0)
    assert row["metal_distance_equatorial_mean"] == pytest.approx(6.0)
    assert row["area_per_metal"] == pytest.approx(36.0)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.5, 0.5), (0.5, 0.0)])
def test_layers_of_an_ideal_slab(shift):
    row = describe(layered(n=1, shift=shift))
    assert row["layer_shift_max"] == pytest.approx(max(shift), abs=1e-9)
    assert row["layer_shift_min"] == pytest.approx(min(shift), abs=1e-9)
    assert row["layer_period"] == pytest.approx(row["slab_thickness"] + row["layer_spacing_halide"])
    assert row["slab_thickness"] == pytest.approx(2 * row["bond_length_axial_mean"])
    assert row["layer_spacing_metal"] == pytest.approx(row["layer_period"])
    for key in ("corrugation_metal", "corrugation_equatorial", "corrugation_terminal"):
        assert row[key] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("move", [(0.0, 0.0), (0.5, 0.5), (0.5, 0.0), (0.3, 0.1)])
def test_shift_of_a_single_slab_is_in_the_cell_vector(move):
    # one slab per cell: its next copy is offset by the in-plane part of the third cell vector
    ideal = network(rotation_vectors((0, 0, 0), "---"), layers=1, gap=5.0)
    matrix = ideal.lattice.matrix.copy()
    matrix[2] += 6.0 * np.array([*move, 0.0])
    sheared = Structure(matrix, ideal.species, ideal.cart_coords, coords_are_cartesian=True)
    row = describe(sheared)
    assert row["layer_shift_max"] == pytest.approx(max(move), abs=1e-9)
    assert row["layer_shift_min"] == pytest.approx(min(move), abs=1e-9)


# ---------------------------------------------------------------- invariances on relaxed crystals


def rotated(structure, seed):
    matrix = Rotation.random(rng=np.random.default_rng(seed)).as_matrix()
    return Structure(Lattice(structure.lattice.matrix @ matrix.T), structure.species, structure.frac_coords)


def supercell(structure, _):
    return structure.make_supercell([2, 1, 1], in_place=False)


def doubled_and_sheared(structure, _):
    return structure.make_supercell([[1, 1, 0], [0, 1, 0], [0, 1, 2]], in_place=False)


def permuted(structure, seed):
    order = np.random.default_rng(seed).permutation(len(structure))
    return Structure.from_sites([structure[int(i)] for i in order])


def shifted(structure, seed):
    move = np.random.default_rng(seed).random(3)
    return Structure(structure.lattice, structure.species, structure.frac_coords + move)


def niggli(structure, _):
    return structure.get_reduced_structure("niggli")


def mirrored(structure, _):
    return Structure(Lattice(structure.lattice.matrix * [1, 1, -1]), structure.species, structure.frac_coords)


def primitive(structure, _):
    """Primitive cell of a supercell: another setting, another order, images anywhere."""
    return supercell(structure, _).get_primitive_structure(tolerance=1e-3)


def everything(structure, seed):
    """All at once: a sheared supercell, shuffled, moved, its atoms in any image, turned."""
    changed = permuted(doubled_and_sheared(shifted(structure, seed), seed), seed)
    images = np.random.default_rng(seed).integers(-2, 3, (len(changed), 3))
    return rotated(Structure(changed.lattice, changed.species, changed.frac_coords + images), seed)


CHANGES = [rotated, supercell, doubled_and_sheared, permuted, shifted, niggli, mirrored, primitive, everything]
#: Angles near 180 degrees and corrugations near 0 carry the rounding of coordinates, 1e-9 Å, as its square root
#: or as it is: nothing in a row means anything below this.
ROUNDING = 1e-6


def assert_same(first, second):
    assert (first.isna() == second.isna()).all(), list(first.index[first.isna() != second.isna()])
    finite = np.isfinite(first) & np.isfinite(second)
    assert (first[~finite & ~first.isna()] == second[~finite & ~first.isna()]).all()
    allowed = 1e-6 * np.maximum(first[finite].abs(), second[finite].abs()) + ROUNDING
    off = (first - second)[finite].abs() > allowed
    assert not off.any(), pd.DataFrame({"first": first[finite][off], "second": second[finite][off]})


@pytest.mark.parametrize("change", CHANGES, ids=lambda function: function.__name__)
@pytest.mark.parametrize("path", CRYSTALS, ids=lambda path: path.stem)
def test_rows_do_not_depend_on_the_description_of_the_crystal(path, change):
    assert_same(described(path), describe(change(crystal(path), 7)))


#: Mean Delta, zeta (Å), Sigma (deg) and Theta (deg) of the octahedra of each crystal by an independent program,
#: OctaDist 2.6.1 (10.1039/D0DT03988H).
OCTADIST = {
    "CsPbBr3_Pm-3m": (0.000000000, 0.000000, 0.00000, 0.0000),
    "CsPbBr3_Pnma": (0.000006801, 0.042675, 17.55896, 54.4963),
    "CsPbI3_Pnma": (0.000005257, 0.038009, 38.52412, 97.8081),
    "CsSnI3_Pnma": (0.000007006, 0.036298, 24.93071, 62.2688),
    "FASnI3_Pm-3m": (0.001374627, 0.625683, 59.85627, 179.2723),
    "MAPbI3_Pnma": (0.000010984, 0.053428, 59.71261, 163.0053),
    "MAPbI3_cubic": (0.000321632, 0.271143, 81.69538, 208.0909),
    "s01_PbBr_n1": (0.000250306, 0.243640, 65.98118, 200.0924),
    "s01_PbCl_n3": (0.000575950, 0.311360, 58.90366, 183.4288),
    "s01_PbI_n2": (0.000136709, 0.163685, 56.13442, 187.6639),
    "s01_PbI_n3": (0.000196148, 0.186170, 55.99657, 153.5300),
    "s02_PbBr_n1": (0.000165361, 0.216612, 35.11227, 102.2858),
    "s02_PbI_n2": (0.000147043, 0.183875, 37.23711, 103.1042),
    "s07_PbBr_n2": (0.000913043, 0.388026, 71.01630, 206.5688),
    "s07_PbCl_n1": (0.003351651, 0.942433, 98.91189, 371.1909),
    "s07_PbI_n2": (0.000348654, 0.290842, 80.99308, 241.5264),
    "s11_PbBr_n2": (0.000539653, 0.355708, 87.13298, 274.9533),
    "s11_PbCl_n1": (0.000020769, 0.069231, 44.71346, 119.7233),
    "s11_PbI_n1": (0.000054884, 0.133181, 79.41610, 216.9785),
    "s11_PbI_n2": (0.000233767, 0.256847, 84.40821, 257.0188),
}


@pytest.mark.parametrize("path", CRYSTALS, ids=lambda path: path.stem)
def test_distortions_of_an_independent_program(path):
    row = described(path)
    delta, zeta, sigma, theta = OCTADIST[path.stem]
    assert row["bond_length_distortion_mean"] == pytest.approx(delta, abs=1e-9)
    assert row["zeta_mean"] == pytest.approx(zeta, abs=1e-6)
    assert row["sigma_mean"] == pytest.approx(sigma, abs=1e-4)
    assert row["theta_mean"] == pytest.approx(theta, abs=1e-3)


def test_rows_of_relaxed_crystals_are_sane():
    table = pd.DataFrame({path.stem: described(path) for path in CRYSTALS}).T
    assert len(table) == 20
    assert table["bond_length_mean"].between(2.6, 3.4).all()
    layered_ones = table[np.isfinite(table["n_layers"])]
    assert set(layered_ones["n_layers"]) == {1.0, 2.0, 3.0}
    assert (
        layered_ones["layer_period"] - layered_ones["slab_thickness"] - layered_ones["layer_spacing_halide"]
    ).abs().max() < 1e-9
    assert layered_ones["hydrogen_bonds_per_hydrogen"].between(0.5, 2).all()
    assert layered_ones["charge"].eq(2).all()
    assert table["free_volume_fraction"].between(0.1, 0.5).all()
    assert table.loc["s02_PbI_n2", "nitrogen_nitrogen_distance"] > 5.0
    assert table.loc["CsPbBr3_Pnma", "tolerance_factor"] == pytest.approx((1.88 + 1.96) / np.sqrt(2) / (1.19 + 1.96))


# ---------------------------------------------------------------- registry and featurizer


def test_fixed_keys_units_and_needs():
    assert set(FIXED) <= set(REGISTRY)
    assert len(REGISTRY) == len(set(REGISTRY)) == len(REGISTRY.keys_of())
    for item in REGISTRY.values():
        assert item.definition.endswith((".", ")"))
        assert item.unit
        assert item.label
        assert set(item.needs) <= set(NEEDS)
        assert re.fullmatch(r"10\.\d{4,5}/[\w.()/:;<>-]+", item.source)
        assert item.source in REFERENCES
    assert list(dict.fromkeys(item.family for item in REGISTRY.values())) == list(FAMILIES)


def test_every_family_returns_exactly_its_keys():
    perceived = perceive(crystal(CRYSTALS[-1]))
    for family in FAMILIES:
        values = {k: v for compute in REGISTRY.computes([family]) for k, v in compute(perceived).items()}
        assert set(values) == set(REGISTRY.keys_of(family))


def test_needs_tell_where_a_value_is_missing():
    row = described(next(path for path in CRYSTALS if path.stem == "CsPbBr3_Pnma"))
    for key, item in REGISTRY.items():
        if {"layers", "terminal halides", "spacer"} & set(item.needs):
            assert np.isnan(row[key]), key


def test_unknown_names_suggest_close_ones():
    with pytest.raises(UnknownDescriptorError, match="bond_length_mean"):
        REGISTRY["bond_lenght_mean"]
    with pytest.raises(UnknownDescriptorError, match="tilts"):
        describe(crystal(CRYSTALS[0]), families="tilt")
    assert REGISTRY.get("nothing") is None
    assert "nothing" not in REGISTRY


def test_registering_twice_is_refused():
    registry = Registry()
    x = describe_as("x", "1", "x", "X.", source=GLAZER)
    registry.add("tilts", dict, [x])
    with pytest.raises(ValueError, match="twice"):
        registry.add("tilts", dict, [x])
    with pytest.raises(ValueError, match="cites something unknown"):
        registry.add("tilts", dict, [describe_as("y", "1", "y", "Y.", source="10.1000/nobody")])
    with pytest.raises(ValueError, match="unknown family"):
        registry.add("nonsense", dict, [])


def test_tables_of_the_registry():
    frame = REGISTRY.to_frame()
    assert list(frame.index) == list(REGISTRY)
    text = REGISTRY.to_markdown()
    assert all(f"`{key}`" in text for key in REGISTRY)
    assert REGISTRY._repr_html_().count("<tr>") == len(REGISTRY) + 1


def test_documentation_page_is_up_to_date():
    from perovex.descriptors.documentation import page

    written = Path(__file__).parents[2] / "docs" / "descriptors.md"
    assert written.read_text(encoding="utf-8") == page()


def test_featurizer_on_paths_structures_and_atoms(tmp_path):
    path = CRYSTALS[0]
    inputs = pd.Series([path, crystal(path), read_ase(str(path)), perceive(crystal(path))], index=list("abcd"))
    table = HOIPFeaturizer().fit_transform(inputs)
    assert list(table.index) == list("abcd")
    assert list(table.columns) == list(REGISTRY)
    assert table.dtypes.eq(float).all()
    for name in "bcd":
        assert_same(table.loc["a"], table.loc[name])
    families = HOIPFeaturizer(families=["tilts", "octahedra"])
    assert list(families.get_feature_names_out()) == REGISTRY.keys_of(["octahedra", "tilts"])
    assert isinstance(clone(families).set_output(transform="pandas").fit_transform([path]), pd.DataFrame)
    assert make_pipeline(families, FunctionTransformer(np.nan_to_num)).fit_transform([path]).shape == (1, 28)


def test_disorder_is_resolved_on_request_and_remarked(tmp_path):
    text = layered(n=1, spacer="NH4").to(fmt="cif")
    lines = text.splitlines()
    site = next(i for i, line in enumerate(lines) if line.split()[:1] == ["I"])
    lines[site] = " ".join([*lines[site].split()[:-1], "0.9"])
    path = tmp_path / "partial.cif"
    path.write_text("\n".join(lines), encoding="utf-8")
    strict = HOIPFeaturizer(on_error="row")
    assert strict.fit_transform([path]).isna().all(axis=None)
    assert list(strict.errors_["kind"]) == ["DisorderError"]
    lenient = HOIPFeaturizer(disorder="major")
    table = lenient.fit_transform(pd.Series([path, CRYSTALS[0]], index=["partial", "sound"]))
    assert table.loc["partial", "n_layers"] == 1
    assert any("disordered: kept the major component" in warning for warning in lenient.warnings_["partial"])
    assert "sound" not in lenient.warnings_
    assert describe(path, disorder="major")["n_layers"] == 1
    with pytest.raises(ValueError, match="disorder"):
        HOIPFeaturizer(disorder="minor").fit([])


def test_one_bad_crystal_costs_one_row(tmp_path):
    bad = tmp_path / "broken.cif"
    bad.write_text("data_nothing\n", encoding="utf-8")
    featurizer = HOIPFeaturizer(on_error="row", families="octahedra")
    table = featurizer.fit_transform([CRYSTALS[0], bad, CRYSTALS[1]])
    assert table.notna().any(axis=1).tolist() == [True, False, True]
    assert list(featurizer.errors_.index) == [str(bad)]
    assert "broken.cif" in featurizer.errors_.loc[str(bad), "message"]
    with pytest.raises(PerovexError, match=r"broken\.cif"):
        HOIPFeaturizer().fit_transform([bad])
    with pytest.raises(ValueError, match="on_error"):
        HOIPFeaturizer(on_error="ignore").fit([])


def test_several_processes_give_the_same_table():
    one = HOIPFeaturizer(families="octahedra").fit_transform(CRYSTALS[:3])
    two = HOIPFeaturizer(families="octahedra", n_jobs=2).fit_transform(CRYSTALS[:3])
    pd.testing.assert_frame_equal(one, two)


def test_means_over_nothing_are_nan_without_a_warning(recwarn):
    row = describe(crystal(next(path for path in CRYSTALS if path.stem == "CsPbBr3_Pm-3m")))
    assert np.isnan(row["penetration_mean"])
    assert not [w for w in recwarn if issubclass(w.category, RuntimeWarning)]
    assert_allclose(row["bridge_angle_mean"], 180.0)
