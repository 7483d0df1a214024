"""Known crystals of a spacer: all of them, of that spacer, minima of searches before the release."""

import pytest

from perovex.datasets.elastic import flat_smiles
from perovex.datasets.relatives import known_crystals


@pytest.mark.parametrize("spacer", ["CCCC[NH3+]", "[NH3+]CCCC[NH3+]", "C[C@H]([NH3+])c1ccccc1"])
def test_every_crystal_of_the_release_with_this_spacer_is_there(spacer, elastic_data):
    found = known_crystals(spacer)
    table = elastic_data.table
    layered = table[table["n_layers"] < 99]
    names = set(layered.index[layered["spacer_smiles"].map(flat_smiles) == flat_smiles(spacer)])
    assert names <= {crystal.source for crystal in found}
    assert {flat_smiles(crystal.spacer_smiles) for crystal in found} == {flat_smiles(spacer)}
    after = [crystal.source in names for crystal in found]
    assert after == sorted(after)  # minima first, each once a compound
    minima = [(c.metals, c.halides, c.n_layers, c.spacer_smiles) for c in found if c.source not in names]
    assert len(minima) == len(set(minima))


def test_marks_of_handedness_make_no_difference_and_the_unknown_has_no_relatives():
    left, right = known_crystals("C[C@H]([NH3+])c1ccccc1"), known_crystals("C[C@@H]([NH3+])c1ccccc1")
    assert left is right
    assert known_crystals("CCCCCCCCCCCCCCCCCC[NH3+]") == ()
