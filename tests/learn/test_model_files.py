import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from perovex import load_elastic
from perovex.errors import ModelFileError, ModelInputError
from perovex.learn import (
    ConformalRegressor,
    DescriptorSelector,
    ModelBundle,
    StiffnessClassifier,
    YoungModulusRegressor,
    card_html,
    card_markdown,
    evaluate,
    load_model,
    read_manifest,
    save_model,
)
from perovex.learn.bundle.folder import _own_checksum, annotate_model
from perovex.learn.estimators.algorithms import CLASSIFIERS, REGRESSORS
from perovex.prediction import default_models


@pytest.fixture(scope="module")
def bundle(table):
    X, y, groups, _ = table
    moduli = pd.DataFrame({"E_in_plane": y, "E_vrh": 0.8 * y}).astype(float)
    moduli.loc[moduli.index[:5], "E_vrh"] = np.nan
    regressor = YoungModulusRegressor(interval_folds=4, algorithm_params={"n_estimators": 40})
    return ModelBundle.fit(
        X, moduli, groups, regressor=regressor, units={"a": "deg"}, versions={"a": "1"}, training={"potential": "none"}
    )


@pytest.fixture
def folder(bundle, tmp_path):
    return bundle.save(tmp_path / "model")


@pytest.mark.parametrize("name", REGRESSORS)
def test_regressors_come_back_bit_for_bit(name, table, tmp_path):
    if name == "ebm":
        pytest.importorskip("interpret")
    X, y, groups, _ = table
    size = {"n_estimators": 15} if name in ("xgboost", "random_forest") else None
    model = YoungModulusRegressor(name, algorithm_params=size, selector=DescriptorSelector(n_select=5)).fit(
        X, y, groups
    )
    again, _ = load_model(save_model(model, tmp_path / "m"))
    assert again.predict(X).tobytes() == model.predict(X).tobytes()
    assert again.get_params(deep=False).keys() == model.get_params(deep=False).keys()


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("calibration", ["none", "venn-abers"])
def test_classifiers_come_back_bit_for_bit(name, calibration, table, tmp_path):
    if name == "ebm":
        pytest.importorskip("interpret")
    X, y, groups, _ = table
    size = {"n_estimators": 15} if name in ("xgboost", "random_forest") else None
    model = StiffnessClassifier(name, calibration=calibration, algorithm_params=size).fit(X, y, groups)
    again, _ = load_model(save_model(model, tmp_path / "m"))
    assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert again.classes_.tolist() == [False, True]
    assert again.threshold_ == model.threshold_


