"""Predictions from Python: which crystals are taken, and in which row each of them ends."""

from __future__ import annotations

import pandas as pd
import pytest

from perovex import perceive, read
from perovex.building.writing import write_crystal
from perovex.errors import PerovexError
from perovex.learn.bundle.words import of_other_models
from perovex.prediction import built_warning, load_models, predict
from perovex.prediction.words import contradiction


@pytest.fixture(scope="module")
def bundle():
    return load_models()


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
    assert table["warnings"].map(len).eq(0).all()
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
    assert any("disordered: kept the major component" in note for note in row["warnings"])
    with pytest.raises(PerovexError, match="'minor' is unknown"):
        predict(path, models=bundle, disorder="minor")


def test_what_is_outside_is_said_first_and_no_coverage_is_claimed(elastic_data, bundle):
    table = predict({"network": elastic_data.structures["CsPbBr3_Pnma"]}, models=bundle)
    row = table.loc["network"]
    assert not row["in_domain"]
    assert row["domain_reason"].startswith("a 3D network, and only 2D crystals were learnt from")
    assert row["warnings"][0].startswith("outside what was learnt (a 3D network")
    assert pd.isna(row["coverage"])
    assert list(table.columns[:7]) == ["formula", "smiles", "metal", "halide", "n", "phase", "stacking"]
    assert row["formula"] == "CsPbBr3"


def test_every_kind_of_crystal_that_was_learnt_from_is_known_by_name(elastic_data, bundle):
    """Fails when perception begins to name phases otherwise than the models that come with the package."""
    table = elastic_data.table
    layered = table[table["n_layers"] < 10].groupby(["phase", "halide", "n_layers", "metal"]).head(1)
    described = predict({name: elastic_data.structures[name] for name in layered.index[::4]}, models=bundle)
    assert not described["domain_reason"].str.contains("never seen").any()
    assert described["known_as"].tolist() != [""] * len(described)


def test_a_known_compound_bears_its_label(elastic_data, bundle):
    table = predict(elastic_data.structures["BA2PbI4"], models=bundle)
    assert table["known_as"].iloc[0] == "BA2PbI4"
    assert table["E_vrh_label"].iloc[0] == pytest.approx(elastic_data.table.loc["BA2PbI4", "E_vrh"])
    assert any("in the training data as BA2PbI4" in note for note in table["warnings"].iloc[0])


def test_perception_is_not_silenced(elastic_data, bundle):
    crystal = elastic_data.structures["BA2PbI4"].copy()
    hydrogen = next(k for k, site in enumerate(crystal) if site.specie.symbol == "H")
    lone = perceive(crystal.copy().remove_sites([hydrogen]))
    said = predict(lone, models=bundle)
    assert (said["error"].iloc[0] != "") or set(lone.warnings) <= set(said["warnings"].iloc[0])
    noted = perceive(elastic_data.structures["S-4-NO2-MBA2PbBr4-H2O"])
    assert noted.warnings
    assert set(noted.warnings) <= set(predict(noted, models=bundle)["warnings"].iloc[0])


def test_class_and_modulus_on_two_sides_of_the_threshold_are_explained(bundle):
    row = pd.Series({"E_in_plane": 12.06, "threshold": 12.33, "probability_stiff": 0.82, "class": "stiff"})
    assert "take the class as undecided" in contradiction(row, bundle) or "undecided" in contradiction(row, bundle)
    assert contradiction(row.replace(12.06, 12.4), bundle) == ""


