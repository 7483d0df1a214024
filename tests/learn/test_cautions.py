"""What the reader of an evaluation is warned of."""

import numpy as np
import pandas as pd
import pytest

from perovex.learn.validation.cautions import lacking_intervals, limits, shared_groups
from perovex.learn.validation.words import CAUTIONS, Caution, caution_in_words


@pytest.mark.parametrize(("n_groups", "words"), [(2, "no interval"), (8, "widened"), (10, None)])
def test_few_groups(n_groups, words):
    labels = pd.Series(np.arange(30) % n_groups)
    told = limits(labels, labels, "group")
    assert (words is None and told == []) or words in caution_in_words(told[0])


def test_missing_groups_and_random_rows():
    labels = pd.Series(np.arange(30))
    assert len(limits(labels, None, "rows")) == 2


def test_the_share_of_held_out_rows_with_a_known_spacer():
    labels = pd.Series(["a", "a", "b", "c"])
    plans = [[(np.array([0, 2]), np.array([1, 3]))]]
    assert shared_groups(plans, labels, "halide") == [Caution("shared groups", {"share": 0.5})]
    assert shared_groups(plans, labels, "group") == []


def test_rows_without_an_interval_are_counted_for_the_model_alone():
    table = pd.DataFrame({"model": ["model", "model", "mean"], "lower": [1.0, np.nan, np.nan]})
    assert lacking_intervals(table) == [Caution("lacking intervals", {"share": 0.5})]
    assert lacking_intervals(table.iloc[[0, 2]]) == []


def test_every_caution_can_be_said():
    values = {"n_groups": 3, "share": 0.5, "scheme": "leave-source-out", "why": "one source only"}
    said = [caution_in_words(Caution(kind, values)) for kind in CAUTIONS]
    assert "groups of 50% of the held-out rows also stand in training" in said
    assert said[-1] == "leave-source-out: one source only"