@pytest.mark.parametrize("name", ["average", "gaussian_process", "ridge"])
def test_default_models_are_written_without_the_slow_library(name, table, tmp_path):
    X, y, groups, _ = table
    folder = save_model(YoungModulusRegressor(name).fit(X, y, groups), tmp_path / "m")
    assert "estimators.skops" not in {path.name for path in folder.iterdir()}
    asked = (
        f"import sys; from perovex.learn import load_model; load_model({str(folder)!r}); print('skops' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_a_manifest_cannot_name_a_class_that_is_not_listed(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["model"] = {"$plain": "Popen", "state": {"args": "true"}}
    manifest["checksum"] = _own_checksum(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelFileError, match="does not fit"):
        load_model(folder)


def test_bundle_round_trip(bundle, folder, table):
    X = table[0]
    again = ModelBundle.load(folder)
    pd.testing.assert_frame_equal(again.predict(X), bundle.predict(X), check_exact=True)
    assert again.manifest["descriptors"][0] == {"key": "a", "unit": "deg", "version": "1"}
    assert again.manifest["training"]["potential"] == "none"
    assert not list(folder.glob("*.pkl"))


def test_equal_bundles_are_equal_files(bundle, folder, tmp_path):
    other = bundle.save(tmp_path / "again")
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {p.name: p.read_bytes() for p in other.iterdir()}


def test_saving_replaces_a_model_but_nothing_else(bundle, folder, tmp_path):
    bundle.save(folder)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model"]  # no leftovers
    foreign = tmp_path / "notes"
    foreign.mkdir()
    (foreign / "diary.txt").write_text("mine")
    with pytest.raises(ModelFileError, match="holds something that is no model"):
        bundle.save(foreign)
    assert (foreign / "diary.txt").read_text() == "mine"


def test_every_damaged_file_is_refused(folder):
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for damage in (whole[: len(whole) // 2], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
            path.write_bytes(damage)
            with pytest.raises(ModelFileError, match=r"model"):
                ModelBundle.load(folder)
        path.unlink()
        with pytest.raises(ModelFileError, match=r"missing"):
            ModelBundle.load(folder)
        path.write_bytes(whole)
    ModelBundle.load(folder)


@settings(max_examples=25, deadline=None)
@given(position=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_no_changed_byte_of_the_manifest_passes(position, flip, tmp_path_factory, table):
    X, y, _, _ = table
    folder = tmp_path_factory.mktemp("m") / "model"
    save_model(YoungModulusRegressor("ridge").fit(X, y), folder)
    path = folder / "manifest.json"
    raw = bytearray(path.read_bytes())
    before = json.loads(raw)
    raw[int(position * len(raw))] ^= flip
    path.write_bytes(bytes(raw))
    try:
        same = json.loads(raw) == before
    except ValueError:
        same = False
    if not same:
        with pytest.raises(ModelFileError):
            load_model(folder)


def written_anew(folder, **changes):
    """Change entries of a manifest as if it had been written so."""
    path = folder / "manifest.json"
    content = json.loads(path.read_text()) | changes
    content["checksum"] = _own_checksum(content)
    path.write_text(json.dumps(content))


def test_a_model_that_answers_otherwise_than_when_it_was_written_is_refused(folder, monkeypatch):
    manifest = read_manifest(folder)
    assert len(manifest["check"]["rows"]) == 4
    written_anew(folder, environment=manifest["environment"] | {"numpy": "0.1.2"})
    ModelBundle.load(folder)
    # what an old xgboost does to a base score: the same number is added to every output
    right = YoungModulusRegressor.model_output
    monkeypatch.setattr(YoungModulusRegressor, "model_output", lambda self, X: right(self, X) - 0.6)
    with pytest.raises(
        ModelFileError, match=r"does not answer as when it was written \(regressors, E_in_plane"
    ) as refused:
        ModelBundle.load(folder)
    assert "written with numpy 0.1.2, here" in refused.value.cause
    assert "numpy==0.1.2" in refused.value.remedy


def test_a_model_that_breaks_when_asked_is_refused_with_the_versions(tmp_path, table, monkeypatch):
    X, y, _, _ = table
    folder = save_model(YoungModulusRegressor("ridge").fit(X, y), tmp_path / "m", rows=X)

    def broken(self, X):
        raise AttributeError("no attribute 'multi_class'")

    monkeypatch.setattr(YoungModulusRegressor, "model_output", broken)
    with pytest.raises(ModelFileError, match="does not answer here: no attribute"):
        load_model(folder)


def test_models_without_columns_by_name_are_checked_too(tmp_path):
    X = np.arange(12.0).reshape(6, 2)
    folder = save_model(ConformalRegressor(LinearRegression()).fit(X, X[:, 0]), tmp_path / "m")
    answers = read_manifest(folder)["check"]["answers"]
    assert set(answers) == {"prediction", "lower", "upper"}
    answers["upper"][1] += 0.1
    written_anew(folder, check=read_manifest(folder)["check"] | {"answers": answers})
    with pytest.raises(ModelFileError, match="upper"):
        load_model(folder)


def test_notes_can_be_added_to_a_model_folder(folder):
    annotate_model(folder, measured={"moves": 1.5})
    assert ModelBundle.load(folder).manifest["measured"] == {"moves": 1.5}
    with pytest.raises(ModelFileError, match="reserved names: files"):
        annotate_model(folder, files={})


@pytest.mark.parametrize("moduli", ["relaxed", "soft_frozen"])
def test_the_shipped_models_carry_their_training_crystals_and_answers(moduli):
    bundle = ModelBundle.load(default_models(moduli))
    assert bundle.manifest["training"]["n_rows"] == len(bundle.known)
    assert bundle.known.never_seen({"metal": "Pb", "halide": "I", "n": 3, "phase": "DJ", "dimensionality": 2}) == []
    data = load_elastic(moduli=moduli)
    told = bundle.manifest["training"]
    assert (told["data_version"], told["data_checksum"], told["moduli"]) == (data.version, data.checksum, moduli)
    assert bundle.known.moduli["E_vrh"].equals(data.table.loc[bundle.known.X.index, "E_vrh"])
    assert read_manifest(default_models(moduli))["check"]["answers"]["regressors, E_vrh, prediction"][0] > 0


def test_kinds_never_seen_are_outside_by_name_and_no_coverage_is_claimed(table):
    X, y, groups, meta = table
    crystals = meta.rename(columns={"n_layers": "n"}).assign(metal="Pb", dimensionality=2)
    regressor = YoungModulusRegressor("ridge", interval_folds=4)
    bundle = ModelBundle.fit(X, y.to_frame(), groups, regressor=regressor, crystals=crystals)
    new = crystals.iloc[:4].copy()
    new["n"] = [1.0, 4.0, 1.0, np.inf]
    new["halide"] = ["I", "I", "Br/I", "I"]
    new["dimensionality"] = [2, 2, 2, 3]
    out = bundle.predict(X.iloc[:4], crystals=new)
    plain = bundle.predict(X.iloc[:4])
    assert out["in_domain"].tolist() == [plain["in_domain"].iloc[0], False, False, False]
    assert out["domain_reason"].iloc[1].startswith("n 4 was never seen in training (1, 2)")
    assert out["domain_reason"].iloc[2].startswith("mixed halide Br/I was never seen in training (Br, Cl, I)")
    assert out["domain_reason"].iloc[3].startswith("a 3D network, and only 2D crystals were learnt from")
    assert out["coverage"].isna().tolist() == [not inside for inside in out["in_domain"]]
    assert out["E_in_plane_lower"].equals(plain["E_in_plane_lower"])


def test_foreign_folders_are_named(tmp_path):
    with pytest.raises(ModelFileError, match=r"manifest\.json is missing"):
        load_model(tmp_path / "nothing")
    (tmp_path / "manifest.json").write_text('{"format": "other"}')
    with pytest.raises(ModelFileError, match="not that of a perovex model"):
        load_model(tmp_path)


def test_what_would_need_pickle_is_refused_before_anything_is_written(tmp_path):
    X = np.arange(6.0)[:, None]
    save_model(ConformalRegressor(LinearRegression()).fit(X, X[:, 0]), tmp_path / "fine")

    class Mine(LinearRegression):
        pass

    with pytest.raises(ModelFileError, match="without pickle"):
        save_model(ConformalRegressor(Mine()).fit(X, X[:, 0]), tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_untrusted_types_are_refused(tmp_path, table, monkeypatch):
    X, y, _, _ = table
    model = YoungModulusRegressor("random_forest", algorithm_params={"n_estimators": 2}).fit(X, y)
    folder = save_model(model, tmp_path / "m")
    monkeypatch.setattr("perovex.learn.bundle.folder.TRUSTED", ("numpy.dtype",))
    with pytest.raises(ModelFileError, match=r"not trusted: .*_tree\.Tree"):
        load_model(folder)


def test_prediction_table_is_complete_and_ordered(bundle, table):
    X, y, _, _ = table
    out = bundle.predict(X[X.columns[::-1]].assign(extra=1.0))
    assert (out["E_in_plane_lower"] <= out["E_in_plane_upper"]).all()
    assert set(out["class"]) == {"stiff", "soft"}
    assert (out["threshold"] == y.median()).all()
    assert ((out["probability_stiff"] > 0.5) == (out["class"] == "stiff")).all()
    assert out["coverage"].iloc[0] == 0.9
    pd.testing.assert_frame_equal(out, bundle.predict(X))


def test_prediction_refuses_missing_and_flags_infinite_descriptors(bundle, table):
    X = table[0]
    with pytest.raises(ModelInputError, match="now missing: b"):
        bundle.predict(X.drop(columns="b"))
    with pytest.raises(ModelInputError, match="unseen at fit time: extra"):
        bundle.predict(X.assign(extra=1.0), unknown="error")
    out = bundle.predict(X.iloc[:2].assign(b=[np.inf, 0.0]))
    assert not out["in_domain"].iloc[0]
    assert out["domain_reason"].iloc[0].startswith("infinite: b")


def test_descriptors_that_were_redefined_are_named(bundle):
    assert bundle.redefined({"a": "2", "b": "2"}) == ["a"]  # the version of b at training is unknown
    assert bundle.redefined({"a": "1"}) == []


def test_intervals_do_not_store_the_model_twice(folder):
    # a classifier, and for each of two moduli a model and four fold models
    assert len(list(folder.glob("booster_*.ubj"))) == 1 + 2 * 5


def test_few_spacers_lower_the_coverage_and_the_card_says_so(table):
    X, y, _, _ = table
    regressor = YoungModulusRegressor("ridge", interval_folds=4)
    bundle = ModelBundle.fit(X, y.to_frame(), np.arange(60) // 15, regressor=regressor)
    assert bundle.predict(X)["coverage"].iloc[0] == pytest.approx(0.8)
    assert "90% was asked for" in bundle.card()
    assert "E_in_plane above" in card_html(bundle.manifest)


def test_card_shows_scores_as_a_table_beside_baselines(bundle, table):
    X, y, groups, _ = table
    scores = evaluate(YoungModulusRegressor("ridge"), X, y, groups, n_repeats=1, label_noise=0.5)
    manifest = {**bundle.manifest, "metrics": {"E_in_plane": scores.to_dict(), "other": {"MAE": 1.0}}}
    text = card_markdown(manifest)
    row = next(line for line in text.splitlines() if line.startswith("| model | ") and "MAE" not in line)
    assert f"{scores.score('MAE'):.4g} [" in row
    assert "60 crystals, 12 spacers, scheme group, labels allow an MAE of 0.3989 at best" in text
    assert text.count("| nearest neighbour |") == 1
    assert "- **other, MAE**: 1.0" in text
    page = card_html(manifest)
    assert page.count("<caption>") == 1
    assert "<th>nearest neighbour</th>" in page


@pytest.mark.parametrize(
    ("moduli", "message"),
    [
        (lambda y: y.to_frame("E_vrh"), "no modulus E_in_plane"),
        (lambda y: y.where(y.index < 3).to_frame("E_in_plane"), "3 values of E_in_plane are too few"),
        (lambda y: y.iloc[::-1].to_frame("E_in_plane"), "differ in rows"),
    ],
)
def test_bundle_refuses_what_it_cannot_train(table, moduli, message):
    X, y, groups, _ = table
    with pytest.raises(ModelInputError, match=message):
        ModelBundle.fit(X, moduli(y), groups)
