"""A perceived crystal as it is read: closed forms of an ideal cubic and a layered one."""

import math

import numpy as np
import pytest

from perovex.crystal import perceive
from perovex.crystal.examples import cubic, layered
from perovex.crystal.model import Bridges, LayeredPerovskite, Octahedra, Slab


@pytest.fixture(scope="module")
def network():
    return perceive(cubic("Pb", "I", "Cs"))


@pytest.fixture(scope="module")
def sheets():
    return perceive(layered(n=2, spacer="MA", cage="Cs"))


def test_a_network_has_no_slabs_and_infinitely_many_layers(network):
    assert math.isinf(network.n_layers)
    assert (network.slabs, network.spacers, network.spacer_smiles) == ((), (), "")
    assert [m.smiles for m in network.cage_cations] == ["[Cs+]"]
    assert (network.metals, network.halides) == (("Pb",), ("I",))


def test_bonds_of_an_ideal_octahedron_are_half_the_cell_and_trans_pairs_are_opposite(network):
    octahedra = network.octahedra
    assert isinstance(octahedra, Octahedra)
    assert len(octahedra) == 1
    half = network.structure.lattice.a / 2
    assert octahedra.bond_lengths == pytest.approx(np.full((1, 6), half))
    assert octahedra.vectors[:, 0::2] == pytest.approx(-octahedra.vectors[:, 1::2])
    assert octahedra.bridging.all()


def test_a_bridge_has_two_arms_and_one_octahedron_three_bridges(network):
    bridges = network.bridges
    assert isinstance(bridges, Bridges)
    assert len(bridges) == 3
    assert bridges.vectors[:, 0] == pytest.approx(-bridges.vectors[:, 1])
    assert bridges.axial.sum() == 1


def test_layers_are_counted_as_the_mean_over_slabs(sheets):
    assert sheets.n_layers == 2.0
    assert all(isinstance(slab, Slab) and slab.n_layers == 2 for slab in sheets.slabs)
    assert sorted(i for slab in sheets.slabs for i in slab.octahedra) == list(range(len(sheets.octahedra)))
    first = sheets.slabs[0]
    thinner = Slab(first.sheets[:1], first.image, first.metal_heights[:1], first.terminal_heights)
    assert sheets.changed(slabs=(first, thinner)).n_layers == 1.5


def test_a_copy_differs_in_what_was_asked_and_knows_its_elements(sheets):
    copy = sheets.changed(phase="DJ", warnings=("doubtful",))
    assert isinstance(copy, LayeredPerovskite)
    assert (copy.phase, sheets.phase) == ("DJ", "RP")
    assert copy.symbols is sheets.symbols
    assert repr(copy).endswith("octahedra, 1 warnings>")
    assert len(sheets.molecules[0]) == len(sheets.molecules[0].sites)
