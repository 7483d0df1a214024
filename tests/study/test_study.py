"""The main job on the bundled data: files, determinism, refusals."""

from __future__ import annotations

import html
import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from perovex.errors import DatasetError, ModelInputError
from perovex.study import StudyOptions, run_study
from perovex.study.tables import TARGETS, select_columns
from perovex.study.tasks import interval_coverage, require_classes


@pytest.fixture(scope="module")
def small(elastic_data, tmp_path_factory):
    """A release with few crystals, so that a study of it is quick."""
    from perovex.datasets.elastic import LABELS
    from perovex.datasets.paths import write_checksums

    folder = tmp_path_factory.mktemp("data") / "small"
    shutil.copytree(elastic_data.folder, folder)
    labels = pd.read_csv(folder / LABELS)
    groups = elastic_data.groups[np.isfinite(elastic_data.table["n_layers"])]
    wanted = groups.value_counts().index[:5]
    keep = set(groups[groups.isin(wanted)].index[:30])
    labels[labels["crystal_id"].isin(keep) & (labels["potential"] == elastic_data.potential)].to_csv(
        folder / LABELS, index=False
    )
    write_checksums(folder)
    return folder


@pytest.fixture(scope="module")
def studied(small, tmp_path_factory):
    out = tmp_path_factory.mktemp("study")
    return run_study(out, data=small, quick=True, progress=False, n_jobs=1), out


def test_study_writes_every_file(studied):
    _, out = studied
    files = {"report.html", "report.json.gz", "results.json", "descriptors.csv", "study.yaml", "files.json"}
    assert {p.name for p in out.iterdir()} == files | {"figures", "models", "tables"}
    names = {p.stem for p in (out / "figures").glob("*.svg")}
    # what slides are made of is there in pixels, too
    pixels = {p.stem for p in (out / "figures").glob("*.png")}
    assert {"moduli", "series", "groups_E_vrh", *(f"parity_{t}" for t in TARGETS)} <= pixels < names


def test_report_is_self_contained_and_names_labels(studied):
    _, out = studied
    page = (out / "report.html").read_text()
    assert not re.search(r"""<script\b[^>]*\bsrc=""", page.split("<body>")[1])
    without_scripts = re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"""<(img|link)\b(?![^>]*href="data:)""", without_scripts)
    assert "not a measurement" in page
    assert "y-scrambling" in page


def test_every_section_shows_its_figure_before_a_table(studied):
    _, out = studied
    sections = re.findall(r'<section id="([^"]+)"(.*?)</section>', (out / "report.html").read_text(), flags=re.DOTALL)
    drawn = 0
    for name, body in sections:
        kinds = re.findall(r'<figure><div class="(?:drawing|chart)"|<(?:figure|details) class="table"', body)
        if any("table" not in kind for kind in kinds):
            drawn += 1
            assert "table" not in kinds[0], name
    assert drawn >= 6


def test_summary_shows_every_model_and_claim(studied):
    result, out = studied
    from perovex.study.report.summary import claim_matrix, score_table, summary_html

    scores = score_table(result)
    assert len(scores) == 1 + len(TARGETS)
    held = result.tasks["E_vrh"].evaluation.scores.query("metric == 'MAE'").set_index("model")["value"]
    assert f"{held['model']:.2f} GPa" in scores["held-out score"].iloc[-1]
    assert f"{held.drop('model').min():.2f} GPa" in scores["best other model"].iloc[-1]
    matrix = claim_matrix(result.claims)
    for claim in result.claims:
        row = matrix[matrix["claim"] == claim["claim"]].iloc[0]
        assert row[claim["target"]] == claim["verdict"]
    assert summary_html(result, claims=False) in (out / "report.html").read_text()
    assert all(claim["claim"] in html.unescape(result._repr_html_()) for claim in result.claims)