def test_a_built_crystal_is_known_as_one_after_it_went_through_a_file(elastic_data, bundle, tmp_path):
    built = elastic_data.structures["BA2PbI4"].copy()
    built.properties = {"build": {"spacer_smiles": "CCCC[NH3+]", "metal": "Pb", "n": 1, "tilts": [1, 2]}}
    for suffix in (".cif", ".vasp", ".extxyz"):
        path = write_crystal(built, tmp_path / f"built{suffix}")
        assert read(path).properties["build"] == {"spacer_smiles": "CCCC[NH3+]", "metal": "Pb", "n": "1"}
        assert read(path).matches(built)
        assert any(
            note.startswith("geometry built, not relaxed") for note in predict(path, models=bundle)["warnings"].iloc[0]
        )
    built.properties["relaxation"] = {"potential": "7net-l3i5+d3", "converged": True}
    note = predict(write_crystal(built, tmp_path / "relaxed.cif"), models=bundle)["warnings"].iloc[0][-1]
    assert note.startswith("geometry built and relaxed, perhaps into another packing")


def test_what_built_geometries_do_is_said_of_the_models_it_was_measured_with(bundle):
    moves = bundle.manifest["built_geometry"]["built"]["moves"]
    assert f"{moves['E_in_plane']:g} GPa (E_in_plane)" in built_warning(bundle.manifest, {"build": {}})
    other = {key: value for key, value in bundle.manifest.items() if key != "built_geometry"}
    assert "was not measured" in built_warning(other, {"build": {}})
    earlier = bundle.manifest | {"built_geometry": {"built": {"moves": moves, "n_crystals": 9, "data": "0.1"}}}
    assert "moves predictions of the models of data 0.1 by up to" in built_warning(earlier, {"build": {}})
    own = bundle.manifest["training"]["data_version"]
    earlier["built_geometry"]["built"]["data"] = own
    assert f"of data {own}" not in built_warning(earlier, {"build": {}})


def test_a_relative_and_what_was_done_to_it_are_named(bundle):
    made = {"build": {"from": "BA2PbI4", "steps": "Br for I"}}
    assert built_warning(bundle.manifest, made).startswith("geometry of BA2PbI4, Br for I, not relaxed")
    moves = bundle.manifest["built_geometry"]
    unrelaxed = built_warning(bundle.manifest, made)
    assert f"{moves['from_known']['moves']['E_vrh']:g} GPa (E_vrh) in 4 of 5" in unrelaxed
    assert unrelaxed.endswith(f"{moves['from_known_relaxed']['moves']['E_vrh']:g} GPa (E_vrh)")
    relaxed = built_warning(bundle.manifest, made | {"relaxation": {}})
    whose = of_other_models(moves["nearest_relaxed"], bundle.manifest)
    assert relaxed.startswith(f"geometry of BA2PbI4, Br for I, relaxed: that moves predictions{whose} by up to")
    assert f"{moves['nearest_relaxed']['moves']['E_vrh']:g} GPa (E_vrh)" in relaxed
    several = built_warning(bundle.manifest, {"build": made["build"] | {"lowest_of": 3}, "relaxation": {}})
    whose = of_other_models(moves["from_known_relaxed"], bundle.manifest)
    assert f"relaxed, the lowest of 3 made of relatives: that moves predictions{whose} by up to" in several
    assert f"{moves['from_known_relaxed']['moves']['E_vrh']:g} GPa (E_vrh)" in several
    itself = built_warning(bundle.manifest, {"build": {"from": "BA2PbI4", "steps": ""}})
    assert itself == "geometry of BA2PbI4, a known crystal of this compound"
    again = built_warning(bundle.manifest, {"build": {"from": "BA2PbI4", "steps": ""}, "relaxation": {}})
    assert again == f"{itself}, relaxed again"


def test_a_mirrored_relative_is_the_compound_unless_more_was_done(bundle):
    for mirrored in (True, "True"):  # as it is made, and as a file gives it back
        itself = {"build": {"from": "A", "steps": "", "mirrored": mirrored}}
        assert built_warning(bundle.manifest, itself) == (
            "geometry of A, a known crystal of this compound of the other hand, mirrored"
        )
        more = {"build": {"from": "A", "steps": "Br for I", "mirrored": mirrored}}
        assert built_warning(bundle.manifest, more).startswith("geometry of A, mirrored, then Br for I, not relaxed")
