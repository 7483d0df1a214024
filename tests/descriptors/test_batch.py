"""Batches keep names, and lose nothing in silence."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from perovex.descriptors import HOIPFeaturizer
from perovex.descriptors.batch import named_items
from perovex.errors import PerovexError


@pytest.fixture(scope="module")
def featurizer():
    return HOIPFeaturizer(families=["octahedra"], on_error="row")


def test_a_mapping_gives_rows_by_name(featurizer, elastic_data):
    names = list(elastic_data.table.index[:2])
    table = featurizer.fit_transform({f"my {name}": elastic_data.structures[name] for name in names})
    assert list(table.index) == [f"my {name}" for name in names]
    assert table["bond_length_mean"].notna().all()


def test_files_keep_their_paths_as_names(featurizer, two_crystals, tmp_path):
    bad = tmp_path / "empty.cif"
    bad.write_text("")
    table = featurizer.fit_transform([*two_crystals, bad])
    assert list(table.index) == [*map(str, two_crystals), str(bad)]
    assert list(featurizer.errors_.index) == [str(bad)]
    assert table.loc[str(bad)].isna().all()


def test_what_the_crystals_are_stays_beside_their_numbers(featurizer, elastic_data, tmp_path):
    featurizer.fit_transform({"BA": elastic_data.structures["BA2PbI4"], "none": tmp_path / "none.cif"})
    compounds = featurizer.compounds_
    assert compounds.loc["BA", ["formula", "smiles", "n"]].tolist() == ["(C4H9NH3)2PbI4", "CCCC[NH3+]", 1]
    assert compounds.loc["none"].isna().all()


def test_a_batch_without_any_row_is_remarked_on(featurizer, tmp_path):
    with pytest.warns(UserWarning, match="none of 2 crystals could be described: .*no such file"):
        featurizer.fit_transform([tmp_path / "a.cif", tmp_path / "b.cif"])


def test_warnings_stay_lists(elastic_data, featurizer):
    featurizer.fit_transform({"water": elastic_data.structures["S-4-NO2-MBA2PbBr4-H2O"]})
    assert isinstance(featurizer.warnings_["water"], list)


def test_names_of_items(elastic_data):
    crystal = elastic_data.structures["BA2PbI4"]
    bare = crystal.copy()
    bare.properties = {}
    assert isinstance(named_items([bare, bare])[1], pd.RangeIndex)
    assert named_items(["a.cif", Path("b.cif"), bare])[1].tolist() == ["a.cif", "b.cif", "crystal 2"]
    assert len(named_items(crystal)[0]) == 1
    with pytest.raises(ValueError, match="one column"):
        named_items(pd.DataFrame({"a": [1], "b": [2]}))
    with pytest.raises(PerovexError):
        HOIPFeaturizer().fit_transform({"x": "no such file.cif"})
