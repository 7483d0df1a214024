"""What says beforehand where errors are large: planted doubt is ranked, shuffled doubt is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from perovex.learn import ModelBundle, YoungModulusRegressor, error_ranking, model_scatter
from perovex.learn.uncertainty.scatter import PROCESS, SPREAD, process_deviation


def test_doubt_that_scales_errors_ranks_them_and_shuffled_doubt_does_not():
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(60), 4)
    doubt = rng.uniform(0.5, 3, size=60)[groups]
    errors = np.abs(doubt * rng.normal(size=240))
    table = error_ranking(errors, pd.DataFrame({"true": doubt, "shuffled": rng.permutation(doubt)}), groups)
    assert table.loc["true", "lower"] > 0.1
    assert table.loc["shuffled", "lower"] < 0 < table.loc["shuffled", "upper"]
    assert table["n_groups"].tolist() == [60, 60]


def test_intervals_count_groups_not_rows():
    # the same crystal forty times over is no evidence
    errors, score = np.repeat([1.0, 2.0, 3.0, 4.0, 2.5], 40), np.repeat([1.0, 2.0, 3.0, 4.0, 1.0], 40)
    table = error_ranking(errors, pd.DataFrame({"s": score}), np.repeat(np.arange(5), 40))
    assert table.loc["s", "upper"] - table.loc["s", "lower"] > 0.3


@pytest.mark.parametrize("algorithm", ["average", "gaussian_process", "ridge"])
def test_scatter_is_in_the_unit_of_the_target(algorithm):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    y = np.exp(2 + 0.3 * X["a"] + 0.05 * rng.normal(size=60))
    model = YoungModulusRegressor(algorithm).fit(X, y)
    found = model_scatter(model, X.assign(a=X["a"] + 0.1))
    expected = {"average": {SPREAD, PROCESS}, "gaussian_process": {PROCESS}, "ridge": set()}[algorithm]
    assert set(found.columns) == expected
    assert found.index.equals(X.index)
    if PROCESS in found:
        far = model_scatter(model, X + 30)[PROCESS] / model.predict(X + 30)
        near = found[PROCESS] / model.predict(X)
        assert far.min() > 2 * near.max()  # a Gaussian process knows that it was never there
    times_ten = model_scatter(YoungModulusRegressor(algorithm).fit(X, 10 * y), X.assign(a=X["a"] + 0.1))
    for name in expected:
        np.testing.assert_allclose(times_ten[name], 10 * found[name], rtol=0.05)


def test_the_deviation_of_the_process_is_a_column_of_predictions():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    moduli = pd.DataFrame({"E": 12 + 2 * X["a"], "G": 5 + X["b"]})
    with_process = YoungModulusRegressor("gaussian_process", interval_folds=4)
    templates = {"E": with_process, "G": YoungModulusRegressor("ridge", interval_folds=4)}
    bundle = ModelBundle.fit(X, moduli, np.arange(60) // 4, target="E", regressors=templates, coverage=0.8)
    predicted = bundle.predict(X)
    assert "G_std" not in predicted  # a linear model has none
    np.testing.assert_allclose(predicted["E_std"], process_deviation(bundle.regressors["E"], X))
