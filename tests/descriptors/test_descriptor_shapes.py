"""Octahedra, bridges and tilts as functions of arrays, against closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation
from tilted_networks import GRID, rigid_pnma, rotation_vectors

from perovex.descriptors import bridges, octahedra, tilts

AXES = np.repeat(np.eye(3), 2, axis=0) * np.array([1, -1] * 3)[:, None]
ALL = (
    octahedra.bond_length_distortion,
    octahedra.zeta,
    octahedra.sigma,
    octahedra.theta,
    octahedra.bond_angle_variance,
    octahedra.quadratic_elongation,
    octahedra.octahedral_volume,
)
displacements = arrays(float, (1, 6, 3), elements=st.floats(-0.5, 0.5, width=64))


def regular(bond=3.0):
    return bond * AXES[None]


def test_regular_octahedron_has_no_distortion():
    vectors = regular()
    for function in ALL[:5]:
        assert_allclose(function(vectors), 0.0, atol=1e-6)
    assert_allclose(octahedra.quadratic_elongation(vectors), 1.0, rtol=1e-14)
    assert_allclose(octahedra.octahedral_volume(vectors), 4.0 / 3.0 * 27.0, rtol=1e-14)
    assert_allclose(octahedra.trans_angles(vectors), 180.0)
    assert_allclose(octahedra.off_centring(vectors), 0.0)


def test_stretched_along_one_axis():
    vectors = regular() * np.array([1.0, 1.0, 1.2])
    average = (4 * 3.0 + 2 * 3.6) / 6.0
    assert_allclose(octahedra.zeta(vectors), 4 * (average - 3.0) + 2 * (3.6 - average))
    expected = (4 * (3.0 / average - 1) ** 2 + 2 * (3.6 / average - 1) ** 2) / 6
    assert_allclose(octahedra.bond_length_distortion(vectors), expected)
    assert_allclose(octahedra.octahedral_volume(vectors), 4.0 / 3.0 * 27.0 * 1.2)
    # equal volume: d0^3 = 27 * 1.2, so <lambda> = (4 + 2 * 1.44) / 6 / 1.2^(2/3)
    assert_allclose(octahedra.quadratic_elongation(vectors), (4 + 2 * 1.44) / 6 / 1.2 ** (2 / 3))
    assert_allclose(octahedra.sigma(vectors), 0.0, atol=1e-9)


def test_shear_of_the_equatorial_plane():
    # the bonds along x and y close up from 90 to 80 degrees: four cis angles of 80/100, eight of 90
    half = np.radians(5.0)
    x, y = np.array([np.cos(half), np.sin(half), 0]), np.array([np.sin(half), np.cos(half), 0])
    vectors = 3.0 * np.array([[x, -x, y, -y, [0, 0, 1], [0, 0, -1]]])
    assert_allclose(octahedra.sigma(vectors), 40.0)
    assert_allclose(octahedra.bond_angle_variance(vectors), 4 * 100.0 / 11.0)
    assert_allclose(octahedra.zeta(vectors), 0.0, atol=1e-12)
    assert_allclose(octahedra.trans_angles(vectors), 180.0)


def test_off_centre_metal_moves_no_volume_and_no_tilt():
    vectors = regular() - np.array([0.1, 0.2, 0.3])
    assert_allclose(octahedra.off_centring(vectors), [[0.1, 0.2, 0.3]])
    assert_allclose(octahedra.octahedral_volume(vectors), 36.0)
    assert_allclose(tilts.octahedral_rotations(vectors, np.eye(3)), 0.0, atol=1e-9)


def test_trigonal_twist():
    # a regular octahedron seen along [111], its upper triangle turned by 10 degrees: that face pair
    # contributes six angles 10 degrees off; the others are checked by symmetry against the mirror image
    up = AXES[[0, 2, 4]]
    turned = Rotation.from_rotvec(np.radians(10.0) * np.ones(3) / np.sqrt(3)).apply(up)
    vectors = 3.0 * AXES[None].copy()
    vectors[0, [0, 2, 4]] = 3.0 * turned
    back = vectors.copy()
    back[0, [0, 2, 4]] = 3.0 * Rotation.from_rotvec(-np.radians(10.0) * np.ones(3) / np.sqrt(3)).apply(up)
    assert octahedra.theta(vectors)[0] > 60.0
    assert_allclose(octahedra.theta(vectors), octahedra.theta(back))


@given(displacements, st.integers(0, 2**31 - 1))
def test_distortions_are_invariant_under_rotation_and_renaming(shift, seed):
    vectors = regular() + shift
    rotation = Rotation.random(rng=np.random.default_rng(seed)).as_matrix()
    swapped = vectors[:, [3, 2, 4, 5, 1, 0]]  # another right naming of the trans pairs
    for function in ALL:
        assert_allclose(function(vectors @ rotation.T), function(vectors), rtol=1e-9, atol=1e-8)
        assert_allclose(function(swapped), function(vectors), rtol=1e-9, atol=1e-8)


@given(displacements)
def test_volume_is_at_most_that_of_the_hull(shift):
    vectors = regular() + 0.4 * shift
    assert_allclose(octahedra.octahedral_volume(vectors)[0], ConvexHull(vectors[0]).volume, rtol=1e-9)


def test_bridge_angle_and_its_two_parts():
    # the halide of a bridge along x is lifted by h and pushed sideways by s from the middle of an M...M line
    # of 6 Å
    h, s = 0.4, 0.7
    halide = np.array([0.0, s, h])
    vectors = np.array([[[-3.0, 0, 0] - halide, [3.0, 0, 0] - halide]])
    normal = np.array([0.0, 0, 1.0])
    full = 180 - 2 * np.degrees(np.arctan(np.hypot(h, s) / 3.0))
    assert_allclose(bridges.bridge_angles(vectors), full)
    assert_allclose(bridges.deviation_in_plane(vectors, normal), 2 * np.degrees(np.arctan(s / 3.0)))
    assert_allclose(bridges.deviation_out_of_plane(vectors, normal), 2 * np.degrees(np.arctan(h / 3.0)))


def test_straight_bridge_is_180_to_the_last_digit():
    vectors = np.array([[[-3.0, 0, 0], [3.0, 0, 0]]])
    assert bridges.bridge_angles(vectors)[0] == 180.0


@given(
    arrays(float, 3, elements=st.floats(-25, 25, width=64)),
    st.integers(0, 2**31 - 1),
    st.booleans(),
)
def test_rotation_vector_is_found_in_any_frame(vector, seed, mirrored):
    frame = Rotation.random(rng=np.random.default_rng(seed)).as_matrix()
    if mirrored:
        frame = frame[[1, 0, 2]]  # left-handed
    bonds = np.repeat(frame, 2, axis=0) * np.array([1, -1] * 3)[:, None] * 3.1
    turned = Rotation.from_rotvec(vector @ frame, degrees=True).apply(bonds)
    assert_allclose(tilts.octahedral_rotations(turned[None], frame)[0], vector, atol=1e-9)


def test_frame_bisects_directions_that_are_not_perpendicular():
    angle = np.radians(94.0)
    directions = np.array([[1.0, 0, 0], [np.cos(angle), np.sin(angle), 0]])
    frame = tilts.sheet_frame(directions, np.array([0.0, 0, 1.0]))
    assert_allclose(frame @ frame.T, np.eye(3), atol=1e-14)
    assert_allclose(np.degrees(np.arccos((frame[:2] * directions).sum(axis=1))), 2.0)


@pytest.mark.parametrize(
    "vectors",
    [
        rotation_vectors((0, 0, 9), "--+"),
        rotation_vectors((0, 0, 9), "---"),
        rotation_vectors((7, 7, 0), "---"),
        rigid_pnma(8, 10),
    ],
)
def test_phase_of_neighbours(vectors):
    for q in range(3):
        for p in range(3):
            pairs = [(cell, tuple((cell[r] + (r == p)) % 2 for r in range(3))) for cell in GRID]
            first = np.array([vectors[a][q] for a, _ in pairs])
            second = np.array([vectors[b][q] for _, b in pairs])
            phase = tilts.tilt_correlation(first, second)
            if np.abs(first).max() == 0:
                assert np.isnan(phase)
            elif p != q:  # corners force neighbours across the axis to turn against each other
                assert phase < -0.95
            else:
                assert abs(phase) > 0.95
    assert np.isnan(tilts.tilt_correlation(np.empty(0), np.empty(0)))
