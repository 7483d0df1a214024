"""Networks, slabs, frames and phases of generated crystals whose truth is known."""

import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from perovex.crystal import layer_shifts, perceive
from perovex.crystal.examples import cation, cubic, layered
from perovex.errors import CoordinationError, NoOctahedraError, TopologyError

CRYSTALS = Path(__file__).parents[1] / "data" / "crystals"


def fingerprint(crystal):
    """What no choice of cell, origin, order or orientation may change (multiplicities divided out)."""
    k = len(crystal.octahedra)
    lengths = np.sort(crystal.octahedra.bond_lengths.ravel()).reshape(k, 6)
    kinds = {}
    for m in crystal.molecules:
        kinds[m.role, m.smiles] = kinds.get((m.role, m.smiles), 0) + 1 / k
    bonds = lengths.ravel()[:: len(lengths)] if k else lengths
    axial = crystal.bridges.axial.sum() / k
    shifts = sorted({tuple(sorted(s)) for s in layer_shifts(crystal).round(5).tolist()})
    return {
        "n": crystal.n_layers,
        "phase": crystal.phase,
        "stacking": crystal.stacking,
        "dimensionality": crystal.dimensionality,
        "molecules": {key: round(value, 9) for key, value in kinds.items()},
        "axial": axial,
        "bridges": len(crystal.bridges) / k,
        "shifts": shifts,
        "bonds": np.unique(bonds.round(5)),
    }


def assert_same(one, two):
    assert one.keys() == two.keys()
    for key, value in one.items():
        if key in {"bonds", "shifts"}:
            np.testing.assert_allclose(np.array(value), np.array(two[key]), atol=2e-5, err_msg=key)
        else:
            assert value == two[key], key


def tilted_cubic(angle=8.0):
    """a0a0c-: a 2 x 2 x 2 cell, octahedra turned about c by turns, equatorial halides moved with them."""
    bond = 3.15
    a = 2 * bond
    rows, symbols = [], []
    stretch = math.cos(math.radians(angle))
    for i in range(2):
        for j in range(2):
            for k in range(2):
                sign = (-1) ** (i + j + k)
                turn = Rotation.from_euler("z", sign * angle, degrees=True).as_matrix()
                centre = np.array([i * a * stretch, j * a * stretch, k * a])
                frame = np.array([[0, 0, 0], [bond, 0, 0], [0, bond, 0], [0, 0, bond]]) @ turn.T
                rows += [*(centre + frame), centre + np.array([a * stretch / 2, a * stretch / 2, a / 2])]
                symbols += ["Pb", "I", "I", "I", "Cs"]
    lattice = Lattice(np.diag([2 * a * stretch, 2 * a * stretch, 2 * a]))
    return Structure(lattice, symbols, rows, coords_are_cartesian=True)


EXAMPLES = {
    "cubic": cubic,
    "cubic MA": lambda: cubic(cage="MA"),
    "tilted": tilted_cubic,
    "RP n=1": lambda: layered(1, (0.5, 0.5)),
    "DJ n=2": lambda: layered(2, (0.0, 0.0), cage="MA"),
    "RP n=3": lambda: layered(3, (0.5, 0.5), halide="Br", bond=2.98),
    "offset": lambda: layered(2, (0.5, 0.1), spacer="NH4", cage="Cs"),
}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_perception_is_invariant(name, transform):
    structure = EXAMPLES[name]()
    assert_same(fingerprint(perceive(structure)), fingerprint(perceive(transform(structure))))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("shift", "stacking"),
    [((0, 0), "eclipsed"), ((0.5, 0.5), "staggered"), ((0.5, 0), "intermediate"), ((0.25, 0.25), "intermediate")],
)
def test_sheets_and_stacking(n, shift, stacking):
    crystal = perceive(layered(n, shift))
    assert crystal.n_layers == n
    assert (crystal.phase, crystal.stacking) == ("RP", stacking)  # the spacers carry one charge, whatever the shift
    assert len(crystal.slabs) == 2
    np.testing.assert_allclose(np.sort(layer_shifts(crystal), axis=1), np.sort([shift, shift], axis=1), atol=1e-9)
    assert len(crystal.spacers) == 4
    assert len(crystal.cage_cations) == 2 * (n - 1)


