"""Algorithms by name: what is fitted around their own `fit` is what their own `fit` gives."""

import numpy as np
import pytest
import xgboost

from perovex.learn.estimators import algorithms
from perovex.learn.estimators.algorithms import bins_for, fit_algorithm, make_algorithm

RNG = np.random.default_rng(2)
X = RNG.normal(size=(70, 6)).astype(np.float32)
X[RNG.random(X.shape) < 0.1] = np.nan
Y = np.nan_to_num(X[:, 0]) + 0.1 * RNG.normal(size=70)


def made(**overrides):
    options = {"columns": list("abcdef"), "random_state": 5, "overrides": overrides}
    return make_algorithm("xgboost", classify=False, **options)


@pytest.mark.parametrize("weights", [None, RNG.uniform(0.5, 2.0, size=70)])
@pytest.mark.parametrize("overrides", [{}, {"n_estimators": 7, "max_depth": 2}])
def test_rounds_of_its_own_give_the_booster_that_xgboost_gives(weights, overrides):
    ours = fit_algorithm("xgboost", made(**overrides), X, Y, weights)
    theirs = made(**overrides).set_params(max_bin=bins_for(len(Y))).fit(X, Y, sample_weight=weights)
    assert np.array_equal(ours.predict(X), theirs.predict(X))
    assert ours.get_booster().get_dump() == theirs.get_booster().get_dump()
    assert ours.n_features_in_ == 6


@pytest.mark.parametrize(
    "overrides", [{"booster": "dart"}, {"tree_method": "exact"}, {"eval_metric": "mae"}, {"objective": "reg:tweedie"}]
)
def test_what_is_asked_beyond_plain_rounds_goes_through_xgboost(overrides, monkeypatch):
    asked = []
    monkeypatch.setattr(xgboost.XGBRegressor, "fit", lambda *_, **__: asked.append(True))
    fit_algorithm("xgboost", made(**overrides), X, Y, None)
    assert asked
    monkeypatch.setattr(algorithms, "_boost", lambda model, *_: model)
    fit_algorithm("xgboost", made(), X, Y, None)
    assert len(asked) == 1
