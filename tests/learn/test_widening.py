"""Intervals of one kind of crystals: known factors, groups that count once, and coverage of what was not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from perovex.errors import ModelTableError
from perovex.learn import ModelBundle, YoungModulusRegressor
from perovex.learn.uncertainty.widening import LEAST_GROUPS, widened, widening


def test_gaussian_errors_need_the_quantile_of_the_normal_distribution():
    truth = np.random.default_rng(1).normal(size=3000)
    one = np.ones(truth.size)
    found = widening(truth, 0 * one, -one, 2 * one, np.arange(truth.size), 0.9, log=False)
    # P(-f < z < 2f) = 0.9
    assert norm.cdf(2 * found.factor) - norm.cdf(-found.factor) == pytest.approx(0.9, abs=0.02)
    assert found.before == pytest.approx(norm.cdf(2) - norm.cdf(-1), abs=0.02)
    assert found.after == pytest.approx(0.9, abs=0.02)


def test_intervals_that_hold_stay_as_they_are():
    truth = np.random.default_rng(2).uniform(-1, 1, size=200)
    one = np.ones(200)
    found = widening(truth, 0 * one, -3 * one, 3 * one, np.arange(200), 0.9, log=False)
    assert found.factor == 1
    assert found.before == 1


def test_a_group_of_many_crystals_counts_as_one():
    rng = np.random.default_rng(3)
    truth, groups = rng.normal(size=400), np.arange(400)
    repeated = np.concatenate([truth, np.full(4000, 50.0)])  # one spacer, measured over and over, all far outside
    many = np.concatenate([groups, np.full(4000, 400)])
    one, more = np.ones(400), np.ones(4400)
    plain = widening(truth, 0 * one, -one, one, groups, 0.9, log=False)
    heavy = widening(repeated, 0 * more, -more, more, many, 0.9, log=False)
    assert heavy.factor == pytest.approx(plain.factor, rel=0.05)


def test_widened_intervals_of_new_groups_hold_what_is_asked():
    rng = np.random.default_rng(4)
    held = []
    for _ in range(200):
        level = rng.normal(0, 0.3, size=41)[np.arange(41)]  # crystals of one spacer err together
        groups = np.repeat(np.arange(41), 2)
        truth = np.exp(2 + level[groups] + rng.normal(0, 0.1, size=82))
        said = np.full(82, np.exp(2.0))
        lower, upper = said / 1.3, said * 1.2
        seen = groups < 40
        found = widening(truth[seen], said[seen], lower[seen], upper[seen], groups[seen], 0.9)
        low, high = widened(said, lower, upper, found.factor)
        held.append(np.mean((truth >= low)[~seen] & (truth <= high)[~seen]))
    assert 0.87 < np.mean(held) < 0.95


def test_stretching_in_the_logarithm_keeps_ends_positive():
    lower, upper = widened([5.0], [1.0], [9.0], 4.0)
    assert 0 < lower[0] < 1
    assert upper[0] > 9
    assert widened([5.0], [1.0], [9.0], 1.0) == ([1.0], [9.0])
    straight = widened([5.0], [1.0], [9.0], 2.0, log=False)
    assert straight == ([-3.0], [13.0])


def test_what_tells_nothing_is_refused_or_none():
    n = LEAST_GROUPS - 1
    one = np.ones(n)
    assert widening(one, one, 0.5 * one, 2 * one, np.arange(n), 0.9) is None
    many = np.ones(LEAST_GROUPS)
    with pytest.raises(ModelTableError, match="its own prediction"):
        widening(many, many, 2 * many, 3 * many, np.arange(LEAST_GROUPS), 0.9)
    with pytest.raises(ModelTableError, match="positive"):
        widening(-many, many, 0.5 * many, 2 * many, np.arange(LEAST_GROUPS), 0.9)


def test_models_widen_what_their_manifest_says_and_keep_it_in_files(tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    moduli = pd.DataFrame({"E": np.exp(2 + 0.1 * X["a"]), "G": 5 + 0.1 * X["b"]})
    needed = {"E": {"factor": 2.0, "log": True, "before": 0.7, "after": 0.9, "coverage": 0.9}}
    fit = (X, moduli, np.arange(60) // 4)
    ridge = YoungModulusRegressor("ridge", interval_folds=4)
    plain = ModelBundle.fit(*fit, target="E", regressor=ridge, coverage=0.8).predict(X)
    bundle = ModelBundle.fit(*fit, target="E", regressor=ridge, coverage=0.8, widening=needed)
    wide = bundle.predict(X)
    np.testing.assert_allclose(np.log(wide["E_upper"] / wide["E"]), 2 * np.log(plain["E_upper"] / plain["E"]))
    np.testing.assert_allclose(wide["E_lower"] * plain["E"], plain["E_lower"] ** 2)
    pd.testing.assert_frame_equal(wide[["E", "G", "G_lower"]], plain[["E", "G", "G_lower"]])
    again = ModelBundle.load(bundle.save(tmp_path / "models")).predict(X)
    pd.testing.assert_frame_equal(again, wide)