@pytest.mark.parametrize("shift", [(0.5, 0.5), (0.5, 0.0), (0.2, 0.1)])
def test_shift_of_one_slab_per_leaning_cell(shift):
    straight = layered(1, (0.0, 0.0))
    a, _, c = straight.lattice.matrix.diagonal()
    half = [[a, 0, 0], [0, a, 0], [shift[0] * a, shift[1] * a, c / 2]]
    first = [straight[i] for i in range(len(straight) // 2)]
    leaning = Structure(half, [s.specie for s in first], [s.coords for s in first], coords_are_cartesian=True)
    crystal = perceive(leaning)
    assert len(crystal.slabs) == 1
    np.testing.assert_allclose(np.sort(layer_shifts(crystal)[0]), np.sort(shift), atol=1e-9)
    doubled_shifts = layer_shifts(perceive(leaning * (1, 1, 2)))
    np.testing.assert_allclose(np.sort(doubled_shifts, axis=1), np.sort([shift, shift], axis=1), atol=1e-9)


def test_slab_heights_follow_the_construction():
    bond, gap = 3.0, 6.0
    crystal = perceive(layered(3, bond=bond, gap=gap))
    slab, above = crystal.slabs
    np.testing.assert_allclose(np.diff(slab.metal_heights), 2 * bond, atol=1e-9)
    bottom, top = slab.terminal_heights
    assert top - bottom == pytest.approx(6 * bond)
    assert above.terminal_heights[0] - top == pytest.approx(gap)
    assert crystal.repeat_height == pytest.approx(2 * (6 * bond + gap))


def test_ligands_follow_the_axes():
    crystal = perceive(layered(2))
    frame = np.vstack([crystal.in_plane_axes, crystal.normal])
    directions = np.repeat(frame, 2, axis=0) * np.array([1, -1] * 3)[:, None]
    np.testing.assert_allclose(crystal.octahedra.vectors / 3.15, np.tile(directions, (4, 1, 1)), atol=1e-9)
    assert np.linalg.det(frame) == pytest.approx(1.0)
    terminal = ~crystal.octahedra.bridging
    assert terminal[:, :4].sum() == 0
    assert terminal.sum() == 4


def test_images_lead_to_the_ligands():
    structure = rotated_layered()
    crystal = perceive(structure)
    octahedra, bridges = crystal.octahedra, crystal.bridges
    ends = (structure.frac_coords[octahedra.ligand] + octahedra.image) @ structure.lattice.matrix
    np.testing.assert_allclose(ends - octahedra.centre[:, None], octahedra.vectors, atol=1e-9)
    one, two = bridges.octahedron.T
    across = octahedra.centre[two] + bridges.image @ structure.lattice.matrix - octahedra.centre[one]
    np.testing.assert_allclose(bridges.vectors[:, 1] - bridges.vectors[:, 0], across, atol=1e-9)


def rotated_layered():
    structure = layered(2, (0.3, 0.1))
    turn = Rotation.random(random_state=3).as_matrix()
    frac = structure.frac_coords + np.random.default_rng(3).integers(-2, 3, (len(structure), 3))
    return Structure(Lattice(structure.lattice.matrix @ turn.T), structure.species, frac)


def test_cubic_metal_bridges_to_its_own_images():
    crystal = perceive(cubic())
    assert crystal.n_layers == math.inf
    assert crystal.phase == "3D"
    assert len(crystal.octahedra) == 1
    assert len(crystal.bridges) == 3
    assert set(map(tuple, np.abs(crystal.bridges.image).tolist())) == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}
    assert sorted(set(crystal.octahedra.ligand[0].tolist())) == [1, 2, 3]


def test_long_axis_becomes_the_normal():
    structure = cubic()
    lattice = Lattice(np.diag([6.5, 6.3, 6.3]))
    crystal = perceive(Structure(lattice, structure.species, structure.frac_coords))
    np.testing.assert_allclose(np.abs(crystal.normal), [1, 0, 0], atol=1e-9)


@pytest.mark.parametrize("metal", ["Pb", "Sn", "Ge", "Cd", "Mn", "Cu", "Mg", "Eu"])
@pytest.mark.parametrize("halide", ["F", "Cl", "Br", "I"])
def test_no_metal_list_is_needed(metal, halide):
    crystal = perceive(layered(1, metal=metal, halide=halide, bond=3.0))
    assert (crystal.metals, crystal.halides) == ((metal,), (halide,))


def test_off_centre_metal_keeps_six_ligands():
    structure = cubic("Ge", "I", bond=3.1)
    structure.translate_sites([1], np.array([0.5, 0.5, 0.5]) / 6.2, frac_coords=True)
    crystal = perceive(structure)
    assert crystal.octahedra.bond_lengths.min() == pytest.approx(np.sqrt(2.6**2 + 0.5), abs=1e-6)
    assert crystal.octahedra.bond_lengths.max() == pytest.approx(np.sqrt(3.6**2 + 0.5), abs=1e-6)
    assert any("5+1" in w for w in crystal.warnings)


def test_double_perovskite_with_sodium():
    a = 10.8
    lattice = Lattice.cubic(a)
    structure = Structure.from_spacegroup(
        "Fm-3m",
        lattice,
        ["Na", "Bi", "Cs", "Cl"],
        [[0, 0, 0], [0.5, 0, 0], [0.25, 0.25, 0.25], [0.252, 0, 0]],
    )
    crystal = perceive(structure)
    assert crystal.metals == ("Bi", "Na")
    assert crystal.phase == "3D"
    assert not crystal.warnings


def octahedron(bond=3.0):
    return bond * np.vstack([np.eye(3), -np.eye(3)])


def build(centres, box, shared=(), bond=3.0, extra=()):
    """Octahedra at the given centres; halides nearer than 0.1 Å (periodically) are one."""
    lattice = Lattice(np.diag(box) if np.ndim(box) == 1 else box)
    structure = Structure(lattice, [], [])
    for centre in centres:
        structure.append("Pb", centre, coords_are_cartesian=True)
    for centre in centres:
        for point in np.asarray(centre) + octahedron(bond):
            if not structure.get_sites_in_sphere(point, 0.1):
                structure.append("I", point, coords_are_cartesian=True)
    for symbol, point in extra:
        structure.append(symbol, point, coords_are_cartesian=True)
    return structure


def face_chain():
    """Two face-sharing octahedra per period of a chain along [111]."""
    h = 3.0 / math.sqrt(3)
    r = 3.0 * math.sqrt(2 / 3)
    lattice = Lattice.hexagonal(16.0, 4 * h)
    centres = [[0, 0, 0], [0, 0, 2 * h]]
    angles = {h: 0.0, 3 * h: 180.0}
    points = [
        [r * math.cos(math.radians(start + t)), r * math.sin(math.radians(start + t)), z]
        for z, start in angles.items()
        for t in (0, 120, 240)
    ]
    return Structure(lattice, ["Pb"] * 2 + ["I"] * 6, centres + points, coords_are_cartesian=True)


NETWORKS = {
    "0D isolated octahedra": lambda: build([[0, 0, 0]], [13, 13, 13]),
    "0D corner-sharing dimer": lambda: build([[0, 0, 0], [6, 0, 0]], [20, 14, 14]),
    "0D edge-sharing dimer": lambda: build([[0, 0, 0], [3, 3, 0]], [18, 18, 14]),
    "1D corner-sharing": lambda: build([[0, 0, 0]], [6, 13, 13]),
    "1D edge-sharing": lambda: build([[0, 0, 0]], np.array([[3.0, 3, 0], [8, -8, 0], [0, 0, 14]])),
    "1D face-sharing": face_chain,
    "2D corner-sharing (110)": lambda: build([[0, 0, 0], [6, 0, 0]], np.array([[6.0, 6, 0], [0, 0, 6], [13, -13, 0]])),
    "2D corner-sharing, stepped": lambda: build(
        [[6.0 * k, 0, 0] for k in range(4)] + [[0, 0, 6.0], [6.0, 0, 6.0]], [24, 6, 26]
    ),
    "3D corner+edge-sharing": lambda: Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0, 0]]
    ),
    "2D edge-sharing": lambda: Structure.from_spacegroup(
        "P-3m1", Lattice.hexagonal(4.56, 6.98), ["Pb", "I"], [[0, 0, 0], [1 / 3, 2 / 3, 0.265]]
    ),
    # the coordinates of MgSiO3 (10.1126/science.1095932) at the size of NaPbI3
    "post-perovskite (2D corner+edge-sharing)": lambda: Structure.from_spacegroup(
        "Cmcm",
        Lattice.orthorhombic(4.49, 14.72, 11.15),
        ["Na", "Pb", "I", "I"],
        [[0, 0.253, 0.25], [0, 0, 0], [0, 0.923, 0.25], [0, 0.636, 0.437]],
    ),
}


