"""The command line as a user meets it: output, files, exit status, one-line errors."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pandas as pd
import pytest


def run(*arguments):
    """Run ``python -m perovex`` and return the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "perovex", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def assert_refused(done, *words):
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0]


def test_help_lists_every_command():
    done = run("--help")
    assert done.returncode == 0
    for command in ("study", "predict", "describe", "descriptors", "label", "collect", "audit-data", "validate-labels"):
        assert command in done.stdout


def test_version():
    import perovex

    assert run("--version").stdout.strip() == f"perovex {perovex.__version__}"


def test_describe_writes_one_row_per_file_and_survives_a_bad_one(two_crystals, tmp_path):
    bad = tmp_path / "broken.cif"
    bad.write_text("this is no crystal")
    out = tmp_path / "table.csv"
    done = run("describe", *two_crystals, bad, "--out", out)
    assert done.returncode == 2
    table = pd.read_csv(out, index_col=0)
    assert len(table) == 3
    good = table[table["error"].isna()]
    assert list(good["n_layers"]) == [1.0, 2.0]
    assert "broken.cif" in done.stderr


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_describe_formats_hold_the_same_numbers(two_crystals, tmp_path, suffix):
    from perovex import describe

    out = tmp_path / f"table.{suffix}"
    assert run("describe", two_crystals[0], "--out", out).returncode == 0
    readers = {"csv": pd.read_csv, "parquet": pd.read_parquet}
    if suffix == "json":
        assert "bridge_angle_mean" in json.dumps(json.loads(out.read_text()))
        return
    table = readers[suffix](out)
    assert table["bridge_angle_mean"].iloc[0] == pytest.approx(describe(two_crystals[0])["bridge_angle_mean"])


def test_missing_file_is_refused(tmp_path):
    assert_refused(run("describe", tmp_path / "none.cif"), "none.cif")


