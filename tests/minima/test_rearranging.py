"""Sliding, turning, tilting and rattling: what changes, what must not, and what counts as the same minimum."""

from dataclasses import replace

import numpy as np
import pytest
from ase.calculators.calculator import Calculator, all_changes

from perovex.building import build_layered, from_known, nearest_known, slide, tilt, tilt_patterns, turn_molecules
from perovex.building.slide import metal_vectors
from perovex.crystal import perceive
from perovex.crystal.examples import cubic, layered
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings
from perovex.errors import BuildError
from perovex.minima import Compound, SameMinimum, SearchSettings, open_search, search_family
from perovex.minima.fingerprint import distance, fingerprint
from perovex.minima.strategies import strategy
from perovex.minima.strategies.disturbed import rattle

from .conftest import start


@pytest.fixture(scope="module")
def diammonium():
    return build_layered("[NH3+]CCCC[NH3+]", "Pb", "Br", n_trials=1)


def test_sliding_there_and_back_keeps_slabs_whole():
    crystal = layered(n=1, shift=(0, 0), spacer="Cs")
    there = slide(crystal, (0.5, 0.5))
    back = slide(there, (-0.5, -0.5))
    assert [perceive(c).stacking for c in (crystal, there, back)] == ["eclipsed", "staggered", "eclipsed"]
    for moved in (there, back):
        np.testing.assert_allclose(perceive(moved).octahedra.bond_lengths, 3.15, atol=1e-6)
    assert distance(fingerprint(crystal.to_ase_atoms()), fingerprint(there.to_ase_atoms())) > SameMinimum().structure


def test_one_gap_slides_alone():
    crystal = layered(n=1, shift=(0, 0), spacer="Cs")
    shifts = np.sort(np.abs(perceive(slide(crystal, (0.5, 0), gap=0)).layer_shifts).max(axis=1))
    np.testing.assert_allclose(shifts, [0, 0.5], atol=0.02)
    with pytest.raises(BuildError, match="gap"):
        slide(crystal, (0.5, 0), gap=2)


def test_metal_vectors_of_an_ideal_sheet():
    vectors = metal_vectors(perceive(layered(n=2, bond=3.1)))
    np.testing.assert_allclose(np.abs(vectors @ vectors.T), 6.2**2 * np.eye(2), atol=1e-6)


@pytest.mark.parametrize("how", ["turn", "flip", "mirror"])
def test_turned_molecules_are_the_same_compound(diammonium, how):
    turned = turn_molecules(diammonium, how)
    assert Compound.of(perceive(turned)) == Compound.of(perceive(diammonium))


def test_a_chiral_molecule_is_not_mirrored_silently():
    crystal = build_layered("C[C@H]([NH3+])CC", "Pb", "I", n_trials=1)
    with pytest.raises(BuildError, match="spacers"):
        turn_molecules(crystal, "mirror", which=[0])
    with pytest.raises(BuildError, match="cannot be treated"):
        turn_molecules(crystal, "twist")


@pytest.mark.parametrize(("pattern", "group"), [("--+", "Pnma"), ("00-", "I4/mcm"), ("00+", "P4/mbm")])
def test_tilt_patterns_have_their_space_groups(pattern, group):
    """Caesium stays in the middle, where straight octahedra have it: the groups of Glazer's table."""
    import spglib

    cell = cubic("Pb", "I", "Cs") * ((1, 1, 0), (1, -1, 0), (0, 0, 2))
    crystal = perceive(cell)
    axes = np.vstack([crystal.in_plane_axes, crystal.normal])
    up = int(np.abs(axes[:, 2]).argmax())  # the doubled axis, which alone can hold a plus
    signs = [*pattern[:2]]
    signs.insert(up, pattern[2])
    atoms = tilt(cell, "".join(signs)).to_ase_atoms()
    found = spglib.get_symmetry_dataset((atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers), 0.02)
    assert found.international == group


def test_patterns_that_a_cell_cannot_hold_are_refused():
    doubled = cubic("Pb", "I", "Cs") * ((1, 1, 0), (1, -1, 0), (0, 0, 2))
    held = tilt_patterns(doubled)
    assert "+++" not in held
    assert "---" in held
    with pytest.raises(BuildError, match="cannot hold"):
        tilt(doubled, "+++")
    with pytest.raises(BuildError, match="no tilt pattern"):
        tilt(doubled, "a-b")


