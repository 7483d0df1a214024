"""From label records to a release."""

from __future__ import annotations

import json

import ase.io
import numpy as np
import pandas as pd
import pytest
from pymatgen.io.ase import AseAtomsAdaptor

from perovex.datasets import audit, collect, load_elastic
from perovex.errors import DatasetError


def _record(folder, data, crystal, *, name=None, repeat=1, **changes):
    row = data.table.loc[crystal]
    name = name or crystal
    record = {
        "name": name,
        "potential": "test",
        "status": "accepted",
        "reason": "",
        "C_GPa": data.tensors[crystal].tolist(),
        "C_soft_modes_frozen_GPa": (2 * data.tensors[crystal]).tolist(),
        "lowest_eigenvalues": [0.1],
        "n": row["n_layers"],
        "spacer_smiles": row["spacer_smiles"],
        "metal": row["metal"],
        "halide": row["halide"],
        "volume_change": 0.01,
        **changes,
    }
    record["n"] = "inf" if record["n"] == np.inf else record["n"]
    (folder / f"{name}@test.json").write_text(json.dumps(record))
    atoms = AseAtomsAdaptor.get_atoms(data.structures[crystal]).repeat((repeat, 1, 1))
    atoms.info = {}
    with (folder / f"{name}@test.extxyz").open("w") as handle:
        ase.io.write(handle, atoms, format="extxyz")


@pytest.fixture
def names(elastic_data):
    table = elastic_data.table
    return [table.index[table["n_layers"] == n][0] for n in (1, 2, np.inf)]


def test_a_release_comes_back_as_it_was_written(elastic_data, names, tmp_path):
    records = tmp_path / "records"
    records.mkdir()
    for name in names:
        _record(records, elastic_data, name)
    collect([records], tmp_path / "1.0", progress=False, date="2026-01-01")
    loaded = load_elastic(tmp_path / "1.0")
    assert sorted(loaded.table.index) == sorted(names)
    for name in names:
        assert loaded.table.loc[name, "E_in_plane"] == pytest.approx(
            elastic_data.table.loc[name, "E_in_plane"], rel=2e-3
        )
        assert loaded.table.loc[name, "volume_change"] == pytest.approx(1.0)
        assert len(loaded.structures[name]) == len(elastic_data.structures[name])
        assert loaded.table.loc[name, "E_in_plane_soft_frozen"] == pytest.approx(
            2 * elastic_data.table.loc[name, "E_in_plane"], rel=2e-3
        )


def test_a_damaged_record_costs_its_row_and_a_foreign_file_is_named(elastic_data, names, tmp_path):
    records = tmp_path / "records"
    records.mkdir()
    _record(records, elastic_data, names[0])
    _record(records, elastic_data, names[1], C_GPa=[[1.0, 2.0], [3.0, 4.0]])
    _record(records, elastic_data, names[1], name="ragged", C_GPa=[[1.0], [2.0, 3.0]])
    _record(records, elastic_data, names[1], name="cut")
    (records / "cut@test.extxyz").write_text("12\n")
    unread = {"name": "unread", "potential": "test", "status": "rejected", "reason": "unread.cif: the file is empty"}
    (records / "unread@test.json").write_text(json.dumps(unread))  # as `perovex label` leaves it for a bad file
    table = collect(records, tmp_path / "1.0", progress=False).set_index("crystal_id")
    assert list(table.index[table["status"] == "accepted"]) == [names[0]]
    assert "shape (2, 2) is not (6, 6)" in table.loc[names[1], "reason"]
    assert "not an elastic tensor" in table.loc["ragged", "reason"]
    assert "cannot be read" in table.loc["cut", "reason"]
    assert table.loc["unread", "reason"] == "unread.cif: the file is empty; no relaxed structure was kept"
    rejected = table.loc[table["status"] == "rejected", "causes"].to_dict()
    assert rejected == {"cut": "not_read", "ragged": "no_tensor", names[1]: "no_tensor", "unread": "failed;not_kept"}
    assert table["n_atoms"].eq(0).tolist() == [name in ("cut", "unread") for name in table.index]
    assert load_elastic(tmp_path / "1.0").table.index.tolist() == [names[0]]
    for content in ("[1, 2]", "{}", "no json"):
        (records / "notes.json").write_text(content)
        with pytest.raises(DatasetError, match=r"notes\.json: not a label record.*nothing but records"):
            collect(records, tmp_path / "2.0", progress=False)
    (tmp_path / "1.5").mkdir()
    with pytest.raises(DatasetError, match=r"1\.5: no label records"):
        collect([tmp_path / "1.5"], tmp_path / "2.0", progress=False)


