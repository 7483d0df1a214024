"""Averages of unlike models."""

from copy import deepcopy

import numpy as np
import pytest
from scipy.special import logit
from sklearn.preprocessing import StandardScaler

from perovex.learn.estimators.average import AverageClassifier, AverageRegressor, log_odds

X = np.random.default_rng(0).normal(size=(40, 2))


def test_a_regression_is_the_mean_of_its_members():
    model = AverageRegressor(["ridge", "nearest_neighbour"], columns=["a", "b"]).fit(X, X[:, 0])
    assert np.allclose(model.predict(X), np.mean([member.predict(X) for member in model.models_], axis=0))


def test_steps_that_members_share_are_taken_once(monkeypatch):
    members = ["xgboost", "ridge", "nearest_neighbour", "gaussian_process"]
    model = AverageRegressor(members, columns=["a", "b"]).fit(X, X[:, 0])
    one_by_one = np.mean([member.predict(X) for member in model.models_], axis=0)
    taken = []
    scale = StandardScaler.transform
    monkeypatch.setattr(StandardScaler, "transform", lambda *args, **kw: taken.append(1) or scale(*args, **kw))
    assert np.allclose(model.predict(X), one_by_one)
    assert len(taken) == 1
    model.models_[2] = deepcopy(model.models_[2])  # as read from a file
    assert np.allclose(model.predict(X), one_by_one)
    assert len(taken) == 3


@pytest.mark.parametrize("pool", ["probability", "log-odds"])
def test_probabilities_and_margin_of_a_classifier_agree(pool):
    model = AverageClassifier(["logistic", "nearest_neighbour"], columns=["a", "b"], pool=pool).fit(X, X[:, 0] > 0)
    p = model.predict_proba(X)
    assert np.allclose(p.sum(axis=1), 1)
    inside = (p[:, 1] > 1e-5) & (p[:, 1] < 1 - 1e-5)
    assert inside.any()
    assert np.allclose(model.decision_function(X)[inside], logit(p[inside, 1]))
    assert np.array_equal(model.predict(X), p[:, 1] > 0.5)


def test_log_odds_of_a_logistic_member_are_its_decision_function():
    model = AverageClassifier(["logistic"], columns=["a", "b"]).fit(X, X[:, 0] > 0).models_[0]
    assert np.allclose(log_odds(model, X), model.decision_function(X))
