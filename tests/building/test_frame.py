"""The inorganic slab: closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovex.building.frame import slab_frame
from perovex.building.lengths import BUILDING_RADII, bond_length
from perovex.errors import BuildError


def test_bond_length_is_near_that_of_relaxed_crystals(elastic_data):
    from perovex import describe

    table = elastic_data.table
    for (metal, halide), rows in table[~table["metal"].str.contains(".", regex=False)].groupby(["metal", "halide"]):
        found = np.mean([describe(elastic_data.structures[name])["bond_length_mean"] for name in rows.index[:4]])
        assert bond_length(metal, halide) == pytest.approx(found, rel=0.04)


@given(
    rotation=st.floats(-20, 20),
    tilt=st.floats(-20, 20),
    n=st.integers(1, 3),
    cell=st.sampled_from(["sqrt2", "2x2"]),
)
@settings(max_examples=40, deadline=None)
def test_octahedra_stay_regular_and_corners_meet(rotation, tilt, n, cell):
    frame = slab_frame("Pb", "Br", n, rotation=rotation, tilt=tilt, cell=cell)
    symbols = np.array(frame.symbols)
    metals, halides = frame.coordinates[symbols == "Pb"], frame.coordinates[symbols == "Br"]
    grid = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    images = np.concatenate([halides + i * frame.in_plane[0] + j * frame.in_plane[1] for i, j in grid])
    for metal in metals:
        distance = np.linalg.norm(images - metal, axis=1)
        nearest = np.argsort(distance)[:6]
        assert np.allclose(distance[nearest], bond_length("Pb", "Br"), atol=1e-9)
        bonds = (images[nearest] - metal) / bond_length("Pb", "Br")
        cosines = np.abs(bonds @ bonds.T)[np.triu_indices(6, 1)]
        assert np.all((cosines < 1e-9) | (cosines > 1 - 1e-9))
    assert len(halides) == len(metals) // n * (3 * n + 1)


def test_untilted_frame_is_cubic():
    frame = slab_frame("Sn", "Cl", 1, cell="1x1", length=2.9)
    assert np.allclose(frame.in_plane, [[5.8, 0, 0], [0, 5.8, 0]])
    assert frame.thickness == pytest.approx(5.8)
    assert np.allclose(frame.top_pockets, [[2.9, 2.9, 2.9]])


def test_rotation_gives_the_bridging_angle():
    frame = slab_frame("Pb", "I", 1, rotation=12.0)
    # a pure rotation by omega opens M-X-M to 180 - 2 omega and shortens M...M by cos(omega)
    expected = 2 * bond_length("Pb", "I") * np.cos(np.radians(12))
    assert np.linalg.norm(frame.metal_vectors[0]) == pytest.approx(expected)


@pytest.mark.parametrize(
    "arguments",
    [
        {"metal": "Xx"},
        {"halide": "O"},
        {"n": 0},
        {"cell": "3x3"},
        {"cell": "1x1", "rotation": 5.0},
    ],
)
def test_impossible_frames_are_refused(arguments):
    with pytest.raises(BuildError):
        slab_frame(**{"metal": "Pb", "halide": "I", "n": 1, **arguments})


def test_every_metal_has_a_plausible_bond():
    for metal in BUILDING_RADII:
        assert 2.2 < bond_length(metal, "Cl") < 3.0
