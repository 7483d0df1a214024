"""One row per part of a crystal; symmetry modes, Glazer's symbols, order of two metals."""

from itertools import permutations, product

import numpy as np
import pytest
from frameless_networks import layers_111, vacancy_ordered
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation
from tilted_networks import network, rotation_vectors

from perovex.crystal import perceive
from perovex.crystal.examples import cubic, layered
from perovex.descriptors import describe
from perovex.descriptors.items import ITEMS, describe_items, glazer_symbol
from perovex.descriptors.items.modes import BASIS, IDEAL, MODES, symmetry_modes
from perovex.descriptors.items.whole import metal_order
from perovex.errors import TopologyError, UnknownDescriptorError

# the 48 operations of Oh as signed permutations
OH = [
    np.diag(sign) @ np.eye(3)[list(order)]
    for sign in product((1.0, -1.0), repeat=3)
    for order in permutations(range(3))
]


def acting(operation):
    """18 x 18 matrix of an operation on displacements of the six ligands."""
    moved = IDEAL @ operation.T
    place = [int(np.flatnonzero((row == IDEAL).all(axis=1))[0]) for row in moved]
    matrix = np.zeros((18, 18))
    for here, there in enumerate(place):
        matrix[3 * there : 3 * there + 3, 3 * here : 3 * here + 3] = operation
    return matrix


def test_modes_are_orthonormal_and_belong_to_the_group():
    basis = np.vstack([BASIS[mode] for mode in MODES])
    np.testing.assert_allclose(basis @ basis.T, np.eye(15), atol=1e-12)
    characters = {}
    for mode, vectors in BASIS.items():
        matrices = [vectors @ acting(operation) @ vectors.T for operation in OH]
        for matrix in matrices:  # no operation leads out of the mode
            np.testing.assert_allclose(matrix @ matrix.T, np.eye(len(vectors)), atol=1e-9)
        characters[mode] = np.array([np.trace(matrix) for matrix in matrices])
    for one, other in product(BASIS, repeat=2):  # irreducible, and of one kind only if it is T1u twice
        product_ = float(np.mean(characters[one] * characters[other]))
        assert product_ == pytest.approx(float(one == other or {one, other} == {"T1u", "T1u_pair"}), abs=1e-9)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "A1g"])
def test_a_pure_mode_is_found_whatever_the_orientation(mode):
    displaced = 3.0 * IDEAL + 0.05 * BASIS[mode][0].reshape(6, 3)
    turn = Rotation.from_rotvec([0.1, -0.2, 0.15]).as_matrix()
    amplitudes = dict(zip(MODES, symmetry_modes((displaced @ turn.T)[None])[0], strict=True))
    assert amplitudes.pop(mode) == pytest.approx(0.05, abs=1e-3)
    assert max(amplitudes.values()) < 2e-3  # second order in the amplitude


def test_off_centring_is_t1u():
    shifted = 3.0 * IDEAL - np.array([0.0, 0.0, 0.1])  # the metal moves up by 0.1 Å
    amplitudes = dict(zip(MODES, symmetry_modes(shifted[None])[0], strict=True))
    assert amplitudes["T1u"] == pytest.approx(0.1 * np.sqrt(6))
    assert amplitudes["T1u_pair"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("tilts", "phases", "expected"),
    [
        ((0, 0, 0), "---", "a0a0a0"),
        ((0, 0, 9), "--+", "a0a0c+"),
        ((0, 0, 9), "---", "a0a0c-"),
        ((7, 7, 7), "---", "a-a-a-"),
    ],
)
def test_glazer_symbols_of_made_networks(tilts, phases, expected):
    found = glazer_symbol(perceive(network(rotation_vectors(tilts, phases))))
    assert sorted(found.symbol[1::2]) == sorted(expected[1::2])
    assert len(set(found.symbol[0::2])) == len(set(expected[0::2]))
    assert sorted(found.tilts) == pytest.approx(sorted(tilts), abs=0.6)


def test_tolerance_decides_what_is_no_tilt():
    crystal = perceive(network(rotation_vectors((0, 0, 2.0), "--+")))
    assert "+" in glazer_symbol(crystal, tolerance=1.0).symbol
    assert glazer_symbol(crystal, tolerance=3.0).symbol == "a0a0a0"
    assert glazer_symbol(crystal, tolerance=3.0).tolerance == 3.0


