"""Which rows teach and which are asked in a test of transfer."""

import numpy as np
import pandas as pd
import pytest

from perovex.explain.transfer.strategies import HELD_OUT, SAME, Domains, pooled, source_only, target_only


class Means:
    """The part of a problem that baselines ask."""

    def __init__(self, X, y, groups):
        self.X, self.y, self.groups = X, y, groups


@pytest.fixture
def domains():
    groups = np.array([0, 0, 1, 2, 0, 1, 3, 3])  # the last four are the target
    X = pd.DataFrame({"a": np.arange(8.0)})
    y = pd.Series(np.arange(8.0) * 10)
    return Domains(Means(X, y, groups), np.arange(4), np.arange(4, 8), n_splits=3, seed=0)


def test_every_target_row_is_asked_once_and_never_taught(domains):
    for variant in (SAME, HELD_OUT):
        asked = []
        for source, others, held in domains.folds(variant):
            asked += held.tolist()
            assert not set(held) & set(others)
            assert not set(held) & set(source)
        assert sorted(asked) == [4, 5, 6, 7]


def test_a_held_out_spacer_is_nowhere_in_training(domains):
    groups = domains.problem.groups
    for source, others, held in domains.folds(HELD_OUT):
        assert not set(groups[held]) & set(groups[np.concatenate([source, others])])
    assert any(set(groups[held]) & set(groups[source]) for source, _, held in domains.folds(SAME))


def test_rows_of_the_strategies():
    source, others = np.array([0, 1]), np.array([5])
    assert source_only(source, others).tolist() == [0, 1]
    assert target_only(source, others).tolist() == [5]
    assert pooled(source, others).tolist() == [0, 1, 5]


def test_baselines_are_means_and_the_nearest_crystal(domains):
    means = domains.means(SAME)
    assert means["source mean"].tolist() == [15.0] * 4
    assert means["nearest source crystal"].tolist() == [30.0] * 4  # row 3 is the nearest of the source to all
