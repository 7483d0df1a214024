"""Classes read off the fitted models of a regressor: the same folds, nothing fitted again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from perovex.learn import StiffnessClassifier, YoungModulusRegressor, evaluate


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=["angle", "stei", "tilt"])
    y = pd.Series(10 * np.exp(0.3 * X["angle"] + 0.1 * rng.normal(size=60)), name="E_in_plane")
    meta = pd.DataFrame({"source": np.repeat(["a", "b", "c"], 20)}, index=X.index)
    return X, y, pd.Series(np.arange(60) // 3), meta


def validate(model, sample, fold_models, **options):
    X, y, groups, meta = sample
    return evaluate(
        model, X, y, groups, meta=meta, left_out=["leave-one-source-out"], n_repeats=2, n_resamples=20,
        baselines=False, fold_models=fold_models, **options,
    )  # fmt: skip


def regressor():
    return YoungModulusRegressor("ridge", interval_folds=5)


def classifier(threshold=10.0):
    return StiffnessClassifier("ridge", threshold=threshold, learns="modulus")


def test_classes_follow_the_values_of_the_same_folds(sample):
    models = {}
    values = validate(regressor(), sample, models, coverage=0.9).predictions
    assert len(models) == 2 * 5 + 3  # two repeats and three sources
    classes = validate(classifier(), sample, models).predictions
    assert values[["row", "repeat", "fold"]].equals(classes[["row", "repeat", "fold"]])
    np.testing.assert_array_equal(values["prediction"] > 10.0, classes["prediction"] > 0.5)


def test_nothing_is_fitted_for_the_classes(sample, monkeypatch):
    models = {}
    validate(regressor(), sample, models)
    monkeypatch.setattr(StiffnessClassifier, "fit", lambda *_, **__: pytest.fail("fitted"))
    validate(classifier(), sample, models)


def test_what_is_taken_is_what_would_be_fitted(sample):
    X, y, groups, _ = sample
    models = {}
    validate(regressor(), sample, models)
    shared = validate(classifier(), sample, models).predictions
    for _, part in shared.groupby(["repeat", "fold"]):
        train = np.setdiff1d(np.arange(len(X)), part["row"])
        alone = classifier().fit(X.iloc[train], y.iloc[train], groups.iloc[train])
        np.testing.assert_array_equal(alone.predict(X.iloc[part["row"]]), part["prediction"] > 0.5)


@pytest.mark.parametrize("model", [StiffnessClassifier("logistic", threshold=10.0), classifier()])
def test_without_a_regressor_before_classes_are_spread_over_the_folds(sample, model):
    fresh = validate(model, sample, None)
    kept = {}
    same = validate(model, sample, kept)
    assert kept == {}
    pd.testing.assert_frame_equal(fresh.predictions, same.predictions)


def test_models_that_learnt_from_other_rows_are_not_taken(sample, monkeypatch):
    models = {}
    validate(regressor(), sample, models)
    fitted = []
    plain = StiffnessClassifier.fit
    monkeypatch.setattr(StiffnessClassifier, "fit", lambda model, *args: fitted.append(1) or plain(model, *args))
    validate(classifier(), sample, models, random_state=1)
    assert len(fitted) == 2 * 5  # other folds of both repeats; the sources that are left out are the same


def test_folds_that_lack_a_class_are_not_taken(sample):
    X, y, groups, meta = sample
    single = y.where(groups != 4, 50.0).where(groups == 4, 8.0)  # one group holds all stiff crystals but one
    single.iloc[0] = 40.0
    models = {}
    rare = (X, single, groups, meta)
    validate(regressor(), rare, models)
    result = validate(classifier(30.0), rare, models)
    assert result.settings["task"] == "classification"
