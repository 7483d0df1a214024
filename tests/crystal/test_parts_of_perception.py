"""Steps of perception on crystals and vectors whose answers are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from perovex.crystal.bonding.graph import components
from perovex.crystal.drawing import rows, summary_html, svg
from perovex.crystal.examples import cubic, layered
from perovex.crystal.perception import perceive
from perovex.crystal.perception.covalent import bound_halogens, covalent_pairs, hydride_metals
from perovex.crystal.perception.elements import AtomTable
from perovex.crystal.perception.frame import family_means, line_axes, signed, unit
from perovex.crystal.perception.isolated import octahedra_alone
from perovex.crystal.perception.network import link_octahedra
from perovex.crystal.perception.octahedra import find_octahedra, trans_order
from perovex.crystal.perception.slabs import unit_translation
from perovex.crystal.perception.topology import require_corner_sharing, topology_error
from perovex.errors import TopologyError


@pytest.fixture(scope="module")
def atoms():
    return AtomTable.from_structure(cubic(cage="MA"))


def test_elements_have_their_parts(atoms):
    assert atoms.is_halogen.sum() == 3
    assert [atoms.symbol(k) for k in np.flatnonzero(atoms.is_metal)] == ["Pb"]
    assert not atoms.is_a_site_metal.any()
    assert np.allclose(atoms.cart @ atoms.inverse, atoms.frac)


def test_a_cation_is_bonded_to_itself_alone(atoms):
    organic = np.flatnonzero(~atoms.is_halogen & ~atoms.is_metal)
    pairs = covalent_pairs(atoms, organic)
    assert len(pairs.i) == 2 * 7  # CH3NH3+: seven bonds, both directions
    assert not bound_halogens(atoms).any()
    assert not hydride_metals(atoms).any()


def test_halogens_of_molecules_and_metals_with_hydrogen_are_told():
    box = Lattice.cubic(12.0)
    places = np.array([[0, 0, 0], [1.33, 0, 0], [5, 5, 5], [6.7, 5, 5]]) / 12.0
    atoms = AtomTable.from_structure(Structure(box, ["C", "F", "Sb", "H"], places))
    assert [atoms.symbol(k) for k in np.flatnonzero(bound_halogens(atoms))] == ["F"]
    assert [atoms.symbol(k) for k in np.flatnonzero(hydride_metals(atoms))] == ["Sb"]


def test_the_cubic_network_has_one_octahedron_that_shares_three_corners_with_its_images(atoms):
    octahedra = find_octahedra(atoms)
    assert len(octahedra) == 1
    assert np.linalg.norm(octahedra.vectors[0], axis=1) == pytest.approx(3.15)
    links = link_octahedra(octahedra)
    assert len(links) == 3
    assert links.shared.tolist() == [1, 1, 1]
    parts = components(1, links.octahedron, links.image)
    assert require_corner_sharing(links, parts) == 3


def test_ligands_are_put_in_trans_pairs():
    axes = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, 0, -1], [0, -1, 0]], dtype=float)
    order, cosines = trans_order(axes[None] if axes.ndim == 2 else axes)
    for one, two in np.asarray(order).reshape(-1, 2):
        assert np.allclose(axes[one], -axes[two])
    assert np.asarray(cosines) == pytest.approx(-1.0)


def test_octahedra_without_a_perovskite_are_measured_and_not_described():
    lattice = Lattice.cubic(10.0)
    halides = (
        [[s, 0, 0] for s in (0.25, -0.25)] + [[0, s, 0] for s in (0.25, -0.25)] + [[0, 0, s] for s in (0.25, -0.25)]
    )
    crystal = Structure(lattice, ["Sn", *["I"] * 6], [[0, 0, 0], *halides])
    assert len(octahedra_alone(crystal)) == 1
    with pytest.raises(TopologyError, match="0D isolated"):
        perceive(crystal)


def test_topologies_keep_their_name():
    error = topology_error("1D face-sharing", "two chains")
    assert error.topology == "1D face-sharing"
    assert "(two chains)" in str(error)


@given(st.lists(st.integers(-6, 6), min_size=3, max_size=3).filter(lambda indices: np.gcd.reduce(indices) == 1))
def test_a_unit_translation_climbs_by_one_plane(indices):
    assert abs(np.array(indices) @ unit_translation(np.array(indices))) == 1


def test_directions_are_signed_by_the_cell():
    lattice = np.diag([4.0, 5.0, 6.0])
    assert signed(np.array([0.3, 0.2, -0.1]), lattice).tolist() == [-0.3, -0.2, 0.1]  # along c first
    assert signed(np.array([-0.3, 0.0, 0.0]), lattice).tolist() == [0.3, 0.0, 0.0]
    assert np.linalg.norm(unit(np.array([3.0, 4.0, 0.0]))) == pytest.approx(1.0)


def test_families_of_lines_are_averaged_whichever_way_they_point():
    lean = 0.1
    vectors = np.array([[2.0, lean, 0], [-2.0, lean, 0], [0, 3.0, 0], [0, -3.0, 0]])
    family, mean = family_means(vectors, np.eye(3)[:2])
    assert family.tolist() == [0, 0, 1, 1]
    assert mean == pytest.approx(np.array([[2.0, 0, 0], [0, 3.0, 0]]))
    assert np.abs(line_axes(vectors, np.eye(3)[:2])) == pytest.approx(np.eye(3)[:2], abs=1e-9)


def test_a_drawing_shows_octahedra_and_the_table_what_they_are():
    crystal = perceive(layered(n=2))
    drawing = svg(crystal)
    assert drawing.count("<polygon") + drawing.count("<path") >= 3
    assert dict(rows(crystal))
    assert drawing in summary_html(crystal)
