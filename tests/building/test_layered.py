"""Built crystals are what was asked for, and wrong requests are refused by name."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from perovex import describe
from perovex.building import build_layered, check_built, shortest_contact
from perovex.building.cation import canonical, cation_from_smiles
from perovex.building.check import Expected, loose_heads
from perovex.crystal import layer_shifts, perceive
from perovex.crystal.examples import layered
from perovex.errors import BuildError, SmilesError

CASES = [
    ("CCCC[NH3+]", "Pb", "I", 1, "MA", "staggered"),
    ("[NH3+]CCc1ccccc1", "Sn", "I", 1, "MA", "staggered"),
    ("[NH3+]CCCC[NH3+]", "Pb", "Br", 2, "Cs", "eclipsed"),
    ("[NH3+]CC1CCC[NH2+]C1", "Pb", "I", 2, "FA", "eclipsed"),
    ("C[NH3+]", "Pb", "Cl", 3, "MA", "staggered"),
    ("C[C@H](c1ccccc1)[NH3+]", "Pb", "Br", 1, "MA", "staggered"),
]


@pytest.mark.parametrize(("spacer", "metal", "halide", "n", "cage", "stacking"), CASES)
def test_built_crystal_is_perceived_as_asked(spacer, metal, halide, n, cage, stacking):
    structure = build_layered(spacer, metal, halide, n, cage, n_trials=2)
    crystal = perceive(structure)
    stereo = "@" in spacer
    assert crystal.n_layers == n
    assert crystal.metals == (metal,)
    assert crystal.halides == (halide,)
    assert crystal.stacking == stacking
    assert {canonical(m.smiles, stereo=stereo) for m in crystal.spacers} == {canonical(spacer, stereo=stereo)}
    assert len(crystal.cage_cations) == 2 * (n - 1)
    metals = sum(site.specie.symbol == metal for site in structure)
    halides = sum(site.specie.symbol == halide for site in structure)
    assert 2 * metals - halides + sum(m.charge for m in crystal.molecules) == 0
    assert shortest_contact(crystal) >= 1.0
    assert np.allclose(crystal.octahedra.bond_lengths.std(), 0, atol=1e-6)


def test_heads_stay_near_the_halide_plane():
    crystal = perceive(build_layered("CCCC[NH3+]", n_trials=4))
    low, high = crystal.slabs[0].terminal_heights
    for spacer in crystal.spacers:
        height = spacer.coordinates[spacer.ammonium[0]] @ crystal.normal
        away = (height - (low + high) / 2 + crystal.repeat_height / 2) % crystal.repeat_height
        depth = (high - low) / 2 - abs(away - crystal.repeat_height / 2)
        assert -0.8 < depth < 1.6


def test_same_seed_same_crystal_and_other_seed_another():
    build = [build_layered("CC[NH3+]", n_trials=1, random_state=seed) for seed in (5, 5, 6)]
    assert np.array_equal(build[0].cart_coords, build[1].cart_coords)
    assert not np.allclose(build[0].cart_coords, build[2].cart_coords, atol=0.1)


def test_longer_spacers_make_wider_gaps():
    repeat = [perceive(build_layered(s, n_trials=3)).repeat_height for s in ("CC[NH3+]", "CCCCCC[NH3+]")]
    assert repeat[1] > repeat[0] + 2.0


@pytest.mark.parametrize(
    ("smiles", "word"),
    [
        ("CCC(", "readable"),
        ("", "empty"),
        ("CCCCN", r"protonated form: CCCC\[NH3\+\]"),
        ("NCc1ccc(CN)cc1", r"form: \[NH3\+\]Cc1ccc\(C\[NH3\+\]\)cc1"),
        ("N=C(N)N", r"form: NC\(N\)=\[NH2\+\]"),
        ("C[N+](C)(C)C", "ammonium"),
        ("CCCC[NH3+].[I-]", "several"),
        ("[NH3+]CC([O-])=O", "charge"),
        ("[NH3+]CC(C[NH3+])C[NH3+]", "charge"),
        ("[NH3+]CC[Pt]", "force field"),
    ],
)
def test_bad_smiles_are_named(smiles, word, capfd):
    with pytest.raises(SmilesError, match=word):
        build_layered(smiles)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"metal": "Xx"}, "Xx"),
        ({"halide": "S"}, "not a halide"),
        ({"n": 0}, "sheets"),
        ({"n": 1.5}, "sheets"),
        ({"n": float("inf")}, "3D network"),
        ({"n": float("nan")}, "sheets"),
        ({"cage": "EA"}, "cage"),
        ({"stacking": "DJ"}, "eclipsed"),
        ({"n_trials": 0}, "trial"),
        ({"cell": "1x1", "tilts": (5.0, 0.0)}, "tilts"),
    ],
)
def test_impossible_requests_are_named(arguments, word):
    with pytest.raises(BuildError, match=word):
        build_layered("CCCC[NH3+]", **arguments)


def test_check_names_every_difference():
    with pytest.raises(BuildError, match=r"n is 1\.0, not 2.*halide"):
        check_built(layered(n=1), Expected(n=2, halides=("Br",)), contacts=False)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.5, 0.5), (0.5, 0.0)])
def test_shift_of_a_sheared_cell_with_one_slab(shift):
    frame_shift = layer_shifts(perceive(_one_slab(shift)))
    assert np.allclose(np.sort(frame_shift[0]), np.sort(shift), atol=1e-6)


def _one_slab(shift):
    d, gap = 3.0, 5.0
    cell = np.array([[2 * d, 0, 0], [0, 2 * d, 0], [shift[0] * 2 * d, shift[1] * 2 * d, 2 * d + gap]])
    sites = [[0, 0, 0], [d, 0, 0], [0, d, 0], [0, 0, d], [0, 0, -d], [d, d, 1.2 * d], [d, d, -1.2 * d]]
    symbols = ["Pb", "Br", "Br", "Br", "Br", "Cs", "Cs"]
    return Structure(Lattice(cell), symbols, sites, coords_are_cartesian=True)


def test_heads_that_lose_their_pocket_are_refused():
    crystal = build_layered("[NH3+]CCCC[NH3+]", n_trials=2)
    assert loose_heads(perceive(crystal)) == 0
    matrix = crystal.lattice.matrix.copy()
    matrix[2, 2] += 4.0
    opened = Structure(Lattice(matrix), crystal.species, crystal.cart_coords, coords_are_cartesian=True)
    assert loose_heads(perceive(opened)) == 2  # the upper head of both spacers
    with pytest.raises(BuildError, match="2 ammonium"):
        check_built(opened, Expected(n=1))


@pytest.mark.parametrize(("halide", "distance"), [("Cl", 3.15), ("Br", 3.31), ("I", 3.55)])
def test_heads_keep_the_distance_of_relaxed_crystals(halide, distance):
    crystal = build_layered("[NH3+]CCC[NH3+]", halide=halide, n_trials=2)
    assert describe(crystal)["nitrogen_halide_distance_mean"] == pytest.approx(distance, abs=0.15)


def test_halides_of_facing_slabs_stay_apart():
    # eclipsed slabs with a short spacer: nothing but the halides themselves keeps them at a distance
    crystal = perceive(build_layered("[NH3+]CCC[NH3+]", n_trials=2))
    gap = crystal.repeat_height - np.subtract(*crystal.slabs[0].terminal_heights[::-1])
    assert gap > 3.2


def test_diammonium_cations_are_not_curled_up():
    cation = cation_from_smiles("[NH3+]CCC[NH3+]")
    spans = [np.linalg.norm(c[cation.heads[0]] - c[cation.heads[1]]) for c in cation.conformers]
    assert min(spans) > 0.8 * max(spans)


def test_extended_conformer_comes_first():
    cation = cation_from_smiles("[NH3+]CCCCCC[NH3+]")
    spans = [np.linalg.norm(c[cation.heads[0]] - c[cation.heads[1]]) for c in cation.conformers]
    assert spans[0] == max(spans)
    assert spans[0] > 8.5  # all-trans hexane-1,6-diammonium
