"""Studies of somebody else's numbers: tables with structures, tables alone, and what is wrong with them."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from perovex.datasets import data_root
from perovex.errors import DatasetError, ModelInputError
from perovex.learn import ModelBundle
from perovex.study import run_study
from perovex.study.own_data import descriptor_columns, read_own_data
from perovex.study.report.explorer import explorer_payload
from perovex.study.words import not_offered_in_words

FAST = {"quick": True, "n_jobs": 1, "algorithm": "xgboost"}


@pytest.fixture(scope="session")
def measured(elastic_data, tmp_path_factory):
    """Files of crystals, and the volumes of their cells as measured by others (CCDC entries, DOI in the table)."""
    folder = tmp_path_factory.mktemp("measured")
    cells = pd.read_csv(data_root() / "reference" / "lattice_parameters.csv").query("method == 'experiment'")
    known = cells[cells["crystal_id"].isin(elastic_data.table.index)].copy()
    known["volume"] = known["volume_A3"]
    for name in known["crystal_id"]:
        elastic_data.structures[name].to(filename=str(folder / f"{name}.cif"), fmt="cif")
    table = folder / "volumes.csv"
    known[["crystal_id", "volume", "doi_of_experiment"]].to_csv(table, index=False)
    return folder, table, known.set_index("crystal_id")["volume"]


@pytest.fixture(scope="session")
def volumes(measured, tmp_path_factory):
    folder, table, _ = measured
    out = tmp_path_factory.mktemp("volumes")
    result = run_study(
        out, structures=str(folder / "*.cif"), table=table, target="volume", unit="Å^3", task="regression", **FAST
    )
    return result, out


def test_published_volumes_are_learnt_from_structures(volumes, measured):
    result, out = volumes
    assert len(measured[2]) >= 12
    assert result.tables.values["volume"].to_dict() == measured[2].to_dict()
    assert set(result.tasks) == {"volume"}
    assert result.tables.meta["halide"].isin(["I", "Br", "Cl"]).all()
    stored = json.loads((out / "results.json").read_text())
    assert stored["data"]["targets"] == {"volume": {"unit": "Å^3", "log": True}}
    assert stored["models"]["volume"]["evaluation"]["settings"]["unit"] == "Å^3"
    assert stored["threshold"] is None
    assert any("only 1" in remark["cause"] for remark in stored["remarks"])  # fewer than twenty crystals


def test_groups_are_the_perceived_spacers(volumes, elastic_data):
    result, _ = volumes
    known = elastic_data.groups
    assert (result.tables.groups == known.loc[result.tables.groups.index]).all()


def test_what_cannot_be_asked_is_refused_with_its_reason(volumes):
    result, out = volumes
    refusals = result.tasks["volume"].refusals
    assert "claims" in refusals
    assert "moduli" in refusals["claims"]
    assert "transfer" not in refusals or "needed" in refusals["transfer"]
    html = (out / "report.html").read_text()
    assert "GPa" not in html.split("Environment")[0].split("Descriptors")[0]
    assert refusals["claims"].replace("'", "&#x27;") in html


def test_models_of_users_predict_like_the_bundled_ones(volumes, measured):
    from perovex.prediction.crystals import predict

    result, out = volumes
    bundle = ModelBundle.load(out / "models")
    assert bundle.manifest["unit"] == "Å^3"
    file = next(measured[0].glob("*.cif"))
    row = predict(file, models=out / "models").iloc[0]
    assert row["volume_lower"] <= row["volume"] <= row["volume_upper"] if "volume_lower" in row else row["volume"] > 0
    name = file.stem
    again = bundle.predict(result.tables.X.loc[[name]])["volume"].iloc[0]
    assert row["volume"] == pytest.approx(again, rel=1e-3)
    assert not any("stiff" in column or column == "class" for column in row.index)


def test_a_study_can_be_repeated_from_its_file(volumes, tmp_path):
    from typer.testing import CliRunner

    from perovex.cli.main import app

    result, out = volumes
    options = ["--config", str(out / "study.yaml"), "--out", str(tmp_path / "again"), "--jobs", "1", "--quiet"]
    done = CliRunner().invoke(app, ["study", *options], catch_exceptions=False)
    assert done.exit_code == 0
    first, second = (json.loads((folder / "results.json").read_text()) for folder in (out, tmp_path / "again"))
    assert first == second
    assert "MAE" in done.stdout
    assert result.asked["target"] == ["volume"]


def planted(n_groups=24, seed=0):
    rng = np.random.default_rng(seed)
    n = 3 * n_groups
    table = pd.DataFrame(rng.normal(size=(n, 4)), columns=["angle", "spacing", "idle", "other"])
    table.insert(0, "name", [f"crystal {k}" for k in range(n)])
    table["spacer"] = np.repeat([f"salt {k}" for k in range(n_groups)], 3)
    table["shift"] = 3 * table["angle"] - 1.5 * table["spacing"] + 0.3 * rng.normal(size=n)
    return table


@pytest.fixture(scope="module")
def negative(tmp_path_factory):
    """A table of descriptors, no structures, a target with negative values, classes too."""
    out = tmp_path_factory.mktemp("negative")
    head = {"title": "Shifts & strains", "authors": "A. Uthor", "notes": "For the group seminar."}
    table = planted().rename(columns={"spacer": "lab"})
    asked = {"target": "shift", "groups": "lab", "unit": "meV", "quick": True, "n_jobs": 1}
    return run_study(out, table=table, **asked, **head), out


def test_a_table_without_structures_finds_what_was_planted(negative):
    result, _ = negative
    assert set(result.tasks) == {"high", "shift"}
    task = result.tasks["shift"]
    assert not task.task.quantity.log
    assert task.evaluation.score("R2") > 0.8
    assert task.evaluation.score("R2", "mean") < 0.2
    assert list(task.ranking.table.index[:2]) == ["angle", "spacing"]
    assert task.scrambling["p_value"] == pytest.approx(0.1)
    assert result.tasks["high"].evaluation.score("ROC-AUC") > 0.9
    assert result.tasks["high"].scrambling["metric"] == "ROC-AUC"
    truth = result.tables.values["shift"]
    assert truth.min() < 0
    held = task.evaluation.out_of_fold()
    assert ((held["lower"] <= held["prediction"]) & (held["prediction"] <= held["upper"])).all()


def test_the_report_carries_its_own_head_and_says_what_beside_scores(negative):
    result, out = negative
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<h1>Shifts &amp; strains</h1>" in page
    assert '<p class="byline">A. Uthor</p>' in page
    assert "For the group seminar." in page
    for heading in ("What it leans on", "How good it is", "Where it fails", "Would more lab groups help?", "To cite"):
        assert f"<h3>{heading}</h3>" in page
    assert "five-fold cross-validation" in page
    assert "lab groups" in ModelBundle.load(out / "models").card()
    for other in (
        "intervals over spacers",
        "spacers that no model",
        "halves of the spacers",
        "all crystals of a spacer",
    ):
        assert other not in page
    assert "@inproceedings{lundberg2017shap" in page
    visible = re.sub(r"<(script|style|dl)\b.*?</\1>|<[^>]*>", "\n", page, flags=re.DOTALL)
    lines = {line.strip() for line in visible.splitlines() if "spacer" in line}
    assert lines == {
        "Same spacer, several n",
        "shift: not known of the crystals: n, halide, spacer (give --structures)",
    }
    for file in (out / "results.json", *(out / "tables").glob("*.csv")):
        told = file.read_text().replace("not known of the crystals: n, halide, spacer (give", "")
        assert "spacer" not in told, file
    further = result.tasks["shift"].further
    assert further.curve.metric == "R2"
    assert (further.pairs["share"].diff().dropna() <= 0).all()


def test_classes_and_values_never_contradict(negative):
    result, out = negative
    table = ModelBundle.load(out / "models").predict(result.tables.X)
    assert set(table["class"]) == {"low", "high"}
    assert ((table["probability_high"] > 0.5) == (table["shift"] > table["threshold"])).all()
    assert ((table["class"] == "high") == (table["shift"] > table["threshold"])).all()


def test_single_predictions_stand_in_tidy_files(negative):
    result, out = negative
    tables = out / "tables"
    held = pd.read_csv(tables / "predictions.csv")
    own = held.query("task == 'shift' and model == 'model'").set_index("crystal_id")
    expected = result.tasks["shift"].evaluation.out_of_fold()
    np.testing.assert_allclose(own.loc[expected.index, "prediction"], expected["prediction"])
    assert {"lower", "upper", "in_domain", "domain_score", "fold", "repeat", "group"} <= set(own)
    shap = pd.read_parquet(tables / "shap_values.parquet").query("task == 'shift'")
    assert len(shap) == len(result.tables.X) * result.tables.X.shape[1]
    by_crystal = shap.groupby("crystal_id", sort=False)["shap"].sum()
    explanation = result.tasks["shift"].explanation
    np.testing.assert_allclose(by_crystal + explanation.base_values, explanation.prediction, atol=1e-4)
    folds = shap.drop_duplicates("crystal_id").set_index("crystal_id")["fold"]
    spread = folds.groupby(result.tables.groups.loc[folds.index]).nunique()
    assert (spread == 1).all()  # groups stay together
    near = pd.read_csv(tables / "neighbours.csv")
    assert (near["crystal_id"] != near["neighbour"]).all()
    assert near.groupby("crystal_id").size().eq(3).all()
    assert near.groupby("crystal_id")["distance"].apply(lambda d: d.is_monotonic_increasing).all()
    for name in ("scores", "scores_by_part", "scores_left_out"):
        assert len(pd.read_csv(tables / f"{name}.csv"))


def test_a_classification_alone(tmp_path):
    result = run_study(tmp_path / "out", table=planted(), target="shift", task="classification", **FAST)
    assert set(result.tasks) == {"high"}
    assert result.bundle.regressors == {}
    table = ModelBundle.load(tmp_path / "out" / "models").predict(result.tables.X)
    assert (table["probability_high"].between(0, 1)).all()
    with pytest.raises(ModelInputError, match="one class only"):
        run_study(None, table=planted(), target="shift", task="classification", threshold=1e6, **FAST)


def test_one_class_leaves_the_regression(tmp_path):
    result = run_study(None, table=planted(8), target="shift", threshold=1e6, **FAST)
    assert set(result.tasks) == {"shift"}
    assert any("no classification: one class only" in str(remark) for remark in result.remarks)


@pytest.fixture(scope="module")
def several():
    table = planted(10)
    table["gap"] = 2 + 0.1 * table["angle"]
    table.loc[:5, "gap"] = np.nan
    return run_study(None, table=table, target=["shift", "gap"], unit=["meV", "eV"], task="regression", **FAST)


def test_several_targets_with_missing_values(several):
    result = several
    assert {name: item.task.unit for name, item in result.tasks.items()} == {"shift": "meV", "gap": "eV"}
    assert result.tasks["shift"].evaluation.settings["n_rows"] == 30
    assert result.tasks["gap"].evaluation.settings["n_rows"] == 24
    assert "gap" not in result.tables.X
    assert any("lack a value of gap" in remark.cause for remark in result.remarks)
    assert set(result.bundle.predict(result.tables.X)) >= {"shift", "gap"}


def test_the_report_of_a_finished_study_is_rendered_anew(negative, tmp_path):
    from typer.testing import CliRunner

    from perovex.cli.main import app
    from perovex.report import render_report

    _, out = negative
    written = (out / "report.html").read_text(encoding="utf-8")
    assert render_report(out).html() == written
    page = tmp_path / "new.html"
    done = CliRunner().invoke(
        app, ["report", str(out), "--out", str(page), "--title", "Shifts"], catch_exceptions=False
    )
    assert done.exit_code == 0
    for tag in ("title", "h1"):  # the options of the study, further below, stay as they were
        written = written.replace(f"<{tag}>Shifts &amp; strains<", f"<{tag}>Shifts<")
    assert page.read_text(encoding="utf-8") == written


def test_a_table_without_structures_can_be_explored(negative):
    result, out = negative
    page = explorer_payload(result, result.small)
    assert [crystal["name"] for crystal in page["crystals"]] == list(result.tables.X.index)
    assert page["facts"] == ["lab"]
    assert page["categories"] == []  # 24 labs are too many colours
    assert not any(page["structures"])
    assert page["targets"]["shift"]["text"] == "shift (meV)"
    assert not page["small"]["shift"]["log"]
    held = result.tasks["shift"].evaluation.out_of_fold().loc[result.tables.X.index, "prediction"]
    assert page["predictions"]["shift"]["value"] == pytest.approx(held.to_list(), rel=1e-3)
    assert 'id="explorer"' in (out / "report.html").read_text(encoding="utf-8")


def test_structures_of_users_are_drawn_and_named(volumes):
    result, _ = volumes
    page = explorer_payload(result, result.small)
    assert {"spacer", "n", "halide", "stacking", "doi_of_experiment"} <= set(page["facts"])
    assert {"halide", "phase"} <= set(page["categories"])
    assert "(C4H9NH3)2PbI4" in {crystal["formula"] for crystal in page["crystals"]}
    assert page["categories"][0] == "halide"
    first = page["structures"][0]
    assert len(first["symbols"]) == len(first["positions"])
    assert {"Pb", "N"} <= set(first["symbols"]) <= set(page["elements"])


def test_targets_that_some_crystals_lack_leave_gaps_in_the_explorer(several):
    page = explorer_payload(several, several.small)
    for name in ("shift", "gap"):
        known = several.tables.values[name].notna().to_list()
        assert [row[0] is not None for row in page["shap"][name]] == known
        assert [value is not None for value in page["labels"][name]] == known


# reading alone, no models


def read(table, targets=("y",), **options):
    return read_own_data(table, list(targets), **options)


def small(**columns):
    return pd.DataFrame({"id": list("abcdefgh"), "x": np.arange(8.0), "y": np.arange(8.0) + 1, **columns})


def test_duplicates_are_merged_where_equal_and_left_out_where_not():
    table = pd.concat([small(), small().iloc[:2].assign(y=[1.0, 99.0])], ignore_index=True)
    own = read(table)
    assert list(own.values.index) == list("acdefgh")
    assert {remark.names for remark in own.remarks if "more than once" in remark.cause} == {("a",), ("b",)}


def test_text_among_numbers_and_missing_values_are_named():
    own = read(small().assign(y=["1", "2", "3 eV", None, "4", "5", "6", "7"]))
    assert list(own.values.index) == list("abefgh")
    names = {remark.cause: remark.names for remark in own.remarks}
    assert names["values of y are no numbers"] == ("c",)
    assert names["rows have no value to learn"] == ("c", "d")


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (small(), {"targets": ["z"]}, "no column 'z'"),
        (small(y="many"), {}, "column 'y' holds no number"),
        (small().head(4), {}, "4 crystals with a value of y are too few"),
        (small().head(0), {}, "the table has no rows"),
        (small(), {"groups": "family"}, "no column 'family'"),
        (small(), {"id_column": "code"}, "no column 'code'"),
        (small(), {"units": ["GPa", "eV"]}, "2 units for 1 targets"),
        (small().drop(columns="id"), {"structures": {"q": 1}}, "no column names the structures"),
        (small(), {"structures": {"q": 1}}, "no name of the table is that of a structure"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_a_remedy(table, options, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read(table, **options)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy or "not read" in message


@pytest.mark.parametrize(
    ("content", "message"), [(b"\xff\xfe\x00", "not a table"), (b"", "not a table"), (None, "no such table")]
)
def test_files_that_are_no_tables(tmp_path, content, message):
    path = tmp_path / "numbers.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        read(path)


def test_tables_of_other_countries_and_kinds(tmp_path):
    table = small()
    (tmp_path / "a.csv").write_text(table.to_csv(index=False, sep=";", decimal=","))
    (tmp_path / "b.tsv").write_text(table.to_csv(index=False, sep="\t"))
    table.to_parquet(tmp_path / "c.parquet")
    for path in sorted(tmp_path.iterdir()):
        pd.testing.assert_frame_equal(read(path).values, read(table).values)


def test_names_match_with_and_without_suffix_and_case():
    crystals = {name: name for name in ("a", "B", "c", "d", "e", "f", "g", "unused")}
    table = small().assign(id=["a.cif", "b", "C", "d", "e", "f", "G.CIF.gz", "h"])
    own = read(table, structures=crystals)
    assert list(own.structures.values()) == ["a", "B", "c", "d", "e", "f", "g"]
    causes = {remark.cause: remark.names for remark in own.remarks}
    assert causes["rows have no structure"] == ("h",)
    assert causes["structures have no row in the table"] == ("unused",)


def test_columns_that_are_no_descriptors_are_left_out_with_the_reason():
    own = read(small(E_vrh=1.0, word=list("pqrstuvw"), leak=2.0), ignore=["leak"])
    X, dropped = descriptor_columns(own)
    assert list(X) == ["x"]
    said = {name: not_offered_in_words(refusal) for name, refusal in dropped.items()}
    assert said == {"E_vrh": "a modulus, not a descriptor", "word": "not numbers", "leak": "left out as asked"}


def test_equal_rows_are_held_out_together():
    from perovex.study.own_tables import own_tables

    table = small(x=[0.0, 0.0, 1, 2, 3, 4, 5, 6])
    tables = own_tables(read(table))
    assert tables.groups["a"] == tables.groups["b"] == "a"
    assert tables.groups.nunique() == 7


def test_a_frame_is_no_release_and_options_need_their_table():
    with pytest.raises(DatasetError, match=r"a table is no release.*table="):
        run_study(None, data=small())
    with pytest.raises(DatasetError, match="groups is about a table of your own"):
        run_study(None, groups="spacer")
    with pytest.raises(DatasetError, match="no column to learn"):
        run_study(None, table=small())
    with pytest.raises(DatasetError, match="both given"):
        run_study(None, table=small(), target="y", data="somewhere")
