"""Pieces of a graph with lattice translations on its edges."""

import numpy as np
import pytest

from perovex.crystal.bonding.graph import components, plane_indices

AXES = np.eye(3, dtype=int)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_node_bonded_to_its_images_repeats_along_those_axes(rank):
    graph = components(1, np.zeros((rank, 2), dtype=int), AXES[:rank])
    assert graph.rank.tolist() == [rank]


def test_a_ring_across_the_cell_border_is_a_molecule():
    # two nodes joined inside the cell, and once more through an image and back: the translations cancel
    edges = np.array([[0, 1], [1, 2], [2, 0]])
    closed = components(3, edges, np.array([[1, 0, 0], [0, 0, 0], [-1, 0, 0]]))
    assert closed.rank.tolist() == [0]
    assert (closed.offset[1] - closed.offset[0]).tolist() == [1, 0, 0]
    chain = components(3, edges, np.array([[1, 0, 0], [0, 0, 0], [0, 0, 0]]))
    assert chain.rank.tolist() == [1]


def test_pieces_are_numbered_by_their_first_node():
    graph = components(4, np.array([[3, 1]]), np.zeros((1, 3), dtype=int))
    assert graph.label.tolist() == [0, 1, 2, 1]
    assert len(graph) == 3


@pytest.mark.parametrize(
    ("translations", "plane"), [([[1, 0, 0], [0, 1, 0]], [0, 0, 1]), ([[1, 1, 0], [0, 0, 3]], [1, -1, 0])]
)
def test_plane_of_translations(translations, plane):
    assert plane_indices(np.array(translations)).tolist() == plane