def test_results_hold_scores_beside_baselines_and_claims(studied):
    result, out = studied
    stored = json.loads((out / "results.json").read_text())
    for task in ("stiff", *TARGETS):
        scores = pd.DataFrame(stored["models"][task]["evaluation"]["scores"])
        assert {"model", "nearest neighbour", "linear", "boosted trees"} <= set(scores["model"])
        assert scores.loc[scores["model"] == "model", "lower"].notna().any()
        assert 0 < stored["models"][task]["y_scrambling"]["p_value"] <= 1
    assert {c["verdict"] for c in stored["claims"]} <= {"supported", "not supported", "undecided"}
    assert {c["target"] for c in stored["claims"]} == set(TARGETS)  # classes follow from a modulus: no claim of theirs
    assert stored["threshold"] == pytest.approx(result.tables.values["E_in_plane"].median(), rel=0.2)


def test_models_are_averages_and_trees_stand_beside_them(studied):
    result, _ = studied
    for task, model in (("E_vrh", result.bundle.regressors["E_vrh"]), ("stiff", result.bundle.classifier)):
        assert model.algorithm == "average"
        scores = result.tasks[task].evaluation.scores.set_index(["model", "metric"])["value"]
        assert scores["model"].tolist() != scores["boosted trees"].tolist()
    assert "average of boosted trees" in result.bundle.card()


def test_what_is_explained_is_what_predicts(studied):
    tasks = studied[0].tasks
    assert tasks["stiff"].explanation is None
    assert not tasks["stiff"].refusals
    found = tasks["E_vrh"]
    held = found.evaluation.out_of_fold()["prediction"]
    np.testing.assert_allclose(found.explanation.prediction[held.index], held, rtol=1e-9)


def test_classes_follow_from_the_predicted_modulus(studied):
    result, out = studied
    table = result.bundle.predict(result.tables.X)
    assert ((table["class"] == "stiff") == (table["E_in_plane"] > result.threshold)).all()
    assert len(set(table["probability_stiff"])) == len(set(table["E_in_plane"]))
    words = re.sub(r"</?dfn[^>]*>", "", (out / "report.html").read_text())  # a term is explained where it stands first
    assert "Classes follow from the predicted E_in_plane" in words


def test_scores_by_source_and_for_like_spacers_are_in_results_and_on_the_card(studied):
    result, out = studied
    stored = json.loads((out / "results.json").read_text())["models"]["E_vrh"]["evaluation"]
    parts = pd.DataFrame(stored["by_part"])
    assert {"halide", "n_layers"} <= set(parts["part"])
    rows = parts.query("metric == 'MAE'").groupby("part")["n_rows"].sum()
    assert (rows == len(result.tables.X)).all()
    assert "within parts of the data" in result.bundle.card()


def test_domain_errors_and_coverage_are_in_the_results(studied):
    _, out = studied
    stored = json.loads((out / "results.json").read_text())["models"]["E_vrh"]
    assert {row["crystals"] for row in stored["domain"]} == {"layered, spacer held out"}  # no network in these data
    assert sum(row["n_rows"] for row in stored["domain"]) == stored["evaluation"]["settings"]["n_rows"]
    assert stored["evaluation"]["domain"]["errors"][0]["mean_error"] > 0


def test_no_modulus_is_offered_to_a_model(studied):
    result, _ = studied
    from perovex.datasets import MODULI

    assert not set(result.tables.X.columns) & {*MODULI, "poisson_vrh", "universal_anisotropy"}


def test_same_seed_gives_the_same_results(studied, small):
    result, _ = studied
    again = run_study(None, data=small, quick=True, progress=False, n_jobs=2)
    assert json.dumps(again.to_dict(), sort_keys=True) == json.dumps(result.to_dict(), sort_keys=True)


def test_saved_models_predict_what_the_study_fitted(studied):
    from perovex.learn import ModelBundle

    result, out = studied
    loaded = ModelBundle.load(out / "models")
    X = result.tables.X.head(4)
    pd.testing.assert_frame_equal(loaded.predict(X), result.bundle.predict(X))