def test_tolerance_of_the_symbol_can_be_chosen():
    made = network(rotation_vectors((0, 0, 3), "++-"))
    for tolerance, tilted in ((1.0, True), (4.0, False)):
        row = describe_items(made, "crystal", glazer_tolerance=tolerance).iloc[0]
        assert (row["glazer"].count("-") == 1) is tilted
        assert row["glazer_tolerance"] == tolerance


def test_sheets_without_neighbours_have_no_sign_along_the_normal():
    assert len(glazer_symbol(perceive(layered(n=1))).symbol) == 6  # a0a0a0: no tilt needs no sign


@pytest.mark.parametrize("per", ITEMS)
def test_indices_point_into_the_structure(per, elastic_data):
    table = elastic_data.table
    for n in (1, 2, np.inf):
        structure = elastic_data.structures[table.index[table["n_layers"] == n][0]]
        crystal = perceive(structure)
        rows = describe_items(crystal, per)
        if n == np.inf and per in {"slab", "sheet"}:
            assert rows.empty
            continue
        assert len(rows) > 0
        for column in rows.columns[rows.columns.str.endswith("sites")]:
            sites = [int(k) for cell in rows[column] for k in cell.split()]
            assert all(0 <= site < len(structure) for site in sites)
        for column, symbol in (("metal", "metal"), ("halide", "halide")):
            if column in rows and "site" in rows:
                assert [structure[k].specie.symbol for k in rows["site"]] == rows[symbol].tolist()


def test_means_of_the_rows_are_the_descriptors(elastic_data):
    table = elastic_data.table
    crystal = perceive(elastic_data.structures[table.index[table["n_layers"] == 2][0]])
    row, octahedra, bridges = (
        describe(crystal),
        describe_items(crystal, "octahedron"),
        describe_items(crystal, "bridge"),
    )
    assert octahedra["sigma"].mean() == pytest.approx(row["sigma_mean"])
    assert octahedra["theta"].mean() == pytest.approx(row["theta_mean"])
    assert octahedra["tilt_normal"].abs().mean() == pytest.approx(row["tilt_in_plane_mean"])
    assert bridges["angle"].mean() == pytest.approx(row["bridge_angle_mean"])
    assert bridges.loc[bridges["kind"] == "equatorial", "deviation_in"].mean() == pytest.approx(
        row["bridge_deviation_in_mean"]
    )
    cations = describe_items(crystal, "cation")
    assert cations["depth"].max() == pytest.approx(row["penetration_max"])
    assert set(cations["role"]) == {"spacer", "cage"}


def test_outer_and_inner_sheets_are_told_apart():
    sheets = describe_items(layered(n=3), "sheet")
    assert sheets["outer"].tolist() == [True, False, True] * 2
    slabs = describe_items(layered(n=3), "slab")
    assert slabs["outer_volume"].notna().all()
    assert slabs["inner_volume"].notna().all()
    assert describe_items(layered(n=2), "slab")["inner_volume"].isna().all()


def double(order):
    """A 2 x 2 x 2 network of silver and bismuth."""
    crystal = cubic(metal="Pb", halide="Br")
    crystal.make_supercell([2, 2, 2])
    for k, site in enumerate(crystal):
        if site.specie.symbol == "Pb":
            i, j, l = np.round(site.frac_coords * 2).astype(int)  # noqa: E741
            first = (i + j + l) % 2 == 0 if order == "rock salt" else l % 2 == 0
            crystal.replace(k, "Ag" if first else "Bi")
    return crystal


def test_two_metals_are_described_with_both():
    crystal = perceive(double("rock salt"))
    assert crystal.metals == ("Ag", "Bi")
    assert metal_order(crystal) == "alternating"
    row = describe_items(crystal, "crystal").iloc[0]
    assert row["metals"] == "Ag4 Bi4"
    assert row["bond_length_mean_Ag"] == pytest.approx(3.15)
    assert metal_order(perceive(double("planes"))) == "mixed"


