"""Attributions against independent implementations, closed forms and invariances."""

import numpy as np
import pandas as pd
import pytest
import shap
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from perovex.errors import ExplanationError
from perovex.explain import attribute, interactions


def test_xgboost_values_equal_shap(planted, regressor):
    model = regressor.fit(planted.X, planted.y)
    found = attribute(model, planted.X)
    expected = shap.TreeExplainer(model).shap_values(planted.X)
    assert np.allclose(found.values, expected, atol=1e-5)
    assert found.unit == "target"


def test_interactions_equal_xgboost_and_sum_to_values(planted, regressor):
    model = regressor.fit(planted.X, planted.y)
    found = interactions(model, planted.X.head(10))
    table = xgboost.DMatrix(planted.X.head(10))
    expected = model.get_booster().predict(table, pred_interactions=True)[:, :-1, :-1]
    assert np.allclose(found, expected, atol=1e-4)
    assert np.allclose(found.sum(axis=2), attribute(model, planted.X.head(10)).values, atol=1e-4)
    assert np.allclose(found, np.swapaxes(found, 1, 2), atol=1e-5)


def test_a_stump_is_attributed_in_closed_form():
    X = pd.DataFrame({"a": [0.0] * 6 + [1.0] * 2, "b": np.arange(8.0)})
    y = np.where(X["a"] > 0.5, 4.0, 0.0)
    model = xgboost.XGBRegressor(n_estimators=1, max_depth=1, learning_rate=1.0, reg_lambda=0, n_jobs=1).fit(X, y)
    found = attribute(model, X)
    assert found.base == pytest.approx(1.0, abs=1e-5)  # 2 of 8 rows are at 4
    assert found.values[:, 0] == pytest.approx(np.where(X["a"] > 0.5, 3.0, -1.0), abs=1e-5)
    assert np.abs(found.values[:, 1]).max() == 0


@pytest.mark.parametrize("space", ["raw", "probability"])
@pytest.mark.parametrize("perturbation", ["tree_path_dependent", "interventional"])
def test_classifier_output_is_what_the_values_add_up_to(planted, classifier, space, perturbation):
    model = classifier.fit(planted.X, planted.stiff)
    found = attribute(model, planted.X, background=planted.X, space=space, perturbation=perturbation)
    p = model.predict_proba(planted.X)[:, 1]
    expected = p if space == "probability" else np.log(p / (1 - p))
    assert found.base + found.values.sum(axis=1) == pytest.approx(expected, abs=2e-3)
    assert found.unit == ("probability" if space == "probability" else "log-odds")


@pytest.mark.parametrize("kind", ["forest", "boosting"])
def test_scikit_learn_classifiers(planted, kind):
    options = {"n_estimators": 20, "random_state": 0}
    model = RandomForestClassifier(**options) if kind == "forest" else GradientBoostingClassifier(**options)
    found = attribute(model.fit(planted.X, planted.stiff), planted.X)
    assert found.unit == ("probability" if kind == "forest" else "log-odds")
    assert found.additivity_error < 1e-6


def test_wrappers_are_opened(planted, regressor):
    inner = HistGradientBoostingRegressor(max_iter=20, random_state=0)
    logged = TransformedTargetRegressor(make_pipeline(SimpleImputer(), inner), func=np.log, inverse_func=np.exp)
    found = attribute(logged.fit(planted.X, planted.y.clip(lower=1)), planted.X)
    assert found.unit == "ln(target)"
    expected = np.log(logged.predict(planted.X))
    assert found.base + found.values.sum(axis=1) == pytest.approx(expected, abs=1e-6)


def test_models_without_trees_and_mixing_steps_are_refused(planted, regressor):
    with pytest.raises(ExplanationError, match="no tree model"):
        attribute(Ridge().fit(planted.X, planted.y), planted.X)
    mixed = make_pipeline(PCA(2), HistGradientBoostingRegressor(max_iter=5)).fit(planted.X, planted.y)
    with pytest.raises(ExplanationError, match="mixes descriptors"):
        attribute(mixed, planted.X)
    with pytest.raises(ExplanationError, match="background"):
        attribute(regressor.fit(planted.X, planted.y), planted.X, perturbation="interventional")


def test_interventional_gives_nothing_to_an_unread_twin():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"read": rng.normal(size=80)})
    X["twin"] = X["read"] + 0.01 * rng.normal(size=80)
    model = xgboost.XGBRegressor(n_estimators=20, max_depth=2, n_jobs=1).fit(X.assign(twin=0.0), X["read"])
    found = attribute(model, X, background=X, perturbation="interventional")
    assert np.abs(found.values[:, 1]).max() == 0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.1, 100))
def test_values_scale_with_the_target_and_follow_permuted_rows(seed, scale):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(30, 3)), columns=list("abc"))
    model = HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=5)
    found = attribute(model.fit(X, X["a"]), X).values
    order = rng.permutation(30)
    assert attribute(model, X.iloc[order]).values == pytest.approx(found[order], abs=1e-9)
    scaled = attribute(model.fit(X, scale * X["a"]), X).values
    assert scaled == pytest.approx(scale * found, rel=1e-3, abs=1e-6 * scale)