@pytest.mark.parametrize("topology", sorted(NETWORKS))
def test_other_networks_are_named(topology, transform):
    with pytest.raises(TopologyError) as caught:
        perceive(transform(NETWORKS[topology]()), source="some.cif")
    assert caught.value.topology == topology
    assert topology in str(caught.value)
    assert str(caught.value).startswith("some.cif")
    assert pickle.loads(pickle.dumps(caught.value)).topology == topology


def test_tetrahedra_are_no_octahedra():
    points = np.array([[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]]) * 1.5
    structure = Structure(Lattice.cubic(9), ["Pb", *["I"] * 4], [[0, 0, 0], *points], coords_are_cartesian=True)
    with pytest.raises(NoOctahedraError, match="no metal with six halides"):
        perceive(structure)


def test_a_lone_hydrogen_is_named():
    structure = cubic()
    structure.replace(next(i for i, s in enumerate(structure) if s.specie.symbol == "Cs"), "H")
    crystal = perceive(structure)
    assert [m.smiles for m in crystal.cage_cations] == ["[H+]"]
    assert any("taken as a proton" in w for w in crystal.warnings)


def test_halogens_that_are_no_ligands_are_traced_to_what_they_are_bound_to():
    lattice, bond = Lattice.cubic(8.0), 1.6
    points = [[0, 0, 0], [4.0, 4.0, 4.0], [4.0 + bond, 4.0, 4.0]]
    structure = Structure(lattice, ["Pb", "Cl", "O"], points, coords_are_cartesian=True)
    with pytest.raises(NoOctahedraError, match=r"bound to a nonmetal, such as Cl to O at 1.60 Å"):
        perceive(structure)


