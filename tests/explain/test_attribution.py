"""Attributions against independent implementations, closed forms and invariances."""

from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest
import shap
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from perovex.errors import ExplanationError
from perovex.explain import attribute, interactions
from perovex.learn import DescriptorSelector, ModelBundle, StiffnessClassifier, YoungModulusRegressor


def test_xgboost_values_equal_shap(planted, regressor):
    model = regressor.fit(planted.X, planted.y)
    found = attribute(model, planted.X)
    expected = shap.TreeExplainer(model).shap_values(planted.X)
    assert np.allclose(found.values, expected, atol=1e-5)
    assert found.unit == "target"


@pytest.mark.parametrize("booster", ["gbtree", "dart"])
def test_trees_read_here_give_what_shap_gives_by_itself(booster):
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.integers(0, 6, size=(80, 6)).astype(float), columns=list("abcdef"))
    X = X.mask(rng.random(X.shape) < 0.15)  # many ties with cuts, many missing values
    y = X["a"].fillna(0) * X["b"].fillna(1) + X["c"].isna()
    model = xgboost.XGBRegressor(n_estimators=30, max_depth=4, booster=booster).fit(X, y)
    ours = attribute(model, X.iloc[:30], background=X.iloc[40:]).values
    background = X.iloc[40:].to_numpy()[np.unique(np.linspace(0, 39, 40).astype(int))]
    theirs = shap.TreeExplainer(model, data=background, feature_perturbation="interventional").shap_values(
        X.iloc[:30].to_numpy()
    )
    assert np.abs(ours - theirs).max() < 1e-6


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


def test_what_cannot_be_explained_is_refused(planted, regressor):
    with pytest.raises(ExplanationError, match="no trees to follow"):
        attribute(Ridge().fit(planted.X, planted.y), planted.X)
    mixed = make_pipeline(PCA(2), HistGradientBoostingRegressor(max_iter=5)).fit(planted.X, planted.y)
    with pytest.raises(ExplanationError, match="mixes descriptors"):
        attribute(mixed, planted.X)
    with pytest.raises(ExplanationError, match="background"):
        attribute(regressor.fit(planted.X, planted.y), planted.X, perturbation="interventional")
    with pytest.raises(ExplanationError, match="no tree model"):
        interactions(Ridge().fit(planted.X, planted.y), planted.X)


def brute_force(output, row, background):
    """Shapley values from their definition: all coalitions of all players."""
    width = len(row)

    def worth(coalition):
        hybrid = background.copy()
        hybrid[:, list(coalition)] = row[list(coalition)]
        return output(hybrid).mean()

    values = np.zeros(width)
    for j in range(width):
        others = [k for k in range(width) if k != j]
        for size in range(width):
            weight = 1 / (width * comb(width - 1, size))
            for coalition in combinations(others, size):
                values[j] += weight * (worth((*coalition, j)) - worth(coalition))
    return values


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(4)
    X = pd.DataFrame(rng.normal(size=(40, 5)), columns=list("abcde"))
    y = np.exp(0.5 * X["a"] * X["b"] - 0.3 * np.abs(X["c"])) * 10
    return X, y


@pytest.mark.parametrize("algorithm", ["gaussian_process", "ridge", "xgboost", "average", "nearest_neighbour"])
def test_every_member_agrees_with_the_definition(small, algorithm):
    X, y = small
    model = YoungModulusRegressor(algorithm).fit(X, y)
    background = X.iloc[:12]
    found = attribute(model, X.iloc[20:23], background=background)
    for i in range(3):
        expected = brute_force(
            lambda rows: model.model_output(pd.DataFrame(rows, columns=X.columns)),
            X.iloc[20 + i].to_numpy(),
            background.to_numpy(),
        )
        tolerance = 4 * found.sampling_error if algorithm == "nearest_neighbour" else 1e-6
        assert found.values[i] == pytest.approx(expected, abs=tolerance)
    assert found.unit == "ln(target)"
    assert found.base + found.values.sum(axis=1) == pytest.approx(model.model_output(X.iloc[20:23]), abs=1e-6)
    assert (found.sampling_error > 0) == (algorithm == "nearest_neighbour")


