"""Trial placements in closed form: heads in pockets, slabs at first contact, hands kept."""

import numpy as np
import pytest

from perovex.building.cation import cation_from_smiles
from perovex.building.frame import slab_frame
from perovex.building.lengths import vdw_radius
from perovex.building.packing import (
    FIRST_CONTACT,
    PENETRATION,
    closing_gap,
    place_cages,
    place_diammonium,
    place_monoammonium,
    trial,
)

FRAME = slab_frame("Pb", "I", 1)
DEPTH = np.array([0.0, 0.0, PENETRATION])


@pytest.fixture(scope="module")
def butyl():
    return cation_from_smiles("CCCC[NH3+]")


@pytest.fixture(scope="module")
def butane_diammonium():
    return cation_from_smiles("[NH3+]CCCC[NH3+]")


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.2, 0.0), (0.1, 0.1)])
def test_bare_slabs_touch_where_spheres_of_their_halides_do(shift, butyl):
    touching = 2 * FIRST_CONTACT * vdw_radius("I")
    aside = np.linalg.norm(np.asarray(shift) @ FRAME.metal_vectors)
    assert closing_gap(FRAME, butyl, [], [], shift) == pytest.approx(np.sqrt(touching**2 - aside**2))


@pytest.mark.parametrize("seed", range(6))
def test_heads_of_monoammonium_cations_lie_below_their_pockets_on_both_sides(seed, butyl):
    positions, gap = place_monoammonium(FRAME, butyl, (0.5, 0.5), np.random.default_rng(seed))
    half = len(FRAME.top_pockets)
    heads = np.array([body[butyl.heads[0]] for body in positions])
    assert heads[:half] == pytest.approx(FRAME.top_pockets - DEPTH)
    assert heads[half:] == pytest.approx(FRAME.bottom_pockets + DEPTH)
    tails = np.array([body.mean(axis=0) for body in positions])
    assert (tails[:half, 2] > heads[:half, 2]).all()
    assert (tails[half:, 2] < heads[half:, 2]).all()
    assert gap > closing_gap(FRAME, butyl, [], [], (0.0, 0.0)) / 2


@pytest.mark.parametrize("seed", range(6))
def test_diammonium_cations_reach_from_pocket_to_pocket(seed, butane_diammonium):
    shift = (0.3, 0.1)
    positions, gap = place_diammonium(FRAME, butane_diammonium, shift, np.random.default_rng(seed))
    assert len(positions) == len(FRAME.top_pockets)
    up = np.array([*(np.asarray(shift) @ FRAME.metal_vectors)[:2], gap + 2 * PENETRATION])
    for pocket, body in zip(FRAME.top_pockets, positions, strict=True):
        first, second = body[list(butane_diammonium.heads)]
        lower, upper = sorted((first, second), key=lambda point: point[2])
        assert lower == pytest.approx(pocket - DEPTH)
        assert (upper - lower)[2] == pytest.approx(up[2])
        assert np.linalg.norm(upper - lower) == pytest.approx(np.linalg.norm(up))


@pytest.mark.parametrize("seed", range(8))
def test_a_chiral_cation_keeps_its_hand_and_every_cation_its_shape(seed):
    cation = cation_from_smiles("C[C@H]([NH3+])c1ccccc1")
    positions, _ = place_monoammonium(FRAME, cation, (0.5, 0.5), np.random.default_rng(seed))

    def hand(points):  # of the stereocentre: nitrogen, methyl and phenyl seen from it
        centre, ends = points[1], points[[0, 2, 3]]
        return np.sign(np.linalg.det(ends - centre))

    own = {hand(conformer) for conformer in cation.conformers}
    assert {hand(body) for body in positions} == own
    lengths = [np.linalg.norm(c[:, None] - c[None], axis=-1) for c in cation.conformers]
    for body in positions:
        made = np.linalg.norm(body[:, None] - body[None], axis=-1)
        assert min(np.abs(made - length).max() for length in lengths) < 1e-9


def test_cage_cations_stand_at_the_centres_of_the_cages(butyl):
    frame, cage = slab_frame("Pb", "I", 3), cation_from_smiles("C[NH3+]")
    placed = place_cages(frame, cage, np.random.default_rng(0))
    heavy = [symbol != "H" for symbol in cage.symbols]
    assert [body[heavy].mean(axis=0) for body in placed] == [pytest.approx(centre) for centre in frame.cages]
    made = trial(frame, butyl, cage, (0.5, 0.5), np.random.default_rng(0))
    assert len(made.cations) == 2 * len(frame.top_pockets) + len(frame.cages)
    assert made.cell[:2] == pytest.approx(frame.in_plane)
