"""Weighted, vectorised scores against scikit-learn and scipy on the resampled rows themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn import metrics as reference

from perovex.learn import metrics

REGRESSION = {
    "MAE": reference.mean_absolute_error,
    "RMSE": reference.root_mean_squared_error,
    "R2": reference.r2_score,
    "Spearman": lambda y, p: spearmanr(y, p).statistic,
}
CLASSIFICATION = {
    "ROC-AUC": reference.roc_auc_score,
    "PR-AUC": reference.average_precision_score,
    "MCC": lambda y, p: reference.matthews_corrcoef(y, p > 0.5),
    "balanced accuracy": lambda y, p: reference.balanced_accuracy_score(y, p > 0.5),
    "Brier": reference.brier_score_loss,
}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(8, 40))
def test_agrees_with_scikit_learn_on_resampled_rows(seed, n):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n).round(1)
    p = (y + rng.normal(size=n)).round(1)  # rounding makes ties
    label = np.r_[0.0, 0.0, 1.0, 1.0, rng.integers(0, 2, n - 4)]
    probability = np.clip(rng.random(n).round(1), 0, 1)
    w = np.r_[1, 1, 1, 1, rng.integers(0, 4, n - 4)]
    take = np.repeat(np.arange(n), w)
    cases = [
        (REGRESSION, metrics.REGRESSION, y, p),
        (CLASSIFICATION, metrics.CLASSIFICATION, label, probability),
    ]
    for theirs, ours, truth, guess in cases:
        for name, function in theirs.items():
            if name in ("R2", "Spearman") and (np.ptp(truth[take]) == 0 or np.ptp(guess[take]) == 0):
                continue
            got = ours[name](truth, guess, w[None, :].astype(float))[0]
            assert got == pytest.approx(function(truth[take], guess[take]), abs=1e-9), name


@given(st.integers(0, 1000))
def test_ranking_scores_do_not_change_under_monotone_maps(seed):
    rng = np.random.default_rng(seed)
    y, p, one = rng.integers(0, 2, 20).astype(float), rng.random(20), np.ones((1, 20))
    for name in ("ROC-AUC", "PR-AUC"):
        f = metrics.CLASSIFICATION[name]
        assert f(y, p, one) == pytest.approx(f(y, np.exp(3 * p), one), nan_ok=True)


def test_undefined_scores_are_nan():
    one = np.ones((1, 4))
    assert np.isnan(metrics.roc_auc(np.ones(4), np.arange(4.0), one))[0]
    assert np.isnan(metrics.r2(np.full(4, 7.3), np.arange(4.0), one))[0]
    assert np.isnan(metrics.spearman(np.arange(4.0), np.zeros(4), one))[0]


def test_bootstrap_draws_whole_groups_and_keeps_their_number():
    groups = np.array(["a"] * 3 + ["b"] * 2 + ["c"])
    w = metrics.bootstrap_weights(groups, 200, 1)
    assert (w[:, :1] == w[:, :3]).all()
    assert (w[:, 3] == w[:, 4]).all()
    assert (w[:, [0, 3, 5]].sum(axis=1) == 3).all()
    assert len(np.unique(w, axis=0)) > 5


def test_expanded_intervals_hold_more_often_than_percentiles_with_few_groups():
    """Mean absolute error of 8 groups with a common bias each, against the population's (closed form)."""
    rng = np.random.default_rng(0)
    n_groups, tables = 8, 300
    codes = np.repeat(np.arange(n_groups), 5)
    counts = metrics.bootstrap_counts(n_groups, 400, 0)
    true = np.sqrt(2 * 1.25 / np.pi)  # |N(0, 1 + 0.25)|
    hits = {"plain": 0, "expanded": 0}
    for _ in range(tables):
        error = rng.normal(size=n_groups)[codes] + 0.5 * rng.normal(size=len(codes))
        values = metrics.resampled(metrics.mae, error, np.zeros(len(error)), counts, codes)
        for kind, (low, high) in {
            "plain": np.quantile(values, [0.025, 0.975]),
            "expanded": metrics.bootstrap_interval(values, n_groups),
        }.items():
            hits[kind] += low <= true <= high
    assert hits["plain"] / tables < 0.88
    assert hits["expanded"] / tables > hits["plain"] / tables + 0.03


def test_three_groups_give_no_interval_and_many_give_percentiles():
    values = np.arange(1000.0)
    assert np.isnan(metrics.bootstrap_interval(values, 3)).all()
    assert metrics.bootstrap_interval(values, 10_000) == pytest.approx(
        tuple(np.quantile(values, [0.025, 0.975])), abs=1
    )


def test_chunks_do_not_change_resampled_scores():
    rng = np.random.default_rng(0)
    y, p, codes = rng.normal(size=60), rng.normal(size=60), np.arange(60) // 6
    counts = metrics.bootstrap_counts(10, 50, 0)
    whole = metrics.resampled(metrics.spearman, y, p, counts, codes)
    assert np.array_equal(whole, metrics.resampled(metrics.spearman, y, p, counts, codes, chunk=100))