def test_the_same_records_give_the_same_bytes(elastic_data, names, tmp_path):
    records = tmp_path / "records"
    records.mkdir()
    _record(records, elastic_data, names[0])
    for out in ("a", "b"):
        collect([records], tmp_path / out, version="1", progress=False, date="2026-01-01")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_a_release_can_be_extended_and_a_label_replaced(elastic_data, names, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    for name in names[:2]:
        _record(first, elastic_data, name)
    collect([first], tmp_path / "1.0", progress=False)
    _record(second, elastic_data, names[1], volume_change=0.05)
    _record(second, elastic_data, names[2])
    collect([second], tmp_path / "1.1", base=tmp_path / "1.0", progress=False)
    old, new = load_elastic(tmp_path / "1.0"), load_elastic(tmp_path / "1.1")
    assert sorted(new.table.index) == sorted(names)
    assert new.table.loc[names[1], "volume_change"] == pytest.approx(5.0)
    pd.testing.assert_series_equal(new.table.loc[names[0]], old.table.loc[names[0]])
    np.testing.assert_array_equal(new.tensors[names[0]], old.tensors[names[0]])
    assert new.structures[names[0]].matches(old.structures[names[0]])
    assert load_elastic(tmp_path).version == "1.1"


def test_a_label_made_again_keeps_where_it_began(elastic_data, names, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    for name in names[:2]:
        _record(first, elastic_data, name, parent="begun.cif", stacking="eclipsed", volume_change=0.10)
    collect([first], tmp_path / "1.0", progress=False)
    _record(second, elastic_data, names[0], parent="relaxed.cif", stacking="staggered", volume_change=0.01)
    collect([second], tmp_path / "1.1", base=tmp_path / "1.0", again=True, progress=False)
    row = load_elastic(tmp_path / "1.1").table.loc[names[0]]
    assert (row["parent"], row["parent_stacking"]) == ("begun.cif", "eclipsed")
    assert row["volume_change"] == pytest.approx(11.1)
    collect([second], tmp_path / "1.2", base=tmp_path / "1.0", progress=False)
    assert load_elastic(tmp_path / "1.2").table.loc[names[0], "parent"] == "relaxed.cif"


def test_labels_that_a_lower_minimum_supersedes_can_be_left_out(elastic_data, names, tmp_path):
    records = tmp_path / "records"
    records.mkdir()
    _record(records, elastic_data, names[0])
    before = load_elastic(elastic_data.folder, minima="all").labels
    collect([records], tmp_path / "near", base=elastic_data.folder, within=5.0, date="2026-01-01")
    after = load_elastic(tmp_path / "near", minima="all")
    gone = set(before.index) - set(after.labels.index)
    high = before[(before["minimum"] > 0) & (before["energy_above_lowest"] > 5)]
    compared = high["crystal_id"].isin(before.drop(index=high.index)["crystal_id"])  # by another potential, too
    assert gone == set(high.index[~compared])
    assert len(gone) > 10
    left_out, left_before = after.manifest["left_out"], elastic_data.manifest["left_out"]
    assert set(left_out) == gone | set(left_before)
    assert {label: left_out[label] for label in gone} == pytest.approx(
        dict(high["energy_above_lowest"][list(gone)]), abs=0.06
    )
    assert after.with_label == elastic_data.with_label
    assert not set(left_before) & set(before.index)
    measured = (before["source"] == "experiment").sum()
    assert (after.labels["source"] == "experiment").sum() == measured
    with pytest.raises(DatasetError, match="no structure"):
        after.structure(min(gone))


def test_leaving_out_needs_to_know_what_is_high(elastic_data, names, tmp_path):
    records = tmp_path / "records"
    records.mkdir()
    _record(records, elastic_data, names[0])
    with pytest.raises(DatasetError, match="nothing says which minima are too high"):
        collect([records], tmp_path / "near", within=5.0)
    assert not (tmp_path / "near").exists()


@pytest.mark.parametrize(
    ("changes", "reason", "causes"),
    [
        ({"n": 3}, "n changed while relaxing: from 3 to 1", ("other_n",)),
        ({"spacer_smiles": "CCCCCCCCCCCC[NH3+]"}, "the spacer changed", ("other_spacer",)),
        ({"C_GPa": np.diag([30.0, 30, 30, 5, 5, -1]).tolist()}, "not positive definite", ("not_positive",)),
        ({"status": "rejected", "reason": "negative mode"}, "negative mode", ("negative_mode",)),
        (
            {"status": "rejected", "reason": "in other words", "causes": ["born_unstable"], "n": 3},
            "in other words; n changed",
            ("born_unstable", "other_n"),
        ),
    ],
)
def test_unfit_labels_become_rejected_rows(elastic_data, names, tmp_path, changes, reason, causes):
    _record(tmp_path, elastic_data, names[1])
    _record(tmp_path, elastic_data, names[0], **changes)
    table = collect([tmp_path], tmp_path / "out", progress=False).set_index("crystal_id")
    assert table.loc[names[0], "status"] == "rejected"
    assert reason in table.loc[names[0], "reason"]
    assert table.loc[names[1], "status"] == "accepted"
    assert table["causes"].to_dict() == {names[0]: ";".join(causes), names[1]: ""}
    read_back = load_elastic(tmp_path / "out").causes
    assert read_back[[f"{name}@test" for name in names[:2]]].tolist() == [causes, ()]


def test_causes_of_an_older_release_go_over_into_a_new_one(elastic_data, names, tmp_path):
    records = tmp_path / "records"
    records.mkdir()
    _record(records, elastic_data, names[0])
    collect(records, tmp_path / "new", base=elastic_data.folder, progress=False)
    new, old = load_elastic(tmp_path / "new").causes, elastic_data.causes
    pd.testing.assert_series_equal(new[old.index], old)


def test_decomposed_crystal_is_rejected(elastic_data, names, tmp_path):
    _record(tmp_path, elastic_data, names[1])
    _record(tmp_path, elastic_data, names[0])
    path = tmp_path / f"{names[0]}@test.extxyz"
    with path.open() as handle:
        atoms = ase.io.read(handle, format="extxyz")
    halide = [i for i, s in enumerate(atoms.symbols) if s in ("Cl", "Br", "I")]
    del atoms[halide[:3]]
    with path.open("w") as handle:
        ase.io.write(handle, atoms, format="extxyz")
    table = collect([tmp_path], tmp_path / "out", progress=False).set_index("crystal_id")
    assert table.loc[names[0], "status"] == "rejected"


def test_no_records_and_foreign_files_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="no label records"):
        collect([tmp_path], tmp_path / "out", progress=False)
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(DatasetError, match="not a label record"):
        collect([tmp_path], tmp_path / "out", progress=False)


def test_a_release_without_an_accepted_label_is_refused_and_not_written(elastic_data, names, tmp_path):
    records, out = tmp_path / "records", tmp_path / "out"
    records.mkdir()
    for name in names[:2]:
        _record(records, elastic_data, name, status="rejected", reason="negative mode")
    with pytest.raises(DatasetError, match=r"none of 2 labels is accepted: negative mode \(2\)"):
        collect([records], out, progress=False)
    assert not out.exists()


def test_audit_sees_what_relaxing_changed_and_who_is_the_same(elastic_data, names, tmp_path):
    """A stacking that changed, forces above the protocol's own limit, and one crystal in two cells."""
    one, other, cubic = names
    records = tmp_path / "records"
    records.mkdir()
    limits = {"relax": {"fmax": 2e-3, "smax": 5e-3}}
    stacking = elastic_data.table.loc[one, "stacking"]
    moved = "staggered" if stacking != "staggered" else "eclipsed"
    good = {"max_force_eV_per_A": 1e-3, "max_stress_GPa": 4e-3, "settings": limits}
    _record(records, elastic_data, one, stacking=moved, **good)
    _record(records, elastic_data, one, name="again", repeat=2, stacking=stacking, **good)
    _record(records, elastic_data, other, **(good | {"max_stress_GPa": 6e-3}))
    _record(records, elastic_data, cubic, phase="3D", **good)
    collect([records], tmp_path / "1.0", progress=False)
    findings = audit(load_elastic(tmp_path / "1.0"))
    assert findings.stacking_changes["parent_stacking"].to_dict() == {one: moved}
    assert list(findings.unconverged.index) == [other]
    assert {*findings.duplicates.reset_index().loc[0]} == {one, "again"}
    assert len(findings.duplicates) == 1
