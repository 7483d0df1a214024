"""Mixtures of halides: what is written, and where it ends up."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perovex import perceive
from perovex.building import build_layered, mix_halides
from perovex.building.frame import slab_frame
from perovex.building.halides import Halides, positions_of
from perovex.building.lengths import bond_length
from perovex.crystal.examples import cubic, layered
from perovex.errors import BuildError

ORDERED = "axial=Br,equatorial=I"


@pytest.mark.parametrize(
    ("text", "n", "means"),
    [
        ("br", 1, "Br"),
        ("Br2I2", 1, "Br0.5I0.5"),
        ("Br:0.5,I:0.5", 1, "Br0.5I0.5"),
        ("I:3, cl:1", 1, "Cl0.25I0.75"),
        ("BrI3", 2, "Br0.25I0.75"),
        (ORDERED, 1, "terminal=Br,equatorial=I"),
        ("Terminal=Cl, bridging=br", 3, "terminal=Cl,inner=Br,equatorial=Br"),
        ("axial=I,equatorial=I", 2, "I"),
        ("inner=Cl,terminal=Br,equatorial=Br", 1, "Br"),
    ],
)
def test_every_way_of_writing_is_read_and_written_once(text, n, means):
    halides = Halides.read(text, n)
    assert str(halides) == means
    assert Halides.read(means, n) == halides


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Br,I", "cannot be read"),
        ("I/Br", "cannot be read"),
        ("", "cannot be read"),
        ("O", "is not a halide"),
        ("Pb0.5I0.5", "is not a halide"),
        ("Br:x,I:1", "no share"),
        ("Br:-1,I:2", "no share"),
        ("Br:0,I:1", "no share"),
        ("Br:inf,I:1", "no share"),
        ("Br1Br2", "stands twice"),
        ("axial=Br", "no halide is given for equatorial"),
        ("top=Br,equatorial=I", "unknown position 'top'"),
        ("axial=Br,terminal=I,equatorial=I", "two halides for terminal"),
        ("axial=,equatorial=I", "is not a halide"),
    ],
)
def test_what_says_neither_shares_nor_positions_is_refused(text, words):
    with pytest.raises(BuildError, match=words):
        Halides.read(text)


@pytest.mark.parametrize(("n", "share"), [(1, 0.5), (2, 3 / 7), (3, 4 / 10)])
def test_composition_of_an_ordered_slab_follows_from_its_formula(n, share):
    # An axial X, equatorial Y slab is M_n X_(n+1) Y_2n
    assert Halides.read(ORDERED, n).overall(n)["Br"] == pytest.approx(share)


@given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 3))
def test_random_halides_have_the_composition_that_is_asked_for(bromides, iodides, seed):
    sites = bromides + iodides
    text = f"Br{bromides}I{iodides}" if iodides else "Br"
    drawn = Halides.read(text).arrange(["terminal"] * sites, np.random.default_rng(seed))
    assert Counter(drawn) == Counter({"Br": bromides, **({"I": iodides} if iodides else {})})


def test_shares_that_no_cell_holds_name_the_nearest():
    with pytest.raises(BuildError, match=r"nearest is Br0.125I0.875"):
        Halides.read("Br0.05I0.95").arrange(["terminal"] * 8, np.random.default_rng(0))


def test_bonds_of_an_ordered_frame_are_those_of_their_halides():
    frame = slab_frame("Pb", Halides.read(ORDERED, 1), 1, rotation=9.0, tilt=4.0)
    symbols, x = np.array(frame.symbols), frame.coordinates
    for halide, expected in (("Br", bond_length("Pb", "Br")), ("I", bond_length("Pb", "I"))):
        nearest = np.linalg.norm(x[symbols == halide][:, None] - x[symbols == "Pb"][None], axis=-1).min(axis=1)
        assert nearest == pytest.approx(expected, abs=1e-9)
    # sheets as wide as those of the iodide, slabs as thin as those of the bromide
    iodide, bromide = (slab_frame("Pb", halide, 1, rotation=9.0, tilt=4.0) for halide in ("I", "Br"))
    assert np.allclose(frame.in_plane, iodide.in_plane)
    assert frame.thickness == pytest.approx(bromide.thickness)


def test_a_built_crystal_holds_what_was_asked_for_and_says_how_it_was_placed():
    crystal = perceive(build_layered("C[NH3+]", halide=ORDERED, n=2, cage="Cs", n_trials=1))
    places = Counter((place, crystal.symbols[site]) for site, place in positions_of(crystal).items())
    assert places == {("terminal", "Br"): 4, ("inner", "Br"): 2, ("equatorial", "I"): 8}
    built = build_layered("C[NH3+]", halide="Br0.75I0.25", n_trials=1, random_state=1)
    assert built.composition.get_el_amt_dict().items() >= {"Br": 6.0, "I": 2.0}.items()
    assert built.properties["build"]["arrangement"] == "Br0.75I0.25 at random"
    assert built.properties["build"]["random_state"] == 1
    other = build_layered("C[NH3+]", halide="Br0.75I0.25", n_trials=1, random_state=2)
    assert [s.specie.symbol for s in built][:10] != [s.specie.symbol for s in other][:10]


def test_the_larger_cell_is_taken_where_only_it_holds_the_shares():
    assert len([s for s in build_layered("C[NH3+]", halide="Br0.3I0.7", n_trials=1) if s.specie.symbol == "Pb"]) == 4


def test_guanidinium_fills_cages():
    crystal = perceive(build_layered("C[NH3+]", n=2, cage="GA", n_trials=1))
    assert {m.smiles for m in crystal.cage_cations} == {"NC(N)=[NH2+]"}


def test_a_known_crystal_takes_a_mixture_sheets_and_heights_apart():
    iodide = perceive(layered(n=1))
    ordered = perceive(mix_halides(iodide, "axial=Br,equatorial=I"))
    assert ordered.halides == ("Br", "I")
    area = [np.linalg.norm(np.cross(*c.structure.lattice.matrix[:2])) for c in (iodide, ordered)]
    heights = [np.ptp(c.slabs[0].terminal_heights) for c in (iodide, ordered)]
    assert area[1] == pytest.approx(area[0], rel=1e-6)  # the sheets keep their iodide
    assert heights[1] < 0.97 * heights[0]


def test_a_network_takes_shares_but_no_positions():
    with pytest.raises(BuildError, match="3D network"):
        mix_halides(cubic(), "axial=Br,equatorial=I")
    with pytest.raises(BuildError, match="3 halides of this cell"):
        mix_halides(cubic(), "Br0.5I0.5")
    assert mix_halides(cubic(), "BrI2").composition.reduced_formula == "CsPbI2Br"
