"""Families by the cations between slabs, and slabs in vacuum."""

from pathlib import Path

import pytest
from pymatgen.core import Structure

from perovex.crystal import layer_shifts, perceive
from perovex.crystal.examples import layered

CRYSTALS = Path(__file__).parents[1] / "data" / "crystals"


def test_aci_phase_needs_two_cations_between_slabs():
    structure = layered(1, (0.5, 0.0), spacer="MA")
    carbons = [i for i, s in enumerate(structure) if s.specie.symbol in {"N", "C", "H"}]
    first = set(carbons[:8])
    caesium = structure[carbons[0]].frac_coords
    mixed = Structure.from_sites([s for i, s in enumerate(structure) if i not in first])
    mixed.append("Cs", caesium)
    assert perceive(mixed).phase == "ACI"


@pytest.mark.parametrize("shift", [(0, 0), (0.5, 0.5), (0.3, 0.1)])
@pytest.mark.parametrize("spacer", ["MA", "Cs", "NH4"])
def test_monovalent_spacers_make_a_ruddlesden_popper_crystal_however_slabs_are_shifted(shift, spacer):
    assert perceive(layered(1, shift, spacer=spacer)).phase == "RP"


@pytest.mark.parametrize("path", sorted(CRYSTALS.glob("s*_n[123].extxyz")), ids=lambda p: p.stem)
def test_divalent_spacers_make_a_dion_jacobson_crystal_however_slabs_are_shifted(path):
    crystal = perceive(path)
    assert {m.charge for m in crystal.spacers} == {2}
    assert crystal.phase == "DJ"
    assert crystal.stacking in {"eclipsed", "intermediate", "staggered"}


def in_vacuum(structure, width, slabs):
    """The first slabs of a crystal under empty space."""
    lattice = structure.lattice.matrix.copy()
    height = lattice[2, 2] * slabs / 2
    kept = [s for s in structure if s.coords[2] < height - 1e-6 or slabs == 2]
    lattice[2, 2] = height + width
    return Structure(lattice, [s.specie for s in kept], [s.coords for s in kept], coords_are_cartesian=True)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_a_sheet_in_vacuum_is_named_and_not_stacked(n, transform):
    sheet = in_vacuum(layered(n, spacer="MA", gap=9.0), 14.0, slabs=1)
    crystal = perceive(transform(sheet)) if transform(sheet).volume < 1.1 * sheet.volume else perceive(sheet)
    assert (crystal.n_layers, crystal.phase, crystal.stacking) == (n, "sheet in vacuum", "")
    assert crystal.vacuum > 10
    assert layer_shifts(crystal).shape == (0, 2)
    assert any("a single slab in vacuum" in w for w in crystal.warnings)


def test_two_slabs_in_vacuum_are_stacked_on_each_other_only():
    crystal = perceive(in_vacuum(layered(1, (0.5, 0.5), spacer="MA"), 15.0, slabs=2))
    assert (crystal.phase, crystal.stacking, len(layer_shifts(crystal))) == ("RP", "staggered", 1)
    assert any("2 slabs in vacuum" in w for w in crystal.warnings)


def test_wide_gaps_of_real_crystals_are_no_vacuum():
    assert perceive(layered(1, spacer="Cs", gap=5.5)).vacuum == 0.0