def test_one_class_is_refused(small):
    with pytest.raises(ModelInputError, match="one class only"):
        run_study(None, data=small, threshold=1e6, progress=False)
    with pytest.raises(ModelInputError, match="every crystal is stiff"):
        require_classes(pd.Series([5.0, 6.0]), 1.0)


def test_empty_data_and_unknown_target_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="the data set is empty"):
        run_study(None, data=tmp_path, progress=False)
    with pytest.raises(ModelInputError, match="unknown target"):
        run_study(None, target="hardness")
    with pytest.raises(ModelInputError, match="unknown task"):
        StudyOptions(task="clustering")
    with pytest.raises(ModelInputError, match="0 worker processes"):
        StudyOptions(n_jobs=0)
    with pytest.raises(ModelInputError, match="seed -1 cannot be used"):
        StudyOptions(seed=-1)
    with pytest.raises(ModelInputError, match=r"unknown algorithm .oracle.*choose one of average"):
        StudyOptions(algorithm="oracle")


@pytest.mark.parametrize("threshold", ["q1.5", "q0", "stiff", "nan", "inf", "1e6", 0.0])
def test_impossible_thresholds_are_refused_before_any_crystal_is_described(small, monkeypatch, threshold):
    from perovex.study import run

    monkeypatch.setattr(run, "build_tables", lambda *_, **__: pytest.fail("crystals were described"))
    with pytest.raises(ModelInputError, match="threshold"):
        run_study(None, data=small, threshold=threshold, progress=False)


def test_threshold_text_becomes_a_number():
    assert StudyOptions(threshold="12.5").threshold == 12.5
    assert StudyOptions(threshold="q0.6").threshold == "q0.6"


def test_interval_coverage_never_exceeds_what_groups_support():
    for n in range(2, 60):
        coverage = interval_coverage(n)
        training = n - -(-n // 5)
        assert coverage is None or coverage <= training / (training + 1)


def test_selection_looks_at_descriptors_only():
    frame = pd.DataFrame(
        {"ok": [1.0, 2, 3, 4], "same": [2.0] * 4, "rare": [1.0, np.nan, np.nan, np.nan], "n_layers": [1.0, 2, 1, 2]}
    ).assign(inverse_n_layers=[1.0, 0.5, 1, 0.5])
    kept, dropped = select_columns(frame)
    assert list(kept) == ["ok", "inverse_n_layers"]
    assert set(dropped) == {"same", "rare", "n_layers"}


def test_a_score_without_an_interval_stands_alone():
    """Three groups: nothing can be said about other spacers, and no bracket pretends so."""
    from types import SimpleNamespace

    from perovex.learn import YoungModulusRegressor, evaluate
    from perovex.report import Section
    from perovex.study.report import error_section, summary
    from perovex.study.tables import Quantity
    from perovex.study.tasks import Task

    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(12, 2)), columns=["bridge_angle_mean", "layer_spacing"])
    y = pd.Series(10 + X["bridge_angle_mean"] + 0.1 * rng.normal(size=12), name="E_vrh")
    found = evaluate(YoungModulusRegressor(), X, y, np.arange(12) % 3, n_repeats=1, progress=False)
    assert found.scores["lower"].isna().all()
    of = Task("E_vrh", Quantity("E_vrh"), classify=False)
    task = SimpleNamespace(name="E_vrh", task=of, evaluation=found, ranking=None, refusals={}, scrambling={})
    section = Section("model")
    error_section._tables(section, task, found.by_part(), "spacers")
    own = found.scores.query("model == 'model' and metric == 'MAE'")["value"].iloc[0]
    assert f"held-out MAE {own:.2f} GPa (beside it" in summary.score_line(task)
    assert summary._scores(task)["held-out score"] == f"{own:.2f} GPa"
    shown = "\n".join(section.blocks)
    assert f">{own:.2f}<" in shown
    assert "[nan" not in shown