def test_a_weak_sixth_bond_is_remarked():
    structure = cubic()
    lead = next(i for i, s in enumerate(structure) if s.specie.symbol == "Pb")
    structure.translate_sites([lead], [0.36, 0, 0], frac_coords=False)  # 2.79 and 3.51 Å along one axis
    assert any("5+1" in w for w in perceive(structure).warnings)
    assert not perceive(cubic()).warnings


def test_a_sheet_held_by_weak_sixth_bonds_is_a_sheet_and_says_so():
    """Chains would be another reading of such a crystal: the length of the sixth bond is named, to be judged."""
    structure = layered(1, metal="Sn", spacer="MA")
    tin = [i for i, s in enumerate(structure) if s.specie.symbol == "Sn"]
    structure.translate_sites(tin, [0.6, 0, 0], frac_coords=False)  # 2.55 and 3.75 Å along one axis
    crystal = perceive(structure)
    assert (crystal.dimensionality, crystal.n_layers) == (2, 1)
    (warning,) = [w for w in crystal.warnings if "5+1" in w]
    assert "2 of 2 metals" in warning
    assert "3.75 Å" in warning


def test_a_lost_halide_is_noticed():
    structure = cubic() * (2, 2, 2)
    structure.remove_sites([next(i for i, s in enumerate(structure) if s.specie.symbol == "I")])
    with pytest.raises(CoordinationError, match="2 of 8 metals are not six-coordinate"):
        perceive(structure)


def test_halide_bound_to_carbon_is_no_ligand():
    """One iodide leaves the framework as methyl iodide: the broken octahedra are reported."""
    structure = cubic(cage="MA") * (2, 2, 2)
    carbon = next(i for i, s in enumerate(structure) if s.specie.symbol == "C")
    near = min(
        (i for i, s in enumerate(structure) if s.specie.symbol == "I"),
        key=lambda i: structure.get_distance(carbon, i),
    )
    axis = structure[carbon].coords + np.array([0, 0, 2.15])
    structure.translate_sites([near], axis - structure[near].coords, frac_coords=False)
    with pytest.raises(CoordinationError, match="bound to a molecule"):
        perceive(structure)


def test_no_metal_and_no_halide():
    ammonium, xyz = cation("NH4")
    box = Lattice.cubic(6)
    with pytest.raises(NoOctahedraError, match="no metal"):
        perceive(Structure(box, [*ammonium, "Cl"], [*xyz, [3, 3, 3]], coords_are_cartesian=True))
    with pytest.raises(NoOctahedraError, match="no halide"):
        perceive(Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.2), ["Mg", "O"], [[0, 0, 0], [0.5, 0, 0]]))


def test_repr_shows_octahedra_table_and_warnings():
    crystal = perceive(layered(2))
    assert "n=2, RP, staggered, 4 octahedra" in repr(crystal)
    page = crystal._repr_html_()
    assert page.count("<polygon") == 3 * (2 + 2 + 2)  # three side by side; both slabs and the next copy of the first
    assert "C[NH3+]" in page
    charged = perceive(cubic(metal="Bi"))
    assert "charges do not balance" in charged._repr_html_()
