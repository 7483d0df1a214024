"""Known crystals of a spacer: all of them, of that spacer, minima of searches before the release."""

from itertools import islice

import pytest

from perovex.building import shape_difference
from perovex.building.exchange import MOST_DIFFERENT
from perovex.crystal import perceive
from perovex.datasets import relatives
from perovex.datasets.elastic import flat_smiles
from perovex.datasets.lenders import lenders_for
from perovex.datasets.relatives import known_crystals, like_crystals
from perovex.minima import Compound
from perovex.minima.archive import read_packed


@pytest.mark.parametrize("spacer", ["CCCC[NH3+]", "[NH3+]CCCC[NH3+]", "C[C@H]([NH3+])c1ccccc1"])
def test_every_crystal_of_the_release_with_this_spacer_is_there(spacer, elastic_data):
    found = known_crystals(spacer)
    table = elastic_data.table
    layered = table[table["n_layers"] < 99]
    names = set(layered.index[layered["spacer_smiles"].map(flat_smiles) == flat_smiles(spacer)])
    assert names <= {crystal.source for crystal in found}
    assert {flat_smiles(crystal.spacer_smiles) for crystal in found} == {flat_smiles(spacer)}
    sources = [crystal.source for crystal in found]
    assert len(sources) == len(set(sources))  # a labelled minimum stands once
    records = read_packed(elastic_data.folder)[0]
    searched = {record["parent"] if record["strategy"] == "given" else record["id"] for record in records}
    compounds = {
        tuple(sorted(record["compound"].items()))
        for record in records
        if record["status"] == "minimum" and flat_smiles(record["compound"]["spacers"]) == flat_smiles(spacer)
    }
    minima = found[: len(compounds)]  # they stand first, one for each compound that was searched
    assert {crystal.source for crystal in minima} <= searched
    assert len({(c.metals, c.halides, c.n_layers, c.spacer_smiles) for c in minima}) == len(compounds) > 0
    # then what else is released, such as a lower minimum beside a measured crystal
    assert set(sources[len(minima) :]) <= names


def test_marks_of_handedness_make_no_difference_and_the_unknown_has_no_relatives():
    left, right = known_crystals("C[C@H]([NH3+])c1ccccc1"), known_crystals("C[C@@H]([NH3+])c1ccccc1")
    assert left is right
    assert known_crystals("CCCCCCCCCCCCCCCCCC[NH3+]") == ()


def test_new_crystals_are_built_from_the_release_that_models_learnt_from(elastic_data):
    folder = relatives._searched_folder()
    assert folder == elastic_data.folder
    assert all(part.isdigit() for part in folder.name.split(".")), "a preview"


def test_the_most_alike_spacers_come_first_each_once_and_never_the_spacer_itself():
    for spacer, halide, n in (("CCCC[NH3+]", "Cl", 1), ("[NH3+]CCCCCC[NH3+]", "I", 2)):
        found = list(islice(like_crystals(spacer, "Pb", halide, n, "C[NH3+]" if n > 1 else None), 4))
        spacers = [flat_smiles(crystal.spacers[0].smiles) for crystal in found]
        assert len(set(spacers)) == len(found) == 4
        assert flat_smiles(spacer) not in spacers
        unlike = [shape_difference(spacer, other) for other in spacers]
        assert unlike == sorted(unlike)
        assert unlike[-1] <= MOST_DIFFERENT
        assert {crystal.n_layers for crystal in found} == {n}
        assert halide in {crystal.halides[0] for crystal in found}


def test_nothing_is_like_a_spacer_that_is_far_larger_than_all():
    assert list(like_crystals("C" * 30 + "[NH3+]", "Pb", "I")) == []


def test_crystals_of_the_spacer_and_of_like_ones_lend_their_patterns_with_their_origin(elastic_data):
    compound = Compound.of(perceive(elastic_data.structures["BA2PbI4"]))
    lenders = lenders_for([compound, compound])
    own = [lender for lender in lenders if lender.compound.family == compound.family]
    assert {lender.name for lender in own} == {crystal.source for crystal in known_crystals(compound.spacers)}
    alike = [lender for lender in lenders if lender.compound.family != compound.family]
    assert len(alike) == 3
    assert {(lender.compound.metals, lender.compound.n_layers) for lender in alike} == {("Pb", 1.0)}
    assert all(lender.origin for lender in lenders)
    assert (
        next(lender for lender in own if lender.name == "BA2PbI4").origin == elastic_data.table.loc["BA2PbI4", "origin"]
    )
    assert lenders_for([Compound("", "[Cs+]", "", "Pb", "I", float("inf"))]) == []