@pytest.mark.parametrize("algorithm", ["gaussian_process", "logistic", "average"])
def test_classifiers_are_explained_in_log_odds(small, algorithm):
    X, y = small
    model = StiffnessClassifier(algorithm).fit(X, y)
    background = X.iloc[:10]
    found = attribute(model, X.iloc[20:22], background=background)

    def output(rows):
        if algorithm == "gaussian_process":  # the latent mean; the probability averages over its variance
            inner = model.model_[-1].base_estimator_
            table = model.model_[:-1].transform(rows)
            return inner.kernel_(table, inner.X_train_) @ (inner.y_train_ - inner.pi_)
        return logit(model.predict_proba(pd.DataFrame(rows, columns=X.columns))[:, 1])

    for i in range(2):
        expected = brute_force(output, X.iloc[20 + i].to_numpy(), background.to_numpy())
        assert found.values[i] == pytest.approx(expected, abs=1e-5)
    assert found.unit == "log-odds"


def test_length_scales_of_their_own_are_read(small):
    X, y = small
    kernel = WhiteKernel(0.1) + ConstantKernel(2.0) * RBF(np.array([0.5, 1.0, 2.0, 4.0, 8.0]))
    model = GaussianProcessRegressor(kernel, optimizer=None, normalize_y=True).fit(X, np.log(y))
    found = attribute(model, X.iloc[20:21], background=X.iloc[:6])
    output = lambda rows: model.predict(pd.DataFrame(rows, columns=X.columns))  # noqa: E731
    expected = brute_force(output, X.iloc[20].to_numpy(), X.iloc[:6].to_numpy())
    assert found.values[0] == pytest.approx(expected, abs=1e-9)


def test_missing_values_and_selected_columns_keep_their_place(planted):
    X = planted.X.mask(np.random.default_rng(0).random(planted.X.shape) < 0.05)
    model = YoungModulusRegressor("average", selector=DescriptorSelector(n_select=4))
    model.fit(X, planted.y.clip(lower=1), planted.groups)
    found = attribute(model, X.head(5), background=X)
    assert found.base + found.values.sum(axis=1) == pytest.approx(model.model_output(X.head(5)), abs=1e-5)
    unused = [j for j, name in enumerate(X) if name not in model.selected_features_]
    assert np.abs(found.values[:, unused]).max() == 0
    assert np.mean(list(found.members.values()), axis=0) == pytest.approx(found.values)


@pytest.mark.parametrize("kind", ["relaxed", "soft_frozen"])
def test_bundled_models_are_explained(kind):
    bundle = ModelBundle.load(f"data/models/{kind}")
    rng = np.random.default_rng(0)
    names = list(bundle.regressors["E_vrh"].feature_names_in_)
    scaler = bundle.regressors["E_vrh"].model_.models_[1][1]
    X = pd.DataFrame(scaler.mean_ + scaler.scale_ * rng.normal(size=(8, len(names))), columns=names)
    for model in bundle.regressors.values():
        found = attribute(model, X.head(2), background=X)
        assert found.base + found.values.sum(axis=1) == pytest.approx(model.model_output(X.head(2)), abs=1e-5)
        assert len(found.members) == 3


def test_interventional_gives_nothing_to_an_unread_twin():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"read": rng.normal(size=80)})
    X["twin"] = X["read"] + 0.01 * rng.normal(size=80)
    model = xgboost.XGBRegressor(n_estimators=20, max_depth=2, n_jobs=1).fit(X.assign(twin=0.0), X["read"])
    found = attribute(model, X, background=X, perturbation="interventional")
    assert np.abs(found.values[:, 1]).max() == 0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([2.0**k for k in (-6, -1, 1, 5, 20)]))
def test_values_scale_with_the_target_and_follow_permuted_rows(seed, scale):
    # powers of two: other factors round, and a rounded tie between two cuts may fall the other way
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(30, 3)), columns=list("abc"))
    model = HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=5)
    found = attribute(model.fit(X, X["a"]), X).values
    order = rng.permutation(30)
    assert attribute(model, X.iloc[order]).values == pytest.approx(found[order], abs=1e-9)
    scaled = attribute(model.fit(X, scale * X["a"]), X).values
    assert scaled == pytest.approx(scale * found, rel=1e-3, abs=1e-6 * scale)
