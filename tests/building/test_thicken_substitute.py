"""Thicken, substitute and relax: what must change changes, everything else stays."""

import numpy as np
import pytest
from ase.calculators.lj import LennardJones
from pymatgen.core import Structure

from perovex import describe
from perovex.building import bond_length, build_layered, relax_built, substitute, thicken
from perovex.building.layered import TILTS
from perovex.building.stacking import take_apart
from perovex.building.substitute import GAP_SHARE, HEIGHT_SIZE, METAL_RESPONSE, SHEET_SIZE, _touching
from perovex.crystal import layer_shifts, perceive
from perovex.crystal.examples import cubic, layered
from perovex.errors import BuildError, LabelError, PerovexError


@pytest.fixture(scope="module")
def single():
    return build_layered("CCCC[NH3+]", "Pb", "Br", n_trials=2)


@pytest.mark.parametrize("cage", ["Cs", "MA", "FA"])
def test_thickened_single_layer_equals_a_built_double_layer(single, cage):
    double = perceive(build_layered("CCCC[NH3+]", "Pb", "Br", 2, cage, tilts=TILTS[0], n_trials=1))
    grown, start = perceive(thicken(single, cage)), perceive(single)
    assert grown.n_layers == double.n_layers == 2
    assert sorted(m.smiles for m in grown.molecules) == sorted(m.smiles for m in double.molecules)
    assert grown.stacking == start.stacking == "staggered"
    # rigid octahedra alternate on: the same bonds and slab thickness as a slab built with these tilts
    assert np.allclose(grown.octahedra.bond_lengths, bond_length("Pb", "Br"), atol=1e-6)
    thickness = [np.subtract(*c.slabs[0].terminal_heights[::-1]) for c in (grown, double)]
    assert thickness[0] == pytest.approx(thickness[1], abs=1e-6)
    gap = [c.repeat_height - np.subtract(*c.slabs[0].terminal_heights[::-1]) for c in (grown, start)]
    assert gap[0] == pytest.approx(gap[1], abs=1e-6)


@pytest.mark.parametrize("n", [1, 2])
def test_thicken_any_setting_and_several_slabs(n):
    crystal = layered(n=n, shift=(0.5, 0.5))
    slabs = len(perceive(crystal).slabs)
    for setting in (crystal, crystal.get_reduced_structure("niggli"), crystal.copy()):
        if setting is not crystal:
            setting.translate_sites(range(len(setting)), [0.1, 0.2, 0.37])
        grown = perceive(thicken(setting, "Cs"))
        assert grown.n_layers == n + 1
        assert len(grown.slabs) == slabs
        assert np.allclose(layer_shifts(grown), 0.5, atol=1e-3)


def test_molecules_so_close_that_they_seem_bonded_count_as_touching(single):
    lower = single.lattice.matrix.copy()
    lower[2] *= 0.62
    pressed = Structure(lower, single.species, single.cart_coords, coords_are_cartesian=True)
    with pytest.raises(PerovexError):
        perceive(pressed)
    assert _touching(pressed)
    wide = single.lattice.matrix.copy()
    wide[2] *= 1.05
    assert not _touching(Structure(wide, single.species, single.cart_coords, coords_are_cartesian=True))


def test_thicken_refuses_networks_and_unknown_cages(single):
    with pytest.raises(BuildError, match="3D"):
        thicken(cubic())
    with pytest.raises(BuildError, match="cage"):
        thicken(single, "XY")


def test_substitution_scales_sheets_and_heights_and_keeps_molecules(single):
    before = perceive(single)
    chloride = substitute(single, {"Br": "Cl"}, settle=False)
    after = perceive(chloride)
    assert after.halides == ("Cl",)
    areas = [np.linalg.norm(np.cross(*take_apart(c).cell[:2])) for c in (before, after)]
    assert areas[1] == pytest.approx(SHEET_SIZE["Cl"] ** 2 * areas[0])
    thickness = [np.subtract(*c.slabs[0].terminal_heights[::-1]) for c in (before, after)]
    assert thickness[1] == pytest.approx(HEIGHT_SIZE["Cl"] * thickness[0], abs=1e-6)
    gaps = [c.repeat_height - t for c, t in zip((before, after), thickness, strict=True)]
    assert gaps[0] - gaps[1] == pytest.approx(GAP_SHARE * (thickness[1] - thickness[0]), abs=1e-6)
    inside = [np.linalg.norm(m.coordinates[m.bonds[:, 0]] - m.coordinates[m.bonds[:, 1]], axis=1).sum()
              for c in (before, after) for m in c.spacers]  # fmt: skip
    assert np.allclose(sorted(inside[: len(before.spacers)]), sorted(inside[len(before.spacers) :]))


