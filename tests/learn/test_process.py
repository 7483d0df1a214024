"""The Gaussian process with scaled intervals: closed forms, coverage on new groups, files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from perovex.errors import ModelInputError, TooFewGroupsError
from perovex.learn import ProcessRegressor, load_model, save_model


def _table(seed: int, n_groups: int = 40):
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), 3)
    X = pd.DataFrame(rng.normal(size=(len(groups), 2)), columns=["a", "b"])
    shared = rng.normal(0, 0.15, n_groups)[groups]
    y = np.exp(2 + 0.3 * X["a"] + shared + rng.normal(0, 0.05, len(groups)))
    return X, y, groups


def test_intervals_cover_new_groups_as_often_as_asked() -> None:
    covered = []
    for seed in range(6):
        X, y, groups = _table(seed, 60)
        train = groups < 40
        model = ProcessRegressor(random_state=seed).fit(X[train], y[train], groups[train])
        interval = model.predict_interval(X[~train], 0.9)
        covered.append(((interval["lower"] <= y[~train]) & (y[~train] <= interval["upper"])).mean())
    assert 0.8 < np.mean(covered) < 0.97


def test_probability_is_the_tail_of_the_process() -> None:
    X, y, groups = _table(0)
    model = ProcessRegressor().fit(X, y, groups)
    centre, deviation = model.centre_and_deviation(X)
    expected = norm.sf((np.log(8.0) - centre) / deviation)
    np.testing.assert_allclose(model.probability_above(X, 8.0), expected)
    assert ((model.probability_above(X, 8.0) > 0.5) == (model.predict(X) > 8.0)).all()


def test_the_prediction_stands_in_its_interval_and_scales_with_the_unit() -> None:
    X, y, groups = _table(1)
    interval = ProcessRegressor().fit(X, y, groups).predict_interval(X, 0.8)
    assert ((interval["lower"] < interval["prediction"]) & (interval["prediction"] < interval["upper"])).all()
    in_mpa = ProcessRegressor().fit(X, 1000 * y, groups).predict_interval(X, 0.8)
    np.testing.assert_allclose(in_mpa, 1000 * interval, rtol=1e-3)


def test_what_cannot_be_promised_is_refused() -> None:
    X, y, groups = _table(2, 6)
    model = ProcessRegressor().fit(X, y, groups)
    with pytest.raises(TooFewGroupsError, match=r"at most 0\.857"):
        model.predict_interval(X, 0.9)
    with pytest.raises(ModelInputError, match="no intervals"):
        ProcessRegressor(interval_folds=0).fit(X, y, groups).predict_interval(X, 0.5)
    with pytest.raises(ModelInputError, match="no standard deviation"):
        ProcessRegressor("xgboost").fit(X, y, groups)


def test_a_saved_process_answers_alike_with_its_intervals(tmp_path) -> None:
    X, y, groups = _table(3)
    model = ProcessRegressor().fit(X, y, groups)
    again, manifest = load_model(save_model(model, tmp_path / "m", rows=X))
    pd.testing.assert_frame_equal(again.predict_interval(X), model.predict_interval(X))
    assert {"prediction", "lower", "upper"} <= set(manifest["check"]["answers"])
