"""One fold: what is fitted and what is asked."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

from perovex.errors import ModelInputError
from perovex.learn.estimators.classifier import StiffnessClassifier
from perovex.learn.held_out import class_target, fit_groups, held_out, of_fold, takes_weights


class Memory(RegressorMixin, BaseEstimator):
    """Remembers the rows it saw."""

    def __init__(self, random_state=0):
        self.random_state = random_state

    def fit(self, X, y):
        self.mean_, self.seen_ = float(np.mean(y)), list(X.index)
        return self

    def predict(self, X):
        assert not set(X.index) & set(self.seen_)
        return np.full(len(X), self.mean_)


@pytest.fixture
def fold():
    X = pd.DataFrame({"a": np.arange(6.0)}, index=list("abcdef"))
    y = pd.Series(np.arange(6.0), index=X.index)
    return X, y, pd.Series(np.arange(6) // 2, index=X.index), np.array([0, 1, 2, 3]), np.array([4, 5])


def test_test_rows_are_not_seen_and_keep_their_names(fold):
    part = held_out(Memory(), *fold)
    assert part["id"].tolist() == ["e", "f"]
    assert part["truth"].tolist() == [4.0, 5.0]
    assert part["prediction"].tolist() == [1.5, 1.5]


def test_what_is_learnt_may_differ_from_the_truth(fold):
    part = held_out(Memory(), *fold, learnt=fold[1] * 10)
    assert part["prediction"].tolist() == [15.0, 15.0]
    assert part["truth"].tolist() == [4.0, 5.0]


def test_what_an_estimator_lacks_is_said(fold):
    with pytest.raises(ModelInputError, match="predict_interval"):
        held_out(Memory(), *fold, coverage=0.9)
    X, y, groups, *_ = fold
    with pytest.raises(ModelInputError, match="sample_weight"):
        fit_groups(Memory(), X, y, groups, np.ones(6))
    assert not takes_weights(Memory())


def test_every_fold_has_a_seed_of_its_own():
    seeds = {of_fold(Memory(), repeat, number).random_state for repeat in range(2) for number in range(3)}
    assert len(seeds) == 6
    assert of_fold(Memory(random_state=None), 0, 0).random_state is None


def test_moduli_become_classes_at_the_threshold_and_labels_stay():
    y = pd.Series([1.0, 2.0, 3.0, 4.0])
    stiff, limit = class_target(StiffnessClassifier(threshold="median"), y)
    assert (stiff.tolist(), limit) == ([False, False, True, True], 2.5)
    labels, limit = class_target(Memory(), pd.Series(["soft", "stiff", "soft"]))
    assert (labels.tolist(), limit) == ([False, True, False], None)
    with pytest.raises(ModelInputError, match="3 classes"):
        class_target(Memory(), pd.Series(["a", "b", "c"]))
