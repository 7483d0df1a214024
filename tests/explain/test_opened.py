"""Which model stands inside an estimator, and which columns reach it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from perovex.errors import ExplanationError
from perovex.explain.attribution.opened import open_estimator


@pytest.fixture(scope="module")
def X():  # noqa: N802
    return pd.DataFrame(np.random.default_rng(0).normal(size=(30, 3)), columns=["a", "b", "c"])


def test_a_pipeline_that_scales_and_selects(X):
    y = 2 * X["b"]
    pipeline = make_pipeline(StandardScaler(), SelectKBest(f_regression, k=1), Ridge(alpha=0)).fit(X, y)
    opened = open_estimator(pipeline, list(X.columns))
    assert (opened.kind, opened.columns) == ("linear", ["b"])
    table = opened.prepare(X)
    assert np.allclose(opened.model.predict(table), y)
    assert opened.scatter(np.ones((30, 1)), X.columns)[0].tolist() == [0, 1, 0]


def test_trees_take_the_table_as_it_is(X):
    opened = open_estimator(DecisionTreeRegressor().fit(X, X["a"]), list(X.columns))
    assert opened.kind == "trees"
    assert np.array_equal(opened.prepare(X), X.to_numpy())


def test_steps_that_mix_descriptors_are_refused(X):
    with pytest.raises(ExplanationError, match="mixes descriptors"):
        open_estimator(make_pipeline(PCA(2), Ridge()).fit(X, X["a"]), list(X.columns))


def test_rows_without_names_are_prepared_as_the_table_is(X):
    for given in (X, X.to_numpy()):
        model = make_pipeline(StandardScaler(), Ridge()).fit(given, X.iloc[:, 0])
        opened = open_estimator(model, list(X.columns))
        found = opened.prepare(X[list(X.columns)[::-1]])  # columns are found by name
        assert np.allclose(found, StandardScaler().fit_transform(X))
    assert np.allclose(opened.prepare_rows(X.to_numpy(dtype=float)), found)
