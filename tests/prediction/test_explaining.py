"""Reasons of a prediction: they add up, groups are sums, neighbours are nearest, the change crosses the threshold."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from perovex.errors import ModelInputError
from perovex.figures import plot_reasons
from perovex.learn import ModelBundle, YoungModulusRegressor
from perovex.prediction import explain_prediction, load_models, predict
from perovex.report.crystal_page import crystal_page


@pytest.fixture(scope="module")
def planted():
    """ln E = 2.4 + 0.3 angle; `twin` is the angle again, `noise` is nothing."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"angle": rng.normal(size=60), "noise": rng.normal(size=60)}, index=[f"c{k}" for k in range(60)])
    X["twin"] = X["angle"]
    moduli = pd.DataFrame({"E_in_plane": np.exp(2.4 + 0.3 * X["angle"])})
    crystals = pd.DataFrame({"formula": "x", "halide": "I", "n": 1.0}, index=X.index)
    regressor = YoungModulusRegressor("ridge", interval_folds=4)
    return ModelBundle.fit(X, moduli, np.arange(60) // 3, regressor=regressor, crystals=crystals)


def test_contributions_of_a_planted_model_are_its_coefficients(planted):
    row = pd.DataFrame({"angle": [1.0], "noise": [0.0], "twin": [1.0]})
    reasons = explain_prediction(row, planted, name="mine")
    assert reasons.groups.index[0] in ("angle", "twin")
    assert reasons.groups["members"].iloc[0] == 2
    background = planted.known.X["angle"]
    # twins share the credit, their group has all of it
    assert reasons.groups["contribution"].iloc[0] == pytest.approx(0.3 * (1 - background.mean()), abs=0.05)
    total = np.log(reasons.expected) + reasons.contributions["contribution"].sum()
    assert np.exp(total) == pytest.approx(reasons.prediction, rel=1e-9)
    assert reasons.prediction == pytest.approx(planted.regressors["E_in_plane"].predict(row)[0])
    assert reasons.groups["contribution"].sum() == pytest.approx(reasons.contributions["contribution"].sum())


def test_neighbours_are_the_nearest_and_bear_their_labels(planted):
    row = planted.known.X.iloc[[7]]
    near = explain_prediction(row, planted).neighbours
    assert near.index[0] == "c7"
    assert near["distance"].iloc[0] == pytest.approx(0, abs=1e-9)
    assert near["distance"].is_monotonic_increasing
    assert near["E_in_plane"].iloc[0] == planted.known.moduli["E_in_plane"].iloc[7]
    assert near["differences"].iloc[0] == ""


def test_the_change_crosses_the_threshold(planted):
    for value in (-1.0, 1.0):
        change = explain_prediction(pd.DataFrame({"angle": [value], "noise": [0.0], "twin": [value]}), planted).change
        assert change.found
        assert (change.prediction - planted.threshold) * (change.reached - planted.threshold) <= 0
        assert "angle" in change.changes.index


def test_builds_are_averaged_as_their_predictions_are(planted):
    rows = pd.DataFrame({"angle": [0.5, 1.5], "noise": 0.0, "twin": [0.5, 1.5]})
    reasons = explain_prediction(rows, planted)
    each = planted.regressors["E_in_plane"].predict(rows)
    assert reasons.n_builds == 2
    assert reasons.prediction == pytest.approx(np.exp(np.log(each).mean()))
    assert np.log(reasons.prediction / reasons.expected) == pytest.approx(reasons.contributions["contribution"].sum())


def test_models_without_their_training_crystals_cannot_say_why(planted):
    bare = ModelBundle(planted.classifier, planted.regressors, planted.domain, planted.manifest)
    with pytest.raises(ModelInputError, match="training crystals were not kept"):
        explain_prediction(planted.known.X.iloc[[0]], bare)
    with pytest.raises(ModelInputError, match="no model of E_vrh"):
        explain_prediction(planted.known.X.iloc[[0]], planted, target="E_vrh")


def test_the_models_that_predict_are_explained_in_words_as_a_figure_and_on_a_page(elastic_data, tmp_path):
    bundle = load_models()
    bad = tmp_path / "empty.cif"
    bad.write_text("")
    table = predict({"mine": elastic_data.structures["BA2PbBr4"], "bad": bad}, models=bundle, explain=True)
    reasons = table.loc["mine", "why"]
    assert table.loc["bad", "why"] is None
    assert reasons.additivity_error < 1e-6
    assert reasons.sampling_error == 0
    assert reasons.prediction == pytest.approx(table.loc["mine", "E_in_plane"], rel=1e-6)
    assert reasons.neighbours.index[0] == "BA2PbBr4"
    said = reasons.sentences()
    assert said[0].startswith("E_in_plane = ")
    assert said[-1].startswith("Smallest change to ")
    assert json.dumps(reasons.to_dict(), allow_nan=False)
    ax = plot_reasons(reasons)
    assert ax.get_title() == "mine"
    assert len(ax.patches) == 11  # ten groups and the others
    page = crystal_page(table, bundle).html()
    for words in ("(C4H9NH3)2PbBr4", "<svg", "Nearest known crystals", "share of training below", "90% of new spacers"):
        assert words in page
    with pytest.raises(ModelInputError, match="no crystal was predicted"):
        crystal_page(table.loc[["bad"]], bundle)
    with pytest.raises(ModelInputError, match="explain=True"):
        crystal_page(table.drop(columns="why"), bundle)
