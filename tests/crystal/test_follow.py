"""A perceived crystal that follows frames: strains, drifts and broken octahedra in closed form."""

import numpy as np
import pytest
from pymatgen.core import Structure

from perovex.crystal import perceive
from perovex.crystal.examples import cubic, layered
from perovex.crystal.trajectory.follow import Follower
from perovex.crystal.trajectory.frame import Frame
from perovex.errors import StructureFileError


def frame_of(structure, number=0, positions=None, lattice=None):
    cell = structure.lattice.matrix if lattice is None else lattice
    return Frame(number, np.array(cell), structure.cart_coords if positions is None else positions, ())


@pytest.fixture(scope="module")
def network():
    return cubic("Pb", "I", "Cs") * (2, 2, 2)


def test_a_stretched_cell_stretches_bonds(network):
    follower = Follower(perceive(network))
    stretch = np.diag([1.0, 1.0, 1.1])
    lattice, positions = network.lattice.matrix @ stretch, network.cart_coords @ stretch
    moved = follower.crystal(follower.place(frame_of(network, 0, positions, lattice)), lattice)
    before = follower.reference.octahedra.bond_lengths
    after = moved.octahedra.bond_lengths
    along = np.abs(follower.reference.octahedra.vectors[..., 2]) > 1.0
    assert after[along] == pytest.approx(1.1 * before[along])
    assert after[~along] == pytest.approx(before[~along])
    assert moved.symbols == follower.reference.symbols


def test_atoms_are_found_behind_the_walls_of_the_cell_and_a_drift_is_no_motion(network):
    follower = Follower(perceive(network))
    lattice = network.lattice.matrix
    step = np.array([0.3, -0.2, 0.1])
    for number in range(1, 6):  # in all farther than half a cell
        drifted = network.frac_coords + number * step
        placed = follower.place(frame_of(network, number, (drifted % 1.0) @ lattice))
        assert follower.drift == pytest.approx(number * step)
        crystal = follower.crystal(placed, lattice)
        assert crystal.octahedra.vectors == pytest.approx(follower.reference.octahedra.vectors)


def test_slabs_move_with_their_frame():
    structure = layered(n=2, spacer="MA", cage="Cs")
    reference = perceive(structure)
    follower = Follower(reference)
    wider = structure.lattice.matrix * np.array([[1.0], [1.0], [1.2]])
    frac = follower.place(frame_of(structure, 0, structure.frac_coords @ wider, wider))
    moved = follower.crystal(frac, wider)
    assert moved.repeat_height == pytest.approx(1.2 * reference.repeat_height)
    assert moved.normal == pytest.approx(reference.normal)
    assert len(moved.slabs) == len(reference.slabs)


@pytest.mark.parametrize("slabs", [1, 2])
def test_slabs_are_not_stacked_across_a_vacuum(slabs):
    stack = layered(n=1, shift=(0.5, 0.5) if slabs == 2 else (0.0, 0.0))
    lattice = stack.lattice.matrix.copy()
    lattice[2] *= 1.0 + 40.0 / np.linalg.norm(lattice[2])
    apart = Structure(lattice, stack.species, stack.cart_coords, coords_are_cartesian=True)
    reference = perceive(apart)
    assert reference.vacuum > 0
    follower = Follower(reference)
    moved = follower.crystal(follower.place(Frame(0, lattice, apart.cart_coords, ())), lattice)
    assert moved.layer_shifts.shape == reference.layer_shifts.shape == (len(reference.slabs) - 1, 2)
    np.testing.assert_allclose(moved.layer_shifts, reference.layer_shifts, atol=1e-9)


def test_an_octahedron_that_lost_a_halide_is_named(network):
    follower = Follower(perceive(network))
    octahedra = follower.reference.octahedra
    positions = network.cart_coords.copy()
    positions[octahedra.ligand[3, 0]] += 2.5 * octahedra.vectors[3, 0] / np.linalg.norm(octahedra.vectors[3, 0])
    lattice = network.lattice.matrix
    crystal = follower.crystal(follower.place(frame_of(network, 7, positions)), lattice)
    broken = follower.broken(crystal, 7)
    assert (3, int(octahedra.metal[3]), 7) in {(one.octahedron, one.site, one.frame) for one in broken}
    assert all(one.reason.startswith(("bond of", "opposite bonds")) for one in broken)
    assert follower.broken(follower.reference, 0) == []


def test_frames_of_other_atoms_are_refused(network):
    follower = Follower(perceive(network))
    with pytest.raises(StructureFileError, match="frame 4 has 39 atoms, the reference 40"):
        follower.place(Frame(4, network.lattice.matrix, network.cart_coords[:-1], ()))
    swapped = list(follower.reference.symbols)
    swapped[0], swapped[-1] = swapped[-1], swapped[0]
    with pytest.raises(StructureFileError, match="atom 0 of frame 5"):
        follower.place(Frame(5, network.lattice.matrix, network.cart_coords, tuple(swapped)))
