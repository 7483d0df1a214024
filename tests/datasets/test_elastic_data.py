"""The bundled release, the loader and its refusals."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from perovex.datasets import MODULI, audit, load_elastic, load_literature, load_spacers, spacer_abbreviation
from perovex.datasets.collect import sheet_normal
from perovex.datasets.schema import COLUMNS, SEARCHED, describe_columns, source_of, validate_labels, with_source
from perovex.errors import DatasetError


def test_bundled_release_has_layered_and_multilayer_crystals(elastic_data):
    table = elastic_data.table
    assert {"n_layers", "spacer_smiles", "metal", "halide", *MODULI} <= set(table.columns)
    n = table["n_layers"]
    assert (n == 1).sum() >= 10
    assert ((n >= 2) & np.isfinite(n)).sum() >= 10
    assert np.isinf(n).sum() >= 5
    assert set(table["halide"]) >= {"Cl", "Br", "I"}
    assert set(elastic_data.structures) == set(elastic_data.tensors) == set(table.index)


def test_the_source_of_every_label_is_derived_from_its_origin_and_not_stored(elastic_data):
    assert "source" not in pd.read_csv(elastic_data.folder / "labels.csv", nrows=1)
    assert "source" not in COLUMNS
    assert describe_columns().loc["source", "meaning"].startswith("kind of origin")
    sources = elastic_data.labels["source"]
    assert list(sources) == [source_of(origin) for origin in elastic_data.labels["origin"]]
    assert set(sources) >= {"experiment", "factorial design", "hypothetical", "built"}
    assert (elastic_data.table["source"] == "experiment").sum() > 10
    assert list(with_source(pd.DataFrame({"label_id": ["a", "b"]}))["source"]) == ["unknown"] * 2


def test_moduli_in_the_table_follow_from_the_stored_tensors(elastic_data):
    from perovex.crystal import perceive
    from perovex.elasticity import ElasticTensor

    for name in elastic_data.table.index[::7]:
        crystal = perceive(elastic_data.structures[name])
        moduli = ElasticTensor(elastic_data.tensors[name]).moduli(sheet_normal(crystal))
        row = elastic_data.table.loc[name]
        for key in MODULI:
            assert moduli[key] == pytest.approx(row[key], rel=2e-3)
        assert crystal.n_layers == row["n_layers"]
        assert crystal.spacer_smiles == row["spacer_smiles"]


def test_moduli_with_soft_modes_frozen_take_the_place_of_the_relaxed_ones(elastic_data):
    from perovex.crystal import perceive
    from perovex.elasticity import ElasticTensor

    frozen = load_elastic(moduli="soft_frozen")
    assert "soft modes frozen" in repr(frozen)
    assert "K_vrh" not in frozen.table
    assert set(frozen.table.index) <= set(elastic_data.table.index)
    # Holding a mode fixed can only stiffen a crystal.
    assert (frozen.table["E_vrh"] >= 0.999 * elastic_data.table["E_vrh"].reindex(frozen.table.index)).all()
    name = frozen.table.index[-1]
    normal = sheet_normal(perceive(frozen.structures[name]))
    moduli = ElasticTensor(frozen.tensors[name]).moduli(normal)
    for key in ("E_in_plane", "E_out_of_plane", "E_vrh"):
        assert moduli[key] == pytest.approx(frozen.table.loc[name, key], rel=2e-3)
    pd.testing.assert_frame_equal(frozen.relaxed().table, elastic_data.table)
    pd.testing.assert_frame_equal(audit(frozen).soft_modes, audit(elastic_data).soft_modes)
    with pytest.raises(DatasetError, match="relaxed"):
        load_elastic(moduli="clamped")


def test_in_plane_average_lies_between_its_extremes(elastic_data):
    table = elastic_data.table
    assert (table["E_in_plane_min"] <= table["E_in_plane"]).all()
    assert (table["E_in_plane"] <= table["E_in_plane_max"]).all()


def test_potentials_are_never_mixed(elastic_data):
    assert elastic_data.table["potential"].nunique() == 1
    others = set(elastic_data.labels["potential"]) - {elastic_data.potential}
    for other in others:
        assert set(load_elastic(potential=other).table["potential"]) == {other}


def test_rejected_labels_say_why(elastic_data):
    assert (elastic_data.rejected["reason"].str.len() > 0).all()


def test_enantiomers_share_a_group(elastic_data):
    table = elastic_data.table
    layered = np.isfinite(table["n_layers"])
    assert elastic_data.groups[layered].nunique() <= table.loc[layered, "spacer_smiles"].nunique()
    assert elastic_data.groups[~layered].str.startswith("3D").all()


def _copy(elastic_data, folder):
    shutil.copytree(elastic_data.folder, folder)
    return folder


def test_changed_file_is_refused(elastic_data, tmp_path):
    folder = _copy(elastic_data, tmp_path / "release")
    with (folder / "labels.csv").open("a") as handle:
        handle.write("\n")
    with pytest.raises(DatasetError, match="differs from its checksum"):
        load_elastic(folder)
    assert len(load_elastic(folder, verify=False)) == len(elastic_data)


def test_the_checksum_of_data_names_what_models_learn_from(elastic_data, tmp_path):
    folder = _copy(elastic_data, tmp_path / "release")
    files = ("labels.csv", "tensors.json", "structures.extxyz.gz")
    lines = "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in files)
    assert elastic_data.checksum == hashlib.sha256(lines.encode()).hexdigest()
    (folder / "manifest.json").write_text("{}")
    (folder / "candidates.jsonl.gz").write_bytes(b"packed anew")
    assert load_elastic(folder, verify=False).checksum == elastic_data.checksum
    with (folder / "labels.csv").open("a") as handle:
        handle.write("\n")
    assert load_elastic(folder, verify=False).checksum != elastic_data.checksum


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda folder: (folder / "tensors.json").unlink(), "tensors.json is missing"),
        (lambda folder: (folder / "CHECKSUMS.sha256").unlink(), "CHECKSUMS.sha256 is missing"),
        (shutil.rmtree, "no such data folder"),
        (lambda folder: [p.unlink() for p in folder.iterdir()], "the data set is empty"),
    ],
)
def test_broken_folder_is_refused(elastic_data, tmp_path, break_it, message):
    folder = _copy(elastic_data, tmp_path / "release")
    break_it(folder)
    with pytest.raises(DatasetError, match=message):
        load_elastic(folder)


def test_unknown_version_and_potential_are_refused():
    with pytest.raises(DatasetError, match=r"no release '99\.0'"):
        load_elastic(version="99.0")
    with pytest.raises(DatasetError, match="no accepted label by potential 'none'"):
        load_elastic(potential="none")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"E_vrh": -1.0}, "not positive"),
        ({"E_vrh": np.nan}, "not positive"),
        ({"status": "perhaps"}, "status"),
        ({"n_layers": 0.0}, "impossible n_layers"),
        ({"halide": ""}, "impossible halide"),
        ({"E_in_plane": "soft"}, "E_in_plane"),
    ],
)
def test_schema_refuses_impossible_rows(elastic_data, change, message):
    table = elastic_data.labels.reset_index()
    table = table[table["status"] == "accepted"].head(3).astype(object)
    for key, value in change.items():
        table.loc[table.index[0], key] = value
    with pytest.raises(DatasetError, match=message):
        validate_labels(table)


def test_schema_refuses_a_missing_column(elastic_data):
    with pytest.raises(DatasetError, match="columns are missing: halide"):
        validate_labels(elastic_data.labels.reset_index().drop(columns="halide"))


def test_every_column_is_described(elastic_data):
    assert set(elastic_data.labels.reset_index().columns) == {*COLUMNS, "source"}
    unsearched = load_elastic(version="0.5")
    assert set(unsearched.labels.reset_index().columns) == {*COLUMNS, "source"} - set(SEARCHED)


def test_one_label_of_each_searched_compound_is_shown_and_the_superseded_ones_are_kept(elastic_data):
    lowest, every = elastic_data, load_elastic(minima="all")
    assert (lowest.table["minimum"] == 0).all()
    superseded = every.table.index.difference(lowest.table.index)
    assert len(superseded) == len(every.table) - len(lowest.table) > 0
    assert (every.table.loc[superseded, "energy_above_lowest"] >= 0).all()
    new = lowest.table[lowest.table.index.str.contains("_substitute_")]
    assert (new["energy_above_lowest"] < 3).all()
    stored = json.loads((lowest.folder / "tensors.json").read_text())
    assert all(len(mode) == 7 for label in new["label_id"] for mode in stored[label]["modes"])


def test_audit_reports_planted_faults(elastic_data):
    from dataclasses import replace

    labels = elastic_data.labels.copy()
    row = elastic_data.table.index[elastic_data.table["n_layers"] == 1][0]
    label = elastic_data.table.loc[row, "label_id"]
    labels.loc[label, "volume_change"] = -25.0
    rows = elastic_data.table
    peers = rows[(rows["n_layers"] == 1) & (rows["halide"] == rows.loc[row, "halide"])]
    labels.loc[label, "E_in_plane"] = 200.0
    findings = audit(replace(elastic_data, labels=labels))
    assert row in findings.volume_changes.index
    if len(peers) >= 5:
        assert row in findings.outliers.index
    json.dumps(findings.to_dict())


def test_literature_values_have_a_source():
    table = load_literature()
    assert (table["source"].str.len() > 10).all()
    assert table[["value", "value_min", "value_max"]].notna().any(axis=1).all()


def test_spacers_are_named_once():
    table = load_spacers()
    assert table.index.is_unique
    assert table["abbreviation"].is_unique
    assert spacer_abbreviation("NCCCC") == "NCCCC"


def test_summary_counts_all(elastic_data):
    assert elastic_data.summary().loc["All", "All"] == len(elastic_data)
    assert isinstance(elastic_data.table, pd.DataFrame)


def test_velocities_of_every_crystal(elastic_data):
    from perovex.crystal import perceive
    from perovex.elasticity import ElasticTensor
    from perovex.elasticity.properties.waves import sheet_velocities

    table = elastic_data.table
    assert table[["v_in_plane", "v_out_of_plane"]].notna().all(axis=None)
    # longitudinal waves: stiffer than a free bar along the same direction
    bar = (table["E_out_of_plane"] / 4.5) ** 0.5  # no crystal of the set is denser than 4.5 g/cm³
    assert (table["v_out_of_plane"] > bar).all()
    for n in (1, 2, np.inf):
        name = table.index[table["n_layers"] == n][0]
        structure = elastic_data.structures[name]
        normal = sheet_normal(perceive(structure))
        expected = sheet_velocities(ElasticTensor(elastic_data.tensors[name]), normal, float(structure.density))
        for key, value in expected.items():
            assert table.loc[name, key] == pytest.approx(value, rel=1e-4)


def test_velocities_follow_the_kind_of_moduli(elastic_data):
    frozen = load_elastic(moduli="soft_frozen").table
    both = frozen.index.intersection(elastic_data.table.index)
    assert (frozen.loc[both, "v_out_of_plane"] >= elastic_data.table.loc[both, "v_out_of_plane"] - 1e-6).mean() > 0.9
