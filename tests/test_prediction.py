"""Predictions from Python: which crystals are taken, and in which row each of them ends."""

from __future__ import annotations

import pandas as pd
import pytest

from perovex import perceive
from perovex.errors import PerovexError
from perovex.learn import ModelBundle
from perovex.prediction.crystals import default_models, predict


@pytest.fixture(scope="module")
def bundle():
    return ModelBundle.load(default_models())


def test_a_file_given_twice_is_predicted_once(two_crystals, bundle):
    one, other = two_crystals
    table = predict([one, other, one], models=bundle)
    assert list(table.index) == [str(one), str(other)]


def test_two_crystals_of_one_name_keep_their_own_predictions(elastic_data, bundle):
    names = elastic_data.table.index[elastic_data.table["n_layers"] == 1][:2]
    crystals = [elastic_data.structures[name].copy() for name in names]
    apart = predict(crystals, models=bundle)
    for crystal in crystals:
        crystal.properties = {"label_id": "mine"}
    alike = predict(crystals, models=bundle)
    assert list(alike.index) == ["mine", "mine"]
    assert alike["E_vrh"].tolist() == apart["E_vrh"].tolist()
    assert alike["E_vrh"].nunique() == 2


def test_mappings_and_iterators_are_taken(elastic_data, two_crystals, bundle):
    name = elastic_data.table.index[0]
    crystal = elastic_data.structures[name]
    by_name = predict({"first": crystal, "second": crystal}, models=bundle)
    assert list(by_name.index) == ["first", "second"]
    pd.testing.assert_frame_equal(
        predict((path for path in two_crystals), models=bundle), predict(two_crystals, models=bundle)
    )
    assert len(predict(crystal, models=bundle)) == 1
    assert len(predict(crystal.to_ase_atoms(), models=bundle)) == 1


def test_columns_do_not_depend_on_whether_a_crystal_could_be_described(two_crystals, bundle, tmp_path):
    bad = tmp_path / "empty.cif"
    bad.write_text("")
    good = predict(two_crystals, models=bundle)
    table = predict([bad, bad.with_name("none.cif")], models=bundle)
    assert list(table.columns) == list(good.columns)
    assert table["E_vrh"].isna().all()
    assert (table["warning"] == "").all()
    assert (table["error"] != "").all()


def test_disorder_is_refused_or_resolved_as_describe_does(elastic_data, bundle, tmp_path):
    name = elastic_data.table.index[(elastic_data.table["n_layers"] == 1) & (elastic_data.table["halide"] == "I")][0]
    mixed = elastic_data.structures[name].copy()
    mixed.replace_species({"I": {"I": 0.7, "Br": 0.3}})
    path = tmp_path / "mixed.cif"
    mixed.to(filename=str(path), fmt="cif")
    assert 'disorder="major"' in predict(path, models=bundle)["error"].iloc[0]
    row = predict(path, models=bundle, disorder="major").iloc[0]
    ordered = predict(perceive(path, disorder="major"), models=bundle).iloc[0]
    assert row["error"] == ""
    assert row["E_vrh"] == ordered["E_vrh"]
    assert "disordered: kept the major component" in row["warning"]
    with pytest.raises(PerovexError, match="'minor' is unknown"):
        predict(path, models=bundle, disorder="minor")