def test_what_lies_above_a_slab_in_vacuum_is_undefined():
    crystal = perceive(layered(n=1, shift=(0.5, 0.5)))
    assert crystal.vacuum == 0
    slabs = describe_items(crystal, "slab")
    assert slabs[["shift_a_above", "spacing_halide_above"]].notna().all(axis=None)
    stack = layered(n=1, shift=(0.5, 0.5))
    stack.make_supercell([1, 1, 2])
    lattice = stack.lattice.matrix.copy()
    lattice[2] *= 1.0 + 40.0 / np.linalg.norm(lattice[2])
    apart = perceive(Structure(lattice, stack.species, stack.cart_coords, coords_are_cartesian=True))
    assert apart.vacuum > 0
    slabs = describe_items(apart, "slab")
    assert len(slabs) == len(apart.slabs) > 1
    for column in ("shift_a_above", "shift_b_above", "spacing_halide_above", "spacing_metal_above"):
        assert slabs[column].isna().sum() == 1
    assert slabs["shift_a_above"].dropna().to_numpy() == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize(("metal", "halide", "edge", "x"), [("In", "Cl", 10.48, 0.2404), ("Bi", "Br", 11.25, 0.2513)])
def test_double_perovskites_with_silver(metal, halide, edge, x):
    # Cs2AgInCl6 and Cs2AgBiBr6: bonds of the trivalent metal are x a, of silver (1/2 - x) a
    structure = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(edge), ["Cs", "Ag", metal, halide], [[0.25] * 3, [0.5, 0, 0], [0, 0, 0], [x, 0, 0]]
    )
    row = describe_items(structure, "crystal").iloc[0]
    assert (row["metal_order"], row["glazer"], row["metals"]) == ("alternating", "a0a0a0", f"Ag4 {metal}4")
    assert row[f"bond_length_mean_{metal}"] == pytest.approx(x * edge)
    assert row["bond_length_mean_Ag"] == pytest.approx((0.5 - x) * edge)
    octahedra = describe_items(structure, "octahedron")
    assert octahedra["metal"].value_counts().to_dict() == {"Ag": 4, metal: 4}
    ends = describe_items(structure, "bridge")["metals"].str.split("-")
    assert set(ends.map(frozenset)) == {frozenset({"Ag", metal})}


def test_unknown_parts_are_refused():
    with pytest.raises(UnknownDescriptorError, match="octahedron"):
        describe_items(cubic(), "atom")


def test_vacancy_ordered_crystal_is_named_and_its_octahedra_described():
    with pytest.raises(TopologyError) as caught:
        perceive(vacancy_ordered())
    assert caught.value.topology == "0D isolated octahedra, vacancy-ordered (A2BX6)"
    rows = describe_items(vacancy_ordered(), "octahedron")
    assert len(rows) == 4
    assert rows["bond_length_mean"].to_numpy() == pytest.approx(0.245 * 11.65)
    assert rows[[f"mode_{name}" for name in MODES[1:]]].to_numpy() == pytest.approx(0, abs=1e-9)
    with pytest.raises(TopologyError):
        describe_items(vacancy_ordered(), "bridge")


def test_double_perovskite_from_its_space_group():
    # Cs2AgBiBr6, Fm-3m, 11.27 Å (Slavney et al., J. Am. Chem. Soc. 138, 2138, 2016)
    crystal = Structure.from_spacegroup(
        "Fm-3m",
        Lattice.cubic(11.27),
        ["Cs", "Ag", "Bi", "Br"],
        [[0.25] * 3, [0.5, 0, 0], [0, 0, 0], [0.2513, 0, 0]],
    )
    row = describe_items(crystal, "crystal").iloc[0]
    assert (row["metals"], row["metal_order"], row["glazer"]) == ("Ag4 Bi4", "alternating", "a0a0a0")
    assert row["bond_length_mean_Bi"] == pytest.approx(0.2513 * 11.27)
    assert row["bond_length_mean_Ag"] == pytest.approx((0.5 - 0.2513) * 11.27)


@pytest.mark.parametrize("sheets", [2, 3])
def test_111_oriented_layers_are_named(sheets):
    with pytest.raises(TopologyError) as caught:
        perceive(layers_111(sheets))
    assert caught.value.topology == "2D corner-sharing (111)"
