"""A sheet taken out again: the reverse of adding one."""

import numpy as np
import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher

from perovex.building import build_layered, thicken, thin
from perovex.crystal import layer_shifts, perceive
from perovex.crystal.examples import cubic, layered
from perovex.errors import BuildError

SAME = StructureMatcher(primitive_cell=False, scale=False, ltol=1e-3, stol=1e-3, angle_tol=0.1)


@pytest.mark.parametrize("cage", ["Cs", "MA"])
def test_a_sheet_that_was_added_comes_out_again(cage):
    single = build_layered("CCCC[NH3+]", "Pb", "Br", n_trials=2)
    again = thin(thicken(single, cage))
    assert again.volume == pytest.approx(single.volume, rel=1e-6)
    assert SAME.fit(single, again)


@pytest.mark.parametrize("n", [2, 3])
def test_any_setting_and_several_slabs(n):
    crystal = layered(n=n, shift=(0.5, 0.5))
    slabs = len(perceive(crystal).slabs)
    for setting in (crystal, crystal.get_reduced_structure("niggli")):
        setting.translate_sites(range(len(setting)), [0.1, 0.2, 0.37])
        less = perceive(thin(setting))
        assert less.n_layers == n - 1
        assert len(less.slabs) == slabs
        assert np.allclose(layer_shifts(less), 0.5, atol=1e-3)
        assert np.allclose(less.octahedra.bond_lengths, perceive(crystal).octahedra.bond_lengths[0], atol=1e-4)


def test_real_crystals_keep_their_spacers_and_lose_their_cages(elastic_data):
    table = elastic_data.table
    for name in table.index[table["n_layers"] == 2][:4]:
        double = perceive(elastic_data.structures[name])
        less = perceive(thin(double))
        assert less.n_layers == 1
        assert not less.cage_cations
        assert sorted(m.smiles for m in less.spacers) == sorted(m.smiles for m in double.spacers)


def test_what_has_no_sheet_to_spare_is_refused():
    with pytest.raises(BuildError, match="3D"):
        thin(cubic())
    with pytest.raises(BuildError, match="one sheet"):
        thin(layered(n=1))
