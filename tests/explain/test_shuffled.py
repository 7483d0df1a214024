"""Shuffled columns: the short cuts give what asking the model for every copy gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.pipeline import make_pipeline

from perovex.explain.importance.shuffled import shuffled_predictions
from perovex.learn import DescriptorSelector, YoungModulusRegressor

SETS = [np.array([0]), np.array([1, 3]), np.array([4]), np.array([0, 1, 2, 3, 4])]


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(50, 5)), columns=["angle", "stei", "tilt", "spacing", "constant"])
    table["constant"] = 1.0
    y = pd.Series(10 * np.exp(0.3 * table["angle"] - 0.2 * table["stei"] ** 2 + 0.1 * rng.normal(size=50)))
    table.iloc[::7, 1] = np.nan
    return table, y


def one_by_one(model, table, orders, ask):
    rows = []
    for columns in SETS:
        for order in orders:
            copy = table.copy()
            copy.iloc[:, columns] = table.to_numpy()[np.ix_(order, columns)]
            rows.append(ask(model, copy))
    return np.reshape(rows, (len(SETS), len(orders), len(table)))


def compare(model, table, *, classifier=False):
    rng = np.random.default_rng(1)
    orders = [rng.permutation(len(table)) for _ in range(3)]

    def ask(fitted, copy):
        return fitted.predict_proba(copy)[:, 1] if classifier else fitted.predict(copy)

    expected = one_by_one(model, table, orders, ask)
    found = shuffled_predictions(model, table, SETS, orders, classifier=classifier)
    np.testing.assert_allclose(found, expected, rtol=2e-6)
    assert np.ptp(expected[0], axis=0).max() > 0  # the first column matters, or nothing was compared


@pytest.mark.parametrize(
    "algorithm", ["average", "gaussian_process", "ridge", "xgboost", "random_forest", "nearest_neighbour"]
)
@pytest.mark.parametrize("log_target", [True, False])
def test_every_algorithm_is_asked_as_if_copy_by_copy(sample, algorithm, log_target):
    table, y = sample
    compare(YoungModulusRegressor(algorithm, log_target=log_target).fit(table, y), table)


def test_columns_that_the_model_does_not_see_change_nothing(sample):
    table, y = sample
    selector = DescriptorSelector("mrmr", n_select=2)
    model = YoungModulusRegressor("ridge", selector=selector).fit(table, y)
    assert "constant" not in model.selected_features_
    compare(model, table)


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(PCA(3), LinearRegression()),  # a step that mixes columns
        TransformedTargetRegressor(LinearRegression(), func=np.log1p, inverse_func=np.expm1),
        PoissonRegressor(alpha=0.1),  # a linear model behind a link
    ],
)
def test_other_models_are_asked_for_every_copy(sample, model):
    table, y = sample
    filled = table.fillna(0.0)
    compare(model.fit(filled, y), filled)


def test_probabilities_are_asked_for_every_copy(sample):
    table, y = sample
    filled = table.fillna(0.0)
    compare(LogisticRegression().fit(filled, y > y.median()), filled, classifier=True)