def test_tilted_sheets_bend_their_bridges(diammonium):
    straight = perceive(layered(n=1, spacer="Cs"))
    for pattern in tilt_patterns(straight):
        bent = perceive(tilt(straight, pattern, angle=12))
        v = bent.bridges.vectors
        cosines = (v[:, 0] * v[:, 1]).sum(axis=1) / np.linalg.norm(v, axis=2).prod(axis=1)
        assert np.degrees(np.arccos(np.clip(cosines, -1, 1))).min() < 170


def test_rattled_molecules_keep_their_shape(diammonium):
    rattled = perceive(rattle(diammonium, 0.1, np.random.default_rng(0)))
    for one, other in zip(perceive(diammonium).molecules, rattled.molecules, strict=True):
        apart = [np.linalg.norm(m.coordinates[:, None] - m.coordinates, axis=-1) for m in (one, other)]
        np.testing.assert_allclose(*apart, atol=1e-6)


def test_fingerprints_know_neither_cell_nor_hand(diammonium):
    atoms = diammonium.to_ase_atoms()
    mirrored = atoms.copy()
    mirrored.positions, mirrored.cell = -atoms.positions, -atoms.cell.array
    for same in (atoms.repeat((2, 1, 1)), mirrored):
        assert distance(fingerprint(atoms), fingerprint(same)) < 1e-3
    disturbed = rattle(diammonium, 0.1, np.random.default_rng(1)).to_ase_atoms()
    assert distance(fingerprint(atoms), fingerprint(disturbed)) > SameMinimum().structure


def test_mirror_images_are_one_compound_and_racemates_another():
    def compound(spacers):
        from perovex.minima.compound import without_hand

        return without_hand(tuple(spacers))

    left, right = "C[C@H]([NH3+])CC", "C[C@@H]([NH3+])CC"
    assert compound([left]) == compound([right])
    assert compound([left, right]) != compound([left])
    assert compound(["CCCC[NH3+]"]) != compound(["CC(C)C[NH3+]"])


def test_a_compound_starts_from_its_nearest_relative():
    def crystal(**changes):
        return perceive(layered(**({"n": 1, "spacer": "MA", "halide": "I"} | changes)))

    iodide, chloride, tin = crystal(), crystal(halide="Cl", bond=2.85), crystal(metal="Sn", halide="Br", bond=2.95)
    double = crystal(n=2)
    wanted = {"spacer": "C[NH3+]", "metal": "Pb", "halide": "Br"}
    assert nearest_known([tin, iodide, chloride], **wanted) is chloride
    assert nearest_known([iodide, double], **wanted, n=2) is double
    assert nearest_known([double], **wanted) is double
    assert nearest_known([double, tin], **wanted) is tin, "rather another metal than a sheet to take out"
    assert nearest_known([iodide], "CC[NH3+]", "Pb", "Br") is None
    made = perceive(from_known([iodide, tin], **wanted, n=2, cage="[Cs+]"))
    assert (made.metals, made.halides, made.n_layers) == (("Pb",), ("Br",), 2.0)
    assert {m.smiles for m in made.cage_cations} == {"[Cs+]"}
    back = perceive(from_known([made], **wanted))
    assert (back.halides, back.n_layers, back.cage_cations) == (("Br",), 1.0, ())


def test_strategies_make_the_compound_that_is_asked_for(tmp_path):
    """Thickened crystals get the cages that the compound names."""
    single, double = start("single", layered(n=1, spacer="MA")), start("double", layered(n=2, spacer="MA"))
    known = open_search([single, double], tmp_path)
    settings = SearchSettings(("given",), relax=RelaxSettings(1e3, 1e3))
    known = replace(known, calculator=Nothing())
    list(search_family(known, [single.compound, double.compound], settings))
    for name in ("thicken", "slide", "turn", "tilt"):
        candidates = list(strategy(name)(known, double.compound))
        assert candidates, name
        for candidate in candidates[:2]:
            assert Compound.of(perceive(candidate.make())) == double.compound
    (candidate,) = strategy("thin")(known, single.compound)
    assert Compound.of(perceive(candidate.make())) == single.compound


class Nothing(Calculator):
    """No forces at all: whatever is given is relaxed."""

    implemented_properties = ("energy", "forces", "stress")

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.results = {"energy": -1.0, "forces": np.zeros((len(atoms), 3)), "stress": np.zeros(6)}