def test_sheets_follow_another_metal_less_than_its_bonds(single):
    swapped, before = perceive(substitute(single, {"Pb": "Sn"}, settle=False)), perceive(single)
    shrunk = [describe(c)["area_per_metal"] for c in (before, swapped)]
    bonds = bond_length("Sn", "Br") / bond_length("Pb", "Br")
    assert shrunk[1] / shrunk[0] == pytest.approx(bonds ** (2 * METAL_RESPONSE))
    thickness = [np.subtract(*c.slabs[0].terminal_heights[::-1]) for c in (before, swapped)]
    assert thickness[1] == pytest.approx(bonds * thickness[0], abs=1e-6)


def test_substitution_and_back_is_the_identity_of_the_cell():
    crystal = layered(n=2)
    there = substitute(crystal, {"I": "Cl"}, settle=False)
    back = substitute(there, {"Cl": "I"}, settle=False)
    assert back.volume == pytest.approx(crystal.volume, rel=1e-6)


def test_metal_and_halide_at_once_in_a_network():
    swapped = substitute(cubic("Pb", "I", "Cs"), {"Pb": "Sn", "I": "Br"})
    scale = bond_length("Sn", "Br") / bond_length("Pb", "I")
    assert swapped.lattice.a == pytest.approx(cubic("Pb", "I", "Cs").lattice.a * scale)


@pytest.mark.parametrize("swap", [{"Cl": "Br"}, {"I": "O"}, {"Pb": "Xx"}])
def test_impossible_swaps_are_named(swap):
    with pytest.raises(BuildError):
        substitute(cubic("Pb", "I", "Cs"), swap)


def test_relaxation_reports_itself_and_notices_a_wrecked_crystal():
    relaxed = relax_built(cubic(), LennardJones(epsilon=1e-6, sigma=2.0), steps=3)
    assert set(relaxed.properties["relaxation"]) == {"energy", "fmax", "steps", "converged"}
    with pytest.raises(BuildError):  # one attraction for all pairs draws the ions together
        relax_built(cubic(), LennardJones(epsilon=5.0, sigma=1.5, rc=8.0), steps=300, fmax=1e-3)


def test_relaxation_by_the_engine_of_the_labels_leaves_a_saddle():
    # argon-like atoms on a bcc grid: held by symmetry alone, a rattle lets them leave it
    from ase import Atoms

    from perovex.elasticity import relax_atoms

    bcc = Atoms("Ar2", cell=[4.0] * 3, positions=[[0, 0, 0], [2.0] * 3], pbc=True).repeat(2)
    force = LennardJones(epsilon=0.1, sigma=3.1, rc=7.5, smooth=True)
    held, record = relax_atoms(bcc, force, rattle=0.0)
    free, other = relax_atoms(bcc, force)
    assert record["converged"]
    assert other["converged"]
    assert other["energy"] < record["energy"] - 0.01 * len(bcc)
    assert len(held) == len(free)


def test_built_crystal_relaxed_by_an_engine_is_checked():
    def engine(atoms, _calculator):
        atoms.set_cell(atoms.cell.array * [[1.0], [1.0], [stretch]], scale_atoms=True)
        return atoms, {"energy": 0.0, "fmax": 0.0, "steps": 1, "converged": True}

    stretch = 1.001
    relaxed = relax_built(layered(n=1), None, engine=engine)
    assert relaxed.properties["relaxation"]["steps"] == 1
    stretch = 1.6
    with pytest.raises(BuildError, match="relaxed crystal"):
        relax_built(layered(n=1), None, engine=engine)


def test_an_unknown_potential_is_named(single):
    from perovex.prediction.relaxing import relax_by_potential

    with pytest.raises(LabelError, match="unknown potential"):
        relax_by_potential(single, "no-such-potential")


def test_a_relaxation_that_does_not_converge_is_refused(monkeypatch):
    from perovex.prediction import relaxing

    monkeypatch.setattr(relaxing, "require", lambda *_, **__: None)
    monkeypatch.setattr(relaxing, "make_calculator", lambda *_, **__: LennardJones(epsilon=1e-5, sigma=2.0))
    assert relaxing.relax_by_potential(cubic(), "lj").properties["relaxation"]["potential"] == "lj"
    monkeypatch.setattr(relaxing, "make_calculator", lambda *_, **__: LennardJones(epsilon=0.1, sigma=3.0, rc=7.0))
    with pytest.raises(BuildError):
        relaxing.relax_by_potential(cubic(), "lj")
