"""Baselines by name."""

import pytest
from sklearn.dummy import DummyRegressor

from perovex.errors import ModelInputError
from perovex.learn.estimators.baselines import baseline_models
from perovex.learn.estimators.regressor import YoungModulusRegressor


def test_a_linear_baseline_learns_on_the_scale_of_the_model():
    assert baseline_models(estimator=YoungModulusRegressor(log_target=True))["linear"].log_target
    assert not baseline_models(estimator=DummyRegressor())["linear"].log_target
    assert "prior" in baseline_models(classify=True)


def test_own_baselines_come_last_and_take_no_known_name():
    own = {"constant": DummyRegressor(strategy="constant", constant=1.0)}
    assert list(baseline_models(own)) == ["mean", "nearest neighbour", "linear", "constant"]
    assert baseline_models(False) == {}
    for name in ("mean", "model"):
        with pytest.raises(ModelInputError, match="already taken"):
            baseline_models({name: DummyRegressor()})
