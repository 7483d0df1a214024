"""A weight counts like repeating a row, a weight of zero like removing it; what cannot weigh says so."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from perovex.errors import ModelInputError
from perovex.learn import (
    ConformalRegressor,
    DescriptorSelector,
    ProbabilityCalibrator,
    StiffnessClassifier,
    TunedModel,
    YoungModulusRegressor,
)
from perovex.learn.estimators.algorithms import CLASSIFIERS, REGRESSORS, WEIGHTABLE
from perovex.learn.estimators.selection import weighted_ranks

WHOLE = {"subsample": 1.0, "colsample_bytree": 1.0}  # sampling draws rows, so that repeats are not weights


def weighted(table, seed=0):
    """The planted table with weights 0 to 3, and the same with rows repeated that often."""
    X, y, groups, _ = table
    w = np.random.default_rng(seed).integers(0, 4, len(X))
    return (X, y, groups, w), tuple(
        part.repeat(w) if part.ndim == 1 else part.loc[part.index.repeat(w)] for part in (X, y, groups)
    )


@pytest.mark.parametrize("interval_folds", [0, 4])
def test_weights_count_like_repeats(table, interval_folds):
    (X, y, groups, w), repeated = weighted(table)
    model = YoungModulusRegressor(algorithm_params=WHOLE, interval_folds=interval_folds)
    a = model.fit(X, y, groups, sample_weight=w).predict(X)
    b = model.fit(*repeated).predict(X)
    assert np.allclose(a, b, rtol=1e-4)
    if interval_folds:
        band = YoungModulusRegressor("ridge", interval_folds=4, algorithm_params={"alphas": [1.0]})
        one = band.fit(X, y, groups, sample_weight=w).predict_interval(X, 0.8)
        two = band.fit(*repeated).predict_interval(X, 0.8)
        assert np.allclose(one, two, rtol=1e-6)


def test_weighted_classifier_and_calibration_count_like_repeats(table):
    (X, y, groups, w), (X2, y2, groups2) = weighted(table)
    model = StiffnessClassifier(threshold=10.0, algorithm_params=WHOLE)
    a = model.fit(X, y, groups, sample_weight=w).predict_proba(X)
    assert np.allclose(a, model.fit(X2, y2, groups2).predict_proba(X), atol=1e-4)
    p, label = np.linspace(0.05, 0.95, len(w)), (y > 10).to_numpy(int)
    for method in ("sigmoid", "isotonic"):
        one = ProbabilityCalibrator(method).fit(p, label, sample_weight=w).predict(p)
        two = ProbabilityCalibrator(method).fit(p.repeat(w), label.repeat(w)).predict(p)
        assert np.allclose(one, two, atol=1e-5), method


def test_weighted_selection_counts_like_repeats(table):
    (X, y, _, w), (X2, y2, _) = weighted(table)
    X, X2 = X.mask(X > 1.5), X2.mask(X2 > 1.5)
    a, b = DescriptorSelector(n_select=4).fit(X, y, sample_weight=w), DescriptorSelector(n_select=4).fit(X2, y2)
    assert np.allclose(a.relevance_, b.relevance_)
    assert a.get_feature_names_out().tolist() == b.get_feature_names_out().tolist()
    plain = weighted_ranks(X.to_numpy(), np.ones(len(X)))
    known = X["a"].notna()
    assert np.allclose(plain[known, 0], rankdata(X.loc[known, "a"]) - 0.5)


@pytest.mark.parametrize("name", sorted({*REGRESSORS, *CLASSIFIERS}))
def test_zero_weight_removes_a_row_or_weights_are_refused(name, table):
    if name == "ebm":
        pytest.importorskip("interpret")
    X, y, groups, _ = table
    w = np.r_[np.ones(45), np.zeros(15)]
    poisoned = y.where(w > 0, 1e4)
    kinds = {YoungModulusRegressor: REGRESSORS, StiffnessClassifier: CLASSIFIERS}
    for kind, names in kinds.items():
        if name not in names:
            continue
        model = kind(name) if kind is YoungModulusRegressor else kind(name, threshold=10.0)
        if name not in WEIGHTABLE:
            with pytest.raises(ModelInputError, match=f"{name}.* takes no sample_weight"):
                model.fit(X, poisoned, groups, sample_weight=w)
            continue
        a = model.fit(X, poisoned, groups, sample_weight=w).predict(X)
        assert np.allclose(a, model.fit(X[:45], y[:45], groups[:45], sample_weight=w[:45]).predict(X), rtol=1e-9)


def test_weights_pull_the_model_to_the_rows_they_favour():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=200)})
    part = np.arange(200) % 2 == 0
    y = pd.Series(np.where(part, 10 + X["a"], 10 - X["a"]))
    for name in ("xgboost", "ridge", "random_forest", "hist_gradient_boosting"):
        model = YoungModulusRegressor(name).fit(X, y, sample_weight=np.where(part, 50.0, 1.0))
        assert np.corrcoef(model.predict(X[part]), y[part])[0, 1] > 0.8, name


def test_tuning_weighs_training_rows_and_losses(table):
    pytest.importorskip("optuna")
    X, y, groups, _ = table
    w = np.r_[np.ones(40), np.zeros(20)]
    poisoned = y.where(w > 0, 40.0)
    model = TunedModel(YoungModulusRegressor(algorithm_params={"n_estimators": 30}), n_trials=1, n_splits=3)
    assert model.fit(X, poisoned, groups, sample_weight=w).trials_[0]["loss"] < 0.4


@pytest.mark.parametrize(
    ("weights", "message"),
    [(np.ones(5), "sample_weight"), (-np.ones(60), "sample_weight"), (np.eye(60)[0], "fewer than two rows")],
)
def test_nonsense_weights_are_refused(weights, message, table):
    X, y, groups, _ = table
    for model in (YoungModulusRegressor("ridge"), StiffnessClassifier(), ConformalRegressor(YoungModulusRegressor())):
        with pytest.raises(ModelInputError, match=message):
            model.fit(X, y, groups, sample_weight=weights)
