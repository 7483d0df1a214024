"""Shares of importance in two domains, where different descriptors matter in each."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from perovex.explain.tables import Problem
from perovex.explain.transfer.ranking_shift import ranking_shift
from perovex.explain.transfer.strategies import Domains


@pytest.fixture(scope="module")
def shift():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(120, 3)), columns=["first", "second", "idle"])
    inside = np.arange(120) < 60
    y = pd.Series(np.where(inside, X["first"], X["second"]) + 0.05 * rng.normal(size=120))
    groups = np.arange(120) // 4
    problem = Problem(Ridge(), X, y, groups, [f"g{k}" for k in range(30)], classifier=False)
    domains = Domains(problem, np.flatnonzero(inside), np.flatnonzero(~inside), n_splits=4, seed=0)
    return ranking_shift(domains, n_resamples=6)


def test_what_matters_in_one_domain_only_moves_and_the_rest_does_not(shift):
    assert shift.loc["first", "share_source"] > 0.8
    assert shift.loc["second", "share_target"] > 0.8
    assert shift.loc["first", "difference_upper"] < 0 < shift.loc["second", "difference_lower"]
    assert shift.loc["idle", "difference_lower"] < 0 < shift.loc["idle", "difference_upper"]
    assert shift.index[-1] == "idle"


def test_shares_add_up_and_differences_are_theirs(shift):
    assert shift[["share_source", "share_target"]].sum().tolist() == pytest.approx([1.0, 1.0])
    assert (shift["share_target"] - shift["share_source"]).tolist() == pytest.approx(shift["difference"].tolist())
    assert shift.loc["first", ["rank_source", "rank_target"]].tolist()[0] == 1.0
    assert shift.loc["second", "rank_target"] == 1.0