def test_predict_gives_intervals_with_the_bundled_models(two_crystals, tmp_path):
    out = tmp_path / "prediction.csv"
    done = run("predict", *two_crystals, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"2 of 2 crystals predicted in {out}, in GPa\n"
    table = pd.read_csv(out)
    assert len(table) == 2
    assert table["probability_stiff"].between(0, 1).all()
    for target in ("E_in_plane", "E_out_of_plane", "E_vrh"):
        assert (table[f"{target}_lower"] <= table[target]).all()
        assert (table[target] <= table[f"{target}_upper"]).all()


def test_predict_with_soft_modes_frozen_asks_the_other_models(two_crystals, tmp_path):
    out = tmp_path / "prediction.csv"
    tables = []
    for moduli in ("relaxed", "soft_frozen"):
        done = run("predict", *two_crystals, "--moduli", moduli, "--out", out)
        assert done.returncode == 0, done.stderr
        tables.append(pd.read_csv(out))
    relaxed, frozen = tables
    assert (frozen["E_vrh"] > relaxed["E_vrh"]).all()  # holding modes stiffens
    card = run("model", "card", "--moduli", "soft_frozen")
    assert "soft_frozen" in card.stdout
    assert_refused(run("predict", two_crystals[0], "--moduli", "relaxed", "--models", tmp_path), "leave one out")
    assert_refused(run("model", "card", tmp_path, "--moduli", "relaxed"), "leave one out")


def test_predict_warns_outside_the_domain(elastic_data, tmp_path):
    import numpy as np

    name = elastic_data.table.index[np.isinf(elastic_data.table["n_layers"])][0]
    path = tmp_path / "network.cif"
    elastic_data.structures[name].to(filename=str(path), fmt="cif")
    done = run("predict", path)
    assert done.returncode == 0
    assert "warning: " + str(path) + ": outside what was learnt (a 3D network" in done.stderr
    assert "NO, see below" in done.stdout
    assert "not claimed" in done.stdout


def test_predict_without_input_or_with_foreign_models_is_refused(two_crystals, tmp_path):
    assert_refused(run("predict"), "nothing to predict")
    assert_refused(run("predict", two_crystals[0], "--models", tmp_path), "ModelFileError")
    assert_refused(run("predict", two_crystals[0], "--spacer", "CCCC[NH3+]"), "both given")
    no_table = run("predict", "--table", tmp_path / "none.csv", "--models", tmp_path)
    assert_refused(no_table, "none.csv", "give a CSV file")  # before models are loaded, which are none either


def test_printed_predictions_have_units_and_what_cannot_be_written_is_refused(two_crystals, tmp_path):
    done = run("predict", two_crystals[0])
    assert done.returncode == 0
    assert "E_vrh (GPa)" in done.stdout
    assert "threshold (GPa)" in done.stdout
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert_refused(run("predict", two_crystals[0], "--out", blocked / "table.csv"), "a file of that name")
    assert_refused(run("study", "--out", blocked), "a file of that name")


def test_predictions_go_to_standard_output_in_the_format_asked_for(two_crystals):
    done = run("predict", two_crystals[0], "--out", "-", "--format", "json")
    assert done.returncode == 0
    (row,) = json.loads(done.stdout).values()
    assert isinstance(row["warnings"], list)
    assert row["metal"] == "Pb"
    assert len(str(row["E_vrh"])) <= 7
    assert_refused(run("predict", two_crystals[0], "--format", "xlsx"), "no table is written as 'xlsx'")


def test_predict_says_why_in_words_and_as_files(two_crystals, tmp_path):
    out, figures, page = tmp_path / "table.json", tmp_path / "figures", tmp_path / "page.html"
    done = run("predict", two_crystals[0], "--why", "--out", out, "--figures", figures, "--report", page)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(out.read_text()).values()
    why = row["why"]
    assert why["sentences"][0].startswith("E_in_plane = ")
    parts = sum(part["contribution"] for part in why["contributions"].values())
    assert math.exp(parts) * why["expected"] == pytest.approx(row["E_in_plane"], rel=1e-3)
    assert len(why["neighbours"]) == 3
    assert sorted(path.suffix for path in figures.iterdir()) == [".json", ".png", ".svg"]
    assert "Nearest known crystals" in page.read_text()
    assert_refused(run("predict", two_crystals[0], "--report", tmp_path / "page.pdf"), "cannot write .pdf", "use .html")


def test_predict_keeps_a_row_for_a_bad_file(two_crystals, tmp_path):
    bad, missing = tmp_path / "empty.cif", tmp_path / "missing.cif"
    bad.write_text("")
    out = tmp_path / "prediction.csv"
    done = run("predict", two_crystals[0], bad, missing, "--out", out)
    assert done.returncode == 2
    table = pd.read_csv(out).set_index("crystal")
    assert list(table.index[table["error"].notna()]) == [str(bad), str(missing)]
    assert "no such file" in table.loc[str(missing), "error"]
    assert table["E_vrh"].notna().sum() == 1


def test_partial_occupancy_and_molecule_crystals_are_named(tmp_path):
    partial = tmp_path / "partial.cif"
    partial.write_text(
        "data_x\n_cell_length_a 6\n_cell_length_b 6\n_cell_length_c 6\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
        "_cell_angle_gamma 90\n_symmetry_space_group_name_H-M 'P 1'\nloop_\n_atom_site_label\n_atom_site_type_symbol\n"
        "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\n"
        "Pb1 Pb 0 0 0 1\nI1 I 0.5 0 0 0.5\nI2 I 0 0.5 0 1\nI3 I 0 0 0.5 1\nCs1 Cs 0.5 0.5 0.5 1\n"
    )
    done = run("describe", partial)
    assert done.returncode == 2
    assert "DisorderError" in done.stderr or "occupan" in done.stderr
    molecule = tmp_path / "methane.cif"
    molecule.write_text(
        "data_x\n_cell_length_a 5\n_cell_length_b 5\n_cell_length_c 5\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
        "_cell_angle_gamma 90\n_symmetry_space_group_name_H-M 'P 1'\nloop_\n_atom_site_label\n_atom_site_type_symbol\n"
        "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
        "C1 C 0.5 0.5 0.5\nH1 H 0.626 0.626 0.626\nH2 H 0.374 0.374 0.626\n"
        "H3 H 0.374 0.626 0.374\nH4 H 0.626 0.374 0.374\n"
    )
    done = run("describe", molecule)
    assert done.returncode == 2
    assert "octahedra" in done.stderr or "metal" in done.stderr


def test_missing_hydrogens_are_named_and_inorganic_descriptors_still_computed(elastic_data, tmp_path):
    table = elastic_data.table
    structure = elastic_data.structures[table.index[table["n_layers"] == 1][0]].copy()
    structure.remove_species(["H"])
    path, out = tmp_path / "bare.cif", tmp_path / "table.csv"
    structure.to(filename=str(path), fmt="cif")
    assert_refused(run("describe", path, "--out", out), "MissingHydrogensError", "bare.cif", "hydrogen_bonds, cation")
    row = pd.read_csv(out).iloc[0]
    assert row["bridge_angle_mean"] > 90
    assert pd.isna(row["stei_max"])
    assert run("describe", path, "--families", "bridges,layers").returncode == 0
    assert_refused(run("predict", path, "--out", tmp_path / "predicted.csv"), "MissingHydrogensError")


def test_study_of_an_empty_folder_is_refused(tmp_path):
    assert_refused(run("study", "--out", tmp_path / "out", "--data", tmp_path), "the data set is empty")


def test_study_of_one_class_is_refused(tmp_path):
    done = run("study", "--out", tmp_path / "out", "--threshold", "1000", "--quiet")
    assert_refused(done, "one class only", "threshold")


def test_audit_and_validation_write_json(tmp_path):
    for command, key in (("audit-data", "second_potential"), ("validate-labels", "trends")):
        out = tmp_path / f"{command}.json"
        done = run(command, "--out", out)
        assert done.returncode == 0
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert key in json.loads(out.read_text(), parse_constant=pytest.fail)  # Infinity and NaN are no JSON


def test_errors_of_potentials_are_a_table_of_one_line_each_and_whole_in_json(tmp_path):
    done = run("validate-labels", "--out", tmp_path / "all.json")
    lines = done.stdout.splitlines()
    header = next(line for line in lines if line.startswith("potential ") and "rank" in line)
    table = {line.split()[0]: line.split()[1:] for line in lines[lines.index(header) + 1 :][:7]}
    assert {"7net-l3i5+d3", "7net-mf-0:PBE+d3", "chgnet+d3", "diep+d3"} <= set(table)
    whole = {row["potential"]: row for row in json.loads((tmp_path / "all.json").read_text())["potentials"]}
    assert float(table["7net-l3i5+d3"][-1]) == pytest.approx(whole["7net-l3i5+d3"]["E_vrh_spearman"], abs=0.006)
    assert len(whole["7net-l3i5+d3"]) > 30


def test_descriptors_list_prints_the_registry():
    done = run("descriptors", "list", "--format", "json")
    assert done.returncode == 0
    assert "bridge_angle_mean" in done.stdout


def test_model_card_is_printed_and_written_and_a_damaged_folder_is_refused(tmp_path):
    import shutil

    from perovex.prediction import default_models

    done = run("model", "card")
    assert done.returncode == 0
    for words in (
        "# Model card",
        "## Held-out scores",
        "MAE and RMSE in GPa",
        "E_in_plane above",
        "spacers: the spacer",
        "learnt from",
        "built geometries",
        "answers each are asked on loading",
        "sha256:",
    ):
        assert words in done.stdout
    page = tmp_path / "deep" / "card.html"
    assert run("model", "card", "--out", page).returncode == 0
    assert page.read_text().startswith("<!doctype html>")
    assert_refused(run("model", "card", "--out", tmp_path / "card.pdf"), "card.pdf", "use .md or .html")
    assert_refused(run("model", "card", tmp_path), str(tmp_path), "manifest.json is missing")
    copy = shutil.copytree(default_models(), tmp_path / "models")
    (copy / "booster_0.ubj").write_bytes(b"")
    assert_refused(run("model", "card", copy), "booster_0.ubj was changed or truncated")
